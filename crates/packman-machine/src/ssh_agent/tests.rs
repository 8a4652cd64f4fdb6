//! Agents: a real one where there is one, and fake ones that say what no agent should.
#![allow(clippy::print_stdout, reason = "a test that is skipped says so")]

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixListener;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::{SshAgent, SshKey, base64};
use crate::stop::Stop;

const LINE: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcH anna@example.org";

fn key() -> SshKey {
    SshKey::parse_line(LINE).unwrap()
}

/// A message: its length, and what it says.
fn message(body: &[u8]) -> Vec<u8> {
    let mut message = Vec::new();
    super::string(&mut message, body);
    message
}

fn strings(kind: u8, strings: &[&[u8]]) -> Vec<u8> {
    let mut body = vec![kind];
    strings.iter().for_each(|bytes| super::string(&mut body, bytes));
    body
}

/// Answers one question with these bytes, and then with nothing, for as long as anybody listens.
fn agent(answer: Vec<u8>, folder: &tempfile::TempDir) -> SshAgent {
    let socket = folder.path().join("agent");
    let listener = UnixListener::bind(&socket).unwrap();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 1024];
        let _ = stream.read(&mut request);
        let _ = stream.write_all(&answer);
        // Held open until whoever asked goes away.
        while stream.read(&mut request).is_ok_and(|read| read > 0) {}
    });
    SshAgent::at(socket).within(Duration::from_millis(300))
}

#[track_caller]
fn check(answer: Vec<u8>, act: fn(&SshAgent) -> Result<String, super::AgentFailure>) -> String {
    let folder = tempfile::tempdir().unwrap();
    let said = act(&agent(answer, &folder)).unwrap_or_else(|failure| failure.to_string());
    said.replace(&folder.path().display().to_string(), "~")
}

fn keys(agent: &SshAgent) -> Result<String, super::AgentFailure> {
    Ok(agent.keys(&Stop::new())?.iter().map(|key| key.comment.clone()).collect::<Vec<_>>().join(" "))
}

fn sign(agent: &SshAgent) -> Result<String, super::AgentFailure> {
    Ok(format!("{:?}", agent.sign(&key(), b"message", &Stop::new())?.first()))
}

#[test]
fn a_key_is_read_from_the_line_of_its_file_and_shown_as_ssh_shows_it() {
    assert_eq!((key().public, key().comment.as_str()), ([7; 32], "anna@example.org"));
    assert_eq!(key().fingerprint().len(), "SHA256:".len() + 43);
    let cases = ["ssh-rsa AAAAB3NzaC1yc2E= x", "ssh-ed25519", "ssh-ed25519 !!!!", "ssh-ed25519 AAAA", ""];
    let said: Vec<_> = cases.iter().map(|line| SshKey::parse_line(line).unwrap_err()).collect();
    insta::assert_snapshot!(said.join("\n"), @"
    wanted an Ed25519 key (`ssh-ed25519 …`), found one of another kind
    wanted a public key of SSH, found something else after `ssh-ed25519`
    wanted a public key of SSH, found something else after `ssh-ed25519`
    wanted a public key of SSH, found something else after `ssh-ed25519`
    wanted an Ed25519 key (`ssh-ed25519 …`), found one of another kind
    ");
}

#[test]
fn base64_has_one_spelling() {
    for bytes in [&b""[..], b"f", b"fo", b"foo", b"foobar", &[255, 254, 253, 0]] {
        assert_eq!(base64::decode(&base64::encode(bytes)).as_deref(), Some(bytes));
    }
    assert_eq!(base64::encode(b"foob"), "Zm9vYg");
    assert_eq!(base64::decode("Zm9vYg==").as_deref(), Some(&b"foob"[..]));
    for wrong in ["Z", "Zm9vYh", "Zm 9v", "Zm=v", "Zm9v\n", "ä"] {
        assert_eq!(base64::decode(wrong), None, "{wrong}");
    }
}

#[test]
fn what_no_agent_says_is_refused_in_time() {
    let blob = key().blob();
    let signature = strings(0, &[b"ssh-ed25519", &[1; 64]]).split_off(1);
    let mut two = vec![12, 0, 0, 0, 2];
    two.extend(strings(0, &[&blob, b"anna"]).split_off(1));
    let mut with_rsa = two.clone();
    with_rsa.extend(strings(0, &[&strings(0, &[b"ssh-rsa", b"x"]).split_off(1), b"other"]).split_off(1));
    let cases = [
        check(message(&with_rsa), keys),
        check(message(&two), keys),
        check(message(&[12, 255, 255, 255, 255]), keys),
        check(message(&[5]), keys),
        check(message(&[6]), keys),
        check(vec![0, 0, 0, 0], keys),
        check(vec![255, 255, 255, 255], keys),
        check(vec![0, 4, 0, 1], keys),
        check(vec![0, 4, 0, 0, 12], keys),
        check(Vec::new(), keys),
        check(message(&strings(14, &[&signature])), sign),
        check(message(&strings(14, &[&signature, b""])), sign),
        check(message(&strings(14, &[&strings(0, &[b"ssh-rsa", &[1; 64]]).split_off(1)])), sign),
        check(message(&strings(14, &[&strings(0, &[b"ssh-ed25519", &[1; 63]]).split_off(1)])), sign),
        check(message(&strings(14, &[b"x"])), sign),
    ];
    insta::assert_snapshot!(cases.join("\n"), @"
    anna
    the ssh-agent at `~/agent`: found no list of keys
    the ssh-agent at `~/agent`: found no list of keys
    the ssh-agent at `~/agent` declined
    the ssh-agent at `~/agent`: found an answer to something else
    the ssh-agent at `~/agent`: found an answer of another length than 1 byte to 256 KiB
    the ssh-agent at `~/agent`: found an answer of another length than 1 byte to 256 KiB
    the ssh-agent at `~/agent`: found an answer of another length than 1 byte to 256 KiB
    the ssh-agent at `~/agent` gave no answer in time
    the ssh-agent at `~/agent` gave no answer in time
    Some(1)
    the ssh-agent at `~/agent`: found something else than an Ed25519 signature
    the ssh-agent at `~/agent`: found something else than an Ed25519 signature
    the ssh-agent at `~/agent`: found something else than an Ed25519 signature
    the ssh-agent at `~/agent`: found something else than an Ed25519 signature
    ");
}

#[test]
fn an_agent_that_is_not_there_is_said_to_be_so() {
    let folder = tempfile::tempdir().unwrap();
    let agent = SshAgent::at(folder.path().join("none"));
    assert!(agent.keys(&Stop::new()).unwrap_err().to_string().contains("cannot be reached"));
    let stop = Stop::new();
    stop.ask();
    let slow = SshAgent::at(folder.path().join("slow"));
    let _listener = UnixListener::bind(slow.socket()).unwrap();
    assert_eq!(slow.keys(&stop), Err(super::AgentFailure::Stopped));
}

/// With OpenSSH's own agent, where it is installed.
#[test]
fn a_real_agent_lists_its_key_and_signs_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("socket");
    let quiet = |program: &str, arguments: &[&str]| {
        let mut command = Command::new(program);
        command.args(arguments).env("SSH_AUTH_SOCK", &socket).stdout(Stdio::null()).stderr(Stdio::null());
        command
    };
    let Ok(mut running) = quiet("ssh-agent", &["-D", "-a", &socket.to_string_lossy()]).spawn() else {
        println!("skipped: there is no ssh-agent on this machine");
        return;
    };
    let file = folder.path().join("id").display().to_string();
    assert!(
        quiet("ssh-keygen", &["-q", "-t", "ed25519", "-N", "", "-C", "me", "-f", &file])
            .status()
            .unwrap()
            .success()
    );
    // It listens before it answers; ssh-add is the one that waits for neither.
    let added = (0..1_000).any(|_| quiet("ssh-add", &[&file]).status().unwrap().success());
    let agent = SshAgent::at(&socket);
    let keys = agent.keys(&Stop::new());
    let signed = keys.as_ref().map(|keys| agent.sign(&keys[0], b"message", &Stop::new()));
    running.kill().unwrap();
    running.wait().unwrap();
    assert!(added);
    let line = std::fs::read_to_string(format!("{file}.pub")).unwrap();
    assert_eq!(keys.clone().unwrap(), [SshKey::parse_line(&line).unwrap()]);
    assert_eq!(signed.unwrap().unwrap().len(), 64);
}
