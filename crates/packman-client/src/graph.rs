//! What depends on what among the packages that are installed, as their own METADATA says.
//!
//! Nobody writes down with which extras something was asked for. An extra counts where another package asks for it,
//! and where nothing else explains why a dependency is there that nobody asked for by name.

use std::collections::{BTreeMap, BTreeSet};

use packman_names::{ExtraName, MarkerEnvironment, ProjectName, Requirement, admits};
use packman_wheel::{Installed, Inventory};

/// The packages of an environment with what each needs.
pub(crate) struct Graph<'e> {
    markers: &'e MarkerEnvironment,
    packages: BTreeMap<&'e ProjectName, Package<'e>>,
}

struct Package<'e> {
    installed: &'e Installed,
    requirements: Vec<Requirement>,
    extras: BTreeSet<ExtraName>,
}

impl<'e> Graph<'e> {
    /// Reads what every installed package needs. A requirement that cannot be read is passed over: whatever installed
    /// the package has passed it over too.
    pub(crate) fn of(inventory: &'e Inventory, markers: &'e MarkerEnvironment) -> Self {
        let mut packages = BTreeMap::new();
        for installed in &inventory.installed {
            let requirements =
                installed.requires.iter().filter_map(|text| Requirement::parse(text).ok()).collect();
            // Of two records of one project the first counts, as everywhere.
            packages.entry(&installed.name).or_insert(Package {
                installed,
                requirements,
                extras: BTreeSet::new(),
            });
        }
        let mut graph = Self { markers, packages };
        loop {
            graph.spread();
            let explained = graph.explain_orphans();
            if explained.is_empty() {
                return graph;
            }
            explained.into_iter().for_each(|(project, extra)| _ = graph.activate(&project, extra));
        }
    }

    /// The extras of a package that count.
    pub(crate) fn extras(&self, project: &ProjectName) -> Vec<ExtraName> {
        self.packages.get(project).map_or_else(Vec::new, |package| package.extras.iter().cloned().collect())
    }

    /// The requirements of a package that count here, each with the extra by which it does, where one is needed.
    pub(crate) fn needs(&self, project: &ProjectName) -> Vec<(&Requirement, Option<&ExtraName>)> {
        self.packages.get(project).map_or_else(Vec::new, |package| package.needs(self.markers))
    }

    /// The package of a project, where it is installed.
    pub(crate) fn installed(&self, project: &ProjectName) -> Option<&'e Installed> {
        self.packages.get(project).map(|package| package.installed)
    }

    /// Whether what is installed is what a requirement asks for.
    pub(crate) fn is_met(&self, requirement: &Requirement) -> bool {
        self.installed(&requirement.name)
            .is_some_and(|installed| admits(&requirement.specifiers, &installed.version))
    }

    /// Says whether something changed.
    fn activate(&mut self, project: &ProjectName, extra: ExtraName) -> bool {
        self.packages.get_mut(project).is_some_and(|package| package.extras.insert(extra))
    }

    /// An extra that an installed package asks for counts, and so does what its requirements ask for.
    fn spread(&mut self) {
        loop {
            let asked: Vec<(ProjectName, ExtraName)> = self
                .packages
                .values()
                .flat_map(|package| package.needs(self.markers))
                .flat_map(|(need, _)| need.extras.iter().map(|extra| (need.name.clone(), extra.clone())))
                .collect();
            let mut changed = false;
            for (project, extra) in asked {
                changed |= self.activate(&project, extra);
            }
            if !changed {
                return;
            }
        }
    }

    /// The extras that would explain packages which nobody asked for and nothing needs: those of which all is there.
    fn explain_orphans(&self) -> Vec<(ProjectName, ExtraName)> {
        let needed: BTreeSet<&ProjectName> = self
            .packages
            .iter()
            .flat_map(|(project, package)| {
                package.needs(self.markers).into_iter().map(move |(need, _)| (*project, &need.name))
            })
            .filter(|(project, need)| project != need)
            .map(|(_, need)| need)
            .collect();
        let orphan = |project: &ProjectName| {
            self.installed(project).is_some_and(|installed| !installed.requested) && !needed.contains(project)
        };
        let mut explained = Vec::new();
        for (project, package) in &self.packages {
            let extras: BTreeSet<ExtraName> = package
                .requirements
                .iter()
                .filter(|need| need.name != **project && orphan(&need.name))
                .flat_map(Requirement::marker_extras)
                .filter(|extra| !package.extras.contains(extra))
                .collect();
            let whole = extras.into_iter().filter(|extra| self.is_whole(package, extra));
            explained.extend(whole.map(|extra| ((*project).clone(), extra)));
        }
        explained
    }

    /// Whether everything is there that an extra adds, and it adds something.
    fn is_whole(&self, package: &Package<'_>, extra: &ExtraName) -> bool {
        let mut added = package
            .requirements
            .iter()
            .filter(|need| {
                need.marker_extras().contains(extra)
                    && need.applies(self.markers, std::slice::from_ref(extra))
            })
            .peekable();
        added.peek().is_some() && added.all(|need| self.is_met(need))
    }
}

impl Package<'_> {
    fn needs(&self, markers: &MarkerEnvironment) -> Vec<(&Requirement, Option<&ExtraName>)> {
        let counts =
            |need: &'_ Requirement, extra: &ExtraName| need.applies(markers, std::slice::from_ref(extra));
        self.requirements
            .iter()
            .filter_map(|need| {
                if need.applies(markers, &[]) {
                    return Some((need, None));
                }
                let extra = self.extras.iter().find(|extra| counts(need, extra))?;
                Some((need, Some(extra)))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use packman_names::{MarkerEnvironment, Platform, PythonVersion, Target, parse_version};
    use packman_wheel::Recorded;

    use super::*;

    /// Each package as `NAME VERSION[ !]: need; need`, where `!` means that somebody asked for it by name.
    fn inventory(lines: &[&str]) -> Inventory {
        let installed = lines.iter().map(|line| {
            let (head, needs) = line.split_once(':').unwrap();
            let mut words = head.split(' ');
            Installed {
                name: ProjectName::parse(words.next().unwrap()).unwrap(),
                version: parse_version(words.next().unwrap()).unwrap(),
                dist_info: PathBuf::new(),
                recorded: Recorded::Yes,
                requested: words.next().is_some(),
                requires: needs.split('|').map(|need| need.trim().to_owned()).collect(),
                requires_python: None,
                extras: Vec::new(),
            }
        });
        Inventory { installed: installed.collect(), ..Inventory::default() }
    }

    fn markers() -> MarkerEnvironment {
        let platform = Platform::parse("linux-x86_64").unwrap();
        Target::of(platform, PythonVersion::new(3, 12)).markers
    }

    fn check(lines: &[&str]) -> String {
        let (inventory, markers) = (inventory(lines), markers());
        let graph = Graph::of(&inventory, &markers);
        let mut shown = Vec::new();
        for installed in &inventory.installed {
            let need = |(need, extra): &(&Requirement, Option<&ExtraName>)| {
                let met = if graph.is_met(need) { "" } else { "?" };
                let by = extra.map_or_else(String::new, |extra| format!(" by {extra}"));
                format!("{}{met}{by}", need.name)
            };
            let needs: Vec<String> = graph.needs(&installed.name).iter().map(need).collect();
            shown.push(format!("{}: {}", installed.name, needs.join(", ")));
        }
        shown.join("\n")
    }

    #[test]
    fn an_extra_counts_where_somebody_asks_for_it() {
        insta::assert_snapshot!(check(&[
            "app 1 !: flask[async]>=2",
            "flask 3: click>=8 | asgiref; extra == 'async' | dotenv; extra == 'dotenv'",
            "asgiref 3: typing; python_version < '3.8'",
            "click 7: ",
            "dotenv 1 !: ",
        ]), @"
        app: flask
        flask: click?, asgiref by async
        asgiref: 
        click: 
        dotenv:
        ");
    }

    #[test]
    fn an_extra_counts_where_nothing_else_explains_what_is_there() {
        insta::assert_snapshot!(check(&[
            "flask 3 !: click | asgiref; extra == 'async' | gone; extra == 'half' | half; extra == 'half'",
            "asgiref 3: deep; extra == 'more'",
            "deep 1: ",
            "half 1: ",
            "click 8: ",
        ]), @"
        flask: click, asgiref by async
        asgiref: deep by more
        deep: 
        half: 
        click:
        ");
    }

    #[test]
    fn circles_come_to_an_end() {
        insta::assert_snapshot!(check(&["a 1: b[x]", "b 1: a[y]; extra == 'x'", "c 1: c[z] | a; extra == 'z'"]), @"
        a: b
        b: a by x
        c: c, a by z
        ");
    }
}
