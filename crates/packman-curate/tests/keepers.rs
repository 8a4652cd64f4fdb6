//! Several keepers, each with a machine of his own: nothing is in force before a threshold of them signed it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a test may fail loudly, and this one runs a program on files"
)]

mod world;

use std::path::{Path, PathBuf};
use std::process::Command;

use ed25519_dalek::pkcs8::spki::EncodePublicKey as _;
use ed25519_dalek::pkcs8::{EncodePrivateKey as _, KeypairBytes, PublicKeyBytes};
use packman_curate::{
    CurateError, InitRequest, PublishRequest, RotateRequest, SignReport, SignRequest, Together,
};
use packman_strict::time::Time;
use pkcs8::LineEnding;
use world::{Index, World, wheel};

/// Three keepers: the first makes the database and has the online key.
const KEEPERS: [&str; 3] = ["anna", "bert", "carl"];

struct Keepers {
    worlds: Vec<World>,
    index: Index,
}

/// Writes the key of a keeper, and gives the places of its two halves.
fn key(world: &World, name: &str) -> (PathBuf, PathBuf) {
    let seed = *packman_strict::Sha256::of(name.as_bytes()).as_bytes();
    let public = ed25519_dalek::SigningKey::from_bytes(&seed).verifying_key().to_bytes();
    let private = KeypairBytes { secret_key: seed, public_key: None }.to_pkcs8_pem(LineEnding::LF).unwrap();
    let public = PublicKeyBytes(public).to_public_key_pem(LineEnding::LF).unwrap();
    world.write(&format!("{name}.pem"), private.as_bytes());
    world.write(&format!("{name}.pub"), public.as_bytes());
    (world.path(&format!("{name}.pem")), world.path(&format!("{name}.pub")))
}

/// Carries a folder from one machine to another.
fn carry(from: &Path, to: &Path) {
    for file in packman_machine::files::list_tree(from).unwrap() {
        let place = to.join(file.path.as_str());
        std::fs::create_dir_all(place.parent().unwrap()).unwrap();
        std::fs::copy(from.join(file.path.as_str()), place).unwrap();
    }
}

impl Keepers {
    /// A database that two of the three must sign, its root and its targets; nobody but the first has signed yet.
    fn new() -> Self {
        let mut keepers = Self { worlds: KEEPERS.map(|_| World::new()).into(), index: Index::new() };
        // python-tuf asks the machine's clock: what is signed here is current for as long as anybody runs this.
        keepers.worlds.iter_mut().for_each(|world| world.now = Time::parse("2180-01-01T00:00:00Z").unwrap());
        let anna = &keepers.worlds[0];
        let own = key(anna, "anna").0;
        let theirs = ["bert", "carl"].map(|name| key(anna, name).1);
        for (world, name) in keepers.worlds.iter().zip(KEEPERS) {
            key(world, name);
        }
        let keys = [vec![own], theirs.to_vec()].concat();
        let report = anna.curator().init(&InitRequest {
            threshold: 2,
            keys: keys.clone(),
            targets_threshold: 2,
            targets_keys: keys,
            ..anna.init_request()
        });
        assert_eq!(report.unwrap().missing.len(), 1);
        keepers
    }

    /// The same with a root in force, at everybody's.
    fn begun() -> Self {
        let keepers = Self::new();
        keepers.share(0);
        keepers.sign(1, Together::default(), &["bert.pem"]).unwrap();
        carry(&keepers.worlds[1].path("db"), &keepers.worlds[0].path("db"));
        std::fs::remove_dir_all(keepers.worlds[0].path("db/proposed")).unwrap();
        keepers.share(0);
        keepers
    }

    /// Gives the folder of one keeper to the others.
    fn share(&self, from: usize) {
        for world in
            self.worlds.iter().enumerate().filter(|(place, _)| *place != from).map(|(_, world)| world)
        {
            let _ = std::fs::remove_dir_all(world.path("db"));
            carry(&self.worlds[from].path("db"), &world.path("db"));
        }
    }

    fn sign(&self, who: usize, together: Together, keys: &[&str]) -> Result<SignReport, CurateError> {
        let world = &self.worlds[who];
        let together = Together { keys: keys.iter().map(|key| world.path(key)).collect(), ..together };
        let folder = world.path("db");
        world.curator().sign(&SignRequest { folder: &folder, agree: &|_| true, together })
    }

    /// One keeper signs and hands a file to another.
    fn hand(&self, from: usize, import: bool, to: usize) -> Result<SignReport, CurateError> {
        let world = &self.worlds[from];
        let together = Together {
            import: import.then(|| world.path("handed")),
            export: Some(self.worlds[to].path("handed")),
            ..Together::default()
        };
        self.sign(from, together, &[&format!("{}.pem", KEEPERS[from])])
    }

    fn take(&self, who: usize) -> Result<SignReport, CurateError> {
        let together = Together { import: Some(self.worlds[who].path("handed")), ..Together::default() };
        self.sign(who, together, &[])
    }

    fn add(&self, version: &str) {
        let draft = packman_wheel::make::WheelDraft::new("flask", version).file("flask.py", "x = 1");
        self.index.list("flask", &[wheel(&draft)]);
        let anna = &self.worlds[0];
        anna.add(&anna.request(&[&format!("flask=={version}")], Some(&self.index)));
    }

    fn publish(&self, signed_only: bool) -> Result<u64, CurateError> {
        let anna = &self.worlds[0];
        let (folder, to) = (anna.path("db"), anna.path("site"));
        let request = PublishRequest { folder, to, signed_only, beside_others: false };
        anna.curator().publish(&request).map(|report| report.signed.unwrap().version)
    }

    fn words(&self, who: usize, result: Result<SignReport, CurateError>) -> String {
        match result {
            Ok(report) => report.missing.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
            Err(error) => self.worlds[who].words(&error),
        }
    }
}

#[test]
fn two_of_three_keepers_sign_one_after_the_other_and_nothing_counts_before() {
    let keepers = Keepers::new();
    let refused = keepers.publish(false).unwrap_err();
    insta::assert_snapshot!(keepers.worlds[0].words(&refused), @"signatures-missing: signatures are missing: root 1 has 1 of 2; wanted of `bert` (1cf7a64beb04…), `carl` (2e04e6a00af1…)");
    drop(keepers);

    let keepers = Keepers::begun();
    keepers.add("1.0");
    let half = keepers.hand(0, false, 1).unwrap();
    assert_eq!((half.version, half.missing.len(), half.missing[0].have), (1, 1, 1));
    assert_eq!(keepers.publish(false).unwrap_err().code(), "signatures-missing");
    let mut shown = String::new();
    let bert = &keepers.worlds[1];
    let folder = bert.path("db");
    let together = || Together {
        keys: vec![bert.path("bert.pem")],
        import: Some(bert.path("handed")),
        export: Some(keepers.worlds[0].path("handed")),
        ..Together::default()
    };
    let declined =
        bert.curator().sign(&SignRequest { folder: &folder, agree: &|_| false, together: together() });
    assert_eq!(declined.unwrap_err().code(), "consent-needed");
    let seen = std::sync::Mutex::new(&mut shown);
    let agree = |staged: &packman_curate::Staged| {
        **seen.lock().unwrap() =
            format!("{} {:?}", staged.new[0].file.file, staged.proposed.map(|(version, _)| version));
        true
    };
    let whole =
        bert.curator().sign(&SignRequest { folder: &folder, agree: &agree, together: together() }).unwrap();
    assert!(whole.missing.is_empty() && whole.waits_for_online);
    assert_eq!(shown, "flask-1.0-py3-none-any.whl Some(1)");
    let done = keepers.take(0).unwrap();
    assert!(done.missing.is_empty() && !done.waits_for_online && done.expiry.len() == 4);
    assert_eq!(keepers.publish(false).unwrap(), 1);

    // What is signed can be published, and prolonged, while the next version waits.
    keepers.add("2.0");
    keepers.hand(0, false, 2).unwrap();
    assert_eq!(keepers.publish(false).unwrap_err().code(), "signatures-missing");
    keepers.worlds[0].curator().refresh(&keepers.worlds[0].path("db")).unwrap();
    assert_eq!(keepers.publish(true).unwrap(), 1);
    // The third keeper has only what was there at the beginning: he is shown all that he never saw.
    keepers.hand(2, true, 0).unwrap();
    keepers.take(0).unwrap();
    assert_eq!(keepers.publish(false).unwrap(), 2);
    verified_by_python_tuf(&keepers.worlds[0]);

    // A new root: the second keeper's key goes, two others are what is needed.
    let anna = &keepers.worlds[0];
    let rotate = RotateRequest {
        folder: anna.path("db"),
        root: true,
        targets: false,
        online: true,
        keys: vec![anna.path("anna.pem")],
        root_keys: vec![anna.path("anna.pem"), anna.path("carl.pub")],
        threshold: Some(2),
        targets_keys: Vec::new(),
        targets_threshold: None,
        agent: None,
        spare: Some(anna.path("spare.pem")),
        no_passphrase: true,
    };
    let rotated = anna.curator().rotate(&rotate).unwrap();
    assert_eq!(rotated.version, 2);
    if !rotated.missing.is_empty() {
        assert_eq!(keepers.publish(false).unwrap_err().code(), "signatures-missing");
        keepers.share(0);
        keepers.hand(2, false, 0).unwrap();
        let done = keepers.take(0).unwrap();
        assert_eq!((done.root, done.missing.len()), (Some(2), 0));
    }
    keepers.publish(false).unwrap();
    verified_by_python_tuf(&keepers.worlds[0]);
}

fn verified_by_python_tuf(world: &World) {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let python = std::env::var_os("PACKMAN_TEST_PYTHON")
        .map_or(crates.join("../target/tools/bin/python"), PathBuf::from);
    let script = crates.join("packman-tuf/tests/python_tuf.py");
    let run = Command::new(python)
        .arg("-B")
        .arg(script)
        .arg("refresh")
        .args([world.path("site"), world.path("tuf-state")])
        .arg("projects/flask.json")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(said.contains("flask-2.0-py3-none-any.whl"), "{said}{}", String::from_utf8_lossy(&run.stderr));
}

/// Changes the proposal that the first keeper made, on its way to the second.
#[track_caller]
fn attack(edit: impl Fn(&Path)) -> String {
    let keepers = Keepers::begun();
    keepers.add("1.0");
    keepers.hand(0, false, 1).unwrap();
    carry(&keepers.worlds[0].path("db"), &keepers.worlds[1].path("db"));
    let proposed = keepers.worlds[1].path("db/proposed");
    edit(&proposed);
    let before = keepers.worlds[1].tree("db/metadata");
    let said = keepers.words(1, keepers.sign(1, Together::default(), &["bert.pem"]));
    assert_eq!(keepers.worlds[1].tree("db/metadata"), before);
    said
}

fn replace(path: &Path, from: &str, to: &str) {
    let text = std::fs::read_to_string(path).unwrap();
    assert!(text.contains(from), "{from} is not in {text}");
    std::fs::write(path, text.replacen(from, to, 1)).unwrap();
}

#[test]
fn a_keeper_signs_nothing_that_was_changed_on_its_way() {
    let targets = |proposed: &Path| proposed.join("metadata/1.targets.json");
    let record = |proposed: &Path| {
        let mut files = std::fs::read_dir(proposed.join("targets/projects")).unwrap();
        files.next().unwrap().unwrap().path()
    };
    let cases = [
        attack(|proposed| replace(&targets(proposed), "\"length\": ", "\"length\": 1")),
        attack(|proposed| replace(&record(proposed), "flask-1.0", "flask-6.6")),
        attack(|proposed| std::fs::remove_file(record(proposed)).unwrap()),
        attack(|proposed| std::fs::write(proposed.join("targets/evil.json"), "{}").unwrap()),
        attack(|proposed| std::fs::write(proposed.join("metadata/2.snapshot.json"), "{}").unwrap()),
        attack(|proposed| replace(&targets(proposed), "\"version\": 1", "\"version\": 2")),
        attack(|proposed| {
            let text = std::fs::read_to_string(targets(proposed)).unwrap();
            let id = text.split("\"keyid\": \"").nth(1).unwrap().split('"').next().unwrap().to_owned();
            replace(&targets(proposed), &id, &"0".repeat(64));
        }),
        attack(|proposed| {
            let text = std::fs::read_to_string(targets(proposed)).unwrap();
            let inside =
                text.split('{').find(|part| part.contains("\"keyid\"")).unwrap().split('}').next().unwrap();
            let one = format!("{{{inside}}}");
            std::fs::write(targets(proposed), text.replacen(&one, &format!("{one}, {one}"), 1)).unwrap();
        }),
        attack(|proposed| replace(&targets(proposed), "\"expires\": \"2180", "\"expires\": \"2199")),
        // With somebody else's keys, who could add records that no keeper is shown.
        attack(|proposed| {
            let roles = r#""delegations": {"keys": {}, "roles": [{"name": "more", "keyids": [], "threshold": 1,
                "terminating": false, "paths": ["projects/*"]}]}, "expires""#;
            replace(&targets(proposed), "\"expires\"", roles);
        }),
    ];
    for (case, why) in cases.iter().zip([
        "found other bytes than would be signed",
        "found other bytes than would be signed",
        "it would be signed, and is not there",
        "nothing that would be signed names it",
        "wanted files of a proposal only",
        "found version 2, wanted 1 as it is called",
        "which is none of its keys",
        "wanted each key id once",
        "does not hold: it was made over something else",
        "found a delegation to others, wanted none but bins with the targets keys",
    ]) {
        assert!(case.starts_with("bad-proposal: ") && case.contains(why), "{case}, wanted: {why}");
    }
}

#[test]
fn an_older_version_and_another_databases_file_are_refused() {
    let keepers = Keepers::begun();
    keepers.add("1.0");
    keepers.hand(0, false, 1).unwrap();
    keepers.hand(1, true, 0).unwrap();
    let old = std::fs::read(keepers.worlds[0].path("handed")).unwrap();
    keepers.take(0).unwrap();
    keepers.worlds[0].write("handed", &old);
    let again = keepers.words(0, keepers.take(0));
    assert!(again.contains("found version 1, wanted more than 1"), "{again}");
    let others = Keepers::begun();
    others.worlds[0].write("handed", &old);
    let foreign = others.words(0, others.take(0));
    assert!(foreign.contains("it is of another database"), "{foreign}");
}

#[test]
fn what_is_dropped_is_never_signed_under_the_same_version() {
    let keepers = Keepers::begun();
    keepers.add("1.0");
    assert_eq!(keepers.hand(0, false, 1).unwrap().version, 1);
    keepers.add("2.0");
    let together = Together { anew: true, ..Together::default() };
    assert_eq!(keepers.sign(0, together, &["anna.pem"]).unwrap().version, 2);
}
