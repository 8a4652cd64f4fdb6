//! `https` by the `curl` command, where nothing else is there that verifies certificates.
//!
//! Only `https`, whatever a server or the user's `.curlrc` says; no redirect is followed by it, since that is done by our own
//! rules. What is asked stands in its input, not among its arguments, which everybody on the machine can read.

use std::io::{self, BufRead as _, BufReader, Read, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::failure::NetworkReason;
use crate::environ::Environ;
use crate::failure::system_words;
use crate::stop::Stop;

/// What is asked.
pub(super) struct Question<'q> {
    pub(super) url: String,
    pub(super) accept: &'q str,
    pub(super) user_agent: &'q str,
    /// The header that says who asks.
    pub(super) authorization: Option<String>,
    /// The proxy; none where the host is asked directly.
    pub(super) proxy: Option<&'q str>,
    pub(super) connect: Duration,
    /// For the whole answer, and between two pieces of it.
    pub(super) whole: Duration,
    pub(super) idle: Duration,
}

/// The beginning of an answer, and the rest of it as it comes.
pub(super) struct Answered {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Box<dyn Read + Send>,
}

impl Answered {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let mut named = self.headers.iter().filter(|(header, _)| header.eq_ignore_ascii_case(name));
        named.next().map(|(_, value)| value.as_str())
    }
}

/// The longest head of an answer, in bytes.
const HEAD: u64 = 64 << 10;

/// Asks.
pub(super) fn ask(
    curl: &Path,
    environ: &Environ,
    question: &Question<'_>,
    stop: &Stop,
) -> Result<Answered, NetworkReason> {
    let started = Command::new(curl)
        // `-q` counts only as the first: no `.curlrc` decides whom we trust.
        .args(["-q", "--proto", "=https", "--proto-redir", "=https", "--config", "-"])
        .env_clear()
        .envs(environ.variables())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let mut child =
        started.map_err(|error| failed(&format!("curl cannot be started: {}", system_words(&error))))?;
    let (input, output) = (child.stdin.take(), child.stdout.take());
    let running = Arc::new(Running(Mutex::new(child)));
    let killed = Arc::downgrade(&running);
    stop.on_ask(move || {
        if let Some(running) = killed.upgrade() {
            running.kill();
        }
    });
    if let Some(mut input) = input {
        // One that ended already says why by its exit code.
        let _ = input.write_all(config(question).as_bytes());
    }
    let Some(output) = output else { return Err(failed("curl has no output")) };
    let mut output = BufReader::new(output);
    let (status, headers) = match head(&mut output) {
        Ok(head) => head,
        Err(why) => {
            // With nobody at the other end it cannot wait for us while we wait for it.
            drop(output);
            return Err(running.reason().unwrap_or(why));
        }
    };
    Ok(Answered { status, headers, body: Box::new(Rest { output, running }) })
}

/// What curl is told, a line each. Every value is in quotes: what is in an address cannot be an option.
fn config(question: &Question<'_>) -> String {
    let mut lines = vec![
        "silent".to_owned(),
        "include".to_owned(),
        "globoff".to_owned(),
        "http1.1".to_owned(),
        "max-redirs = 0".to_owned(),
        "suppress-connect-headers".to_owned(),
        format!("connect-timeout = {}", question.connect.as_secs().max(1)),
        format!("max-time = {}", question.whole.as_secs().max(1)),
        "speed-limit = 1".to_owned(),
        format!("speed-time = {}", question.idle.as_secs().max(1)),
        format!("user-agent = {}", in_quotes(question.user_agent)),
        format!("header = {}", in_quotes(&format!("accept: {}", question.accept))),
        format!("header = {}", in_quotes("accept-encoding: identity")),
        format!("url = {}", in_quotes(&question.url)),
    ];
    lines.push(match question.proxy {
        Some(proxy) => format!("proxy = {}", in_quotes(proxy)),
        None => "noproxy = \"*\"".to_owned(),
    });
    if let Some(authorization) = &question.authorization {
        lines.push(format!("header = {}", in_quotes(&format!("authorization: {authorization}"))));
    }
    lines.join("\n") + "\n"
}

fn in_quotes(value: &str) -> String {
    let mut quoted = String::with_capacity(value.len() + 2);
    quoted.push('"');
    for c in value.chars().filter(|c| !c.is_control()) {
        if matches!(c, '"' | '\\') {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted.push('"');
    quoted
}

type Head = (u16, Vec<(String, String)>);

/// Reads the head of the answer; those of what only announces it are passed over.
fn head(output: &mut BufReader<ChildStdout>) -> Result<Head, NetworkReason> {
    let mut left = HEAD;
    loop {
        let first = line(output, &mut left)?;
        let mut words = first.split(' ');
        let is_http = words.next().is_some_and(|version| version.starts_with("HTTP/"));
        let status = words.next().and_then(|status| status.parse::<u16>().ok()).filter(|_| is_http);
        let status =
            status.ok_or_else(|| NetworkReason::Broken("the answer ended before it began".to_owned()))?;
        let mut headers = Vec::new();
        loop {
            let header = line(output, &mut left)?;
            if header.is_empty() {
                break;
            }
            if let Some((name, value)) = header.split_once(':') {
                headers.push((name.trim().to_owned(), value.trim().to_owned()));
            }
        }
        if !(100..200).contains(&status) || status == 101 {
            return Ok((status, headers));
        }
    }
}

fn line(output: &mut BufReader<ChildStdout>, left: &mut u64) -> Result<String, NetworkReason> {
    let mut line = Vec::new();
    let read = output.by_ref().take(*left).read_until(b'\n', &mut line);
    let read = read.map_err(|error| NetworkReason::Broken(system_words(&error)))?;
    *left = left.saturating_sub(read as u64);
    if *left == 0 {
        return Err(NetworkReason::Protocol("its head is too long".to_owned()));
    }
    Ok(String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned())
}

/// The process; ended when nobody wants the answer any more.
struct Running(Mutex<Child>);

impl Running {
    fn child(&self) -> MutexGuard<'_, Child> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn kill(&self) {
        // One that has ended cannot be killed, and need not be.
        let _ = self.child().kill();
    }

    /// Why it ended before the answer did; nothing where it ended well.
    fn reason(&self) -> Option<NetworkReason> {
        let status = self.child().wait();
        match status.map(|status| status.code()) {
            Ok(Some(0)) => None,
            Ok(code) => Some(reason_of(code)),
            Err(error) => Some(failed(&system_words(&error))),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
        let _ = self.child().wait();
    }
}

/// What curl's exit codes mean (its manual, *EXIT CODES*).
fn reason_of(code: Option<i32>) -> NetworkReason {
    match code {
        Some(6) => NetworkReason::HostNotFound,
        Some(7) => NetworkReason::NoConnection("curl was refused".to_owned()),
        Some(28) => NetworkReason::TimedOut("the end of the answer"),
        Some(5 | 97) => NetworkReason::Proxy("curl cannot reach it".to_owned()),
        Some(code @ (35 | 51 | 53 | 54 | 58 | 59 | 60 | 64 | 66 | 77 | 80 | 82 | 83 | 90 | 91)) => {
            NetworkReason::Tls(format!("curl does not trust it (exit code {code})"))
        }
        Some(1) => NetworkReason::Tls("curl speaks no https".to_owned()),
        Some(code) => NetworkReason::Broken(format!("curl ended with exit code {code}")),
        None => NetworkReason::Broken("curl was ended".to_owned()),
    }
}

fn failed(words: &str) -> NetworkReason {
    NetworkReason::Tls(words.to_owned())
}

/// The body. Its end is one only when curl says that it had all of it.
struct Rest {
    output: BufReader<ChildStdout>,
    running: Arc<Running>,
}

impl Read for Rest {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.output.read(into)?;
        if read == 0
            && !into.is_empty()
            && let Some(reason) = self.running.reason()
        {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, reason.to_string()));
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::{Question, config};
    use std::time::Duration;

    #[test]
    fn nothing_in_an_address_is_an_option() {
        let question = Question {
            url: "https://a.example/\"\ninsecure\nx=\"\\".to_owned(),
            accept: "*/*",
            user_agent: "packman/1",
            authorization: Some("Basic eDp5".to_owned()),
            proxy: None,
            connect: Duration::from_secs(10),
            whole: Duration::from_mins(1),
            idle: Duration::from_secs(30),
        };
        let config = config(&question);
        assert!(config.contains("url = \"https://a.example/\\\"insecurex=\\\"\\\\\"\n"), "{config}");
        assert!(!config.lines().any(|line| line == "insecure"), "{config}");
        assert!(config.contains("noproxy = \"*\"\n") && config.contains("authorization: Basic eDp5"));
    }
}
