//! Reading a request: its line and its headers, within limits.

use std::io::{self, BufRead, Read as _};

/// Longer heads are not of our clients.
const LONGEST_HEAD: u64 = 64 << 10;

/// What a client asked for.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The method, `GET` or `HEAD`.
    pub method: String,
    /// The path, percent-decoded, without the first `/`.
    pub path: String,
    /// What follows `?`.
    pub query: Option<String>,
    /// The headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Whether the client wants to ask more over this connection.
    pub(super) keeps: bool,
}

impl Asked {
    /// The first header of a name, which is given in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Reads a request; `None` when the client has closed the connection.
pub(super) fn read(reader: &mut impl BufRead) -> io::Result<Option<Asked>> {
    let bad = || io::Error::from(io::ErrorKind::InvalidData);
    let mut head = reader.take(LONGEST_HEAD);
    let Some(first) = line(&mut head)? else { return Ok(None) };
    let mut words = first.split(' ');
    let (Some(method), Some(target), Some(version)) = (words.next(), words.next(), words.next()) else {
        return Err(bad());
    };
    let mut headers = Vec::new();
    loop {
        let line = line(&mut head)?.ok_or_else(bad)?;
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(':').ok_or_else(bad)?;
        headers.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
    }
    let (path, query) = match target.split_once('?') {
        Some((path, query)) => (path, Some(query.to_owned())),
        None => (target, None),
    };
    let path = decoded(path.trim_start_matches('/')).ok_or_else(bad)?;
    let mut asked = Asked { method: method.to_owned(), path, query, headers, keeps: version != "HTTP/1.0" };
    if asked.header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close")) {
        asked.keeps = false;
    }
    Ok(Some(asked))
}

fn line(reader: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    match line.strip_suffix("\r\n") {
        Some(whole) => Ok(Some(whole.to_owned())),
        None => Err(io::ErrorKind::InvalidData.into()),
    }
}

fn decoded(path: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next()?, rest.next()?];
            bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}
