//! `packman install` and `uninstall`: what is asked, what is planned, and every honest no.

use std::path::{Path, PathBuf};

use packman_strict::json::{self, Limits, Value};
use packman_wheel::Area;
use packman_wheel::make::WheelDraft;
use testkit::packages::{flask_and_its_needs, module};
use testkit::tools::pip;
use testkit::world::{World, snapshot, write_program};

use crate::support::{Stage, at, bare_world, kept, plain, said, sign_and_publish, texts, without_progress};

/// Everything a command says, without what differs from run to run.
fn both(world: &World, arguments: &[&str]) -> String {
    let run = world.run(arguments);
    plain(world, &without_progress(&format!("{}{}", run.stdout, run.stderr))).trim_end().to_owned()
}

/// An honest no with this code, which changes nothing; gives its words.
#[track_caller]
fn honest_no(stage: &Stage, code: &str, arguments: &[&str]) -> String {
    let venv = stage.world.path("v");
    let before = kept(&stage.world, Some(&venv));
    let run = stage.world.ends(1, code, arguments);
    assert!(kept(&stage.world, Some(&venv)) == before, "nothing is changed");
    without_progress(&said(&stage.world, &run))
}

fn install<'a>(what: &[&'a str]) -> Vec<&'a str> {
    [&["install", "--venv", "v"], what].concat()
}

#[test]
fn with_an_empty_ring_nobody_vouches_and_there_are_three_ways_on() {
    let world = bare_world();
    world.venv("v");
    insta::assert_snapshot!(both(&world, &install(&["flask"])), @"
    error: nobody you trust vouches for `flask`
      hint: `packman trust add URL` trusts a database that somebody publishes
      hint: `packman curate start requirements.txt` makes one of your own, from what your team uses
      hint: `packman demo` shows how it works, in a scratch folder
    ");
    assert_eq!(world.ends(1, "not-vouched", &install(&["flask"])).code, 1);
}

#[test]
fn what_nobody_vouches_for_is_not_installed() {
    let stage = Stage::trusted(vec![module("flask", "3.0").requires("click")]);
    stage.world.venv("v");
    insta::assert_snapshot!(honest_no(&stage, "not-vouched", &install(&["flsk"])), @"
    error: nobody you trust vouches for `flsk`
      hint: 1 database of your trust ring may answer for `flsk`, and none lists it; `packman trust list` shows them
      hint: ask one of their maintainers to vouch for it, or curate a database of your own
    ");
    insta::assert_snapshot!(honest_no(&stage, "not-vouched", &install(&["flask"])), @"
    error: nobody you trust vouches for `click`, which `flask` 3.0 needs
      because: you asked for `flask`
               `flask` 3.0 needs `click`
      hint: ask whoever vouches for the one to vouch for the other, or curate a database of your own
    ");
}

#[test]
fn an_extra_that_was_not_asked_for_when_curating_is_named() {
    let stage = Stage::trusted(flask_and_its_needs());
    stage.world.venv("v");
    insta::assert_snapshot!(honest_no(&stage, "not-vouched", &install(&["flask[async]"])), @"
    error: `flask[async]` was not vouched for: its `asgiref` is in no database you trust
      because: you asked for `flask[async]`
               `flask[async]` 3.1.0 needs `asgiref>=3.2`
      hint: ask whoever vouches for the one to vouch for the other, or curate a database of your own
    ");
    insta::assert_snapshot!(both(&stage.world, &install(&["flask[typo]", "--dry-run"])).lines().next().unwrap(), @"plan for ./v");
}

#[test]
fn a_conflict_names_the_requirements() {
    let stage = Stage::trusted(vec![
        module("flask", "3.0").requires("click<8"),
        module("black", "25.1").requires("click>=8"),
        module("click", "7.0"),
        module("click", "8.0"),
    ]);
    stage.world.venv("v");
    insta::assert_snapshot!(honest_no(&stage, "nothing-fits", &install(&["flask", "black"])), @"
    error: nothing fits
      because: you asked for `flask`
               you asked for `black`
               `flask` 3.0 needs `click<8`
               `black` 25.1 needs `click>=8`
    ");
    insta::assert_snapshot!(honest_no(&stage, "nothing-fits", &install(&["flask>=4"])), @"
    error: nothing fits
      because: you asked for `flask>=4`
               no release is `flask>=4`; there is 3.0
    ");
}

#[test]
fn a_source_distribution_is_listed_and_never_built() {
    let stage = Stage::published(vec![module("flask", "3.0")]);
    stage.index.add_bytes("flask-3.1.tar.gz", b"setup.py would run".to_vec(), None);
    insta::assert_snapshot!(both(&stage.world, &["curate", "add", "db", "flask==3.1", "--all-files"]), @"
    note: `flask` 3.1 is there as a source distribution only: it is listed, and nobody can install it
      + flask-3.1.tar.gz  18 B
    recorded 1 file; nothing is vouched for until you sign
    next: packman curate sign db
    ");
    // A release with a wheel, and then without it.
    stage.index.add(&module("flask", "3.1"));
    stage.world.ok(&["curate", "add", "db", "flask==3.1", "--all-files"]);
    let record = stage.world.path("db/projects/flask.json");
    let text = std::fs::read_to_string(&record).unwrap();
    let mut value = json::parse(text.as_bytes(), &Limits::default()).unwrap();
    let Some(Value::Array(files)) = value.as_object_mut().unwrap().get_mut("files") else { panic!("{text}") };
    files.retain(|file| at(file, &["filename"]).as_str() != Some("flask-3.1-py3-none-any.whl"));
    std::fs::write(&record, value.to_pretty()).unwrap();
    sign_and_publish(&stage.world);
    stage.trust();
    stage.world.venv("v");
    insta::assert_snapshot!(honest_no(&stage, "sdist", &install(&["flask==3.1"])), @"
    error: nothing fits
      because: you asked for `flask==3.1`
               `flask` 3.1 is there as a source distribution only, and building one runs its code
      hint: somebody has to build its wheel, where its code may run (`pip wheel --no-deps`), and vouch for that
      hint: ask its maintainer to, or `packman curate add DIR NAME --from FOLDER --copy-files` it yourself
    ");
    insta::assert_snapshot!(both(&stage.world, &["info", "flask"]), @"
    flask
      The project flask
      vouched for by web (`Web tools`), [#] signed, compared
      3.1  flask-3.1.tar.gz            18 B   nobody reviewed  refused: a source distribution: building one runs its code
      3.0  flask-3.0-py3-none-any.whl  954 B  nobody reviewed
    ");
    stage.world.ok(&install(&["flask"]));
}

#[test]
fn what_is_there_by_other_means_satisfies_a_dependency() {
    let stage = Stage::trusted(vec![module("flask", "3.0").requires("click>=8"), module("click", "8.2")]);
    let venv = stage.world.venv("v");
    let wheel = module("click", "8.1");
    let path = stage.world.path(&wheel.file_name());
    std::fs::write(&path, wheel.build().unwrap()).unwrap();
    let run = pip(&venv, &["install", "--no-index", "--no-deps", path.to_str().unwrap()]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    insta::assert_snapshot!(both(&stage.world, &install(&["flask"])), @"
    plan for ./v
      + flask  3.0  978 B  [#] web  signed, compared  nobody reviewed
      kept, though nobody vouched for what was installed: click 8.1 (by pip)
    1 package, 1 kept as it is, 978 B to fetch
    installed 1 package into ./v
    ");
    insta::assert_snapshot!(both(&stage.world, &["list", "--venv", "v"]), @"
    click  8.1  by pip, not vouched for here
    flask  3.0  [#] web, signed, compared
    ");
    // Named, it may be replaced; unnamed, not without a word.
    insta::assert_snapshot!(both(&stage.world, &install(&["click>=8.2"])), @"
    plan for ./v
      ~ click  8.1 -> 8.2  954 B  [#] web  signed, compared  nobody reviewed
    1 package, 954 B to fetch
    installed 1 package into ./v
    ");
}

#[test]
fn a_pre_release_is_chosen_only_when_it_is_named_and_that_is_said() {
    let stage = Stage::trusted(vec![module("cc", "1.0"), module("cc", "3.0b1")]);
    stage.world.venv("v");
    insta::assert_snapshot!(honest_no(&stage, "only-prereleases", &install(&["cc>2"])), @"
    error: nothing fits
      because: you asked for `cc>2`
               `cc` 3.0b1 is a pre-release
      hint: `cc==3.0b1` asks for a pre-release, which is chosen only when it is named
    ");
    stage.world.ok(&install(&["cc==3.0b1"]));
}

#[test]
fn nothing_is_replaced_that_the_command_did_not_name() {
    let stage = Stage::trusted(vec![
        module("click", "8.1"),
        module("click", "8.2"),
        module("flask", "3.0").requires("click>=8.2"),
    ]);
    stage.world.venv("v");
    stage.world.ok(&install(&["click==8.1"]));
    insta::assert_snapshot!(honest_no(&stage, "consent-needed", &install(&["flask"])), @"
    plan for ./v
      ~ click  8.1 -> 8.2  954 B  [#] web  signed, compared  nobody reviewed
      + flask  3.0         981 B  [#] web  signed, compared  nobody reviewed
    2 packages, 1.8 KiB to fetch
    error: nothing was installed: nobody agreed to replace what the command did not name
      hint: give `--yes`, after reading the plan
    ");
    insta::assert_snapshot!(both(&stage.world, &install(&["flask", "--yes"])), @"
    plan for ./v
      ~ click  8.1 -> 8.2  954 B  [#] web  signed, compared  nobody reviewed
      + flask  3.0         981 B  [#] web  signed, compared  nobody reviewed
    2 packages, 1.8 KiB to fetch
    installed 2 packages into ./v
    ");
}

#[test]
fn two_packages_with_one_file_do_not_both_get_in() {
    let own = |name: &str| module(name, "1.0").file("shared/data.txt", name);
    let stage = Stage::trusted(vec![own("one"), own("two")]);
    let venv = stage.world.venv("v");
    insta::assert_snapshot!(honest_no(&stage, "projects-collide", &install(&["one", "two"])), @"
    plan for ./v
      + one  1.0  1.0 KiB  [#] web  signed, compared  nobody reviewed
      + two  1.0  1.0 KiB  [#] web  signed, compared  nobody reviewed
    2 packages, 2.1 KiB to fetch
    error: `lib/python3.N/site-packages/shared/data.txt`: `one` and `two` bring different files to it
      hint: install them in two environments: `packman venv DIR`, then `--venv DIR`
      hint: tell the maintainer of the database: `packman explain projects-collide` says why
    ");
    stage.world.ok(&install(&["one"]));
    insta::assert_snapshot!(honest_no(&stage, "file-in-the-way", &install(&["two"])), @"
    plan for ./v
      + two  1.0  1.0 KiB  [#] web  signed, compared  nobody reviewed
    1 package, nothing to fetch
    error: `lib/python3.N/site-packages/shared/data.txt`: is a file of `one`, wanted by `two`
      hint: `packman uninstall one` makes room, if you do not need it; else an environment of its own: `packman venv DIR`, then `--venv DIR`
    ");
    stage.world.ok(&["uninstall", "--venv", "v", "one"]);
    // Of nobody: a file that the user put there himself.
    std::fs::create_dir_all(venv.join("bin")).unwrap();
    std::fs::write(venv.join("bin/tool"), "mine").unwrap();
    let tool = module("tool", "1.0").data(Area::Scripts, "tool", "#!python\n");
    stage.release(&[tool]);
    stage.world.ok(&["trust", "refresh"]);
    insta::assert_snapshot!(honest_no(&stage, "file-in-the-way", &install(&["tool"])), @"
    plan for ./v
      + tool  1.0  1.1 KiB  [#] web  signed, compared  nobody reviewed
    1 package, 1.1 KiB to fetch
    error: `bin/tool`: is there and belongs to no project, wanted by `tool`
      hint: look at `bin/tool` in the environment, and move it away if nobody needs it there
    ");
}

/// A Python that its system manages: the machine's own, which says of itself that it lives in this folder.
fn managed_python(world: &World) -> PathBuf {
    let folder = world.path("system");
    let real = world.other(
        Path::new("python3"),
        &["-c", "import sys; print(sys.prefix, '%d.%d' % sys.version_info[:2])"],
    );
    let (prefix, version) = real.stdout.trim().split_once(' ').unwrap();
    let stdlib = folder.join("lib").join(format!("python{version}"));
    std::fs::create_dir_all(&stdlib).unwrap();
    let words =
        "[externally-managed]\nError=To install Python packages system-wide,\n use the system's packages.\n";
    std::fs::write(stdlib.join("EXTERNALLY-MANAGED"), words).unwrap();
    let program = folder.join("python3");
    let script = format!("#!/bin/sh\npython3 \"$@\" | sed 's#{prefix}#{}#g'\n", folder.display());
    write_program(&program, &script);
    program
}

#[test]
fn a_python_that_its_system_manages_is_left_alone() {
    let stage = Stage::trusted(vec![module("flask", "3.0")]);
    let python = managed_python(&stage.world);
    let python = python.to_str().unwrap();
    for command in ["install", "uninstall"] {
        let run = stage.world.ends(1, "externally-managed", &[command, "--python", python, "flask"]);
        insta::allow_duplicates! {
            insta::assert_snapshot!(said(&stage.world, &run), @"
            error: the Python in `./system` is managed by somebody else
              because: To install Python packages system-wide,
                       use the system's packages.
              hint: `packman venv` makes an environment of your own; `--venv DIR` names another
            ");
        }
    }
}

#[test]
fn without_an_environment_one_is_made_by_consent_only() {
    let stage = Stage::trusted(vec![module("flask", "3.0")]);
    insta::assert_snapshot!(honest_no(&stage, "consent-needed", &["install", "flask"]), @"
    error: there is no environment here, and nobody agreed to make one
      hint: give `--yes` to make ./.venv, or `--venv DIR` to name one that is there
    ");
    insta::assert_snapshot!(both(&stage.world, &["list"]), @"
    error: there is no environment here
      hint: `packman venv` makes an environment of your own; `--venv DIR` names another
    ");
    insta::assert_snapshot!(both(&stage.world, &["uninstall", "flask"]), @"
    error: there is no environment here
      hint: `packman venv` makes an environment of your own; `--venv DIR` names another
    ");
    insta::assert_snapshot!(both(&stage.world, &["install", "--venv", "nowhere", "flask"]), @"
    error: `./nowhere` is not there, wanted a virtual environment
      hint: `packman venv DIR` makes one
    ");
    assert!(!stage.world.path(".venv").exists());
    stage.world.ok(&["install", "flask", "--yes"]);
    assert_eq!(stage.world.python(&stage.world.path(".venv"), "import flask").code, 0);
}

#[test]
fn the_environment_is_the_named_one_the_active_one_or_the_one_beside() {
    let mut stage =
        Stage::trusted(vec![module("flask", "3.0"), module("click", "8.0"), module("idna", "3.0")]);
    let [named, active, beside] = ["named", "active", ".venv"].map(|name| stage.world.venv(name));
    stage.world.ok(&["install", "flask"]);
    stage.world.set("VIRTUAL_ENV", &active);
    stage.world.ok(&["install", "click"]);
    stage.world.ok(&["install", "--venv", "named", "idna"]);
    let interpreter = named.join("bin/python");
    stage.world.ok(&["install", "--python", interpreter.to_str().unwrap(), "click"]);
    let installed = |venv: &Path| {
        let run = stage.world.ok(&["list", "--json", "--venv", venv.to_str().unwrap()]);
        texts(at(&run.json(), &["packages"]), "name")
    };
    assert_eq!(
        [installed(&beside), installed(&active), installed(&named)],
        [vec!["flask"], vec!["click"], vec!["click", "idna"]]
    );
}

#[test]
fn a_requirements_file_is_read_hashes_and_all() {
    let stage = Stage::trusted(vec![module("flask", "3.0").requires("click"), module("click", "8.0")]);
    stage.world.venv("v");
    let write = |text: &str| std::fs::write(stage.world.path("requirements.txt"), text).unwrap();
    let sha256 = packman_strict::Sha256::of(&module("click", "8.0").build().unwrap());
    write(&format!("# ours\nclick==8.0 --hash=sha256:{}\n", "0".repeat(64)));
    let from_file = install(&["-r", "requirements.txt"]);
    insta::assert_snapshot!(honest_no(&stage, "not-pinned", &from_file), @"error: `click-8.0-py3-none-any.whl` is vouched for with SHA-256 SHA256, which is none of the hashes you named");
    write("flask>=4\n");
    insta::assert_snapshot!(honest_no(&stage, "nothing-fits", &from_file), @"
    error: nothing fits
      because: you asked for `flask>=4` (requirements.txt:1)
               no release is `flask>=4`; there is 3.0
    ");
    write("git+https://example.org/flask.git\n");
    insta::assert_snapshot!(both(&stage.world, &from_file), @"
    error: `git+https://example.org/flask.git` (`requirements.txt`, line 1): it is a checkout of a version control system
      hint: build its wheel yourself (`pip wheel --no-deps`), then `packman curate add DIR NAME --from FOLDER --copy-files`
    ");
    write("# nothing yet\n");
    insta::assert_snapshot!(both(&stage.world, &from_file), @"error: `requirements.txt`: asks for nothing");
    write("flask; sys_platform == 'win32'\n");
    insta::assert_snapshot!(both(&stage.world, &from_file), @"
    not for this Python and platform, by its marker: `flask; sys_platform == 'win32'`
    nothing to do in ./v: nothing else was asked for
    ");
    write("flask; sys_platform == 'win32'\nclick\n");
    insta::assert_snapshot!(both(&stage.world, &[from_file.as_slice(), &["--dry-run"]].concat()), @"
    plan for ./v
      + click  8.0  954 B  [#] web  signed, compared  nobody reviewed
    1 package, 954 B to fetch
    ");
    let typed = install(&["flask; sys_platform == 'win32'", "click", "--dry-run"]);
    insta::assert_snapshot!(both(&stage.world, &typed), @"
    not for this Python and platform, by its marker: `flask; sys_platform == 'win32'`
    plan for ./v
      + click  8.0  954 B  [#] web  signed, compared  nobody reviewed
    1 package, 954 B to fetch
    ");
    let flask = packman_strict::Sha256::of(&module("flask", "3.0").requires("click").build().unwrap());
    write(&format!("flask>=3 --hash=sha256:{flask}\nclick==8.0 --hash=sha256:{sha256}\n"));
    stage.world.ok(&from_file);
    insta::assert_snapshot!(both(&stage.world, &from_file), @"nothing to do in ./v: what you asked for is there");
    insta::assert_snapshot!(both(&stage.world, &install(&["-r", "absent.txt"])), @"error: `absent.txt`: is not there");
}

#[test]
fn uninstalling_says_what_still_needs_it() {
    let stage = Stage::trusted(vec![module("flask", "3.0").requires("click>=8"), module("click", "8.0")]);
    stage.world.venv("v");
    stage.world.ok(&install(&["flask"]));
    insta::assert_snapshot!(both(&stage.world, &["uninstall", "--venv", "v", "click"]), @"
    removed click 8.0
    note: `flask` is still installed and needs `click>=8`
    ");
    insta::assert_snapshot!(both(&stage.world, &["uninstall", "--venv", "v", "click"]), @"
    error: `click` is not installed here
      hint: `packman list` shows what is
    ");
    insta::assert_snapshot!(both(&stage.world, &["uninstall", "--venv", "v", "flask"]), @"removed flask 3.0");
    insta::assert_snapshot!(both(&stage.world, &["list", "--venv", "v"]), @"nothing is installed in ./v");
}

#[test]
fn a_wheel_that_is_not_safe_is_refused_before_a_byte_is_written() {
    let stage = Stage::trusted(vec![module("flask", "3.0")]);
    let venv = stage.world.venv("v");
    // The wheel that was vouched for says other dependencies than its record: as if the scapegoat were fooled.
    let record = stage.world.path("db/projects/flask.json");
    let text = std::fs::read_to_string(&record).unwrap();
    let changed = text.replace("\"3.0\": {}", "\"3.0\": {\"requires-dist\": [\"idna\"]}");
    assert_ne!(text, changed, "{text}");
    std::fs::write(&record, changed).unwrap();
    stage.release(&[WheelDraft::new("idna", "3.0")]);
    let before = kept(&stage.world, Some(&venv));
    let run = stage.world.run(&install(&["flask"]));
    assert_eq!(run.code, 3, "{}", run.stderr);
    insta::assert_snapshot!(without_progress(&said(&stage.world, &run)), @"
    plan for ./v
      + idna   3.0  741 B  [#] web  signed, compared  nobody reviewed
      + flask  3.0  954 B  [#] web  signed, compared  nobody reviewed
    2 packages, 1.6 KiB to fetch
    error: `flask-3.0-py3-none-any.whl` refused
      because: METADATA: Requires-Dist is `nothing more`, but `idna` was vouched for
      hint: see `packman explain wheel-metadata-differs`
    ");
    let mut after = kept(&stage.world, Some(&venv));
    after.retain(|path, _| path.starts_with("venv"));
    assert!(
        after.iter().all(|(path, bytes)| before.get(path) == Some(bytes)),
        "the environment is as it was"
    );
}

#[test]
fn what_a_killed_change_left_is_cleared_away_even_when_there_is_nothing_to_do() {
    let stage = Stage::trusted(vec![module("flask", "3.0")]);
    let venv = stage.world.venv("v");
    stage.world.ok(&install(&["flask"]));
    let whole = snapshot(&venv);
    let modified = |path: &str| std::fs::metadata(venv.join(path)).unwrap().modified().unwrap();
    let before = modified("");
    assert_eq!(stage.world.ok(&install(&["flask"])).code, 0);
    assert_eq!(modified(""), before, "nothing is written where nothing is to be done");
    std::fs::create_dir_all(venv.join(".packman/new/lib")).unwrap();
    std::fs::write(venv.join(".packman/new/lib/half.py"), "half").unwrap();
    stage.world.ok(&install(&["flask"]));
    assert!(snapshot(&venv) == whole);
    assert!(!venv.join(".packman").exists());
}

/// Left by another program, or by a removal that was broken off: its files would be in the way of their own successors.
#[test]
fn what_is_there_in_pieces_is_not_installed_over() {
    let stage = Stage::trusted(vec![module("flask", "3.0"), module("flask", "3.1")]);
    let venv = stage.world.venv("v");
    stage.world.ok(&["install", "--venv", "v", "flask==3.0"]);
    let site =
        std::fs::read_dir(venv.join("lib")).unwrap().next().unwrap().unwrap().path().join("site-packages");
    std::fs::remove_file(site.join("flask-3.0.dist-info/METADATA")).unwrap();
    let before = snapshot(&venv);
    for requirement in ["flask", "flask==3.0"] {
        let run = stage.world.ends(1, "installed-without-record", &["install", "--venv", "v", requirement]);
        let said = said(&stage.world, &run);
        let (before_plan, after) =
            (said.lines().next().unwrap(), said.lines().skip_while(|line| !line.starts_with("error")));
        let said = [before_plan].into_iter().chain(after).collect::<Vec<_>>().join("\n");
        let python = site.parent().unwrap().file_name().unwrap().to_str().unwrap();
        insta::allow_duplicates! {
            insta::assert_snapshot!(said.replace(python, "python3.X"), @"
            warning: `./v/lib/python3.N/site-packages/flask-3.0.dist-info`: it has no METADATA
            error: `flask`: it is there, and what it says of itself cannot be read, so its files are not known
              hint: if another program installed it, remove it with that
              hint: a new environment is the safe way: `packman venv DIR`, then `--venv DIR`
            ");
        }
    }
    assert!(snapshot(&venv) == before);
    std::fs::remove_dir_all(site.join("flask-3.0.dist-info")).unwrap();
    std::fs::remove_dir_all(site.join("flask")).unwrap();
    stage.world.ok(&["install", "--venv", "v", "flask"]);
}
