//! Where an environment keeps what: the folders that sysconfig calls its scheme.
//!
//! Finding an environment and asking its interpreter is `packman-machine`'s; here its folders become real paths
//! below one root, outside of which nothing is ever written or removed.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use packman_names::{ProjectName, PythonVersion};

use crate::conflict::{ChangeError, Conflict};
use crate::failure::Failure;
use crate::layout::Area;

/// The folders of an environment and the interpreter that its commands start.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Scheme {
    /// The folder of the environment (`sys.prefix`).
    pub prefix: PathBuf,
    /// Modules for any platform.
    pub purelib: PathBuf,
    /// Modules for this platform.
    pub platlib: PathBuf,
    /// Commands.
    pub scripts: PathBuf,
    /// What wheels call `data`; the prefix, nearly everywhere.
    pub data: PathBuf,
    /// C headers; each project gets a folder of its name in it.
    pub headers: PathBuf,
    /// The interpreter, as commands are to start it.
    pub python: PathBuf,
    /// Its version.
    pub version: PythonVersion,
}

impl Scheme {
    /// The scheme of a virtual environment on a POSIX system.
    pub fn of_venv(prefix: &Path, version: PythonVersion) -> Self {
        let name = format!("python{}.{}", version.major, version.minor);
        let modules = prefix.join("lib").join(&name).join("site-packages");
        Self {
            prefix: prefix.to_owned(),
            purelib: modules.clone(),
            platlib: modules,
            scripts: prefix.join("bin"),
            data: prefix.to_owned(),
            headers: prefix.join("include").join("site").join(name),
            python: prefix.join("bin").join("python"),
            version,
        }
    }
}

/// The scheme with links resolved: one root, and each area as a path below it.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    /// The real path of the deepest folder that holds all others.
    pub(crate) root: PathBuf,
    /// Relative to the root; `""` is the root itself.
    pub(crate) purelib: String,
    pub(crate) platlib: String,
    pub(crate) scripts: String,
    pub(crate) data: String,
    pub(crate) headers: String,
    /// The commands that start the interpreter; no project owns them.
    pub(crate) interpreters: BTreeSet<String>,
}

impl Places {
    /// Resolves the folders of a scheme.
    pub(crate) fn of(scheme: &Scheme) -> Result<Self, ChangeError> {
        let (data, purelib, scripts) = (real(&scheme.data)?, real(&scheme.purelib)?, real(&scheme.scripts)?);
        let same = scheme.platlib == scheme.purelib;
        let platlib = if same { purelib.clone() } else { real(&scheme.platlib)? };
        let headers = real(&scheme.headers)?;
        let root =
            [&purelib, &platlib, &scripts].into_iter().fold(data.clone(), |root, path| shared(&root, path));
        let wrong = |path: &Path, why| Conflict::Folders { path: path.to_string_lossy().into_owned(), why };
        // What is inside the root can be moved and removed, so all of the root has to be the environment's own.
        if root != data && !root.starts_with(real(&scheme.prefix)?) {
            return Err(
                wrong(&scheme.prefix, "has parts elsewhere on the machine, wanted all inside it").into()
            );
        }
        let below = |path: &Path| {
            let rest = path.strip_prefix(&root).map_err(|_| wrong(path, "is outside of the environment"))?;
            rest.to_str().map(str::to_owned).ok_or_else(|| wrong(path, "has a name that is not UTF-8"))
        };
        let scripts_folder = below(&scripts)?;
        let (major, minor) = (scheme.version.major, scheme.version.minor);
        let names = ["python".to_owned(), format!("python{major}"), format!("python{major}.{minor}")];
        Ok(Self {
            interpreters: names.iter().map(|name| join(&scripts_folder, name)).collect(),
            purelib: below(&purelib)?,
            platlib: below(&platlib)?,
            scripts: scripts_folder,
            data: below(&data)?,
            // Some system Pythons have their headers elsewhere; then they go where an environment's would.
            headers: below(&headers)
                .or_else(|_| below(&data.join(format!("include/site/python{major}.{minor}"))))?,
            root,
        })
    }

    /// The folder of an area, relative to the root.
    pub(crate) fn folder(&self, area: Area, project: &ProjectName) -> String {
        match area {
            Area::Purelib => self.purelib.clone(),
            Area::Platlib => self.platlib.clone(),
            Area::Scripts => self.scripts.clone(),
            Area::Data => self.data.clone(),
            Area::Headers => join(&self.headers, project.as_str()),
        }
    }

    /// The folders in which installed projects are looked for: purelib, and platlib where that is another.
    pub(crate) fn site_folders(&self) -> Vec<&str> {
        let mut folders = vec![self.purelib.as_str()];
        if self.platlib != self.purelib {
            folders.push(&self.platlib);
        }
        folders
    }

    /// Whether a folder belongs to the environment itself, however empty it is left.
    pub(crate) fn keeps(&self, folder: &str) -> bool {
        let own = [&self.purelib, &self.platlib, &self.scripts, &self.data];
        folder == "include" || own.into_iter().any(|own| own == folder || is_below(own, folder))
    }
}

/// Joins two relative paths, either of which may be empty.
pub(crate) fn join(folder: &str, name: &str) -> String {
    match (folder, name) {
        ("", name) => name.to_owned(),
        (folder, "") => folder.to_owned(),
        _ => [folder, "/", name].concat(),
    }
}

/// Whether a relative path is below a folder.
pub(crate) fn is_below(path: &str, folder: &str) -> bool {
    folder.is_empty() && !path.is_empty()
        || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

/// The way from one folder to a file, both relative to one root: what RECORD of installed projects writes.
pub(crate) fn way<'t>(from: &str, to: &'t str) -> Cow<'t, str> {
    // Nearly every file of a wheel lies below: thousands are written in one change.
    let below = to.strip_prefix(from).and_then(|rest| rest.strip_prefix('/'));
    if let Some(below) = below.filter(|below| !below.starts_with('/') && !below.contains("//")) {
        return Cow::Borrowed(below);
    }
    let parts = |path| str::split(path, '/').filter(|part| !part.is_empty()).collect::<Vec<&str>>();
    let (from, to) = (parts(from), parts(to));
    let same = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = std::iter::repeat_n("..", from.len() - same);
    Cow::Owned(up.chain(to.iter().skip(same).copied()).collect::<Vec<_>>().join("/"))
}

/// Resolves links in the part of a path that exists, and takes the rest as it is.
pub(crate) fn real(path: &Path) -> Result<PathBuf, Failure> {
    let mut rest: Vec<Component<'_>> = Vec::new();
    let mut existing = path;
    loop {
        match fs::canonicalize(existing) {
            Ok(found) => return Ok(rest.iter().rev().fold(found, |path, part| path.join(part))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(Failure::new(existing, "found", error)),
        }
        let (Some(parent), Some(last)) = (existing.parent(), existing.components().next_back()) else {
            return Err(Failure::new(path, "found", io::Error::from(io::ErrorKind::NotFound)));
        };
        rest.push(last);
        existing = parent;
    }
}

fn shared(a: &Path, b: &Path) -> PathBuf {
    a.components().zip(b.components()).take_while(|(a, b)| a == b).map(|(part, _)| part).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use packman_names::{ProjectName, PythonVersion};

    use super::{Places, Scheme, way};
    use crate::layout::Area;

    #[test]
    fn folders_are_resolved_below_one_root() {
        let scratch = tempfile::tempdir().unwrap();
        let prefix = scratch.path().join("venv");
        fs::create_dir_all(prefix.join("lib/python3.11/site-packages")).unwrap();
        symlink("lib", prefix.join("lib64")).unwrap();
        let mut scheme = Scheme::of_venv(&prefix, PythonVersion::new(3, 11));
        scheme.platlib = prefix.join("lib64/python3.11/site-packages");
        let places = Places::of(&scheme).unwrap();
        assert_eq!(places.root, fs::canonicalize(&prefix).unwrap());
        assert_eq!(places.platlib, "lib/python3.11/site-packages");
        assert_eq!(places.site_folders(), ["lib/python3.11/site-packages"]);
        let project = ProjectName::parse("greenlet").unwrap();
        assert_eq!(places.folder(Area::Headers, &project), "include/site/python3.11/greenlet");
        assert!(places.keeps("lib") && places.keeps("lib/python3.11/site-packages") && places.keeps("bin"));
        assert!(!places.keeps("share") && !places.keeps("lib/python3.11/site-packages/flask"));
    }

    #[test]
    fn folders_without_a_common_one_are_refused() {
        let mut scheme = Scheme::of_venv(std::path::Path::new("/usr"), PythonVersion::new(3, 11));
        scheme.scripts = "/no/such/folder".into();
        assert_eq!(Places::of(&scheme).unwrap_err().code(), "environment-folders");
        // Modules that were moved to another disk would make all of that disk the environment.
        let scratch = tempfile::tempdir().unwrap();
        fs::create_dir_all(scratch.path().join("venv/lib/python3.11")).unwrap();
        fs::create_dir_all(scratch.path().join("disk/modules")).unwrap();
        let scheme = Scheme::of_venv(&scratch.path().join("venv"), PythonVersion::new(3, 11));
        symlink(scratch.path().join("disk/modules"), &scheme.purelib).unwrap();
        assert_eq!(Places::of(&scheme).unwrap_err().code(), "environment-folders");
    }

    #[test]
    fn ways_between_folders_are_as_record_writes_them() {
        let site = "lib/python3.11/site-packages";
        assert_eq!(way(site, "lib/python3.11/site-packages/flask/app.py"), "flask/app.py");
        assert_eq!(way(site, "bin/flask"), "../../../bin/flask");
        assert_eq!(way("", "bin/flask"), "bin/flask");
    }
}
