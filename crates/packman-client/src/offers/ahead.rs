//! What is fetched before it is asked for: by a few threads, each name once, in the order in which it was expected.

use std::collections::{HashMap, VecDeque};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use packman_names::ProjectName;
use packman_trust::Offer;

use crate::error::ClientError;

/// How many threads fetch beside the one that resolves. A mirror far away answers as many questions at once.
const WORKERS: usize = 7;

type Coming = Result<Offer, ClientError>;

/// The names that are expected, and what came for them.
#[derive(Default)]
pub(super) struct Ahead {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<ProjectName>,
    /// What became of each name that was begun; `None` while it is under way.
    begun: HashMap<ProjectName, Option<Coming>>,
    /// Names that were asked for: they are not expected again.
    taken: Vec<ProjectName>,
    workers: usize,
    /// Whether what was fetched tells what else is expected: the resolver has not begun.
    guessing: bool,
    over: bool,
}

impl Ahead {
    /// Expects a name, unless that was done before.
    pub(super) fn push(&self, project: &ProjectName) {
        let mut state = self.lock();
        let known = state.begun.contains_key(project)
            || state.waiting.contains(project)
            || state.taken.contains(project);
        if !known {
            state.waiting.push_back(project.clone());
        }
    }

    /// How many threads are to be begun now; they count as begun. Of what is waiting the resolver, when it is at work,
    /// asks for one next, and fetches that itself.
    pub(super) fn workers_wanted(&self) -> usize {
        let mut state = self.lock();
        let own = usize::from(!state.guessing);
        let enough = state.waiting.len().saturating_sub(own).min(WORKERS);
        let more = enough.saturating_sub(state.workers);
        state.workers += more;
        more
    }

    /// Fetches what waits until nothing does, or it is over.
    pub(super) fn work(&self, fetch: impl Fn(&ProjectName) -> Option<Coming>) {
        while let Some(project) = self.begin() {
            let came = fetch(&project);
            let mut state = self.lock();
            match came {
                Some(came) => _ = state.begun.insert(project, Some(came)),
                None => _ = state.begun.remove(&project),
            }
            drop(state);
            self.changed.notify_all();
        }
    }

    fn begin(&self) -> Option<ProjectName> {
        let mut state = self.lock();
        let next = if state.over { None } else { state.waiting.pop_front() };
        match &next {
            Some(project) => _ = state.begun.insert(project.clone(), None),
            None => state.workers -= 1,
        }
        next
    }

    /// What came for a name, or comes now; `None` where nobody has begun to fetch it, and nobody will.
    pub(super) fn take(&self, project: &ProjectName) -> Option<Coming> {
        let mut state = self.lock();
        state.taken.push(project.clone());
        state.waiting.retain(|waiting| waiting != project);
        while matches!(state.begun.get(project), Some(None)) {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.begun.remove(project).flatten()
    }

    /// From now on, until [`settle`](Self::settle), what an offer needs is expected as soon as it came.
    pub(super) fn guess(&self) {
        self.lock().guessing = true;
    }

    /// Whether what an offer needs is expected as soon as it came.
    pub(super) fn is_guessing(&self) -> bool {
        self.lock().guessing
    }

    /// Guesses no more, and drops guesses that nobody has begun to fetch.
    pub(super) fn settle(&self) {
        let mut state = self.lock();
        state.guessing = false;
        state.waiting.clear();
    }

    /// Begins nothing new.
    pub(super) fn end(&self) {
        self.lock().over = true;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
