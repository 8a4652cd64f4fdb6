//! The scapegoat's use cases: make a database, add to it, sign it, publish it.

mod index;
mod team;

pub use index::{CoreMetadataFile, Hashes, IndexFile, IndexPage, MalformedPage};
pub use team::{Asked, Locked, LockedWheel, NotTaken, Place, TeamFile, UnreadableFile, WhyNotTaken};
