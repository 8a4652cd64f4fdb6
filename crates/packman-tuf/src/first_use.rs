//! First use: which root to begin with.
//!
//! With a safety number, roots are read and not believed until one has that number. So a number stays good as
//! a beginning however often keys were changed since, and a newer number shuts out the keys that were retired
//! before it. Without a number the first root is remembered as it comes, and it is for others to say so.

use crate::refresh::missing;
use crate::root::SelfSigned;
use crate::{Answer, Limits, Memory, Reason, Refusal, Request, Role, SafetyNumber, Step};

/// The way to the first [`Memory`] of a repository; a [`Refresh`](crate::Refresh) follows it.
///
/// As there, a refusal leaves the machine where it was, so that another mirror's answer can follow.
pub struct FirstUse {
    limits: Limits,
    stage: Stage,
}

enum Stage {
    /// Reading roots, none of them believed.
    Looking { wanted: Option<SafetyNumber>, first: Option<SafetyNumber>, next: u64 },
    /// Following the chain from the root that is believed.
    Following(Memory),
    /// At the end of the chain.
    Done(Memory),
}

impl FirstUse {
    /// Begins with the root that has this number, wherever in the chain it stands.
    pub const fn with_number(number: SafetyNumber, limits: Limits) -> Self {
        Self { limits, stage: Stage::Looking { wanted: Some(number), first: None, next: 1 } }
    }

    /// Begins with `1.root.json` as it comes: whoever serves it chooses what is remembered.
    pub const fn remembering(limits: Limits) -> Self {
        Self { limits, stage: Stage::Looking { wanted: None, first: None, next: 1 } }
    }

    /// What is wanted next.
    pub fn step(&self) -> Step {
        match &self.stage {
            Stage::Looking { next, .. } => {
                Step::Fetch(Request::unpinned(Role::Root, *next, self.limits.root_bytes))
            }
            Stage::Following(memory) => Step::Fetch(Request::next_root(memory, &self.limits)),
            Stage::Done(_) => Step::Done,
        }
    }

    /// Takes the answer to what [`FirstUse::step`] wants, and moves on; or refuses it, and stays.
    pub fn answer(&mut self, answer: Answer<'_>) -> Result<(), Refusal> {
        match (&mut self.stage, answer.file()) {
            (Stage::Looking { wanted, first, next }, None) => {
                // What was given is on no root up to the last.
                Err(not_found(*wanted, *first, next.saturating_sub(1)))
            }
            (Stage::Looking { .. }, Some(file)) => self.look_at(file.bytes()),
            (Stage::Following(memory), Some(file)) => memory.accept_root(file, &self.limits),
            (Stage::Following(memory), None) => {
                self.stage = Stage::Done(memory.clone());
                Ok(())
            }
            (Stage::Done(_), _) => Ok(()),
        }
    }

    /// The memory of the chain that was followed, without a good set. Refused before the machine is `Done`.
    pub fn finish(self) -> Result<Memory, Refusal> {
        match self.stage {
            Stage::Done(memory) => Ok(memory),
            Stage::Following(memory) => Err(missing(Role::Root, memory.root().version().saturating_add(1))),
            Stage::Looking { next, .. } => Err(missing(Role::Root, next)),
        }
    }

    /// Looks at one root that is not believed: only if it has the number *and* a threshold of its own root keys
    /// signed it does the chain begin. A root that is not even signed by its own keys is refused at once,
    /// since it is a bad copy and another mirror may have the right one.
    fn look_at(&mut self, bytes: &[u8]) -> Result<(), Refusal> {
        let Stage::Looking { wanted, first, next } = &mut self.stage else { return Ok(()) };
        let root = SelfSigned::parse(bytes, *next, &self.limits)?;
        if wanted.is_none_or(|number| number == root.number()) {
            self.stage = Stage::Following(Memory::beginning(root));
            return Ok(());
        }
        let earliest = first.unwrap_or_else(|| root.number());
        if *next >= self.limits.roots {
            return Err(not_found(*wanted, Some(earliest), *next));
        }
        *first = Some(earliest);
        *next += 1;
        Ok(())
    }
}

/// The refusal when the last root was read: none has the number, or there was none at all.
fn not_found(wanted: Option<SafetyNumber>, first: Option<SafetyNumber>, roots: u64) -> Refusal {
    match (wanted, first) {
        (Some(wanted), Some(found)) => {
            Refusal::new(Role::Root.file_path(roots), Reason::NumberMismatch { found, wanted, roots })
        }
        _ => missing(Role::Root, 1),
    }
}
