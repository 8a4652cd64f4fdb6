//! The ground that PackMan's trust stands on: bytes from outside become values here, strictly, or are refused.
//!
//! Everything in this crate is pure: bytes and limits go in, values or refusals come out. Nothing here decides
//! whether data is to be *believed* (that is `packman-tuf` and `packman-trust`); it decides whether data has
//! exactly one meaning. Two readers that understand the same bytes in two ways are how signed data is forged
//! and how archives smuggle files, so whatever is ambiguous is refused.
//!
//! - [`json`]: a strict parser, the canonical form that signatures are made over, and typed reading.
//! - [`digest`]: SHA-256, the only digest that counts.
//! - [`path`]: relative paths that are safe on every system, and sets of them that can stand side by side.
//! - [`time`]: points in time as TUF metadata writes them.
//! - [`zip`]: archives with exactly one reading, and a writer of such.

pub mod digest;
pub mod json;
pub mod path;
pub mod quote;
pub mod time;
pub mod zip;

pub use digest::{Sha256, Sha512};
