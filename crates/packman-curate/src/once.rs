//! Answers that are found out once, however many threads want them.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Answers by question. Whoever asks first finds it out; everybody else waits for him.
pub(crate) struct Once<K, V> {
    known: Mutex<HashMap<K, Answer<V>>>,
    answered: Condvar,
}

enum Answer<V> {
    /// Somebody is finding it out.
    Asked,
    Known(V),
}

impl<K: Clone + Eq + Hash, V: Clone> Once<K, V> {
    pub(crate) fn new() -> Self {
        Self { known: Mutex::new(HashMap::new()), answered: Condvar::new() }
    }

    /// The answer, found out by `find` where nobody did before.
    pub(crate) fn get_or_find(&self, key: &K, find: impl FnOnce() -> V) -> V {
        let mut known = self.lock();
        loop {
            match known.get(key) {
                Some(Answer::Known(value)) => return value.clone(),
                Some(Answer::Asked) => {
                    known = self.answered.wait(known).unwrap_or_else(PoisonError::into_inner);
                }
                None => break,
            }
        }
        known.insert(key.clone(), Answer::Asked);
        drop(known);
        let value = find();
        self.put(key.clone(), value.clone());
        value
    }

    /// The answer, where it is known.
    pub(crate) fn known(&self, key: &K) -> Option<V> {
        match self.lock().get(key) {
            Some(Answer::Known(value)) => Some(value.clone()),
            _ => None,
        }
    }

    /// Gives the answer before anybody asks.
    pub(crate) fn put(&self, key: K, value: V) {
        self.lock().insert(key, Answer::Known(value));
        self.answered.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<K, Answer<V>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
