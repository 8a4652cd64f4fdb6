//! What is to change in an environment, and whether the environment has room for it.
//!
//! [`plan`] looks and writes nothing: it maps every new file to its place, finds what is in the way and whose it
//! is, and lists the moves that make the change. Only a [`Planned`] can be applied, and only while the lock that
//! it was planned under is held.

use std::collections::{BTreeSet, HashMap};
use std::io::ErrorKind;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use packman_names::{ProjectName, parse_version};
use packman_strict::Sha256;

use crate::amend::{self, Amendment};
use crate::conflict::{ChangeError, Conflict};
use crate::content::{NewFile, Source, files_of};
use crate::disable::{self, Disable, Disabled};
use crate::failure::Failure;
use crate::folder::{Folder, Kind, digest_file, split};
use crate::installed::{Installed, Recorded, list};
use crate::journal::Journal;
use crate::layout::DIST_INFO;
use crate::lock::EnvironmentLock;
use crate::receipt::Receipt;
use crate::removal::{InstalledRecord, Removal};
use crate::resolve::{Resolver, State};
use crate::scheme::{Places, join};
use crate::unpacked::Unpacked;

/// What is to change, all of it or nothing. An upgrade removes one version and installs another.
#[derive(Debug, Default)]
pub struct Change {
    /// Wheels to install.
    pub install: Vec<Install>,
    /// Installed projects to remove.
    pub remove: Vec<Installed>,
    /// Installed projects to move out of the way.
    pub disable: Vec<Disable>,
    /// Projects to move back.
    pub enable: Vec<Disabled>,
    /// What to add to the records of projects that stay installed; each project once.
    pub amend: Vec<Amendment>,
    /// How files get from the cache into the environment.
    pub link: LinkMode,
    /// How many threads may make files, besides this one.
    pub more_threads: usize,
}

/// A wheel to install.
#[derive(Debug)]
pub struct Install {
    /// The wheel, verified and unpacked.
    pub unpacked: Unpacked,
    /// Whether somebody asked for it by name.
    pub requested: bool,
    /// Who vouched for it.
    pub receipt: Option<Receipt>,
}

/// How a file gets from the cache into an environment. Where one cannot be done, the file is copied.
#[derive(Copy, Clone, Debug, Default, Eq, PartialEq)]
pub enum LinkMode {
    /// Clones where the file system can, else hard links: what is written in an environment reaches the cached file
    /// only where nothing better is to be had.
    #[default]
    Best,
    /// A second name for the cached file: fastest, and what is written through it changes the cached file,
    /// which is noticed the next time it is used.
    HardLink,
    /// The bytes are shared until one of the two is written, where the file system can do that.
    Clone,
    /// A file of its own.
    Copy,
}

/// A change for which a locked environment has room.
///
/// ```compile_fail
/// # fn f(places: &packman_wheel::Scheme) {
/// let planned = packman_wheel::Planned { places, wheels: vec![], files: vec![], ..todo!() };
/// # }
/// ```
#[derive(Debug)]
pub struct Planned<'lock> {
    pub(crate) places: &'lock Places,
    pub(crate) wheels: Vec<Unpacked>,
    /// Sorted by path.
    pub(crate) files: Vec<NewFile>,
    pub(crate) journal: Journal,
    pub(crate) link: LinkMode,
    pub(crate) more_threads: usize,
}

/// From how many files on a second thread is worth its while: some milliseconds' worth.
const MANY: usize = 1_000;

/// Plans a change of a locked environment. Reads only.
pub fn plan(lock: &EnvironmentLock, change: Change) -> Result<Planned<'_>, ChangeError> {
    let places = &lock.places;
    let mut room = Room::look(places, &change)?;
    let mut files: Vec<NewFile> = Vec::new();
    for amendment in &change.amend {
        files.extend(amend::files_of(places, amendment, &mut room.resolver, &mut room.removal)?);
    }
    files.extend(room.out_of_the_way(&change.disable)?);
    for disabled in &change.enable {
        room.verify_absent(&disabled.project)?;
        files.extend(disable::files_back(disabled, &mut room.resolver, &mut room.removal)?);
    }
    for install in &change.install {
        room.verify_absent(install.unpacked.name().project())?;
    }
    files.extend(all_files(lock, &change)?);
    let mut found = Vec::with_capacity(files.len());
    for file in files {
        room.take(file, &mut found)?;
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    let files = unite(found)?;
    let emptied = room.removal.emptied(places);
    let journal = Journal {
        out: room.removal.files.into_iter().collect(),
        into: room.tops.into_iter().collect(),
        emptied,
    };
    let wheels = change.install.into_iter().map(|install| install.unpacked).collect();
    let (link, more_threads) = (change.link, change.more_threads);
    Ok(Planned { places, wheels, files, journal, link, more_threads })
}

/// The files of every wheel, in the order of the wheels. Of many files each thread lists those of some wheels.
fn all_files(lock: &EnvironmentLock, change: &Change) -> Result<Vec<NewFile>, ChangeError> {
    let many = change.install.iter().map(|install| install.unpacked.file_count()).sum::<usize>() > MANY;
    let threads = if many { change.more_threads.min(change.install.len().saturating_sub(1)) } else { 0 };
    let next = AtomicUsize::new(0);
    let work = || {
        let mut listed = Vec::new();
        loop {
            let wheel = next.fetch_add(1, Ordering::Relaxed);
            let Some(install) = change.install.get(wheel) else { return listed };
            listed.push((wheel, files_of(lock, wheel, install)));
        }
    };
    let mut listed = thread::scope(|scope| {
        let others: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let mut listed = work();
        for other in others {
            listed.extend(other.join().unwrap_or_else(|panic| resume_unwind(panic)));
        }
        listed
    });
    listed.sort_unstable_by_key(|(wheel, _)| *wheel);
    let files: Vec<Vec<NewFile>> = listed.into_iter().map(|(_, files)| files).collect::<Result<_, _>>()?;
    Ok(files.into_iter().flatten().collect())
}

impl Planned<'_> {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty() && self.journal.out.is_empty()
    }

    /// How many files it makes.
    pub fn new_files(&self) -> usize {
        self.files.len()
    }

    /// How many files it takes away.
    pub fn old_files(&self) -> usize {
        self.journal.out.len()
    }
}

/// What is in the environment, as far as the change has to go around it.
struct Room<'p> {
    places: &'p Places,
    resolver: Resolver<'p>,
    removal: Removal,
    present: Vec<Present>,
    /// New files and outermost new folders.
    tops: BTreeSet<String>,
    /// Which project owns what, looked up when something is in the way.
    owners: Option<HashMap<String, ProjectName>>,
}

impl<'p> Room<'p> {
    fn look(places: &'p Places, change: &Change) -> Result<Self, ChangeError> {
        let mut resolver = Resolver::new(places)?;
        let mut removal = Removal::default();
        for installed in &change.remove {
            removal.add(&mut resolver, places, installed)?;
        }
        let present = present(places)?;
        let mut room = Self { places, resolver, removal, present, tops: BTreeSet::new(), owners: None };
        if !change.remove.is_empty() {
            // Two projects may list one file of the same content; it goes with the last of them.
            room.owners()?;
            let owners = room.owners.as_ref();
            room.removal.files.retain(|path| owners.is_none_or(|owners| !owners.contains_key(path)));
        }
        Ok(room)
    }

    /// Takes projects away, and gives the files that keep them: what another project lists as well stays with that.
    fn out_of_the_way(&mut self, projects: &[Disable]) -> Result<Vec<NewFile>, ChangeError> {
        let mut removals = Vec::new();
        for one in projects {
            let mut own = Removal::default();
            own.add(&mut self.resolver, self.places, &one.installed)?;
            self.removal.dist_infos.append(&mut own.dist_infos);
            // Who else owns a file is looked up once all that goes is known.
            self.owners = None;
            removals.push((one, own.files));
        }
        let mut files = Vec::new();
        for (one, mut own) in removals {
            let owners = self.owners()?;
            own.retain(|path| !owners.contains_key(path));
            files.extend(disable::files_of(one, own.iter().cloned()));
            self.removal.files.append(&mut own);
        }
        Ok(files)
    }

    /// Verifies that no other version of a project is installed once the change is made.
    fn verify_absent(&self, project: &ProjectName) -> Result<(), Conflict> {
        let mut same = self.present.iter().filter(|present| present.project == *project);
        match same.find(|present| !self.removal.dist_infos.contains(&present.dist_info)) {
            Some(Present { version, .. }) => {
                Err(Conflict::AlreadyInstalled { project: project.to_string(), version: version.clone() })
            }
            None => Ok(()),
        }
    }

    /// Finds room for a file: notes what has to be moved in for it, or refuses.
    fn take(&mut self, mut file: NewFile, found: &mut Vec<NewFile>) -> Result<(), ChangeError> {
        let (folder, kind) = self.resolver.file(&mut file.path)?;
        let (top, is_free) = match &folder.state {
            State::Missing(top) => (top, true),
            State::Blocked(by) => (by, self.removal.files.contains(by)),
            State::There => (&file.path, kind == Kind::Nothing || self.removal.files.contains(&file.path)),
        };
        if is_free {
            // Thousands of files come with one folder.
            if !self.tops.contains(top) {
                self.tops.insert(top.clone());
            }
            found.push(file);
            return Ok(());
        }
        let blocked = top.clone();
        let owner = self.owners()?.get(&blocked).map(ToString::to_string);
        let same = kind == Kind::File && self.digest(&blocked)? == file.digest;
        if owner.is_some() && same {
            return Ok(());
        }
        Err(Conflict::FileInTheWay { path: blocked, project: file.project.to_string(), owner }.into())
    }

    fn digest(&self, path: &str) -> Result<Sha256, Failure> {
        let path = self.places.root.join(path);
        let read = digest_file(&path).map_err(|error| Failure::new(path, "read", error));
        read.map(|(digest, _)| digest)
    }

    /// The files of every project that stays. A RECORD that cannot be read owns nothing.
    fn owners(&mut self) -> Result<&HashMap<String, ProjectName>, ChangeError> {
        if self.owners.is_none() {
            let mut owners = HashMap::new();
            for installed in list(self.places)?.installed {
                let recorded = installed.recorded == Recorded::Yes;
                let Ok(record) = InstalledRecord::read(self.places, &installed) else { continue };
                if recorded && !self.removal.dist_infos.contains(&record.dist_info) {
                    let paths = record.paths(self.places, &installed).unwrap_or_default();
                    owners.extend(paths.into_iter().map(|path| (path, installed.name.clone())));
                }
            }
            self.owners = Some(owners);
        }
        Ok(self.owners.get_or_insert_default())
    }
}

/// An installed project, as the name of its folder of facts tells.
struct Present {
    project: ProjectName,
    version: String,
    /// Relative to the root.
    dist_info: String,
}

fn present(places: &Places) -> Result<Vec<Present>, Failure> {
    let mut present = Vec::new();
    for site in places.site_folders() {
        let path = places.root.join(site);
        let names = match Folder::open(&path).and_then(|folder| folder.names()) {
            Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
            names => names.map_err(|error| Failure::new(path, "listed", error))?,
        };
        let found = names.iter().filter_map(|name| {
            let (project, version) = project_of(name)?;
            Some(Present { project, version, dist_info: join(site, name) })
        });
        present.extend(found);
    }
    Ok(present)
}

/// The project and version that a `.dist-info` or `.egg-info` is named for.
fn project_of(name: &str) -> Option<(ProjectName, String)> {
    let lower = name.to_lowercase();
    let stem = lower.strip_suffix(DIST_INFO).or_else(|| lower.strip_suffix(".egg-info"))?;
    // `name-1.0` or `name-1.0-py3.11`; older tools left dashes in names.
    let parts: Vec<&str> = stem.split('-').collect();
    let version = parts.iter().skip(1).position(|part| parse_version(part).is_ok())? + 1;
    let project = ProjectName::parse(&parts.get(..version)?.join("-")).ok()?;
    Some((project, (*parts.get(version)?).to_owned()))
}

/// Takes two files at one place for one where they are the same, and refuses them otherwise. The files are sorted.
fn unite(files: Vec<NewFile>) -> Result<Vec<NewFile>, Conflict> {
    let collide = |path: &str, first: &ProjectName, second: &ProjectName| Conflict::ProjectsCollide {
        path: path.to_owned(),
        first: first.to_string(),
        second: second.to_string(),
    };
    let mut united: Vec<NewFile> = Vec::with_capacity(files.len());
    for file in files {
        match united.last() {
            Some(first) if first.path != file.path => united.push(file),
            Some(first) if first.digest != file.digest => {
                return Err(collide(&file.path, &first.project, &file.project));
            }
            Some(_) => {}
            None => united.push(file),
        }
    }
    let mut folders: HashMap<&str, &ProjectName> = HashMap::new();
    let mut last = "";
    for file in &united {
        let mut folder = split(&file.path).0;
        // Files come sorted: most have the folder of the one before.
        if folder == std::mem::replace(&mut last, folder) {
            continue;
        }
        // Whose folders are known, those above it are known, too.
        while !folder.is_empty() && !folders.contains_key(folder) {
            folders.insert(folder, &file.project);
            folder = split(folder).0;
        }
    }
    // There are far fewer folders than files.
    let file_at = |path: &str| {
        let place = united.binary_search_by(|file| file.path.as_str().cmp(path)).ok()?;
        united.get(place)
    };
    let both = folders.iter().filter_map(|(path, other)| Some((file_at(path)?, *other)));
    match both.min_by(|(one, _), (other, _)| one.path.cmp(&other.path)) {
        Some((file, other)) => Err(collide(&file.path, &file.project, other)),
        None => Ok(united),
    }
}

/// Which files of a change are modules in source, for whoever compiles them.
pub(crate) fn is_module(file: &NewFile) -> bool {
    file.path.strip_suffix(".py").is_some() && matches!(file.source, Source::Cached { .. })
}
