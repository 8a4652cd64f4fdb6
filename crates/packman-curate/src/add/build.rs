//! `--build-backends`: what has to be installed to build what was asked for and chosen, as its `[build-system]` says.
//!
//! Each source is built in an environment of its own, so each gets a set of releases of its own: two sources that want
//! two releases of one builder get both. What builds the builders is not looked for: they are there as wheels.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use packman_database::FileName;
use packman_machine::parallel::for_each_parallel;
use packman_machine::stop::Stop;
use packman_names::{ProjectName, SdistName, Target, Version};
use packman_requirements::{Asked, Demand, parse_build_system};

use super::choose::Choosing;
use super::rules::Verdict;
use super::sdist::{self, Limits};
use super::{Problem, THREADS, is_disk};
use crate::curator::Note;
use crate::error::{CurateError, No, Refused};
use crate::listing::{Candidate, Origin};

/// The largest source that is fetched only to be looked into, in bytes.
const LARGEST: u64 = 256 << 20;

/// The sets that have to be found, each once, in words that tell them apart.
type Sets = BTreeMap<Vec<String>, Vec<Asked>>;

impl Choosing<'_> {
    /// Chooses what builds the asked projects, and the releases of these files.
    pub(super) fn build_backends(&mut self, take: &[Arc<Candidate>]) -> Result<Vec<Asked>, CurateError> {
        let mut sets = Sets::new();
        let mut of_files: BTreeMap<&Path, Vec<Asked>> = BTreeMap::new();
        for asked in &self.asked.build {
            of_files.entry(&asked.place.file).or_default().push(asked.clone());
        }
        of_files.into_values().for_each(|set| put(&mut sets, set));
        let sources = self.sources(take)?;
        let read = for_each_parallel(sources, THREADS, self.files.curator.stop, |source, stop| {
            match self.build_system(&source, stop) {
                Err(fatal @ CurateError::Stopped) => Err(fatal),
                Err(fatal) if is_disk(&fatal) => Err(fatal),
                result => Ok((source, result)),
            }
        })?;
        for (source, result) in read {
            let what = source.name.as_str().to_owned();
            match result {
                Ok(found) => {
                    let left = found.not_taken.into_iter().map(|left| (what.clone(), No::Left(left).into()));
                    left.for_each(|(what, why)| self.problem(what, why));
                    put(&mut sets, found.build);
                }
                Err(why) => self.problem(what, why),
            }
        }
        let mut met = Vec::new();
        for set in sets.into_values() {
            if self.find_set(&set)? {
                met.extend(set);
            }
        }
        Ok(met)
    }

    /// The sources of the releases of these files, of which the rules admit what they say.
    fn sources(&mut self, take: &[Arc<Candidate>]) -> Result<Vec<Arc<Candidate>>, CurateError> {
        let releases: BTreeSet<(&ProjectName, &Version)> =
            take.iter().map(|file| (file.name.project(), file.name.version())).collect();
        let mut sources = Vec::new();
        for (project, version) in releases {
            let Some(listing) = self.index.listing(project)? else { continue };
            let of_release = listing.files.iter().filter(|file| file.name.version() == version);
            let mut listed = of_release.filter(|file| {
                matches!((&file.name, &file.origin), (FileName::Sdist(_), Origin::Web(_)))
                    && self.rules.judge(file) == Verdict::Fine
            });
            let is_read = |file: &Arc<Candidate>| {
                file.name.as_str().ends_with(".tar.gz") && file.size.is_none_or(|size| size <= LARGEST)
            };
            match (listed.clone().find(|file| is_read(file)), listed.next()) {
                (Some(source), _) => sources.push(Arc::clone(source)),
                (None, Some(other)) => {
                    self.selection.notes.push(Note::SourceUnread { file: other.name.as_str().to_owned() });
                }
                (None, None) => {}
            }
        }
        Ok(sources)
    }

    /// What a source says that builds it. Its hash is computed, and compared with what the index says.
    fn build_system(&self, source: &Candidate, stop: &Stop) -> Result<Demand, CurateError> {
        let file = source.name.as_str();
        let FileName::Sdist(name) = &source.name else { return Ok(Demand::default()) };
        let fetched = self.files.bytes_of_at_most(source, LARGEST, stop)?;
        read(name, fetched.bytes()).map_err(|why| Refused::Sdist { file: file.to_owned(), why }.into())
    }

    /// Finds a set for every target that it is for; says whether it was found.
    fn find_set(&mut self, set: &[Asked]) -> Result<bool, CurateError> {
        for target in &self.request.targets {
            let counts = |one: &&Asked| one.requirement.applies(&target.markers, &[]);
            let open: Vec<&Asked> = set.iter().filter(counts).collect();
            if open.is_empty() {
                continue;
            }
            match self.resolve(&open, target, true, None)? {
                Ok(found) => self.note_chosen(found),
                Err(why) => {
                    self.problem(in_words(&open, target), why);
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    fn problem(&mut self, what: String, why: CurateError) {
        self.selection.not_taken.push(Problem { what, why });
    }
}

fn put(sets: &mut Sets, set: Vec<Asked>) {
    let mut words: Vec<String> = set.iter().map(|one| one.requirement.to_string()).collect();
    words.sort();
    sets.entry(words).or_insert(set);
}

/// What is asked for, and for what.
fn in_words(open: &[&Asked], target: &Target) -> String {
    let set: Vec<String> = open.iter().map(|one| one.requirement.to_string()).collect();
    let builds = open.first().map_or_else(String::new, |one| one.place.file.to_string_lossy().into_owned());
    format!("{} to build {builds} for {}", set.join(", "), super::choose::named(target))
}

fn read(name: &SdistName, bytes: &[u8]) -> Result<Demand, String> {
    let pyproject = sdist::pyproject(name, bytes, Limits::USUAL)?;
    let path = format!("{}/pyproject.toml", name.as_str());
    parse_build_system(Path::new(&path), pyproject.as_deref()).map_err(|error| error.to_string())
}
