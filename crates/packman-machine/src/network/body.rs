//! The bytes of an answer as they come: not too many, not too slowly, and no longer than somebody wants them.

use std::io::{self, Read};
use std::time::{Duration, Instant};

use super::failure::{NetworkFailure, NetworkReason};
use crate::failure::{Act, DiskFailure};
use crate::location::Location;
use crate::stop::Stop;

/// An answer that has begun.
pub(super) struct Reply {
    /// Where it came from in the end, after redirects.
    pub(super) location: Location,
    /// The media type, without parameters, in lower case.
    pub(super) content_type: String,
    /// Its length, where it was said beforehand.
    pub(super) length: Option<u64>,
    pub(super) body: Body,
}

pub(super) enum Body {
    Web(Box<dyn Read + Send>),
    File(std::fs::File),
}

/// How slow a transfer may be: after the grace, fewer bytes than this a second on the whole are too few.
#[derive(Copy, Clone, Debug)]
pub(super) struct Pace {
    pub(super) grace: Duration,
    pub(super) bytes_per_second: u64,
}

const CHUNK: usize = 64 << 10;

impl Reply {
    /// Hands on every byte, and gives their number; a longer answer than `max_bytes` is a failure as soon as that
    /// is known.
    pub(super) fn read<E: From<NetworkFailure>>(
        self,
        max_bytes: u64,
        pace: Pace,
        stop: &Stop,
        mut take: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<u64, E> {
        let Self { location, length, mut body, .. } = self;
        let failed = |reason| E::from(NetworkFailure::new(&location, reason));
        if length.is_some_and(|length| length > max_bytes) {
            return Err(failed(NetworkReason::TooLarge(max_bytes)));
        }
        let (since, mut received, mut chunk) = (Instant::now(), 0_u64, vec![0; CHUNK]);
        loop {
            let got = body.read(&mut chunk, &location).map_err(|reason| failed(told(reason, stop)))?;
            // A closed socket can look like the end of a file, and closing it is how a read is stopped.
            stop.live().map_err(|_| failed(NetworkReason::Stopped))?;
            let Some(bytes) = chunk.get(..got).filter(|bytes| !bytes.is_empty()) else { break };
            received = received.saturating_add(got as u64);
            if received > max_bytes {
                return Err(failed(NetworkReason::TooLarge(max_bytes)));
            }
            if pace.is_too_slow(since.elapsed(), received) {
                return Err(failed(NetworkReason::TooSlow));
            }
            take(bytes)?;
        }
        Ok(received)
    }
}

impl Body {
    fn read(&mut self, chunk: &mut [u8], location: &Location) -> Result<usize, NetworkReason> {
        loop {
            let result = match self {
                Self::Web(body) => body.read(chunk).map_err(reason_of),
                Self::File(file) => file.read(chunk).map_err(|error| {
                    let path = location.as_path().unwrap_or(std::path::Path::new(""));
                    (error.kind(), NetworkReason::Disk(DiskFailure::new(Act::Read, path, &error)))
                }),
            };
            match result {
                Ok(got) => return Ok(got),
                Err((io::ErrorKind::Interrupted, _)) => {}
                Err((_, reason)) => return Err(reason),
            }
        }
    }
}

fn reason_of(error: io::Error) -> (io::ErrorKind, NetworkReason) {
    let kind = error.kind();
    let of_http = error.get_ref().and_then(|inner| inner.downcast_ref::<ureq::Error>()).is_some();
    // This is how the decoder of gzip reports data that is not gzip.
    let reason = match kind {
        io::ErrorKind::InvalidInput if !of_http => NetworkReason::Encoding("bad gzip data".to_owned()),
        _ => NetworkReason::of(ureq::Error::from(error)),
    };
    (kind, reason)
}

/// A socket that we closed ourselves did not fail.
pub(super) fn told(reason: NetworkReason, stop: &Stop) -> NetworkReason {
    if stop.is_asked() { NetworkReason::Stopped } else { reason }
}

impl Pace {
    fn is_too_slow(self, elapsed: Duration, received: u64) -> bool {
        let wanted = u128::from(self.bytes_per_second).saturating_mul(elapsed.as_micros());
        elapsed > self.grace && u128::from(received).saturating_mul(1_000_000) < wanted
    }
}

#[cfg(test)]
mod tests {
    use super::Pace;
    use std::time::Duration;

    #[test]
    fn a_transfer_has_its_grace_and_then_a_least_speed() {
        let pace = Pace { grace: Duration::from_mins(1), bytes_per_second: 1024 };
        let check = |seconds, received, slow| {
            assert_eq!(pace.is_too_slow(Duration::from_secs(seconds), received), slow);
        };
        check(60, 0, false);
        check(61, 0, true);
        check(61, 61 * 1024, false);
        check(3600, 3600 * 1024 - 1, true);
    }
}
