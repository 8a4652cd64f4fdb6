//! `curate.toml`: which keys sign the database, where they are looked for, and how long what they sign is good.

use std::path::{Path, PathBuf};

use packman_strict::path::SafePath;
use packman_strict::quote::quoted;
use toml_edit::{Array, DocumentMut, InlineTable, Item, Table, TableLike, Value, value};

use crate::keys::KeyPlace;

/// How long signed files are good, in days.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub struct Lifetimes {
    /// Of the root.
    pub root_days: i64,
    /// Of the targets: how long until somebody has to sign again.
    pub targets_days: i64,
    /// Of snapshot and timestamp: how long a mirror can hold back a newer one unnoticed.
    pub refresh_within_days: i64,
}

impl Lifetimes {
    /// The longest a snapshot and timestamp may be good for.
    pub const LONGEST_REFRESH: i64 = 90;
}

impl Default for Lifetimes {
    fn default() -> Self {
        Self { root_days: 365, targets_days: 90, refresh_within_days: 30 }
    }
}

/// How a folder is held: by keys, or by nothing.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Held {
    /// It is signed as these settings say.
    Signed(Box<Settings>),
    /// It is the list of a site that cannot sign.
    Unsigned,
}

impl Held {
    /// Writes the file.
    pub(crate) fn encode(&self) -> String {
        match self {
            Self::Signed(settings) => settings.encode(),
            Self::Unsigned => format!("{UNSIGNED_HEAD}format = {FORMAT}\nunsigned = true\n"),
        }
    }

    /// Parses the file; the error says in words what is wrong.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let document = document(text)?;
        match document.get("unsigned").map(Item::as_bool) {
            None | Some(Some(false)) => {
                Settings::parse(text).map(|settings| Self::Signed(Box::new(settings)))
            }
            Some(Some(true)) if document.get("keys").is_none() => {
                format_of(&document).map(|()| Self::Unsigned)
            }
            Some(Some(true)) => Err("`unsigned`: found `keys` beside it, wanted one of the two".to_owned()),
            Some(None) => Err("`unsigned`: wanted `true` or `false`".to_owned()),
        }
    }
}

/// What `curate.toml` says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Settings {
    /// How many root keys must sign a root.
    pub(crate) threshold: u32,
    /// The root keys that are used; the spare is not among them.
    pub(crate) root: Vec<KeyPlace>,
    /// The root key that is kept for the day on which another is lost.
    pub(crate) spare: Option<KeyPlace>,
    /// The keys that sign what is vouched for.
    pub(crate) targets: Vec<KeyPlace>,
    /// How many of them must.
    pub(crate) targets_threshold: u32,
    /// The key that signs snapshot and timestamp.
    pub(crate) online: KeyPlace,
    /// How long signed files are good.
    pub(crate) lifetimes: Lifetimes,
}

const UNSIGNED_HEAD: &str = "# This list is not signed: whoever reads it believes the site that serves it.\n";
/// The version of this file's format.
const FORMAT: i64 = 1;
const HEAD: &str = "# How this database is signed. Nothing here is secret: private keys are elsewhere.\n";

impl Settings {
    /// Whether a key is looked for in a file: exactly there, or among the database's keys under a name.
    pub(crate) fn names(&self, file: &Path) -> bool {
        self.keys().iter().any(|place| place.file.as_deref() == Some(file))
    }

    /// Every key, with what its keeper is called.
    pub(crate) fn keys(&self) -> Vec<KeyPlace> {
        let spare = self.spare.iter();
        self.root.iter().chain(spare).chain(&self.targets).chain([&self.online]).cloned().collect()
    }

    /// Writes the file.
    pub(crate) fn encode(&self) -> String {
        let mut document = DocumentMut::new();
        let mut keys = Table::new();
        document.insert("format", value(FORMAT));
        keys.insert("threshold", value(i64::from(self.threshold)));
        keys.insert("root", value(self.root.iter().map(|key| Value::from(place(key))).collect::<Array>()));
        if let Some(spare) = &self.spare {
            keys.insert("spare", value(place(spare)));
        }
        match self.targets.as_slice() {
            [one] => keys.insert("targets", value(place(one))),
            many => keys
                .insert("targets", value(many.iter().map(|key| Value::from(place(key))).collect::<Array>())),
        };
        if self.targets_threshold > 1 {
            keys.insert("targets-threshold", value(i64::from(self.targets_threshold)));
        }
        keys.insert("online", value(place(&self.online)));
        document.insert("keys", Item::Table(keys));
        let mut days = Table::new();
        days.insert("root", value(self.lifetimes.root_days));
        days.insert("targets", value(self.lifetimes.targets_days));
        days.insert("refresh-within", value(self.lifetimes.refresh_within_days));
        document.insert("days", Item::Table(days));
        format!("{HEAD}{document}")
    }

    /// Parses the file; the error says in words what is wrong.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let document = document(text)?;
        format_of(&document)?;
        let root = document.as_table();
        let keys = table(root, "keys")?;
        let days = table(root, "days")?;
        let root_keys = keys.get("root").and_then(Item::as_array).ok_or("`keys.root`: wanted an array")?;
        let settings = Self {
            threshold: u32::try_from(integer(keys, "threshold")?)
                .map_err(|_| "`threshold`: wanted a small number")?,
            root: root_keys
                .iter()
                .map(|key| parse_place(key.as_inline_table().map(|key| key as _)))
                .collect::<Result<_, _>>()?,
            spare: match keys.get("spare") {
                Some(spare) => Some(parse_place(spare.as_table_like())?),
                None => None,
            },
            targets: parse_targets(keys.get("targets"))?,
            targets_threshold: match keys.get("targets-threshold") {
                Some(_) => u32::try_from(integer(keys, "targets-threshold")?)
                    .map_err(|_| "`targets-threshold`: wanted a small number")?,
                None => 1,
            },
            online: parse_own_place(keys.get("online").and_then(Item::as_table_like))?,
            lifetimes: Lifetimes {
                root_days: lifetime(days, "root", 3_660)?,
                targets_days: lifetime(days, "targets", 3_660)?,
                refresh_within_days: lifetime(days, "refresh-within", Lifetimes::LONGEST_REFRESH)?,
            },
        };
        Ok(settings)
    }
}

fn document(text: &str) -> Result<DocumentMut, String> {
    text.parse().map_err(|error: toml_edit::TomlError| error.message().to_lowercase())
}

fn format_of(document: &DocumentMut) -> Result<(), String> {
    match integer(document.as_table(), "format")? {
        FORMAT => Ok(()),
        other => Err(format!("`format`: found {other}, wanted 1")),
    }
}

/// One key, or several.
fn parse_targets(item: Option<&Item>) -> Result<Vec<KeyPlace>, String> {
    match item.and_then(Item::as_array) {
        Some(keys) => {
            keys.iter().map(|key| parse_own_place(key.as_inline_table().map(|key| key as _))).collect()
        }
        None => Ok(vec![parse_own_place(item.and_then(Item::as_table_like))?]),
    }
}

fn place(key: &KeyPlace) -> InlineTable {
    let mut table = InlineTable::new();
    table.insert("id", Value::from(key.id.as_str()));
    if let Some(file) = &key.file {
        table.insert("file", Value::from(file.to_string_lossy().into_owned()));
    }
    if let Some(keeper) = &key.keeper {
        table.insert("keeper", Value::from(keeper.as_str()));
    }
    table
}

fn parse_place(key: Option<&dyn TableLike>) -> Result<KeyPlace, String> {
    let key = key.ok_or("`keys`: wanted `root`, `targets` and `online`, each with `id` and `file`")?;
    let text = |name| key.get(name).map(|_| text_at(key, name).map(str::to_owned)).transpose();
    let (file, keeper) = (text("file")?.map(PathBuf::from), text("keeper")?);
    if file.is_none() && keeper.is_none() {
        return Err("`file`: wanted text, or `keeper` where it is another's key".to_owned());
    }
    Ok(KeyPlace { id: text_at(key, "id")?.to_owned(), file, keeper })
}

/// The place of a key that must lie in the folder of the database's own keys: who can edit the settings must not choose
/// another file to sign records with.
fn parse_own_place(key: Option<&dyn TableLike>) -> Result<KeyPlace, String> {
    let place = parse_place(key)?;
    let Some(file) = &place.file else { return Ok(place) };
    let name = file.to_string_lossy().into_owned();
    if SafePath::parse(&name).is_ok_and(|path| path.components().count() == 1) {
        return Ok(place);
    }
    Err(format!("`file`: found {}, wanted the name of a file in the folder of the keys", quoted(&name)))
}

fn lifetime(days: &dyn TableLike, key: &str, longest: i64) -> Result<i64, String> {
    match integer(days, key)? {
        found if (1..=longest).contains(&found) => Ok(found),
        found => Err(format!("`days.{key}`: found {found}, wanted 1 to {longest}")),
    }
}

fn table<'t>(root: &'t dyn TableLike, key: &str) -> Result<&'t dyn TableLike, String> {
    root.get(key).and_then(Item::as_table_like).ok_or_else(|| format!("`{key}`: wanted a table"))
}

fn integer(table: &dyn TableLike, key: &str) -> Result<i64, String> {
    table.get(key).and_then(Item::as_integer).ok_or_else(|| format!("`{key}`: wanted a number"))
}

fn text_at<'t>(table: &'t dyn TableLike, key: &str) -> Result<&'t str, String> {
    table.get(key).and_then(Item::as_str).ok_or_else(|| format!("`{key}`: wanted text"))
}
