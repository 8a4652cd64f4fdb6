//! `packman trust`: how a database gets into the ring, what it may do there, and how it goes.

use packman_machine::loopback::Answer;
use testkit::packages::module;
use testkit::world::{World, snapshot};

use crate::support::{MAINTAINER, Stage, at, bare_world, kept, plain, said};

const WRONG: &str = "00000 00000 00000 00000 00000 00000 00000 00000 00000 00000 00000 00000";

fn stage() -> Stage {
    Stage::published(vec![module("flask", "3.0"), module("lab-tools", "1.0")])
}

/// What a command answered and said, without what differs from run to run.
fn both(world: &World, arguments: &[&str]) -> String {
    let run = world.run(arguments);
    plain(world, &format!("{}{}", run.stdout, run.stderr)).trim_end().to_owned()
}

#[test]
fn a_new_database_over_plain_http_needs_its_number() {
    let stage = stage();
    let before = kept(&stage.world, None);
    let run = stage.world.ends(3, "number-needed", &["trust", "add", &stage.mirror.url()]);
    insta::assert_snapshot!(said(&stage.world, &run), @"
    error: database at `http://HOST/` refused
      because: plain HTTP can be changed by anybody on the way, and no safety number was given
      hint: ask its maintainer for the safety number, by another way than this address, and give it with `--number`
      hint: see `packman explain number-needed`
    ");
    assert_eq!(stage.mirror.take_asked(), Vec::<String>::new(), "nothing is even asked");
    assert!(kept(&stage.world, None) == before);
}

#[test]
fn another_number_is_refused() {
    let stage = stage();
    let before = kept(&stage.world, None);
    let run =
        stage.world.ends(3, "number-mismatch", &["trust", "add", &stage.mirror.url(), "--number", WRONG]);
    insta::assert_snapshot!(said(&stage.world, &run), @"
    error: database at `http://HOST/` refused
      because: `metadata/1.root.json`: found another safety number than NUMBER
      hint: see `packman explain number-mismatch`
    ");
    let site = stage.world.ends(3, "number-mismatch", &["trust", "add", "site", "--number", WRONG]);
    insta::assert_snapshot!(said(&stage.world, &site), @"
    error: database at `./site` refused
      because: `metadata/1.root.json`: found another safety number than NUMBER
      hint: see `packman explain number-mismatch`
    ");
    assert!(kept(&stage.world, None) == before);
}

#[test]
fn what_is_no_number_is_a_mistake_in_typing() {
    let stage = stage();
    let run = stage.world.ends(2, "usage", &["trust", "add", "site", "--number", "12345"]);
    insta::assert_snapshot!(said(&stage.world, &run), @"error: safety number has 5 digits, wanted 60");
}

#[test]
fn a_folder_without_a_number_is_remembered_only_by_consent() {
    let stage = stage();
    let before = kept(&stage.world, None);
    let run = stage.world.ends(1, "consent-needed", &["trust", "add", "site"]);
    insta::assert_snapshot!(said(&stage.world, &run), @"
    error: `./site` was not added: nobody agreed to remember it without its safety number
      hint: give `--number`, with the safety number that its maintainer told you by another way than this address
    ");
    // `--yes` agrees to plans; here it is not even a flag.
    assert_eq!(stage.world.run(&["trust", "add", "site", "--yes"]).code, 2);
    assert!(kept(&stage.world, None) == before);
}

#[test]
fn a_database_is_added_listed_and_shown() {
    let stage = stage();
    let number = stage.number();
    let add = ["trust", "add", "site", "--number", &number];
    insta::assert_snapshot!(both(&stage.world, &add), @"
    trusting `Web tools` as `web-tools`, [#] signed, compared
      by `Example Lab <lab@example.org>`, 2 projects
      answers for *
      safety number NUMBER
    ");
    insta::assert_snapshot!(both(&stage.world, &["trust", "list"]), @"[#]  web-tools  signed, compared  for *  2 projects  good until DATE  ./site");
    insta::assert_snapshot!(both(&stage.world, &["trust", "show", "web-tools"]), @"
    [#] web-tools
      title       `Web tools`
      maintainer  `Example Lab <lab@example.org>`
      address     ./site
      assurance   signed, compared, added DATE
      answers for *
      projects    2
      state       good until DATE
      safety numbers, newest root last
        root 1: NUMBER
    ");
    insta::assert_snapshot!(both(&stage.world, &["trust", "refresh"]), @"web-tools  nothing newer");
    insta::assert_snapshot!(both(&stage.world, &add), @"
    trusting `Web tools` as `web-tools`, [#] signed, compared
      by `Example Lab <lab@example.org>`, 2 projects
      answers for *
      safety number NUMBER
    ");
    insta::assert_snapshot!(both(&stage.world, &["trust", "show", "nobody"]), @"
    error: your trust ring has no `nobody`
      hint: `packman trust list` shows whom you trust
    ");
}

#[test]
fn an_empty_ring_says_so() {
    let world = bare_world();
    insta::assert_snapshot!(both(&world, &["trust", "list"]), @"you trust no database yet; `packman trust add URL` adds one");
    insta::assert_snapshot!(both(&world, &["trust", "refresh"]), @"you trust no database yet; `packman trust add URL` adds one");
    assert!(snapshot(&world.home()).is_empty(), "looking makes nothing");
}

/// A second database of another scapegoat, published to `other-site`; gives its number.
fn other(stage: &Stage) -> String {
    let world = &stage.world;
    world.ok(&["curate", "init", "other", "--title", "Lab", "--maintainer", MAINTAINER, "--no-passphrase"]);
    stage.index.add(&module("flask", "4.0"));
    world.ok(&["curate", "add", "other", "flask==4.0", "lab-tools"]);
    world.ok(&["curate", "sign", "other", "--yes"]);
    world.ok(&["curate", "publish", "other", "--to", "other-site"]);
    world.ok(&["curate", "number", "other"]).stdout.trim().to_owned()
}

#[test]
fn a_later_database_gets_a_scope_by_consent_only() {
    let stage = stage();
    stage.trust();
    let number = other(&stage);
    let before = kept(&stage.world, None);
    let run = stage.world.ends(1, "consent-needed", &["trust", "add", "other-site", "--number", &number]);
    insta::assert_snapshot!(said(&stage.world, &run), @"
    error: `./other-site` was not added: it is not the first, and nobody said what it may answer for
      hint: give `--scope`, with name patterns such as `lab-*`, or `*` for everything
    ");
    assert!(kept(&stage.world, None) == before);
    let scoped = ["trust", "add", "other-site", "--number", &number, "--scope", "lab-*"];
    insta::assert_snapshot!(both(&stage.world, &scoped), @"
    trusting `Lab` as `lab`, [#] signed, compared
      by `Example Lab <lab@example.org>`, 2 projects
      answers for lab-*
      safety number NUMBER
    ");
    insta::assert_snapshot!(both(&stage.world, &["trust", "list"]), @"
    [#]  web  signed, compared  for *      2 projects  good until DATE  http://HOST/
    [#]  lab  signed, compared  for lab-*  2 projects  good until DATE  ./other-site
    ");
}

/// Which version of flask a user would get.
fn offered(world: &World) -> String {
    let run = world.ok(&["search", "flask"]);
    run.stdout.split_whitespace().skip(1).take(2).collect::<Vec<_>>().join(" of ")
}

#[test]
fn scope_and_order_decide_who_answers() {
    let stage = stage();
    stage.trust();
    let number = other(&stage);
    let world = &stage.world;
    world.ok(&["trust", "add", "other-site", "--number", &number, "--scope", "*"]);
    assert_eq!(offered(world), "3.0 of web", "the first that lists it");
    insta::assert_snapshot!(both(world, &["trust", "scope", "web", "lab-*"]), @"`web` answers for lab-* from now on");
    assert_eq!(offered(world), "4.0 of lab");
    world.ok(&["trust", "scope", "web", "*"]);
    assert_eq!(offered(world), "3.0 of web");
    insta::assert_snapshot!(both(world, &["trust", "prefer", "lab", "flask"]), @"`lab` answers first for flask");
    assert_eq!(offered(world), "4.0 of lab");
    insta::assert_snapshot!(both(world, &["trust", "list"]), @"
    [#]  web  signed, compared  for *                    2 projects  good until DATE  http://HOST/
    [#]  lab  signed, compared  for * (first for flask)  2 projects  good until DATE  ./other-site
    ");
    let shown = both(world, &["trust", "show", "lab"]);
    assert!(shown.contains("\n  first for   flask, before the others of your trust ring\n"), "{shown}");
    let json = world.ok(&["trust", "show", "lab", "--json"]);
    assert_eq!(at(&json.json(), &["preferred"]).as_array().map(<[_]>::len), Some(1));
    // A newer wish for another database takes the place of an older one.
    world.ok(&["trust", "prefer", "web", "flask"]);
    assert_eq!(offered(world), "3.0 of web");
    insta::assert_snapshot!(both(world, &["trust", "list"]), @"
    [#]  web  signed, compared  for * (first for flask)  2 projects  good until DATE  http://HOST/
    [#]  lab  signed, compared  for *                    2 projects  good until DATE  ./other-site
    ");
    world.ok(&["trust", "scope", "lab", "lab-*"]);
    insta::assert_snapshot!(both(world, &["trust", "prefer", "lab", "flask"]), @"
    error: `lab` may not answer for `flask`, so it cannot answer first for it
      hint: `packman trust scope lab PATTERN…`, with `flask` among the patterns, lets it answer at all
    ");
    insta::assert_snapshot!(both(world, &["trust", "scope", "web", "lab/tools"]), @"error: scope `lab/tools` is no pattern; wanted a project name in which single `*` may stand for any characters");
    insta::assert_snapshot!(both(world, &["trust", "prefer", "nobody"]), @"
    error: your trust ring has no `nobody`
      hint: `packman trust list` shows whom you trust
    ");
}

#[test]
fn removing_takes_the_power_away_and_not_the_memory() {
    let stage = stage();
    stage.trust();
    let world = &stage.world;
    insta::assert_snapshot!(both(world, &["trust", "remove", "web"]), @"`web` is no longer trusted; its keys stay remembered, and adding it again goes on from them");
    assert_eq!(world.ends(1, "not-vouched", &["info", "flask"]).code, 1);
    // Over plain HTTP, and without a number: it goes on from what was compared before.
    let again = ["trust", "add", &stage.mirror.url(), "--as", "again"];
    insta::assert_snapshot!(both(world, &again), @"
    trusting `Web tools` as `again`, [#] signed, compared
      by `Example Lab <lab@example.org>`, 2 projects
      answers for *
      safety number NUMBER
    ");
    world.ok(&["info", "flask"]);
}

#[test]
fn the_same_address_with_other_keys_is_an_unexplained_change() {
    let stage = stage();
    stage.trust();
    let number = other(&stage);
    let world = &stage.world;
    world.ok(&["trust", "remove", "web"]);
    for (path, bytes) in snapshot(&world.path("other-site")) {
        stage.mirror.lie(&path.to_string_lossy(), Answer::bytes(bytes));
    }
    let before = kept(world, None);
    let run = world.run(&["trust", "add", &stage.mirror.url()]);
    assert_eq!(run.code, 3, "{}", run.stdout);
    insta::assert_snapshot!(said(world, &run), @"
    error: database at `http://HOST/` refused
      because: `metadata/1.root.json`: signed by its own keys, but by 0 of the `root` keys that are remembered, wanted 1
      hint: nothing was added; ask its maintainer, by another way than this address, whether he began anew
      hint: if he did, `packman trust add http://HOST/ --number NUMBER` with the new number from him
      hint: see `packman explain unexplained-change`
    ");
    assert!(kept(world, None) == before);
    // The number from a second channel is the way on.
    insta::assert_snapshot!(both(world, &["trust", "add", &stage.mirror.url(), "--number", &number]), @"
    trusting `Lab` as `lab`, [#] signed, compared
      by `Example Lab <lab@example.org>`, 2 projects
      answers for *
      safety number NUMBER
    ");
}

#[test]
fn a_number_that_is_compared_later_raises_the_assurance() {
    let stage = stage();
    stage.trust();
    let number = stage.number();
    let world = &stage.world;
    let digits: Vec<&str> = number.split(' ').collect();
    let compare = [&["trust", "compare", "web"], digits.as_slice()].concat();
    insta::assert_snapshot!(both(world, &compare), @"`web` is compared: the number is that of root 1 of its chain");
    let before = kept(world, None);
    insta::assert_snapshot!(both(world, &["trust", "compare", "web", WRONG]), @"
    error: database at `http://HOST/` refused
      because: `metadata/1.root.json`: found another safety number than NUMBER
      hint: see `packman explain number-mismatch`
    ");
    assert!(kept(world, None) == before);
}

/// Has the mirror of `web` serve the database of somebody else; gives that one's number.
fn taken_over(stage: &Stage) -> String {
    let number = other(stage);
    for (path, bytes) in snapshot(&stage.world.path("other-site")) {
        stage.mirror.lie(&path.to_string_lossy(), Answer::bytes(bytes));
    }
    number
}

#[test]
fn an_address_that_somebody_took_over_is_an_unexplained_change_until_its_number_is_compared() {
    let stage = stage();
    stage.trust();
    let number = taken_over(&stage);
    let world = &stage.world;
    let before = kept(world, None);
    let run = world.ends(3, "unexplained-change", &["trust", "refresh"]);
    insta::assert_snapshot!(said(world, &run), @"
    error: UNEXPLAINED CHANGE of `web`: its address now serves keys that the keys you trust never agreed to
      because: `metadata/1.root.json`: signed by its own keys, but by 0 of the `root` keys that are remembered, wanted 1
      hint: Do nothing in a hurry: nothing was taken from it, what you have stays, and so do the keys you trust.
      hint: This is what an attack looks like, and also a maintainer who lost every key.
      hint: Ask the maintainer, by another way than this address, for the new safety number; then `packman trust compare web NUMBER`.
      hint: see `packman explain unexplained-change`
    ");
    assert!(kept(world, None) == before);
    insta::assert_snapshot!(both(world, &["trust", "compare", "web", &number]), @"`web` stands for other keys from now on: the number is that of root 1 of what its address serves now; the keys before had NUMBER");
    world.ok(&["trust", "refresh"]);
}

#[test]
fn a_refresh_says_each_refusal_once_and_names_all() {
    let stage = stage();
    stage.trust();
    let number = other(&stage);
    let world = &stage.world;
    world.ok(&["trust", "add", "other-site", "--number", &number, "--scope", "lab-*"]);
    let timestamp = world.path("other-site/metadata/timestamp.json");
    std::fs::write(&timestamp, "no timestamp").unwrap();
    stage.mirror.lie("metadata/timestamp.json", Answer::bytes("{}"));
    insta::assert_snapshot!(both(world, &["trust", "refresh"]), @"
    web  refused
    lab  refused
    error: databases `web`, `lab` refused
      because: `web`: `metadata/timestamp.json`: the document: found no member `signatures`, wanted one
               `lab`: `metadata/timestamp.json`: byte 0: found `n`, wanted `true`, `false` or `null`
      hint: your last good copy, your trust ring and the environment stay as they were
      hint: see `packman explain bad-metadata`
    ");
    world.ends(3, "bad-metadata", &["trust", "refresh"]);
    std::fs::remove_file(&timestamp).unwrap();
    insta::assert_snapshot!(both(world, &["trust", "refresh"]), @"
    web  refused
    lab  not reached
    error: database `web` refused
      because: `web`: `metadata/timestamp.json`: the document: found no member `signatures`, wanted one
               `lab` was not reached: it has no `metadata/timestamp.json`
      hint: your last good copy, your trust ring and the environment stay as they were
      hint: see `packman explain bad-metadata`
    ");
    stage.mirror.lie("metadata/timestamp.json", Answer::status(404));
    insta::assert_snapshot!(both(world, &["trust", "refresh"]), @"
    web  not reached
    lab  not reached
    error: databases `web`, `lab` could not be reached
      because: `web` was not reached: it has no `metadata/timestamp.json`
               `lab` was not reached: it has no `metadata/timestamp.json`
      hint: the last good copy stays, and counts until it expires
    ");
    world.ends(4, "network", &["trust", "refresh"]);
}

#[test]
fn an_address_without_its_beginning_is_told_the_whole_one() {
    let world = bare_world();
    let check = |typed: &str, meant: &str| {
        let run = world.ends(2, "usage", &["trust", "add", typed]);
        assert!(run.stderr.contains(&format!("hint: did you mean `{meant}`?")), "{}", run.stderr);
    };
    check("127.0.0.1:8801", "http://127.0.0.1:8801");
    check("localhost:8801/db", "http://localhost:8801/db");
    check("example.org/db", "https://example.org/db");
    check("example.org:8443/db", "https://example.org:8443/db");
    insta::assert_snapshot!(both(&world, &["trust", "add", "example.org/db"]), @"
    error: `example.org/db`: there is no such folder
      hint: did you mean `https://example.org/db`?
    ");
    insta::assert_snapshot!(both(&world, &["trust", "add", "./site"]), @"
    error: `./site` could not be fetched
      because: `./site` cannot be read: it is not there
    ");
    insta::assert_snapshot!(both(&world, &["trust", "add", "ftp://example.org"]), @"error: address `ftp://example.org`: wanted an http, https or file address");
}

#[test]
fn what_offline_keeps_from_being_fetched_is_said() {
    let stage = stage();
    stage.trust();
    let world = &stage.world;
    world.clear_cache();
    let run = world.ends(4, "network", &["info", "flask", "--offline"]);
    insta::assert_snapshot!(said(world, &run), @"
    error: `targets/projects/SHA256.flask.json` could not be fetched
      because: `http://HOST/targets/projects/SHA256.flask.json`: the network is not used: offline
      hint: without `--offline` it would be fetched
    ");
    world.ok(&["info", "flask"]);
    world.venv("v");
    let run = world.ends(4, "network", &["install", "--venv", "v", "flask", "--offline"]);
    assert!(run.stderr.contains("hint: without `--offline` it would be fetched"), "{}", run.stderr);
}
