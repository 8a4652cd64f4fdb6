//! The ring as a file: TOML that a person can read and edit, and that is refused whole when it makes no sense.

mod encode;
mod parse;

use core::fmt;
use std::collections::HashSet;

use packman_database::Kind;
use toml_edit::{ArrayOfTables, DocumentMut, Item, Table, TableLike};

use super::{Entry, EntryName, Owner, Ring};

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
        root.only(&["format", "only", "policy", "list", "database", "quorum", "removed", "prefer", "noted"])?;
        if document.get("format").and_then(Item::as_integer) != Some(1) {
            return Err(DamagedRing::new("`format` is not 1"));
        }
        let mut ring =
            Self { policy: parse::policy(&document)?, only: root.flag("only")?, ..Self::default() };
        for table in tables(&document, "removed")? {
            ring.removed.push(parse::removed(&Place { table, name: "a `[[removed]]`" })?);
        }
        for table in tables(&document, "noted")? {
            ring.noted.push(parse::noted(&Place { table, name: "a `[[noted]]`" })?);
        }
        for table in tables(&document, "list")? {
            ring.add_parsed(parse::entry(&Place { table, name: "a `[[list]]`" }, Kind::List)?)?;
        }
        for table in tables(&document, "database")? {
            ring.add_parsed(parse::entry(&Place { table, name: "a `[[database]]`" }, Kind::Database)?)?;
        }
        for table in tables(&document, "quorum")? {
            ring.quorums.push(parse::quorum(&Place { table, name: "a `[[quorum]]`" })?);
        }
        let names: HashSet<&EntryName> = ring.entries.iter().map(|entry| &entry.name).collect();
        for table in tables(&document, "prefer")? {
            let preference = parse::preference(&Place { table, name: "a `[[prefer]]`" })?;
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

    fn add_parsed(&mut self, entry: Entry) -> Result<(), DamagedRing> {
        self.add(entry).map_err(|error| DamagedRing::new(error.to_string()))
    }

    /// Writes the ring file: the user's part of it, where an administrator's ring stands above.
    pub fn encode(&self) -> String {
        let mut document = DocumentMut::new();
        document.insert("format", toml_edit::value(1));
        if self.only {
            document.insert("only", toml_edit::value(true));
        }
        if let Some(policy) = encode::policy(self.policy) {
            document.insert("policy", Item::Table(policy));
        }
        let mut add = |name: &str, tables: Vec<Table>| {
            if !tables.is_empty() {
                document.insert(name, Item::ArrayOfTables(tables.into_iter().collect::<ArrayOfTables>()));
            }
        };
        let own = |owner: Owner| owner == Owner::User;
        let entries = |all: &[Entry]| all.iter().filter(|one| own(one.owner)).map(encode::entry).collect();
        add("list", entries(&self.lists));
        add("database", entries(&self.entries));
        add("quorum", self.quorums.iter().filter(|one| own(one.owner)).map(encode::quorum).collect());
        add("prefer", self.preferences.iter().filter(|one| own(one.owner)).map(encode::preference).collect());
        add("noted", self.notes().iter().map(encode::noted).collect());
        add("removed", self.removed.iter().map(encode::removed).collect());
        format!("{HEAD}{document}\n{END}\n")
    }
}

fn tables<'d>(document: &'d DocumentMut, key: &str) -> Result<Vec<&'d dyn TableLike>, DamagedRing> {
    let Some(item) = document.get(key) else { return Ok(Vec::new()) };
    let array =
        item.as_array_of_tables().ok_or_else(|| DamagedRing::new(format!("`{key}` is not `[[{key}]]`")))?;
    Ok(array.iter().map(|table| table as &dyn TableLike).collect())
}

/// A table of the file with the name by which an error speaks of it.
struct Place<'t> {
    table: &'t dyn TableLike,
    name: &'static str,
}
