//! Quorum: whether enough databases that are independent of each other agree on a file.
//!
//! Two agree when they list the same file name with the same SHA-256 and the same METADATA. What two databases say that
//! share a root or targets key is one word: whoever has that key can make both say it. What a project depends on
//! inherits its rule, so that code which nobody else looked at does not come in by the back door.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use packman_database::{FlatFile, FlatRecord, Recalls};
use packman_names::ProjectName;
use packman_strict::time::Time;
use packman_tuf::{Delegations, Good, Memory, PublicKey, Role};

use crate::ring::{EntryName, Owner, Quorum, Ring};

/// That too few independent databases agree on a file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Shortfall {
    /// How many must agree.
    pub wanted: usize,
    /// How many do.
    pub agreed: usize,
    /// What stands against each of the others that the rule names.
    pub dissents: Vec<(EntryName, Dissent)>,
    /// The project that has the rule, where it holds for this one only because that one needs it.
    pub inherited_from: Option<ProjectName>,
}

/// Why a database that a rule names does not count for a file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Dissent {
    /// It is not in the trust ring.
    NotInRing,
    /// No signature holds it, so anybody could speak for it.
    NotSigned,
    /// It may not answer for the project.
    OutOfScope,
    /// No good copy of it is kept.
    Absent,
    /// It was refused at this run, or the user has to decide about it; the stable code.
    Refused(&'static str),
    /// Its word has expired.
    Expired(Time),
    /// Its record could not be read; why.
    Unread(String),
    /// It does not list the file.
    NotListed,
    /// It lists a file of that name with another SHA-256.
    OtherBytes,
    /// It lists the file with another METADATA, or does not say with which.
    OtherMetadata,
    /// It took the file back.
    Recalled(String),
    /// It agrees, and shares a key with one that was counted.
    SharesKey(EntryName),
}

impl Dissent {
    /// What there is to say of the database: what comes after its name.
    pub fn words(&self) -> String {
        match self {
            Self::NotInRing => "is not in your trust ring".to_owned(),
            Self::NotSigned => "is not signed".to_owned(),
            Self::OutOfScope => "may not answer for it".to_owned(),
            Self::Absent => "was never reached".to_owned(),
            Self::Refused(code) => format!("is refused ({code})"),
            Self::Expired(since) => format!("expired on {}", since.date()),
            Self::Unread(why) => format!("could not be read: {}", why.escape_debug()),
            Self::NotListed => "does not list it".to_owned(),
            Self::OtherBytes => "lists another file of that name".to_owned(),
            Self::OtherMetadata => "lists it with another METADATA".to_owned(),
            Self::Recalled(reason) => format!("recalled it: {}", reason.escape_debug()),
            Self::SharesKey(with) => format!("shares a key with `{with}`, so both are one word"),
        }
    }
}

impl Shortfall {
    /// The reason in one line.
    pub fn words(&self) -> String {
        let against: Vec<String> =
            self.dissents.iter().map(|(name, dissent)| format!("`{name}` {}", dissent.words())).collect();
        let inherited = match &self.inherited_from {
            Some(project) => format!(" (the rule of `{project}`, which needs it)"),
            None => String::new(),
        };
        format!("quorum, {} of {}{inherited}: {}", self.agreed, self.wanted, against.join("; "))
    }
}

/// Which rules hold for which projects only because others need them. Rules are only ever added: what was needed once in
/// the search for a set that fits stays under its rule, so that the search comes to an end.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Inherited {
    /// By project: which rule of the ring, and whose it is.
    rules: BTreeMap<ProjectName, BTreeMap<usize, ProjectName>>,
    everywhere: bool,
}

impl Inherited {
    /// Hands the rules on to what is needed: each project with those that need it. Says whether a rule holds anew
    /// somewhere, so that what was chosen has to be chosen again.
    pub fn spread<'p>(
        &mut self,
        ring: &Ring,
        needed: &(impl Iterator<Item = (&'p ProjectName, &'p [ProjectName])> + Clone),
    ) -> bool {
        if ring.quorums().is_empty() || self.everywhere {
            return false;
        }
        let mut spread = false;
        loop {
            let mut changed = false;
            for (project, by) in needed.clone() {
                for parent in by {
                    changed |= self.hand_on(ring, parent, project);
                }
            }
            if !changed {
                return spread;
            }
            spread = true;
        }
    }

    fn hand_on(&mut self, ring: &Ring, parent: &ProjectName, project: &ProjectName) -> bool {
        let of_parent: Vec<(usize, ProjectName)> = self
            .rules(ring, parent)
            .into_iter()
            .map(|(rule, from)| (rule, from.unwrap_or(parent).clone()))
            .collect();
        let mut changed = false;
        for (rule, from) in of_parent {
            let Some(owner) = ring.quorums().get(rule).map(|rule| rule.owner) else { continue };
            if own_rule(ring, project, owner).is_none() {
                let of_project = self.rules.entry(project.clone()).or_default();
                if let std::collections::btree_map::Entry::Vacant(place) = of_project.entry(rule) {
                    place.insert(from);
                    changed = true;
                }
            }
        }
        changed
    }

    /// Lets every rule hold for every project that has none of its own: for who cannot go on looking for which it does.
    /// Says whether that is new.
    pub fn hold_everywhere(&mut self, ring: &Ring) -> bool {
        !std::mem::replace(&mut self.everywhere, true) && !ring.quorums().is_empty()
    }

    /// The rules that hold for a project, and from whom it has each that is not its own.
    pub fn holding<'h>(
        &'h self,
        ring: &'h Ring,
        project: &ProjectName,
    ) -> impl Iterator<Item = (&'h Quorum, Option<&'h ProjectName>)> + use<'h> {
        let rules = self.rules(ring, project).into_iter();
        rules.filter_map(|(place, from)| Some((ring.quorums().get(place)?, from)))
    }

    /// The rules that hold for a project: its own, else those that it inherited, of the administrator and of the user
    /// each; and from whom it has them.
    pub(crate) fn rules(&self, ring: &Ring, project: &ProjectName) -> Vec<(usize, Option<&ProjectName>)> {
        let mut rules = Vec::new();
        for owner in [Owner::Administrator, Owner::User] {
            if let Some(own) = own_rule(ring, project, owner) {
                rules.push((own, None));
                continue;
            }
            let of_owner = |rule: usize| ring.quorums().get(rule).is_some_and(|rule| rule.owner == owner);
            let inherited = self.rules.get(project);
            let from = |rule: &usize| inherited.and_then(|inherited| inherited.get(rule));
            let all = (0..ring.quorums().len()).filter(|rule| of_owner(*rule));
            let holding = all.filter(|rule| self.everywhere || from(rule).is_some());
            rules.extend(holding.map(|rule| (rule, from(&rule))));
        }
        rules
    }
}

/// The first rule of an owner that names a project.
fn own_rule(ring: &Ring, project: &ProjectName, owner: Owner) -> Option<usize> {
    ring.quorums().iter().position(|rule| rule.owner == owner && rule.projects.admits(project))
}

/// What a database that a rule names has to say of a project.
#[derive(Debug)]
pub(crate) struct Ballot<'r> {
    files: HashMap<&'r str, FlatFile<'r>>,
    recalls: &'r Recalls,
}

impl<'r> Ballot<'r> {
    pub(crate) fn of(record: &'r FlatRecord, recalls: &'r Recalls) -> Self {
        Self { files: record.files().map(|file| (file.filename(), file)).collect(), recalls }
    }

    /// Whether it says of a file what the database says that answers.
    fn on(&self, file: &FlatFile<'_>) -> Result<(), Dissent> {
        let sha256 = file.sha256();
        if let Some(recall) = self.recalls.of(&sha256) {
            return Err(Dissent::Recalled(recall.reason.clone()));
        }
        let own = self.files.get(file.filename()).ok_or(Dissent::NotListed)?;
        if own.sha256() != sha256 {
            return Err(Dissent::OtherBytes);
        }
        if let Some(reason) = own.recalled() {
            return Err(Dissent::Recalled(reason.to_owned()));
        }
        match (own.metadata_sha256(), file.metadata_sha256()) {
            (Some(own), Some(other)) if own == other => Ok(()),
            _ => Err(Dissent::OtherMetadata),
        }
    }
}

/// One database that a rule names.
#[derive(Debug)]
pub(crate) struct Voter<'r> {
    pub(crate) name: EntryName,
    /// Those with the same number are one: they share a key, with each other or with one that both share one with.
    pub(crate) group: usize,
    pub(crate) ballot: Result<Ballot<'r>, Dissent>,
}

/// A rule that holds for a project, with what its databases say of that.
#[derive(Debug)]
pub(crate) struct Jury<'r> {
    pub(crate) wanted: usize,
    pub(crate) voters: Vec<Voter<'r>>,
    pub(crate) inherited_from: Option<ProjectName>,
}

impl Jury<'_> {
    /// What is lacking for a file; `None` where enough agree.
    pub(crate) fn lacks(&self, file: &FlatFile<'_>) -> Option<Shortfall> {
        let mut counted: Vec<(usize, &EntryName)> = Vec::new();
        let mut dissents = Vec::new();
        for voter in &self.voters {
            let same = counted.iter().find(|(group, _)| *group == voter.group).map(|(_, name)| *name);
            let dissent = match (&voter.ballot, same) {
                (Err(dissent), _) => Some(dissent.clone()),
                (Ok(ballot), same) => {
                    ballot.on(file).err().or_else(|| same.map(|name| Dissent::SharesKey(name.clone())))
                }
            };
            match dissent {
                Some(dissent) => dissents.push((voter.name.clone(), dissent)),
                None => counted.push((voter.group, &voter.name)),
            }
        }
        let (wanted, agreed) = (self.wanted, counted.len());
        let inherited_from = self.inherited_from.clone();
        (agreed < wanted).then_some(Shortfall { wanted, agreed, dissents, inherited_from })
    }
}

/// The keys that can make a database list something: those of its root, of its targets, and of whom they delegate to.
pub(crate) fn keys<'k>(memory: &'k Memory, good: &'k Good) -> BTreeSet<&'k PublicKey> {
    let roots = [memory.root(), good.root()];
    let of_roots = roots.into_iter().flat_map(|root| [Role::Root, Role::Targets].map(|role| root.keys(role)));
    let mut keys: BTreeSet<&PublicKey> = of_roots.flat_map(|keys| keys.distinct()).collect();
    match good.delegations() {
        Some(Delegations::Bins(bins)) => keys.extend(bins.keys().distinct()),
        Some(Delegations::Roles(roles)) => keys.extend(roles.iter().flat_map(|role| role.keys.distinct())),
        None => {}
    }
    keys
}

/// For each database that a rule names the number of its group: who shares a key with another is in its group, and so is
/// whom that one shares one with. A database of which no key is known is alone.
pub(crate) fn groups(rule: &Quorum, keys: &BTreeMap<&EntryName, BTreeSet<&PublicKey>>) -> Vec<usize> {
    let mut groups: Vec<usize> = (0..rule.of.len()).collect();
    let mut holder: BTreeMap<&PublicKey, usize> = BTreeMap::new();
    for (place, name) in rule.of.iter().enumerate() {
        for key in keys.get(name).into_iter().flatten() {
            let first = *holder.entry(key).or_insert(place);
            let pair = [first, place].map(|place| groups.get(place).copied().unwrap_or(place));
            let [low, high] = [pair[0].min(pair[1]), pair[0].max(pair[1])];
            groups.iter_mut().filter(|group| **group == high).for_each(|group| *group = low);
        }
    }
    groups
}
