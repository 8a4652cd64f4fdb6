//! How a command ends that was asked to stop: what it changed until then.

use std::io::{IsTerminal as _, Write as _};

use packman_machine::stop::SoFar;

/// The line that says so.
pub(crate) fn line(so_far: SoFar) -> &'static str {
    match so_far {
        SoFar::Nothing => "stopped; nothing was changed",
        SoFar::Changed => "stopped; what was finished before is kept",
        SoFar::InChange => {
            "stopped in the middle of a change; run the same again: what is half done is undone or completed first"
        }
    }
}

/// Says it where the program is ended and no command says it.
pub(crate) fn last_words(so_far: SoFar) {
    let mut talk = std::io::stderr();
    // A bar may stand where the cursor is.
    let begin = if talk.is_terminal() { "\r\u{1b}[2K" } else { "" };
    let _ = writeln!(talk, "{begin}{}", line(so_far));
}
