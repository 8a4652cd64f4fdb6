//! The content of a wheel's files held against RECORD: each inflated once, hashed, and handed on.
//!
//! Entries are taken off one queue by a few threads; whatever needs the content (writing it to the cache) happens
//! in the same pass, and the hash of the whole wheel is one more piece of work on the queue.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
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
        let queue = Queue { next: AtomicUsize::new(0), outcome: Mutex::new(Ok(None)) };
        let work = || {
            let mut buffer = Vec::new();
            while let Some(ticket) = queue.take(files.len() + 1) {
                // The first ticket is the longest: the whole wheel.
                let done = match ticket.checked_sub(1).and_then(|index| Some((index, files.get(index)?))) {
                    Some((index, (entry, listed))) => verify_content(entry, listed, index, &mut buffer)
                        .map_err(E::from)
                        .and_then(|content| job(&content)),
                    None => {
                        queue.finish(Ok(Some(Sha256::of(self.bytes))));
                        Ok(())
                    }
                };
                if let Err(error) = done {
                    queue.finish(Err(error));
                }
            }
        };
        thread::scope(|scope| {
            for _ in 1..threads.min(worth) {
                scope.spawn(work);
            }
            work();
        });
        let outcome = queue.outcome.into_inner().unwrap_or_else(PoisonError::into_inner);
        // The digest is there whenever no error is: its ticket was taken first.
        outcome.map(|digest| digest.unwrap_or_else(|| Sha256::of(self.bytes)))
    }
}

struct Queue<E> {
    next: AtomicUsize,
    outcome: Mutex<Result<Option<Sha256>, E>>,
}

impl<E> Queue<E> {
    fn take(&self, end: usize) -> Option<usize> {
        let ticket = self.next.fetch_add(1, Ordering::Relaxed);
        let failed = || self.outcome.lock().unwrap_or_else(PoisonError::into_inner).is_err();
        (ticket < end && !failed()).then_some(ticket)
    }

    /// Keeps the first error, and the digest unless there is an error.
    fn finish(&self, result: Result<Option<Sha256>, E>) {
        let mut outcome = self.outcome.lock().unwrap_or_else(PoisonError::into_inner);
        if outcome.is_ok() {
            *outcome = result;
        }
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
