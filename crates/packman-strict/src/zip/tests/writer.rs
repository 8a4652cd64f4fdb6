//! What the writer writes is what the reader reads, and always the same.

use super::{check_bytes, list};
use crate::path::SafePath;
use crate::zip::{Archive, Mode, Packing, WriteError, Writer, ZipLimits};

fn path(text: &str) -> SafePath {
    SafePath::parse(text).unwrap()
}

fn fill<W: std::io::Write>(writer: &mut Writer<W>) {
    writer.stored(&path("metadata/1.root.json"), b"{}").unwrap();
    writer.deflated(&path("naïve/data.txt"), &[b'a'; 60]).unwrap();
    writer.deflated(&path("short"), b"x").unwrap();
    writer.stored(&path("empty"), b"").unwrap();
    writer.file(&path("bin/tool"), b"#!", Packing::Stored, Mode::Executable).unwrap();
}

const LISTED: &str = "metadata/1.root.json 2 {}
naïve/data.txt 60 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
short 1 x
empty 0 \nbin/tool 2 x #!";

#[test]
fn reads_what_was_written() {
    let mut writer = Writer::new();
    fill(&mut writer);
    let bytes = writer.finish();
    assert_eq!(check_bytes(&bytes, &ZipLimits::default()), LISTED);
    let archive = Archive::parse(&bytes, &ZipLimits::default()).unwrap();
    assert!(archive.entry("naïve/data.txt").unwrap().compressed_size() < 60);
    assert_eq!(archive.entry("short").unwrap().compressed_size(), 1, "stored where deflating does not pay");
}

#[test]
fn stored_archives_are_the_same_bytes_everywhere() {
    let mut writer = Writer::new();
    writer.stored(&path("a/b"), b"hello").unwrap();
    writer.file(&path("é"), b"", Packing::Stored, Mode::Executable).unwrap();
    let digest = crate::Sha256::of(&writer.finish());
    insta::assert_snapshot!(digest, @"5624f493a81f4117dcec9a98368da99ade77f89fe7565e8bf46d99d1f302c5d6");
    insta::assert_snapshot!(crate::Sha256::of(&Writer::new().finish()), @"8739c76e681f900923b900c9df0ef75cf421d39cabb54650c4b9ad19b6a76d85");
}

#[test]
fn writes_to_whatever_can_be_written_to() {
    let mut writer = Writer::to(std::io::Cursor::new(Vec::new()));
    fill(&mut writer);
    let bytes = writer.complete().unwrap().into_inner();
    let mut in_memory = Writer::new();
    fill(&mut in_memory);
    assert_eq!(bytes, in_memory.finish());
}

/// Values of 4 GiB and more, without as many bytes: everything from 3 on counts as too wide for 32 bits.
#[test]
fn writes_64_bit_records_where_they_are_needed() {
    for wide_from in [0, 1, 2, 3, 40, 60, 100, 400] {
        let mut writer = Writer::new();
        writer.wide_from = wide_from;
        fill(&mut writer);
        assert_eq!(list(&writer.finish(), &ZipLimits::default()).unwrap(), LISTED, "{wide_from}");
    }
}

#[test]
fn writes_more_entries_than_16_bits_count() {
    for count in [65_534, 65_535, 65_536] {
        let mut writer = Writer::new();
        for number in 0..count {
            writer.stored(&path(&format!("{number}")), b"").unwrap();
        }
        let bytes = writer.finish();
        assert_eq!(Archive::parse(&bytes, &ZipLimits::default()).unwrap().entries().len(), count);
    }
}

#[test]
fn refuses_to_write_what_the_reader_would_refuse() {
    let mut writer = Writer::new();
    fill(&mut writer);
    assert!(matches!(writer.stored(&path("Short"), b""), Err(WriteError::Collision(_))));
    insta::assert_snapshot!(writer.stored(&path("bin"), b"").unwrap_err(), @"path `bin` cannot stand beside `bin/tool` on every system");
    assert_eq!(check_bytes(&writer.finish(), &ZipLimits::default()), LISTED);
}
