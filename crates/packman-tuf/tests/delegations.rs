//! Targets found through delegations, and what of them is refused.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may fail loudly"
)]

mod craft;

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use craft::{NOW, replaced};
use insta::assert_snapshot;
use packman_tuf::{
    DelegatedPaths, DelegatedRole, Delegations, HashPrefix, Hashes, KeySet, Limits, Lookup, Memory, MetaInfo,
    PathPattern, Refusal, RoleName, SigningKey, Step, SuccinctBins, TargetInfo, TargetPath, TargetsDraft,
};
use testkit::repository::Repository;

/// An edge of a graph: who delegates, to whom, which paths, and whether it ends there.
type Edge = (&'static str, &'static str, &'static str, bool);

/// A repository with that graph; each role's key is named for it, and `provides` says which role lists which target.
struct Graph {
    repository: Repository,
    edges: Vec<Edge>,
    provides: Vec<(&'static str, &'static str)>,
}

impl Graph {
    fn new(edges: &[Edge], provides: &[(&'static str, &'static str)]) -> Self {
        let mut graph =
            Self { repository: Repository::new(NOW), edges: edges.to_vec(), provides: provides.to_vec() };
        graph.repository.delegations = graph.delegations("targets");
        for role in graph.roles() {
            let draft = graph.draft(role);
            graph.repository.publish_delegated(&name(role), &draft, &[&key(role)]);
        }
        for (role, path) in graph.provides.clone() {
            if role == "targets" {
                graph.repository.add_target(path, role.as_bytes());
            }
        }
        graph.repository.publish();
        graph
    }

    fn roles(&self) -> Vec<&'static str> {
        let mut roles: Vec<_> = self.edges.iter().map(|edge| edge.1).collect();
        roles.sort_unstable();
        roles.dedup();
        roles
    }

    fn draft(&self, role: &str) -> TargetsDraft {
        let own = self.provides.iter().filter(|(provider, _)| *provider == role);
        let targets = own.map(|(_, path)| (target(path), TargetInfo::of(role.as_bytes())));
        let mut draft = TargetsDraft::new(1, NOW.plus_days(30), targets.collect());
        draft.delegations = self.delegations(role);
        draft
    }

    fn delegations(&self, from: &str) -> Option<Delegations> {
        let edges = self.edges.iter().filter(|edge| edge.0 == from);
        let roles: Vec<_> =
            edges.map(|(_, to, pattern, terminating)| role(to, pattern, *terminating)).collect();
        (!roles.is_empty()).then_some(Delegations::Roles(roles))
    }

    /// Looks a target up: who provides it, after which roles were asked.
    fn look(&self, path: &str) -> Result<String, Refusal> {
        let memory = self.repository.remembered(NOW);
        look(&self.repository, &memory, path, &Limits::default())
    }

    #[track_caller]
    fn code(&self, path: &str) -> String {
        let refusal = self.look(path).unwrap_err();
        format!("{}: {refusal}", refusal.code())
    }
}

fn look(repository: &Repository, memory: &Memory, path: &str, limits: &Limits) -> Result<String, Refusal> {
    let mut lookup = Lookup::begin(memory.good().unwrap(), target(path), NOW, *limits)?;
    while let Step::Fetch(request) = lookup.step() {
        lookup.answer(repository.serve(&request))?;
    }
    let asked: Vec<_> = lookup.files().iter().map(|role| role.name.as_str().to_owned()).collect();
    let found = lookup.finish().map(|found| found.info().length.to_string());
    Ok(format!("{} after [{}]", found.map_or("nobody".to_owned(), |length| length), asked.join(" ")))
}

fn name(role: &str) -> RoleName {
    RoleName::delegated(role).unwrap()
}

fn target(path: &str) -> TargetPath {
    TargetPath::parse(path).unwrap()
}

/// The key of a role, by its name.
fn key(role: &str) -> SigningKey {
    SigningKey::from_seed(*packman_strict::Sha256::of(role.as_bytes()).as_bytes())
}

fn keys(role: &str, signer: &str) -> KeySet {
    KeySet::of(name(role), [key(signer).public()], NonZeroU32::MIN)
}

fn role(to: &str, pattern: &str, terminating: bool) -> DelegatedRole {
    let paths = DelegatedPaths::Patterns(vec![PathPattern::new(pattern)]);
    DelegatedRole { name: name(to), keys: keys(to, to), paths, terminating }
}

#[test]
fn roles_are_asked_before_their_next_of_kin_and_each_once() {
    let check = |edges: &[Edge], path: &str| Graph::new(edges, &[]).look(path).unwrap();
    let any = |from, to| (from, to, "*", false);
    let cases = [
        check(&[any("targets", "a"), any("targets", "b"), any("a", "c"), any("a", "d")], "x"),
        check(&[any("targets", "a"), any("targets", "b"), any("b", "c"), any("c", "b"), any("c", "a")], "x"),
        check(&[any("targets", "a"), any("targets", "b"), any("a", "c"), any("b", "c")], "x"),
        check(&[any("targets", "a"), any("targets", "b"), ("a", "c", "*", true), any("a", "d")], "x"),
        check(&[any("targets", "a"), ("targets", "b", "*.py", false), any("b", "c")], "x"),
        check(&[("targets", "a", "t/*", false), ("a", "b", "*", false)], "t/x"),
    ];
    assert_snapshot!(cases.join("\n"), @"
    nobody after [a c d b]
    nobody after [a b c]
    nobody after [a c b]
    nobody after [a c]
    nobody after [a]
    nobody after [a]
    ");
}

#[test]
fn the_first_role_that_lists_a_target_answers_alone() {
    let edges = [("targets", "first", "t/*", false), ("targets", "second-one", "t/*", false)];
    let graph = Graph::new(
        &edges,
        &[("first", "t/a"), ("second-one", "t/a"), ("second-one", "t/b"), ("second-one", "b")],
    );
    let cases = ["t/a", "t/b", "b", "t/c"].map(|path| format!("{path}: {}", graph.look(path).unwrap()));
    assert_snapshot!(cases.join("\n"), @"
    t/a: 5 after [first]
    t/b: 10 after [first second-one]
    b: nobody after []
    t/c: nobody after [first second-one]
    ");
}

#[test]
fn at_most_so_many_roles_are_asked_for_one_target() {
    let names: Vec<&'static str> = (0..40).map(|number| &*format!("role-{number:02}").leak()).collect();
    let edges: Vec<Edge> = names.iter().map(|name| ("targets", *name, "*", false)).collect();
    let graph = Graph::new(&edges, &[(names[31], "in"), (names[32], "out")]);
    assert!(graph.look("in").unwrap().starts_with('7'));
    assert_snapshot!(graph.code("out"), @"too-many-delegations: `targets/out`: not found among 32 delegated roles, wanted at most as many on the way to a target");
}

/// What is wrong with one role stops whoever needs that role, and nobody else.
#[test]
fn a_bad_role_stops_its_own_targets_alone() {
    let edges = [("targets", "bad", "bad/*", false), ("targets", "good", "*/*", false)];
    let provides = [("bad", "bad/a"), ("good", "good/a"), ("good", "bad/a")];
    let check = |attack: &dyn Fn(&mut Graph)| {
        let mut graph = Graph::new(&edges, &provides);
        attack(&mut graph);
        graph.repository.refresh();
        assert_eq!(graph.look("good/a").unwrap(), "4 after [good]");
        graph.code("bad/a")
    };
    let resign = |graph: &mut Graph, edit: &dyn Fn(&mut TargetsDraft), signer: &str| {
        let mut draft = graph.draft("bad");
        edit(&mut draft);
        graph.repository.publish_delegated(&name("bad"), &draft, &[&key(signer)]);
    };
    let path = "metadata/1.bad.json";
    let cases = [
        check(&|graph| resign(graph, &|draft| draft.expires = NOW, "bad")),
        check(&|graph| resign(graph, &|_| {}, "good")),
        check(&|graph| drop(graph.repository.files_mut().remove(path))),
        check(&|graph| {
            let file = replaced(&graph.repository.files()[path], "\"version\": 1", "\"version\": 7");
            graph.repository.files_mut().insert(path.to_owned(), file);
        }),
        check(&|graph| {
            resign(graph, &|_| {}, "bad");
            let info = MetaInfo { length: None, hashes: Hashes::default(), version: 2 };
            graph.repository.listed.insert("bad.json".to_owned(), info);
            let file = graph.repository.files()[path].clone();
            graph.repository.files_mut().insert("metadata/2.bad.json".to_owned(), file);
        }),
        check(&|graph| assert!(graph.repository.listed.remove("bad.json").is_some())),
    ];
    assert_snapshot!(cases.join("\n"), @"
    expired: `metadata/1.bad.json`: expired at 2030-01-01T00:00:00Z, wanted later than 2030-01-01T00:00:00Z
    bad-signature: `metadata/1.bad.json`: signed by 0 of the `bad` keys, wanted 1
    missing-file: `metadata/1.bad.json`: the file is not there, wanted one
    hash-mismatch: `metadata/1.bad.json`: found sha-256 e4f0d57bf31eeea1f1d6dc6d490997e80405af0c9716b304d606b352d418bfef, wanted 7ca1da5237cd753c47a3d29ff96d4c57bc90e7e3014ec7102706970cce550029
    wrong-version: `metadata/2.bad.json`: found version 1, wanted 2
    not-in-snapshot: `targets/bad/a`: the snapshot does not list the delegated role `bad`
    ");
}

/// A role that two others delegate to, each with other keys, and signed for the first alone.
#[test]
fn a_role_is_verified_with_the_keys_of_the_way_that_leads_to_it() {
    let edges = [("targets", "a", "a/*", false), ("targets", "b", "b/*", false)];
    let mut graph = Graph::new(&edges, &[]);
    let shared = |from: &str, paths: &str| {
        let paths = DelegatedPaths::Patterns(vec![PathPattern::new(paths)]);
        let role =
            DelegatedRole { name: name("shared"), keys: keys("shared", from), paths, terminating: false };
        let mut draft = TargetsDraft::new(1, NOW.plus_days(30), BTreeMap::new());
        draft.delegations = Some(Delegations::Roles(vec![role]));
        draft
    };
    for from in ["a", "b"] {
        graph.repository.publish_delegated(&name(from), &shared(from, &format!("{from}/*")), &[&key(from)]);
    }
    let targets = ["a/x", "b/x"].map(|path| (target(path), TargetInfo::of(b"shared")));
    let draft = TargetsDraft::new(1, NOW.plus_days(30), targets.into());
    graph.repository.publish_delegated(&name("shared"), &draft, &[&key("a")]);
    graph.repository.refresh();
    assert_eq!(graph.look("a/x").unwrap(), "6 after [a shared]");
    assert_snapshot!(graph.code("b/x"), @"bad-signature: `metadata/1.shared.json`: signed by 0 of the `shared` keys, wanted 1");
}

#[test]
fn a_role_that_disappears_or_goes_back_is_refused() {
    let mut graph = Graph::new(&[("targets", "a", "*", false)], &[]);
    graph.repository.listed.get_mut("a.json").unwrap().version = 2;
    graph.repository.refresh();
    let memory = graph.repository.remembered(NOW);
    let check = |attack: &dyn Fn(&mut Repository)| {
        let mut repository = graph.repository.clone();
        attack(&mut repository);
        repository.refresh();
        repository.refreshed(memory.clone(), NOW).refusal.unwrap().to_string()
    };
    let cases = [
        check(&|repository| assert!(repository.listed.remove("a.json").is_some())),
        check(&|repository| {
            repository.listed.get_mut("a.json").unwrap().version = 1;
        }),
    ];
    assert_snapshot!(cases.join("\n"), @"
    `metadata/4.snapshot.json`: `a.json` was listed before and is missing, wanted it listed
    `metadata/4.snapshot.json`: `a.json` went back to version 1, wanted at least 2
    ");
}

#[test]
fn hash_prefixes_and_bins_lead_to_the_same_targets() {
    let paths: Vec<String> = (0..40).map(|number| format!("projects/p{number}.json")).collect();
    let bins = SuccinctBins::new(name("bin"), keys("bin", "bin"), 3).unwrap();
    let prefix = |digit: u32| HashPrefix::parse(&char::from_digit(digit, 16).unwrap().to_string()).unwrap();
    let roles = (0..8).map(|number: u32| DelegatedRole {
        name: bins.name(number.into()),
        keys: keys("bin", "bin"),
        paths: DelegatedPaths::HashPrefixes(vec![prefix(2 * number), prefix(2 * number + 1)]),
        terminating: true,
    });
    for delegations in [Delegations::Bins(bins.clone()), Delegations::Roles(roles.collect())] {
        let mut repository = Repository::new(NOW);
        repository.delegations = Some(delegations);
        for number in 0..bins.count() {
            let own = paths.iter().filter(|path| bins.number_of(path) == number);
            let targets = own.map(|path| (target(path), TargetInfo::of(b"record"))).collect();
            let draft = TargetsDraft::new(1, NOW.plus_days(30), targets);
            repository.publish_delegated(&bins.name(number), &draft, &[&key("bin")]);
        }
        repository.publish();
        let memory = repository.remembered(NOW);
        for path in &paths {
            let wanted = format!("6 after [{}]", bins.bin_of(path).as_str());
            assert_eq!(look(&repository, &memory, path, &Limits::default()).unwrap(), wanted);
        }
    }
}

#[test]
fn names_of_roles_never_leave_the_folder_of_metadata() {
    let cases = ["a b", "../x", "/x", "?", "#", "%2e", "ä", "..", "x\n"];
    let paths: Vec<_> = cases.iter().map(|role| name(role).file_path(2, true)).collect();
    assert_snapshot!(paths.join("\n"), @"
    metadata/2.a%20b.json
    metadata/2...%2Fx.json
    metadata/2.%2Fx.json
    metadata/2.%3F.json
    metadata/2.%23.json
    metadata/2.%252e.json
    metadata/2.%C3%A4.json
    metadata/2....json
    metadata/2.x%0A.json
    ");
    for top in ["", "root", "targets", "snapshot", "timestamp"] {
        assert_eq!(RoleName::delegated(top), None, "{top}");
    }
}

#[test]
fn refuses_delegations_that_are_not_what_the_specification_says() {
    let graph = Graph::new(&[("targets", "a", "*", false), ("targets", "b", "*", true)], &[]);
    let file = String::from_utf8(graph.repository.file(packman_tuf::Role::Targets)).unwrap();
    let check = |from: &str, to: &str| {
        assert!(file.contains(from), "{from} is not in {file}");
        TargetsDraft::parse("x", file.replace(from, to).as_bytes()).unwrap_err().to_string()
    };
    let cases = [
        check("\"name\": \"a\"", "\"name\": \"\""),
        check("\"name\": \"a\"", "\"name\": \"root\""),
        check("\"name\": \"a\"", "\"name\": \"b\""),
        check("\"paths\"", "\"path\""),
        check("\"terminating\": true", "\"terminating\": \"true\""),
        check("\"terminating\": true", "\"terminating\": true, \"path_hash_prefixes\": [\"0\"]"),
        check("\"roles\": [", "\"succinct_roles\": {}, \"roles\": ["),
        check("\"threshold\": 1", "\"threshold\": 0"),
    ];
    assert_snapshot!(cases.join("\n"), @"
    `x`: delegations.roles[0].name: found the string ``, wanted a name that is not empty and not of a top-level role
    `x`: delegations.roles[0].name: found the string `root`, wanted a name that is not empty and not of a top-level role
    `x`: delegations.roles[1]: found an object, wanted each role once
    `x`: delegations.roles[0]: found an object, wanted either `paths` or `path_hash_prefixes`
    `x`: delegations.roles[1].terminating: found the string `true`, wanted `true` or `false`
    `x`: delegations.roles[1]: found an object, wanted either `paths` or `path_hash_prefixes`
    `x`: delegations: found an object, wanted either `roles` or `succinct_roles`
    `x`: delegations.roles[0].threshold: found the number `0`, wanted an integer from 1 to 2^32-1
    ");
}
