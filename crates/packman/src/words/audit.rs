//! What an audit found, in words and as JSON.

use packman_client::Audited;
use packman_strict::json::{Object, Value};
use packman_strict::quote::{escaped, quoted};
use packman_wheel::{Finding, Note, Noted, Wrong};

use crate::output::columns;
use crate::words::count;

/// What was found, for people.
pub(crate) fn lines(audited: &Audited) -> Vec<String> {
    let audit = &audited.audit;
    let project = |project: Option<String>| project.unwrap_or_else(|| "-".to_owned());
    let finding = |found: &Finding| {
        let name = project(found.project.as_ref().map(ToString::to_string));
        vec![kind(&found.what).to_owned(), name, escaped(&found.path).to_string(), why(&found.what)]
    };
    let note = |noted: &Note| {
        let name = project(noted.project.as_ref().map(ToString::to_string));
        vec!["note".to_owned(), name, escaped(&noted.path).to_string(), noted_words(&noted.what).to_owned()]
    };
    let rows: Vec<Vec<String>> =
        audit.findings.iter().map(finding).chain(audit.notes.iter().map(note)).collect();
    let mut lines = columns(&rows);
    if audit.findings.is_empty() {
        lines.push(format!(
            "{} in {} as recorded, and no others were found where Python and shells take code",
            count(audit.compared, "file is", "files are"),
            escaped(&audited.environment)
        ));
    }
    let bytecode = count(audit.bytecode, "file of bytecode", "files of bytecode");
    lines.push(if audit.commands {
        format!("not compared: {bytecode}, the activate scripts, pyvenv.cfg, and who may write where")
    } else {
        format!("not compared: {bytecode}, commands that nobody recorded, and who may write where")
    });
    lines
}

/// The first line of the error.
pub(crate) fn headline(audited: &Audited) -> String {
    let findings = count(audited.audit.findings.len(), "finding", "findings");
    format!("{findings} in {}", quoted(&audited.environment))
}

fn kind(what: &Wrong) -> &'static str {
    match what {
        Wrong::Differs => "differs",
        Wrong::Missing => "missing",
        Wrong::Linked => "linked",
        Wrong::Interpreter(_) => "interpreter",
        Wrong::NoLink(_) => "no-link",
        Wrong::Escapes => "escapes",
        Wrong::NoHash(_) => "no-hash",
        Wrong::Unreadable(_) => "unreadable",
        Wrong::NoRecord => "no-record",
        Wrong::Unrecorded(_) => "unrecorded",
        Wrong::Startup(_) => "startup",
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
                .with("project", name(noted.project.as_ref().map(ToString::to_string))),
        )
    };
    let audit = &audited.audit;
    Object::new()
        .with("environment", audited.environment.clone())
        .with("compared", audit.compared as u64)
        .with("bytecode-not-compared", audit.bytecode as u64)
        .with("findings", audit.findings.iter().map(finding).collect::<Vec<_>>())
        .with("notes", audit.notes.iter().map(note).collect::<Vec<_>>())
}
