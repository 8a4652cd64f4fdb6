//! The user's ssh-agent: which Ed25519 keys it holds, and signatures by them (draft-ietf-sshm-ssh-agent).
//!
//! An agent is another program, which may be broken, hostile or slow: what it says is short, comes in time, and is no more
//! than a claim. Whether a signature holds is for whoever asked for it to verify before it is used.

mod base64;
mod key;
mod wire;

use std::fmt;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::environ::Environ;
use crate::failure::{shown, system_words};
use crate::stop::Stop;
use wire::{Bytes, string};

pub use key::SshKey;

/// The longest answer of an agent, as OpenSSH has it.
const LONGEST: usize = 256 << 10;
/// How long an agent may take: it may ask a person first, or wait for a finger on a token.
const PATIENCE: Duration = Duration::from_mins(1);
/// How often is looked whether the user wants it to end.
const LOOK: Duration = Duration::from_millis(100);

const REQUEST_IDENTITIES: u8 = 11;
const IDENTITIES_ANSWER: u8 = 12;
const SIGN_REQUEST: u8 = 13;
const SIGN_RESPONSE: u8 = 14;
const FAILURE: u8 = 5;

/// An agent that answers at a socket.
#[derive(Clone, Debug)]
pub struct SshAgent {
    socket: PathBuf,
    patience: Duration,
}

/// Why an agent gave no keys or no signature.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum AgentFailure {
    /// `SSH_AUTH_SOCK` names none.
    None,
    /// Nobody answers at its socket, or it broke off.
    Unreached {
        /// The socket.
        socket: PathBuf,
        /// Why.
        why: String,
    },
    /// It took too long.
    TooSlow {
        /// The socket.
        socket: PathBuf,
    },
    /// It says no: it is locked, or somebody did not agree.
    Declined {
        /// The socket.
        socket: PathBuf,
    },
    /// It answers what no agent does.
    Nonsense {
        /// The socket.
        socket: PathBuf,
        /// What was found, and what was wanted.
        why: &'static str,
    },
    /// The user asked to stop.
    Stopped,
}

impl fmt::Display for AgentFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("no ssh-agent is named by `SSH_AUTH_SOCK`"),
            Self::Unreached { socket, why } => {
                write!(f, "the ssh-agent at {} cannot be reached: {why}", shown(socket))
            }
            Self::TooSlow { socket } => {
                write!(f, "the ssh-agent at {} gave no answer in time", shown(socket))
            }
            Self::Declined { socket } => write!(f, "the ssh-agent at {} declined", shown(socket)),
            Self::Nonsense { socket, why } => write!(f, "the ssh-agent at {}: {why}", shown(socket)),
            Self::Stopped => f.write_str("stopped as asked"),
        }
    }
}

impl std::error::Error for AgentFailure {}

impl SshAgent {
    /// The agent that `SSH_AUTH_SOCK` names.
    pub fn of(environ: &Environ) -> Result<Self, AgentFailure> {
        environ.path("SSH_AUTH_SOCK").map(Self::at).ok_or(AgentFailure::None)
    }

    /// The agent at a socket.
    pub fn at(socket: impl Into<PathBuf>) -> Self {
        Self { socket: socket.into(), patience: PATIENCE }
    }

    /// The same, waited for so long.
    #[must_use]
    pub fn within(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Where it is.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// The Ed25519 keys that it holds, in its order; keys of other kinds are passed over.
    pub fn keys(&self, stop: &Stop) -> Result<Vec<SshKey>, AgentFailure> {
        let answer = self.ask(&[REQUEST_IDENTITIES], IDENTITIES_ANSWER, stop)?;
        read_keys(&mut Bytes(&answer)).ok_or_else(|| self.nonsense("found no list of keys"))
    }

    /// The signature of a key over a message, as the agent gives it.
    pub fn sign(&self, key: &SshKey, message: &[u8], stop: &Stop) -> Result<[u8; 64], AgentFailure> {
        let mut request = vec![SIGN_REQUEST];
        string(&mut request, &key.blob());
        string(&mut request, message);
        request.extend([0; 4]);
        let answer = self.ask(&request, SIGN_RESPONSE, stop)?;
        let read = || {
            let mut answer = Bytes(&answer);
            let signature = answer.string()?;
            let mut parts = Bytes(signature);
            let (kind, bytes) = (parts.string()?, parts.string()?);
            let whole = kind == key::KIND && parts.0.is_empty() && answer.0.is_empty();
            bytes.try_into().ok().filter(|_| whole)
        };
        read().ok_or_else(|| self.nonsense("found something else than an Ed25519 signature"))
    }

    /// Sends one message and reads the answer, without its kind.
    fn ask(&self, request: &[u8], wanted: u8, stop: &Stop) -> Result<Vec<u8>, AgentFailure> {
        let deadline = Instant::now() + self.patience;
        let mut stream = self.connect()?;
        let mut message = Vec::new();
        string(&mut message, request);
        stream.write_all(&message).map_err(|error| self.unreached(&error))?;
        let length =
            u32::from_be_bytes(self.read(&mut stream, 4, deadline, stop)?.try_into().unwrap_or_default());
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if !(1..=LONGEST).contains(&length) {
            return Err(self.nonsense("found an answer of another length than 1 byte to 256 KiB"));
        }
        let mut answer = self.read(&mut stream, length, deadline, stop)?;
        match answer.remove(0) {
            kind if kind == wanted => Ok(answer),
            FAILURE => Err(AgentFailure::Declined { socket: self.socket.clone() }),
            _ => Err(self.nonsense("found an answer to something else")),
        }
    }

    fn read(
        &self,
        stream: &mut impl Read,
        length: usize,
        deadline: Instant,
        stop: &Stop,
    ) -> Result<Vec<u8>, AgentFailure> {
        let mut bytes = vec![0; length];
        let mut rest = bytes.as_mut_slice();
        while !rest.is_empty() {
            if stop.is_asked() {
                return Err(AgentFailure::Stopped);
            }
            if Instant::now() >= deadline {
                return Err(AgentFailure::TooSlow { socket: self.socket.clone() });
            }
            match stream.read(rest) {
                Ok(0) => return Err(self.unreached(&io::ErrorKind::UnexpectedEof.into())),
                Ok(read) => rest = rest.get_mut(read..).unwrap_or_default(),
                Err(error) if is_patience(&error) => {}
                Err(error) => return Err(self.unreached(&error)),
            }
        }
        Ok(bytes)
    }

    #[cfg(unix)]
    fn connect(&self) -> Result<impl Read + Write + use<>, AgentFailure> {
        let connect = || {
            let stream = std::os::unix::net::UnixStream::connect(&self.socket)?;
            stream.set_read_timeout(Some(LOOK))?;
            stream.set_write_timeout(Some(self.patience))?;
            Ok(stream)
        };
        connect().map_err(|error| self.unreached(&error))
    }

    /// Agents of other systems answer at named pipes, which are not spoken to yet.
    #[cfg(not(unix))]
    fn connect(&self) -> Result<std::io::Cursor<Vec<u8>>, AgentFailure> {
        Err(self.unreached(&io::ErrorKind::Unsupported.into()))
    }

    fn unreached(&self, error: &io::Error) -> AgentFailure {
        AgentFailure::Unreached { socket: self.socket.clone(), why: system_words(error) }
    }

    fn nonsense(&self, why: &'static str) -> AgentFailure {
        AgentFailure::Nonsense { socket: self.socket.clone(), why }
    }
}

fn read_keys(answer: &mut Bytes<'_>) -> Option<Vec<SshKey>> {
    let mut keys = Vec::new();
    // The count is a claim: it is never more than there are bytes.
    for _ in 0..answer.number()? {
        let (blob, comment) = (answer.string()?, answer.string()?);
        keys.extend(SshKey::of_blob(blob, &String::from_utf8_lossy(comment)));
    }
    answer.0.is_empty().then_some(keys)
}

fn is_patience(error: &io::Error) -> bool {
    use io::ErrorKind::{Interrupted, TimedOut, WouldBlock};
    matches!(error.kind(), Interrupted | TimedOut | WouldBlock)
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
