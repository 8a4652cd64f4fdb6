//! Several pieces of work at once, on a few threads, with a clean end: at the first error, or when asked to stop,
//! nothing new is begun and what runs is told.

use std::num::NonZeroUsize;
use std::sync::{Mutex, MutexGuard, PoisonError};

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
    use super::for_each_parallel;
    use crate::stop::{Stop, Stopped};
    use std::num::NonZeroUsize;
    use std::sync::Barrier;
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
    fn nothing_is_begun_after_a_stop() {
        let stop = Stop::new();
        stop.ask();
        assert_eq!(check(3, 2, &stop, u32::MAX), Err(Failed::Stopped));
    }
}
