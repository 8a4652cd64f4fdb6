//! The content of a wheel's files held against RECORD: each inflated once, hashed, and handed on.
//!
//! Entries are taken off one queue by a few threads; whatever needs the content (writing it to the cache) happens
//! in the same pass, and the hash of the whole wheel is one more piece of work on the queue.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread;

use packman_strict::Sha256;
use packman_strict::zip::Entry;

use crate::base64;
use crate::refusal::WheelRefusal;
use crate::verify::{Listed, Wheel};

/// Below this many bytes a second thread costs more than it gives.
const WORTH_A_THREAD: u64 = 256 << 10;

/// One file of a wheel whose content is what RECORD says.
pub(crate) struct Content<'c> {
    /// Its place in the archive's order.
    pub(crate) index: usize,
    pub(crate) entry: &'c Entry<'c>,
    pub(crate) listed: &'c Listed,
    pub(crate) bytes: &'c [u8],
    pub(crate) digest: Sha256,
}

impl Wheel<'_> {
    /// Verifies every file's content against RECORD, and says the SHA-256 of the whole wheel. Writes nothing.
    pub fn verify_contents(&self, threads: usize) -> Result<Sha256, WheelRefusal> {
        self.each_content(threads, |_| Ok::<(), WheelRefusal>(()))
    }

    /// Calls `job` once for each verified file, from up to `threads` threads in no order; stops at the first error.
    pub(crate) fn each_content<E, F>(&self, threads: usize, job: F) -> Result<Sha256, E>
    where
        E: From<WheelRefusal> + Send,
        F: Fn(&Content<'_>) -> Result<(), E> + Sync,
    {
        let files: Vec<(&Entry<'_>, &Listed)> = self.listed().collect();
        let worth = usize::try_from(self.installed_bytes() / WORTH_A_THREAD).unwrap_or(usize::MAX);
        let queue = Queue { next: AtomicUsize::new(0), whole: OnceLock::new(), error: Mutex::new(None) };
        let work = || {
            let mut buffer = Vec::new();
            while let Some(ticket) = queue.take() {
                // The first ticket is the longest work: the whole wheel.
                let Some(index) = ticket.checked_sub(1) else {
                    queue.whole.get_or_init(|| Sha256::of(self.bytes));
                    continue;
                };
                let Some((entry, listed)) = files.get(index) else { break };
                let content = verify_content(entry, listed, index, &mut buffer).map_err(E::from);
                if let Err(error) = content.and_then(|content| job(&content)) {
                    queue.fail(error);
                }
            }
        };
        thread::scope(|scope| {
            for _ in 1..threads.min(worth) {
                scope.spawn(work);
            }
            work();
        });
        match queue.error.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Some(error) => Err(error),
            None => Ok(*queue.whole.get_or_init(|| Sha256::of(self.bytes))),
        }
    }
}

/// Work that several threads take from, and what came of it.
struct Queue<E> {
    next: AtomicUsize,
    whole: OnceLock<Sha256>,
    error: Mutex<Option<E>>,
}

impl<E> Queue<E> {
    /// The next ticket; none once something failed.
    fn take(&self) -> Option<usize> {
        let failed = self.error.lock().unwrap_or_else(PoisonError::into_inner).is_some();
        (!failed).then(|| self.next.fetch_add(1, Ordering::Relaxed))
    }

    /// Keeps the first error.
    fn fail(&self, error: E) {
        self.error.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
    }
}

fn verify_content<'c>(
    entry: &'c Entry<'c>,
    listed: &'c Listed,
    index: usize,
    buffer: &'c mut Vec<u8>,
) -> Result<Content<'c>, WheelRefusal> {
    buffer.clear();
    entry.read_into(buffer)?;
    let digest = Sha256::of(buffer);
    if let Some(wanted) = &listed.digest {
        let found = base64::encode(&digest);
        if found != *wanted {
            let (path, wanted) = (entry.path().as_str().to_owned(), wanted.clone());
            return Err(WheelRefusal::RecordContradicts { path, what: "sha256", found, wanted });
        }
    }
    Ok(Content { index, entry, listed, bytes: buffer, digest })
}
