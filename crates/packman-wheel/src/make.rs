//! Makes small honest wheels: for the demonstration, and for the tests of every crate.
//!
//! What is made is held against [`Wheel::verify`] before it is given out, so a draft that is no honest wheel is
//! an error. (Hostile wheels are made byte by byte, in the tests.)

use std::fmt;

use packman_names::{Metadata, WheelName};
use packman_strict::Sha256;
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
        files.push((format!("{dist_info}/WHEEL"), self.wheel_file(&name).into_bytes()));
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
        for (path, content) in &files {
            let command = path.starts_with(&format!("{}.data/scripts/", self.stem()));
            let mode = if command { Mode::Executable } else { Mode::Plain };
            let path = SafePath::parse(path).map_err(|error| said(&error))?;
            writer.file(&path, content, Packing::Stored, mode).map_err(|error| said(&error))?;
        }
        let bytes = writer.finish();
        Metadata::parse(self.metadata().as_bytes()).map_err(|error| said(&error))?;
        let expected = Expected { name: &name, metadata: None };
        let wheel =
            Wheel::verify(&bytes, &expected, &WheelLimits::default()).map_err(|error| said(&error))?;
        wheel.verify_contents(1).map_err(|error| said(&error))?;
        Ok(bytes)
    }

    /// What file name, `.dist-info` and `.data` begin with.
    fn stem(&self) -> String {
        let name: Vec<&str> = self.name.split(['-', '_', '.']).filter(|part| !part.is_empty()).collect();
        format!("{}-{}", name.join("_").to_lowercase(), self.version)
    }

    fn metadata(&self) -> String {
        let mut text = format!("Metadata-Version: 2.1\nName: {}\nVersion: {}\n", self.name, self.version);
        let mut field = |name: &str, value: &str| text.push_str(&format!("{name}: {value}\n"));
        field("Summary", &self.summary);
        self.requires_python.iter().for_each(|value| field("Requires-Python", value));
        self.provides_extra.iter().for_each(|value| field("Provides-Extra", value));
        self.requires_dist.iter().for_each(|value| field("Requires-Dist", value));
        text
    }

    fn wheel_file(&self, name: &WheelName) -> String {
        let pure = name.platform_tags() == "any";
        let tags: String = name.tags().map(|tag| format!("Tag: {tag}\n")).collect();
        format!("Wheel-Version: 1.0\nGenerator: packman\nRoot-Is-Purelib: {pure}\n{tags}")
    }

    fn entry_points_file(&self) -> String {
        let mut points: Vec<&(String, String, String)> = self.entry_points.iter().collect();
        points.sort();
        let mut text = String::new();
        let mut group = "";
        for (of, name, value) in points {
            if of != group {
                text.push_str(&format!("[{of}]\n"));
                group = of;
            }
            text.push_str(&format!("{name} = {value}\n"));
        }
        text
    }
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
