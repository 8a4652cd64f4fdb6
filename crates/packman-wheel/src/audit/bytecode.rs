//! Bytecode beside modules: which of it Python would load, and whether it is what compiling the module gives.
//!
//! Python loads `__pycache__/<module>.<its tag>[.opt-N].pyc` in the place of the module, where the head of that file says
//! that it fits: a planted one runs while the module beside it is as it was vouched for. What would not be loaded (of
//! another Python, or older than the module) harms nobody and is passed over.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use packman_names::{ProjectName, PythonVersion};
use packman_strict::Sha256;

use super::marshal::{NoCode, digest_code};
use crate::folder::read_file;

/// The head of a file of bytecode, in bytes (PEP 552).
const HEAD: usize = 16;

/// The largest module or file of bytecode that is compared, in bytes.
const LARGEST: u64 = 64 << 20;

/// Bytecode of a module that is as it was vouched for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Bytecode {
    /// Where it is, relative to the environment.
    pub path: String,
    /// The project that it belongs to.
    pub project: ProjectName,
    /// Where it is.
    file: PathBuf,
    /// The module.
    source: PathBuf,
    /// What was vouched for of that.
    sha256: Sha256,
}

/// What a Python says of the bytecode that it loads.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BytecodeForm {
    /// What stands in the name of the file: `cpython-311`.
    pub tag: String,
    /// How the file begins.
    pub magic: [u8; 4],
    /// The version.
    pub version: PythonVersion,
}

/// A module and the bytecode that would be loaded in its place.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Loaded {
    /// The module's bytes, which are those that were vouched for.
    pub source: Vec<u8>,
    /// How much is left out: 0, 1 (without assertions) or 2 (without descriptions as well).
    pub level: u8,
    /// Of bytecode that Python holds against its module, what it wants the digest of that to be.
    source_hash: Option<[u8; 8]>,
    code: Vec<u8>,
}

/// What a Python made of a module.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Compiled {
    /// Python's own digest of the source.
    pub source_hash: [u8; 8],
    /// What follows the head of the bytecode.
    pub code: Vec<u8>,
}

/// What became of comparing.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SameCode {
    /// It is what compiling gives, or Python would not load it after all.
    Yes,
    /// It is something else.
    No,
    /// What compiling gave cannot be read; why.
    Unknown(NoCode),
}

impl Bytecode {
    /// Bytecode at a place below the root, of a module with that digest.
    pub(super) fn new(root: &Path, path: &str, source: &str, sha256: Sha256, project: &ProjectName) -> Self {
        let (file, source) = (root.join(path), root.join(source));
        Self { path: path.to_owned(), project: project.clone(), file, source, sha256 }
    }

    /// Reads what a Python would load in the place of the module; `None` where it would not load this. What cannot be read
    /// is not known to be harmless: an error.
    pub fn load(&self, form: &BytecodeForm) -> Result<Option<Loaded>, String> {
        let said = |error: std::io::Error| error.to_string();
        let Some(level) = self.level(form) else { return Ok(None) };
        let source = read_file(&self.source, LARGEST).map_err(said)?;
        // Changed since it was compared: somebody is at work there.
        if Sha256::of(&source) != self.sha256 {
            return Err("its module was changed meanwhile".to_owned());
        }
        let bytes = read_file(&self.file, LARGEST).map_err(said)?;
        let Some((head, code)) = bytes.split_at_checked(HEAD) else { return Ok(None) };
        let field = |at: usize| {
            head.get(at..at + 4).and_then(|four| four.first_chunk::<4>()).copied().unwrap_or_default()
        };
        let (flags, time, size) =
            (u32::from_le_bytes(field(4)), u32::from_le_bytes(field(8)), u32::from_le_bytes(field(12)));
        if field(0) != form.magic {
            return Ok(None);
        }
        let source_hash = match flags {
            0 => {
                let written = fs::metadata(&self.source).map_err(said)?.modified().map_err(said)?;
                // Python takes the low 32 bits of both; no module is from before 1970.
                let seconds = written.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
                let low = |number: u64| u32::try_from(number & u64::from(u32::MAX)).unwrap_or_default();
                if (time, size) != (low(seconds), low(source.len() as u64)) {
                    return Ok(None);
                }
                None
            }
            0b11 => head.last_chunk::<8>().copied(),
            0b01 => None,
            // Python refuses other flags, and compiles the module.
            _ => return Ok(None),
        };
        Ok(Some(Loaded { source, level, source_hash, code: code.to_vec() }))
    }

    /// How much the name says is left out; `None` where it is not a name that this Python looks for.
    fn level(&self, form: &BytecodeForm) -> Option<u8> {
        let name = self.file.file_name()?.to_str()?;
        let stem = self.source.file_name()?.to_str()?.strip_suffix(".py")?;
        let rest = name.strip_prefix(stem)?.strip_prefix('.')?.strip_prefix(form.tag.as_str())?;
        match rest {
            ".pyc" => Some(0),
            ".opt-1.pyc" => Some(1),
            ".opt-2.pyc" => Some(2),
            _ => None,
        }
    }
}

impl Loaded {
    /// Whether it is the code that was compiled from the same source.
    pub fn is(&self, compiled: &Compiled, version: PythonVersion) -> SameCode {
        if self.source_hash.is_some_and(|wanted| wanted != compiled.source_hash) {
            return SameCode::Yes;
        }
        let wanted = match digest_code(&compiled.code, version) {
            Ok(wanted) => wanted,
            Err(why) => return SameCode::Unknown(why),
        };
        match digest_code(&self.code, version) {
            Ok(found) if found == wanted => SameCode::Yes,
            _ => SameCode::No,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;
    use std::time::{Duration, UNIX_EPOCH};

    use packman_names::{ProjectName, PythonVersion};
    use packman_strict::Sha256;

    use super::{Bytecode, BytecodeForm, Compiled, SameCode};

    const PYTHON: PythonVersion = PythonVersion::new(3, 11);

    fn form() -> BytecodeForm {
        BytecodeForm { tag: "cpython-311".to_owned(), magic: *b"\xa7\r\r\n", version: PYTHON }
    }

    /// What is said of bytecode of this name and these bytes beside a module written at second 7.
    fn check(name: &str, bytes: &[u8]) -> String {
        let scratch = tempfile::tempdir().unwrap();
        let source = scratch.path().join("a.py");
        fs::write(&source, "x = 1\n").unwrap();
        let written = UNIX_EPOCH + Duration::from_secs((1 << 32) + 7);
        fs::File::options().write(true).open(&source).unwrap().set_modified(written).unwrap();
        fs::write(scratch.path().join(name), bytes).unwrap();
        let project = ProjectName::parse("a").unwrap();
        let bytecode = Bytecode::new(scratch.path(), name, "a.py", Sha256::of(b"x = 1\n"), &project);
        let compiled = Compiled { source_hash: [9; 8], code: b"z\x01a".to_vec() };
        match bytecode.load(&form()) {
            Ok(None) => "not loaded".to_owned(),
            Ok(Some(loaded)) => match loaded.is(&compiled, PYTHON) {
                SameCode::Yes => format!("the same at level {}", loaded.level),
                other => format!("{other:?}"),
            },
            Err(why) => why,
        }
    }

    fn pyc(flags: u8, time: u8, size: u8, code: &[u8]) -> Vec<u8> {
        [b"\xa7\r\r\n", &[flags, 0, 0, 0], &[time, 0, 0, 0], &[size, 0, 0, 0], code].concat()
    }

    #[test]
    fn what_would_be_loaded_is_what_compiling_gives() {
        let same = b"u\x01\0\0\0a";
        for (name, level) in
            [("a.cpython-311.pyc", 0), ("a.cpython-311.opt-1.pyc", 1), ("a.cpython-311.opt-2.pyc", 2)]
        {
            assert_eq!(check(name, &pyc(0, 7, 6, same)), format!("the same at level {level}"));
            assert_eq!(check(name, &pyc(0, 7, 6, b"z\x01b")), "No");
            assert_eq!(check(name, &pyc(0, 7, 6, b"broken")), "No");
        }
        let name = "a.cpython-311.pyc";
        // Believed without a look at the module, and believed where that has this digest.
        assert_eq!(check(name, &pyc(1, 0, 0, b"z\x01b")), "No");
        let hashed = [b"\xa7\r\r\n\x03\0\0\0".as_slice(), &[9; 8], b"z\x01b"].concat();
        assert_eq!(check(name, &hashed), "No");
    }

    #[test]
    fn what_python_passes_over_is_no_matter() {
        let planted = b"z\x01b";
        for (name, bytes) in [
            ("a.cpython-310.pyc", pyc(0, 7, 6, planted)),
            ("a.cpython-311.opt-3.pyc", pyc(0, 7, 6, planted)),
            ("a.b.cpython-311.pyc", pyc(0, 7, 6, planted)),
            ("a.cpython-311.pyc", pyc(0, 8, 6, planted)),
            ("a.cpython-311.pyc", pyc(0, 7, 5, planted)),
            ("a.cpython-311.pyc", pyc(2, 7, 6, planted)),
            ("a.cpython-311.pyc", pyc(8, 7, 6, planted)),
            ("a.cpython-311.pyc", pyc(0, 7, 6, planted)[1..].to_vec()),
            ("a.cpython-311.pyc", b"short".to_vec()),
        ] {
            assert_eq!(check(name, &bytes), "not loaded", "{name} {bytes:?}");
        }
        // Held against the module, and found to be of another.
        let other = [b"\xa7\r\r\n\x03\0\0\0".as_slice(), &[8; 8], planted].concat();
        assert_eq!(check("a.cpython-311.pyc", &other), "the same at level 0");
    }

    #[test]
    fn a_module_that_changed_meanwhile_is_not_compiled() {
        let scratch = tempfile::tempdir().unwrap();
        fs::write(scratch.path().join("a.py"), "x = 2\n").unwrap();
        let project = ProjectName::parse("a").unwrap();
        let name = "a.cpython-311.pyc";
        let bytecode =
            Bytecode::new(Path::new(scratch.path()), name, "a.py", Sha256::of(b"x = 1\n"), &project);
        assert_eq!(bytecode.load(&form()).unwrap_err(), "its module was changed meanwhile");
    }
}
