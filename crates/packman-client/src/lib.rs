//! The user's use cases: what is trusted, what is there, what gets installed.
//!
//! Each use case is a method of [`Client`]: typed request in, typed report out. It prints nothing: what happens on
//! the way goes to a [`Host`], which also answers what only a person may decide. Leaves what to believe to
//! `packman-tuf` and `packman-trust`, what fits to `packman-resolve`, and every effect to `packman-machine` and
//! `packman-wheel`.

mod audit;
mod cache;
mod client;
mod download;
mod environment;
mod error;
mod freeze;
mod graph;
mod host;
mod info;
mod install;
mod lapsed;
mod list;
mod lock;
mod memory;
mod offers;
mod outdated;
mod refresh;
mod search;
mod storing;
mod sync;
mod tree;
mod trust;
mod uninstall;
mod upgrade;
mod venv;

pub use audit::{Audited, Moved, NotCovered, PackageFinding, PackageWrong, Recalled};
pub use cache::{CacheKind, CachePruned, CacheSize, CacheVerified, PruneRequest};
pub use client::{Client, Reach};
pub use environment::{Environment, WhichEnvironment};
pub use error::{ClientError, Failed, No, RefusedWhy, Usage};
pub use freeze::{Frozen, FrozenPackage};
pub use host::{Decision, Event, Host, Question, Silent, Typed};
pub use info::{FileInfo, ProjectInfo};
pub use install::{InstallRequest, Installation, Manner, Pins, Planned, PlannedStep, StepKind};
pub use lapsed::{Lapse, Lapsed};
pub use list::{ListedPackage, PackageList};
pub use lock::{Lock, LockPackage, LockRequest};
pub use outdated::{Outdated, OutdatedPackage};
pub use refresh::{RefreshReport, Refreshed};
pub use search::{Found, Newest, Searched, Unread};
pub use sync::SyncRequest;
pub use tree::{Need, PackageTree, TreePackage};
pub use trust::{
    AddRequest, Added, Compared, EntryReport, EvidenceReport, ListedEntry, Removed, Rules, Unreported,
};
pub use uninstall::Uninstallation;
pub use venv::{MadeVenv, VenvRequest, WhichPython};
