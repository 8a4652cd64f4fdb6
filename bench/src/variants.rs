//! The command lines that are compared.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::options::Options;
use crate::prepare::Ready;
use crate::program::clean;
use crate::server::Server;
use crate::sets::Set;

/// Who takes part.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Variant {
    /// `packman install`: of this build, or of another one by its name.
    Packman(Option<(String, PathBuf)>),
    /// `uv pip install` over index pages of real size.
    UvInstall,
    /// `uv pip sync` of a hashed lock over an index of the same curated files: the like-for-like row.
    UvSync,
    /// `pip install` over index pages of real size.
    Pip,
    /// Fetching, hashing, inflating and linking the same files with nothing around it.
    Floor,
}

/// In which state of the machine's memory.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Scenario {
    /// Nothing in the cache, nothing in the environment.
    Cold,
    /// All in the cache, nothing in the environment.
    Warm,
    /// All in the environment.
    Nothing,
    /// Choosing only, with an empty cache.
    ResolveCold,
    /// Choosing only, with a full cache.
    ResolveWarm,
}

/// Where one run of one variant in one round happens.
pub(crate) struct Place {
    /// The folder of this variant in this round.
    pub(crate) folder: PathBuf,
}

impl Variant {
    /// Its name in tables.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Packman(None) => "packman".to_owned(),
            Self::Packman(Some((name, _))) => name.clone(),
            Self::UvInstall => "uv install".to_owned(),
            Self::UvSync => "uv sync".to_owned(),
            Self::Pip => "pip".to_owned(),
            Self::Floor => "floor".to_owned(),
        }
    }

    /// Whether it takes part in a scenario.
    pub(crate) fn takes_part(&self, set: &Set, scenario: Scenario) -> bool {
        if set.only_choosing && !scenario.only_resolves() {
            return false;
        }
        match (self, scenario) {
            (Self::Floor, scenario) => matches!(scenario, Scenario::Cold | Scenario::Warm),
            (Self::UvSync | Self::Pip, scenario) => !scenario.only_resolves(),
            _ => true,
        }
    }

    /// The command to time.
    pub(crate) fn command(
        &self,
        options: &Options,
        server: &Server,
        ready: &Ready,
        place: &Place,
        scenario: Scenario,
    ) -> Command {
        let (venv, set) = (place.venv(scenario), &ready.set);
        let dry: &[&str] = if scenario.only_resolves() { &["--dry-run"] } else { &[] };
        let index = server.url("simple/");
        match self {
            Self::Packman(build) => {
                let program = build.as_ref().map(|(_, program)| program.as_path());
                let mut command = packman(options, program, &place.home(), &place.cache(scenario));
                command.args(["install", "--quiet", "--venv"]).arg(&venv).args(dry).args(set.requirements);
                command
            }
            Self::UvInstall => {
                let arguments = [&["install", "--index-url", &index], dry].concat();
                uv(options, &venv, &place.cache(scenario), &arguments, set.requirements)
            }
            Self::UvSync => {
                let lock = ready.lock.to_string_lossy();
                let arguments = ["sync", "--require-hashes", "--index-url", &ready.curated];
                uv(options, &venv, &place.cache(scenario), &arguments, &[&lock])
            }
            Self::Pip => pip(&venv, &place.cache(scenario), &index, set, dry),
            Self::Floor => {
                let how = if scenario == Scenario::Cold { "cold" } else { "warm" };
                let mut command = clean(&options.programs.join("packman-floor"));
                command.arg(how).arg(&ready.floor).arg(server.host()).arg(place.cache(scenario)).arg(venv);
                command
            }
        }
    }
}

impl Scenario {
    /// In the order in which they are run: the later ones live on what the earlier ones left.
    pub(crate) const ALL: [Self; 5] =
        [Self::ResolveCold, Self::Cold, Self::ResolveWarm, Self::Warm, Self::Nothing];

    /// Its name in tables.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Cold => "cold",
            Self::Warm => "warm",
            Self::Nothing => "nothing to do",
            Self::ResolveCold => "resolve only, cold",
            Self::ResolveWarm => "resolve only, warm",
        }
    }

    fn only_resolves(self) -> bool {
        matches!(self, Self::ResolveCold | Self::ResolveWarm)
    }
}

impl Place {
    /// The environment; empty ones for all but the last scenario.
    pub(crate) fn venv(&self, scenario: Scenario) -> PathBuf {
        self.folder.join(match scenario {
            Scenario::Cold => "venv-cold",
            Scenario::Warm | Scenario::Nothing => "venv-warm",
            Scenario::ResolveCold | Scenario::ResolveWarm => "venv-resolve",
        })
    }

    /// PackMan's home.
    pub(crate) fn home(&self) -> PathBuf {
        self.folder.join("home")
    }

    /// The cache: one for choosing only, one for installing.
    pub(crate) fn cache(&self, scenario: Scenario) -> PathBuf {
        self.folder.join(if scenario.only_resolves() { "cache-resolve" } else { "cache" })
    }
}

/// PackMan with a home and a cache of its own.
pub(crate) fn packman(options: &Options, program: Option<&Path>, home: &Path, cache: &Path) -> Command {
    let built = options.programs.join("packman");
    let mut command = clean(program.unwrap_or(&built));
    command.env("PACKMAN_HOME", home).env("PACKMAN_CACHE_DIR", cache).env("HOME", home);
    command
}

/// `uv pip` on an environment, with a cache of its own.
pub(crate) fn uv(options: &Options, venv: &Path, cache: &Path, arguments: &[&str], rest: &[&str]) -> Command {
    let mut command = uv_bare(options, venv, cache);
    command.args(["--quiet", "pip"]).args(arguments).args(["--only-binary", ":all:"]).args(rest);
    command
}

/// Lists what an environment has, `name==version`.
pub(crate) fn uv_freeze(options: &Options, venv: &Path, cache: &Path) -> Command {
    let mut command = uv_bare(options, venv, cache);
    command.args(["--quiet", "pip", "freeze"]);
    command
}

fn uv_bare(options: &Options, venv: &Path, cache: &Path) -> Command {
    let mut command = clean(&options.tools.join("uv"));
    command.env("VIRTUAL_ENV", venv).env("UV_CACHE_DIR", cache.join("uv")).env("HOME", cache);
    command.env("UV_NO_CONFIG", "1").env("UV_NO_PROGRESS", "1").env("UV_LINK_MODE", "hardlink");
    command
}

/// The environment's own pip, with a cache of its own.
pub(crate) fn pip(venv: &Path, cache: &Path, index: &str, set: &Set, arguments: &[&str]) -> Command {
    let mut command = clean(&venv.join("bin").join("python"));
    command.env("HOME", cache).args(["-I", "-m", "pip", "install", "--isolated", "--quiet"]);
    command.args(["--disable-pip-version-check", "--root-user-action", "ignore", "--only-binary", ":all:"]);
    command
        .arg("--cache-dir")
        .arg(cache.join("pip"))
        .args(["--index-url", index])
        .args(arguments)
        .args(set.requirements);
    command
}
