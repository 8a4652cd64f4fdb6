//! What a list says of one database: found by its chain first, else by its address.

use packman_tuf::SafetyNumber;

use super::{HeldBy, Listing, Listings};
use crate::change::Saying;
use crate::ring::EntryName;
use crate::ring::same_place;

/// What a list has of a database that is remembered, or met.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Told<'l> {
    /// It names a root of the very chain.
    Chain(&'l EntryName, &'l Listing),
    /// It names the address, and a root of which it must be seen first whether the one chain leads to the other.
    Address(&'l EntryName, &'l Listing, SafetyNumber),
    /// Neither.
    Nothing,
}

impl Listings {
    /// What it has of the database with these roots, at this address. A name is a label, and finds nothing.
    pub fn told(&self, roots: &[SafetyNumber], url: &str) -> Told<'_> {
        let of_chain =
            |listing: &Listing| matches!(listing.held, HeldBy::Root(number) if roots.contains(&number));
        // Where it names one chain twice, the name that it has not taken back counts.
        let mut same: Vec<_> = self.iter().filter(|(_, listing)| of_chain(listing)).collect();
        same.sort_by_key(|(_, listing)| listing.withdrawn.is_some());
        if let Some((name, listing)) = same.first() {
            return Told::Chain(name, listing);
        }
        let here = |listing: &Listing| listing.urls.iter().any(|known| same_place(known, url));
        let other =
            self.iter().filter(|(_, listing)| here(listing)).find_map(|(name, listing)| match listing.held {
                HeldBy::Root(number) => Some(Told::Address(name, listing, number)),
                HeldBy::Hash(_) => None,
            });
        other.unwrap_or(Told::Nothing)
    }
}

impl Told<'_> {
    /// What that amounts to. `leads` says whether one of the two chains leads to the other, where that had to be seen and
    /// could be; `is_own` whether the database was learnt through this list.
    pub fn saying(&self, leads: Option<bool>, is_own: bool) -> Option<Saying> {
        let withdrawn = |listing: &Listing| {
            let withdrawal = listing.withdrawn.as_ref();
            withdrawal.map(|withdrawal| Saying::Withdrawn { reason: withdrawal.reason.clone() })
        };
        match (self, leads) {
            (Self::Chain(_, listing), _) | (Self::Address(_, listing, _), Some(true)) => {
                Some(withdrawn(listing).unwrap_or(Saying::SameChain))
            }
            (Self::Address(_, listing, _), Some(false)) => {
                Some(withdrawn(listing).unwrap_or(Saying::OtherChain))
            }
            // What could not be asked says nothing; but whoever holds an address must not hush up by his silence that it
            // was taken back.
            (Self::Address(_, listing, _), None) => withdrawn(listing),
            (Self::Nothing, _) => is_own.then_some(Saying::Gone),
        }
    }
}
