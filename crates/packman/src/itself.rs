//! What the program says and makes of itself: its build, its manual, the wheel that carries it.

use std::env::consts::{ARCH, OS};
use std::sync::LazyLock;

use clap::{Command, CommandFactory as _};
use packman_strict::json::{Object, Value};
use packman_wheel::Area;
use packman_wheel::make::WheelDraft;

use crate::args::Arguments;

/// The oldest C library that a wheel may ask for, as 2.N.
const OLDEST_GLIBC: u16 = 17;

/// The commit that `cargo xtask wheel` names: nothing was changed after it.
const COMMIT: Option<&str> = option_env!("PACKMAN_COMMIT");

/// The commit on which the checkout was that this was built in; what lay there may have been changed.
const CHECKOUT: Option<&str> = option_env!("PACKMAN_CHECKOUT");

/// Version and build, for `--version`.
pub(crate) fn build() -> &'static str {
    static BUILD: LazyLock<String> = LazyLock::new(|| {
        let from = match (COMMIT, CHECKOUT) {
            (Some(commit), _) => format!("commit {commit}"),
            (None, Some(checkout)) => format!("local build on commit {checkout}"),
            (None, None) => "local build".to_owned(),
        };
        format!("{} ({from}, {OS} {ARCH})", env!("CARGO_PKG_VERSION"))
    });
    &BUILD
}

/// The same as JSON.
pub(crate) fn to_json() -> Object<'static> {
    let optional = |text: Option<&'static str>| text.map_or(Value::Null, Value::from);
    Object::new()
        .with("version", env!("CARGO_PKG_VERSION"))
        .with("commit", optional(COMMIT.or(CHECKOUT)))
        .with("clean", COMMIT.is_some())
        .with("os", OS)
        .with("machine", ARCH)
}

/// All commands, with what each inherits.
pub(crate) fn command() -> Command {
    let mut command = Arguments::command();
    command.build();
    command
}

/// The manual page of a command, in roff.
pub(crate) fn page(command: Command) -> std::io::Result<Vec<u8>> {
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page)?;
    Ok(page)
}

/// The wheel that carries a program that was built for this machine; its file name and its bytes.
pub(crate) fn wheel(program: &[u8]) -> Result<(String, Vec<u8>), String> {
    let version = env!("CARGO_PKG_VERSION");
    let page = page(command()).map_err(|error| error.to_string())?;
    let mut draft = WheelDraft::new("packman", version)
        .data(Area::Scripts, "packman", program)
        .data(Area::Data, "share/man/man1/packman.1", page)
        .file(&format!("packman-{version}.dist-info/licenses/LICENSE"), include_str!("../../../LICENSE"));
    env!("CARGO_PKG_DESCRIPTION").clone_into(&mut draft.summary);
    draft.tag = format!("py3-none-{}", platform(program)?);
    draft.deflated = true;
    Ok((draft.file_name(), draft.build().map_err(|error| error.to_string())?))
}

/// The platform that a program runs on: Linux, with the C library whose names it asks for.
fn platform(program: &[u8]) -> Result<String, String> {
    if OS != "linux" {
        return Err(format!("wheels of the command are made on Linux, and this is {OS}"));
    }
    Ok(format!("manylinux_2_{}_{ARCH}", newest_glibc(program).max(OLDEST_GLIBC)))
}

/// The newest `GLIBC_2.N` that stands in a program; 0 where none does.
fn newest_glibc(program: &[u8]) -> u16 {
    const NAME: &[u8] = b"GLIBC_2.";
    let starts = program.windows(NAME.len()).enumerate().filter(|(_, window)| *window == NAME);
    let minor = |(start, _): (usize, &[u8])| -> Option<u16> {
        let rest = program.get(start + NAME.len()..)?;
        let digits: String =
            rest.iter().take(4).map(|byte| char::from(*byte)).take_while(char::is_ascii_digit).collect();
        digits.parse().ok().filter(|minor| *minor < 1_000)
    };
    starts.filter_map(minor).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::newest_glibc;

    #[test]
    fn the_newest_name_of_the_c_library_counts() {
        for (program, minor) in [
            (&b"\0GLIBC_2.2.5\0GLIBC_2.34\0GLIBC_2.9\0"[..], 34),
            (b"GLIBC_2.", 0),
            (b"GLIBC_2.x GLIBC_PRIVATE", 0),
            (b"", 0),
        ] {
            assert_eq!(newest_glibc(program), minor);
        }
    }
}
