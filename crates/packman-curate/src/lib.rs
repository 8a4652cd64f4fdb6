//! The scapegoat's use cases: make a database, add to it, sign it, publish it.
//!
//! Each use case takes a typed request, tells [`Events`] what goes on, and gives a typed report; nothing is printed.
//! What is read from an index is compared and recorded, never believed: believing is what the scapegoat does when he
//! signs.

mod add;
mod beside;
mod bins;
mod blobs;
mod compare;
mod curator;
mod error;
mod expiry;
mod folder;
mod force;
mod index;
mod init;
mod keys;
mod list;
mod listing;
mod once;
mod packs;
mod proposal;
mod publish;
mod recall;
mod remove;
mod review;
mod rotate;
mod sign;
mod staged;
mod start;
mod status;

use packman_strict::quote::quoted;

pub use add::{AddReport, AddRequest, AddedFile, Problem};
pub use compare::{
    About, Became, ChangedLine, CompareReport, CompareRequest, Comparison, FileChange, Finding, Hint,
    Standing, Weight,
};
pub use curator::{Curator, Event, Events, Note};
pub use error::{CurateError, Failed, No, Refused};
pub use expiry::{Expiry, Nearness};
pub use folder::Lifetimes;
pub use index::{CoreMetadataFile, Hashes, IndexFile, IndexPage, MalformedPage};
pub use init::{InitReport, InitRequest, UnsignedRequest};
pub use keys::{KeyPlace, KeyReport, KeyRequest, Passphrase, Passphrases};
pub use list::{
    DatabaseChange, ListReport, ListRequest, Look, Looked, StagedDatabase, UnlistReport, is_unsigned, kind_of,
};
pub use proposal::Missing;
pub use publish::{PublishReport, PublishRequest, SignedSet};
pub use recall::{RecallAct, RecallReport, RecallRequest};
pub use remove::{RemoveReport, RemoveRequest, number};
pub use review::{ReviewAct, ReviewReport, ReviewRequest};
pub use rotate::{RotateReport, RotateRequest};
pub use sign::{RefreshReport, SignReport, SignRequest, Together};
pub use staged::{ChangedFile, NewFile, RoleChange, RootChange, Staged, StagedFile, StagedRecall};
pub use start::{Kept, Outcome, StartReport, StartRequest};
pub use status::{StatusReport, StatusRequest, Yank};
