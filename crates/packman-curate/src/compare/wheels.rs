//! Compares two verified wheels, file by file.
//!
//! Files that RECORD gives the same hash are the same and not read again. Of the others each is read once, and what is told
//! of them follows from their names, their first bytes, and their new lines. What a path has of the version is left out.

use std::collections::{BTreeMap, BTreeSet};

use packman_strict::quote::quoted;
use packman_strict::zip::Scratch;
use packman_wheel::{Area, Wheel, WheelFile, WheelRefusal};

use super::changed::{self, Looked};
use super::content::Content;
use super::finding::{About, Became, FileChange, Finding, Weight};
use super::kind::{Kind, belies_its_name, ending, is_odd_place, is_test};
use super::told;

/// What a comparison of two wheels found.
#[derive(Debug, Default)]
pub(super) struct Compared {
    /// What was found, what matters first.
    pub(super) findings: Vec<Finding>,
    /// The files that are not the same, code with the most changed lines first.
    pub(super) changes: Vec<FileChange>,
    /// How many files are the same.
    pub(super) same: usize,
}

/// So many native files that changed are named each by itself.
const NATIVE: usize = 3;
/// So many findings are kept.
const FINDINGS: usize = 10_000;

/// Compares two wheels; without an older one all of the new one is new.
pub(super) fn compare(
    old: Option<&Wheel<'_>>,
    new: &Wheel<'_>,
    with_lines: bool,
) -> Result<Compared, WheelRefusal> {
    let before: BTreeMap<String, WheelFile<'_>> = old.map(by_place).unwrap_or_default();
    let now = by_place(new);
    let mut work = Work {
        compared: Compared { findings: told::compare(old, new)?, ..Compared::default() },
        scratch: Scratch::default(),
        lines_left: if with_lines { changed::MOST_LINES } else { 0 },
        native: Vec::new(),
        is_first: old.is_none(),
    };
    for (place, file) in &now {
        match before.get(place) {
            Some(old) if old.digest().is_some() && old.digest() == file.digest() => work.compared.same += 1,
            // RECORD lists the others, and its hash is no part of it.
            _ if place == "*.dist-info/RECORD" => {}
            old => work.look(old, file)?,
        }
    }
    let gone = before.iter().filter(|(place, _)| !now.contains_key(*place)).map(|(_, file)| removed(file));
    work.compared.changes.extend(gone);
    Ok(work.finish(&import_names(&before), &import_names(&now), old, new))
}

/// Files by their place, without the version.
fn by_place<'w>(wheel: &'w Wheel<'_>) -> BTreeMap<String, WheelFile<'w>> {
    wheel.files().map(|file| (place(file.path()), file)).collect()
}

fn place(path: &str) -> String {
    for folder in [".dist-info", ".data"] {
        if let Some((top, rest)) = path.split_once('/')
            && top.ends_with(folder)
        {
            return format!("*{folder}/{rest}");
        }
    }
    path.to_owned()
}

fn removed(file: &WheelFile<'_>) -> FileChange {
    FileChange {
        path: file.path().to_owned(),
        became: Became::Removed,
        is_code: matches!(Kind::of(file.path(), b""), Kind::Code),
        size_before: file.size(),
        size: 0,
        lines: None,
        places: Vec::new(),
        text: Vec::new(),
    }
}

/// The names that can be imported, at the top of the folder of modules.
fn import_names(files: &BTreeMap<String, WheelFile<'_>>) -> BTreeSet<String> {
    let modules = files.values().filter(|file| is_module_area(file));
    let name = |file: &WheelFile<'_>| {
        let path = file.destination().path.as_str();
        let (top, is_file) = path.split_once('/').map_or((path, true), |(top, _)| (top, false));
        let is_hidden = matches!(ending(top).as_str(), "dist-info" | "libs");
        let is_importable = !is_file || matches!(ending(top).as_str(), "py" | "so" | "pyd" | "pyc");
        let stem = top.split('.').next().unwrap_or(top);
        (is_importable && !is_hidden).then(|| stem.to_owned())
    };
    modules.filter_map(name).collect()
}

fn is_module_area(file: &WheelFile<'_>) -> bool {
    matches!(file.destination().area, Area::Purelib | Area::Platlib)
}

struct Work {
    compared: Compared,
    scratch: Scratch,
    lines_left: usize,
    /// Native files that changed.
    native: Vec<(String, u64, u64)>,
    /// Whether nothing was there before.
    is_first: bool,
}

impl Work {
    /// Looks at a file that is new or another.
    fn look(&mut self, old: Option<&WheelFile<'_>>, file: &WheelFile<'_>) -> Result<(), WheelRefusal> {
        let now = Content::read(file, &mut self.scratch)?;
        let before = old.map(|old| Content::read(old, &mut self.scratch)).transpose()?;
        let looked = changed::look(before.as_ref(), &now, self.lines_left);
        self.lines_left = self.lines_left.saturating_sub(looked.text.len());
        let became = if old.is_some() { Became::Changed } else { Became::Added };
        let size_before = old.map_or(0, WheelFile::size);
        self.at_start(file, became, &now);
        self.by_kind(file, became, size_before, &now, before.as_ref());
        self.hints(file, &now, &looked);
        self.size_of(file, became, size_before);
        self.compared.changes.push(FileChange {
            path: file.path().to_owned(),
            became,
            is_code: now.kind == Kind::Code,
            size_before,
            size: file.size(),
            lines: looked.lines,
            places: looked.places,
            text: looked.text,
        });
        Ok(())
    }

    fn tell(&mut self, weight: Weight, about: About, file: &WheelFile<'_>, words: impl Into<String>) {
        self.compared.findings.push(Finding::of(weight, about, file.path(), words));
    }

    /// What Python reads whenever it starts, and commands.
    fn at_start(&mut self, file: &WheelFile<'_>, became: Became, now: &Content) {
        let path = file.destination().path.to_ascii_lowercase();
        let is_top = is_module_area(file) && !path.contains('/');
        let verb = if became == Became::Added { "new" } else { "changed" };
        if is_top && matches!(ending(&path).as_str(), "pth" | "start") {
            let what = changed::start_up_words(&now.head);
            self.tell(
                Weight::First,
                About::StartUp,
                file,
                format!("{verb}; Python reads it whenever it starts{what}"),
            );
        }
        let stem = path.split(['.', '/']).next().unwrap_or_default();
        if is_module_area(file) && matches!(stem, "sitecustomize" | "usercustomize") {
            let words = format!("{verb}; Python imports it whenever it starts");
            self.tell(Weight::First, About::StartUp, file, words);
        }
        if let Some(command) = file.command() {
            let words = format!("{verb}; it becomes the command {}", quoted(command));
            self.tell(Weight::Look, About::Command, file, words);
        }
    }

    /// What its first bytes say that it is.
    fn by_kind(
        &mut self,
        file: &WheelFile<'_>,
        became: Became,
        size_before: u64,
        now: &Content,
        before: Option<&Content>,
    ) {
        let path = file.path();
        let verb = if became == Became::Added { "new" } else { "changed" };
        let was_same_kind = before.is_some_and(|before| before.kind == now.kind);
        let belies = belies_its_name(path, &now.head)
            && !before.is_some_and(|before| belies_its_name(path, &before.head));
        match now.kind {
            Kind::Native(words) if !names_native(path) && !was_same_kind => {
                let words = format!("{verb}; it is {words}, and its name does not say so");
                self.tell(Weight::First, About::Native, file, words);
            }
            Kind::Native(words) if !was_same_kind => {
                let place =
                    if is_odd_place(path) || is_test(path) { ", where none has any business" } else { "" };
                let weight = if place.is_empty() { Weight::Look } else { Weight::First };
                self.tell(weight, About::Native, file, format!("{verb}: {words}, which nobody reads{place}"));
            }
            Kind::Native(_) => self.native.push((path.to_owned(), size_before, file.size())),
            _ if belies => {
                self.tell(Weight::First, About::Place, file, format!("{verb}; it is not what its name says"));
            }
            Kind::Archive(words) if !names_archive(path) || became == Became::Added => {
                let words = format!("{verb}: packed data ({words}), which nobody reads");
                self.tell(Weight::Look, About::Data, file, words);
            }
            Kind::Data if !is_known_data(path) && file.size() > 0 => {
                let weight = if became == Became::Added { Weight::Look } else { Weight::Know };
                self.tell(
                    weight,
                    About::Data,
                    file,
                    format!("{verb}: data of no known kind, which nobody reads"),
                );
            }
            Kind::Code if became == Became::Added && is_run(path) && is_odd_place(path) && !is_test(path) => {
                self.tell(Weight::Look, About::Place, file, "new: code in a folder of data or documents");
            }
            _ => {}
        }
    }

    /// What the new lines hint at.
    fn hints(&mut self, file: &WheelFile<'_>, now: &Content, looked: &Looked) {
        let is_code = now.kind == Kind::Code;
        if let Some(finding) = changed::hint(file.path(), is_code, is_test(file.path()), looked) {
            self.compared.findings.push(finding);
        }
    }

    fn size_of(&mut self, file: &WheelFile<'_>, became: Became, before: u64) {
        const LARGE: u64 = 1 << 20;
        const GROWN: u64 = 64 << 10;
        let size = file.size();
        if became == Became::Added && size >= LARGE && !self.is_first {
            self.tell(Weight::Know, About::Size, file, format!("new, and large: {size} bytes"));
        } else if became == Became::Changed && size / 4 >= before && size - before >= GROWN {
            self.tell(Weight::Look, About::Size, file, format!("grew from {before} to {size} bytes"));
        }
    }

    fn finish(
        mut self,
        before: &BTreeSet<String>,
        now: &BTreeSet<String>,
        old: Option<&Wheel<'_>>,
        new: &Wheel<'_>,
    ) -> Compared {
        let findings = &mut self.compared.findings;
        for name in now.difference(before) {
            let words = format!("a new name that can be imported: {}", quoted(name));
            let weight = if self.is_first { Weight::Know } else { Weight::Look };
            findings.push(Finding::new(weight, About::Import, words));
        }
        findings.extend(native_changed(&self.native));
        findings.extend(old.and_then(|old| whole_size(old.installed_bytes(), new.installed_bytes())));
        findings.sort();
        findings.truncate(FINDINGS);
        self.compared.changes.sort_by(|one, other| order(one).cmp(&order(other)));
        self.compared
    }
}

/// Code before everything else, and what changed most first.
fn order(change: &FileChange) -> (bool, Became, std::cmp::Reverse<u64>, &str) {
    let (came, went) = change.lines.unwrap_or_default();
    (!change.is_code, change.became, std::cmp::Reverse(came.saturating_add(went)), &change.path)
}

/// Native code that changed: a release of a compiled project changes all of it.
fn native_changed(files: &[(String, u64, u64)]) -> Vec<Finding> {
    if files.len() > NATIVE {
        let (before, now) =
            files.iter().fold((0_u64, 0_u64), |(before, now), (_, was, is)| (before + was, now + is));
        let words = format!(
            "native code changed, which nobody reads: {} files, {before} to {now} bytes",
            files.len()
        );
        return vec![Finding::new(Weight::Look, About::Native, words)];
    }
    let told = |(path, before, now): &(String, u64, u64)| {
        let words = format!("changed: native code, which nobody reads; {before} to {now} bytes");
        Finding::of(Weight::Look, About::Native, path, words)
    };
    files.iter().map(told).collect()
}

fn whole_size(before: u64, now: u64) -> Option<Finding> {
    const MUCH: u64 = 100 << 10;
    let is_much = before.abs_diff(now) >= MUCH && (now / 2 >= before || before / 2 >= now);
    is_much.then(|| {
        let words = format!("all files together have {now} bytes, had {before}");
        Finding::new(Weight::Look, About::Size, words)
    })
}

fn names_native(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    matches!(
        ending(path).as_str(),
        "so" | "pyd" | "dll" | "dylib" | "exe" | "wasm" | "a" | "lib" | "o" | "pyc" | "pyo" | "node" | "jar" | "class" | "dex"
    ) || name.contains(".so.")
        // Programs have no ending where they are at home.
        || !name.contains('.')
}

fn names_archive(path: &str) -> bool {
    matches!(
        ending(path).as_str(),
        "zip"
            | "gz"
            | "tgz"
            | "xz"
            | "bz2"
            | "zst"
            | "7z"
            | "jar"
            | "whl"
            | "npz"
            | "lz4"
            | "egg"
            | "docx"
            | "xlsx"
            | "svgz"
    )
}

/// Whether its name says what it is, and its first bytes do not belie it.
fn is_known_data(path: &str) -> bool {
    matches!(
        ending(path).as_str(),
        "png"
            | "jpg"
            | "jpeg"
            | "gif"
            | "ico"
            | "webp"
            | "bmp"
            | "svg"
            | "wav"
            | "mp3"
            | "mp4"
            | "ogg"
            | "pdf"
            | "ttf"
            | "otf"
            | "woff"
            | "woff2"
            | "eot"
            | "mo"
            | "npy"
            | "parquet"
    )
}

/// Whether an interpreter or a shell runs it as it stands; pages have scripts of their own, which a browser runs.
fn is_run(path: &str) -> bool {
    matches!(
        ending(path).as_str(),
        "py" | "pyw"
            | "pyx"
            | "sh"
            | "bash"
            | "zsh"
            | "ps1"
            | "bat"
            | "cmd"
            | "vbs"
            | "pl"
            | "rb"
            | "lua"
            | ""
    )
}
