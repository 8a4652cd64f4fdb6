//! Scope: the project names that a database may answer for.

use core::fmt;

use packman_names::ProjectName;

/// One name pattern: a normalised project name in which `*` stands for any run of characters.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Pattern(String);

/// A text that is no name pattern.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PatternError {
    found: String,
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "scope `{}` is no pattern; wanted a project name in which single `*` may stand for any characters",
            self.found.escape_debug()
        )
    }
}

impl core::error::Error for PatternError {}

impl Pattern {
    /// Parses a pattern; spelling is normalised as project names are.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let error = || PatternError { found: text.chars().take(200).collect() };
        if text.is_empty() || text.len() > 255 {
            return Err(error());
        }
        let mut normal = String::with_capacity(text.len());
        for character in text.chars() {
            match character {
                // Two stars side by side mean what one does: a slip of the finger, or something that is not understood.
                '*' if normal.ends_with('*') => return Err(error()),
                'a'..='z' | '0'..='9' | '*' => normal.push(character),
                'A'..='Z' => normal.push(character.to_ascii_lowercase()),
                '-' | '_' | '.' if normal.ends_with('-') => {}
                '-' | '_' | '.' => normal.push('-'),
                _ => return Err(error()),
            }
        }
        Ok(Self(normal))
    }

    /// The pattern that every name matches.
    pub fn everything() -> Self {
        Self("*".to_owned())
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether `project` matches. Linear in the name for each `*`: a pattern cannot be made to cost much.
    pub fn matches(&self, project: &ProjectName) -> bool {
        self.matches_text(project.as_str())
    }

    fn matches_text(&self, text: &str) -> bool {
        let mut rest = text;
        let mut pieces = self.0.split('*');
        let first = pieces.next().unwrap_or_default();
        let Some(stripped) = rest.strip_prefix(first) else { return false };
        rest = stripped;
        let Some(last) = pieces.next_back() else { return rest.is_empty() };
        for piece in pieces {
            let Some((_, after)) = rest.split_once(piece) else { return false };
            rest = after;
        }
        rest.ends_with(last)
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A set of name patterns; none at all admits nothing.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Scope(Vec<Pattern>);

impl Scope {
    /// The scope of these patterns, each once.
    pub fn new(mut patterns: Vec<Pattern>) -> Self {
        patterns.sort();
        patterns.dedup();
        Self(patterns)
    }

    /// The scope of every name.
    pub fn everything() -> Self {
        Self(vec![Pattern::everything()])
    }

    /// Parses each pattern.
    pub fn parse<T: AsRef<str>>(patterns: &[T]) -> Result<Self, PatternError> {
        patterns.iter().map(|text| Pattern::parse(text.as_ref())).collect::<Result<_, _>>().map(Self::new)
    }

    /// Whether it admits `project`.
    pub fn admits(&self, project: &ProjectName) -> bool {
        self.0.iter().any(|pattern| pattern.matches(project))
    }

    /// Whether it admits nothing that the other does not. A star matches a star only, so that the answer is never too
    /// wide.
    pub fn is_within(&self, other: &Self) -> bool {
        self.0.iter().all(|narrow| other.0.iter().any(|wide| wide.matches_text(&narrow.0)))
    }

    /// Whether a name may be in both. Where two stars leave that open, it may.
    pub fn may_meet(&self, other: &Self) -> bool {
        let meet = |one: &Pattern, two: &Pattern| {
            let stars = [one, two].map(|pattern| pattern.0.contains('*'));
            stars == [true, true] || one.matches_text(&two.0) || two.matches_text(&one.0)
        };
        self.0.iter().any(|one| other.0.iter().any(|two| meet(one, two)))
    }

    /// Its patterns.
    pub fn patterns(&self) -> &[Pattern] {
        &self.0
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("nothing");
        }
        let texts: Vec<&str> = self.0.iter().map(Pattern::as_str).collect();
        f.write_str(&texts.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, admitted: &[&str], kept_out: &[&str]) {
        let scope = Scope::parse(&[pattern]).unwrap();
        for name in admitted {
            assert!(scope.admits(&ProjectName::parse(name).unwrap()), "`{pattern}` admits `{name}`");
        }
        for name in kept_out {
            assert!(!scope.admits(&ProjectName::parse(name).unwrap()), "`{pattern}` keeps out `{name}`");
        }
    }

    #[test]
    fn matches_names_as_people_expect() {
        check("*", &["flask", "a"], &[]);
        check("flask", &["Flask", "flask"], &["flask-login", "xflask"]);
        check("lab-*", &["lab-tools", "lab_tools", "Lab.Tools"], &["lab", "labtools", "x-lab-tools"]);
        check("*-lab", &["x-lab"], &["lab", "x-lab-y"]);
        check("a*b*c", &["abc", "axbxc", "a-b-b-c"], &["ab", "acb", "bc"]);
        check("aa*aa", &["aaaa", "aaxaa"], &["aa", "aaa"]);
        check("Lab_*", &["lab-x"], &["labx"]);
    }

    #[test]
    fn refuses_what_is_no_pattern() {
        for text in ["", "flask>=3", "a b", "flàsk", "a/b", "[a-z]"] {
            assert!(Pattern::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_scope_is_within_another_only_where_every_name_is() {
        let check = |narrow: &[&str], wide: &[&str], wanted: bool| {
            let [narrow, wide] = [narrow, wide].map(|patterns| Scope::parse(patterns).unwrap());
            assert_eq!(narrow.is_within(&wide), wanted, "{narrow} within {wide}");
        };
        check(&["flask", "lab-*"], &["*"], true);
        check(&["lab-tools", "lab-x-*"], &["lab-*"], true);
        check(&["*"], &["lab-*"], false);
        check(&["lab*"], &["lab-*"], false);
        check(&["*-lab"], &["lab-*", "x"], false);
        check(&["a*c"], &["a*b*c"], false);
        check(&["a*b*c"], &["a*c"], true);
        check(&[], &["x"], true);
        check(&["x"], &[], false);
    }

    #[test]
    fn admits_nothing_without_a_pattern() {
        assert!(!Scope::default().admits(&ProjectName::parse("flask").unwrap()));
    }
}
