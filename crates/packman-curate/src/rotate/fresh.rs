//! The keys that a rotation makes, and which it retires.

use packman_machine::home::Home;
use packman_strict::Sha256;

use super::RotateRequest;
use crate::error::CurateError;
use crate::folder::Settings;
use crate::keys::{KeyPlace, NewFiles, NewKey, Passphrase};

/// The keys that a rotation makes.
pub(super) struct Fresh {
    pub(super) root: Vec<NewKey>,
    pub(super) spare: Option<NewKey>,
    pub(super) targets: Option<NewKey>,
    pub(super) online: Option<NewKey>,
}

impl Fresh {
    pub(super) fn make(request: &RotateRequest, threshold: u32) -> Result<Self, CurateError> {
        let make = |wanted: bool, role: &str| wanted.then(|| named_by_id(role)).transpose();
        let mut root = Vec::new();
        for _ in 0..if request.root { threshold } else { 0 } {
            root.push(named_by_id("root")?);
        }
        let mut spare = make(request.root, "spare")?;
        if let (Some(spare), Some(file)) = (&mut spare, &request.spare) {
            spare.file.clone_from(file);
        }
        Ok(Self {
            root,
            spare,
            targets: make(request.targets, "targets")?,
            online: make(request.online, "online")?,
        })
    }

    pub(super) fn root_keys(&self) -> impl Iterator<Item = &NewKey> {
        self.root.iter().chain(&self.spare)
    }

    /// Their files, which are to be written. The online key has no passphrase.
    pub(super) fn files<'h>(
        &self,
        home: &'h Home,
        chain: &Sha256,
        passphrase: Option<&Passphrase>,
    ) -> Result<NewFiles<'h>, CurateError> {
        let mut files = NewFiles::of(home, chain)?;
        for key in self.root_keys().chain(&self.targets) {
            files.add(key, passphrase)?;
        }
        self.online.iter().try_for_each(|key| files.add(key, None))?;
        Ok(files)
    }

    pub(super) fn settings(&self, before: &Settings) -> Settings {
        let mut settings = before.clone();
        if !self.root.is_empty() {
            settings.root = self.root.iter().map(NewKey::place).collect();
            settings.spare = self.spare.as_ref().map(NewKey::place);
        }
        if let Some(new) = &self.targets {
            settings.targets = new.place();
        }
        if let Some(new) = &self.online {
            settings.online = new.place();
        }
        settings
    }

    /// The keys of before that sign nothing any more.
    pub(super) fn retired<'s>(&'s self, before: &'s Settings) -> impl Iterator<Item = &'s KeyPlace> {
        let root = (!self.root.is_empty()).then(|| before.root.iter().chain(&before.spare));
        let targets = self.targets.as_ref().map(|_| &before.targets);
        let online = self.online.as_ref().map(|_| &before.online);
        root.into_iter().flatten().chain(targets).chain(online)
    }
}

/// A new key in a file that carries the beginning of its id: no other key's, not even one of a rotation that was
/// killed, has that name.
fn named_by_id(role: &str) -> Result<NewKey, CurateError> {
    let mut new = NewKey::generate("")?;
    let id: String = new.key.id().as_str().chars().take(12).collect();
    new.file = format!("{role}-{id}.pem").into();
    Ok(new)
}
