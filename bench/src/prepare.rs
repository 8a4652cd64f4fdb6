//! What is made before anything is timed: databases, locks, small indexes, environments to copy.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use packman_names::WheelName;
use packman_strict::json::{self, Limits, Object, Value};

use crate::options::Options;
use crate::program::{clean, output, read, write};
use crate::server::Server;
use crate::sets::Set;
use crate::variants::packman;
use crate::{Outcome, catalogue, record};

/// Environments that are copied for every run, so that making them is not timed.
pub(crate) struct Skeletons {
    /// As `python3 -m venv --without-pip` makes it.
    pub(crate) bare: PathBuf,
    /// The same with the pip that is measured.
    pub(crate) with_pip: PathBuf,
}

/// One file that a set installs.
#[derive(Clone, Debug)]
pub(crate) struct Wheel {
    project: String,
    version: String,
    filename: String,
    sha256: String,
    size: u64,
    /// Where the server has it.
    path: String,
}

/// A set that is ready to be measured.
pub(crate) struct Ready {
    /// What is installed.
    pub(crate) set: Set,
    /// The files, by project.
    pub(crate) wheels: Vec<Wheel>,
    /// A home whose ring trusts the database, refreshed never.
    pub(crate) home: PathBuf,
    /// A lock with hashes for `uv pip sync`.
    pub(crate) lock: PathBuf,
    /// The lines for the floor.
    pub(crate) floor: PathBuf,
    /// An index of exactly the curated files.
    pub(crate) curated: String,
}

impl Skeletons {
    /// Makes them in a folder.
    pub(crate) fn make(options: &Options, folder: &Path) -> Outcome<Self> {
        let (bare, with_pip) = (folder.join("bare"), folder.join("with-pip"));
        for venv in [&bare, &with_pip] {
            output(clean(Path::new("python3")).args(["-m", "venv", "--without-pip"]).arg(venv))?;
        }
        let version = output(clean(&options.tools.join("pip")).arg("--version"))?;
        let source = version.split(" from ").nth(1).and_then(|rest| rest.split(" (").next());
        let package = PathBuf::from(source.ok_or("pip does not say where it is")?);
        let packages = site_packages(&with_pip)?;
        for entry in
            std::fs::read_dir(package.parent().unwrap_or(&package)).map_err(|error| error.to_string())?
        {
            let path = entry.map_err(|error| error.to_string())?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if name == "pip" || (name.starts_with("pip-") && name.ends_with(".dist-info")) {
                crate::program::copy_folder(&path, &packages)?;
            }
        }
        Ok(Self { bare, with_pip })
    }
}

/// The folder of an environment's packages.
pub(crate) fn site_packages(venv: &Path) -> Outcome<PathBuf> {
    let library = venv.join("lib");
    let mut entries =
        std::fs::read_dir(&library).map_err(|error| format!("{}: {error}", library.display()))?;
    let python = entries.find_map(Result::ok).ok_or_else(|| format!("{} is empty", library.display()))?;
    Ok(python.path().join("site-packages"))
}

/// Curates a set from an index into `FOLDER/db`, signs it and publishes it to `FOLDER/site`.
pub(crate) fn curate(options: &Options, folder: &Path, index: &str, set: &Set) -> Outcome<()> {
    let run = |arguments: &[&str]| {
        output(packman(options, None, folder, folder).current_dir(folder).args(arguments))
    };
    run(&["curate", "init", "db", "--title", set.name, "--maintainer", "The bench", "--no-passphrase"])?;
    let add = [
        "curate",
        "add",
        "db",
        "--with-dependencies",
        "--this-platform-only",
        "--min-age",
        "0",
        "--index",
        index,
    ];
    run(&[&add, set.requirements].concat())?;
    run(&["curate", "sign", "db", "--yes"])?;
    run(&["curate", "publish", "db", "--to", "site"]).map(drop)
}

/// Prepares a set in `RUN/site/NAME` and its kin.
pub(crate) fn prepare(
    options: &Options,
    skeletons: &Skeletons,
    server: &Server,
    run: &Path,
    set: Set,
) -> Outcome<Ready> {
    println!("bench: preparing {}", set.name);
    let site = run.join("site").join(set.name);
    std::fs::create_dir_all(&site).map_err(|error| format!("{}: {error}", site.display()))?;
    if set.only_choosing {
        catalogue::curate(options, server, &site, &set)?;
    } else {
        curate(options, &site, &server.url("simple/"), &set)?;
    }
    let number =
        output(packman(options, None, &site, &site).args(["curate", "number"]).arg(site.join("db")))?;
    let folder = run.join("prepared").join(set.name);
    let home = folder.join("home");
    let url = server.url(&format!("site/{}/site/", set.name));
    let trust = |arguments: &[&str]| output(packman(options, None, &home, &folder).args(arguments));
    std::fs::create_dir_all(&home).map_err(|error| format!("{}: {error}", home.display()))?;
    trust(&["trust", "add", &url, "--as", "bench", "--number", number.trim()])?;
    let plan = output(
        packman(options, None, &home, &folder)
            .args(["install", "--json", "--dry-run", "--venv"])
            .arg(&skeletons.bare)
            .args(set.requirements),
    )?;
    let wheels = wheels(options, &plan)?;
    let ready = Ready {
        set,
        home,
        lock: folder.join("lock.txt"),
        floor: folder.join("floor.txt"),
        curated: server.url(&format!("curated/{}/", set.name)),
        wheels,
    };
    ready.write(options, run)?;
    Ok(ready)
}

/// The wheels of a plan, and where the recorded pages have them.
fn wheels(options: &Options, plan: &str) -> Outcome<Vec<Wheel>> {
    let plan = json::parse(plan.as_bytes(), &Limits::default()).map_err(|error| error.to_string())?;
    let packages = plan.as_object().and_then(|plan| plan.get("packages")).and_then(Value::as_array);
    let wheel = |package: &Value<'_>| {
        let package = package.as_object().ok_or("a plan of another shape")?;
        let text = |name: &str| {
            let value = package.get(name).and_then(Value::as_str);
            value.map(str::to_owned).ok_or_else(|| format!("a plan without `{name}`"))
        };
        let (project, filename) = (text("name")?, text("file")?);
        let listed = Listed::find(options, &project, &filename)?;
        let size = package.get("size").and_then(Value::as_u64).ok_or("a plan without sizes")?;
        let path = listed.text("url")?;
        Ok(Wheel { version: text("version")?, sha256: text("sha256")?, project, filename, size, path })
    };
    packages.ok_or("a plan without packages")?.iter().map(wheel).collect()
}

/// A file as its recorded page lists it.
struct Listed(Object<'static>);

impl Listed {
    fn find(options: &Options, project: &str, filename: &str) -> Outcome<Self> {
        let project =
            WheelName::parse(filename).map_or(project.to_owned(), |name| name.project().to_string());
        let page = read(&record::folder(options).join("simple").join(format!("{project}.json")))?;
        let page = json::parse(page.as_bytes(), &Limits::default()).map_err(|error| error.to_string())?;
        let files = page.as_object().and_then(|page| page.get("files")).and_then(Value::as_array);
        let mut files = files.unwrap_or_default().iter().filter_map(Value::as_object);
        let is_it = |file: &&Object<'_>| file.get("filename").and_then(Value::as_str) == Some(filename);
        let file = files.find(is_it).ok_or_else(|| format!("no recorded page lists `{filename}`"))?;
        Ok(Self(file.clone().into_owned()))
    }

    fn text(&self, name: &str) -> Outcome<String> {
        self.0
            .get(name)
            .and_then(Value::as_str)
            .map(str::to_owned)
            .ok_or_else(|| format!("a file without `{name}`"))
    }
}

impl Ready {
    /// How many bytes the wheels have together.
    pub(crate) fn bytes(&self) -> u64 {
        self.wheels.iter().map(|wheel| wheel.size).sum()
    }

    /// The names of the folders that these releases leave beside their packages.
    pub(crate) fn dist_infos(&self) -> Vec<String> {
        let stem = |wheel: &Wheel| wheel.filename.split('-').take(2).collect::<Vec<_>>().join("-");
        let mut names: Vec<String> =
            self.wheels.iter().map(|wheel| format!("{}.dist-info", stem(wheel))).collect();
        names.sort_unstable();
        names
    }

    fn write(&self, options: &Options, run: &Path) -> Outcome<()> {
        let line =
            |wheel: &Wheel| format!("{}=={} --hash=sha256:{}\n", wheel.project, wheel.version, wheel.sha256);
        write(&self.lock, self.wheels.iter().map(line).collect::<String>())?;
        let line = |wheel: &Wheel| format!("{} {} {}\n", wheel.path, wheel.sha256, wheel.size);
        write(&self.floor, self.wheels.iter().map(line).collect::<String>())?;
        let mut pages: BTreeMap<&str, Vec<Value<'static>>> = BTreeMap::new();
        for wheel in &self.wheels {
            let listed = Listed::find(options, &wheel.project, &wheel.filename)?;
            pages.entry(&wheel.project).or_default().push(Value::from(listed.0));
        }
        for (project, files) in pages {
            let page = Object::new()
                .with("meta", Object::new().with("api-version", "1.1"))
                .with("name", project.to_owned())
                .with("files", files);
            let path = run.join("curated").join(self.set.name).join(format!("{project}.json"));
            write(&path, Value::from(page).to_bytes())?;
            output(clean(Path::new("gzip")).args(["--best", "--keep"]).arg(&path))?;
        }
        Ok(())
    }
}
