//! Work that makes more work, for a few threads: wheels to fetch, and pieces of fetched ones to unpack.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// What is left to do. Pieces come before wheels, so that few wheels lie in memory at once.
pub(crate) struct Queue<W, P> {
    left: Mutex<Left<W, P>>,
    changed: Condvar,
}

struct Left<W, P> {
    wheels: VecDeque<W>,
    pieces: VecDeque<P>,
    /// How many wheels are being fetched: they may still make pieces.
    fetching: usize,
    given_up: bool,
}

/// What to do next.
pub(crate) enum Work<W, P> {
    Wheel(W),
    Piece(P),
}

impl<W, P> Queue<W, P> {
    pub(crate) fn of(wheels: impl IntoIterator<Item = W>) -> Self {
        let wheels = wheels.into_iter().collect();
        let left = Left { wheels, pieces: VecDeque::new(), fetching: 0, given_up: false };
        Self { left: Mutex::new(left), changed: Condvar::new() }
    }

    /// The next thing to do; waits while somebody may still add to it.
    pub(crate) fn next(&self) -> Option<Work<W, P>> {
        let mut left = self.lock();
        loop {
            if left.given_up {
                return None;
            }
            if let Some(piece) = left.pieces.pop_front() {
                return Some(Work::Piece(piece));
            }
            if let Some(wheel) = left.wheels.pop_front() {
                left.fetching += 1;
                return Some(Work::Wheel(wheel));
            }
            if left.fetching == 0 {
                return None;
            }
            left = self.changed.wait(left).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// A wheel was fetched; these are its pieces.
    pub(crate) fn fetched(&self, pieces: impl IntoIterator<Item = P>) {
        let mut left = self.lock();
        left.pieces.extend(pieces);
        left.fetching -= 1;
        drop(left);
        self.changed.notify_all();
    }

    /// Nothing more is to be done: something failed.
    pub(crate) fn give_up(&self) {
        self.lock().given_up = true;
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Left<W, P>> {
        self.left.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
