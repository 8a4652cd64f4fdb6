//! What `curate start` made, and what colleagues run: every line works as it is pasted.

use packman_curate::{Outcome, StartReport};
use packman_names::{ProjectName, Requirement, Version};
use packman_requirements::{Demand, Edge, FileKind};
use packman_strict::quote::quoted;

use super::curate::not_taken;
use super::{shell, shell_path};
use crate::args::StartArgs;
use crate::commands::Trusted;
use crate::words;

/// What `start` made of a team's file.
pub(crate) fn started(report: &StartReport, arguments: &StartArgs) -> Vec<String> {
    let mut lines = not_taken(&report.added.not_taken);
    if let Some(kept) = &report.kept {
        let passed_over = [
            ("--title", &arguments.title, &kept.title),
            ("--maintainer", &arguments.maintainer, &kept.maintainer),
        ];
        for (option, given, kept) in passed_over {
            if given.as_ref().is_some_and(|given| given != kept) {
                lines.push(format!(
                    "note: `{option}` is passed over: the database in {} was made before, with {}",
                    quoted(&arguments.dir.to_string_lossy()),
                    quoted(kept)
                ));
            }
        }
    }
    let pinned = match report.pinned {
        0 => String::new(),
        pinned => format!(", {pinned} pinned by the file and taken exactly"),
    };
    match &report.outcome {
        Some(outcome) => lines.push(format!(
            "vouched for {} in {}{pinned}",
            words::count(report.added.added.len() + report.added.already.len(), "file", "files"),
            words::count(outcome.projects.len(), "project", "projects"),
        )),
        None => lines.push("nothing was signed or published".to_owned()),
    }
    if let (Some(made), Some(_)) = (&report.made, &report.outcome) {
        lines.extend(super::curate::where_keys_are(made));
    }
    lines
}

/// What colleagues run to trust the same database, and to install the same set.
pub(crate) fn for_colleagues(
    outcome: &Outcome,
    trusted: &Trusted,
    arguments: &StartArgs,
    install: &str,
) -> Vec<String> {
    let (number, name) = (outcome.signed.number, &trusted.name);
    let names = outcome.projects.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    let (dir, site) = (shell_path(&arguments.dir), shell_path(&arguments.to));
    let scope = if trusted.is_narrow { format!(" --scope {names}") } else { String::new() };
    let mut lines = vec![
        format!(
            "published to {}, and in your trust ring as `{name}`",
            quoted(&arguments.to.to_string_lossy())
        ),
        "  put that folder on any web server or share; your colleagues run, with its address for URL:"
            .to_owned(),
        format!("    packman trust add URL --as {name} --number \"{number}\"{scope}"),
    ];
    if trusted.is_narrow {
        if trusted.is_known {
            lines.push("  or, who trusts it already:".to_owned());
            lines.push(format!("    packman trust scope {name} {names}"));
            lines.push("  then:".to_owned());
        }
        lines.push(format!("    packman trust prefer {name} {names}"));
    }
    lines.push(format!("    packman install {install}"));
    lines.push(format!(
        "  in 90 days at the latest: packman curate sign {dir} && packman curate publish {dir} --to {site}"
    ));
    lines
}

/// What installs the same set: the team's file, where `install` reads it.
pub(crate) fn file(asked: &Demand, outcome: &Outcome, arguments: &StartArgs) -> String {
    if FileKind::of(&arguments.file).is_ok_and(|kind| kind == FileKind::UvLock) {
        return named(asked, outcome, arguments);
    }
    let mut words = vec![format!("-r {}", shell_path(&arguments.file))];
    words.extend(arguments.extra.iter().map(|extra| format!("--extra {}", shell(extra))));
    words.extend(arguments.group.iter().map(|group| format!("--group {}", shell(group))));
    words.extend(constraints(arguments));
    words.join(" ")
}

/// What installs the part of it that was taken, by name: `install` would refuse the file for the rest of it.
pub(crate) fn named(asked: &Demand, outcome: &Outcome, arguments: &StartArgs) -> String {
    let of_file = asked.asked.iter().map(|asked| asked.requirement.clone());
    let taken = of_file.chain(of_lock(asked)).filter(|one| outcome.projects.contains(&one.name));
    let mut words: Vec<String> = taken.map(|one| shell(&one.to_string())).collect();
    if words.is_empty() {
        words.extend(outcome.projects.iter().map(ToString::to_string));
    }
    words.extend(constraints(arguments));
    words.join(" ")
}

fn constraints(arguments: &StartArgs) -> impl Iterator<Item = String> {
    arguments.constraint.iter().map(|file| format!("-c {}", shell_path(file)))
}

/// What a lock file's own projects ask for, at the versions that it locks; all that it locks, where it does not say who
/// asks for what.
fn of_lock(asked: &Demand) -> Vec<Requirement> {
    let locks = &asked.locks;
    if locks.roots.is_empty() {
        return locks.releases.iter().filter_map(|locked| Some(locked.asked()?.requirement)).collect();
    }
    let versions = |name: &ProjectName| {
        let of_name = locks.releases.iter().filter(|locked| locked.name == *name);
        of_name.filter_map(|locked| locked.version.clone()).collect::<Vec<Version>>()
    };
    let requirement = |edge: &Edge| {
        let version = match (&edge.version, versions(&edge.name).as_slice()) {
            (Some(version), _) => Some(version.clone()),
            (None, [only]) => Some(only.clone()),
            _ => None,
        };
        let mut one = match version {
            Some(version) => Requirement::exactly(edge.name.clone(), version),
            None => Requirement::any(edge.name.clone()),
        };
        one.extras.clone_from(&edge.extras);
        one.only_where(edge.marker.clone())
    };
    locks.roots.iter().filter(|edge| edge.is_base).map(requirement).collect()
}
