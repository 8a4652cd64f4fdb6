//! What honest writers do, and passes.

use super::raw::{End64, Zip, deflated, extra, folder, stored, zip64};
use super::{check, pieces};
use crate::zip::{Archive, Scratch, ZipLimits};

#[test]
fn reads_stored_and_deflated_files_and_folders() {
    let zip = Zip::of([
        folder("pkg/"),
        stored("pkg/__init__.py", b"one"),
        deflated("pkg/data.txt", &[b'a'; 40]),
        stored("pkg/empty", b""),
        deflated("pkg/empty2", b""),
        stored("bin/tool", b"#!").change(|raw| raw.central.attributes = 0o100_755 << 16),
        stored("naïve.txt", b"two"),
    ]);
    insta::assert_snapshot!(check(&zip), @"
    pkg/
    pkg/__init__.py 3 one
    pkg/data.txt 40 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
    pkg/empty 0 
    pkg/empty2 0 
    bin/tool 2 x #!
    naïve.txt 3 two
    ");
}

#[test]
fn reads_an_archive_without_entries() {
    assert_eq!(check(&Zip::default()), "");
}

#[test]
fn finds_files_by_path_and_nothing_else() {
    let bytes = Zip::of([stored("b", b"1"), folder("d/"), stored("a/c", b"2")]).build();
    let archive = Archive::parse(&bytes, &ZipLimits::default()).unwrap();
    assert_eq!(*archive.entry("a/c").unwrap().read().unwrap(), *b"2");
    for path in ["a", "d", "d/", "c", "", "/b", "B"] {
        assert!(archive.entry(path).is_none(), "{path}");
    }
}

#[test]
fn the_order_of_the_directory_need_not_be_that_of_the_files() {
    let zip = Zip::of([stored("a", b"1"), stored("b", b"2")]).change(|zip| zip.directory_reversed = true);
    assert_eq!(check(&zip), "b 1 2\na 1 1");
}

#[test]
fn reads_entries_whose_sizes_follow_the_data() {
    let raw = deflated("a", b"hello hello hello").streamed();
    assert_eq!(check(&Zip::of([raw.clone(), stored("b", b"x")])), "a 17 hello hello hello\nb 1 x");
    let without_signature = raw.clone().change(|raw| drop(raw.descriptor.drain(..4)));
    assert_eq!(check(&Zip::of([without_signature])), "a 17 hello hello hello");
    let told_at_once = raw.clone().change(|raw| {
        (raw.local.crc, raw.local.compressed, raw.local.size) =
            (raw.central.crc, raw.central.compressed, raw.central.size);
    });
    assert_eq!(check(&Zip::of([told_at_once])), "a 17 hello hello hello");
}

/// What Python writes to a pipe with `force_zip64`: 64-bit descriptor, zeros in a zip64 field.
#[test]
fn reads_64_bit_descriptors_of_64_bit_entries() {
    for narrow in [0, u32::MAX] {
        let raw = stored("a", b"x").streamed().change(|raw| {
            raw.local.extra = zip64(&[0, 0]);
            (raw.local.compressed, raw.local.size) = (narrow, narrow);
            raw.descriptor = [&raw.descriptor[..8], &1_u64.to_le_bytes(), &1_u64.to_le_bytes()].concat();
        });
        assert_eq!(check(&Zip::of([raw])), "a 1 x");
    }
}

/// Python's `force_zip64` to a file: sizes in the zip64 field of the local header, and before 3.11.4 in the
/// header too; the central header is not zip64.
#[test]
fn reads_local_headers_that_are_zip64_without_need() {
    for narrow in [1, u32::MAX] {
        let raw = stored("a", b"x").change(|raw| {
            raw.local.extra = zip64(&[1, 1]);
            (raw.local.compressed, raw.local.size) = (narrow, narrow);
        });
        assert_eq!(check(&Zip::of([raw])), "a 1 x");
    }
}

#[test]
fn reads_zip64_everywhere() {
    let wide = |raw: super::raw::Raw| {
        raw.change(|raw| {
            raw.local.extra = zip64(&[1, 1]);
            raw.central.extra = zip64(&[1, 1, 0]);
            for header in [&mut raw.local, &mut raw.central] {
                (header.compressed, header.size) = (u32::MAX, u32::MAX);
            }
            raw.central.offset = Some(u32::MAX);
        })
    };
    let mut zip = Zip::of([wide(stored("a", b"x"))]);
    zip.end64 = Some(End64::default());
    assert_eq!(check(&zip), "a 1 x", "the end record as it is");
    let end = &mut zip.end;
    (end.entries, end.entries_here) = (Some(u16::MAX), Some(u16::MAX));
    (end.length, end.offset) = (Some(u32::MAX), Some(u32::MAX));
    assert_eq!(check(&zip), "a 1 x", "the end record all ones");
    let disk = [&zip64(&[0])[4..], &[0; 4]].concat();
    let only_offset = stored("a", b"x").change(|raw| {
        raw.central.extra = extra(1, &disk);
        (raw.central.offset, raw.central.disk) = (Some(u32::MAX), u16::MAX);
    });
    assert_eq!(check(&Zip::of([only_offset])), "a 1 x", "offset and disk");
}

#[test]
fn passes_over_times_owners_and_comments_of_entries() {
    let raw = stored("a", b"x").change(|raw| {
        raw.local.extra = extra(0x5455, &[3, 0, 0, 0, 0, 0, 0, 0, 0]);
        raw.central.extra = [extra(0x5455, &[3, 0, 0, 0, 0]), extra(0x7875, &[1, 4, 0, 0, 0, 0])].concat();
        raw.central.comment = b"a comment".to_vec();
    });
    assert_eq!(check(&Zip::of([raw])), "a 1 x");
}

/// Writers on Windows set no mode; some builders set permissions without a type.
#[test]
fn takes_entries_without_a_unix_type_for_what_their_names_say() {
    let zip = Zip::of([
        stored("d/", b"").change(|raw| raw.central.attributes = 0x10),
        stored("e/", b"").change(|raw| raw.central.attributes = 0),
        stored("a", b"x").change(|raw| raw.central.attributes = 0x20),
        stored("b", b"x").change(|raw| raw.central.attributes = 0o755 << 16),
        stored("c", b"x").change(|raw| raw.central.attributes = 0),
        deflated("f/", b"").change(|raw| raw.central.attributes = 0o040_755 << 16),
    ]);
    assert_eq!(check(&zip), "d/\ne/\nf/\na 1 x\nb 1 x x\nc 1 x");
}

#[test]
fn a_high_ratio_is_honest() {
    let zeros = vec![0; 4 << 20];
    let bytes = Zip::of([deflated("zeros", &zeros)]).build();
    assert!(bytes.len() < zeros.len() / 900);
    let archive = Archive::parse(&bytes, &ZipLimits::default()).unwrap();
    assert_eq!(*archive.entry("zeros").unwrap().read().unwrap(), *zeros);
}

#[test]
fn memory_can_be_used_again_by_longer_and_shorter_entries() {
    // Around the ends of pieces, where a stream's own end may come with the last byte or after it.
    let noise = |length: usize| -> Vec<u8> {
        (0..length as u64).map(|at| at.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes()[3] & 0x3f).collect()
    };
    let lengths = [17, 0, (128 << 10) - 1, 128 << 10, (128 << 10) + 1, 1 << 20, 5, (256 << 10) - 1, 300_001];
    let contents: Vec<Vec<u8>> = lengths.iter().map(|length| noise(*length)).collect();
    let bytes = Zip::of(contents.iter().enumerate().flat_map(|(at, content)| {
        [deflated(&format!("deflated{at}"), content), stored(&format!("stored{at}"), content)]
    }))
    .build();
    let archive = Archive::parse(&bytes, &ZipLimits::default()).unwrap();
    let mut scratch = Scratch::default();
    for (at, content) in contents.iter().enumerate() {
        for kind in ["deflated", "stored"] {
            let entry = archive.entry(&format!("{kind}{at}")).unwrap();
            assert!(pieces(entry, &mut scratch).unwrap() == *content, "{kind} {}", content.len());
            assert!(*entry.read().unwrap() == **content, "{kind} {}", content.len());
        }
    }
}
