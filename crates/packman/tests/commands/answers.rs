//! `--json`: every answer has exactly the members that `docs/formats/answers.md` says it has.

use std::collections::{BTreeMap, BTreeSet};

use packman_strict::json::{self, Limits, Value};
use testkit::packages::module;
use testkit::world::World;

use crate::support::{MAINTAINER, Stage, sign_and_publish};

/// The page on which the members stand.
const PAGE: &str = include_str!("../../../../docs/formats/answers.md");

/// For each command its members, as paths; whether each is there always.
type Members = BTreeMap<String, bool>;

/// The tables of the page, by the commands in their headings.
fn documented() -> BTreeMap<String, Members> {
    let mut commands = BTreeMap::new();
    for section in PAGE.split("\n## ").skip(1) {
        let (heading, body) = section.split_once('\n').unwrap();
        let rows = body.lines().filter_map(|line| line.strip_prefix("| `"));
        let members: Members = rows
            .map(|row| {
                let (path, meaning) = row.split_once("` |").unwrap();
                (path.to_owned(), !meaning.contains("absent where"))
            })
            .collect();
        for command in heading.split('`').skip(1).step_by(2) {
            commands.insert(command.to_owned(), members.clone());
        }
    }
    commands
}

/// Every path of a value: `packages[].name`.
fn paths(value: &Value<'_>, at: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            for (name, member) in object.iter() {
                let path = if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") };
                found.insert(path.clone());
                paths(member, &path, found);
            }
        }
        Value::Array(elements) => {
            elements.iter().for_each(|element| paths(element, &format!("{at}[]"), found))
        }
        _ => {}
    }
}

/// Runs commands with `--json`, and holds their answers against the page.
struct Check {
    documented: BTreeMap<String, Members>,
    met: BTreeSet<String>,
}

impl Check {
    #[track_caller]
    fn answers(&mut self, world: &World, command: &str, code: i32, arguments: &[&str]) {
        let run = world.run(&[arguments, &["--json"]].concat());
        assert_eq!(run.code, code, "{arguments:?}: {}", run.stderr);
        let answer = json::parse(run.stdout.as_bytes(), &Limits::default()).expect(command);
        let mut found = BTreeSet::new();
        paths(&answer, "", &mut found);
        let members =
            self.documented.get(command).unwrap_or_else(|| panic!("the page has no `{command}`: {found:#?}"));
        // What an error adds has a table of its own.
        let errors = &self.documented["error"];
        let unknown: Vec<_> =
            found.iter().filter(|path| !members.contains_key(*path) && !errors.contains_key(*path)).collect();
        assert!(unknown.is_empty(), "`{command}`: not on the page: {unknown:#?}");
        // An empty list shows nothing of its elements.
        let is_shown = |path: &str| {
            path.rsplit_once("[].")
                .is_none_or(|(list, _)| found.iter().any(|one| one.starts_with(&format!("{list}[]."))))
        };
        let missing: Vec<_> = members
            .iter()
            .filter(|(path, always)| **always && is_shown(path) && !found.contains(*path))
            .collect();
        assert!(missing.is_empty(), "`{command}`: on the page, and not answered: {missing:#?}");
        let optional = members.iter().filter(|(path, always)| !**always && found.contains(*path));
        self.met.extend(optional.map(|(path, _)| format!("{command} {path}")));
        self.met.insert(command.to_owned());
    }
}

/// What lists add: the same commands, with other answers.
fn list_answers(check: &mut Check, world: &World, url: &str, number: &str) {
    let mut answers = |command: &str, arguments: &[&str]| check.answers(world, command, 0, arguments);
    let list =
        ["curate", "init", "list", "--list", "--title", "L", "--maintainer", MAINTAINER, "--no-passphrase"];
    answers("curate init", &list);
    let plain =
        ["curate", "init", "plain", "--list", "--unsigned", "--title", "L", "--maintainer", MAINTAINER];
    answers("curate init", &plain);
    answers("curate add NAME URL", &["curate", "add", "list", "web", url, "--number", number]);
    answers("curate withdraw", &["curate", "withdraw", "list", "web", "--reason", "it is old"]);
    answers("curate status", &["curate", "status", "list"]);
    answers("curate sign", &["curate", "sign", "list", "--yes"]);
    answers("curate publish", &["curate", "publish", "plain", "--to", "plain-site"]);
    answers("curate remove", &["curate", "remove", "list", "web"]);
}

/// What the scapegoat is told who looks into releases.
fn review_answers(check: &mut Check, stage: &Stage) {
    let world = &stage.world;
    stage.index.add_bytes("mallory-1.0-py3-none-any.whl", b"no wheel".to_vec(), None);
    let mut answers =
        |command: &str, code: i32, arguments: &[&str]| check.answers(world, command, code, arguments);
    answers("curate compare", 0, &["curate", "compare", "db", "click", "8.0", "8.1", "--lines"]);
    answers("curate compare", 3, &["curate", "compare", "db", "mallory"]);
    answers("curate review", 0, &["curate", "review", "db", "click==8.0", "--by", "J"]);
    answers("curate review", 0, &["curate", "review", "db", "click==8.0", "--undo"]);
}

/// An audit, what a recall adds to it, and a list of the first PackMan.
fn audit_answers(check: &mut Check, world: &World) {
    let mut answers =
        |command: &str, code: i32, arguments: &[&str]| check.answers(world, command, code, arguments);
    answers("audit", 0, &["audit", "--venv", "v"]);
    let stray = world.path("v/bin/stray");
    std::fs::write(&stray, "").unwrap();
    answers("audit", 1, &["audit", "--venv", "v"]);
    world.ok(&["curate", "recall", "db", "click", "--reason", "it is bad"]);
    sign_and_publish(world);
    answers("audit", 1, &["audit", "--venv", "v", "--disable", "click"]);
    answers("audit --enable", 0, &["audit", "--venv", "v", "--enable", "click"]);
    let old = "<plist version=\"1.0\"><dict><key>Packages</key><array><dict><key>Name</key><string>a</string>\
        <key>Install-test</key><string>x</string></dict></array></dict></plist>";
    std::fs::write(world.path("old.plist"), old).unwrap();
    answers("trust show FILE.plist", 0, &["trust", "show", "old.plist"]);
}

#[test]
fn every_answer_has_the_members_that_the_page_says() {
    let mut check = Check { documented: documented(), met: BTreeSet::new() };
    let stage = Stage::published(vec![
        module("flask", "3.0").requires("click"),
        module("click", "8.0"),
        module("click", "8.1"),
    ]);
    let world = &stage.world;
    world.venv("v");
    let number = stage.number();
    let url = stage.mirror.url();
    list_answers(&mut check, world, &url, &number);
    review_answers(&mut check, &stage);
    let mut answers =
        |command: &str, code: i32, arguments: &[&str]| check.answers(world, command, code, arguments);
    answers(
        "curate init",
        0,
        &["curate", "init", "more", "--title", "T", "--maintainer", MAINTAINER, "--no-passphrase"],
    );
    answers("curate key", 0, &["curate", "key", "anna.pem", "--no-passphrase"]);
    answers("curate number", 0, &["curate", "number", "more"]);
    answers("curate add", 1, &["curate", "add", "more", "flask", "absent"]);
    answers("curate add", 0, &["curate", "add", "more", "flask", "click==8.0"]);
    answers("curate status", 0, &["curate", "status", "more"]);
    answers("curate recall", 0, &["curate", "recall", "more", "click", "--reason", "it is bad"]);
    answers("curate recall", 0, &["curate", "recall", "more", "click", "--undo"]);
    answers("curate sign", 0, &["curate", "sign", "more", "--yes"]);
    answers("curate refresh", 0, &["curate", "refresh", "more"]);
    answers("curate rotate", 0, &["curate", "rotate", "more", "--online"]);
    answers("curate publish", 0, &["curate", "publish", "more", "--to", "more-site"]);
    answers("curate remove", 0, &["curate", "remove", "more", "click"]);
    stage.index.change("flask-3.0-py3-none-any.whl", |listed| listed.yanked = Some("why".to_owned()));
    answers("curate status", 0, &["curate", "status", "more"]);
    std::fs::write(world.path("requirements.txt"), "click==8.0\n./local\nabsent\n").unwrap();
    answers(
        "curate start",
        1,
        &[
            "curate",
            "start",
            "requirements.txt",
            "--no-passphrase",
            "--yes",
            "--maintainer",
            "Lab",
            "--to",
            "team-site",
        ],
    );
    answers("trust add", 0, &["trust", "add", &url, "--as", "web", "--number", &number, "--scope", "*"]);
    answers("trust quorum", 0, &["trust", "quorum", "1", "web"]);
    answers("trust policy", 0, &["trust", "policy", "forbid-unverified=true"]);
    answers("trust list", 0, &["trust", "list"]);
    answers("trust show", 0, &["trust", "show", "web"]);
    answers("trust refresh", 0, &["trust", "refresh"]);
    answers("trust scope", 0, &["trust", "scope", "web", "*"]);
    answers("trust prefer", 0, &["trust", "prefer", "web"]);
    answers("trust compare", 0, &["trust", "compare", "web", &number]);
    answers("search", 0, &["search", "click"]);
    answers("search", 1, &["search", "nothing"]);
    answers("info", 0, &["info", "flask"]);
    answers("install", 0, &["install", "--venv", "v", "click==8.0", "--dry-run"]);
    answers("install", 0, &["install", "--venv", "v", "click==8.0"]);
    answers("install", 0, &["install", "--venv", "v", "flask", "click==8.1"]);
    answers("list", 0, &["list", "--venv", "v"]);
    stage.release(&[module("click", "8.2")]);
    answers("list --outdated", 0, &["list", "--venv", "v", "--outdated"]);
    answers("upgrade", 0, &["upgrade", "--venv", "v", "click"]);
    answers("lock", 0, &["lock", "--venv", "v", "flask", "-o", "pylock.toml"]);
    world.ok(&["install", "--venv", "v", "click==8.1"]);
    answers("sync", 0, &["sync", "--venv", "v", "pylock.toml"]);
    answers("tree", 0, &["tree", "--venv", "v"]);
    answers("freeze", 0, &["freeze", "--venv", "v"]);
    audit_answers(&mut check, world);
    let mut answers =
        |command: &str, code: i32, arguments: &[&str]| check.answers(world, command, code, arguments);
    answers("doctor", 0, &["doctor"]);
    answers("as-wheel", 0, &["as-wheel", "dist"]);
    answers("cache size", 0, &["cache", "size"]);
    answers("cache verify", 0, &["cache", "verify"]);
    answers("cache prune", 0, &["cache", "prune", "--unused-for", "0"]);
    answers("venv", 0, &["venv", "another"]);
    answers("uninstall", 0, &["uninstall", "--venv", "v", "click"]);
    answers("demo", 0, &["demo"]);
    answers("trust remove", 0, &["trust", "remove", "web"]);
    answers("--version", 0, &["--version"]);
    answers("explain", 0, &["explain"]);
    answers("explain CODE", 0, &["explain", "rollback"]);
    answers("error", 1, &["info", "absent"]);
    answers("error", 2, &["install", "no name"]);
    answers("error", 3, &["trust", "add", "http://127.0.0.1:1/"]);
    sign_and_publish(world);
    let promised = check.documented.iter().flat_map(|(command, members)| {
        let optional =
            members.iter().filter(|(_, always)| !**always).map(move |(path, _)| format!("{command} {path}"));
        optional.chain([command.clone()])
    });
    let unmet: Vec<_> = promised.filter(|promise| !check.met.contains(promise)).collect();
    assert!(unmet.is_empty(), "on the page, and never met: {unmet:#?}");
}
