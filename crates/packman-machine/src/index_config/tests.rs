use std::path::{Path, PathBuf};

use super::{IndexFailure, IndexSource, configured_index};
use crate::environ::Environ;
use crate::stop::Stop;

struct Place {
    folder: tempfile::TempDir,
    environ: Environ,
}

impl Place {
    /// A folder that is home and project, on a machine of which nothing else is known.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let here = folder.path();
        std::fs::create_dir_all(here.join("project/sub")).unwrap();
        let environ = Environ::of(here.join("project/sub"), [("HOME", here)]);
        let environ = environ.with("XDG_CONFIG_DIRS", here.join("etc")).with("PATH", "/nowhere");
        Self { folder, environ }
    }

    fn file(self, name: &str, text: &str) -> Self {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self
    }

    fn with(self, name: &str, value: impl AsRef<std::ffi::OsStr>) -> Self {
        let environ = self.environ.with(name, value.as_ref());
        Self { environ, ..self }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The address found, and the name of its source.
    fn finds(&self) -> String {
        match configured_index(&self.environ, None, &Stop::new()) {
            Ok(found) => {
                let learnt = match found.learnt {
                    IndexSource::File(path) => {
                        path.strip_prefix(self.folder.path()).unwrap().display().to_string()
                    }
                    other => other.to_string(),
                };
                format!("{} {learnt}", found.location)
            }
            Err(failure) => failure.to_string().replace(self.folder.path().to_str().unwrap(), ""),
        }
    }
}

fn pip(host: &str) -> String {
    format!("[global]\ncert = /x\nindex-url = http://{host}.example/simple\n")
}

#[test]
fn variables_come_before_files_and_uv_before_pip() {
    let place = Place::new().file("project/uv.toml", "index-url = 'http://file.example/'");
    let place = place.with("PIP_INDEX_URL", "https://pip.example/simple");
    assert_eq!(place.finds(), "https://pip.example/simple `PIP_INDEX_URL`");
    let place = place.with("UV_INDEX_URL", "https://old.example/simple");
    assert_eq!(place.finds(), "https://old.example/simple `UV_INDEX_URL`");
    let place = place.with("UV_DEFAULT_INDEX", "lab=https://new.example/simple?x".trim_end_matches("?x"));
    assert_eq!(place.finds(), "https://new.example/simple `UV_DEFAULT_INDEX`");
    let named = configured_index(&place.environ, Some("../mirror"), &Stop::new()).unwrap();
    assert_eq!(named.learnt, IndexSource::Option);
    assert_eq!(named.location.as_path(), Some(place.environ.folder().join("../mirror").as_path()));
}

#[test]
fn files_of_uv_count_from_the_project_up_and_out() {
    let place = Place::new().file("etc/uv/uv.toml", "index-url = 'http://machine.example/'");
    assert_eq!(place.finds(), "http://machine.example/ etc/uv/uv.toml");
    let place = place.file(".config/uv/uv.toml", "[pip]\nindex-url = 'http://user.example/'");
    assert_eq!(place.finds(), "http://user.example/ .config/uv/uv.toml");
    let place = place.file(
        "project/pyproject.toml",
        "[project]\nname = 'x'\n[[tool.uv.index]]\nurl = 'http://extra.example/'\n\
         [[tool.uv.index]]\nurl = 'http://project.example/'\ndefault = true\n",
    );
    assert_eq!(place.finds(), "http://project.example/ project/pyproject.toml");
    // Without settings of uv it does not end the search; with settings it does, whatever they name.
    let place = place.file("project/sub/pyproject.toml", "[project]\nname = 'y'\n");
    assert_eq!(place.finds(), "http://project.example/ project/pyproject.toml");
    let place = place.file("project/sub/uv.toml", "offline = false\n");
    assert_eq!(place.finds(), "http://user.example/ .config/uv/uv.toml");
    let place = place.with("UV_NO_CONFIG", "1").file("etc/pip/pip.conf", &pip("pip"));
    assert_eq!(place.finds(), "http://pip.example/simple etc/pip/pip.conf");
}

#[test]
fn files_of_pip_count_from_the_named_one_out() {
    let place = Place::new().file("etc/pip/pip.conf", &pip("machine"));
    assert_eq!(place.finds(), "http://machine.example/simple etc/pip/pip.conf");
    let place = place.file(".pip/pip.conf", &pip("old"));
    assert_eq!(place.finds(), "http://old.example/simple .pip/pip.conf");
    let place = place.file(".config/pip/pip.conf", &pip("user"));
    assert_eq!(place.finds(), "http://user.example/simple .config/pip/pip.conf");
    let place = place.file("v/pip.conf", &pip("venv"));
    let venv = place.path("v");
    let place = place.with("VIRTUAL_ENV", venv);
    assert_eq!(place.finds(), "http://venv.example/simple v/pip.conf");
    let place =
        place.file("named", "[global]\ntimeout = 1\n[download]\nindex_url: http://named.example/simple\n");
    let named = place.path("named");
    let place = place.with("PIP_CONFIG_FILE", named);
    assert_eq!(place.finds(), "http://named.example/simple named");
    // A file that is named takes the place of the user's.
    let place = place.file("named", "").file("v/pip.conf", "");
    assert_eq!(place.finds(), "http://machine.example/simple etc/pip/pip.conf");
    let place = place.with("PIP_CONFIG_FILE", "/dev/null");
    assert_eq!(place.finds(), "no package index is configured, and no Python is there to ask");
}

/// To pass over settings that cannot be read would be to draw from an index that the user did not choose.
#[test]
fn settings_that_cannot_be_read_are_not_passed_over() {
    let place =
        Place::new().file(".config/uv/uv.toml", "index-url = ").file("etc/pip/pip.conf", &pip("machine"));
    assert!(place.finds().starts_with("`/.config/uv/uv.toml` is not understood: "), "{}", place.finds());
    let place = Place::new().file(".config/pip/pip.conf", &pip("user:secret@host"));
    insta::assert_snapshot!(place.finds(), @"the index named by `/.config/pip/pip.conf`: address `http://…@host.example/simple`: wanted an address without user name and password");
}

#[test]
fn with_nothing_to_ask_no_index_is_made_up() {
    let place = Place::new();
    // Skips nothing: on a machine whose own settings name an index, that one is found.
    match configured_index(&place.environ, None, &Stop::new()) {
        Ok(found) => assert!(matches!(found.learnt, IndexSource::File(_)), "{found:?}"),
        Err(failure) => assert!(matches!(failure, IndexFailure::Unknown(None)), "{failure}"),
    }
}

/// A pip as an environment has it, of our own making; and a `.pth` file, which must not be run.
#[cfg(unix)]
#[test]
fn pip_is_asked_what_it_would_read() {
    use crate::cache::Cache;
    use crate::python::Pythons;

    let (place, stop) = (Place::new(), Stop::new());
    let machine = Environ::capture().unwrap().without("VIRTUAL_ENV").in_folder(place.path("project"));
    let cache_folder = place.path("cache");
    let cache = Cache::of(&machine.clone().with("PACKMAN_CACHE_DIR", cache_folder), |_| ());
    let pythons = Pythons::new(&machine, &cache, &stop);
    let made = pythons.make_venv(Path::new("v"), &pythons.base(None).unwrap()).unwrap();
    let trace = place.path("trace");
    std::fs::write(made.paths.purelib.join("x.pth"), format!("import os; open({trace:?}, 'w')\n")).unwrap();
    let pip = made.paths.purelib.join("pip/_internal");
    let write = |name: &str, text: &str| {
        let path = pip.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("__init__.py", "");
    write("../__init__.py", "");
    write("models/__init__.py", "");
    write("models/index.py", "class PyPI:\n    simple_url = 'https://constant.example/simple'\n");
    let asked = |place: &Place| super::ask_pip(&place.environ, &Stop::new()).map(|(index, _)| index).unwrap();
    let place = place.with("PATH", &made.paths.scripts);
    assert_eq!(asked(&place), "https://constant.example/simple");
    write(
        "commands/__init__.py",
        "from types import SimpleNamespace as N\n\
         def create_command(name):\n    \
             return N(parser=N(get_default_values=lambda: N(index_url='https://option.example/' + name)))\n",
    );
    assert_eq!(asked(&place), "https://option.example/download");
    assert!(!trace.exists());
}

#[test]
fn a_machine_that_is_to_use_no_index_uses_none_unasked() {
    let place =
        |value: &str| Place::new().with("PIP_INDEX_URL", "http://a.example/").with("PIP_NO_INDEX", value);
    insta::assert_snapshot!(place("1").finds(), @"`PIP_NO_INDEX` says that no index is to be used");
    insta::assert_snapshot!(place("yes").finds(), @"`PIP_NO_INDEX` says that no index is to be used");
    insta::assert_snapshot!(place("0").finds(), @"http://a.example/ `PIP_INDEX_URL`");
    insta::assert_snapshot!(Place::new().with("UV_NO_INDEX", "true").finds(), @"`UV_NO_INDEX` says that no index is to be used");
    let named = configured_index(&place("1").environ, Some("http://b.example/"), &Stop::new()).unwrap();
    assert_eq!(named.learnt, IndexSource::Option);
    // The same in pip's files holds what pip would go by, and nothing else.
    let place = || {
        let pip = "[global]\nno-index = true\nindex-url = http://pip.example/simple\n";
        Place::new().file(".config/pip/pip.conf", pip)
    };
    insta::assert_snapshot!(place().finds(), @"`/.config/pip/pip.conf` says that no index is to be used");
    insta::assert_snapshot!(place().with("PIP_INDEX_URL", "http://a.example/").finds(), @"`/.config/pip/pip.conf` says that no index is to be used");
    insta::assert_snapshot!(place().with("PIP_NO_INDEX", "0").finds(), @"http://pip.example/simple .config/pip/pip.conf");
    insta::assert_snapshot!(place().with("UV_DEFAULT_INDEX", "http://a.example/").finds(), @"http://a.example/ `UV_DEFAULT_INDEX`");
    let weaker = place().file("venv/pip.conf", "[global]\nno-index = false\n");
    let venv = weaker.path("venv");
    insta::assert_snapshot!(weaker.with("VIRTUAL_ENV", venv).finds(), @"http://pip.example/simple .config/pip/pip.conf");
}
