//! A document: bytes that are strict JSON, and where in them each value stands.

use std::borrow::Cow;

use super::{Number, Object, Value};

/// No document is longer: two bits of an offset say what stands there.
pub(super) const LONGEST: usize = (1 << 30) - 1;

/// A slot is of an array or object, whose `end` is the slot behind its last.
const CONTAINER: u32 = 1 << 31;

/// Of an array or object: its names do not stand in their order. Of another value: it is a string with escapes, and
/// its text stands in `unescaped`.
const SPECIAL: u32 = 1 << 30;

/// Bytes that are strict JSON, with the place of each value in them: eight bytes for a value and eight for a name.
///
/// Made by [`Document::parse`] alone, read by a [`Reader`](super::Reader). Nothing in it is copied but strings with
/// escapes.
pub struct Document<'a> {
    pub(super) text: &'a str,
    /// The text of all strings with escapes, one behind the other.
    pub(super) unescaped: String,
    /// Values in their order; inside an object, each behind its name.
    slots: Vec<Slot>,
    /// The slots of numbers with a fraction or an exponent.
    fractions: Vec<usize>,
}

/// Where one value or name stands.
#[derive(Copy, Clone)]
pub(super) struct Slot {
    start: u32,
    end: u32,
}

/// What a slot holds.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(super) enum Node<'v> {
    Null,
    Bool(bool),
    Number(&'v str),
    String(&'v str),
    Array,
    Object,
}

impl Slot {
    /// A string without escapes (with its quotes), a number or a word.
    pub(super) const fn scalar(start: usize, end: usize) -> Self {
        Self { start: offset(start), end: offset(end) }
    }

    /// A string with escapes; the places are in `unescaped`.
    pub(super) const fn escaped(start: usize, end: usize) -> Self {
        Self { start: offset(start) | SPECIAL, end: offset(end) }
    }

    /// An array or object that begins there; [`Document::close`] says where it ends.
    pub(super) const fn container(start: usize) -> Self {
        Self { start: offset(start) | CONTAINER, end: 0 }
    }

    const fn is_container(self) -> bool {
        self.start & CONTAINER != 0
    }

    const fn is_special(self) -> bool {
        self.start & SPECIAL != 0
    }

    const fn start(self) -> usize {
        (self.start & !(CONTAINER | SPECIAL)) as usize
    }

    const fn end(self) -> usize {
        self.end as usize
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "no document is longer than `LONGEST`, nor has more values"
)]
const fn offset(place: usize) -> u32 {
    place as u32
}

impl<'a> Document<'a> {
    pub(super) fn over(text: &'a str) -> Self {
        // Memory that is not written to costs nothing, and one that grows is copied.
        let slots = Vec::with_capacity(text.len() / 16 + 4);
        Self { text, unescaped: String::new(), slots, fractions: Vec::new() }
    }

    pub(super) fn next_slot(&self) -> usize {
        self.slots.len()
    }

    pub(super) fn push(&mut self, slot: Slot) -> usize {
        self.slots.push(slot);
        self.slots.len() - 1
    }

    pub(super) fn close(&mut self, container: usize) {
        let end = offset(self.slots.len());
        if let Some(slot) = self.slots.get_mut(container) {
            slot.end = end;
        }
    }

    pub(super) fn set_unsorted(&mut self, container: usize) {
        if let Some(slot) = self.slots.get_mut(container) {
            slot.start |= SPECIAL;
        }
    }

    pub(super) fn add_fraction(&mut self, slot: usize) {
        self.fractions.push(slot);
    }

    /// The first number in a value that is no integer.
    pub(super) fn fraction_in(&self, slot: usize) -> Option<&str> {
        let from = self.fractions.partition_point(|fraction| *fraction < slot);
        let first = self.fractions.get(from).filter(|fraction| **fraction < self.after(slot))?;
        self.slots.get(*first).map(|slot| self.raw(*slot))
    }

    fn slot(&self, slot: usize) -> Slot {
        self.slots.get(slot).copied().unwrap_or(Slot { start: 0, end: 0 })
    }

    /// The slot behind a value and all that is in it.
    pub(super) fn after(&self, slot: usize) -> usize {
        let found = self.slot(slot);
        if found.is_container() { found.end().max(slot + 1) } else { slot + 1 }
    }

    /// The text of a scalar as it stands in the document.
    fn raw(&self, slot: Slot) -> &'a str {
        self.text.get(slot.start()..slot.end()).unwrap_or_default()
    }

    /// What stands at a slot.
    pub(super) fn node(&self, slot: usize) -> Node<'_> {
        let found = self.slot(slot);
        if found.is_container() {
            let bracket = self.text.as_bytes().get(found.start());
            return if bracket == Some(&b'{') { Node::Object } else { Node::Array };
        }
        if found.is_special() {
            return Node::String(self.unescaped.get(found.start()..found.end()).unwrap_or_default());
        }
        let raw = self.raw(found);
        match raw.as_bytes().first() {
            Some(b'"') => Node::String(inside(raw)),
            Some(b't') => Node::Bool(true),
            Some(b'f') => Node::Bool(false),
            Some(b'n') => Node::Null,
            _ => Node::Number(raw),
        }
    }

    /// The text of a string.
    pub(super) fn text(&self, slot: usize) -> &str {
        let found = self.slot(slot);
        if found.is_special() {
            return self.unescaped.get(found.start()..found.end()).unwrap_or_default();
        }
        inside(self.raw(found))
    }

    /// Where a string stands in the document with its quotes, if it has no escapes; so it is canonical as it stands.
    /// Where a number or a word stands.
    pub(super) fn verbatim(&self, slot: usize) -> Option<(usize, usize)> {
        let found = self.slot(slot);
        (found.start & (CONTAINER | SPECIAL) == 0).then(|| (found.start(), found.end()))
    }

    /// Where an array or object begins in the document.
    pub(super) fn bracket(&self, slot: usize) -> usize {
        self.slot(slot).start()
    }

    /// Whether an object's names stand in their order.
    pub(super) fn is_sorted(&self, object: usize) -> bool {
        !self.slot(object).is_special()
    }

    /// The slots of the elements of an array; of an object, the slots of its names.
    pub(super) fn children(&self, container: usize) -> Children<'_, 'a> {
        let named = self.node(container) == Node::Object;
        let end = self.after(container);
        Children { document: self, named, at: container + 1, end }
    }

    /// The names of an object.
    pub(super) fn names(&self, object: usize) -> impl Iterator<Item = &str> + Clone {
        self.children(object).map(|name| self.text(name))
    }

    /// The whole document as a tree.
    pub fn to_value(&self) -> Value<'a> {
        self.value(0)
    }

    /// A value as a tree. It recurses as deep as the parser allowed.
    pub(super) fn value(&self, slot: usize) -> Value<'a> {
        match self.node(slot) {
            Node::Null => Value::Null,
            Node::Bool(bool) => Value::Bool(bool),
            Node::Number(_) => Value::Number(Number::from_text(self.raw(self.slot(slot)))),
            Node::String(_) => Value::String(self.borrowed(slot)),
            Node::Array => {
                let mut elements = Vec::with_capacity(self.children(slot).len());
                elements.extend(self.children(slot).map(|element| self.value(element)));
                Value::Array(elements)
            }
            Node::Object => {
                let mut members = Vec::with_capacity(self.children(slot).len());
                members.extend(self.children(slot).map(|name| (self.borrowed(name), self.value(name + 1))));
                Value::Object(Object::of_distinct(members))
            }
        }
    }

    /// The text of a string, borrowed from the document where it stands there as it is.
    fn borrowed(&self, slot: usize) -> Cow<'a, str> {
        let found = self.slot(slot);
        if found.is_special() {
            return Cow::Owned(self.text(slot).to_owned());
        }
        Cow::Borrowed(inside(self.raw(found)))
    }
}

impl std::fmt::Debug for Document<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Document").field("bytes", &self.text.len()).finish_non_exhaustive()
    }
}

/// The slots of what is directly inside an array or object.
#[derive(Clone)]
pub(super) struct Children<'v, 'a> {
    document: &'v Document<'a>,
    named: bool,
    at: usize,
    end: usize,
}

impl Iterator for Children<'_, '_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        if self.at >= self.end {
            return None;
        }
        let child = self.at;
        self.at = self.document.after(child + usize::from(self.named));
        Some(child)
    }

    /// Exact, and counted by walking: only who asks for the number pays for it.
    fn size_hint(&self) -> (usize, Option<usize>) {
        let mut rest = self.clone();
        let number = std::iter::from_fn(|| rest.next()).count();
        (number, Some(number))
    }
}

impl ExactSizeIterator for Children<'_, '_> {}

/// A string without its quotes.
fn inside(raw: &str) -> &str {
    raw.get(1..raw.len().saturating_sub(1)).unwrap_or_default()
}
