//! What an audit found, in words and as JSON.

use packman_client::{Audited, Moved, NotCovered, PackageFinding, PackageWrong, Recalled};
use packman_strict::json::{Object, Value};
use packman_strict::quote::{escaped, quoted};
use packman_wheel::{Finding, Note, Noted, Wrong};

use crate::output::columns;
use crate::words::count;

/// How many findings there are: what another database takes back is a warning.
pub(crate) fn findings(audited: &Audited) -> usize {
    audited.findings() - audited.packages.iter().filter(|found| is_warning(found)).count()
}

fn is_warning(found: &PackageFinding) -> bool {
    matches!(&found.what, PackageWrong::Recalled(recalled) if !recalled.answers)
}

/// What was found, for people.
pub(crate) fn lines(audited: &Audited) -> Vec<String> {
    let audit = &audited.audit;
    let project = |project: Option<String>| project.unwrap_or_else(|| "-".to_owned());
    let package = |found: &PackageFinding| {
        let (kind, path) = (package_kind(found), escaped(&found.path).to_string());
        vec![kind.to_owned(), found.project.to_string(), path, package_why(found)]
    };
    let finding = |found: &Finding| {
        let name = project(found.project.as_ref().map(ToString::to_string));
        vec![kind(&found.what).to_owned(), name, escaped(&found.path).to_string(), why(&found.what)]
    };
    let note = |noted: &Note| {
        let name = project(noted.project.as_ref().map(ToString::to_string));
        vec!["note".to_owned(), name, escaped(&noted.path).to_string(), noted_words(&noted.what).to_owned()]
    };
    let rows: Vec<Vec<String>> = audited
        .packages
        .iter()
        .map(package)
        .chain(audit.findings.iter().map(finding))
        .chain(audit.notes.iter().map(note))
        .collect();
    let mut lines = columns(&rows);
    if findings(audited) == 0 {
        let vouched = if audited.is_held_against_databases {
            format!(", {} of them as vouched for", audit.vouched)
        } else {
            String::new()
        };
        lines.push(format!(
            "{} in {} as recorded{vouched}, and no others were found where Python and shells take code",
            count(audit.compared, "file is", "files are"),
            escaped(&audited.environment)
        ));
    }
    for (database, since) in &audited.expired {
        lines.push(format!(
            "`{database}` expired {}: what it vouched for until then was gone by",
            since.date()
        ));
    }
    lines.extend(audited.not_covered.iter().map(|one| format!("not covered: {}", not_covered(one))));
    let bytecode = count(audit.bytecode.len(), "file of bytecode", "files of bytecode");
    lines.push(if audit.commands {
        format!("not compared: {bytecode}, the activate scripts, pyvenv.cfg, and who may write where")
    } else {
        format!("not compared: {bytecode}, commands that nobody recorded, and who may write where")
    });
    lines
}

fn not_covered(one: &NotCovered) -> String {
    match &one.project {
        Some(project) => format!("`{project}`: {}", escaped(&one.why)),
        None => format!("bytecode: {}", escaped(&one.why)),
    }
}

fn package_kind(found: &PackageFinding) -> &'static str {
    match &found.what {
        PackageWrong::Recalled(_) if is_warning(found) => "warning",
        PackageWrong::Recalled(_) => "recalled",
        PackageWrong::UnknownProject | PackageWrong::UnknownVersion(_) | PackageWrong::UnknownWheel(..) => {
            "unvouched"
        }
    }
}

fn package_why(found: &PackageFinding) -> String {
    let release = format!("{} {}", found.project, found.version);
    match &found.what {
        PackageWrong::Recalled(recalled) => recalled_why(&release, recalled),
        PackageWrong::UnknownProject => "no database that you trust vouches for it".to_owned(),
        PackageWrong::UnknownVersion(database) => {
            format!("`{database}` vouches for no wheel of {}", found.version)
        }
        PackageWrong::UnknownWheel(database, 1) => {
            format!("is not the wheel of {} that `{database}` vouches for", found.version)
        }
        PackageWrong::UnknownWheel(database, wheels) => {
            format!("is none of the {wheels} wheels of {} that `{database}` vouches for", found.version)
        }
    }
}

fn recalled_why(release: &str, recalled: &Recalled) -> String {
    let Recalled { by, reason, advice, is_certain, .. } = recalled;
    let what = if *is_certain {
        format!("{release} was recalled by `{by}`")
    } else {
        format!("a file of {release} was recalled by `{by}`, and this may be that")
    };
    let advice = advice.as_ref().map(|advice| format!("; {}", escaped(advice))).unwrap_or_default();
    format!("{what}: {}{advice}", escaped(reason))
}

/// The first line of the error.
pub(crate) fn headline(audited: &Audited) -> String {
    let findings = count(findings(audited), "finding", "findings");
    format!("{findings} in {}", quoted(&audited.environment))
}

fn kind(what: &Wrong) -> &'static str {
    match what {
        Wrong::Differs | Wrong::VouchedDiffers => "differs",
        Wrong::Missing | Wrong::VouchedMissing => "missing",
        Wrong::Linked => "linked",
        Wrong::Interpreter(_) => "interpreter",
        Wrong::NoLink(_) => "no-link",
        Wrong::Escapes | Wrong::LeadsOut => "escapes",
        Wrong::NoHash(_) => "no-hash",
        Wrong::Unreadable(_) => "unreadable",
        Wrong::NoRecord => "no-record",
        Wrong::Unrecorded(_) => "unrecorded",
        Wrong::Startup(_) => "startup",
        Wrong::Added => "added",
        Wrong::Command(_) => "command",
        Wrong::Installers => "installers",
        Wrong::Bytecode | Wrong::BytecodeUnread(_) => "bytecode",
    }
}

fn why(what: &Wrong) -> String {
    match what {
        Wrong::Differs => "is not the file that RECORD names".to_owned(),
        Wrong::Missing => "RECORD names it, and it is not there".to_owned(),
        Wrong::Linked => "is a link, and no package brings one: what it leads to is not looked at".to_owned(),
        Wrong::Interpreter(base) => {
            format!("is neither a link to nor a copy of {}, of which the environment is made", quoted(base))
        }
        Wrong::NoLink(files) => {
            format!("is a folder of its own, wanted a link to lib: {}", count(*files, "file", "files"))
        }
        Wrong::Escapes => "RECORD names what no project may own".to_owned(),
        Wrong::NoHash(found) => format!("RECORD has no SHA-256 of it, found {}", quoted(found)),
        Wrong::Unreadable(why) => format!("cannot be read: {}", escaped(why)),
        Wrong::NoRecord => "keeps no list of its files".to_owned(),
        Wrong::Unrecorded(1) => "nobody recorded it".to_owned(),
        Wrong::Unrecorded(files) => format!("nobody recorded it, {files} files"),
        Wrong::Startup(true) => "nobody recorded it, and it runs code whenever Python starts".to_owned(),
        Wrong::Startup(false) => "nobody recorded it, and it adds folders whenever Python starts".to_owned(),
        Wrong::VouchedDiffers => "is not the file that was vouched for".to_owned(),
        Wrong::VouchedMissing => "what was vouched for brings it, and it is not there".to_owned(),
        Wrong::LeadsOut => "a link leads out of the environment to it".to_owned(),
        Wrong::Added => "RECORD names it, and what was vouched for does not bring it".to_owned(),
        Wrong::Command(why) => why.clone(),
        Wrong::Installers => {
            "has the name of a file of installers, and does not say what they write".to_owned()
        }
        Wrong::Bytecode => "would be loaded, and is not what Python makes of its module".to_owned(),
        Wrong::BytecodeUnread(why) => format!("may be loaded, and cannot be compared: {}", escaped(why)),
    }
}

fn noted_kind(what: &Noted) -> &'static str {
    match what {
        Noted::Editable => "editable",
        Noted::RunsAtStart => "runs-at-start",
        Noted::MadeWithEnvironment => "made-with-environment",
        Noted::SeesBelow => "sees-below",
    }
}

fn noted_words(what: &Noted) -> &'static str {
    match what {
        Noted::Editable => "editable: runs from the folder of its source, which is not looked at",
        Noted::RunsAtStart => "runs code whenever Python starts",
        Noted::SeesBelow => "lets it see the packages of the Python below, which are not looked at",
        Noted::MadeWithEnvironment => "made with the environment by virtualenv or uv",
    }
}

/// What was found, as JSON.
pub(crate) fn to_json(audited: &Audited) -> Object<'static> {
    let name = |project: Option<String>| project.map_or(Value::Null, Value::from);
    let finding = |found: &Finding| {
        Value::from(
            Object::new()
                .with("kind", kind(&found.what))
                .with("path", found.path.clone())
                .with("project", name(found.project.as_ref().map(ToString::to_string)))
                .with("why", why(&found.what)),
        )
    };
    let note = |noted: &Note| {
        Value::from(
            Object::new()
                .with("kind", noted_kind(&noted.what))
                .with("path", noted.path.clone())
                .with("project", name(noted.project.as_ref().map(ToString::to_string)))
                .with("why", noted_words(&noted.what)),
        )
    };
    let package = |found: &PackageFinding| {
        Value::from(
            Object::new()
                .with("kind", package_kind(found))
                .with("path", found.path.clone())
                .with("project", found.project.as_str().to_owned())
                .with("why", package_why(found)),
        )
    };
    let not_covered = |one: &NotCovered| {
        Value::from(
            Object::new()
                .with("project", name(one.project.as_ref().map(ToString::to_string)))
                .with("why", one.why.clone()),
        )
    };
    let audit = &audited.audit;
    let (warnings, packages): (Vec<_>, Vec<_>) = audited.packages.iter().partition(|found| is_warning(found));
    let findings = packages.into_iter().map(package).chain(audit.findings.iter().map(finding));
    let notes = warnings.into_iter().map(package).chain(audit.notes.iter().map(note));
    Object::new()
        .with("environment", audited.environment.clone())
        .with("compared", audit.compared as u64)
        .with("vouched", audit.vouched as u64)
        .with("bytecode-compared", audited.bytecode as u64)
        .with("bytecode-not-compared", audit.bytecode.len() as u64)
        .with("not-covered", audited.not_covered.iter().map(not_covered).collect::<Vec<_>>())
        .with("findings", findings.collect::<Vec<_>>())
        .with("notes", notes.collect::<Vec<_>>())
}

/// What was moved out of the way, for people.
pub(crate) fn out_of_the_way(moved: &Moved) -> Vec<String> {
    let line = |name: &str, version: &str| {
        format!(
            "{name} {version} is out of the way in .packman-disabled; `packman audit --enable {name}` puts it back"
        )
    };
    moved.projects.iter().map(|(name, version)| line(name.as_str(), &version.to_string())).collect()
}

/// What was moved back, for people.
pub(crate) fn back(moved: &Moved) -> Vec<String> {
    moved.projects.iter().map(|(name, version)| format!("{name} {version} is where it was")).collect()
}

/// What was moved, as JSON.
pub(crate) fn moved_to_json(moved: Option<&Moved>) -> Vec<Value<'static>> {
    let one = |(name, version): &(packman_names::ProjectName, packman_names::Version)| {
        Value::from(Object::new().with("name", name.as_str().to_owned()).with("version", version.to_string()))
    };
    moved.into_iter().flat_map(|moved| moved.projects.iter().map(one)).collect()
}

/// What was moved back, as JSON.
pub(crate) fn enabled_to_json(moved: &Moved) -> Value<'static> {
    Object::new()
        .with("environment", moved.environment.clone())
        .with("enabled", moved_to_json(Some(moved)))
        .with("files", moved.files as u64)
        .into()
}
