//! What the resolver is given to choose from. A supply answers two questions, each only when it is reached: which
//! releases of a project there are, and what one chosen file needs.
//!
//! The client supplies offers, the scapegoat's `curate add` supplies a package index; both are resolved alike.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use packman_names::{ProjectName, Version};

/// Where releases come from.
pub trait Supply {
    /// A wheel that can be chosen; a cheap handle.
    type File: Clone;
    /// Why the supply could not answer: a refusal or a failure, never an honest no.
    type Failure: 'static;

    /// Every release of a project, or why there is none. Asked once for each project that is reached.
    fn releases(&mut self, project: &ProjectName) -> Result<Supplied<Self::File>, Self::Failure>;

    /// These projects will probably be asked for soon: whoever fetches may begin.
    fn expect(&mut self, _projects: &[ProjectName]) {}

    /// What the chosen file of a release needs. Asked once for each release that is reached.
    fn needs<'a>(
        &'a mut self,
        project: &ProjectName,
        file: &'a Self::File,
    ) -> Result<Needs<'a>, Self::Failure>;
}

/// What a supply has of one project.
#[derive(Clone, Debug)]
pub enum Supplied<F> {
    /// Its releases; all of them may be unusable.
    Releases(Releases<F>),
    /// There is no such project for this user.
    Nobody(Nobody),
}

/// The releases of one project, in any order.
#[derive(Clone, Debug)]
pub struct Releases<F> {
    /// Those with a wheel that fits the target.
    pub usable: Vec<Release<F>>,
    /// Those that are listed and cannot be chosen.
    pub unusable: Vec<(Version, Unusable)>,
}

impl<F> Default for Releases<F> {
    fn default() -> Self {
        Self { usable: Vec::new(), unusable: Vec::new() }
    }
}

impl<F> Releases<F> {
    /// Names files by something else.
    pub fn map<G>(self, mut name: impl FnMut(F) -> G) -> Releases<G> {
        let mut map =
            |Release { version, yanked, file }: Release<F>| Release { version, yanked, file: name(file) };
        Releases { usable: self.usable.into_iter().map(&mut map).collect(), unusable: self.unusable }
    }

    /// Adds releases of which a supply leaves files out, each with the reason. A release that has another file that fits
    /// stays usable. What somebody decided ([`Unusable::LeftOut`]) is the reason before what the wheels are, and that
    /// before [`Unusable::SourceOnly`].
    pub fn leave_out(&mut self, left_out: impl IntoIterator<Item = (Version, Unusable)>) {
        let mut left_out = left_out.into_iter().peekable();
        if left_out.peek().is_none() {
            return;
        }
        let usable: BTreeSet<Version> = self.usable.iter().map(|release| release.version.clone()).collect();
        let mut unusable: BTreeMap<Version, Unusable> =
            std::mem::take(&mut self.unusable).into_iter().collect();
        for (version, why) in left_out.filter(|(version, _)| !usable.contains(version)) {
            let decided = |why: &Unusable| matches!(why, Unusable::LeftOut { .. });
            match unusable.get(&version) {
                Some(known) if decided(known) || !decided(&why) => {}
                _ => _ = unusable.insert(version, why),
            }
        }
        self.unusable = unusable.into_iter().collect();
    }
}

/// A release that can be chosen.
#[derive(Clone, Debug)]
pub struct Release<F> {
    /// Its version.
    pub version: Version,
    /// Why it was yanked at its source, where it was; may be empty.
    pub yanked: Option<String>,
    /// Its wheel that fits the target best.
    pub file: F,
}

/// Why a release that is listed cannot be chosen.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Unusable {
    /// Its wheels are for other Pythons or platforms.
    NoWheel {
        /// Tags of wheels that there are, `python-abi-platform`, the first few.
        tags: Vec<String>,
        /// How many wheels there are besides.
        more: usize,
    },
    /// Its wheels want another Python.
    RequiresPython {
        /// Its `Requires-Python`, as it stands.
        wanted: String,
        /// The Python of the target.
        found: String,
    },
    /// Only source distributions are there, and building one runs its code.
    SourceOnly,
    /// It was yanked, and nobody asked for exactly it.
    Yanked {
        /// In the words of its maintainer; may be empty.
        reason: String,
    },
    /// It is a pre-release, and nobody asked for one.
    PreRelease,
    /// A constraint shuts it out.
    Constraint {
        /// The constraint as it was written.
        constraint: String,
        /// Where it stands, in words; empty for the command line.
        place: String,
    },
    /// The supply leaves it out for a reason of its own: recalled, or too young.
    LeftOut {
        /// The stable code of the reason.
        code: &'static str,
        /// The reason: what comes after "`a` 1.0 ", as in "was recalled: steals passwords".
        words: String,
    },
}

/// Why there is no such project: what comes of nobody vouching, or of an index not listing it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Nobody {
    /// No database of the trust ring vouches for it.
    Vouches,
    /// The package index does not list it.
    Lists,
}

/// What one file needs: lines of its METADATA, which are parsed when they count.
#[derive(Clone, Debug, Default)]
pub struct Needs<'a> {
    /// `Requires-Dist`.
    pub requires_dist: Cow<'a, [String]>,
    /// `Provides-Extra`.
    pub provides_extra: Cow<'a, [String]>,
}
