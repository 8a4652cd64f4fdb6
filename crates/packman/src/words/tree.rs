//! What depends on what, drawn, and as JSON.

use std::collections::{BTreeMap, BTreeSet};

use packman_client::{Need, PackageTree, TreePackage};
use packman_names::{ExtraName, ProjectName};
use packman_strict::json::{Object, Value};
use packman_strict::quote::escaped;

/// Draws the packages, from these on, else from those that nothing else stands above.
pub(crate) fn lines(tree: &PackageTree, from: &[ProjectName], invert: bool) -> Vec<String> {
    if tree.packages.is_empty() {
        return vec![format!("nothing is installed in {}", escaped(&tree.environment))];
    }
    let mut drawing =
        Drawing { graph: Branches::of(tree, invert), shown: BTreeSet::new(), lines: Vec::new() };
    let roots = if from.is_empty() { drawing.graph.roots() } else { from.iter().collect() };
    for root in roots {
        drawing.draw(root, &drawing.graph.title(root), &Indent::default(), &mut Vec::new());
    }
    if drawing.lines.iter().any(|line| line.ends_with(REPEATED)) {
        drawing.lines.push("(*) what is below it is shown further up".to_owned());
    }
    drawing.lines
}

const REPEATED: &str = " (*)";

/// For each project the branches that come below it.
struct Branches<'t> {
    packages: BTreeMap<&'t ProjectName, &'t TreePackage>,
    below: BTreeMap<&'t ProjectName, Vec<(&'t ProjectName, String)>>,
}

impl<'t> Branches<'t> {
    fn of(tree: &'t PackageTree, invert: bool) -> Self {
        let packages = tree.packages.iter().map(|package| (&package.name, package)).collect();
        let mut below: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for package in &tree.packages {
            let needs = package.needs.iter().filter(|need| need.name != package.name);
            for need in needs {
                if invert {
                    let title = with_note(&title(package), &[needs_note(need), by(need)]);
                    below.entry(&need.name).or_default().push((&package.name, title));
                } else {
                    below.entry(&package.name).or_default().push((&need.name, needed(need)));
                }
            }
        }
        Self { packages, below }
    }

    /// What nothing stands above; of a circle that nothing else leads into, its first.
    fn roots(&self) -> Vec<&'t ProjectName> {
        let above: BTreeSet<&ProjectName> = self.below.values().flatten().map(|(below, _)| *below).collect();
        let mut roots: Vec<&ProjectName> =
            self.packages.keys().copied().filter(|name| !above.contains(name)).collect();
        let mut reached = BTreeSet::new();
        roots.iter().for_each(|root| self.reach(root, &mut reached));
        for name in self.packages.keys() {
            if !reached.contains(name) {
                roots.push(name);
                self.reach(name, &mut reached);
            }
        }
        roots.sort_unstable();
        roots
    }

    fn reach(&self, from: &'t ProjectName, reached: &mut BTreeSet<&'t ProjectName>) {
        let mut next = vec![from];
        while let Some(name) = next.pop() {
            if reached.insert(name) {
                next.extend(self.below.get(name).into_iter().flatten().map(|(below, _)| *below));
            }
        }
    }

    fn title(&self, name: &ProjectName) -> String {
        self.packages.get(name).map_or_else(|| name.to_string(), |package| title(package))
    }
}

/// What stands before a line.
#[derive(Clone, Default)]
struct Indent {
    /// Before the line itself.
    own: String,
    /// Before the lines below it.
    below: String,
}

struct Drawing<'t> {
    graph: Branches<'t>,
    shown: BTreeSet<ProjectName>,
    lines: Vec<String>,
}

impl Drawing<'_> {
    /// Draws a package and what is below it; what was drawn before is not drawn again, so circles end.
    fn draw(&mut self, name: &ProjectName, title: &str, indent: &Indent, way: &mut Vec<ProjectName>) {
        let below: Vec<(ProjectName, String)> = self
            .graph
            .below
            .get(name)
            .into_iter()
            .flatten()
            .map(|(below, title)| ((*below).clone(), title.clone()))
            .collect();
        let own = &indent.own;
        if way.contains(name) {
            self.lines.push(format!("{own}{title} (a circle)"));
            return;
        }
        if !below.is_empty() && !self.shown.insert(name.clone()) {
            self.lines.push(format!("{own}{title}{REPEATED}"));
            return;
        }
        self.lines.push(format!("{own}{title}"));
        way.push(name.clone());
        let last = below.len();
        for (place, (name, title)) in below.iter().enumerate() {
            let (branch, trunk) =
                if place + 1 == last { ("└── ", "    ") } else { ("├── ", "│   ") };
            let indent = Indent {
                own: format!("{}{branch}", indent.below),
                below: format!("{}{trunk}", indent.below),
            };
            self.draw(name, title, &indent, way);
        }
        way.pop();
    }
}

fn title(package: &TreePackage) -> String {
    format!("{}{} {}", package.name, extras(&package.extras), package.version)
}

/// A need below the package that has it.
fn needed(need: &Need) -> String {
    let found = match &need.installed {
        Some(version) => version.to_string(),
        None => "is not installed".to_owned(),
    };
    let unmet =
        if need.installed.is_some() && !need.met { "too old or too new".to_owned() } else { String::new() };
    let wanted = if need.versions.is_empty() { String::new() } else { format!("wanted {}", need.versions) };
    with_note(&format!("{}{} {found}", need.name, extras(&need.extras)), &[wanted, unmet, by(need)])
}

fn needs_note(need: &Need) -> String {
    format!("needs {}{}{}", need.name, extras(&need.extras), need.versions)
}

fn by(need: &Need) -> String {
    need.by_extra.as_ref().map_or_else(String::new, |extra| format!("by extra {extra}"))
}

fn with_note(title: &str, notes: &[String]) -> String {
    let notes: Vec<&str> = notes.iter().map(String::as_str).filter(|note| !note.is_empty()).collect();
    if notes.is_empty() { title.to_owned() } else { format!("{title}  ({})", notes.join("; ")) }
}

fn extras(extras: &[ExtraName]) -> String {
    if extras.is_empty() {
        return String::new();
    }
    format!("[{}]", extras.iter().map(ExtraName::as_str).collect::<Vec<_>>().join(","))
}

/// What depends on what, as JSON.
pub(crate) fn to_json(tree: &PackageTree) -> Value<'static> {
    let texts = |extras: &[ExtraName]| {
        extras.iter().map(|extra| Value::from(extra.as_str().to_owned())).collect::<Vec<_>>()
    };
    let optional = |text: Option<String>| text.map_or(Value::Null, Value::from);
    let need = |need: &Need| {
        Value::from(
            Object::new()
                .with("name", need.name.as_str().to_owned())
                .with("extras", texts(&need.extras))
                .with("versions", need.versions.clone())
                .with("by-extra", optional(need.by_extra.as_ref().map(ToString::to_string)))
                .with("installed", optional(need.installed.as_ref().map(ToString::to_string)))
                .with("met", need.met),
        )
    };
    let needed_by = |name: &ProjectName| {
        let dependents = tree.packages.iter().filter(|one| one.needs.iter().any(|need| need.name == *name));
        dependents.map(|one| Value::from(one.name.as_str().to_owned())).collect::<Vec<_>>()
    };
    let package = |package: &TreePackage| {
        Value::from(
            Object::new()
                .with("name", package.name.as_str().to_owned())
                .with("version", package.version.to_string())
                .with("requested", package.requested)
                .with("extras", texts(&package.extras))
                .with("needs", package.needs.iter().map(need).collect::<Vec<_>>())
                .with("needed-by", needed_by(&package.name)),
        )
    };
    Object::new()
        .with("environment", tree.environment.clone())
        .with("packages", tree.packages.iter().map(package).collect::<Vec<_>>())
        .into()
}
