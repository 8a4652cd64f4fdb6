//! What `add` chooses, takes and refuses.
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
use packman_machine::loopback::Answer;
use packman_names::{Platform, PythonVersion, Target};
use packman_strict::Sha256;
use packman_wheel::make::WheelDraft;
use world::{Index, Listed, World, linux, sdist, wheel};

/// Adds to a new database what is asked for of these projects; tells what came of it.
fn check(
    projects: &[(&str, Vec<Listed>)],
    asked: &[&str],
    change: impl Fn(&mut AddRequest, &World, &Index),
) -> String {
    let (world, index) = (World::new(), Index::new());
    for (project, files) in projects {
        index.list(project, files);
    }
    world.init();
    let mut request = world.request(asked, Some(&index));
    change(&mut request, &world, &index);
    let report = match world.curator().add(&request) {
        Ok(report) => report,
        Err(error) => return world.words(&error).replace(&index.url(), "http://index/"),
    };
    world.lines(&report).replace(&index.url(), "http://index/")
}

fn as_it_is(_: &mut AddRequest, _: &World, _: &Index) {}

fn with_dependencies(request: &mut AddRequest, _: &World, _: &Index) {
    request.with_dependencies = true;
}

fn pure(name: &str, version: &str) -> Listed {
    wheel(&WheelDraft::new(name, version))
}

fn tagged(name: &str, version: &str, tag: &str) -> Listed {
    wheel(&WheelDraft { tag: tag.to_owned(), ..WheelDraft::new(name, version) })
}

#[test]
fn takes_the_newest_release_that_fits_and_is_old_enough() {
    let files = || {
        vec![
            pure("a", "1.0"),
            pure("a", "1.1"),
            pure("a", "2.0rc1"),
            pure("a", "1.2").uploaded("2026-06-09T12:00:00Z"),
            pure("a", "1.3").with("yanked", "\"broken\""),
        ]
    };
    insta::assert_snapshot!(check(&[("a", files())], &["a"], as_it_is), @"
    + a-1.1-py3-none-any.whl
    * `a` 1.2 of 2026-06-09 is younger than 7 days: took `1.1`; to take it all the same, name it: `a==1.2`
    ");
    insta::assert_snapshot!(check(&[("a", files())], &["a==1.2"], as_it_is), @"+ a-1.2-py3-none-any.whl");
    insta::assert_snapshot!(check(&[("a", files())], &["a==1.3"], as_it_is), @"+ a-1.3-py3-none-any.whl");
    insta::assert_snapshot!(check(&[("a", files())], &["a>=2rc0"], as_it_is), @"+ a-2.0rc1-py3-none-any.whl");
    insta::assert_snapshot!(check(&[("a", files())], &["a"], |request, _, _| request.min_age_days = 0), @"+ a-1.2-py3-none-any.whl");
    insta::assert_snapshot!(check(&[("a", files())], &["a<1.2"], |request, _, _| request.all_versions = true), @"
    + a-1.0-py3-none-any.whl
    + a-1.1-py3-none-any.whl
    ");
    insta::assert_snapshot!(check(&[("a", files())], &["a>=1.2,<1.3"], as_it_is), @"
    ! a>=1.2,<1.3: too-young: `a>=1.2,<1.3`: nothing fits:
      you asked for `a>=1.2,<1.3`
      `a` 1.2 was uploaded on 2026-06-09, less than 7 days ago
    * `a` 1.2 of 2026-06-09 is younger than 7 days: took nothing; to take it all the same, name it: `a==1.2`
    ");
}

#[test]
fn a_wheel_slipped_into_an_old_release_is_as_young_as_it_is() {
    let files = vec![
        tagged("a", "1", "py3-none-any"),
        tagged("a", "1", "cp312-none-any").uploaded("2026-06-15T11:00:00Z"),
    ];
    insta::assert_snapshot!(check(&[("a", files)], &["a"], as_it_is), @"+ a-1-py3-none-any.whl");
}

#[test]
fn takes_the_wheels_that_a_named_target_can_install() {
    let files = || {
        vec![
            tagged("a", "1", "cp312-cp312-manylinux_2_17_x86_64"),
            tagged("a", "1", "cp313-cp313-manylinux_2_17_x86_64"),
            tagged("a", "1", "cp312-cp312-win_amd64"),
            tagged("a", "1", "py3-none-any"),
            sdist("a-1.tar.gz"),
        ]
    };
    insta::assert_snapshot!(check(&[("a", files())], &["a"], as_it_is), @"
    + a-1-cp312-cp312-manylinux_2_17_x86_64.whl
    + a-1-py3-none-any.whl
    ");
    insta::assert_snapshot!(
        check(&[("a", files())], &["a"], |request, _, _| request.targets = vec![linux("3.12"), linux("3.13")]),
        @"
    + a-1-cp312-cp312-manylinux_2_17_x86_64.whl
    + a-1-cp313-cp313-manylinux_2_17_x86_64.whl
    + a-1-py3-none-any.whl
    "
    );
    insta::assert_snapshot!(check(&[("a", files())], &["a"], |request, _, _| request.all_files = true), @"
    + a-1-cp312-cp312-manylinux_2_17_x86_64.whl
    + a-1-cp313-cp313-manylinux_2_17_x86_64.whl
    + a-1-cp312-cp312-win_amd64.whl
    + a-1-py3-none-any.whl
    + a-1.tar.gz
    ");
}

#[test]
fn one_release_for_all_targets_where_there_is_one() {
    let old_and_new = || {
        vec![
            tagged("a", "2", "cp313-cp313-manylinux_2_17_x86_64"),
            tagged("a", "1", "cp312-cp312-manylinux_2_17_x86_64"),
            tagged("a", "1", "cp313-cp313-manylinux_2_17_x86_64"),
        ]
    };
    let both =
        |request: &mut AddRequest, _: &World, _: &Index| request.targets = vec![linux("3.12"), linux("3.13")];
    insta::assert_snapshot!(check(&[("a", old_and_new())], &["a"], both), @"
    + a-1-cp312-cp312-manylinux_2_17_x86_64.whl
    + a-1-cp313-cp313-manylinux_2_17_x86_64.whl
    ");
    insta::assert_snapshot!(check(&[("a", old_and_new())], &["a>1"], both), @"
    + a-2-cp313-cp313-manylinux_2_17_x86_64.whl
    ! a>1 for Python 3.12 on linux x86_64: no-wheel: `a>1`: nothing fits:
      you asked for `a>1`
      `a` 2 has no wheel for this Python and platform; there is `cp313-cp313-manylinux_2_17_x86_64`
    ");
    // A release that fits both and that nobody should take is not the one.
    let yanked =
        vec![pure("a", "3").with("yanked", "true"), tagged("a", "2", "cp313-cp313-manylinux_2_17_x86_64")];
    insta::assert_snapshot!(check(&[("a", yanked)], &["a"], both), @"
    + a-2-cp313-cp313-manylinux_2_17_x86_64.whl
    ! a for Python 3.12 on linux x86_64: nothing-fits: `a`: nothing fits:
      you asked for `a`
      `a` 3 was yanked
      `a` 2 has no wheel for this Python and platform; there is `cp313-cp313-manylinux_2_17_x86_64`
    ");
    let apart = vec![
        tagged("a", "2", "cp313-cp313-manylinux_2_17_x86_64"),
        tagged("a", "1", "cp312-cp312-manylinux_2_17_x86_64"),
    ];
    insta::assert_snapshot!(check(&[("a", apart)], &["a"], both), @"
    + a-1-cp312-cp312-manylinux_2_17_x86_64.whl
    + a-2-cp313-cp313-manylinux_2_17_x86_64.whl
    ");
}

#[test]
fn takes_what_it_depends_on() {
    let web = || {
        let draft = WheelDraft::new("web", "1").requires("base>=2").requires("win; sys_platform == 'win32'");
        wheel(&draft.requires("fast; extra == 'speed'").extra("speed"))
    };
    let base =
        || vec![pure("base", "1"), pure("base", "2"), pure("base", "3").uploaded("2026-06-14T00:00:00Z")];
    insta::assert_snapshot!(check(&[("web", vec![web()]), ("base", base())], &["web"], with_dependencies), @"
    + base-2-py3-none-any.whl
    + web-1-py3-none-any.whl
    * the index has no wheel for `win; sys_platform == 'win32'`, which is needed on another platform: a lock for every platform will not be found
    ");
    insta::assert_snapshot!(
        check(&[("web", vec![web()]), ("base", base()), ("fast", vec![pure("fast", "1")])], &["web[speed]"], with_dependencies),
        @"
    + base-2-py3-none-any.whl
    + fast-1-py3-none-any.whl
    + web-1-py3-none-any.whl
    * the index has no wheel for `win; sys_platform == 'win32'`, which is needed on another platform: a lock for every platform will not be found
    "
    );
    insta::assert_snapshot!(check(&[("web", vec![web()])], &["web"], with_dependencies), @"
    ! web: not-listed: the package index has no `base`, which `web` 1 needs:
      you asked for `web`
      `web` 1 needs `base>=2`
    ");
    insta::assert_snapshot!(check(&[("web", vec![web()])], &["web"], as_it_is), @"
    + web-1-py3-none-any.whl
    * `web` needs `base`, which this database does not hold: who has it from no other cannot install it; `--with-dependencies` records what is needed
    ");
}

#[test]
fn what_does_not_go_together_is_reported_and_nothing_else_is_lost() {
    let projects = || {
        vec![
            ("x", vec![wheel(&WheelDraft::new("x", "1").requires("z<2"))]),
            ("y", vec![wheel(&WheelDraft::new("y", "1").requires("z>=2"))]),
            ("z", vec![pure("z", "1"), pure("z", "2")]),
            ("sdist-only", vec![sdist("sdist_only-1.tar.gz")]),
        ]
    };
    insta::assert_snapshot!(check(&projects(), &["x", "y", "nowhere", "sdist-only"], with_dependencies), @"
    + x-1-py3-none-any.whl
    + z-1-py3-none-any.whl
    ! y: nothing-fits: `y`: nothing fits:
      you asked for `x`
      you asked for `y`
      `x` 1 needs `z<2`
      `y` 1 needs `z>=2`
    ! nowhere: not-listed: the package index has no `nowhere`
    ! sdist-only: sdist: `sdist-only`: nothing fits:
      you asked for `sdist-only`
      `sdist-only` 1 is there as a source distribution only, and building one runs its code
    ");
    insta::assert_snapshot!(check(&projects(), &["x", "y==1"], with_dependencies), @"
    + x-1-py3-none-any.whl
    + y-1-py3-none-any.whl
    + z-1-py3-none-any.whl
    ! y==1: nothing-fits: `y==1` was recorded, and does not go together with the rest:
      you asked for `x`
      you asked for `y==1`
      `x` 1 needs `z<2`
      `y` 1 needs `z>=2`
    ");
    insta::assert_snapshot!(check(&projects(), &["nowhere", "sdist-only", "z"], as_it_is), @"
    + z-2-py3-none-any.whl
    ! nowhere: not-listed: the package index has no `nowhere`
    ! sdist-only: sdist: `sdist-only`: nothing fits:
      you asked for `sdist-only`
      `sdist-only` 1 is there as a source distribution only, and building one runs its code
    ");
    insta::assert_snapshot!(check(&projects(), &["z; sys_platform == 'win32'", "x @ https://x.example/x.whl"], as_it_is), @"
    ! x @ https://x.example/x.whl: url-requirement: `x @ https://x.example/x.whl` names a URL, wanted a project that somebody vouches for
    * `z; sys_platform == 'win32'` is for other Pythons or platforms, and was passed over; `--python` and `--platform` name others
    ");
}

#[test]
fn refuses_bytes_that_are_not_those_the_index_names() {
    let lie = |project: &str| {
        pure(project, "1").with("hashes", format!(r#"{{"sha256":"{}"}}"#, Sha256::of(b"other")))
    };
    let honest = || ("b", vec![pure("b", "1")]);
    insta::assert_snapshot!(check(&[("a", vec![lie("a")]), honest()], &["a", "b"], as_it_is), @"
    + b-1-py3-none-any.whl
    ! a-1-py3-none-any.whl: hash-mismatch: `a-1-py3-none-any.whl`: found SHA-256 f69379957ba85e8198e62a388a76a3a22393c77437f7320778e8b035a013a1f7, wanted d9298a10d1b0735837dc4bd85dac641b0f3cef27a47e5d53a54f2f3f5b2fcffa as the index says
    ");
    // The same lie where METADATA has to be read from the wheel to resolve.
    insta::assert_snapshot!(check(&[("a", vec![lie("a")]), honest()], &["a", "b"], with_dependencies), @"
    + b-1-py3-none-any.whl
    ! a: hash-mismatch: `a-1-py3-none-any.whl`: found SHA-256 f69379957ba85e8198e62a388a76a3a22393c77437f7320778e8b035a013a1f7, wanted d9298a10d1b0735837dc4bd85dac641b0f3cef27a47e5d53a54f2f3f5b2fcffa as the index says
    ");
    let short = pure("a", "1").with("size", "7");
    insta::assert_snapshot!(check(&[("a", vec![short])], &["a"], as_it_is), @"! a-1-py3-none-any.whl: hash-mismatch: `a-1-py3-none-any.whl`: found 688 bytes, wanted 7 as the index says of SHA-256 f69379957ba85e8198e62a388a76a3a22393c77437f7320778e8b035a013a1f7");
}

#[test]
fn refuses_a_wheel_that_says_other_needs_than_the_index_told() {
    let told = "Metadata-Version: 2.1\nName: a\nVersion: 1\n";
    let needy = || wheel(&WheelDraft::new("a", "1").requires("evil"));
    insta::assert_snapshot!(check(&[("a", vec![needy().beside(told)])], &["a"], with_dependencies), @"! a-1-py3-none-any.whl: wheel-metadata-differs: `a-1-py3-none-any.whl`: its METADATA says Requires-Dist `evil`, the index said `nothing more`");
    let honest = "Metadata-Version: 2.1\nName: a\nVersion: 1\nRequires-Dist: evil\n";
    insta::assert_snapshot!(
        check(&[("a", vec![needy().beside(honest)]), ("evil", vec![pure("evil", "1")])], &["a"], with_dependencies),
        @"
    + a-1-py3-none-any.whl
    + evil-1-py3-none-any.whl
    "
    );
    let other =
        needy().beside(honest).with("core-metadata", format!(r#"{{"sha256":"{}"}}"#, Sha256::of(b"other")));
    insta::assert_snapshot!(check(&[("a", vec![other])], &["a"], with_dependencies), @"! a: hash-mismatch: `a-1-py3-none-any.whl.metadata`: found SHA-256 92003076b1e102830fe52697a9c0af1444247bf7b03d712b2c632e5bb586ac68, wanted d9298a10d1b0735837dc4bd85dac641b0f3cef27a47e5d53a54f2f3f5b2fcffa as the index says");
    insta::assert_snapshot!(check(&[("a", vec![needy().beside("nonsense")])], &["a"], with_dependencies), @"! a: wheel-metadata: `a-1-py3-none-any.whl`: METADATA line `nonsense`: wanted `Field: value`");
}

#[test]
fn refuses_malformed_wheels() {
    let broken = |bytes: Vec<u8>| Listed { bytes, ..pure("a", "1") };
    insta::assert_snapshot!(check(&[("a", vec![broken(b"PK".to_vec())])], &["a"], as_it_is), @"! a-1-py3-none-any.whl: zip-no-end: `a-1-py3-none-any.whl`: archive does not end as a zip archive: cut off, or something else");
    let renamed = Listed { name: "a-2-py3-none-any.whl".to_owned(), ..pure("a", "1") };
    insta::assert_snapshot!(check(&[("a", vec![renamed])], &["a"], as_it_is), @"! a-2-py3-none-any.whl: wheel-dist-info-name: `a-2-py3-none-any.whl`: wheel: its `.dist-info` folder is `a-1.dist-info`, wanted one for `a 2`");
    // Its structure holds, but one file is not what RECORD says: no client could unpack it.
    let draft = WheelDraft::new("a", "1").file("a.py", "print('hello')");
    let mut bytes = draft.build().unwrap();
    let at = bytes.windows(5).position(|window| window == b"hello").unwrap();
    bytes[at] = b'j';
    insta::assert_snapshot!(check(&[("a", vec![broken(bytes)])], &["a"], as_it_is), @"! a-1-py3-none-any.whl: zip-crc: `a-1-py3-none-any.whl`: entry `a.py` has another CRC-32 than it declares");
}

#[test]
fn a_page_speaks_of_its_own_project_only() {
    let files = vec![pure("a", "1"), pure("b", "9")];
    insta::assert_snapshot!(check(&[("a", files)], &["a"], |request, _, _| request.all_files = true), @"+ a-1-py3-none-any.whl");
    let only_foreign = vec![pure("b", "9")];
    insta::assert_snapshot!(check(&[("a", only_foreign)], &["a"], as_it_is), @"! a: not-listed: the package index has no `a`");
}

#[test]
fn a_file_name_once_recorded_never_gets_other_bytes() {
    let (world, index) = (World::new(), Index::new());
    index.list("a", &[pure("a", "1")]);
    world.init();
    let request = world.request(&["a"], Some(&index));
    world.add(&request);
    let other = || wheel(&WheelDraft::new("a", "1").file("a.py", "evil"));
    index.list("a", &[other()]);
    let changed = world.lines(&world.add(&request));
    insta::assert_snapshot!(changed, @"! a-1-py3-none-any.whl: hash-changed: `a-1-py3-none-any.whl`: recorded with SHA-256 f69379957ba85e8198e62a388a76a3a22393c77437f7320778e8b035a013a1f7, found 7255d19600eb4872ab9a604a0918d498c3a86989636f9231a49997de9bf64e04");
    // Nor where the index names no hash, so that only the bytes tell.
    index.list("a", &[other().with("hashes", "{}")]);
    let by_bytes = world.lines(&world.add(&request));
    assert_eq!(by_bytes.lines().next(), changed.lines().next());
    // Nor after it was removed.
    let a = vec![packman_names::Requirement::parse("a").unwrap()];
    let removed =
        world.curator().remove(&packman_curate::RemoveRequest { folder: world.path("db"), requirements: a });
    assert_eq!(removed.unwrap().projects.len(), 1);
    assert_eq!(world.lines(&world.add(&request)).lines().next(), changed.lines().next());
    index.list("a", &[pure("a", "1")]);
    assert_eq!(world.lines(&world.add(&request)), "+ a-1-py3-none-any.whl");
}

#[test]
fn again_adds_newer_and_keeps_older() {
    let (world, index) = (World::new(), Index::new());
    index.list("a", &[pure("a", "1")]);
    world.init();
    let request = world.request(&["a"], Some(&index));
    world.add(&request);
    index.list("a", &[pure("a", "1").with("yanked", "true"), pure("a", "2")]);
    assert_eq!(world.lines(&world.add(&request)), "+ a-2-py3-none-any.whl");
    let asked = index.asked();
    assert_eq!(world.lines(&world.add(&request)), "= a-2-py3-none-any.whl");
    assert_eq!(index.asked(), ["GET simple/a/"], "nothing is fetched again, unlike before: {asked:?}");
    let pinned = world.request(&["a==1"], Some(&index));
    insta::assert_snapshot!(world.lines(&world.add(&pinned)), @"
    = a-1-py3-none-any.whl
    * `a-1-py3-none-any.whl` was yanked at its source
    ");
}

#[test]
fn reads_an_index_that_has_only_html_and_says_what_it_does_not_know() {
    let html = |hash: &str| {
        let draft = pure("a", "1");
        let page = format!("<!DOCTYPE html><a href='../../files/{}{hash}'>a</a>", draft.name);
        (Answer::page("text/html", page), Answer::bytes(draft.bytes))
    };
    let serve = |hash: String| {
        move |_: &mut AddRequest, _: &World, index: &Index| {
            let (page, file) = html(&hash);
            index.put("simple/a/", page);
            index.put("files/a-1-py3-none-any.whl", file);
        }
    };
    let hash = format!("#sha256={}", Sha256::of(&pure("a", "1").bytes));
    insta::assert_snapshot!(check(&[], &["a"], serve(hash)), @"
    + a-1-py3-none-any.whl
    * the index does not say when files were uploaded (of `a`, say): age was not looked at
    ");
    insta::assert_snapshot!(check(&[], &["a"], serve(String::new())), @"
    + a-1-py3-none-any.whl
    * the index does not say when files were uploaded (of `a`, say): age was not looked at
    * the index names no SHA-256 (of `a-1-py3-none-any.whl`, say): what was computed is recorded
    ");
    insta::assert_snapshot!(check(&[], &["a"], serve(format!("#sha256={}", Sha256::of(b"")))), @"
    ! a-1-py3-none-any.whl: hash-mismatch: `a-1-py3-none-any.whl`: found SHA-256 f69379957ba85e8198e62a388a76a3a22393c77437f7320778e8b035a013a1f7, wanted e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 as the index says
    * the index does not say when files were uploaded (of `a`, say): age was not looked at
    ");
}

#[test]
fn an_index_that_fails_or_lies_ends_only_what_it_was_asked_for() {
    let page = |answer: fn() -> Answer| {
        move |_: &mut AddRequest, _: &World, index: &Index| index.put("simple/a/", answer())
    };
    let honest = || vec![("b", vec![pure("b", "1")])];
    insta::assert_snapshot!(check(&honest(), &["a", "b"], page(|| Answer::status(500))), @"
    + b-1-py3-none-any.whl
    ! a: network: the index page of `a` was not fetched: `http://index/simple/a/`: wanted a file, found the answer 500
    ");
    insta::assert_snapshot!(check(&honest(), &["a", "b"], page(|| Answer::page("application/json", "{}"))), @"
    + b-1-py3-none-any.whl
    ! a: malformed-index: index page `http://index/simple/a/`: the document: found no member `meta`, wanted one
    ");
    insta::assert_snapshot!(check(&honest(), &["a", "b"], page(Answer::endless)), @"
    + b-1-py3-none-any.whl
    ! a: malformed-index: index page `http://index/simple/a/`: it is longer than 67108864 bytes
    ");
    let gone = |_: &mut AddRequest, _: &World, index: &Index| {
        index.put("files/b/b-1-py3-none-any.whl", Answer::status(404));
    };
    insta::assert_snapshot!(check(&honest(), &["b"], gone), @"! b-1-py3-none-any.whl: network: `b-1-py3-none-any.whl` was not fetched: `http://index/files/b/b-1-py3-none-any.whl` has no such file");
    let huge = |_: &mut AddRequest, _: &World, index: &Index| {
        index.put("files/b/b-1-py3-none-any.whl", Answer::endless());
    };
    let sized = vec![("b", vec![pure("b", "1").with("size", "900")])];
    insta::assert_snapshot!(check(&sized, &["b"], huge), @"! b-1-py3-none-any.whl: hash-mismatch: `b-1-py3-none-any.whl`: found 901 bytes, wanted 900 as the index says of SHA-256 c0cf05fac8ae83aa3e8d91178da2f8624d31dca18c563a2eef518d4f1f4fdc77");
}

#[test]
fn without_a_network_nothing_is_recorded_and_the_reason_is_told() {
    let unreachable = |request: &mut AddRequest, _: &World, _: &Index| {
        request.index =
            Some(packman_machine::location::Location::parse_link("http://127.0.0.1:9/simple/").unwrap());
    };
    let told = check(&[], &["a"], unreachable);
    assert!(told.starts_with("! a: network: the index page of `a` was not fetched"), "{told}");
}

#[test]
fn stopped_in_the_middle_it_records_nothing_and_fetches_nothing_twice() {
    let (world, index) = (World::new(), Index::new());
    index.list("a", &[pure("a", "1")]);
    index.list("b", &[pure("b", "1")]);
    world.init();
    let before = world.tree("db");
    // One comes and the other never does: were both to come at once, nothing would be left to stop.
    let late = "files/b/b-1-py3-none-any.whl";
    index.put(late, Answer::silence());
    *world.told.stop_at.lock().unwrap() = Some(("ended", world.stop.clone()));
    let request = world.request(&["a", "b"], Some(&index));
    assert_eq!(world.curator().add(&request).unwrap_err().code(), "stopped");
    let records: Vec<String> =
        world.tree("db").into_iter().filter(|path| path.starts_with("projects/")).collect();
    assert!(records.is_empty() && !before.is_empty());
    // The same home and cache, in a run that nobody stops.
    let wheels = |asked: Vec<String>| asked.iter().filter(|path| path.starts_with("GET files/")).count();
    let fetched = wheels(index.asked());
    index.put(late, Answer::bytes(pure("b", "1").bytes));
    let again = world.again();
    assert_eq!(again.add(&request).added.len(), 2);
    let fetched_again = wheels(index.asked());
    assert!(fetched >= 1 && fetched_again == 1, "{fetched} then {fetched_again}");
}

#[test]
fn hashes_that_a_file_names_are_compared_and_of_the_named_wheels_those_that_fit_are_taken() {
    let (world, index) = (World::new(), Index::new());
    let linux_wheel = tagged("a", "1", "cp312-cp312-manylinux_2_17_x86_64");
    let windows_wheel = tagged("a", "1", "cp312-cp312-win_amd64");
    let (one, two) = (Sha256::of(&linux_wheel.bytes), Sha256::of(&windows_wheel.bytes));
    index.list("a", &[linux_wheel, windows_wheel, pure("a", "1")]);
    world.init();
    let text = format!("a==1 --hash=sha256:{one} --hash=sha256:{two}\n");
    world.write("requirements.txt", &text);
    let mut request = world.request(&[], Some(&index));
    request.asked = world.demand("requirements.txt").unwrap();
    request.with_dependencies = true;
    insta::assert_snapshot!(world.lines(&world.add(&request)), @"+ a-1-cp312-cp312-manylinux_2_17_x86_64.whl");
    let windows = Platform::parse("windows-x86_64").unwrap();
    request.targets.push(Target::of(windows, PythonVersion::parse("3.12").unwrap()));
    insta::assert_snapshot!(world.lines(&world.add(&request)), @"
    + a-1-cp312-cp312-win_amd64.whl
    = a-1-cp312-cp312-manylinux_2_17_x86_64.whl
    ");
    // The index names the right hash and its host gives other bytes.
    let world = World::new();
    world.init();
    world.write("requirements.txt", &text);
    index.put("files/a/a-1-cp312-cp312-win_amd64.whl", Answer::bytes(pure("a", "1").bytes));
    request.folder = world.path("db");
    let lines = world.lines(&world.add(&request));
    assert!(lines.contains("! a-1-cp312-cp312-win_amd64.whl: hash-mismatch"), "{lines}");
    assert!(lines.contains("requirements.txt`, line 1 says"), "{lines}");
}

#[test]
fn what_a_file_asks_for_and_nobody_can_take_is_reported_with_the_rest() {
    let (world, index) = (World::new(), Index::new());
    index.list("a", &[pure("a", "1")]);
    world.init();
    world.write("requirements.txt", "a\n-e .\nb==1 --hash=md5:00\n");
    let mut request = world.request(&[], Some(&index));
    request.asked.extend(world.demand("requirements.txt").unwrap());
    let report = world.add(&request);
    insta::assert_snapshot!(world.lines(&report), @"
    + a-1-py3-none-any.whl
    ! -e .: path: `-e .` (`~/requirements.txt`, line 2): it is a folder that somebody works in, and nobody can vouch for what changes
    ! b==1 --hash=md5:00: weak-hash: `b==1 --hash=md5:00` (`~/requirements.txt`, line 3): it names no SHA-256
    ");
    assert!(report.gravest().unwrap().hint().unwrap().contains("pip install --no-deps"));
}

#[test]
fn two_at_once_lose_nothing() {
    let (world, index) = (World::new(), Index::new());
    let names = ["a", "b", "c", "d"];
    for name in names {
        index.list(name, &[pure(name, "1")]);
    }
    // One project that both change.
    index.list("z", &[pure("z", "1"), pure("z", "2")]);
    world.init();
    std::thread::scope(|scope| {
        for (at, name) in names.iter().enumerate() {
            let (world, index) = (&world, &index);
            let both = if at % 2 == 0 { "z==1" } else { "z==2" };
            scope.spawn(move || {
                assert!(world.add(&world.request(&[name, both], Some(index))).not_taken.is_empty());
            });
        }
    });
    let signed = world.sign().unwrap();
    assert_eq!(signed.staged.new.len(), 6);
}

#[test]
fn a_full_disk_ends_it_with_the_records_as_they_were() {
    let (world, index) = (World::new(), Index::new());
    index.list("a", &[pure("a", "1")]);
    index.list("b", &[pure("b", "1")]);
    world.init();
    world.add(&world.request(&["a"], Some(&index)));
    let before = world.read("db/projects/a.json");
    // A file where the folder of blobs should be fails as a full disk does: in the middle.
    let blobs = world.tree("db/blobs");
    for blob in blobs {
        world.remove(&format!("db/blobs/{blob}"));
    }
    std::fs::remove_dir_all(world.path("db/blobs")).unwrap();
    world.write("db/blobs", "");
    let error = world.curator().add(&world.request(&["a==1", "b"], Some(&index))).unwrap_err();
    assert_eq!(error.code(), "disk");
    assert_eq!(world.read("db/projects/a.json"), before);
    assert!(!world.path("db/projects/b.json").exists());
}
