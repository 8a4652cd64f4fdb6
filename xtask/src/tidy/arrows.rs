//! Arrows between crates point down only, and a pure crate depends on pure things only.

use super::manifest::{Crate, crates};
use super::source::Source;

/// Which crates of ours each crate may use, and, for a pure one, which of other people's.
struct Rule {
    name: &'static str,
    ours: &'static [&'static str],
    /// `None`: a crate with effects, free to choose (each choice has its line in `docs/dependencies.md`).
    others: Option<&'static [&'static str]>,
}

const PURE: [&str; 6] = [
    "packman-strict",
    "packman-names",
    "packman-tuf",
    "packman-database",
    "packman-trust",
    "packman-requirements",
];

/// What both sides, the client's and the scapegoat's, stand on.
const BELOW: [&str; 9] = [
    "packman-strict",
    "packman-names",
    "packman-tuf",
    "packman-database",
    "packman-trust",
    "packman-resolve",
    "packman-requirements",
    "packman-wheel",
    "packman-machine",
];

const RULES: &[Rule] = &[
    Rule { name: "packman-strict", ours: &[], others: Some(&["sha2", "unicode-normalization", "zlib-rs"]) },
    Rule { name: "packman-names", ours: &["packman-strict"], others: Some(&["pep440_rs", "version-ranges"]) },
    Rule {
        name: "packman-tuf",
        ours: &["packman-strict"],
        others: Some(&["ed25519-dalek", "p256", "rsa", "sha2"]),
    },
    Rule { name: "packman-database", ours: &["packman-strict", "packman-names"], others: Some(&["ruzstd"]) },
    Rule {
        name: "packman-trust",
        ours: &["packman-strict", "packman-names", "packman-tuf", "packman-database"],
        others: Some(&["toml_edit"]),
    },
    Rule {
        name: "packman-resolve",
        ours: &["packman-names", "packman-trust"],
        others: Some(&["pubgrub", "version-ranges"]),
    },
    Rule {
        name: "packman-requirements",
        ours: &["packman-strict", "packman-names"],
        others: Some(&["toml_edit"]),
    },
    Rule { name: "packman-wheel", ours: &["packman-strict", "packman-names"], others: None },
    Rule { name: "packman-machine", ours: &["packman-strict", "packman-names"], others: None },
    Rule { name: "packman-client", ours: &BELOW, others: None },
    Rule { name: "packman-curate", ours: &BELOW, others: None },
    Rule {
        name: "packman",
        ours: &[
            "packman-strict",
            "packman-names",
            "packman-tuf",
            "packman-database",
            "packman-trust",
            "packman-resolve",
            "packman-requirements",
            "packman-wheel",
            "packman-machine",
            "packman-client",
            "packman-curate",
        ],
        others: None,
    },
    Rule {
        name: "testkit",
        ours: &[
            "packman-strict",
            "packman-names",
            "packman-tuf",
            "packman-database",
            "packman-wheel",
            "packman-machine",
        ],
        others: None,
    },
    Rule { name: "xtask", ours: &[], others: None },
    // The bench measures the built command from outside; it borrows what reads pages and talks to the index, and a client
    // of packman-tuf is a program of it.
    Rule {
        name: "packman-bench",
        ours: &["packman-strict", "packman-names", "packman-tuf", "packman-database", "packman-machine"],
        others: None,
    },
];

pub(super) fn faults(source: &Source) -> Vec<String> {
    match crates(source) {
        Ok(crates) => crates.iter().flat_map(faults_of).collect(),
        Err(error) => vec![error],
    }
}

fn faults_of(found: &Crate) -> Vec<String> {
    let Some(rule) = RULES.iter().find(|rule| rule.name == found.name) else {
        return vec![format!("`{}` has no rule in xtask/src/tidy/arrows.rs", found.name)];
    };
    let mut faults = Vec::new();
    for dependency in &found.dependencies {
        let ours = RULES.iter().any(|rule| rule.name == dependency);
        if ours && !rule.ours.contains(&dependency.as_str()) {
            faults.push(format!("`{}` may not use `{dependency}`: arrows point down only", found.name));
        }
        if !ours && rule.others.is_some_and(|others| !others.contains(&dependency.as_str())) {
            faults.push(format!("`{}` is pure and may not use `{dependency}`", found.name));
        }
    }
    // Tests may build worlds, but a pure crate's tests stay below the network and the command.
    for dependency in &found.dev_dependencies {
        let above = ["packman-client", "packman-curate", "packman"].contains(&dependency.as_str());
        if above && PURE.contains(&found.name.as_str()) {
            faults.push(format!("the tests of `{}` may not use `{dependency}`", found.name));
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, dependencies: &[&str]) -> usize {
        let dependencies = dependencies.iter().map(|name| (*name).to_owned()).collect();
        faults_of(&Crate { name: name.to_owned(), dependencies, dev_dependencies: vec![] }).len()
    }

    #[test]
    fn refuses_a_new_arrow_between_crates() {
        assert_eq!(check("packman-trust", &["packman-tuf", "toml_edit"]), 0);
        assert_eq!(check("packman-trust", &["packman-wheel"]), 1);
        assert_eq!(check("packman-client", &["packman-curate"]), 1);
        assert_eq!(check("packman-unheard-of", &[]), 1);
    }

    #[test]
    fn refuses_an_impure_dependency_of_a_pure_crate() {
        assert_eq!(check("packman-tuf", &["ureq"]), 1);
        assert_eq!(check("packman-machine", &["ureq"]), 0);
    }
}
