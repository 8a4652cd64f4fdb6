//! The keeper of a list at work: names databases, takes names out, takes databases back.
//!
//! A list is staged, signed and published as a database is. What it says of each database stands in `databases.json`;
//! one that can be reached is looked at before it is listed, so that no slip of the pen sends people to a stranger.

mod look;
mod page;
mod staged;

use std::path::{Path, PathBuf};

use packman_database::Kind;
use packman_machine::location::{Location, without_secrets};
use packman_strict::quote::quoted;
use packman_trust::{DATABASES_PATH, EntryName, HeldBy, Listing, Listings, Scope, Withdrawal};

use crate::curator::Curator;
use crate::error::{CurateError, No};
use crate::folder::Folder;

pub use look::{Look, Looked};
pub(crate) use page::{PAGE, page};
pub use staged::{DatabaseChange, StagedDatabase};
pub(crate) use staged::{compared, stage};

/// A database to list.
#[derive(Clone, Debug)]
pub struct ListRequest {
    /// The list's folder.
    pub folder: PathBuf,
    /// The name that people find it by.
    pub name: String,
    /// Where it is; the first is asked first.
    pub urls: Vec<String>,
    /// By what it is believed.
    pub held: HeldBy,
    /// Its title; else what it calls itself, where it can be reached, else its name.
    pub title: Option<String>,
    /// For which projects the list names it.
    pub scope: Scope,
}

/// A database that was listed; nobody sees it before it is signed or published.
#[derive(Clone, Debug)]
pub struct ListReport {
    /// Its name.
    pub name: EntryName,
    /// What the list says of it now.
    pub listing: Listing,
    /// What was said of that name before.
    pub before: Option<Listing>,
    /// What was found at each of its addresses.
    pub looks: Vec<Look>,
}

/// Names that were taken out of a list.
#[derive(Clone, Debug, Default)]
pub struct UnlistReport {
    /// The names.
    pub names: Vec<EntryName>,
}

/// Whether the folder is a database's or a list's.
pub fn kind_of(folder: &Path) -> Result<Kind, CurateError> {
    Ok(Folder::open(folder)?.about()?.kind)
}

/// Whether the folder is one of a list without keys.
pub fn is_unsigned(folder: &Path) -> Result<bool, CurateError> {
    Ok(Folder::open(folder)?.is_unsigned())
}

impl Curator<'_> {
    /// Lists a database, or says something else of one that is listed. One that can be reached and is not believed by
    /// what was given is refused.
    pub fn list_database(&self, request: &ListRequest) -> Result<ListReport, CurateError> {
        let (folder, _lock) = Folder::open_locked(&request.folder, self)?;
        folder.must_be(Kind::List)?;
        let name = entry_name(&request.name)?;
        let mut listings = folder.listings()?;
        let places = request.urls.iter().map(|url| place(url)).collect::<Result<Vec<_>, _>>()?;
        let mut looks = Vec::new();
        for place in &places {
            self.stop.live()?;
            looks.push(Look { url: place.to_string(), found: self.look(place, &request.held)? });
        }
        let own = looks.iter().find_map(|look| match &look.found {
            Looked::Database { title, .. } => title.clone(),
            _ => None,
        });
        let listing = Listing {
            title: request.title.clone().or(own).unwrap_or_else(|| name.as_str().to_owned()),
            urls: places.iter().map(Location::to_string).collect(),
            held: request.held,
            scope: request.scope.clone(),
            withdrawn: None,
        };
        let before = listings.get(&name).cloned();
        listings.set(name.clone(), listing.clone());
        write(&folder, &listings)?;
        Ok(ListReport { name, listing, before, looks })
    }

    /// Takes names out of a list. All or nothing: a name that is not in it ends it.
    pub fn unlist(&self, folder: &Path, names: &[String]) -> Result<UnlistReport, CurateError> {
        let (folder, _lock) = Folder::open_locked(folder, self)?;
        folder.must_be(Kind::List)?;
        let mut listings = folder.listings()?;
        let mut report = UnlistReport::default();
        for name in names {
            let name = entry_name(name)?;
            listings.remove(&name).ok_or_else(|| not_listed(&name))?;
            report.names.push(name);
        }
        write(&folder, &listings)?;
        Ok(report)
    }

    /// Takes a database back: whoever learnt it through this list takes nothing new from it until he has decided.
    pub fn withdraw(&self, folder: &Path, name: &str, reason: &str) -> Result<Listing, CurateError> {
        let (folder, _lock) = Folder::open_locked(folder, self)?;
        folder.must_be(Kind::List)?;
        let (name, mut listings) = (entry_name(name)?, folder.listings()?);
        let withdrawal = Withdrawal { reason: reason.to_owned(), at: self.now };
        if !listings.withdraw(&name, withdrawal) {
            return Err(not_listed(&name).into());
        }
        write(&folder, &listings)?;
        listings.get(&name).cloned().ok_or_else(|| not_listed(&name).into())
    }
}

fn not_listed(name: &EntryName) -> No {
    No::NotListed { name: name.to_string() }
}

fn entry_name(text: &str) -> Result<EntryName, CurateError> {
    EntryName::parse(text).map_err(|error| CurateError::usage(error.to_string()))
}

/// An address as everybody may see it: on the web, and without anything secret.
fn place(url: &str) -> Result<Location, CurateError> {
    let wrong = |why: String| CurateError::usage(format!("{}: {why}", quoted(&without_secrets(url))));
    let place = Location::parse_link(url).map_err(|error| CurateError::usage(error.to_string()))?;
    if url.contains(['?', '#']) || place.to_string() != place.shown() || url.contains('@') {
        return Err(wrong(
            "wanted an address without a user's name, a password or a query: everybody reads it".to_owned(),
        ));
    }
    Ok(place)
}

/// Writes what readers can read, and nothing else.
fn write(folder: &Folder, listings: &Listings) -> Result<(), CurateError> {
    let bytes = listings.encode();
    Listings::parse(&bytes).map_err(|error| CurateError::usage(error.to_string()))?;
    folder.write(DATABASES_PATH, &bytes)
}
