//! The text of every stable code. One table: `explain.md`.

/// The table: `## code`, then its text.
const TABLE: &str = include_str!("explain.md");

/// The text of a code.
pub(crate) fn text(code: &str) -> Option<&'static str> {
    sections().find(|(known, _)| *known == code).map(|(_, text)| text)
}

/// Every code with the first sentence of its text.
pub(crate) fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    sections().map(|(code, text)| (code, text.split_once(".\n").map_or(text, |(first, _)| first)))
}

fn sections() -> impl Iterator<Item = (&'static str, &'static str)> {
    let sections = TABLE.split("\n## ").skip(1);
    sections.filter_map(|section| section.split_once('\n')).map(|(code, text)| (code.trim(), text.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_stands_once_with_a_text() {
        let mut codes: Vec<&str> = sections().map(|(code, _)| code).collect();
        assert!(codes.len() > 20, "the table is read");
        assert!(sections().all(|(code, text)| !code.is_empty() && text.len() > 40), "each has a text");
        codes.sort_unstable();
        assert!(codes.windows(2).all(|pair| pair[0] != pair[1]), "each stands once");
        assert!(text("rollback").is_some_and(|text| text.contains("version")));
    }
}
