//! How much work a resolution may be. Some questions take longer than the age of the universe to answer, and a database
//! can be made to ask one: every resolution ends, and where it ends depends on nothing but what was asked.

use std::cell::{Cell, RefCell};

use packman_names::{ProjectName, Ranges, Version};
use pubgrub::Map;

/// The most work that a resolution is given; some seconds of it.
///
/// The unit is one part of a range that is held against one thing learnt. What people install takes less than a
/// ten-thousandth of it; going back through 2,000 releases one by one, each of which needs another, about half.
pub const MOST_WORK: u64 = 50_000_000_000;

/// What is counted of a resolution.
#[derive(Debug)]
pub(crate) struct Effort {
    most: u64,
    steps: Cell<u64>,
    work: Cell<u64>,
    /// The parts of the range that has the most of them.
    widest: Cell<u64>,
    decisions: RefCell<Map<ProjectName, u64>>,
}

impl Effort {
    /// So much work may be done.
    pub(super) fn of(most: u64) -> Self {
        let (steps, work, widest) = (Cell::new(0), Cell::new(0), Cell::new(1));
        Self { most, steps, work, widest, decisions: RefCell::default() }
    }

    /// Counts a step; `false` once it is enough. A step holds ranges against what was learnt in the steps before.
    pub(super) fn step(&self) -> bool {
        let steps = self.steps.get() + 1;
        self.steps.set(steps);
        self.work.set(self.work.get().saturating_add(steps.saturating_mul(self.widest.get())));
        self.work.get() <= self.most
    }

    /// Notes how wide a range is.
    pub(super) fn look(&self, range: &Ranges<Version>) {
        self.widest.set(self.widest.get().max(range.iter().count() as u64));
    }

    /// Counts a decision.
    pub(super) fn decide(&self, project: &ProjectName) {
        *self.decisions.borrow_mut().entry(project.clone()).or_default() += 1;
    }

    /// How many steps were taken.
    pub(crate) fn steps(&self) -> u64 {
        self.steps.get()
    }

    /// The projects that were decided most often, most often first.
    pub(crate) fn most_decided(&self, how_many: usize) -> Vec<ProjectName> {
        let decisions = self.decisions.borrow();
        let mut most: Vec<(&ProjectName, &u64)> = decisions.iter().collect();
        most.sort_unstable_by(|one, other| other.1.cmp(one.1).then_with(|| one.0.cmp(other.0)));
        most.into_iter().take(how_many).map(|(project, _)| project.clone()).collect()
    }
}
