//! Lock files: releases with their files, resolved by whoever locked them.

mod pylock;
mod uv_lock;

pub(crate) use pylock::{parse as pylock, refuse_absent};
pub(crate) use uv_lock::parse as uv_lock;

#[cfg(test)]
mod tests;
