//! uv as the twin that PackMan is compared with: over an index of exactly the curated files.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use packman_machine::loopback::{Answer, Loopback, answer_from_folder};
use packman_names::WheelName;
use testkit::tools;
use testkit::world::{Run, World, finish};

/// An index of the files that a published database carries.
pub(crate) struct Twin {
    server: Loopback,
}

impl Twin {
    /// Lists the wheels of a published folder, one page for each project.
    pub(crate) fn of(site: &Path) -> Self {
        let mut pages: BTreeMap<String, String> = BTreeMap::new();
        for sum in std::fs::read_dir(site.join("blobs")).unwrap().flatten() {
            for file in std::fs::read_dir(sum.path()).unwrap().flatten() {
                let filename = file.file_name().to_string_lossy().into_owned();
                let Ok(name) = WheelName::parse(&filename) else { continue };
                let sum = sum.file_name().to_string_lossy().into_owned();
                let metadata = site.join("blobs").join(&sum).join(format!("{filename}.metadata")).exists();
                let page = pages.entry(name.project().to_string()).or_default();
                let comma = if page.is_empty() { "" } else { "," };
                let _ = write!(
                    page,
                    r#"{comma}{{"filename": "{filename}", "url": "/blobs/{sum}/{filename}",
                    "hashes": {{"sha256": "{sum}"}}, "core-metadata": {metadata}}}"#
                );
            }
        }
        let site = site.to_owned();
        let server = Loopback::answering(move |asked| {
            let Some(project) = asked.path.strip_prefix("simple/") else {
                return answer_from_folder(&site, &asked.path);
            };
            let project = project.trim_end_matches('/');
            let Some(files) = pages.get(project) else { return Answer::status(404) };
            let page =
                format!(r#"{{"meta": {{"api-version": "1.1"}}, "name": "{project}", "files": [{files}]}}"#);
            Answer::page("application/vnd.pypi.simple.v1+json", page)
        });
        Self { server: server.unwrap() }
    }

    /// Lets uv install into an environment.
    pub(crate) fn install(&self, world: &World, venv: &Path, names: &[&str]) {
        self.install_with(world, &tools::program("uv"), venv, names);
    }

    /// Lets a pip, by its interpreter, install into an environment.
    pub(crate) fn install_with_pip(&self, world: &World, python: &Path, venv: &Path, names: &[&str]) {
        let mut command = world.other_command(python);
        let index = format!("{}simple/", self.server.url());
        command.args(["-I", "-m", "pip", "--isolated", "--disable-pip-version-check", "--python"]).arg(venv);
        command.args([
            "install",
            "--quiet",
            "--no-cache-dir",
            "--only-binary",
            ":all:",
            "--index-url",
            &index,
        ]);
        let run = finish(command.args(names));
        assert_eq!(run.code, 0, "pip install {}\n{}", names.join(" "), run.stderr);
    }

    /// Lets a uv install into an environment.
    pub(crate) fn install_with(&self, world: &World, uv: &Path, venv: &Path, names: &[&str]) {
        let mut command = world.other_command(uv);
        command.env("UV_CACHE_DIR", world.path("uv-cache")).env("VIRTUAL_ENV", venv).env("UV_NO_CONFIG", "1");
        let index = format!("{}simple/", self.server.url());
        // Variables of the machine that name another index, or folders of wheels, count for neither of the two.
        for name in ["UV_INDEX_URL", "UV_DEFAULT_INDEX", "UV_EXTRA_INDEX_URL", "UV_INDEX", "UV_FIND_LINKS"] {
            command.env_remove(name);
        }
        command.args(["pip", "install", "--quiet", "--no-build", "--default-index", &index]).args(names);
        let run = finish(&mut command);
        assert_eq!(run.code, 0, "uv pip install {}\n{}", names.join(" "), run.stderr);
    }
}

/// What is installed, `name==version`, as pip lists it.
pub(crate) fn installed(world: &World, venv: &Path) -> Vec<String> {
    let script = "import importlib.metadata as m\nfor d in m.distributions(): \
                  print(d.metadata['Name'].lower().replace('_', '-').replace('.', '-') + '==' + d.version)";
    let Run { stdout, stderr, code } = world.python(venv, script);
    assert_eq!(code, 0, "{stderr}");
    let mut lines: Vec<String> = stdout.lines().map(str::to_owned).collect();
    lines.sort_unstable();
    lines
}
