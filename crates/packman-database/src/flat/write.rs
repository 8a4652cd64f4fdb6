//! Writes the flat form of a record. Texts, tags and needs that files share stand once.

use std::collections::HashMap;
use std::sync::Arc;

use packman_names::{Version, WheelName};
use packman_strict::Sha256;

use super::{FlatRecord, MAGIC, NONE, details};
use crate::{CoreMetadata, FileName, ProjectRecord, RecordedFile};

impl FlatRecord {
    /// The flat form of a record; `source` is the SHA-256 of the bytes that the record was parsed from.
    pub fn encode(record: &ProjectRecord, source: &Sha256) -> Vec<u8> {
        let mut writer = Writer::default();
        let project = writer.text(Some(record.name.as_str()));
        let summary = writer.text(record.summary.as_deref());
        let versions = record.versions();
        let place_of: HashMap<&Version, u32> =
            versions.iter().enumerate().map(|(place, version)| (*version, count(place))).collect();
        let version_texts: Vec<u32> =
            versions.iter().map(|version| writer.text(Some(&version.to_string()))).collect();
        for file in &record.files {
            let version = place_of.get(file.name.version()).copied().unwrap_or(NONE);
            writer.file(file, version);
        }
        writer.finish(source, [project, summary], &version_texts)
    }
}

#[derive(Default)]
struct Writer<'r> {
    texts: Vec<u8>,
    text_ends: Vec<u8>,
    known_texts: HashMap<String, u32>,
    fits: Vec<u8>,
    known_fits: HashMap<[u32; 3], u32>,
    needs: Vec<u8>,
    known_needs: HashMap<[u32; 4], u32>,
    known_lists: HashMap<&'r [String], [u32; 2]>,
    /// The same by their place in memory: files that share a list must not each cost a look at all of it.
    shared_lists: HashMap<*const [String], [u32; 2]>,
    items: Vec<u8>,
    files: Vec<u8>,
    details: Vec<u8>,
}

impl<'r> Writer<'r> {
    fn text(&mut self, text: Option<&str>) -> u32 {
        let Some(text) = text else { return NONE };
        if let Some(known) = self.known_texts.get(text) {
            return *known;
        }
        let start = count(self.texts.len());
        self.texts.extend_from_slice(text.as_bytes());
        push(&mut self.text_ends, &[start, count(self.texts.len())]);
        let place = count(self.known_texts.len());
        self.known_texts.insert(text.to_owned(), place);
        place
    }

    fn fit(&mut self, wheel: &WheelName) -> u32 {
        let tags =
            [wheel.python_tags(), wheel.abi_tags(), wheel.platform_tags()].map(|part| self.text(Some(part)));
        let next = count(self.known_fits.len());
        let Self { known_fits, fits, .. } = self;
        *known_fits.entry(tags).or_insert_with(|| {
            push(fits, &tags);
            next
        })
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

    /// The first item and the count of a list.
    fn list(&mut self, list: &'r Arc<[String]>) -> [u32; 2] {
        if let Some(known) = self.shared_lists.get(&Arc::as_ptr(list)) {
            return *known;
        }
        let place = if let Some(known) = self.known_lists.get(&**list) {
            *known
        } else {
            let place = [count(self.items.len() / 4), count(list.len())];
            for line in list.iter() {
                let text = self.text(Some(line));
                push(&mut self.items, &[text]);
            }
            self.known_lists.insert(list, place);
            place
        };
        self.shared_lists.insert(Arc::as_ptr(list), place);
        place
    }

    fn file(&mut self, file: &'r RecordedFile, version: u32) {
        let (fit, build) = match &file.name {
            FileName::Wheel(wheel) => {
                (self.fit(wheel), wheel.build().map(|(number, rest)| format!("{number}{rest}")))
            }
            FileName::Sdist(_) => (NONE, None),
        };
        let row = [
            self.text(Some(file.name.as_str())),
            version,
            fit,
            self.text(build.as_deref()),
            self.text(file.metadata.requires_python.as_deref()),
            self.text(file.yanked.as_deref()),
            self.text(file.recalled.as_deref()),
            self.needs(&file.metadata),
            count(self.details.len()),
        ];
        self.files.extend_from_slice(file.sha256.as_bytes());
        self.files.extend_from_slice(&file.size.to_le_bytes());
        push(&mut self.files, &row);
        let mut out = std::mem::take(&mut self.details);
        details::write(&mut out, file, |text| self.text(text));
        self.details = out;
    }

    fn finish(self, source: &Sha256, [project, summary]: [u32; 2], versions: &[u32]) -> Vec<u8> {
        let counts = [
            versions.len(),
            self.known_fits.len(),
            self.known_needs.len(),
            self.items.len() / 4,
            self.files.len() / super::ROW,
            self.details.len(),
            self.known_texts.len(),
        ];
        let mut rest = source.as_bytes().to_vec();
        push(&mut rest, &[project, summary]);
        push(&mut rest, &counts.map(count));
        push(&mut rest, versions);
        for table in
            [&self.fits, &self.needs, &self.items, &self.files, &self.details, &self.text_ends, &self.texts]
        {
            rest.extend_from_slice(table);
        }
        let mut bytes = MAGIC.to_vec();
        bytes.extend_from_slice(Sha256::of(&rest).as_bytes());
        bytes.append(&mut rest);
        bytes
    }
}

/// A record is at most 64 MiB, so what is counted in it fits. Should it not, what is written does not open: a miss.
fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(NONE)
}

fn push(out: &mut Vec<u8>, numbers: &[u32]) {
    for number in numbers {
        out.extend_from_slice(&number.to_le_bytes());
    }
}
