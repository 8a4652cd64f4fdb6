//! Asking a running command to end. The first Ctrl-C asks; the second one ends the program at once, with 130.
//!
//! Whoever waits or loops looks at a [`Stop`]; a blocked socket is woken by a hook that closes it. What does neither is
//! given [`GRACE`], and then the program ends without it: but never in the middle of a change that somebody holds a
//! [`Commit`] for.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{
    Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, Weak,
};
use std::time::Duration;

use crate::failure::{Act, DiskFailure};

/// A request to end that many threads can see; clones are the same request.
#[derive(Clone, Default)]
pub struct Stop(Arc<Inner>);

#[derive(Default)]
struct Inner {
    asked: AtomicBool,
    #[expect(dead_code, reason = "keeps those between a grandchild and who is asked")]
    parent: Option<Stop>,
    listeners: Mutex<Listeners>,
    changed: Condvar,
}

#[derive(Default)]
struct Listeners {
    children: Vec<Weak<Inner>>,
    hooks: Vec<Box<dyn FnOnce() + Send>>,
}

/// How long whoever was asked to stop may take.
const GRACE: Duration = Duration::from_secs(2);

/// Held by those who change something for good, and at last by who ends the program.
static COMMITS: RwLock<()> = RwLock::new(());

/// While it lives, a single request to stop does not end the program. One thread holds one at most.
#[derive(Debug)]
pub struct Commit {
    _held: RwLockReadGuard<'static, ()>,
}

impl Commit {
    /// Begins a change that should end whole; waits for ever once the program is ending.
    #[must_use]
    pub fn begin() -> Self {
        Self { _held: COMMITS.read().unwrap_or_else(PoisonError::into_inner) }
    }

    /// Waits for every change that was begun, and lets no other begin.
    fn last() -> RwLockWriteGuard<'static, ()> {
        COMMITS.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The work ended because it was asked to.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub struct Stopped;

impl Stop {
    /// A request that nobody has made yet, and that no signal makes.
    pub fn new() -> Self {
        Self::default()
    }

    /// A request that Ctrl-C (and on Unix the signal TERM) makes; made again, the program ends with 130.
    /// What was asked and did not end within two seconds ends with the program, save where a [`Commit`] is held.
    pub fn on_signals() -> Result<Self, DiskFailure> {
        Self::on_signals_with_grace(GRACE)
    }

    /// The same with another time for those who were asked.
    pub fn on_signals_with_grace(grace: Duration) -> Result<Self, DiskFailure> {
        let stop = Self::new();
        signals::listen(&stop, grace).map_err(|error| DiskFailure::new(Act::Read, "signals", &error))?;
        Ok(stop)
    }

    /// Makes the request: of this one, and of every child.
    pub fn ask(&self) {
        self.0.ask();
    }

    /// Whether the request was made.
    pub fn is_asked(&self) -> bool {
        self.0.asked.load(Ordering::Acquire)
    }

    /// `Ok` while nobody asked: for the top of a loop.
    pub fn live(&self) -> Result<(), Stopped> {
        if self.is_asked() { Err(Stopped) } else { Ok(()) }
    }

    /// A request of its own that is also made whenever this one is.
    #[must_use]
    pub fn child(&self) -> Self {
        let child = Self(Arc::new(Inner { parent: Some(self.clone()), ..Inner::default() }));
        let mut listeners = self.0.lock();
        listeners.children.retain(|child| child.strong_count() > 0);
        listeners.children.push(Arc::downgrade(&child.0));
        drop(listeners);
        // Looked at after the child can be found: a request in between reaches it one way or the other.
        if self.is_asked() {
            child.ask();
        }
        child
    }

    /// Runs something once when the request is made; at once, when it was made already.
    pub fn on_ask(&self, hook: impl FnOnce() + Send + 'static) {
        let mut listeners = self.0.lock();
        if self.is_asked() {
            drop(listeners);
            hook();
        } else {
            listeners.hooks.push(Box::new(hook));
        }
    }

    /// Waits so long, or until the request is made.
    pub fn wait(&self, time: Duration) -> Result<(), Stopped> {
        let guard = self.0.lock();
        let waited = self.0.changed.wait_timeout_while(guard, time, |_| !self.is_asked());
        drop(waited);
        self.live()
    }
}

impl Inner {
    fn ask(&self) {
        let mut listeners = self.lock();
        self.asked.store(true, Ordering::Release);
        let hooks = std::mem::take(&mut listeners.hooks);
        let children = std::mem::take(&mut listeners.children);
        drop(listeners);
        self.changed.notify_all();
        children.iter().filter_map(Weak::upgrade).for_each(|child| child.ask());
        for hook in hooks {
            hook();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Listeners> {
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Stop").field(&self.is_asked()).finish()
    }
}

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("stopped as asked")
    }
}

impl std::error::Error for Stopped {}

mod signals {
    use super::{Commit, Stop};
    use std::io;
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;
    use std::time::Duration;

    /// As a shell reports a program that Ctrl-C ended.
    const INTERRUPTED: i32 = 130;

    /// Not HUP: `nohup` has it ignored, which a handler of ours would undo.
    #[cfg(unix)]
    const ENDING: [i32; 2] = [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM];
    #[cfg(not(unix))]
    const ENDING: [i32; 1] = [signal_hook::consts::SIGINT];

    pub(super) fn listen(stop: &Stop, grace: Duration) -> io::Result<()> {
        // A limit on the length of files is to fail a write, which is told and cleaned up after, and not to kill.
        #[cfg(unix)]
        signal_hook::flag::register(signal_hook::consts::SIGXFSZ, Arc::default())?;
        let second = Arc::new(AtomicBool::new(false));
        for signal in ENDING {
            // In this order: the first signal finds the flag down, and puts it up for the second.
            signal_hook::flag::register_conditional_shutdown(signal, INTERRUPTED, Arc::clone(&second))?;
            signal_hook::flag::register(signal, Arc::clone(&second))?;
        }
        wake(stop, &second, grace)
    }

    /// Hooks may not run inside a signal handler: a thread waits for the signal and runs them.
    #[cfg(unix)]
    fn wake(stop: &Stop, _: &Arc<AtomicBool>, grace: Duration) -> io::Result<()> {
        let mut signals = signal_hook::iterator::Signals::new(ENDING)?;
        let stop = stop.clone();
        std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
            if signals.forever().next().is_some() {
                stop.ask();
                end_after(grace);
            }
        })?;
        Ok(())
    }

    #[cfg(not(unix))]
    fn wake(stop: &Stop, second: &Arc<AtomicBool>, grace: Duration) -> io::Result<()> {
        use std::sync::atomic::Ordering;
        let (stop, second) = (stop.clone(), Arc::clone(second));
        std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
            while !second.load(Ordering::Acquire) {
                std::thread::sleep(std::time::Duration::from_millis(100));
            }
            stop.ask();
            end_after(grace);
        })?;
        Ok(())
    }

    /// Whoever has not ended by now does not look whether it was asked to.
    fn end_after(grace: Duration) {
        let _last = Commit::last();
        std::thread::sleep(grace);
        std::process::exit(INTERRUPTED);
    }
}

#[cfg(test)]
mod tests {
    use super::{Stop, Stopped};
    use std::sync::mpsc;
    use std::time::Duration;

    #[test]
    fn a_request_reaches_children_hooks_and_those_who_wait() {
        let stop = Stop::new();
        let (said, heard) = mpsc::channel();
        let child = stop.child().child();
        // Nobody holds the one between `stop` and `child`; the request passes through it all the same.
        let kept = stop.child();
        let hook = said.clone();
        kept.on_ask(move || hook.send("hook").unwrap());
        let waiter = std::thread::spawn(move || kept.wait(Duration::from_mins(1)));
        stop.ask();
        assert_eq!(waiter.join().unwrap(), Err(Stopped));
        assert_eq!(heard.recv(), Ok("hook"));
        stop.on_ask(move || said.send("at once").unwrap());
        assert_eq!(heard.recv(), Ok("at once"));
        assert!(stop.child().is_asked());
        assert!(child.is_asked());
    }

    #[test]
    fn a_child_can_end_alone() {
        let stop = Stop::new();
        stop.child().ask();
        assert_eq!(stop.wait(Duration::ZERO), Ok(()));
    }
}
