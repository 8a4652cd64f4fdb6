//! Assurance: what holds a database, and how we know that. Two words, always shown together.

use core::fmt;

use packman_strict::time::Time;

/// What holds the bytes of a database.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Holds {
    /// Signatures, from a root onwards.
    Signed,
    /// One SHA-256.
    Hash,
    /// Nothing.
    Unverified,
}

/// How we came to know what holds it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum How {
    /// The user compared the safety number.
    Compared,
    /// A list in the ring names it.
    Listed(String),
    /// The user pasted a hash read elsewhere.
    Pasted,
    /// Over TLS, nothing else.
    OverTls,
    /// A link named it.
    ByLink,
    /// It was believed at first sight, on that day.
    Remembered(Time),
}

impl How {
    /// The words of it, as they are shown and kept in the ring.
    pub fn words(&self) -> String {
        match self {
            Self::Compared => "compared".to_owned(),
            Self::Listed(list) => format!("listed by {list}"),
            Self::Pasted => "pasted".to_owned(),
            Self::OverTls => "over TLS".to_owned(),
            Self::ByLink => "by link".to_owned(),
            Self::Remembered(day) => format!("remembered {}", day.date()),
        }
    }

    /// Reads the words back.
    pub fn parse(words: &str) -> Option<Self> {
        match words {
            "compared" => Some(Self::Compared),
            "pasted" => Some(Self::Pasted),
            "over TLS" => Some(Self::OverTls),
            "by link" => Some(Self::ByLink),
            _ => {
                if let Some(list) = words.strip_prefix("listed by ") {
                    return Some(Self::Listed(list.to_owned()));
                }
                Time::parse_date(words.strip_prefix("remembered ")?).ok().map(Self::Remembered)
            }
        }
    }
}

/// A picture of an assurance.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Padlock {
    /// Signed, and compared by the user (or by a list that he compared).
    Closed,
    /// It verifies.
    Half,
    /// Nothing holds it.
    Open,
}

impl Padlock {
    /// What it shows, in one word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Half => "half",
            Self::Open => "open",
        }
    }

    /// Reads the word back.
    pub fn of_word(word: &str) -> Option<Self> {
        [Self::Closed, Self::Half, Self::Open].into_iter().find(|padlock| padlock.word() == word)
    }

    /// Three characters that read without colour and in any font.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "[#]",
            Self::Half => "[~]",
            Self::Open => "[ ]",
        }
    }
}

/// What holds a database and how we know that.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Assurance {
    /// What holds it.
    pub holds: Holds,
    /// How we know.
    pub how: How,
    /// Whether it is a list that names it, and that list is signed and was compared.
    pub by_compared_list: bool,
}

impl Assurance {
    /// The padlock that is drawn for it.
    pub fn padlock(&self) -> Padlock {
        match (self.holds, &self.how) {
            (Holds::Unverified, _) => Padlock::Open,
            (Holds::Signed, How::Compared) => Padlock::Closed,
            (Holds::Signed, How::Listed(_)) if self.by_compared_list => Padlock::Closed,
            _ => Padlock::Half,
        }
    }
}

impl fmt::Display for Assurance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let holds = match self.holds {
            Holds::Signed => "signed",
            Holds::Hash => "hash",
            Holds::Unverified => "unverified",
        };
        write!(f, "{holds}, {}", self.how.words())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_a_closed_padlock_only_for_what_is_signed_and_compared() {
        let day = Time::parse_date("2026-11-23").unwrap();
        let listed = How::Listed("city".to_owned());
        let how = [How::Compared, listed, How::Pasted, How::OverTls, How::ByLink, How::Remembered(day)];
        let all = how.iter().flat_map(|how| [(how, false), (how, true)]);
        for holds in [Holds::Signed, Holds::Hash, Holds::Unverified] {
            for (how, by_compared_list) in all.clone() {
                let assurance = Assurance { holds, how: how.clone(), by_compared_list };
                let wanted = match (holds, how) {
                    (Holds::Signed, How::Compared) => Padlock::Closed,
                    (Holds::Signed, How::Listed(_)) if by_compared_list => Padlock::Closed,
                    (Holds::Unverified, _) => Padlock::Open,
                    _ => Padlock::Half,
                };
                assert_eq!(assurance.padlock(), wanted, "{assurance}");
                assert_eq!(How::parse(&how.words()).as_ref(), Some(how), "the words read back");
            }
        }
    }
}
