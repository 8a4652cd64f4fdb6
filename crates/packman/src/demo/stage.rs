//! What the demonstration plays on: a scratch folder with a scapegoat's home, a user's home, a mirror, environments.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};

use packman_client::{Client, Reach, Silent};
use packman_machine::cache::Cache;
use packman_machine::files::{Scratch, clear_own_abandoned};
use packman_machine::home::Home;
use packman_machine::loopback::{Answer, Loopback};
use packman_machine::python::Python;
use packman_names::Requirement;
use packman_strict::time::Time;
use packman_tuf::SafetyNumber;

use super::{Tale, bug};
use crate::commands::Setting;
use crate::ending::Ending;

/// Answers that the mirror gives instead of its files, by path.
type Instead = Arc<Mutex<BTreeMap<String, Vec<u8>>>>;

/// The stage.
pub(super) struct Stage<'s> {
    pub(super) setting: &'s Setting,
    pub(super) scratch: Scratch,
    pub(super) python: Python,
    user: Home,
    cache: Cache,
    pub(super) now: Time,
    wanted: Vec<Requirement>,
    pub(super) is_own: bool,
    pub(super) tale: Tale,
    mirror: Loopback,
    instead: Instead,
    caches: Cell<u32>,
}

/// The project that the small wheels make up.
pub(super) const PROJECT: &str = "greet";

impl<'s> Stage<'s> {
    pub(super) fn build(setting: &'s Setting, packages: &[Requirement], tale: Tale) -> Result<Self, Ending> {
        let beside = tempfile::env::temp_dir();
        // What demonstrations left there that were killed.
        clear_own_abandoned(&beside);
        let scratch = Scratch::in_folder(&beside)
            .map_err(|error| Ending::failed(format!("no scratch folder could be made: {error}")))?;
        let python = setting.pythons().base(None).map_err(|failure| {
            let ending = Ending::failed(failure.to_string());
            setting.unless_stopped(ending.hint("the demonstration needs Python 3 in `PATH`"))
        })?;
        let instead = Instead::default();
        let site = scratch.path().join("site");
        let mirror = Loopback::folder_with(&site, {
            let instead = Arc::clone(&instead);
            move |asked| {
                let instead = instead.lock().unwrap_or_else(PoisonError::into_inner);
                instead.get(&asked.path).cloned().map(Answer::bytes)
            }
        })?;
        mirror.verify_reachable().map_err(|error| unreachable(&error))?;
        let is_own = packages.is_empty();
        let wanted = if is_own { vec![parse(PROJECT)?] } else { packages.to_vec() };
        Ok(Self {
            user: Home::at(scratch.path().join("home")),
            cache: cache_in(setting, &scratch.path().join("cache")),
            setting,
            scratch,
            python,
            now: setting.now,
            wanted,
            is_own,
            tale,
            mirror,
            instead,
            caches: Cell::new(0),
        })
    }

    /// The safety number, as the scapegoat would tell it.
    pub(super) fn number(&self) -> Result<SafetyNumber, Ending> {
        Ok(packman_curate::number(&self.scapegoat("scapegoat").folder)?)
    }

    /// The mirror's address.
    pub(super) fn mirror_url(&self) -> String {
        self.mirror.url()
    }

    /// What the mirror serves under a path.
    pub(super) fn published(&self, path: &str) -> Result<Vec<u8>, Ending> {
        Ok(std::fs::read(self.scratch.path().join("site").join(path))?)
    }

    /// The paths that the mirror serves below a folder.
    pub(super) fn published_below(&self, folder: &str) -> Result<Vec<String>, Ending> {
        let listed = packman_machine::files::list_tree(&self.scratch.path().join("site").join(folder))?;
        Ok(listed.iter().map(|file| format!("{folder}/{}", file.path.as_str())).collect())
    }

    /// Has the mirror give other bytes for a path, until it is honest again.
    pub(super) fn corrupt(&self, path: &str, bytes: Vec<u8>) {
        self.instead.lock().unwrap_or_else(PoisonError::into_inner).insert(path.to_owned(), bytes);
    }

    /// Has the mirror serve its files again.
    pub(super) fn restore(&self) {
        self.instead.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// The user, with this cache, now.
    pub(super) fn client<'c>(&'c self, cache: &'c Cache) -> Client<'c> {
        Client {
            home: &self.user,
            cache,
            fetcher: &self.setting.fetcher,
            stop: &self.setting.stop,
            environ: &self.setting.environ,
            now: self.now,
            reach: Reach::Online,
            accept_expired: false,
            host: &Silent,
        }
    }

    /// The user's cache.
    pub(super) fn cache(&self) -> &Cache {
        &self.cache
    }

    /// A cache that has nothing, so that everything is asked of the mirror.
    pub(super) fn empty_cache(&self) -> Cache {
        self.caches.set(self.caches.get() + 1);
        cache_in(self.setting, &self.scratch.path().join(format!("cache-{}", self.caches.get())))
    }

    /// A new environment.
    pub(super) fn venv(&self, name: &str) -> Result<PathBuf, Ending> {
        let folder = self.scratch.path().join(name);
        let made = self.setting.pythons().make_venv(&folder, &self.python);
        made.map_err(|failure| self.setting.unless_stopped(Ending::failed(failure.to_string())))?;
        Ok(folder)
    }

    /// What is installed.
    pub(super) fn wanted(&self) -> Vec<Requirement> {
        self.wanted.clone()
    }

    /// Uses what was installed, and gives what there is to say of it.
    pub(super) fn try_out(&self, venv: &Path) -> Result<String, Ending> {
        let names: Vec<String> =
            self.wanted.iter().map(|requirement| format!("'{}'", requirement.name)).collect();
        let program = if self.is_own {
            "import greet; greet.main()".to_owned()
        } else {
            format!(
                "import importlib.metadata as m; print(*[f'{{n}} {{m.version(n)}}' for n in [{}]], sep=', ')",
                names.join(", ")
            )
        };
        let output = Command::new(venv.join("bin/python")).args(["-I", "-c", &program]).output()?;
        if !output.status.success() {
            return Err(bug(&String::from_utf8_lossy(&output.stderr)));
        }
        Ok(format!("python says: {}", String::from_utf8_lossy(&output.stdout).trim()))
    }
}

/// A machine that cannot reach itself: nothing is wrong with the demonstration, and there is nothing to wait for.
fn unreachable(error: &std::io::Error) -> Ending {
    let ending = Ending::failed("the mirror of the demonstration cannot be reached on this machine itself")
        .hint("bring the loopback interface up, such as by `ip link set lo up`, and let 127.0.0.1 through");
    Ending { code: "network", because: vec![format!("127.0.0.1 (loopback): {error}")], ..ending }
}

fn cache_in(setting: &Setting, folder: &Path) -> Cache {
    Cache::of(&setting.environ.clone().with("PACKMAN_CACHE_DIR", folder), |_| {})
}

fn parse(text: &str) -> Result<Requirement, Ending> {
    Requirement::parse(text).map_err(|error| Ending::usage(error.to_string()))
}
