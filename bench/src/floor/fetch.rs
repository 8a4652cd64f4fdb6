//! Fetching over one kept connection, without TLS: the bench serves on loopback.

use std::io::{Read, Write};
use std::net::TcpStream;

use crate::Outcome;

/// A connection that is kept.
pub(crate) struct Connection {
    stream: TcpStream,
    host: String,
}

impl Connection {
    /// Connects to `HOST:PORT`.
    pub(crate) fn to(host: &str) -> Outcome<Self> {
        let stream = TcpStream::connect(host).map_err(|error| format!("{host}: {error}"))?;
        stream.set_nodelay(true).map_err(|error| error.to_string())?;
        Ok(Self { stream, host: host.to_owned() })
    }

    /// Fetches a file of a known size.
    pub(crate) fn get(&mut self, path: &str, size: usize) -> Outcome<Vec<u8>> {
        self.read(path, size).map_err(|why| format!("{path}: {why}"))
    }

    fn read(&mut self, path: &str, size: usize) -> Outcome<Vec<u8>> {
        let words = |error: std::io::Error| error.to_string();
        write!(self.stream, "GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", self.host).map_err(words)?;
        let mut head = Vec::with_capacity(4096);
        let mut chunk = [0; 4096];
        let body = loop {
            let read = self.stream.read(&mut chunk).map_err(words)?;
            if read == 0 {
                return Err("the connection ended".to_owned());
            }
            head.extend_from_slice(chunk.get(..read).unwrap_or_default());
            if let Some(end) = head.windows(4).position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
        };
        if !head.starts_with(b"HTTP/1.1 200") {
            return Err("the server has no such file".to_owned());
        }
        let mut bytes = Vec::with_capacity(size);
        bytes.extend_from_slice(head.get(body..).unwrap_or_default());
        let here = bytes.len();
        if here > size {
            return Err("longer than it should be".to_owned());
        }
        bytes.resize(size, 0);
        self.stream.read_exact(bytes.get_mut(here..).unwrap_or_default()).map_err(words)?;
        Ok(bytes)
    }
}
