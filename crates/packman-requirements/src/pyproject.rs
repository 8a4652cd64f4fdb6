//! Reads `pyproject.toml`: `project.dependencies`, the extras that are asked for, and dependency groups (PEP 735).

use std::path::Path;

use packman_names::{ExtraName, ProjectName, Requirement};
use packman_strict::quote::quoted;
use toml_edit::Value;

use crate::build_system::add_named;
use crate::locks::refuse_absent;
use crate::requirements::place_of;
use crate::table::{Member, Part, TomlFile};
use crate::text::text_of;
use crate::{Asked, Demand, NotTaken, Parts, Place, ReadFile, UnreadableFile, WhyNotTaken};

/// Parses a `pyproject.toml`, for the extras and groups that are asked for.
pub(crate) fn parse(path: &Path, parts: &Parts, read: ReadFile<'_>) -> Result<Demand, UnreadableFile> {
    let text = text_of(path, read)?;
    let file = TomlFile::parse(path, &text)?;
    let root = file.root();
    let project = root.part("project")?;
    let builds = parts.build_system && root.part("build-system")?.is_some();
    if project.is_none() && parts.groups.is_empty() && !builds {
        return Err(no_project(&root)?);
    }
    let mut reading = Reading { found: Demand::default(), sources: sources(&root)? };
    if let Some(project) = &project {
        reading.project(project, parts)?;
    } else if let Some(extra) = parts.extras.first() {
        return Err(root.error(&format!("has no `[project]`, so no extra `{}`", extra.as_str())));
    }
    let groups = Groups::of(&root)?;
    let names: Vec<ExtraName> = groups.all.iter().map(|(name, _)| name.clone()).collect();
    refuse_absent(&root, "dependency group", &parts.groups, &names)?;
    for group in &parts.groups {
        groups.read(group, &mut Vec::new(), &mut reading)?;
    }
    if builds {
        add_named(&root, &reading.sources, &mut reading.found)?;
    }
    if reading.found.is_empty() && !builds {
        return Err(root.error(&format!("asks for nothing{}", names_of(&names, "its dependency groups are"))));
    }
    Ok(reading.found)
}

fn names_of(names: &[ExtraName], words: &str) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{}`", name.as_str())).collect();
    if names.is_empty() { String::new() } else { format!("; {words} {}", names.join(", ")) }
}

/// Why a file without `[project]` cannot be read, and what its tool can write instead.
fn no_project(root: &Part<'_>) -> Result<UnreadableFile, UnreadableFile> {
    let tool = root.part("tool")?;
    let is_poetry = match tool {
        Some(tool) => tool.part("poetry")?.is_some(),
        None => false,
    };
    let error = root.error("has no `[project]` table, where dependencies are named");
    Ok(if is_poetry {
        error.hinting(
            "poetry keeps them in a table of its own: `poetry export -o requirements.txt` writes them out",
        )
    } else {
        error
    })
}

/// Names that uv takes from elsewhere than the index, as `[tool.uv.sources]` says.
fn sources(root: &Part<'_>) -> Result<Vec<(ProjectName, WhyNotTaken)>, UnreadableFile> {
    let Some(tool) = root.part("tool")? else { return Ok(Vec::new()) };
    let Some(uv) = tool.part("uv")? else { return Ok(Vec::new()) };
    let Some(table) = uv.part("sources")? else { return Ok(Vec::new()) };
    let mut sources = Vec::new();
    for key in table.keys() {
        let name = ProjectName::parse(key).map_err(|error| table.error(&error.to_string()))?;
        let why = match table.part(key) {
            Ok(Some(source)) if source.has("git") => WhyNotTaken::VersionControl,
            Ok(Some(source)) if source.has("url") => WhyNotTaken::Url,
            Ok(Some(source)) if source.has("index") => WhyNotTaken::Index,
            // A path, a member of the workspace, or several by marker.
            _ => WhyNotTaken::Path,
        };
        sources.push((name, why));
    }
    Ok(sources)
}

struct Reading {
    found: Demand,
    sources: Vec<(ProjectName, WhyNotTaken)>,
}

impl Reading {
    fn project(&mut self, project: &Part<'_>, parts: &Parts) -> Result<(), UnreadableFile> {
        let dynamic: Vec<&str> = project.texts("dynamic")?.into_iter().map(|(text, _)| text).collect();
        let refuse = |what: &str| {
            let error = project
                .error(&format!("its {what} are dynamic: only building it, which runs its code, tells them"));
            Err(error.hinting("`pip-compile` or `uv pip compile` writes them into a requirements.txt, where that code may run"))
        };
        if dynamic.contains(&"dependencies") {
            return refuse("dependencies");
        }
        if dynamic.contains(&"optional-dependencies") && !parts.extras.is_empty() {
            return refuse("extras");
        }
        self.found.pythons.extend(project.python()?);
        for (text, place) in project.texts("dependencies")? {
            self.line(text, place);
        }
        self.extras(project, &parts.extras)
    }

    /// Reads extras. One may name others of its own project: `all = ["me[web,docs]"]`.
    fn extras(&mut self, project: &Part<'_>, asked: &[ExtraName]) -> Result<(), UnreadableFile> {
        let own = project.project()?;
        let table = project.part("optional-dependencies")?;
        let mut there = Vec::new();
        for key in table.iter().flat_map(Part::keys) {
            there.push((ExtraName::parse(key).map_err(|error| project.error(&error.to_string()))?, key));
        }
        let names: Vec<ExtraName> = there.iter().map(|(name, _)| name.clone()).collect();
        let (mut open, mut seen) = (asked.to_vec(), Vec::new());
        while let Some(extra) = open.pop() {
            if seen.contains(&extra) {
                continue;
            }
            refuse_absent(project, "extra", std::slice::from_ref(&extra), &names)?;
            let keys = there.iter().filter(|(name, _)| *name == extra).map(|(_, key)| *key);
            for (table, key) in table.iter().zip(keys) {
                for (text, place) in table.texts(key)? {
                    match Requirement::parse(text) {
                        Ok(requirement) if requirement.name == own => open.extend(requirement.extras),
                        _ => self.line(text, place),
                    }
                }
            }
            seen.push(extra);
        }
        Ok(())
    }

    /// One requirement.
    fn line(&mut self, text: &str, place: Place) {
        match read_line(text, place, &self.sources) {
            Ok(asked) => self.found.asked.push(asked),
            Err(left) => self.found.not_taken.push(left),
        }
    }
}

/// One requirement as it is written, where it is one that can be taken from an index.
pub(crate) fn read_line(
    text: &str,
    place: Place,
    sources: &[(ProjectName, WhyNotTaken)],
) -> Result<Asked, NotTaken> {
    let why = match Requirement::parse(text) {
        Ok(Requirement { url: Some(url), .. }) => place_of(&url),
        Err(error) => WhyNotTaken::Malformed(error.to_string()),
        Ok(requirement) => match sources.iter().find(|(name, _)| *name == requirement.name) {
            Some((_, why)) => why.clone(),
            None => return Ok(Asked { requirement, hashes: Vec::new(), place }),
        },
    };
    Err(NotTaken { what: text.to_owned(), why, place })
}

/// The dependency groups of a file, each with its key.
struct Groups<'t> {
    table: Option<Part<'t>>,
    all: Vec<(ExtraName, &'t str)>,
}

impl<'t> Groups<'t> {
    fn of(root: &Part<'t>) -> Result<Self, UnreadableFile> {
        let table = root.part("dependency-groups")?;
        let mut all: Vec<(ExtraName, &str)> = Vec::new();
        for key in table.iter().flat_map(Part::keys) {
            let name = ExtraName::parse(key).map_err(|error| root.error(&error.to_string()))?;
            if all.iter().any(|(other, _)| *other == name) {
                return Err(root.error(&format!("dependency group {} is there twice", quoted(key))));
            }
            all.push((name, key));
        }
        Ok(Self { table, all })
    }

    /// Reads a group and those that it includes. `open` are the groups that we are inside of.
    fn read(
        &self,
        group: &ExtraName,
        open: &mut Vec<ExtraName>,
        reading: &mut Reading,
    ) -> Result<(), UnreadableFile> {
        let Some((table, key)) = self.key(group) else { return Ok(()) };
        if open.contains(group) {
            let way: Vec<&str> = open.iter().chain([group]).map(ExtraName::as_str).collect();
            return Err(table.error(&format!("groups include each other: {}", way.join(" > "))));
        }
        open.push(group.clone());
        for member in table.members(key)? {
            match member.value.as_str() {
                Some(text) => reading.line(text, member.place),
                None => self.read(&self.included(&member)?, open, reading)?,
            }
        }
        open.pop();
        Ok(())
    }

    fn key(&self, group: &ExtraName) -> Option<(&Part<'t>, &'t str)> {
        let (_, key) = self.all.iter().find(|(name, _)| name == group)?;
        Some((self.table.as_ref()?, key))
    }

    /// The group that `{include-group = "NAME"}` names.
    fn included(&self, member: &Member<'_>) -> Result<ExtraName, UnreadableFile> {
        let wrong = |what: String| UnreadableFile::new(member.place.clone(), what);
        let table = member.value.as_inline_table().filter(|table| table.len() == 1);
        let name = table.and_then(|table| table.get("include-group")).and_then(Value::as_str);
        let name =
            name.ok_or_else(|| wrong("wanted a requirement or `{include-group = \"NAME\"}`".to_owned()))?;
        let name = ExtraName::parse(name).map_err(|error| wrong(error.to_string()))?;
        match self.key(&name) {
            Some(_) => Ok(name),
            None => Err(wrong(format!("there is no dependency group `{}` to include", name.as_str()))),
        }
    }
}

#[cfg(test)]
mod tests;
