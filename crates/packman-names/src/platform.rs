//! Platforms by name, for choosing wheels for a machine that is not this one: each name stands for a whole
//! marker environment and tag list. Names follow uv's `--python-platform`, with short ones beside them.

use std::collections::BTreeMap;
use std::fmt;

use crate::{InterpreterFacts, Libc, MarkerEnvironment, NameError, PythonVersion, System, Tags};

/// What a wheel is chosen for: the markers and tags of one interpreter, there or imagined.
#[derive(Clone, Debug)]
pub struct Target {
    /// What markers are evaluated with.
    pub markers: MarkerEnvironment,
    /// Which wheels can be installed.
    pub tags: Tags,
}

impl Target {
    /// Makes the target of a CPython with its lock, of that version, on that platform.
    pub fn of(platform: Platform, python: PythonVersion) -> Self {
        let facts = InterpreterFacts {
            implementation: "cpython".to_owned(),
            python,
            free_threaded: false,
            debug: false,
            extension_suffix: String::new(),
            system: platform.system(),
        };
        Self { markers: platform.markers(python), tags: Tags::of(&facts) }
    }
}

/// A platform that wheels are chosen for. All mean CPython.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Ord, PartialOrd, Hash)]
pub enum Platform {
    /// Linux with glibc 2.N. `linux-x86_64` and `linux-aarch64` assume 2.28, `linux-riscv64` 2.39;
    /// `x86_64-manylinux_2_17` and its like name another.
    Manylinux(u16, LinuxArch),
    /// Linux with musl 1.N. `musllinux-x86_64` and its like assume 1.2.
    Musllinux(u16, LinuxArch),
    /// macOS 13.0 on Apple's processors.
    MacosArm64,
    /// macOS 13.0 on Intel's processors.
    MacosX86_64,
    /// Windows, 64 bits.
    WindowsX86_64,
    /// Windows, 32 bits.
    WindowsX86,
    /// Windows on ARM, 64 bits.
    WindowsArm64,
}

/// A processor under Linux.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Ord, PartialOrd, Hash)]
pub enum LinuxArch {
    /// Intel's and AMD's, 64 bits.
    X86_64,
    /// ARM, 64 bits.
    Aarch64,
    /// RISC-V, 64 bits.
    Riscv64,
}

use LinuxArch::{Aarch64, Riscv64, X86_64};

/// The short name of each platform, and its other names.
const NAMES: [(&str, &[&str], Platform); 10] = [
    ("linux-x86_64", &["linux", "x86_64-unknown-linux-gnu"], Platform::Manylinux(28, X86_64)),
    ("linux-aarch64", &["linux-arm64", "aarch64-unknown-linux-gnu"], Platform::Manylinux(28, Aarch64)),
    (
        "linux-riscv64",
        &["riscv64-unknown-linux", "riscv64-unknown-linux-gnu"],
        Platform::Manylinux(39, Riscv64),
    ),
    ("musllinux-x86_64", &["musllinux", "x86_64-unknown-linux-musl"], Platform::Musllinux(2, X86_64)),
    (
        "musllinux-aarch64",
        &["musllinux-arm64", "aarch64-unknown-linux-musl"],
        Platform::Musllinux(2, Aarch64),
    ),
    ("macos-arm64", &["macos", "macos-aarch64", "aarch64-apple-darwin"], Platform::MacosArm64),
    ("macos-x86_64", &["x86_64-apple-darwin"], Platform::MacosX86_64),
    ("windows-x86_64", &["windows", "x86_64-pc-windows-msvc"], Platform::WindowsX86_64),
    ("windows-x86", &["windows-i686", "i686-pc-windows-msvc"], Platform::WindowsX86),
    (
        "windows-arm64",
        &["windows-aarch64", "aarch64-pc-windows-msvc", "arm64-pc-windows-msvc"],
        Platform::WindowsArm64,
    ),
];

impl Platform {
    /// Parses a short name, an alias, or a name with a C library's version: `aarch64-manylinux_2_31`,
    /// `x86_64-manylinux2014`, `x86_64-musllinux_1_1`.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let named = |(name, aliases, _): &&(&str, &[&str], Self)| *name == text || aliases.contains(&text);
        NAMES.iter().find(named).map(|(_, _, platform)| *platform).or_else(|| with_libc(text)).ok_or_else(
            || {
                let known: Vec<&str> = NAMES.iter().map(|(name, _, _)| *name).collect();
                NameError::new("platform", text, format!("is not known, wanted one of {}", known.join(", ")))
            },
        )
    }

    /// Returns every platform with a short name.
    pub fn all() -> impl Iterator<Item = Self> {
        NAMES.iter().map(|(_, _, platform)| *platform)
    }

    fn system(self) -> System {
        let linux = |machine: LinuxArch, libc| System::Linux { machine: machine.as_str().to_owned(), libc };
        let macos = |machine: &str| System::Macos { version: (13, 0), machine: machine.to_owned() };
        let single = |platform: &str| System::Single { platform: platform.to_owned() };
        match self {
            Self::Manylinux(minor, machine) => linux(machine, Libc::Glibc(2, minor)),
            Self::Musllinux(minor, machine) => linux(machine, Libc::Musl(1, minor)),
            Self::MacosArm64 => macos("arm64"),
            Self::MacosX86_64 => macos("x86_64"),
            Self::WindowsX86_64 => single("win_amd64"),
            Self::WindowsX86 => single("win32"),
            Self::WindowsArm64 => single("win_arm64"),
        }
    }

    /// Release and version of the system are empty, as uv has them: no name can know them.
    fn markers(self, python: PythonVersion) -> MarkerEnvironment {
        let (os, sys, system, machine) = match self {
            Self::Manylinux(_, machine) | Self::Musllinux(_, machine) => {
                ("posix", "linux", "Linux", machine.as_str())
            }
            Self::MacosArm64 => ("posix", "darwin", "Darwin", "arm64"),
            Self::MacosX86_64 => ("posix", "darwin", "Darwin", "x86_64"),
            Self::WindowsX86_64 => ("nt", "win32", "Windows", "AMD64"),
            Self::WindowsX86 => ("nt", "win32", "Windows", "x86"),
            Self::WindowsArm64 => ("nt", "win32", "Windows", "ARM64"),
        };
        let short = PythonVersion::new(python.major, python.minor).to_string();
        let full = python.full();
        let pairs: BTreeMap<&str, &str> = [
            ("implementation_name", "cpython"),
            ("implementation_version", &full),
            ("os_name", os),
            ("platform_machine", machine),
            ("platform_python_implementation", "CPython"),
            ("platform_release", ""),
            ("platform_system", system),
            ("platform_version", ""),
            ("python_full_version", &full),
            ("python_version", &short),
            ("sys_platform", sys),
        ]
        .into();
        MarkerEnvironment::complete(python, |name| pairs.get(name).copied().unwrap_or_default())
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((name, _, _)) = NAMES.iter().find(|(_, _, platform)| platform == self) {
            return out.write_str(name);
        }
        match self {
            Self::Manylinux(minor, machine) => write!(out, "{}-manylinux_2_{minor}", machine.as_str()),
            Self::Musllinux(minor, machine) => write!(out, "{}-musllinux_1_{minor}", machine.as_str()),
            // All others stand in the table.
            other => write!(out, "{other:?}"),
        }
    }
}

impl std::str::FromStr for Platform {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        Self::parse(text)
    }
}

impl LinuxArch {
    /// Returns the processor's name as tags and markers have it.
    pub fn as_str(self) -> &'static str {
        match self {
            X86_64 => "x86_64",
            Aarch64 => "aarch64",
            Riscv64 => "riscv64",
        }
    }
}

fn with_libc(text: &str) -> Option<Platform> {
    let (machine, libc) = text.split_once('-')?;
    let machine = [X86_64, Aarch64, Riscv64].into_iter().find(|one| one.as_str() == machine)?;
    let minor = |text: &str| text.parse().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()));
    if libc == "manylinux2014" {
        Some(Platform::Manylinux(17, machine))
    } else if let Some(text) = libc.strip_prefix("manylinux_2_") {
        // Above any glibc in sight a number is a mistake, and each makes a dozen tags.
        minor(text).filter(|minor| (17..=99).contains(minor)).map(|minor| Platform::Manylinux(minor, machine))
    } else {
        let text = libc.strip_prefix("musllinux_1_")?;
        minor(text).filter(|minor| *minor <= 99).map(|minor| Platform::Musllinux(minor, machine))
    }
}
