//! The manifest of an unpacked wheel: everything an install needs, so that it reads nothing else.
//!
//! A text file of lines; see `docs/formats/wheels.md`. Its last line is the SHA-256 of all before it: a manifest
//! that is cut off or damaged is no manifest, and the unpacked wheel is then a miss.

use std::fmt::Write as _;

use packman_names::WheelName;
use packman_strict::Sha256;

use crate::entry_points::EntryPoint;
use crate::expected::ExpectedMetadata;
use crate::folder::{RawMode, Stamp};
use crate::layout::{Area, Destination};

/// The first line. Another number is another format, and a miss.
const HEAD: &str = "packman-unpacked 2";

/// What is known of an unpacked wheel.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Manifest {
    pub(crate) name: WheelName,
    pub(crate) sha256: Sha256,
    pub(crate) dist_info: String,
    /// Purelib or platlib: where `dist_info` goes.
    pub(crate) root: Area,
    pub(crate) metadata: ExpectedMetadata,
    /// The entry points that become commands.
    pub(crate) scripts: Vec<EntryPoint>,
    /// In the order of their numbers.
    pub(crate) files: Vec<UnpackedFile>,
}

/// One file of an unpacked wheel, which is kept under its number.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct UnpackedFile {
    pub(crate) destination: Destination,
    pub(crate) executable: bool,
    /// Whether its first line starts with `#!python` and is to be replaced.
    pub(crate) rewritten: bool,
    pub(crate) sha256: Sha256,
    /// As it was when it was unpacked: a file that was written or given away since, through a hard link, say, shows here.
    pub(crate) stamp: Stamp,
}

impl Manifest {
    /// The bytes of the file.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut text = format!(
            "{HEAD}\nwheel\t{}\nsha256\t{}\ndist-info\t{}\nroot\t{}\n",
            self.name,
            self.sha256,
            self.dist_info,
            self.root.key()
        );
        let mut line = |key: &str, value: &str| {
            let _ = writeln!(text, "{key}\t{}", escape(value));
        };
        self.metadata.requires_dist.iter().for_each(|value| line("requires-dist", value));
        self.metadata.requires_python.iter().for_each(|value| line("requires-python", value));
        self.metadata.provides_extra.iter().for_each(|value| line("provides-extra", value));
        for point in &self.scripts {
            let object = point.attribute.as_deref().unwrap_or_default();
            let _ = writeln!(text, "{}\t{}\t{}\t{object}", point.group, point.name, point.module);
        }
        for file in &self.files {
            let (area, stamp) = (file.destination.area.key(), file.stamp);
            let flags = format!(
                "{}{}",
                if file.executable { "x" } else { "-" },
                if file.rewritten { "p" } else { "-" }
            );
            let _ = writeln!(
                text,
                "file\t{area}\t{flags}\t{}\t{}\t{}\t{}\t{}\t{}\t{:o}\t{}",
                file.sha256,
                stamp.size,
                stamp.modified,
                stamp.inode,
                stamp.user,
                stamp.group,
                stamp.mode,
                file.destination.path
            );
        }
        let end = Sha256::of(text.as_bytes());
        let _ = writeln!(text, "end\t{end}");
        text.into_bytes()
    }

    /// Reads a manifest; none where it is not exactly what `encode` writes.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        let (body, end) = text.strip_suffix('\n')?.rsplit_once('\n')?;
        let body_bytes = bytes.get(..body.len() + 1)?;
        if Sha256::parse(end.strip_prefix("end\t")?).ok()? != Sha256::of(body_bytes) {
            return None;
        }
        let mut lines = body.strip_prefix(HEAD)?.strip_prefix('\n')?.lines();
        let mut value = |key: &str| lines.next()?.strip_prefix(key)?.strip_prefix('\t');
        let mut manifest = Self {
            name: WheelName::parse(value("wheel")?).ok()?,
            sha256: Sha256::parse(value("sha256")?).ok()?,
            dist_info: value("dist-info")?.to_owned(),
            root: Area::from_key(value("root")?)?,
            metadata: ExpectedMetadata::default(),
            scripts: Vec::new(),
            files: Vec::new(),
        };
        lines.try_for_each(|line| manifest.take(line))?;
        Some(manifest)
    }

    fn take(&mut self, line: &str) -> Option<()> {
        let (key, value) = line.split_once('\t')?;
        match key {
            "file" => self.files.push(parse_file(value)?),
            "requires-dist" => self.metadata.requires_dist.push(unescape(value)),
            "requires-python" => self.metadata.requires_python = Some(unescape(value)),
            "provides-extra" => self.metadata.provides_extra.push(unescape(value)),
            "console_scripts" | "gui_scripts" => {
                let [name, module, object] = fields(value)?;
                let attribute = Some(object.to_owned());
                let (name, module) = (name.to_owned(), module.to_owned());
                self.scripts.push(EntryPoint { group: key.to_owned(), name, module, attribute });
            }
            _ => return None,
        }
        Some(())
    }
}

fn parse_file(value: &str) -> Option<UnpackedFile> {
    let [area, flags, sha256, size, modified, inode, user, group, mode, path] = fields(value)?;
    let (executable, rewritten) = match flags {
        "--" => (false, false),
        "x-" => (true, false),
        "-p" => (false, true),
        "xp" => (true, true),
        _ => return None,
    };
    let stamp = Stamp {
        size: size.parse().ok()?,
        modified: modified.parse().ok()?,
        inode: inode.parse().ok()?,
        user: user.parse().ok()?,
        group: group.parse().ok()?,
        mode: RawMode::from_str_radix(mode, 8).ok()?,
    };
    let destination = Destination { area: Area::from_key(area)?, path: path.to_owned() };
    Some(UnpackedFile { destination, executable, rewritten, sha256: Sha256::parse(sha256).ok()?, stamp })
}

fn fields<const N: usize>(value: &str) -> Option<[&str; N]> {
    let mut found = [""; N];
    let mut values = value.split('\t');
    for slot in &mut found {
        *slot = values.next()?;
    }
    values.next().is_none().then_some(found)
}

fn escape(value: &str) -> String {
    value.replace('\\', "\\\\").replace('\n', "\\n").replace('\r', "\\r")
}

fn unescape(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    let mut letters = value.chars();
    while let Some(letter) = letters.next() {
        match (letter, letter == '\\') {
            (_, true) => match letters.next() {
                Some('n') => text.push('\n'),
                Some('r') => text.push('\r'),
                other => text.extend(other),
            },
            (letter, false) => text.push(letter),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use packman_names::WheelName;
    use packman_strict::Sha256;

    use super::{Manifest, UnpackedFile};
    use crate::entry_points::EntryPoint;
    use crate::expected::ExpectedMetadata;
    use crate::folder::Stamp;
    use crate::layout::{Area, Destination};

    fn example() -> Manifest {
        let file = |path: &str, area, executable| UnpackedFile {
            destination: Destination { area, path: path.to_owned() },
            executable,
            rewritten: executable,
            sha256: Sha256::of(path.as_bytes()),
            stamp: Stamp { size: 3, modified: -5, inode: 7, user: 0, group: 1000, mode: 0o755 },
        };
        Manifest {
            name: WheelName::parse("a-1-py3-none-any.whl").unwrap(),
            sha256: Sha256::of(b"wheel"),
            dist_info: "a-1.dist-info".to_owned(),
            root: Area::Purelib,
            metadata: ExpectedMetadata {
                requires_dist: vec!["b\\c\n>=1".to_owned()],
                requires_python: Some(">=3".to_owned()),
                provides_extra: vec!["x".to_owned()],
            },
            scripts: vec![EntryPoint {
                group: "console_scripts".to_owned(),
                name: "run it".to_owned(),
                module: "a.b".to_owned(),
                attribute: Some("c.d".to_owned()),
            }],
            files: vec![file("a/b c.py", Area::Purelib, false), file("run", Area::Scripts, true)],
        }
    }

    #[test]
    fn is_read_as_it_was_written() {
        let bytes = example().encode();
        assert_eq!(Manifest::parse(&bytes), Some(example()));
    }

    #[test]
    fn is_nothing_once_a_byte_of_it_changed() {
        let bytes = example().encode();
        for index in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[index] ^= 1;
            assert_eq!(Manifest::parse(&changed), None, "byte {index}");
            assert_eq!(Manifest::parse(&bytes[..index]), None, "cut at {index}");
        }
    }
}
