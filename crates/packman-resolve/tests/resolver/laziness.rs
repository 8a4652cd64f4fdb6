//! What the supply is asked for: only what is reached, and once.

use std::fmt::Write as _;

use insta::assert_snapshot;

use crate::support::world;

/// Resolves and lists what the supply was asked for, in order.
fn check(text: &str) -> String {
    let mut world = world(text);
    let told = world.told();
    format!("{told}--\n{}", world.supply.calls.join("\n"))
}

#[test]
fn asks_for_each_project_and_each_chosen_release_once() {
    assert_snapshot!(check("
        a 1.0: missing
        a 2.0: b | c[x]
        b 1.0
        b 2.0: c>=1
        c 1.0
        c 2.0: d ; extra == 'x' | e ; extra == 'y'
        d 1.0
        e 1.0
        z 1.0
        ask a
    "), @"
    d 1.0
    c 2.0 [x]
    b 2.0
    a 2.0
    --
    releases a
    needs a 2.0
    releases b
    needs b 2.0
    releases c
    needs c 2.0
    releases d
    needs d 1.0
    ");
}

#[test]
fn asks_for_nothing_where_all_is_there() {
    assert_snapshot!(check("
        a 2.0
        b 2.0
        installed a 1.0: b
        installed b 1.0
        ask a
    "), @"
    b 1.0 kept
    a 1.0 kept
    --
    ");
}

#[test]
fn asks_only_for_what_is_missing() {
    assert_snapshot!(check("
        a 2.0
        b 2.0
        installed a 1.0: b
        ask a
    "), @"
    b 2.0
    a 1.0 kept
    --
    releases b
    needs b 2.0
    ");
}

#[test]
fn asks_for_older_releases_only_when_newer_ones_do_not_fit() {
    assert_snapshot!(check("
        a 1.0
        a 2.0: c<1
        a 3.0: c<1
        c 1.0
        ask c | a
    "), @"
    c 1.0
    a 1.0
    --
    releases c
    needs c 1.0
    releases a
    needs a 3.0
    needs a 2.0
    needs a 1.0
    ");
}

#[test]
fn asks_for_no_needs_of_what_cannot_be_chosen() {
    assert_snapshot!(check("
        a 1.0
        a 2.0 {yanked broken}
        a 3.0rc1
        a 4.0 {python >=3.13}
        a 5.0
        ask a<5
    "), @"
    a 1.0
    --
    releases a
    needs a 1.0
    ");
}

#[test]
fn is_the_same_each_time_and_in_whatever_order_releases_are_listed() {
    let releases = [
        "a 1.0: c<2 | d[x]",
        "a 2.0: c>=2 | d[y]",
        "b 1.0: c<2",
        "b 2.0: c>=3 | d",
        "c 1.0",
        "c 2.0: d<2",
        "c 3.0",
        "d 1.0: e ; extra == 'x' | f ; extra == 'y'",
        "d 2.0: e ; extra == 'y'",
        "e 1.0: a",
        "f 1.0: b",
    ];
    let told = |turn: usize| {
        let mut releases = releases;
        releases.rotate_left(turn);
        world(&format!("{}\nask a | b", releases.join("\n"))).told()
    };
    let first = told(0);
    for turn in 0..releases.len() {
        assert_eq!(told(turn), first);
    }
    assert_snapshot!(first, @"
    c 3.0
    e 1.0
    d 2.0 [y]
    a 2.0
    b 2.0
    ");
}

/// A project with very many releases, as there are.
fn many(count: usize, needs: impl Fn(usize) -> String) -> String {
    let mut text = String::new();
    for version in 0..count {
        _ = writeln!(text, "big {}.{}: {}", version / 100, version % 100, needs(version));
    }
    text
}

/// How often the supply was asked for needs.
fn needs_asked(text: &str) -> (String, usize) {
    let mut world = world(text);
    let told = world.told();
    (told, world.supply.calls.iter().filter(|call| call.starts_with("needs")).count())
}

#[test]
fn opens_few_of_many_releases() {
    let catalogue = many(2_000, |version| format!("core>={version}"));
    let (told, asked) = needs_asked(&format!("{catalogue}core 1999\ncore 3000\nask big"));
    assert_snapshot!(told, @"
    core 3000
    big 19.99
    ");
    assert_eq!(asked, 2);
}

#[test]
fn finds_its_way_back_through_many_releases() {
    let catalogue = many(300, |version| format!("core>={version}"));
    let (told, asked) = needs_asked(&format!("{catalogue}core 7\ncore 300\nask core<8 | big"));
    assert_snapshot!(told, @"
    core 7
    big 0.7
    ");
    assert!(asked <= 301, "{asked}");
}

#[test]
fn finds_its_way_back_through_many_releases_with_an_extra() {
    let catalogue = many(300, |version| format!("core>={version} ; extra == 'x'"));
    for ask in ["core<8 | big[x]", "big | core<8 | user", "user | core<8", "big>=0.3 | core<8 | user"] {
        let text = format!("{catalogue}core 7\ncore 300\nuser 1: big[x]\nask {ask}");
        let (told, asked) = needs_asked(&text);
        assert!(told.contains("big 0.7 [x]"), "{ask}: {told}");
        assert!(asked <= 303, "{ask}: {asked}");
    }
}

#[test]
fn explains_a_long_way_back_in_few_lines() {
    let catalogue = many(300, |version| format!("core=={version}"));
    let (told, _) = needs_asked(&format!("{catalogue}core 3000\nask big | core"));
    assert_snapshot!(told, @"
    error nothing-fits: nothing fits:
    you asked for `big`
    `big` 2.99 needs `core==299` (what 299 other releases need of it does not fit either)
    no release is `core==299` nor 299 other ranges; there is 3000
    ");
}

#[test]
fn does_not_recurse_along_a_chain() {
    let mut text = String::new();
    for link in 0..3_000 {
        _ = writeln!(text, "p{link} 1.0: p{}", link + 1);
    }
    let (told, _) = needs_asked(&format!("{text}p3000 1.0\nask p0"));
    assert_eq!(told.lines().count(), 3_001);
    assert!(told.starts_with("p3000 1.0\np2999 1.0\n"));
}
