//! Archives that are nearly right: whatever is changed is refused, or changes nothing that is read.

use super::raw::{End64, Zip, deflated, folder, stored, zip64};
use crate::zip::{Archive, ZipLimits, ZipRefusal};

/// Paths and contents, sorted.
fn contents(bytes: &[u8]) -> Result<Vec<(String, Vec<u8>)>, ZipRefusal> {
    let archive = Archive::parse(bytes, &ZipLimits::default())?;
    let read = |entry: &crate::zip::Entry<'_>| Ok((entry.path().to_string(), entry.read()?.into_owned()));
    let mut files = archive.entries().iter().map(read).collect::<Result<Vec<_>, ZipRefusal>>()?;
    files.extend(archive.folders().iter().map(|path| (format!("{path}/"), Vec::new())));
    files.sort();
    Ok(files)
}

fn samples() -> Vec<Vec<u8>> {
    let plain =
        Zip::of([folder("d/"), stored("d/a", b"one"), deflated("d/b", b"two two two two"), stored("é", b"")]);
    let streamed = Zip::of([stored("a", b"one").streamed(), deflated("b", b"two two two").streamed()]);
    let wide = stored("a", b"one").change(|raw| {
        raw.local.extra = zip64(&[3, 3]);
        (raw.local.size, raw.local.compressed) = (u32::MAX, u32::MAX);
        raw.central.extra = zip64(&[3]);
        raw.central.size = u32::MAX;
    });
    let wide = Zip::of([wide, deflated("b", b"two")]).change(|zip| zip.end64 = Some(End64::default()));
    [plain, streamed, wide].iter().map(Zip::build).collect()
}

#[test]
fn every_change_of_one_byte_is_refused_or_reads_the_same() {
    for bytes in samples() {
        let honest = contents(&bytes).unwrap();
        for place in 0..bytes.len() {
            for change in 1..=255 {
                let mut changed = bytes.clone();
                changed[place] ^= change;
                if let Ok(found) = contents(&changed) {
                    assert_eq!(found, honest, "byte {place} ^ {change}");
                }
            }
        }
    }
}

#[test]
fn every_truncation_is_refused() {
    for bytes in samples() {
        for length in 0..bytes.len() {
            assert!(contents(&bytes[..length]).is_err(), "the first {length} bytes");
            assert!(contents(&bytes[bytes.len() - length..]).is_err(), "the last {length} bytes");
        }
    }
}

#[test]
fn every_byte_more_or_less_is_refused() {
    for bytes in samples() {
        for place in 0..=bytes.len() {
            for byte in [0, 1, b'P', 0xff] {
                let longer = [&bytes[..place], &[byte], &bytes[place..]].concat();
                assert!(contents(&longer).is_err(), "{byte} put in at {place}");
            }
            if place < bytes.len() {
                let shorter = [&bytes[..place], &bytes[place + 1..]].concat();
                assert!(contents(&shorter).is_err(), "without byte {place}");
            }
        }
    }
}
