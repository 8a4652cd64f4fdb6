//! What is installed, as lines of a requirements file. Never asks the network.

use packman_machine::files;
use packman_names::ProjectName;
use packman_strict::json::{Document, Limits, Reader, ShapeError};
use packman_wheel::Installed;

use crate::client::Client;
use crate::environment::{Absent, Environment, WhichEnvironment};
use crate::error::ClientError;

/// Where a package came from, by its own installer's words, is a small file.
const LONGEST: u64 = 64 << 10;

/// What is installed in an environment, pinned.
#[derive(Clone, Debug)]
pub struct Frozen {
    /// The environment's folder.
    pub environment: String,
    /// Its packages, by name.
    pub packages: Vec<FrozenPackage>,
}

/// One installed package, pinned.
#[derive(Clone, Debug)]
pub struct FrozenPackage {
    /// Its project.
    pub name: ProjectName,
    /// Its version.
    pub version: packman_names::Version,
    /// The line of a requirements file that stands for it.
    pub line: String,
}

impl Client<'_> {
    /// Pins what is installed. What installs packages itself is left out, unless `all` is wanted, as pip has it.
    pub fn freeze(&self, which: &WhichEnvironment, all: bool) -> Result<Frozen, ClientError> {
        let environment = self.environment(which, Absent::Refuse)?;
        let installers = installers(&environment);
        let wanted = |installed: &&Installed| all || !installers.contains(&installed.name.as_str());
        let mut packages = Vec::new();
        for installed in environment.inventory.installed.iter().filter(wanted) {
            packages.push(FrozenPackage {
                name: installed.name.clone(),
                version: installed.version.clone(),
                line: line(installed),
            });
        }
        packages.sort_by(|one, other| (&one.name, &one.line).cmp(&(&other.name, &other.line)));
        packages.dedup_by(|one, other| one.line == other.line);
        Ok(Frozen { environment: environment.folder(), packages })
    }
}

/// What pip leaves out, since every new environment had it: from Python 3.12 on, nothing but pip.
pub(crate) fn installers(environment: &Environment) -> &'static [&'static str] {
    let version = environment.found.version;
    if (version.major, version.minor) >= (3, 12) {
        &["pip"]
    } else {
        &["pip", "setuptools", "wheel", "distribute"]
    }
}

/// A pin, or where it came from, where that was no index (PEP 610).
fn line(installed: &Installed) -> String {
    let pinned = format!("{}=={}", installed.name, installed.version);
    let path = installed.dist_info.join("direct_url.json");
    // A file of the environment is evidence of nothing: where it makes no sense, the version is what is known.
    let Ok(Some(bytes)) = files::read_file(&path, LONGEST) else { return pinned };
    let Ok(document) = Document::parse(&bytes, &Limits::default()) else { return pinned };
    let Ok(Some(from)) = direct_url(Reader::root(&document)) else { return pinned };
    // It becomes a line of a file: what would be more than one, or a comment, is not written.
    if from.contains(|letter: char| letter.is_control() || letter.is_whitespace()) {
        return pinned;
    }
    match (installed.is_editable(), from.strip_prefix("file://")) {
        // As pip has it; what a path would have to be decoded for stays an address.
        (true, Some(path)) if path.starts_with('/') && !path.contains('%') => format!("-e {path}"),
        (true, _) => format!("-e {from}"),
        (false, _) => format!("{} @ {from}", installed.name),
    }
}

fn direct_url(root: Reader<'_, '_>) -> Result<Option<String>, ShapeError> {
    let text = |reader: Reader<'_, '_>, name| -> Result<Option<String>, ShapeError> {
        reader.optional(name)?.map(|member| member.str().map(str::to_owned)).transpose()
    };
    let Some(url) = text(root, "url")? else { return Ok(None) };
    let mut from = url;
    if let Some(vcs) = root.optional("vcs_info")? {
        let kind = text(vcs, "vcs")?.unwrap_or_default();
        let commit = text(vcs, "commit_id")?.unwrap_or_default();
        from = format!("{kind}+{from}@{commit}");
    }
    if let Some(subdirectory) = text(root, "subdirectory")? {
        from = format!("{from}#subdirectory={subdirectory}");
    } else if let Some(archive) = root.optional("archive_info")?
        && let Some(hash) = text(archive, "hash")?
    {
        from = format!("{from}#{hash}");
    }
    Ok(Some(from))
}
