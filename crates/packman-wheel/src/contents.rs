//! The content of a wheel's files held against RECORD: each inflated once, hashed, and handed on.
//!
//! Entries are taken in chunks by as many threads as the crew has hands; whatever needs the content (writing it to
//! the cache) happens in the same pass.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use packman_strict::Sha256;
use packman_strict::zip::{Entry, Scratch};

use crate::base64;
use crate::crew::Crew;
use crate::refusal::WheelRefusal;
use crate::verify::{Listed, Wheel};

/// A chunk is worth so many bytes, about a millisecond: below that a second thread costs more than it gives.
const CHUNK: u64 = 512 << 10;

/// Making a file takes as long as inflating so many bytes.
const FILE: u64 = 16 << 10;

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
    /// Verifies every file's content against RECORD, with up to `threads` threads. Writes nothing.
    pub fn verify_contents(&self, threads: usize) -> Result<(), WheelRefusal> {
        let crew = Crew::new(NonZeroUsize::new(threads).unwrap_or(NonZeroUsize::MIN));
        self.each_content(&crew, |_| Ok::<(), WheelRefusal>(()))
    }

    /// Calls `job` once for each verified file, from several threads in no order; stops at the first error.
    pub(crate) fn each_content<E, F>(&self, crew: &Crew, job: F) -> Result<(), E>
    where
        E: From<WheelRefusal> + Send,
        F: Fn(&Content<'_>) -> Result<(), E> + Sync,
    {
        let files: Vec<(&Entry<'_>, &Listed)> = self.listed().collect();
        let chunks = chunks(&files);
        let (next, error) = (AtomicUsize::new(0), Mutex::new(None));
        let work = || {
            let failed = || error.lock().unwrap_or_else(PoisonError::into_inner);
            while let Some(chunk) = chunks.get(next.fetch_add(1, Ordering::Relaxed)) {
                let mut hand = crew.hand();
                for index in chunk.clone() {
                    let Some((entry, listed)) = files.get(index) else { break };
                    if failed().is_some() {
                        return;
                    }
                    let content = verify_content(entry, listed, index, hand.scratch()).map_err(E::from);
                    if let Err(error) = content.and_then(|content| job(&content)) {
                        failed().get_or_insert(error);
                    }
                }
            }
        };
        thread::scope(|scope| {
            for _ in 1..crew.hands().min(chunks.len()) {
                scope.spawn(work);
            }
            work();
        });
        error.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Err)
    }
}

/// Divides entries into chunks of neighbours, the longest first: one that is begun last ends last, alone.
fn chunks(files: &[(&Entry<'_>, &Listed)]) -> Vec<std::ops::Range<usize>> {
    let mut chunks: Vec<(u64, std::ops::Range<usize>)> = Vec::new();
    for (index, (entry, _)) in files.iter().enumerate() {
        let cost = entry.size().saturating_add(FILE);
        match chunks.last_mut() {
            Some((sum, chunk)) if *sum < CHUNK => {
                *sum = sum.saturating_add(cost);
                chunk.end = index + 1;
            }
            _ => chunks.push((cost, index..index + 1)),
        }
    }
    chunks.sort_by_key(|(cost, _)| std::cmp::Reverse(*cost));
    chunks.into_iter().map(|(_, chunk)| chunk).collect()
}

fn verify_content<'c>(
    entry: &'c Entry<'c>,
    listed: &'c Listed,
    index: usize,
    scratch: &'c mut Scratch,
) -> Result<Content<'c>, WheelRefusal> {
    let bytes = entry.read_with(scratch)?;
    let digest = Sha256::of(bytes);
    if let Some(wanted) = &listed.digest {
        let found = base64::encode(&digest);
        if found != *wanted {
            let (path, wanted) = (entry.path().as_str().to_owned(), wanted.clone());
            return Err(WheelRefusal::RecordContradicts { path, what: "sha256", found, wanted });
        }
    }
    Ok(Content { index, entry, listed, bytes, digest })
}
