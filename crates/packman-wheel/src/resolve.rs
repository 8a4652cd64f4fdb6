//! Where a path in an environment really is: links to folders resolved, none of which may lead out of it.

use std::collections::HashMap;
use std::fs;
use std::rc::Rc;

use crate::conflict::{ChangeError, Conflict};
use crate::failure::Failure;
use crate::folder::{Folder, Kind, Walk, split};
use crate::scheme::{Places, join};

/// What is known of a folder.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Place {
    /// Its path without links, relative to the root.
    pub(crate) path: String,
    /// What of it is there.
    pub(crate) state: State,
}

/// Whether a folder is there.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum State {
    /// It is there.
    There,
    /// It is not; the outermost folder that is missing.
    Missing(String),
    /// Something that is no folder stands in its way.
    Blocked(String),
}

/// Resolves folders, each once.
#[derive(Debug)]
pub(crate) struct Resolver<'p> {
    places: &'p Places,
    walk: Walk,
    known: HashMap<String, Rc<Place>>,
}

impl<'p> Resolver<'p> {
    /// Starts at the root of an environment.
    pub(crate) fn new(places: &'p Places) -> Result<Self, ChangeError> {
        let root = Folder::open(&places.root).map_err(|error| Failure::new(&places.root, "opened", error))?;
        let start = Rc::new(Place { path: String::new(), state: State::There });
        Ok(Self { places, walk: Walk::new(root), known: HashMap::from([(String::new(), start)]) })
    }

    /// Resolves a folder.
    pub(crate) fn folder(&mut self, path: &str) -> Result<Rc<Place>, ChangeError> {
        if let Some(place) = self.known.get(path) {
            return Ok(Rc::clone(place));
        }
        let (parent, name) = split(path);
        let parent = self.folder(parent)?;
        let place = match &parent.state {
            State::There => self.look(&join(&parent.path, name))?,
            state => Place { path: join(&parent.path, name), state: state.clone() },
        };
        let place = Rc::new(place);
        self.known.insert(path.to_owned(), Rc::clone(&place));
        Ok(place)
    }

    /// Resolves the folder of a file: its path becomes that without links. Says what is there under its name.
    pub(crate) fn file(&mut self, path: &mut String) -> Result<(Rc<Place>, Kind), ChangeError> {
        let (folder, name) = split(path);
        let place = self.folder(folder)?;
        if place.path != folder {
            *path = join(&place.path, name);
        }
        let kind = match place.state {
            State::There => self.kind(path)?,
            _ => Kind::Nothing,
        };
        Ok((place, kind))
    }

    /// The names in a folder that is there.
    pub(crate) fn names(&mut self, folder: &str) -> Result<Vec<String>, ChangeError> {
        let found = self.walk.enter(folder).and_then(Folder::names);
        found.map_err(|error| Failure::new(self.places.root.join(folder), "listed", error).into())
    }

    fn kind(&mut self, path: &str) -> Result<Kind, ChangeError> {
        let (folder, name) = split(path);
        let found = self.walk.enter(folder).and_then(|folder| folder.kind(name));
        found.map_err(|error| Failure::new(self.places.root.join(path), "found", error).into())
    }

    fn look(&mut self, path: &str) -> Result<Place, ChangeError> {
        let state = match self.kind(path)? {
            Kind::Folder => State::There,
            Kind::Nothing => State::Missing(path.to_owned()),
            Kind::Link => return self.follow(path),
            Kind::File | Kind::Other => State::Blocked(path.to_owned()),
        };
        Ok(Place { path: path.to_owned(), state })
    }

    /// Environments have links of their own (`lib64`), so one that stays inside is as good as a folder.
    fn follow(&self, path: &str) -> Result<Place, ChangeError> {
        let escapes = || Conflict::LinkEscapes { path: path.to_owned() };
        let real = fs::canonicalize(self.places.root.join(path)).map_err(|_| escapes())?;
        let inside =
            real.strip_prefix(&self.places.root).ok().and_then(|path| path.to_str()).ok_or_else(escapes)?;
        let state = if real.is_dir() { State::There } else { State::Blocked(path.to_owned()) };
        Ok(Place { path: inside.to_owned(), state })
    }
}
