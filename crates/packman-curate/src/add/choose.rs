//! Chooses what to take: one release for each requirement, or the set that the resolver finds, for each target.
//!
//! Releases are chosen by the rules that clients choose by: the resolver decides in both places.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use packman_database::FileName;
use packman_names::{ProjectName, Target, Version, admits, ranges};
use packman_requirements::{Asked, Demand, Locked, NotTaken, WhyNotTaken};
use packman_resolve::{Failure, Release, Request, Upgrade, choose_wheels, resolve};

use super::ahead::Ahead;
use super::fetch::Files;
use super::for_lock::Following;
use super::rules::{Rules, Verdict};
use super::supply::{IndexSupply, listed, releases};
use super::take::Taking;
use super::{AddRequest, Problem, age};
use crate::curator::Note;
use crate::error::{CurateError, No, Refused};
use crate::index::IndexClient;
use crate::listing::{Candidate, Listing};

/// What was chosen.
#[derive(Default)]
pub(super) struct Selection {
    /// The files to take, each once.
    pub(super) take: Vec<Arc<Candidate>>,
    /// What was asked for and cannot be taken.
    pub(super) not_taken: Vec<Problem>,
    /// What a person should know.
    pub(super) notes: Vec<Note>,
}

/// Chooses for a whole request.
pub(super) fn choose(
    request: &AddRequest,
    asked: &Demand,
    rules: &Rules,
    index: &IndexClient<'_>,
    files: &Files<'_>,
) -> Result<Selection, CurateError> {
    let ahead = Ahead::new(index, files, rules, request);
    let target = request.targets.first();
    if let Some(target) = target {
        for one in &asked.asked {
            ahead.guess(&one.requirement, &[], target);
        }
    }
    ahead.beside(|| {
        let choosing = Choosing {
            request,
            asked,
            rules,
            index,
            files,
            ahead: &ahead,
            chosen: BTreeMap::new(),
            selection: Selection::default(),
        };
        choosing.run()
    })
}

pub(super) struct Choosing<'c> {
    pub(super) request: &'c AddRequest,
    pub(super) asked: &'c Demand,
    pub(super) rules: &'c Rules,
    pub(super) index: &'c IndexClient<'c>,
    pub(super) files: &'c Files<'c>,
    ahead: &'c Ahead<'c>,
    /// The releases that were chosen.
    chosen: BTreeMap<ProjectName, BTreeSet<Version>>,
    pub(super) selection: Selection,
}

impl<'c> Choosing<'c> {
    fn run(mut self) -> Result<Selection, CurateError> {
        let request = self.request;
        self.take_locks();
        let open = self.applicable()?;
        if request.with_dependencies {
            self.refuse_conflicts(&open)?;
            for target in &request.targets {
                self.set(&open, target)?;
            }
        } else {
            for one in &open {
                self.single(one)?;
            }
        }
        if request.all_versions {
            for one in &open {
                self.all_versions(one);
            }
        }
        let (mut for_lock, missing) = self.for_lock()?;
        self.selection.notes.extend(missing);
        self.take_chosen()?;
        if request.build_backends {
            let recorded = [&self.selection.take[..], &for_lock[..]].concat();
            let met = self.build_backends(&recorded)?;
            if !request.this_platform_only {
                let mut following = Following::new(&self, &self.chosen);
                following.follow(met.iter().map(|one| &one.requirement))?;
                for_lock.extend(following.take);
                self.selection.notes.extend(following.notes);
            }
            self.take_chosen()?;
        }
        // What is installed comes first: of two that are the same file, that one counts.
        self.selection.take.extend(for_lock);
        let notes = age::notes(request, self.rules, self.index, &open, &self.selection.take);
        let mut selection = self.selection;
        selection.notes.extend(notes);
        let mut seen = BTreeSet::new();
        selection.take.retain(|candidate| seen.insert(candidate.name.as_str().to_owned()));
        Ok(selection)
    }

    /// What lockers look for on other platforms, and what of it there is not.
    fn for_lock(&self) -> Result<(Vec<Arc<Candidate>>, Vec<Note>), CurateError> {
        if !self.follows_everywhere() {
            return Ok(Default::default());
        }
        let mut following = Following::new(self, &self.chosen);
        // What was refused, or does not go together with the rest, is in no lock either.
        let failed: BTreeSet<&str> =
            self.selection.not_taken.iter().map(|problem| problem.what.as_str()).collect();
        let requirements = self.asked.asked.iter().map(|one| &one.requirement);
        let met = requirements.filter(|requirement| !failed.contains(requirement.to_string().as_str()));
        following.follow(met)?;
        Ok((following.take, following.notes))
    }

    fn follows_everywhere(&self) -> bool {
        self.request.with_dependencies && !self.request.this_platform_only
    }

    /// The requirements that count for some target; pip passes over the others, too. What is listed with other hashes
    /// only is refused: whoever named them wants no other file.
    fn applicable(&mut self) -> Result<Vec<&'c Asked>, CurateError> {
        let (mut open, asked) = (Vec::new(), self.asked);
        for one in &asked.asked {
            let applies = |target: &Target| one.requirement.applies(&target.markers, &[]);
            if self.request.targets.iter().any(applies) {
                match self.other_hash(one)? {
                    Some(refused) => self.not_taken(one, refused.into()),
                    None => open.push(one),
                }
            } else if !(self.follows_everywhere() && self.may_apply(one)) {
                let note = Note::Elsewhere { requirement: in_words(one) };
                self.selection.notes.push(note);
            }
        }
        Ok(open)
    }

    /// Whether a requirement counts on some platform, with a Python that was named.
    fn may_apply(&self, one: &Asked) -> bool {
        self.request.targets.iter().any(|target| one.requirement.may_apply(&target.markers, &[]))
    }

    /// The refusal of a requirement that names hashes, where every file that would do has another.
    fn other_hash(&self, one: &Asked) -> Result<Option<Refused>, CurateError> {
        if one.hashes.is_empty() {
            return Ok(None);
        }
        let listing = match self.index.listing(&one.requirement.name) {
            Ok(Some(listing)) => listing,
            Err(fatal @ CurateError::Stopped) => return Err(fatal),
            // The resolver meets it again, and says what it means.
            Ok(None) | Err(_) => return Ok(None),
        };
        let admitted = |file: &&Arc<Candidate>| admits(&one.requirement.specifiers, file.name.version());
        let files: Vec<&Arc<Candidate>> = listing.files.iter().filter(admitted).collect();
        if files.iter().any(|file| self.rules.judge(file) != Verdict::OtherHash) {
            return Ok(None);
        }
        let fitting = |target| {
            let wheels = choose_wheels(files.iter().filter_map(|file| listed(file)), target).usable;
            wheels.into_iter().max_by(|one, other| one.version.cmp(&other.version))
        };
        let best = self.request.targets.iter().find_map(fitting).map(|release| release.file);
        let best = best.or_else(|| files.last().map(|file| Arc::clone(file)));
        Ok(best.and_then(|file| self.rules.refusal(&file)))
    }

    /// Refuses to begin where two requirements for one project leave no version: whichever was taken, the answer would
    /// be another than what was asked.
    fn refuse_conflicts(&self, open: &[&Asked]) -> Result<(), CurateError> {
        for (at, one) in open.iter().enumerate() {
            let same = |other: &&&Asked| {
                let together = |target: &&Target| {
                    let applies = |asked: &Asked| asked.requirement.applies(&target.markers, &[]);
                    applies(one) && applies(other)
                };
                other.requirement.name == one.requirement.name
                    && self.request.targets.iter().any(|target| together(&target))
            };
            for other in open.iter().skip(at + 1).filter(same) {
                let both = ranges(&one.requirement.specifiers);
                if both.intersection(&ranges(&other.requirement.specifiers)).is_empty() {
                    return Err(No::Conflict { asks: vec![in_words(one), in_words(other)] }.into());
                }
            }
        }
        Ok(())
    }

    /// The newest release that is there as source only, where every file was asked for and no wheel would do.
    fn source_only(&self, one: &Asked) -> Option<Version> {
        if !self.request.all_files {
            return None;
        }
        let listing = self.index.listing(&one.requirement.name).ok().flatten()?;
        let usable = |target| self.fitting(one, &listing, target).next().is_some();
        if self.request.targets.iter().any(usable) {
            return None;
        }
        let wanted = |file: &&Arc<Candidate>| {
            let version = file.name.version();
            let of_release = || listing.files.iter().filter(|other| other.name.version() == version);
            admits(&one.requirement.specifiers, version)
                && (one.requirement.names_prerelease() || !version.any_prerelease())
                && (one.pinned().is_some() || file.yanked.is_none())
                && self.rules.judge(file) == Verdict::Fine
                && of_release().all(|other| matches!(other.name, FileName::Sdist(_)))
        };
        listing.files.iter().filter(wanted).map(|file| file.name.version()).max().cloned()
    }

    /// Takes the source distribution of a requirement, where that is what there is and was asked for.
    fn take_source(&mut self, one: &Asked) -> bool {
        let Some(version) = self.source_only(one) else { return false };
        let project = one.requirement.name.clone();
        self.selection.notes.push(Note::SourceOnly { project: project.clone(), version: version.clone() });
        self.note_chosen(vec![(project, version)]);
        true
    }

    /// The newest release that fits every target, else the newest for each.
    fn single(&mut self, one: &Asked) -> Result<(), CurateError> {
        let project = &one.requirement.name;
        let common = self.common(one)?;
        let only = (!common.is_empty()).then_some((project, &common));
        let mut failed = Vec::new();
        for target in &self.request.targets {
            match self.resolve(&[one], target, false, only)? {
                Ok(found) => self.note_chosen(found),
                Err(why) => failed.push((target, why)),
            }
        }
        // Where it fails everywhere, it mostly fails for one reason.
        let everywhere = failed.len() == self.request.targets.len();
        if everywhere && self.take_source(one) {
            return Ok(());
        }
        for (target, why) in failed.into_iter().take(if everywhere { 1 } else { usize::MAX }) {
            let what = if everywhere { String::new() } else { format!(" for {}", named(target)) };
            let what = format!("{}{what}", one.requirement);
            self.selection.not_taken.push(Problem { what, why });
        }
        Ok(())
    }

    /// The releases that fit every target.
    fn common(&self, one: &Asked) -> Result<BTreeSet<Version>, CurateError> {
        let mut common: Option<BTreeSet<Version>> = None;
        let listing = match self.index.listing(&one.requirement.name) {
            Ok(Some(listing)) => listing,
            Err(fatal @ CurateError::Stopped) => return Err(fatal),
            // The resolver meets it again, and says what it means.
            Ok(None) | Err(_) => return Ok(BTreeSet::new()),
        };
        for target in &self.request.targets {
            let fitting: BTreeSet<Version> = self.fitting(one, &listing, target).collect();
            common = Some(match common {
                Some(common) => common.intersection(&fitting).cloned().collect(),
                None => fitting,
            });
        }
        Ok(common.unwrap_or_default())
    }

    /// The set that the resolver finds for all of them together; where there is none, for as many as go together, and
    /// what a file pins is taken all the same.
    fn set(&mut self, open: &[&Asked], target: &Target) -> Result<(), CurateError> {
        if let Ok(found) = self.resolve(open, target, true, None)? {
            self.note_chosen(found);
            return Ok(());
        }
        let mut together: Vec<&Asked> = Vec::new();
        for one in open {
            together.push(one);
            let Err(why) = self.resolve(&together, target, true, None)? else { continue };
            together.pop();
            if self.take_source(one) {
                continue;
            }
            let alone =
                if one.pinned().is_some() { self.resolve(&[one], target, false, None)?.ok() } else { None };
            match alone {
                Some(alone) => {
                    self.note_chosen(alone);
                    self.not_taken(one, apart(why));
                }
                None => self.not_taken(one, why),
            }
        }
        if let Ok(found) = self.resolve(&together, target, true, None)? {
            self.note_chosen(found);
        }
        Ok(())
    }

    /// Resolves; the inner error is one that ends this requirement, the outer one that ends the command.
    pub(super) fn resolve(
        &self,
        asked: &[&Asked],
        target: &Target,
        with_needs: bool,
        only: Option<(&ProjectName, &BTreeSet<Version>)>,
    ) -> Result<Result<Vec<(ProjectName, Version)>, CurateError>, CurateError> {
        let words = |asked: &Asked| packman_resolve::Asked {
            requirement: asked.requirement.clone(),
            place: place(asked),
        };
        let requirements: Vec<_> = asked.iter().map(|asked| words(asked)).collect();
        let constraints: Vec<_> = self.asked.constraints.iter().map(words).collect();
        let (installed, upgrade) = ([], Upgrade::Nothing);
        let request = Request {
            requirements: &requirements,
            constraints: &constraints,
            target,
            installed: &installed,
            upgrade: &upgrade,
        };
        let (index, files, ahead, rules) = (self.index, self.files, self.ahead, self.rules);
        let mut supply =
            IndexSupply { index, files, ahead, rules, target, with_needs, only, told: BTreeMap::new() };
        let why = match resolve(&request, &mut supply) {
            Ok(found) => {
                let chosen = found.chosen.into_iter().map(|chosen| (chosen.project, chosen.version));
                return Ok(Ok(chosen.collect()));
            }
            Err(Failure::Supply(fatal @ (CurateError::Stopped | CurateError::Usage(_)))) => {
                return Err(fatal);
            }
            Err(Failure::Supply(why)) if super::is_disk(&why) => return Err(why),
            Err(Failure::Supply(why)) => why,
            Err(Failure::Requirement(refused)) => No::Requirement(refused).into(),
            Err(Failure::NoSolution(explanation)) => {
                let asked = asked.last().map_or_else(String::new, |asked| asked.requirement.to_string());
                No::NothingFits { asked, explanation }.into()
            }
        };
        Ok(Err(why))
    }

    pub(super) fn note_chosen(&mut self, found: Vec<(ProjectName, Version)>) {
        for (project, version) in found {
            self.chosen.entry(project).or_default().insert(version);
        }
    }

    /// Reports a requirement once, however many targets it fails for.
    fn not_taken(&mut self, one: &Asked, why: CurateError) {
        let what = one.requirement.to_string();
        if !self.selection.not_taken.iter().any(|problem| problem.what == what) {
            self.selection.not_taken.push(Problem { what, why });
        }
    }

    /// Every release that fits, but pre-releases and yanked ones that nobody asked for.
    fn all_versions(&mut self, one: &Asked) {
        let Ok(Some(listing)) = self.index.listing(&one.requirement.name) else { return };
        for target in &self.request.targets {
            let fitting =
                self.fitting(one, &listing, target).map(|version| (one.requirement.name.clone(), version));
            self.note_chosen(fitting.collect());
        }
    }

    /// The releases that are asked for and fit the target, but pre-releases and yanked ones that nobody asked for.
    fn fitting(&self, one: &Asked, listing: &Listing, target: &Target) -> impl Iterator<Item = Version> {
        let requirement = &one.requirement;
        let asked_for = |release: &Release<Arc<Candidate>>| {
            admits(&requirement.specifiers, &release.version)
                && (requirement.names_prerelease() || !release.version.any_prerelease())
                && (one.pinned().is_some() || release.yanked.is_none())
        };
        let usable = releases(listing, self.rules, target).usable;
        usable.into_iter().filter(asked_for).map(|release| release.version)
    }

    /// Takes the files of what was chosen.
    fn take_chosen(&mut self) -> Result<(), CurateError> {
        for (project, versions) in std::mem::take(&mut self.chosen) {
            let Some(listing) = self.index.listing(&project)? else { continue };
            for version in versions {
                self.selection.take.extend(self.taking().files(&listing, &version));
            }
        }
        Ok(())
    }

    /// Takes what lock files name, as far as some target needs it.
    fn take_locks(&mut self) {
        let (locks, mut needed) = (&self.asked.locks, Vec::<&Locked>::new());
        for target in &self.request.targets {
            let more = locks.needed(&target.markers);
            let is_new = |locked: &&Locked| !needed.iter().any(|other| std::ptr::eq(*other, *locked));
            let more: Vec<&Locked> = more.into_iter().filter(is_new).collect();
            needed.extend(more);
        }
        let releases = locks.releases.len() - needed.len();
        if releases > 0 {
            self.selection.notes.push(Note::LockedElsewhere { releases });
        }
        needed.into_iter().for_each(|locked| self.take_locked(locked));
    }

    /// Takes what a lock file names of a release.
    fn take_locked(&mut self, locked: &Locked) {
        let version = locked.version.as_ref();
        let what = version.map_or(locked.name.to_string(), |version| format!("{}=={version}", locked.name));
        let why = match (&locked.left, version) {
            (None, Some(version)) => {
                let listing = Listing::of_lock(locked, &locked.place.to_string());
                let taken = self.taking().files(&listing, version);
                if !taken.is_empty() {
                    return self.selection.take.extend(taken);
                }
                No::NoWheel { what: what.clone() }
            }
            (left, _) => No::Left(NotTaken {
                what: what.clone(),
                why: left.clone().unwrap_or(WhyNotTaken::Path),
                place: locked.place.clone(),
            }),
        };
        self.selection.not_taken.push(Problem { what, why: why.into() });
    }

    pub(super) fn taking(&self) -> Taking<'c> {
        Taking { request: self.request, rules: self.rules }
    }
}

/// A requirement as a person asked it, with its place.
fn in_words(one: &Asked) -> String {
    let what = crate::quoted(&one.requirement.to_string()).to_string();
    if one.place.line == 0 { what } else { format!("{what} ({})", one.place) }
}

/// The same reason, for what was recorded all the same.
fn apart(why: CurateError) -> CurateError {
    match why {
        CurateError::No(no) => match *no {
            No::NothingFits { asked, explanation } => No::Apart { asked, explanation }.into(),
            other => other.into(),
        },
        other => other,
    }
}

/// What a target is called.
pub(super) fn named(target: &Target) -> String {
    let marker = |name| target.markers.get(name).unwrap_or_default();
    format!(
        "Python {} on {} {}",
        marker("python_version"),
        marker("sys_platform"),
        marker("platform_machine")
    )
}

fn place(asked: &Asked) -> packman_resolve::Place {
    if asked.place.file.as_os_str().is_empty() {
        return packman_resolve::Place::CommandLine;
    }
    let name = asked.place.file.to_string_lossy().into_owned();
    packman_resolve::Place::File { name, line: asked.place.line.max(1) }
}
