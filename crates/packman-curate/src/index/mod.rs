//! The package index that a scapegoat draws from: reads its pages, believes none of them.

mod client;
mod html;
mod json;
mod page;

pub use page::{CoreMetadataFile, Hashes, IndexFile, IndexPage, MalformedPage};

pub(crate) use client::{IndexClient, failed};
pub(crate) use html::file_name_of;

/// The largest page that is read, in bytes: 64 MiB, room for 100,000 files.
pub(crate) const LARGEST_PAGE: usize = 64 << 20;

/// The most links of one page that are read; the project with the most files known has a sixth of that.
pub(crate) const MOST_LINKS: usize = 100_000;

#[cfg(test)]
mod tests;
