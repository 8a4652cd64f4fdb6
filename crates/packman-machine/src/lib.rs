//! The effects of PackMan: network, home, cache, locks, clock, interpreters, the terminal. It decides nothing.
//!
//! What is asked for is carried out within limits of size and time, and what does not work is reported in typed
//! failures that say what a program can act on; a command ends with 4 on each of them. Whether bytes are to be
//! believed is for the pure crates; whether a failure matters is for the use cases.
//!
//! - [`environ`]: the variables and the folder the program was started with, taken once and passed to all others.
//! - [`files`], [`home`], [`cache`], [`lock`]: what is kept, and what can be had again.
//! - [`location`], [`network`]: where bytes come from, and fetching them; [`loopback`] serves them on this machine.
//! - [`ssh_agent`]: signatures by keys that the user's agent holds.
//! - [`python`], [`index_config`], [`git`]: other programs, run by [`program`].
//! - [`stop`], [`parallel`]: ending cleanly, and doing several things at once.
//! - [`clock`], [`prompt`]: the time, and the person.
//!
//! Everything blocks, on plain threads. Nothing prints, save questions at a terminal.

pub mod cache;
pub mod clock;
pub mod environ;
pub mod failure;
pub mod files;
pub mod git;
pub mod home;
pub mod index_config;
mod ini;
pub mod location;
pub mod lock;
pub mod loopback;
pub mod network;
pub mod parallel;
pub mod program;
pub mod prompt;
pub mod python;
pub mod ssh_agent;
pub mod stop;
