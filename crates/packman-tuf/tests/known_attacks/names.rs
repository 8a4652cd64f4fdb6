//! Names from outside that became paths of files.

use packman_tuf::{Delegations, Limits, Lookup, Role, RoleName, Step, TargetInfo, TargetPath, TrustMap};
use testkit::repository::Repository;

use crate::craft::{NOW, replaced, resigned};
use crate::{delegation, refused, repository};

const PATHS: [&str; 9] =
    ["../../x", "/etc/passwd", "a/../../x", "..\\x", "C:\\x", "C:/../x", "./x", "a//x", "\u{0}"];

/// Where a file of that path ends up under a folder, read as any system reads it.
fn stays(path: &str, folder: &str) -> bool {
    let rest = path.strip_prefix(folder).unwrap_or("..");
    !rest.contains(['\\', '\0']) && !rest.split('/').any(|part| matches!(part, "" | "." | ".."))
}

/// CVE-2021-41131 of python-tuf: the file of a role was kept under the role's name.
#[test]
fn a_role_named_like_a_path_is_asked_for_inside_its_folder() {
    for role in PATHS {
        let mut repository = Repository::new(NOW);
        repository.delegations = Some(Delegations::Roles(vec![delegation(role, "*", false)]));
        let info = repository.newest(Role::Targets);
        repository.listed.insert(format!("{role}.json"), info);
        repository.publish();
        let memory = repository.remembered(NOW);
        let target = TargetPath::parse("x").unwrap();
        let lookup = Lookup::begin(memory.good().unwrap(), target, NOW, Limits::default()).unwrap();
        let Step::Fetch(request) = lookup.step() else { panic!("{role} is not asked") };
        assert!(stays(&request.path, "metadata/"), "{}", request.path);
        assert_eq!(request.path.matches('/').count(), 1, "{}", request.path);
    }
}

/// CVE-2021-41150 of tough: the same, and without consistent snapshots there is not even a number before it.
#[test]
fn no_two_roles_share_a_file_whatever_they_are_called() {
    let mut seen = std::collections::BTreeSet::new();
    for role in PATHS.into_iter().chain(["x", "X", "x%2F", "x/", ".", "..", "1.x", "x.json", "ä", "a\u{308}"])
    {
        let role = RoleName::delegated(role).unwrap();
        for consistent in [false, true] {
            let path = role.file_path(2, consistent);
            assert!(stays(&path, "metadata/") && path.is_ascii(), "{path}");
            assert!(seen.insert(path.clone()), "{path}");
        }
    }
}

/// Signs targets that list a target under that path.
fn listing(path: &str) -> (Repository, packman_tuf::Memory) {
    let mut repository = repository();
    let memory = repository.remembered(NOW);
    repository.publish_targets();
    let name = packman_strict::json::Value::from(path.to_owned()).to_bytes();
    let name = String::from_utf8(name).unwrap();
    let file = replaced(&repository.file(Role::Targets), "\"flask\"", &name);
    let file = resigned(&file, &repository.signers(Role::Targets));
    let place = repository.path(Role::Targets);
    repository.files_mut().insert(place, file);
    repository.refresh();
    (repository, memory)
}

/// CVE-2021-41149 of tough.
#[test]
fn a_target_named_like_a_path_is_refused_with_the_file_that_lists_it() {
    for path in PATHS.into_iter().filter(|path| path.contains("..")) {
        let (repository, memory) = listing(path);
        assert_eq!(refused(&repository, &memory), "bad-metadata", "{path}");
    }
}

/// CVE-2026-6968 of tough: the mending of 2021 had left absolute names. Links are not followed: nothing here is written.
#[test]
fn a_target_with_an_absolute_name_is_refused() {
    for path in ["/etc/passwd", "//host/share", "C:\\x", "\\\\host\\share", "/"] {
        let (repository, memory) = listing(path);
        assert_eq!(refused(&repository, &memory), "bad-metadata", "{path}");
    }
}

/// CVE-2026-24137 of sigstore's older client: a target was kept under its name.
#[test]
fn whatever_a_target_is_called_its_file_stays_in_the_folder_of_targets() {
    for path in PATHS.into_iter().chain(["x", "a/x", "C:x", "...", "a/...", "~/x", "%2e%2e/x", "aux"]) {
        if let Ok(target) = TargetPath::parse(path) {
            let file = TargetInfo::of(b"x").file_path(target.as_str());
            assert!(stays(&file, "targets/"), "{file}");
        }
    }
}

/// CVE-2026-24686 of go-tuf: the metadata of a repository of a map was kept under the name that the map gives it.
#[test]
fn the_names_of_a_map_are_told_as_they_are_and_make_no_path() {
    let map = br#"{"repositories":{"../escaped":["https://x.invalid/"]},"mapping":[{"paths":["*"],"repositories":["../escaped"],"threshold":1,"terminating":true}]}"#;
    let map = TrustMap::parse(map).unwrap();
    let names: Vec<_> = map.repositories().map(|(name, _)| name.to_owned()).collect();
    assert_eq!(names, ["../escaped"]);
    // What is kept of a repository is called after its chain of roots: 64 digits that no map chooses.
    let chain = repository().remembered(NOW).chain_id().to_string();
    assert!(chain.len() == 64 && chain.bytes().all(|byte| byte.is_ascii_hexdigit()));
}
