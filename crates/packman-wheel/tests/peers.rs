//! What Python, pip and uv make of an environment that we changed, and we of one that they changed.
//!
//! Needs `target/tools`, a virtual environment with pip and uv that `cargo xtask tools` makes; without it these
//! tests fail, since a comparison that was not made proves nothing.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::cast_possible_truncation,
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a test may fail loudly, and these start other programs"
)]

mod support;

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use packman_names::PythonVersion;
use packman_strict::Sha256;
use packman_strict::time::Time;
use packman_wheel::make::WheelDraft;
use packman_wheel::{Amendment, Area, Change, EnvironmentLock, Install, Receipt, Scheme, installed, plan};
use support::{Scratch, picture};

/// Reads every RECORD with Python's own csv, and compares each row with the file.
const AUDIT: &str = r#"
import base64, csv, hashlib, pathlib, sys, sysconfig
site = pathlib.Path(sysconfig.get_path("purelib"))
for record in site.glob("*.dist-info/RECORD"):
    rows = list(csv.reader(record.open(newline="", encoding="utf-8")))
    assert len({row[0] for row in rows}) == len(rows), "two rows for one file"
    for path, digest, size in rows:
        data = (site / path).read_bytes()
        if path.endswith(".dist-info/RECORD"):
            assert digest == size == ""
            continue
        found = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        assert digest == "sha256=" + found, path
        assert size == str(len(data)), path
"#;

/// A virtual environment made by Python, in a folder of that name.
struct Venv {
    scratch: Scratch,
    tools: PathBuf,
}

impl Venv {
    fn make(name: &str) -> Self {
        let tools = testkit::tools::python().with_file_name("");
        let mut scratch = Scratch::new();
        let prefix = fs::canonicalize(scratch.folder.path()).unwrap().join("peers").join(name);
        run(Command::new(tools.join("python")).args(["-m", "venv", "--without-pip"]).arg(&prefix));
        let ask = "import sys; print('%d.%d' % sys.version_info[:2])";
        let version = run(Command::new(prefix.join("bin/python")).args(["-c", ask]));
        scratch.scheme = Scheme::of_venv(&prefix, PythonVersion::parse(version.trim()).unwrap());
        Self { scratch, tools }
    }

    fn install(&self) {
        let drafts = [
            WheelDraft::new("Peer.One", "1.0")
                .file(
                    "peer_one/__init__.py",
                    "import peer_two\ndef main():\n    print('one', peer_two.NUMBER)\n    return 3\n",
                )
                .file("peer_one/odd, \"name\".txt", "odd")
                .data(
                    Area::Scripts,
                    "peer-tool",
                    "#!python\nimport sys, peer_one\nprint('tool', sys.argv[1:])\n",
                )
                .data(Area::Headers, "peer.h", "int peer;\n")
                .data(Area::Data, "share/peer/x", "x")
                .command("peer-one", "peer_one:main")
                .requires("peer-two>=2"),
            WheelDraft::new("peer-two", "2").file("peer_two.py", "NUMBER = 2\n"),
        ];
        let receipt = Receipt {
            database: "peers".into(),
            number: "00000".into(),
            assurance: "signed, compared".into(),
            padlock: "closed".to_owned(),
            review: "nobody reviewed".into(),
            accepted: Vec::new(),
            file: "x".into(),
            sha256: Sha256::of(b""),
            installed: Time::from_seconds(0),
            by: "packman".into(),
        };
        let one = |draft| Install {
            unpacked: self.scratch.unpack(draft),
            requested: true,
            receipt: Some(receipt.clone()),
        };
        let change = Change { install: drafts.iter().map(one).collect(), ..Change::default() };
        let lock = EnvironmentLock::take(&self.scratch.scheme).unwrap();
        plan(&lock, change).unwrap().apply(&()).unwrap();
    }

    fn python(&self) -> Command {
        Command::new(&self.scratch.scheme.python)
    }

    fn pip(&self) -> Command {
        let mut pip = Command::new(self.tools.join("python"));
        pip.args(["-m", "pip", "--disable-pip-version-check", "--no-input", "--python"])
            .arg(&self.scratch.scheme.python);
        pip
    }

    fn uv(&self, verb: &str) -> Command {
        let mut uv = Command::new(self.tools.join("uv"));
        uv.env("UV_CACHE_DIR", self.scratch.folder.path().join("uv")).env("UV_NO_CONFIG", "1");
        uv.args(["--offline", "pip", verb, "--python"]).arg(&self.scratch.scheme.python);
        uv
    }

    /// Every file, but those that uv keeps for itself.
    fn files(&self) -> Vec<String> {
        let all = picture(&self.scratch.scheme.prefix).into_iter();
        all.filter(|(path, what)| !what.starts_with("folder") && path != ".lock")
            .map(|(path, _)| path)
            .collect()
    }
}

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn python_finds_and_runs_what_we_installed() {
    let long = format!("long {}", "x".repeat(120));
    for name in ["venv", "my venv", &long] {
        let venv = Venv::make(name);
        venv.install();
        run(venv.python().args(["-c", AUDIT]));
        let bin = &venv.scratch.scheme.scripts;
        let output = Command::new(bin.join("peer-one")).output().unwrap();
        assert_eq!(
            (output.status.code(), output.stdout.as_slice()),
            (Some(3), b"one 2\n".as_slice()),
            "{name}"
        );
        assert_eq!(run(Command::new(bin.join("peer-tool")).args(["a b", "c"])), "tool ['a b', 'c']\n");
    }
}

#[test]
fn pip_checks_lists_and_uninstalls_what_we_installed() {
    let venv = Venv::make("venv");
    let before = venv.files();
    venv.install();
    run(venv.pip().arg("check"));
    let listed = run(venv.pip().args(["list", "--verbose", "--format", "json"]));
    assert!(listed.contains("\"installer\": \"packman\""), "{listed}");
    run(venv.python().args(["-m", "compileall", "-q"]).arg(&venv.scratch.scheme.purelib));
    run(venv.pip().args(["uninstall", "--yes", "peer.one", "peer-two"]));
    assert_eq!(venv.files(), before);
}

#[test]
fn uv_checks_lists_and_uninstalls_what_we_installed() {
    let venv = Venv::make("venv");
    let before = venv.files();
    venv.install();
    run(&mut venv.uv("check"));
    let listed = run(&mut venv.uv("freeze"));
    assert_eq!(listed, "peer-one==1.0\npeer-two==2\n");
    run(venv.python().args(["-m", "compileall", "-q"]).arg(&venv.scratch.scheme.purelib));
    // uv leaves the bytecode of a module at the top unless RECORD lists it.
    let amend = installed(&venv.scratch.scheme).unwrap().installed.into_iter();
    let amend = amend.map(|installed| Amendment { installed, requested: false, bytecode: true }).collect();
    let lock = EnvironmentLock::take(&venv.scratch.scheme).unwrap();
    plan(&lock, Change { amend, ..Change::default() }).unwrap().apply(&()).unwrap();
    drop(lock);
    run(venv.python().args(["-c", AUDIT]));
    run(venv.uv("uninstall").args(["peer.one", "peer-two"]));
    assert_eq!(venv.files(), before);
}

#[test]
fn we_list_and_uninstall_what_pip_and_uv_installed() {
    let venv = Venv::make("venv");
    let before = picture(&venv.scratch.scheme.prefix);
    let draft = WheelDraft::new("peer-three", "3")
        .file("peer_three/__init__.py", "def main(): pass\n")
        .data(Area::Data, "share/peer/x", "x")
        .command("peer-three", "peer_three:main");
    let wheel = venv.scratch.folder.path().join(draft.file_name());
    fs::write(&wheel, draft.build().unwrap()).unwrap();
    let mut pip = venv.pip();
    pip.args(["install", "--quiet", "--no-index"]).arg(&wheel);
    let mut uv = venv.uv("install");
    uv.args(["--compile-bytecode"]).arg(&wheel);
    for (mut command, installer) in [(pip, "pip"), (uv, "uv")] {
        run(&mut command);
        let found = installed(&venv.scratch.scheme).unwrap();
        assert!(found.broken.is_empty());
        let [one] = found.installed.as_slice() else { panic!("{found:?}") };
        assert_eq!(
            (one.name.as_str(), one.installer().as_deref(), one.requested),
            ("peer-three", Some(installer), true)
        );
        let lock = EnvironmentLock::take(&venv.scratch.scheme).unwrap();
        let change = Change { remove: vec![one.clone()], ..Change::default() };
        plan(&lock, change).unwrap().apply(&()).unwrap();
        let mut after = picture(&venv.scratch.scheme.prefix);
        after.remove(".lock");
        assert_eq!(after, before, "installed by {installer}");
    }
}
