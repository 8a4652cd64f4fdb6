//! Typed reading of TOML, with the name of what was looked for in the error. Strict about what is used, silent about
//! the rest: these files grow fields.

use std::path::Path;

use packman_names::{ExtraName, Marker, ProjectName, RequiresPython, Version, parse_version};
use packman_strict::Sha256;
use packman_strict::quote::quoted;
use packman_strict::time::Time;
use toml_edit::{Array, Document, Item, TableLike, Value};

use crate::{LockedWheel, Place, PythonAsked, UnreadableFile};

/// A file that is TOML.
pub(crate) struct TomlFile<'p> {
    path: &'p Path,
    document: Document<&'p str>,
}

impl<'p> TomlFile<'p> {
    pub(crate) fn parse(path: &'p Path, text: &'p str) -> Result<Self, UnreadableFile> {
        let document = Document::parse(text).map_err(|error| {
            let line = error.span().map_or(0, |span| line_at(text, span.start));
            UnreadableFile::new(Place { file: path.to_owned(), line }, error.message().to_lowercase())
        })?;
        Ok(Self { path, document })
    }

    pub(crate) fn root(&self) -> Part<'_> {
        let place = Place::of(self.path);
        Part { text: self.document.raw(), place, at: String::new(), table: self.document.as_table() }
    }
}

fn line_at(text: &str, at: usize) -> usize {
    text.get(..at).map_or(0, |before| before.matches('\n').count().saturating_add(1))
}

/// One table, and how it is called in errors.
pub(crate) struct Part<'t> {
    text: &'t str,
    place: Place,
    at: String,
    table: &'t dyn TableLike,
}

/// One value of an array, and where it stands.
pub(crate) struct Member<'t> {
    pub(crate) value: &'t Value,
    pub(crate) place: Place,
}

impl<'t> Part<'t> {
    /// The error of this table.
    pub(crate) fn error(&self, what: &str) -> UnreadableFile {
        let at = if self.at.is_empty() { String::new() } else { format!("{}: ", self.at) };
        UnreadableFile::new(self.place.clone(), format!("{at}{what}"))
    }

    /// Where it stands.
    pub(crate) fn place(&self) -> Place {
        self.place.clone()
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// The names of its members.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &'t str> {
        self.table.iter().map(|(key, _)| key)
    }

    pub(crate) fn text(&self, key: &str) -> Result<Option<&'t str>, UnreadableFile> {
        let Some(item) = self.table.get(key) else { return Ok(None) };
        item.as_str().map(Some).ok_or_else(|| self.error(&format!("`{key}`: wanted text")))
    }

    pub(crate) fn integer(&self, key: &str) -> Result<Option<i64>, UnreadableFile> {
        let Some(item) = self.table.get(key) else { return Ok(None) };
        item.as_integer().map(Some).ok_or_else(|| self.error(&format!("`{key}`: wanted a number")))
    }

    pub(crate) fn part(&self, key: &str) -> Result<Option<Part<'t>>, UnreadableFile> {
        let Some(item) = self.table.get(key) else { return Ok(None) };
        let table = item.as_table_like().ok_or_else(|| self.error(&format!("`{key}`: wanted a table")))?;
        Ok(Some(self.below(key, table, item.span())))
    }

    /// The tables of an array, however it is written.
    pub(crate) fn parts(&self, key: &str) -> Result<Vec<Part<'t>>, UnreadableFile> {
        let wrong = || self.error(&format!("`{key}`: wanted an array of tables"));
        match self.table.get(key) {
            None => Ok(Vec::new()),
            Some(Item::ArrayOfTables(tables)) => {
                Ok(tables.iter().map(|table| self.below(key, table, table.span())).collect())
            }
            Some(item) => {
                let inline = |value: &'t Value| {
                    let table = value.as_inline_table().ok_or_else(wrong)?;
                    Ok(self.below(key, table, value.span()))
                };
                item.as_array().ok_or_else(wrong)?.iter().map(inline).collect()
            }
        }
    }

    /// The values of an array.
    pub(crate) fn members(&self, key: &str) -> Result<Vec<Member<'t>>, UnreadableFile> {
        let Some(item) = self.table.get(key) else { return Ok(Vec::new()) };
        let array: &Array =
            item.as_array().ok_or_else(|| self.error(&format!("`{key}`: wanted an array")))?;
        Ok(array.iter().map(|value| Member { value, place: self.place_at(value.span()) }).collect())
    }

    /// The texts of an array, each with its place.
    pub(crate) fn texts(&self, key: &str) -> Result<Vec<(&'t str, Place)>, UnreadableFile> {
        let text = |member: Member<'t>| match member.value.as_str() {
            Some(text) => Ok((text, member.place)),
            None => Err(UnreadableFile::new(member.place, format!("`{key}`: wanted texts"))),
        };
        self.members(key)?.into_iter().map(text).collect()
    }

    /// The names of extras or groups in an array.
    pub(crate) fn names(&self, key: &str) -> Result<Vec<ExtraName>, UnreadableFile> {
        let name = |(text, place): (&str, Place)| {
            ExtraName::parse(text).map_err(|error| UnreadableFile::new(place, error.to_string()))
        };
        self.texts(key)?.into_iter().map(name).collect()
    }

    fn below(&self, key: &str, table: &'t dyn TableLike, span: Option<std::ops::Range<usize>>) -> Part<'t> {
        let name = table.get("name").and_then(Item::as_str);
        let at = match name {
            Some(name) => format!("{key} {}", quoted(name)),
            None if self.at.is_empty() => key.to_owned(),
            None => format!("{}, {key}", self.at),
        };
        Part { text: self.text, place: self.place_at(span), at, table }
    }

    fn place_at(&self, span: Option<std::ops::Range<usize>>) -> Place {
        let line = span.map_or(self.place.line, |span| line_at(self.text, span.start));
        Place { file: self.place.file.clone(), line }
    }

    /// The project's name.
    pub(crate) fn project(&self) -> Result<ProjectName, UnreadableFile> {
        let name = self.text("name")?.ok_or_else(|| self.error("no `name`"))?;
        ProjectName::parse(name).map_err(|error| self.error(&error.to_string()))
    }

    /// The version, where there is one: a checkout may lack it.
    pub(crate) fn version(&self) -> Result<Option<Version>, UnreadableFile> {
        let parse = |text: &str| parse_version(text).map_err(|error| self.error(&error.to_string()));
        self.text("version")?.map(parse).transpose()
    }

    /// A marker, where there is one.
    pub(crate) fn marker(&self, key: &str) -> Result<Option<Marker>, UnreadableFile> {
        let parse = |text: &str| Marker::parse(text).map_err(|error| self.error(&error.to_string()));
        self.text(key)?.map(parse).transpose()
    }

    /// `requires-python`, where it is there.
    pub(crate) fn python(&self) -> Result<Option<PythonAsked>, UnreadableFile> {
        let Some(text) = self.text("requires-python")? else { return Ok(None) };
        let requires = RequiresPython::parse(text).map_err(|error| self.error(&error.to_string()))?;
        let span = self.table.get("requires-python").and_then(Item::span);
        Ok(Some(PythonAsked { text: text.to_owned(), requires, place: self.place_at(span) }))
    }

    /// A wheel of a lock file: `url`, `size`, `upload-time`, and a name; `None` for one without an address.
    pub(crate) fn wheel(&self, name_key: &str, sha256: &str) -> Result<Option<LockedWheel>, UnreadableFile> {
        let Some(url) = self.text("url")? else { return Ok(None) };
        let bytes = |size| u64::try_from(size).map_err(|_| self.error("`size`: wanted a number of bytes"));
        Ok(Some(LockedWheel {
            name: self.text(name_key)?.map(str::to_owned),
            url: url.to_owned(),
            size: self.integer("size")?.map(bytes).transpose()?,
            uploaded: self.upload_time()?,
            sha256: Sha256::parse(sha256).map_err(|error| self.error(&error.to_string()))?,
        }))
    }

    /// `upload-time`, which one format writes as text and the other as a TOML date: UTC, fractions dropped.
    fn upload_time(&self) -> Result<Option<Time>, UnreadableFile> {
        let text = match self.table.get("upload-time") {
            None => return Ok(None),
            Some(Item::Value(Value::String(text))) => text.value().clone(),
            Some(Item::Value(Value::Datetime(time))) => time.value().to_string(),
            Some(_) => return Err(self.error("`upload-time`: wanted a time")),
        };
        let wrong = || self.error(&format!("`upload-time`: {} is no time in UTC", quoted(&text)));
        let body = text.strip_suffix('Z').or_else(|| text.strip_suffix("+00:00")).ok_or_else(wrong)?;
        let (whole, fraction) = body.split_once('.').unwrap_or((body, "0"));
        if fraction.is_empty() || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(wrong());
        }
        Time::parse(&format!("{whole}Z")).map(Some).map_err(|_| wrong())
    }
}
