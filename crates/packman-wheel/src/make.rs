//! Makes small honest wheels: for the demonstration, and for the tests of every crate.
//!
//! What is made is held against [`Wheel::verify`] before it is given out, so a draft that is no honest wheel is
//! an error. (Hostile wheels are made byte by byte, in the tests.)

use std::collections::BTreeMap;
use std::fmt;

use packman_names::{Metadata, WheelName};
use packman_strict::Sha256;
use packman_strict::digest::Hashed;
use packman_strict::path::SafePath;
use packman_strict::zip::{Mode, Packing, Writer};

use crate::expected::Expected;
use crate::layout::Area;
use crate::record::RecordWriter;
use crate::verify::{Wheel, WheelLimits};

/// A wheel to be made.
#[derive(Clone, Debug)]
pub struct WheelDraft {
    /// The name of the project, in any spelling.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The tags of the file name: `py3-none-any` unless changed.
    pub tag: String,
    /// `Summary`.
    pub summary: String,
    /// `Requires-Dist`.
    pub requires_dist: Vec<String>,
    /// `Requires-Python`.
    pub requires_python: Option<String>,
    /// `Provides-Extra`.
    pub provides_extra: Vec<String>,
    /// Group, name and value.
    pub entry_points: Vec<(String, String, String)>,
    /// Path in the archive, and content.
    pub files: Vec<(String, Vec<u8>)>,
    /// Whether its files are deflated.
    pub deflated: bool,
}

/// A draft that is no honest wheel, in words.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DraftError(String);

impl fmt::Display for DraftError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "draft of a wheel: {}", self.0)
    }
}

impl std::error::Error for DraftError {}

impl WheelDraft {
    /// Starts a pure wheel without files.
    pub fn new(name: &str, version: &str) -> Self {
        Self {
            name: name.to_owned(),
            version: version.to_owned(),
            tag: "py3-none-any".to_owned(),
            summary: format!("The project {name}"),
            requires_dist: Vec::new(),
            requires_python: None,
            provides_extra: Vec::new(),
            entry_points: Vec::new(),
            files: Vec::new(),
            deflated: false,
        }
    }

    /// Adds a file to the root of the archive.
    pub fn file(mut self, path: &str, content: impl AsRef<[u8]>) -> Self {
        self.files.push((path.to_owned(), content.as_ref().to_owned()));
        self
    }

    /// Adds a file to a part of the `.data` folder.
    pub fn data(self, area: Area, path: &str, content: impl AsRef<[u8]>) -> Self {
        let path = format!("{}.data/{}/{path}", self.stem(), area.key());
        self.file(&path, content)
    }

    /// Adds a requirement.
    pub fn requires(mut self, requirement: &str) -> Self {
        self.requires_dist.push(requirement.to_owned());
        self
    }

    /// Says which Pythons it runs on.
    pub fn python(mut self, specifiers: &str) -> Self {
        self.requires_python = Some(specifiers.to_owned());
        self
    }

    /// Adds an extra.
    pub fn extra(mut self, extra: &str) -> Self {
        self.provides_extra.push(extra.to_owned());
        self
    }

    /// Adds a command that calls `module:attribute`.
    pub fn command(self, name: &str, value: &str) -> Self {
        self.entry_point("console_scripts", name, value)
    }

    /// Adds an entry point.
    pub fn entry_point(mut self, group: &str, name: &str, value: &str) -> Self {
        self.entry_points.push((group.to_owned(), name.to_owned(), value.to_owned()));
        self
    }

    /// The file name that belongs to it.
    pub fn file_name(&self) -> String {
        format!("{}-{}.whl", self.stem(), self.tag)
    }

    /// Makes the wheel: the same bytes for the same draft.
    pub fn build(&self) -> Result<Vec<u8>, DraftError> {
        let said = |error: &dyn fmt::Display| DraftError(error.to_string());
        let name = WheelName::parse(&self.file_name()).map_err(|error| said(&error))?;
        let dist_info = format!("{}.dist-info", self.stem());
        let mut files = self.files.clone();
        files.push((format!("{dist_info}/METADATA"), self.metadata().into_bytes()));
        files.push((format!("{dist_info}/WHEEL"), wheel_file(&name).into_bytes()));
        if !self.entry_points.is_empty() {
            files.push((format!("{dist_info}/entry_points.txt"), self.entry_points_file().into_bytes()));
        }
        let mut record = RecordWriter::default();
        for (path, content) in &files {
            record.add(path, &Sha256::of(content), content.len() as u64);
        }
        let record_path = format!("{dist_info}/RECORD");
        record.add_bare(&record_path);
        files.push((record_path, record.finish().into_bytes()));
        let mut writer = Writer::new();
        let packing = if self.deflated { Packing::Deflated } else { Packing::Stored };
        for (path, content) in &files {
            let command = path.starts_with(&format!("{}.data/scripts/", self.stem()));
            let mode = if command { Mode::Executable } else { Mode::Plain };
            let path = SafePath::parse(path).map_err(|error| said(&error))?;
            writer.file(&path, content, packing, mode).map_err(|error| said(&error))?;
        }
        let bytes = Hashed::of(writer.finish());
        Metadata::parse(self.metadata().as_bytes()).map_err(|error| said(&error))?;
        let expected = Expected { name: &name, metadata: None, record: None };
        let wheel =
            Wheel::verify(&bytes, &expected, &WheelLimits::default()).map_err(|error| said(&error))?;
        wheel.verify_contents(1).map_err(|error| said(&error))?;
        drop(wheel);
        Ok(bytes.into_bytes())
    }

    /// What file name, `.dist-info` and `.data` begin with.
    fn stem(&self) -> String {
        let name: Vec<&str> = self.name.split(['-', '_', '.']).filter(|part| !part.is_empty()).collect();
        format!("{}-{}", name.join("_").to_lowercase(), self.version)
    }

    fn metadata(&self) -> String {
        let first = [
            ("Metadata-Version", "2.1"),
            ("Name", &self.name),
            ("Version", &self.version),
            ("Summary", &self.summary),
        ];
        let python = self.requires_python.iter().map(|value| ("Requires-Python", value.as_str()));
        let extras = self.provides_extra.iter().map(|value| ("Provides-Extra", value.as_str()));
        let requires = self.requires_dist.iter().map(|value| ("Requires-Dist", value.as_str()));
        lines(first.into_iter().chain(python).chain(extras).chain(requires))
    }

    fn entry_points_file(&self) -> String {
        let mut groups: BTreeMap<&str, Vec<(&str, &str)>> = BTreeMap::new();
        for (group, name, value) in &self.entry_points {
            groups.entry(group).or_default().push((name, value));
        }
        let sections = groups.into_iter().map(|(group, points)| {
            let points = points.into_iter().map(|(name, value)| format!("{name} = {value}\n"));
            format!("[{group}]\n{}", points.collect::<Vec<_>>().concat())
        });
        sections.collect::<Vec<_>>().join("\n")
    }
}

fn wheel_file(name: &WheelName) -> String {
    let pure = if name.platform_tags() == "any" { "true" } else { "false" };
    let tags: Vec<String> = name.tags().map(|tag| tag.to_string()).collect();
    let first = [("Wheel-Version", "1.0"), ("Generator", "packman"), ("Root-Is-Purelib", pure)];
    lines(first.into_iter().chain(tags.iter().map(|tag| ("Tag", tag.as_str()))))
}

fn lines<'t>(fields: impl Iterator<Item = (&'t str, &'t str)>) -> String {
    fields.map(|(name, value)| format!("{name}: {value}\n")).collect::<Vec<_>>().concat()
}

#[cfg(test)]
mod tests {
    use super::WheelDraft;
    use crate::layout::Area;

    #[test]
    fn the_same_draft_makes_the_same_honest_bytes() {
        let draft = WheelDraft::new("Some-Thing", "1.0")
            .file("some_thing/__init__.py", "")
            .data(Area::Scripts, "hello", "#!python\n")
            .requires("other>=1; extra == 'x'")
            .extra("x")
            .python(">=3.8")
            .command("thing", "some_thing:main");
        assert_eq!(draft.file_name(), "some_thing-1.0-py3-none-any.whl");
        assert_eq!(draft.build().unwrap(), draft.build().unwrap());
    }

    #[test]
    fn a_draft_of_a_dishonest_wheel_is_an_error() {
        for draft in [
            WheelDraft::new("a", "1").command("pip", "a:b"),
            WheelDraft::new("a", "1").command("b", "a:b;c"),
            WheelDraft::new("a", "1").file("../x", ""),
            WheelDraft::new("a", "1").file("b-1.dist-info/METADATA", ""),
            WheelDraft::new("a", "one"),
            WheelDraft::new("a b", "1"),
        ] {
            assert!(draft.build().is_err(), "{draft:?}");
        }
    }
}
