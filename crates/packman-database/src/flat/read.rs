//! Opens the flat form: holds it against its sum, the project and the record's hash, and every place in it against
//! its bounds. Whatever does not fit is a miss.

use std::sync::Arc;

use packman_names::{ProjectName, Version};
use packman_strict::Sha256;

use super::cursor::{Cursor, number_at};
use super::{BEFORE_COUNTS, FlatRecord, HEAD, MAGIC, NONE, Places, ROW, Span, details};
use crate::{CoreMetadata, FileName, ProjectRecord, RecordedFile, Reviewer};

impl FlatRecord {
    /// Opens what [`FlatRecord::encode`] wrote for the record of `project` whose bytes have the SHA-256 `source`. `None`
    /// for anything else.
    pub fn open(project: &ProjectName, source: &Sha256, bytes: Vec<u8>) -> Option<Self> {
        let mut head = Cursor(&bytes);
        let whole = head.array::<16>()? == MAGIC && head.sha256()? == Sha256::of(head.0);
        if !whole || head.sha256()? != *source {
            return None;
        }
        Self::lay_out(project, source, bytes)
    }

    /// Opens the flat form of a record that was just parsed; `None` where more is in it than 32 bits count.
    pub fn of(record: &ProjectRecord, source: &Sha256) -> Option<Self> {
        Self::lay_out(&record.name, source, Self::encode(record, source))
    }

    fn lay_out(project: &ProjectName, source: &Sha256, mut bytes: Vec<u8>) -> Option<Self> {
        let mut head = Cursor(bytes.get(BEFORE_COUNTS..)?);
        let (name, summary) = (head.number()?, head.number()?);
        let (versions, places) = Places::read(&mut head)?;
        bytes.get(places.texts.end..)?;
        let texts = String::from_utf8(bytes.split_off(places.texts.end)).ok()?;
        let mut flat = Self {
            project: project.clone(),
            source: *source,
            summary: None,
            versions: Vec::new(),
            table: bytes,
            texts,
            places,
        };
        if !flat.keeps_bounds(count(versions.len() / 4)) || flat.text(name)? != project.as_str() {
            return None;
        }
        flat.summary = flat.optional(summary).map(str::to_owned);
        let texts = flat.table.get(versions.start..versions.end)?.as_chunks::<4>().0;
        flat.versions = texts
            .iter()
            .map(|text| flat.text(u32::from_le_bytes(*text))?.parse::<Version>().ok())
            .collect::<Option<_>>()?;
        Some(flat)
    }

    pub(super) fn text(&self, place: u32) -> Option<&str> {
        let at = self.places.texts.start.checked_add(usize::try_from(place).ok()?.checked_mul(8)?)?;
        let row = self.table.get(at..self.places.texts.end)?;
        let (start, end) = (number_at(row, 0)?, number_at(row, 4)?);
        self.texts.get(usize::try_from(start).ok()?..usize::try_from(end).ok()?)
    }

    fn optional(&self, place: u32) -> Option<&str> {
        (place != NONE).then(|| self.text(place)).flatten()
    }

    fn table(&self, span: Span) -> &[u8] {
        self.table.get(span.start..span.end).unwrap_or_default()
    }

    /// Says whether every place that a row names is there, so that reading one later cannot fail half way.
    fn keeps_bounds(&self, versions: u32) -> bool {
        let Places { fits, needs, items, files, details, texts } = self.places;
        let texts = count(texts.len() / 8);
        let text = |place: u32| place < texts;
        let optional = |place: u32| place == NONE || text(place);
        let (items, details) = (count(items.len() / 4), count(details.len()));
        let range = |first: u32, many: u32| first.checked_add(many).is_some_and(|end| end <= items);
        let (fits_there, needs_there) = (count(fits.len() / 12), count(needs.len() / 16));
        let rows = |span| numbers(self.table(span));
        (0..texts).all(|place| self.text(place).is_some())
            && rows(fits).all(text)
            && rows(self.places.items).all(text)
            && self.table(needs).as_chunks::<16>().0.iter().all(|row| {
                let [first, many, other_first, other_many] = four(row);
                range(first, many) && range(other_first, other_many)
            })
            && self.table(files).as_chunks::<ROW>().0.iter().all(|row| {
                let row = Row::read(row);
                text(row.filename)
                    && row.version < versions
                    && (row.fit == NONE || row.fit < fits_there)
                    && [row.build, row.requires_python, row.yanked, row.recalled].into_iter().all(optional)
                    && row.needs < needs_there
                    && row.details < details
            })
    }
}

impl Places {
    /// Lays out the tables that the counts tell of; `None` where they cannot be that long.
    fn read(head: &mut Cursor<'_>) -> Option<(Span, Self)> {
        let mut at = HEAD;
        let mut span = |each: usize| {
            let length = usize::try_from(head.number()?).ok()?.checked_mul(each)?;
            let start = at;
            at = at.checked_add(length)?;
            Some(Span { start, end: at })
        };
        let versions = span(4)?;
        let places = Self {
            fits: span(12)?,
            needs: span(16)?,
            items: span(4)?,
            files: span(ROW)?,
            details: span(1)?,
            texts: span(8)?,
        };
        Some((versions, places))
    }
}

impl Span {
    fn len(self) -> usize {
        self.end - self.start
    }
}

/// The numbers of a file's row.
#[derive(Clone, Copy, Debug)]
struct Row {
    filename: u32,
    version: u32,
    fit: u32,
    build: u32,
    requires_python: u32,
    yanked: u32,
    recalled: u32,
    needs: u32,
    details: u32,
}

impl Row {
    fn read(row: &[u8; ROW]) -> Self {
        let at = |place: usize| number_at(row, 40 + 4 * place).unwrap_or(NONE);
        Self {
            filename: at(0),
            version: at(1),
            fit: at(2),
            build: at(3),
            requires_python: at(4),
            yanked: at(5),
            recalled: at(6),
            needs: at(7),
            details: at(8),
        }
    }
}

/// One file of a flat record. What it answers is read from the table when it is asked.
#[derive(Clone, Copy, Debug)]
pub struct FlatFile<'r> {
    record: &'r FlatRecord,
    version: &'r Version,
    bytes: &'r [u8; ROW],
    row: Row,
}

/// The tags of a wheel, as its name joins them. Wheels of one record with the same tags share their number.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Fit<'r> {
    /// Which of the record's fits it is.
    pub number: usize,
    /// The Pythons, joined by dots, in lower case.
    pub python: &'r str,
    /// The binary interfaces, joined by dots, in lower case.
    pub abi: &'r str,
    /// The platforms, joined by dots, in lower case.
    pub platform: &'r str,
}

impl<'r> FlatFile<'r> {
    pub(super) fn of(record: &'r FlatRecord, bytes: &'r [u8; ROW]) -> Option<Self> {
        let row = Row::read(bytes);
        Some(Self { record, version: record.versions.get(row.version as usize)?, bytes, row })
    }

    /// Its name.
    pub fn filename(&self) -> &'r str {
        self.record.text(self.row.filename).unwrap_or_default()
    }

    /// The SHA-256 of its bytes.
    pub fn sha256(&self) -> Sha256 {
        Cursor(self.bytes).sha256().unwrap_or_else(|| Sha256::from_bytes([0; 32]))
    }

    /// Its size in bytes.
    pub fn size(&self) -> u64 {
        Cursor(self.bytes.get(32..).unwrap_or_default()).size().unwrap_or_default()
    }

    /// Its version.
    pub fn version(&self) -> &'r Version {
        self.version
    }

    /// The place of its version among those of the record, of which the lowest is the first.
    pub fn version_place(&self) -> u32 {
        self.row.version
    }

    /// The tags of a wheel; `None` of a source distribution.
    pub fn fit(&self) -> Option<Fit<'r>> {
        let number = usize::try_from(self.row.fit).ok().filter(|_| self.row.fit != NONE)?;
        let row = self.record.table(self.record.places.fits).as_chunks::<12>().0.get(number)?;
        let mut texts = numbers(row).map(|place| self.record.text(place).unwrap_or_default());
        Some(Fit { number, python: texts.next()?, abi: texts.next()?, platform: texts.next()? })
    }

    /// The build tag of a wheel: its number and what follows it.
    pub fn build(&self) -> Option<(u64, &'r str)> {
        let text = self.record.optional(self.row.build)?;
        let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (number, rest) = text.split_at_checked(end)?;
        Some((number.parse().ok()?, rest))
    }

    /// `Requires-Python`, as it stands.
    pub fn requires_python(&self) -> Option<&'r str> {
        self.record.optional(self.row.requires_python)
    }

    /// Why it was yanked at the source, where it was; may be empty.
    pub fn yanked(&self) -> Option<&'r str> {
        self.record.optional(self.row.yanked)
    }

    /// Why the record says that it was recalled, where it was.
    pub fn recalled(&self) -> Option<&'r str> {
        self.record.optional(self.row.recalled)
    }

    /// The SHA-256 of its METADATA, where the record names it.
    pub fn metadata_sha256(&self) -> Option<Sha256> {
        details::metadata_sha256(self.details()?)
    }

    /// Whether a person or a machine looked inside, where somebody did.
    pub fn reviewer(&self) -> Option<Reviewer> {
        details::reviewer(self.details()?)
    }

    fn details(&self) -> Option<Cursor<'r>> {
        let details = self.record.table(self.record.places.details);
        details.get(self.row.details as usize..).map(Cursor)
    }

    /// What its METADATA says of its needs.
    pub fn metadata(&self) -> CoreMetadata {
        let [first, many, other_first, other_many] = usize::try_from(self.row.needs)
            .ok()
            .and_then(|place| self.record.table(self.record.places.needs).as_chunks::<16>().0.get(place))
            .map_or([0; 4], four);
        CoreMetadata {
            requires_dist: self.list(first, many),
            requires_python: self.requires_python().map(str::to_owned),
            provides_extra: self.list(other_first, other_many),
        }
    }

    fn list(&self, first: u32, many: u32) -> Arc<[String]> {
        let items = numbers(self.record.table(self.record.places.items));
        let places = items.skip(first as usize).take(many as usize);
        places.map(|place| self.record.text(place).unwrap_or_default().to_owned()).collect()
    }

    /// The whole file as the record has it. `None` where the form does not keep its own rules, which only a form that
    /// was not written by [`FlatRecord::encode`] does.
    pub fn decode(&self) -> Option<RecordedFile> {
        let name = FileName::parse(self.filename()).ok()?;
        let of_the_project = name.project() == self.record.project() && name.version() == self.version;
        let details = details::read(self.details()?, self.filename(), |place| self.record.optional(place))?;
        of_the_project.then(|| RecordedFile {
            name,
            sha256: self.sha256(),
            size: self.size(),
            urls: details.urls,
            metadata_sha256: details.metadata_sha256,
            record_sha256: details.record_sha256,
            metadata: Arc::new(self.metadata()),
            uploaded: details.uploaded,
            first_seen: details.first_seen,
            // Its scapegoat's business alone: whoever installs takes it as any other file.
            for_lock: false,
            yanked: self.yanked().map(str::to_owned),
            // For whoever curates it, who reads the record itself.
            provenance: Vec::new(),
            review: details.review,
            recalled: self.recalled().map(str::to_owned),
        })
    }
}

fn numbers(bytes: &[u8]) -> impl Iterator<Item = u32> {
    bytes.as_chunks::<4>().0.iter().map(|bytes| u32::from_le_bytes(*bytes))
}

fn four(row: &[u8; 16]) -> [u32; 4] {
    let at = |place: usize| number_at(row, 4 * place).unwrap_or(NONE);
    [at(0), at(1), at(2), at(3)]
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(NONE)
}
