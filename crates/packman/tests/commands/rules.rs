//! Rules of the ring: how many databases must agree, and what is not allowed; what meets them, what does not, and who may
//! lower them.

use testkit::packages::module;

use crate::support::{MAINTAINER, Stage, at, kept, plain, said};

/// Flask and what it needs, trusted as `web`; a second scapegoat, trusted as `lab`, vouches for these of them.
fn stage(lab: &[&str]) -> Stage {
    let flask = module("flask", "3.0").requires("click");
    let stage = Stage::trusted(vec![flask, module("click", "8.0").requires("flask"), module("alone", "1.0")]);
    let world = &stage.world;
    world.ok(&["curate", "init", "other", "--title", "Lab", "--maintainer", MAINTAINER, "--no-passphrase"]);
    world.ok(&[&["curate", "add", "other", "--this-platform-only"], lab].concat());
    world.ok(&["curate", "sign", "other", "--yes"]);
    world.ok(&["curate", "publish", "other", "--to", "other-site"]);
    let number = world.ok(&["curate", "number", "other"]).stdout;
    world.ok(&["trust", "add", "other-site", "--as", "lab", "--number", number.trim(), "--scope", "*"]);
    world.venv("v");
    stage
}

const INSTALL: [&str; 4] = ["install", "--venv", "v", "flask"];

#[test]
fn what_enough_databases_agree_on_is_installed() {
    let stage = stage(&["flask==3.0", "click==8.0"]);
    let world = &stage.world;
    let run = world.ok(&["trust", "quorum", "2", "web", "lab"]);
    insta::assert_snapshot!(run.stdout.trim_end(), @"quorum  for *  2 of lab, web must agree");
    let listed = world.ok(&["trust", "list"]).stdout;
    assert!(listed.trim_end().ends_with("quorum  for *  2 of lab, web must agree"), "{listed}");
    let json = world.ok(&["trust", "list", "--json"]);
    assert_eq!(at(&json.json(), &["quorums"]).as_array().map(<[_]>::len), Some(1));
    world.ok(&INSTALL);
    let info = plain(world, &world.ok(&["info", "flask"]).stdout);
    assert!(info.contains("\n  2 of lab, web must agree, by your quorum for *\n"), "{info}");
    assert!(!info.contains("refused"), "{info}");
}

#[test]
fn what_is_needed_inherits_the_rule_and_is_refused_with_it() {
    let stage = stage(&["flask==3.0"]);
    let world = &stage.world;
    world.ok(&["trust", "quorum", "2", "web", "lab", "--for", "flask"]);
    let before = kept(world, Some(&world.path("v")));
    let run = world.ends(1, "quorum", &INSTALL);
    insta::assert_snapshot!(said(world, &run), @"
    error: too few of the databases you trust agree on what is needed
      because: you asked for `flask`
               `flask` 3.0 needs `click`
               `click` 8.0 is not agreed on: quorum, 1 of 2 (the rule of `flask`, which needs it): `lab` does not list it
      hint: ask the maintainers of the databases that do not agree to look at it and vouch for it
      hint: `packman trust quorum` shows the rules
    ");
    assert!(kept(world, Some(&world.path("v"))) == before, "nothing was changed");
    // By itself nothing needs it that has a rule; and a rule of its own holds in place of what it would inherit.
    world.ok(&["install", "--venv", "v", "--dry-run", "alone"]);
    world.ok(&["trust", "quorum", "1", "web", "--for", "click"]);
    world.ok(&INSTALL);
}

#[test]
fn a_lock_and_a_sync_are_held_against_the_rule() {
    let stage = stage(&["flask==3.0"]);
    let world = &stage.world;
    world.ok(&["lock", "--venv", "v", "flask", "-o", "pylock.toml"]);
    world.ok(&["trust", "quorum", "2", "web", "lab", "--for", "flask"]);
    let before = kept(world, Some(&world.path("v")));
    let run = world.ends(1, "quorum", &["sync", "--venv", "v", "pylock.toml"]);
    insta::assert_snapshot!(said(world, &run), @"
    error: the rules of your trust ring leave out the locked file of `click` 8.0
      because: quorum, 1 of 2 (the rule of `flask`, which needs it): `lab` does not list it
      hint: ask the maintainers of the databases that do not agree to look at it and vouch for it
      hint: `packman trust quorum` shows the rules
    ");
    assert!(kept(world, Some(&world.path("v"))) == before, "nothing was changed");
    for universal in [&[][..], &["--universal"]] {
        let lock = [&["lock", "--venv", "v", "flask", "-o", "pylock.other.toml"], universal].concat();
        world.ends(1, "quorum", &lock);
    }
    // What has the word of both is synced.
    world.ok(&["curate", "add", "other", "click==8.0", "--this-platform-only"]);
    world.ok(&["curate", "sign", "other", "--yes"]);
    world.ok(&["curate", "publish", "other", "--to", "other-site"]);
    world.ok(&["sync", "--venv", "v", "pylock.toml"]);
}

/// An index that gives the second scapegoat other bytes under the same name: which of the two is deceived nobody knows.
#[test]
fn two_that_list_different_bytes_under_one_name_do_not_agree() {
    let stage = stage(&["click==8.0"]);
    let world = &stage.world;
    stage.index.add(&module("flask", "3.0").requires("click").file("flask/evil.py", "print('hello')\n"));
    world.ok(&["curate", "add", "other", "flask==3.0", "--this-platform-only"]);
    world.ok(&["curate", "sign", "other", "--yes"]);
    world.ok(&["curate", "publish", "other", "--to", "other-site"]);
    world.ok(&["trust", "quorum", "2", "web", "lab"]);
    let run = world.ends(1, "quorum", &INSTALL);
    assert!(run.stderr.contains("`lab` lists another file of that name"), "{}", run.stderr);
    let info = world.ok(&["info", "flask", "--json"]);
    let json = info.json();
    let file = at(&json, &["files"]).as_array().and_then(<[_]>::first).unwrap();
    assert_eq!(at(file, &["refused"]).as_str(), Some("quorum"));
    assert!(at(file, &["because"]).as_str().unwrap().contains("another file"), "{}", info.stdout);
}

#[test]
fn what_lowers_the_rules_needs_a_person_and_what_raises_them_does_not() {
    let stage = stage(&["flask==3.0", "click==8.0"]);
    let world = &stage.world;
    for raising in [
        &["trust", "quorum", "1", "web", "lab", "--for", "flask"][..],
        &["trust", "quorum", "2", "web", "lab", "--for", "flask"],
        &["trust", "quorum", "1", "web", "lab"],
        &["trust", "policy", "forbid-accept-expired=true"],
        &["trust", "policy", "forbid-unverified=true", "require-review=human"],
    ] {
        world.ok(raising);
    }
    let before = kept(world, None);
    for lowering in [
        &["trust", "quorum", "1", "web", "lab", "--for", "flask"][..],
        &["trust", "quorum", "--remove", "--for", "flask"],
        &["trust", "quorum", "--remove"],
        &["trust", "policy", "require-review=none"],
        &["trust", "policy", "forbid-unverified=false", "forbid-accept-expired=true"],
    ] {
        world.ends(1, "consent-needed", lowering);
        assert!(kept(world, None) == before, "{lowering:?}");
    }
    insta::assert_snapshot!(said(world, &world.run(&["trust", "policy", "require-review=none"])), @"
    error: nothing was changed: it lowers what your trust ring demands, and nobody agreed to that
      hint: give the answer at a terminal; no flag gives it
    ");
    insta::assert_snapshot!(world.ok(&["trust", "policy"]).stdout.trim_end(), @"
    quorum  for flask  2 of lab, web must agree
    quorum  for *      1 of lab, web must agree
    policy  require-review=human, forbid-unverified, forbid-accept-expired
    ");
    world.ends(1, "ring", &["trust", "quorum", "2", "web", "nobody"]);
    world.ends(1, "ring", &["trust", "quorum", "--remove", "--for", "click"]);
    for wrong in [
        &["trust", "quorum", "3", "web", "lab"][..],
        &["trust", "quorum", "2", "web", "web"],
        &["trust", "quorum", "0", "web"],
        &["trust", "policy", "allow-all=true"],
    ] {
        world.ends(2, "usage", wrong);
    }
    assert!(kept(world, None) == before);
}

#[test]
fn what_the_policy_forbids_is_not_installed_and_says_so() {
    let stage = stage(&["flask==3.0", "click==8.0"]);
    let world = &stage.world;
    world.ok(&["trust", "policy", "require-review=human"]);
    let before = kept(world, Some(&world.path("v")));
    let run = world.ends(1, "unreviewed", &["install", "--venv", "v", "alone"]);
    assert!(run.stderr.contains("`alone` 1.0 is not allowed: nobody has looked inside it"), "{}", run.stderr);
    world.ok(&["trust", "policy", "forbid-accept-expired=true"]);
    let after = kept(world, None);
    let run = world.ends(1, "policy", &["install", "--venv", "v", "alone", "--accept-expired"]);
    insta::assert_snapshot!(said(world, &run), @"
    error: `--accept-expired` is forbidden by the policy of your trust ring
      hint: `packman trust refresh` asks for something newer; `packman trust policy` shows what is forbidden
    ");
    assert!(kept(world, None) == after);
    assert!(kept(world, Some(&world.path("v"))).keys().eq(before.keys()), "nothing was installed");
}

/// A rule that names a database which is gone is not met by whoever takes the name unasked.
#[test]
fn a_title_makes_nobody_a_witness() {
    let stage = stage(&["flask==3.0", "click==8.0"]);
    let world = &stage.world;
    world.ok(&["trust", "quorum", "2", "web", "lab"]);
    world.ok(&["trust", "remove", "lab"]);
    let run = world.ends(1, "quorum", &INSTALL);
    assert!(run.stderr.contains("`lab` is not in your trust ring"), "{}", run.stderr);
    world.ok(&["curate", "init", "third", "--title", "Lab", "--maintainer", MAINTAINER, "--no-passphrase"]);
    world.ok(&["curate", "add", "third", "flask==3.0", "click==8.0", "--this-platform-only"]);
    world.ok(&["curate", "sign", "third", "--yes"]);
    world.ok(&["curate", "publish", "third", "--to", "third-site"]);
    let number = world.ok(&["curate", "number", "third"]).stdout;
    world.ok(&["trust", "add", "third-site", "--number", number.trim(), "--scope", "*"]);
    let listed = world.ok(&["trust", "list"]).stdout;
    assert!(listed.contains("lab-2"), "{listed}");
    world.ends(1, "quorum", &INSTALL);
}
