//! The words that people read.

pub(crate) mod audit;
pub(crate) mod cache;
pub(crate) mod compare;
pub(crate) mod curate;
pub(crate) mod demand;
pub(crate) mod doctor;
pub(crate) mod environment;
pub(crate) mod error;
pub(crate) mod evidence;
pub(crate) mod hints;
pub(crate) mod keepers;
pub(crate) mod lapsed;
pub(crate) mod list;
pub(crate) mod lock;
pub(crate) mod old;
pub(crate) mod plan;
pub(crate) mod rules;
pub(crate) mod search;
pub(crate) mod start;
pub(crate) mod stopped;
pub(crate) mod tree;
pub(crate) mod trust;

use packman_strict::time::Time;

/// A size as people say it.
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut tenths = bytes.saturating_mul(10) / 1024;
    let mut unit = UNITS[0];
    for next in UNITS.into_iter().skip(1) {
        if tenths < 10_240 {
            break;
        }
        tenths /= 1024;
        unit = next;
    }
    format!("{}.{} {unit}", tenths / 10, tenths % 10)
}

/// So many of something.
pub(crate) fn count(number: usize, one: &str, more: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {more}") }
}

/// A word as a shell takes it: what is pasted means what was meant.
pub(crate) fn shell(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "_-./:=@%+,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// A path as a shell takes it, never as an option.
pub(crate) fn shell_path(path: &std::path::Path) -> String {
    let text = path.to_string_lossy();
    shell(&if text.starts_with('-') { format!("./{text}") } else { text.into_owned() })
}

/// The clock is behind a time that is known to have passed.
pub(crate) fn clock_behind(clock: Time, floor: Time) -> String {
    format!(
        "warning: this machine's clock says {clock}, but signed files show that it is {floor} at least; PackMan goes by \
         the later time until the clock is set"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_what_a_shell_would_take_apart() {
        let cases = [
            ("requirements.txt", "requirements.txt"),
            ("my file.txt", "'my file.txt'"),
            ("it's", r"'it'\''s'"),
            ("flask>=3", "'flask>=3'"),
            ("$(rm -r x)", "'$(rm -r x)'"),
            ("~x", "'~x'"),
            ("", "''"),
        ];
        for (word, quoted) in cases {
            assert_eq!(shell(word), quoted);
        }
        assert_eq!(shell_path(std::path::Path::new("-r")), "./-r");
    }

    #[test]
    fn says_sizes_as_people_do() {
        for (bytes, words) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.0 KiB"),
            (1536, "1.5 KiB"),
            (10 << 20, "10.0 MiB"),
            (3 << 30, "3.0 GiB"),
        ] {
            assert_eq!(size(bytes), words);
        }
    }
}
