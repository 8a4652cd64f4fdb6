//! Plans, installations and lists in words and as JSON.

use packman_client::{Installation, Lapsed, PackageList, Planned, PlannedStep, StepKind, Uninstallation};
use packman_database::Review;
use packman_strict::json::{Object, Value};
use packman_strict::quote::{escaped, quoted};
use packman_trust::{Age, Owner, Padlock};

use crate::output::columns;
use crate::words;

/// A plan, for people to read before it is carried out.
pub(crate) fn plan(planned: &Planned) -> Vec<String> {
    const TOLD: usize = 5;
    let folder = planned.environment.folder();
    let elsewhere = planned.elsewhere.iter().map(|requirement| {
        format!("not for this Python and platform, by its marker: {}", quoted(requirement))
    });
    let mut lines: Vec<String> = elsewhere.take(TOLD).collect();
    match planned.elsewhere.len().checked_sub(TOLD) {
        None | Some(0) => {}
        Some(more) => lines.push(format!("and {more} more")),
    }
    if !planned.steps.is_empty() {
        lines.extend(steps(&folder, &planned.steps));
    } else if lines.is_empty() {
        lines.push(format!("nothing to do in {}: nothing was asked for", escaped(&folder)));
    } else {
        lines.push(format!("nothing to do in {}: nothing else was asked for", escaped(&folder)));
    }
    lines
}

/// The steps of a plan for an environment.
pub(crate) fn steps(environment: &str, steps: &[PlannedStep]) -> Vec<String> {
    let changes: Vec<&PlannedStep> = steps.iter().filter(|step| step.kind != StepKind::Keep).collect();
    let mut lines = Vec::new();
    if changes.is_empty() {
        lines.push(format!("nothing to do in {}: what you asked for is there", escaped(environment)));
        lines.extend(unvouched(steps));
        return lines;
    }
    let kept = steps.len() - changes.len();
    lines.push(format!("plan for {}", escaped(environment)));
    lines.extend(columns(&changes.iter().map(|step| row(step)).collect::<Vec<_>>()));
    lines.extend(unvouched(steps).map(|line| format!("  {line}")));
    let fetch = changes.iter().map(|step| step.bytes_to_fetch()).sum();
    let fetching =
        if fetch == 0 { "nothing to fetch".to_owned() } else { format!("{} to fetch", words::size(fetch)) };
    let keeping = match kept {
        0 => String::new(),
        1 => ", 1 kept as it is".to_owned(),
        more => format!(", {more} kept as they are"),
    };
    lines.push(format!("{}{keeping}, {fetching}", words::count(changes.len(), "package", "packages")));
    lines
}

/// What is kept although nobody vouched for it: it was put there by other means.
fn unvouched(steps: &[PlannedStep]) -> Option<String> {
    let kept = steps.iter().filter_map(|step| {
        let by = step.unvouched.as_deref()?;
        Some(format!("{} {} (by {})", step.project, step.version, escaped(by)))
    });
    let kept: Vec<String> = kept.collect();
    if kept.is_empty() {
        return None;
    }
    Some(format!("kept, though nobody vouched for what was installed: {}", kept.join(", ")))
}

/// The plan of a sync.
pub(crate) fn sync(planned: &Planned) -> Vec<String> {
    if planned.is_empty() {
        let folder = planned.environment.folder();
        return vec![format!("nothing to do in {}: it is as the lock says", escaped(&folder))];
    }
    plan(planned)
}

/// The plan of an upgrade.
pub(crate) fn upgrade(planned: &Planned) -> Vec<String> {
    if !planned.is_empty() {
        return plan(planned);
    }
    let (others, all) = planned.by_others();
    let nothing = format!("nothing to do in {}", escaped(&planned.environment.folder()));
    let mut lines = match others {
        0 => vec![format!("{nothing}: nothing newer is vouched for that fits what is there")],
        _ if others == all => vec![format!("{nothing}: PackMan installed nothing of what is there")],
        _ => vec![
            format!("{nothing}: nothing newer is vouched for that fits what PackMan installed"),
            format!("{others} of {} there came by other means", words::count(all, "package", "packages")),
        ],
    };
    if others > 0 {
        let how = "`packman upgrade NAME…` upgrades what came by other means, too; `packman list --outdated` shows what is newer";
        lines.push(how.to_owned());
    }
    lines
}

fn row(step: &PlannedStep) -> Vec<String> {
    let sign = match step.kind {
        StepKind::Replace { .. } => "~",
        StepKind::Remove => "-",
        StepKind::Keep | StepKind::Install { .. } => "+",
    };
    let version = match step.replaces() {
        Some(old) => format!("{old} -> {}", step.version),
        None => step.version.to_string(),
    };
    let Some(file) = &step.file else { return vec![format!("  {sign} {}", step.project), version] };
    let source = file.source();
    let review = Review::told(file.review());
    let age = match source.age {
        Age::Current => String::new(),
        Age::Expired { since, .. } => format!("expired {}", since.date()),
    };
    vec![
        format!("  {sign} {}", step.project),
        version,
        words::size(file.size()),
        format!("{} {}", source.assurance.padlock().as_str(), source.database),
        source.held(),
        review,
        age,
    ]
}

/// What was installed, in words.
pub(crate) fn installation(done: &Installation) -> Vec<String> {
    let removed = done.steps.iter().filter(|step| step.kind == StepKind::Remove).count();
    let installed = done.steps.iter().filter(|step| step.kind != StepKind::Keep).count() - removed;
    let packages = |number| words::count(number, "package", "packages");
    let mut lines = Vec::new();
    if installed > 0 {
        lines.push(format!("installed {} into {}", packages(installed), escaped(&done.environment)));
    }
    if removed > 0 {
        lines.push(format!("removed {} from {}", packages(removed), escaped(&done.environment)));
    }
    lines
}

/// The steps of a plan or an installation, as JSON.
pub(crate) fn steps_to_json(
    environment: &str,
    steps: &[PlannedStep],
    lapsed: &[Lapsed],
    done: bool,
) -> Value<'static> {
    let steps: Vec<Value<'static>> = steps.iter().map(step_to_json).collect();
    Object::new()
        .with("environment", environment.to_owned())
        .with("done", done)
        .with("packages", steps)
        .with("lapsed", super::lapsed::to_json(lapsed))
        .into()
}

fn step_to_json(step: &PlannedStep) -> Value<'static> {
    let action = match &step.kind {
        StepKind::Keep => "keep",
        StepKind::Install { .. } => "install",
        StepKind::Replace { .. } => "replace",
        StepKind::Remove => "remove",
    };
    let mut object = Object::new()
        .with("name", step.project.as_str().to_owned())
        .with("version", step.version.to_string())
        .with("action", action)
        .with("requested", step.requested)
        .with("vouched", step.unvouched.is_none());
    if let Some(old) = step.replaces() {
        object = object.with("replaces", old.to_string());
    }
    if let Some(file) = &step.file {
        let source = file.source();
        object = object
            .with("file", file.filename().to_owned())
            .with("sha256", file.sha256().to_string())
            .with("size", file.size())
            .with("database", source.database.as_str().to_owned())
            .with("assurance", source.assurance.to_string())
            .with("padlock", source.assurance.padlock().word())
            .with("administrators", source.owner == Owner::Administrator)
            .with("number", source.number.to_string())
            .with("reviewed-by", file.review().map_or(Value::Null, |review| Value::from(review.by.clone())))
            .with("expired", source.age != Age::Current);
    }
    object.into()
}

/// What is installed, in words.
pub(crate) fn list(list: &PackageList) -> Vec<String> {
    if list.packages.is_empty() {
        return vec![format!("nothing is installed in {}", escaped(&list.environment))];
    }
    let row = |package: &packman_client::ListedPackage| {
        let from = match &package.receipt {
            Some(receipt) if package.is_trusted_now => {
                let padlock = Padlock::of_word(&receipt.padlock).map_or("   ", Padlock::as_str);
                format!("{padlock} {}, {}", escaped(&receipt.database), escaped(&receipt.assurance))
            }
            // The receipt's own word, which anybody may have written.
            Some(receipt) => format!(
                "{} when it was installed: {}; not in your trust ring now",
                escaped(&receipt.database),
                escaped(&receipt.assurance)
            ),
            None => format!(
                "by {}, not vouched for here",
                escaped(package.installer.as_deref().unwrap_or("unknown means"))
            ),
        };
        vec![package.name.to_string(), package.version.to_string(), from]
    };
    columns(&list.packages.iter().map(row).collect::<Vec<_>>())
}

/// What is installed, as JSON.
pub(crate) fn list_to_json(list: &PackageList) -> Value<'static> {
    let package = |package: &packman_client::ListedPackage| {
        let optional = |text: Option<String>| text.map_or(Value::Null, Value::from);
        let receipt = package.receipt.as_ref();
        Value::from(
            Object::new()
                .with("name", package.name.as_str().to_owned())
                .with("version", package.version.to_string())
                .with("installer", optional(package.installer.clone()))
                .with("requested", package.requested)
                .with("database", optional(receipt.map(|receipt| receipt.database.clone())))
                .with("assurance", optional(receipt.map(|receipt| receipt.assurance.clone())))
                .with("padlock", optional(receipt.map(|receipt| receipt.padlock.clone())))
                .with("review", optional(receipt.map(|receipt| receipt.review.clone())))
                .with("number", optional(receipt.map(|receipt| receipt.number.clone())))
                .with("trusted-now", package.is_trusted_now)
                .with("sha256", optional(receipt.map(|receipt| receipt.sha256.to_string()))),
        )
    };
    Object::new()
        .with("environment", list.environment.clone())
        .with("packages", list.packages.iter().map(package).collect::<Vec<_>>())
        .with("lapsed", super::lapsed::to_json(&list.lapsed))
        .into()
}

/// What was removed, in words.
pub(crate) fn uninstallation(done: &Uninstallation) -> Vec<String> {
    let mut lines: Vec<String> =
        done.removed.iter().map(|(name, version)| format!("removed {name} {version}")).collect();
    lines.extend(
        done.still_needed
            .iter()
            .map(|(name, need)| format!("note: `{name}` is still installed and needs `{}`", escaped(need))),
    );
    lines
}

/// What was removed, as JSON.
pub(crate) fn uninstallation_to_json(done: &Uninstallation) -> Value<'static> {
    let removed: Vec<Value<'static>> = done
        .removed
        .iter()
        .map(|(name, version)| {
            Object::new().with("name", name.as_str().to_owned()).with("version", version.to_string()).into()
        })
        .collect();
    let still_needed: Vec<Value<'static>> = done
        .still_needed
        .iter()
        .map(|(name, need)| {
            Object::new().with("name", name.as_str().to_owned()).with("needs", need.clone()).into()
        })
        .collect();
    Object::new()
        .with("environment", done.environment.clone())
        .with("removed", removed)
        .with("files", done.files as u64)
        .with("still-needed", still_needed)
        .into()
}
