//! What the strict reader accepts and refuses. Each refusal is an archive that some reader unpacks otherwise.

mod content;
mod honest;
mod layout;
mod limits;
mod mutation;
mod names;
mod raw;
mod writer;

use super::{Archive, Entry, Scratch, ZipLimits, ZipRefusal};
use raw::Zip;

/// The content of an entry as its pieces make it up.
fn pieces(entry: &Entry<'_>, scratch: &mut Scratch) -> Result<Vec<u8>, ZipRefusal> {
    let mut content = Vec::new();
    entry.read_pieces(scratch, |piece| {
        content.extend_from_slice(piece);
        Ok::<(), ZipRefusal>(())
    })?;
    Ok(content)
}

/// Reads an archive and lists its files (path, size, `x` if executable, content) and folders, or says why it is
/// refused.
fn check(zip: &Zip) -> String {
    check_bytes(&zip.build(), &ZipLimits::default())
}

fn check_bytes(bytes: &[u8], limits: &ZipLimits) -> String {
    list(bytes, limits).unwrap_or_else(|refusal| format!("{}: {refusal}", refusal.code()))
}

fn list(bytes: &[u8], limits: &ZipLimits) -> Result<String, ZipRefusal> {
    let archive = Archive::parse(bytes, limits)?;
    let mut lines: Vec<String> = archive.folders().iter().map(|path| format!("{path}/")).collect();
    for entry in archive.entries() {
        let content = entry.read()?;
        assert_eq!(content.len() as u64, entry.size());
        assert_eq!(archive.entry(entry.path().as_str()).map(Entry::path), Some(entry.path()));
        let mark = if entry.is_executable() { " x" } else { "" };
        let text = String::from_utf8_lossy(&content);
        lines.push(format!("{} {}{mark} {text}", entry.path(), entry.size()));
    }
    Ok(lines.join("\n"))
}
