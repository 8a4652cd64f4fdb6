//! The effects: files, network, clock, other programs, the terminal.

pub mod cache;
pub mod clock;
pub mod environ;
pub mod failure;
pub mod files;
pub mod home;
mod ini;
pub mod location;
pub mod lock;
pub mod loopback;
pub mod network;
pub mod parallel;
pub mod program;
pub mod python;
pub mod stop;
