//! Which signed bytes to believe, and how to make them: The Update Framework (TUF 1.0) as a pure state machine.
//!
//! Bytes, time and limits go in; typed evidence or a [`Refusal`] comes out. Nothing here fetches, reads a clock
//! or writes a file.
//!
//! - [`FirstUse`] finds the root to begin with, by its [`SafetyNumber`] or by remembering the first.
//! - [`Refresh`] follows the client workflow of the specification: root, timestamp, snapshot, targets, and the few
//!   targets that an application cannot answer without.
//! - [`Memory`] is what is kept in between: what was *seen*, the floor against rollback, and what is *good*, the
//!   last set that verified whole, from which alone anything is answered.
//! - [`Envelope`], [`KeySet`] and [`Verified`] are the one place where signatures are counted.
//! - [`RootDraft`] and its kin are what is to be signed, [`BinsDraft`] what is spread over hash bins, [`SigningKey`]
//!   what signs it.
//!
//! ```
//! use packman_strict::time::Time;
//! use packman_tuf::{Answer, Limits, Memory, Refresh, Refusal, Request, Step};
//!
//! /// Refreshes what is remembered; `fetch` gives the bytes of a file, one more than may be at most, or none where there
//! /// is no such file. What is remembered then is to be kept after a refusal, too: it is the floor against rollback.
//! fn refresh(
//!     memory: Memory,
//!     now: Time,
//!     fetch: impl Fn(&Request) -> Option<Vec<u8>>,
//! ) -> (Memory, Result<(), Refusal>) {
//!     let mut refresh = Refresh::begin(memory, now, Limits::default());
//!     let mut refused = Ok(());
//!     while let (Ok(()), Step::Fetch(request)) = (&refused, refresh.step()) {
//!         let bytes = fetch(&request);
//!         refused = refresh.answer(bytes.as_deref().map_or(Answer::Missing, Answer::Bytes));
//!     }
//!     (refresh.into_memory(), refused)
//! }
//! ```
//!
//! # The wrong order does not compile
//!
//! Nothing is refreshed from a first use that has not ended:
//!
//! ```compile_fail,E0308
//! fn early(first: packman_tuf::FirstUse, now: packman_strict::time::Time) -> packman_tuf::Refresh {
//!     packman_tuf::Refresh::begin(first, now, packman_tuf::Limits::default())
//! }
//! ```
//!
//! No target is sought in a refresh, only in what verified whole:
//!
//! ```compile_fail,E0308
//! # use packman_tuf::{Limits, Lookup, Refresh, TargetPath};
//! fn early(refresh: &Refresh, path: TargetPath, now: packman_strict::time::Time) {
//!     let _ = Lookup::begin(refresh, path, now, Limits::default());
//! }
//! ```
//!
//! What a file says is read only after its signatures hold:
//!
//! ```compile_fail,E0624
//! fn early(envelope: packman_tuf::Envelope<'_>) -> Option<packman_tuf::Targets> {
//!     envelope.claim::<packman_tuf::Targets>().ok()
//! }
//! ```
//!
//! The bytes of a target are believed by what was found, never by what was sought:
//!
//! ```compile_fail,E0599
//! fn early<'b>(lookup: &packman_tuf::Lookup<'_>, bytes: &'b [u8]) -> packman_tuf::VerifiedTarget<'b> {
//!     lookup.verify(bytes).unwrap()
//! }
//! ```

mod bins;
mod bytes;
mod delegations;
mod draft;
mod envelope;
mod first_use;
mod good;
mod hashes;
mod hex;
mod key;
mod lookup;
mod map;
mod memory;
mod message;
mod meta;
mod number;
mod pattern;
mod payload;
mod refresh;
mod refusal;
mod request;
mod role;
mod root;
mod sign;
mod snapshot;
mod sorted;
mod state_file;
mod target_path;
mod targets;
mod timestamp;

pub use bins::{BinBefore, BinFile, BinsDraft};
pub use bytes::{Bytes, File};
pub use delegations::{DelegatedPaths, DelegatedRole, Delegations, SuccinctBins};
pub use draft::{RootDraft, SnapshotDraft, TargetsDraft, TimestampDraft};
pub use envelope::{Envelope, KeySet, Verified};
pub use first_use::FirstUse;
pub use good::Good;
pub use hashes::Hashes;
pub use key::{KeyId, PublicKey};
pub use lookup::{Delegated, FoundTarget, Lookup};
pub use map::{AgreedTarget, Agreement, MapError, Mapping, TrustMap};
pub use memory::Memory;
pub use meta::MetaInfo;
pub use number::{NumberError, SafetyNumber};
pub use pattern::{HashPrefix, PathPattern};
pub use payload::{Header, Payload};
pub use refresh::Refresh;
pub use refusal::{Reason, Refusal};
pub use request::{Answer, Limits, Request, Rules, Step};
pub use role::{Role, RoleName};
pub use root::{RoleKeys, Root};
pub use sign::{SigningKey, Unsignable, add_signature, merge_signatures, put_signature};
pub use snapshot::Snapshot;
pub use state_file::Damaged;
pub use target_path::{TargetPath, TargetPathError};
pub use targets::{TargetInfo, Targets, VerifiedTarget};
pub use timestamp::Timestamp;

/// What the README shows compiles.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
