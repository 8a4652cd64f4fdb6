//! Databases that list every wheel of a project, as the recorded pages list them, to choose from and not to install.
//!
//! Nobody could curate them here: that would fetch all those wheels. So records are written as a scapegoat may write
//! them by hand, with the hashes that the pages tell, and signed as usual. What the older releases of a project need
//! is told as its newest recorded METADATA tells it; a bound that follows the project's own version moves along, as
//! boto3's on botocore does. The resolver reaches the newest ones only.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use packman_database::{CoreMetadata, FileName, FileUrl, ProjectRecord, RecordedFile};
use packman_names::ProjectName;
use packman_strict::Sha256;
use packman_strict::json::{self, Limits, Object, Value};
use packman_strict::time::Time;

use crate::Outcome;
use crate::options::Options;
use crate::program::{output, read, write};
use crate::record;
use crate::server::Server;
use crate::sets::Set;
use crate::variants::packman;

/// Makes the database `FOLDER/db` of every project that the set's choice has, and publishes it to `FOLDER/site`.
pub(crate) fn curate(options: &Options, server: &Server, folder: &Path, set: &Set) -> Outcome<()> {
    let run = |arguments: &[&str]| {
        output(packman(options, None, folder, folder).current_dir(folder).args(arguments))
    };
    run(&["curate", "init", "db", "--title", set.name, "--maintainer", "The bench", "--no-passphrase"])?;
    let chosen = read(&record::folder(options).join(format!("{}.done", set.name)))?;
    for line in chosen.lines() {
        let (project, version) = line.split_once("==").ok_or("a choice of another shape")?;
        let record = project_record(options, server, project, version)?;
        println!("bench: {}: {project} has {} wheels", set.name, record.files.len());
        write(&folder.join("db").join("projects").join(format!("{}.json", record.name)), record.encode())?;
    }
    run(&["curate", "sign", "db", "--yes"])?;
    run(&["curate", "publish", "db", "--to", "site"]).map(drop)
}

fn project_record(options: &Options, server: &Server, project: &str, newest: &str) -> Outcome<ProjectRecord> {
    let name = ProjectName::parse(project).map_err(|error| error.to_string())?;
    let folder = record::folder(options);
    let page = read(&folder.join("simple").join(format!("{name}.json")))?;
    let page = json::parse(page.as_bytes(), &Limits::default()).map_err(|error| error.to_string())?;
    let files = page.as_object().and_then(|page| page.get("files")).and_then(Value::as_array);
    let files: Vec<&Object<'_>> = files.unwrap_or_default().iter().filter_map(Value::as_object).collect();
    let needs = needs(options, &name)?;
    let mut told: BTreeMap<String, Arc<CoreMetadata>> = BTreeMap::new();
    let mut record = ProjectRecord::new(name);
    for file in files {
        record.files.extend(recorded(server, file, newest, &needs, &mut told));
    }
    Ok(record)
}

/// `Requires-Dist` of the newest release's METADATA, and which extras it has.
fn needs(options: &Options, project: &ProjectName) -> Outcome<CoreMetadata> {
    let metadata = read(&record::metadata_file(options, project))?;
    let head = metadata.split("\n\n").next().unwrap_or_default();
    let all = |field: &str| {
        head.lines()
            .filter_map(|line| line.strip_prefix(field))
            .map(|value| value.trim().to_owned())
            .collect()
    };
    Ok(CoreMetadata {
        requires_dist: all("Requires-Dist:"),
        requires_python: None,
        provides_extra: all("Provides-Extra:"),
    })
}

fn recorded(
    server: &Server,
    file: &Object<'_>,
    newest: &str,
    needs: &CoreMetadata,
    told: &mut BTreeMap<String, Arc<CoreMetadata>>,
) -> Option<RecordedFile> {
    let name = FileName::parse(text(file, "filename")?).ok().filter(|name| name.wheel().is_some())?;
    let hashes = file.get("hashes").and_then(Value::as_object)?;
    let python = text(file, "requires-python").map(str::to_owned);
    let key = format!("{} {python:?}", name.version());
    let metadata = told.entry(key).or_insert_with(|| {
        let moved = |need: &String| need.replace(newest, &name.version().to_string());
        Arc::new(CoreMetadata {
            requires_dist: needs.requires_dist.iter().map(moved).collect(),
            requires_python: python,
            provides_extra: needs.provides_extra.clone(),
        })
    });
    let uploaded =
        text(file, "upload-time").and_then(|time| Time::parse(&format!("{}Z", time.get(..19)?)).ok());
    Some(RecordedFile {
        sha256: text(hashes, "sha256").and_then(|sum| Sha256::parse(sum).ok())?,
        size: file.get("size").and_then(Value::as_u64)?,
        urls: vec![FileUrl::Absolute(server.url(text(file, "url")?.trim_start_matches('/')))],
        metadata_sha256: None,
        record_sha256: None,
        metadata: Arc::clone(metadata),
        uploaded,
        first_seen: uploaded?,
        yanked: text(file, "yanked").map(str::to_owned),
        provenance: Vec::new(),
        review: None,
        recalled: None,
        for_lock: false,
        name,
    })
}

fn text<'a>(file: &'a Object<'_>, name: &str) -> Option<&'a str> {
    file.get(name).and_then(Value::as_str)
}
