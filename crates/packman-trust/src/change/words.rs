//! What people read of a change: a title, and at most three sentences, the safe act first.

use packman_tuf::Role;

use super::{Change, Class, Effect, Saying, Sight};
use crate::ring::EntryName;

/// What is said of a change.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Words {
    /// One line. Its beginning up to the first colon is stable for scripts.
    pub title: String,
    /// At most three sentences: what to do, what is safe meanwhile, what it may mean.
    pub sentences: Vec<String>,
}

impl Words {
    /// The words for an entry that a list took back before, as long as the user has not decided.
    pub(crate) fn withdrawn(name: &EntryName, by: Option<&EntryName>, reason: &str) -> Self {
        let by =
            by.map_or_else(|| "the list it was learnt through".to_owned(), |by| format!("the list `{by}`"));
        let title = format!("{} `{name}`: {}", Class::Withdrawn.title(), taken_back(&by, reason));
        Self { title, sentences: vec![undecided(name)] }
    }
}

impl Change {
    /// The words for a change of `name`; `None` where nothing is said.
    pub fn words(self, name: &EntryName, sight: &Sight) -> Option<Words> {
        if self.effect == Effect::Silent {
            return None;
        }
        let (what, sentences) = match (self.class, sight) {
            (Class::Refresh, _) => (refreshed(sight), self.still_stopped(name)),
            (Class::SignedRotation, Sight::Verified { from, to, .. }) => (
                format!("its keys changed, as the keys before allowed (root {from} to {to})"),
                self.still_stopped(name),
            ),
            (Class::SignedRotation, _) => {
                ("its keys changed, as the keys before allowed".to_owned(), Vec::new())
            }
            (Class::Addition, _) => (
                addition(sight),
                vec![format!(
                    "It has no power until you give it some: `packman trust add {name}` shows it and asks."
                )],
            ),
            (Class::Expired, _) => expired(name, sight),
            (Class::Withdrawn, _) => self.withdrawn(name, sight),
            (Class::Unexplained, _) => self.unexplained(name, sight),
            (Class::Contradiction, _) => self.contradiction(name, sight),
        };
        Some(Words { title: format!("{} `{name}`: {what}", self.class.title()), sentences })
    }

    fn still_stopped(self, name: &EntryName) -> Vec<String> {
        match self.effect {
            Effect::Suspended => vec![undecided(name)],
            Effect::Stopped | Effect::StoppedUntilHigher => {
                vec!["It stays stopped: two that its keys signed still contradict each other.".to_owned()]
            }
            Effect::Warning => vec![
                "You did not learn it through this list: the hash that you remember stays in force."
                    .to_owned(),
            ],
            _ => Vec::new(),
        }
    }

    fn withdrawn(self, name: &EntryName, sight: &Sight) -> (String, Vec<String>) {
        let Sight::Said { by, what, .. } = sight else { return (String::new(), Vec::new()) };
        let reason = if let Saying::Withdrawn { reason } = what { reason } else { "" };
        let why = taken_back(&format!("the list `{by}`"), reason);
        let sentences = match self.effect {
            Effect::Suspended => vec![undecided(name)],
            Effect::NoFirstUse => vec!["It was not added.".to_owned()],
            _ => vec![format!(
                "You did not learn it through `{by}`, so it stays in force; ask its maintainer before you install more from it."
            )],
        };
        (why, sentences)
    }

    fn unexplained(self, name: &EntryName, sight: &Sight) -> (String, Vec<String>) {
        if let Sight::Said { by, .. } = sight {
            return self.other_root(name, by);
        }
        let sentences = vec![
            "Do nothing in a hurry: nothing was taken from it, what you have stays, and so do the keys you trust."
                .to_owned(),
            "This is what an attack looks like, and also a maintainer who lost every key.".to_owned(),
            format!(
                "Ask the maintainer, by another way than this address, for the new safety number; then \
                 `packman trust compare {name} NUMBER`."
            ),
        ];
        ("its address now serves keys that the keys you trust never agreed to".to_owned(), sentences)
    }

    fn contradiction(self, name: &EntryName, sight: &Sight) -> (String, Vec<String>) {
        let Sight::TwoSigned { role, version } = sight else {
            return match sight {
                Sight::Said { by, .. } => self.other_root(name, by),
                _ => (String::new(), Vec::new()),
            };
        };
        let what = format!("two different files of {role} {version} carry its signature");
        let mut sentences = vec![
            "Nothing was taken from it, and what you have stays.".to_owned(),
            "One of the two was made to deceive somebody, or a key was used in two places at once: both were kept, as \
             evidence that you can send to its maintainer."
                .to_owned(),
        ];
        sentences.push(match role {
            Role::Timestamp | Role::Snapshot => {
                format!("It goes on by itself when it publishes a {role} with a higher version.")
            }
            Role::Root | Role::Targets => format!(
                "Ask the maintainer, by another way than this address, for the safety number; then \
                 `packman trust compare {name} NUMBER`."
            ),
        });
        (what, sentences)
    }

    /// A list that names another root than the one that is remembered or met.
    fn other_root(self, name: &EntryName, by: &EntryName) -> (String, Vec<String>) {
        let what = format!("the list `{by}` names other keys for it, to which those you know do not lead");
        let sentences = if self.effect == Effect::NoFirstUse {
            vec![
                "It was not added: two sources that you trust say different things.".to_owned(),
                format!(
                    "Ask the maintainer for the safety number, by another way than this address; then \
                     `packman trust add URL --number NUMBER --as {name}`."
                ),
            ]
        } else {
            vec![
                "The keys that you remember stay in force; a list cannot replace them.".to_owned(),
                format!(
                    "Ask the maintainer whether they still hold; `packman trust compare {name} NUMBER` settles it."
                ),
            ]
        };
        (what, sentences)
    }
}

impl Class {
    /// The word that begins each title, stable for scripts.
    pub fn title(self) -> &'static str {
        match self {
            Self::Refresh => "newer",
            Self::SignedRotation => "signed rotation of",
            Self::Addition => "new in a list:",
            Self::Expired => "EXPIRED:",
            Self::Withdrawn => "WITHDRAWN:",
            Self::Unexplained => "UNEXPLAINED CHANGE of",
            Self::Contradiction => "CONTRADICTION in",
        }
    }
}

fn refreshed(sight: &Sight) -> String {
    match sight {
        Sight::Said { by, .. } => format!("the list `{by}` names a new hash of its file"),
        _ => "it said something newer".to_owned(),
    }
}

fn addition(sight: &Sight) -> String {
    match sight {
        Sight::Said { by, .. } => format!("named by the list `{by}`"),
        _ => "it verified from its first root on".to_owned(),
    }
}

fn expired(name: &EntryName, sight: &Sight) -> (String, Vec<String>) {
    let Sight::Expired { role, since } = sight else { return (String::new(), Vec::new()) };
    let sentences = vec![
        "What is installed stays, and can be listed, audited and uninstalled.".to_owned(),
        "Somebody may be keeping newer files from you, or its maintainer is late: ask, or try another network.".to_owned(),
        format!("`--accept-expired` goes on with what `{name}` said last, and marks what it installs."),
    ];
    (format!("its {role} was good until {since}, and nothing newer was seen"), sentences)
}

fn taken_back(by: &str, reason: &str) -> String {
    match reason {
        "" => format!("{by} does not name it any more, and says no reason"),
        reason => format!("{by} takes it back: {reason}"),
    }
}

fn undecided(name: &EntryName) -> String {
    format!(
        "Nothing new is taken from it until you decide: `packman trust remove {name}`, or `packman trust keep {name}` if \
         you know better."
    )
}
