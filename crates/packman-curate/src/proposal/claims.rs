//! What a proposal says, held against what is signed. A keeper signs nothing that was not read here, whole: a delegation
//! or a record that he is not shown would be believed with his signature all the same.

use std::collections::{BTreeMap, BTreeSet};

use packman_database::{
    ABOUT_PATH, About, Kind, PACK_PATH, ProjectRecord, RECALLS_PATH, Recalls, project_of_path,
};
use packman_machine::files;
use packman_names::ProjectName;
use packman_strict::Sha256;
use packman_strict::time::Time;
use packman_trust::{DATABASES_PATH, Listings};
use packman_tuf::{
    Delegations, Envelope, KeySet, Role, RoleKeys, RoleName, RootDraft, SafetyNumber, SuccinctBins,
    TargetInfo, TargetPath, TargetsDraft,
};

use super::{LARGEST, Piece, Proposal};
use crate::bins::PREFIX;
use crate::error::{CurateError, Refused};
use crate::folder::{Folder, Signed};
use crate::list;
use crate::staged::{RoleChange, RootChange, Staged, compared, verify_same_kind};

/// The sets of keys of which each must meet its threshold, by the file that they sign.
pub(crate) type Needs = BTreeMap<String, Vec<KeySet>>;

/// What a proposal says, read and consistent; believed by nobody yet.
pub(crate) struct Claims {
    /// What signing it changes.
    pub(crate) staged: Staged,
    /// Who must sign what.
    pub(crate) needs: Needs,
    /// The keys of every role, once it is in force.
    pub(crate) keys: RoleKeys,
    /// The version of its root, where it has one.
    pub(crate) root: Option<u64>,
    /// The version of its targets, where it has some.
    pub(crate) targets: Option<u64>,
    /// The bytes of every target of it, by the place that they will have.
    pub(crate) contents: BTreeMap<String, Vec<u8>>,
    /// The SHA-256 of the first root's signed part, where the proposal holds that root.
    pub(crate) first_root: Option<Sha256>,
}

struct Reading<'p> {
    proposal: &'p Proposal,
    folder: &'p Folder,
    signed: Option<&'p Signed>,
}

impl Claims {
    /// Reads a proposal on top of what is signed; nothing is signed where even the first root is proposed only.
    pub(crate) fn read(
        proposal: &Proposal,
        folder: &Folder,
        signed: Option<&Signed>,
    ) -> Result<Self, CurateError> {
        Reading { proposal, folder, signed }.claims()
    }
}

impl Reading<'_> {
    fn claims(&self) -> Result<Claims, CurateError> {
        let mut needs = Needs::new();
        let (mut root, mut targets, mut placed) = (None, None, BTreeMap::new());
        for path in self.proposal.files.keys() {
            match Piece::of(path).ok_or_else(|| self.bad(path, "wanted files of a proposal only"))? {
                Piece::Root(version) if root.is_none() => root = Some((version, path.as_str())),
                Piece::Targets(version) if targets.is_none() => targets = Some((version, path.as_str())),
                Piece::Root(_) | Piece::Targets(_) => {
                    return Err(self.bad(path, "found a second one, wanted one"));
                }
                Piece::Bin(..) | Piece::Content | Piece::Settings => {}
            }
        }
        let mut staged = Staged::default();
        let draft = root.map(|(version, path)| self.root(version, path)).transpose()?;
        let old = self.signed.map(|signed| signed.memory().root().role_keys().clone());
        let keys = draft.as_ref().map(|draft| draft.keys.clone()).or_else(|| old.clone());
        let keys = keys.ok_or_else(|| self.bad("metadata/1.root.json", "it is not there"))?;
        let mut first_root = None;
        if let (Some((version, path)), Some(draft)) = (root, &draft) {
            let envelope = self.envelope(path)?;
            let bad = |error: packman_tuf::Refusal| self.bad(path, &error.to_string());
            let (number, digest) =
                (envelope.claimed_number().map_err(bad)?, envelope.signed_digest().map_err(bad)?);
            staged.root = Some(root_change(version, number, draft.expires, old.as_ref(), &draft.keys));
            first_root = (version == 1).then_some(digest);
            needs.insert(
                path.to_owned(),
                old.into_iter().map(|old| old.root).chain([keys.root.clone()]).collect(),
            );
        }
        if let Some((version, path)) = targets {
            needs.insert(path.to_owned(), vec![keys.targets.clone()]);
            let listed = self.targets(version, path, &keys, &mut needs)?;
            let contents = self.contents(&listed)?;
            let change = self.compared(&contents)?;
            let place = |(path, info): (&TargetPath, &TargetInfo)| {
                Some((info.file_path(path.as_str()), contents.get(path.as_str())?.clone()))
            };
            placed = listed.iter().filter_map(place).collect();
            staged = Staged { root: staged.root, ..change };
            let digest = self.envelope(path)?.signed_digest();
            staged.proposed = Some((version, digest.map_err(|error| self.bad(path, &error.to_string()))?));
        }
        self.nothing_else(&needs, draft.is_some())?;
        self.signatures_hold(&needs)?;
        let (root, targets) = (root.map(|(version, _)| version), targets.map(|(version, _)| version));
        Ok(Claims { staged, needs, keys, root, targets, contents: placed, first_root })
    }

    fn root(&self, version: u64, path: &str) -> Result<RootDraft, CurateError> {
        let draft =
            RootDraft::parse(path, self.file(path)?).map_err(|error| self.bad(path, &error.to_string()))?;
        let wanted = self.signed.map_or(1, |signed| signed.memory().root().version().saturating_add(1));
        if draft.version != wanted || version != wanted {
            let why = format!("found root version {}, wanted {wanted}, the next", draft.version);
            return Err(self.bad(path, &why));
        }
        Ok(draft)
    }

    /// Every target that the proposed targets list, themselves and in bins.
    fn targets(
        &self,
        version: u64,
        path: &str,
        keys: &RoleKeys,
        needs: &mut Needs,
    ) -> Result<BTreeMap<TargetPath, TargetInfo>, CurateError> {
        let draft = self.draft(path)?;
        let newest = self.signed.and_then(Signed::good).map_or(0, |good| good.version(Role::Targets));
        if draft.version != version {
            let why = format!("found version {}, wanted {version} as it is called", draft.version);
            return Err(self.bad(path, &why));
        }
        if version <= newest {
            let why = format!("found version {}, wanted more than {newest}, which is signed", draft.version);
            return Err(self.bad(path, &why));
        }
        let mut listed = draft.targets;
        match draft.delegations {
            None => {}
            // Any other delegation could list, with somebody else's keys, what no keeper is shown.
            Some(Delegations::Bins(bins))
                if bins.prefix().as_str() == PREFIX
                    && *bins.keys() == keys.targets.for_role(bins.prefix().clone()) =>
            {
                for number in 0..bins.count() {
                    listed.extend(self.bin(&bins, number, needs)?);
                }
            }
            Some(_) => {
                return Err(self
                    .bad(path, "found a delegation to others, wanted none but bins with the targets keys"));
            }
        }
        Ok(listed)
    }

    /// What one bin lists: the proposed one, else the one that is signed.
    fn bin(
        &self,
        bins: &SuccinctBins,
        number: u64,
        needs: &mut Needs,
    ) -> Result<BTreeMap<TargetPath, TargetInfo>, CurateError> {
        let name = bins.name(number);
        let is_it = |path: &&String| matches!(Piece::of(path), Some(Piece::Bin(_, found)) if found == name);
        let mut proposed = self.proposal.files.keys().filter(is_it);
        let (path, draft) = match (proposed.next(), proposed.next()) {
            (Some(path), None) => {
                needs.insert(path.clone(), vec![bins.keys().clone()]);
                (path.clone(), self.draft(path)?)
            }
            (None, _) => self.signed_bin(bins, &name)?,
            (Some(path), Some(_)) => return Err(self.bad(path, "found a second one, wanted one")),
        };
        let own = |path: &TargetPath| {
            project_of_path(path.as_str()).is_some() && bins.number_of(path.as_str()) == number
        };
        if draft.delegations.is_some() || !draft.targets.keys().all(own) {
            return Err(self.bad(&path, "found more than the records that belong to it"));
        }
        Ok(draft.targets)
    }

    fn signed_bin(
        &self,
        bins: &SuccinctBins,
        name: &RoleName,
    ) -> Result<(String, TargetsDraft), CurateError> {
        let listed_as = format!("{}.json", name.as_str());
        let mut listed = self.signed.and_then(Signed::good).into_iter().flat_map(packman_tuf::Good::listed);
        let info = listed.find(|(listed, _)| *listed == listed_as).map(|(_, info)| info);
        let missing = || self.bad(&format!("metadata/{listed_as}"), "it is neither proposed nor signed");
        let info = info.ok_or_else(missing)?;
        let path = name.file_path(info.version, true);
        let bytes = files::read_file(&self.folder.join(&path), LARGEST)?.ok_or_else(missing)?;
        let signed = Envelope::parse(&path, &bytes, LARGEST)
            .and_then(|envelope| bins.keys().verify::<packman_tuf::Targets>(&envelope).map(drop))
            .and_then(|()| TargetsDraft::parse(&path, &bytes));
        Ok((path.clone(), signed.map_err(|error| self.bad(&path, &error.to_string()))?))
    }

    /// The bytes of every target, each held against what would be signed of it.
    fn contents(
        &self,
        listed: &BTreeMap<TargetPath, TargetInfo>,
    ) -> Result<BTreeMap<String, Vec<u8>>, CurateError> {
        let mut contents = BTreeMap::new();
        let mut used = BTreeSet::new();
        for (target, info) in listed {
            let path = info.file_path(target.as_str());
            let known = project_of_path(target.as_str()).is_some()
                || [ABOUT_PATH, RECALLS_PATH, PACK_PATH, DATABASES_PATH].contains(&target.as_str());
            if !known {
                return Err(self.bad(&path, "found a target that no database has"));
            }
            let bytes = match self.proposal.files.get(&path) {
                Some(bytes) => Some(bytes.clone()),
                None => files::read_file(&self.folder.join(&path), LARGEST)?,
            };
            let bytes = bytes.ok_or_else(|| self.bad(&path, "it would be signed, and is not there"))?;
            if TargetInfo::of(&bytes) != *info {
                return Err(self.bad(&path, "found other bytes than would be signed"));
            }
            used.insert(path);
            contents.insert(target.as_str().to_owned(), bytes);
        }
        let is_extra = |path: &&String| Piece::of(path) == Some(Piece::Content) && !used.contains(*path);
        match self.proposal.files.keys().find(is_extra) {
            Some(path) => Err(self.bad(path, "nothing that would be signed names it")),
            None => Ok(contents),
        }
    }

    fn compared(&self, contents: &BTreeMap<String, Vec<u8>>) -> Result<Staged, CurateError> {
        let mut records: BTreeMap<ProjectName, ProjectRecord> = BTreeMap::new();
        for (path, bytes) in contents {
            let Some(project) = project_of_path(path) else { continue };
            let record =
                ProjectRecord::parse(&project, bytes).map_err(|error| self.bad(path, &error.to_string()))?;
            records.insert(project, record);
        }
        let missing = |path: &str| self.bad(path, "it is not among the targets");
        let bytes = contents.get(ABOUT_PATH).ok_or_else(|| missing(ABOUT_PATH))?;
        let about = About::parse(bytes).map_err(|error| self.bad(ABOUT_PATH, &error.to_string()))?;
        if let Some(signed) = self.signed {
            verify_same_kind(self.folder, signed, &about)?;
        }
        let own = match about.kind {
            Kind::List => DATABASES_PATH,
            Kind::Database => RECALLS_PATH,
        };
        let bytes = contents.get(own).ok_or_else(|| missing(own))?;
        let is_foreign = |path: &&String| match about.kind {
            Kind::List => ![ABOUT_PATH, DATABASES_PATH].contains(&path.as_str()),
            Kind::Database => path.as_str() == DATABASES_PATH,
        };
        if let Some(path) = contents.keys().find(is_foreign) {
            return Err(self.bad(path, &format!("found a target that no {} has", about.kind.as_str())));
        }
        let refused = |error: &dyn std::fmt::Display| self.bad(own, &error.to_string());
        let (mut recalls, mut databases) = (Recalls::default(), Vec::new());
        match about.kind {
            Kind::List => {
                let listings = Listings::parse(bytes).map_err(|error| refused(&error))?;
                databases = list::compared(self.folder, self.signed, &listings)?;
            }
            Kind::Database => recalls = Recalls::parse(bytes).map_err(|error| refused(&error))?,
        }
        let encoded = contents.get(ABOUT_PATH).map(Vec::as_slice).unwrap_or_default();
        let staged = compared(self.folder, self.signed, &records, encoded, &recalls)?;
        Ok(Staged { databases, ..staged })
    }

    fn nothing_else(&self, needs: &Needs, has_root: bool) -> Result<(), CurateError> {
        for path in self.proposal.files.keys() {
            let wanted = match Piece::of(path) {
                Some(Piece::Settings) => has_root,
                Some(Piece::Content) => needs.keys().any(|path| path.ends_with(".targets.json")),
                _ => needs.contains_key(path),
            };
            if !wanted {
                return Err(self.bad(path, "nothing in the proposal needs it"));
            }
        }
        Ok(())
    }

    /// Every signature that is there must be one that counts: one that does not hold says that the bytes were changed after
    /// a keeper signed them.
    fn signatures_hold(&self, needs: &Needs) -> Result<(), CurateError> {
        for (path, sets) in needs {
            let envelope = self.envelope(path)?;
            for id in envelope.key_ids() {
                if !sets.iter().any(|set| set.holding(&envelope).contains(id)) {
                    let counts = sets.iter().any(|set| set.keys().any(|(key, _)| key == id));
                    let shown = crate::quoted(id.as_str());
                    let why = if counts {
                        format!("the signature of key {shown} does not hold: it was made over something else")
                    } else {
                        format!("found a signature of key {shown}, which is none of its keys")
                    };
                    return Err(self.bad(path, &why));
                }
            }
        }
        Ok(())
    }

    fn draft(&self, path: &str) -> Result<TargetsDraft, CurateError> {
        TargetsDraft::parse(path, self.file(path)?).map_err(|error| self.bad(path, &error.to_string()))
    }

    fn envelope(&self, path: &str) -> Result<Envelope<'_>, CurateError> {
        let envelope = Envelope::parse(path, self.file(path)?, LARGEST);
        envelope.map_err(|error| self.bad(path, &error.to_string()))
    }

    fn file(&self, path: &str) -> Result<&[u8], CurateError> {
        let missing = || self.bad(path, "it is not there");
        self.proposal.files.get(path).map(Vec::as_slice).ok_or_else(missing)
    }

    fn bad(&self, path: &str, why: &str) -> CurateError {
        Refused::Proposal { path: Proposal::place(self.folder).join(path), why: why.to_owned() }.into()
    }
}

fn root_change(
    version: u64,
    number: SafetyNumber,
    expires: Time,
    old: Option<&RoleKeys>,
    new: &RoleKeys,
) -> RootChange {
    let ids = |set: &KeySet| set.keys().map(|(id, _)| id.as_str().to_owned()).collect::<BTreeSet<_>>();
    let change = |role: Role| {
        let before = old.map(|old| ids(old.of(role))).unwrap_or_default();
        let after = ids(new.of(role));
        RoleChange {
            role,
            threshold: new.of(role).threshold().get(),
            threshold_before: old.map(|old| old.of(role).threshold().get()),
            added: after.difference(&before).cloned().collect(),
            removed: before.difference(&after).cloned().collect(),
        }
    };
    RootChange { version, number, expires, roles: Role::ALL.map(change).into() }
}
