//! Asking a running command to end. The first Ctrl-C asks; the second one ends the program at once, with 130.
//!
//! Whoever waits or loops looks at a [`Stop`]; a blocked socket is woken by a hook that closes it. What does neither is
//! given [`GRACE`], and then the program ends without it: but never in the middle of a change that somebody holds a
//! [`Commit`] for. However it ends, it says so once, and what became of its changes: see [`so_far`].

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
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

/// How many of them there are.
static OPEN: AtomicUsize = AtomicUsize::new(0);

/// Whether something was changed for good since the program began.
static CHANGED: AtomicBool = AtomicBool::new(false);

/// Whether somebody says already how the program ends.
static TOLD: AtomicBool = AtomicBool::new(false);

/// What a program that is ending has changed for good.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub enum SoFar {
    /// Nothing.
    Nothing,
    /// Something, and all of it to its end.
    Changed,
    /// Something is in the middle of being changed.
    InChange,
}

/// Says what was changed until now.
pub fn so_far() -> SoFar {
    match (OPEN.load(Ordering::Acquire), CHANGED.load(Ordering::Acquire)) {
        (0, false) => SoFar::Nothing,
        (0, true) => SoFar::Changed,
        _ => SoFar::InChange,
    }
}

/// Notes that something was changed for good which needs no [`Commit`]: it could be left at any moment.
pub fn note_change() {
    CHANGED.store(true, Ordering::Release);
}

/// Whether it is the caller's to say how the program ends: true for the first who asks.
pub fn is_first_to_tell() -> bool {
    !TOLD.swap(true, Ordering::AcqRel)
}

/// While it lives, a single request to stop does not end the program. One thread holds one at most.
#[derive(Debug)]
pub struct Commit {
    is_undone: bool,
    _held: RwLockReadGuard<'static, ()>,
}

impl Commit {
    /// Begins a change that should end whole; waits for ever once the program is ending.
    #[must_use]
    pub fn begin() -> Self {
        let held = COMMITS.read().unwrap_or_else(PoisonError::into_inner);
        OPEN.fetch_add(1, Ordering::AcqRel);
        Self { is_undone: false, _held: held }
    }

    /// Ends a change of which nothing is left.
    pub fn undone(mut self) {
        self.is_undone = true;
    }

    /// Waits for every change that was begun, and lets no other begin.
    fn last() -> RwLockWriteGuard<'static, ()> {
        COMMITS.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets no other change begin, where none is going on.
    fn none_more() -> Option<RwLockWriteGuard<'static, ()>> {
        COMMITS.try_write().ok()
    }
}

impl Drop for Commit {
    fn drop(&mut self) {
        if !self.is_undone {
            note_change();
        }
        OPEN.fetch_sub(1, Ordering::AcqRel);
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
    /// Where the program ends so, `last_words` says it; where they find no reader, a third Ctrl-C ends it without.
    pub fn on_signals(last_words: fn(SoFar)) -> Result<Self, DiskFailure> {
        Self::on_signals_with_grace(GRACE, last_words)
    }

    /// The same with another time for those who were asked.
    pub fn on_signals_with_grace(grace: Duration, last_words: fn(SoFar)) -> Result<Self, DiskFailure> {
        let stop = Self::new();
        let ending = signals::Ending { stop: stop.clone(), grace, last_words };
        signals::listen(ending).map_err(|error| DiskFailure::new(Act::Read, "signals", &error))?;
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
    use super::{Commit, SoFar, Stop, is_first_to_tell, so_far};
    use std::io;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread::Builder;
    use std::time::Duration;

    /// As a shell reports a program that Ctrl-C ended.
    const INTERRUPTED: i32 = 130;

    /// Not HUP: `nohup` has it ignored, which a handler of ours would undo.
    #[cfg(unix)]
    const ENDING: [i32; 2] = [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM];
    #[cfg(not(unix))]
    const ENDING: [i32; 1] = [signal_hook::consts::SIGINT];

    /// What is done when a signal comes.
    #[derive(Clone)]
    pub(super) struct Ending {
        pub(super) stop: Stop,
        pub(super) grace: Duration,
        pub(super) last_words: fn(SoFar),
    }

    pub(super) fn listen(ending: Ending) -> io::Result<()> {
        // A limit on the length of files is to fail a write, which is told and cleaned up after, and not to kill.
        #[cfg(unix)]
        signal_hook::flag::register(signal_hook::consts::SIGXFSZ, Arc::default())?;
        let armed = Arc::new(AtomicBool::new(false));
        for signal in ENDING {
            signal_hook::flag::register_conditional_shutdown(signal, INTERRUPTED, Arc::clone(&armed))?;
        }
        wake(ending, armed)
    }

    /// Hooks and words may not run inside a signal handler: a thread waits for the signals and runs them.
    #[cfg(unix)]
    fn wake(ending: Ending, armed: Arc<AtomicBool>) -> io::Result<()> {
        let mut signals = signal_hook::iterator::Signals::new(ENDING)?;
        Builder::new().name("signals".to_owned()).spawn(move || {
            let mut signals = signals.forever();
            if signals.next().is_some() {
                ending.clone().begin();
            }
            if signals.next().is_some() {
                ending.end_now(&armed);
            }
        })?;
        Ok(())
    }

    #[cfg(not(unix))]
    fn wake(ending: Ending, armed: Arc<AtomicBool>) -> io::Result<()> {
        let came = Arc::new(AtomicBool::new(false));
        for signal in ENDING {
            signal_hook::flag::register(signal, Arc::clone(&came))?;
        }
        Builder::new().name("signals".to_owned()).spawn(move || {
            let wait = || {
                while !came.swap(false, Ordering::AcqRel) {
                    std::thread::sleep(Duration::from_millis(100));
                }
            };
            wait();
            ending.clone().begin();
            wait();
            ending.end_now(&armed);
        })?;
        Ok(())
    }

    impl Ending {
        /// Asks, on a thread of its own: the next signal is to be heard while hooks run and a change is waited for.
        fn begin(self) {
            let ending = self.clone();
            let ask = move || {
                ending.stop.ask();
                // Whoever has not ended by now does not look whether it was asked to.
                let _last = Commit::last();
                std::thread::sleep(ending.grace);
                ending.end();
            };
            if Builder::new().name("stopping".to_owned()).spawn(ask).is_err() {
                self.stop.ask();
            }
        }

        fn end_now(&self, armed: &AtomicBool) {
            armed.store(true, Ordering::Release);
            let _last = Commit::none_more();
            self.end();
        }

        fn end(&self) {
            if is_first_to_tell() {
                (self.last_words)(so_far());
            } else {
                // Somebody is saying it, and ends the program when it is said.
                std::thread::sleep(self.grace);
            }
            std::process::exit(INTERRUPTED);
        }
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
