//! Contradictions: two files of one version that the same keys signed, what they stop, and the evidence that is kept.

use packman_database::{ABOUT_PATH, About, Kind, RECALLS_PATH, Recalls};
use packman_machine::clock;
use packman_tuf::Role;
use testkit::repository::Repository;
use testkit::world::World;

use crate::support::{MAINTAINER, Mirror, bare_world, kept, plain, said};

/// A database whose keys are all at hand, its mirror, and a user who compared its number.
struct Stage {
    world: World,
    repository: Repository,
    mirror: Mirror,
}

impl Stage {
    fn new() -> Self {
        let (world, mut repository) = (bare_world(), Repository::with_seed(clock::now(), 30));
        let about = About {
            kind: Kind::Database,
            title: "Web tools".to_owned(),
            maintainer: MAINTAINER.to_owned(),
            home_page: None,
            mirrors: vec![],
            scope: vec![],
        };
        repository.add_target(ABOUT_PATH, &about.encode());
        repository.add_target(RECALLS_PATH, &Recalls::default().encode());
        repository.publish();
        let mirror = Mirror::of(world.path("site"));
        let stage = Self { world, repository, mirror };
        stage.serve(&stage.repository);
        let number = stage.repository.number(1).to_string();
        stage.world.ok(&["trust", "add", &stage.mirror.url(), "--as", "web", "--number", &number]);
        stage
    }

    fn serve(&self, repository: &Repository) {
        for (path, bytes) in repository.files() {
            let path = self.world.path("site").join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
    }

    /// Publishes a next state, and makes another of the same versions, signed by the same keys.
    fn twin(&mut self) -> Repository {
        let mut twin = self.repository.clone();
        twin.expiry.insert(Role::Timestamp, clock::now().plus_days(29));
        self.repository.publish_timestamp();
        twin.publish_timestamp();
        self.serve(&self.repository);
        twin
    }

    fn evidence(&self) -> String {
        let files = kept(&self.world, None);
        let mut evidence = files.keys().filter(|path| path.starts_with("evidence"));
        let found = evidence.next().expect("evidence was kept").clone();
        assert_eq!(evidence.next(), None, "once");
        self.world.home().join(found).display().to_string()
    }
}

fn both(world: &World, arguments: &[&str]) -> String {
    let run = world.run(arguments);
    plain(world, &format!("{}{}", run.stdout, run.stderr)).trim_end().to_owned()
}

#[test]
fn a_mirror_with_two_faces_stops_its_database_until_a_higher_version_and_leaves_evidence() {
    let mut stage = Stage::new();
    let twin = stage.twin();
    stage.world.ok(&["trust", "refresh"]);
    stage.serve(&twin);
    let run = stage.world.ends(3, "contradiction", &["trust", "refresh"]);
    insta::assert_snapshot!(said(&stage.world, &run), @"
    note: both files were kept in `~/home/evidence/SHA256.json`; `packman trust show` reads it
    error: CONTRADICTION in `web`: two different files of timestamp 3 carry its signature
      because: `metadata/timestamp.json`: two files of version 3 are signed: found signed part SHA256, remembered SHA256
      hint: Nothing was taken from it, and what you have stays.
      hint: One of the two was made to deceive somebody, or a key was used in two places at once: both were kept, as evidence that you can send to its maintainer.
      hint: It goes on by itself when it publishes a timestamp with a higher version.
      hint: see `packman explain contradiction`
    ");
    let evidence = stage.evidence();
    // The first face again does not settle it, and removing and adding neither.
    stage.serve(&stage.repository);
    stage.world.ends(3, "contradiction", &["trust", "refresh"]);
    insta::assert_snapshot!(both(&stage.world, &["trust", "list"]), @"[#]  web  signed, compared  for *  0 projects  stopped: contradicts itself  http://HOST/");
    stage.world.ok(&["trust", "remove", "web"]);
    stage.world.ok(&["trust", "add", &stage.mirror.url(), "--as", "web"]);
    stage.world.ends(3, "contradiction", &["trust", "refresh"]);
    // A higher version does.
    stage.repository.publish_timestamp();
    stage.serve(&stage.repository);
    insta::assert_snapshot!(both(&stage.world, &["trust", "refresh"]), @"web  newer");
    insta::assert_snapshot!(both(&stage.world, &["trust", "show", &evidence]), @"
    this holds: two different files of timestamp 3 are signed by the same keys
      one    SHA-256 SHA256
      other  SHA-256 SHA256, from http://HOST/, at TIME
      whoever found it calls it `web` and has it from http://HOST/
      it is about `web` of your trust ring: the keys are the same
      the safety numbers of the roots that prove it, newest last
        root 1: NUMBER
    ");
    assert_eq!(stage.evidence(), evidence);
}

#[test]
fn evidence_is_verified_by_whoever_reads_it_with_nothing_else() {
    let mut stage = Stage::new();
    let twin = stage.twin();
    stage.world.ok(&["trust", "refresh"]);
    stage.serve(&twin);
    stage.world.ends(3, "contradiction", &["trust", "refresh"]);
    let text = std::fs::read_to_string(stage.evidence()).unwrap();
    let reader = bare_world();
    let check = |text: &str| {
        std::fs::write(reader.path("sent.json"), text).unwrap();
        reader.run(&["trust", "show", "./sent.json", "--json"])
    };
    let proven = check(&text);
    assert_eq!(proven.code, 0, "{}", proven.stderr);
    assert!(proven.stdout.contains("\"entry\": null"), "{}", proven.stdout);
    let stranger = Repository::with_seed(clock::now(), 90);
    let root = String::from_utf8(stranger.file(Role::Root)).unwrap();
    let quoted = |text: &str| format!("{text:?}");
    let own_root = String::from_utf8(stage.repository.file(Role::Root)).unwrap();
    let [one, other] = [&stage.repository, &twin]
        .map(|repository| quoted(&String::from_utf8(repository.file(Role::Timestamp)).unwrap()));
    for (from, to) in [
        // The keys of somebody else; the same file twice; another version or role; a signature that was changed.
        (quoted(&own_root), quoted(&root)),
        (other.clone(), one.clone()),
        ("\"version\": 3".to_owned(), "\"version\": 4".to_owned()),
        ("\"role\": \"timestamp\"".to_owned(), "\"role\": \"snapshot\"".to_owned()),
        ("\\\"sig\\\": \\\"".to_owned(), "\\\"sig\\\": \\\"00".to_owned()),
        ("packman-evidence\": 1".to_owned(), "packman-evidence\": 2".to_owned()),
        ("\"roots\": [".to_owned(), "\"x-roots\": [".to_owned()),
    ] {
        let forged = text.replacen(&from, &to, 1);
        assert_ne!(forged, text, "{from}");
        let run = check(&forged);
        assert_eq!((run.code, run.error_code().as_str()), (3, "bad-evidence"), "{from}\n{}", run.stderr);
    }
}
