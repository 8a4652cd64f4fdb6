//! Two PackMans and more at once: on one home, one environment, one database. Nothing is lost, nothing is half there.

use std::process::{Child, Command, Stdio};

use testkit::index::PackageIndex;
use testkit::packages::module;
use testkit::tools::pip;
use testkit::world::{Run, World};

use crate::support::user::{User, good};
use crate::support::{Mirror, Stage, at, init, sign_and_publish, texts, world};

/// Starts all of these before it waits for any.
fn at_once(world: &World, commands: &[Vec<String>]) -> Vec<Run> {
    let start = |arguments: &Vec<String>| -> Child {
        let mut command: Command = world.command(&world.folder());
        command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let running: Vec<Child> = commands.iter().map(start).collect();
    let end = |child: Child| {
        let output = child.wait_with_output().unwrap();
        Run {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    };
    running.into_iter().map(end).collect()
}

fn words(arguments: &[&str]) -> Vec<String> {
    arguments.iter().map(|&word| word.to_owned()).collect()
}

#[test]
fn databases_added_at_once_are_all_in_the_ring() {
    let index = PackageIndex::of([module("flask", "3.0")]);
    let world = world(&index);
    let mut commands = Vec::new();
    for name in ["one", "two", "three", "four"] {
        world.ok(&["curate", "init", name, "--title", name, "--maintainer", "Lab", "--no-passphrase"]);
        world.ok(&["curate", "add", name, "flask"]);
        world.ok(&["curate", "sign", name, "--yes"]);
        world.ok(&["curate", "publish", name, "--to", &format!("{name}-site")]);
        let number = world.ok(&["curate", "number", name]).stdout;
        let site = format!("{name}-site");
        commands.push(words(&["trust", "add", &site, "--as", name, "--number", &number, "--scope", name]));
    }
    for run in at_once(&world, &commands) {
        assert_eq!(run.code, 0, "{}", run.stderr);
    }
    let listed = world.ok(&["trust", "list", "--json"]);
    let mut names = texts(at(&listed.json(), &["databases"]), "name");
    names.sort();
    assert_eq!(names, ["four", "one", "three", "two"]);
}

#[test]
fn refreshes_at_once_keep_the_newest() {
    let stage = Stage::trusted(vec![module("flask", "3.0")]);
    for version in ["3.1", "3.2"] {
        stage.release(&[module("flask", version)]);
        let refresh = words(&["trust", "refresh"]);
        for run in at_once(&stage.world, &vec![refresh; 4]) {
            assert_eq!(run.code, 0, "{}", run.stderr);
        }
        let info = stage.world.ok(&["info", "flask"]);
        assert!(info.stdout.contains(version), "{}", info.stdout);
    }
    assert!(good(&User::of(&stage.world).kept()).is_some());
}

/// Packages that need one another's dependency, all into one environment: whoever comes later plans anew under the lock.
#[test]
fn installs_at_once_into_one_environment_all_succeed() {
    let names = ["one", "two", "three", "four", "five", "six", "seven", "eight"];
    let mut drafts = vec![module("shared", "1.0")];
    drafts.extend(names.map(|name| module(name, "1.0").requires("shared")));
    let stage = Stage::trusted(drafts);
    let world = &stage.world;
    for some in [&names[..2], &names[..]] {
        let venv = world.venv(&format!("v{}", some.len()));
        let folder = venv.display().to_string();
        let commands: Vec<_> =
            some.iter().map(|name| words(&["install", "--venv", &folder, "--json", name])).collect();
        for run in at_once(world, &commands) {
            assert_eq!(run.code, 0, "{}", run.stderr);
            assert_eq!(at(&run.json(), &["done"]).as_bool(), Some(true));
        }
        let listed = world.ok(&["list", "--venv", &folder, "--json"]);
        let packages = at(&listed.json(), &["packages"]).as_array().unwrap().len();
        assert_eq!(packages, some.len() + 1);
        assert_eq!(pip(&venv, &["check"]).code, 0);
        assert_eq!(world.python(&venv, &format!("import shared, {}", some.join(", "))).code, 0);
    }
}

/// The same package, asked for by many: one installs it, the others find nothing to do.
#[test]
fn the_same_install_many_times_at_once_is_one_installation() {
    let stage = Stage::trusted(vec![module("flask", "3.0").requires("werkzeug"), module("werkzeug", "3.0")]);
    let world = &stage.world;
    let venv = world.venv("v");
    let install = words(&["install", "--venv", "v", "--json", "flask"]);
    let mut installed = 0;
    for run in at_once(world, &vec![install; 8]) {
        assert_eq!(run.code, 0, "{}", run.stderr);
        let actions = texts(at(&run.json(), &["packages"]), "action");
        assert!(actions == ["install"; 2] || actions == ["keep"; 2], "{actions:?}");
        installed += usize::from(actions == ["install"; 2]);
    }
    assert_eq!(installed, 1);
    assert_eq!(pip(&venv, &["check"]).code, 0);
}

/// What a plan would replace without having been asked for is agreed to by a person, also when it only comes up under
/// the lock.
#[test]
fn what_only_a_later_plan_would_replace_needs_consent() {
    let stage = Stage::trusted(vec![
        module("shared", "1.0"),
        module("shared", "2.0"),
        module("old", "1.0").requires("shared<2"),
        module("new", "1.0").requires("shared>=2"),
    ]);
    let world = &stage.world;
    world.venv("v");
    let install = |name| words(&["install", "--venv", "v", "--json", name]);
    let runs = at_once(world, &[install("old"), install("new")]);
    let codes: Vec<i32> = runs.iter().map(|run| run.code).collect();
    assert!(codes.contains(&0) && codes.contains(&1), "one is the first: {codes:?}");
    let no = runs.iter().find(|run| run.code == 1).unwrap();
    assert_eq!(no.error_code(), "consent-needed", "{}", no.stderr);
}

#[test]
fn the_same_install_and_uninstall_at_once_leave_all_or_nothing() {
    let stage = Stage::trusted(vec![module("flask", "3.0").file("flask/views.py", "")]);
    let world = &stage.world;
    let venv = world.venv("v");
    for _ in 0..3 {
        let install = words(&["install", "--venv", "v", "--json", "flask"]);
        let uninstall = words(&["uninstall", "--venv", "v", "--json", "flask"]);
        let runs = at_once(world, &[install.clone(), uninstall.clone(), install, uninstall]);
        for run in &runs {
            let honest = run.code == 1 && run.error_code() == "not-installed";
            assert!(run.code == 0 || honest, "{}", run.stderr);
        }
        let there = world.ok(&["list", "--venv", "v", "--json"]);
        let is_there = !at(&there.json(), &["packages"]).as_array().unwrap().is_empty();
        assert_eq!(world.python(&venv, "import flask.views").code == 0, is_there);
        assert_eq!(pip(&venv, &["check"]).code, 0);
    }
}

#[test]
fn additions_at_once_to_one_database_are_all_recorded() {
    let names = ["one", "two", "three", "four"];
    let index = PackageIndex::of(names.map(|name| module(name, "1.0")));
    let world = world(&index);
    init(&world);
    for run in at_once(&world, &names.map(|name| words(&["curate", "add", "db", name]))) {
        assert_eq!(run.code, 0, "{}", run.stderr);
    }
    sign_and_publish(&world);
    let mirror = Mirror::of(world.path("site"));
    let number = world.ok(&["curate", "number", "db"]).stdout;
    world.ok(&["trust", "add", &mirror.url(), "--number", &number]);
    let found = world.ok(&["search", "e", "--json"]);
    assert_eq!(texts(at(&found.json(), &["projects"]), "name"), ["one", "three", "four", "two"]);
}

/// One makes it; the others find an environment there, and say so.
#[test]
fn one_of_many_makes_an_environment() {
    let world = crate::support::bare_world();
    for (folder, is_there) in [("new", false), ("empty", true)] {
        if is_there {
            std::fs::create_dir(world.path(folder)).unwrap();
        }
        let runs = at_once(&world, &vec![words(&["venv", "--json", folder]); 3]);
        let (made, others): (Vec<_>, Vec<_>) = runs.iter().partition(|run| run.code == 0);
        let told: Vec<_> = others.iter().map(|run| (run.code, run.error_code())).collect();
        assert_eq!(made.len(), 1, "{told:?}");
        assert_eq!(told, vec![(1, "in-the-way".to_owned()); 2]);
        world.ok(&["list", "--venv", folder]);
    }
}

/// Whoever finds no environment makes one; the others wait for it, and install into the same.
#[test]
fn installs_at_once_where_there_is_no_environment_share_the_one_that_is_made() {
    let names = ["one", "two", "three", "four"];
    let stage = Stage::trusted(names.map(|name| module(name, "1.0")).to_vec());
    let world = &stage.world;
    for run in at_once(world, &names.map(|name| words(&["install", "--yes", name]))) {
        assert_eq!(run.code, 0, "{}", run.stderr);
    }
    let listed = world.ok(&["list", "--json"]);
    let mut there = texts(at(&listed.json(), &["packages"]), "name");
    there.sort();
    assert_eq!(there, ["four", "one", "three", "two"]);
}

/// Half of a change is nobody's answer: who looks while another run moves files waits until it has.
#[cfg(unix)]
#[test]
fn who_looks_while_files_are_moved_waits_for_the_end() {
    use std::io::{BufRead as _, BufReader, Read as _};

    let stage = Stage::trusted(vec![module("click", "8.0")]);
    let world = &stage.world;
    let venv = world.venv("v");
    world.ok(&["install", "--venv", "v", "click"]);
    let site = venv.join("lib").read_dir().unwrap().next().unwrap().unwrap().file_name();
    let metadata = format!("lib/{}/site-packages/click-8.0.dist-info/METADATA", site.to_str().unwrap());
    let held = std::fs::File::open(&venv).unwrap();
    held.lock().unwrap();
    std::fs::create_dir_all(venv.join(".packman/old")).unwrap();
    let journal = format!(r#"{{"format":"packman-journal-1","out":["{metadata}"],"in":[],"emptied":[]}}"#);
    std::fs::write(venv.join(".packman/journal"), journal).unwrap();
    std::fs::rename(venv.join(&metadata), venv.join(".packman/old/0")).unwrap();
    let mut command = world.command(&world.folder());
    command.args(["list", "--venv", "v"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut said = String::new();
    BufReader::new(child.stderr.as_mut().unwrap()).read_line(&mut said).unwrap();
    assert!(said.starts_with("waiting for another packman that holds"), "{said}");
    assert_eq!(child.try_wait().unwrap(), None, "it answers before the end");
    // Whoever held it was killed, say: then it is put back by who comes next.
    drop(held);
    let mut listed = String::new();
    child.stdout.take().unwrap().read_to_string(&mut listed).unwrap();
    assert!(child.wait().unwrap().success());
    assert!(listed.contains("click  8.0"), "{listed}");
    assert!(venv.join(&metadata).exists());
}

/// Eight PackMans on one home, one cache and one environment, each with something else to do. Whoever may lose says why,
/// and nothing is half there.
#[test]
fn different_commands_at_once_get_along() {
    let names = ["one", "two", "three", "four"];
    let mut drafts = vec![module("shared", "1.0")];
    drafts.extend(names.map(|name| module(name, "1.0").requires("shared")));
    let stage = Stage::trusted(drafts);
    let world = &stage.world;
    let venv = world.venv("v");
    world.ok(&["install", "--venv", "v", "one"]);
    world.ok(&["lock", "--venv", "v", "two", "-o", "pylock.toml"]);
    let commands: [&[&str]; 8] = [
        &["install", "--venv", "v", "--json", "three"],
        &["uninstall", "--venv", "v", "--json", "one"],
        &["trust", "refresh", "--json"],
        &["cache", "prune", "--json"],
        &["sync", "--venv", "v", "--yes", "--json", "pylock.toml"],
        &["install", "--venv", "v", "--json", "four"],
        &["list", "--venv", "v", "--json"],
        &["cache", "verify", "--json"],
    ];
    for version in ["1.1", "1.2", "1.3"] {
        // There is something new to be stored, and the cache is empty or full.
        stage.release(&[module("shared", version)]);
        if version == "1.2" {
            world.clear_cache();
        }
        let runs = at_once(world, &commands.map(words));
        for (run, command) in runs.iter().zip(commands) {
            let honest = run.code == 1 && ["not-installed", "consent-needed"].contains(&&*run.error_code());
            assert!(run.code == 0 || honest, "{command:?}: {}{}", run.stdout, run.stderr);
        }
        assert_eq!(pip(&venv, &["check"]).code, 0);
        world.ok(&["audit", "--venv", "v"]);
        world.ok(&["cache", "verify"]);
        assert!(!world.path("v/.packman").exists());
        world.ok(&["install", "--venv", "v", "one"]);
    }
    assert!(good(&User::of(world).kept()).is_some());
}
