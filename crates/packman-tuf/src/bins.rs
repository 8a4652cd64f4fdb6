//! Hash bins written: targets spread over bins, of which those alone are signed anew whose content changed.
//!
//! With 100,000 targets in one file a change of one is a new file of all of them, for the keeper to sign and for every
//! client to fetch. In bins it is one small file, and the snapshot names the others as before.

use std::collections::BTreeMap;

use packman_strict::time::Time;

use crate::{
    DelegatedPaths, DelegatedRole, Envelope, HashPrefix, MetaInfo, RoleName, SigningKey, SuccinctBins,
    TargetInfo, TargetPath, Targets, TargetsDraft, Unsignable, Verified,
};

/// What one targets file lists.
type Content = BTreeMap<TargetPath, TargetInfo>;

/// Targets in bins, to be signed.
#[derive(Clone, Debug)]
pub struct BinsDraft {
    /// When the bins expire that are signed now.
    pub expires: Time,
    /// Until when a bin of before must last to be left as it is. That of the targets that delegate to them, say: then
    /// no bin ever expires before they do.
    pub keep_until: Time,
    bins: SuccinctBins,
    contents: BTreeMap<u64, Content>,
}

/// What there is of a bin from before.
#[derive(Copy, Clone, Debug)]
pub struct BinBefore<'b> {
    /// The version that the snapshot lists: the next one is above it, whatever became of the file.
    pub version: u64,
    /// Its file, where it is still there.
    pub file: Option<&'b [u8]>,
}

/// A bin as the next snapshot lists it.
#[derive(Clone, Debug)]
pub struct BinFile {
    /// The role.
    pub name: RoleName,
    /// What the snapshot says of it, under `<name>.json`.
    pub info: MetaInfo,
    /// Its file.
    pub file: Vec<u8>,
    /// Whether it was signed now; else it is the file of before, byte for byte.
    pub is_new: bool,
}

impl BinFile {
    /// Where it is published, with consistent snapshots.
    pub fn file_path(&self) -> String {
        self.name.file_path(self.info.version, true)
    }

    /// The name under which a snapshot lists it.
    pub fn in_snapshot(&self) -> String {
        self.name.in_snapshot()
    }
}

impl BinsDraft {
    /// Spreads targets over those bins. Every bin there is becomes a file, the empty ones too: a client must be able to
    /// learn that a target does not exist.
    pub fn new(
        bins: SuccinctBins,
        targets: impl IntoIterator<Item = (TargetPath, TargetInfo)>,
        expires: Time,
        keep_until: Time,
    ) -> Self {
        let mut contents = BTreeMap::<u64, Content>::new();
        for (path, info) in targets {
            contents.entry(bins.number_of(path.as_str())).or_default().insert(path, info);
        }
        Self { expires, keep_until, bins, contents }
    }

    /// The bins that these targets are spread over, for the role that delegates to them.
    pub const fn bins(&self) -> &SuccinctBins {
        &self.bins
    }

    /// Every bin: as it was, where it says the same, the bins' keys signed it and it lasts long enough; else signed by
    /// `keys` in the next version. `before` gives what there is of a bin; with too few keys for the bins' threshold the
    /// new ones are files to be signed by others, too.
    pub fn sign<'b>(
        &self,
        before: impl Fn(&RoleName) -> Option<BinBefore<'b>>,
        keys: &[&SigningKey],
    ) -> Result<Vec<BinFile>, Unsignable> {
        let nothing = Content::new();
        let sign = |number: u64| {
            let name = self.bins.name(number);
            let content = self.contents.get(&number).unwrap_or(&nothing);
            self.sign_one(name.clone(), content, before(&name), keys)
        };
        (0..self.bins.count()).map(sign).collect()
    }

    fn sign_one(
        &self,
        name: RoleName,
        content: &Content,
        before: Option<BinBefore<'_>>,
        keys: &[&SigningKey],
    ) -> Result<BinFile, Unsignable> {
        if let Some(kept) = before.and_then(|before| self.kept(&name, content, before)) {
            return Ok(kept);
        }
        let version = before.map_or(0, |before| before.version);
        let version =
            version.checked_add(1).ok_or_else(|| Unsignable::new("found the last version of all"))?;
        let old = before.and_then(|before| TargetsDraft::parse("bin", before.file?).ok());
        let mut draft = old.unwrap_or_else(|| TargetsDraft::new(version, self.expires, Content::new()));
        (draft.version, draft.expires) = (version, self.expires);
        (draft.targets, draft.delegations) = (content.clone(), None);
        let file = draft.sign(keys)?;
        Ok(BinFile { name, info: MetaInfo::of(version, &file), file, is_new: true })
    }

    /// The bin of before, where nothing about it has to change.
    fn kept(&self, name: &RoleName, content: &Content, before: BinBefore<'_>) -> Option<BinFile> {
        let file = before.file?;
        let envelope = Envelope::parse("bin", file, u64::MAX).ok()?;
        let bin: Verified<Targets> = self.bins.keys().verify(&envelope).ok()?;
        let same = bin.targets().eq(content.iter().map(|(path, info)| (path.as_str(), *info)));
        let holds = same
            && bin.delegations().is_none()
            && bin.version() == before.version
            && bin.expires() >= self.keep_until;
        let info = MetaInfo::of(before.version, file);
        holds.then(|| BinFile { name: name.clone(), info, file: file.to_vec(), is_new: false })
    }
}

impl SuccinctBins {
    /// The same bins as delegations one by one, for clients that do not know TAP 15: by name, keys and the beginnings of
    /// digests that belong to each.
    pub fn to_roles(&self) -> Vec<DelegatedRole> {
        let role = |number: u64| DelegatedRole {
            name: self.name(number),
            keys: self.keys().for_role(self.name(number)),
            paths: DelegatedPaths::HashPrefixes(self.prefixes(number)),
            terminating: true,
        };
        (0..self.count()).map(role).collect()
    }

    /// As few digits as tell the bins apart; a bin has as many of them as the bits that are left over can say.
    fn prefixes(&self, number: u64) -> Vec<HashPrefix> {
        let digits = self.bits().div_ceil(4);
        let each = 1_u64 << (4 * digits - self.bits());
        let width = usize::try_from(digits).unwrap_or_default();
        let prefix = |place: u64| HashPrefix::parse(&format!("{place:0width$x}"));
        (number * each..(number + 1) * each).filter_map(prefix).collect()
    }
}
