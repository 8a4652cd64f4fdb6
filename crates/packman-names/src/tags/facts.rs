//! From what is known of an interpreter to its tags, in the order of `packaging.tags.sys_tags()`.

use super::{linux, macos};
use crate::{NameError, PythonVersion};

/// What has to be known of an interpreter to say which wheels it can install. A probe finds it with the
/// standard library alone; each field says where.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct InterpreterFacts {
    /// `sys.implementation.name`: `cpython`, `pypy`.
    pub implementation: String,
    /// `sys.version_info[:3]`; for PyPy too, the Python it implements.
    pub python: PythonVersion,
    /// `bool(sysconfig.get_config_var("Py_GIL_DISABLED"))`: a free-threaded build (`cp313t`).
    pub free_threaded: bool,
    /// `hasattr(sys, "gettotalrefcount")`: a debug build, which loads modules of normal builds too.
    pub debug: bool,
    /// `sysconfig.get_config_var("EXT_SUFFIX")`; only asked of implementations other than CPython.
    pub extension_suffix: String,
    /// What it runs on.
    pub system: System,
}

/// The operating system and processor under an interpreter, as far as tags ask.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum System {
    /// Linux, with the `x86_64` of `linux_x86_64`.
    Linux {
        /// The processor, as in tags.
        machine: String,
        /// The C library that the interpreter is linked with.
        libc: Libc,
    },
    /// macOS, with its version (two numbers) and the processor: `arm64`, `x86_64`.
    Macos {
        /// The version of macOS: 10.15, 14.0.
        version: (u16, u16),
        /// The processor, as in tags.
        machine: String,
    },
    /// Anything with a single platform tag: `win_amd64`, `freebsd_14_0_release_amd64`.
    Single {
        /// The tag.
        platform: String,
    },
}

/// The C library of a Linux and its version. With an unknown one only `linux_…` wheels fit.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub enum Libc {
    /// The GNU C library (manylinux).
    Glibc(u16, u16),
    /// musl (musllinux).
    Musl(u16, u16),
    /// Neither, or not known.
    Unknown,
}

impl Libc {
    /// Parses `glibc 2.36` (as `os.confstr("CS_GNU_LIBC_VERSION")` says it) or `musl 1.2`, and takes anything
    /// else for unknown. What follows the second number is passed over, since distributions add to it.
    pub fn parse(text: &str) -> Self {
        let (name, version) = text.trim().split_once(' ').unwrap_or(("", ""));
        match (name, two_numbers(version)) {
            ("glibc", Some((major, minor))) => Self::Glibc(major, minor),
            ("musl", Some((major, minor))) => Self::Musl(major, minor),
            _ => Self::Unknown,
        }
    }
}

impl System {
    /// Makes a system from what the standard library says: `sysconfig.get_platform()`, whether the interpreter
    /// is a 32-bit one (`sys.maxsize <= 2**32`), the C library, and on macOS `platform.mac_ver()[0]` and `[2]`.
    pub fn parse(
        platform: &str,
        is_32_bit: bool,
        libc: Libc,
        mac_version: &str,
        mac_machine: &str,
    ) -> Result<Self, NameError> {
        let platform = platform.replace(['.', '-', ' '], "_").to_ascii_lowercase();
        if platform.starts_with("macosx_") {
            let version = two_numbers(mac_version)
                .or_else(|| mac_version.parse().ok().map(|major| (major, 0)))
                .ok_or_else(|| NameError::new("macOS version", mac_version, "wanted two numbers"))?;
            let machine = if is_32_bit { "i386" } else { mac_machine };
            return Ok(Self::Macos { version, machine: machine.to_owned() });
        }
        Ok(match platform.strip_prefix("linux_") {
            None => Self::Single { platform },
            Some(machine) => {
                // A 32-bit Python on a 64-bit kernel is told the kernel's name.
                let machine = match (machine, is_32_bit) {
                    ("x86_64", true) => "i686",
                    ("aarch64", true) => "armv8l",
                    (machine, _) => machine,
                };
                Self::Linux { machine: machine.to_owned(), libc }
            }
        })
    }

    /// Returns the platform tags, best first.
    pub(crate) fn platforms(&self) -> Vec<String> {
        match self {
            Self::Linux { machine, libc } => linux::platforms(machine, *libc),
            Self::Macos { version, machine } => macos::platforms(*version, machine),
            Self::Single { platform } => vec![platform.clone()],
        }
    }
}

fn two_numbers(text: &str) -> Option<(u16, u16)> {
    let mut numbers = text.split(|c: char| !c.is_ascii_digit());
    let major = numbers.next()?.parse().ok()?;
    let between = text.trim_start_matches(|c: char| c.is_ascii_digit());
    if !between.starts_with('.') {
        return None;
    }
    Some((major, numbers.next()?.parse().ok()?))
}

/// Takes python, abi and platform of one tag.
type Sink<'a> = &'a mut dyn FnMut(&str, &str, &str);

/// Lists all tags of an interpreter, best first.
pub(super) fn list(facts: &InterpreterFacts, sink: Sink<'_>) {
    let platforms = facts.system.platforms();
    let interpreter = match facts.implementation.as_str() {
        "cpython" => {
            cpython(facts, &platforms, sink);
            Some(format!("cp{}", facts.python.without_dot()))
        }
        name => {
            generic(name, facts, &platforms, sink);
            (name == "pypy").then(|| "pp3".to_owned())
        }
    };
    compatible(facts.python, interpreter.as_deref(), &platforms, sink);
}

/// Extension modules for exactly this Python, then of the stable interface, also of older Pythons.
fn cpython(facts: &InterpreterFacts, platforms: &[String], sink: Sink<'_>) {
    let python = facts.python;
    let interpreter = format!("cp{}", python.without_dot());
    for abi in cpython_abis(facts) {
        each(&interpreter, &abi, platforms, sink);
    }
    // The stable interface of builds without the lock is another one (PEP 803).
    let stable = if free_threaded(facts) { "abi3t" } else { "abi3" };
    let has_stable = (python.major, python.minor) >= (3, 2);
    if has_stable {
        each(&interpreter, stable, platforms, sink);
    }
    each(&interpreter, "none", platforms, sink);
    if has_stable {
        for minor in (2..python.minor).rev() {
            each(&format!("cp{}{minor}", python.major), stable, platforms, sink);
        }
    }
}

fn cpython_abis(facts: &InterpreterFacts) -> Vec<String> {
    let python = facts.python;
    let threading = if free_threaded(facts) { "t" } else { "" };
    let debug = if facts.debug { "d" } else { "" };
    let old = (python.major, python.minor) < (3, 8);
    let pymalloc = if old { "m" } else { "" };
    let normal = format!("cp{}{threading}", python.without_dot());
    let own = format!("{normal}{debug}{pymalloc}");
    if facts.debug && !old { vec![own, normal] } else { vec![own] }
}

fn free_threaded(facts: &InterpreterFacts) -> bool {
    facts.free_threaded && (facts.python.major, facts.python.minor) >= (3, 13)
}

fn generic(name: &str, facts: &InterpreterFacts, platforms: &[String], sink: Sink<'_>) {
    let short = match name {
        "pypy" => "pp",
        "ironpython" => "ip",
        "jython" => "jy",
        name => name,
    };
    let interpreter = format!("{short}{}", facts.python.without_dot());
    if let Some(abi) = generic_abi(&facts.extension_suffix) {
        each(&interpreter, &abi, platforms, sink);
    }
    each(&interpreter, "none", platforms, sink);
}

/// Takes the interface out of the suffix of extension modules: `.pypy310-pp73-x86_64-linux-gnu.so` gives
/// `pypy310_pp73`.
fn generic_abi(extension_suffix: &str) -> Option<String> {
    let soabi = extension_suffix.strip_prefix('.')?.split_once('.')?.0;
    let parts = if soabi.starts_with("pypy") {
        2
    } else if soabi.starts_with("graalpy") {
        3
    } else {
        usize::MAX
    };
    let abi: Vec<&str> = soabi.split('-').take(parts).collect();
    Some(abi.join("_").replace(' ', "_")).filter(|abi| !abi.is_empty())
}

/// Wheels without extension modules: of this Python, of any 3, of older ones.
fn compatible(python: PythonVersion, interpreter: Option<&str>, platforms: &[String], sink: Sink<'_>) {
    let versions: Vec<String> = std::iter::once(format!("py{}", python.without_dot()))
        .chain([format!("py{}", python.major)])
        .chain((0..python.minor).rev().map(|minor| format!("py{}{minor}", python.major)))
        .collect();
    for version in &versions {
        each(version, "none", platforms, sink);
    }
    if let Some(interpreter) = interpreter {
        sink(interpreter, "none", "any");
    }
    for version in &versions {
        sink(version, "none", "any");
    }
}

fn each(python: &str, abi: &str, platforms: &[String], sink: Sink<'_>) {
    for platform in platforms {
        sink(python, abi, platform);
    }
}
