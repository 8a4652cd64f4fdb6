//! Fetches ahead: the pages and METADATA that the resolver will most likely want next, while it thinks.
//!
//! A guess only: what was guessed wrong is not looked at, and what nobody guessed is asked for as ever, so that the
//! outcome does not depend on it.

use std::collections::{HashSet, VecDeque};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use packman_names::{ExtraName, ProjectName, Requirement, Target, VersionSpecifiers, admits};

use super::AddRequest;
use super::fetch::Files;
use super::rules::Rules;
use super::supply::releases;
use crate::index::{CoreMetadataFile, IndexClient};

/// How many pages are asked for at once.
const THREADS: usize = 8;
/// A chain of needs may be endless, and is its index's.
const MOST_PROJECTS: usize = 2_000;

/// What to fetch ahead, for one target.
pub(super) struct Ahead<'a> {
    index: &'a IndexClient<'a>,
    files: &'a Files<'a>,
    rules: &'a Rules,
    /// Whether what a release needs is wanted too.
    with_needs: bool,
    /// Whether what other platforms need is wanted too.
    everywhere: bool,
    wanted: Mutex<Wanted>,
    changed: Condvar,
}

#[derive(Default)]
struct Wanted {
    queue: VecDeque<Guess>,
    seen: HashSet<ProjectName>,
    is_over: bool,
}

/// A project that will be wanted, with these extras, in one of these versions.
struct Guess {
    project: ProjectName,
    extras: Vec<ExtraName>,
    specifiers: VersionSpecifiers,
    target: Target,
}

impl<'a> Ahead<'a> {
    pub(super) fn new(
        index: &'a IndexClient<'a>,
        files: &'a Files<'a>,
        rules: &'a Rules,
        request: &AddRequest,
    ) -> Self {
        let with_needs = request.with_dependencies;
        let everywhere = with_needs && !request.this_platform_only;
        Self {
            index,
            files,
            rules,
            with_needs,
            everywhere,
            wanted: Mutex::default(),
            changed: Condvar::new(),
        }
    }

    /// Does some work, and fetches ahead beside it until it ends.
    pub(super) fn beside<R>(&self, work: impl FnOnce() -> R) -> R {
        std::thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| self.fetch());
            }
            let result = work();
            let mut wanted = self.lock();
            wanted.is_over = true;
            wanted.queue.clear();
            drop(wanted);
            self.changed.notify_all();
            result
        })
    }

    /// Guesses that a requirement will be met, with no extra of whoever states it.
    pub(super) fn guess(&self, requirement: &Requirement, extras: &[ExtraName], target: &Target) {
        let counts = if self.everywhere {
            requirement.may_apply(&target.markers, extras)
        } else {
            requirement.applies(&target.markers, extras)
        };
        if requirement.url.is_some() || !counts {
            return;
        }
        let mut wanted = self.lock();
        if wanted.is_over
            || wanted.seen.len() >= MOST_PROJECTS
            || !wanted.seen.insert(requirement.name.clone())
        {
            return;
        }
        wanted.queue.push_back(Guess {
            project: requirement.name.clone(),
            extras: requirement.extras.clone(),
            specifiers: requirement.specifiers.clone(),
            target: target.clone(),
        });
        drop(wanted);
        self.changed.notify_one();
    }

    /// Guesses what lines of METADATA need; one that cannot be read is for the resolver to tell.
    pub(super) fn guess_needs(&self, requires_dist: &[String], extras: &[ExtraName], target: &Target) {
        for requirement in requires_dist.iter().filter_map(|line| Requirement::parse(line).ok()) {
            self.guess(&requirement, extras, target);
        }
    }

    fn fetch(&self) {
        while let Some(guess) = self.next() {
            self.follow(&guess);
        }
    }

    fn next(&self) -> Option<Guess> {
        let mut wanted = self.lock();
        loop {
            if wanted.is_over {
                return None;
            }
            if let Some(guess) = wanted.queue.pop_front() {
                return Some(guess);
            }
            wanted = self.changed.wait(wanted).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Asks for a page; where METADATA stands beside the wheel that would be chosen, for what that needs as well. What
    /// goes wrong is told to whoever really asks.
    fn follow(&self, guess: &Guess) {
        let Ok(Some(listing)) = self.index.listing(&guess.project) else { return };
        if !self.with_needs {
            return;
        }
        let usable = releases(&listing, self.rules, &guess.target).usable.into_iter();
        let best = usable
            .filter(|release| admits(&guess.specifiers, &release.version))
            .filter(|release| release.yanked.is_none() && !release.version.any_prerelease())
            .max_by(|one, other| one.version.cmp(&other.version));
        let Some(file) = best.map(|release| release.file) else { return };
        // Elsewhere it would cost the whole wheel to find out.
        if matches!(file.metadata, CoreMetadataFile::Beside(_))
            && let Ok(metadata) = self.files.metadata(&file)
        {
            self.guess_needs(&metadata.requires_dist, &guess.extras, &guess.target);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Wanted> {
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
