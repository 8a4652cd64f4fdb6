//! Removing installed packages: what RECORD says, all of it or nothing.

use packman_names::{ProjectName, Version};
use packman_wheel::{Change, Conflict, Installed, Inventory, plan};

use crate::client::Client;
use crate::environment::{Absent, WhichEnvironment, change_error};
use crate::error::{ClientError, No};
use crate::install::carry_through;

/// What was removed.
#[derive(Clone, Debug)]
pub struct Uninstallation {
    /// The environment's folder.
    pub environment: String,
    /// Each project with the version that was removed.
    pub removed: Vec<(ProjectName, Version)>,
    /// How many files were removed.
    pub files: usize,
    /// Packages that stay and need one that was removed: each with the requirement that is not met any more.
    pub still_needed: Vec<(ProjectName, String)>,
}

impl Client<'_> {
    /// Removes these projects from an environment.
    pub fn uninstall(
        &self,
        projects: &[ProjectName],
        which: &WhichEnvironment,
    ) -> Result<Uninstallation, ClientError> {
        let mut environment = self.environment(which, Absent::Refuse)?;
        Self::refuse_managed(&environment)?;
        environment.verify_writable()?;
        let lock = self.lock_environment(&mut environment)?;
        let mut wanted: Vec<&ProjectName> = projects.iter().collect();
        wanted.sort_unstable();
        wanted.dedup();
        let mut remove: Vec<Installed> = Vec::new();
        for project in wanted {
            let installed = environment.inventory.project(project);
            remove.push(
                installed
                    .cloned()
                    .ok_or_else(|| ClientError::from(not_there(&environment.inventory, project)))?,
            );
        }
        let removed: Vec<_> = remove.iter().map(|one| (one.name.clone(), one.version.clone())).collect();
        let still_needed = still_needed(&environment.inventory, &environment.found.target.markers, &removed);
        let planned = plan(&lock, Change { remove, ..Change::default() }).map_err(change_error)?;
        let report = carry_through(planned, self.stop)?;
        Ok(Uninstallation {
            environment: environment.folder(),
            removed,
            files: report.removed_files,
            still_needed,
        })
    }
}

/// Why there is nothing to remove: what is there in pieces is not said to be absent.
fn not_there(inventory: &Inventory, project: &ProjectName) -> No {
    in_pieces(inventory, project).unwrap_or_else(|| No::NotInstalled(project.clone()))
}

/// Says that a project is there in pieces, where it is: nobody can tell its files.
pub(crate) fn in_pieces(inventory: &Inventory, project: &ProjectName) -> Option<No> {
    let is_it = |path: &std::path::Path| {
        let name = path.file_name()?.to_str()?;
        ProjectName::parse(name.split_once('-')?.0).ok()
    };
    inventory.broken.iter().find(|broken| is_it(&broken.path).as_ref() == Some(project))?;
    let why = "it is there, and what it says of itself cannot be read";
    Some(No::Environment(Conflict::NoRecord { project: project.to_string(), why }))
}

/// The requirements of what stays that name what goes.
fn still_needed(
    inventory: &Inventory,
    markers: &packman_names::MarkerEnvironment,
    removed: &[(ProjectName, Version)],
) -> Vec<(ProjectName, String)> {
    let gone = |project: &ProjectName| removed.iter().any(|(name, _)| name == project);
    let staying = inventory.installed.iter().filter(|installed| !gone(&installed.name));
    staying
        .flat_map(|installed| {
            let requirements =
                installed.requires.iter().filter_map(|text| packman_names::Requirement::parse(text).ok());
            requirements
                .filter(|requirement| gone(&requirement.name) && requirement.applies(markers, &[]))
                .map(|requirement| (installed.name.clone(), requirement.to_string()))
        })
        .collect()
}
