//! Where a recorded file can be fetched: an address at a third party, or a copy beside the metadata.

use core::fmt;

use packman_strict::Sha256;
use packman_strict::quote::quoted;

/// Where the bytes of a file may come from. Any host will do: they are believed by their hash.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum FileUrl {
    /// An absolute `http` or `https` address.
    Absolute(String),
    /// `blobs/<sha256>/<filename>` of the repository itself, on whichever mirror answers.
    Blob,
}

/// A text that is no address of a file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct UrlError {
    found: String,
}

impl fmt::Display for UrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "found {}, wanted an http or https address without credentials, or `../../blobs/…`",
            quoted(&self.found)
        )
    }
}

impl core::error::Error for UrlError {}

/// The longest address that is read, in bytes.
const LONGEST: usize = 2_048;

impl FileUrl {
    /// Parses the `url` of a record; `sha256` and `filename` are those of the same file.
    pub fn parse(text: &str, sha256: &Sha256, filename: &str) -> Result<Self, UrlError> {
        if text.strip_prefix("../../").is_some_and(|path| path == blob_path(sha256, filename)) {
            return Ok(Self::Blob);
        }
        let error = || UrlError { found: text.chars().take(200).collect() };
        let rest =
            text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).ok_or_else(error)?;
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let printable = text.bytes().all(|byte| byte.is_ascii_graphic());
        if !printable || text.len() > LONGEST || authority.is_empty() || authority.contains(['@', '\\']) {
            return Err(error());
        }
        Ok(Self::Absolute(text.to_owned()))
    }

    /// The text of a record's `url`: an address as it is, a blob relative to the record.
    pub fn encode(&self, sha256: &Sha256, filename: &str) -> String {
        match self {
            Self::Absolute(url) => url.clone(),
            Self::Blob => format!("../../{}", blob_path(sha256, filename)),
        }
    }
}

/// The path of a blob below the repository's root.
pub fn blob_path(sha256: &Sha256, filename: &str) -> String {
    format!("blobs/{sha256}/{filename}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> String {
        match FileUrl::parse(text, &Sha256::of(b""), "a-1-py3-none-any.whl") {
            Ok(url) => format!("{url:?}"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn takes_web_addresses_and_its_own_blob_only() {
        let own = FileUrl::Blob.encode(&Sha256::of(b""), "a-1-py3-none-any.whl");
        assert_eq!(check(&own), "Blob");
        for refused in [
            "file:///etc/passwd",
            "https://",
            "https://user:secret@files.example/a",
            "https://files.example\\@evil.example/a",
            "https://files.example/a b",
            "https://files.example/\u{202e}a",
            "../../blobs/0000/a-1-py3-none-any.whl",
            "../../../etc/passwd",
            "",
        ] {
            assert!(check(refused).starts_with("found `"), "{refused}");
        }
        assert_eq!(check("http://127.0.0.1:1/a"), r#"Absolute("http://127.0.0.1:1/a")"#);
    }
}
