//! Whoever publishes: a scapegoat his database, a keeper his list. Signs on demand, and knows the truth.

use std::collections::BTreeMap;
use std::sync::Arc;

use packman_database::{
    ABOUT_PATH, About, CoreMetadata, FileName, FileUrl, Kind, ProjectRecord, RECALLS_PATH, Recall, Recalls,
    RecordedFile, blob_path, record_path,
};
use packman_names::ProjectName;
use packman_strict::Sha256;
use packman_strict::time::Time;
use packman_trust::{DATABASES_PATH, EntryName, HeldBy, Listing, Listings, Scope};
use packman_tuf::{BinsDraft, Delegations, Role, SafetyNumber, TargetInfo, TargetPath};
use packman_wheel::make::WheelDraft;
use testkit::repository::Repository;

use crate::web::{Files, Web};

/// How long the word of each role lasts: what `curate init` gives them.
const LIVES: [(Role, i64); 4] =
    [(Role::Root, 365), (Role::Targets, 90), (Role::Snapshot, 30), (Role::Timestamp, 30)];

/// A project's versions, each with its wheel.
pub(crate) type Releases = BTreeMap<String, BTreeMap<String, Vec<u8>>>;

/// Whoever publishes at an address.
#[derive(Clone)]
pub(crate) struct Publisher {
    pub(crate) repository: Repository,
    pub(crate) about: About,
    /// What a database vouches for.
    pub(crate) releases: Releases,
    pub(crate) recalls: Recalls,
    /// What a list names.
    pub(crate) listings: Listings,
    /// Over how many bins records are spread, as a power of two.
    pub(crate) bits: Option<u32>,
    /// The site that serves it.
    pub(crate) site: String,
    /// Until when the newest word of each role counts.
    until: BTreeMap<Role, Time>,
}

/// A small wheel with a module of its own.
pub(crate) fn wheel(project: &str, version: &str, content: &str) -> Vec<u8> {
    let path = format!("{}.py", project.replace('-', "_"));
    WheelDraft::new(project, version).file(&path, content).build().unwrap()
}

impl Publisher {
    /// Somebody with keys of his own, who has published nothing yet.
    pub(crate) fn new(kind: Kind, site: &str, seed: u16, now: Time) -> Self {
        let about = About {
            kind,
            title: format!("What {site} says"),
            maintainer: "Ann <ann@example.org>".to_owned(),
            home_page: None,
            mirrors: vec![],
            scope: vec![],
        };
        Self {
            repository: Repository::with_seed(now, seed),
            about,
            releases: Releases::default(),
            recalls: Recalls::default(),
            listings: Listings::default(),
            bits: None,
            site: site.to_owned(),
            until: BTreeMap::new(),
        }
    }

    /// Vouches for a wheel, from the next publication on.
    pub(crate) fn release(&mut self, project: &str, version: &str, wheel: Vec<u8>) {
        self.releases.entry(project.to_owned()).or_default().insert(version.to_owned(), wheel);
    }

    /// Takes a release back, from the next publication on.
    pub(crate) fn recall(&mut self, project: &str, version: &str, now: Time) {
        let Some(wheel) = self.releases.get(project).and_then(|versions| versions.get(version)) else {
            return;
        };
        let recall = Recall {
            project: ProjectName::parse(project).unwrap(),
            version: version.to_owned(),
            reason: "it was tampered with".to_owned(),
            advice: None,
            at: now,
        };
        self.recalls.insert(Sha256::of(wheel), recall);
    }

    /// Names a database, from the next publication on.
    pub(crate) fn names(&mut self, name: &str, url: &str, number: SafetyNumber, scope: &str) {
        let listing = Listing {
            title: format!("What {name} says"),
            urls: vec![url.to_owned()],
            held: HeldBy::Root(number),
            scope: Scope::parse(&[scope]).unwrap(),
            withdrawn: None,
        };
        self.listings.set(EntryName::parse(name).unwrap(), listing);
    }

    /// The versions of a project that may be installed, by what is decided so far.
    pub(crate) fn offers(&self, project: &str) -> Vec<String> {
        let versions = self.releases.get(project).into_iter().flatten();
        let offered = versions.filter(|(_, wheel)| self.recalls.of(&Sha256::of(wheel)).is_none());
        offered.map(|(version, _)| version.clone()).collect()
    }

    /// Signs all that is decided, and gives what is published.
    pub(crate) fn publish(&mut self, now: Time) -> Files {
        self.live(now, &[Role::Targets]);
        self.repository.add_target(ABOUT_PATH, &self.about.encode());
        match self.about.kind {
            Kind::Database => self.records(now),
            Kind::List => self.repository.add_target(DATABASES_PATH, &self.listings.encode()),
        }
        self.repository.publish_targets();
        self.prolong(now)
    }

    /// Signs the next snapshot and timestamp.
    pub(crate) fn prolong(&mut self, now: Time) -> Files {
        self.live(now, &[Role::Snapshot, Role::Timestamp]);
        self.repository.refresh();
        self.files()
    }

    /// Signs the next root; what the roles below have signed with keys that it replaces has to be signed again.
    pub(crate) fn next_root(&mut self, now: Time) {
        self.live(now, &[Role::Root]);
        self.repository.publish_root();
    }

    /// Gives these roles new keys in one root, and signs all again.
    pub(crate) fn rotate(&mut self, roles: &[Role], now: Time) -> Files {
        for role in roles {
            let held = self.repository.signers(*role).len();
            let keys: Vec<_> = (0..held).map(|_| self.repository.new_key()).collect();
            *self.repository.signers_mut(*role) = keys;
        }
        self.next_root(now);
        self.publish(now)
    }

    /// Publishes, at its own site.
    pub(crate) fn publish_on(&mut self, web: &Web, now: Time) -> Files {
        let files = self.publish(now);
        web.serve(&self.site, &files);
        files
    }

    /// What is published now.
    pub(crate) fn files(&self) -> Files {
        Arc::new(self.repository.files().clone())
    }

    /// The number of the newest root.
    pub(crate) fn number(&self) -> SafetyNumber {
        self.repository.number(self.repository.version(Role::Root))
    }

    /// Until when what is published now counts.
    pub(crate) fn good_until(&self) -> Time {
        *self.until.values().min().expect("it was published")
    }

    /// Until when the newest word of a role counts.
    pub(crate) fn until(&self, role: Role) -> Time {
        *self.until.get(&role).expect("it was published")
    }

    /// From now on these roles' words last as long as they do.
    fn live(&mut self, now: Time, roles: &[Role]) {
        for (role, days) in LIVES.into_iter().filter(|(role, _)| roles.contains(role)) {
            self.repository.expiry.insert(role, now.plus_days(days));
            self.until.insert(role, now.plus_days(days));
        }
        self.until.entry(Role::Root).or_insert_with(|| self.repository.expiry[&Role::Root]);
    }

    fn records(&mut self, now: Time) {
        self.repository.add_target(RECALLS_PATH, &self.recalls.encode());
        let mut spread = Vec::new();
        for (project, versions) in &self.releases {
            let path = record_path(&ProjectName::parse(project).unwrap());
            let record = record(project, versions, now, &mut self.repository);
            self.repository.add_target(&path, &record);
            if self.bits.is_some() {
                self.repository.remove_target(&path);
                spread.push((TargetPath::parse(&path).unwrap(), TargetInfo::of(&record)));
            }
        }
        if let Some(bits) = self.bits {
            let until = now.plus_days(90);
            let draft = BinsDraft::new(self.repository.bins("projects", bits), spread, until, until);
            self.repository.delegations = Some(Delegations::Bins(draft.bins().clone()));
            self.repository.publish_bins(&draft);
        }
    }
}

fn record(
    project: &str,
    versions: &BTreeMap<String, Vec<u8>>,
    now: Time,
    repository: &mut Repository,
) -> Vec<u8> {
    let mut record = ProjectRecord::new(ProjectName::parse(project).unwrap());
    for (version, wheel) in versions {
        let name = format!("{}-{version}-py3-none-any.whl", project.replace('-', "_"));
        let sha256 = Sha256::of(wheel);
        repository.files_mut().insert(blob_path(&sha256, &name), wheel.clone());
        record.files.push(RecordedFile {
            name: FileName::parse(&name).unwrap(),
            sha256,
            size: wheel.len() as u64,
            urls: vec![FileUrl::Blob],
            metadata_sha256: None,
            record_sha256: None,
            metadata: Arc::new(CoreMetadata::default()),
            uploaded: None,
            first_seen: now,
            for_lock: false,
            yanked: None,
            provenance: Vec::new(),
            review: None,
            recalled: None,
        });
    }
    record.encode()
}
