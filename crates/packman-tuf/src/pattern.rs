//! Which target paths a delegated role may provide: shell patterns, or prefixes of the path's digest (section 4.5).

use packman_strict::Sha256;

/// A path pattern: `*` is any run of characters, `?` any one, and neither is a `/`.
///
/// Brackets stand for themselves: the specification names no other wildcard, and a pattern that means less than its
/// author thought gives away nothing.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PathPattern(Box<str>);

impl PathPattern {
    /// Takes a pattern as metadata writes it.
    pub fn new(pattern: &str) -> Self {
        Self(pattern.into())
    }

    /// The pattern as metadata writes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a target of that path is meant.
    pub fn matches(&self, path: &str) -> bool {
        let mut patterns = self.0.split('/');
        let mut names = path.split('/');
        loop {
            match (patterns.next(), names.next()) {
                (None, None) => return true,
                (Some(pattern), Some(name)) if component_matches(pattern, name) => {}
                _ => return false,
            }
        }
    }
}

/// Matches one component, in time of at most the product of both lengths: where the rest does not fit, the last `*`
/// takes one character more, and no earlier one is tried again.
fn component_matches(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    let (mut at, mut taken) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while let Some(character) = name.get(taken) {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at + 1, taken));
                at += 1;
            }
            Some(wanted) if *wanted == '?' || wanted == character => {
                at += 1;
                taken += 1;
            }
            _ => {
                let Some((after, from)) = star else { return false };
                star = Some((after, from + 1));
                at = after;
                taken = from + 1;
            }
        }
    }
    pattern.get(at..).unwrap_or_default().iter().all(|rest| *rest == '*')
}

/// A prefix of the SHA-256 of a target path, in lower-case hexadecimal digits.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HashPrefix(Box<str>);

impl HashPrefix {
    /// Parses up to 64 lower-case hexadecimal digits; none would stand for every path there is.
    pub fn parse(text: &str) -> Option<Self> {
        let plain = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f');
        (matches!(text.len(), 1..=64) && text.bytes().all(plain)).then(|| Self(text.into()))
    }

    /// The prefix as metadata writes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn matches(&self, path_digest: &str) -> bool {
        path_digest.starts_with(&*self.0)
    }
}

/// The digest of a target path, by which it belongs to a prefix or a bin.
pub(crate) fn path_digest(path: &str) -> Sha256 {
    Sha256::of(path.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::{HashPrefix, PathPattern};

    #[test]
    fn wildcards_stay_within_one_component() {
        let check = |pattern: &str, yes: &[&str], no: &[&str]| {
            let pattern = PathPattern::new(pattern);
            for path in yes {
                assert!(pattern.matches(path), "{pattern:?} {path}");
            }
            for path in no {
                assert!(!pattern.matches(path), "{pattern:?} {path}");
            }
        };
        check("*", &["a", "a.tgz"], &["a/b", "targets/a"]);
        check(
            "targets/*.tgz",
            &["targets/foo.tgz", "targets/.tgz"],
            &["targets/foo.txt", "foo.tgz", "targets/a/b.tgz"],
        );
        check(
            "foo-version-?.tgz",
            &["foo-version-2.tgz", "foo-version-\u{e4}.tgz"],
            &["foo-version-alpha.tgz", "foo-version-.tgz"],
        );
        check("*/*", &["a/b"], &["a", "a/b/c"]);
        check("a*b*c", &["abc", "aXbXbc", "abbcc"], &["ab", "abcd", "a/b/c"]);
        check("?", &["a"], &["", "/", "ab"]);
        check("[ab]", &["[ab]"], &["a", "b"]);
        check("README.md", &["README.md"], &["readme.md", "README.md/"]);
    }

    /// A pattern that doubles its work with every star would take years here.
    #[test]
    fn a_hostile_pattern_is_decided_in_bounded_time() {
        let pattern = PathPattern::new(&"*a".repeat(500));
        assert!(!pattern.matches(&format!("{}b", "a".repeat(2_000))));
    }

    #[test]
    fn refuses_prefixes_that_are_no_digits() {
        for text in ["", "g", "A", "0x", &"0".repeat(65)] {
            assert_eq!(HashPrefix::parse(text), None, "{text}");
        }
        assert!(
            HashPrefix::parse("0a").is_some_and(|prefix| prefix.matches("0abc") && !prefix.matches("a0"))
        );
    }
}
