//! Says from which commit the command is built, where it is built in a checkout of git.
//!
//! Reads two or three small files of `.git` and starts nothing. It runs again when one of them changes, and only then;
//! the same commit gives the same bytes, and an archive of the source, which has no `.git`, builds as well.

use std::fs;
use std::path::{Path, PathBuf};

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let Some(git) = git_folder(&root.join(".git")) else { return };
    // Both are there in every checkout; what is watched and not there would have this run at every build.
    watch(&git.join("HEAD"));
    watch(&git.join("logs/HEAD"));
    if let Some(commit) = commit(&git) {
        println!("cargo:rustc-env=PACKMAN_CHECKOUT={commit}");
    }
}

/// `.git` itself; where a worktree has a file of that name, the folder that it names.
fn git_folder(dot_git: &Path) -> Option<PathBuf> {
    if dot_git.is_dir() {
        return Some(dot_git.to_owned());
    }
    let text = fs::read_to_string(dot_git).ok()?;
    let named = Path::new(text.strip_prefix("gitdir:")?.trim());
    Some(dot_git.parent()?.join(named))
}

/// The first twelve digits of the commit that is checked out.
fn commit(git: &Path) -> Option<String> {
    let head = fs::read_to_string(git.join("HEAD")).ok()?;
    let head = match head.trim().strip_prefix("ref:") {
        None => head,
        Some(name) => reference(git, name.trim())?,
    };
    let digits = head.trim().get(..12)?;
    digits.bytes().all(|digit| digit.is_ascii_hexdigit()).then(|| digits.to_owned())
}

/// What a branch points to: a file of its own, else a line of `packed-refs`.
fn reference(git: &Path, name: &str) -> Option<String> {
    let common = match fs::read_to_string(git.join("commondir")) {
        Ok(common) => git.join(common.trim()),
        Err(_) => git.to_owned(),
    };
    let file = common.join(name);
    if let Ok(text) = fs::read_to_string(&file) {
        watch(&file);
        return Some(text);
    }
    let packed = common.join("packed-refs");
    watch(&packed);
    let text = fs::read_to_string(packed).ok()?;
    let line =
        |line: &str| line.split_once(' ').filter(|(_, branch)| *branch == name).map(|(id, _)| id.to_owned());
    text.lines().find_map(line)
}

fn watch(path: &Path) {
    if path.exists() {
        println!("cargo:rerun-if-changed={}", path.display());
    }
}
