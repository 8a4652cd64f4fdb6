//! Which kind of file a path names. What is no kind that we know is refused, never read as lines of requirements: a lock
//! file of another tool would come out as a heap of nonsense, or as a project of the wrong name.

use std::path::Path;

use crate::{Place, UnreadableFile};

/// The kinds of files that ask for packages.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub enum FileKind {
    /// Lines as pip reads them.
    Requirements,
    /// `pyproject.toml`.
    PyProject,
    /// `pylock.toml` or `pylock.NAME.toml` (PEP 751).
    PyLock,
    /// `uv.lock`.
    UvLock,
}

/// What a file of requirements may end with. A file without an ending may be one, too.
const ENDINGS: [&str; 6] = ["txt", "in", "pip", "req", "reqs", "requirements"];

impl FileKind {
    /// The kind of the file at a path, by its name.
    pub fn of(path: &Path) -> Result<Self, UnreadableFile> {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let ending = path.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase());
        match (name.as_str(), ending.as_deref()) {
            ("uv.lock", _) => Ok(Self::UvLock),
            ("pyproject.toml", _) => Ok(Self::PyProject),
            ("pylock.toml", _) => Ok(Self::PyLock),
            (name, Some("toml")) if name.starts_with("pylock.") => Ok(Self::PyLock),
            ("Pipfile", _) => Err(unknown(path, &name)),
            (_, None) => Ok(Self::Requirements),
            (_, Some(ending)) if ENDINGS.contains(&ending) => Ok(Self::Requirements),
            _ => Err(unknown(path, &name)),
        }
    }
}

fn unknown(path: &Path, name: &str) -> UnreadableFile {
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase());
    let hint = match (name, ending.as_deref()) {
        ("poetry.lock", _) => "`poetry export -o requirements.txt` writes one of them",
        ("pdm.lock", _) => "`pdm export -f pylock -o pylock.toml` writes one of them",
        ("Pipfile" | "Pipfile.lock", _) => {
            "`pipenv requirements --hash > requirements.txt` writes one of them"
        }
        ("setup.py" | "setup.cfg", _) => {
            "`pip-compile` or `uv pip compile` writes a requirements.txt from it"
        }
        (_, Some("whl")) => {
            "a wheel is recorded with `packman curate add DIR NAME --from FOLDER --copy-files`, then installed by its name"
        }
        (_, Some("yml" | "yaml")) => "`pip freeze > requirements.txt` in that environment writes one of them",
        _ => "a file of requirements ends with `.txt` or `.in`",
    };
    let wanted = "is of no kind that is read here: wanted requirements (`.txt`, `.in`), a `pyproject.toml`, a \
                  `pylock.toml`, or a `uv.lock`";
    UnreadableFile::new(Place::of(path), wanted).hinting(hint)
}
