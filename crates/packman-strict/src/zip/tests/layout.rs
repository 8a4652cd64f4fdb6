//! Attacks on the structure: two readings of where things are and what they are.

use super::check;
use super::raw::{End, End64, Raw, Zip, deflated, descriptor, extra, folder, stored, zip64};
use crate::zip::ZipLimits;

fn one() -> Zip {
    Zip::of([stored("a", b"x")])
}

#[test]
fn refuses_what_is_no_archive() {
    insta::assert_snapshot!(super::check_bytes(b"", &ZipLimits::default()), @"zip-no-end: archive does not end as a zip archive: cut off, or something else");
    insta::assert_snapshot!(super::check_bytes(b"PK\x05\x06", &ZipLimits::default()), @"zip-no-end: archive does not end as a zip archive: cut off, or something else");
    insta::assert_snapshot!(super::check_bytes(&[b'x'; 100], &ZipLimits::default()), @"zip-no-end: archive does not end as a zip archive: cut off, or something else");
}

/// A reader that searches backwards takes the last end record that fits, another the first.
#[test]
fn refuses_data_after_the_archive_and_comments() {
    insta::assert_snapshot!(check(&one().change(|zip| zip.after = b"more".to_vec())), @"zip-data-after: archive has data after its end, wanted none");
    insta::assert_snapshot!(check(&one().change(|zip| zip.end.comment = b"signed".to_vec())), @"zip-comment: archive has a comment at its end, wanted none");
    // A second archive inside the comment of the first.
    let inner = Zip::of([stored("evil", b"x")]).build();
    insta::assert_snapshot!(check(&one().change(|zip| zip.end.comment = inner.clone())), @"zip-data-before: archive has data before its first entry, wanted none");
    insta::assert_snapshot!(check(&one().change(|zip| zip.after = inner)), @"zip-data-before: archive has data before its first entry, wanted none");
    insta::assert_snapshot!(check(&one().change(|zip| zip.end.comment_length = Some(1))), @"zip-no-end: archive does not end as a zip archive: cut off, or something else");
}

/// Self-extracting archives begin with a program; readers guess how far to move all offsets.
#[test]
fn refuses_data_before_the_archive() {
    let before = one().change(|zip| zip.entries[0].before = b"#!/bin/sh\n".to_vec());
    insta::assert_snapshot!(check(&before), @"zip-data-before: archive has data before its first entry, wanted none");
    let unmoved = [b"#!/bin/sh\n", &one().build()[..]].concat();
    insta::assert_snapshot!(super::check_bytes(&unmoved, &ZipLimits::default()), @"zip-data-before: archive has data before its first entry, wanted none");
    let empty = Zip::default().change(|zip| zip.before_directory = b"x".to_vec());
    insta::assert_snapshot!(check(&empty), @"zip-data-before: archive has data before its first entry, wanted none");
}

#[test]
fn refuses_one_part_of_several() {
    insta::assert_snapshot!(check(&one().change(|zip| zip.end.disk = 1)), @"zip-multi-disk: archive is one part of several, wanted a whole");
    insta::assert_snapshot!(check(&one().change(|zip| zip.end.directory_disk = 1)), @"zip-multi-disk: archive is one part of several, wanted a whole");
    insta::assert_snapshot!(check(&one().change(|zip| zip.end.entries_here = Some(0))), @"zip-multi-disk: archive is one part of several, wanted a whole");
    insta::assert_snapshot!(check(&one().change(|zip| zip.entries[0].central.disk = 1)), @"zip-multi-disk: archive is one part of several, wanted a whole");
    let zip64 = |change: fn(&mut End64)| {
        let mut end = End64::default();
        change(&mut end);
        check(&one().change(|zip| zip.end64 = Some(end)))
    };
    insta::assert_snapshot!(zip64(|end| end.disks = Some(2)), @"zip-multi-disk: archive is one part of several, wanted a whole");
    insta::assert_snapshot!(zip64(|end| end.locator_disk = 1), @"zip-multi-disk: archive is one part of several, wanted a whole");
}

/// Readers differ in whether they believe the end record or the zip64 one.
#[test]
fn refuses_zip64_end_records_that_contradict() {
    let zip64 = |change: fn(&mut End64)| {
        let mut end = End64::default();
        change(&mut end);
        check(&one().change(|zip| zip.end64 = Some(end)))
    };
    assert_eq!(zip64(|_| ()), "a 1 x");
    for change in [
        (|end| end.entries = Some(0)) as fn(&mut End64),
        |end| end.length = Some(0),
        |end| end.offset = Some(1),
        |end| end.disk = 1,
        |end| end.record_length = Some(45),
        |end| end.locator_offset = Some(0),
        |end| end.locator_offset = Some(u64::MAX),
        |end| end.between = b"hidden".to_vec(),
        |end| (end.between, end.record_length) = (b"hidden".to_vec(), Some(50)),
    ] {
        assert_eq!(zip64(change), "zip-zip64: archive has 64-bit records that contradict the others");
    }
    for change in [
        (|end| end.disk = 1) as fn(&mut End),
        |end| end.directory_disk = 1,
        |end| end.entries_here = Some(0),
        |end| end.entries = Some(2),
        |end| end.length = Some(1),
        |end| end.offset = Some(0),
    ] {
        let zip = one().change(|zip| zip.end64 = Some(End64::default())).change(|zip| change(&mut zip.end));
        assert_eq!(check(&zip), "zip-zip64: archive has 64-bit records that contradict the others");
    }
}

/// A reader that takes zip64 values by position reads another size than one that takes all of them.
#[test]
fn refuses_zip64_fields_that_are_not_exactly_what_is_missing() {
    let central = |field: Vec<u8>, size: u32| {
        let raw = stored("a", b"x").change(|raw| (raw.central.extra, raw.central.size) = (field, size));
        check(&Zip::of([raw]))
    };
    assert_eq!(central(zip64(&[1]), u32::MAX), "a 1 x");
    let refused = "zip-zip64: entry `a` has 64-bit records that contradict the others";
    assert_eq!(central(zip64(&[1, 1]), u32::MAX), refused, "one too many");
    assert_eq!(central(zip64(&[2]), 1), refused, "none is missing");
    assert_eq!(central(zip64(&[]), u32::MAX), refused, "too few");
    assert_eq!(central(extra(1, &[1, 0, 0, 0]), u32::MAX), refused, "too short");
    let local = |field: Vec<u8>, size: u32| {
        let raw = stored("a", b"x").change(|raw| (raw.local.extra, raw.local.size) = (field, size));
        check(&Zip::of([raw]))
    };
    assert_eq!(local(zip64(&[1, 1]), u32::MAX), "a 1 x");
    assert_eq!(local(zip64(&[1]), u32::MAX), refused, "one of two");
    assert_eq!(local(zip64(&[1, 1, 0]), u32::MAX), refused, "an offset too");
    assert_eq!(local(zip64(&[1, 1]), 2), refused, "another size in the header");
    let compressed =
        stored("a", b"x").change(|raw| (raw.local.extra, raw.local.compressed) = (zip64(&[1, 1]), 2));
    assert_eq!(check(&Zip::of([compressed])), refused, "another compressed size in the header");
}

#[test]
fn refuses_a_directory_that_is_not_what_the_end_record_says() {
    let refused = "zip-directory: archive has a central directory that is not what its end record says";
    for change in [
        (|zip| zip.end.length = Some(46)) as fn(&mut Zip),
        |zip| zip.end.length = Some(1000),
        |zip| zip.end.offset = Some(33),
        |zip| zip.end.offset = Some(u32::MAX),
        |zip| zip.after_directory = b"hidden".to_vec(),
        |zip| (zip.after_directory, zip.end.length) = (b"hidden".to_vec(), Some(53)),
        |zip| zip.entries[0].central.signature = *b"PK\x01\x03",
    ] {
        assert_eq!(check(&one().change(change)), refused);
    }
    // An entry in the directory that the end record does not count: some readers stop, some go on.
    let mut hidden = Zip::of([stored("a", b"x"), stored("b", b"y")]);
    (hidden.end.entries, hidden.end.entries_here) = (Some(1), Some(1));
    assert_eq!(check(&hidden), refused);
    (hidden.end.entries, hidden.end.entries_here) = (Some(3), Some(3));
    assert_eq!(check(&hidden), refused);
}

#[test]
fn refuses_headers_that_disagree() {
    let local = |change: fn(&mut Raw)| check(&Zip::of([stored("a", b"x").change(change), stored("b", b"y")]));
    insta::assert_snapshot!(local(|raw| raw.local.name = b"A".to_vec()), @"zip-disagreement: entry `a` has one name in its local header and another in the central directory");
    insta::assert_snapshot!(local(|raw| raw.local.name = b"../a".to_vec()), @"zip-disagreement: entry `a` has one name in its local header and another in the central directory");
    insta::assert_snapshot!(local(|raw| raw.local.method = 8), @"zip-disagreement: entry `a` has one method in its local header and another in the central directory");
    insta::assert_snapshot!(local(|raw| raw.local.crc ^= 1), @"zip-disagreement: entry `a` has one CRC-32 in its local header and another in the central directory");
    insta::assert_snapshot!(local(|raw| raw.local.size = 2), @"zip-disagreement: entry `a` has one size in its local header and another in the central directory");
    insta::assert_snapshot!(local(|raw| raw.local.compressed = 2), @"zip-disagreement: entry `a` has one compressed size in its local header and another in the central directory");
    insta::assert_snapshot!(local(|raw| raw.local.flags = 1 << 11), @"zip-disagreement: entry `a` has one set of flags in its local header and another in the central directory");
    insta::assert_snapshot!(local(|raw| raw.local.flags = 1), @"zip-disagreement: entry `a` has one set of flags in its local header and another in the central directory");
    insta::assert_snapshot!(local(|raw| raw.local.flags = 1 << 3), @"zip-disagreement: entry `a` has one set of flags in its local header and another in the central directory");
    insta::assert_snapshot!(local(|raw| (raw.local.crc, raw.local.size, raw.local.compressed) = (0, 0, 0)), @"zip-disagreement: entry `a` has one CRC-32 in its local header and another in the central directory");
    insta::assert_snapshot!(local(|raw| raw.local.signature = *b"PK\x03\x05"), @"zip-local-header: entry `a` has no local header where the central directory says");
}

#[test]
fn refuses_descriptors_that_are_missing_or_lie() {
    let streamed = |change: fn(&mut Raw)| {
        check(&Zip::of([stored("a", b"x").streamed().change(change), stored("b", b"y")]))
    };
    assert_eq!(streamed(|_| ()), "a 1 x\nb 1 y");
    let crc = crate::zip::entry::crc32(b"x");
    assert_eq!(crc, 0x8cdc_1683);
    for change in [
        (|raw| raw.descriptor.clear()) as fn(&mut Raw),
        |raw| raw.descriptor.push(0),
        |raw| raw.descriptor[0] = b'Q',
        |raw| raw.descriptor = descriptor(1, 1, 1),
        |raw| raw.descriptor = descriptor(0x8cdc_1683, 2, 1),
        |raw| raw.descriptor = descriptor(0x8cdc_1683, 1, 2),
        // 64-bit sizes where nothing says zip64: a streaming reader would go on in the middle of them.
        |raw| raw.descriptor = [&descriptor(0x8cdc_1683, 1, 0)[..], &[1, 0, 0, 0, 0, 0, 0, 0]].concat(),
        // 32-bit sizes where the local header says zip64.
        |raw| raw.local.extra = zip64(&[0, 0]),
    ] {
        let refused =
            "zip-descriptor: entry `a` has no data descriptor that says what the central directory says";
        assert_eq!(streamed(change), refused);
    }
    insta::assert_snapshot!(streamed(|raw| raw.local.size = 2), @"zip-disagreement: entry `a` has one size in its local header and another in the central directory");
}

/// Overlapping entries make small archives huge, and one file the inside of another.
#[test]
fn refuses_entries_that_overlap() {
    let twice = Zip::of([
        stored("a", b"x"),
        stored("b", b"y").change(|raw| {
            raw.central_only = true;
            raw.central.offset = Some(0);
        }),
    ]);
    insta::assert_snapshot!(check(&twice), @"zip-overlap: entry `a` shares bytes with what follows it");
    let inner = Zip::of([stored("b", b"y")]).build();
    let inside = Zip::of([
        stored("a", &inner[..32]),
        stored("b", b"y").change(|raw| {
            raw.central_only = true;
            raw.central.offset = Some(31);
        }),
    ]);
    insta::assert_snapshot!(check(&inside), @"zip-overlap: entry `a` shares bytes with what follows it");
    let into_directory = one().change(|zip| {
        let raw = &mut zip.entries[0];
        for header in [&mut raw.local, &mut raw.central] {
            (header.size, header.compressed) = (5, 5);
        }
    });
    insta::assert_snapshot!(check(&into_directory), @"zip-overlap: entry `a` shares bytes with what follows it");
    insta::assert_snapshot!(check(&Zip::of([stored("a", b"x"), stored("b", b"y").change(|raw| {
        raw.central_only = true;
        raw.central.offset = Some(40);
    })])), @"zip-overlap: entry `b` shares bytes with what follows it");
}

/// What belongs to nothing is what another reader finds when it scans for local headers.
#[test]
fn refuses_bytes_that_belong_to_nothing() {
    let hidden = Zip::of([stored("evil", b"x")]).build()[..35].to_vec();
    let between = Zip::of([stored("a", b"x"), stored("b", b"y").change(|raw| raw.before = hidden.clone())]);
    insta::assert_snapshot!(check(&between), @"zip-gap: entry `a` is followed by bytes that belong to nothing");
    insta::assert_snapshot!(check(&one().change(|zip| zip.before_directory = hidden)), @"zip-gap: entry `a` is followed by bytes that belong to nothing");
    let short = Zip::of([stored("a", b"xyz").both(|header| (header.size, header.compressed) = (1, 1))]);
    insta::assert_snapshot!(check(&short), @"zip-gap: entry `a` is followed by bytes that belong to nothing");
}

#[test]
fn refuses_encryption_and_other_methods() {
    let both = |change: fn(&mut super::raw::Header)| check(&Zip::of([stored("a", b"x").both(change)]));
    insta::assert_snapshot!(both(|header| header.flags = 1), @"zip-encrypted: entry `a` is encrypted, wanted plain content");
    insta::assert_snapshot!(both(|header| header.flags = 1 << 6), @"zip-encrypted: entry `a` is encrypted, wanted plain content");
    insta::assert_snapshot!(both(|header| header.flags = 1 << 13), @"zip-encrypted: entry `a` is encrypted, wanted plain content");
    insta::assert_snapshot!(both(|header| header.flags = 1 << 5), @"zip-patched: entry `a` is a patch of other data, wanted whole content");
    for method in [1, 9, 12, 14, 93, 95, 99] {
        let found = check(&Zip::of([stored("a", b"x").both(|header| header.method = method)]));
        assert_eq!(
            found,
            format!("zip-method: entry `a` is packed by method {method}, wanted stored or deflated")
        );
    }
}

#[test]
fn refuses_deflate_where_only_stored_is_allowed() {
    let bytes = Zip::of([stored("a", b"x"), deflated("b", b"y")]).build();
    let refusal = crate::zip::Archive::parse_stored(&bytes, &ZipLimits::default()).unwrap_err();
    insta::assert_snapshot!(refusal, @"entry `b` is packed by method 8, wanted stored");
    let bytes = Zip::of([folder("d/"), stored("a", b"x")]).build();
    assert!(crate::zip::Archive::parse_stored(&bytes, &ZipLimits::default()).is_ok());
}

#[test]
fn refuses_extra_fields_that_are_not_well_formed() {
    for field in [vec![0], vec![0; 3], extra(9, b"x")[..4].to_vec(), [zip64(&[]), zip64(&[])].concat()] {
        let refused = "zip-extra: entry `a` has extra fields that are not well formed";
        let central = stored("a", b"x").change(|raw| raw.central.extra = field.clone());
        assert_eq!(check(&Zip::of([central])), refused, "{field:?}");
        let local = stored("a", b"x").change(|raw| raw.local.extra = field.clone());
        assert_eq!(check(&Zip::of([local])), refused, "{field:?}");
    }
}
