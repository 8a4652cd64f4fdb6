//! `packman install -r`: what files ask for, how it is narrowed, and every line that is refused.

#[cfg(unix)]
use std::io::Write as _;
#[cfg(unix)]
use std::path::Path;
#[cfg(unix)]
use std::process::Stdio;

use packman_strict::Sha256;
use packman_wheel::make::WheelDraft;
use testkit::packages::module;
use testkit::tools::pip;
use testkit::world::World;

use crate::support::{Stage, kept, plain, without_progress};

/// What the command says, without what differs from run to run.
fn both(world: &World, arguments: &[&str]) -> String {
    let run = world.run(&[&["install", "--venv", "v"], arguments].concat());
    let words = plain(world, &without_progress(&format!("{}{}", run.stdout, run.stderr)));
    format!("{}\nexit {}", words.trim_end(), run.code)
}

fn hash_of(draft: &WheelDraft) -> String {
    Sha256::of(&draft.build().unwrap()).to_string()
}

/// A user who trusts a database of these, with an environment `v`.
fn stage(drafts: Vec<WheelDraft>) -> Stage {
    let stage = Stage::trusted(drafts);
    stage.world.venv("v");
    stage
}

fn write(stage: &Stage, file: &str, text: &str) {
    let path = stage.world.path(file);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

fn tools() -> Vec<WheelDraft> {
    vec![
        module("flask", "3.0").requires("click"),
        module("click", "8.0"),
        module("click", "8.1"),
        module("rich", "13"),
        module("pytest", "8"),
    ]
}

#[test]
fn nested_files_and_constraints_narrow_what_is_chosen() {
    let stage = stage(tools());
    write(&stage, "requirements.txt", "-r more/web.txt\n-c more/limits.txt\n");
    write(&stage, "more/web.txt", "flask  # the web\n");
    write(&stage, "more/limits.txt", "click<8.1\nrich==12\n");
    write(&stage, "other.txt", "pytest\n");
    insta::assert_snapshot!(both(&stage.world, &["-r", "requirements.txt", "-r", "other.txt", "--dry-run"]), @"
    plan for ./v
      + click   8.0  954 B  [#] web  signed, compared  nobody reviewed
      + flask   3.0  975 B  [#] web  signed, compared  nobody reviewed
      + pytest  8    946 B  [#] web  signed, compared  nobody reviewed
    3 packages, 2.8 KiB to fetch
    exit 0
    ");
    insta::assert_snapshot!(both(&stage.world, &["flask", "-c", "more/limits.txt", "--dry-run"]), @"
    plan for ./v
      + click  8.0  954 B  [#] web  signed, compared  nobody reviewed
      + flask  3.0  975 B  [#] web  signed, compared  nobody reviewed
    2 packages, 1.8 KiB to fetch
    exit 0
    ");
    insta::assert_snapshot!(both(&stage.world, &["flask", "rich", "-c", "more/limits.txt", "--dry-run"]), @"
    error: nothing fits
      because: you asked for `rich`
               `rich` 13 is shut out by the constraint `rich==12` (more/limits.txt:2)
    exit 1
    ");
}

#[test]
fn every_line_that_is_not_taken_is_named_with_the_way_on_and_nothing_is_installed() {
    let stage = stage(tools());
    let text = "rich\n--index-url https://me:secret@index.example/simple\n-e .\n./local\n\
        git+https://git.example/a.git\nb @ https://f.example/b-1-py3-none-any.whl\nc==${C_VERSION}\n--pre\nd==banana\n";
    write(&stage, "requirements.txt", text);
    let before = kept(&stage.world, Some(&stage.world.path("v")));
    insta::assert_snapshot!(both(&stage.world, &["-r", "requirements.txt"]), @"
    error: 8 things are asked for that PackMan does not take
      because: `--index-url https://…@index.example/simple` (`requirements.txt`, line 2): a file does not decide where packages come from
               `-e .` (`requirements.txt`, line 3): it is a folder that somebody works in, and nobody can vouch for what changes
               `./local` (`requirements.txt`, line 4): it is a file or folder of this machine
               `git+https://git.example/a.git` (`requirements.txt`, line 5): it is a checkout of a version control system
               `b @ https://f.example/b-1-py3-none-any.whl` (`requirements.txt`, line 6): it comes from an address of its own, not from the index
               `c==${C_VERSION}` (`requirements.txt`, line 7): it names a variable of the environment
               `--pre` (`requirements.txt`, line 8): PackMan does not follow this option
               `d==banana` (`requirements.txt`, line 9): requirement `d==banana`: version specifier `==banana`: names no version that PEP 440 knows
      hint: packages come from databases that you trust; whoever curates one names its index with `--index URL`
      hint: take the line out for PackMan, and install the folder yourself afterwards: `pip install --no-deps --no-build-isolation -e FOLDER`
      hint: build its wheel yourself (`pip wheel --no-deps`), then `packman curate add DIR NAME --from FOLDER --copy-files`
      hint: write what the variable stands for
      hint: take it out; what PackMan offers instead is in `packman COMMAND --help`
    exit 1
    ");
    assert!(kept(&stage.world, Some(&stage.world.path("v"))) == before);
    write(&stage, "requirements.txt", "rich\n-e .\n");
    insta::assert_snapshot!(both(&stage.world, &["-r", "requirements.txt"]), @"
    error: `-e .` (`requirements.txt`, line 2): it is a folder that somebody works in, and nobody can vouch for what changes
      hint: take the line out for PackMan, and install the folder yourself afterwards: `pip install --no-deps --no-build-isolation -e FOLDER`
    exit 1
    ");
}

#[test]
fn files_of_other_kinds_are_not_read_as_requirements() {
    let stage = stage(tools());
    for file in ["Pipfile.lock", "foo.lock", "poetry.lock", "uv.lock", "empty.txt"] {
        write(
            &stage,
            file,
            if file == "empty.txt" {
                "# nothing\n"
            } else {
                "version = 1\n[[package]]\nname = 'rich'\nversion = '13'\nsource = { registry = 'x' }\n"
            },
        );
        let run = stage.world.ends(2, "usage", &["install", "--venv", "v", "-r", file]);
        assert!(run.stderr.contains(file), "{}", run.stderr);
    }
    insta::assert_snapshot!(both(&stage.world, &["-r", "uv.lock"]), @"
    error: `uv.lock` says what to lock, not what to install here
      hint: `uv export --no-emit-project --format pylock.toml -o pylock.toml` writes what `-r` reads
    exit 2
    ");
    insta::assert_snapshot!(both(&stage.world, &["requirements.txt"]), @"
    error: `requirements.txt` is a file where a requirement is wanted
      hint: to read it: `-r requirements.txt`
    exit 2
    ");
    insta::assert_snapshot!(both(&stage.world, &["rich", "--extra", "web"]), @"
    error: `--extra` and `--group` name parts of a `pyproject.toml` or `pylock.toml`, and none is given
      hint: give one with `-r pyproject.toml`; an extra of a project is asked for as `name[extra]`
    exit 2
    ");
}

#[test]
fn a_project_is_installed_with_the_extras_and_groups_that_are_named() {
    let stage = stage(tools());
    let project = "[project]\nname = 'me'\nversion = '1'\nrequires-python = '>=3.8'\ndependencies = ['rich']\n\
        [project.optional-dependencies]\nweb = ['flask']\n\
        [dependency-groups]\ntest = ['pytest', {include-group = 'web'}]\nweb = ['click<8.1']\n";
    write(&stage, "pyproject.toml", project);
    insta::assert_snapshot!(both(&stage.world, &["-r", "pyproject.toml", "--dry-run"]), @"
    plan for ./v
      + rich  13  929 B  [#] web  signed, compared  nobody reviewed
    1 package, 929 B to fetch
    exit 0
    ");
    insta::assert_snapshot!(both(&stage.world, &["-r", "pyproject.toml", "--extra", "web", "--group", "test", "--dry-run"]), @"
    plan for ./v
      + rich    13   929 B  [#] web  signed, compared  nobody reviewed
      + click   8.0  954 B  [#] web  signed, compared  nobody reviewed
      + flask   3.0  975 B  [#] web  signed, compared  nobody reviewed
      + pytest  8    946 B  [#] web  signed, compared  nobody reviewed
    4 packages, 3.7 KiB to fetch
    exit 0
    ");
    insta::assert_snapshot!(both(&stage.world, &["-r", "pyproject.toml", "--group", "nope"]), @"
    error: `pyproject.toml`: has no dependency group `nope`; it has `test`, `web`
    exit 2
    ");
    write(&stage, "pyproject.toml", &project.replace(">=3.8", "<3"));
    let other = both(&stage.world, &["-r", "pyproject.toml"]);
    assert!(other.contains("is for Python `<3`, and this is Python 3."), "{other}");
    stage.world.ends(1, "requires-python", &["install", "--venv", "v", "-r", "pyproject.toml"]);
    write(&stage, "pyproject.toml", "[project]\nname = 'me'\ndynamic = ['dependencies']\n");
    insta::assert_snapshot!(both(&stage.world, &["-r", "pyproject.toml"]), @"
    error: `pyproject.toml`, line 1: project `me`: its dependencies are dynamic: only building it, which runs its code, tells them
      hint: `pip-compile` or `uv pip compile` writes them into a requirements.txt, where that code may run
    exit 2
    ");
}

#[test]
fn of_a_lock_exactly_its_files_are_installed() {
    let stage = stage(tools());
    let package = |draft: &WheelDraft, more: &str| {
        format!(
            "[[packages]]\nname = '{}'\nversion = '{}'\n{more}wheels = [{{ url = 'https://f.example/{}', hashes = {{ sha256 = '{}' }} }}]\n",
            draft.name,
            draft.version,
            draft.file_name(),
            hash_of(draft)
        )
    };
    let lock = |packages: &[String]| {
        format!("lock-version = '1.0'\ndependency-groups = ['test']\n{}", packages.concat())
    };
    let flask = module("flask", "3.0").requires("click");
    let all = [
        package(&flask, ""),
        package(&module("click", "8.0"), ""),
        package(&module("pytest", "8"), "marker = \"'test' in dependency_groups\"\n"),
        package(&module("pywin32", "300"), "marker = \"sys_platform == 'win32'\"\n"),
    ];
    write(&stage, "pylock.toml", &lock(&all));
    insta::assert_snapshot!(both(&stage.world, &["-r", "pylock.toml", "--dry-run"]), @"
    plan for ./v
      + click  8.0  954 B  [#] web  signed, compared  nobody reviewed
      + flask  3.0  975 B  [#] web  signed, compared  nobody reviewed
    2 packages, 1.8 KiB to fetch
    exit 0
    ");
    insta::assert_snapshot!(both(&stage.world, &["-r", "pylock.toml", "--group", "test", "--dry-run"]), @"
    plan for ./v
      + click   8.0  954 B  [#] web  signed, compared  nobody reviewed
      + flask   3.0  975 B  [#] web  signed, compared  nobody reviewed
      + pytest  8    946 B  [#] web  signed, compared  nobody reviewed
    3 packages, 2.8 KiB to fetch
    exit 0
    ");
    write(&stage, "pylock.toml", &format!("environments = [\"sys_platform == 'win32'\"]\n{}", lock(&all)));
    insta::assert_snapshot!(both(&stage.world, &["-r", "pylock.toml"]), @"
    error: `pylock.toml`, line 1 was made for other environments: `sys_platform == 'win32'`
      hint: lock again for this environment too, or install from what was locked, such as `-r pyproject.toml`
    exit 1
    ");
    // What a lock does not name was not meant, and what has another hash neither.
    write(&stage, "pylock.toml", &lock(&all[..1]));
    insta::assert_snapshot!(both(&stage.world, &["-r", "pylock.toml"]), @"
    error: `click-8.1-py3-none-any.whl` (SHA-256 SHA256) is needed, and no hash of it is named where hashes are: all or none
      hint: `pip-compile --generate-hashes` or `uv pip compile --generate-hashes` writes the hashes of all that is needed
    exit 1
    ");
    write(&stage, "pylock.toml", &lock(&[package(&module("rich", "13").file("other.py", ""), "")]));
    insta::assert_snapshot!(both(&stage.world, &["-r", "pylock.toml"]), @"
    error: `rich-13-py3-none-any.whl` is vouched for with SHA-256 SHA256, which is none of the hashes you named
    exit 1
    ");
}

#[test]
fn where_hashes_are_named_everything_has_one() {
    let stage = stage(tools());
    let flask = hash_of(&module("flask", "3.0").requires("click"));
    write(&stage, "requirements.txt", &format!("flask==3.0 --hash=sha256:{flask}\nrich\n"));
    insta::assert_snapshot!(both(&stage.world, &["-r", "requirements.txt"]), @"
    error: `rich` (`requirements.txt`, line 2) has no hash, and `requirements.txt`, line 1 names hashes: all or none
      hint: `pip-compile --generate-hashes` or `uv pip compile --generate-hashes` writes all of them
    exit 1
    ");
    // A dependency counts as well, as it does for pip.
    write(&stage, "requirements.txt", &format!("flask==3.0 --hash=sha256:{flask}\n"));
    insta::assert_snapshot!(both(&stage.world, &["-r", "requirements.txt"]), @"
    error: `click-8.1-py3-none-any.whl` (SHA-256 SHA256) is needed, and no hash of it is named where hashes are: all or none
      hint: `pip-compile --generate-hashes` or `uv pip compile --generate-hashes` writes the hashes of all that is needed
    exit 1
    ");
}

#[test]
fn what_is_installed_is_held_against_the_hashes_that_are_named() {
    let stage = stage(tools());
    let wrong = "0".repeat(64);
    stage.world.ok(&["install", "--venv", "v", "rich"]);
    write(&stage, "requirements.txt", &format!("rich==13 --hash=sha256:{wrong}\n"));
    insta::assert_snapshot!(both(&stage.world, &["-r", "requirements.txt"]), @"
    error: `rich` 13 is installed from `rich-13-py3-none-any.whl` with SHA-256 SHA256, which is none of the hashes you named
      hint: `packman uninstall rich`, then the same again, installs the file that you named, if it is vouched for
    exit 1
    ");
    let right = hash_of(&module("rich", "13"));
    write(&stage, "requirements.txt", &format!("rich==13 --hash=sha256:{wrong} --hash=sha256:{right}\n"));
    insta::assert_snapshot!(both(&stage.world, &["-r", "requirements.txt"]), @"
    nothing to do in ./v: what you asked for is there
    exit 0
    ");
    // By other means: nobody knows which file it was.
    let wheel = module("pytest", "8");
    std::fs::write(stage.world.path(&wheel.file_name()), wheel.build().unwrap()).unwrap();
    let path = stage.world.path(&wheel.file_name());
    let run = pip(&stage.world.path("v"), &["install", "--no-index", "--no-deps", path.to_str().unwrap()]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    write(&stage, "requirements.txt", &format!("pytest==8 --hash=sha256:{wrong}\n"));
    insta::assert_snapshot!(both(&stage.world, &["-r", "requirements.txt"]), @"
    warning: `pytest` 8 was installed by other means: whether it is a file that you named is not known
    nothing to do in ./v: what you asked for is there
    kept, though nobody vouched for what was installed: pytest 8 (by pip)
    exit 0
    ");
}

/// As pip takes what a shell pipes in, or writes as `<(…)`: read once, to its end.
#[cfg(unix)]
#[test]
fn what_is_piped_in_is_read_as_a_file_is() {
    let stage = stage(tools());
    let piped = |text: &str, arguments: &[&str]| {
        let mut command = stage.world.command(&stage.world.folder());
        command.args(arguments).args(["--dry-run", "--json", "--venv", "v"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let (stdout, stderr) =
            (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
        (output.status.code().unwrap(), plain(&stage.world, &stdout), plain(&stage.world, &stderr))
    };
    write(&stage, "more.txt", "click<8.1\n");
    for stdin in ["-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"] {
        if stdin != "-" && !Path::new(stdin).exists() {
            continue;
        }
        let (code, stdout, stderr) = piped("flask\n", &["install", "-r", stdin]);
        assert_eq!(code, 0, "{stdin}: {stderr}");
        assert!(stdout.contains("\"flask\""), "{stdin}: {stdout}");
        let twice = piped("flask\n", &["install", "-r", stdin, "-c", stdin]);
        assert_eq!((twice.0, twice.1), (0, stdout), "{stdin}: {}", twice.2);
    }
    let nested = piped("flask\n-c more.txt\n", &["install", "-r", "-"]);
    assert_eq!(nested.0, 0, "{}", nested.2);
    let (code, _, stderr) = piped("flask\n==3\n", &["install", "-r", "-"]);
    assert_eq!(code, 2);
    assert!(stderr.contains("(`-`, line 2)"), "{stderr}");
    // Nobody but a person says where standard input is to be read.
    write(&stage, "nested.txt", "-r /dev/stdin\n");
    let (code, _, stderr) = piped("flask\n", &["install", "-r", "nested.txt"]);
    assert_eq!(code, 2, "{stderr}");
    assert!(stderr.contains("`nested.txt`, line 1 asks for it"), "{stderr}");
}

#[test]
fn what_cannot_be_read_ends_alike_wherever_it_stands() {
    let stage = stage(tools());
    write(&stage, "requirements.txt", "flask==banana\n");
    for command in [&["install", "flask==banana"][..], &["install", "-r", "requirements.txt"]] {
        stage.world.ends(2, "malformed", &[command, &["--venv", "v"]].concat());
    }
}
