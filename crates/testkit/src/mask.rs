//! Takes out of a text what differs from run to run: numbers, hashes, dates, ports.

/// The text with safety numbers, SHA-256 sums, times, dates and ports of loopback replaced by what they are.
pub fn masked(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let found = MASKS.iter().find_map(|(shape, name)| Some((matched(shape, rest)?, *name)));
        // In the middle of a word nothing begins.
        let begins = !out.ends_with(|last: char| last.is_ascii_alphanumeric());
        if let Some((length, name)) = found.filter(|_| begins) {
            out.push_str(name);
            rest = rest.get(length..).unwrap_or_default();
        } else {
            out.push(first);
            rest = rest.get(first.len_utf8()..).unwrap_or_default();
        }
    }
    out
}

/// `9` stands for a digit, `x` for a lower-case hexadecimal one, `*` for one digit or more; the rest for itself.
const MASKS: [(&str, &str); 8] = [
    ("99999 99999 99999 99999 99999 99999 99999 99999 99999 99999 99999 99999", "NUMBER"),
    ("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "SHA256"),
    ("xxxxxxxxxxxxxxxx", "KEYID"),
    ("9999-99-99T99:99:99Z", "TIME"),
    ("9999-99-99", "DATE"),
    ("127.0.0.1:*", "HOST"),
    ("* days old", "N days old"),
    ("python3.*", "python3.N"),
];

/// How many bytes of `text` have that shape at its beginning, with no letter or digit after them.
fn matched(shape: &str, text: &str) -> Option<usize> {
    let mut bytes = text.bytes().peekable();
    let mut length = 0;
    for wanted in shape.bytes() {
        if wanted == b'*' {
            let before = length;
            while bytes.next_if(u8::is_ascii_digit).is_some() {
                length += 1;
            }
            if length == before {
                return None;
            }
            continue;
        }
        let found = bytes.next()?;
        let fits = match wanted {
            b'9' => found.is_ascii_digit(),
            b'x' => found.is_ascii_digit() || (b'a'..=b'f').contains(&found),
            _ => found == wanted,
        };
        length += usize::from(fits);
        if !fits {
            return None;
        }
    }
    match bytes.next() {
        Some(after) if after.is_ascii_alphanumeric() => None,
        _ => Some(length),
    }
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn masks_what_differs_from_run_to_run_and_nothing_else() {
        let number = ["01234"; 12].join(" ");
        let hash = "0f".repeat(32);
        let check = |text: &str, expected: &str| assert_eq!(masked(text), expected);
        check(&format!("number {number}."), "number NUMBER.");
        check(&format!("{hash}/a.whl"), "SHA256/a.whl");
        check(&format!("{hash}0"), &format!("{hash}0"));
        check("until 2026-01-31, at 2026-01-31T00:00:00Z", "until DATE, at TIME");
        check("http://127.0.0.1:4711/x", "http://HOST/x");
        check("1057 days old", "N days old");
        check("flask 3.1.0, 12345 bytes", "flask 3.1.0, 12345 bytes");
    }
}
