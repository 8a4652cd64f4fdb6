//! Point 8: what is left, and what must hold all the same.

use packman_machine::loopback::Answer;
use packman_wheel::make::WheelDraft;
use testkit::packages::module;
use testkit::world::snapshot;

use super::{Stage, published, said, shows, stranger};
use crate::support::kept;

#[test]
fn point_8_of_a_replaced_key_only_first_time_users_are_exposed_and_it_says_so() {
    let stage = published();
    stage.trust();
    stage.world.venv(".venv");
    stranger(&stage, "other");
    shows(&stage.mirror, &stage.world, "other-site");
    // Who was there before installs nothing of it.
    stage.world.ends(3, "unexplained-change", &["install", "tool"]);
    // A newcomer with a number neither; without one nobody agrees for him, `--yes` does not either.
    let number = stage.number();
    let mut world = stage.world;
    world.use_fresh_user("newcomer");
    let add = ["trust", "add", &stage.mirror.url(), "--number", &number];
    world.ends(3, "number-mismatch", &add);
    let run = world.ends(1, "consent-needed", &["trust", "add", "./other-site"]);
    assert!(run.stderr.contains("`--number`"), "{}", run.stderr);
    world.ends(1, "not-vouched", &["install", "tool"]);
}

#[test]
fn point_8_a_scapegoat_is_not_talked_into_other_bytes_for_a_file_he_vouched_for() {
    let stage = published();
    let other = module("tool", "1.0").requires("words").file("tool/more.py", "evil = 1\n");
    stage.index.add(&other);
    let run = stage.world.run(&["curate", "add", "db", "tool==1.0"]);
    assert_eq!(run.code, 3, "{}", said(&run));
    assert!(run.stderr.contains("tool-1.0-py3-none-any.whl"), "{}", run.stderr);
}

#[test]
fn point_8_neither_an_invalid_database_nor_an_invalid_package_makes_it_run_their_code() {
    // Each of these would leave a mark if a line of it were run, or a file written that has no business there.
    let mark = "open('MARK', 'w').write('run')\n";
    let harmless = || module("tool", "1.0");
    let hostile: Vec<(&str, WheelDraft)> = vec![
        ("outside", harmless().file("../../../../MARK", mark)),
        ("absolute", harmless().file("/tmp/MARK", mark)),
        ("start-up", harmless().file("tool.pth", format!("import os; {mark}"))),
        ("another package", harmless().file("pip/__init__.py", mark)),
        ("setup", harmless().file("setup.py", mark)),
    ];
    for (what, draft) in hostile {
        let stage = Stage::published(vec![harmless()]);
        stage.trust();
        let venv = stage.world.venv(".venv");
        let Ok(bytes) = draft.build() else { continue };
        // Vouched for by mistake: the scapegoat's records name these very bytes.
        let folder = stage.world.path("wheels");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(draft.file_name()), &bytes).unwrap();
        let run = stage.world.run(&["curate", "add", "db", "--from", "wheels", "--copy-files"]);
        let _ = stage.world.run(&["curate", "sign", "db", "--yes"]);
        let _ = stage.world.run(&["curate", "publish", "db", "--to", "site"]);
        let installed = stage.world.run(&["install", "--venv", &venv.display().to_string(), "tool"]);
        let marks = snapshot(&stage.world.folder());
        let marks = marks.keys().filter(|path| path.ends_with("MARK")).count();
        assert_eq!(marks, 0, "{what}\n{}{}", said(&run), said(&installed));
    }
    // A database that is none: pages, other JSON, cut short.
    let stage = published();
    stage.trust();
    let venv = stage.world.venv(".venv");
    let before = kept(&stage.world, Some(&venv));
    for answer in ["<html>sign in</html>", "{}", "[[[[", "import os"] {
        stage.mirror.lie("metadata/timestamp.json", Answer::bytes(answer));
        let run = stage.world.run(&["install", "tool"]);
        assert_eq!(run.code, 3, "{answer}\n{}", said(&run));
    }
    assert!(kept(&stage.world, Some(&venv)) == before);
}
