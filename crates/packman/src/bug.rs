//! Our own faults: a panic ends the program with one line that asks for a report, and exit code 70.

use std::io::Write as _;
use std::panic::{self, PanicHookInfo};

use packman_strict::quote::escaped;

use crate::ending::Blame;
use crate::output::cut;

/// How much of what a panic says is told, in characters: outside text may stand in it.
const TOLD: usize = 400;

/// Has every panic of this program end it so, whichever thread it is in. Nothing is unwound: a change that was going on
/// is undone or completed by the next run, as after a kill.
pub(crate) fn report_panics() {
    panic::set_hook(Box::new(|panic| {
        let _ = writeln!(std::io::stderr(), "{}", line(panic));
        std::process::exit(Blame::Bug.exit_code().into());
    }));
}

fn line(panic: &PanicHookInfo<'_>) -> String {
    let said = panic.payload_as_str().unwrap_or("no reason was given");
    let place =
        panic.location().map_or_else(String::new, |place| format!(" at {}:{}", place.file(), place.line()));
    format!(
        "error: this is a fault of PackMan ({}), not of yours; please report this line and the command: {}{place}",
        env!("CARGO_PKG_VERSION"),
        cut(&escaped(said).to_string(), TOLD)
    )
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    const PANIC: &str = "PACKMAN_TEST_PANIC";

    /// Run by the test below, as a program of its own: it is ended.
    #[test]
    fn panics_where_it_is_told_to() {
        if std::env::var_os(PANIC).is_some() {
            super::report_panics();
            let outside = format!("a\u{1b}[2Jb{}", "c".repeat(1000));
            std::thread::spawn(move || panic!("{outside}")).join().unwrap();
        }
    }

    #[test]
    fn a_panic_is_one_line_and_exit_code_70() {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "--nocapture", "bug::tests::panics_where_it_is_told_to"]);
        let done = command.env(PANIC, "1").output().unwrap();
        let said = String::from_utf8(done.stderr).unwrap();
        assert_eq!(done.status.code(), Some(70), "{said}");
        assert_eq!(said.lines().count(), 1, "{said}");
        let said = said.replace(&"c".repeat(300), "…");
        let (before, place) = said.trim_end().rsplit_once(" at ").unwrap();
        assert!(place.starts_with("crates/packman/src/bug.rs:"), "{place}");
        let before = before.trim_end_matches(['c', '…']).replace(env!("CARGO_PKG_VERSION"), "VERSION");
        insta::assert_snapshot!(before, @r"error: this is a fault of PackMan (VERSION), not of yours; please report this line and the command: a\u{1b}[2Jb");
    }
}
