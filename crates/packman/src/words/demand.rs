//! What is asked for and cannot be, in words.

use packman_machine::location::without_secrets;
use packman_requirements::NotTaken;
use packman_strict::quote::quoted;

use crate::ending::Ending;

/// What is not taken, each with its line, its reason and the way on.
pub(crate) fn left(left: &[NotTaken], ending: Ending) -> Ending {
    let line = |left: &NotTaken| {
        format!("{} ({}): {}", quoted(&without_secrets(&left.what)), left.place, left.why.words())
    };
    let (headline, because) = match left {
        [only] => (line(only), Vec::new()),
        more => {
            let headline = format!("{} things are asked for that PackMan does not take", more.len());
            (headline, more.iter().map(line).collect())
        }
    };
    let mut hints: Vec<String> = Vec::new();
    for way in left.iter().filter_map(|left| left.why.way_on()) {
        if !hints.iter().any(|hint| hint == way) {
            hints.push(way.to_owned());
        }
    }
    Ending { headline, because, hints, ..ending }
}

/// Lines that say where packages come from, where nobody else said it.
pub(crate) fn index_lines(lines: &[NotTaken], ending: Ending) -> Ending {
    let because =
        lines.iter().map(|line| format!("{} ({})", quoted(&without_secrets(&line.what)), line.place));
    Ending {
        headline: "a file says where packages come from, and nothing is taken from another place unasked"
            .to_owned(),
        because: because.collect(),
        hints: vec![
            "name the index that you mean with `--index URL`; then those lines are passed over".to_owned(),
            "wheels of a folder are recorded with `packman curate add DIR NAME --from FOLDER --copy-files`"
                .to_owned(),
        ],
        ..ending
    }
}

/// A line that says where packages come from, where a person said it.
pub(crate) fn index_line_passed_over(line: &NotTaken, named: &str) -> String {
    format!(
        "note: {} ({}) is passed over: packages come from {}, as you said",
        quoted(&without_secrets(&line.what)),
        line.place,
        quoted(&without_secrets(named))
    )
}
