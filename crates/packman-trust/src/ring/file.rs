//! The ring as a file: TOML that a person can read and edit, and that is refused whole when it makes no sense.

use core::fmt;
use std::collections::HashSet;

use packman_strict::Sha256;
use packman_strict::time::Time;
use toml_edit::{ArrayOfTables, DocumentMut, Item, Table, TableLike, Value};

use super::{Entry, EntryName, Learnt, Preference, Removed, Ring};
use crate::assurance::{Holds, How};
use crate::scope::Scope;

/// A ring file that is not to be read as one. Code `state-damaged`: never taken for an empty ring.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DamagedRing {
    why: String,
}

impl DamagedRing {
    fn new(why: impl Into<String>) -> Self {
        Self { why: why.into() }
    }
}

impl fmt::Display for DamagedRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

impl core::error::Error for DamagedRing {}

const HEAD: &str = "\
# The databases you trust, in the order in which they are asked.
# PackMan rewrites this file and keeps no comments; `packman trust` changes it for you.

";

/// The last line. A file that was cut short, even between two tables, lacks it.
const END: &str = "# end of the ring";

impl Ring {
    /// Parses a ring file. A word it does not know is an error: a mistyped scope must not widen anything.
    pub fn parse(text: &str) -> Result<Self, DamagedRing> {
        if !text.trim_end().ends_with(END) {
            return Err(DamagedRing::new(format!("its last line is not `{END}`: it was cut short")));
        }
        let document: DocumentMut = text
            .parse()
            .map_err(|error: toml_edit::TomlError| DamagedRing::new(error.message().to_owned()))?;
        let root = Place { table: document.as_table(), name: "the file" };
        root.only(&["format", "database", "removed", "prefer"])?;
        if document.get("format").and_then(Item::as_integer) != Some(1) {
            return Err(DamagedRing::new("`format` is not 1"));
        }
        let mut ring = Self::default();
        for table in tables(&document, "database")? {
            let entry = parse_entry(&Place { table, name: "a `[[database]]`" })?;
            ring.add(entry).map_err(|error| DamagedRing::new(error.to_string()))?;
        }
        for table in tables(&document, "removed")? {
            ring.removed.push(parse_removed(&Place { table, name: "a `[[removed]]`" })?);
        }
        let names: HashSet<&EntryName> = ring.entries.iter().map(|entry| &entry.name).collect();
        for table in tables(&document, "prefer")? {
            let preference = parse_preference(&Place { table, name: "a `[[prefer]]`" })?;
            if !names.contains(&preference.database) {
                return Err(DamagedRing::new(format!(
                    "`[[prefer]]` names `{}`, which is not there",
                    preference.database
                )));
            }
            ring.preferences.push(preference);
        }
        Ok(ring)
    }

    /// Writes the ring file.
    pub fn encode(&self) -> String {
        let mut document = DocumentMut::new();
        document.insert("format", toml_edit::value(1));
        let mut add = |name: &str, tables: Vec<Table>| {
            if !tables.is_empty() {
                document.insert(name, Item::ArrayOfTables(tables.into_iter().collect::<ArrayOfTables>()));
            }
        };
        add("database", self.entries.iter().map(encode_entry).collect());
        add("prefer", self.preferences.iter().map(encode_preference).collect());
        add("removed", self.removed.iter().map(encode_removed).collect());
        format!("{HEAD}{document}\n{END}\n")
    }
}

/// A table of the file with the name by which an error speaks of it.
struct Place<'t> {
    table: &'t dyn TableLike,
    name: &'static str,
}

impl Place<'_> {
    fn only(&self, known: &[&str]) -> Result<(), DamagedRing> {
        match self.table.iter().find(|(key, _)| !known.contains(key)) {
            Some((key, _)) => Err(DamagedRing::new(format!(
                "{} has `{}`, which nobody knows",
                self.name,
                key.escape_debug()
            ))),
            None => Ok(()),
        }
    }

    fn text(&self, key: &str) -> Result<&str, DamagedRing> {
        let item = self.table.get(key).and_then(Item::as_str);
        item.ok_or_else(|| DamagedRing::new(format!("{} has no text `{key}`", self.name)))
    }

    fn scope(&self, key: &str) -> Result<Scope, DamagedRing> {
        let wanted = || DamagedRing::new(format!("{} has no list of texts `{key}`", self.name));
        let array = self.table.get(key).and_then(Item::as_array).ok_or_else(wanted)?;
        let texts =
            array.iter().map(|value| value.as_str().ok_or_else(wanted)).collect::<Result<Vec<_>, _>>()?;
        Scope::parse(&texts).map_err(|error| DamagedRing::new(error.to_string()))
    }

    fn name_of(&self, key: &str) -> Result<EntryName, DamagedRing> {
        let text = self.text(key)?;
        let name = EntryName::parse(text).map_err(|error| DamagedRing::new(error.to_string()))?;
        Ok(name)
    }

    fn chain(&self) -> Result<Sha256, DamagedRing> {
        let wanted = || DamagedRing::new(format!("{} has no `chain` of 64 hexadecimal digits", self.name));
        Sha256::parse(self.text("chain")?).map_err(|_| wanted())
    }

    fn learnt(&self) -> Result<Learnt, DamagedRing> {
        let holds = match self.text("holds")? {
            "signed" => Holds::Signed,
            "hash" => Holds::Hash,
            "unverified" => Holds::Unverified,
            other => return Err(DamagedRing::new(format!("`holds` is `{}`", other.escape_debug()))),
        };
        let words = self.text("learnt")?;
        let how = How::parse(words)
            .ok_or_else(|| DamagedRing::new(format!("`learnt` is `{}`", words.escape_debug())))?;
        let on =
            Time::parse_date(self.text("on")?).map_err(|error| DamagedRing::new(format!("`on`: {error}")))?;
        Ok(Learnt { holds, how, on })
    }
}

fn tables<'d>(document: &'d DocumentMut, key: &str) -> Result<Vec<&'d dyn TableLike>, DamagedRing> {
    let Some(item) = document.get(key) else { return Ok(Vec::new()) };
    let array =
        item.as_array_of_tables().ok_or_else(|| DamagedRing::new(format!("`{key}` is not `[[{key}]]`")))?;
    Ok(array.iter().map(|table| table as &dyn TableLike).collect())
}

fn parse_entry(place: &Place<'_>) -> Result<Entry, DamagedRing> {
    place.only(&["name", "url", "chain", "scope", "holds", "learnt", "on"])?;
    Ok(Entry {
        name: place.name_of("name")?,
        url: place.text("url")?.to_owned(),
        chain: place.chain()?,
        scope: place.scope("scope")?,
        learnt: place.learnt()?,
    })
}

fn parse_removed(place: &Place<'_>) -> Result<Removed, DamagedRing> {
    place.only(&["url", "chain", "holds", "learnt", "on"])?;
    Ok(Removed { url: place.text("url")?.to_owned(), chain: place.chain()?, learnt: place.learnt()? })
}

fn parse_preference(place: &Place<'_>) -> Result<Preference, DamagedRing> {
    place.only(&["database", "projects"])?;
    Ok(Preference { database: place.name_of("database")?, patterns: place.scope("projects")? })
}

fn encode_entry(entry: &Entry) -> Table {
    let mut table = Table::new();
    table.insert("name", toml_edit::value(entry.name.as_str()));
    table.insert("url", toml_edit::value(entry.url.as_str()));
    table.insert("chain", toml_edit::value(entry.chain.to_string()));
    table.insert("scope", patterns(&entry.scope));
    encode_learnt(&mut table, &entry.learnt);
    table
}

fn encode_removed(removed: &Removed) -> Table {
    let mut table = Table::new();
    table.insert("url", toml_edit::value(removed.url.as_str()));
    table.insert("chain", toml_edit::value(removed.chain.to_string()));
    encode_learnt(&mut table, &removed.learnt);
    table
}

fn encode_preference(preference: &Preference) -> Table {
    let mut table = Table::new();
    table.insert("database", toml_edit::value(preference.database.as_str()));
    table.insert("projects", patterns(&preference.patterns));
    table
}

fn encode_learnt(table: &mut Table, learnt: &Learnt) {
    let holds = match learnt.holds {
        Holds::Signed => "signed",
        Holds::Hash => "hash",
        Holds::Unverified => "unverified",
    };
    table.insert("holds", toml_edit::value(holds));
    table.insert("learnt", toml_edit::value(learnt.how.words()));
    table.insert("on", toml_edit::value(learnt.on.date()));
}

fn patterns(scope: &Scope) -> Item {
    toml_edit::value(scope.patterns().iter().map(|pattern| Value::from(pattern.as_str())).collect::<Value>())
}
