//! Keeps the pages and files of the configured index, once, so that every run serves the same ones at real size.
//!
//! A proxy on loopback through which uv, PackMan and pip choose and fetch a set; what they ask for is kept under
//! `target/bench/record`. Links to files become paths `/f/N/…`, where N stands for the host that has them.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use packman_machine::environ::Environ;
use packman_machine::index_config::configured_index;
use packman_machine::location::Location;
use packman_machine::loopback::{Answer, Asked, Loopback};
use packman_machine::network::{Fetched, Fetcher, FetcherSettings};
use packman_machine::stop::Stop;
use packman_names::ProjectName;
use packman_strict::json::{self, Limits, Value};

use crate::options::Options;
use crate::program::{clean, copy_folder, output, read, write};
use crate::sets::Set;
use crate::{Outcome, prepare, variants};

/// The media type of index pages.
pub(crate) const PAGE: &str = "application/vnd.pypi.simple.v1+json";
/// No page or wheel of the sets is larger.
const LARGEST: u64 = 512 << 20;

/// Where what was recorded lies.
pub(crate) fn folder(options: &Options) -> PathBuf {
    options.folder.join("record")
}

/// Records what the sets need that are not recorded yet.
pub(crate) fn record(options: &Options, skeletons: &prepare::Skeletons) -> Outcome<()> {
    let missing = |set: &&Set| !done(options, set).exists();
    let sets: Vec<&Set> = options.sets.iter().filter(missing).collect();
    if sets.is_empty() {
        return Ok(());
    }
    let recorder = Recorder::start(&folder(options))?;
    for set in sets {
        println!("bench: recording pages and wheels for {}", set.name);
        let chosen = recorder.record(options, skeletons, set)?;
        write(&done(options, set), chosen)?;
    }
    Ok(())
}

fn done(options: &Options, set: &Set) -> PathBuf {
    folder(options).join(format!("{}.done", set.name))
}

struct Recorder {
    server: Loopback,
}

struct Kept {
    folder: PathBuf,
    index: Location,
    fetcher: Fetcher,
    /// Hosts of files, by their number; kept in `hosts.txt`.
    hosts: Mutex<Vec<String>>,
}

impl Recorder {
    fn start(folder: &Path) -> Outcome<Self> {
        let environ = Environ::capture().map_err(|failure| failure.to_string())?;
        let index = configured_index(&environ, None, &Stop::new()).map_err(|failure| failure.to_string())?;
        let fetcher = Fetcher::new(&environ, FetcherSettings::default(), &Stop::new());
        let hosts = read(&folder.join("hosts.txt")).unwrap_or_default().lines().map(str::to_owned).collect();
        let kept = Arc::new(Kept {
            folder: folder.to_owned(),
            index: index.location,
            fetcher,
            hosts: Mutex::new(hosts),
        });
        let answering = move |asked: &Asked| kept.answer(&asked.path);
        let server = Loopback::answering(answering).map_err(|failure| failure.to_string())?;
        Ok(Self { server })
    }

    /// Lets everybody who takes part choose and fetch the set once; gives what uv chose.
    fn record(&self, options: &Options, skeletons: &prepare::Skeletons, set: &Set) -> Outcome<String> {
        let index = format!("{}simple/", self.server.url());
        let scratch = options.folder.join("scratch").join(format!("{}-{}", set.name, std::process::id()));
        let venv = scratch.join("venv");
        std::fs::create_dir_all(&scratch).map_err(|error| format!("{}: {error}", scratch.display()))?;
        copy_folder(&skeletons.with_pip, &venv)?;
        output(&mut variants::pip(&venv, &scratch, &index, set, &["--dry-run"]))?;
        output(&mut variants::uv(
            options,
            &venv,
            &scratch,
            &["install", "--index-url", &index],
            set.requirements,
        ))?;
        let chosen = output(&mut variants::uv_freeze(options, &venv, &scratch))?;
        if set.only_choosing {
            keep_metadata(options, &venv)?;
        } else {
            prepare::curate(options, &scratch, &index, set)?;
        }
        std::fs::remove_dir_all(&scratch).map_err(|error| format!("{}: {error}", scratch.display()))?;
        // The pip of the skeleton is no part of the set.
        let lines: Vec<&str> = chosen.lines().filter(|line| !line.starts_with("pip==")).collect();
        Ok(lines.join("\n"))
    }
}

/// Where the METADATA of a project that was chosen is kept, for sets of which only choosing is measured.
pub(crate) fn metadata_file(options: &Options, project: &ProjectName) -> PathBuf {
    folder(options).join("metadata").join(project.as_str())
}

fn keep_metadata(options: &Options, venv: &Path) -> Outcome<()> {
    let packages = prepare::site_packages(venv)?;
    let entries = std::fs::read_dir(&packages).map_err(|error| format!("{}: {error}", packages.display()))?;
    for path in entries.flatten().map(|entry| entry.path()) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let Some(stem) = name.strip_suffix(".dist-info") else { continue };
        let Ok(project) = ProjectName::parse(stem.split('-').next().unwrap_or_default()) else { continue };
        write(&metadata_file(options, &project), read(&path.join("METADATA"))?)?;
    }
    Ok(())
}

impl Kept {
    fn answer(&self, path: &str) -> Answer {
        let answer = match path.split('/').collect::<Vec<_>>()[..] {
            ["simple", project] | ["simple", project, ""] => self.page(project),
            ["f", number, ..] => self.file(path, number),
            _ => Ok(None),
        };
        match answer {
            Ok(Some(answer)) => answer,
            Ok(None) => Answer::status(404),
            Err(why) => {
                eprintln!("bench: {path}: {why}");
                Answer::status(502)
            }
        }
    }

    fn page(&self, project: &str) -> Outcome<Option<Answer>> {
        let Ok(project) = ProjectName::parse(project) else { return Ok(None) };
        let path = self.folder.join("simple").join(format!("{project}.json"));
        if let Ok(bytes) = std::fs::read(&path) {
            return Ok(Some(Answer::page(PAGE, bytes)));
        }
        let folder = self.index.join(project.as_str()).map_err(|error| error.to_string())?;
        let location = Location::parse_link(&format!("{folder}/")).map_err(|error| error.to_string())?;
        let page = self.fetcher.page(&location, PAGE, LARGEST).map_err(|failure| failure.to_string())?;
        let Some(page) = page else { return Ok(None) };
        let bytes = self.with_own_links(&page.location, &page.bytes)?;
        write(&path, &bytes)?;
        output(clean(Path::new("gzip")).args(["--best", "--keep", "--force"]).arg(&path))?;
        Ok(Some(Answer::page(PAGE, bytes)))
    }

    /// The same page with links to files that lead here.
    fn with_own_links(&self, location: &Location, bytes: &[u8]) -> Outcome<Vec<u8>> {
        let mut page = json::parse(bytes, &Limits::default()).map_err(|error| error.to_string())?;
        let files = page.as_object_mut().and_then(|page| page.get_mut("files"));
        let Some(Value::Array(files)) = files else { return Err("a page without files".to_owned()) };
        for file in files {
            let Some(file) = file.as_object_mut() else { continue };
            let Some(link) = file.get("url").and_then(Value::as_str).map(str::to_owned) else { continue };
            let (link, _) = location.follow(&link).map_err(|error| error.to_string())?;
            file.insert("url", self.own_link(&link.to_string())?);
        }
        Ok(page.to_bytes())
    }

    fn own_link(&self, link: &str) -> Outcome<String> {
        let path = link.find("://").and_then(|at| link.get(at + 3..)?.find('/').map(|slash| at + 3 + slash));
        let (host, path) = path.and_then(|at| link.split_at_checked(at)).ok_or("a link without a path")?;
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        let number = hosts.iter().position(|known| known == host).unwrap_or(hosts.len());
        if number == hosts.len() {
            hosts.push(host.to_owned());
            write(&self.folder.join("hosts.txt"), hosts.join("\n"))?;
        }
        Ok(format!("/f/{number}{path}"))
    }

    fn file(&self, path: &str, number: &str) -> Outcome<Option<Answer>> {
        let kept = self.folder.join(path);
        if let Ok(bytes) = std::fs::read(&kept) {
            return Ok(Some(Answer::bytes(bytes)));
        }
        let host = number.parse().ok().and_then(|number: usize| {
            self.hosts.lock().unwrap_or_else(PoisonError::into_inner).get(number).cloned()
        });
        let rest = path.strip_prefix(&format!("f/{number}")).unwrap_or_default();
        let Some(host) = host.filter(|_| !path.contains("..")) else { return Ok(None) };
        let location = Location::parse_link(&format!("{host}{rest}")).map_err(|error| error.to_string())?;
        match self.fetcher.get_whole(&location, LARGEST).map_err(|failure| failure.to_string())? {
            Fetched::Missing => Ok(None),
            Fetched::Bytes(bytes) => {
                write(&kept, &bytes)?;
                Ok(Some(Answer::bytes(bytes)))
            }
        }
    }
}
