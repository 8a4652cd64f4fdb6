//! `packman venv`, `freeze`, `tree`, `upgrade` and `list --outdated`: what is in an environment, and how it is renewed.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use testkit::packages::{flask_and_its_needs, module, requests_and_its_needs};
use testkit::tools::pip;
use testkit::world::{World, finish, snapshot};

use crate::support::{Stage, at, bare_world, plain, texts, without_progress};

/// Everything a command says, without what differs from run to run.
fn both(world: &World, arguments: &[&str]) -> String {
    let run = world.run(arguments);
    without_progress(&plain(world, &format!("{}{}", run.stdout, run.stderr))).trim_end().to_owned()
}

/// An answer that is an honest no.
#[track_caller]
fn honest_no(world: &World, code: &str, arguments: &[&str]) -> String {
    world.ends(1, code, arguments);
    both(world, arguments)
}

/// Installs a wheel with pip, which asks nobody.
fn by_pip(world: &World, venv: &Path, draft: &packman_wheel::make::WheelDraft) -> PathBuf {
    let path = world.path(&draft.file_name());
    std::fs::write(&path, draft.build().unwrap()).unwrap();
    let run = pip(venv, &["install", "--no-index", "--no-deps", path.to_str().unwrap()]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    path
}

/// An installed project as its metadata has it, without any files.
fn metadata(venv: &Path, name: &str, version: &str, needs: &[&str]) -> PathBuf {
    let lib = std::fs::read_dir(venv.join("lib")).unwrap().next().unwrap().unwrap().path();
    let folder = lib.join(format!("site-packages/{name}-{version}.dist-info"));
    std::fs::create_dir(&folder).unwrap();
    let mut lines =
        vec!["Metadata-Version: 2.1".to_owned(), format!("Name: {name}"), format!("Version: {version}")];
    lines.extend(needs.iter().map(|need| format!("Requires-Dist: {need}")));
    std::fs::write(folder.join("METADATA"), lines.join("\n")).unwrap();
    std::fs::write(folder.join("RECORD"), "").unwrap();
    folder
}

#[test]
fn a_venv_is_what_pythons_own_command_makes() {
    let world = bare_world();
    let made = both(&world, &["venv"]).replace(&version_of(&world), "3.X");
    let (first, rest) = made.split_once('\n').unwrap();
    let (first, python) = first.split_once(" of ").unwrap();
    assert_eq!(first, "made .venv with Python 3.X");
    assert!(
        Path::new(&python.trim_matches('`').replace("3.X", &version_of(&world))).is_absolute(),
        "{python}"
    );
    insta::assert_snapshot!(rest, @"
    commands of packman that run here work in it
    `. .venv/bin/activate` activates it in a shell
    ");
    let other = world.venv("other");
    let files = |folder: &Path| -> BTreeSet<PathBuf> { snapshot(folder).into_keys().collect() };
    assert_eq!(files(&world.path(".venv")), files(&other));
    let settings = |folder: &Path| -> Vec<String> {
        let text = std::fs::read_to_string(folder.join("pyvenv.cfg")).unwrap();
        // What it was made by differs.
        text.lines().filter(|line| !line.starts_with("command")).map(str::to_owned).collect()
    };
    assert_eq!(settings(&world.path(".venv")), settings(&other));
    assert_eq!(both(&world, &["list"]), "nothing is installed in ./.venv");
    let activated =
        finish(world.other_command(Path::new("sh")).args(["-c", ". .venv/bin/activate; command -v python"]));
    assert_eq!(plain(&world, activated.stdout.trim()), "./.venv/bin/python");
}

fn version_of(world: &World) -> String {
    let run = world.other(Path::new("python3"), &["-c", "import platform; print(platform.python_version())"]);
    run.stdout.trim().to_owned()
}

#[test]
fn a_venv_is_made_for_the_python_that_is_named() {
    let world = bare_world();
    let full = version_of(&world);
    let minor = full.rsplit_once('.').unwrap().0;
    for (folder, python) in [("one", minor), ("two", "python3"), ("three", "one/bin/python"), ("3", "3")] {
        let run = world.ok(&["venv", folder, "--python", python, "--json"]);
        assert_eq!(at(&run.json(), &["version"]).as_str(), Some(&*full));
        let base = world.python(&world.path(folder), "import sys; print(sys.prefix != sys.base_prefix)");
        assert_eq!(base.stdout.trim(), "True", "{}", base.stderr);
    }
    world.ends(4, "python", &["venv", "four", "--python", "3.99"]);
    world.ends(2, "usage", &["venv", "four", "--python", "2"]);
    world.ends(4, "python", &["venv", "four", "--python", "no-such-python"]);
    assert!(!world.path("four").exists());
}

#[test]
fn a_venv_never_replaces_what_is_there() {
    let world = bare_world();
    world.ok(&["venv", "v"]);
    std::fs::create_dir(world.path("work")).unwrap();
    std::fs::write(world.path("work/thesis.txt"), "years").unwrap();
    let before = snapshot(&world.folder());
    insta::assert_snapshot!(honest_no(&world, "in-the-way", &["venv", "v"]), @"
    error: `./v` is an environment already
      hint: `--venv ./v` works in it
    ");
    insta::assert_snapshot!(honest_no(&world, "in-the-way", &["venv", "work"]), @"
    error: `./work` is there already, wanted a place for a new environment
      hint: name a folder that is not there yet, or an empty one
    ");
    world.ends(1, "in-the-way", &["venv", "work/thesis.txt"]);
    insta::assert_snapshot!(honest_no(&world, "in-the-way", &["venv", "/dev/null/deep/v"]), @"
    error: `/dev/null` is there already, wanted a place for a new environment
      hint: name a folder that is not there yet, or an empty one
    ");
    assert_eq!(snapshot(&world.folder()), before);
}

#[test]
fn freeze_pins_what_pip_freeze_pins() {
    let stage = Stage::trusted(requests_and_its_needs());
    let venv = stage.world.venv("v");
    stage.world.ok(&["install", "--venv", "v", "requests"]);
    by_pip(&stage.world, &venv, &module("click", "8.1"));
    for (name, version) in [("pip", "25.0"), ("setuptools", "70.0"), ("wheel", "0.4")] {
        metadata(&venv, name, version, &[]);
    }
    let editable = metadata(&venv, "here", "1.0", &[]);
    let url = r#"{"url": "file:///src/here", "dir_info": {"editable": true}}"#;
    std::fs::write(editable.join("direct_url.json"), url).unwrap();
    let checkout = metadata(&venv, "there", "1.0", &[]);
    let url = r#"{"url": "https://git.example.org/there", "vcs_info": {"vcs": "git", "commit_id": "c0ffee"}, "subdirectory": "py"}"#;
    std::fs::write(checkout.join("direct_url.json"), url).unwrap();
    let hostile = metadata(&venv, "hostile", "1.0", &[]);
    std::fs::write(hostile.join("direct_url.json"), r#"{"url": "x\n--index-url=evil"}"#).unwrap();
    let ours = stage.world.ok(&["freeze", "--venv", "v"]).stdout;
    insta::assert_snapshot!(plain(&stage.world, &ours), @"
    certifi==2024.12.14
    charset-normalizer==3.4.1
    click @ file://./click-8.1-py3-none-any.whl#sha256=SHA256
    -e /src/here
    hostile==1.0
    idna==3.10
    requests==2.32.3
    there @ git+https://git.example.org/there@c0ffee#subdirectory=py
    urllib3==2.3.0
    ");
    let theirs = pip(&venv, &["freeze"]);
    assert_eq!(theirs.code, 0, "{}", theirs.stderr);
    let lines = |text: &str| -> BTreeSet<String> {
        let hostile = |line: &&str| !line.contains("hostile") && !line.contains("evil");
        text.lines().filter(|line| !line.starts_with('#')).filter(hostile).map(str::to_owned).collect()
    };
    assert_eq!(lines(&ours), lines(&theirs.stdout));
    let all = stage.world.ok(&["freeze", "--all", "--venv", "v"]).stdout;
    assert!(all.contains("pip==25.0\n"), "{all}");
}

#[test]
fn the_tree_shows_what_needs_what() {
    let mut releases = flask_and_its_needs();
    releases.push(module("asgiref", "3.8"));
    let stage = Stage::trusted(releases);
    let venv = stage.world.venv("v");
    stage.world.ok(&["install", "--venv", "v", "flask[async]"]);
    metadata(&venv, "one", "1.0", &["two"]);
    metadata(&venv, "two", "1.0", &["one", "click<8", "gone>=1"]);
    insta::assert_snapshot!(both(&stage.world, &["tree", "--venv", "v"]), @"
    flask[async] 3.1.0
    ├── werkzeug 3.1.3  (wanted >=3.1)
    │   └── markupsafe 3.0.2  (wanted >=2.1.1)
    ├── jinja2 3.1.6  (wanted >=3.1.2)
    │   └── markupsafe 3.0.2  (wanted >=2.0)
    ├── itsdangerous 2.2.0  (wanted >=2.2)
    ├── click 8.1.8  (wanted >=8.1.3)
    ├── blinker 1.9.0  (wanted >=1.9)
    └── asgiref 3.8  (wanted >=3.2; by extra async)
    one 1.0
    └── two 1.0
        ├── one 1.0 (a circle)
        ├── click 8.1.8  (wanted <8; too old or too new)
        └── gone is not installed  (wanted >=1)
    ");
    insta::assert_snapshot!(both(&stage.world, &["tree", "--venv", "v", "--invert", "MarkupSafe", "click"]), @"
    markupsafe 3.0.2
    ├── jinja2 3.1.6  (needs markupsafe>=2.0)
    │   └── flask[async] 3.1.0  (needs jinja2>=3.1.2)
    └── werkzeug 3.1.3  (needs markupsafe>=2.1.1)
        └── flask[async] 3.1.0  (needs werkzeug>=3.1)
    click 8.1.8
    ├── flask[async] 3.1.0  (needs click>=8.1.3)
    └── two 1.0  (needs click<8)
        └── one 1.0  (needs two)
            └── two 1.0  (needs one) (a circle)
    ");
    let run = stage.world.ok(&["tree", "--venv", "v", "jinja2", "--json"]);
    assert_eq!(texts(at(&run.json(), &["packages"]), "name").len(), 10);
    insta::assert_snapshot!(honest_no(&stage.world, "not-installed", &["tree", "--venv", "v", "nothing"]), @"
    error: `nothing` is not installed here
      hint: `packman list` shows what is
    ");
    stage.world.venv("empty");
    insta::assert_snapshot!(both(&stage.world, &["tree", "--venv", "empty"]), @"nothing is installed in ./empty");
}

#[test]
fn looking_at_an_environment_never_asks_the_network() {
    let stage = Stage::trusted(requests_and_its_needs());
    stage.world.venv("v");
    stage.world.ok(&["install", "--venv", "v", "requests"]);
    stage.mirror.take_asked();
    stage.index.take_asked();
    for command in [&["list"][..], &["freeze"], &["tree"], &["tree", "--invert"], &["uninstall", "requests"]]
    {
        stage.world.ok(&[command, &["--venv", "v"]].concat());
        assert_eq!(stage.mirror.take_asked(), [""; 0], "{command:?}");
        assert_eq!(stage.index.take_asked(), [""; 0], "{command:?}");
    }
}

#[test]
fn outdated_is_what_an_upgrade_could_take() {
    let stage = Stage::trusted(vec![module("flask", "3.0"), module("click", "8.1"), module("idna", "3.1")]);
    let venv = stage.world.venv("v");
    stage.world.ok(&["install", "--venv", "v", "flask", "click"]);
    by_pip(&stage.world, &venv, &module("idna", "3.0"));
    by_pip(&stage.world, &venv, &module("private", "1.0"));
    let later = module("flask", "3.2").python(">=3.99");
    stage.index.add(&later);
    let vouch = ["curate", "add", "db", "flask==3.2", "--python", "3.99", "--platform", "linux-x86_64"];
    stage.world.ok(&vouch);
    stage.release(&[module("flask", "3.1"), module("flask", "4.0b1"), module("click", "8.2")]);
    insta::assert_snapshot!(both(&stage.world, &["list", "--venv", "v", "--outdated"]), @"
    click  8.1 -> 8.2  [#] web, signed, compared
    flask  3.0 -> 3.1  [#] web, signed, compared
    idna   3.0 -> 3.1  [#] web, signed, compared  not installed by PackMan
    ");
    // Offline, it goes by what is kept.
    stage.mirror.take_asked();
    let offline = both(&stage.world, &["list", "--venv", "v", "--outdated", "--offline"]);
    assert!(offline.contains("flask  3.0 -> 3.1"), "{offline}");
    assert_eq!(stage.mirror.take_asked(), [""; 0]);
}

#[test]
fn an_upgrade_moves_what_packman_installed_and_keeps_all_of_it_fitting() {
    let stage = Stage::trusted(vec![
        module("flask", "3.0").requires("click>=8"),
        module("click", "8.0"),
        module("tool", "1.0").requires("idna<4"),
        module("idna", "3.0"),
        module("markup", "1.0"),
    ]);
    let venv = stage.world.venv("v");
    stage.world.ok(&["install", "--venv", "v", "flask", "tool", "markup"]);
    by_pip(&stage.world, &venv, &module("theirs", "1.0").requires("markup<2"));
    stage.release(&[
        module("flask", "3.1").requires("click>=8.1"),
        module("click", "8.1"),
        module("idna", "3.5"),
        module("idna", "4.0"),
        module("markup", "1.5"),
        module("markup", "2.0"),
        module("theirs", "2.0"),
    ]);
    insta::assert_snapshot!(both(&stage.world, &["upgrade", "--venv", "v", "--dry-run"]), @"
    plan for ./v
      ~ click   8.0 -> 8.1  954 B  [#] web  signed, compared  nobody reviewed
      ~ flask   3.0 -> 3.1  981 B  [#] web  signed, compared  nobody reviewed
      ~ idna    3.0 -> 3.5  940 B  [#] web  signed, compared  nobody reviewed
      ~ markup  1.0 -> 1.5  968 B  [#] web  signed, compared  nobody reviewed
    4 packages, 1 kept as it is, 3.7 KiB to fetch
    ");
    // Named alone, what it drags along is asked for.
    insta::assert_snapshot!(honest_no(&stage.world, "consent-needed", &["upgrade", "--venv", "v", "flask"]), @"
    plan for ./v
      ~ click  8.0 -> 8.1  954 B  [#] web  signed, compared  nobody reviewed
      ~ flask  3.0 -> 3.1  981 B  [#] web  signed, compared  nobody reviewed
    2 packages, 3 kept as they are, 1.8 KiB to fetch
    error: nothing was installed: nobody agreed to replace what the command did not name
      hint: give `--yes`, after reading the plan
    ");
    insta::assert_snapshot!(both(&stage.world, &["upgrade", "--venv", "v", "idna"]), @"
    plan for ./v
      ~ idna  3.0 -> 3.5  940 B  [#] web  signed, compared  nobody reviewed
    1 package, 4 kept as they are, 940 B to fetch
    installed 1 package into ./v
    ");
    insta::assert_snapshot!(both(&stage.world, &["upgrade", "--venv", "v"]), @"
    plan for ./v
      ~ click   8.0 -> 8.1  954 B  [#] web  signed, compared  nobody reviewed
      ~ flask   3.0 -> 3.1  981 B  [#] web  signed, compared  nobody reviewed
      ~ markup  1.0 -> 1.5  968 B  [#] web  signed, compared  nobody reviewed
    3 packages, 2 kept as they are, 2.8 KiB to fetch
    installed 3 packages into ./v
    ");
    insta::assert_snapshot!(both(&stage.world, &["upgrade", "--venv", "v"]), @"
    nothing to do in ./v: nothing newer is vouched for that fits what PackMan installed
    1 of 6 packages there came by other means
    `packman upgrade NAME…` upgrades what came by other means, too; `packman list --outdated` shows what is newer
    ");
    // What others installed moves when it is named.
    let run = stage.world.ok(&["upgrade", "--venv", "v", "theirs", "--json"]);
    let actions = texts(at(&run.json(), &["packages"]), "action");
    assert_eq!(actions, ["replace", "keep", "keep", "keep", "keep", "keep"]);
    // What was asked for by name, and nothing else, stays marked so.
    let list = stage.world.ok(&["list", "--venv", "v", "--json"]);
    let packages = list.json();
    let requested: Vec<&str> = at(&packages, &["packages"])
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| at(one, &["requested"]).as_bool() == Some(true))
        .map(|one| at(one, &["name"]).as_str().unwrap())
        .collect();
    assert_eq!(requested, ["flask", "markup", "theirs", "tool"]);
}

#[test]
fn an_upgrade_needs_what_is_there_and_somebody_who_vouches() {
    let stage = Stage::trusted(vec![module("flask", "3.0")]);
    let venv = stage.world.venv("v");
    by_pip(&stage.world, &venv, &module("private", "1.0"));
    insta::assert_snapshot!(honest_no(&stage.world, "not-installed", &["upgrade", "--venv", "v", "flask"]), @"
    error: `flask` is not installed here
      hint: `packman list` shows what is
    ");
    insta::assert_snapshot!(honest_no(&stage.world, "not-vouched", &["upgrade", "--venv", "v", "private"]), @"
    error: nobody you trust vouches for `private`
      hint: 1 database of your trust ring may answer for `private`, and none lists it; `packman trust list` shows them
      hint: ask one of their maintainers to vouch for it, or curate a database of your own
    ");
    insta::assert_snapshot!(both(&stage.world, &["upgrade", "--venv", "v"]), @"
    nothing to do in ./v: PackMan installed nothing of what is there
    `packman upgrade NAME…` upgrades what came by other means, too; `packman list --outdated` shows what is newer
    ");
    insta::assert_snapshot!(honest_no(&stage.world, "no-environment", &["upgrade"]), @"
    error: there is no environment here
      hint: `packman venv` makes an environment of your own; `--venv DIR` names another
    ");
}

#[test]
fn an_upgrade_keeps_the_extras_that_are_there() {
    let stage = Stage::trusted(vec![
        module("app", "1.0").requires("speed<2; extra == 'fast'").extra("fast"),
        module("speed", "1.0"),
    ]);
    stage.world.venv("v");
    stage.world.ok(&["install", "--venv", "v", "app[fast]"]);
    stage.release(&[
        module("app", "1.1").requires("speed<2; extra == 'fast'").extra("fast"),
        module("speed", "1.1"),
        module("speed", "2.0"),
    ]);
    insta::assert_snapshot!(both(&stage.world, &["upgrade", "--venv", "v"]), @"
    plan for ./v
      ~ speed  1.0 -> 1.1  954 B  [#] web  signed, compared  nobody reviewed
      ~ app    1.0 -> 1.1  988 B  [#] web  signed, compared  nobody reviewed
    2 packages, 1.8 KiB to fetch
    installed 2 packages into ./v
    ");
}
