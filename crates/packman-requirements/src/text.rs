//! The text of a file, in whatever way its editor wrote it.

use std::path::Path;

use crate::{Place, UnreadableFile};

/// Gives the bytes of a file, or says in words why it cannot.
pub type ReadFile<'f> = &'f dyn Fn(&Path) -> Result<Vec<u8>, String>;

/// Reads a text: UTF-8, with or without the mark that editors of one system write; UTF-16 with its mark, which is what
/// a shell of that system writes for `pip freeze > requirements.txt`.
pub(crate) fn text_of(path: &Path, read: ReadFile<'_>) -> Result<String, UnreadableFile> {
    let place = || Place::of(path);
    let bytes = read(path).map_err(|what| UnreadableFile::new(place(), what))?;
    let wide = match bytes.get(..2) {
        Some([0xff, 0xfe]) => Some(u16::from_le_bytes as fn([u8; 2]) -> u16),
        Some([0xfe, 0xff]) => Some(u16::from_be_bytes as fn([u8; 2]) -> u16),
        _ => None,
    };
    let text = match wide {
        Some(unit) => wide_text(&bytes, unit),
        None => String::from_utf8(bytes).ok(),
    };
    let text = text.ok_or_else(|| UnreadableFile::new(place(), "is no text: wanted UTF-8"))?;
    if text.contains('\0') {
        return Err(UnreadableFile::new(place(), "is no text: it holds a zero byte"));
    }
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

fn wide_text(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Option<String> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    String::from_utf16(&pairs.iter().map(|pair| unit(*pair)).collect::<Vec<_>>()).ok()
}
