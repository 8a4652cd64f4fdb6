//! `packman curate start`: what it takes, what stops it, and lines that colleagues paste.

use packman_strict::Sha256;
use testkit::index::PackageIndex;
use testkit::packages::module;
use testkit::world::{World, snapshot};

use crate::support::{MAINTAINER, plain, without_progress, world};

fn start<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&["curate", "start"], more, &["--no-passphrase", "--yes", "--maintainer", MAINTAINER]].concat()
}

/// What the command says and its exit code.
fn both(world: &World, arguments: &[&str]) -> String {
    let run = world.run(arguments);
    let words = plain(world, &without_progress(&format!("{}{}", run.stdout, run.stderr)));
    format!("{}\nexit {}", words.trim_end(), run.code)
}

fn write(world: &World, file: &str, text: &str) {
    let path = world.path(file);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

/// What a cloned repository may hold: `curate start` would write, or publish, where somebody else wants it.
#[cfg(unix)]
#[test]
fn refuses_links_where_it_would_write() {
    let (_index, world) = six();
    write(&world, "requirements.txt", "six\n");
    write(&world, "victim/kept", "precious\n");
    std::fs::create_dir(world.path("victim/metadata")).unwrap();
    let before = snapshot(&world.path("victim"));
    for (link, to) in [
        ("site", "victim"),
        ("site/metadata", "../victim/metadata"),
        ("database", "victim"),
        ("database/targets", "../victim"),
    ] {
        let path = world.path(link);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(to, &path).unwrap();
        let run = world.ends(1, "link-in-folder", &start(&["requirements.txt"]));
        assert!(run.stderr.contains(&format!("{link}` is a symbolic link")), "{}", run.stderr);
        assert!(snapshot(&world.path("victim")) == before, "{link}");
        std::fs::remove_file(&path).unwrap();
        let _ = std::fs::remove_dir(path.parent().unwrap());
    }
    world.ok(&start(&["requirements.txt"]));
}

/// An index with one project, and a world that is set up for it.
fn six() -> (PackageIndex, World) {
    let index = PackageIndex::of([module("six", "1.17.0")]);
    let world = world(&index);
    (index, world)
}

#[track_caller]
fn nothing_is_left(world: &World) {
    for name in ["database", "site"] {
        assert!(!world.path(name).exists(), "{name}");
    }
    assert!(
        !world.home().join("keys").exists()
            || std::fs::read_dir(world.home().join("keys")).unwrap().next().is_none()
    );
}

/// Whoever has a private index must not get the same names from the configured one.
#[test]
fn a_file_that_says_where_packages_come_from_stops_it_before_anything_is_asked_or_made() {
    let (index, world) = six();
    for line in [
        "--index-url https://index.example/simple",
        "-i https://index.example/simple",
        "--extra-index-url=https://index.example/simple",
        "--find-links ./wheels",
        "--no-index",
    ] {
        write(&world, "requirements.txt", &format!("{line}\nsix\n"));
        let run = world.ends(1, "index-option", &start(&["requirements.txt"]));
        assert!(run.stderr.contains(line), "{}", run.stderr);
        nothing_is_left(&world);
        assert_eq!(index.take_asked(), Vec::<String>::new());
    }
    write(&world, "requirements.txt", "--index-url https://me:secret@index.example/simple\nsix\n");
    insta::assert_snapshot!(both(&world, &start(&["requirements.txt"])), @"
    error: a file says where packages come from, and nothing is taken from another place unasked
      because: `--index-url https://…@index.example/simple` (`requirements.txt`, line 1)
      hint: name the index that you mean with `--index URL`; then those lines are passed over
      hint: wheels of a folder are recorded with `packman curate add DIR NAME --from FOLDER --copy-files`
    exit 1
    ");
    // Named by a person, it is used instead.
    let url = index.url();
    insta::assert_snapshot!(both(&world, &start(&["requirements.txt", "--index", &url])), @r#"
    note: `--index-url https://…@index.example/simple` (`requirements.txt`, line 1) is passed over: packages come from `http://HOST/simple/`, as you said
    to be vouched for: 1 new file
      + six-1.17.0-py3-none-any.whl  959 B  N days old    nobody reviewed
    vouched for 1 file in 1 project
      private keys  `~/home/keys/SHA256`
      spare key     `~/home/keys/SHA256/spare.pem`: take it to where it is not lost together with this machine
    published to `site`, and in your trust ring as `work`
      put that folder on any web server or share; your colleagues run, with its address for URL:
        packman trust add URL --as work --number "NUMBER"
        packman install six
      in 90 days at the latest: packman curate sign database && packman curate publish database --to site
    exit 0
    "#);
    // The same for `add`.
    insta::assert_snapshot!(both(&world, &["curate", "add", "database", "-r", "requirements.txt"]), @"
    error: a file says where packages come from, and nothing is taken from another place unasked
      because: `--index-url https://…@index.example/simple` (`requirements.txt`, line 1)
      hint: name the index that you mean with `--index URL`; then those lines are passed over
      hint: wheels of a folder are recorded with `packman curate add DIR NAME --from FOLDER --copy-files`
    exit 1
    ");
}

#[test]
fn a_machine_that_is_to_use_no_index_uses_none() {
    let (index, mut world) = six();
    world.set("PIP_NO_INDEX", "1");
    write(&world, "requirements.txt", "six\n");
    insta::assert_snapshot!(both(&world, &start(&["requirements.txt"])), @"
    error: `PIP_NO_INDEX` says that no index is to be used
      hint: name one with `--index URL`, or take wheels of a folder: `packman curate add DIR NAME --from FOLDER --copy-files`
    exit 1
    ");
    nothing_is_left(&world);
    assert_eq!(index.take_asked(), Vec::<String>::new());
}

#[test]
fn a_hash_that_no_file_has_is_refused_as_that_and_leaves_nothing() {
    let (_index, world) = six();
    write(&world, "requirements.txt", &format!("six==1.17.0 --hash=sha256:{}\n", "0".repeat(64)));
    insta::assert_snapshot!(both(&world, &start(&["requirements.txt"])), @"
    nothing was signed or published
    error: `six-1.17.0-py3-none-any.whl`: found SHA-256 SHA256, wanted SHA256 as `requirements.txt`, line 1 says
      hint: the file that was locked and the one that is listed are not the same: find out why before you lock anew
      hint: see `packman explain hash-mismatch`
    exit 3
    ");
    world.ends(3, "hash-mismatch", &start(&["requirements.txt"]));
    nothing_is_left(&world);
    let init = ["curate", "init", "db", "--title", "T", "--maintainer", MAINTAINER, "--no-passphrase"];
    world.ok(&init);
    world.ends(3, "hash-mismatch", &["curate", "add", "db", "-r", "requirements.txt"]);
}

#[test]
fn what_is_for_other_platforms_is_passed_over_and_where_that_is_all_it_is_no_success() {
    let (_index, world) = six();
    write(&world, "requirements.txt", "pywin32==300; sys_platform == 'win32'\n");
    insta::assert_snapshot!(both(&world, &start(&["requirements.txt"])), @"
    note: the index has no wheel for `pywin32==300; sys_platform == 'win32'`, which is needed on another platform: a lock for every platform will not be found
    nothing was signed or published
    error: nothing that is asked for counts here, so nothing was signed
      hint: `--python X.Y` and `--platform NAME` name the Pythons and platforms that it is for
    exit 1
    ");
    nothing_is_left(&world);
    write(&world, "requirements.txt", "pywin32==300; sys_platform == 'win32'\nsix\n");
    insta::assert_snapshot!(both(&world, &start(&["requirements.txt"])), @r#"
    note: the index has no wheel for `pywin32==300; sys_platform == 'win32'`, which is needed on another platform: a lock for every platform will not be found
    to be vouched for: 1 new file
      + six-1.17.0-py3-none-any.whl  959 B  N days old    nobody reviewed
    vouched for 1 file in 1 project
      private keys  `~/home/keys/SHA256`
      spare key     `~/home/keys/SHA256/spare.pem`: take it to where it is not lost together with this machine
    published to `site`, and in your trust ring as `work`
      put that folder on any web server or share; your colleagues run, with its address for URL:
        packman trust add URL --as work --number "NUMBER"
        packman install -r requirements.txt
      in 90 days at the latest: packman curate sign database && packman curate publish database --to site
    exit 0
    "#);
    world.venv("v");
    world.ok(&["install", "--venv", "v", "-r", "requirements.txt"]);
}

/// The same line, the same word and the same exit code in both.
#[test]
fn a_folder_that_somebody_works_in_is_left_out_by_start_and_add_alike() {
    let (_index, world) = six();
    write(&world, "requirements.txt", "six\n-e .\n");
    insta::assert_snapshot!(both(&world, &start(&["requirements.txt"])), @r#"
    to be vouched for: 1 new file
      + six-1.17.0-py3-none-any.whl  959 B  N days old    nobody reviewed
    vouched for 1 file in 1 project
      private keys  `~/home/keys/SHA256`
      spare key     `~/home/keys/SHA256/spare.pem`: take it to where it is not lost together with this machine
    published to `site`, and in your trust ring as `work`
      put that folder on any web server or share; your colleagues run, with its address for URL:
        packman trust add URL --as work --number "NUMBER"
        packman install six
      in 90 days at the latest: packman curate sign database && packman curate publish database --to site
    error: `-e .` (`requirements.txt`, line 2): it is a folder that somebody works in, and nobody can vouch for what changes
      because: the rest was signed, published and trusted
      hint: take the line out for PackMan, and install the folder yourself afterwards: `pip install --no-deps --no-build-isolation -e FOLDER`
    exit 1
    "#);
    world.ends(1, "path", &start(&["requirements.txt"]));
    insta::assert_snapshot!(both(&world, &["curate", "add", "database", "-r", "requirements.txt"]), @"
    recorded 0 files, 1 were there already
    error: `-e .` (`requirements.txt`, line 2): it is a folder that somebody works in, and nobody can vouch for what changes
      hint: take the line out for PackMan, and install the folder yourself afterwards: `pip install --no-deps --no-build-isolation -e FOLDER`
    exit 1
    ");
    world.ends(1, "path", &["curate", "add", "database", "-r", "requirements.txt"]);
}

#[test]
fn another_title_for_a_database_that_is_there_is_said_to_be_passed_over() {
    let (_index, world) = six();
    write(&world, "requirements.txt", "six\n");
    world.ok(&start(&["requirements.txt", "--title", "First"]));
    insta::assert_snapshot!(both(&world, &start(&["requirements.txt", "--title", "Second"])), @r#"
    note: `--title` is passed over: the database in `database` was made before, with `First`
    vouched for 1 file in 1 project
    published to `site`, and in your trust ring as `first`
      put that folder on any web server or share; your colleagues run, with its address for URL:
        packman trust add URL --as first --number "NUMBER"
        packman install -r requirements.txt
      in 90 days at the latest: packman curate sign database && packman curate publish database --to site
    exit 0
    "#);
}

#[test]
fn the_lines_for_colleagues_are_quoted_for_a_shell() {
    let (_index, world) = six();
    write(&world, "my team/what we use.txt", "six\n");
    let words = both(&world, &start(&["my team/what we use.txt", "--dir", "my db", "--to", "our site"]));
    insta::assert_snapshot!(words, @r#"
    to be vouched for: 1 new file
      + six-1.17.0-py3-none-any.whl  959 B  N days old    nobody reviewed
    vouched for 1 file in 1 project
      private keys  `~/home/keys/SHA256`
      spare key     `~/home/keys/SHA256/spare.pem`: take it to where it is not lost together with this machine
    published to `our site`, and in your trust ring as `work`
      put that folder on any web server or share; your colleagues run, with its address for URL:
        packman trust add URL --as work --number "NUMBER"
        packman install -r 'my team/what we use.txt'
      in 90 days at the latest: packman curate sign 'my db' && packman curate publish 'my db' --to 'our site'
    exit 0
    "#);
    world.venv("v");
    // As pasted.
    let line = words.lines().find(|line| line.contains("packman install")).unwrap().trim();
    let line = line.replacen("packman", &format!("'{}'", env!("CARGO_BIN_EXE_packman")), 1);
    let run = world.other(std::path::Path::new("sh"), &["-c", &format!("{line} --venv v")]);
    assert_eq!(run.code, 0, "{}", run.stderr);
}

#[test]
fn of_a_lock_this_platform_s_wheels_are_taken_and_colleagues_get_what_install_reads() {
    let pure = module("six", "1.17.0");
    let index = PackageIndex::of([pure.clone(), module("pywin32", "300"), module("attrs", "25")]);
    let world = world(&index);
    let package = |draft: &packman_wheel::make::WheelDraft, more: &str| {
        let hash = Sha256::of(&draft.build().unwrap());
        format!(
            "[[package]]\nname = '{0}'\nversion = '{1}'\nsource = {{ registry = 'https://index.example' }}\n{more}\
             wheels = [{{ url = '{3}files/{2}', hash = 'sha256:{hash}', size = {4} }}]\n",
            draft.name,
            draft.version,
            draft.file_name(),
            index.url().trim_end_matches("simple/"),
            draft.build().unwrap().len()
        )
    };
    let lock = [
        "version = 1\n[[package]]\nname = 'team'\nversion = '0'\nsource = { editable = '.' }\n\
         dependencies = [{ name = 'six' }, { name = 'pywin32', marker = \"sys_platform == 'win32'\" }]\n\
         [package.dev-dependencies]\ndocs = [{ name = 'attrs' }]\n"
            .to_owned(),
        package(&pure, ""),
        package(&module("pywin32", "300"), ""),
        package(&module("attrs", "25"), ""),
    ];
    write(&world, "uv.lock", &lock.concat());
    let run = world.ok(&start(&["uv.lock"]));
    let fetching =
        run.stderr.lines().find(|line| line.starts_with("fetching 2 files, ")).expect("says it first");
    assert!(fetching.ends_with("; `--python` and `--platform` name others"), "{fetching}");
    insta::assert_snapshot!(plain(&world, &without_progress(&run.stderr)), @r#"
    note: 1 release of the lock is for other Pythons or platforms, and was passed over; `--python` and `--platform` name others
    to be vouched for: 2 new files
      + attrs-25-py3-none-any.whl    943 B  age unknown    nobody reviewed
      + six-1.17.0-py3-none-any.whl  959 B  age unknown    nobody reviewed
    vouched for 2 files in 2 projects, 2 pinned by the file and taken exactly
      private keys  `~/home/keys/SHA256`
      spare key     `~/home/keys/SHA256/spare.pem`: take it to where it is not lost together with this machine
    published to `site`, and in your trust ring as `work`
      put that folder on any web server or share; your colleagues run, with its address for URL:
        packman trust add URL --as work --number "NUMBER"
        packman install six==1.17.0
      in 90 days at the latest: packman curate sign database && packman curate publish database --to site
    "#);
    // For Windows, too.
    write(&world, "w/uv.lock", &lock.concat());
    let more = ["w/uv.lock", "--dir", "w/db", "--to", "w/site", "--platform", "windows-x86_64"];
    insta::assert_snapshot!(both(&world, &start(&more)), @r#"
    to be vouched for: 3 new files
      + attrs-25-py3-none-any.whl     943 B  age unknown    nobody reviewed
      + pywin32-300-py3-none-any.whl  982 B  age unknown    nobody reviewed
      + six-1.17.0-py3-none-any.whl   959 B  age unknown    nobody reviewed
    vouched for 3 files in 3 projects, 3 pinned by the file and taken exactly
      private keys  `~/home/keys/SHA256`
      spare key     `~/home/keys/SHA256/spare.pem`: take it to where it is not lost together with this machine
    published to `w/site`, and in your trust ring as `work-2`
      put that folder on any web server or share; your colleagues run, with its address for URL:
        packman trust add URL --as work-2 --number "NUMBER" --scope attrs pywin32 six
        packman trust prefer work-2 attrs pywin32 six
        packman install six==1.17.0 'pywin32==300; sys_platform == '\''win32'\'''
      in 90 days at the latest: packman curate sign w/db && packman curate publish w/db --to w/site
    exit 0
    "#);
}
