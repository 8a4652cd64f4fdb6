//! Resolves over offers: what the gate lets a user have is all that can be chosen.

use std::sync::Arc;

use packman_names::{ProjectName, Target, Version};
use packman_trust::{LeftOut, Offer, OfferedFile, Refused, WheelPlace, WhyNot};

use crate::request::Request;
use crate::resolution::Resolution;
use crate::supply::{Needs, Nobody, Supplied, Supply, Unusable};
use crate::wheels::choose_offered;
use crate::{Failure, resolve};

/// Where offers come from: the gate, and whoever fetches the records that it wants.
pub trait OfferSource {
    /// Why there is no answer: a refusal or a failure.
    type Failure: From<Refused> + 'static;

    /// The offer of a project; `None` where nobody in the ring vouches for it. Asked once for each project that is
    /// reached.
    fn offer(&mut self, project: &ProjectName) -> Result<Option<Arc<Offer>>, Self::Failure>;

    /// These projects will probably be asked for soon.
    fn expect(&mut self, _projects: &[ProjectName]) {}
}

/// Finds the set of offered files that fits.
pub fn resolve_offers<O: OfferSource>(
    request: &Request<'_>,
    source: &mut O,
) -> Result<Resolution<OfferedFile>, Failure<O::Failure>> {
    let mut supply = OfferSupply { target: request.target, source };
    let resolution = resolve(request, &mut supply)?;
    resolution
        .try_map(|wheel| wheel.offer.file(wheel.place))
        .map_err(|refused| Failure::Supply(O::Failure::from(refused)))
}

struct OfferSupply<'a, O> {
    target: &'a Target,
    source: &'a mut O,
}

/// A wheel of an offer, by its place: a record may list thousands, and few are read whole.
#[derive(Clone)]
struct Wheel {
    offer: Arc<Offer>,
    place: WheelPlace,
}

impl<O: OfferSource> Supply for OfferSupply<'_, O> {
    type File = Wheel;
    type Failure = O::Failure;

    fn releases(&mut self, project: &ProjectName) -> Result<Supplied<Wheel>, O::Failure> {
        let Some(offer) = self.source.offer(project)? else { return Ok(Supplied::Nobody(Nobody::Vouches)) };
        let mut releases = choose_offered(&offer, self.target);
        releases.leave_out(offer.left_out().map(unusable));
        Ok(Supplied::Releases(releases.map(|place| Wheel { offer: Arc::clone(&offer), place })))
    }

    fn expect(&mut self, projects: &[ProjectName]) {
        self.source.expect(projects);
    }

    fn needs<'a>(&'a mut self, _: &ProjectName, wheel: &'a Wheel) -> Result<Needs<'a>, O::Failure> {
        let metadata = wheel.offer.metadata(wheel.place);
        Ok(Needs {
            requires_dist: metadata.requires_dist.to_vec().into(),
            provides_extra: metadata.provides_extra.to_vec().into(),
        })
    }
}

fn unusable(left_out: LeftOut<'_>) -> (Version, Unusable) {
    let why = left_out.why();
    let words = match why {
        WhyNot::SourceDistribution => return (left_out.version().clone(), Unusable::SourceOnly),
        WhyNot::Recalled { .. } => format!("was {}", why.words()),
        WhyNot::Quorum(_) => format!("is not agreed on: {}", why.words()),
        WhyNot::Unreviewed { .. } | WhyNot::Unverified => format!("is not allowed: {}", why.words()),
    };
    (left_out.version().clone(), Unusable::LeftOut { code: why.code(), words })
}
