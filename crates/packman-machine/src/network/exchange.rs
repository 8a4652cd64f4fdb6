//! One question and its answer: redirects within rules, 404 as an answer, anything else as a failure.

use std::fs;
use std::io::{self, Read as _};
use std::path::Path;

use ureq::http::HeaderValue;

use super::allowance::Allowance;
use super::body::{Body, Reply, told};
use super::curl;
use super::failure::{NetworkFailure, NetworkReason};
use super::means::TlsMeans;
use super::{Fetcher, Patience};
use crate::failure::{Act, DiskFailure, DiskReason};
use crate::location::Location;

/// More are a loop, or a chain that nobody keeps in order.
const REDIRECTS: usize = 5;

/// How much of an answer's body that is not the file is read, so that the connection can be used again.
const DRAINED: u64 = 64 << 10;

/// What is asked for.
pub(super) struct Asking<'a> {
    pub(super) accept: &'a str,
    /// Whether the answer may come packed. Not for files, whose hash is of the bytes as they lie there.
    pub(super) gzip: bool,
    pub(super) max_bytes: u64,
    /// The time that it and others have together.
    pub(super) within: Option<Allowance>,
}

enum Answer {
    Found(Reply),
    Missing,
    Elsewhere(Location),
}

impl Fetcher {
    /// Begins an answer; `None` when the host has no such file.
    pub(super) fn open(
        &self,
        location: &Location,
        asking: &Asking<'_>,
    ) -> Result<Option<Reply>, NetworkFailure> {
        if location.as_path().is_some() {
            return open_file(location).map_err(|reason| NetworkFailure::new(location, reason));
        }
        if self.settings.offline {
            return Err(NetworkFailure::new(location, NetworkReason::Offline));
        }
        let credentials = self.netrc.credentials(location);
        let mut at = location.clone();
        for _ in 0..=REDIRECTS {
            self.stop.live().map_err(NetworkFailure::stopped(&at))?;
            // A redirect may lead anywhere, and whoever may say where would get the password.
            let told = credentials.as_ref().and_then(|credentials| credentials.header(&at));
            match self.ask(&at, asking, told)? {
                Answer::Found(reply) => return Ok(Some(reply)),
                Answer::Missing => return Ok(None),
                Answer::Elsewhere(to) => at = to,
            }
        }
        Err(NetworkFailure::new(location, NetworkReason::TooManyRedirects))
    }

    fn ask(
        &self,
        at: &Location,
        asking: &Asking<'_>,
        told_who: Option<HeaderValue>,
    ) -> Result<Answer, NetworkFailure> {
        let failed = |reason| NetworkFailure::new(at, told(reason, &self.stop));
        if at.url().is_some_and(|url| url.scheme() == "https") {
            match &self.agents.tls().used {
                TlsMeans::Platform | TlsMeans::Bundled => {}
                TlsMeans::Curl(curl) => {
                    return self.ask_curl(curl, at, asking, told_who.as_ref()).map_err(failed);
                }
                TlsMeans::Nothing => {
                    return Err(failed(NetworkReason::Tls("nothing here verifies certificates".to_owned())));
                }
            }
        }
        let mut request = self
            .agents
            .agent(at, asking.max_bytes)?
            .get(at.to_string())
            .header("accept", asking.accept)
            .header("accept-encoding", if asking.gzip { "gzip" } else { "identity" });
        if let Some(told_who) = told_who {
            request = request.header("authorization", told_who);
        }
        if let Some(within) = asking.within {
            let left = within.left().ok_or_else(|| failed(NetworkReason::NoTimeLeft))?;
            let each = Some(left.min(within.idle));
            request = request
                .config()
                .timeout_global(Some(left))
                .timeout_resolve(each)
                .timeout_connect(each)
                .timeout_recv_response(each)
                .timeout_per_read(each)
                .build();
        }
        let response = request.call().map_err(|error| failed(NetworkReason::of(error)))?;
        match response.status().as_u16() {
            200 => reply(at, response, asking).map(Answer::Found).map_err(failed),
            301 | 302 | 303 | 307 | 308 => redirect(at, &response).map(Answer::Elsewhere).map_err(failed),
            404 | 410 => {
                drain(response);
                Ok(Answer::Missing)
            }
            status => {
                drain(response);
                Err(failed(NetworkReason::Status(status)))
            }
        }
    }
}

impl Fetcher {
    /// The same by the `curl` command.
    fn ask_curl(
        &self,
        program: &Path,
        at: &Location,
        asking: &Asking<'_>,
        told_who: Option<&HeaderValue>,
    ) -> Result<Answer, NetworkReason> {
        let patience = &self.settings.patience;
        let whole = if asking.max_bytes > Patience::SMALL { patience.large } else { patience.small };
        let (whole, idle) = match asking.within {
            Some(within) => (within.left().ok_or(NetworkReason::NoTimeLeft)?, within.idle),
            None => (whole, patience.idle),
        };
        let question = curl::Question {
            url: at.to_string(),
            accept: asking.accept,
            user_agent: &self.settings.user_agent,
            authorization: told_who.and_then(|header| header.to_str().ok()).map(str::to_owned),
            proxy: self.agents.proxy(at),
            connect: patience.connect.min(whole),
            whole,
            idle,
        };
        let answered = curl::ask(program, self.agents.environ(), &question, &self.stop)?;
        match answered.status {
            200 => {
                let encoding = answered.header("content-encoding").unwrap_or_default().to_ascii_lowercase();
                if !matches!(encoding.as_str(), "" | "identity") {
                    return Err(NetworkReason::Encoding(encoding));
                }
                let content_type = answered.header("content-type").unwrap_or_default();
                Ok(Answer::Found(Reply {
                    location: at.clone(),
                    content_type: media_type(content_type),
                    length: answered.header("content-length").and_then(|length| length.parse().ok()),
                    body: Body::Web(answered.body),
                }))
            }
            status @ (301 | 302 | 303 | 307 | 308) => {
                let to = answered.header("location").ok_or(NetworkReason::Status(status))?;
                at.follow(to).map(|(to, _)| Answer::Elsewhere(to)).map_err(NetworkReason::Redirect)
            }
            404 | 410 => Ok(Answer::Missing),
            status => Err(NetworkReason::Status(status)),
        }
    }
}

/// The media type without parameters, in lower case.
fn media_type(text: &str) -> String {
    text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

type Response = ureq::http::Response<ureq::Body>;

fn header<'r>(response: &'r Response, name: &str) -> Option<&'r str> {
    response.headers().get(name)?.to_str().ok()
}

fn redirect(at: &Location, response: &Response) -> Result<Location, NetworkReason> {
    let to = header(response, "location").ok_or(NetworkReason::Status(response.status().as_u16()))?;
    at.follow(to).map(|(to, _)| to).map_err(NetworkReason::Redirect)
}

fn reply(at: &Location, response: Response, asking: &Asking<'_>) -> Result<Reply, NetworkReason> {
    let packed = match header(&response, "content-encoding").map(str::to_ascii_lowercase).as_deref() {
        None | Some("" | "identity") => false,
        Some("gzip" | "x-gzip") if asking.gzip => true,
        Some(other) => return Err(NetworkReason::Encoding(other.to_owned())),
    };
    let content_type = header(&response, "content-type").unwrap_or_default();
    let content_type = media_type(content_type);
    let body = response.into_body();
    let length = if packed { None } else { body.content_length() };
    let body: Box<dyn io::Read + Send> = if packed {
        // Empty blocks are packed bytes that give none: what comes in is bounded as well.
        Box::new(flate2::read::GzDecoder::new(
            body.into_reader().take(asking.max_bytes.saturating_add(DRAINED)),
        ))
    } else {
        Box::new(body.into_reader())
    };
    Ok(Reply { location: at.clone(), content_type, length, body: Body::Web(body) })
}

/// Whether it worked shows when the connection is used again, or not.
fn drain(response: Response) {
    let _ = io::copy(&mut response.into_body().into_reader().take(DRAINED), &mut io::sink());
}

fn open_file(location: &Location) -> Result<Option<Reply>, NetworkReason> {
    let Some(path) = location.as_path() else { return Ok(None) };
    let failed = |error: io::Error| NetworkReason::Disk(DiskFailure::new(Act::Read, path, &error));
    let about = match fs::metadata(path) {
        Ok(about) => about,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(error) => return Err(failed(error)),
    };
    // A pipe would keep us waiting, and a device never ends.
    if !about.is_file() {
        return Err(NetworkReason::Disk(DiskFailure::because(Act::Read, path, DiskReason::NotAFile)));
    }
    let content_type = match path.extension().and_then(|extension| extension.to_str()) {
        Some("json") => "application/json",
        Some("html") => "text/html",
        _ => "application/octet-stream",
    };
    Ok(Some(Reply {
        location: location.clone(),
        content_type: content_type.to_owned(),
        length: Some(about.len()),
        body: Body::File(fs::File::open(path).map_err(failed)?),
    }))
}
