//! Who is trusted with what, and the gate through which every package passes.
//!
//! Decides which database answers for a project, whether its word is still current, and which of its files exist for
//! this user: [`Gate`] alone makes an [`Offer`], and whoever installs or shows a package takes an [`Offer`].
//! Leaves to `packman-tuf` which bytes are believed, and to `packman-client` to fetch them and to keep the ring.

mod age;
mod assurance;
mod change;
mod evidence;
mod gate;
mod link;
mod list;
mod offer;
mod pasted;
mod quorum;
mod refused;
mod ring;
mod scope;

pub use age::Age;
pub use assurance::{Assurance, Holds, How, Padlock};
pub use change::{Change, Class, Effect, Present, Saying, Sight, State, TakenBack, Words, change};
pub use evidence::{Evidence, NoEvidence, Proven};
pub use gate::{
    Answer, Database, Gate, Nobody, Purpose, Record, RecordWanted, SignedRecord, Standing, Witness,
};
pub use link::{Link, LinkAddress, LinkError, Named};
pub use list::{DATABASES_PATH, HeldBy, List, Listing, Listings, Told, Withdrawal};
pub use offer::{LeftOut, Offer, OfferedFile, OfferedWheel, Source, WheelPlace, WhyNot};
pub use pasted::{PastedError, pasted_sha256};
pub use quorum::{Dissent, Inherited, Shortfall};
pub use refused::{Refused, WhyRefused};
pub use ring::{
    DamagedRing, Entry, EntryName, EntryNameError, Learnt, Owner, Policy, Quorum, Removed, Ring, RingError,
    Weight,
};
pub use scope::{Pattern, PatternError, Scope};

/// The targets that are kept with a database's last good copy: without them nothing of it can be answered.
pub const ATTACHED: [&str; 2] = [packman_database::ABOUT_PATH, packman_database::RECALLS_PATH];

/// The targets that are kept with a list's last good copy.
pub const ATTACHED_TO_LISTS: [&str; 2] = [packman_database::ABOUT_PATH, DATABASES_PATH];
