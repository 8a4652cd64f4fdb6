//! What `add` does with hashes that a person named, and with addresses that hold secrets.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test may fail loudly"
)]

mod world;

use packman_curate::AddRequest;
use packman_strict::Sha256;
use packman_wheel::make::WheelDraft;
use world::{Index, Listed, World, sdist, wheel};

const ZEROS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

fn pure(name: &str, version: &str) -> Listed {
    wheel(&WheelDraft::new(name, version))
}

/// What is added of a requirements file, from an index that lists these files of `six`; each wheel's own hash stands
/// for `OWN`.
fn check(files: &[Listed], text: &str, change: impl Fn(&mut AddRequest)) -> String {
    let (world, index) = (World::new(), Index::new());
    index.list("six", files);
    index.list("user", &[wheel(&WheelDraft::new("user", "1").requires("six"))]);
    world.init();
    let own = Sha256::of(&pure("six", "1.17.0").bytes).to_string();
    world.write("requirements.txt", text.replace("OWN", &own));
    let mut request = world.request(&[], Some(&index));
    request.asked = world.demand("requirements.txt").unwrap();
    change(&mut request);
    world.lines(&world.add(&request)).replace(&own, "OWN")
}

fn as_it_is(_: &mut AddRequest) {}

#[test]
fn refuses_a_release_of_which_no_file_has_a_hash_that_was_named() {
    let files = || vec![pure("six", "1.17.0"), sdist("six-1.17.0.tar.gz")];
    let named = format!("six==1.17.0 --hash=sha256:{ZEROS}\n");
    insta::assert_snapshot!(check(&files(), &named, as_it_is), @"! six==1.17.0: hash-mismatch: `six-1.17.0-py3-none-any.whl`: found SHA-256 OWN, wanted 0000000000000000000000000000000000000000000000000000000000000000 as `~/requirements.txt`, line 1 says");
    let with_dependencies = |request: &mut AddRequest| request.with_dependencies = true;
    insta::assert_snapshot!(check(&files(), &format!("{named}user\n"), with_dependencies), @"
    ! six==1.17.0: hash-mismatch: `six-1.17.0-py3-none-any.whl`: found SHA-256 OWN, wanted 0000000000000000000000000000000000000000000000000000000000000000 as `~/requirements.txt`, line 1 says
    ! user: hash-mismatch: `user`: nothing fits:
      you asked for `user` (~/requirements.txt:2)
      `user` 1 needs `six`
      `six` 1.17.0 has no wheel with a SHA-256 that `~/requirements.txt`, line 1 names
    ");
    insta::assert_snapshot!(check(&files(), &named, |request| request.all_files = true), @"! six==1.17.0: hash-mismatch: `six-1.17.0-py3-none-any.whl`: found SHA-256 OWN, wanted 0000000000000000000000000000000000000000000000000000000000000000 as `~/requirements.txt`, line 1 says");
    insta::assert_snapshot!(check(&files(), &format!("six==1.17.0 --hash=sha256:{ZEROS} --hash=sha256:OWN\n"), as_it_is), @"+ six-1.17.0-py3-none-any.whl");
}

#[test]
fn a_hash_that_was_named_counts_where_the_index_names_none() {
    let silent = || vec![pure("six", "1.17.0").with("hashes", "{}")];
    insta::assert_snapshot!(check(&silent(), "six==1.17.0 --hash=sha256:OWN\n", as_it_is), @"+ six-1.17.0-py3-none-any.whl");
    insta::assert_snapshot!(check(&silent(), &format!("six==1.17.0 --hash=sha256:{ZEROS}\n"), as_it_is), @"! six-1.17.0-py3-none-any.whl: hash-mismatch: `six-1.17.0-py3-none-any.whl`: found SHA-256 OWN, wanted 0000000000000000000000000000000000000000000000000000000000000000 as `~/requirements.txt`, line 1 says");
    let two = format!("six==1.17.0 --hash=sha256:{ZEROS} --hash=sha256:{}\n", ZEROS.replace('0', "1"));
    insta::assert_snapshot!(check(&silent(), &two, as_it_is), @"
    ! six-1.17.0-py3-none-any.whl: hash-mismatch: `six-1.17.0-py3-none-any.whl`: found SHA-256 OWN, wanted 0000000000000000000000000000000000000000000000000000000000000000 or 1111111111111111111111111111111111111111111111111111111111111111 as `~/requirements.txt`, line 1 says
    * the index names no SHA-256 (of `six-1.17.0-py3-none-any.whl`, say): what was computed is recorded
    ");
}

/// A world whose index names the file of `a` at this address, below the index's own.
fn at_address(address: &str) -> (World, Index) {
    let (world, index) = (World::new(), Index::new());
    let host = index.url().replace("http://", "");
    let url = address.replace("HOST", host.trim_end_matches('/'));
    let listed = pure("a", "1").beside("Metadata-Version: 2.1\nName: a\nVersion: 1\n");
    index.list("a", &[listed.with("url", format!("{url:?}"))]);
    world.init();
    (world, index)
}

/// Everything that anybody can read of a run: its report, what was told, and every file of the database.
fn traces(world: &World, request: &AddRequest) -> String {
    let report = world.add(request);
    let mut traces = world.lines(&report);
    traces.push_str(&world.told.events.lock().unwrap().join("\n"));
    for file in world.tree("db") {
        traces.push_str(&String::from_utf8_lossy(&world.read(&format!("db/{file}"))));
    }
    traces
}

#[test]
fn a_password_in_an_address_is_neither_recorded_nor_told() {
    let (world, index) = at_address("http://lab:hunter2@HOST/files/a/a-1-py3-none-any.whl");
    let request = world.request(&["a"], Some(&index));
    let traces = traces(&world, &request);
    assert!(traces.contains("/files/a/a-1-py3-none-any.whl"), "{traces}");
    assert!(!traces.contains("hunter2") && !traces.contains("lab:"), "{traces}");
    // Nor where nothing is there.
    let (world, index) = at_address("http://lab:hunter2@HOST/nowhere/a-1-py3-none-any.whl");
    let report = world.add(&world.request(&["a"], Some(&index)));
    let lines = world.lines(&report);
    assert!(lines.contains("! a-1-py3-none-any.whl: network") && !lines.contains("hunter2"), "{lines}");
}

#[test]
fn an_address_that_needs_a_query_is_refused_or_left_out_for_a_copy() {
    let (world, index) =
        at_address("http://HOST/files/a/a-1-py3-none-any.whl?X-Amz-Signature=hunter2&token=hunter3");
    let mut request = world.request(&["a"], Some(&index));
    request.with_dependencies = true;
    insta::assert_snapshot!(world.lines(&world.add(&request)), @"! a-1-py3-none-any.whl: private-address: `a-1-py3-none-any.whl` is at an address with a query, which may be a secret");
    assert!(world.tree("db/projects").is_empty());
    request.copy_files = true;
    let traces = traces(&world, &request);
    assert!(traces.contains("+ a-1-py3-none-any.whl"), "{traces}");
    assert!(!traces.contains("hunter"), "{traces}");
    let record = String::from_utf8(world.read("db/projects/a.json")).unwrap();
    assert!(record.contains("../../blobs/") && !record.contains("http:"), "{record}");
    world.sign().unwrap();
    world.publish("site").unwrap();
}
