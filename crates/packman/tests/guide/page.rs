//! A page of the guide as a script: its blocks are typed as they stand, and what is printed is held against what it shows.
//!
//! A block that begins with "```console" has lines `$ COMMAND` (with `\` at its end it goes on), each followed by what is
//! printed. `...` on a line of its own stands for any lines. Where nothing is shown, anything may be printed. Where what is
//! shown has a line that begins with `error:`, the command has to fail, else it has to succeed. What a page shows of
//! numbers, dates, hashes and hosts is an example, and is compared as such.
//! `PACKMAN_GUIDE=show cargo test -p packman --test guide -- --nocapture` shows what is printed, to be written into a page.
//! `<!-- here: WORDS -->` stands for something that happens in between, which the test carries out.

use std::path::Path;

use testkit::mask::masked;
use testkit::world::World;

use super::support::{plain, without_progress};

/// What a page says to do, in its order.
enum Part {
    /// Something happens.
    Here(String),
    /// A command, and the lines that are shown for it; with the number of its line.
    Command(usize, String, Vec<String>),
}

/// Words that stand in the pages for what is another at each run, with what they stand for now.
#[derive(Default)]
pub(crate) struct Stands(Vec<(String, String)>);

impl Stands {
    /// In commands the first means the second from now on, and in what is printed the second is shown as the first.
    pub(crate) fn for_(&mut self, shown: &str, meant: impl Into<String>) {
        self.0.retain(|(known, _)| known != shown);
        self.0.push((shown.to_owned(), meant.into()));
    }

    fn typed(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (shown, meant)| text.replace(shown, meant))
    }

    fn printed(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (shown, meant)| text.replace(meant, shown))
    }
}

/// Follows a page of `docs/guide`; `here` carries out what happens in between.
pub(crate) fn follow(
    page: &str,
    world: &World,
    stands: &mut Stands,
    mut here: impl FnMut(&str, &mut Stands),
) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guide").join(page);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{page}: {error}"));
    assert!(text.lines().count() < 80, "{page} is longer than a page");
    let parts = parts(&text);
    assert!(parts.iter().any(|part| matches!(part, Part::Command(..))), "{page} shows no command");
    for part in parts {
        match part {
            Part::Here(what) => here(&what, stands),
            Part::Command(line, command, shown) => run(page, line, &command, &shown, world, stands),
        }
    }
}

fn run(page: &str, line: usize, command: &str, shown: &[String], world: &World, stands: &Stands) {
    let bin = Path::new(env!("CARGO_BIN_EXE_packman")).parent().unwrap().display().to_string();
    let path = std::env::var("PATH").unwrap_or_default();
    let typed = format!("PATH='{bin}:{path}'; export PATH; {}", stands.typed(command));
    let run = world.other(Path::new("sh"), &["-c", &format!("{{ {typed}\n}} 2>&1")]);
    let is_failure = shown.iter().any(|line| line.starts_with("error:"));
    let home = world.home().display().to_string();
    let printed = stands.printed(&run.stdout).replace(&home, "~/.local/share/packman");
    let printed = example(&plain(world, &without_progress(&printed)));
    let printed: Vec<&str> = printed.trim_end().lines().map(str::trim_end).collect();
    let place = format!("{page}, line {line}: `{command}`");
    if std::env::var_os("PACKMAN_GUIDE").is_some_and(|wanted| wanted == "show") {
        return println!("$ {command}\n{}\n[{}]", printed.join("\n"), run.code);
    }
    assert_eq!(run.code != 0, is_failure, "{place} ended with {}\n{}", run.code, run.stdout);
    let wanted: Vec<String> = shown.iter().map(|line| example(line.trim_end())).collect();
    let wanted: Vec<&str> = wanted.iter().map(String::as_str).collect();
    let fits = shown.is_empty() || fits(&wanted, &printed);
    assert!(fits, "{place}\nprinted\n{}\n\nand the page shows\n{}", printed.join("\n"), wanted.join("\n"));
}

/// What a page shows as an example, as what it is an example of.
fn example(text: &str) -> String {
    let text = masked(text);
    let lines = text.lines().map(|line| match line.split_once("packman-") {
        // The name of a temporary folder, or of a key that was made a moment ago.
        Some((before, _)) if before.ends_with("/tmp/") => format!("{before}packman-…"),
        _ => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Whether lines are those that are shown, where `...` stands for any.
fn fits(shown: &[&str], printed: &[&str]) -> bool {
    match (shown, printed) {
        ([], []) => true,
        (["...", rest @ ..], _) => (0..=printed.len()).any(|from| fits(rest, &printed[from..])),
        ([line, rest @ ..], [found, more @ ..]) => line == found && fits(rest, more),
        _ => false,
    }
}

fn parts(text: &str) -> Vec<Part> {
    let (mut parts, mut is_inside) = (Vec::new(), false);
    for (number, line) in (1..).zip(text.lines()) {
        if let Some(what) = line.strip_prefix("<!-- here: ").and_then(|rest| rest.strip_suffix(" -->")) {
            parts.push(Part::Here(what.to_owned()));
        } else if line.starts_with("```") {
            is_inside = line == "```console";
        } else if let Some(command) = line.strip_prefix("$ ").filter(|_| is_inside) {
            parts.push(Part::Command(number, command.to_owned(), Vec::new()));
        } else if let (true, Some(Part::Command(_, command, shown))) = (is_inside, parts.last_mut()) {
            if shown.is_empty() && command.ends_with('\\') {
                *command = format!("{}{}", command.trim_end_matches('\\'), line.trim_start());
            } else {
                shown.push(line.to_owned());
            }
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_three_dots_stands_for_any_lines() {
        let check = |shown: &str, printed: &str| {
            fits(&shown.lines().collect::<Vec<_>>(), &printed.lines().collect::<Vec<_>>())
        };
        assert!(check("a\n...\nd", "a\nb\nc\nd"));
        assert!(check("...", ""));
        assert!(check("a\n...", "a"));
        assert!(!check("a\n...\nd", "a\nb"));
        assert!(!check("a", "a\nb"));
        assert!(!check("a\nb", "a"));
    }

    #[test]
    fn a_page_is_read_as_commands_with_what_they_print() {
        let page = "text\n<!-- here: it rains -->\n```console\n$ one \\\n    two\nshown\n$ three\n```\n```\n$ no\n```\n";
        let shown = |part: &Part| match part {
            Part::Here(what) => format!("here {what}"),
            Part::Command(line, command, shown) => format!("{line} {command} {shown:?}"),
        };
        let found: Vec<String> = parts(page).iter().map(shown).collect();
        assert_eq!(found, ["here it rains", "4 one two [\"shown\"]", "7 three []"]);
    }
}
