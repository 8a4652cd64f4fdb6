//! Wheels: reads them strictly, unpacks them into a cache, installs them into an environment and takes them out.
//!
//! Three types carry the evidence, each made by one function only:
//!
//! - [`Wheel`]: bytes whose structure keeps every rule ([`Wheel::verify`], pure);
//! - [`Unpacked`]: a wheel in a cache, each file of which is what RECORD says ([`unpack`], [`Unpacked::open`]);
//! - [`Planned`]: a change for which the locked environment has room ([`plan`]), the only thing that can be applied.
//!
//! So nothing of a wheel reaches an environment before the whole wheel was verified, and a change is made whole or
//! not at all. Which wheel to install is decided above; this crate reads no clock, no variable and no network.

mod amend;
mod apply;
mod audit;
mod base64;
mod change;
mod conflict;
mod content;
mod contents;
mod crew;
mod disable;
mod entry_points;
mod expected;
mod failure;
mod folder;
mod inside;
mod installed;
mod journal;
mod launcher;
mod layout;
mod lock;
pub mod make;
mod manifest;
mod receipt;
pub mod record;
mod refusal;
mod removal;
mod resolve;
mod scheme;
mod scripts;
mod store;
mod unpack;
mod unpacked;
mod verify;
mod wheel_file;

pub use amend::Amendment;
pub use apply::Report;
pub use audit::{
    Audit, Bytecode, BytecodeForm, Candidates, Compiled, Finding, Held, Likeness, Loaded, NoCode, Note,
    Noted, SameCode, VouchedWheel, Wrong, audit, digest_code, likeness,
};
pub use change::{Change, Install, LinkMode, Planned, plan};
pub use conflict::{ChangeError, Conflict};
pub use crew::Crew;
pub use disable::{Disable, Disabled, disabled};
pub use entry_points::EntryPoint;
pub use expected::{Expected, ExpectedMetadata};
pub use failure::Failure;
pub use inside::WheelFile;
pub use installed::{Broken, Installed, Inventory, Recorded, installed, root};
pub use journal::{Flow, Observer, Recovered, Step};
pub use layout::{Area, Destination};
pub use lock::{EnvironmentLock, recover};
pub use receipt::{RECEIPT, Receipt};
pub use refusal::WheelRefusal;
pub use scheme::Scheme;
pub use store::{KeptWheel, kept_wheels, sweep};
pub use unpack::{UnpackError, unpack};
pub use unpacked::Unpacked;
pub use verify::{Wheel, WheelLimits};
