//! The content of a wheel's files held against RECORD: each inflated once, hashed, and handed on.
//!
//! Where somebody vouched for RECORD he did that with the very same archive, whose hash is known by now: then nothing
//! is hashed again, and what RECORD says of a file is its hash. See `docs/decisions/0008`.
//!
//! Entries are taken in chunks by as many threads as the crew has hands; whatever needs the content (writing it to
//! the cache) gets each piece in the same pass, before it is known to be right, and must undo what it did with it
//! when it was not.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use packman_strict::Sha256;
use packman_strict::digest::Sha256Stream;
use packman_strict::zip::{Entry, Scratch, ZipRefusal};

use crate::base64;
use crate::crew::Crew;
use crate::refusal::WheelRefusal;
use crate::verify::{Listed, Wheel};

/// A chunk is worth so many bytes, about a millisecond: below that a second thread costs more than it gives.
const CHUNK: u64 = 512 << 10;

/// Making a file takes as long as inflating so many bytes.
const FILE: u64 = 16 << 10;

/// One file of a wheel.
pub(crate) struct Item<'w> {
    /// Its place in the archive's order.
    pub(crate) index: usize,
    pub(crate) entry: &'w Entry<'w>,
    pub(crate) listed: &'w Listed,
}

/// What is done with the content of each file, from several threads in no order.
pub(crate) trait Keeper: Sync {
    /// A file that is being kept.
    type File;
    /// Why it could not be, or what the wheel was refused for.
    type Error: From<WheelRefusal> + From<ZipRefusal> + Send;
    /// Begins a file.
    fn begin(&self, item: &Item<'_>) -> Result<Self::File, Self::Error>;
    /// Takes the next piece, which is not to be believed yet.
    fn take(&self, file: &mut Self::File, piece: &[u8]) -> Result<(), Self::Error>;
    /// All pieces together are what RECORD says, as was found here or vouched for.
    fn finish(&self, file: Self::File, item: &Item<'_>, digest: Sha256) -> Result<(), Self::Error>;
}

/// Keeps nothing.
impl Keeper for () {
    type File = ();
    type Error = WheelRefusal;

    fn begin(&self, _: &Item<'_>) -> Result<(), WheelRefusal> {
        Ok(())
    }

    fn take(&self, (): &mut (), _: &[u8]) -> Result<(), WheelRefusal> {
        Ok(())
    }

    fn finish(&self, (): (), _: &Item<'_>, _: Sha256) -> Result<(), WheelRefusal> {
        Ok(())
    }
}

impl Wheel<'_> {
    /// Verifies every file's content against RECORD, with up to `threads` threads. Writes nothing.
    pub fn verify_contents(&self, threads: usize) -> Result<(), WheelRefusal> {
        let crew = Crew::new(NonZeroUsize::new(threads).unwrap_or(NonZeroUsize::MIN));
        self.each_content(&crew, &(), Hashing::Always)
    }

    /// Gives every file's content to a keeper, and verifies it against RECORD unless that was vouched for; stops at the
    /// first error.
    pub(crate) fn keep_contents<K: Keeper>(&self, crew: &Crew, keeper: &K) -> Result<(), K::Error> {
        let hashing = if self.record_is_vouched { Hashing::UnlessVouched } else { Hashing::Always };
        self.each_content(crew, keeper, hashing)
    }

    fn each_content<K: Keeper>(&self, crew: &Crew, keeper: &K, hashing: Hashing) -> Result<(), K::Error> {
        let items: Vec<Item<'_>> =
            self.listed().enumerate().map(|(index, (entry, listed))| Item { index, entry, listed }).collect();
        let chunks = chunks(&items);
        let (next, error) = (AtomicUsize::new(0), Mutex::new(None));
        let work = || {
            let failed = || error.lock().unwrap_or_else(PoisonError::into_inner);
            while let Some(chunk) = chunks.get(next.fetch_add(1, Ordering::Relaxed)) {
                let mut hand = crew.hand();
                for item in items.get(chunk.clone()).unwrap_or_default() {
                    if failed().is_some() {
                        return;
                    }
                    if let Err(error) = keep(item, keeper, hand.scratch(), hashing) {
                        failed().get_or_insert(error);
                    }
                }
            }
        };
        thread::scope(|scope| {
            for _ in 1..helpers(crew, chunks.len()) {
                scope.spawn(work);
            }
            work();
        });
        error.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Err)
    }
}

/// How many threads work on so many chunks. A small wheel gets no more than there are hands idle now: among many wheels
/// they are at work on others, and a thread that waits for one costs more than it gives.
fn helpers(crew: &Crew, chunks: usize) -> usize {
    const SMALL: usize = 4;
    if chunks > SMALL { crew.hands().min(chunks) } else { crew.idle_hands().min(chunks) }
}

/// Which files are hashed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Hashing {
    /// All of them.
    Always,
    /// Those that RECORD has no hash of.
    UnlessVouched,
}

fn keep<K: Keeper>(
    item: &Item<'_>,
    keeper: &K,
    scratch: &mut Scratch,
    hashing: Hashing,
) -> Result<(), K::Error> {
    let mut file = keeper.begin(item)?;
    let told = item.listed.digest.as_deref().and_then(base64::decode);
    if let Some(digest) = told.filter(|_| hashing == Hashing::UnlessVouched) {
        item.entry.read_pieces(scratch, |piece| keeper.take(&mut file, piece))?;
        return keeper.finish(file, item, digest);
    }
    let mut hash = Sha256Stream::new();
    item.entry.read_pieces(scratch, |piece| {
        hash.update(piece);
        keeper.take(&mut file, piece)
    })?;
    let digest = hash.finish();
    if let Some(wanted) = &item.listed.digest {
        let found = base64::encode(&digest);
        if found != *wanted {
            let (path, wanted) = (item.entry.path().as_str().to_owned(), wanted.clone());
            return Err(WheelRefusal::RecordContradicts { path, what: "sha256", found, wanted }.into());
        }
    }
    keeper.finish(file, item, digest)
}

/// Divides entries into chunks of neighbours, the longest first: one that is begun last ends last, alone.
fn chunks(items: &[Item<'_>]) -> Vec<std::ops::Range<usize>> {
    let mut chunks: Vec<(u64, std::ops::Range<usize>)> = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let cost = item.entry.size().saturating_add(FILE);
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
