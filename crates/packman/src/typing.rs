//! What was typed and is no command, and what asks for no command: clap's words, said also to programs.

use std::ffi::OsStr;
use std::process::ExitCode;

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use packman_strict::json::Value;

use crate::ending::Ending;
use crate::{itself, output};

/// Ends as clap says: 0 for help and version, 2 for what cannot be parsed.
pub(crate) fn end(error: clap::Error) -> ExitCode {
    let is_help = matches!(error.kind(), ErrorKind::DisplayHelp);
    let error = with_better_tips(error);
    if !is_help && is_json(std::env::args_os()) {
        return end_as_json(&error);
    }
    // Where nobody reads it, there is nobody to tell.
    let _ = error.print();
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}

/// Whether the answer is to be JSON, as far as can be told from what cannot be parsed.
fn is_json(arguments: impl Iterator<Item = impl AsRef<OsStr>>) -> bool {
    arguments.map(|one| one.as_ref().to_owned()).take_while(|one| one != "--").any(|one| one == "--json")
}

fn end_as_json(error: &clap::Error) -> ExitCode {
    if error.kind() == ErrorKind::DisplayVersion {
        return match output::answer(&Value::from(itself::to_json())) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => Ending::from(error).print(false),
        };
    }
    usage(error).print(true)
}

/// The same as an ending: clap's first paragraph in one line, and what it advises.
fn usage(error: &clap::Error) -> Ending {
    let no_command = [ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand, ErrorKind::MissingSubcommand];
    if no_command.contains(&error.kind()) {
        return Ending::usage("a command is missing").hint("`packman --help` lists them");
    }
    let text = error.render().to_string();
    let (first, rest) = text.split_once("\n\n").unwrap_or((&text, ""));
    let words = first.lines().map(str::trim).collect::<Vec<_>>().join(" ");
    let tips = rest.lines().filter_map(|line| line.trim().strip_prefix("tip: "));
    let ending = Ending::usage(words.strip_prefix("error: ").unwrap_or(&words));
    tips.fold(ending, Ending::hint)
}

/// Takes out the advice to put what is no option behind `--`, where it would be taken for the name of a project, and tells
/// who named nothing that a file can be named.
fn with_better_tips(mut error: clap::Error) -> clap::Error {
    if let Some(ContextValue::StyledStrs(tips)) = error.remove(ContextKind::Suggested) {
        let tips: Vec<StyledStr> = tips.into_iter().filter(|tip| !tip.to_string().contains("'-- ")).collect();
        if !tips.is_empty() {
            error.insert(ContextKind::Suggested, ContextValue::StyledStrs(tips));
        }
    }
    let lacks_requirement = error.kind() == ErrorKind::MissingRequiredArgument
        && matches!(error.get(ContextKind::InvalidArg), Some(ContextValue::Strings(missing))
            if missing.iter().any(|one| one.contains("REQUIREMENT")));
    if lacks_requirement {
        let tip = StyledStr::from(
            "a file can be named instead, such as `-r requirements.txt` or `-r pyproject.toml`",
        );
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip]));
    }
    error
}

#[cfg(test)]
mod tests {
    use super::is_json;

    #[test]
    fn what_stands_behind_two_dashes_asks_for_no_json() {
        for (arguments, wanted) in [
            (&["packman", "--json", "--version"][..], true),
            (&["packman", "nonsense", "--json"], true),
            (&["packman", "install", "--", "--json"], false),
            (&["packman"], false),
        ] {
            assert_eq!(is_json(arguments.iter()), wanted, "{arguments:?}");
        }
    }
}
