//! Puts a proposal in force that a threshold of keepers signed: with the online key, and in one step.

use packman_machine::stop::Commit;
use packman_tuf::{MetaInfo, Role};

use crate::curator::Curator;
use crate::error::{CurateError, No, Refused};
use crate::folder::{Folder, SETTINGS, Settings, Signed};
use crate::keys::KeyRing;
use crate::proposal::{Claims, Piece, Proposal};
use crate::rotate::{rotation, verify, write};
use crate::sign::{Drafted, SignReport, draft_online};
use crate::staged::Staged;

/// The settings as they will be: a proposed root brings those that go with it.
pub(crate) fn settings_after(folder: &Folder, proposal: &Proposal) -> Result<Settings, CurateError> {
    let Some(bytes) = proposal.files.get(SETTINGS) else { return Ok(folder.settings()?.clone()) };
    let text = std::str::from_utf8(bytes).map_err(|_| "wanted UTF-8 text".to_owned());
    let refused = |why| Refused::Proposal { path: Proposal::place(folder).join(SETTINGS), why };
    Ok(text.and_then(Settings::parse).map_err(refused)?)
}

impl Curator<'_> {
    /// Puts a whole proposal in force; `None` where that takes an online key that is not here.
    pub(crate) fn put_in_force(
        &self,
        folder: &Folder,
        signed: Option<&Signed>,
        proposal: &Proposal,
        (claims, after): (&Claims, &Settings),
        ring: &mut KeyRing<'_>,
    ) -> Result<Option<SignReport>, CurateError> {
        let root = claims.root.map(|version| Role::Root.file_path(version));
        let root = root.and_then(|path| proposal.files.get(&path));
        let Some(signed) = signed else {
            let Some(root) = root else { return Ok(None) };
            folder.write(&Role::Root.file_path(1), root)?;
            return Signed::read(folder.path()).map(|signed| Some(report(&signed, after, Some(1))));
        };
        let old = signed.memory().root();
        let online_changed = claims.keys.snapshot != *old.keys(Role::Snapshot)
            || claims.keys.timestamp != *old.keys(Role::Timestamp);
        let drafted = if claims.targets.is_some() || online_changed && signed.good().is_some() {
            let mut keys = ring.at_hand(std::slice::from_ref(&after.online), 1)?;
            if keys.is_empty() {
                return Ok(None);
            }
            if online_changed {
                keys.extend(ring.at_hand(std::slice::from_ref(&folder.settings()?.online), 1)?);
            }
            let (pinned, drafted) = drafted(signed, proposal, claims)?;
            let expires = self.now.plus_days(after.lifetimes.refresh_within_days);
            Some(draft_online(folder, signed, pinned, expires, &keys, drafted)?)
        } else {
            None
        };
        match (root, claims.root, drafted) {
            (Some(root), Some(version), drafted) => {
                verify(folder, signed, (version, root), drafted.as_ref())?;
                write(folder, drafted.as_ref())?;
                rotation(version, root, drafted.as_ref(), after)?.apply(folder, &Commit::begin())?;
            }
            (_, _, Some(drafted)) => drop(self.keep(folder, signed, &drafted)?),
            _ => return Ok(None),
        }
        let now = Signed::read(folder.path())?;
        Ok(Some(report(&now, after, claims.root)))
    }
}

/// The files of a proposal that a snapshot and a timestamp are to follow, and what the snapshot says of the targets.
fn drafted(
    signed: &Signed,
    proposal: &Proposal,
    claims: &Claims,
) -> Result<(MetaInfo, Drafted), CurateError> {
    let mut drafted = Drafted::default();
    let mut pinned =
        signed.good().map(|good| MetaInfo::of(good.version(Role::Targets), good.bytes(Role::Targets)));
    for (path, bytes) in &proposal.files {
        match Piece::of(path) {
            Some(Piece::Targets(version)) if claims.targets == Some(version) => {
                pinned = Some(MetaInfo::of(version, bytes));
            }
            Some(Piece::Bin(version, name)) => {
                drafted.listed.insert(format!("{}.json", name.as_str()), MetaInfo::of(version, bytes));
            }
            Some(Piece::Content) => {}
            _ => continue,
        }
        drafted.files.insert(path.clone(), bytes.clone());
    }
    let nothing = || No::NothingSigned { folder: std::path::PathBuf::new() };
    Ok((pinned.ok_or_else(nothing)?, drafted))
}

fn report(signed: &Signed, after: &Settings, root: Option<u64>) -> SignReport {
    let memory = signed.memory();
    match signed.good() {
        Some(good) => SignReport { root, ..SignReport::of(good, Staged::default(), &after.lifetimes) },
        None => SignReport {
            staged: Staged::default(),
            version: 0,
            root,
            number: memory.root().number(),
            expiry: Vec::new(),
            missing: Vec::new(),
            waits_for_online: false,
        },
    }
}
