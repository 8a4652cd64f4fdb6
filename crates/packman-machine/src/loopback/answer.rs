//! What is answered: files and pages, and the faults of hosts that are broken or hostile.

use std::io::{self, Read, Write};
use std::path::Path;

use packman_strict::path::SafePath;

use super::request::Asked;

/// An answer, honest or not.
#[derive(Clone, Debug)]
pub struct Answer(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Whole {
        status: u16,
        headers: Vec<(String, String)>,
        body: Vec<u8>,
    },
    /// Bytes as they are, then others for ever (when there are any); then the connection is closed.
    Raw {
        head: Vec<u8>,
        then: Vec<u8>,
    },
    /// Bytes as they are; then nothing, over a connection that stays open.
    Silence {
        after: Vec<u8>,
    },
}

impl Answer {
    /// A file or page of a media type.
    pub fn page(content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let headers = vec![("content-type".to_owned(), content_type.to_owned())];
        Self(Kind::Whole { status: 200, headers, body: body.into() })
    }

    /// Bytes.
    pub fn bytes(body: impl Into<Vec<u8>>) -> Self {
        Self::page("application/octet-stream", body)
    }

    /// A status with a short page.
    pub fn status(status: u16) -> Self {
        let body = format!("{status}\n").into_bytes();
        Self(Kind::Whole { status, headers: Vec::new(), body })
    }

    /// A redirect.
    pub fn redirect(to: &str) -> Self {
        Self::status(302).with_header("location", to)
    }

    /// The same answer with a header more.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        if let Kind::Whole { headers, .. } = &mut self.0 {
            headers.push((name.to_owned(), value.to_owned()));
        }
        self
    }

    /// Says that more bytes come than do.
    pub fn truncated(body: &[u8], said: usize) -> Self {
        let mut head = format!("HTTP/1.1 200 OK\r\ncontent-length: {said}\r\n\r\n").into_bytes();
        head.extend_from_slice(body);
        Self::raw(head)
    }

    /// A body that never ends.
    pub fn endless() -> Self {
        Self::raw_then_for_ever("HTTP/1.1 200 OK\r\n\r\n", vec![b'x'; 64 << 10])
    }

    /// Bytes as they are, head and all; then the connection is closed.
    pub fn raw(bytes: impl Into<Vec<u8>>) -> Self {
        Self(Kind::Raw { head: bytes.into(), then: Vec::new() })
    }

    /// Bytes as they are, then others again and again.
    pub fn raw_then_for_ever(bytes: impl Into<Vec<u8>>, then: Vec<u8>) -> Self {
        Self(Kind::Raw { head: bytes.into(), then })
    }

    /// Closes the connection without a word.
    pub fn dropped() -> Self {
        Self::raw(Vec::new())
    }

    /// Keeps the connection open and says nothing.
    pub fn silence() -> Self {
        Self::silence_after(Vec::new())
    }

    /// Writes bytes as they are, head and all; then keeps the connection open and says no more.
    pub fn silence_after(bytes: impl Into<Vec<u8>>) -> Self {
        Self(Kind::Silence { after: bytes.into() })
    }

    /// Writes the answer; tells whether the connection can be used again.
    pub(super) fn write(
        &self,
        out: &mut impl Write,
        asked: &Asked,
        ended: impl Fn() -> bool,
        client: &mut impl Read,
    ) -> io::Result<bool> {
        match &self.0 {
            Kind::Whole { status, headers, body } => {
                write!(out, "HTTP/1.1 {status} {}\r\ncontent-length: {}\r\n", phrase(*status), body.len())?;
                for (name, value) in headers {
                    write!(out, "{name}: {value}\r\n")?;
                }
                write!(out, "connection: {}\r\n\r\n", if asked.keeps { "keep-alive" } else { "close" })?;
                if asked.method != "HEAD" {
                    out.write_all(body)?;
                }
                Ok(asked.keeps)
            }
            Kind::Raw { head, then } => {
                out.write_all(head)?;
                while !then.is_empty() && !ended() {
                    out.write_all(then)?;
                }
                Ok(false)
            }
            Kind::Silence { after } => {
                out.write_all(after)?;
                out.flush()?;
                // Until the client goes, or the server's end closes the connection.
                while client.read(&mut [0; 1024])? > 0 {}
                Ok(false)
            }
        }
    }
}

fn phrase(status: u16) -> &'static str {
    match status {
        200 => "OK",
        302 => "Found",
        404 => "Not Found",
        405 => "Method Not Allowed",
        _ => "Other",
    }
}

/// The plain file of that path under a folder, `index.html` for the folder itself; else 404. No path leads out.
pub fn answer_from_folder(folder: &Path, path: &str) -> Answer {
    let name =
        if path.is_empty() || path.ends_with('/') { format!("{path}index.html") } else { path.to_owned() };
    let Ok(safe) = SafePath::parse(&name) else { return Answer::status(404) };
    match crate::files::read_file(&folder.join(safe.as_str()), u64::MAX) {
        Ok(Some(body)) => Answer::page(content_type(safe.file_name()), body),
        _ => Answer::status(404),
    }
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("html") => "text/html; charset=utf-8",
        Some("json") => "application/json",
        Some("txt" | "metadata") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
