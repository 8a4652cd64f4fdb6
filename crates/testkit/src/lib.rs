//! What tests stand on: a repository that signs on demand, a package index, a private world for runs of the command.

pub mod chance;
pub mod index;
pub mod mask;
pub mod packages;
pub mod repository;
pub mod tools;
pub mod world;
