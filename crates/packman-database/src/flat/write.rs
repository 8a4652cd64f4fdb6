//! Writes the flat form of a record. Texts, tags and needs that files share stand once.

use std::collections::HashMap;
use std::sync::Arc;

use packman_names::{Version, WheelName};
use packman_strict::Sha256;

use super::texts::Texts;
use super::{FlatRecord, MAGIC, NONE, details};
use crate::{CoreMetadata, FileName, ProjectRecord, RecordedFile};

impl FlatRecord {
    /// The flat form of a record; `source` is the SHA-256 of the bytes that the record was parsed from.
    pub fn encode(record: &ProjectRecord, source: &Sha256) -> Vec<u8> {
        let mut writer = Writer::default();
        let project = writer.texts.shared(Some(record.name.as_str()));
        let summary = writer.texts.shared(record.summary.as_deref());
        let versions = record.versions();
        let place_of: HashMap<&Version, u32> =
            versions.iter().enumerate().map(|(place, version)| (*version, count(place))).collect();
        let version_texts: Vec<u32> =
            versions.iter().map(|version| writer.texts.own(&version.to_string())).collect();
        for file in &record.files {
            let version = place_of.get(file.name.version()).copied().unwrap_or(NONE);
            writer.file(file, version);
        }
        writer.finish(source, [project, summary], &version_texts)
    }
}

#[derive(Default)]
struct Writer<'r> {
    texts: Texts<'r>,
    fits: Vec<u8>,
    known_fits: HashMap<[u32; 3], u32>,
    /// The tags of the wheel before this one.
    last_fit: Option<([&'r str; 3], u32)>,
    needs: Vec<u8>,
    known_needs: HashMap<[u32; 4], u32>,
    /// Lists by their place in memory: files that share one must not each cost a look at all of it.
    known_lists: HashMap<*const [String], [u32; 2]>,
    items: Vec<u8>,
    files: Vec<u8>,
    details: Vec<u8>,
}

impl<'r> Writer<'r> {
    fn fit(&mut self, wheel: &'r WheelName) -> u32 {
        let parts = [wheel.python_tags(), wheel.abi_tags(), wheel.platform_tags()];
        if let Some((_, fit)) = self.last_fit.filter(|(last, _)| *last == parts) {
            return fit;
        }
        let tags = parts.map(|part| self.texts.shared(Some(part)));
        let next = count(self.known_fits.len());
        let Self { known_fits, fits, .. } = self;
        let fit = *known_fits.entry(tags).or_insert_with(|| {
            push(fits, &tags);
            next
        });
        self.last_fit = Some((parts, fit));
        fit
    }

    fn needs(&mut self, metadata: &'r CoreMetadata) -> u32 {
        let [first, many] = self.list(&metadata.requires_dist);
        let [other_first, other_many] = self.list(&metadata.provides_extra);
        let row = [first, many, other_first, other_many];
        let next = count(self.known_needs.len());
        let Self { known_needs, needs, .. } = self;
        *known_needs.entry(row).or_insert_with(|| {
            push(needs, &row);
            next
        })
    }

    /// The first item and the count of a list. Lists that only say the same are not found: their texts stand once.
    fn list(&mut self, list: &'r Arc<[String]>) -> [u32; 2] {
        let Self { known_lists, items, texts, .. } = self;
        *known_lists.entry(Arc::as_ptr(list)).or_insert_with(|| {
            let place = [count(items.len() / 4), count(list.len())];
            for line in list.iter() {
                push(items, &[texts.shared(Some(line))]);
            }
            place
        })
    }

    fn file(&mut self, file: &'r RecordedFile, version: u32) {
        let (fit, build) = match &file.name {
            FileName::Wheel(wheel) => {
                (self.fit(wheel), wheel.build().map(|(number, rest)| format!("{number}{rest}")))
            }
            FileName::Sdist(_) => (NONE, None),
        };
        let row = [
            self.texts.own(file.name.as_str()),
            version,
            fit,
            build.map_or(NONE, |build| self.texts.own(&build)),
            self.texts.shared(file.metadata.requires_python.as_deref()),
            self.texts.shared(file.yanked.as_deref()),
            self.texts.shared(file.recalled.as_deref()),
            self.needs(&file.metadata),
            count(self.details.len()),
        ];
        self.files.extend_from_slice(file.sha256.as_bytes());
        self.files.extend_from_slice(&file.size.to_le_bytes());
        push(&mut self.files, &row);
        details::write(&mut self.details, file, &mut self.texts);
    }

    fn finish(self, source: &Sha256, [project, summary]: [u32; 2], versions: &[u32]) -> Vec<u8> {
        let counts = [
            versions.len(),
            self.known_fits.len(),
            self.known_needs.len(),
            self.items.len() / 4,
            self.files.len() / super::ROW,
            self.details.len(),
            self.texts.len(),
        ];
        let mut rest = source.as_bytes().to_vec();
        push(&mut rest, &[project, summary]);
        push(&mut rest, &counts.map(count));
        push(&mut rest, versions);
        let Texts { bytes: texts, ends, .. } = &self.texts;
        for table in [&self.fits, &self.needs, &self.items, &self.files, &self.details, ends, texts] {
            rest.extend_from_slice(table);
        }
        let mut bytes = MAGIC.to_vec();
        bytes.extend_from_slice(Sha256::of(&rest).as_bytes());
        bytes.append(&mut rest);
        bytes
    }
}

/// A record is at most 64 MiB, so what is counted in it fits. Should it not, what is written does not open: a miss.
pub(super) fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(NONE)
}

pub(super) fn push(out: &mut Vec<u8>, numbers: &[u32]) {
    for number in numbers {
        out.extend_from_slice(&number.to_le_bytes());
    }
}
