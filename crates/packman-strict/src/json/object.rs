//! Objects: members in the order of the document, each name once.

use std::borrow::Cow;

use super::Value;

/// One member of an object.
pub(super) type Member<'a> = (Cow<'a, str>, Value<'a>);

/// A JSON object: members in their order, no two of one name. Equal when the order is equal too.
///
/// Looking a name up walks the members: good for the handful that records have. Who needs many look-ups in a
/// large object collects [`Object::iter`] into a map first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Object<'a>(Vec<Member<'a>>);

impl<'a> Object<'a> {
    /// An object without members.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Takes members whose names the parser found to be distinct.
    pub(super) const fn of_distinct(members: Vec<Member<'a>>) -> Self {
        Self(members)
    }

    /// The same object with one member more (or another value for the one of that name), for building.
    pub fn with(mut self, key: impl Into<Cow<'a, str>>, value: impl Into<Value<'a>>) -> Self {
        self.insert(key, value);
        self
    }

    /// The value of the member of that name.
    pub fn get(&self, key: &str) -> Option<&Value<'a>> {
        self.0.iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// The value of the member of that name, to be changed.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Value<'a>> {
        self.0.iter_mut().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// Sets a member: in its place if the name is there, at the end if not. Gives back the value it had.
    pub fn insert(&mut self, key: impl Into<Cow<'a, str>>, value: impl Into<Value<'a>>) -> Option<Value<'a>> {
        let (key, value) = (key.into(), value.into());
        if let Some(old) = self.get_mut(&key) {
            return Some(std::mem::replace(old, value));
        }
        self.0.push((key, value));
        None
    }

    /// Takes the member of that name out; the others keep their order.
    pub fn remove(&mut self, key: &str) -> Option<Value<'a>> {
        let place = self.0.iter().position(|(name, _)| name == key)?;
        Some(self.0.remove(place).1)
    }

    /// The members in their order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Value<'a>)> + DoubleEndedIterator + Clone {
        self.0.iter().map(|(name, value)| (name.as_ref(), value))
    }

    /// The names of the members in their order.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &str> + DoubleEndedIterator + Clone {
        self.0.iter().map(|(name, _)| name.as_ref())
    }

    /// The number of members.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no member.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The members sorted by name, by code point (which is the order of UTF-8 bytes too).
    pub(super) fn sorted(&self) -> Vec<(&str, &Value<'a>)> {
        let mut members: Vec<_> = self.iter().collect();
        members.sort_unstable_by_key(|(name, _)| *name);
        members
    }

    /// Whether the members already stand sorted by name.
    pub(super) fn is_sorted(&self) -> bool {
        self.0.is_sorted_by(|(one, _), (next, _)| one < next)
    }

    /// The same object without its document.
    pub fn into_owned(self) -> Object<'static> {
        let owned = |(name, value): Member<'a>| (Cow::Owned(name.into_owned()), value.into_owned());
        Object(self.0.into_iter().map(owned).collect())
    }
}

/// The members, taken apart.
impl<'a> IntoIterator for Object<'a> {
    type Item = (Cow<'a, str>, Value<'a>);
    type IntoIter = std::vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// Collects members; a later one of the same name takes the place of the earlier.
impl<'a, K: Into<Cow<'a, str>>, V: Into<Value<'a>>> FromIterator<(K, V)> for Object<'a> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(members: I) -> Self {
        let mut members: Vec<Member<'a>> = members.into_iter().map(|(k, v)| (k.into(), v.into())).collect();
        if duplicate(&members).is_none() {
            return Self(members);
        }
        let mut object = Self::new();
        for (key, value) in members.drain(..) {
            object.insert(key, value);
        }
        object
    }
}

/// The first name, in the order of names, that two members have. Never quadratic: a hostile object may have millions.
fn duplicate<'m>(members: &'m [Member<'_>]) -> Option<&'m str> {
    // Signed metadata mostly comes sorted, so one pass is mostly all.
    if members.is_sorted_by(|(one, _), (next, _)| one < next) {
        return None;
    }
    let mut names: Vec<&str> = members.iter().map(|(name, _)| name.as_ref()).collect();
    names.sort_unstable();
    names.iter().zip(names.iter().skip(1)).find(|(one, next)| one == next).map(|(name, _)| *name)
}
