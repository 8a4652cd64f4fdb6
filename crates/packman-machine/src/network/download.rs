//! Downloading a file that is known by its hash: from the first host that has the right bytes.

use std::fmt;

use packman_strict::Sha256;

use super::Fetcher;
use super::exchange::Asking;
use super::failure::{NetworkFailure, NetworkReason};
use super::sink::Sink;
use crate::failure::DiskFailure;
use crate::location::Location;
use crate::stop::{Stop, Stopped};

/// What is known of a file before it is fetched.
#[derive(Copy, Clone, Debug)]
pub struct Expected {
    /// Its hash; without one any bytes are right, and their hash is told.
    pub sha256: Option<Sha256>,
    /// Its size in bytes, where that is known.
    pub size: Option<u64>,
    /// The most bytes to take.
    pub max_bytes: u64,
}

/// A file that was fetched.
#[derive(Clone, Debug)]
pub struct Downloaded {
    /// The host's address that had it.
    pub from: Location,
    /// Its hash, computed while it came.
    pub sha256: Sha256,
    /// Its size in bytes.
    pub size: u64,
    /// The hosts that were asked before, and what was wrong with each.
    pub passed_over: Vec<Attempt>,
}

/// A host that did not have the right bytes.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The address.
    pub from: Location,
    /// What was wrong.
    pub fault: Fault,
}

/// What was wrong with a host's answer.
#[derive(Clone, Debug)]
pub enum Fault {
    /// Other bytes than were promised.
    WrongHash {
        /// The hash they have.
        found: Sha256,
        /// The hash they should have.
        wanted: Sha256,
    },
    /// More or fewer bytes than were promised.
    WrongSize {
        /// How many it has, or how many had come when there were too many.
        found: u64,
        /// How many it should have.
        wanted: u64,
    },
    /// It has no such file.
    Missing,
    /// It gave no whole answer.
    Failed(NetworkFailure),
}

/// A file that could not be had.
#[derive(Clone, Debug)]
pub enum DownloadFailure {
    /// No host had the right bytes; each with what was wrong. Empty when there was none to ask.
    NoHost(Vec<Attempt>),
    /// The bytes could not be kept.
    Disk(DiskFailure),
    /// The user asked to stop, or another download failed.
    Stopped,
}

impl Expected {
    /// A file whose hash and size are known.
    pub fn exactly(sha256: Sha256, size: u64) -> Self {
        Self { sha256: Some(sha256), size: Some(size), max_bytes: size }
    }

    /// A file of which nothing is known but the most bytes to take.
    pub fn anything(max_bytes: u64) -> Self {
        Self { sha256: None, size: None, max_bytes }
    }
}

impl Fetcher {
    /// Downloads a file from the first of these hosts that has the right bytes. `progress` is told how many bytes
    /// have come; it starts anew with the next host.
    pub fn download(
        &self,
        hosts: &[Location],
        expected: &Expected,
        into: &mut dyn Sink,
        progress: &dyn Fn(u64),
        stop: &Stop,
    ) -> Result<Downloaded, DownloadFailure> {
        let mut passed_over: Vec<Attempt> = Vec::new();
        let mut waiting: Vec<&Location> = hosts.iter().collect();
        let mut pause = self.settings.patience.pause;
        for round in 0..=self.settings.patience.again {
            if round > 0 {
                // Every host was asked once; those that may only have been busy are asked again.
                waiting.retain(|host| passing(&passed_over, host));
                passed_over.retain(|attempt| !waiting.contains(&&attempt.from));
                if waiting.is_empty() {
                    break;
                }
                stop.wait(pause)?;
                pause = pause.saturating_mul(4);
            }
            for host in &waiting {
                match self.download_from(host, expected, into, progress, stop) {
                    Ok((sha256, size)) => {
                        return Ok(Downloaded { from: (*host).clone(), sha256, size, passed_over });
                    }
                    Err(Ended::Fault(fault)) => passed_over.push(Attempt { from: (*host).clone(), fault }),
                    Err(Ended::Disk(failure)) => return Err(DownloadFailure::Disk(failure)),
                    Err(Ended::Stopped) => return Err(DownloadFailure::Stopped),
                }
            }
        }
        Err(DownloadFailure::NoHost(passed_over))
    }

    fn download_from(
        &self,
        host: &Location,
        expected: &Expected,
        into: &mut dyn Sink,
        progress: &dyn Fn(u64),
        stop: &Stop,
    ) -> Result<(Sha256, u64), Ended> {
        stop.live()?;
        let asking = Asking { accept: "*/*", gzip: false, max_bytes: expected.max_bytes, within: None };
        let reply = self.open(host, &asking)?.ok_or(Fault::Missing)?;
        if let Some(length) = reply.length {
            expected.verify_size(length)?;
        }
        into.restart().map_err(Ended::Disk)?;
        let mut received = 0_u64;
        let size = reply.read(expected.most(), self.settings.patience.pace(), stop, |chunk| {
            received = received.saturating_add(chunk.len() as u64);
            progress(received);
            into.take(chunk).map_err(Ended::Disk)
        });
        let size = size.map_err(|ended| expected.longer(ended))?;
        expected.verify_size(size)?;
        let found = into.sha256();
        match expected.sha256 {
            Some(wanted) if wanted != found => Err(Fault::WrongHash { found, wanted }.into()),
            _ => Ok((found, size)),
        }
    }
}

fn passing(attempts: &[Attempt], host: &Location) -> bool {
    attempts.iter().any(|attempt| {
        attempt.from == *host && matches!(&attempt.fault, Fault::Failed(failure) if failure.is_passing())
    })
}

impl Expected {
    fn verify_size(&self, found: u64) -> Result<(), Fault> {
        match self.size {
            Some(wanted) if wanted != found => Err(Fault::WrongSize { found, wanted }),
            _ => Ok(()),
        }
    }

    /// One byte more than the file has is taken, to tell a longer file from one that is whole.
    fn most(&self) -> u64 {
        self.size.map_or(self.max_bytes, |size| size.saturating_add(1))
    }

    /// Where the size was promised, more bytes than that are not the limit's fault but the host's.
    fn longer(&self, ended: Ended) -> Ended {
        match (&ended, self.size) {
            (Ended::Fault(Fault::Failed(failure)), Some(wanted))
                if matches!(failure.reason(), NetworkReason::TooLarge(_)) =>
            {
                Ended::Fault(Fault::WrongSize { found: self.most(), wanted })
            }
            _ => ended,
        }
    }
}

enum Ended {
    Fault(Fault),
    Disk(DiskFailure),
    Stopped,
}

impl From<Fault> for Ended {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<Stopped> for Ended {
    fn from(_: Stopped) -> Self {
        Self::Stopped
    }
}

impl From<Stopped> for DownloadFailure {
    fn from(_: Stopped) -> Self {
        Self::Stopped
    }
}

impl From<NetworkFailure> for Ended {
    fn from(failure: NetworkFailure) -> Self {
        match failure.reason() {
            NetworkReason::Stopped => Self::Stopped,
            _ => Self::Fault(Fault::Failed(failure)),
        }
    }
}

impl DownloadFailure {
    /// Whether some host gave bytes that are not the ones promised: somebody's claim is wrong, not the network.
    pub fn gave_wrong_bytes(&self) -> bool {
        let Self::NoHost(attempts) = self else { return false };
        attempts
            .iter()
            .any(|attempt| matches!(attempt.fault, Fault::WrongHash { .. } | Fault::WrongSize { .. }))
    }
}

impl fmt::Display for DownloadFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stopped => Stopped.fmt(f),
            Self::Disk(failure) => failure.fmt(f),
            Self::NoHost(attempts) if attempts.is_empty() => f.write_str("no host is known for it"),
            Self::NoHost(attempts) => {
                f.write_str("no host gave the right bytes")?;
                for (place, attempt) in attempts.iter().enumerate() {
                    write!(f, "{} {attempt}", if place == 0 { ":" } else { ";" })?;
                }
                Ok(())
            }
        }
    }
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let from = packman_strict::quote::quoted(&self.from.shown()).to_string();
        match &self.fault {
            Fault::WrongHash { found, wanted } => {
                write!(f, "{from} gave bytes with SHA-256 {found}, wanted {wanted}")
            }
            Fault::WrongSize { found, wanted } => write!(f, "{from} gave {found} bytes, wanted {wanted}"),
            Fault::Missing => write!(f, "{from} has no such file"),
            Fault::Failed(failure) => failure.fmt(f),
        }
    }
}

impl std::error::Error for DownloadFailure {}
