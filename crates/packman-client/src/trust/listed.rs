//! First use through lists: finds a database by the name that a list of the ring has for it, and hears what the others
//! say before the user decides.

use std::path::Path;

use packman_trust::{
    Effect, EntryName, HeldBy, List, Listing, Present, Ring, Scope, Sight, State, Told, change,
};
use packman_tuf::SafetyNumber;

use super::add::{AddRequest, Preview};
use crate::client::Client;
use crate::error::{ClientError, No, RefusedWhy};
use crate::host::Event;
use crate::refresh::{Heard, NotHeard, roots_of};

/// A database that a list of the ring names.
pub(super) struct FoundListing {
    pub(super) list: EntryName,
    pub(super) name: EntryName,
    pub(super) url: String,
    pub(super) number: SafetyNumber,
    pub(super) scope: Scope,
}

impl FoundListing {
    fn of(list: &List, name: &EntryName, listing: &Listing) -> Option<Self> {
        let HeldBy::Root(number) = listing.held else { return None };
        Some(Self {
            list: list.entry().name.clone(),
            name: name.clone(),
            url: listing.urls.first()?.clone(),
            number,
            scope: listing.scope.clone(),
        })
    }
}

/// Finds what the lists name so. Where nobody does, a list that could not be believed is what there is to say.
pub(super) fn find_named(heard: &[Heard], text: &str) -> Result<FoundListing, ClientError> {
    let name = super::entry_name(text)?;
    let named = |list: &List| FoundListing::of(list, &name, list.listings().get(&name)?);
    if let Some(found) = believed(heard).find_map(named) {
        return Ok(found);
    }
    let refused = heard.iter().find_map(|heard| match &heard.list {
        Err(NotHeard::Refused(refused)) => Some(refused.clone()),
        _ => None,
    });
    match refused {
        Some(refused) => Err(refused.into()),
        None => Err(No::NotListed { name, lists: heard.len() }.into()),
    }
}

/// Finds the database that a list names at an address.
pub(super) fn find_at(heard: &[Heard], url: &str) -> Option<FoundListing> {
    believed(heard).find_map(|list| match list.listings().told(&[], url) {
        Told::Address(name, listing, _) => FoundListing::of(list, name, listing),
        _ => None,
    })
}

fn believed(heard: &[Heard]) -> impl Iterator<Item = &List> {
    heard.iter().filter_map(|heard| heard.list.as_ref().ok())
}

impl Client<'_> {
    /// Whether a text can only be a name in a list: no address, and nothing of this machine.
    pub(super) fn is_listed_name(&self, text: &str, ring: &Ring) -> bool {
        let is_there = |path: &Path| self.environ.folder().join(path).exists();
        !ring.lists().is_empty()
            && EntryName::parse(text).is_ok_and(|name| name.as_str() == text)
            && !is_there(Path::new(text))
    }

    /// Hears what the lists of the ring say of what was met, and quotes it. Where one of them speaks against it, it is not
    /// added; but whoever has its number from its maintainer knows more than a list, and is only warned.
    pub(super) fn hear(
        &self,
        mut preview: Preview,
        request: &AddRequest,
        heard: &[Heard],
    ) -> Result<Preview, ClientError> {
        let name = preview.entry.name.clone();
        for list in believed(heard) {
            let by = list.entry().name.clone();
            let by_name = said_by_name(list, request, &preview);
            let told = list.listings().told(&roots_of(&preview.entry, &preview.memory), &preview.entry.url);
            let told = by_name.unwrap_or(told);
            let leads = match told {
                Told::Address(_, _, number) => self.leads(&preview.memory, number, &preview.entry.url)?,
                _ => None,
            };
            let Some(what) = told.saying(leads, false) else { continue };
            if let (Told::Address(_, _, number), Some(true)) = (told, leads) {
                preview.entry.earlier.push(number);
            }
            let sight = Sight::Said { by: by.clone(), signed: true, what };
            // Who has the number stands as if he had remembered it before: no list stops him.
            let is_compared = request.number.is_some();
            let state = if is_compared { State::Present(Present::default()) } else { State::Unknown };
            let decided = change(&state, &sight);
            match decided.words(&name, &sight) {
                Some(words) if decided.effect == Effect::NoFirstUse => {
                    return Err(RefusedWhy::SpokenAgainst { words, class: decided.class }.into());
                }
                Some(words) if decided.effect == Effect::Warning => {
                    self.host.event(Event::Changed { words, is_refusal: false });
                }
                _ => {
                    let padlock = preview.named_for.as_ref().is_some_and(|(first, _)| *first == by);
                    let also = if padlock { "names it" } else { "names the same keys for it" };
                    self.host.event(Event::Quoted(format!("the list `{by}` {also}")));
                }
            }
        }
        Ok(preview)
    }
}

/// What a list has under the very name that the user typed, where it is found by that.
fn said_by_name<'l>(list: &'l List, request: &AddRequest, preview: &Preview) -> Option<Told<'l>> {
    let name = EntryName::parse(&request.url).ok()?;
    if preview.named_for.is_none() || name.as_str() != request.url {
        return None;
    }
    let known = list.listings().iter().find(|(known, _)| **known == name);
    let (name, listing) = known?;
    match listing.held {
        HeldBy::Root(number) if roots_of(&preview.entry, &preview.memory).contains(&number) => {
            Some(Told::Chain(name, listing))
        }
        HeldBy::Root(number) => Some(Told::Address(name, listing, number)),
        HeldBy::Hash(_) => None,
    }
}
