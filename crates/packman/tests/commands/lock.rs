//! `packman lock` and `sync`: what would be installed, written down, and an environment made equal to it.

use std::fs;
use std::path::Path;

use packman_client::{InstallRequest, LockRequest, Manner, SyncRequest, WhichEnvironment};
use packman_requirements::{Demand, Parts};
use packman_trust::Age;
use packman_wheel::make::WheelDraft;
use testkit::packages::{module, requests_and_its_needs};
use testkit::tools::{pip, program, python};
use testkit::world::{Run, World};

use crate::support::user::User;
use crate::support::{Stage, plain, sign_and_publish, without_progress};

/// Everything a command says, without what differs from run to run.
fn both(world: &World, arguments: &[&str]) -> String {
    let run = world.run(arguments);
    without_progress(&plain(world, &format!("{}{}", run.stdout, run.stderr))).trim_end().to_owned()
}

fn lock<'a>(what: &[&'a str]) -> Vec<&'a str> {
    [&["lock", "--venv", "v", "-o", "pylock.toml"], what].concat()
}

const SYNC: [&str; 4] = ["sync", "--venv", "v", "pylock.toml"];

fn names(world: &World) -> String {
    world.ok(&["freeze", "--venv", "v"]).stdout.lines().collect::<Vec<_>>().join(" ")
}

fn edit(world: &World, from: &str, to: &str) {
    let path = world.path("pylock.toml");
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{text}");
    fs::write(path, text.replace(from, to)).unwrap();
}

#[test]
fn a_lock_names_each_file_with_hash_size_and_address_and_who_vouched() {
    let stage = Stage::trusted(vec![
        module("flask", "3.0").requires("click>=8").python(">=3.8"),
        module("click", "8.1"),
    ]);
    stage.world.venv("v");
    insta::assert_snapshot!(both(&stage.world, &lock(&["flask"])), @"
    locked 2 releases, 2 files, in `pylock.toml`
      for sys_platform == 'linux' and platform_machine == 'x86_64'
    ");
    let first = fs::read_to_string(stage.world.path("pylock.toml")).unwrap();
    insta::assert_snapshot!(plain(&stage.world, &first), @r#"
    # Made by `packman lock`; `packman sync` makes an environment equal to it.
    lock-version = "1.0"
    environments = [
        "sys_platform == 'linux' and platform_machine == 'x86_64'",
    ]
    requires-python = "==3.11.*"
    created-by = "packman"

    [[packages]]
    name = "click"
    version = "8.1"
    wheels = [
        { name = "click-8.1-py3-none-any.whl", url = "http://HOST/files/click-8.1-py3-none-any.whl", size = 954, hashes = { sha256 = "SHA256" } },
    ]

    [packages.tool.packman]
    database = "web"

    [[packages]]
    name = "flask"
    version = "3.0"
    requires-python = ">=3.8"
    wheels = [
        { name = "flask-3.0-py3-none-any.whl", url = "http://HOST/files/flask-3.0-py3-none-any.whl", size = 1002, hashes = { sha256 = "SHA256" } },
    ]

    [packages.tool.packman]
    database = "web"

    [[tool.packman.databases]]
    name = "web"
    url = "http://HOST/"
    number = "NUMBER"
    assurance = "signed, compared"
    "#);
    // What is installed has no say in it, and the same lock has the same bytes.
    stage.world.ok(&["install", "--venv", "v", "click"]);
    stage.world.ok(&lock(&["flask"]));
    assert_eq!(fs::read_to_string(stage.world.path("pylock.toml")).unwrap(), first);
    for name in ["requirements.txt", "pylock.a.b.toml", "pylock..toml"] {
        stage.world.ends(2, "usage", &["lock", "--venv", "v", "flask", "-o", name]);
    }
    stage.world.ok(&["lock", "--venv", "v", "flask", "-o", "pylock.a-b.toml"]);
    stage.world.ends(1, "not-vouched", &lock(&["absent"]));
}

#[test]
fn an_environment_is_made_equal_to_a_lock() {
    let stage = Stage::trusted(
        [requests_and_its_needs(), vec![module("click", "8.1"), module("idna", "3.9")]].concat(),
    );
    let venv = stage.world.venv("v");
    stage.world.ok(&lock(&["requests"]));
    stage.world.ok(&["install", "--venv", "v", "click", "idna==3.9"]);
    let theirs = stage.world.path("theirs-1.0-py3-none-any.whl");
    fs::write(&theirs, module("theirs", "1.0").build().unwrap()).unwrap();
    assert_eq!(pip(&venv, &["install", "--no-index", "--no-deps", theirs.to_str().unwrap()]).code, 0);
    let dry = [&SYNC[..], &["--dry-run"]].concat();
    insta::assert_snapshot!(both(&stage.world, &dry), @"
    plan for ./v
      + certifi             2024.12.14   1.0 KiB  [#] web  signed, compared  nobody reviewed
      + charset-normalizer  3.4.1        1.1 KiB  [#] web  signed, compared  nobody reviewed
      ~ idna                3.9 -> 3.10  951 B    [#] web  signed, compared  nobody reviewed
      + requests            2.32.3       1.8 KiB  [#] web  signed, compared  nobody reviewed
      + urllib3             2.3.0        1004 B   [#] web  signed, compared  nobody reviewed
      - click               8.1
    6 packages, 5.9 KiB to fetch
    ");
    insta::assert_snapshot!(both(&stage.world, &SYNC), @"
    plan for ./v
      + certifi             2024.12.14   1.0 KiB  [#] web  signed, compared  nobody reviewed
      + charset-normalizer  3.4.1        1.1 KiB  [#] web  signed, compared  nobody reviewed
      ~ idna                3.9 -> 3.10  951 B    [#] web  signed, compared  nobody reviewed
      + requests            2.32.3       1.8 KiB  [#] web  signed, compared  nobody reviewed
      + urllib3             2.3.0        1004 B   [#] web  signed, compared  nobody reviewed
      - click               8.1
    6 packages, 5.9 KiB to fetch
    installed 5 packages into ./v
    removed 1 package from ./v
    ");
    insta::assert_snapshot!(both(&stage.world, &SYNC), @"nothing to do in ./v: it is as the lock says");
    // What others installed goes only when all is to be as the lock says.
    insta::assert_snapshot!(both(&stage.world, &[&SYNC[..], &["--exact"]].concat()), @"
    plan for ./v
      - theirs  1.0
    1 package, 5 kept as they are, nothing to fetch
    removed 1 package from ./v
    ");
    // What the lock was asked for is marked as asked for.
    insta::assert_snapshot!(both(&stage.world, &["tree", "--venv", "v"]), @"
    requests 2.32.3
    ├── charset-normalizer 3.4.1  (wanted >=2,<4)
    ├── idna 3.10  (wanted >=2.5,<4)
    ├── urllib3 2.3.0  (wanted >=1.21.1,<3)
    └── certifi 2024.12.14  (wanted >=2017.4.17)
    ");
    stage.world.ok(&["audit", "--venv", "v"]);
}

#[test]
fn what_others_installed_is_replaced_by_consent_only() {
    let stage = Stage::trusted(vec![module("click", "8.1")]);
    let venv = stage.world.venv("v");
    stage.world.ok(&lock(&["click"]));
    let theirs = stage.world.path("click-8.0-py3-none-any.whl");
    fs::write(&theirs, module("click", "8.0").build().unwrap()).unwrap();
    assert_eq!(pip(&venv, &["install", "--no-index", "--no-deps", theirs.to_str().unwrap()]).code, 0);
    stage.world.ends(1, "consent-needed", &SYNC);
    stage.world.ok(&[&SYNC[..], &["--yes"]].concat());
    assert_eq!(names(&stage.world), "click==8.1");
}

#[test]
fn a_lock_vouches_for_nothing() {
    let stage = Stage::trusted(vec![
        module("flask", "3.0").requires("click"),
        module("click", "8.1"),
        module("click", "8.2"),
    ]);
    stage.world.venv("v");
    stage.world.ok(&lock(&["flask"]));
    let honest = fs::read_to_string(stage.world.path("pylock.toml")).unwrap();
    let click = honest.split("name = \"click-8.2").nth(1).unwrap();
    let hash = click.split("sha256 = \"").nth(1).unwrap().get(..64).unwrap().to_owned();
    // A hash that nobody vouches for, with the very file at its address.
    let evil = module("click", "8.2").file("click/evil.py", "").build().unwrap();
    edit(&stage.world, &hash, &packman_strict::Sha256::of(&evil).to_string());
    stage.index.add_bytes("click-8.2-py3-none-any.whl", evil, None);
    stage.world.ends(1, "not-vouched", &SYNC);
    insta::assert_snapshot!(both(&stage.world, &SYNC), @"
    error: `web` does not vouch for the locked file of `click` 8.2
      because: no wheel of that version has the SHA-256 SHA256 there
      hint: `packman info click` shows what is vouched for
      hint: lock again, or ask whoever made the lock where he had the file from
    ");
    // A hash that is vouched for as another version.
    fs::write(stage.world.path("pylock.toml"), &honest).unwrap();
    edit(&stage.world, "version = \"8.2\"", "version = \"8.1\"");
    stage.world.ends(1, "not-vouched", &SYNC);
    // A project that nobody vouches for.
    fs::write(stage.world.path("pylock.toml"), &honest).unwrap();
    edit(&stage.world, "name = \"click\"", "name = \"clack\"");
    stage.world.ends(1, "not-vouched", &SYNC);
    // Kinds of packages that have no hash at all.
    fs::write(stage.world.path("pylock.toml"), &honest).unwrap();
    edit(
        &stage.world,
        "\n[[packages]]\nname = \"flask\"",
        "\n[[packages]]\nname = \"x\"\ndirectory = { path = \"x\" }\n\n[[packages]]\nname = \"flask\"",
    );
    assert_eq!(stage.world.run(&SYNC).code, 1);
    // Another Python, another system.
    fs::write(stage.world.path("pylock.toml"), &honest).unwrap();
    edit(&stage.world, "sys_platform == 'linux'", "sys_platform == 'plan9'");
    stage.world.ends(1, "other-environment", &SYNC);
    assert_eq!(names(&stage.world), "", "nothing was installed");
}

#[test]
fn what_is_no_longer_vouched_for_is_refused_though_it_is_locked() {
    let stage = Stage::trusted(vec![module("click", "8.1")]);
    stage.world.venv("v");
    stage.world.ok(&lock(&["click"]));
    // What is taken out of the database is no longer vouched for, whatever a lock says.
    stage.world.ok(&["curate", "remove", "db", "click"]);
    sign_and_publish(&stage.world);
    stage.world.ends(1, "not-vouched", &SYNC);
    assert_eq!(names(&stage.world), "");
}

#[test]
fn a_lock_is_kept_to_though_the_word_has_expired_and_nothing_else_is() {
    let stage = Stage::trusted(vec![module("click", "8.1")]);
    let venv = stage.world.venv("v");
    stage.world.ok(&lock(&["click"]));
    let mut user = User::of(&stage.world);
    user.now = user.now.plus_days(400);
    let read = |path: &Path| fs::read(path).map_err(|error| error.to_string());
    let demand = Demand::parse(&stage.world.path("pylock.toml"), &Parts::default(), &read).unwrap();
    let asked = InstallRequest::of(&demand, WhichEnvironment::Venv(venv.clone()));
    assert_eq!(user.client().plan_install(&asked).map(drop).unwrap_err().code(), "expired");
    let lock = LockRequest { asked, universal: false };
    assert_eq!(user.client().lock(&lock).map(drop).unwrap_err().code(), "expired");
    let request = SyncRequest::of(&demand, false);
    let planned = user.client().plan_sync(&request, &WhichEnvironment::Venv(venv.clone())).unwrap();
    let file = planned.steps[0].file.clone().unwrap();
    assert!(matches!(file.source().age, Age::Expired { .. }));
    user.client().carry_out(planned, Manner::default()).unwrap();
    let list = user.client().list(&WhichEnvironment::Venv(venv)).unwrap();
    assert_eq!(list.packages[0].receipt.as_ref().unwrap().accepted, ["accept-expired"]);
}

/// Wheels of several platforms and a marker that tells systems apart.
fn many() -> Vec<WheelDraft> {
    vec![
        module("tool", "1.0")
            .requires("colour; sys_platform == 'win32'")
            .requires("back; python_version < '3.11'"),
        module("colour", "2.0"),
        module("back", "1.0"),
    ]
}

#[test]
fn a_universal_lock_holds_for_all_that_is_vouched_for() {
    let index = testkit::index::PackageIndex::of(many());
    let world = crate::support::world(&index);
    crate::support::publish(&world, &["tool".to_owned(), "colour".to_owned(), "back".to_owned()], &[]);
    let mirror = crate::support::Mirror::of(world.path("site"));
    let number = world.ok(&["curate", "number", "db"]).stdout.trim().to_owned();
    world.ok(&["trust", "add", &mirror.url(), "--as", "web", "--number", &number]);
    world.venv("v");
    insta::assert_snapshot!(both(&world, &lock(&["tool", "--universal"])), @"
    locked 3 releases, 3 files, in `pylock.toml`
      for sys_platform == 'darwin' and platform_machine == 'arm64'
      for sys_platform == 'darwin' and platform_machine == 'x86_64'
      for sys_platform == 'linux' and platform_machine == 'aarch64'
      for sys_platform == 'linux' and platform_machine == 'riscv64'
      for sys_platform == 'linux' and platform_machine == 'x86_64'
      for sys_platform == 'win32' and platform_machine == 'AMD64'
      for sys_platform == 'win32' and platform_machine == 'ARM64'
      for sys_platform == 'win32' and platform_machine == 'x86'
    ");
    let text = fs::read_to_string(world.path("pylock.toml")).unwrap();
    let lines = text.lines().filter(|line| {
        ["name =", "version", "marker", "requires"].iter().any(|start| line.starts_with(start))
    });
    insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"), @r#"
    requires-python = ">=3.9"
    name = "back"
    version = "1.0"
    marker = "python_version < '3.11'"
    name = "colour"
    version = "2.0"
    marker = "sys_platform == 'win32'"
    name = "tool"
    version = "1.0"
    name = "web"
    "#);
    world.ok(&SYNC);
    assert!(names(&world).contains("tool==1.0") && !names(&world).contains("colour"), "{}", names(&world));
}

/// Another tool, with this world's loopback and nothing else.
fn other(world: &World, tool: &Path, arguments: &[&str]) -> Run {
    let run = world.other(tool, arguments);
    assert_eq!(run.code, 0, "{} {arguments:?}\n{}{}", tool.display(), run.stdout, run.stderr);
    run
}

#[test]
fn pip_and_uv_install_what_the_lock_says() {
    for universal in [&[][..], &["--universal"]] {
        let stage = Stage::trusted(requests_and_its_needs());
        stage.world.venv("v");
        stage.world.ok(&lock(&[&["requests"], universal].concat()));
        stage.world.ok(&SYNC);
        let ours = names(&stage.world);
        for tool in ["uv", "pip"] {
            let venv = stage.world.venv(tool);
            let venv = venv.to_str().unwrap();
            if tool == "uv" {
                let arguments = [
                    "pip",
                    "sync",
                    "--no-config",
                    "--no-cache",
                    "--preview",
                    "--python",
                    venv,
                    "pylock.toml",
                ];
                other(&stage.world, &program("uv"), &arguments);
            } else {
                let start =
                    ["-I", "-m", "pip", "--isolated", "--disable-pip-version-check", "--python", venv];
                let rest = ["install", "--no-cache-dir", "--no-index", "-r", "pylock.toml"];
                other(&stage.world, &python(), &[&start[..], &rest].concat());
            }
            let theirs = stage.world.ok(&["freeze", "--venv", tool]).stdout;
            let theirs: Vec<&str> = theirs.lines().map(|line| line.split(" @").next().unwrap()).collect();
            let bare: Vec<&str> = ours.split(' ').collect();
            let name = |line: &&str| line.split("==").next().unwrap().to_owned();
            assert_eq!(
                theirs.iter().map(name).collect::<Vec<_>>(),
                bare.iter().map(name).collect::<Vec<_>>()
            );
        }
    }
}
