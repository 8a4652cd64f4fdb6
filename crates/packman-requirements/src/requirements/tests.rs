//! Requirements files that teams have, and what is read of them.

use crate::Parts;
use crate::shown::{check, check_bytes};

#[test]
fn reads_requirements_as_pip_does() {
    let text = "\u{feff}# what we use\n\
        Flask[async] >= 3 ; python_version > '3.8'  # the web\n\
        requests==2.32.3 \\\n    --hash=sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA \\\n    --hash sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\n\
        \n   \nidna==3.*\nhttpx===0.27\n-r more/other.txt\n-c constraints.txt\n";
    insta::assert_snapshot!(
        check(&[
            ("requirements.txt", text),
            ("more/other.txt", "rich\r\n-r deep.txt\r\n--constraint=../constraints.txt"),
            ("more/deep.txt", "click # no end"),
            ("constraints.txt", "urllib3<3"),
        ]),
        @"
    asks flask[async]>=3; python_version > '3.8' (`requirements.txt`, line 2)
    asks requests==2.32.3 pinned 2.32.3 #aaaa #bbbb (`requirements.txt`, line 3)
    asks idna==3.* (`requirements.txt`, line 8)
    asks httpx===0.27 pinned 0.27 (`requirements.txt`, line 9)
    asks rich (`more/other.txt`, line 1)
    asks click (`more/deep.txt`, line 1)
    narrows urllib3<3 (`more/../constraints.txt`, line 1)
    narrows urllib3<3 (`constraints.txt`, line 1)
    refuses: `flask[async]>=3; python_version > '3.8'` (`requirements.txt`, line 2) has no hash, and `requirements.txt`, line 3 names hashes: all or none
    "
    );
}

#[test]
fn lists_what_it_cannot_take_and_loses_nothing_else() {
    let text = "--index-url https://index.example/simple\n-i https://x.example\n--pre\n-e .\n./local\nwheels/a-1-py3-none-any.whl\n\
        git+https://git.example/a.git@main#egg=a\nb @ git+ssh://git@git.example/b\nc @ https://f.example/c-1-py3-none-any.whl\n\
        d @ file:///d.whl\nhttps://f.example/e.tar.gz\nf==${F_VERSION}\ng==1 --hash=md5:00\nh==1 --hash=sha256:00\n\
        i==1 --global-option=x\nj==banana\n-r https://r.example/r.txt\n--require-hashes\nC:\\k\nlast\n";
    insta::assert_snapshot!(check(&[("requirements.txt", text)]), @r"
    asks last (`requirements.txt`, line 20)
    leaves --index-url https://index.example/simple (`requirements.txt`, line 1): a file does not decide where packages come from
    leaves -i https://x.example (`requirements.txt`, line 2): a file does not decide where packages come from
    leaves --pre (`requirements.txt`, line 3): PackMan does not follow this option
    leaves -e . (`requirements.txt`, line 4): it is a folder that somebody works in, and nobody can vouch for what changes
    leaves ./local (`requirements.txt`, line 5): it is a file or folder of this machine
    leaves wheels/a-1-py3-none-any.whl (`requirements.txt`, line 6): it is a file or folder of this machine
    leaves git+https://git.example/a.git@main#egg=a (`requirements.txt`, line 7): it is a checkout of a version control system
    leaves b @ git+ssh://git@git.example/b (`requirements.txt`, line 8): it is a checkout of a version control system
    leaves c @ https://f.example/c-1-py3-none-any.whl (`requirements.txt`, line 9): it comes from an address of its own, not from the index
    leaves d @ file:///d.whl (`requirements.txt`, line 10): it is a file or folder of this machine
    leaves https://f.example/e.tar.gz (`requirements.txt`, line 11): it comes from an address of its own, not from the index
    leaves f==${F_VERSION} (`requirements.txt`, line 12): it names a variable of the environment
    leaves g==1 --hash=md5:00 (`requirements.txt`, line 13): it names no SHA-256
    leaves h==1 --hash=sha256:00 (`requirements.txt`, line 14): sha-256 `00`: wanted 64 lower-case hexadecimal digits
    leaves i==1 --global-option=x (`requirements.txt`, line 15): PackMan does not follow this option
    leaves j==banana (`requirements.txt`, line 16): requirement `j==banana`: version specifier `==banana`: names no version that PEP 440 knows
    leaves -r https://r.example/r.txt (`requirements.txt`, line 17): it comes from an address of its own, not from the index
    leaves C:\k (`requirements.txt`, line 19): it is a file or folder of this machine
    refuses: `last` (`requirements.txt`, line 20) has no hash, and `requirements.txt`, line 18 names hashes: all or none
    ");
}

#[test]
fn refuses_a_file_that_names_itself() {
    insta::assert_snapshot!(
        check(&[("a.txt", "-r b.txt"), ("b.txt", "x\n-r a.txt")]),
        @"`b.txt`, line 2: it asks for `a.txt`, which leads to this line: a circle"
    );
    insta::assert_snapshot!(
        check(&[("a.txt", "x\n-c ./a.txt")]),
        @"`a.txt`, line 2: it asks for `./a.txt`, which leads to this line: a circle"
    );
    let deep: Vec<(String, String)> =
        (0..20).map(|depth| (format!("{depth}.txt"), format!("-r {}.txt", depth + 1))).collect();
    let deep: Vec<(&str, &str)> = deep.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    insta::assert_snapshot!(check(&deep), @"`15.txt`, line 1: it asks for `16.txt`, and files nest more than 16 deep");
    // Two that ask for the same file are no circle.
    insta::assert_snapshot!(check(&[("a.txt", "-r b.txt\n-r c.txt"), ("b.txt", "-r c.txt"), ("c.txt", "x")]), @"
    asks x (`c.txt`, line 1)
    asks x (`c.txt`, line 1)
    ");
}

#[test]
fn a_release_as_others_write_it_is_no_place() {
    insta::assert_snapshot!(check(&[("r.txt", "flask@3.0\nb @ ./b.whl\nc@https://f.example/c.whl")]), @"
    leaves flask@3.0 (`r.txt`, line 1): what is behind `@` is no address; `flask==3.0` asks for a version
    leaves b @ ./b.whl (`r.txt`, line 2): it is a file or folder of this machine
    leaves c@https://f.example/c.whl (`r.txt`, line 3): it comes from an address of its own, not from the index
    ");
}

#[test]
fn says_which_line_asked_for_a_file_that_cannot_be_read() {
    insta::assert_snapshot!(check(&[("a.txt", "x\n-r b.txt")]), @"`b.txt`: it is not there; `a.txt`, line 2 asks for it");
    insta::assert_snapshot!(
        check(&[("a.txt", "-r b.txt"), ("b.txt", "x\n\n-c c.txt")]),
        @"`c.txt`: it is not there; `b.txt`, line 3 asks for it"
    );
    insta::assert_snapshot!(
        check(&[("a.txt", "-r b.txt"), ("b.txt", "{}")]),
        @"`b.txt`: is JSON: wanted a requirement a line; `a.txt`, line 1 asks for it"
    );
    insta::assert_snapshot!(check(&[("a.txt", "-r poetry.lock")]).lines().next().unwrap(), @"`poetry.lock`: is of no kind that is read here: wanted requirements (`.txt`, `.in`), a `pyproject.toml`, a `pylock.toml`, or a `uv.lock`; `a.txt`, line 1 asks for it");
}

#[test]
fn follows_options_that_ask_for_what_is_done_anyhow_and_reads_quoted_names() {
    let text = "--only-binary :all:\n--prefer-binary\n-r 'more/my file.txt' -c constraints.txt\n-r\n--only-binary=:all: --pre\n";
    insta::assert_snapshot!(
        check(&[("r.txt", text), ("more/my file.txt", "rich"), ("constraints.txt", "rich<3\nflask[async]")]),
        @"
    asks rich (`more/my file.txt`, line 1)
    narrows rich<3 (`constraints.txt`, line 1)
    leaves flask[async] (`constraints.txt`, line 2): a constraint narrows versions, and can ask for no extra
    leaves -r (`r.txt`, line 4): `-r` lacks its value
    leaves --only-binary=:all: --pre (`r.txt`, line 5): PackMan does not follow this option
    ");
}

#[test]
fn one_hash_means_that_all_have_one() {
    let hashed = format!("a==1 --hash=sha256:{}\n", "a".repeat(64));
    insta::assert_snapshot!(check(&[("r.txt", &format!("{hashed}b==1\n"))]), @"
    asks a==1 pinned 1 #aaaa (`r.txt`, line 1)
    asks b==1 pinned 1 (`r.txt`, line 2)
    refuses: `b==1` (`r.txt`, line 2) has no hash, and `r.txt`, line 1 names hashes: all or none
    ");
    insta::assert_snapshot!(check(&[("r.txt", "--require-hashes\nb==1\n")]), @"
    asks b==1 pinned 1 (`r.txt`, line 2)
    refuses: `b==1` (`r.txt`, line 2) has no hash, and `r.txt`, line 1 names hashes: all or none
    ");
    let constrained = format!("{hashed}b\n-c c.txt\n");
    insta::assert_snapshot!(check(&[("r.txt", &constrained), ("c.txt", &format!("b==1 --hash=sha256:{}", "b".repeat(64)))]), @"
    asks a==1 pinned 1 #aaaa (`r.txt`, line 1)
    asks b (`r.txt`, line 2)
    narrows b==1 pinned 1 #bbbb (`c.txt`, line 1)
    ");
}

#[test]
fn reads_what_a_shell_of_another_system_writes() {
    let wide = |text: &str| -> Vec<u8> {
        [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
    };
    insta::assert_snapshot!(check_bytes(&[("r.txt", wide("flask\r\nrich==1\r\n"))], &Parts::default()), @"
    asks flask (`r.txt`, line 1)
    asks rich==1 pinned 1 (`r.txt`, line 2)
    ");
    insta::assert_snapshot!(check_bytes(&[("r.txt", vec![b'a', 0xff])], &Parts::default()), @"`r.txt`: is no text: wanted UTF-8");
    insta::assert_snapshot!(check_bytes(&[("r.txt", b"PK\x03\x04\0".to_vec())], &Parts::default()), @"`r.txt`: is no text: it holds a zero byte");
}

/// A lock of another tool, read as requirements, would be nonsense at best and projects of the wrong names at worst.
#[test]
fn refuses_files_of_other_kinds() {
    let pipfile = ("Pipfile.lock", "{\"default\": {}}");
    let mut found = Vec::new();
    for (name, text) in [
        pipfile,
        ("foo.lock", "flask"),
        ("poetry.lock", "[[package]]\nname = \"flask\""),
        ("Pipfile", "[packages]"),
        ("environment.yml", "flask"),
        ("setup.py", "setup()"),
        ("other.toml", "flask"),
        ("flask-3-py3-none-any.whl", "PK"),
        ("renamed.txt", pipfile.1),
        ("page.txt", "<!doctype html>"),
        ("poetry.txt", "# This file is made by a tool.\n[[package]]\nname = \"flask\""),
        ("empty.txt", ""),
        ("comments.txt", "# nothing\n\n"),
        ("nested.txt", "flask\n-r poetry.lock"),
        ("pyproject.txt", "flask\n-r pyproject.toml"),
    ] {
        found.push(check(&[(name, text), ("pyproject.toml", "[project]")]));
    }
    insta::assert_snapshot!(found.join("\n"), @"
    `Pipfile.lock`: is of no kind that is read here: wanted requirements (`.txt`, `.in`), a `pyproject.toml`, a `pylock.toml`, or a `uv.lock`
      hint: `pipenv requirements --hash > requirements.txt` writes one of them
    `foo.lock`: is of no kind that is read here: wanted requirements (`.txt`, `.in`), a `pyproject.toml`, a `pylock.toml`, or a `uv.lock`
      hint: a file of requirements ends with `.txt` or `.in`
    `poetry.lock`: is of no kind that is read here: wanted requirements (`.txt`, `.in`), a `pyproject.toml`, a `pylock.toml`, or a `uv.lock`
      hint: `poetry export -o requirements.txt` writes one of them
    `Pipfile`: is of no kind that is read here: wanted requirements (`.txt`, `.in`), a `pyproject.toml`, a `pylock.toml`, or a `uv.lock`
      hint: `pipenv requirements --hash > requirements.txt` writes one of them
    `environment.yml`: is of no kind that is read here: wanted requirements (`.txt`, `.in`), a `pyproject.toml`, a `pylock.toml`, or a `uv.lock`
      hint: `pip freeze > requirements.txt` in that environment writes one of them
    `setup.py`: is of no kind that is read here: wanted requirements (`.txt`, `.in`), a `pyproject.toml`, a `pylock.toml`, or a `uv.lock`
      hint: `pip-compile` or `uv pip compile` writes a requirements.txt from it
    `other.toml`: is of no kind that is read here: wanted requirements (`.txt`, `.in`), a `pyproject.toml`, a `pylock.toml`, or a `uv.lock`
      hint: a file of requirements ends with `.txt` or `.in`
    `flask-3-py3-none-any.whl`: is of no kind that is read here: wanted requirements (`.txt`, `.in`), a `pyproject.toml`, a `pylock.toml`, or a `uv.lock`
      hint: a wheel is recorded with `packman curate add DIR NAME --from FOLDER --copy-files`, then installed by its name
    `renamed.txt`: is JSON: wanted a requirement a line
    `page.txt`: is a page or XML: wanted a requirement a line
    `poetry.txt`: is TOML, or an INI file: wanted a requirement a line
    `empty.txt`: asks for nothing
    `comments.txt`: asks for nothing
    `poetry.lock`: is of no kind that is read here: wanted requirements (`.txt`, `.in`), a `pyproject.toml`, a `pylock.toml`, or a `uv.lock`; `nested.txt`, line 2 asks for it
      hint: `poetry export -o requirements.txt` writes one of them
    `pyproject.txt`, line 2: only files of requirements are read from within one; name it on the command line, with `-r`
    ");
}
