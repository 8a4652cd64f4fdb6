//! What depends on what in an environment. Never asks the network.

use packman_names::{ExtraName, ProjectName, Requirement, Version};

use crate::client::Client;
use crate::environment::{Absent, WhichEnvironment};
use crate::error::{ClientError, No};
use crate::graph::Graph;

/// The packages of an environment with what each needs.
#[derive(Clone, Debug)]
pub struct PackageTree {
    /// The environment's folder.
    pub environment: String,
    /// Its packages, by name.
    pub packages: Vec<TreePackage>,
}

/// One installed package with what it needs.
#[derive(Clone, Debug)]
pub struct TreePackage {
    /// Its project.
    pub name: ProjectName,
    /// Its version.
    pub version: Version,
    /// Whether somebody asked for it by name.
    pub requested: bool,
    /// Its extras that count.
    pub extras: Vec<ExtraName>,
    /// What it needs here, in the order of its METADATA.
    pub needs: Vec<Need>,
}

/// Something that a package needs.
#[derive(Clone, Debug)]
pub struct Need {
    /// The project that is needed.
    pub name: ProjectName,
    /// The extras of it that are asked for.
    pub extras: Vec<ExtraName>,
    /// The versions that will do; empty where any will.
    pub versions: String,
    /// The extra of the package by which it is needed, where one is.
    pub by_extra: Option<ExtraName>,
    /// The version that is installed, where one is.
    pub installed: Option<Version>,
    /// Whether that will do.
    pub met: bool,
}

impl Client<'_> {
    /// Tells what depends on what. Projects that are named must be installed.
    pub fn tree(
        &self,
        projects: &[ProjectName],
        which: &WhichEnvironment,
    ) -> Result<PackageTree, ClientError> {
        let environment = self.environment(which, Absent::Refuse)?;
        let graph = Graph::of(&environment.inventory, &environment.found.target.markers);
        if let Some(missing) = projects.iter().find(|project| graph.installed(project).is_none()) {
            return Err(No::NotInstalled(missing.clone()).into());
        }
        let mut names: Vec<&ProjectName> =
            environment.inventory.installed.iter().map(|installed| &installed.name).collect();
        names.sort_unstable();
        names.dedup();
        let packages = names.into_iter().filter_map(|name| package(&graph, name)).collect();
        Ok(PackageTree { environment: environment.folder(), packages })
    }
}

fn package(graph: &Graph<'_>, name: &ProjectName) -> Option<TreePackage> {
    let installed = graph.installed(name)?;
    let need = |(need, extra): (&Requirement, Option<&ExtraName>)| Need {
        name: need.name.clone(),
        extras: need.extras.clone(),
        versions: need.specifiers.iter().map(ToString::to_string).collect::<Vec<_>>().join(","),
        by_extra: extra.cloned(),
        installed: graph.installed(&need.name).map(|installed| installed.version.clone()),
        met: graph.is_met(need),
    };
    Some(TreePackage {
        name: name.clone(),
        version: installed.version.clone(),
        requested: installed.requested,
        extras: graph.extras(name),
        needs: graph.needs(name).into_iter().map(need).collect(),
    })
}
