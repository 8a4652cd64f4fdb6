//! Decides which releases are installed: a set that fits what is asked for, or why there is none.
//!
//! Decides the choice: the highest version with a fitting wheel; what is installed stays if it fits; pre-releases and
//! yanked releases only where the user's words ask for one. Leaves to the [`Supply`] which files exist at all, which
//! for a user is what the gate offers. See `docs/resolving.md`.

mod explain;
mod known;
mod needed;
mod offers;
mod package;
mod policy;
mod request;
mod resolution;
mod supply;
mod wheels;
mod words;
mod world;

use pubgrub::PubGrubError;

pub use explain::{Explanation, Fact, Hint};
pub use needed::Flaw;
pub use offers::{OfferSource, resolve_offers};
pub use policy::RefusedRequirement;
pub use request::{Asked, InstalledPackage, Place, Request, Upgrade};
pub use resolution::{Action, Chosen, Resolution, Warning};
pub use supply::{Needs, Nobody, Release, Releases, Supplied, Supply, Unusable};
pub use wheels::{ListedWheel, choose_offered, choose_wheels};

pub use world::MOST_WORK;

use package::Package;
use resolution::Selected;
use world::{Stopped, World};

/// Why there is no resolution.
#[derive(Debug)]
pub enum Failure<E> {
    /// Nothing fits: an honest no.
    NoSolution(Box<Explanation>),
    /// A requirement is of a kind that PackMan does not take: an honest no.
    Requirement(RefusedRequirement),
    /// The supply refused or failed to answer.
    Supply(E),
}

/// Finds the set of releases that fits, with no more than [`MOST_WORK`].
pub fn resolve<S: Supply>(
    request: &Request<'_>,
    supply: &mut S,
) -> Result<Resolution<S::File>, Failure<S::Failure>> {
    resolve_within(request, supply, MOST_WORK)
}

/// The same with another limit of work: what takes more ends in an [`Explanation`] with the code `too-hard`.
pub fn resolve_within<S: Supply>(
    request: &Request<'_>,
    supply: &mut S,
    most_work: u64,
) -> Result<Resolution<S::File>, Failure<S::Failure>> {
    let world = World::new(request, supply, most_work).map_err(Failure::Requirement)?;
    let solution = match pubgrub::resolve(&world, Package::Request, World::<S>::root()) {
        Ok(solution) => solution,
        Err(PubGrubError::NoSolution(tree)) => {
            return Err(Failure::NoSolution(Box::new(explain::explain(tree, &world))));
        }
        Err(
            PubGrubError::ErrorRetrievingDependencies { source: stopped, .. }
            | PubGrubError::ErrorChoosingVersion { source: stopped, .. }
            | PubGrubError::ErrorInShouldCancel(stopped),
        ) => return Err(failure(stopped, &world)),
    };
    let selected = Selected::of(solution, &world).map_err(|stopped| failure(stopped, &world))?;
    Ok(selected.resolution(&world))
}

fn failure<S: Supply>(stopped: Stopped<S::Failure>, world: &World<'_, S>) -> Failure<S::Failure> {
    match stopped {
        Stopped::Supply(failure) => Failure::Supply(failure),
        Stopped::OutOfSteps => Failure::NoSolution(Box::new(explain::too_hard(world))),
    }
}
