//! A wheel that is honest until something is done to it, and the whole road that it is taken.

use std::collections::BTreeMap;
use std::fs;

use packman_names::WheelName;
use packman_strict::Sha256;
use packman_strict::digest::Hashed;
use packman_wheel::{
    Change, EnvironmentLock, Expected, ExpectedMetadata, Install, UnpackError, Unpacked, Wheel, WheelLimits,
    WheelRefusal, plan, unpack,
};

use super::{RawEntry, Scratch, crew, raw_zip, record_row};

pub(crate) const DIST: &str = "innocent-1.0.dist-info";
pub(crate) const METADATA: &str = "Metadata-Version: 2.1\nName: innocent\nVersion: 1.0\nRequires-Python: >=3.8\n\
                        Provides-Extra: x\nRequires-Dist: other>=1\n";
pub(crate) const WHEEL: &str =
    "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n";

/// A wheel, honest until something is done to it.
pub(crate) struct Attack {
    pub(crate) entries: Vec<RawEntry>,
    /// The rows of RECORD but its own, by path.
    pub(crate) rows: BTreeMap<String, String>,
    pub(crate) before: Vec<u8>,
    pub(crate) after: Vec<u8>,
    pub(crate) limits: WheelLimits,
    /// The RECORD that was vouched for.
    pub(crate) record: Option<Sha256>,
}

impl Attack {
    pub(crate) fn new() -> Self {
        let mut attack = Self {
            entries: Vec::new(),
            rows: BTreeMap::new(),
            before: Vec::new(),
            after: Vec::new(),
            limits: WheelLimits::default(),
            record: None,
        };
        attack.add("innocent/__init__.py", "print('hello')\n");
        attack.add("innocent/data.bin", [0; 100]);
        attack.add(&format!("{DIST}/METADATA"), METADATA);
        attack.add(&format!("{DIST}/WHEEL"), WHEEL);
        attack
    }

    /// Adds a file, and its row to RECORD.
    pub(crate) fn add(&mut self, path: &str, data: impl AsRef<[u8]>) {
        self.rows.insert(path.to_owned(), record_row(path, data.as_ref()));
        self.entries.push(RawEntry::file(path, data));
    }

    /// Adds a file that RECORD does not list.
    pub(crate) fn smuggle(&mut self, path: &str, data: &str) {
        self.entries.push(RawEntry::file(path, data));
    }

    pub(crate) fn entry(&mut self, path: &str) -> &mut RawEntry {
        self.entries.iter_mut().find(|entry| entry.name == path.as_bytes()).unwrap()
    }

    pub(crate) fn last(&mut self) -> &mut RawEntry {
        self.entries.last_mut().unwrap()
    }

    /// Puts other content in the place of a file's, RECORD agreeing.
    pub(crate) fn replace(&mut self, name: &str, data: impl AsRef<[u8]>) {
        let path = format!("{DIST}/{name}");
        self.remove(name);
        self.add(&path, data);
    }

    pub(crate) fn remove(&mut self, name: &str) {
        let path = format!("{DIST}/{name}");
        self.entries.retain(|entry| entry.name != path.as_bytes());
        self.rows.remove(&path);
    }

    pub(crate) fn entry_points(&mut self, text: &str) {
        self.add(&format!("{DIST}/entry_points.txt"), text);
    }

    pub(crate) fn row(&mut self, path: &str, row: &str) {
        self.rows.insert(path.to_owned(), format!("{row}\n"));
    }

    pub(crate) fn record_text(&self) -> String {
        self.rows.values().cloned().collect::<String>() + DIST + "/RECORD,,\n"
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut entries = self.entries.clone();
        if !self.rows.contains_key("no record") {
            entries.push(RawEntry::file(&format!("{DIST}/RECORD"), self.record_text()));
        }
        [self.before.clone(), raw_zip(&entries), self.after.clone()].concat()
    }
}

/// Takes a wheel the whole road. Says the code of the refusal, or `installed`; whatever was refused must have
/// left environment and cache as they were.
pub(crate) fn check(attack: &Attack) -> String {
    let scratch = Scratch::new();
    let before = scratch.picture();
    let verdict = install(&scratch, attack);
    if let Err(refusal) = verdict {
        assert_eq!(scratch.picture(), before, "{refusal}");
        let left = fs::read_dir(scratch.cache()).map_or(0, Iterator::count);
        assert_eq!(left, 0, "something was left in the cache: {refusal}");
        return refusal.code().to_owned();
    }
    assert!(scratch.site("innocent/__init__.py").exists());
    "installed".to_owned()
}

pub(crate) fn install(scratch: &Scratch, attack: &Attack) -> Result<(), WheelRefusal> {
    let name = WheelName::parse("innocent-1.0-py3-none-any.whl").unwrap();
    let metadata = ExpectedMetadata {
        requires_dist: vec!["other>=1".to_owned()],
        requires_python: Some(">=3.8".to_owned()),
        provides_extra: vec!["x".to_owned()],
    };
    let expected = Expected { name: &name, metadata: Some(metadata), record: attack.record };
    let bytes = Hashed::of(attack.bytes());
    let wheel = Wheel::verify(&bytes, &expected, &attack.limits)?;
    fs::create_dir_all(scratch.cache()).unwrap();
    let unpacked = match unpack(&wheel, &scratch.cache(), &crew(), &|| false) {
        Ok(unpacked) => unpacked,
        Err(UnpackError::Refused(refusal)) => {
            assert_eq!(wheel.verify_contents(1).unwrap_err(), refusal);
            return Err(refusal);
        }
        Err(error) => panic!("{error}"),
    };
    let again = Unpacked::open(&scratch.cache(), &unpacked.sha256(), &expected)?;
    assert!(again.is_some(), "what was just unpacked is a hit");
    let lock = EnvironmentLock::take(&scratch.scheme).unwrap();
    let change =
        Change { install: vec![Install { unpacked, requested: true, receipt: None }], ..Change::default() };
    plan(&lock, change).unwrap().apply(&()).unwrap();
    Ok(())
}

/// What is done to an honest wheel, in words and in deeds, and the code it is refused with.
pub(crate) type Row<'t> = (&'t str, fn(&mut Attack), &'t str);

pub(crate) fn check_all(rows: &[Row<'_>]) {
    for (what, does, code) in rows {
        let mut attack = Attack::new();
        does(&mut attack);
        assert_eq!(check(&attack), *code, "{what}");
    }
}
