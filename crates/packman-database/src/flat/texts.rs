//! The table of texts while it is written. What files are likely to share stands once; what each has of its own is not
//! looked for, since a look costs more than all the rest of a row.

use std::collections::HashMap;

use super::NONE;
use super::write::{count, push};

#[derive(Default)]
pub(super) struct Texts<'r> {
    /// The texts, one after the other.
    pub(super) bytes: Vec<u8>,
    /// Where each begins and ends.
    pub(super) ends: Vec<u8>,
    known: HashMap<&'r str, u32>,
    /// What the file before this one had in the same place.
    last: Vec<(&'r str, u32)>,
}

impl<'r> Texts<'r> {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.ends.len() / 8
    }

    /// Adds a text that nothing else has.
    pub(super) fn own(&mut self, text: &str) -> u32 {
        let (place, start) = (count(self.len()), count(self.bytes.len()));
        self.bytes.extend_from_slice(text.as_bytes());
        push(&mut self.ends, &[start, count(self.bytes.len())]);
        place
    }

    /// Adds a text, or finds it.
    pub(super) fn shared(&mut self, text: Option<&'r str>) -> u32 {
        let Some(text) = text else { return NONE };
        if let Some(known) = self.known.get(text) {
            return *known;
        }
        let place = self.own(text);
        self.known.insert(text, place);
        place
    }

    /// Adds a text that the file before has in the same place, or nobody.
    pub(super) fn near(&mut self, slot: usize, text: &'r str) -> u32 {
        match self.last.get(slot) {
            Some((last, place)) if *last == text => return *place,
            Some(_) => {}
            None => self.last.resize(slot + 1, ("", NONE)),
        }
        let place = self.own(text);
        self.last.splice(slot..=slot, [(text, place)]);
        place
    }
}
