//! A pack gives back what was put in; one that is not what it should be gives nothing, and costs nothing.

use super::*;

fn name(text: &str) -> ProjectName {
    ProjectName::parse(text).unwrap()
}

/// Records that pack badly, so that frames are real ones.
fn noise(seed: u32, length: usize) -> Vec<u8> {
    let mut state = u64::from(seed) + 1;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8 & 0x1F
    };
    (0..length).map(|_| next()).collect()
}

fn packed(records: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let names: Vec<ProjectName> = records.iter().map(|(text, _)| name(text)).collect();
    Pack::encode(&names.iter().zip(records).map(|(name, (_, bytes))| (name, bytes.as_slice())).collect())
}

fn small() -> Vec<u8> {
    packed(&[("b", b"the record of b".to_vec()), ("a-b", noise(1, 300)), ("c", Vec::new())])
}

#[test]
fn gives_back_what_was_put_in_also_across_frames() {
    let records = [
        ("a", noise(1, 700_000)),
        ("b", noise(2, 700_000)),
        ("big", noise(3, 3 * FRAME)),
        ("empty", vec![]),
        ("z", b"{}".to_vec()),
    ];
    let pack = Pack::open(&packed(&records)).unwrap();
    for (project, bytes) in &records {
        assert!(pack.record(&name(project)).as_ref() == Some(bytes), "{project}");
    }
    assert_eq!(pack.record(&name("other")), None);
    assert!(pack.frames.iter().all(|frame| frame.packed.len() < FRAME));
}

#[test]
fn equal_records_give_an_equal_pack() {
    let one = packed(&[("a", noise(1, 5_000)), ("b", noise(2, 5_000))]);
    assert_eq!(one, packed(&[("b", noise(2, 5_000)), ("a", noise(1, 5_000))]));
    assert!(Pack::open(&packed(&[])).unwrap().records.is_empty());
}

#[test]
fn one_that_ends_too_soon_or_too_late_is_none() {
    let bytes = small();
    for end in 0..bytes.len() {
        assert!(Pack::open(&bytes[..end]).is_none(), "the first {end} bytes");
    }
    assert!(Pack::open(&[bytes, vec![0]].concat()).is_none());
}

/// What a changed byte makes of a record is for its hash to refuse; here it must only end well.
#[test]
fn whatever_byte_changes_nothing_longer_than_it_says_comes_out() {
    let bytes = small();
    for place in 0..bytes.len() {
        for change in [0x01, 0x80, 0xFF] {
            let mut changed = bytes.clone();
            changed[place] ^= change;
            let Some(pack) = Pack::open(&changed) else { continue };
            for (project, place) in &pack.records {
                let record = pack.record(project);
                assert!(record.is_none_or(|record| record.len() == place.end - place.start));
            }
        }
    }
}

/// The index of a pack of one frame, by hand.
fn by_hand(records: &[(&str, u32)], frame: &[u8]) -> Vec<u8> {
    let mut out = MAGIC.to_vec();
    for number in [1, records.len(), frame.len()] {
        push(&mut out, number);
    }
    for (project, length) in records {
        out.extend_from_slice(&length.to_le_bytes());
        out.push(u8::try_from(project.len()).unwrap());
        out.extend_from_slice(project.as_bytes());
    }
    [out, frame.to_vec()].concat()
}

#[test]
fn takes_nothing_but_what_adds_up() {
    let frame = compress_to_vec(&b"0123456789"[..], CompressionLevel::Fastest);
    let record = |records: &[(&str, u32)]| Pack::open(&by_hand(records, &frame))?.record(&name("a"));
    assert_eq!(record(&[("a", 10)]).as_deref(), Some(&b"0123456789"[..]));
    assert_eq!(record(&[("a", 4), ("b", 6)]).as_deref(), Some(&b"0123"[..]));
    for wrong in [
        &[("a", 9)][..],
        &[("a", 11)],
        &[("a", u32::MAX)],
        &[("a", 4), ("a", 6)],
        &[("b", 4), ("a", 6)],
        &[("a", 4), ("B", 6)],
        &[("a", 4), ("../b", 6)],
        &[("a", 4), ("", 6)],
    ] {
        assert_eq!(record(wrong), None, "{wrong:?}");
    }
}

/// 16 MiB of zeros in some kilobytes: what comes out is cut where the index says that it ends.
#[test]
fn a_bomb_is_not_let_off() {
    let bomb = compress_to_vec(std::io::repeat(0).take(16 << 20), CompressionLevel::Fastest);
    assert!(bomb.len() < 64 << 10);
    let pack = Pack::open(&by_hand(&[("a", 10)], &bomb)).unwrap();
    assert_eq!(pack.record(&name("a")), None);
    assert!(pack.frames[0].inflated.get().unwrap().is_none());
}

/// A frame whose head asks for a window of gigabytes, to be set aside before a byte is inflated.
#[test]
fn a_window_larger_than_a_frame_is_not_set_aside() {
    // Magic number, no flags, a window of 2^(10 + 21) bytes, one empty last block.
    let wide = [0x28, 0xB5, 0x2F, 0xFD, 0x00, 21 << 3, 0x01, 0x00, 0x00];
    assert!(StreamingDecoder::new_with_max_window_size(&wide[..], FRAME as u64).is_err());
    assert_eq!(Pack::open(&by_hand(&[("a", 10)], &wide)).unwrap().record(&name("a")), None);
}
