//! What the tests of this crate share: wheels built byte by byte, scratch environments, and pictures of folders.
#![allow(dead_code, reason = "each test binary uses its own part")]

pub(crate) mod attack;

use std::collections::BTreeMap;
use std::fs;
use std::num::NonZeroUsize;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use packman_names::{PythonVersion, WheelName};
use packman_strict::Sha256;
use packman_strict::digest::Hashed;
use packman_wheel::make::WheelDraft;
use packman_wheel::{Crew, Expected, Scheme, Unpacked, Wheel, WheelLimits, unpack};
use tempfile::TempDir;

/// A cache and an environment that no interpreter lives in.
pub(crate) struct Scratch {
    pub(crate) folder: TempDir,
    pub(crate) scheme: Scheme,
    cache: PathBuf,
}

impl Scratch {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let prefix = fs::canonicalize(folder.path()).unwrap().join("venv");
        let scheme = Scheme::of_venv(&prefix, PythonVersion::new(3, 11));
        fs::create_dir_all(&scheme.purelib).unwrap();
        fs::create_dir_all(&scheme.scripts).unwrap();
        fs::create_dir_all(prefix.join("include")).unwrap();
        fs::write(prefix.join("pyvenv.cfg"), "home = /usr/bin\n").unwrap();
        fs::write(&scheme.python, "an interpreter").unwrap();
        let cache = folder.path().join("cache");
        Self { folder, scheme, cache }
    }

    /// The same with a cache that others use too, so that wheels are unpacked once.
    pub(crate) fn with_cache(cache: &Path) -> Self {
        Self { cache: cache.to_owned(), ..Self::new() }
    }

    pub(crate) fn prefix(&self) -> &Path {
        &self.scheme.prefix
    }

    pub(crate) fn cache(&self) -> PathBuf {
        self.cache.clone()
    }

    pub(crate) fn site(&self, path: &str) -> PathBuf {
        self.scheme.purelib.join(path)
    }

    /// Everything in the environment.
    pub(crate) fn picture(&self) -> BTreeMap<String, String> {
        picture(self.prefix())
    }

    /// Makes a draft a wheel and unpacks it.
    pub(crate) fn unpack(&self, draft: &WheelDraft) -> Unpacked {
        let name = WheelName::parse(&draft.file_name()).unwrap();
        let bytes = Hashed::of(draft.build().unwrap());
        let expected = Expected { name: &name, metadata: None, record: None };
        let opened = Unpacked::open(&self.cache, &bytes.sha256(), &expected).unwrap();
        if let Some(unpacked) = opened {
            return unpacked;
        }
        let wheel = Wheel::verify(&bytes, &expected, &WheelLimits::default()).unwrap();
        fs::create_dir_all(self.cache()).unwrap();
        unpack(&wheel, &self.cache(), &crew(), &|| false).unwrap()
    }
}

/// Two hands.
pub(crate) fn crew() -> Crew {
    Crew::new(NonZeroUsize::new(2).unwrap())
}

/// Every path below a folder, with kind, mode and content.
pub(crate) fn picture(folder: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        let Ok(entries) = fs::read_dir(&next) else { continue };
        for entry in entries {
            let path = entry.unwrap().path();
            let facts = fs::symlink_metadata(&path).unwrap();
            let mode = facts.permissions().mode() & 0o777;
            let what = if facts.is_symlink() {
                format!("link to {}", fs::read_link(&path).unwrap().display())
            } else if facts.is_dir() {
                folders.push(path.clone());
                format!("folder {mode:o}")
            } else {
                format!("file {mode:o} {}", Sha256::of(&fs::read(&path).unwrap()))
            };
            found.insert(path.strip_prefix(folder).unwrap().to_string_lossy().into_owned(), what);
        }
    }
    found
}

/// One entry of a raw archive. What is `None` is honest.
#[derive(Clone, Debug, Default)]
pub(crate) struct RawEntry {
    pub(crate) name: Vec<u8>,
    pub(crate) data: Vec<u8>,
    /// The name in the local header.
    pub(crate) local_name: Option<Vec<u8>>,
    /// Mode of a Unix file, its kind included.
    pub(crate) mode: u32,
    pub(crate) size: Option<u32>,
    pub(crate) crc: Option<u32>,
    /// Where the local header is said to be.
    pub(crate) offset: Option<u32>,
}

impl RawEntry {
    pub(crate) fn file(name: &str, data: impl AsRef<[u8]>) -> Self {
        Self { name: name.into(), data: data.as_ref().to_owned(), mode: 0o100_644, ..Self::default() }
    }
}

/// Writes stored entries, telling every lie it is asked to tell.
pub(crate) fn raw_zip(entries: &[RawEntry]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for entry in entries {
        let offset = entry.offset.unwrap_or(out.len() as u32);
        let crc = entry.crc.unwrap_or_else(|| crc32fast::hash(&entry.data));
        let size = entry.size.unwrap_or(entry.data.len() as u32);
        let facts = |name: &[u8]| {
            let mut bytes = vec![0, 8, 0, 0, 0, 0, 0x21, 0];
            for number in [crc, size, size] {
                bytes.extend(number.to_le_bytes());
            }
            bytes.extend((name.len() as u16).to_le_bytes());
            bytes.extend([0, 0]);
            bytes
        };
        let local_name = entry.local_name.as_ref().unwrap_or(&entry.name);
        out.extend(*b"PK\x03\x04\x14\0");
        out.extend(facts(local_name));
        out.extend(local_name);
        out.extend(&entry.data);
        directory.extend(*b"PK\x01\x02\x14\x03\x14\0");
        directory.extend(facts(&entry.name));
        directory.extend([0; 6]);
        directory.extend((entry.mode << 16).to_le_bytes());
        directory.extend(offset.to_le_bytes());
        directory.extend(&entry.name);
    }
    let offset = out.len() as u32;
    out.extend(&directory);
    out.extend(*b"PK\x05\x06\0\0\0\0");
    out.extend((entries.len() as u16).to_le_bytes());
    out.extend((entries.len() as u16).to_le_bytes());
    out.extend((directory.len() as u32).to_le_bytes());
    out.extend(offset.to_le_bytes());
    out.extend([0, 0]);
    out
}

/// A row of RECORD.
pub(crate) fn record_row(path: &str, data: &[u8]) -> String {
    format!("{path},sha256={},{}\n", base64(Sha256::of(data).as_bytes()), data.len())
}

/// URL-safe base64 without padding.
pub(crate) fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let bits: Vec<u8> = bytes.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1)).collect();
    bits.chunks(6)
        .map(|six| six.iter().chain([0; 6].iter()).take(6).fold(0, |value, bit| value << 1 | *bit))
        .map(|value| char::from(DIGITS[usize::from(value)]))
        .collect()
}
