//! Runs of bytes that mean nothing to the grammar, eight at a time.

/// Every byte `0x01`, and every byte `0x80`.
const ONES: u64 = u64::from_ne_bytes([0x01; 8]);
const HIGHS: u64 = u64::from_ne_bytes([0x80; 8]);

/// How many bytes stand before the first quote, backslash or control character.
pub(super) fn plain(bytes: &[u8]) -> usize {
    let (words, rest) = bytes.as_chunks::<8>();
    for (place, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let found = (zeros(word ^ (ONES * u64::from(b'"'))) | zeros(word ^ (ONES * u64::from(b'\\'))))
            | (word.wrapping_sub(ONES * 0x20) & !word & HIGHS);
        if found != 0 {
            return place * 8 + first(found);
        }
    }
    let ends = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..=0x1f);
    words.len() * 8 + rest.iter().position(ends).unwrap_or(rest.len())
}

/// How many bytes of white space stand at the beginning.
#[inline]
pub(super) fn blank(bytes: &[u8]) -> usize {
    // Compact documents have none: the first byte says it.
    match bytes.first() {
        Some(b' ' | b'\t' | b'\n' | b'\r') => {
            1 + bytes.iter().skip(1).take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).count()
        }
        _ => 0,
    }
}

/// The highest bit of each byte that is zero. A borrow may mark others too, but only behind the first.
const fn zeros(word: u64) -> u64 {
    word.wrapping_sub(ONES) & !word & HIGHS
}

/// Which byte, in the order of memory, the lowest bit that is set belongs to.
const fn first(found: u64) -> usize {
    (found.trailing_zeros() / 8) as usize
}

#[cfg(test)]
mod tests {
    use super::{blank, plain};

    #[test]
    fn a_run_ends_at_the_first_byte_that_ends_it_wherever_that_stands() {
        for length in 0..40 {
            for end in 0..=255_u8 {
                for beside in [b'a', 0x21, 0x7f, 0x80, 0xff, b'#', b'[', b']'] {
                    let mut bytes = vec![beside; 40];
                    bytes[length] = end;
                    bytes.push(b'"');
                    let ends = matches!(end, b'"' | b'\\' | 0..=0x1f);
                    assert_eq!(plain(&bytes), if ends { length } else { 40 }, "{length} {end} {beside}");
                }
            }
        }
        assert_eq!((plain(b""), plain(b"abc")), (0, 3));
        assert_eq!((blank(b""), blank(b" \t\r\nx "), blank(b"x"), blank(b"   ")), (0, 4, 0, 3));
    }
}
