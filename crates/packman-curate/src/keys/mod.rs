//! The scapegoat's private keys: how they are written, where they are, and how they are opened.
//!
//! A key is a PKCS#8 file in PEM, as OpenSSL reads and writes it; with a passphrase it is encrypted with AES-256 under
//! a key that scrypt derives. See `docs/formats/keys.md`. Keys live in the home (mode 0600), never in the database's
//! folder.

mod fresh;
mod given;
mod keeper;
mod pem;
mod public;
mod ring;
mod signer;
mod undecided;

pub(crate) use fresh::{NewFiles, NewKey};
pub(crate) use given::GivenKey;
pub use keeper::{KeyReport, KeyRequest};
pub(crate) use pem::{encode, generate};
pub use ring::{KeyPlace, Passphrase, Passphrases};
pub(crate) use ring::{KeyRing, keys_folder, read_key};
pub(crate) use signer::{Signer, sign_file};
pub(crate) use undecided::Undecided;

#[cfg(test)]
mod tests;
