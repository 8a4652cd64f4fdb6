//! Differential tests: repositories by chance, honest and harmed, and what two clients make of them: this crate, and
//! python-tuf in a process of its own. Each disagreement is a bug of ours, or of a class that `docs/differential.md`
//! explains.
//!
//! `PACKMAN_DIFFERENTIAL_CASES` asks for another number of cases than CI does, `PACKMAN_DIFFERENTIAL_SEED` for another
//! beginning.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    clippy::print_stderr,
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a test may fail loudly, and this one runs a program"
)]

mod canonical;
mod classes;
#[path = "../craft/mod.rs"]
mod craft;
mod edit;
mod harm;
mod oracle;
mod rng;
mod verdict;
mod world;

use std::collections::BTreeMap;

use classes::{CLASSES, class_of, is_a_rule};
use craft::NOW;
use harm::{Harm, What};
use oracle::Oracle;
use packman_strict::json::{Object, Value};
use packman_strict::time::Time;
use packman_tuf::{Limits, Rules};
use rng::Rng;
use verdict::{Ours, Verdict, difference};
use world::{Files, Kinds, PATHS, World, hex};

const DAY: i64 = 24 * 60 * 60;

pub(crate) fn number(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).ok().map_or(otherwise, |text| text.parse().unwrap())
}

/// A client that was shipped a root visits a mirror several times.
struct Case {
    name: String,
    story: Vec<String>,
    shipped: Vec<u8>,
    visits: Vec<(Time, Files)>,
}

impl Case {
    fn by_chance(seed: u64) -> Self {
        let mut rng = Rng::new(seed);
        let mut world = World::new(&mut rng);
        let first = world.publish(&Harm::none(), &mut rng);
        let mut case = Self::new(format!("seed {seed}"), &first);
        for visit in 0..=rng.below(3) {
            let news = if visit > 0 { world.evolve(&mut rng) } else { "met".to_owned() };
            let mut roles = world.role_names();
            roles.truncate(4);
            roles.extend(["root", "timestamp", "snapshot", "targets"].map(str::to_owned));
            let now = NOW.plus_seconds(rng.one_of(&[0, 0, 0, 1, DAY, 5 * DAY - 1, 5 * DAY, 50 * DAY - 1]));
            let harm = if rng.percent(70) { Harm::random(&roles, now, &mut rng) } else { Harm::none() };
            let before = world.clone();
            let mut files = world.publish(&harm, &mut rng);
            harm.serve(&mut files, &first);
            // What was harmed stays published, or the next publication goes on from what was there before.
            if rng.percent(50) {
                let versions = world.versions.clone();
                world = before;
                world.versions = versions;
                if harm.is_of("root") {
                    *world.versions.get_mut("root").unwrap() -= 1;
                }
            }
            case.visit(format!("{news}; {harm:?}"), now, files);
        }
        case
    }

    /// One visit, with that harm done.
    fn on_purpose(name: &str, harm: &Harm, mut world: World, mut rng: Rng) -> Self {
        let first = world.publish(&Harm::none(), &mut rng);
        let mut case = Self::new(name.to_owned(), &first);
        let files = world.publish(harm, &mut rng);
        case.visit(format!("met; {harm:?}"), NOW, files);
        case
    }

    fn new(name: String, first: &Files) -> Self {
        Self { name, story: Vec::new(), shipped: first["metadata/1.root.json"].clone(), visits: Vec::new() }
    }

    fn visit(&mut self, story: String, now: Time, files: Files) {
        self.story.push(story);
        self.visits.push((now, files));
    }

    fn question(&self) -> Value<'static> {
        let visits = self.visits.iter().map(|(now, files)| {
            let files: Object<'static> = files.iter().map(|(path, file)| (path.clone(), hex(file))).collect();
            let paths: Value<'static> = PATHS.into_iter().collect();
            Object::new()
                .with("now", now.seconds().unsigned_abs())
                .with("files", files)
                .with("targets", paths)
        });
        let visits: Value<'static> = visits.collect();
        Object::new().with("bootstrap", hex(&self.shipped)).with("visits", visits).into()
    }

    fn ours(&self, rules: Rules) -> Vec<Verdict> {
        let mut ours = Ours::new(self.shipped.clone(), Limits { rules, ..Limits::default() });
        self.visits.iter().map(|(now, files)| ours.visit(files, *now, &PATHS)).collect()
    }

    /// The disagreements of the first visit that has any: what follows may follow from it.
    fn disagreements(&self, oracle: &mut Oracle) -> (Vec<Verdict>, Vec<Disagreement>) {
        let answer = oracle.ask(&self.question());
        let theirs = answer.as_object().unwrap().get("visits").unwrap().as_array().unwrap().to_vec();
        let ours = self.ours(Rules::SPECIFICATION);
        self.hold_strict_against(&ours);
        for (visit, (one, other)) in ours.iter().zip(&theirs).enumerate() {
            let story = self.story[..=visit].join(" | ");
            let found = difference(one, &Verdict::read(other)).into_iter().map(|(ours, theirs)| {
                let class = class_of(&ours, &theirs, &story);
                let place = format!("{}, visit {visit}: {story}", self.name);
                Disagreement { class, ours, theirs, place }
            });
            let found: Vec<_> = found.collect();
            if !found.is_empty() {
                return (ours, found);
            }
        }
        (ours, Vec::new())
    }

    /// The strict rules say what the specification's own say, or name the rule.
    fn hold_strict_against(&self, ours: &[Verdict]) {
        for (visit, (strict, ours)) in self.ours(Rules::STRICT).iter().zip(ours).enumerate() {
            if strict == ours {
                continue;
            }
            let Verdict::Refused { why, .. } = strict else {
                panic!(
                    "{}, visit {visit}: accepted by the strict rules alone: {strict:?}, {ours:?}",
                    self.name
                )
            };
            assert!(is_a_rule(why), "{}, visit {visit}: {why}", self.name);
            break;
        }
    }
}

struct Disagreement {
    class: Option<&'static str>,
    ours: String,
    theirs: String,
    place: String,
}

/// Counts what was found, and tells of what no class explains.
#[derive(Default)]
struct Tally {
    classes: BTreeMap<&'static str, usize>,
    unexplained: Vec<String>,
}

impl Tally {
    fn add(&mut self, found: Vec<Disagreement>) {
        for Disagreement { class, ours, theirs, place } in found {
            match class {
                Some(class) => *self.classes.entry(class).or_default() += 1,
                None => self.unexplained.push(format!("OURS   {ours}\nTHEIRS {theirs}\n   {place}\n")),
            }
        }
    }

    #[track_caller]
    fn finish(&self) {
        let told = self.unexplained.iter().take(40).cloned().collect::<Vec<_>>().join("\n");
        assert!(self.unexplained.is_empty(), "{} unexplained:\n{told}", self.unexplained.len());
    }
}

#[test]
fn both_clients_say_the_same_of_repositories_by_chance() {
    let cases = number("PACKMAN_DIFFERENTIAL_CASES", 600);
    let beginning = number("PACKMAN_DIFFERENTIAL_SEED", 1);
    let mut oracle = Oracle::start();
    let (mut tally, mut accepted, mut refused) = (Tally::default(), 0, 0);
    for seed in beginning..beginning + cases {
        let (ours, found) = Case::by_chance(seed).disagreements(&mut oracle);
        for verdict in ours {
            match verdict {
                Verdict::Accepted { .. } => accepted += 1,
                Verdict::Refused { .. } => refused += 1,
            }
        }
        tally.add(found);
    }
    eprintln!("{cases} cases: {accepted} visits accepted, {refused} refused; {:?}", tally.classes);
    tally.finish();
    assert!(
        accepted > cases / 2 && refused > cases / 4,
        "harm is done, and not to all: {accepted} {refused}"
    );
}

/// What is explained is there: a class that nothing shows any more has to go.
#[test]
fn every_explained_disagreement_is_seen() {
    let harms = harms_of_classes();
    let mut oracle = Oracle::start();
    let mut tally = Tally::default();
    let mut check = |name: &str, case: &dyn Fn(u64) -> Case| {
        // Not every repository shows it: one may have more signatures than it needs.
        let seen = (1..=20).any(|seed| {
            let (_, found) = case(seed).disagreements(&mut oracle);
            let seen = found.iter().any(|found| found.class == Some(name));
            tally.add(found);
            seen
        });
        assert!(seen, "{name} is not seen: {:?}", case(1).story);
    };
    for (name, harm) in &harms {
        check(name, &|seed| {
            let mut rng = Rng::new(seed);
            let world = World::new(&mut rng);
            Case::on_purpose(name, harm, world, rng)
        });
    }
    check("many delegations", &|seed| {
        let mut rng = Rng::new(seed);
        let wide = World::wide(&mut rng);
        Case::on_purpose("many delegations", &Harm::none(), wide, rng)
    });
    check("rotated snapshot keys", &rotated);
    check("snapshots without targets", &without_targets);
    check("another file of one version", &another);
    tally.finish();
    let names: Vec<_> = CLASSES.iter().map(|class| class.name).collect();
    assert!(names.iter().all(|name| tally.classes.contains_key(name)), "{:?}", tally.classes);
    let page = include_str!("../../../../docs/differential.md");
    let rows: Vec<_> =
        page.lines().filter_map(|line| line.strip_prefix("| **")?.split("**").next()).collect();
    assert_eq!(rows, names, "docs/differential.md explains the classes, in their order");
}

/// What shows each class that harm of one file shows.
fn harms_of_classes() -> [(&'static str, Harm); 20] {
    let put = |role: &str, names, text| Harm::on_purpose(role, What::Put(names, text));
    [
        ("json", Harm::on_purpose("timestamp", What::Bytes("twice outside"))),
        (
            "types",
            put(
                "targets",
                &["delegations"],
                "{\"keys\": {}, \"roles\": [{\"name\": \"role\", \"keyids\": [], \"threshold\": 1, \"terminating\": 1, \"paths\": []}]}",
            ),
        ),
        ("large numbers", put("root", &["roles", "targets", "threshold"], "4294967296")),
        ("malformed digests", Harm::on_purpose("targets", What::Kinds(Kinds::Upper))),
        ("spelling of keys", Harm::on_purpose("root", What::Keys("upper case"))),
        ("spelling of keys", Harm::on_purpose("root", What::Keys("spaces"))),
        ("spelling of signatures", Harm::on_purpose("targets", What::Signatures("upper case"))),
        ("floods of signatures", Harm::on_purpose("targets", What::Signatures("thousand"))),
        ("one key under two ids", Harm::on_purpose("root", What::Signatures("twice under two ids"))),
        (
            "paths of targets",
            put(
                "targets",
                &["targets", "../x"],
                "{\"length\": 1, \"hashes\": {\"sha256\": \"0000000000000000000000000000000000000000000000000000000000000000\"}}",
            ),
        ),
        (
            "prefixes",
            put(
                "targets",
                &["delegations"],
                "{\"keys\": {}, \"roles\": [{\"name\": \"role\", \"keyids\": [], \"threshold\": 1, \"terminating\": false, \"path_hash_prefixes\": [\"\"]}]}",
            ),
        ),
        (
            "names of bins",
            put(
                "targets",
                &["delegations"],
                "{\"keys\": {}, \"succinct_roles\": {\"name_prefix\": \"\", \"keyids\": [], \"threshold\": 1, \"bit_length\": 1}}",
            ),
        ),
        ("digits", put("snapshot", &["spec_version"], "\"1.\u{b2}\"")),
        (
            "brackets",
            put(
                "targets",
                &["delegations"],
                "{\"keys\": {}, \"roles\": [{\"name\": \"role\", \"keyids\": [], \"threshold\": 1, \"terminating\": false, \"paths\": [\"[a-z]\"]}]}",
            ),
        ),
        ("digests of other kinds", Harm::on_purpose("targets", What::PinKinds(Kinds::Unknown))),
        ("digests of other kinds", Harm::on_purpose("targets", What::PinKinds(Kinds::Sha384))),
        (
            "keys of other kinds",
            put(
                "root",
                &["keys", "more"],
                "{\"keytype\": \"more\", \"scheme\": \"more\", \"keyval\": {\"public\": \"00\"}}",
            ),
        ),
        ("further roles", put("root", &["roles", "mirrors"], "{\"keyids\": [], \"threshold\": 1}")),
        ("json", Harm::on_purpose("targets", What::Bytes("deep outside"))),
        ("the year 0", put("root", &["expires"], "\"0000-01-01T00:00:00Z\"")),
    ]
}

/// The keys of the snapshot are rotated, and the next timestamp begins anew.
fn rotated(seed: u64) -> Case {
    let mut rng = Rng::new(seed);
    let mut world = World::new(&mut rng);
    let mut case = Case::new("rotated snapshot keys".to_owned(), &world.publish(&Harm::none(), &mut rng));
    let files = world.publish(&Harm::none(), &mut rng);
    case.visit("met".to_owned(), NOW, files);
    world.rotate_snapshot(&mut rng);
    world.versions.insert("timestamp".to_owned(), 0);
    let files = world.publish(&Harm::none(), &mut rng);
    case.visit("new keys of snapshot".to_owned(), NOW, files);
    case
}

/// A snapshot lists no targets, and the next is honest.
fn without_targets(seed: u64) -> Case {
    let mut rng = Rng::new(seed);
    let mut world = World::new(&mut rng);
    let mut case = Case::new("without targets".to_owned(), &world.publish(&Harm::none(), &mut rng));
    let harm = Harm::on_purpose("snapshot", What::Put(&["meta"], "{\"x.json\": {\"version\": 1}}"));
    for harm in [harm, Harm::none()] {
        let files = world.publish(&harm, &mut rng);
        case.visit(format!("{harm:?}"), NOW, files);
    }
    case
}

/// A snapshot of the same version lists other targets.
fn another(seed: u64) -> Case {
    let mut rng = Rng::new(seed);
    let mut world = World::new(&mut rng);
    let mut case = Case::new("another file".to_owned(), &world.publish(&Harm::none(), &mut rng));
    let files = world.publish(&Harm::none(), &mut rng);
    case.visit("met".to_owned(), NOW, files);
    let version = world.versions["snapshot"];
    world.versions.insert("snapshot".to_owned(), version - 1);
    let harm = Harm::on_purpose("snapshot", What::Nothing);
    let files = world.publish(&harm, &mut rng);
    case.visit(format!("{harm:?} Version({version})"), NOW, files);
    case
}
