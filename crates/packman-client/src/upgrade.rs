//! Upgrading: the same plan as an installation, of what is there, where more may move.
//!
//! Everything that PackMan installed is asked for again, with the extras it has, so that whatever moves still fits all
//! of it. What others installed is no part of it, and what it needs and has stays met.

use std::collections::BTreeSet;

use packman_names::{ProjectName, Requirement};
use packman_resolve::{Asked, Upgrade};

use crate::client::Client;
use crate::environment::{Absent, Environment, WhichEnvironment};
use crate::error::{ClientError, No};
use crate::graph::Graph;
use crate::install::{Goal, Planned, Wanted};

impl Client<'_> {
    /// Plans an upgrade of these projects; of everything that PackMan installed, where none is named.
    pub fn plan_upgrade(
        &self,
        projects: &[ProjectName],
        which: &WhichEnvironment,
    ) -> Result<Planned, ClientError> {
        self.plan(which, Absent::Refuse, Goal::Upgrade(projects.to_vec()))
    }
}

/// What an upgrade asks for, and what must stay as it is.
pub(crate) fn wanted(environment: &Environment, projects: &[ProjectName]) -> Result<Wanted, ClientError> {
    let inventory = &environment.inventory;
    if let Some(missing) = projects.iter().find(|project| inventory.project(project).is_none()) {
        return Err(No::NotInstalled(missing.clone()).into());
    }
    let ours = inventory.installed.iter().filter(|installed| installed.receipt().is_some());
    let named: BTreeSet<ProjectName> = match projects {
        [] => ours.map(|installed| installed.name.clone()).collect(),
        some => some.iter().cloned().collect(),
    };
    let (requirements, constraints) = asked(environment, &named);
    Ok(Wanted {
        requirements,
        constraints,
        upgrade: Upgrade::Only(named.clone()),
        must_be_vouched: projects.to_vec(),
        named: Some(named),
        ..Wanted::default()
    })
}

fn asked(environment: &Environment, named: &BTreeSet<ProjectName>) -> (Vec<Asked>, Vec<Asked>) {
    let graph = Graph::of(&environment.inventory, &environment.found.target.markers);
    let (mut requirements, mut constraints) = (Vec::new(), Vec::new());
    for installed in &environment.inventory.installed {
        if installed.receipt().is_some() || named.contains(&installed.name) {
            let mut requirement = Requirement::any(installed.name.clone());
            requirement.extras = graph.extras(&installed.name);
            requirements.push(Asked::here(requirement));
            continue;
        }
        let met = graph.needs(&installed.name).into_iter().map(|(need, _)| need);
        // A pre-release is for those who ask for one, and whoever installed this did not ask us.
        let met = met.filter(|need| need.url.is_none() && !need.names_prerelease() && graph.is_met(need));
        constraints.extend(met.map(|need| {
            let mut constraint = Requirement::any(need.name.clone());
            constraint.specifiers.clone_from(&need.specifiers);
            Asked::here(constraint)
        }));
    }
    // What is met first is decided first: what was named moves, and drags along what it needs, not the other way round.
    requirements.sort_by_key(|asked| !named.contains(&asked.requirement.name));
    (requirements, constraints)
}
