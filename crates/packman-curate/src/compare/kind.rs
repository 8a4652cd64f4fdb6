//! What a file is: by its name, and by its first bytes, which do not lie as easily.

/// What a file is to whoever reads a wheel.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    /// Text that some interpreter or shell runs.
    Code,
    /// What a processor, or an interpreter without its source, runs.
    Native(&'static str),
    /// Other text.
    Text,
    /// A packed archive.
    Archive(&'static str),
    /// Something else, such as an image.
    Data,
}

/// How many first bytes are enough to tell.
pub(super) const ENOUGH: usize = 4_096;

/// Endings of what is run as text.
const CODE: [&str; 30] = [
    "py", "pyw", "pyx", "pxd", "pxi", "sh", "bash", "zsh", "fish", "csh", "ps1", "psm1", "bat", "cmd", "js",
    "mjs", "cjs", "jsx", "ts", "tsx", "rb", "pl", "php", "lua", "vbs", "ipynb", "pth", "r", "m4", "mk",
];

/// Endings of what is built into something that runs.
const SOURCES: [&str; 10] = ["c", "cc", "cpp", "cxx", "h", "hpp", "rs", "go", "java", "swift"];

/// What stands at the beginning of what runs without its source being read.
const NATIVE: [(&[u8], &str); 10] = [
    (b"\x7fELF", "an ELF program or library"),
    (b"MZ", "a Windows program or library"),
    (b"\xcf\xfa\xed\xfe", "a Mach-O program or library"),
    (b"\xce\xfa\xed\xfe", "a Mach-O program or library"),
    (b"\xfe\xed\xfa\xcf", "a Mach-O program or library"),
    (b"\xfe\xed\xfa\xce", "a Mach-O program or library"),
    (b"\xca\xfe\xba\xbe", "a Mach-O program or a Java class"),
    (b"\0asm", "a WebAssembly module"),
    (b"!<arch>\n", "a library to be linked"),
    (b"dex\n", "an Android program"),
];

const ARCHIVES: [(&[u8], &str); 7] = [
    (b"PK\x03\x04", "a zip archive"),
    (b"\x1f\x8b", "gzip"),
    (b"\xfd7zXZ\0", "xz"),
    (b"BZh", "bzip2"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"\x04\x22\x4d\x18", "lz4"),
];

/// What the first bytes of files with these endings are.
const BEGINNINGS: [(&str, &[&[u8]]); 12] = [
    ("png", &[b"\x89PNG"]),
    ("jpg", &[b"\xff\xd8\xff"]),
    ("jpeg", &[b"\xff\xd8\xff"]),
    ("gif", &[b"GIF8"]),
    ("wav", &[b"RIFF", b"RIFX", b"RF64"]),
    ("webp", &[b"RIFF"]),
    ("pdf", &[b"%PDF"]),
    ("ico", &[b"\0\0\x01\0", b"\x89PNG"]),
    ("woff", &[b"wOFF"]),
    ("woff2", &[b"wOF2"]),
    ("ttf", &[b"\0\x01\0\0", b"true", b"ttcf", b"OTTO"]),
    ("mp4", &[b"\0\0\0"]),
];

impl Kind {
    /// What a file of that path is, by its first bytes.
    pub(super) fn of(path: &str, head: &[u8]) -> Self {
        let ending = ending(path);
        if let Some((_, words)) = NATIVE.iter().find(|(magic, _)| head.starts_with(magic)) {
            // Two letters are little: a text may begin with `MZ`.
            if !is_text(head) || *words == "a library to be linked" {
                return Self::Native(words);
            }
        }
        // Two bytes that change with each Python, and two that do not.
        if head.get(2..4) == Some(&b"\r\n"[..]) && (ending == "pyc" || ending == "pyo" || !is_text(head)) {
            return Self::Native("compiled Python, without its source");
        }
        if matches!(ending.as_str(), "so" | "pyd" | "dll" | "dylib" | "exe") && !is_text(head) {
            return Self::Native("a program or library, by its name");
        }
        if let Some((_, words)) = ARCHIVES.iter().find(|(magic, _)| head.starts_with(magic)) {
            return Self::Archive(words);
        }
        if is_text(head) {
            let is_code = CODE.contains(&ending.as_str()) || SOURCES.contains(&ending.as_str());
            return if is_code || head.starts_with(b"#!") { Self::Code } else { Self::Text };
        }
        Self::Data
    }
}

/// Whether the first bytes are not those that a file of this name has.
pub(super) fn belies_its_name(path: &str, head: &[u8]) -> bool {
    let ending = ending(path);
    let known = BEGINNINGS.iter().find(|(known, _)| *known == ending);
    known.is_some_and(|(_, beginnings)| {
        !head.is_empty() && !beginnings.iter().any(|beginning| head.starts_with(beginning))
    })
}

/// Whether code has no business there: folders of data, documents and images.
pub(super) fn is_odd_place(path: &str) -> bool {
    const PLACES: [&str; 14] = [
        "data", "docs", "doc", "fixtures", "images", "img", "media", "locale", "locales", "assets", "share",
        "icons", "fonts", "licenses",
    ];
    let folders = path.split('/').rev().skip(1);
    // What the `data` area of a wheel is for stands in a folder of its own.
    folders.into_iter().any(|folder| PLACES.contains(&folder.to_ascii_lowercase().as_str()))
}

/// Whether it belongs to tests.
pub(super) fn is_test(path: &str) -> bool {
    path.split('/').rev().skip(1).any(|folder| matches!(folder, "test" | "tests" | "testing" | "testdata"))
}

/// What stands after the last dot of the name, in lower case.
pub(super) fn ending(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default()
}

/// Whether it is text: no byte that no text has, and UTF-8 but for a letter that is cut in the end.
fn is_text(head: &[u8]) -> bool {
    let odd =
        |byte: &u8| *byte == 0 || (*byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c | 0x1b));
    if head.iter().any(odd) {
        return false;
    }
    match std::str::from_utf8(head) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none() || error.valid_up_to() * 8 > head.len() * 7,
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, belies_its_name, is_odd_place};

    #[test]
    fn what_a_file_is_shows_in_its_first_bytes() {
        for (path, head, kind) in [
            ("a/b.py", &b"import os\n"[..], "Code"),
            ("a/run", b"#!/bin/sh\n", "Code"),
            ("a/b.txt", b"import os\n", "Text"),
            ("a/MZ.txt", b"MZ is a postal code\n", "Text"),
            ("a/logo.png", b"\x7fELF\x02\x01\x01\0", "Native(\"an ELF program or library\")"),
            ("a/b.so", b"\x01\x02\x03\x04", "Native(\"a program or library, by its name\")"),
            ("a/b.bin", b"\xcb\x0d\x0d\x0a\0\0\0\0", "Native(\"compiled Python, without its source\")"),
            ("a/b.dat", b"\xfd7zXZ\0\0\x04", "Archive(\"xz\")"),
            ("a/b.dat", b"\x90\x91\0\x01", "Data"),
        ] {
            assert_eq!(format!("{:?}", Kind::of(path, head)), kind, "{path}");
        }
        assert!(belies_its_name("a/logo.png", b"\x7fELF"));
        assert!(!belies_its_name("a/logo.png", b"\x89PNG\r\n"));
        assert!(is_odd_place("pkg/data/x.py") && !is_odd_place("pkg/data.py"));
    }
}
