//! Hostile wheels: each row is an attack that would succeed without one check. All of them go the whole road,
//! from bytes to an environment, and not one byte may arrive there.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::cast_possible_truncation,
    reason = "a test may fail loudly"
)]

mod support;

use std::fs;

use packman_names::WheelName;
use packman_strict::Sha256;
use packman_strict::digest::Hashed;
use packman_strict::zip::ZipLimits;
use packman_wheel::{Expected, Wheel, WheelLimits, unpack};
use support::attack::{Attack, DIST, METADATA, WHEEL, check, check_all, install};
use support::{Scratch, crew};

#[test]
fn honest_wheels_pass() {
    check_all(&[
        ("nothing done to it", |_| (), "installed"),
        (
            "directory entries",
            |a| {
                a.smuggle("innocent/", "");
                a.last().mode = 0o040_755;
                a.smuggle("innocent-1.0.dist-info/", "");
                a.last().mode = 0o040_755;
            },
            "installed",
        ),
        ("a vendored dist-info", |a| a.add("innocent/vendor/b-1.dist-info/METADATA", "Name: b"), "installed"),
        ("signatures of RECORD", |a| a.smuggle("innocent-1.0.dist-info/RECORD.jws", "{}"), "installed"),
        (
            "a row without size",
            |a| {
                let row = a.rows["innocent/data.bin"].replace(",100", ",");
                a.rows.insert("innocent/data.bin".into(), row);
            },
            "installed",
        ),
        ("a path file that RECORD lists", |a| a.add("innocent.pth", "import innocent\n"), "installed"),
        (
            "commands",
            |a| {
                a.entry_points("[console_scripts]\ninnocent = innocent:main [x]\n[gui_scripts]\npip-view = innocent:gui\n");
                a.add("innocent-1.0.data/scripts/innocent.sh", "#!/bin/sh\n");
            },
            "installed",
        ),
        (
            "dist-info and data of another spelling of the name",
            |a| {
                a.add("innocent-1.0.data/data/share/doc/readme", "read me");
            },
            "installed",
        ),
    ]);
}

#[test]
fn a_command_that_was_packed_without_its_executable_bit_gets_it() {
    let (scratch, mut attack) = (Scratch::new(), Attack::new());
    attack.add("innocent-1.0.data/scripts/run", "#!/bin/sh\n");
    attack.add("innocent-1.0.data/scripts/rewritten", "#!python\n");
    attack.add("innocent/tool", "");
    attack.last().mode = 0o100_755;
    install(&scratch, &attack).unwrap();
    let mode = |path: &str| scratch.picture()[path].split(' ').nth(1).unwrap().to_owned();
    assert_eq!((mode("bin/run"), mode("bin/rewritten")), ("755".into(), "755".into()));
    assert_eq!(mode("lib/python3.11/site-packages/innocent/tool"), "755");
    assert_eq!(mode("lib/python3.11/site-packages/innocent/data.bin"), "644");
}

#[test]
fn refuses_archives_that_are_not_what_they_seem() {
    check_all(&[
        ("an absolute path", |a| a.add("/tmp/evil", "x"), "zip-unsafe-path"),
        ("a path that climbs", |a| a.add("innocent/../../evil", "x"), "zip-unsafe-path"),
        ("a drive letter", |a| a.add("C:/evil", "x"), "zip-unsafe-path"),
        ("a backslash", |a| a.add("innocent\\evil", "x"), "zip-unsafe-path"),
        (
            "a data folder that escapes",
            |a| a.add("innocent-1.0.data/scripts/../../evil", "x"),
            "zip-unsafe-path",
        ),
        (
            "a link",
            |a| {
                a.add("innocent/link", "/etc/passwd");
                a.last().mode = 0o120_777;
            },
            "zip-special",
        ),
        (
            "a device",
            |a| {
                a.add("innocent/device", "");
                a.last().mode = 0o020_666;
            },
            "zip-special",
        ),
        ("names that differ in case only", |a| a.add("innocent/Data.bin", "x"), "zip-collision"),
        (
            "names that differ in Unicode form only",
            |a| {
                a.add("innocent/caf\u{e9}.py", "x");
                a.add("innocent/cafe\u{301}.py", "x");
            },
            "zip-collision",
        ),
        ("two entries of one name", |a| a.smuggle("innocent/data.bin", "x"), "zip-duplicate"),
        (
            "entries that overlap",
            |a| {
                a.add("innocent/twin.bin", [0; 100]);
                a.last().offset = Some(0);
            },
            "zip-overlap",
        ),
        (
            "another name in the local header",
            |a| {
                a.entry("innocent/data.bin").local_name = Some(b"innocent/evil.bin".to_vec());
            },
            "zip-disagreement",
        ),
        ("data before the archive", |a| a.before = b"#!/bin/sh\n".to_vec(), "zip-data-before"),
        ("data after the archive", |a| a.after = b"evil".to_vec(), "zip-data-after"),
        ("a size that lies", |a| a.entry("innocent/data.bin").size = Some(99), "zip-gap"),
        ("a checksum that lies", |a| a.entry("innocent/data.bin").crc = Some(1), "zip-crc"),
        (
            "too many bytes",
            |a| a.limits.zip = ZipLimits { total_bytes: 500, ..ZipLimits::default() },
            "zip-total-too-large",
        ),
        (
            "few bytes that would become gigabytes",
            |a| a.entry("innocent/data.bin").size = Some(2 << 30),
            "zip-total-too-large",
        ),
        (
            "too large a file",
            |a| a.limits.zip = ZipLimits { entry_bytes: 90, ..ZipLimits::default() },
            "zip-entry-too-large",
        ),
        (
            "too many entries",
            |a| a.limits.zip = ZipLimits { entries: 4, ..ZipLimits::default() },
            "zip-too-many-entries",
        ),
        (
            "too large an archive",
            |a| a.limits.zip = ZipLimits { archive_bytes: 500, ..ZipLimits::default() },
            "zip-archive-too-large",
        ),
    ]);
}

#[test]
fn refuses_records_that_do_not_say_what_is_there() {
    check_all(&[
        ("a file that RECORD misses", |a| a.smuggle("innocent/evil.py", "x"), "record-misses-file"),
        ("a path file that RECORD misses", |a| a.smuggle("evil.pth", "import os"), "record-misses-file"),
        (
            "a command that RECORD misses",
            |a| {
                a.smuggle("innocent-1.0.data/scripts/evil", "#!python\n");
            },
            "record-misses-file",
        ),
        (
            "entry points that RECORD misses",
            |a| {
                a.smuggle(
                    "innocent-1.0.dist-info/entry_points.txt",
                    "[console_scripts]\nls = innocent:evil\n",
                );
            },
            "record-misses-file",
        ),
        ("something like a signature elsewhere", |a| a.smuggle("RECORD.jws", "x"), "record-misses-file"),
        ("a file that is not there", |a| a.row("ghost.py", "ghost.py,sha256=x,1"), "record-adds-file"),
        ("a path that climbs", |a| a.row("../x", "../x,sha256=x,1"), "record-path"),
        (
            "another hash",
            |a| {
                a.row(
                    "innocent/data.bin",
                    "innocent/data.bin,sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,100",
                );
            },
            "record-contradicts-file",
        ),
        (
            "the same hash padded",
            |a| {
                let row = a.rows["innocent/data.bin"].replace(",100", "=,100");
                a.rows.insert("innocent/data.bin".into(), row);
            },
            "record-contradicts-file",
        ),
        (
            "another size",
            |a| {
                let row = a.rows["innocent/data.bin"].replace(",100", ",101");
                a.rows.insert("innocent/data.bin".into(), row);
            },
            "record-contradicts-file",
        ),
        (
            "a wrong hash of a signature",
            |a| {
                let path = "innocent-1.0.dist-info/RECORD.p7s";
                a.smuggle(path, "x");
                a.row(path, &format!("{path},sha256=x,"));
            },
            "record-contradicts-file",
        ),
        ("no hash", |a| a.row("innocent/data.bin", "innocent/data.bin,,100"), "record-no-hash"),
        ("MD5", |a| a.row("innocent/data.bin", "innocent/data.bin,md5=bQ,100"), "record-weak-hash"),
        ("SHA-1", |a| a.row("innocent/data.bin", "innocent/data.bin,sha1=bQ,100"), "record-weak-hash"),
        (
            "a hash without a name",
            |a| a.row("innocent/data.bin", "innocent/data.bin,bQ,100"),
            "record-weak-hash",
        ),
        (
            "two rows for one file",
            |a| {
                let row = a.rows["innocent/data.bin"].clone();
                a.row("again", row.trim_end());
            },
            "record-duplicate",
        ),
        ("a row of two fields", |a| a.row("x", "x,y"), "record-malformed"),
        ("another RECORD than was vouched for", |a| a.record = Some(Sha256::of(b"")), "record-differs"),
        (
            "a vouched RECORD with a hash that is none",
            |a| {
                a.row("innocent/data.bin", "innocent/data.bin,sha256=x,100");
                a.record = Some(Sha256::of(a.record_text().as_bytes()));
            },
            "record-contradicts-file",
        ),
        ("no RECORD", |a| drop(a.rows.insert("no record".into(), String::new())), "wheel-file-missing"),
        ("RECORD over the limit", |a| a.limits.text_bytes = 200, "wheel-file-too-long"),
    ]);
}

#[test]
fn refuses_wheels_that_are_another_than_their_name_says() {
    check_all(&[
        (
            "METADATA of another project",
            |a| a.replace("METADATA", METADATA.replace("innocent", "evil")),
            "wheel-identity",
        ),
        (
            "METADATA of another version",
            |a| a.replace("METADATA", METADATA.replace("1.0", "1.1")),
            "wheel-identity",
        ),
        (
            "METADATA with two names",
            |a| a.replace("METADATA", METADATA.to_owned() + "Name: evil\n"),
            "wheel-metadata",
        ),
        ("no METADATA", |a| a.remove("METADATA"), "wheel-file-missing"),
        ("no WHEEL", |a| a.remove("WHEEL"), "wheel-file-missing"),
        ("WHEEL of another format", |a| a.replace("WHEEL", WHEEL.replace("1.0", "2.0")), "wheel-version"),
        ("WHEEL that says no root", |a| a.replace("WHEEL", WHEEL.replace("Root", "Boot")), "wheel-field"),
        ("WHEEL for another Python", |a| a.replace("WHEEL", WHEEL.replace("py3", "cp312")), "wheel-tags"),
        ("WHEEL for one platform", |a| a.replace("WHEEL", WHEEL.replace("any", "win32")), "wheel-tags"),
        ("WHEEL that is no text", |a| a.replace("WHEEL", b"\xff\xfe"), "wheel-file-not-text"),
        (
            "a dependency more",
            |a| {
                a.replace("METADATA", METADATA.to_owned() + "Requires-Dist: evil\n");
            },
            "wheel-metadata-differs",
        ),
        (
            "another dependency",
            |a| a.replace("METADATA", METADATA.replace("other>=1", "other>=0")),
            "wheel-metadata-differs",
        ),
        (
            "other Pythons",
            |a| a.replace("METADATA", METADATA.replace(">=3.8", ">=3.7")),
            "wheel-metadata-differs",
        ),
        (
            "another extra",
            |a| a.replace("METADATA", METADATA.replace("Extra: x", "Extra: y")),
            "wheel-metadata-differs",
        ),
        ("a second dist-info", |a| a.add("evil-1.0.dist-info/METADATA", "x"), "wheel-second-dist-info"),
        (
            "a second dist-info in other letters",
            |a| a.add("evil-1.0.Dist-Info/METADATA", "x"),
            "wheel-second-dist-info",
        ),
        (
            "its own dist-info in other letters",
            |a| a.add("Innocent-1.0.dist-info/x", "x"),
            "wheel-second-dist-info",
        ),
        (
            "a second dist-info by way of data",
            |a| {
                a.add("innocent-1.0.data/purelib/evil-1.0.dist-info/METADATA", "x");
            },
            "wheel-second-dist-info",
        ),
        ("a file named like a dist-info", |a| a.add("evil-1.0.dist-info", "x"), "wheel-second-dist-info"),
        (
            "an egg-info that says flask is there",
            |a| a.add("flask-3.0.egg-info", "x"),
            "wheel-second-dist-info",
        ),
        ("a folder of such a name", |a| a.add("flask.egg-info/PKG-INFO", "x"), "wheel-second-dist-info"),
    ]);
    let mut attack = Attack::new();
    for entry in &mut attack.entries {
        entry.name =
            String::from_utf8(entry.name.clone()).unwrap().replace(DIST, "evil-1.0.dist-info").into_bytes();
    }
    attack.rows.insert("no record".into(), String::new());
    assert_eq!(check(&attack), "wheel-dist-info-name");
    attack.entries.retain(|entry| !entry.name.starts_with(b"evil"));
    assert_eq!(check(&attack), "wheel-no-dist-info");
}

#[test]
fn refuses_files_where_a_wheel_has_no_business() {
    check_all(&[
        ("data of another project", |a| a.add("evil-1.0.data/scripts/ls", "x"), "wheel-foreign-data"),
        ("an unknown part of data", |a| a.add("innocent-1.0.data/stdlib/os.py", "x"), "wheel-data-scheme"),
        ("a file in no part of data", |a| a.add("innocent-1.0.data/x", "x"), "wheel-data-scheme"),
        (
            "modules by way of data",
            |a| {
                a.add("innocent-1.0.data/data/lib/python3.11/site-packages/evil.pth", "import os");
            },
            "wheel-data-escapes",
        ),
        (
            "settings of the environment",
            |a| a.add("innocent-1.0.data/data/pyvenv.cfg", "x"),
            "wheel-data-escapes",
        ),
        (
            "notes of a change",
            |a| a.add("innocent-1.0.data/data/.packman/journal", "x"),
            "wheel-data-escapes",
        ),
        (
            "two files for one place",
            |a| a.add("innocent-1.0.data/purelib/innocent/data.bin", "x"),
            "wheel-collision",
        ),
        (
            "platlib over purelib",
            |a| a.add("innocent-1.0.data/platlib/innocent/DATA.bin", "x"),
            "wheel-collision",
        ),
        (
            "two commands of one name",
            |a| {
                a.entry_points("[console_scripts]\nrun = innocent:a\n");
                a.add("innocent-1.0.data/scripts/Run", "x");
            },
            "wheel-collision",
        ),
        (
            "a command by way of data over another",
            |a| {
                a.entry_points("[console_scripts]\nrun = innocent:a\n");
                a.add("innocent-1.0.data/data/bin/run", "x");
            },
            "wheel-collision",
        ),
        (
            "console and window of one name",
            |a| {
                a.entry_points("[console_scripts]\nrun = innocent:a\n[gui_scripts]\nRUN = innocent:b\n");
            },
            "wheel-collision",
        ),
        ("INSTALLER", |a| a.add("innocent-1.0.dist-info/INSTALLER", "packman"), "wheel-reserved-file"),
        ("REQUESTED", |a| a.add("innocent-1.0.dist-info/requested", ""), "wheel-reserved-file"),
        ("an origin", |a| a.add("innocent-1.0.dist-info/direct_url.json", "{}"), "wheel-reserved-file"),
        ("a receipt", |a| a.add("innocent-1.0.dist-info/packman.json", "{}"), "wheel-reserved-file"),
    ]);
}

#[test]
fn refuses_entry_points_that_are_not_plain() {
    for value in [
        "os:system('x')",
        "innocent",
        "innocent:main; evil()",
        "innocent:main [x",
        "innocent:a-b",
        "a b:c",
        ":x",
    ] {
        let mut attack = Attack::new();
        attack.entry_points(&format!("[console_scripts]\nrun = {value}\n"));
        assert_eq!(check(&attack), "entry-point-value", "{value}");
    }
    for text in [
        "run = a:b\n",
        "[g]\nrun = a:b\nrun = c:d\n",
        "[g]\na = b:c\n d\n",
        "[g]\n# x\u{2028}y = z:z\n",
        "[g]\nx\n",
    ] {
        let mut attack = Attack::new();
        attack.entry_points(text);
        assert_eq!(check(&attack), "entry-points-malformed", "{text}");
    }
}

#[test]
fn refuses_commands_that_people_type_without_looking() {
    let names = [
        "python",
        "Python.exe",
        "pythonw",
        "python3",
        "python3.11",
        "python3.11.exe",
        "pypy",
        "pypy3",
        "pypy3.10",
        "activate",
        "Activate.ps1",
        "activate.csh",
        "activate_this.py",
        "deactivate.bat",
        "pip",
        "PIP.exe",
        "pip3",
        "pip3.11",
        "uv",
        "uvx",
        "uvw",
        "uv.ps1",
    ];
    for name in names {
        let mut generated = Attack::new();
        generated.entry_points(&format!("[console_scripts]\n{name} = innocent:main\n"));
        assert_eq!(check(&generated), "script-reserved-name", "{name} generated");
        let mut generated = Attack::new();
        generated.entry_points(&format!("[gui_scripts]\n{name} = innocent:main\n"));
        assert_eq!(check(&generated), "script-reserved-name", "{name} generated for a window");
        for folder in ["scripts", "data/bin", "data/Scripts"] {
            let mut shipped = Attack::new();
            shipped.add(&format!("innocent-1.0.data/{folder}/{name}"), "#!python\n");
            assert_eq!(check(&shipped), "script-reserved-name", "{name} shipped in {folder}");
        }
    }
    for name in ["../evil", "a/b", "a\\b", "..", "c:d"] {
        let mut generated = Attack::new();
        generated.entry_points(&format!("[console_scripts]\n{name} = innocent:main\n"));
        assert_eq!(check(&generated), "script-name", "{name}");
    }
    let mut shipped = Attack::new();
    shipped.add("innocent-1.0.data/scripts/folder/python", "#!python\n");
    assert_eq!(check(&shipped), "script-name");
}

#[test]
fn a_wheel_whose_record_was_vouched_for_is_unpacked_to_the_same() {
    let scratch = Scratch::new();
    let name = WheelName::parse("innocent-1.0-py3-none-any.whl").unwrap();
    let bytes = Hashed::of(Attack::new().bytes());
    let unpacked = |cache: &str, record| {
        let expected = Expected { name: &name, metadata: None, record };
        let wheel = Wheel::verify(&bytes, &expected, &WheelLimits::default()).unwrap();
        let cache = scratch.cache().join(cache);
        fs::create_dir_all(&cache).unwrap();
        let unpacked = unpack(&wheel, &cache, &crew(), &|| false).unwrap();
        assert!(unpacked.verify_contents().unwrap());
        let record = Sha256::of(wheel.record_bytes());
        let manifest = fs::read_to_string(cache.join(bytes.sha256().to_string()).join("manifest")).unwrap();
        // Time and number of a file are its own, and so is the sum of all at the end.
        let lines = manifest.lines().filter(|line| !line.starts_with("end"));
        let plain = |line: &str| -> String {
            let fields = line.split('\t').enumerate().filter(|(place, _)| !matches!(place, 5 | 6));
            fields.map(|(_, field)| field).collect::<Vec<_>>().join(" ")
        };
        (record, lines.map(plain).collect::<Vec<String>>())
    };
    let (record, hashed) = unpacked("hashed", None);
    assert_eq!(unpacked("vouched", Some(record)).1, hashed);
    assert!(hashed.iter().any(|line| line.starts_with("file ")));
}
