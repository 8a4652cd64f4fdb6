//! A world that signs on demand, attacks, and hermetic runs of the command.

pub mod repository;
