//! Whether somebody still vouches for what is installed: a database may have taken its word back since.
//!
//! Only what PackMan installed can lose a word. Who cannot answer now (refused, expired, not reached, record not kept)
//! takes nothing back.

use packman_names::{ProjectName, Version};
use packman_resolve::OfferSource as _;
use packman_strict::Sha256;
use packman_trust::{Answer, Gate, Nobody, Offer, Purpose, WhyNot};
use packman_wheel::Installed;

use crate::client::{Client, Reach};
use crate::environment::Environment;
use crate::offers::{Offers, Packs};

/// What became of the word that an installed package came with.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Lapse {
    /// Nobody who may answer vouches for that file any more.
    Withdrawn,
    /// It was recalled, for this reason in its scapegoat's words.
    Recalled(String),
}

/// An installed package that nobody vouches for any more.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Lapsed {
    /// Its project.
    pub name: ProjectName,
    /// The version that is installed.
    pub version: Version,
    /// What became of its word.
    pub why: Lapse,
}

/// What became of the word for a file, by the offer of today; `None` while it holds.
fn lapse(sha256: Sha256, offer: Option<&Offer>) -> Option<Lapse> {
    let Some(offer) = offer else { return Some(Lapse::Withdrawn) };
    if offer.wheels().any(|wheel| wheel.flat().sha256() == sha256) {
        return None;
    }
    // Of what its database still lists, a recall takes the word back; a rule of the user's is about what comes in.
    match offer.left_out().find(|file| file.sha256() == sha256).map(|file| file.why().clone()) {
        Some(WhyNot::Recalled { reason }) => Some(Lapse::Recalled(reason)),
        Some(_) => None,
        None => Some(Lapse::Withdrawn),
    }
}

/// The same for what is installed from that file.
fn lapsed((installed, sha256): (&Installed, Sha256), offer: Option<&Offer>) -> Option<Lapsed> {
    let why = lapse(sha256, offer)?;
    Some(Lapsed { name: installed.name.clone(), version: installed.version.clone(), why })
}

/// What PackMan installed, with the file that was vouched for then. What came without a word has none to lose.
fn vouched_once(installed: &Installed) -> Option<(&Installed, Sha256)> {
    Some((installed, installed.receipt()?.sha256))
}

/// Of these projects, those that nobody vouches for any more as they are installed. Their records are fetched where
/// they are not kept.
pub(crate) fn lapsed_of<'p>(
    environment: &Environment,
    projects: impl Iterator<Item = &'p ProjectName>,
    offers: &mut Offers<'_, '_>,
) -> Vec<Lapsed> {
    let installed = projects.filter_map(|project| environment.inventory.project(project));
    let ours: Vec<(&Installed, Sha256)> = installed.filter_map(vouched_once).collect();
    if ours.len() > 1 {
        let names: Vec<ProjectName> = ours.iter().map(|(installed, _)| installed.name.clone()).collect();
        offers.expect(&names);
    }
    let mut found = Vec::new();
    for (installed, sha256) in ours {
        let Ok(offer) = offers.offer(&installed.name) else { continue };
        let may_know = |nobody: Nobody| nobody.refused.is_none();
        if offer.is_some() || offers.nobody(&installed.name).is_none_or(may_know) {
            found.extend(lapsed((installed, sha256), offer.as_deref()));
        }
    }
    found
}

impl Client<'_> {
    /// The same of all that is installed, by what is kept here alone: nothing is asked or fetched, and where nothing
    /// can be told nothing is said.
    pub(crate) fn lapsed_by_memory(&self, environment: &Environment) -> Vec<Lapsed> {
        let ours: Vec<(&Installed, Sha256)> =
            environment.inventory.installed.iter().filter_map(vouched_once).collect();
        if ours.is_empty() {
            return Vec::new();
        }
        let client = Client { reach: Reach::Offline, host: &crate::host::Silent, ..*self };
        let Ok(gate) = client.gate(Purpose::Look) else { return Vec::new() };
        // Who trusts nobody looks at what somebody else was vouched for.
        if gate.ring().entries().is_empty() {
            return Vec::new();
        }
        ours.into_iter().filter_map(|one| client.lapsed_at_hand(&gate, one)).collect()
    }

    fn lapsed_at_hand(&self, gate: &Gate, one: (&Installed, Sha256)) -> Option<Lapsed> {
        match gate.ask(&one.0.name).ok()? {
            Answer::Record(wanted) => lapsed(one, Some(&self.kept_record(&wanted)?)),
            Answer::Nobody(_) => lapsed(one, None),
        }
    }

    /// The same of one package, by the gate of a run that asked the network.
    pub(crate) fn lapsed_now(&self, gate: &Gate, packs: &Packs, installed: &Installed) -> Option<Lapsed> {
        let one = vouched_once(installed)?;
        match gate.ask(&installed.name).ok()? {
            Answer::Record(wanted) => lapsed(one, Some(&self.read_record(&wanted, packs).ok()?)),
            Answer::Nobody(nobody) if nobody.refused.is_none() => lapsed(one, None),
            Answer::Nobody(_) => None,
        }
    }
}
