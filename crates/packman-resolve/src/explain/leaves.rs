//! Takes the solver's proof apart into the facts that it rests on, each once.

use std::collections::BTreeSet;
use std::sync::Arc;

use packman_names::{ProjectName, Ranges, Version};
use pubgrub::{DerivationTree, External, Map};

use crate::needed::Flaw;
use crate::package::Package;

type Proof = DerivationTree<Package, Ranges<Version>, Flaw>;

/// What a proof rests on.
#[derive(Debug, Default)]
pub(super) struct Leaves {
    /// Which package needs which.
    pub(super) edges: Vec<Edge>,
    /// Where the solver looked for releases of a project and found none that is left.
    pub(super) empty: Map<ProjectName, Ranges<Version>>,
    /// Releases that cannot be chosen for what they are.
    pub(super) flawed: Vec<(ProjectName, Ranges<Version>, Flaw)>,
}

/// Versions of a package need versions of another.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Edge {
    pub(super) from: Package,
    pub(super) versions: Ranges<Version>,
    pub(super) to: Package,
    pub(super) wanted: Ranges<Version>,
}

impl Leaves {
    /// Takes a proof apart, without recursion and in pieces: it can be as deep as a backtracking was long, and to drop
    /// it whole would recurse.
    pub(super) fn of(proof: Proof) -> Self {
        let mut leaves = Self::default();
        let mut seen = BTreeSet::new();
        let mut rest = vec![Arc::new(proof)];
        let mut pieces = Vec::new();
        while let Some(piece) = rest.pop() {
            match &*piece {
                DerivationTree::External(external) => leaves.add(external),
                DerivationTree::Derived(derived) => {
                    if derived.shared_id.is_none_or(|id| seen.insert(id)) {
                        rest.push(Arc::clone(&derived.cause2));
                        rest.push(Arc::clone(&derived.cause1));
                    }
                }
            }
            pieces.push(piece);
        }
        // Parents come before their causes: when a parent goes, somebody still holds its causes.
        for piece in pieces {
            drop(piece);
        }
        leaves
    }

    fn add(&mut self, external: &External<Package, Ranges<Version>, Flaw>) {
        match external {
            External::NotRoot(..) => {}
            External::NoVersions(package, set) => {
                let Some(project) = package.project() else { return };
                let empty = self.empty.entry(project.clone()).or_insert_with(Ranges::empty);
                *empty = empty.union(set);
            }
            External::FromDependencyOf(from, versions, to, wanted) => {
                let edge = Edge {
                    from: from.clone(),
                    versions: versions.clone(),
                    to: to.clone(),
                    wanted: wanted.clone(),
                };
                if !self.edges.contains(&edge) {
                    self.edges.push(edge);
                }
            }
            External::Custom(package, set, flaw) => {
                let Some(project) = package.project() else { return };
                self.flawed.push((project.clone(), set.clone(), flaw.clone()));
            }
        }
    }
}
