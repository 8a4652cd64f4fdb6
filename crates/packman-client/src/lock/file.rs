//! Writes `pylock.toml` (PEP 751), the same bytes for the same lock.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use packman_names::{ProjectName, Version};
use packman_trust::OfferedFile;

/// A release with its wheels.
pub(super) struct Package<'l> {
    pub(super) name: &'l ProjectName,
    pub(super) version: &'l Version,
    pub(super) marker: Option<&'l str>,
    pub(super) wheels: Vec<Wheel<'l>>,
}

/// A wheel and its address.
pub(super) struct Wheel<'l> {
    pub(super) file: &'l OfferedFile,
    pub(super) url: String,
}

pub(super) fn write(environments: &[String], requires_python: &str, packages: &[Package<'_>]) -> String {
    let mut text =
        String::from("# Made by `packman lock`; `packman sync` makes an environment equal to it.\n");
    line(&mut text, "lock-version", "1.0");
    let environments: Vec<String> =
        environments.iter().map(|marker| format!("    {},\n", quoted(marker))).collect();
    _ = writeln!(text, "environments = [\n{}]", environments.concat());
    line(&mut text, "requires-python", requires_python);
    line(&mut text, "created-by", "packman");
    for package in packages {
        write_package(&mut text, package);
    }
    // Who vouched, so that whoever reads the lock can compare it with what he trusts.
    let sources: BTreeMap<&str, _> = packages
        .iter()
        .flat_map(|package| &package.wheels)
        .map(|wheel| (wheel.file.source().database.as_str(), wheel.file.source()))
        .collect();
    for (name, source) in sources {
        text.push_str("\n[[tool.packman.databases]]\n");
        line(&mut text, "name", name);
        line(&mut text, "url", &source.url);
        line(&mut text, "number", &source.number.to_string());
        line(&mut text, "assurance", &source.held());
    }
    text
}

fn write_package(text: &mut String, package: &Package<'_>) {
    text.push_str("\n[[packages]]\n");
    line(text, "name", package.name.as_str());
    line(text, "version", &package.version.to_string());
    if let Some(marker) = package.marker {
        line(text, "marker", marker);
    }
    let wants: Vec<Option<&str>> =
        package.wheels.iter().map(|wheel| wheel.file.metadata().requires_python.as_deref()).collect();
    // It is the release's, so it is said where all its wheels say the same.
    if let Some(Some(first)) = wants.first()
        && wants.iter().all(|one| *one == Some(first))
    {
        line(text, "requires-python", first);
    }
    text.push_str("wheels = [\n");
    for Wheel { file, url } in &package.wheels {
        _ = writeln!(
            text,
            "    {{ name = {}, url = {}, size = {}, hashes = {{ sha256 = \"{}\" }} }},",
            quoted(file.filename()),
            quoted(url),
            file.size(),
            file.sha256()
        );
    }
    text.push_str("]\n");
    if let Some(wheel) = package.wheels.first() {
        text.push_str("\n[packages.tool.packman]\n");
        line(text, "database", wheel.file.source().database.as_str());
    }
}

fn line(text: &mut String, name: &str, value: &str) {
    _ = writeln!(text, "{name} = {}", quoted(value));
}

/// A basic string of TOML: whatever is in it stays in it.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            letter if letter.is_control() => _ = write!(quoted, "\\u{:04X}", u32::from(letter)),
            letter => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}

/// The address of a file of this machine.
pub(super) fn file_url(path: &Path) -> String {
    let mut url = String::from("file://");
    for byte in path.to_string_lossy().bytes() {
        match byte {
            b'/' | b'-' | b'.' | b'_' | b'~' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => {
                url.push(byte.into())
            }
            other => _ = write!(url, "%{other:02X}"),
        }
    }
    url
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{file_url, quoted};

    #[test]
    fn text_stays_in_its_quotes() {
        for (text, written) in [
            ("plain", r#""plain""#),
            ("a \"b\" \\", r#""a \"b\" \\""#),
            ("x\n[tool]\u{7f}", r#""x\u000A[tool]\u007F""#),
            ("ü", r#""ü""#),
        ] {
            assert_eq!(quoted(text), written);
        }
    }

    #[test]
    fn a_path_becomes_an_address() {
        assert_eq!(file_url(Path::new("/my disk/a%b.whl")), "file:///my%20disk/a%25b.whl");
    }
}
