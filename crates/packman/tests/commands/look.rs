//! `packman search`, `info` and `list`: what there is, what is there, and by whose word.

use packman_machine::loopback::Answer;
use testkit::index::Listed;
use testkit::packages::{module, requests_and_its_needs};
use testkit::world::World;

use crate::support::{Stage, bare_world, plain, sign_and_publish};

/// Everything a command says, without what differs from run to run.
fn both(world: &World, arguments: &[&str]) -> String {
    let run = world.run(arguments);
    plain(world, &format!("{}{}", run.stdout, run.stderr)).trim_end().to_owned()
}

#[test]
fn search_finds_names_before_summaries() {
    let mut drafts = requests_and_its_needs();
    for draft in &mut drafts {
        draft.summary = match draft.name.as_str() {
            "urllib3" => "What requests stands on, and it's fast".to_owned(),
            name => format!("The {name} of tests"),
        };
    }
    let stage = Stage::trusted(drafts);
    insta::assert_snapshot!(both(&stage.world, &["search", "Requests"]), @"
    requests  2.32.3  web  The requests of tests
    urllib3   2.3.0   web  What requests stands on, and it's fast
    ");
    insta::assert_snapshot!(both(&stage.world, &["search", "charset_normalizer"]), @"charset-normalizer  3.4.1  web  The charset-normalizer of tests");
    insta::assert_snapshot!(both(&stage.world, &["search", "nothing"]), @"
    error: nobody you trust vouches for anything with `nothing` in it
      hint: `packman trust list` shows whom you trust; `packman trust show NAME` what each has
    ");
    assert_eq!(stage.world.ends(1, "nothing-found", &["search", "nothing"]).code, 1);
}

/// One bad record of one database is one line, and a failure only where the answer may lack it.
#[test]
fn a_record_that_cannot_be_read_ends_no_search() {
    let stage = Stage::trusted(vec![module("good", "1.0"), module("evil", "1.0")]);
    let names = std::fs::read_dir(stage.world.path("site/targets/projects")).unwrap();
    let evil = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let evil = evil.into_iter().find(|name| name.ends_with(".evil.json")).unwrap();
    for (answer, exit, code) in
        [(Answer::status(404), 4, "network"), (Answer::bytes("{}"), 3, "length-mismatch")]
    {
        stage.mirror.lie(&format!("targets/projects/{evil}"), answer);
        let run = stage.world.ok(&["search", "good"]);
        assert!(run.stdout.starts_with("good  1.0"), "{}", run.stdout);
        assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
        assert!(run.stderr.starts_with("warning: `web` has no record of `evil`"), "{}", run.stderr);
        stage.world.ends(exit, code, &["search", "evil"]);
        stage.world.ends(exit, code, &["search", "neither"]);
    }
}

/// Nobody asked for the records of a search: they are not fetched one by one, and not kept.
#[test]
fn a_search_fetches_the_pack_and_keeps_no_records() {
    let drafts = (0..12).map(|number| module(&format!("project-{number}"), "1.0")).collect();
    let stage = Stage::trusted(drafts);
    stage.world.clear_cache();
    stage.mirror.take_asked();
    let run = stage.world.ok(&["search", "project"]);
    assert_eq!(run.stdout.lines().count(), 12);
    let asked = stage.mirror.take_asked();
    assert!(asked.iter().all(|asked| !asked.contains("targets/projects/")), "{asked:?}");
    assert!(!stage.world.cache().join("records/flat-1").exists());
}

#[test]
fn who_trusts_nobody_is_told_how_to_begin() {
    let world = bare_world();
    insta::assert_snapshot!(both(&world, &["search", "flask"]), @"
    error: nobody you trust vouches for anything with `flask` in it
      hint: `packman trust add URL` trusts a database that somebody publishes
      hint: `packman curate start requirements.txt` makes one of your own, from what your team uses
      hint: `packman demo` shows how it works, in a scratch folder
    ");
    insta::assert_snapshot!(both(&world, &["info", "flask"]), @"
    error: nobody you trust vouches for `flask`
      hint: `packman trust add URL` trusts a database that somebody publishes
      hint: `packman curate start requirements.txt` makes one of your own, from what your team uses
      hint: `packman demo` shows how it works, in a scratch folder
    ");
}

#[test]
fn info_shows_releases_files_and_reviews() {
    let stage = Stage::published(vec![module("flask", "3.0"), module("flask", "3.1")]);
    stage.index.add(&module("flask", "3.2"));
    stage.index.add_bytes("flask-3.2.tar.gz", b"source".to_vec(), None);
    let yanked = |listed: &mut Listed| listed.yanked = Some("broken on Sundays".to_owned());
    stage.index.change("flask-3.2-py3-none-any.whl", yanked);
    stage.world.ok(&["curate", "add", "db", "flask==3.2", "--all-files"]);
    sign_and_publish(&stage.world);
    stage.trust();
    insta::assert_snapshot!(both(&stage.world, &["info", "Flask"]), @"
    flask
      The project flask
      vouched for by web (`Web tools`), [#] signed, compared
      3.2  flask-3.2-py3-none-any.whl  954 B  nobody reviewed  yanked: broken on Sundays
      3.2  flask-3.2.tar.gz            6 B    nobody reviewed  refused: a source distribution: building one runs its code
      3.1  flask-3.1-py3-none-any.whl  954 B  nobody reviewed
      3.0  flask-3.0-py3-none-any.whl  954 B  nobody reviewed
    ");
    insta::assert_snapshot!(both(&stage.world, &["info", "flsk"]), @"
    error: nobody you trust vouches for `flsk`
      hint: 1 database of your trust ring may answer for `flsk`, and none lists it; `packman trust list` shows them
      hint: ask one of their maintainers to vouch for it, or curate a database of your own
    ");
    insta::assert_snapshot!(both(&stage.world, &["info", "not a name"]), @"error: project name `not a name`: holds ` `, wanted ASCII letters, digits, `.`, `-` and `_`");
}

#[test]
fn words_of_a_hostile_database_cannot_act_on_the_terminal() {
    let mut draft = module("evil", "1.0");
    draft.summary = "\u{1b}[2Jcleared \u{202e}txt.exe".to_owned();
    let stage = Stage::trusted(vec![draft]);
    for arguments in [&["search", "evil"][..], &["info", "evil"]] {
        let shown = both(&stage.world, arguments);
        assert!(!shown.contains(['\u{1b}', '\u{202e}']), "{shown}");
    }
    let for_programs = both(&stage.world, &["info", "evil", "--json"]);
    assert!(!for_programs.contains(['\u{1b}', '\u{202e}']), "{for_programs}");
}

#[test]
fn an_environment_is_listed_without_ring_and_network() {
    let stage = Stage::trusted(requests_and_its_needs());
    stage.world.venv("v");
    stage.world.ok(&["install", "--venv", "v", "requests"]);
    let Stage { mut world, index, mirror } = stage;
    drop((index, mirror));
    world.use_fresh_user("somebody");
    insta::assert_snapshot!(both(&world, &["list", "--venv", "v"]), @"
    certifi             2024.12.14  web when it was installed: signed, compared; not in your trust ring now
    charset-normalizer  3.4.1       web when it was installed: signed, compared; not in your trust ring now
    idna                3.10        web when it was installed: signed, compared; not in your trust ring now
    requests            2.32.3      web when it was installed: signed, compared; not in your trust ring now
    urllib3             2.3.0       web when it was installed: signed, compared; not in your trust ring now
    ");
    insta::assert_snapshot!(both(&world, &["list", "--venv", "nowhere"]), @"
    error: `./nowhere` is not there, wanted a virtual environment
      hint: `packman venv DIR` makes one
    ");
}

#[test]
fn an_environment_whose_python_is_gone_is_told_from_a_folder_that_is_none() {
    let stage = Stage::trusted(vec![module("flask", "3.0")]);
    let venv = stage.world.venv("v");
    std::fs::create_dir(stage.world.path("empty")).unwrap();
    std::fs::remove_file(venv.join("bin/python")).unwrap();
    insta::assert_snapshot!(both(&stage.world, &["list", "--venv", "empty"]), @"
    error: `./empty` is no virtual environment: found no `pyvenv.cfg` with a Python
      hint: `packman venv DIR` makes one
    ");
    insta::assert_snapshot!(both(&stage.world, &["list", "--venv", "v"]), @"
    error: `./v` is a virtual environment whose Python, `./v/bin/python`, is not there or cannot be reached
      hint: bring its Python back, or move the folder away, make it anew with `packman venv DIR` and install again
    ");
    insta::assert_snapshot!(both(&stage.world, &["venv", "v"]), @"
    error: `./v` is there already, wanted a place for a new environment
      hint: name a folder that is not there yet, or an empty one
    ");
    std::os::unix::fs::symlink("/nowhere/python3", venv.join("bin/python")).unwrap();
    insta::assert_snapshot!(both(&stage.world, &["list", "--venv", "v"]), @"
    error: `./v` is a virtual environment whose Python, `/nowhere/python3`, is not there or cannot be reached
      hint: bring its Python back, or move the folder away, make it anew with `packman venv DIR` and install again
    ");
}

#[test]
fn what_was_installed_and_lost_its_notes_has_a_way_on() {
    let stage = Stage::trusted(vec![module("flask", "3.0"), module("click", "8.0")]);
    let venv = stage.world.venv("v");
    stage.world.ok(&["install", "--venv", "v", "flask", "click"]);
    let lib = std::fs::read_dir(venv.join("lib")).unwrap().next().unwrap().unwrap().path();
    std::fs::remove_file(lib.join("site-packages/flask-3.0.dist-info/METADATA")).unwrap();
    std::fs::remove_file(lib.join("site-packages/click-8.0.dist-info/RECORD")).unwrap();
    insta::assert_snapshot!(both(&stage.world, &["uninstall", "--venv", "v", "flask"]), @"
    warning: `./v/lib/python3.N/site-packages/flask-3.0.dist-info`: it has no METADATA
    error: `flask`: it is there, and what it says of itself cannot be read, so its files are not known
      hint: if another program installed it, remove it with that
      hint: a new environment is the safe way: `packman venv DIR`, then `--venv DIR`
    ");
    insta::assert_snapshot!(both(&stage.world, &["uninstall", "--venv", "v", "click"]), @"
    warning: `./v/lib/python3.N/site-packages/flask-3.0.dist-info`: it has no METADATA
    error: `click`: its `.dist-info` has no RECORD, so its files are not known
      hint: if another program installed it, remove it with that
      hint: a new environment is the safe way: `packman venv DIR`, then `--venv DIR`
    ");
    insta::assert_snapshot!(both(&stage.world, &["install", "--venv", "v", "flask"]), @"
    warning: `./v/lib/python3.N/site-packages/flask-3.0.dist-info`: it has no METADATA
    plan for ./v
      + flask  3.0  954 B  [#] web  signed, compared  nobody reviewed
    1 package, nothing to fetch
    error: `flask`: it is there, and what it says of itself cannot be read, so its files are not known
      hint: if another program installed it, remove it with that
      hint: a new environment is the safe way: `packman venv DIR`, then `--venv DIR`
    ");
}
