//! Ctrl-C, and a kill, while a host keeps somebody waiting: everything is as it was, and the next run goes on.
#![cfg(unix)]

use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use packman_machine::loopback::{Answer, Loopback};
use testkit::packages::module;
use testkit::world::{World, write_program};

use crate::support::{Stage, bare_world, init, kept, plain, sign_and_publish, without_progress};

/// A mirror that keeps everybody waiting who asks for one kind of file, and tells that somebody does.
struct Slow {
    world: World,
    server: Loopback,
    asked: Receiver<()>,
    waits: Arc<AtomicBool>,
}

impl Slow {
    fn new(ending: &'static str) -> Self {
        let world = bare_world();
        init(&world);
        std::fs::create_dir(world.path("wheels")).unwrap();
        // One wheel: whoever waits has asked once.
        let draft = module("flask", "3.0");
        std::fs::write(world.path("wheels").join(draft.file_name()), draft.build().unwrap()).unwrap();
        world.ok(&["curate", "add", "db", "--from", "wheels", "--copy-files"]);
        sign_and_publish(&world);
        let (tell, asked) = channel();
        let tell = Mutex::new(tell);
        let waits = Arc::new(AtomicBool::new(false));
        let slow = Arc::clone(&waits);
        let server = Loopback::folder_with(world.path("site"), move |asked| {
            let keeps = asked.path.ends_with(ending) && slow.load(Ordering::Acquire);
            keeps.then(|| {
                let _ = tell.lock().unwrap().send(());
                Answer::silence()
            })
        });
        let number = world.ok(&["curate", "number", "db"]).stdout;
        let server = server.unwrap();
        world.ok(&["trust", "add", &server.url(), "--as", "web", "--number", &number]);
        waits.store(true, Ordering::Release);
        Self { world, server, asked, waits }
    }

    /// An installation that waits for that file.
    fn waiting(&self) -> Child {
        let mut command = self.world.command(&self.world.folder());
        command.args(["install", "--venv", "v", "flask"]).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().unwrap();
        self.asked.recv_timeout(Duration::from_mins(1)).expect("the file is asked for");
        child
    }
}

fn signal(child: &Child, name: &str) {
    let status = Command::new("kill").args([&format!("-{name}"), &child.id().to_string()]).status().unwrap();
    assert!(status.success());
}

#[test]
fn a_stop_in_the_middle_leaves_everything_as_it_was() {
    let slow = Slow::new("-any.whl");
    let venv = slow.world.venv("v");
    let before = kept(&slow.world, Some(&venv));
    for (name, code) in [("INT", Some(130)), ("TERM", Some(130)), ("KILL", None)] {
        let child = slow.waiting();
        signal(&child, name);
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), code, "{name}: {said}");
        assert!(kept(&slow.world, Some(&venv)) == before, "{name}");
        if code.is_some() {
            let words = without_progress(&plain(&slow.world, &said));
            insta::allow_duplicates! {
                insta::assert_snapshot!(words.lines().last().unwrap(), @"stopped; nothing was changed");
            }
        }
    }
    slow.waits.store(false, Ordering::Release);
    slow.world.ok(&["install", "--venv", "v", "flask"]);
    assert_eq!(slow.world.python(&venv, "import flask").code, 0);
    drop(slow.server);
}

/// Whoever asks for the end is not told of a network that failed, whatever was being waited for.
#[test]
fn a_stop_before_there_is_a_plan_is_a_stop() {
    for ending in ["/timestamp.json", ".flask.json"] {
        let slow = Slow::new(ending);
        slow.world.venv("v");
        let child = slow.waiting();
        signal(&child, "INT");
        let output = child.wait_with_output().unwrap();
        let said = without_progress(&plain(&slow.world, &String::from_utf8_lossy(&output.stderr)));
        assert_eq!((output.status.code(), &*said), (Some(130), "stopped; nothing was changed"), "{ending}");
    }
}

/// A Python that begins to make an environment, tells so to whoever reads the pipe, and goes on for ever.
const SLOW: &str = r#"#!/bin/sh
case " $* " in *" venv "*)
    for folder; do :; done
    mkdir "$folder/bin"
    : >"$folder/pyvenv.cfg"
    : >"$0.begun"
    exec sleep 60;;
esac
python3 "$@" | sed "s|\"executable\": \"[^\"]*\"|\"executable\": \"$0\"|"
"#;

/// Makes an environment with it, and ends that by a signal when it is half made.
fn half_made(world: &World, name: &str) -> (Option<i32>, String) {
    let (program, pipe) = (world.path("python-slow"), world.path("python-slow.begun"));
    write_program(&program, SLOW);
    let _ = std::fs::remove_file(&pipe);
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let mut command = world.command(&world.folder());
    command.args(["venv", "--python", "./python-slow"]).stdout(Stdio::null()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    std::fs::read(&pipe).unwrap();
    signal(&child, name);
    let output = child.wait_with_output().unwrap();
    (output.status.code(), plain(world, &String::from_utf8_lossy(&output.stderr)))
}

/// Python's own `venv` is not asked to hurry: it is ended, and what it made goes.
#[test]
fn a_venv_that_was_not_made_to_its_end_is_none() {
    let stage = Stage::trusted(vec![module("flask", "3.0")]);
    let world = &stage.world;
    for name in ["INT", "TERM"] {
        assert_eq!(half_made(world, name), (Some(130), "stopped; nothing was changed\n".to_owned()));
        assert!(!world.path(".venv").exists());
    }
    for again in [&["venv"][..], &["install", "--yes", "flask"]] {
        half_made(world, "KILL");
        assert!(world.path(".venv/pyvenv.cfg").exists());
        let half = world.ends(4, "python", &["list", "--venv", ".venv"]);
        insta::allow_duplicates! {
            insta::assert_snapshot!(plain(world, &half.stderr), @"
            error: `./.venv` is a virtual environment that is not made to its end yet
              hint: `packman venv DIR` waits for whoever makes it, or makes it anew
            ");
        }
        world.ends(1, "no-environment", &["list"]);
        world.run(again);
        world.ok(&["list"]);
        assert_eq!(world.python(&world.path(".venv"), "import sys").code, 0);
        std::fs::remove_dir_all(world.path(".venv")).unwrap();
    }
}
