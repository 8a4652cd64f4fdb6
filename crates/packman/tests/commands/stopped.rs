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
use testkit::world::World;

use crate::support::{bare_world, init, kept, plain, sign_and_publish, without_progress};

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
