//! Mallory has a host, and Ben's clock is wrong: by chance, or because Mallory has that too.

use packman_strict::time::Time;

use super::{HONEST, ONLINE, Stage};

fn year(year: &str) -> Time {
    Time::parse_date(&format!("{year}-01-01")).unwrap()
}

#[test]
fn a_clock_of_1970_revives_nothing_that_ended_before_the_last_refresh() {
    let mut stage = Stage::new();
    // Twenty days on Ann prolongs once more; Ben sees it on its last day, and that is the last that he is shown.
    stage.days_pass(20);
    stage.web.serve("web", &stage.ann.prolong(stage.now));
    stage.days_pass(29);
    assert_eq!(stage.installs(), HONEST);
    let frozen = stage.ann.files();
    stage.days_pass(1);
    stage.web.serve("web", &stage.ann.publish(stage.now));
    assert_eq!(stage.installs(), HONEST);
    stage.web.serve("web", &frozen);
    assert_eq!(stage.ben.installs(year("1970"), "tool"), "3 rollback");
    // What Ben has seen himself ends by the time at which he saw it, whatever the clock says.
    stage.web.take_down("web");
    stage.days_pass(40);
    assert_eq!(stage.installs(), "3 expired");
}

#[test]
fn a_clock_of_2099_ends_everything_and_leaves_nothing_behind() {
    let stage = Stage::new();
    assert_eq!(stage.ben.installs(year("2099"), "tool"), "3 expired");
    assert_eq!(stage.installs(), HONEST);
}

#[test]
fn a_clock_of_2099_and_a_stolen_online_key_do_not_move_the_time_for_good() {
    let stage = Stage::new();
    let mut mallory = stage.thief(&stage.keys(&ONLINE));
    stage.web.serve("web", &mallory.prolong(year("2099")));
    assert_eq!(stage.ben.installs(year("2099"), "tool"), "3 expired", "the root and the targets are not his");
    let mut ann = stage.ann.clone();
    stage.web.serve("web", &ann.rotate(&ONLINE, stage.now));
    assert_eq!(stage.installs(), HONEST);
}
