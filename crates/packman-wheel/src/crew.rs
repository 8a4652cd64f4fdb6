//! How many wheels' files are inflated at once: as many as there are cores, over all wheels together.
//!
//! Every wheel has threads of its own, for it borrows its bytes; what they share are hands. A thread takes a hand
//! for one piece of work and gives it back, so that one large wheel uses every core and a hundred small ones do
//! not get in each other's way. A hand is also the memory that an entry is inflated into: there is never more of
//! it than the largest entry times the hands.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use packman_strict::zip::Scratch;

/// The hands that unpack; shared by every wheel that is unpacked at once.
pub struct Crew {
    hands: NonZeroUsize,
    idle: Mutex<Vec<Scratch>>,
    given_back: Condvar,
}

impl Crew {
    /// A crew of so many hands: the number of cores, say.
    pub fn new(hands: NonZeroUsize) -> Self {
        let idle = std::iter::repeat_with(Scratch::default).take(hands.get()).collect();
        Self { hands, idle: Mutex::new(idle), given_back: Condvar::new() }
    }

    /// How many hands there are.
    pub(crate) fn hands(&self) -> usize {
        self.hands.get()
    }

    /// How many of them nobody uses at this moment.
    pub(crate) fn idle_hands(&self) -> usize {
        self.idle().len()
    }

    /// Waits for a hand.
    pub(crate) fn hand(&self) -> Hand<'_> {
        let mut idle = self.idle();
        loop {
            if let Some(scratch) = idle.pop() {
                return Hand { crew: self, scratch: Some(scratch) };
            }
            idle = self.given_back.wait(idle).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Scratch>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Crew {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Crew").field("hands", &self.hands).finish_non_exhaustive()
    }
}

/// A hand at work; given back when it is dropped.
pub(crate) struct Hand<'c> {
    crew: &'c Crew,
    scratch: Option<Scratch>,
}

impl Hand<'_> {
    /// The memory to inflate into.
    pub(crate) fn scratch(&mut self) -> &mut Scratch {
        self.scratch.get_or_insert_default()
    }
}

impl Drop for Hand<'_> {
    fn drop(&mut self) {
        self.crew.idle().extend(self.scratch.take());
        self.crew.given_back.notify_one();
    }
}
