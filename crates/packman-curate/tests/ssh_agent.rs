//! A database that is signed with a key in the user's ssh-agent: a real one where there is one, and one that lies.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::print_stdout,
    reason = "a test may fail loudly, and this one runs programs"
)]

mod world;

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use ed25519_dalek::Signer as _;
use packman_curate::InitRequest;
use packman_machine::ssh_agent::SshAgent;
use packman_strict::time::Time;
use world::{Index, World, wheel};

/// Ends the agent with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// OpenSSH's agent with one key; `None` where it is not installed.
fn real_agent(world: &mut World) -> Option<Running> {
    let socket = world.path("agent");
    let quiet = |program: &str, arguments: &[&str]| {
        let mut command = Command::new(program);
        command.args(arguments).env("SSH_AUTH_SOCK", &socket).stdout(Stdio::null()).stderr(Stdio::null());
        command
    };
    let running = Running(quiet("ssh-agent", &["-D", "-a", &socket.to_string_lossy()]).spawn().ok()?);
    let file = world.path("id").display().to_string();
    let made =
        quiet("ssh-keygen", &["-q", "-t", "ed25519", "-N", "", "-C", "me@example.org", "-f", &file]).status();
    assert!(made.unwrap().success());
    // It listens a moment after it was begun.
    assert!((0..1_000).any(|_| quiet("ssh-add", &[&file]).status().unwrap().success()));
    world.agent = Ok(SshAgent::at(socket));
    Some(running)
}

#[test]
fn a_key_in_the_ssh_agent_signs_root_and_records() {
    let mut world = World::new();
    let Some(running) = real_agent(&mut world) else {
        println!("skipped: there is no ssh-agent on this machine");
        return;
    };
    // python-tuf asks the machine's clock: what is signed here is current for as long as anybody runs this.
    world.now = Time::parse("2180-01-01T00:00:00Z").unwrap();
    let index = Index::new();
    index.list("flask", &[wheel(&packman_wheel::make::WheelDraft::new("flask", "1.0").file("flask.py", ""))]);
    let request = |which: &str| InitRequest { agent: Some(which.to_owned()), ..world.init_request() };
    let nobody = world.curator().init(&request("you@example.org")).unwrap_err();
    assert_eq!(nobody.code(), "agent-key");
    world.curator().init(&request("me@example.org")).unwrap();
    world.add(&world.request(&["flask"], Some(&index)));
    world.sign().unwrap();
    world.publish("site").unwrap();
    verified_by_python_tuf(&world);
    // Without the agent nobody signs, and the online key prolongs.
    drop(running);
    assert_eq!(world.sign().unwrap_err().code(), "ssh-agent");
    world.curator().refresh(&world.path("db")).unwrap();
}

fn verified_by_python_tuf(world: &World) {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let tools = crates.join("../target/tools/bin/python");
    let python = std::env::var_os("PACKMAN_TEST_PYTHON").map_or(tools, std::path::PathBuf::from);
    let run = Command::new(python)
        .arg("-B")
        .arg(crates.join("packman-tuf/tests/python_tuf.py"))
        .arg("refresh")
        .args([world.path("site"), world.path("tuf-state")])
        .arg("projects/flask.json")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(said.contains("flask-1.0-py3-none-any.whl"), "{said}{}", String::from_utf8_lossy(&run.stderr));
}

fn string(to: &mut Vec<u8>, bytes: &[u8]) {
    to.extend(u32::try_from(bytes.len()).unwrap().to_be_bytes());
    to.extend_from_slice(bytes);
}

/// An agent that names one key, and signs with another.
fn lying_agent(world: &mut World) {
    let listener = UnixListener::bind(world.path("agent")).unwrap();
    world.agent = Ok(SshAgent::at(world.path("agent")));
    let [named, other] = [[7; 32], [8; 32]].map(|seed| ed25519_dalek::SigningKey::from_bytes(&seed));
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut request = [0; 8 << 10];
            let read = stream.read(&mut request).unwrap();
            let mut answer = Vec::new();
            if request[4] == 11 {
                let mut blob = Vec::new();
                string(&mut blob, b"ssh-ed25519");
                string(&mut blob, &named.verifying_key().to_bytes());
                answer.extend([12, 0, 0, 0, 1]);
                string(&mut answer, &blob);
                string(&mut answer, b"me");
            } else {
                let mut signature = Vec::new();
                string(&mut signature, b"ssh-ed25519");
                // What was asked for, signed by somebody else.
                string(&mut signature, &other.sign(&request[4 + 1 + 4 + 51 + 4..read - 4]).to_bytes());
                answer.push(14);
                string(&mut answer, &signature);
            }
            let mut message = Vec::new();
            string(&mut message, &answer);
            stream.write_all(&message).unwrap();
        }
    });
}

#[test]
fn an_agent_that_signs_with_another_key_is_refused_before_anything_is_written() {
    let mut world = World::new();
    lying_agent(&mut world);
    let request = InitRequest { agent: Some(String::new()), ..world.init_request() };
    let error = world.curator().init(&request).unwrap_err();
    assert_eq!(error.code(), "ssh-agent");
    assert!(error.to_string().contains("does not verify"), "{error}");
    assert!(!world.path("db").exists());
}
