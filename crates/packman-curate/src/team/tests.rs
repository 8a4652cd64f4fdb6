//! Files that teams have, and what is read of them.

use std::collections::BTreeMap;
use std::path::Path;

use super::TeamFile;

/// Reads the first of these files; one line for everything that was found in it.
fn check(files: &[(&str, &str)]) -> String {
    let by_name: BTreeMap<&str, &str> = files.iter().copied().collect();
    let read = |path: &Path| {
        let text = by_name.get(path.to_str().unwrap().trim_start_matches("more/../"));
        text.map(|text| text.as_bytes().to_vec()).ok_or_else(|| "it is not there".to_owned())
    };
    let found = match TeamFile::parse(Path::new(files[0].0), &read) {
        Ok(found) => found,
        Err(error) => return error.to_string(),
    };
    let mut lines = Vec::new();
    for (kind, list) in [("asks", &found.asked), ("narrows", &found.constraints)] {
        for asked in list {
            let pin = asked.pinned().map_or(String::new(), |version| format!(" pinned {version}"));
            let hashes: Vec<String> = asked.hashes.iter().map(|hash| format!(" #{}", short(hash))).collect();
            lines.push(format!("{kind} {}{pin}{} ({})", asked.requirement, hashes.concat(), asked.place));
        }
    }
    for locked in &found.locked {
        lines.push(format!("locks {} {}", locked.name, locked.version));
        for wheel in &locked.wheels {
            let (hash, file) = (short(&wheel.sha256), &wheel.file);
            let time = file.upload_time.map_or(String::new(), |time| format!(" {time}"));
            lines.push(format!("  {} #{} {} {:?}{time}", file.name, hash, file.url, file.size));
        }
    }
    for left in &found.not_taken {
        lines.push(format!("leaves {} ({}): {}", left.what, left.place, left.why.words()));
    }
    lines.join("\n")
}

fn short(hash: &packman_strict::Sha256) -> String {
    hash.to_string().chars().take(4).collect()
}

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
    leaves --index-url https://index.example/simple (`requirements.txt`, line 1): PackMan does not follow this option
    leaves -i https://x.example (`requirements.txt`, line 2): PackMan does not follow this option
    leaves --pre (`requirements.txt`, line 3): PackMan does not follow this option
    leaves -e . (`requirements.txt`, line 4): it is a file or folder of this machine
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
    leaves --require-hashes (`requirements.txt`, line 18): PackMan does not follow this option
    leaves C:\k (`requirements.txt`, line 19): it is a file or folder of this machine
    ");
}

#[test]
fn refuses_a_file_that_names_itself() {
    insta::assert_snapshot!(
        check(&[("a.txt", "-r b.txt"), ("b.txt", "x\n-r a.txt")]),
        @"`b.txt`, line 2: it names itself, or files nest more than 16 deep"
    );
    insta::assert_snapshot!(check(&[("a.txt", "-r b.txt")]), @"`b.txt`: it is not there");
}

const UV: &str = r#"
version = 1
revision = 3
requires-python = ">=3.12"

[[package]]
name = "team"
version = "0.1.0"
source = { virtual = "." }
dependencies = [{ name = "idna" }]

[[package]]
name = "idna"
version = "3.10"
source = { registry = "https://index.example/simple" }
sdist = { url = "https://f.example/idna-3.10.tar.gz", hash = "sha256:cc", size = 1 }
wheels = [
    { url = "https://f.example/idna-3.10-py3-none-any.whl", hash = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", size = 70442, upload-time = "2024-09-15T18:07:37.964Z" },
]

[[package]]
name = "old-style"
version = "1"
source = { registry = "https://index.example/simple" }
sdist = { url = "https://f.example/old-style-1.tar.gz", hash = "sha256:cc", size = 1 }

[[package]]
name = "lib"
version = "1"
source = { editable = "../lib" }

[[package]]
name = "fork"
version = "1"
source = { git = "https://git.example/fork?rev=1#1" }

[[package]]
name = "direct"
version = "1"
source = { url = "https://f.example/direct-1-py3-none-any.whl" }

[[package]]
name = "linked"
version = "1"
source = { registry = "../links" }
wheels = [{ path = "linked-1-py3-none-any.whl" }]
"#;

#[test]
fn reads_a_uv_lock() {
    insta::assert_snapshot!(check(&[("uv.lock", UV)]), @"
    locks idna 3.10
      idna-3.10-py3-none-any.whl #aaaa https://f.example/idna-3.10-py3-none-any.whl Some(70442) 2024-09-15T18:07:37Z
    leaves old-style (`uv.lock`): there is no wheel, and building a source distribution runs its code
    leaves lib (`uv.lock`): it is a file or folder of this machine
    leaves fork (`uv.lock`): it is a checkout of a version control system
    leaves direct (`uv.lock`): it comes from an address of its own, not from the index
    leaves linked (`uv.lock`): it is a file or folder of this machine
    ");
}

const PYLOCK: &str = r#"
lock-version = "1.0"
created-by = "somebody"
[[packages]]
name = "attrs"
version = "25.1.0"
[[packages.wheels]]
name = "attrs-25.1.0-py3-none-any.whl"
upload-time = 2025-01-25T11:30:10.164985+00:00
url = "https://f.example/attrs-25.1.0-py3-none-any.whl"
size = 63152
hashes = { sha256 = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", md5 = "00" }
[[packages]]
name = "weak"
version = "1"
wheels = [{ url = "https://f.example/weak-1-py3-none-any.whl", hashes = { md5 = "00" } }]
[[packages]]
name = "here"
directory = { path = "." }
[[packages]]
name = "fork"
vcs = { type = "git", url = "https://git.example/fork" }
[[packages]]
name = "built"
version = "1"
sdist = { url = "https://f.example/built-1.tar.gz", hashes = { sha256 = "cc" } }
[[packages]]
name = "archive"
archive = { url = "https://f.example/a.zip", hashes = { sha256 = "cc" } }
"#;

#[test]
fn reads_a_pylock() {
    insta::assert_snapshot!(check(&[("pylock.dev.toml", PYLOCK)]), @"
    locks attrs 25.1.0
      attrs-25.1.0-py3-none-any.whl #aaaa https://f.example/attrs-25.1.0-py3-none-any.whl Some(63152) 2025-01-25T11:30:10Z
    leaves weak (`pylock.dev.toml`): it names no SHA-256
    leaves here (`pylock.dev.toml`): it is a file or folder of this machine
    leaves fork (`pylock.dev.toml`): it is a checkout of a version control system
    leaves built (`pylock.dev.toml`): there is no wheel, and building a source distribution runs its code
    leaves archive (`pylock.dev.toml`): it comes from an address of its own, not from the index
    ");
}

#[test]
fn refuses_lock_files_it_does_not_know() {
    insta::assert_snapshot!(check(&[("uv.lock", "version = 9")]), @"`uv.lock`: format version 9 is not known, wanted 1");
    insta::assert_snapshot!(check(&[("uv.lock", "x = 1")]), @"`uv.lock`: no `version`: wanted a `uv.lock`");
    insta::assert_snapshot!(check(&[("uv.lock", "version = 1\npackage = 3")]), @"`uv.lock`: `package`: wanted an array of tables");
    insta::assert_snapshot!(check(&[("uv.lock", "version = 1\n\n[[package]")]), @"`uv.lock`, line 3: unclosed array table, expected `]`");
    insta::assert_snapshot!(check(&[("uv.lock", "version = 1\n[[package]]\nname = '../x'")]), @"`uv.lock`: package `../x`: project name `../x`: holds `/`, wanted ASCII letters, digits, `.`, `-` and `_`");
    insta::assert_snapshot!(check(&[("uv.lock", &UV.replace("sha256:aaaa", "md5:aaaa"))]), @"`uv.lock`: package `idna`, wheels: `hash`: wanted `sha256:…`");
    insta::assert_snapshot!(check(&[("pylock.toml", "lock-version = '2.0'")]), @"`pylock.toml`: `lock-version` `2.0` is not known, wanted `1.0`");
    insta::assert_snapshot!(check(&[("pylock.toml", "")]), @"`pylock.toml`: no `lock-version`: wanted a `pylock.toml`");
    insta::assert_snapshot!(check(&[("pyproject.toml", "[project]")]), @"`pyproject.toml`: wanted a `requirements.txt`, a `uv.lock`, or a `pylock.toml`");
}
