//! Records in hash bins: past 2,000 projects the targets delegate them, so that a change of one project is one small file
//! to sign and to fetch. The bins are signed by the targets keys: no online key signs a record.

use std::collections::BTreeMap;

use packman_machine::files;
use packman_strict::time::Time;
use packman_tuf::{
    BinBefore, BinsDraft, Delegations, Good, KeySet, MetaInfo, Role, RoleName, SuccinctBins, TargetInfo,
    TargetPath, TargetsDraft,
};

use crate::error::CurateError;
use crate::folder::{Folder, Lifetimes, Signed};
use crate::keys::{Signer, sign_file};
use crate::sign::{Drafted, refused};

/// Up to so many projects all records stand in the one file of targets, which is shorter than a photograph then.
const MANY: usize = 2_000;
/// What the names of the bins begin with.
pub(crate) const PREFIX: &str = "projects";
/// A number of bins is chosen so that each has about 170 records: at most so many.
const FULL: usize = 240;
/// It stays as it is while they have between these many on average: another number is other bins, all of them.
const STAYS: std::ops::RangeInclusive<usize> = 85..=340;

/// How many bits choose a project's bin; none where there are no bins. `now` is how many it is at present.
fn bits(projects: usize, now: Option<u32>) -> Option<u32> {
    if projects <= MANY {
        return None;
    }
    let stays = |bits: &u32| STAYS.contains(&(projects >> bits));
    now.filter(stays).or_else(|| (1..32).find(|bits| projects <= FULL << bits))
}

/// Targets to be signed, with all that they list.
pub(crate) struct TargetsToSign<'s> {
    pub(crate) folder: &'s Folder,
    pub(crate) signed: &'s Signed,
    /// Every target, wherever it will stand.
    pub(crate) listed: BTreeMap<TargetPath, TargetInfo>,
    /// Who signs targets and bins, as the root says that is in force with them.
    pub(crate) keys: &'s KeySet,
    pub(crate) now: Time,
    /// A version that was proposed already: another file of it must never be signed.
    pub(crate) above: u64,
}

impl TargetsToSign<'_> {
    /// Signs the next targets, and the bins of which something changed. Gives what a snapshot says of the targets; what
    /// it says of bins is in `drafted`.
    pub(crate) fn sign(
        self,
        signers: &[Signer],
        mut drafted: Drafted,
    ) -> Result<(MetaInfo, Drafted), CurateError> {
        let lifetimes = self.folder.settings()?.lifetimes;
        let expires = self.now.plus_days(lifetimes.targets_days);
        let mut draft = match self.signed.good() {
            Some(good) => {
                TargetsDraft::parse("targets", good.bytes(Role::Targets)).map_err(refused(self.folder))?
            }
            None => TargetsDraft::new(0, expires, BTreeMap::new()),
        };
        let before = draft.delegations.take();
        let bins = self.shape(before.as_ref());
        let (in_bins, own) = self.listed.into_iter().partition(|(path, _)| bins.is_some() && is_record(path));
        if let Some(bins) = bins {
            let spread = spread(bins, in_bins, self.now, &lifetimes);
            draft.delegations = Some(Delegations::Bins(spread.bins().clone()));
            sign_bins(self.folder, self.signed, &spread, signers, &mut drafted)?;
        }
        draft.version = draft.version.max(self.above).saturating_add(1);
        draft.expires = expires;
        draft.targets = own;
        let path = Role::Targets.file_path(draft.version);
        let bytes = sign_file(&path, draft.sign(&[])?, signers)?;
        let pinned = MetaInfo::of(draft.version, &bytes);
        drafted.files.insert(path, bytes);
        Ok((pinned, drafted))
    }

    fn shape(&self, before: Option<&Delegations>) -> Option<SuccinctBins> {
        let now = match before {
            Some(Delegations::Bins(bins)) => Some(bins.bits()),
            _ => None,
        };
        let bits = bits(self.listed.keys().filter(|path| is_record(path)).count(), now)?;
        let prefix = RoleName::delegated(PREFIX)?;
        SuccinctBins::new(prefix.clone(), self.keys.for_role(prefix), bits)
    }
}

fn is_record(path: &TargetPath) -> bool {
    packman_database::project_of_path(path.as_str()).is_some()
}

/// A bin that is left as it was lasts as long as the targets at least, so that none ever expires before they do; one that
/// is signed now lasts twice as long, so that most are left.
fn spread(
    bins: SuccinctBins,
    listed: BTreeMap<TargetPath, TargetInfo>,
    now: Time,
    lifetimes: &Lifetimes,
) -> BinsDraft {
    let (once, twice) = (lifetimes.targets_days, lifetimes.targets_days.saturating_mul(2));
    BinsDraft::new(bins, listed, now.plus_days(twice), now.plus_days(once))
}

fn sign_bins(
    folder: &Folder,
    signed: &Signed,
    draft: &BinsDraft,
    signers: &[Signer],
    drafted: &mut Drafted,
) -> Result<(), CurateError> {
    let before = before(folder, signed.good())?;
    let of = |name: &RoleName| {
        let (version, file) = before.get(name.as_str())?;
        Some(BinBefore { version: *version, file: file.as_deref() })
    };
    for bin in draft.sign(of, &[])? {
        let (path, version) = (bin.file_path(), bin.info.version);
        let file = if bin.is_new { sign_file(&path, bin.file.clone(), signers)? } else { bin.file.clone() };
        drafted.listed.insert(bin.in_snapshot(), MetaInfo::of(version, &file));
        if bin.is_new {
            drafted.files.insert(path, file);
        }
    }
    Ok(())
}

/// Of each role that the snapshot lists the version, and its file if that is the very one.
type Before = BTreeMap<String, (u64, Option<Vec<u8>>)>;

/// What there is of bins already, also of those that were used before and are listed still: a snapshot drops no name.
fn before(folder: &Folder, good: Option<&Good>) -> Result<Before, CurateError> {
    let mut before = BTreeMap::new();
    for (name, info) in good.into_iter().flat_map(Good::listed) {
        let Some(name) = name.strip_suffix(".json").and_then(RoleName::delegated) else { continue };
        let file = files::read_file(&folder.join(&name.file_path(info.version, true)), u64::MAX)?;
        let file = file.filter(|file| MetaInfo::of(info.version, file) == info);
        before.insert(name.as_str().to_owned(), (info.version, file));
    }
    Ok(before)
}

#[cfg(test)]
mod tests {
    use super::bits;

    #[test]
    fn there_are_bins_past_2000_projects_of_about_170_each() {
        let cases = [0, 1, 2_000, 2_001, 3_840, 3_841, 10_000, 100_000, 2_800_000, usize::MAX];
        let bits: Vec<_> = cases.iter().map(|projects| bits(*projects, None)).collect();
        let some = |bits| Some(bits);
        assert_eq!(
            bits,
            [None, None, None, some(4), some(4), some(5), some(6), some(9), some(14), None],
            "nobody has the last of these"
        );
    }

    #[test]
    fn their_number_stays_while_they_are_neither_half_empty_nor_twice_as_full() {
        let cases = [(2_001, 4), (5_455, 4), (5_456, 4), (2_720, 5), (2_719, 5), (10_000, 2)];
        let bits: Vec<_> = cases.iter().map(|(projects, now)| bits(*projects, Some(*now)).unwrap()).collect();
        assert_eq!(bits, [4, 4, 5, 5, 4, 6]);
        assert_eq!(super::bits(2_000, Some(4)), None);
    }
}
