//! The scapegoat's use cases: make a database, add to it, sign it, publish it.
//!
//! Each use case takes a typed request, tells [`Events`] what goes on, and gives a typed report; nothing is printed.
//! What is read from an index is compared and recorded, never believed: believing is what the scapegoat does when he
//! signs.

mod curator;
mod error;
mod folder;
mod index;
mod keys;
mod team;

use packman_strict::quote::quoted;

pub use curator::{Curator, Event, Events, Note};
pub use error::{CurateError, Failed, No, Refused};
pub use folder::Lifetimes;
pub use index::{CoreMetadataFile, Hashes, IndexFile, IndexPage, MalformedPage};
pub use keys::{KeyPlace, Passphrase, Passphrases};
pub use team::{Asked, Locked, LockedWheel, NotTaken, Place, TeamFile, UnreadableFile, WhyNotTaken};
