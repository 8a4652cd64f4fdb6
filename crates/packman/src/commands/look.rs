//! `packman search` and `info`: what there is.

use packman_client::{FileInfo, Found, Newest, ProjectInfo, Searched};
use packman_names::ProjectName;
use packman_strict::json::{Object, Value};
use packman_strict::quote::{escaped, quoted};
use packman_trust::{Age, Owner};

use super::setting::Setting;
use crate::args::Common;
use crate::ending::{Ending, answered};
use crate::{output, words};

/// Of a search without a result.
const CODE: &str = "nothing-found";

pub(super) fn search(word: &str, common: &Common) -> Result<(), Ending> {
    let setting = Setting::capture(common, false)?;
    let Searched { found, unread, names_only } = setting.client().search(word)?;
    setting.terminal.say_all(&words::search::not_read(&unread, &names_only));
    let json_unread: Vec<Value<'static>> = unread.iter().map(words::search::unread_to_json).collect();
    // What could not be read ends a search badly only where its answer may lack that.
    let lacking = unread.into_iter().find(|one| one.is_wanted || found.is_empty());
    let ended = if let Some(lacking) = lacking {
        Err(lacking.why.into())
    } else if found.is_empty() {
        let headline = format!("nobody you trust vouches for anything with {} in it", quoted(word));
        let hints = if setting.client().ring()?.entries().is_empty() {
            words::hints::empty_ring()
        } else {
            vec![
                "`packman trust list` shows whom you trust; `packman trust show NAME` what each has"
                    .to_owned(),
            ]
        };
        Err(hints.into_iter().fold(Ending::no(CODE, headline), Ending::hint))
    } else {
        Ok(())
    };
    if common.json {
        let projects: Vec<Value<'static>> = found.iter().map(found_to_json).collect();
        let names_only = words::search::names_only_to_json(&names_only);
        let answer = Object::new().with("projects", projects).with("unread", json_unread);
        return answered(answer.with("names-only", names_only), ended);
    }
    let row = |found: &Found| {
        vec![
            found.project.to_string(),
            match &found.newest {
                Newest::Known(Some(version)) => version.to_string(),
                Newest::Known(None) => "no wheel".to_owned(),
                Newest::NotRead => "not read".to_owned(),
            },
            found.database.to_string(),
            escaped(found.summary.as_deref().unwrap_or_default()).to_string(),
        ]
    };
    output::lines(output::columns(&found.iter().map(row).collect::<Vec<_>>()))?;
    ended
}

fn found_to_json(found: &Found) -> Value<'static> {
    let optional = |text: Option<String>| text.map_or(Value::Null, Value::from);
    let newest = match &found.newest {
        Newest::Known(newest) => newest.as_ref(),
        Newest::NotRead => None,
    };
    Object::new()
        .with("name", found.project.as_str().to_owned())
        .with("newest", optional(newest.map(ToString::to_string)))
        .with("summary", optional(found.summary.clone()))
        .with("database", found.database.as_str().to_owned())
        .into()
}

pub(super) fn info(project: &str, common: &Common) -> Result<(), Ending> {
    let project = ProjectName::parse(project).map_err(|error| Ending::usage(error.to_string()))?;
    let setting = Setting::capture(common, false)?;
    let info = setting.client().info(&project)?;
    if common.json {
        return Ok(output::answer(&info_to_json(&info))?);
    }
    Ok(output::lines(info_lines(&info))?)
}

fn info_lines(info: &ProjectInfo) -> Vec<String> {
    let source = &info.source;
    let mut lines = vec![info.project.to_string()];
    lines.extend(info.summary.as_ref().map(|summary| format!("  {}", escaped(summary))));
    lines.push(format!(
        "  vouched for by {} ({}), {} {}",
        source.database,
        quoted(&source.title),
        source.assurance.padlock().as_str(),
        source.held()
    ));
    if let Age::Expired { role, since } = source.age {
        lines
            .push(format!("  its {role} expired on {}: it may have said something else since", since.date()));
    }
    lines.extend(info.quorums.iter().map(|rule| format!("  {rule}, by your quorum for {}", rule.projects)));
    let row = |file: &FileInfo| {
        let state = match (&file.left_out, &file.yanked) {
            (Some((_, why)), _) => format!("refused: {why}"),
            (None, Some(reason)) if reason.is_empty() => "yanked".to_owned(),
            (None, Some(reason)) => format!("yanked: {}", escaped(reason)),
            (None, None) => String::new(),
        };
        vec![
            format!("  {}", file.version),
            escaped(&file.filename).to_string(),
            words::size(file.size),
            file.review.clone(),
            state,
        ]
    };
    lines.extend(output::columns(&info.files.iter().map(row).collect::<Vec<_>>()));
    lines
}

fn info_to_json(info: &ProjectInfo) -> Value<'static> {
    let optional = |text: &Option<String>| text.clone().map_or(Value::Null, Value::from);
    let file = |file: &FileInfo| {
        let refused = file.left_out.as_ref().map_or(Value::Null, |(code, _)| Value::from(*code));
        let because = file.left_out.as_ref().map_or(Value::Null, |(_, why)| Value::from(why.clone()));
        Value::from(
            Object::new()
                .with("filename", file.filename.clone())
                .with("version", file.version.to_string())
                .with("size", file.size)
                .with("sha256", file.sha256.to_string())
                .with("reviewed-by", optional(&file.reviewed_by))
                .with("yanked", optional(&file.yanked))
                .with("refused", refused)
                .with("because", because),
        )
    };
    Object::new()
        .with("name", info.project.as_str().to_owned())
        .with("summary", optional(&info.summary))
        .with("database", info.source.database.as_str().to_owned())
        .with("assurance", info.source.assurance.to_string())
        .with("padlock", info.source.assurance.padlock().word())
        .with("administrators", info.source.owner == Owner::Administrator)
        .with("number", info.source.number.to_string())
        .with("expired", info.source.age != Age::Current)
        .with("quorums", info.quorums.iter().map(words::rules::quorum).collect::<Vec<_>>())
        .with("files", info.files.iter().map(file).collect::<Vec<_>>())
        .into()
}
