//! The seven classes of change: what may happen to something that is remembered, and what follows.
//!
//! SSH shows the same alarm for a reinstalled server and for an attack, so people learn to click it away. Here what the
//! keys that are remembered consented to is no alarm, and what they did not has no button. The decision is a function of
//! what is remembered ([`State`]) and what was seen ([`Sight`]), and of nothing else.

mod words;

use packman_strict::time::Time;
use packman_tuf::{Reason, Refusal, Role};

use crate::ring::EntryName;

pub use words::Words;

/// How something stands with the user: a database, or a list.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum State {
    /// It is not remembered: this would be first use.
    Unknown,
    /// It was removed: without power, but not forgotten.
    Removed,
    /// It is in the ring.
    Present(Present),
}

/// How an entry of the ring stands.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Present {
    /// The list it was learnt through, where it was.
    pub through: Option<EntryName>,
    /// That this list took it back, and what the user made of that.
    pub withdrawn: Option<TakenBack>,
    /// The role and version of which two files are signed, until that is over.
    pub heads: Option<(Role, u64)>,
}

/// That an entry was taken back by the list it was learnt through.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TakenBack {
    /// Why.
    pub reason: String,
    /// Whether the user kept it all the same (`trust keep`), for this reason.
    pub kept: bool,
}

/// What was seen of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Sight {
    /// A refresh verified from end to end.
    Verified {
        /// The version of the newest root before.
        from: u64,
        /// The version of the newest root now.
        to: u64,
        /// The version that verified of the role with two heads, where there are two.
        headed: Option<u64>,
    },
    /// Its newest word is older than it promised to be.
    Expired {
        /// The role whose life ended first.
        role: &'static str,
        /// When.
        since: Time,
    },
    /// Its address serves another chain of roots, to which the remembered one does not lead.
    OtherChain,
    /// Two files of one version and role, both signed by keys that are remembered.
    TwoSigned {
        /// The role.
        role: Role,
        /// The version.
        version: u64,
    },
    /// A list says something of it.
    Said {
        /// The list.
        by: EntryName,
        /// Whether the list is signed.
        signed: bool,
        /// What it says.
        what: Saying,
    },
}

/// What a list says of a database.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Saying {
    /// A root in the remembered chain or one to which it leads, older ones too: a list may lag behind a rotation.
    SameChain,
    /// A root to which the remembered chain does not lead, nor it to the remembered chain.
    OtherChain,
    /// Another SHA-256 than the one by which the unsigned database is remembered.
    OtherHash,
    /// It takes the database back.
    Withdrawn {
        /// Why.
        reason: String,
    },
    /// It named the database before, and does not any more: taken back, without a reason.
    Gone,
}

/// One of the seven.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Class {
    /// The same keys say something newer.
    Refresh,
    /// The remembered keys named others.
    SignedRotation,
    /// A list names a database that the user does not have.
    Addition,
    /// Nothing newer came in time.
    Expired,
    /// A list takes a database back.
    Withdrawn,
    /// Not signed by what is remembered.
    Unexplained,
    /// What is remembered signed two things of which one must be false.
    Contradiction,
}

/// What follows from a change, the strongest last.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Effect {
    /// Nothing is said.
    Silent,
    /// One line is said and logged.
    Line,
    /// One line; it has no power until the user gives it a scope.
    NoPowerYet,
    /// A warning is shown, and everything goes on.
    Warning,
    /// First use does not take it in; what is remembered goes on.
    NoFirstUse,
    /// What needs a current word is refused; looking and uninstalling go on.
    NothingNew,
    /// Nothing new is taken from it until the user decides (`trust keep` or `trust remove`).
    Suspended,
    /// It is stopped until its role has a higher version than the two that differ.
    StoppedUntilHigher,
    /// It is stopped, and the old stays in force; the way on is `trust compare`.
    Stopped,
}

impl Effect {
    /// Whether something that needs a new word of it is refused.
    pub fn refuses(self) -> bool {
        self > Self::Warning
    }
}

/// A change, with what follows from it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Change {
    /// Which of the seven it is.
    pub class: Class,
    /// What follows.
    pub effect: Effect,
}

impl Sight {
    /// What a refusal means for what is remembered: most are a bad copy, of which another mirror may have a good one,
    /// and no change at all.
    pub fn of_refusal(refusal: &Refusal) -> Option<Self> {
        match refusal.reason() {
            Reason::UnexplainedChange { .. } => Some(Self::OtherChain),
            Reason::Contradiction { version, .. } => {
                Some(Self::TwoSigned { role: role_at(refusal.path()), version: *version })
            }
            _ => None,
        }
    }
}

/// Decides what follows from a sight of something that stands so. What its state stopped before stays stopped, unless
/// this very sight ends it.
pub fn change(state: &State, sight: &Sight) -> Change {
    let (class, effect) = seen(state, sight);
    Change { class, effect: effect.max(state.stops(sight)) }
}

fn seen(state: &State, sight: &Sight) -> (Class, Effect) {
    match sight {
        Sight::Verified { .. } if *state == State::Unknown => (Class::Addition, Effect::NoPowerYet),
        Sight::Verified { from, to, .. } if to > from => (Class::SignedRotation, Effect::Line),
        Sight::Verified { .. } => (Class::Refresh, Effect::Silent),
        Sight::Expired { .. } => (Class::Expired, state.either(Effect::NoFirstUse, Effect::NothingNew)),
        // No state makes this less: removed and added again, it is still not what was remembered.
        Sight::OtherChain => (Class::Unexplained, Effect::Stopped),
        Sight::TwoSigned { role, .. } => (Class::Contradiction, stopped_by(*role)),
        Sight::Said { by, signed, what } => said(state, by, *signed, what),
    }
}

/// What a list says. Only the list through which something was learnt can take it back, and no list can put another in
/// its place: one dissenter must not stop everybody.
fn said(state: &State, by: &EntryName, signed: bool, what: &Saying) -> (Class, Effect) {
    let is_own = matches!(state, State::Present(present) if present.through.as_ref() == Some(by));
    match what {
        Saying::SameChain | Saying::OtherHash if *state == State::Unknown => {
            (Class::Addition, Effect::NoPowerYet)
        }
        Saying::SameChain => (Class::Refresh, Effect::Silent),
        Saying::OtherChain => {
            let class = if signed { Class::Contradiction } else { Class::Unexplained };
            (class, state.either(Effect::NoFirstUse, Effect::Warning))
        }
        Saying::OtherHash if is_own => (Class::Refresh, Effect::Line),
        Saying::OtherHash => (Class::Refresh, state.either(Effect::Silent, Effect::Warning)),
        Saying::Withdrawn { reason } if state.kept_for(reason) => (Class::Withdrawn, Effect::Silent),
        Saying::Gone if state.kept_for("") => (Class::Withdrawn, Effect::Silent),
        Saying::Withdrawn { .. } | Saying::Gone if is_own => (Class::Withdrawn, Effect::Suspended),
        Saying::Withdrawn { .. } | Saying::Gone => {
            (Class::Withdrawn, state.either(Effect::NoFirstUse, Effect::Warning))
        }
    }
}

impl Present {
    /// What it stops before anything new is seen.
    pub fn in_force(&self) -> Effect {
        let heads = self.heads.map_or(Effect::Silent, |(role, _)| stopped_by(role));
        let taken_back = self.withdrawn.as_ref().is_some_and(|taken| !taken.kept);
        heads.max(if taken_back { Effect::Suspended } else { Effect::Silent })
    }
}

impl State {
    /// What the state stops by itself, whatever is seen; unless it is the sight that ends it.
    fn stops(&self, sight: &Sight) -> Effect {
        let Self::Present(present) = self else { return Effect::Silent };
        let heads = match (present.heads, sight) {
            (Some((Role::Timestamp | Role::Snapshot, two)), Sight::Verified { headed: Some(now), .. })
                if *now > two =>
            {
                Effect::Silent
            }
            (Some((role, _)), _) => stopped_by(role),
            (None, _) => Effect::Silent,
        };
        let taken_back = present.withdrawn.as_ref().is_some_and(|taken| !taken.kept);
        heads.max(if taken_back { Effect::Suspended } else { Effect::Silent })
    }

    /// The first where it is not in the ring, the second where it is.
    fn either(&self, outside: Effect, inside: Effect) -> Effect {
        if matches!(self, Self::Present(_)) { inside } else { outside }
    }

    fn kept_for(&self, reason: &str) -> bool {
        let Self::Present(present) = self else { return false };
        present.withdrawn.as_ref().is_some_and(|taken| taken.kept && taken.reason == reason)
    }
}

/// The role of a metadata file by its path, `metadata/7.targets.json`. A bin is signed by the targets keys.
fn role_at(path: &str) -> Role {
    let name = path.trim_end_matches(".json");
    Role::parse(name.rsplit(['/', '.']).next().unwrap_or_default()).unwrap_or(Role::Targets)
}

/// What two heads of a role stop: an online key heals by going on, the others only by a person.
pub(crate) fn stopped_by(role: Role) -> Effect {
    match role {
        Role::Timestamp | Role::Snapshot => Effect::StoppedUntilHigher,
        Role::Root | Role::Targets => Effect::Stopped,
    }
}

#[cfg(test)]
mod tests;
