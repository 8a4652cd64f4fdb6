//! Lists: which databases there are, by what each is believed, and what became of those that were.
//!
//! A list has one file of entries, `databases.json`. In a list that is signed it is a target, and moves with the good
//! copy in one step; a site that cannot sign serves the very same file. Described in `docs/formats/list.md`.

mod copy;
mod file;
mod told;

use std::collections::BTreeMap;

use packman_strict::Sha256;
use packman_strict::time::Time;
use packman_tuf::SafetyNumber;

use crate::ring::EntryName;
use crate::scope::Scope;

pub use copy::List;
pub use told::Told;

/// The path of the target, or of the file on a site that cannot sign.
pub const DATABASES_PATH: &str = "databases.json";

/// By what a listed database is believed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum HeldBy {
    /// A signed one: by its root, which the number stands for.
    Root(SafetyNumber),
    /// An unsigned one: by the SHA-256 of its file.
    Hash(Sha256),
}

/// That a list takes a database back.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Withdrawal {
    /// Why, in the words of the list's keeper.
    pub reason: String,
    /// When it was decided.
    pub at: Time,
}

/// What a list says of one database. Only `held`, `scope` and `withdrawn` have power, and only to narrow or to name.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Listing {
    /// Its title, for people.
    pub title: String,
    /// Where it is, beginning with the place to ask first; at least one.
    pub urls: Vec<String>,
    /// By what it is believed.
    pub held: HeldBy,
    /// For which projects the list names it.
    pub scope: Scope,
    /// Set where the list takes it back.
    pub withdrawn: Option<Withdrawal>,
}

/// The databases of one list, by their names in it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Listings {
    by_name: BTreeMap<EntryName, Listing>,
}

impl Listings {
    /// What the list says of the database with this name.
    pub fn get(&self, name: &EntryName) -> Option<&Listing> {
        self.by_name.get(name)
    }

    /// Every database, by name.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&EntryName, &Listing)> {
        self.by_name.iter()
    }

    /// Sets what the list says of a database.
    pub fn set(&mut self, name: EntryName, listing: Listing) {
        self.by_name.insert(name, listing);
    }

    /// Takes a name out of the list, as if it had never been there. A database that people trust is withdrawn instead.
    pub fn remove(&mut self, name: &EntryName) -> Option<Listing> {
        self.by_name.remove(name)
    }

    /// Takes a database back; `false` where the list has none of that name.
    pub fn withdraw(&mut self, name: &EntryName, withdrawal: Withdrawal) -> bool {
        let listing = self.by_name.get_mut(name);
        listing.map(|listing| listing.withdrawn = Some(withdrawal)).is_some()
    }
}
