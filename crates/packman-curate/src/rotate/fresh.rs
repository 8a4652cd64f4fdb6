//! The keys that a rotation makes or is given, and which it retires.

use std::num::NonZeroU32;

use packman_machine::home::Home;
use packman_strict::Sha256;
use packman_tuf::PublicKey;

use super::RotateRequest;
use crate::error::CurateError;
use crate::folder::Settings;
use crate::init::{given_keys, verify_targets_threshold};
use crate::keys::{GivenKey, KeyPlace, KeyRing, NewFiles, NewKey, Passphrase, Signer};

/// The new keys of a rotation.
pub(super) struct Fresh {
    given_root: Vec<GivenKey>,
    root: Vec<NewKey>,
    pub(super) spare: Option<NewKey>,
    given_targets: Vec<GivenKey>,
    targets: Option<NewKey>,
    pub(super) online: Option<NewKey>,
    pub(super) threshold: NonZeroU32,
    pub(super) targets_threshold: NonZeroU32,
}

impl Fresh {
    pub(super) fn make(
        request: &RotateRequest,
        settings: &Settings,
        ring: &mut KeyRing<'_>,
    ) -> Result<Self, CurateError> {
        let mut given_root = given_keys(ring, "root", &request.root_keys)?;
        let mut given_targets = Vec::new();
        for key in given_keys(ring, "targets", &request.targets_keys)? {
            given_targets.push(key.copied("targets")?);
        }
        if let (Some(which), true) = (&request.agent, request.root || request.targets) {
            let (signer, key) = ring.in_agent(which)?;
            let own = GivenKey::in_agent(signer, &key);
            given_root.extend(request.root.then(|| own.clone()));
            given_targets.extend(request.targets.then_some(own));
        }
        let threshold = request.threshold.unwrap_or(settings.threshold);
        let given = u32::try_from(given_root.len()).unwrap_or(u32::MAX);
        if threshold == 0 || threshold > 100 || (given > 0 && given < threshold) {
            return Err(CurateError::usage(format!(
                "`--threshold` {threshold}: wanted 1 to as many as there are root keys (`--root-key`), 100 at most"
            )));
        }
        let before = if given_targets.is_empty() { 1 } else { settings.targets_threshold };
        let targets_threshold = request.targets_threshold.unwrap_or(before);
        verify_targets_threshold(targets_threshold, given_targets.len())?;
        let make = |wanted: bool, role: &str| wanted.then(|| named_by_id(role)).transpose();
        let mut root = Vec::new();
        for _ in 0..if request.root && given == 0 { threshold } else { 0 } {
            root.push(named_by_id("root")?);
        }
        let mut spare = make(request.root && given <= threshold, "spare")?;
        if let (Some(spare), Some(file)) = (&mut spare, &request.spare) {
            spare.file.clone_from(file);
        }
        let one = NonZeroU32::MIN;
        Ok(Self {
            targets: make(request.targets && given_targets.is_empty(), "targets")?,
            online: make(request.online, "online")?,
            given_root,
            root,
            spare,
            given_targets,
            threshold: NonZeroU32::new(threshold).unwrap_or(one),
            targets_threshold: NonZeroU32::new(targets_threshold).unwrap_or(one),
        })
    }

    /// Whether it makes keys that want a passphrase.
    pub(super) fn has_secrets(&self) -> bool {
        !self.root.is_empty() || self.spare.is_some() || self.targets.is_some()
    }

    pub(super) fn has_root(&self) -> bool {
        !self.root.is_empty() || !self.given_root.is_empty()
    }

    pub(super) fn has_targets(&self) -> bool {
        self.targets.is_some() || !self.given_targets.is_empty()
    }

    fn root_keys(&self) -> impl Iterator<Item = &NewKey> {
        self.root.iter().chain(&self.spare)
    }

    pub(super) fn root_public(&self) -> Vec<PublicKey> {
        let given = self.given_root.iter().map(|key| key.public.clone());
        given.chain(self.root_keys().map(|new| new.key.public())).collect()
    }

    pub(super) fn targets_public(&self) -> Vec<PublicKey> {
        let given = self.given_targets.iter().map(|key| key.public.clone());
        given.chain(self.targets.iter().map(|new| new.key.public())).collect()
    }

    pub(super) fn root_signers(&self) -> Vec<Signer> {
        let given = self.given_root.iter().filter_map(|key| key.signer.clone());
        given.chain(self.root_keys().map(NewKey::signer)).collect()
    }

    pub(super) fn targets_signers(&self) -> Vec<Signer> {
        let given = self.given_targets.iter().filter_map(|key| key.signer.clone());
        given.chain(self.targets.iter().map(NewKey::signer)).collect()
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
        for key in self.given_root.iter().chain(&self.given_targets) {
            files.add_given(key)?;
        }
        self.online.iter().try_for_each(|key| files.add(key, None))?;
        Ok(files)
    }

    pub(super) fn settings(&self, before: &Settings) -> Settings {
        let mut settings = before.clone();
        if self.has_root() {
            let given = self.given_root.iter().map(GivenKey::place);
            settings.root = given.chain(self.root.iter().map(NewKey::place)).collect();
            settings.spare = self.spare.as_ref().map(NewKey::place);
            settings.threshold = self.threshold.get();
        }
        if self.has_targets() {
            let given = self.given_targets.iter().map(GivenKey::place);
            settings.targets = given.chain(self.targets.iter().map(NewKey::place)).collect();
            settings.targets_threshold = self.targets_threshold.get();
        }
        if let Some(new) = &self.online {
            settings.online = new.place();
        }
        settings
    }

    /// The keys of before that sign nothing any more.
    pub(super) fn retired<'s>(&'s self, before: &'s Settings) -> impl Iterator<Item = &'s KeyPlace> {
        let after = self.settings(before).keys();
        let root = self.has_root().then(|| before.root.iter().chain(&before.spare));
        let targets = self.has_targets().then_some(&before.targets);
        let online = self.online.as_ref().map(|_| &before.online);
        let all = root.into_iter().flatten().chain(targets.into_iter().flatten()).chain(online);
        all.filter(move |place| after.iter().all(|kept| kept.id != place.id))
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
