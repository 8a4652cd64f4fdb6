//! A database that was curated on one platform, and a locker that looks at all of them.

use std::process::Command;

use packman_machine::loopback::Answer;
use testkit::index::PackageIndex;
use testkit::packages::module;
use testkit::tools;
use testkit::world::World;

use crate::support::{Mirror, init, sign_and_publish, world};

/// The version of the interpreter that `uv` is given, as `3.12`.
fn version(world: &World) -> String {
    let script = "import sys; print('%d.%d' % sys.version_info[:2])";
    tools::run_python(&world.folder(), &["-c", script]).stdout.trim().to_owned()
}

/// Curates tqdm on Linux, with what else is asked for; gives what `uv lock` says, and the projects that it locked.
fn locked(more: &[&str]) -> (bool, String, Vec<String>) {
    let tqdm = module("tqdm", "4.67.1").requires("colorama; platform_system == 'Windows'");
    let index = PackageIndex::of([tqdm, module("colorama", "0.4.6")]);
    let world = world(&index);
    init(&world);
    let python = version(&world);
    let add = ["curate", "add", "db", "tqdm", "--with-dependencies", "--copy-files", "--python", &python];
    world.ok(&[&add[..], &["--platform", "linux-x86_64"], more].concat());
    sign_and_publish(&world);
    // A record is the page of a simple index, and its files stand where it says.
    let mirror = Mirror::of(world.path("site"));
    for record in ["tqdm", "colorama"] {
        if let Ok(page) = std::fs::read(world.path(&format!("db/projects/{record}.json"))) {
            let page = Answer::page("application/vnd.pypi.simple.v1+json", page);
            mirror.lie(&format!("simple/{record}/"), page);
        }
    }
    let project = world.path("project");
    std::fs::create_dir(&project).unwrap();
    let text = format!(
        "[project]\nname = \"tool\"\nversion = \"1\"\nrequires-python = \"=={python}.*\"\ndependencies = [\"tqdm\"]\n"
    );
    std::fs::write(project.join("pyproject.toml"), text).unwrap();
    let mut command = Command::new(tools::program("uv"));
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HOME", &project);
    command.args(["lock", "--no-config", "--no-cache", "--python-preference", "only-system", "--python"]);
    command.arg(tools::python()).args(["--default-index", &format!("{}simple/", mirror.url())]);
    let output = command.current_dir(&project).output().unwrap();
    let lock = std::fs::read_to_string(project.join("uv.lock")).unwrap_or_default();
    let names = lock.lines().filter_map(|line| line.strip_prefix("name = ")).map(str::to_owned).collect();
    (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned(), names)
}

#[test]
fn uv_locks_for_every_platform_from_what_was_curated_on_one() {
    let (done, said, names) = locked(&[]);
    assert!(done, "{said}");
    assert_eq!(names, ["\"colorama\"", "\"tool\"", "\"tqdm\""]);
    let (done, said, _) = locked(&["--this-platform-only"]);
    assert!(!done && said.contains("colorama"), "{said}");
}
