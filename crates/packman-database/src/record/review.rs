//! Whether anybody looked inside a file: by whom, when, and how much of it.

use packman_strict::Sha256;
use packman_strict::json::{Object, Reader, ShapeError, Value};
use packman_strict::quote::escaped;
use packman_strict::time::Time;

use crate::reading::{member_time, optional_text, text};

/// A statement that somebody looked inside exactly these bytes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Review {
    /// Who says so.
    pub by: String,
    /// When.
    pub at: Time,
    /// A person or a machine.
    pub kind: Reviewer,
    /// The whole file, or what changed since another one.
    pub basis: ReviewBasis,
    /// What there was to say.
    pub notes: Option<String>,
}

/// Who looked.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub enum Reviewer {
    /// A person.
    Human,
    /// A program.
    Machine,
}

/// How much was looked at.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub enum ReviewBasis {
    /// The whole file.
    Full,
    /// What differs from the file with this SHA-256.
    Delta(Sha256),
}

impl Review {
    /// Whether anybody looked inside, in the words that plans, receipts and lists show. That a machine looked is not said
    /// as if somebody had.
    pub fn told(review: Option<&Self>) -> String {
        let Some(review) = review else { return "nobody reviewed".to_owned() };
        let by = escaped(&review.by);
        match (review.kind, &review.basis) {
            (Reviewer::Human, ReviewBasis::Full) => format!("reviewed by {by}"),
            (Reviewer::Human, ReviewBasis::Delta(_)) => format!("changes reviewed by {by}"),
            (Reviewer::Machine, _) => format!("nobody reviewed, scanned by {by}"),
        }
    }

    /// Reads the review of the file with this SHA-256; nothing where it says that it is of other bytes.
    pub(super) fn parse(review: Reader<'_, '_>, file: &Sha256) -> Result<Option<Self>, ShapeError> {
        let (kind, basis) = (review.member("kind")?, review.member("basis")?);
        let of = review.optional("of")?.map(Reader::str).transpose()?;
        let is_of_the_file = of.is_none_or(|of| of == file.to_string());
        let review = Self {
            by: text(review.member("by")?)?,
            at: member_time(review, "at")?,
            kind: match kind.str()? {
                "human" => Reviewer::Human,
                "machine" => Reviewer::Machine,
                _ => return Err(kind.wrong("`human` or `machine`")),
            },
            basis: parse_basis(basis.str()?)
                .ok_or_else(|| basis.wrong("`full` or `delta:` and a SHA-256"))?,
            notes: optional_text(review, "notes")?,
        };
        Ok(is_of_the_file.then_some(review))
    }

    pub(super) fn encode(&self, file: &Sha256) -> Value<'static> {
        let kind = match self.kind {
            Reviewer::Human => "human",
            Reviewer::Machine => "machine",
        };
        let basis = match self.basis {
            ReviewBasis::Full => "full".to_owned(),
            ReviewBasis::Delta(from) => format!("delta:{from}"),
        };
        let mut review = Object::new()
            .with("of", file.to_string())
            .with("by", self.by.clone())
            .with("at", self.at.to_string())
            .with("kind", kind)
            .with("basis", basis);
        if let Some(notes) = &self.notes {
            review = review.with("notes", notes.clone());
        }
        review.into()
    }
}

fn parse_basis(text: &str) -> Option<ReviewBasis> {
    if text == "full" {
        return Some(ReviewBasis::Full);
    }
    Sha256::parse(text.strip_prefix("delta:")?).ok().map(ReviewBasis::Delta)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_is_not_told_as_somebody_who_looked() {
        let review = |kind, basis| Review {
            by: "A\u{1b}nn".to_owned(),
            at: Time::from_seconds(0),
            kind,
            basis,
            notes: None,
        };
        let delta = || ReviewBasis::Delta(Sha256::of(b"before"));
        for (review, told) in [
            (None, "nobody reviewed"),
            (Some(review(Reviewer::Human, ReviewBasis::Full)), "reviewed by A\\u{1b}nn"),
            (Some(review(Reviewer::Human, delta())), "changes reviewed by A\\u{1b}nn"),
            (Some(review(Reviewer::Machine, ReviewBasis::Full)), "nobody reviewed, scanned by A\\u{1b}nn"),
            (Some(review(Reviewer::Machine, delta())), "nobody reviewed, scanned by A\\u{1b}nn"),
        ] {
            assert_eq!(Review::told(review.as_ref()), told);
        }
    }
}
