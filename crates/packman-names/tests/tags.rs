//! Tags and platforms. The lists were made with `packaging.tags` 26.3; the first row is what `sys_tags()` said of
//! a real CPython 3.11.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may fail loudly"
)]

use packman_names::{InterpreterFacts, Libc, Platform, PythonVersion, System, Tag, Tags, Target, WheelName};

/// Python and its kind (t: without the lock, d: debug), `sysconfig.get_platform()`, the C library or the macOS
/// and its processor; how many tags, and the FNV-1a of them joined by line ends.
#[rustfmt::skip]
const LISTS: &[(&str, &str, &str, usize, &str)] = &[
    ("3.11", "linux-x86_64", "glibc 2.36", 914, "21c4082937f32b28"),
    ("3.12", "linux-aarch64", "glibc 2.28", 393, "7377eab84ef3253a"),
    ("3.9", "linux-x86_64", "glibc 2.17", 369, "0755d5ddb500a5b1"),
    ("3.13 t", "linux-x86_64", "glibc 2.39", 1147, "985779f701ff8592"),
    ("3.13 td", "linux-x86_64", "glibc 2.39", 1186, "d39b789ef647026f"),
    ("3.12 d", "linux-x86_64", "glibc 2.39", 1107, "97091af0a5836a1c"),
    ("3.12", "linux-x86_64", "musl 1.2", 123, "d49a49199347dc56"),
    ("3.12", "linux-riscv64", "", 42, "4c860ebe50f3e598"),
    ("3.14", "linux-armv8l", "glibc 2.31", 1071, "d49ed37538fbd5eb"),
    ("3.12", "macosx-11.0-universal2", "14.2 arm64", 582, "4c78e7ffac66d99d"),
    ("3.12", "macosx-11.0-universal2", "13.0 x86_64", 2607, "6c5720cad129cc4b"),
    ("3.9", "macosx-11.0-universal2", "10.15 x86_64", 1524, "77073ce4bb3322f5"),
    ("3.8", "macosx-11.0-universal2", "10.9 i386", 581, "00f70480dbb59156"),
    ("3.14 t", "macosx-11.0-universal2", "26.1 arm64", 1412, "b3b40910762ef42e"),
    ("3.12", "win-amd64", "", 42, "a414e3905a861bff"),
    ("3.11", "win32", "", 39, "7c504cc6d31928ad"),
    ("3.13 t", "win-arm64", "", 45, "057322a3574c1728"),
    ("3.7", "win-amd64", "", 27, "bf6b2f0ff785c0b6"),
    ("3.12", "freebsd-14.0-release-amd64", "", 42, "b1a699245e40748d"),
];

#[test]
fn lists_the_tags_that_packaging_lists_in_the_same_order() {
    for (python, platform, under, count, digest) in LISTS {
        let tags = listed(&facts(python, platform, under));
        let found = (tags.len(), fnv(&tags.join("\n")));
        assert_eq!((found.0, found.1.as_str()), (*count, *digest), "{python} {platform} {under}");
    }
}

fn facts(python: &str, platform: &str, under: &str) -> InterpreterFacts {
    let (python, kind) = python.split_once(' ').unwrap_or((python, ""));
    let (mac, machine) = under.split_once(' ').unwrap_or(("", ""));
    InterpreterFacts {
        implementation: "cpython".to_owned(),
        python: PythonVersion::parse(python).unwrap(),
        free_threaded: kind.contains('t'),
        debug: kind.contains('d'),
        extension_suffix: String::new(),
        system: System::parse(platform, false, Libc::parse(under), mac, machine).unwrap(),
    }
}

fn listed(facts: &InterpreterFacts) -> Vec<String> {
    Tags::of(facts).iter().map(|tag| tag.to_string()).collect()
}

fn fnv(text: &str) -> String {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    format!("{:016x}", text.bytes().fold(0xcbf2_9ce4_8422_2325, step))
}

#[test]
fn lists_a_windows_in_full() {
    let tags = listed(&facts("3.9", "win-amd64", ""));
    insta::assert_snapshot!(tags.join(" "), @"cp39-cp39-win_amd64 cp39-abi3-win_amd64 cp39-none-win_amd64 cp38-abi3-win_amd64 cp37-abi3-win_amd64 cp36-abi3-win_amd64 cp35-abi3-win_amd64 cp34-abi3-win_amd64 cp33-abi3-win_amd64 cp32-abi3-win_amd64 py39-none-win_amd64 py3-none-win_amd64 py38-none-win_amd64 py37-none-win_amd64 py36-none-win_amd64 py35-none-win_amd64 py34-none-win_amd64 py33-none-win_amd64 py32-none-win_amd64 py31-none-win_amd64 py30-none-win_amd64 cp39-none-any py39-none-any py3-none-any py38-none-any py37-none-any py36-none-any py35-none-any py34-none-any py33-none-any py32-none-any py31-none-any py30-none-any");
}

#[test]
fn lists_a_build_without_the_lock_in_full() {
    let tags = listed(&facts("3.13 t", "linux-x86_64", ""));
    let shown: Vec<&str> = tags.iter().map(String::as_str).filter(|tag| !tag.starts_with("py")).collect();
    insta::assert_snapshot!(shown.join(" "), @"cp313-cp313t-linux_x86_64 cp313-abi3t-linux_x86_64 cp313-none-linux_x86_64 cp312-abi3t-linux_x86_64 cp311-abi3t-linux_x86_64 cp310-abi3t-linux_x86_64 cp39-abi3t-linux_x86_64 cp38-abi3t-linux_x86_64 cp37-abi3t-linux_x86_64 cp36-abi3t-linux_x86_64 cp35-abi3t-linux_x86_64 cp34-abi3t-linux_x86_64 cp33-abi3t-linux_x86_64 cp32-abi3t-linux_x86_64 cp313-none-any");
}

#[test]
fn lists_pypy() {
    let mut facts = facts("3.10", "linux-x86_64", "");
    facts.implementation = "pypy".to_owned();
    facts.extension_suffix = ".pypy310-pp73-x86_64-linux-gnu.so".to_owned();
    let tags = listed(&facts);
    insta::assert_snapshot!(tags.get(..4).unwrap().join(" "), @"pp310-pypy310_pp73-linux_x86_64 pp310-none-linux_x86_64 py310-none-linux_x86_64 py3-none-linux_x86_64");
    assert!(tags.contains(&"pp3-none-any".to_owned()));
}

#[test]
fn begins_with_what_suits_best() {
    let tags = listed(&facts("3.11", "linux-x86_64", "glibc 2.18"));
    insta::assert_snapshot!(tags.get(..6).unwrap().join(" "), @"cp311-cp311-linux_x86_64 cp311-cp311-manylinux_2_18_x86_64 cp311-cp311-manylinux_2_17_x86_64 cp311-cp311-manylinux2014_x86_64 cp311-cp311-manylinux_2_16_x86_64 cp311-cp311-manylinux_2_15_x86_64");
}

#[test]
fn tells_a_32_bit_python_on_a_64_bit_kernel() {
    let check = |platform: &str| match System::parse(platform, true, Libc::Unknown, "", "").unwrap() {
        System::Linux { machine, .. } => machine,
        other => panic!("{other:?}"),
    };
    assert_eq!(check("linux-x86_64"), "i686");
    assert_eq!(check("linux-aarch64"), "armv8l");
    assert_eq!(check("linux-s390x"), "s390x");
}

#[test]
fn reads_versions_of_c_libraries() {
    assert_eq!(Libc::parse("glibc 2.36"), Libc::Glibc(2, 36));
    assert_eq!(Libc::parse("glibc 2.20-2014.11"), Libc::Glibc(2, 20));
    assert_eq!(Libc::parse("musl 1.2.5"), Libc::Musl(1, 2));
    for unknown in ["", "glibc", "glibc 2", "glibc two.three", "bionic 1.2"] {
        assert_eq!(Libc::parse(unknown), Libc::Unknown, "{unknown}");
    }
}

#[test]
fn refuses_a_macos_without_version() {
    let system = System::parse("macosx-11.0-arm64", false, Libc::Unknown, "", "arm64");
    insta::assert_snapshot!(system.unwrap_err(), @"macOS version ``: wanted two numbers");
}

/// Wheels of one release, from the one that suits a CPython 3.12 on `linux-x86_64` best to the last that fits.
const BEST_FIRST: [&str; 9] = [
    "a-1-cp312-cp312-linux_x86_64.whl",
    "a-1-cp312-cp312-manylinux_2_28_x86_64.whl",
    "a-1-cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
    "a-1-cp312-abi3-manylinux_2_17_x86_64.whl",
    "a-1-cp39-abi3-manylinux_2_28_x86_64.whl",
    "a-1-cp37-abi3-manylinux_2_28_x86_64.whl",
    "a-1-py3-none-manylinux1_x86_64.whl",
    "a-1-py2.py3-none-any.whl",
    "a-1-py30-none-any.whl",
];

#[test]
fn ranks_wheels_by_how_well_they_fit() {
    let tags = Target::of(Platform::parse("linux-x86_64").unwrap(), PythonVersion::new(3, 12)).tags;
    let rank = |name: &str| tags.rank(&WheelName::parse(name).unwrap());
    let ranks: Vec<u32> = BEST_FIRST.iter().map(|name| rank(name).unwrap()).collect();
    assert!(ranks.is_sorted_by(|one, other| one < other), "{ranks:?}");
    for unfit in [
        "a-1-cp311-cp311-manylinux_2_28_x86_64.whl",
        "a-1-cp313-abi3-manylinux_2_28_x86_64.whl",
        "a-1-cp312-cp312-manylinux_2_29_x86_64.whl",
        "a-1-cp312-cp312-musllinux_1_1_x86_64.whl",
        "a-1-cp312-cp312-manylinux_2_17_aarch64.whl",
        "a-1-cp312-cp312t-linux_x86_64.whl",
        "a-1-cp312-abi3t-linux_x86_64.whl",
        "a-1-cp312-cp312-win_amd64.whl",
        "a-1-py2-none-any.whl",
        "a-1-py313-none-any.whl",
    ] {
        assert_eq!(rank(unfit), None, "{unfit}");
    }
}

#[test]
fn takes_a_list_that_was_found_in_another_way() {
    let list = ["cp312-cp312-haiku_r1", "py3-none-any", "cp312-cp312-haiku_r1"];
    let tags = Tags::from_list(list.map(|text| Tag::parse(text).unwrap()));
    assert_eq!(tags.len(), 2);
    assert_eq!(tags.rank(&WheelName::parse("a-1-py2.py3-none-any.whl").unwrap()), Some(1));
    assert_eq!(tags.rank_of(&Tag::parse("CP312-cp312-haiku_r1").unwrap()), Some(0));
    // All its parts are known, but not together.
    assert_eq!(tags.rank_of(&Tag::parse("cp312-none-any").unwrap()), None);
    assert!(Tags::default().is_empty());
}

#[test]
fn refuses_what_is_not_one_tag() {
    let check = |text: &str| Tag::parse(text).unwrap_err().to_string();
    insta::assert_snapshot!(check("py2.py3-none-any"), @"tag `py2.py3-none-any`: wanted three parts, as in `py3-none-any`");
    for text in ["", "py3", "py3-none", "py3-none-any-any", "py3--any"] {
        check(text);
    }
}

#[test]
fn names_platforms_as_uv_does_and_shorter() {
    let check = |text: &str| {
        let platform = Platform::parse(text).unwrap();
        let target = Target::of(platform, PythonVersion::new(3, 12));
        let first = target.tags.iter().find(|tag| !tag.platform.starts_with("linux_")).unwrap();
        let value = |name: &str| target.markers.get(name).unwrap().to_owned();
        format!("{platform} {} {} {}", first.platform, value("sys_platform"), value("platform_machine"))
    };
    insta::assert_snapshot!(check("linux"), @"linux-x86_64 manylinux_2_28_x86_64 linux x86_64");
    insta::assert_snapshot!(check("aarch64-unknown-linux-gnu"), @"linux-aarch64 manylinux_2_28_aarch64 linux aarch64");
    insta::assert_snapshot!(check("riscv64-unknown-linux-gnu"), @"linux-riscv64 manylinux_2_39_riscv64 linux riscv64");
    insta::assert_snapshot!(check("x86_64-manylinux_2_28"), @"linux-x86_64 manylinux_2_28_x86_64 linux x86_64");
    insta::assert_snapshot!(check("x86_64-manylinux_2_40"), @"x86_64-manylinux_2_40 manylinux_2_40_x86_64 linux x86_64");
    insta::assert_snapshot!(check("aarch64-manylinux2014"), @"aarch64-manylinux_2_17 manylinux_2_17_aarch64 linux aarch64");
    insta::assert_snapshot!(check("x86_64-unknown-linux-musl"), @"musllinux-x86_64 musllinux_1_2_x86_64 linux x86_64");
    insta::assert_snapshot!(check("aarch64-musllinux_1_1"), @"aarch64-musllinux_1_1 musllinux_1_1_aarch64 linux aarch64");
    insta::assert_snapshot!(check("macos"), @"macos-arm64 macosx_13_0_arm64 darwin arm64");
    insta::assert_snapshot!(check("x86_64-apple-darwin"), @"macos-x86_64 macosx_13_0_x86_64 darwin x86_64");
    insta::assert_snapshot!(check("windows"), @"windows-x86_64 win_amd64 win32 AMD64");
    insta::assert_snapshot!(check("i686-pc-windows-msvc"), @"windows-x86 win32 win32 x86");
    insta::assert_snapshot!(check("aarch64-pc-windows-msvc"), @"windows-arm64 win_arm64 win32 ARM64");
}

#[test]
fn shows_a_platform_by_a_name_that_it_reads() {
    let named = ["x86_64-manylinux_2_17", "aarch64-musllinux_1_0"].map(|text| Platform::parse(text).unwrap());
    for platform in Platform::all().chain(named) {
        assert_eq!(Platform::parse(&platform.to_string()).unwrap(), platform);
    }
}

#[test]
fn refuses_platforms_it_does_not_know() {
    let check = |text: &str| Platform::parse(text).unwrap_err().to_string();
    insta::assert_snapshot!(check("amiga"), @"platform `amiga`: is not known, wanted one of linux-x86_64, linux-aarch64, linux-riscv64, musllinux-x86_64, musllinux-aarch64, macos-arm64, macos-x86_64, windows-x86_64, windows-x86, windows-arm64");
    for text in ["", "Linux", "x86_64-manylinux_2_5", "x86_64-manylinux_2_60000", "mips-manylinux_2_17"] {
        check(text);
    }
}

#[test]
fn evaluates_markers_of_an_imagined_machine() {
    let target = Target::of(Platform::parse("windows").unwrap(), PythonVersion::parse("3.12.4").unwrap());
    let shown: Vec<String> = target.markers.pairs().map(|(name, value)| format!("{name}={value}")).collect();
    insta::assert_snapshot!(shown.join(" "), @"implementation_name=cpython implementation_version=3.12.4 os_name=nt platform_machine=AMD64 platform_python_implementation=CPython platform_release= platform_system=Windows platform_version= python_full_version=3.12.4 python_version=3.12 sys_platform=win32");
}
