//! Moving what was recalled out of the way, and back.

use packman_names::{ProjectName, Version};
use packman_wheel::{Change, Disable, Disabled, Installed, disabled, plan};

use super::{Audited, PackageWrong};
use crate::client::Client;
use crate::environment::{Absent, WhichEnvironment, change_error};
use crate::error::{ClientError, No};
use crate::install::carry_through;

/// What was moved out of the way, or back.
#[derive(Clone, Debug)]
pub struct Moved {
    /// The environment's folder.
    pub environment: String,
    /// Each project with its version.
    pub projects: Vec<(ProjectName, Version)>,
    /// How many files were moved.
    pub files: usize,
}

impl Client<'_> {
    /// Moves projects out of the way that an audit found recalled.
    pub fn disable(
        &self,
        audited: &Audited,
        projects: &[ProjectName],
        which: &WhichEnvironment,
    ) -> Result<Moved, ClientError> {
        let mut environment = self.environment(which, Absent::Refuse)?;
        Self::refuse_managed(&environment)?;
        environment.verify_writable()?;
        let lock = self.lock_environment(&mut environment)?;
        let mut disable = Vec::new();
        for project in projects {
            let installed: Vec<&Installed> = environment.all_of(project).collect();
            if installed.is_empty() {
                return Err(No::NotInstalled(project.clone()).into());
            }
            for installed in installed {
                let why = recalled(audited, installed).ok_or_else(|| No::NotRecalled(project.clone()))?;
                disable.push(Disable { installed: installed.clone(), why, at: self.now });
            }
        }
        let projects = disable.iter().map(|one| (one.installed.name.clone(), one.installed.version.clone()));
        let projects = projects.collect();
        let planned = plan(&lock, Change { disable, ..Change::default() }).map_err(change_error)?;
        let report = carry_through(planned, self.stop)?;
        Ok(Moved { environment: environment.folder(), projects, files: report.removed_files })
    }

    /// Moves projects back that were moved out of the way.
    pub fn enable(&self, projects: &[ProjectName], which: &WhichEnvironment) -> Result<Moved, ClientError> {
        let mut environment = self.environment(which, Absent::Refuse)?;
        Self::refuse_managed(&environment)?;
        environment.verify_writable()?;
        let lock = self.lock_environment(&mut environment)?;
        let all = disabled(&environment.scheme).map_err(change_error)?;
        let mut enable: Vec<Disabled> = Vec::new();
        for project in projects {
            // Of several versions the one that went last.
            let last = all.iter().filter(|one| one.project == *project).max_by_key(|one| one.at);
            enable.push(last.ok_or_else(|| No::NotDisabled(project.clone()))?.clone());
        }
        let projects = enable.iter().map(|one| (one.project.clone(), one.version.clone())).collect();
        let planned = plan(&lock, Change { enable, ..Change::default() }).map_err(change_error)?;
        let report = carry_through(planned, self.stop)?;
        Ok(Moved { environment: environment.folder(), projects, files: report.installed_files })
    }
}

/// Why an installed project was recalled, by the audit that found it there.
fn recalled(audited: &Audited, installed: &Installed) -> Option<String> {
    let is_it = |path: &str| installed.dist_info.ends_with(path.trim_end_matches('/'));
    audited.packages.iter().filter(|found| found.project == installed.name && is_it(&found.path)).find_map(
        |found| match &found.what {
            PackageWrong::Recalled(recalled) if recalled.answers => {
                Some(format!("recalled by {}: {}", recalled.by, recalled.reason))
            }
            _ => None,
        },
    )
}
