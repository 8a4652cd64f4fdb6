//! Lock files that teams have, and what is read of them.

use std::path::Path;

use packman_names::{Platform, PythonVersion, Target};

use crate::shown::{check, check_parts};
use crate::{Demand, Parts};

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
    Python >=3.12 (`uv.lock`, line 4)
    locks idna 3.10 (`uv.lock`, line 12)
      #aaaa https://f.example/idna-3.10-py3-none-any.whl Some(70442) 2024-09-15T18:07:37Z
    locks old-style 1 (`uv.lock`, line 21) leaves it: there is no wheel, and building a source distribution runs its code
    locks lib 1 (`uv.lock`, line 27) leaves it: it is a file or folder of this machine
    locks fork 1 (`uv.lock`, line 32) leaves it: it is a checkout of a version control system
    locks direct 1 (`uv.lock`, line 37) leaves it: it comes from an address of its own, not from the index
    locks linked 1 (`uv.lock`, line 42) leaves it: it is a file or folder of this machine
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
    locks attrs 25.1.0 (`pylock.dev.toml`, line 4)
      #aaaa https://f.example/attrs-25.1.0-py3-none-any.whl Some(63152) 2025-01-25T11:30:10Z
    locks weak 1 (`pylock.dev.toml`, line 13) leaves it: it names no SHA-256
    locks here - (`pylock.dev.toml`, line 17) leaves it: it is a folder that somebody works in, and nobody can vouch for what changes
    locks fork - (`pylock.dev.toml`, line 20) leaves it: it is a checkout of a version control system
    locks built 1 (`pylock.dev.toml`, line 23) leaves it: there is no wheel, and building a source distribution runs its code
    locks archive - (`pylock.dev.toml`, line 27) leaves it: it comes from an address of its own, not from the index
    ");
}

#[test]
fn refuses_lock_files_it_does_not_know() {
    insta::assert_snapshot!(check(&[("uv.lock", "version = 9")]), @"`uv.lock`: format version 9 is not known, wanted 1");
    insta::assert_snapshot!(check(&[("uv.lock", "x = 1")]), @"`uv.lock`: no `version`: wanted a `uv.lock`");
    insta::assert_snapshot!(check(&[("uv.lock", "version = 1\npackage = 3")]), @"`uv.lock`: `package`: wanted an array of tables");
    insta::assert_snapshot!(check(&[("uv.lock", "version = 1\n\n[[package]")]), @"`uv.lock`, line 3: unclosed array table, expected `]`");
    insta::assert_snapshot!(check(&[("uv.lock", "version = 1\n[[package]]\nname = '../x'")]), @"`uv.lock`, line 2: package `../x`: no `source`");
    insta::assert_snapshot!(check(&[("uv.lock", &UV.replace("sha256:aaaa", "md5:aaaa"))]), @"`uv.lock`, line 18: package `idna`, wheels: `hash`: wanted `sha256:…`");
    insta::assert_snapshot!(check(&[("pylock.toml", "lock-version = '2.0'")]), @"`pylock.toml`: `lock-version` `2.0` is not known, wanted `1.0`");
    insta::assert_snapshot!(check(&[("pylock.toml", "")]), @"`pylock.toml`: no `lock-version`: wanted a `pylock.toml`");
    insta::assert_snapshot!(check(&[("pyproject.toml", "[project]")]), @"`pyproject.toml`, line 1: project: no `name`");
}

/// The releases of a lock that a platform needs.
fn needed(file: &str, text: &str, platform: &str) -> String {
    let read = |_: &Path| Ok(text.as_bytes().to_vec());
    let demand =
        Demand::parse(Path::new(file), &Parts { whole_locks: true, ..Parts::default() }, &read).unwrap();
    let target = Target::of(Platform::parse(platform).unwrap(), PythonVersion::parse("3.12").unwrap());
    let release = |locked: &&crate::Locked| format!("{} {}", locked.name, locked.version.as_ref().unwrap());
    demand.locks.needed(&target.markers).iter().map(release).collect::<Vec<_>>().join(", ")
}

#[test]
fn of_a_lock_for_many_platforms_one_needs_some() {
    let package = |name: &str, version: &str, more: &str| {
        format!(
            "[[package]]\nname = {name:?}\nversion = {version:?}\nsource = {{ registry = \"https://index.example\" }}\n{more}\n\n"
        )
    };
    let lock = [
        "version = 1\n[[package]]\nname = \"team\"\nversion = \"0\"\nsource = { editable = \".\" }\n\
         dependencies = [{ name = \"flask\", extra = [\"async\"] }, { name = \"pywin32\", marker = \"sys_platform == 'win32'\" },\n\
         { name = \"numpy\", version = \"1\", marker = \"python_version < '3.10'\" }, { name = \"numpy\", version = \"2\", marker = \"python_version >= '3.10'\" }]\n\
         [package.optional-dependencies]\ndocs = [{ name = \"sphinx\" }]\n\
         [package.dev-dependencies]\ndev = [{ name = \"pytest\" }]\n\n".to_owned(),
        package("flask", "3", "dependencies = [{ name = \"click\" }]\n[package.optional-dependencies]\nasync = [{ name = \"asgiref\" }]\nother = [{ name = \"other\" }]"),
        package("click", "8", "dependencies = [{ name = \"colorama\", marker = \"sys_platform == 'win32'\" }, { name = \"flask\" }]"),
        package("colorama", "0", ""),
        package("asgiref", "3", ""),
        package("other", "1", ""),
        package("pywin32", "300", ""),
        package("numpy", "1", ""),
        package("numpy", "2", ""),
        package("sphinx", "7", ""),
        package("pytest", "8", ""),
    ]
    .concat();
    insta::assert_snapshot!(needed("uv.lock", &lock, "linux-x86_64"), @"flask 3, click 8, asgiref 3, numpy 2, sphinx 7, pytest 8");
    insta::assert_snapshot!(needed("uv.lock", &lock, "windows-x86_64"), @"flask 3, click 8, colorama 0, asgiref 3, pywin32 300, numpy 2, sphinx 7, pytest 8");
}

#[test]
fn of_a_pylock_the_groups_that_are_asked_for_count() {
    let package = |name: &str, marker: &str| {
        format!(
            "[[packages]]\nname = {name:?}\nversion = \"1\"\nmarker = {marker:?}\nwheels = [{{ url = \"https://f.example/{name}-1-py3-none-any.whl\", hashes = {{ sha256 = \"{}\" }} }}]\n",
            "a".repeat(64)
        )
    };
    let lock = [
        "lock-version = \"1.0\"\nrequires-python = \">=3.9\"\nextras = [\"web\"]\ndependency-groups = [\"dev\"]\ndefault-groups = [\"default\"]\n".to_owned(),
        package("a", "'default' in dependency_groups"),
        package("b", "'dev' in dependency_groups or 'web' in extras"),
        package("c", "sys_platform == 'win32' and 'default' in dependency_groups"),
    ]
    .concat();
    let asked = |extras: &[&str], groups: &[&str]| {
        let names = |names: &[&str]| {
            names.iter().map(|name| packman_names::ExtraName::parse(name).unwrap()).collect()
        };
        let parts =
            Parts { extras: names(extras), groups: names(groups), whole_locks: false, ..Parts::default() };
        let read = |_: &Path| Ok(lock.as_bytes().to_vec());
        let demand = match Demand::parse(Path::new("pylock.toml"), &parts, &read) {
            Ok(demand) => demand,
            Err(error) => return error.to_string(),
        };
        let target =
            Target::of(Platform::parse("linux-x86_64").unwrap(), PythonVersion::parse("3.12").unwrap());
        let needed = demand.locks.needed(&target.markers);
        needed
            .iter()
            .map(|locked| locked.asked().unwrap().requirement.to_string())
            .collect::<Vec<_>>()
            .join(", ")
    };
    insta::assert_snapshot!(asked(&[], &[]), @"a==1; 'default' in dependency_groups");
    insta::assert_snapshot!(asked(&[], &["dev"]), @"a==1; 'default' in dependency_groups, b==1; 'dev' in dependency_groups or 'web' in extras");
    insta::assert_snapshot!(asked(&["web"], &[]), @"a==1; 'default' in dependency_groups, b==1; 'dev' in dependency_groups or 'web' in extras");
    insta::assert_snapshot!(asked(&["nope"], &[]), @"`pylock.toml`: has no extra `nope`; it has `web`");
    insta::assert_snapshot!(needed("pylock.toml", &lock, "windows-x86_64"), @"a 1, b 1, c 1");
    insta::assert_snapshot!(check_parts(&[("pylock.toml", &lock)], &Parts::default()).lines().next().unwrap(), @"Python >=3.9 (`pylock.toml`, line 2)");
}
