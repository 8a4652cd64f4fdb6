//! Points 4 and 5: a signed database over any channel, and packages from any host.

use packman_machine::loopback::Answer;
use packman_strict::Sha256;
use testkit::packages::module;
use testkit::world::snapshot;

use super::{published, said};
use crate::support::kept;

#[test]
fn point_4_a_signed_database_comes_over_any_untrusted_channel_and_is_fetched_at_every_run() {
    let stage = published();
    stage.trust();
    let world = &stage.world;
    let venv = world.venv(".venv");
    world.ok(&["install", "tool"]);
    // New packages are seen at the next run, without a word from anybody.
    stage.release(&[module("tool", "1.1").requires("words")]);
    world.ok(&["install", "tool>=1.1"]);
    // Whoever holds the mirror can change any file of it: nothing comes of it but a refusal.
    stage.release(&[module("tool", "1.2").requires("words")]);
    let files = snapshot(&world.path("site"));
    let changeable = files.iter().filter(|(path, _)| !path.starts_with("blobs"));
    let is_newest = |path: &str| path.contains("timestamp") || path.contains("3.") || path.contains(".tool.");
    let (mut tried, before) = (0, kept(world, Some(&venv)));
    for (path, bytes) in changeable.filter(|(path, _)| is_newest(&path.to_string_lossy())) {
        let path = path.to_string_lossy();
        let text = String::from_utf8_lossy(bytes).replace("1.2", "6.6");
        let changed = if text.as_bytes() == bytes.as_slice() {
            [bytes.as_slice(), b" "].concat()
        } else {
            text.into_bytes()
        };
        stage.mirror.lie(&path, Answer::bytes(changed));
        let run = world.run(&["install", "tool==6.6"]);
        assert_ne!(run.code, 0, "{path}\n{}", said(&run));
        stage.mirror.be_honest();
        tried += 1;
    }
    assert!(tried >= 4, "{tried}");
    assert_eq!(kept(world, Some(&venv)).keys().collect::<Vec<_>>(), before.keys().collect::<Vec<_>>());
    world.ok(&["install", "tool>=1.2"]);
}

#[test]
fn point_5_a_package_comes_from_any_third_party_host_and_its_hash_is_compared() {
    let stage = published();
    stage.trust();
    let world = &stage.world;
    let venv = world.venv(".venv");
    // The database names the host of the wheel; it has none of the wheels itself.
    assert!(
        snapshot(&world.path("site")).keys().all(|path| path.extension().is_none_or(|kind| kind != "whl"))
    );
    let wheel = module("tool", "1.0").requires("words").build().unwrap();
    let record = snapshot(&world.path("site/targets/projects"));
    let text = record.iter().find(|(path, _)| path.to_string_lossy().contains(".tool.")).unwrap().1;
    let text = String::from_utf8_lossy(text);
    assert!(text.contains(&Sha256::of(&wheel).to_string()), "{text}");
    assert!(
        !text.contains("md5") && !text.contains("sha1"),
        "weak hashes do not count, and are not even there"
    );
    // Another wheel of the same name and length on that host.
    let mut other = wheel.clone();
    let middle = other.len() / 2;
    other[middle] ^= 1;
    stage.index.answer_instead("files/tool-1.0-py3-none-any.whl", Answer::bytes(other));
    let before = kept(world, Some(&venv));
    let run = world.ends(3, "hash-mismatch", &["install", "tool"]);
    assert!(run.stderr.contains("no host gave the bytes with SHA-256"), "{}", run.stderr);
    assert!(kept(world, Some(&venv)) == before);
    stage.index.answer_instead("files/tool-1.0-py3-none-any.whl", Answer::bytes(wheel));
    world.ok(&["install", "tool"]);
    // A hash that anybody can make two files for is not taken, wherever one is asked for.
    std::fs::write(world.path("weak.txt"), "tool==1.0 --hash=md5:d41d8cd98f00b204e9800998ecf8427e\n")
        .unwrap();
    let run = world.run(&["install", "-r", "weak.txt"]);
    assert_ne!(run.code, 0, "{}", said(&run));
    assert!(run.stderr.contains("SHA-256"), "{}", run.stderr);
}
