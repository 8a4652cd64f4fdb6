//! Decides what a person or a team asks for: `requirements.txt` as pip reads it, `pyproject.toml`, `pylock.toml`
//! (PEP 751) and `uv.lock`. Pure: files are read through a callback.
//!
//! Nothing that stands in such a file is carried out: what changes where packages come from, or cannot be vouched for,
//! is reported by its line, with a way on. Leaves to others which files satisfy what is asked for.

mod build_system;
mod demand;
mod kind;
mod locked;
mod locks;
mod not_taken;
mod place;
mod pyproject;
mod requirements;
#[cfg(test)]
mod shown;
mod table;
mod text;

pub use build_system::parse_build_system;
pub use demand::{Asked, Demand, EnvironmentsAsked, PythonAsked, Unhashed, pinned};
pub use kind::FileKind;
pub use locked::{Edge, Locked, LockedWheel, Locks};
pub use not_taken::{NotTaken, WhyNotTaken};
pub use place::{Place, UnreadableFile};
pub use text::ReadFile;

use packman_names::ExtraName;

/// Which parts of files that have parts are asked for, besides what they ask for by themselves.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Parts {
    /// Extras (`--extra`).
    pub extras: Vec<ExtraName>,
    /// Dependency groups (`--group`, PEP 735).
    pub groups: Vec<ExtraName>,
    /// Whether of a lock file all that it locks is asked for, whatever extra or group it belongs to.
    pub whole_locks: bool,
    /// Whether what a project needs to be built is asked for, too: see [`Demand::build`].
    pub build_system: bool,
}

impl Parts {
    /// Whether some part is named.
    pub fn is_named(&self) -> bool {
        !(self.extras.is_empty() && self.groups.is_empty())
    }
}
