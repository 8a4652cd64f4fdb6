//! From the text of a file to lines, and from a line to words, as pip cuts them.

/// Joins lines that end with a backslash and drops comments; gives each with the number of its first line.
pub(super) fn logical_lines(text: &str) -> Vec<(usize, String)> {
    let mut lines = Vec::new();
    let mut begun: Option<(usize, String)> = None;
    for (number, line) in (1..).zip(text.lines()) {
        let comment = line.trim_start().starts_with('#');
        let (mut line, continues) = match line.strip_suffix('\\') {
            // As pip does: a comment ends what was begun, a backslash at its end notwithstanding.
            Some(line) if !comment => (line, true),
            _ => (line, false),
        };
        if comment {
            line = "";
        }
        let (_, joined) = begun.get_or_insert_with(|| (number, String::new()));
        joined.push_str(line);
        if !continues {
            lines.extend(begun.take());
        }
    }
    lines.extend(begun);
    for (_, line) in &mut lines {
        *line = without_comment(line).trim().to_owned();
    }
    lines.retain(|(_, line)| !line.is_empty());
    lines
}

/// A comment begins with `#` at the start of a line or after white space: elsewhere it belongs to an address.
fn without_comment(line: &str) -> &str {
    let mut before = ' ';
    for (at, character) in line.char_indices() {
        if character == '#' && before.is_whitespace() {
            return line.get(..at).unwrap_or(line);
        }
        before = character;
    }
    line
}

/// Cuts a line into words at white space; quotes hold a word together. `None` where a quote is not closed.
pub(super) fn words(line: &str) -> Option<Vec<String>> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for character in line.chars() {
        match quote {
            Some(open) if character == open => quote = None,
            None if matches!(character, '"' | '\'') => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            None if character.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(character),
        }
    }
    words.extend(word);
    quote.is_none().then_some(words)
}

/// Whether it holds `${NAME}`, as pip expands it. What a file means must not depend on who reads it.
pub(super) fn has_variable(text: &str) -> bool {
    text.split("${").skip(1).any(|rest| {
        rest.split_once('}').is_some_and(|(name, _)| {
            !name.is_empty()
                && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
        })
    })
}
