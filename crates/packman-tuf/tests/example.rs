//! The example that updates an application does what its README says, and remembers what it saw.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test may fail loudly, and this one keeps files"
)]

#[path = "../examples/update.rs"]
#[allow(dead_code, reason = "its main is not called here")]
mod update;

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use packman_strict::time::Time;
use packman_tuf::Role;
use testkit::repository::Repository;

/// A folder of this test's own.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn serve(repository: &Repository, mirror: &Path) {
    for (path, bytes) in repository.files() {
        let place = mirror.join(path);
        std::fs::create_dir_all(place.parent().unwrap()).unwrap();
        std::fs::write(place, bytes).unwrap();
    }
}

#[test]
fn an_application_is_updated_and_does_not_go_back() {
    let seconds = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let mut repository = Repository::new(Time::from_seconds(i64::try_from(seconds).unwrap()));
    repository.add_target("app/tool", b"first");
    repository.publish();
    let folder = folder("example");
    let (mirror, root, state) = (folder.join("mirror"), folder.join("root.json"), folder.join("state"));
    std::fs::write(&root, repository.file(Role::Root)).unwrap();
    serve(&repository, &mirror);
    let update = || update::update(&mirror, &root, &state, "app/tool").map_err(|error| error.to_string());
    assert_eq!(update().unwrap(), b"first");
    let old = repository.clone();

    repository.rotate(Role::Root);
    repository.add_target("app/tool", b"second");
    repository.publish();
    serve(&repository, &mirror);
    assert_eq!(update().unwrap(), b"second");
    let remembered = std::fs::read(&state).unwrap();

    std::fs::write(mirror.join("metadata/timestamp.json"), old.file(Role::Timestamp)).unwrap();
    assert!(update().unwrap_err().contains("the timestamp went back to version 2, wanted at least 3"));
    assert_eq!(std::fs::read(&state).unwrap(), remembered);
    std::fs::write(&state, &remembered[..remembered.len() / 2]).unwrap();
    assert!(update().unwrap_err().starts_with("state file damaged: "));
}
