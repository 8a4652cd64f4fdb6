//! `packman audit` against what a trusted database vouches for: what an intruder changes together with its RECORD.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use packman_machine::loopback::Answer;
use packman_strict::Sha256;
use testkit::packages::{module, web_tools};
use testkit::tools::{pip, uv_pip};
use testkit::world::{World, finish, snapshot};

use crate::support::{Stage, at, plain, sign_and_publish, texts};

fn site(venv: &Path) -> PathBuf {
    let lib = fs::read_dir(venv.join("lib")).unwrap().next().unwrap().unwrap().path();
    lib.join("site-packages")
}

/// An environment that pip filled with what the database vouches for.
fn filled_by_pip() -> (Stage, PathBuf) {
    let stage = Stage::trusted(web_tools());
    let venv = stage.world.venv("v");
    let files = wheels(&stage.world);
    let mut arguments = vec!["install", "--no-index", "--no-deps"];
    arguments.extend(files.iter().map(String::as_str));
    let run = pip(&venv, &arguments);
    assert_eq!(run.code, 0, "{}", run.stderr);
    (stage, site(&venv))
}

/// The wheels that the database vouches for, in a folder.
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

/// The findings of an audit, a line each.
fn findings(world: &World) -> Vec<String> {
    let run = world.run(&["audit", "--venv", "v", "--json"]);
    assert!(run.code <= 1, "{}{}", run.stdout, run.stderr);
    let json = run.json();
    let findings = at(&json, &["findings"]);
    let line = |((kind, path), why): ((String, String), String)| {
        let path = path.rsplit_once("site-packages/").map_or(path.clone(), |(_, path)| path.to_owned());
        plain(world, &format!("{kind} {path}: {why}"))
    };
    let kinds = texts(findings, "kind").into_iter().zip(texts(findings, "path")).zip(texts(findings, "why"));
    let found: Vec<String> = kinds.map(line).collect();
    assert_eq!(run.code, i32::from(!found.is_empty()), "{found:?}");
    found
}

/// Writes a file, and its row in RECORD as a careful intruder would.
fn change_with_record(site: &Path, record: &str, path: &str, text: &str) {
    let file = site.join(path);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, text).unwrap();
    let record = site.join(record).join("RECORD");
    let old = fs::read_to_string(&record).unwrap();
    let rows = old.lines().filter(|row| !row.starts_with(&format!("{path},")));
    let row = format!("{path},sha256={},{}", base64(&Sha256::of(text.as_bytes())), text.len());
    let rows: Vec<String> = rows.map(str::to_owned).chain([row]).collect();
    fs::write(&record, rows.join("\n") + "\n").unwrap();
}

fn base64(digest: &Sha256) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for three in digest.as_bytes().chunks(3) {
        let mut bits = three.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte));
        bits <<= 8 * (3 - three.len());
        for place in 0..=three.len() {
            text.push(char::from(DIGITS[(bits >> (18 - 6 * place) & 63) as usize]));
        }
    }
    text
}

#[test]
fn what_pip_and_uv_install_is_as_it_was_vouched_for() {
    let (stage, _) = filled_by_pip();
    assert_eq!(findings(&stage.world), [""; 0]);
    let run = stage.world.ok(&["audit", "--venv", "v"]);
    insta::assert_snapshot!(plain(&stage.world, &run.stdout), @"
    77 files are in ./v as recorded, 41 of them as vouched for, and no others were found where Python and shells take code
    not compared: 0 files of bytecode, the activate scripts, pyvenv.cfg, and who may write where
    ");
    fs::remove_dir_all(stage.world.path("v")).unwrap();
    let venv = stage.world.venv("v");
    let files = wheels(&stage.world);
    let mut arguments = vec!["--no-deps", "--compile-bytecode", "--link-mode", "copy"];
    arguments.extend(files.iter().map(String::as_str));
    let run = uv_pip(&venv, "install", &arguments);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(findings(&stage.world), [""; 0]);
    // Python's own bytecode, at each level.
    for level in ["", "-O", "-OO"] {
        let mut import = std::process::Command::new(venv.join("bin/python"));
        import.args(level.split_terminator(' ')).args(["-c", "import flask, flask.cli, requests"]);
        let run = finish(&mut import);
        assert_eq!(run.code, 0, "{}", run.stderr);
    }
    assert!(site(&venv).join("flask/__pycache__").is_dir());
    assert_eq!(findings(&stage.world), [""; 0]);
    let run = stage.world.ok(&["audit", "--venv", "v", "--json"]);
    let json = run.json();
    assert_eq!(at(&json, &["bytecode-not-compared"]).as_u64(), Some(0));
    assert!(at(&json, &["bytecode-compared"]).as_u64().unwrap() > 12);
}

#[test]
fn a_module_that_was_changed_with_its_row_is_found_by_the_signed_record_alone() {
    let (stage, site) = filled_by_pip();
    change_with_record(&site, "flask-3.1.0.dist-info", "flask/cli.py", "import os\n");
    let changed = "differs flask/cli.py: is not the file that was vouched for";
    assert_eq!(findings(&stage.world), [changed]);
    // Nobody is trusted any more: nothing but RECORD is left to compare with.
    stage.world.ok(&["trust", "remove", "web"]);
    assert_eq!(findings(&stage.world), [""; 0]);
}

#[test]
fn a_file_that_was_added_with_a_row_is_found() {
    let (stage, site) = filled_by_pip();
    change_with_record(&site, "flask-3.1.0.dist-info", "flask/backdoor.py", "import os\n");
    change_with_record(&site, "click-8.1.8.dist-info", "evil.pth", "import os\n");
    change_with_record(&site, "click-8.1.8.dist-info", "click-8.1.8.dist-info/direct_url.json", "no json");
    assert_eq!(
        findings(&stage.world),
        [
            "installers click-8.1.8.dist-info/direct_url.json: has the name of a file of installers, and does not say what \
             they write",
            "added evil.pth: RECORD names it, and what was vouched for does not bring it",
            "added flask/backdoor.py: RECORD names it, and what was vouched for does not bring it",
        ]
    );
}

/// Compiles another module and puts its bytecode in the place of one that stays as it is.
fn plant(venv: &Path, module: &Path, how: &str) {
    let module = module.display();
    let script = format!(
        "import importlib.util, marshal, os, struct, sys\n\
         path = '{module}'\nabout = os.stat(path)\n\
         target = importlib.util.cache_from_source(path)\nos.makedirs(os.path.dirname(target), exist_ok=True)\n\
         code = marshal.dumps(compile('evil = 1', path, 'exec'))\n\
         time = struct.pack('<III', 0, int(about.st_mtime), about.st_size)\n\
         head = {{'time': time, 'unchecked': struct.pack('<I', 1) + bytes(8), 'stale': struct.pack('<III', 0, 1, 1)}}[{how:?}]\n\
         open(target, 'wb').write(importlib.util.MAGIC_NUMBER + head + code)\n"
    );
    let run = finish(std::process::Command::new(venv.join("bin/python")).args(["-I", "-S", "-c", &script]));
    assert_eq!(run.code, 0, "{}", run.stderr);
}

#[test]
fn bytecode_that_was_planted_beside_an_intact_module_is_found() {
    let (stage, site) = filled_by_pip();
    let venv = stage.world.path("v");
    let found = |how: &str| {
        plant(&venv, &site.join("flask/cli.py"), how);
        findings(&stage.world).join("\n")
    };
    let planted = found("time");
    assert!(planted.starts_with("bytecode flask/__pycache__/cli.cpython-3"), "{planted}");
    assert!(
        planted.ends_with(".pyc: would be loaded, and is not what Python makes of its module"),
        "{planted}"
    );
    assert_eq!(found("unchecked"), planted);
    // Python does not load it.
    assert_eq!(found("stale"), "");
}

#[test]
fn a_command_that_does_more_is_found_however_its_row_was_changed() {
    let (stage, site) = filled_by_pip();
    let venv = stage.world.path("v");
    for (path, text) in
        [("bin/flask", "import os\nos.system('true')\n"), ("bin/requests-hello", "import os\n")]
    {
        let old = fs::read_to_string(venv.join(path)).unwrap();
        let (first, rest) = old.split_once('\n').unwrap();
        let record = if path == "bin/flask" { "flask-3.1.0.dist-info" } else { "requests-2.32.3.dist-info" };
        change_with_record(&site, record, &format!("../../../{path}"), &format!("{first}\n{text}{rest}"));
    }
    assert_eq!(
        findings(&stage.world),
        [
            "command bin/flask: does more, or something else, than to call `main` of `flask.cli`",
            "differs bin/requests-hello: is not the file that was vouched for",
        ]
    );
    fs::set_permissions(venv.join("bin/flask"), fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn what_no_database_knows_is_found_whatever_it_calls_itself() {
    let (stage, site) = filled_by_pip();
    let rename = |from: &str, to: &str| {
        let metadata = site.join("flask-3.1.0.dist-info/METADATA");
        let text = fs::read_to_string(&metadata).unwrap();
        assert!(text.contains(from), "{text}");
        change_with_record(
            &site,
            "flask-3.1.0.dist-info",
            "flask-3.1.0.dist-info/METADATA",
            &text.replacen(from, to, 1),
        );
        findings(&stage.world).join("\n")
    };
    let version = rename("Version: 3.1.0", "Version: 3.0");
    assert_eq!(version, "unvouched flask-3.1.0.dist-info/: `web` vouches for no wheel of 3.0");
    let name = rename("Name: Flask", "Name: harmless");
    assert_eq!(name, "unvouched flask-3.1.0.dist-info/: no database that you trust vouches for it");
    rename("Name: harmless", "Name: Flask");
    rename("Version: 3.0", "Version: 3.1.0");
    let wheel = site.join("flask-3.1.0.dist-info/WHEEL");
    let text = fs::read_to_string(&wheel).unwrap() + "Build: 1\n";
    change_with_record(&site, "flask-3.1.0.dist-info", "flask-3.1.0.dist-info/WHEEL", &text);
    assert_eq!(
        findings(&stage.world),
        ["unvouched flask-3.1.0.dist-info/: is not the wheel of 3.1.0 that `web` vouches for"]
    );
}

#[test]
fn the_facts_of_another_version_do_not_vouch_for_files() {
    let (stage, site) = filled_by_pip();
    stage.release(&[module("click", "8.2")]);
    // The modules of 8.1.8 under the facts of 8.2, as they are signed.
    let draft = module("click", "8.2");
    let file = stage.world.path(&draft.file_name());
    fs::write(&file, draft.build().unwrap()).unwrap();
    let old = fs::read(site.join("click/__init__.py")).unwrap();
    let run = pip(&stage.world.path("v"), &["install", "--no-index", "--no-deps", file.to_str().unwrap()]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(findings(&stage.world), [""; 0]);
    let text = String::from_utf8(old).unwrap();
    change_with_record(&site, "click-8.2.dist-info", "click/__init__.py", &text);
    assert_eq!(findings(&stage.world), ["differs click/__init__.py: is not the file that was vouched for"]);
}

#[test]
fn a_recalled_file_is_found_where_pip_installed_it() {
    let (stage, _) = filled_by_pip();
    let recall = ["curate", "recall", "db", "flask==3.1.0", "--reason", "it sends your keys away"];
    stage.world.ok(&[&recall[..], &["--advice", "change your keys"]].concat());
    sign_and_publish(&stage.world);
    assert_eq!(
        findings(&stage.world),
        [
            "recalled flask-3.1.0.dist-info/: flask 3.1.0 was recalled by `web`: it sends your keys away; change your keys"
        ]
    );
}

#[test]
fn nothing_but_the_records_of_what_is_installed_is_asked_for() {
    let (stage, _) = filled_by_pip();
    stage.mirror.take_asked();
    stage.world.ok(&["audit", "--venv", "v"]);
    let asked = stage.mirror.take_asked();
    let blobs: Vec<&String> = asked.iter().filter(|path| path.contains("blobs/")).collect();
    assert_eq!(blobs.len(), web_tools().len());
    assert!(blobs.iter().all(|path| path.ends_with("/RECORD")), "{blobs:?}");
    stage.world.ok(&["audit", "--venv", "v", "--offline"]);
    assert_eq!(stage.mirror.take_asked(), [""; 0], "they are kept");
    let run = stage.world.ok(&["audit", "--venv", "v", "--json", "--offline"]);
    let json = run.json();
    assert_eq!(texts(at(&json, &["not-covered"]), "why"), [""; 0]);
    stage.world.clear_cache();
    let run = stage.world.ok(&["audit", "--venv", "v", "--json", "--offline"]);
    let json = run.json();
    assert!(!texts(at(&json, &["not-covered"]), "why").is_empty(), "what was not compared is said");
}

#[test]
fn what_was_recalled_is_moved_out_of_the_way_and_back() {
    let (stage, site) = filled_by_pip();
    let (world, venv) = (&stage.world, stage.world.path("v"));
    let import = || {
        let mut import = std::process::Command::new(venv.join("bin/python"));
        finish(import.args(["-B", "-c", "import flask"])).code
    };
    let before = snapshot(&venv);
    world.ends(1, "not-recalled-here", &["audit", "--venv", "v", "--disable", "flask"]);
    world.ok(&["curate", "recall", "db", "flask==3.1.0", "--reason", "it sends your keys away"]);
    sign_and_publish(world);
    world.ends(1, "not-recalled-here", &["audit", "--venv", "v", "--disable", "flask", "--disable", "click"]);
    assert_eq!(snapshot(&venv), before, "none or all");
    let run = world.ok(&["audit", "--venv", "v", "--disable", "flask"]);
    assert!(run.stdout.starts_with("flask 3.1.0 is out of the way in .packman-disabled;"), "{}", run.stdout);
    assert!(!site.join("flask").exists() && !venv.join("bin/flask").exists());
    assert_eq!(import(), 1);
    assert_eq!(findings(world), [""; 0]);
    world.ends(1, "not-disabled", &["audit", "--venv", "v", "--enable", "click"]);
    // Nothing is put onto a file that came since.
    fs::write(venv.join("bin/flask"), "mine").unwrap();
    world.ends(1, "file-in-the-way", &["audit", "--venv", "v", "--enable", "flask"]);
    fs::remove_file(venv.join("bin/flask")).unwrap();
    world.ok(&["audit", "--venv", "v", "--enable", "flask"]);
    assert_eq!(snapshot(&venv), before);
    assert_eq!(findings(world).len(), 1, "it is still recalled");
    // Whoever can write there moves nothing out of the environment by it.
    world.ok(&["audit", "--venv", "v", "--disable", "flask"]);
    let note = venv.join(".packman-disabled/flask-3.1.0/disabled.json");
    let text = fs::read_to_string(&note).unwrap();
    for path in ["../outside", "bin/python", "pyvenv.cfg", ".packman/journal"] {
        fs::write(&note, text.replace("bin/flask", path)).unwrap();
        world.ends(3, "environment-damaged", &["audit", "--venv", "v", "--enable", "flask"]);
    }
}

/// Whoever changes an environment may hold the mirror, too.
#[test]
fn a_record_that_was_not_signed_is_not_compared_with() {
    let (stage, site) = filled_by_pip();
    change_with_record(&site, "flask-3.1.0.dist-info", "flask/cli.py", "import os\n");
    let flask = web_tools().into_iter().find(|draft| draft.name == "Flask").unwrap();
    let path = format!("blobs/{}/RECORD", Sha256::of(&flask.build().unwrap()));
    let forged = fs::read_to_string(site.join("flask-3.1.0.dist-info/RECORD")).unwrap();
    stage.mirror.lie(&path, Answer::page("text/plain", forged));
    let run = stage.world.ok(&["audit", "--venv", "v", "--json"]);
    let json = run.json();
    assert_eq!(texts(at(&json, &["not-covered"]), "project"), ["flask"]);
    let why = texts(at(&json, &["not-covered"]), "why").join("");
    assert!(why.contains("gave something else"), "{why}");
    stage.mirror.be_honest();
    assert_eq!(findings(&stage.world), ["differs flask/cli.py: is not the file that was vouched for"]);
}
