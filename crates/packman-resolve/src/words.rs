//! How outside text and lists of versions are shown.

use packman_names::Version;

/// How many characters of outside text are shown.
const SHOWN: usize = 200;

/// Makes outside text harmless to show; quotes stay readable, and what is long is cut.
pub(crate) fn escaped(text: &str) -> String {
    let mut shown = String::new();
    for (count, character) in text.trim().chars().enumerate() {
        match character {
            _ if count == SHOWN => {
                shown.push('…');
                break;
            }
            '\'' | '"' => shown.push(character),
            '`' => shown.push_str("\\u{60}"),
            other => shown.extend(other.escape_debug()),
        }
    }
    shown
}

/// Lists versions: `1.0`, `1.0 and 2.0`, `2.0, 1.0, 0.9 and 4 more`.
pub(crate) fn listed(versions: &[Version]) -> String {
    match versions {
        [] => String::new(),
        [one] => one.to_string(),
        [one, two] => format!("{one} and {two}"),
        [one, two, three] => format!("{one}, {two} and {three}"),
        [one, two, three, rest @ ..] => format!("{one}, {two}, {three} and {} more", rest.len()),
    }
}
