//! What `packman doctor` found, in words and as JSON.

use packman_strict::json::{Object, Value};

/// One thing that was looked at.
pub(crate) struct Check {
    subject: String,
    state: State,
    words: String,
    remedy: Option<String>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum State {
    Fine,
    Note,
    Wrong,
}

impl Check {
    /// It is as it should be.
    pub(crate) fn fine(subject: &str, words: impl Into<String>) -> Self {
        Self { subject: subject.to_owned(), state: State::Fine, words: words.into(), remedy: None }
    }

    /// It works, and a person should know how.
    pub(crate) fn note(subject: &str, words: impl Into<String>) -> Self {
        Self { state: State::Note, ..Self::fine(subject, words) }
    }

    /// It does not work.
    pub(crate) fn wrong(subject: &str, words: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { state: State::Wrong, ..Self::fine(subject, words) }.remedy(remedy)
    }

    /// What can be done about it.
    pub(crate) fn remedy(self, remedy: impl Into<String>) -> Self {
        Self { remedy: Some(remedy.into()).filter(|remedy| !remedy.is_empty()), ..self }
    }

    /// Whether something has to be done.
    pub(crate) fn is_wrong(&self) -> bool {
        self.state == State::Wrong
    }
}

/// What was found, a line each, and the remedy below it.
pub(crate) fn lines(checks: &[Check]) -> Vec<String> {
    let width = checks.iter().map(|check| check.subject.chars().count()).max().unwrap_or(0);
    let told = |check: &Check| {
        let state = match check.state {
            State::Fine => "ok  ",
            State::Note => "note",
            State::Wrong => "BAD ",
        };
        let missing = width.saturating_sub(check.subject.chars().count());
        let line = format!("{state}  {}{}  {}", check.subject, " ".repeat(missing), check.words);
        let remedy = check.remedy.as_ref().map(|remedy| format!("      remedy: {remedy}"));
        [line].into_iter().chain(remedy)
    };
    checks.iter().flat_map(told).collect()
}

/// The same as JSON.
pub(crate) fn to_json(checks: &[Check]) -> Object<'static> {
    let one = |check: &Check| {
        let state = match check.state {
            State::Fine => "fine",
            State::Note => "note",
            State::Wrong => "wrong",
        };
        Value::from(
            Object::new()
                .with("subject", check.subject.clone())
                .with("state", state)
                .with("words", check.words.clone())
                .with("remedy", check.remedy.clone().map_or(Value::Null, Value::from)),
        )
    };
    Object::new().with("checks", checks.iter().map(one).collect::<Vec<_>>())
}
