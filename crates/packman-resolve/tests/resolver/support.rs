//! Reads the cases: a catalogue, a request and what comes of them, in a few words.
//!
//! ```text
//! == a sentence
//! a 1.0 {extras x} {python >=3.9}: b>=1 | c ; extra == 'x'     a release; also {yanked WHY} {tag TAG} {sdist}
//! installed b 0.9: d                                            {left-out WORDS}
//! ask a[x] | b                                                  also: constraint, upgrade, python, platform, index
//! => what is expected, up to the next case
//! uv WHY uv differs, where it does
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::fmt::Write as _;

use packman_names::{
    Platform, ProjectName, PythonVersion, Requirement, Target, Version, WheelName, parse_version,
};
use packman_resolve::{
    Action, Asked, Failure, InstalledPackage, ListedWheel, MOST_WORK, Needs, Nobody, Place, Request,
    Resolution, Supplied, Supply, Unusable, Upgrade, choose_wheels, resolve_within,
};

/// One case.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) world: World,
    pub(crate) expected: String,
}

/// What a case begins with.
pub(crate) struct World {
    pub(crate) target: Target,
    pub(crate) supply: Catalogue,
    pub(crate) installed: Vec<InstalledPackage>,
    pub(crate) requirements: Vec<Asked>,
    pub(crate) constraints: Vec<Asked>,
    pub(crate) upgrade: Upgrade,
}

/// A supply in memory, which counts what it is asked.
#[derive(Default)]
pub(crate) struct Catalogue {
    target: Option<Target>,
    projects: BTreeMap<ProjectName, Vec<Listed>>,
    is_index: bool,
    pub(crate) calls: Vec<String>,
}

#[derive(Clone)]
struct Listed {
    version: Version,
    wheel: Option<WheelName>,
    requires: Vec<String>,
    extras: Vec<String>,
    python: Option<String>,
    yanked: Option<String>,
    left_out: Option<String>,
}

impl Supply for Catalogue {
    type File = (ProjectName, usize);
    type Failure = Infallible;

    fn releases(&mut self, project: &ProjectName) -> Result<Supplied<Self::File>, Infallible> {
        self.calls.push(format!("releases {project}"));
        let Some(files) = self.projects.get(project) else {
            return Ok(Supplied::Nobody(if self.is_index { Nobody::Lists } else { Nobody::Vouches }));
        };
        let wheels = files.iter().enumerate().filter(|(_, file)| file.left_out.is_none());
        let wheels = wheels.filter_map(|(place, file)| {
            Some(ListedWheel {
                name: file.wheel.as_ref()?,
                requires_python: file.python.as_deref(),
                yanked: file.yanked.as_deref(),
                file: (project.clone(), place),
            })
        });
        let mut releases = choose_wheels(wheels, self.target.as_ref().unwrap());
        let known: BTreeSet<Version> = releases
            .usable
            .iter()
            .map(|release| release.version.clone())
            .chain(releases.unusable.iter().map(|(version, _)| version.clone()))
            .collect();
        for file in files.iter().filter(|file| !known.contains(&file.version)) {
            let why = match &file.left_out {
                Some(words) => Unusable::LeftOut { code: "recalled", words: words.clone() },
                None => Unusable::SourceOnly,
            };
            releases.unusable.push((file.version.clone(), why));
        }
        Ok(Supplied::Releases(releases))
    }

    fn needs<'a>(
        &'a mut self,
        project: &ProjectName,
        (_, place): &'a Self::File,
    ) -> Result<Needs<'a>, Infallible> {
        let file = &self.projects[project][*place];
        self.calls.push(format!("needs {project} {}", file.version));
        Ok(Needs { requires_dist: (&file.requires).into(), provides_extra: (&file.extras).into() })
    }
}

/// Reads all cases of a file.
pub(crate) fn cases(text: &str) -> Vec<Case> {
    text.split("\n== ").skip(1).map(case).collect()
}

/// Reads a world alone.
pub(crate) fn world(text: &str) -> World {
    case(&format!("unnamed\n{text}")).world
}

fn case(text: &str) -> Case {
    let (name, rest) = text.split_once('\n').unwrap();
    let (given, expected) = rest.split_once("\n=>").unwrap_or((rest, ""));
    let (mut python, mut platform) = ("3.11", "linux-x86_64");
    let mut world = World {
        target: target(platform, python),
        supply: Catalogue::default(),
        installed: Vec::new(),
        requirements: Vec::new(),
        constraints: Vec::new(),
        upgrade: Upgrade::Nothing,
    };
    for line in given
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#') && !line.starts_with("uv "))
    {
        let (keyword, rest) = line.split_once(' ').unwrap();
        match keyword {
            "ask" => world.requirements.extend(asked(rest, None)),
            "file" => world.requirements.extend(asked(rest, Some("requirements.txt"))),
            "constraint" => world.constraints.extend(asked(rest, Some("constraints.txt"))),
            "upgrade" if rest == "*" => world.upgrade = Upgrade::Everything,
            "upgrade" => {
                let projects = rest.split(' ').map(|name| ProjectName::parse(name).unwrap());
                world.upgrade = Upgrade::Only(projects.collect());
            }
            "python" => python = rest,
            "platform" => platform = rest,
            "supply" => world.supply.is_index = rest == "index",
            "installed" => world.installed.extend(release(rest).into_iter().map(|(name, listed)| {
                let Listed { version, requires, extras, .. } = listed;
                InstalledPackage { name, version, requires_dist: requires, provides_extra: extras }
            })),
            _ => {
                for (name, listed) in release(line) {
                    world.supply.projects.entry(name).or_default().push(listed);
                }
            }
        }
    }
    world.target = target(platform, python);
    world.supply.target = Some(world.target.clone());
    let expected =
        expected.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("uv "));
    Case { name: name.to_owned(), world, expected: lines(expected) }
}

fn lines<'a>(lines: impl Iterator<Item = &'a str>) -> String {
    lines.flat_map(|line| [line, "\n"]).collect()
}

fn target(platform: &str, python: &str) -> Target {
    Target::of(Platform::parse(platform).unwrap(), PythonVersion::parse(python).unwrap())
}

fn asked(text: &str, file: Option<&str>) -> Vec<Asked> {
    let asked = |(count, text): (usize, &str)| {
        let requirement = Requirement::parse(text.trim()).unwrap();
        let place = match file {
            Some(name) => Place::File { name: name.to_owned(), line: count + 1 },
            None => Place::CommandLine,
        };
        Asked { requirement, place }
    };
    text.split(" | ").enumerate().map(asked).collect()
}

/// Reads a release: one file for each tag.
fn release(line: &str) -> Vec<(ProjectName, Listed)> {
    let mut options: Vec<(&str, &str)> = Vec::new();
    let mut plain = String::new();
    for (count, piece) in line.split('{').enumerate() {
        let (option, after) = if count == 0 { ("", piece) } else { piece.split_once('}').unwrap() };
        if count > 0 {
            options.push(option.split_once(' ').unwrap_or((option, "")));
        }
        plain.push_str(after);
    }
    let option =
        |wanted: &str| options.iter().find(|(word, _)| *word == wanted).map(|(_, rest)| (*rest).to_owned());
    let (head, requires) = plain.split_once(": ").unwrap_or((plain.trim_end_matches(':'), ""));
    let (name, version) = head.trim().split_once(' ').unwrap();
    let requires: Vec<String> =
        requires.split(" | ").map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect();
    let mut tags: Vec<Option<&str>> =
        options.iter().filter(|(word, _)| *word == "tag").map(|(_, tag)| Some(*tag)).collect();
    if tags.is_empty() {
        tags.push(option("sdist").is_none().then_some("py3-none-any"));
    }
    let project = ProjectName::parse(name).unwrap();
    let listed = |tag: Option<&str>| Listed {
        version: parse_version(version.trim()).unwrap(),
        wheel: tag.map(|tag| {
            WheelName::parse(&format!("{}-{}-{tag}.whl", project.escaped(), version.trim())).unwrap()
        }),
        requires: requires.clone(),
        extras: option("extras")
            .map(|extras| extras.split(' ').map(str::to_owned).collect())
            .unwrap_or_default(),
        python: option("python"),
        yanked: option("yanked"),
        left_out: option("left-out"),
    };
    tags.into_iter().map(|tag| (project.clone(), listed(tag))).collect()
}

impl World {
    /// Resolves.
    pub(crate) fn resolve(&mut self) -> Result<Resolution<(ProjectName, usize)>, Failure<Infallible>> {
        self.resolve_within(MOST_WORK)
    }

    fn resolve_within(
        &mut self,
        most_work: u64,
    ) -> Result<Resolution<(ProjectName, usize)>, Failure<Infallible>> {
        let request = Request {
            requirements: &self.requirements,
            constraints: &self.constraints,
            target: &self.target,
            installed: &self.installed,
            upgrade: &self.upgrade,
        };
        resolve_within(&request, &mut self.supply, most_work)
    }

    /// Resolves, and says what came of it.
    pub(crate) fn told(&mut self) -> String {
        self.told_within(MOST_WORK)
    }

    /// The same with another limit of work.
    pub(crate) fn told_within(&mut self, most_work: u64) -> String {
        match self.resolve_within(most_work) {
            Ok(resolution) => self.told_set(&resolution),
            Err(Failure::NoSolution(explanation)) => {
                let hints: Vec<String> =
                    explanation.hints().iter().map(|hint| format!("hint: {hint}")).collect();
                let hints = lines(hints.iter().map(String::as_str));
                let told = explanation.to_string();
                let told = lines(told.lines().map(str::trim));
                format!("error {}: {told}{hints}", explanation.code())
            }
            Err(Failure::Requirement(refused)) => format!("error {}: {refused}\n", refused.code()),
            Err(Failure::Supply(never)) => match never {},
        }
    }

    fn told_set(&self, resolution: &Resolution<(ProjectName, usize)>) -> String {
        let mut told = String::new();
        for chosen in &resolution.chosen {
            _ = write!(told, "{} {}", chosen.project, chosen.version);
            if !chosen.extras.is_empty() {
                let extras: Vec<String> = chosen.extras.iter().map(ToString::to_string).collect();
                _ = write!(told, " [{}]", extras.join(","));
            }
            match &chosen.action {
                Action::Keep => told.push_str(" kept"),
                Action::Install(_) => {}
                Action::Replace { old, .. } => _ = write!(told, " for {old}"),
            }
            if let Some((project, place)) = chosen.action.file() {
                let files = &self.supply.projects[project];
                let wheel = files[*place].wheel.as_ref().unwrap();
                let tag = wheel.as_str().splitn(3, '-').nth(2).unwrap();
                if tag != "py3-none-any.whl" {
                    _ = write!(told, " from {}", tag.trim_end_matches(".whl"));
                }
            }
            told.push('\n');
        }
        for warning in &resolution.warnings {
            _ = writeln!(told, "warning {}: {warning}", warning.code());
        }
        told
    }
}
