//! Several pieces of work at once, on a few threads, with a clean end: at the first error, or when asked to stop,
//! nothing new is begun and what runs is told.

use std::num::NonZeroUsize;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::stop::{Stop, Stopped};

/// Works on every item with at most so many threads; gives the results in the order of the items, or the first
/// error. The work is handed a [`Stop`] that is asked when another piece failed.
pub fn for_each_parallel<T: Send, R: Send, E: Send + From<Stopped>>(
    items: Vec<T>,
    threads: NonZeroUsize,
    stop: &Stop,
    work: impl Fn(T, &Stop) -> Result<R, E> + Sync,
) -> Result<Vec<R>, E> {
    let count = items.len();
    let stop = stop.child();
    let state = Mutex::new(State { items: items.into_iter().enumerate(), done: Vec::new(), failed: None });
    let run = || {
        while let Some((place, item)) = State::next(&state, &stop) {
            let result = work(item, &stop);
            State::put(&state, place, result, &stop);
        }
    };
    std::thread::scope(|scope| {
        // The caller's own thread is one of them: one item costs no thread.
        for _ in 1..threads.get().min(count) {
            scope.spawn(run);
        }
        run();
    });
    let State { mut done, failed, .. } = state.into_inner().unwrap_or_else(PoisonError::into_inner);
    match failed {
        Some(error) => Err(error),
        None if done.len() < count => Err(Stopped.into()),
        None => {
            done.sort_by_key(|(place, _)| *place);
            Ok(done.into_iter().map(|(_, result)| result).collect())
        }
    }
}

/// An amount that threads share, such as memory: who needs a part of it waits until so much is free.
#[derive(Debug)]
pub struct Budget {
    whole: u64,
    free: Mutex<u64>,
    given_back: Condvar,
}

/// A part of a [`Budget`]; given back when it is dropped.
#[derive(Debug)]
pub struct Share<'b> {
    budget: &'b Budget,
    amount: u64,
}

impl Budget {
    /// A budget of so much.
    pub fn of(whole: u64) -> Self {
        Self { whole, free: Mutex::new(whole), given_back: Condvar::new() }
    }

    /// Waits for a part. Who asks for more than there is gets the whole, alone.
    pub fn take(&self, amount: u64, stop: &Stop) -> Result<Share<'_>, Stopped> {
        const LOOK_AGAIN: Duration = Duration::from_millis(50);
        let amount = amount.min(self.whole);
        let mut free = lock(&self.free);
        while *free < amount {
            stop.live()?;
            let waited = self.given_back.wait_timeout(free, LOOK_AGAIN);
            free = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        *free -= amount;
        Ok(Share { budget: self, amount })
    }
}

impl Drop for Share<'_> {
    fn drop(&mut self) {
        *lock(&self.budget.free) += self.amount;
        self.budget.given_back.notify_all();
    }
}

struct State<T, R, E> {
    items: std::iter::Enumerate<std::vec::IntoIter<T>>,
    done: Vec<(usize, R)>,
    failed: Option<E>,
}

impl<T, R, E> State<T, R, E> {
    fn next(state: &Mutex<Self>, stop: &Stop) -> Option<(usize, T)> {
        if stop.is_asked() { None } else { lock(state).items.next() }
    }

    fn put(state: &Mutex<Self>, place: usize, result: Result<R, E>, stop: &Stop) {
        let mut state = lock(state);
        match result {
            Ok(result) => state.done.push((place, result)),
            // Later ones may only say that they were stopped on account of the first.
            Err(error) => {
                state.failed.get_or_insert(error);
                drop(state);
                stop.ask();
            }
        }
    }
}

fn lock<S>(state: &Mutex<S>) -> MutexGuard<'_, S> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::{Budget, for_each_parallel};
    use crate::stop::{Stop, Stopped};
    use std::num::NonZeroUsize;
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::Duration;

    #[derive(Debug, Eq, PartialEq)]
    enum Failed {
        Stopped,
        At(u32),
    }

    impl From<Stopped> for Failed {
        fn from(_: Stopped) -> Self {
            Self::Stopped
        }
    }

    fn check(items: u32, threads: usize, stop: &Stop, fails_at: u32) -> Result<Vec<u32>, Failed> {
        for_each_parallel((0..items).collect(), NonZeroUsize::new(threads).unwrap(), stop, |item, _| {
            if item == fails_at { Err(Failed::At(item)) } else { Ok(item * 2) }
        })
    }

    #[test]
    fn results_come_in_the_order_of_the_items() {
        let all: Vec<u32> = (0..100).map(|item| item * 2).collect();
        assert_eq!(check(100, 7, &Stop::new(), u32::MAX), Ok(all.clone()));
        assert_eq!(check(100, 1, &Stop::new(), u32::MAX), Ok(all));
        assert_eq!(check(0, 3, &Stop::new(), u32::MAX), Ok(vec![]));
    }

    #[test]
    fn the_first_error_ends_it_and_the_caller_is_not_stopped() {
        let stop = Stop::new();
        assert_eq!(check(1_000_000, 3, &stop, 5), Err(Failed::At(5)));
        assert!(!stop.is_asked());
    }

    #[test]
    fn work_that_runs_is_told_when_another_piece_fails() {
        let both_run = Barrier::new(2);
        let threads = NonZeroUsize::new(2).unwrap();
        let result = for_each_parallel(vec![0, 1], threads, &Stop::new(), |item, stop| {
            both_run.wait();
            if item == 0 {
                return Err(Failed::At(0));
            }
            assert_eq!(stop.wait(Duration::from_mins(1)), Err(Stopped));
            Ok(())
        });
        assert_eq!(result, Err(Failed::At(0)));
    }

    #[test]
    fn a_budget_is_never_overdrawn_and_the_largest_wish_is_met() {
        let (budget, used) = (Budget::of(10), AtomicU64::new(0));
        let wishes = vec![3, 11, 7, 10, 1, 4, u64::MAX, 5, 0, 6];
        let threads = NonZeroUsize::new(4).unwrap();
        let met = for_each_parallel(wishes, threads, &Stop::new(), |wish: u64, stop| {
            let share = budget.take(wish, stop)?;
            let now = used.fetch_add(share.amount, Ordering::SeqCst) + share.amount;
            assert!(now <= 10, "{now} in use");
            used.fetch_sub(share.amount, Ordering::SeqCst);
            Ok::<_, Failed>(share.amount)
        });
        assert_eq!(met, Ok(vec![3, 10, 7, 10, 1, 4, 10, 5, 0, 6]));
        // Nobody waits on after a stop.
        let (all, stop) = (budget.take(10, &Stop::new()).unwrap(), Stop::new());
        stop.ask();
        assert_eq!(budget.take(1, &stop).map(|_| ()), Err(Stopped));
        drop(all);
    }

    #[test]
    fn nothing_is_begun_after_a_stop() {
        let stop = Stop::new();
        stop.ask();
        assert_eq!(check(3, 2, &stop, u32::MAX), Err(Failed::Stopped));
    }
}
