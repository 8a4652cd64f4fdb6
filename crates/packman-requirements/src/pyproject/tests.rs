//! Projects as people describe them, and what is read of them.

use packman_names::ExtraName;

use crate::Parts;
use crate::shown::check_parts;

fn check(text: &str, extras: &[&str], groups: &[&str]) -> String {
    let names = |names: &[&str]| names.iter().map(|name| ExtraName::parse(name).unwrap()).collect();
    let parts =
        Parts { extras: names(extras), groups: names(groups), whole_locks: false, ..Parts::default() };
    check_parts(&[("pyproject.toml", text)], &parts)
}

const PROJECT: &str = r#"
[project]
name = "Me"
version = "1"
requires-python = ">=3.9"
dependencies = [
    "flask>=3",
    "tool @ git+https://git.example/tool",
    "sibling",
]

[project.optional-dependencies]
web = ["uvicorn; python_version >= '3.9'"]
docs = ["sphinx"]
all = ["me[web,Docs]", "me[all]"]

[dependency-groups]
test = ["pytest>7", {include-group = "Type_Checks"}]
type-checks = ["mypy"]

[tool.uv.sources]
sibling = { workspace = true }
"#;

#[test]
fn reads_dependencies_extras_and_groups() {
    insta::assert_snapshot!(check(PROJECT, &[], &[]), @"
    Python >=3.9 (`pyproject.toml`, line 5)
    asks flask>=3 (`pyproject.toml`, line 7)
    leaves tool @ git+https://git.example/tool (`pyproject.toml`, line 8): it is a checkout of a version control system
    leaves sibling (`pyproject.toml`, line 9): it is a file or folder of this machine
    ");
    insta::assert_snapshot!(check(PROJECT, &["all"], &["test"]), @"
    Python >=3.9 (`pyproject.toml`, line 5)
    asks flask>=3 (`pyproject.toml`, line 7)
    asks sphinx (`pyproject.toml`, line 14)
    asks uvicorn; python_version >= '3.9' (`pyproject.toml`, line 13)
    asks pytest>7 (`pyproject.toml`, line 18)
    asks mypy (`pyproject.toml`, line 19)
    leaves tool @ git+https://git.example/tool (`pyproject.toml`, line 8): it is a checkout of a version control system
    leaves sibling (`pyproject.toml`, line 9): it is a file or folder of this machine
    ");
    insta::assert_snapshot!(check(PROJECT, &["nope"], &[]), @"`pyproject.toml`, line 2: project `Me`: has no extra `nope`; it has `web`, `docs`, `all`");
    insta::assert_snapshot!(check(PROJECT, &[], &["nope"]), @"`pyproject.toml`: has no dependency group `nope`; it has `test`, `type-checks`");
    insta::assert_snapshot!(check("[dependency-groups]\ndev = ['rich']", &[], &["dev"]), @"asks rich (`pyproject.toml`, line 2)");
}

#[test]
fn refuses_what_only_running_code_could_tell_and_what_says_nothing() {
    let dynamic = "[project]\nname = 'me'\ndynamic = ['version', 'dependencies']";
    insta::assert_snapshot!(check(dynamic, &[], &[]), @"
    `pyproject.toml`, line 1: project `me`: its dependencies are dynamic: only building it, which runs its code, tells them
      hint: `pip-compile` or `uv pip compile` writes them into a requirements.txt, where that code may run
    ");
    let extras = "[project]\nname = 'me'\ndependencies = ['rich']\ndynamic = ['optional-dependencies']";
    insta::assert_snapshot!(check(extras, &[], &[]), @"asks rich (`pyproject.toml`, line 3)");
    insta::assert_snapshot!(check(extras, &["web"], &[]), @"
    `pyproject.toml`, line 1: project `me`: its extras are dynamic: only building it, which runs its code, tells them
      hint: `pip-compile` or `uv pip compile` writes them into a requirements.txt, where that code may run
    ");
    insta::assert_snapshot!(check("[tool.poetry.dependencies]\nflask = '*'", &[], &[]), @"
    `pyproject.toml`: has no `[project]` table, where dependencies are named
      hint: poetry keeps them in a table of its own: `poetry export -o requirements.txt` writes them out
    ");
    insta::assert_snapshot!(check("[project]\nname = 'me'\n[dependency-groups]\ndev = ['rich']", &[], &[]), @"`pyproject.toml`: asks for nothing; its dependency groups are `dev`");
    insta::assert_snapshot!(check("[project]\nname = 'me'\ndependencies = 'rich'", &[], &[]), @"`pyproject.toml`, line 1: project `me`: `dependencies`: wanted an array");
    insta::assert_snapshot!(check("", &["x"], &["dev"]), @"`pyproject.toml`: has no `[project]`, so no extra `x`");
}

#[test]
fn refuses_groups_that_include_each_other_or_nothing() {
    let groups = |text: &str| check(&format!("[dependency-groups]\n{text}"), &[], &["a"]);
    insta::assert_snapshot!(groups("a = [{include-group = 'b'}]\nb = ['x', {include-group = 'A'}]"), @"`pyproject.toml`, line 1: dependency-groups: groups include each other: a > b > a");
    insta::assert_snapshot!(groups("a = [{include-group = 'a'}]"), @"`pyproject.toml`, line 1: dependency-groups: groups include each other: a > a");
    insta::assert_snapshot!(groups("a = [{include-group = 'c'}]"), @"`pyproject.toml`, line 2: there is no dependency group `c` to include");
    insta::assert_snapshot!(groups("a = [{include = 'b'}]\nb = []"), @r#"`pyproject.toml`, line 2: wanted a requirement or `{include-group = "NAME"}`"#);
    insta::assert_snapshot!(groups("a = []\nA = ['x']"), @"`pyproject.toml`: dependency group `A` is there twice");
    // One that is included twice, not in a circle, is no fault.
    insta::assert_snapshot!(groups("a = [{include-group = 'b'}, {include-group = 'c'}]\nb = [{include-group = 'c'}]\nc = ['x']"), @"
    asks x (`pyproject.toml`, line 4)
    asks x (`pyproject.toml`, line 4)
    ");
}
