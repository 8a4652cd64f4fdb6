//! A wheel that was held against every rule that its structure must keep, before a byte of it is written.
//!
//! Pure: the whole file's bytes go in with their hash, evidence or a refusal comes out. What RECORD says of each file's *content*
//! is held against the content when it is inflated, in `contents`, unless whoever vouched for the wheel vouched for that RECORD
//! too; only what was unpacked is an `Unpacked`.

use std::borrow::Cow;
use std::collections::HashMap;

use packman_names::{Metadata, WheelName};
use packman_strict::Sha256;
use packman_strict::digest::Hashed;
use packman_strict::path::{PathSet, SafePath};
use packman_strict::zip::{Archive, Entry, ZipLimits};

use crate::entry_points::{self, EntryPoint};
use crate::expected::{Expected, ExpectedMetadata};
use crate::layout::{Area, DIST_INFO, Destination, Layout, command_name, says_installed};
use crate::record::{self, Row};
use crate::refusal::WheelRefusal;
use crate::scripts;
use crate::wheel_file;

/// How much of a wheel is read at all.
#[derive(Clone, Debug)]
pub struct WheelLimits {
    /// Of the archive.
    pub zip: ZipLimits,
    /// Of RECORD, in bytes; METADATA, WHEEL and entry_points.txt may have 4 MiB of it.
    pub text_bytes: u64,
}

/// The largest of METADATA, WHEEL and entry_points.txt, in bytes. METADATA holds a description: the largest looked at,
/// of `types-aiobotocore`, has 150 kB.
const LARGEST_TEXT: u64 = 4 << 20;

impl Default for WheelLimits {
    fn default() -> Self {
        // The largest RECORD seen, of a wheel with 20,000 files, has 3 MB.
        Self { zip: ZipLimits::default(), text_bytes: 64 << 20 }
    }
}

/// A wheel whose structure was verified; its contents are verified when it is unpacked.
///
/// ```compile_fail
/// # fn f<'a>(other: packman_wheel::Wheel<'a>, sha256: packman_strict::Sha256) {
/// let wheel = packman_wheel::Wheel { sha256, ..other };
/// # }
/// ```
pub struct Wheel<'a> {
    pub(crate) sha256: Sha256,
    pub(crate) layout: Layout,
    pub(crate) entry_points: Vec<EntryPoint>,
    archive: Archive<'a>,
    name: WheelName,
    metadata: Metadata,
    metadata_bytes: Cow<'a, [u8]>,
    record_bytes: Cow<'a, [u8]>,
    /// Whether somebody vouched for what RECORD says of the files.
    pub(crate) record_is_vouched: bool,
    files: Vec<Listed>,
}

/// What was verified of one file of the archive, in the archive's order.
#[derive(Debug)]
pub(crate) struct Listed {
    /// Where it goes.
    pub(crate) destination: Destination,
    /// What RECORD has after `sha256=`; nothing for RECORD itself and its signatures.
    pub(crate) digest: Option<String>,
    /// Whether it is RECORD, which is written anew for each environment.
    pub(crate) is_record: bool,
}

impl<'a> Wheel<'a> {
    /// Verifies the structure of a wheel, the whole file in memory. Nothing is written.
    pub fn verify(
        wheel: &'a Hashed,
        expected: &Expected<'_>,
        limits: &WheelLimits,
    ) -> Result<Self, WheelRefusal> {
        let (bytes, sha256) = (wheel.bytes(), wheel.sha256());
        let archive = Archive::parse(bytes, &limits.zip)?;
        let dist_info = find_dist_info(&archive, expected.name)?;
        let texts = Texts { archive: &archive, dist_info: &dist_info, limit: limits.text_bytes };
        let wheel_file = wheel_file::verify(&text(&texts.required("WHEEL")?, "WHEEL")?, expected.name)?;
        let metadata_bytes = texts.required("METADATA")?;
        let metadata = verify_metadata(&metadata_bytes, expected)?;
        let layout = Layout::new(&dist_info, wheel_file.root_is_purelib);
        let record_bytes = texts.required("RECORD")?;
        verify_record(&record_bytes, expected)?;
        let files = verify_files(&archive, &layout, &text(&record_bytes, "RECORD")?)?;
        let entry_points = match texts.optional("entry_points.txt")? {
            Some(bytes) => entry_points::parse(&text(&bytes, "entry_points.txt")?)?,
            None => Vec::new(),
        };
        verify_places(&files, &entry_points, expected.name)?;
        let name = expected.name.clone();
        Ok(Self {
            sha256,
            layout,
            entry_points,
            archive,
            name,
            metadata,
            metadata_bytes,
            record_bytes,
            record_is_vouched: expected.record.is_some(),
            files,
        })
    }

    /// The file name it was verified for.
    pub fn name(&self) -> &WheelName {
        &self.name
    }

    /// What METADATA says.
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// METADATA, byte for byte.
    pub fn metadata_bytes(&self) -> &[u8] {
        &self.metadata_bytes
    }

    /// RECORD, byte for byte.
    pub fn record_bytes(&self) -> &[u8] {
        &self.record_bytes
    }

    /// The entry points, in the order of the file.
    pub fn entry_points(&self) -> &[EntryPoint] {
        &self.entry_points
    }

    /// Whether it installs for every platform: all of its root goes to purelib.
    pub fn is_pure(&self) -> bool {
        self.layout.root == Area::Purelib
    }

    /// How many files it holds.
    pub fn file_count(&self) -> usize {
        self.files.len()
    }

    /// How many bytes its files have when inflated.
    pub fn installed_bytes(&self) -> u64 {
        self.archive.entries().iter().map(Entry::size).sum()
    }

    /// Each file with what was verified of it.
    pub(crate) fn listed(&self) -> impl Iterator<Item = (&Entry<'a>, &Listed)> {
        self.archive.entries().iter().zip(&self.files)
    }
}

impl std::fmt::Debug for Wheel<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Wheel")
            .field("name", &self.name.as_str())
            .field("files", &self.files.len())
            .finish_non_exhaustive()
    }
}

/// The one top-level `.dist-info` folder. Nested ones are vendored and mean nothing; a file of such a name at
/// the top would be found by Python as an installed project too.
fn find_dist_info(archive: &Archive<'_>, name: &WheelName) -> Result<String, WheelRefusal> {
    let mut found: Option<&str> = None;
    for entry in archive.entries() {
        let top = entry.path().components().next().unwrap_or_default();
        match found {
            _ if !says_installed(top) => {}
            Some(other) if other != top => {
                // Whichever stands first in the archive: the one that the file's name asks for is no second one.
                let (first, second) = if name.dist_info_matches(top) { (top, other) } else { (other, top) };
                return Err(WheelRefusal::SecondDistInfo {
                    first: first.to_owned(),
                    second: second.to_owned(),
                });
            }
            _ => found = Some(top),
        }
    }
    let found =
        found.filter(|top| top.to_lowercase().ends_with(DIST_INFO)).ok_or(WheelRefusal::NoDistInfo)?;
    if name.dist_info_matches(found) {
        return Ok(found.to_owned());
    }
    let wanted = format!("{} {}", name.project(), name.version());
    Err(WheelRefusal::DistInfoName { found: found.to_owned(), wanted })
}

/// Reads the files of `.dist-info` that say what the wheel is.
struct Texts<'s, 'a> {
    archive: &'s Archive<'a>,
    dist_info: &'s str,
    limit: u64,
}

impl<'a> Texts<'_, 'a> {
    fn required(&self, name: &str) -> Result<Cow<'a, [u8]>, WheelRefusal> {
        let missing = || WheelRefusal::FileMissing { path: format!("{}/{name}", self.dist_info) };
        self.optional(name)?.ok_or_else(missing)
    }

    fn optional(&self, name: &str) -> Result<Option<Cow<'a, [u8]>>, WheelRefusal> {
        let path = format!("{}/{name}", self.dist_info);
        let Some(entry) = self.archive.entry(&path) else { return Ok(None) };
        let limit = if name == "RECORD" { self.limit } else { self.limit.min(LARGEST_TEXT) };
        if entry.size() > limit {
            return Err(WheelRefusal::FileTooLong { path, size: entry.size(), limit });
        }
        Ok(Some(entry.read()?))
    }
}

fn text<'t>(bytes: &'t [u8], name: &str) -> Result<Cow<'t, str>, WheelRefusal> {
    let text = std::str::from_utf8(bytes).map_err(|_| WheelRefusal::FileNotText { path: name.to_owned() })?;
    Ok(Cow::Borrowed(text))
}

fn verify_metadata(bytes: &[u8], expected: &Expected<'_>) -> Result<Metadata, WheelRefusal> {
    let metadata = Metadata::parse(bytes).map_err(WheelRefusal::Metadata)?;
    let name = expected.name;
    if metadata.name != *name.project() {
        let (found, wanted) = (metadata.name.to_string(), name.project().to_string());
        return Err(WheelRefusal::Identity { field: "name", found, wanted });
    }
    if metadata.version != *name.version() {
        let (found, wanted) = (metadata.version.to_string(), name.version().to_string());
        return Err(WheelRefusal::Identity { field: "version", found, wanted });
    }
    if let Some(vouched) = &expected.metadata {
        vouched.verify(&ExpectedMetadata::of(&metadata))?;
    }
    Ok(metadata)
}

/// Verifies that RECORD is the one that was vouched for.
fn verify_record(bytes: &[u8], expected: &Expected<'_>) -> Result<(), WheelRefusal> {
    let found = Sha256::of(bytes);
    match expected.record {
        Some(wanted) if wanted != found => {
            Err(WheelRefusal::RecordDiffers { found: found.to_string(), wanted: wanted.to_string() })
        }
        _ => Ok(()),
    }
}

/// Verifies that RECORD and the archive list the same files, each once, each with a hash that counts.
fn verify_files(archive: &Archive<'_>, layout: &Layout, record: &str) -> Result<Vec<Listed>, WheelRefusal> {
    let mut rows: HashMap<String, Row<'_>> = HashMap::new();
    for row in record::parse(record).map_err(WheelRefusal::RecordMalformed)? {
        let path =
            SafePath::parse(&row.path).map_err(|why| WheelRefusal::RecordPath { line: row.line, why })?;
        if rows.insert(path.as_str().to_owned(), row).is_some() {
            return Err(WheelRefusal::RecordDuplicate { path: path.as_str().to_owned() });
        }
    }
    let mut files = Vec::with_capacity(archive.entries().len());
    for entry in archive.entries() {
        let path = entry.path().as_str();
        let row = rows.remove(path);
        files.push(verify_file(entry, row.as_ref(), layout)?);
    }
    match rows.into_keys().min() {
        Some(path) => Err(WheelRefusal::RecordAdds { path }),
        None => Ok(files),
    }
}

fn verify_file(entry: &Entry<'_>, row: Option<&Row<'_>>, layout: &Layout) -> Result<Listed, WheelRefusal> {
    let path = entry.path().as_str();
    let own = path.strip_prefix(&layout.dist_info).and_then(|rest| rest.strip_prefix('/'));
    // Only these may lack a row or a hash: RECORD cannot hold its own, and signatures are made after it.
    let is_record = own == Some("RECORD");
    let excepted = is_record || matches!(own, Some("RECORD.jws" | "RECORD.p7s"));
    if own.is_some_and(is_installers) {
        return Err(WheelRefusal::ReservedFile { path: path.to_owned() });
    }
    let digest = match row {
        Some(row) => verify_row(entry, row, excepted)?,
        None if excepted => None,
        None => return Err(WheelRefusal::RecordMisses { path: path.to_owned() }),
    };
    Ok(Listed { destination: layout.place(entry.path())?, digest, is_record })
}

/// What only an installer writes into `.dist-info`; a wheel that ships it says something untrue of its
/// installation, such as that it came from another place. Of 74 real wheels looked at, none does.
fn is_installers(name: &str) -> bool {
    ["INSTALLER", "REQUESTED", "direct_url.json", "packman.json"]
        .iter()
        .any(|own| own.eq_ignore_ascii_case(name))
}

fn verify_row(entry: &Entry<'_>, row: &Row<'_>, excepted: bool) -> Result<Option<String>, WheelRefusal> {
    let path = || entry.path().as_str().to_owned();
    // PyPA lets the size be left out; where it stands it must be true.
    if !row.size.is_empty() && row.size != entry.size().to_string() {
        let (found, wanted) = (entry.size().to_string(), row.size.clone().into_owned());
        return Err(WheelRefusal::RecordContradicts { path: path(), what: "size", found, wanted });
    }
    match row.hash.split_once('=') {
        Some(("sha256", digest)) => Ok(Some(digest.to_owned())),
        None if row.hash.is_empty() && excepted => Ok(None),
        None if row.hash.is_empty() => Err(WheelRefusal::RecordNoHash { path: path() }),
        other => {
            let algorithm = other.map_or(&*row.hash, |(algorithm, _)| algorithm).to_owned();
            Err(WheelRefusal::RecordWeakHash { path: path(), algorithm })
        }
    }
}

/// Verifies that no two files land at one place, and that commands have names a wheel may take.
fn verify_places(files: &[Listed], points: &[EntryPoint], name: &WheelName) -> Result<(), WheelRefusal> {
    // Purelib and platlib are one folder nearly everywhere, and `data/bin` is where commands are.
    let [mut modules, mut commands, mut headers, mut data] = [(); 4].map(|()| PathSet::default());
    let malformed = |why| WheelRefusal::RecordPath { line: 0, why };
    for listed in files {
        let path = SafePath::parse(&listed.destination.path).map_err(malformed)?;
        match listed.destination.area {
            _ if command_name(&listed.destination).is_some() => {
                let command = command_name(&listed.destination).unwrap_or_default();
                scripts::verify_name(command, name.project())?;
                SafePath::parse(command)
                    .map_err(malformed)
                    .and_then(|path| commands.insert(&path).map_err(WheelRefusal::Collision))
            }
            Area::Headers => headers.insert(&path).map_err(WheelRefusal::Collision),
            Area::Data => data.insert(&path).map_err(WheelRefusal::Collision),
            _ => modules.insert(&path).map_err(WheelRefusal::Collision),
        }?;
    }
    for point in points.iter().filter(|point| point.is_script()) {
        scripts::verify_name(&point.name, name.project())?;
        let path = SafePath::parse(&point.name).map_err(malformed)?;
        commands.insert(&path).map_err(WheelRefusal::Collision)?;
    }
    Ok(())
}
