//! Moving an installed project out of the way, and back: a change like any other, whole or not at all.
//!
//! Its files go to `.packman-disabled/<project>-<version>/files/`, each by its own path, beside a note of what they are.
//! Python and shells look for nothing there. See `docs/formats/receipt.md`.

use std::path::Path;

use packman_names::{ProjectName, Version, parse_version};
use packman_strict::Sha256;
use packman_strict::json::{Document, Limits, Object, Reader, ShapeError, Value};
use packman_strict::time::Time;

use crate::conflict::{ChangeError, Conflict};
use crate::content::{NewFile, Source};
use crate::failure::Failure;
use crate::folder::{Folder, Kind};
use crate::installed::Installed;
use crate::removal::{Removal, may_own};
use crate::resolve::Resolver;
use crate::scheme::{Places, Scheme, join};

/// The folder of what is out of the way, in the root of the environment.
pub(crate) const DISABLED: &str = ".packman-disabled";
const NOTE: &str = "disabled.json";
const FILES: &str = "files";
const FORMAT: &str = "packman-disabled-1";
/// Room for the paths of a hundred thousand files.
const LIMITS: Limits = Limits { bytes: 64 << 20, depth: 4, nodes: 1_000_000 };

/// A project to move out of the way.
#[derive(Clone, Debug)]
pub struct Disable {
    /// The project.
    pub installed: Installed,
    /// Why, in words.
    pub why: String,
    /// When.
    pub at: Time,
}

/// A project that is out of the way.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Disabled {
    /// Its name.
    pub project: ProjectName,
    /// Its version.
    pub version: Version,
    /// Why it was moved there, in words.
    pub why: String,
    /// When.
    pub at: Time,
    /// The name of its folder.
    folder: String,
    /// Its files, relative to the root.
    files: Vec<String>,
}

/// Lists what is out of the way in an environment. A note that cannot be read is told with its folder.
pub fn disabled(scheme: &Scheme) -> Result<Vec<Disabled>, ChangeError> {
    let places = Places::of(scheme)?;
    let path = places.root.join(DISABLED);
    let Ok(folder) = Folder::open(&path) else { return Ok(Vec::new()) };
    let mut names = folder.names().map_err(|error| Failure::new(&path, "listed", error))?;
    names.sort_unstable();
    names.into_iter().map(|name| read(&places, &folder, &name)).collect()
}

fn read(places: &Places, all: &Folder, name: &str) -> Result<Disabled, ChangeError> {
    let path = join(&join(DISABLED, name), NOTE);
    let damaged = |why: String| Conflict::JournalDamaged { path: path.clone(), why };
    let bytes = all.enter(name).and_then(|folder| folder.read_whole(NOTE, LIMITS.bytes as u64));
    let bytes = bytes.map_err(|error| damaged(error.to_string()))?;
    let document = Document::parse(&bytes, &LIMITS).map_err(|error| damaged(error.to_string()))?;
    let found = parse(Reader::root(&document), name).map_err(|error| damaged(error.to_string()))?;
    // Anything in the environment could have written it: it moves nothing but what a project may own.
    let plain = |path: &String| !path.split('/').any(|part| matches!(part, "" | "." | ".."));
    match found.files.iter().find(|path| !plain(path) || !may_own(places, path)) {
        Some(path) => Err(damaged(format!("it names {}", packman_strict::quote::quoted(path))).into()),
        None => Ok(found),
    }
}

fn parse(root: Reader<'_, '_>, folder: &str) -> Result<Disabled, ShapeError> {
    let format = root.member("format")?;
    if format.str()? != FORMAT {
        return Err(format.wrong(FORMAT));
    }
    let (project, version, at) = (root.member("project")?, root.member("version")?, root.member("at")?);
    Ok(Disabled {
        project: ProjectName::parse(project.str()?).map_err(|_| project.wrong("a project name"))?,
        version: parse_version(version.str()?).map_err(|_| version.wrong("a version"))?,
        why: root.member("why")?.str()?.to_owned(),
        at: Time::parse(at.str()?).map_err(|_| at.wrong("a time"))?,
        folder: folder.to_owned(),
        files: root
            .member("files")?
            .elements()?
            .map(|path| path.str().map(str::to_owned))
            .collect::<Result<_, _>>()?,
    })
}

/// The new files of moving a project out of the way; `files`: what is taken away of it.
pub(crate) fn files_of(disable: &Disable, files: impl Iterator<Item = String>) -> Vec<NewFile> {
    let Installed { name, version, .. } = &disable.installed;
    let folder = join(DISABLED, &format!("{name}-{version}"));
    let files: Vec<String> = files.collect();
    let paths: Vec<Value<'_>> = files.iter().map(|path| Value::from(path.as_str())).collect();
    let note = Object::new()
        .with("format", FORMAT)
        .with("project", name.as_str())
        .with("version", version.to_string())
        .with("why", disable.why.as_str())
        .with("at", disable.at.to_string())
        .with("files", paths);
    let note = Value::from(note).to_pretty();
    let made = |path: String, source: Source| NewFile {
        digest: Sha256::of(path.as_bytes()),
        path,
        project: name.clone(),
        source,
        executable: false,
    };
    let kept = files.iter().map(|path| made(join(&join(&folder, FILES), path), Source::Moved(path.clone())));
    let kept: Vec<NewFile> = kept.collect();
    kept.into_iter().chain([made(join(&folder, NOTE), Source::Made(note))]).collect()
}

/// The new files of moving a project back, what is in the folder being taken away.
pub(crate) fn files_back(
    disabled: &Disabled,
    resolver: &mut Resolver<'_>,
    removal: &mut Removal,
) -> Result<Vec<NewFile>, ChangeError> {
    let folder = join(DISABLED, &disabled.folder);
    let mut found = Vec::new();
    for path in &disabled.files {
        let mut kept = join(&join(&folder, FILES), path);
        let (_, kind) = resolver.file(&mut kept)?;
        if !matches!(kind, Kind::File | Kind::Link) {
            let why = format!("{} is not there", packman_strict::quote::quoted(path));
            return Err(Conflict::JournalDamaged { path: join(&folder, NOTE), why }.into());
        }
        removal.files.insert(kept.clone());
        found.push(NewFile {
            path: path.clone(),
            project: disabled.project.clone(),
            digest: Sha256::of(path.as_bytes()),
            source: Source::Moved(kept),
            executable: false,
        });
    }
    removal.files.insert(join(&folder, NOTE));
    Ok(found)
}

/// Whether a path is of what is out of the way.
pub(crate) fn is_disabled(path: &str) -> bool {
    Path::new(path).starts_with(DISABLED)
}
