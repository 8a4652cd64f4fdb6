//! What the program writes of itself: completions, manual pages, and the wheel that carries it.

use std::path::Path;

use testkit::tools::pip;
use testkit::world::{World, finish};

use crate::support::{Mirror, bare_world, init, sign_and_publish};

/// The commands that `--help` names.
fn commands(world: &World) -> Vec<String> {
    let help = world.ok(&["--help"]).stdout;
    let (_, list) = help.split_once("Commands:\n").unwrap();
    let lines = list.lines().take_while(|line| !line.is_empty());
    lines.map(|line| line.split_whitespace().next().unwrap().to_owned()).collect()
}

#[test]
fn completions_and_manual_know_every_command() {
    let world = bare_world();
    let page = world.ok(&["man"]).stdout;
    let mut texts = vec![("man", page)];
    for shell in ["bash", "zsh", "fish", "powershell"] {
        texts.push((shell, world.ok(&["completions", shell]).stdout));
    }
    let commands = commands(&world);
    assert!(commands.len() > 15, "{commands:?}");
    for (name, text) in &texts {
        for command in &commands {
            assert!(text.contains(command.as_str()), "{name} lacks {command}");
        }
    }
    assert!(world.ok(&["man", "trust", "add"]).stdout.contains("safety number"));
    assert_eq!(world.run(&["man", "nothing"]).code, 2);
    assert_eq!(world.run(&["completions", "tcsh"]).code, 2);
    // Bash itself reads what was written for it.
    let script = world.path("packman.bash");
    std::fs::write(&script, &texts[1].1).unwrap();
    let lines = format!(
        ". {}; COMP_WORDS=(packman tru); COMP_CWORD=1; _packman packman tru packman; echo ${{COMPREPLY[@]}}",
        script.display()
    );
    let run = world.other(Path::new("bash"), &["-c", &lines]);
    assert_eq!(run.stdout.trim(), "trust", "{}", run.stderr);
}

#[test]
fn the_version_says_which_build_it_is() {
    let shown = bare_world().ok(&["--version"]).stdout;
    let start = format!("packman {} (", env!("CARGO_PKG_VERSION"));
    assert!(shown.starts_with(&start), "{shown}");
    assert!(shown.contains(std::env::consts::OS) && shown.contains(std::env::consts::ARCH), "{shown}");
}

#[test]
fn the_command_comes_in_a_wheel_for_pip_and_for_itself() {
    let world = bare_world();
    let wheel = world.ok(&["as-wheel", "dist"]).stdout.trim().to_owned();
    // pip takes it, and what it installs works.
    let venv = world.venv("theirs");
    let run = pip(&venv, &["install", "--no-index", &wheel]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    works(&world, &venv);
    assert!(venv.join("share/man/man1/packman.1").is_file());
    // So does a database that somebody curates of it.
    init(&world);
    world.ok(&["curate", "add", "db", "packman", "--from", "dist", "--copy-files"]);
    sign_and_publish(&world);
    let mirror = Mirror::of(world.path("site"));
    let number = world.ok(&["curate", "number", "db"]).stdout.trim().to_owned();
    world.ok(&["trust", "add", &mirror.url(), "--as", "web", "--number", &number]);
    let venv = world.venv("ours");
    world.ok(&["install", "--venv", "ours", "packman"]);
    works(&world, &venv);
    world.ok(&["audit", "--venv", "ours"]);
    world.ok(&["uninstall", "--venv", "ours", "packman"]);
    assert!(!venv.join("bin/packman").exists());
}

#[track_caller]
fn works(world: &World, venv: &Path) {
    let own = world.ok(&["--version"]).stdout;
    let run = finish(world.other_command(&venv.join("bin/packman")).arg("--version"));
    assert_eq!((run.code, run.stdout), (0, own), "{}", run.stderr);
}
