//! `docs/known-attacks.md` lists attacks on clients like ours; each row ends with the test that makes the attack here.

use super::invariants::exists;
use super::source::Source;

const PAGE: &str = "docs/known-attacks.md";

pub(super) fn faults(source: &Source) -> Vec<String> {
    let Some(page) = source.text(PAGE) else { return vec![format!("{PAGE} is not there")] };
    let rows: Vec<Vec<&str>> = page.lines().filter_map(cells).collect();
    let mut faults: Vec<String> = rows.iter().filter_map(|row| fault(source, row)).collect();
    if rows.is_empty() {
        faults.push(format!("{PAGE} lists nothing"));
    }
    faults
}

/// The cells of a row of a table; nothing for its head, the line below it, and what is no row.
fn cells(line: &str) -> Option<Vec<&str>> {
    let row = line.strip_prefix("| ")?.strip_suffix(" |")?;
    let cells: Vec<&str> = row.split(" | ").map(str::trim).collect();
    (!row.starts_with("---") && cells.last() != Some(&"test")).then_some(cells)
}

fn fault(source: &Source, row: &[&str]) -> Option<String> {
    let (name, tests) = (row.first()?, row.last()?);
    let mut tests = tests.split('`').skip(1).step_by(2).peekable();
    if tests.peek().is_none() {
        return Some(format!("{PAGE}: {name} names no test"));
    }
    let gone = tests.find(|test| !exists(source, test))?;
    Some(format!("{PAGE}: {name} is tested by `{gone}`, which is not there"))
}

#[cfg(test)]
mod tests {
    use super::cells;

    #[test]
    fn a_row_is_a_line_of_cells_below_the_head() {
        assert_eq!(cells("| CVE-1 | what | why | `test` |"), Some(vec!["CVE-1", "what", "why", "`test`"]));
        for none in ["| advisory | what | stops | test |", "| --- | --- | --- | --- |", "text", ""] {
            assert_eq!(cells(none), None, "{none}");
        }
    }
}
