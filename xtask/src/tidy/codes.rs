//! Every stable code has its text for `packman explain`, and every text its code.

use std::collections::{BTreeMap, BTreeSet};

use super::source::Source;

/// The table of texts: a heading for each code.
const TEXTS: &str = "crates/packman/src/explain.md";

pub(super) fn faults(source: &Source) -> Vec<String> {
    let codes = codes(source);
    let table = source.text(TEXTS).unwrap_or_default();
    let texts: BTreeSet<&str> =
        table.lines().filter_map(|line| line.strip_prefix("## ")).map(str::trim).collect();
    let without_text = codes.iter().filter(|(code, _)| !texts.contains(code.as_str()));
    let without_code = texts.iter().filter(|text| !codes.contains_key(**text));
    without_text
        .map(|(code, path)| format!("`{code}` ({path}) has no text in {TEXTS}"))
        .chain(without_code.map(|text| format!("{TEXTS} explains `{text}`, a code that nobody gives")))
        .collect()
}

/// What stands on a line before a code, where no `fn code(` gives it.
const GIVES: [&str; 4] = ["const CODE: &", "Ending::no(", "Self::of(Blame::", "code: "];

/// Every code with the file that gives it: the texts that a `fn code(` gives back, and constants `CODE`.
fn codes(source: &Source) -> BTreeMap<String, String> {
    let mut codes = BTreeMap::new();
    let shipped = |path: &str| {
        path.starts_with("crates/") && !path.starts_with("crates/testkit") && !path.contains("/tests")
    };
    for file in source.rust().filter(|file| shipped(&file.path)) {
        for code in codes_in(&file.text) {
            codes.insert(code, file.path.clone());
        }
    }
    codes
}

fn codes_in(text: &str) -> Vec<String> {
    let mut codes = Vec::new();
    let shipped = text.split("#[cfg(test)]").next().unwrap_or_default();
    let mut rest = shipped;
    while let Some((_, after)) = rest.split_once("fn code(") {
        codes.extend(literals(body(after)));
        rest = after;
    }
    for line in shipped.lines() {
        if let Some((_, given)) = GIVES.iter().find_map(|words| line.split_once(words)) {
            codes.extend(literals(given).into_iter().take(1));
        }
    }
    codes
}

/// The text from the first brace to the one that closes it.
fn body(after: &str) -> &str {
    let mut depth = 0_usize;
    for (place, character) in after.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth <= 1 => return after.get(..place).unwrap_or_default(),
            '}' => depth -= 1,
            _ => {}
        }
    }
    after
}

/// The string literals that look like a code.
fn literals(text: &str) -> Vec<String> {
    let is_code = |text: &&str| {
        !text.is_empty()
            && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    text.split('"').skip(1).step_by(2).filter(is_code).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_codes_that_a_file_gives() {
        let text = r#"
            impl E { fn code(&self) -> &'static str { match self { Self::A { .. } => "one-code", Self::B => { "two" } } }
            fn other() -> &'static str { "no-code" } }
            pub const CODE: &'static str = "three";
            let ending = Ending::no("four", "no code");
            let ending = Ending { code: "five", headline: "nor-this" };
            #[cfg(test)] mod tests { fn code() { "four" } }
        "#;
        assert_eq!(codes_in(text), ["one-code", "two", "three", "four", "five"]);
    }
}
