//! Strict JSON and strict archives.

use packman_strict::json::{self, Canonical, Document, Limits, Reader};
use packman_strict::zip::{Archive, ZipLimits};

/// JSON: what is written for people reads as the same value, with the same canonical form. (The canonical form itself is
/// no JSON: it leaves control characters as they are.)
pub fn json(bytes: &[u8]) {
    const LIMITS: Limits = Limits { bytes: 1 << 20, depth: 16, nodes: 10_000 };
    let Ok(value) = json::parse(bytes, &LIMITS) else { return };
    let pretty = value.to_pretty();
    let again = json::parse(&pretty, &Limits { bytes: 64 << 20, ..LIMITS }).expect("what is written is JSON");
    assert_eq!(again.to_pretty(), pretty);
    let form = json::canonical(&value);
    assert_eq!(json::canonical(&again), form, "one value has two canonical forms");
    for text in [bytes, &pretty] {
        let document =
            Document::parse(text, &Limits { bytes: 64 << 20, ..LIMITS }).expect("it was read before");
        let streamed = Canonical::of(Reader::root(&document)).map(|form| form.to_vec());
        assert_eq!(streamed.ok(), form.as_ref().ok().cloned(), "the form of a document is that of its tree");
    }
}

/// Archives: no entry is longer than it said, none leads out of the folder, and no two stand at one path.
pub fn zip(bytes: &[u8]) {
    let limits = ZipLimits {
        archive_bytes: 1 << 20,
        entries: 1_000,
        entry_bytes: 1 << 20,
        total_bytes: 4 << 20,
        total_ratio: 50,
    };
    for archive in
        [Archive::parse(bytes, &limits), Archive::parse_stored(bytes, &limits)].into_iter().flatten()
    {
        let mut seen = std::collections::HashSet::new();
        for entry in archive.entries() {
            let path = entry.path().as_str();
            assert!(
                !path.starts_with('/') && !path.split('/').any(|part| matches!(part, "" | "." | "..")),
                "{path}"
            );
            assert!(seen.insert(path.to_lowercase()), "twice: {path}");
            if let Ok(content) = entry.read() {
                assert_eq!(content.len() as u64, entry.size());
            }
        }
    }
}
