//! `about.json`: what a repository says of itself. Labels for people, and the narrowing of its own scope.

use packman_strict::json::{Document, Limits, Object, Reader, ShapeError, Value};

use crate::reading::line_of_text;
use crate::record::MalformedRecord;

/// Whether a repository is a database of projects or a list of databases.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub enum Kind {
    /// Project records.
    Database,
    /// A list of databases.
    List,
}

impl Kind {
    /// The word for it, as it stands in the file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Database => "database",
            Self::List => "list",
        }
    }
}

/// What a repository says of itself. Only `scope` has power, and it can only narrow.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct About {
    /// Whether it is a database or a list.
    pub kind: Kind,
    /// Its title, for people.
    pub title: String,
    /// Its scapegoat, for people: a name, mostly with an address.
    pub maintainer: String,
    /// A page for people, where there is one.
    pub home_page: Option<String>,
    /// Further places that serve the same files.
    pub mirrors: Vec<String>,
    /// Name patterns it answers for at most; empty for all.
    pub scope: Vec<String>,
}

/// The largest `about.json` that is read, in bytes.
const LIMITS: Limits = Limits { bytes: 64 * 1024, depth: 8, nodes: 4_096 };
/// The most mirrors or patterns one may name.
const LIST_LIMIT: usize = 256;

impl About {
    /// Parses `about.json`. Nothing in it is trusted yet.
    pub fn parse(bytes: &[u8]) -> Result<Self, MalformedRecord> {
        let document = Document::parse(bytes, &LIMITS)?;
        let root = Reader::root(&document);
        let kind = match root.member("kind")?.str()? {
            "database" => Kind::Database,
            "list" => Kind::List,
            _ => return Err(root.member("kind")?.wrong("`database` or `list`").into()),
        };
        Ok(Self {
            kind,
            title: line_of_text(root.member("title")?)?,
            maintainer: line_of_text(root.member("maintainer")?)?,
            home_page: root.optional("home-page")?.map(line_of_text).transpose()?,
            mirrors: lines_of_text(root, "mirrors")?,
            scope: lines_of_text(root, "scope")?,
        })
    }

    /// Writes `about.json`, for people to read as well.
    pub fn encode(&self) -> Vec<u8> {
        let mut about = Object::new()
            .with("kind", self.kind.as_str())
            .with("title", self.title.clone())
            .with("maintainer", self.maintainer.clone());
        if let Some(page) = &self.home_page {
            about = about.with("home-page", page.clone());
        }
        for (name, list) in [("mirrors", &self.mirrors), ("scope", &self.scope)] {
            if !list.is_empty() {
                about = about.with(name, list.iter().cloned().map(Value::from).collect::<Vec<_>>());
            }
        }
        Value::from(about).to_pretty()
    }
}

fn lines_of_text(root: Reader<'_, '_>, member: &str) -> Result<Vec<String>, ShapeError> {
    let Some(list) = root.optional(member)? else { return Ok(Vec::new()) };
    let elements = list.elements()?;
    if elements.len() > LIST_LIMIT {
        return Err(list.wrong("at most 256 elements"));
    }
    elements.map(line_of_text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> String {
        match About::parse(text.as_bytes()) {
            Ok(about) => {
                assert_eq!(About::parse(&about.encode()).unwrap(), about, "what is written reads the same");
                format!(
                    "{} `{}` by `{}` {:?}",
                    about.kind.as_str(),
                    about.title,
                    about.maintainer,
                    about.scope
                )
            }
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn reads_what_a_database_says_of_itself() {
        insta::assert_snapshot!(
            check(r#"{"kind":"database","title":"Web tools","maintainer":"Lab <lab@example.org>","scope":["lab-*"]}"#),
            @r#"database `Web tools` by `Lab <lab@example.org>` ["lab-*"]"#
        );
    }

    #[test]
    fn refuses_a_title_that_speaks_to_the_terminal() {
        insta::assert_snapshot!(
            check(r#"{"kind":"database","title":"\u001b[2Jhello","maintainer":"x"}"#),
            @r"title: found the string `\u{1b}[2Jhello`, wanted a line of 1 to 1,024 bytes without control characters"
        );
    }

    #[test]
    fn refuses_a_kind_nobody_knows() {
        insta::assert_snapshot!(
            check(r#"{"kind":"oracle","title":"t","maintainer":"x"}"#),
            @"kind: found the string `oracle`, wanted `database` or `list`"
        );
    }
}
