//! `packman curate` makes a list with the verbs that make a database.

use std::collections::BTreeSet;
use std::path::Path;

use packman_strict::Sha256;
use testkit::packages::requests_and_its_needs;
use testkit::world::World;

use crate::support::{MAINTAINER, Stage, plain, without_progress};

/// Everything a command says, without what differs from run to run.
fn both(world: &World, arguments: &[&str]) -> String {
    let run = world.run(arguments);
    let said = plain(world, &without_progress(&format!("{}{}", run.stdout, run.stderr)));
    said.trim_end().to_owned()
}

/// A published database, on a server, and a list that is empty yet.
fn listing(more: &[&str]) -> Stage {
    let stage = Stage::published(requests_and_its_needs());
    let arguments =
        ["curate", "init", "list", "--list", "--title", "Good <b>tools</b>", "--maintainer", MAINTAINER];
    stage.world.ok(&[&arguments[..], more].concat());
    stage
}

fn signed_list() -> Stage {
    listing(&["--no-passphrase"])
}

fn add(stage: &Stage, name: &str, more: &[&str]) {
    let (url, number) = (stage.mirror.url(), stage.number());
    let arguments = ["curate", "add", "list", name, &url, "--number", &number];
    stage.world.ok(&[&arguments[..], more].concat());
}

fn sign_and_publish(world: &World) {
    world.ok(&["curate", "sign", "list", "--yes"]);
    world.ok(&["curate", "publish", "list", "--to", "site-of-list"]);
}

#[test]
fn a_list_is_made_with_the_verbs_that_make_a_database() {
    let stage = signed_list();
    let (world, url, number) = (&stage.world, stage.mirror.url(), stage.number());
    let add = ["curate", "add", "list", "web", &url, "--number", &number, "--scope", "requests", "lab-*"];
    insta::assert_snapshot!(both(world, &add), @"
    listed web: `Web tools`
      at `http://HOST/`
      safety number NUMBER
      for lab-* requests
      found at `http://HOST/`: it is the one that is meant
    next: packman curate sign list
    ");
    insta::assert_snapshot!(both(world, &["curate", "sign", "list", "--yes"]), @"
    changes of the list: 1 database
      + web: `Web tools`
        at `http://HOST/`
        safety number NUMBER
        for lab-* requests
    signed version 1
      root       version 1  good until DATE
      timestamp  version 1  good until DATE
      snapshot   version 1  good until DATE
      targets    version 1  good until DATE
    next: packman curate publish list --to FOLDER
    ");
    insta::assert_snapshot!(both(world, &["curate", "publish", "list", "--to", "site-of-list"]), @"
    published version 1 (timestamp 1) to `site-of-list`: 7 of 7 files written
      safety number NUMBER
      any web server, object store or USB stick can carry this folder
    ");
    world.ok(&["curate", "withdraw", "list", "web", "--reason", "its keeper is gone"]);
    insta::assert_snapshot!(both(world, &["curate", "status", "list"]), @"
    `Good <b>tools</b>`, by `Example Lab <lab@example.org>`
      safety number NUMBER
      web: `Web tools`
        at `http://HOST/`
        safety number NUMBER
        for lab-* requests
        withdrawn DATE: its keeper is gone
      root       version 1  good until DATE  `packman curate rotate` prolongs it
      timestamp  version 1  good until DATE  `packman curate refresh` prolongs it
      snapshot   version 1  good until DATE  `packman curate refresh` prolongs it
      targets    version 1  good until DATE  `packman curate sign` prolongs it
    changes of the list: 1 database
      ! web: `Web tools`
        withdrawn: its keeper is gone
    next: packman curate sign list
    warning: the spare root key is still on this machine: move `~/home/keys/SHA256/spare.pem` to where it is not lost together with it
    ");
    world.ok(&["curate", "sign", "list", "--yes"]);
    insta::assert_snapshot!(both(world, &["curate", "remove", "list", "web"]), @"
    removed web
      a database that people should stop trusting is withdrawn instead, with the reason: `packman curate withdraw`
    next: packman curate sign list
    ");
    insta::assert_snapshot!(both(world, &["curate", "remove", "list", "web"]), @"
    error: `web` is not in the list
      hint: `packman curate status` shows the names
    ");
    insta::assert_snapshot!(both(world, &["curate", "rotate", "list", "--targets", "--no-passphrase"]), @"
    signed root 2, good until DATE
      safety number NUMBER
      Whoever trusts the database follows by himself; print the new number where the old one stood.
      no longer used `~/home/keys/SHA256/targets.pem`: keep it from others, or remove it
      root       version 2  good until DATE
      timestamp  version 3  good until DATE
      snapshot   version 3  good until DATE
      targets    version 3  good until DATE
    next: packman curate publish list --to FOLDER
    ");
    insta::assert_snapshot!(both(world, &["curate", "sign", "list", "--yes"]), @"
    changes of the list: 1 database
      - web: `Web tools`
    signed version 4
      root       version 2  good until DATE
      timestamp  version 4  good until DATE
      snapshot   version 4  good until DATE
      targets    version 4  good until DATE
    next: packman curate publish list --to FOLDER
    ");
}

#[test]
fn a_database_is_looked_at_before_it_is_listed() {
    let stage = signed_list();
    let (world, url, number) = (&stage.world, stage.mirror.url(), stage.number());
    let wrong = number.replace(|digit: char| digit.is_ascii_digit(), "7");
    world.ends(3, "number-mismatch", &["curate", "add", "list", "web", &url, "--number", &wrong]);
    let hash = Sha256::of(b"another").to_string();
    world.ends(
        3,
        "hash-mismatch",
        &["curate", "add", "list", "web", &format!("{url}metadata/1.root.json"), "--sha256", &hash],
    );
    let gone = "http://127.0.0.1:9/db/";
    insta::assert_snapshot!(both(world, &["curate", "add", "list", "web", gone, "--number", &wrong]), @"
    listed web: `web`
      at `http://HOST/db/`
      safety number NUMBER
      for *
    warning: nobody looked whether it is at `http://HOST/db/`: `http://HOST/db/metadata/1.root.json`: no connection: connection refused; what you typed is listed as it is
    next: packman curate sign list
    ");
    insta::assert_snapshot!(both(world, &["--offline", "curate", "add", "list", "web", &url, "--number", &number]), @"
    changed web: `web`
      at `http://HOST/`
      safety number NUMBER
      for *
    warning: nobody looked whether it is at `http://HOST/`; without `--offline` PackMan looks
    next: packman curate sign list
    ");
    add(&stage, "web", &[]);
    sign_and_publish(world);
    // A list is no database, and is not listed as one.
    let site = crate::support::Mirror::of(world.path("site-of-list"));
    let own = world.ok(&["curate", "number", "list"]).stdout;
    let run = world.ends(2, "usage", &["curate", "add", "list", "me", &site.url(), "--number", own.trim()]);
    insta::assert_snapshot!(plain(world, &run.stderr), @"error: `http://HOST/` is a list, wanted a database");
}

#[test]
fn what_makes_no_sense_in_a_list_or_in_a_database_is_said() {
    let stage = signed_list();
    let (world, url, number) = (&stage.world, stage.mirror.url(), stage.number());
    let mut said = Vec::new();
    for arguments in [
        &["curate", "add", "list", "web"][..],
        &["curate", "add", "list", "web", &url],
        &["curate", "add", "list", "web", &url, "--number", "12"],
        &["curate", "add", "list", "web", &url, "--sha256", "d41d8cd98f00b204e9800998ecf8427e"],
        &["curate", "add", "list", "Web Tools", &url, "--number", &number],
        &["curate", "add", "list", "web", "https://me:secret@web.example/", "--number", &number],
        &["curate", "add", "list", "web", "file:///etc", "--number", &number],
        &["curate", "add", "list", "web", &url, "--number", &number, "--with-dependencies"],
        &["curate", "add", "db", "requests", "--number", &number],
        &["curate", "withdraw", "db", "requests", "--reason", "it is old"],
        &["curate", "withdraw", "list", "nobody", "--reason", "it is old"],
    ] {
        said.push(both(world, arguments));
    }
    insta::assert_snapshot!(said.join("\n"), @"
    error: `web`: wanted the address of the database after its name
    error: wanted `--number` for a signed database, or `--sha256` for the file of an unsigned one
    error: safety number has 2 digits, wanted 60
    error: found an MD5, wanted a SHA-256: two files with one MD5 can be made by anybody, so it says nothing
    error: `Web Tools` cannot name a database; wanted 1 to 64 of `a` to `z`, digits, `-`, `_` and `.`, beginning with a letter or digit
    error: address `https://…@web.example/`: wanted an address without user name and password
    error: address `file:///etc`: wanted an http or https address
    error: `list` is a list, where `--with-dependencies` means nothing
    error: `db` is a database of projects, where `--number` means nothing: it is for lists
    error: `./db` is a database, wanted a list
    error: `nobody` is not in the list
      hint: `packman curate status` shows the names
    ");
}

#[test]
fn python_tuf_verifies_a_list() {
    let stage = signed_list();
    add(&stage, "web", &[]);
    sign_and_publish(&stage.world);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python_tuf.py");
    let arguments = [script.to_str().unwrap(), "site-of-list", "tuf-state", "databases.json", "about.json"];
    let run = testkit::tools::run_python(&stage.world.folder(), &[&["-B"], arguments.as_slice()].concat());
    assert_eq!(run.code, 0, "{}", run.stderr);
    insta::assert_snapshot!(plain(&stage.world, &run.stdout), @"
    databases.json None
    about.json Good <b>tools</b>
    ");
}

#[test]
fn the_page_for_people_shows_whole_numbers_and_runs_nothing() {
    let stage = signed_list();
    add(&stage, "web", &["--title", "<script>alert('x')</script>\" onload=\"x"]);
    stage.world.ok(&["curate", "withdraw", "list", "web", "--reason", "<img src=x onerror=alert(1)>"]);
    add(&stage, "more", &["--title", "More"]);
    sign_and_publish(&stage.world);
    let page = std::fs::read_to_string(stage.world.path("site-of-list/index.html")).unwrap();
    assert!(page.contains(&stage.number()), "the number in 12 groups: {page}");
    let tags = page.split('<').skip(1).map(|rest| rest.split('>').next().unwrap());
    let tags: Vec<&str> = tags.filter(|tag| !tag.starts_with('/')).collect();
    let names: BTreeSet<&str> = tags.iter().map(|tag| tag.split(' ').next().unwrap()).collect();
    let known = "!DOCTYPE a body code dd dl dt h1 h2 head html meta p section strong style title";
    assert_eq!(names.into_iter().collect::<Vec<_>>().join(" "), known);
    let refers = |tag: &&&str| tag.contains("src=") || tag.contains("href=");
    let refer: Vec<&&str> = tags.iter().filter(refers).collect();
    assert!(refer.len() == 1 && refer[0].starts_with("a href=\"packman:add?"), "{refer:?}");
    assert!(page.contains("default-src 'none'"));
    let page = page.replace(&stage.number().replace(' ', ""), "DIGITS");
    insta::assert_snapshot!(plain(&stage.world, &page), @r#"
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
    <meta name="viewport" content="width=device-width">
    <meta name="referrer" content="no-referrer">
    <title>Good &lt;b&gt;tools&lt;/b&gt;</title>
    <style>body{font:1rem/1.5 sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem}code{font:1rem/1.5 monospace;overflow-wrap:anywhere}section{border-top:1px solid #888}dt{font-weight:bold}dd{margin:0 0 .5rem}.withdrawn{border-left:.5rem solid #b00;padding-left:1rem}</style>
    </head>
    <body>
    <h1>Good &lt;b&gt;tools&lt;/b&gt;</h1>
    <p>Kept by Example Lab &lt;lab@example.org&gt;.</p>
    <p>This list is signed. PackMan asks for its safety number, or shows it to be compared:</p>
    <p><code>NUMBER</code></p>
    <section id="more">
    <h2>More</h2>
    <dl>
    <dt>Name</dt><dd><code>more</code></dd>
    <dt>Address</dt><dd><code>http://HOST/</code></dd>
    <dt>Safety number</dt><dd><code>NUMBER</code></dd>
    <dt>For the projects</dt><dd><code>*</code></dd>
    </dl>
    <p><a href="packman:add?database=http://HOST/&amp;number=DIGITS">Open in PackMan</a></p>
    </section>
    <section id="web" class="withdrawn">
    <h2>&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&quot; onload=&quot;x</h2>
    <p><strong>Withdrawn on DATE: &lt;img src=x onerror=alert(1)&gt;</strong></p>
    <dl>
    <dt>Name</dt><dd><code>web</code></dd>
    <dt>Address</dt><dd><code>http://HOST/</code></dd>
    <dt>Safety number</dt><dd><code>NUMBER</code></dd>
    <dt>For the projects</dt><dd><code>*</code></dd>
    </dl>
    </section>
    <p>Made by <code>packman curate publish</code>.</p>
    </body>
    </html>
    "#);
}

#[test]
fn a_site_that_cannot_sign_publishes_the_same_entries_with_the_same_verbs() {
    let stage = listing(&["--unsigned"]);
    let world = &stage.world;
    assert!(!world.path("list/metadata").exists());
    add(&stage, "web", &[]);
    insta::assert_snapshot!(both(world, &["curate", "status", "list"]), @"
    `Good <b>tools</b>`, by `Example Lab <lab@example.org>`
      not signed: believed over TLS only
      web: `Web tools`
        at `http://HOST/`
        safety number NUMBER
        for *
    ");
    insta::assert_snapshot!(both(world, &["curate", "publish", "list", "--to", "plain"]), @"
    published to `plain`: 3 of 3 files written
      it is not signed: serve it over TLS, from a site that people know
    ");
    let listed = std::fs::read_dir(world.path("plain")).unwrap();
    let mut names: Vec<_> = listed.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names, ["about.json", "databases.json", "index.html"]);
    let databases = std::fs::read_to_string(world.path("plain/databases.json")).unwrap();
    assert!(databases.contains(&stage.number().replace(' ', "")));
    for verb in [&["sign"][..], &["refresh"], &["rotate"], &["number"]] {
        world.ends(1, "unsigned-list", &[&["curate"], verb, &["list"]].concat());
    }
    // Where a signed one was published, one without keys would take its place for whoever meets it first.
    world.ends(3, "foreign-publication", &["curate", "publish", "list", "--to", "site"]);
}

#[test]
fn what_was_signed_as_a_list_does_not_become_a_database() {
    let stage = signed_list();
    add(&stage, "web", &[]);
    sign_and_publish(&stage.world);
    let about = stage.world.path("list/about.json");
    let text = std::fs::read_to_string(&about).unwrap();
    std::fs::write(&about, text.replace("\"list\"", "\"database\"")).unwrap();
    std::fs::write(stage.world.path("list/recalls.json"), "{\"recalls\": []}").unwrap();
    stage.world.ends(3, "database-damaged", &["curate", "sign", "list", "--yes"]);
}
