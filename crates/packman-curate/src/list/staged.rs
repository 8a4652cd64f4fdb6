//! What is staged in a list and not signed, a database at a time.

use std::collections::BTreeMap;

use packman_database::{ABOUT_PATH, About};
use packman_trust::{DATABASES_PATH, EntryName, Listing, Listings};

use crate::error::{CurateError, Refused};
use crate::folder::{Folder, Signed};

/// A database of which the list would say something else.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StagedDatabase {
    /// Its name in the list.
    pub name: EntryName,
    /// What becomes of it.
    pub change: DatabaseChange,
}

/// What becomes of a listed database.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum DatabaseChange {
    /// It would be listed, and is not yet.
    New(Listing),
    /// Another thing would be said of it.
    Changed {
        /// What is said now.
        from: Listing,
        /// What would be said.
        to: Listing,
    },
    /// It would be taken back.
    Withdrawn(Listing),
    /// It would not be listed any more.
    Gone(Listing),
}

/// The bytes of each target, by path.
type Bytes = BTreeMap<String, Vec<u8>>;

/// Reads what is staged in a list: its targets, and how its databases differ from what is signed.
pub(crate) fn stage(
    folder: &Folder,
    signed: &Signed,
    about: &About,
) -> Result<(Bytes, Vec<StagedDatabase>), CurateError> {
    let listings = folder.listings()?;
    let bytes = [(ABOUT_PATH, about.encode()), (DATABASES_PATH, listings.encode())];
    let bytes = bytes.into_iter().map(|(path, bytes)| (path.to_owned(), bytes)).collect();
    Ok((bytes, compared(folder, Some(signed), &listings)?))
}

/// How a list differs from what is signed.
pub(crate) fn compared(
    folder: &Folder,
    signed: Option<&Signed>,
    listings: &Listings,
) -> Result<Vec<StagedDatabase>, CurateError> {
    let before = signed.map_or(Ok(None), |signed| signed.target(folder.path(), DATABASES_PATH))?;
    let before = match before {
        Some(bytes) => Listings::parse(&bytes)
            .map_err(|error| Refused::Folder { path: folder.join(DATABASES_PATH), why: error.to_string() })?,
        None => Listings::default(),
    };
    Ok(changes(&before, listings))
}

/// How one state of a list differs from another, by name.
fn changes(before: &Listings, after: &Listings) -> Vec<StagedDatabase> {
    let mut changed = Vec::new();
    for (name, now) in after.iter() {
        let change = match before.get(name) {
            None => DatabaseChange::New(now.clone()),
            Some(was) if was == now => continue,
            Some(was) if was.withdrawn.is_none() && now.withdrawn.is_some() => {
                DatabaseChange::Withdrawn(now.clone())
            }
            Some(was) => DatabaseChange::Changed { from: was.clone(), to: now.clone() },
        };
        changed.push(StagedDatabase { name: name.clone(), change });
    }
    for (name, was) in before.iter() {
        if after.get(name).is_none() {
            changed.push(StagedDatabase { name: name.clone(), change: DatabaseChange::Gone(was.clone()) });
        }
    }
    changed
}
