//! Limits are absolute totals, each refused before anything is read.

use super::check_bytes;
use super::raw::{Zip, deflated, folder, stored};
use crate::zip::ZipLimits;

fn check(change: impl FnOnce(&mut ZipLimits)) -> String {
    let bytes = Zip::of([folder("d/"), stored("d/a", b"12345"), deflated("d/b", &[b'x'; 10])]).build();
    let mut limits = ZipLimits {
        archive_bytes: bytes.len() as u64,
        entries: 3,
        entry_bytes: 10,
        total_bytes: 15,
        total_ratio: 50,
    };
    change(&mut limits);
    check_bytes(&bytes, &limits)
}

#[test]
fn refuses_more_than_each_limit() {
    assert_eq!(check(|_| ()), "d/\nd/a 5 12345\nd/b 10 xxxxxxxxxx");
    insta::assert_snapshot!(check(|limits| limits.archive_bytes -= 1), @"zip-archive-too-large: archive has 276 bytes, wanted at most 275");
    insta::assert_snapshot!(check(|limits| limits.entries = 2), @"zip-too-many-entries: archive has 3 entries, wanted at most 2");
    insta::assert_snapshot!(check(|limits| limits.entry_bytes = 9), @"zip-entry-too-large: entry `d/b` unpacks to 10 bytes, wanted at most 9");
    insta::assert_snapshot!(check(|limits| limits.total_bytes = 14), @"zip-total-too-large: archive unpacks to 15 bytes, wanted at most 14");
}

#[test]
fn sizes_that_overflow_when_added_are_over_the_limit() {
    let huge = |name| {
        deflated(name, b"x").both(|header| {
            header.size = u32::MAX;
            header.extra = super::raw::zip64(&[u64::MAX / 2 + 1]);
        })
    };
    let bytes = Zip::of([huge("a"), huge("b")]).build();
    let limits = ZipLimits {
        entry_bytes: u64::MAX,
        total_bytes: u64::MAX - 1,
        total_ratio: u64::MAX,
        ..ZipLimits::default()
    };
    insta::assert_snapshot!(check_bytes(&bytes, &limits), @"zip-total-too-large: archive unpacks to 18446744073709551615 bytes, wanted at most 18446744073709551614");
}

#[test]
fn a_promise_of_entries_reserves_no_memory() {
    let mut zip = Zip::of([stored("a", b"x")]);
    zip.end64 = Some(super::raw::End64 { entries: Some(u64::MAX), ..Default::default() });
    (zip.end.entries, zip.end.entries_here) = (Some(u16::MAX), Some(u16::MAX));
    let limits = ZipLimits { entries: usize::MAX, ..ZipLimits::default() };
    insta::assert_snapshot!(check_bytes(&zip.build(), &limits), @"zip-directory: archive has a central directory that is not what its end record says");
}
