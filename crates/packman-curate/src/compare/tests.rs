//! Two small wheels, and what is told of them.

use packman_names::WheelName;
use packman_strict::digest::Hashed;
use packman_wheel::Area;
use packman_wheel::make::WheelDraft;

use super::{Became, wheels, whole};

fn draft(version: &str) -> WheelDraft {
    WheelDraft::new("a", version).file("a/__init__.py", format!("__version__ = '{version}'\n"))
}

fn compared(old: Option<&WheelDraft>, new: &WheelDraft, with_lines: bool) -> wheels::Compared {
    let name = |draft: &WheelDraft| WheelName::parse(&draft.file_name()).unwrap();
    let bytes = |draft: &WheelDraft| Hashed::of(draft.build().unwrap());
    let (new_bytes, old_bytes) = (bytes(new), old.map(bytes));
    let new = whole(&new_bytes, &name(new)).unwrap();
    let old = old_bytes.as_ref().zip(old).map(|(bytes, draft)| whole(bytes, &name(draft)).unwrap());
    wheels::compare(old.as_ref(), &new, with_lines).unwrap()
}

/// What is found beside an old release.
fn check(old: &WheelDraft, new: &WheelDraft) -> String {
    let told = |finding: &super::Finding| {
        format!("{} {}: {}\n", finding.weight.name(), finding.about.name(), finding.line())
    };
    compared(Some(old), new, false).findings.iter().map(told).collect()
}

#[test]
fn what_is_the_same_but_for_its_version_is_nothing_to_tell() {
    let base = |version| draft(version).command("a", "a:main").requires("b>=1").file("a/data/x.json", "{}");
    assert_eq!(check(&base("1.0"), &base("1.1")), "");
    let compared = compared(Some(&base("1.0")), &base("1.1"), false);
    // The module with the version, METADATA; WHEEL, the commands and the data are the same.
    let changes: Vec<&str> = compared.changes.iter().map(|change| change.path.as_str()).collect();
    assert_eq!((changes, compared.same), (vec!["a/__init__.py", "a-1.1.dist-info/METADATA"], 3));
}

#[test]
fn what_runs_by_itself_comes_first() {
    let new = draft("1.1")
        .file("a/net.py", "import urllib.request\n")
        .file("a_init.pth", "import os; os.system('id')\n")
        .file("sitecustomize.py", "x = 1\n")
        .file("b.py", "")
        .data(Area::Scripts, "run", "#!python\n")
        .command("a", "a:main")
        .entry_point("pytest11", "a", "a.plugin")
        .requires("b")
        .requires("c; extra == 'x'")
        .requires("d @ https://d.example/d.whl")
        .extra("x");
    insta::assert_snapshot!(check(&draft("1.0"), &new), @"
    first start-up: `a_init.pth`: new; Python reads it whenever it starts, and runs `import os; os.system('id')`
    first start-up: `sitecustomize.py`: new; Python imports it whenever it starts
    first dependency: new dependency: `d @ https://d.example/d.whl`
    look hook: a new plugin `a` of `pytest11`: what looks for such plugins loads `a.plugin` by itself
    look command: a new command `a` calls `a:main`
    look command: `a-1.1.data/scripts/run`: new; it becomes the command `run`
    look dependency: new dependency: `b`
    look import: a new name that can be imported: `b`
    look import: a new name that can be imported: `sitecustomize`
    look hint: `a_init.pth`, line 1: new code starts programs: `import os; os.system('id')`
    know dependency: new dependency: `c; extra == 'x'`
    know hint: `a/net.py`, line 1: new code talks to the network: `import urllib.request`
    ");
}

#[test]
fn what_nobody_reads_is_named_by_its_first_bytes() {
    let elf = [b"\x7fELF\x02\x01\x01\0".as_slice(), &[1; 900]].concat();
    let old = draft("1.0").file("a/old.so", &elf);
    let new = draft("1.1")
        .file("a/old.so", [elf.as_slice(), b"x"].concat())
        .file("a/_native.so", &elf)
        .file("a/logo.png", &elf)
        .file("a/tests/bad.bin", [b"\xfd7zXZ\0".as_slice(), &[1; 900]].concat())
        .file("a/icon.gif", "not an image")
        .file("a/docs/setup.sh", "echo\n");
    insta::assert_snapshot!(check(&old, &new), @"
    first native: `a/logo.png`: new; it is an ELF program or library, and its name does not say so
    first place: `a/icon.gif`: new; it is not what its name says
    look native: `a/_native.so`: new: an ELF program or library, which nobody reads
    look native: `a/old.so`: changed: native code, which nobody reads; 908 to 909 bytes
    look place: `a/docs/setup.sh`: new: code in a folder of data or documents
    look data: `a/tests/bad.bin`: new: packed data (xz), which nobody reads
    ");
}

#[test]
fn new_lines_are_looked_at_and_old_ones_are_not() {
    let old =
        draft("1.0").file("a/x.py", "import subprocess\nsubprocess.run(['ls'])\nu = 'https://a.example/'\n");
    let same = "import subprocess\nsubprocess.run(['ls'])\nu = 'https://a.example/'\n";
    assert_eq!(
        check(&old, &draft("1.1").file("a/x.py", format!("{same}y = 2\nv = 'https://a.example/b'\n"))),
        ""
    );
    let new = format!("import base64\n{same}exec(base64.b64decode('eA=='))\nv = 'https://b.example/b'\n");
    insta::assert_snapshot!(check(&old, &draft("1.1").file("a/x.py", new)), @"first hint: `a/x.py`, line 5: new code runs text as code and decodes or unpacks data; newly names `b.example`: `exec(base64.b64decode('eA=='))`");
}

#[test]
fn nothing_that_a_release_says_acts_on_a_terminal() {
    let new = draft("1.1")
        .file("a/x.py", "exec('\u{1b}[2J\u{202e}') # \u{1b}]0;owned\u{7}\n")
        .file("a\u{1b}.pth", "import os # \u{1b}[2J\n");
    // A name with a control character is no path at all; what a file holds may be anything.
    assert!(new.build().is_err());
    let mut new = new;
    new.files.pop();
    let found = check(&draft("1.0"), &new.file("x.pth", "import os # \u{1b}[2J\n"));
    assert!(found.contains(r"\u{1b}[2J"), "{found}");
    assert!(!found.contains(['\u{1b}', '\u{202e}', '\u{7}']), "{found:?}");
}

#[test]
fn the_lines_that_changed_are_given_where_they_are_asked_for() {
    let old = draft("1.0").file("a/x.py", "one\ntwo\nthree\n");
    let new = draft("1.1").file("a/x.py", format!("one\n2\nthree\n{}\n", "x".repeat(5_000)));
    let compared = compared(Some(&old), &new, true);
    let change = compared.changes.iter().find(|change| change.path == "a/x.py").unwrap();
    assert_eq!(
        (change.became, change.lines, change.places.as_slice()),
        (Became::Changed, Some((2, 1)), &[(2, 2), (4, 4)][..])
    );
    let lines: Vec<(bool, u64, usize, u64)> =
        change.text.iter().map(|line| (line.is_new, line.number, line.text.len(), line.cut)).collect();
    assert_eq!(lines, [(false, 2, 3, 0), (true, 2, 1, 0), (true, 4, 2_000, 3_000)]);
}

#[test]
fn a_release_of_many_files_and_of_one_long_line_is_compared_all_the_same() {
    let mut new = draft("1.1").file("a/long.py", vec![b'x'; 12 << 20]);
    let mut old = draft("1.0").file("a/long.py", vec![b'x'; 11 << 20]);
    for number in 0..3_000 {
        new.files.push((format!("a/m{number}.py"), b"x = 1\n".to_vec()));
        old.files.push((format!("a/m{number}.py"), b"x = 2\n".to_vec()));
    }
    (new.deflated, old.deflated) = (true, true);
    let compared = compared(Some(&old), &new, true);
    assert_eq!(compared.changes.len(), 3_003);
    assert!(compared.changes.iter().all(|change| change.text.len() <= 2));
}

#[test]
fn a_first_release_is_told_by_what_it_holds() {
    let new = draft("1.0").file("a.pth", "import a\n").command("a", "a:main");
    let told: Vec<String> = compared(None, &new, false).findings.iter().map(super::Finding::line).collect();
    insta::assert_snapshot!(told.join("\n"), @"
    `a.pth`: new; Python reads it whenever it starts, and runs `import a`
    a new command `a` calls `a:main`
    a new name that can be imported: `a`
    ");
}
