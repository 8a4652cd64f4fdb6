//! Typed reading of TOML, with the name of what was looked for in the error. Strict about what is used, silent about
//! the rest: lock files grow fields.

use std::path::Path;

use packman_names::{ProjectName, Version, parse_version};
use packman_strict::Sha256;
use packman_strict::quote::quoted;
use packman_strict::time::Time;
use toml_edit::{Array, DocumentMut, Item, TableLike, Value};

use super::{Place, UnreadableFile};
use crate::index::{self, CoreMetadataFile, Hashes, IndexFile};

/// A lock file that is TOML.
pub(super) struct Lock<'p> {
    path: &'p Path,
    document: DocumentMut,
}

impl<'p> Lock<'p> {
    pub(super) fn parse(path: &'p Path, text: &str) -> Result<Self, UnreadableFile> {
        let place = || Place { file: path.to_owned(), line: 0 };
        let document: DocumentMut =
            text.parse().map_err(|error: toml_edit::TomlError| unreadable_toml(place(), text, &error))?;
        Ok(Self { path, document })
    }

    pub(super) fn root(&self) -> Part<'_> {
        Part { path: self.path, at: String::new(), table: self.document.as_table() }
    }
}

fn unreadable_toml(mut place: Place, text: &str, error: &toml_edit::TomlError) -> UnreadableFile {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    place.line = before.matches('\n').count().saturating_add(1);
    UnreadableFile::new(place, error.message().to_lowercase())
}

/// One table of a lock file, and how it is called in errors.
pub(super) struct Part<'t> {
    path: &'t Path,
    at: String,
    table: &'t dyn TableLike,
}

impl<'t> Part<'t> {
    /// The error of this table.
    pub(super) fn error(&self, what: &str) -> UnreadableFile {
        let place = Place { file: self.path.to_owned(), line: 0 };
        let at = if self.at.is_empty() { String::new() } else { format!("{}: ", self.at) };
        UnreadableFile::new(place, format!("{at}{what}"))
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    fn get(&self, key: &str) -> Option<&'t Item> {
        self.table.get(key)
    }

    pub(super) fn text(&self, key: &str) -> Result<Option<&'t str>, UnreadableFile> {
        let Some(item) = self.get(key) else { return Ok(None) };
        item.as_str().map(Some).ok_or_else(|| self.error(&format!("`{key}`: wanted text")))
    }

    pub(super) fn integer(&self, key: &str) -> Result<Option<i64>, UnreadableFile> {
        let Some(item) = self.get(key) else { return Ok(None) };
        item.as_integer().map(Some).ok_or_else(|| self.error(&format!("`{key}`: wanted a number")))
    }

    pub(super) fn part(&self, key: &str) -> Result<Option<Part<'t>>, UnreadableFile> {
        let Some(item) = self.get(key) else { return Ok(None) };
        let table = item.as_table_like().ok_or_else(|| self.error(&format!("`{key}`: wanted a table")))?;
        Ok(Some(self.below(key, table)))
    }

    /// The tables of an array, however it is written.
    pub(super) fn parts(&self, key: &str) -> Result<Vec<Part<'t>>, UnreadableFile> {
        let wrong = || self.error(&format!("`{key}`: wanted an array of tables"));
        match self.get(key) {
            None => Ok(Vec::new()),
            Some(Item::ArrayOfTables(tables)) => {
                Ok(tables.iter().map(|table| self.below(key, table)).collect())
            }
            Some(item) => inline_tables(item.as_array().ok_or_else(wrong)?)
                .map(|table| table.map(|table| self.below(key, table)).ok_or_else(wrong))
                .collect(),
        }
    }

    fn below(&self, key: &str, table: &'t dyn TableLike) -> Part<'t> {
        let name = table.get("name").and_then(Item::as_str);
        let at = match name {
            Some(name) => format!("{key} {}", quoted(name)),
            None if self.at.is_empty() => key.to_owned(),
            None => format!("{}, {key}", self.at),
        };
        Part { path: self.path, at, table }
    }

    /// The name and version of a package; `None` for one without a version, which is a checkout.
    pub(super) fn release(&self) -> Result<(ProjectName, Option<Version>), UnreadableFile> {
        let name = self.text("name")?.ok_or_else(|| self.error("no `name`"))?;
        let name = ProjectName::parse(name).map_err(|error| self.error(&error.to_string()))?;
        let version = match self.text("version")? {
            Some(text) => Some(parse_version(text).map_err(|error| self.error(&error.to_string()))?),
            None => None,
        };
        Ok((name, version))
    }

    /// A file of a lock file: `url`, `size`, `upload-time`; its name is that of the address where none is given.
    pub(super) fn file(&self, name_key: &str) -> Result<Option<IndexFile>, UnreadableFile> {
        let Some(url) = self.text("url")? else { return Ok(None) };
        let name = match self.text(name_key)? {
            Some(name) => name.to_owned(),
            None => {
                index::file_name_of(url).ok_or_else(|| self.error("its address ends with no file name"))?
            }
        };
        let size = match self.integer("size")? {
            Some(size) => {
                Some(u64::try_from(size).map_err(|_| self.error("`size`: wanted a number of bytes"))?)
            }
            None => None,
        };
        Ok(Some(IndexFile {
            name,
            url: url.to_owned(),
            hashes: Hashes::default(),
            requires_python: None,
            yanked: None,
            upload_time: self.upload_time()?,
            core_metadata: CoreMetadataFile::Absent,
            size,
        }))
    }

    /// `upload-time`, which one format writes as text and the other as a TOML date.
    fn upload_time(&self) -> Result<Option<Time>, UnreadableFile> {
        let text = match self.get("upload-time") {
            None => return Ok(None),
            Some(Item::Value(Value::String(text))) => text.value().clone(),
            Some(Item::Value(Value::Datetime(time))) => time.value().to_string(),
            Some(_) => return Err(self.error("`upload-time`: wanted a time")),
        };
        index::parse_upload_time(&text).map(Some).map_err(|error| self.error(&error.to_string()))
    }

    /// Parses a SHA-256 that the file demands.
    pub(super) fn sha256(&self, hex: &str) -> Result<Sha256, UnreadableFile> {
        Sha256::parse(hex).map_err(|error| self.error(&error.to_string()))
    }
}

fn inline_tables(array: &Array) -> impl Iterator<Item = Option<&dyn TableLike>> {
    array.iter().map(|value| value.as_inline_table().map(|table| table as &dyn TableLike))
}
