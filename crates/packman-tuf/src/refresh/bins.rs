//! The bins that belong to a good set: each pinned by the snapshot, signed by the keys that the targets name for them.

use std::sync::Arc;

use packman_strict::quote::quoted;

use super::{Refresh, Stage};
use crate::lookup::verify_delegated;
use crate::{Delegations, File, MetaInfo, Reason, Refusal, Request, Role, SuccinctBins, Targets, Verified};

impl Refresh {
    /// What will be wanted after [`Refresh::step`], as far as that is known: for whoever can fetch several files at once.
    /// The answers are still wanted one by one.
    pub fn ahead(&self) -> Vec<Request> {
        let (Stage::Bin(_), Some(bins)) = (self.stage, self.shape()) else { return Vec::new() };
        let wanted = |number| {
            let info = self.listed_bin(bins, number).ok()?;
            self.kept_bin(bins, number, &info).is_none().then(|| self.bin_request(number, &info))
        };
        (self.bins.len() as u64 + 1..bins.count()).filter_map(wanted).collect()
    }

    /// Takes the bins that are here already, and goes on for the next that is not.
    pub(super) fn next_bin(&mut self, targets: &Verified<Targets>) -> Result<(), Refusal> {
        if let Some(Delegations::Bins(bins)) = targets.delegations().filter(|_| self.wants_bins) {
            while (self.bins.len() as u64) < bins.count() {
                let number = self.bins.len() as u64;
                let info = self.listed_bin(bins, number)?;
                let Some(kept) = self.kept_bin(bins, number, &info) else {
                    self.stage = Stage::Bin(info);
                    return Ok(());
                };
                self.bins.push(kept);
            }
        }
        self.attach_next(targets)
    }

    pub(super) fn bin(&mut self, info: MetaInfo, file: File<'_>) -> Result<(), Refusal> {
        let Some(targets) = self.memory.seen.targets.clone() else { return Ok(()) };
        let Some(Delegations::Bins(bins)) = targets.delegations() else { return Ok(()) };
        let (number, path) = (self.bins.len() as u64, self.wanted_path());
        let max_bytes = self.limits.targets_bytes;
        let new = verify_delegated(bins.keys(), &info, &path, file, max_bytes, self.now)?;
        // All of them together must stay readable: one file with as many targets would have to.
        let found =
            self.bins.iter().map(|bin| bin.bytes().len() as u64).sum::<u64>() + new.bytes().len() as u64;
        if found > max_bytes {
            return Err(Refusal::new(path, Reason::TooLarge { found, wanted: max_bytes }));
        }
        if let Some(kept) = self.good_bin(bins, number) {
            self.no_contradiction(&path, &new, kept)?;
        }
        self.bins.push(Arc::new(new));
        self.next_bin(&targets)
    }

    pub(super) fn bin_request(&self, number: u64, info: &MetaInfo) -> Request {
        let consistent = self.memory.root.is_consistent();
        let name = self.shape().map(|bins| bins.name(number));
        let path = name.map(|name| name.file_path(info.version, consistent)).unwrap_or_default();
        Request::metadata(path, info, self.limits.targets_bytes)
    }

    /// The path of the bin that is wanted.
    pub(super) fn wanted_path(&self) -> String {
        let Stage::Bin(info) = self.stage else { return String::new() };
        self.bin_request(self.bins.len() as u64, &info).path
    }

    fn shape(&self) -> Option<&SuccinctBins> {
        self.memory.seen.targets.as_ref().and_then(|targets| targets.delegations()?.bins())
    }

    /// What the snapshot in force says of a bin.
    fn listed_bin(&self, bins: &SuccinctBins, number: u64) -> Result<MetaInfo, Refusal> {
        let name = bins.name(number);
        let snapshot = self.memory.seen.snapshot.as_ref();
        let version = snapshot.map_or(0, |snapshot| snapshot.version());
        let path = || self.path(Role::Snapshot, version);
        let unlisted = || Refusal::new(path(), Reason::NotInSnapshot { role: name.clone() });
        let info = snapshot.and_then(|snapshot| snapshot.role(&name)).ok_or_else(unlisted)?;
        self.limits.rules.allow_pin(&path(), &quoted(&name.in_snapshot()).to_string(), &info)?;
        Ok(info)
    }

    /// The bin of the good set, where it is the very one that is wanted, and current.
    fn kept_bin(&self, bins: &SuccinctBins, number: u64, info: &MetaInfo) -> Option<Arc<Verified<Targets>>> {
        let kept = self.good_bin(bins, number)?;
        (kept.expires() > self.now && info.pins(kept)).then(|| Arc::clone(kept))
    }

    /// The bin of that number in the good set, where it has bins of the same shape with the same keys.
    fn good_bin(&self, bins: &SuccinctBins, number: u64) -> Option<&Arc<Verified<Targets>>> {
        let good = self.memory.good.as_ref()?;
        let same = good.targets.delegations()?.bins() == Some(bins);
        good.bins.get(usize::try_from(number).ok()?).filter(|_| same)
    }
}
