//! `packman audit`: what was changed in an environment, and what nobody installed.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use testkit::packages::{module, web_tools};
use testkit::tools::{pip, program, python, uv_pip};
use testkit::world::{World, finish, snapshot};

use crate::support::{Stage, at, bare_world, plain, texts};

fn site(venv: &Path) -> PathBuf {
    let lib = fs::read_dir(venv.join("lib")).unwrap().next().unwrap().unwrap().path();
    lib.join("site-packages")
}

fn audit(world: &World) -> String {
    let run = world.run(&["audit", "--venv", "v"]);
    plain(world, &format!("{}{}", run.stdout, run.stderr)).trim_end().to_owned()
}

/// An environment with two packages of PackMan's, as it should be.
fn stage() -> (Stage, PathBuf) {
    let stage = Stage::trusted(vec![
        module("flask", "3.0").requires("click").command("flask", "flask:main"),
        module("click", "8.1").file("click/deep/text.py", "x = 1\n"),
    ]);
    let venv = stage.world.venv("v");
    stage.world.ok(&["install", "--venv", "v", "flask"]);
    (stage, site(&venv))
}

#[test]
fn finds_what_was_changed_and_what_nobody_recorded() {
    let (stage, site) = stage();
    insta::assert_snapshot!(audit(&stage.world), @"
    14 files are in ./v as recorded, 9 of them as vouched for, and no others were found where Python and shells take code
    not compared: 0 files of bytecode, the activate scripts, pyvenv.cfg, and who may write where
    ");
    fs::write(site.join("click/__init__.py"), "import os\n").unwrap();
    fs::remove_file(site.join("click/deep/text.py")).unwrap();
    fs::write(stage.world.path("v/bin/flask"), "#!/bin/sh\n").unwrap();
    fs::write(stage.world.path("v/bin/pip"), "#!/bin/sh\n").unwrap();
    fs::write(site.join("click/backdoor.py"), "").unwrap();
    fs::create_dir(site.join("evil")).unwrap();
    fs::write(site.join("evil/__init__.py"), "").unwrap();
    fs::write(site.join("evil/more.py"), "").unwrap();
    fs::create_dir(site.join("empty")).unwrap();
    fs::write(site.join("hook.pth"), "import os; os.system('true')\n").unwrap();
    fs::write(site.join("folders.pth"), "/tmp/elsewhere\n").unwrap();
    fs::write(site.join("sitecustomize.py"), "").unwrap();
    fs::create_dir(site.join("usercustomize")).unwrap();
    fs::write(site.join("usercustomize/__init__.py"), "").unwrap();
    fs::write(site.join("_virtualenv.py"), "import os\n").unwrap();
    symlink("/etc", site.join("elsewhere")).unwrap();
    let before = snapshot(&stage.world.path("v"));
    insta::assert_snapshot!(audit(&stage.world), @"
    command     flask  bin/flask                                        starts a shell that does more than to start Python
    unrecorded  -      bin/pip                                          nobody recorded it
    startup     -      lib/python3.N/site-packages/_virtualenv.py      nobody recorded it, and it runs code whenever Python starts
    differs     click  lib/python3.N/site-packages/click/__init__.py   is not the file that was vouched for
    unrecorded  -      lib/python3.N/site-packages/click/backdoor.py   nobody recorded it
    missing     click  lib/python3.N/site-packages/click/deep/text.py  what was vouched for brings it, and it is not there
    unrecorded  -      lib/python3.N/site-packages/elsewhere           nobody recorded it
    unrecorded  -      lib/python3.N/site-packages/evil/               nobody recorded it, 2 files
    startup     -      lib/python3.N/site-packages/folders.pth         nobody recorded it, and it adds folders whenever Python starts
    startup     -      lib/python3.N/site-packages/hook.pth            nobody recorded it, and it runs code whenever Python starts
    startup     -      lib/python3.N/site-packages/sitecustomize.py    nobody recorded it, and it runs code whenever Python starts
    startup     -      lib/python3.N/site-packages/usercustomize/      nobody recorded it, and it runs code whenever Python starts
    not compared: 0 files of bytecode, the activate scripts, pyvenv.cfg, and who may write where
    error: 12 findings in `./v`
      hint: look at each before you run anything from there
      hint: `packman venv` makes another environment, into which `packman install` puts it anew
    ");
    stage.world.ends(1, "findings", &["audit", "--venv", "v"]);
    assert_eq!(snapshot(&stage.world.path("v")), before, "an audit only looks");
}

/// What an intruder may put in the place of a part of the environment itself; none of it is run.
#[test]
fn finds_what_took_the_place_of_the_environments_own() {
    let (stage, site) = stage();
    let (world, venv) = (&stage.world, stage.world.path("v"));
    let ran = world.path("ran");
    let put_script = |path: PathBuf| {
        fs::remove_file(&path).unwrap();
        fs::write(&path, format!("#!/bin/sh\n: > '{}'\n", ran.display())).unwrap();
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    };
    let kinds = || {
        let run = world.run(&["audit", "--venv", "v", "--json"]);
        let json = run.json();
        let findings = at(&json, &["findings"]);
        let kinds = texts(findings, "kind").into_iter().zip(texts(findings, "path"));
        kinds.map(|(kind, path)| format!("{kind} {path}")).collect::<Vec<_>>()
    };
    assert_eq!(kinds(), [""; 0]);
    // A copy is no finding.
    let python = venv.join("bin/python");
    let base = python.canonicalize().unwrap();
    fs::remove_file(&python).unwrap();
    fs::copy(&base, &python).unwrap();
    assert_eq!(kinds(), [""; 0]);
    put_script(python);
    let module = site.join("click/__init__.py");
    fs::rename(&module, world.path("outside.py")).unwrap();
    symlink(world.path("outside.py"), &module).unwrap();
    let _ = fs::remove_file(venv.join("lib64"));
    fs::create_dir(venv.join("lib64")).unwrap();
    fs::write(venv.join("lib64/sitecustomize.py"), "").unwrap();
    let found: Vec<_> = kinds().into_iter().filter(|found| !found.contains("bin/python3")).collect();
    let link = module.strip_prefix(&venv).unwrap().display();
    let wanted = ["interpreter bin/python".to_owned(), format!("linked {link}"), "no-link lib64/".to_owned()];
    assert_eq!(found, wanted);
    for command in ["list", "freeze", "tree"] {
        world.ok(&[command, "--venv", "v"]);
    }
    assert!(!ran.exists(), "nothing of the environment was run");
}

#[test]
fn what_records_say_of_themselves_is_looked_at() {
    let (stage, site) = stage();
    let record = site.join("click-8.1.dist-info/RECORD");
    let text = fs::read_to_string(&record).unwrap();
    let digest = "md5=1B2M2Y8AsgTpgAmY7PhCfg";
    let lines: Vec<String> = text
        .lines()
        .map(|line| match line {
            line if line.starts_with("click/deep") => format!("click/deep/text.py,{digest},6"),
            line if line.starts_with("click/__init__") => "click/__init__.py,,".to_owned(),
            line => line.to_owned(),
        })
        .chain(["../../../../../outside,,".to_owned(), "../../../pyvenv.cfg,,".to_owned()])
        .collect();
    fs::write(&record, lines.join("\n")).unwrap();
    fs::write(site.join("flask-3.0.dist-info/RECORD"), "no rows").unwrap();
    fs::create_dir(site.join("old-1.0.dist-info")).unwrap();
    fs::write(site.join("old-1.0.dist-info/METADATA"), "Name: old\nVersion: 1.0\n").unwrap();
    fs::create_dir(site.join("broken-1.0.dist-info")).unwrap();
    insta::assert_snapshot!(audit(&stage.world), @"
    unvouched   old    lib/python3.N/site-packages/old-1.0.dist-info/          no database that you trust vouches for it
    escapes     click  ../../../../../outside                                   RECORD names what no project may own
    escapes     click  ../../../pyvenv.cfg                                      RECORD names what no project may own
    unrecorded  -      bin/flask                                                nobody recorded it
    unreadable  -      lib/python3.N/site-packages/broken-1.0.dist-info        cannot be read: it has no METADATA
    no-hash     click  lib/python3.N/site-packages/click/__init__.py           RECORD has no SHA-256 of it, found `none`
    no-hash     click  lib/python3.N/site-packages/click/deep/text.py          RECORD has no SHA-256 of it, found `md5`
    unreadable  flask  lib/python3.N/site-packages/flask-3.0.dist-info/RECORD  cannot be read: line 1: found fewer than three fields, wanted path, hash and size
    unrecorded  -      lib/python3.N/site-packages/flask/                      nobody recorded it
    no-record   old    lib/python3.N/site-packages/old-1.0.dist-info           keeps no list of its files
    not compared: 0 files of bytecode, the activate scripts, pyvenv.cfg, and who may write where
    warning: `./v/lib/python3.N/site-packages/broken-1.0.dist-info`: it has no METADATA
    error: 10 findings in `./v`
      hint: look at each before you run anything from there
      hint: `packman venv` makes another environment, into which `packman install` puts it anew
    ");
}

/// A project that is built by a few lines of its own, so that no tool needs to be fetched.
fn source(world: &World) -> PathBuf {
    let folder = world.path("here");
    fs::create_dir_all(folder.join("src/here")).unwrap();
    fs::write(folder.join("src/here/__init__.py"), "").unwrap();
    let settings = "[build-system]\nrequires = []\nbuild-backend = \"backend\"\nbackend-path = [\".\"]\n\
                    [project]\nname = \"here\"\nversion = \"1.0\"\n";
    fs::write(folder.join("pyproject.toml"), settings).unwrap();
    let backend = "import base64, hashlib, os, zipfile\n\
        def build_editable(folder, config_settings=None, metadata_directory=None):\n\
        \x20   name = 'here-1.0-py3-none-any.whl'\n\
        \x20   info = 'here-1.0.dist-info/'\n\
        \x20   files = {'here.pth': os.path.abspath('src'), info + 'METADATA': 'Metadata-Version: 2.1\\nName: here\\nVersion: 1.0\\n',\n\
        \x20       info + 'WHEEL': 'Wheel-Version: 1.0\\nGenerator: x\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n'}\n\
        \x20   with zipfile.ZipFile(os.path.join(folder, name), 'w') as archive:\n\
        \x20       for path, text in files.items(): archive.writestr(path, text)\n\
        \x20       digest = lambda text: base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip('=')\n\
        \x20       rows = [f'{path},sha256={digest(text)},{len(text)}\\n' for path, text in files.items()]\n\
        \x20       archive.writestr(info + 'RECORD', ''.join(rows) + info + 'RECORD,,\\n')\n\
        \x20   return name\n";
    fs::write(folder.join("backend.py"), backend).unwrap();
    folder
}

/// Wheels of some packages, in a folder.
fn wheels(world: &World) -> Vec<String> {
    web_tools()
        .iter()
        .map(|draft| {
            let path = world.path(&draft.file_name());
            fs::write(&path, draft.build().unwrap()).unwrap();
            path.display().to_string()
        })
        .collect()
}

/// Imports, and so makes bytecode; nothing of the environment may be run by the audit that follows.
fn use_it(venv: &Path) {
    let run = finish(
        std::process::Command::new(venv.join("bin/python")).args(["-c", "import flask, here, requests"]),
    );
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(site(venv).join("flask/__pycache__").is_dir(), "bytecode is there");
}

#[test]
fn an_honest_environment_of_pip_gives_no_false_finding() {
    let world = bare_world();
    let venv = world.path("v");
    let run = world.other(&python(), &["-m", "venv", "v"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let files = wheels(&world);
    let mut arguments = vec!["install", "--no-index", "--no-deps"];
    arguments.extend(files.iter().map(String::as_str));
    assert_eq!(pip(&venv, &arguments).code, 0);
    let folder = source(&world);
    let run = pip(&venv, &["install", "--no-index", "--no-deps", "-e", folder.to_str().unwrap()]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    use_it(&venv);
    // pip itself, and what it brings, is bytecode by now too.
    let own = finish(std::process::Command::new(venv.join("bin/pip")).arg("--version"));
    assert_eq!(own.code, 0, "{}", own.stderr);
    honest(&world);
}

#[test]
fn an_honest_environment_of_uv_gives_no_false_finding() {
    let world = bare_world();
    let venv = world.path("v");
    let uv = program("uv");
    let run = world.other(
        &uv,
        &["venv", "--offline", "--no-config", "--seed", "v", "--python", python().to_str().unwrap()],
    );
    // Seeding needs pip from somewhere; without one the environment is bare.
    if run.code != 0 {
        let run = world.other(
            &uv,
            &["venv", "--offline", "--no-config", "--clear", "v", "--python", python().to_str().unwrap()],
        );
        assert_eq!(run.code, 0, "{}", run.stderr);
    }
    let files = wheels(&world);
    let mut arguments = vec!["--no-deps", "--compile-bytecode", "--link-mode", "copy"];
    arguments.extend(files.iter().map(String::as_str));
    let run = uv_pip(&venv, "install", &arguments);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let folder = source(&world);
    let run = uv_pip(&venv, "install", &["--no-deps", "-e", folder.to_str().unwrap()]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    use_it(&venv);
    honest(&world);
}

#[track_caller]
fn honest(world: &World) {
    let run = world.ok(&["audit", "--venv", "v", "--json"]);
    let json = run.json();
    assert_eq!(texts(at(&json, &["findings"]), "path"), [""; 0]);
    let notes: Vec<_> = texts(at(&json, &["notes"]), "kind")
        .into_iter()
        .zip(texts(at(&json, &["notes"]), "project"))
        .collect();
    // Where setuptools came with pip, its own hook is said as what it is.
    let (hooks, others): (Vec<_>, Vec<_>) =
        notes.into_iter().partition(|(_, project)| project == "setuptools");
    assert!(hooks.iter().all(|(kind, _)| kind == "runs-at-start"), "{hooks:?}");
    assert_eq!(others, [("editable".to_owned(), "here".to_owned())]);
}

#[test]
fn an_audit_runs_no_code_of_the_environment() {
    let (stage, site) = stage();
    let trap = stage.world.path("trapped");
    let code = format!("import os; os.close(os.open({:?}, os.O_CREAT))\n", trap.to_str().unwrap());
    fs::write(site.join("hook.pth"), &code).unwrap();
    fs::write(site.join("sitecustomize.py"), &code).unwrap();
    stage.world.clear_cache();
    stage.world.ends(1, "findings", &["audit", "--venv", "v"]);
    assert!(!trap.exists());
    stage.world.python(&stage.world.path("v"), "1");
    assert!(trap.exists(), "the trap works");
}

#[test]
fn the_patch_of_virtualenv_is_known_by_its_content() {
    let (stage, site) = stage();
    fs::write(site.join("_virtualenv.pth"), "import _virtualenv").unwrap();
    fs::write(site.join("_virtualenv.py"), "import os\n").unwrap();
    let run = stage.world.ends(1, "findings", &["audit", "--venv", "v"]);
    let json = run.json();
    assert_eq!(texts(at(&json, &["findings"]), "kind"), ["startup"]);
    assert_eq!(texts(at(&json, &["notes"]), "kind"), ["made-with-environment"]);
}

/// A file of an environment may be as large as a disk; it is read with little memory. Its blocks are nowhere.
#[cfg(target_os = "linux")]
#[test]
fn a_large_file_takes_little_memory() {
    const ROOM: &str = "ulimit -v 180000; exec \"$@\"";
    let stage = Stage::trusted(vec![module("flask", "3.0")]);
    let venv = stage.world.venv("v");
    stage.world.ok(&["install", "--venv", "v", "--link-mode", "copy", "flask"]);
    let files = snapshot(&venv);
    let module = files.keys().find(|path| path.ends_with("flask/__init__.py") || path.ends_with("flask.py"));
    let module = fs::File::options().write(true).open(venv.join(module.unwrap())).unwrap();
    module.set_len(256 << 20).unwrap();
    let mut audit = stage.world.other_command(Path::new("sh"));
    audit.args(["-c", ROOM, "sh", env!("CARGO_BIN_EXE_packman"), "audit", "--venv", "v"]);
    let run = finish(&mut audit);
    assert_eq!(run.code, 1, "{}{}", run.stdout, run.stderr);
}

/// What an environment sees beyond itself is nobody's finding, and is told.
#[test]
fn an_environment_that_sees_the_python_below_says_so() {
    let (stage, _) = stage();
    let settings = stage.world.path("v/pyvenv.cfg");
    let text = fs::read_to_string(&settings).unwrap();
    let said = "include-system-site-packages = false";
    assert!(text.contains(said), "{text}");
    fs::write(&settings, text.replace(said, "include-system-site-packages = true")).unwrap();
    insta::assert_snapshot!(audit(&stage.world), @"
    note  -  pyvenv.cfg  lets it see the packages of the Python below, which are not looked at
    14 files are in ./v as recorded, 9 of them as vouched for, and no others were found where Python and shells take code
    not compared: 0 files of bytecode, the activate scripts, pyvenv.cfg, and who may write where
    ");
    let run = stage.world.ok(&["audit", "--venv", "v", "--json"]);
    assert_eq!(texts(at(&run.json(), &["notes"]), "kind"), ["sees-below"]);
}
