//! The files that are looked at: what git tracks, or would track.

use std::path::Path;
use std::process::Command;

use crate::cargo::root;

/// One text file of the project.
pub(super) struct File {
    /// Its path from the root, with `/`.
    pub(super) path: String,
    /// Its text.
    pub(super) text: String,
}

/// Every text file of the project.
pub(super) struct Source {
    /// In the order of their paths.
    pub(super) files: Vec<File>,
}

impl Source {
    /// Reads what git tracks and what it does not ignore.
    pub(super) fn read() -> Result<Self, String> {
        let list = Command::new("git")
            .args(["ls-files", "--cached", "--others", "--exclude-standard", "-z"])
            .current_dir(root())
            .output()
            .map_err(|error| format!("git did not start: {error}"))?;
        if !list.status.success() {
            return Err(format!("git ls-files ended with {}", list.status));
        }
        let paths = String::from_utf8_lossy(&list.stdout).into_owned();
        let read = |path: &str| {
            let text = std::fs::read_to_string(root().join(Path::new(path))).ok()?;
            Some(File { path: path.to_owned(), text })
        };
        Ok(Self { files: paths.split('\0').filter(|path| !path.is_empty()).filter_map(read).collect() })
    }

    /// The Rust files.
    pub(super) fn rust(&self) -> impl Iterator<Item = &File> {
        self.files.iter().filter(|file| Path::new(&file.path).extension().is_some_and(|end| end == "rs"))
    }

    /// The text of one file.
    pub(super) fn text(&self, path: &str) -> Option<&str> {
        self.files.iter().find(|file| file.path == path).map(|file| file.text.as_str())
    }
}
