//! Many names with something of each: 100,000 of them are two blocks of memory, and not 100,000 strings in a tree.

use std::fmt;

/// Distinct names in their order, each with a value.
#[derive(Clone)]
pub(crate) struct Sorted<T> {
    /// All names, one behind the other, in the order in which they came.
    names: String,
    entries: Vec<Entry<T>>,
}

#[derive(Clone)]
struct Entry<T> {
    start: u32,
    end: u32,
    value: T,
}

impl<T> Entry<T> {
    fn name<'n>(&self, names: &'n str) -> &'n str {
        names.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}

impl<T> Sorted<T> {
    /// Collects the members of an object, up to the first that is refused. The strict parser saw that no name stands
    /// there twice.
    pub(crate) fn of_members<'n, E>(
        length: usize,
        members: impl Iterator<Item = Result<(&'n str, T), E>>,
    ) -> Result<Self, E> {
        let (mut names, mut entries) = (String::new(), Vec::with_capacity(length));
        for member in members {
            let (name, value) = member?;
            let start = offset(names.len());
            names.push_str(name);
            entries.push(Entry { start, end: offset(names.len()), value });
        }
        // Signed metadata mostly comes sorted.
        if !entries.is_sorted_by_key(|entry| entry.name(&names)) {
            entries.sort_unstable_by(|one, other| one.name(&names).cmp(other.name(&names)));
        }
        Ok(Self { names, entries })
    }

    /// The value of a name.
    pub(crate) fn find(&self, name: &str) -> Option<&T> {
        let place = self.entries.binary_search_by(|entry| entry.name(&self.names).cmp(name)).ok()?;
        self.entries.get(place).map(|entry| &entry.value)
    }

    /// All names with their values, in the order of the names.
    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &T)> + Clone {
        self.entries.iter().map(|entry| (entry.name(&self.names), &entry.value))
    }
}

impl<T: fmt::Debug> fmt::Debug for Sorted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the names of one document: it has at most 1 GiB")]
const fn offset(place: usize) -> u32 {
    place as u32
}

#[cfg(test)]
mod tests {
    use super::Sorted;

    #[track_caller]
    fn check(names: &[&str]) {
        let members = names.iter().map(|name| Ok::<_, ()>((*name, name.to_uppercase())));
        let sorted = Sorted::of_members(names.len(), members).unwrap();
        let mut wanted = names.to_vec();
        wanted.sort_unstable();
        assert_eq!(sorted.iter().map(|(name, _)| name).collect::<Vec<_>>(), wanted);
        for name in names {
            assert_eq!(sorted.find(name), Some(&name.to_uppercase()));
        }
        assert_eq!(sorted.find("nobody"), None);
    }

    #[test]
    fn finds_each_name_in_whatever_order_they_came() {
        check(&[]);
        check(&["a"]);
        check(&["a", "ab", "b", "é"]);
        check(&["projects/z", "", "b", "a", "ab", "projects/a"]);
    }
}
