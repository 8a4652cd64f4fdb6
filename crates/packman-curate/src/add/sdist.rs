//! Reads one file of a source distribution (PEP 517: a gzipped tar): `<name>-<version>/pyproject.toml`.
//!
//! A reader of our own, since all that is wanted is one small file, and whatever two tar readers could take for two
//! things is refused: nothing is extracted, followed or run. Bounded in bytes, entries and what it inflates to.

use std::io::Read;

use packman_names::SdistName;
use packman_strict::quote::quoted;

/// How much of an archive is read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// What it may inflate to, in bytes.
    pub(super) inflated: u64,
    /// How many entries it may have.
    pub(super) entries: usize,
}

impl Limits {
    /// Four times what the largest sources known inflate to.
    pub(super) const USUAL: Self = Self { inflated: 2 << 30, entries: 200_000 };
}

/// The longest `pyproject.toml`, and the longest name or header that an archive may carry, in bytes.
const LONGEST: u64 = 1 << 20;

const BLOCK: usize = 512;

/// Reads `pyproject.toml` of a source distribution; `None` where it has none.
pub(super) fn pyproject(name: &SdistName, bytes: &[u8], limits: Limits) -> Result<Option<Vec<u8>>, String> {
    let stream = flate2::read::GzDecoder::new(bytes).take(limits.inflated.saturating_add(1));
    let mut tar = Tar { stream, limits, block: [0; BLOCK] };
    let (mut entries, mut found, mut has_folder, mut named) = (0_usize, None, false, Named::default());
    while let Some(entry) = tar.next()? {
        entries = entries.saturating_add(1);
        if entries > limits.entries {
            return Err(format!("it has more than {} entries", limits.entries));
        }
        match entry.kind {
            b'L' => named.set(text(&tar.bytes(entry.size)?).trim_end_matches('\0').to_owned())?,
            b'K' => tar.skip(entry.size)?,
            b'x' => named.read_extended(&tar.bytes(entry.size)?)?,
            // What is said of all entries can be no name.
            b'g' => {
                let mut all = Named::default();
                all.read_extended(&tar.bytes(entry.size)?)?;
                if all.0.is_some() {
                    return Err("it gives all entries one name".to_owned());
                }
            }
            kind => {
                let path = named.take().unwrap_or(entry.path);
                let place = Place::of(name, &path);
                has_folder |= place != Place::Elsewhere;
                if place != Place::Wanted {
                    tar.skip(entry.size)?;
                } else if !matches!(kind, b'0' | b'\0' | b'7') {
                    return Err(format!("{} is no regular file", quoted(&path)));
                } else if found.replace(tar.bytes(entry.size)?).is_some() {
                    return Err(format!("{} is there twice", quoted(&path)));
                }
            }
        }
    }
    if has_folder { Ok(found) } else { Err("it holds no folder with its name and version".to_owned()) }
}

/// Where an entry stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Place {
    /// It is the file that is looked for.
    Wanted,
    /// It is in the folder of the release.
    Within,
    Elsewhere,
}

impl Place {
    fn of(name: &SdistName, path: &str) -> Self {
        // `./a//b` is `a/b` for whoever extracts it.
        let mut parts = path.split('/').filter(|part| !matches!(*part, "" | "."));
        let folder = parts.next().unwrap_or_default();
        // Tools spell one project in several ways, `a.b-1` and `a_b-1`.
        let same =
            |folder: &SdistName| folder.project() == name.project() && folder.version() == name.version();
        if !SdistName::parse(&format!("{folder}.tar.gz")).is_ok_and(|folder| same(&folder)) {
            return Self::Elsewhere;
        }
        match (parts.next(), parts.next()) {
            // Some disks take one for the other.
            (Some(file), None) if file.eq_ignore_ascii_case("pyproject.toml") => Self::Wanted,
            _ => Self::Within,
        }
    }
}

/// The name that headers before an entry give it, where it is too long for its own.
#[derive(Default)]
struct Named(Option<String>);

impl Named {
    fn set(&mut self, path: String) -> Result<(), String> {
        match self.0.replace(path) {
            Some(before) => Err(format!("{} has two names", quoted(&before))),
            None => Ok(()),
        }
    }

    fn take(&mut self) -> Option<String> {
        self.0.take()
    }

    /// Reads records `LENGTH KEY=VALUE\n` of an extended header.
    fn read_extended(&mut self, mut bytes: &[u8]) -> Result<(), String> {
        let wrong = || "an extended header is not understood".to_owned();
        while !bytes.is_empty() {
            let digits = bytes.iter().take(8).position(|byte| *byte == b' ').ok_or_else(wrong)?;
            let length = bytes.get(..digits).and_then(|digits| std::str::from_utf8(digits).ok());
            let length: usize = length.and_then(|text| text.parse().ok()).ok_or_else(wrong)?;
            let record = bytes.get(digits.saturating_add(1)..length).ok_or_else(wrong)?;
            let record = record.strip_suffix(b"\n").ok_or_else(wrong)?;
            let at = record.iter().position(|byte| *byte == b'=').ok_or_else(wrong)?;
            match record.split_at_checked(at) {
                Some((b"path", value)) => self.set(text(value.get(1..).unwrap_or_default()))?,
                // Readers differ in which of two sizes counts, and in what a file with holes is called.
                Some((key, _)) if key == b"size" || key.starts_with(b"GNU.sparse") => {
                    return Err(format!("an extended header says {}", quoted(&String::from_utf8_lossy(key))));
                }
                _ => {}
            }
            bytes = bytes.get(length..).unwrap_or_default();
        }
        Ok(())
    }
}

/// One entry's header.
struct Entry {
    path: String,
    kind: u8,
    size: u64,
}

struct Tar<R> {
    stream: std::io::Take<R>,
    limits: Limits,
    block: [u8; BLOCK],
}

impl<R: Read> Tar<R> {
    /// The next entry; `None` at the block of zeros that ends an archive.
    fn next(&mut self) -> Result<Option<Entry>, String> {
        let mut block = [0; BLOCK];
        self.stream.read_exact(&mut block).map_err(|error| self.ended(&error))?;
        self.block = block;
        if block.iter().all(|byte| *byte == 0) {
            return Ok(None);
        }
        self.verify_sum()?;
        let kind = self.field(156, 1).first().copied().unwrap_or_default();
        let size = octal(self.field(124, 12)).ok_or("an entry has no size")?;
        // Links, devices and folders have no bytes; some readers skip those that they say they have, and some do not.
        if matches!(kind, b'1'..=b'6') && size != 0 {
            return Err(format!("a link, device or folder says that it has {size} bytes"));
        }
        let path = text(until_zero(self.field(0, 100)));
        let is_posix = self.field(257, 6) == b"ustar\0";
        let prefix = if is_posix { text(until_zero(self.field(345, 155))) } else { String::new() };
        let path = if prefix.is_empty() { path } else { format!("{prefix}/{path}") };
        Ok(Some(Entry { path, kind, size }))
    }

    fn field(&self, at: usize, length: usize) -> &[u8] {
        self.block.get(at..at.saturating_add(length)).unwrap_or_default()
    }

    /// Verifies the sum of a header's bytes, where those of the sum itself count as spaces.
    fn verify_sum(&self) -> Result<(), String> {
        let sum: u64 = self.block.iter().map(|byte| u64::from(*byte)).sum();
        let own: u64 = self.field(148, 8).iter().map(|byte| u64::from(*byte)).sum();
        let wanted = sum.saturating_sub(own).saturating_add(8 * u64::from(b' '));
        if octal(self.field(148, 8)) == Some(wanted) {
            Ok(())
        } else {
            Err("a header's sum is wrong".to_owned())
        }
    }

    /// The bytes of an entry that is kept.
    fn bytes(&mut self, size: u64) -> Result<Vec<u8>, String> {
        if size > LONGEST {
            return Err(format!("a file or name to be read has {size} bytes, wanted at most {LONGEST}"));
        }
        // What is said of the size is no reason to set memory aside for it.
        let mut bytes = Vec::new();
        let read = self.stream.by_ref().take(size).read_to_end(&mut bytes);
        read.map_err(|error| self.ended(&error))?;
        if (bytes.len() as u64) < size {
            return Err(self.ended(&std::io::ErrorKind::UnexpectedEof.into()));
        }
        self.pass(size.next_multiple_of(BLOCK as u64).saturating_sub(size))?;
        Ok(bytes)
    }

    fn skip(&mut self, size: u64) -> Result<(), String> {
        self.pass(size.checked_next_multiple_of(BLOCK as u64).ok_or("an entry has no size")?)
    }

    fn pass(&mut self, bytes: u64) -> Result<(), String> {
        let passed = std::io::copy(&mut self.stream.by_ref().take(bytes), &mut std::io::sink());
        let passed = passed.map_err(|error| self.ended(&error))?;
        if passed == bytes { Ok(()) } else { Err(self.ended(&std::io::ErrorKind::UnexpectedEof.into())) }
    }

    /// Why an archive goes no further.
    fn ended(&self, error: &std::io::Error) -> String {
        match error.kind() {
            _ if self.stream.limit() == 0 => {
                format!("it inflates to more than {} bytes", self.limits.inflated)
            }
            std::io::ErrorKind::UnexpectedEof => "it ends in the middle".to_owned(),
            _ => "it is no gzip, or a damaged one".to_owned(),
        }
    }
}

fn until_zero(bytes: &[u8]) -> &[u8] {
    bytes.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// A number as headers have it: octal digits among spaces and zero bytes. Larger ones, in binary, are larger than what
/// is read.
fn octal(bytes: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(until_zero(bytes)).ok()?.trim_matches(' ');
    if text.is_empty() || !text.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    u64::from_str_radix(text, 8).ok()
}

/// Names that are no UTF-8 are of files that nobody asks for.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests;
