//! The demonstration: offline, in a scratch folder, with five attacks that are refused.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may fail loudly"
)]

mod support;

use std::path::Path;

use support::{at, bare_world, members, plain, said, texts};
use testkit::world::snapshot;

#[test]
fn the_demonstration_shows_the_road_and_five_refusals_and_leaves_nothing() {
    let mut world = bare_world();
    std::fs::create_dir(world.path("scratch")).unwrap();
    world.set("TMPDIR", world.path("scratch"));
    // Whoever would leave the machine would have to go by here, where nobody is.
    for proxy in ["http_proxy", "https_proxy", "all_proxy"] {
        world.set(proxy, "http://127.0.0.1:9/");
    }
    let run = world.ok(&["demo"]);
    insta::assert_snapshot!(plain(&world, &run.stdout), @"

    1. A scapegoat makes a database, and answers for it with his name
       + greet-1.0-py3-none-any.whl  1.2 KiB  SHA-256 KEYID…
       + greet_words-1.0-py3-none-any.whl  1.0 KiB  SHA-256 KEYID…
       safety number NUMBER

    2. Anybody may carry it: here a mirror on this machine, over plain HTTP
       http://HOST/: without a signature nobody would believe a byte of it

    3. You trust it by its safety number, which you were told by another way
       trusting `Demonstration` as `demonstration`, [#] signed, compared
         by `Example Lab <lab@example.org>`, 2 projects
         answers for *
         safety number NUMBER

    4. You install: what is not in the database does not get in
         + greet-words  1.0  1.0 KiB  [#] demonstration  signed, compared  nobody reviewed
         + greet        1.0  1.2 KiB  [#] demonstration  signed, compared  nobody reviewed
       2 packages, 2.2 KiB to fetch
       python says: hello from a package that somebody vouched for
       `packman install gr33t` (mistyped): nobody you trust vouches for `gr33t`

    5. Five attacks

    a. A wheel is swapped on its host
       an installer that believes the host would run the stranger's code now
       refused (hash-mismatch): `greet-1.0-py3-none-any.whl` refused
         because no host gave the bytes with SHA-256 SHA256
         because `http://HOST/blobs/SHA256/greet-1.0-py3-none-any.whl` gave bytes with SHA-256 SHA256, wanted SHA256

    b. A record is changed on the mirror, so that it names the swapped wheel
       a list of hashes that travels beside the files protects nobody
       refused (hash-mismatch): database `demonstration` refused
         because `targets/projects/SHA256.greet.json`: found sha-256 SHA256, wanted SHA256

    c. An old copy is replayed, signatures and all, from before a fix
       every signature is right; only who remembers what he saw notices
       refused (rollback): database `demonstration` refused
         because `metadata/timestamp.json`: the timestamp went back to version 1, wanted at least 2

    d. The mirror is frozen: 31 days later it still serves today's copy
       no signature is wrong and nothing went back; only a date tells
       refused (expired): database `demonstration` refused
         because `metadata/timestamp.json`: expired at TIME, wanted later than TIME

    e. A stranger signs a database that looks the same, with his own keys
       TLS would not help: he may own the host
       refused (bad-signature): database `demonstration` refused
         because `metadata/timestamp.json`: signed by 0 of the `timestamp` keys, wanted 1

    Your environment, your ring and your last good copy were never touched by any of them.
       `packman explain CODE` says more of each; `packman curate start requirements.txt` begins for real
    ");
    assert_eq!(run.stderr, "");
    let refused = run.stdout.lines().filter(|line| line.trim_start().starts_with("refused (")).count();
    assert_eq!(refused, 5);
    assert!(snapshot(&world.path("scratch")).is_empty(), "the scratch folder is gone");
    assert_eq!(std::fs::read_dir(world.path("scratch")).unwrap().count(), 0);
    assert!(snapshot(&world.home()).is_empty(), "the user's own home is not touched");
}

#[test]
fn without_a_python_it_says_what_is_missing() {
    let mut world = bare_world();
    world.set("PATH", world.path("empty"));
    let run = world.run(&["demo"]);
    assert_eq!(run.code, 4);
    insta::assert_snapshot!(plain(&world, &run.stderr), @"
    error: PATH holds no Python, wanted 3.8 or newer
      hint: the demonstration needs Python 3 in `PATH`
    ");
}

#[test]
fn as_json_it_is_one_document_and_quietly_nothing() {
    let world = bare_world();
    let run = world.ok(&["demo", "--json"]);
    assert_eq!(run.stderr, "");
    let answer = run.json();
    assert_eq!(members(answer.as_object().unwrap()), ["assurance", "number", "installed", "attacks"]);
    assert_eq!(texts(at(&answer, &["installed"]), "name"), ["greet-words", "greet"]);
    assert_eq!(
        texts(at(&answer, &["attacks"]), "code"),
        ["hash-mismatch", "hash-mismatch", "rollback", "expired", "bad-signature"]
    );
    assert_eq!(at(&answer, &["number"]).as_str().map(str::len), Some(71));
    let quiet = world.ok(&["demo", "--quiet"]);
    assert_eq!((quiet.stdout.as_str(), quiet.stderr.as_str()), ("", ""));
}

/// A network of its own has a loopback interface that is down. Where nobody may make one, there is nothing to see.
#[cfg(target_os = "linux")]
#[test]
fn where_the_machine_does_not_reach_itself_it_says_so_and_ends() {
    let world = bare_world();
    let apart = |arguments: &[&str]| world.other(Path::new("unshare"), &[&["-rn"], arguments].concat());
    if world.other(Path::new("sh"), &["-c", "unshare -rn true"]).code != 0 {
        return;
    }
    let run = apart(&[env!("CARGO_BIN_EXE_packman"), "demo", "--json"]);
    assert_eq!((run.code, run.error_code().as_str()), (4, "network"), "{}", run.stderr);
    insta::assert_snapshot!(said(&world, &run), @"
    error: the mirror of the demonstration cannot be reached on this machine itself
      because: 127.0.0.1 (loopback): Network is unreachable (os error 101)
      hint: bring the loopback interface up, such as by `ip link set lo up`, and let 127.0.0.1 through
    ");
}
