//! Errors in words: the subject, why, and what can be done.

use std::io::Write as _;

use anstyle::{AnsiColor, Style};

use crate::ending::{Blame, Ending};
use crate::output::tame;

const RED: Style = AnsiColor::Red.on_default().bold();
const CYAN: Style = AnsiColor::Cyan.on_default();

/// Prints an ending on standard error. What cannot be written there has nowhere else to go.
pub(crate) fn print(ending: &Ending) {
    let mut talk = anstream::stderr().lock();
    for line in lines(ending) {
        let _ = writeln!(talk, "{line}");
    }
}

fn lines(ending: &Ending) -> Vec<String> {
    if ending.blame == Blame::Stopped {
        return vec![tame(&ending.headline).into_owned()];
    }
    let mut lines = vec![format!("{RED}error{RED:#}: {}", tame(&ending.headline))];
    let mut label = "because: ";
    for because in &ending.because {
        lines.push(format!("  {label}{}", tame(because)));
        label = "         ";
    }
    for hint in &ending.hints {
        lines.push(format!("  {CYAN}hint{CYAN:#}: {}", tame(hint)));
    }
    if ending.blame == Blame::Refused {
        lines.push(format!("  {CYAN}hint{CYAN:#}: see `packman explain {}`", ending.code));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_the_subject_the_reason_and_the_way_on() {
        let mut ending =
            Ending::no("not-vouched", "nobody you trust vouches for `flask`").hint("trust somebody");
        ending.because = vec!["one".to_owned(), "two".to_owned()];
        let plain: Vec<String> =
            lines(&ending).iter().map(|line| anstream::adapter::strip_str(line).to_string()).collect();
        insta::assert_snapshot!(plain.join("\n"), @"
        error: nobody you trust vouches for `flask`
          because: one
                   two
          hint: trust somebody
        ");
    }
}
