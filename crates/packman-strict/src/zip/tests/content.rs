//! Attacks on the content: what comes out is not what was declared.

use super::raw::{Header, Zip, deflate, deflated, stored};
use super::{check, pieces};
use crate::zip::{Archive, Scratch, ZipLimits, ZipRefusal};

const TEXT: &[u8] = b"hello hello hello hello";

fn lying(change: fn(&mut Header)) -> String {
    check(&Zip::of([deflated("a", TEXT).both(change)]))
}

#[test]
fn refuses_a_size_that_lies() {
    insta::assert_snapshot!(lying(|header| header.size = 22), @"zip-size: entry `a` has another size than the 22 bytes it declares");
    insta::assert_snapshot!(lying(|header| header.size = 24), @"zip-size: entry `a` has another size than the 24 bytes it declares");
    insta::assert_snapshot!(lying(|header| header.size = 0), @"zip-size: entry `a` has another size than the 0 bytes it declares");
    insta::assert_snapshot!(check(&Zip::of([stored("a", TEXT).both(|header| header.size = 3)])), @"zip-size: entry `a` has another size than the 3 bytes it declares");
    insta::assert_snapshot!(check(&Zip::of([stored("a", TEXT).both(|header| header.size = 300)])), @"zip-size: entry `a` has another size than the 300 bytes it declares");
}

/// Ten bytes that say they are 1 GiB must not get 1 GiB of memory.
#[test]
fn refuses_a_size_that_deflate_cannot_reach() {
    insta::assert_snapshot!(lying(|header| header.size = 1 << 30), @"zip-size: entry `a` has another size than the 1073741824 bytes it declares");
}

/// Never more than declared, however much the stream has to say.
#[test]
fn never_inflates_more_than_declared() {
    let mut raw = deflated("bomb", &vec![0; 64 << 20]).both(|header| header.size = 10);
    raw.central.crc = crate::zip::entry::crc32(&[0; 10]);
    raw.local.crc = raw.central.crc;
    let bytes = Zip::of([raw]).build();
    let archive = Archive::parse(&bytes, &ZipLimits::default()).unwrap();
    let mut scratch = Scratch::default();
    let mut came = 0;
    let read = archive.entry("bomb").unwrap().read_pieces(&mut scratch, |piece| {
        came += piece.len();
        Ok::<(), ZipRefusal>(())
    });
    insta::assert_snapshot!(read.unwrap_err(), @"entry `bomb` has another size than the 10 bytes it declares");
    assert_eq!(came, 0);
}

#[test]
fn refuses_another_crc() {
    insta::assert_snapshot!(lying(|header| header.crc ^= 1), @"zip-crc: entry `a` has another CRC-32 than it declares");
    insta::assert_snapshot!(check(&Zip::of([stored("a", TEXT).both(|header| header.crc ^= 1)])), @"zip-crc: entry `a` has another CRC-32 than it declares");
    insta::assert_snapshot!(check(&Zip::of([stored("a", TEXT).change(|raw| raw.data[0] = b'j')])), @"zip-crc: entry `a` has another CRC-32 than it declares");
    // The same in memory that was used before.
    let bytes = Zip::of([
        deflated("a", TEXT),
        deflated("b", TEXT).both(|header| header.crc ^= 1),
        stored("c", TEXT).both(|header| header.crc ^= 1),
    ])
    .build();
    let archive = Archive::parse(&bytes, &ZipLimits::default()).unwrap();
    let mut scratch = Scratch::default();
    let read: Vec<bool> = archive.entries().iter().map(|entry| pieces(entry, &mut scratch).is_ok()).collect();
    assert_eq!(read, [true, false, false]);
}

/// What follows the end of a stream is seen by readers that go on, and by nobody else.
#[test]
fn refuses_a_stream_that_does_not_end_with_its_data() {
    let packed = |change: fn(&mut Vec<u8>)| {
        let mut raw = deflated("a", TEXT);
        change(&mut raw.data);
        let length = raw.data.len().try_into().unwrap();
        check(&Zip::of([raw.both(|header| header.compressed = length)]))
    };
    insta::assert_snapshot!(packed(|data| data.push(0)), @"zip-deflate: entry `a` is damaged: its deflate stream does not end with its data");
    insta::assert_snapshot!(packed(|data| data.extend(deflate(b"evil"))), @"zip-deflate: entry `a` is damaged: its deflate stream does not end with its data");
    insta::assert_snapshot!(packed(|data| data.truncate(data.len() - 1)), @"zip-deflate: entry `a` is damaged: its deflate stream does not end with its data");
    insta::assert_snapshot!(packed(Vec::clear), @"zip-size: entry `a` has another size than the 23 bytes it declares");
    insta::assert_snapshot!(packed(|data| data[0] = 7), @"zip-deflate: entry `a` is damaged: its deflate stream does not end with its data");
    let trailing = deflated("a", b"").change(|raw| raw.data.push(0)).both(|header| header.compressed = 3);
    insta::assert_snapshot!(check(&Zip::of([trailing])), @"zip-deflate: entry `a` is damaged: its deflate stream does not end with its data");
}
