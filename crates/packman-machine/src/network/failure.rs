//! Failures of the network, sorted by what a caller can do about them.

use std::fmt;
use std::io;

use packman_strict::quote::quoted;

use crate::failure::{DiskFailure, system_words};
use crate::location::{Location, LocationError};
use crate::stop::Stopped;

/// A fetch that gave no bytes, and from where.
#[derive(Clone, Debug)]
pub struct NetworkFailure {
    place: String,
    reason: NetworkReason,
}

/// Why a fetch gave no bytes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum NetworkReason {
    /// `--offline`: nothing was asked.
    Offline,
    /// The user asked to stop.
    Stopped,
    /// The host's name is not known.
    HostNotFound,
    /// The host did not take the connection; what the system says.
    NoConnection(String),
    /// The host did not answer in time.
    TimedOut(&'static str),
    /// Other questions took all the time there was.
    NoTimeLeft,
    /// Bytes came too slowly, on the whole.
    TooSlow,
    /// The connection ended before the answer did; what the system says.
    Broken(String),
    /// No trusted connection could be made; what the verifier says.
    Tls(String),
    /// The configured proxy is at fault.
    Proxy(String),
    /// An answer other than the file.
    Status(u16),
    /// More bytes than the asker takes.
    TooLarge(u64),
    /// A redirect that is not followed.
    Redirect(LocationError),
    /// More redirects than are followed.
    TooManyRedirects,
    /// Packed in a way that was not asked for, or badly.
    Encoding(String),
    /// Something that is not HTTP.
    Protocol(String),
    /// A local folder or file.
    Disk(DiskFailure),
    /// The address cannot be made.
    Address(LocationError),
}

impl NetworkFailure {
    /// A failure at a location.
    pub fn new(location: &Location, reason: NetworkReason) -> Self {
        Self { place: location.shown(), reason }
    }

    /// Why it failed.
    pub fn reason(&self) -> &NetworkReason {
        &self.reason
    }

    /// Whether the host gave no answer at all that could be judged, so that what is remembered may do for now.
    pub fn is_unreachable(&self) -> bool {
        !matches!(
            self.reason,
            NetworkReason::Stopped
                | NetworkReason::TooLarge(_)
                | NetworkReason::Redirect(_)
                | NetworkReason::TooManyRedirects
                | NetworkReason::Encoding(_)
                | NetworkReason::Address(_)
        )
    }

    /// Whether the host says that nobody, or not this user, may have it. Object stores say so of what is not there, too,
    /// unless everybody may list them.
    pub fn is_forbidden(&self) -> bool {
        self.reason == NetworkReason::Status(403)
    }

    /// Whether asking again soon may help.
    pub fn is_passing(&self) -> bool {
        match &self.reason {
            NetworkReason::Broken(_) => true,
            NetworkReason::Status(status) => matches!(status, 408 | 429 | 500 | 502 | 503 | 504),
            _ => false,
        }
    }

    /// What a person can do about it, where that is known.
    pub fn hint(&self) -> Option<&'static str> {
        match &self.reason {
            NetworkReason::Offline => Some("without `--offline` it would be fetched"),
            NetworkReason::Tls(words) if speaks_no_tls(words) => None,
            NetworkReason::Tls(_) => Some(
                "the certificates that this machine trusts decide; a proxy that opens connections needs its own there; \
                 `packman doctor` says which are in use",
            ),
            NetworkReason::Status(401 | 403) => {
                Some("a netrc line `machine HOST login NAME password SECRET` tells a host who asks")
            }
            NetworkReason::Disk(failure) => failure.hint(),
            _ => None,
        }
    }

    pub(crate) fn stopped(location: &Location) -> impl Fn(Stopped) -> Self {
        move |_| Self::new(location, NetworkReason::Stopped)
    }
}

impl NetworkReason {
    /// What the HTTP library reports, in our words; its own types stay inside this crate.
    pub(super) fn of(error: ureq::Error) -> Self {
        match error {
            ureq::Error::Io(error) => Self::of_io(&error),
            ureq::Error::HostNotFound => Self::HostNotFound,
            ureq::Error::Timeout(when) => Self::TimedOut(words_of(when)),
            ureq::Error::Rustls(error) => Self::Tls(without_details(&error.to_string())),
            ureq::Error::Tls(words) => Self::Tls(words.to_owned()),
            ureq::Error::ConnectProxyFailed(words) => Self::Proxy(words),
            ureq::Error::InvalidProxyUrl => Self::Proxy("its address is not understood".to_owned()),
            other => Self::Protocol(other.to_string()),
        }
    }

    fn of_io(error: &io::Error) -> Self {
        use io::ErrorKind as Kind;
        let words = || system_words(error);
        match error.kind() {
            Kind::ConnectionRefused
            | Kind::HostUnreachable
            | Kind::NetworkUnreachable
            | Kind::NetworkDown => Self::NoConnection(words()),
            Kind::TimedOut => Self::TimedOut("an answer"),
            // What rustls refuses reaches us as data that is not valid.
            Kind::InvalidData => Self::Tls(without_details(&words())),
            // The resolver's errors have no kind of their own, only this beginning (of the standard library).
            _ if error.to_string().starts_with("failed to lookup address") => Self::HostNotFound,
            _ => Self::Broken(words()),
        }
    }
}

/// Whether what came was no TLS at all, as an answer of plain HTTP is none.
fn speaks_no_tls(words: &str) -> bool {
    words.contains("InvalidContentType") || words.contains("received corrupt message")
}

/// rustls puts the fields of an error in braces after its name; no reader can do anything with them.
fn without_details(words: &str) -> String {
    words.split(" {").next().unwrap_or(words).to_owned()
}

fn words_of(when: ureq::Timeout) -> &'static str {
    match when {
        ureq::Timeout::Resolve => "the host's address",
        ureq::Timeout::Connect => "a connection",
        ureq::Timeout::RecvResponse => "an answer",
        ureq::Timeout::Global | ureq::Timeout::PerCall => "the end of the answer",
        _ => "more bytes",
    }
}

impl fmt::Display for NetworkFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let NetworkReason::Disk(failure) = &self.reason {
            return failure.fmt(f);
        }
        write!(f, "{}: {}", quoted(&self.place), self.reason)
    }
}

impl fmt::Display for NetworkReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Offline => f.write_str("the network is not used: offline"),
            Self::Stopped => Stopped.fmt(f),
            Self::HostNotFound => f.write_str("no address is known for this host"),
            Self::NoConnection(words) => write!(f, "no connection: {words}"),
            Self::TimedOut(wanted) => write!(f, "waited too long for {wanted}"),
            Self::NoTimeLeft => f.write_str("no time was left to ask it"),
            Self::TooSlow => f.write_str("its bytes come too slowly"),
            Self::Broken(words) => write!(f, "the connection broke: {words}"),
            // These may repeat what a host sent.
            Self::Tls(words) if speaks_no_tls(words) => f.write_str(
                "what answers there does not speak TLS: is it an `http://` address, or another port?",
            ),
            Self::Tls(words) => write!(f, "no trusted connection: {}", quoted(words)),
            Self::Proxy(words) => write!(f, "the proxy failed: {}", quoted(words)),
            Self::Status(401) => {
                f.write_str("the answer is 401: it wants to know who asks, and your netrc does not say")
            }
            Self::Status(403) => f.write_str("the answer is 403: not for you, or not there"),
            Self::Status(status) => write!(f, "wanted a file, found the answer {status}"),
            Self::TooLarge(limit) => write!(f, "it is longer than {limit} bytes"),
            Self::Redirect(error) => write!(f, "redirected to {error}"),
            Self::TooManyRedirects => f.write_str("redirected too often"),
            Self::Encoding(words) => write!(f, "packed in a way we do not take: {}", quoted(words)),
            Self::Protocol(words) => write!(f, "the answer is not understood: {}", quoted(words)),
            Self::Disk(failure) => failure.fmt(f),
            Self::Address(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for NetworkFailure {}
