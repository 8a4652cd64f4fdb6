//! Pages that list attacks: each row of a table whose last column is `test` ends with the test that makes the attack here.

use super::invariants::exists;
use super::source::Source;

const PAGES: [&str; 2] = ["docs/known-attacks.md", "docs/threat-model.md"];

pub(super) fn faults(source: &Source) -> Vec<String> {
    PAGES.iter().flat_map(|page| faults_of(source, page)).collect()
}

fn faults_of(source: &Source, page: &str) -> Vec<String> {
    let Some(text) = source.text(page) else { return vec![format!("{page} is not there")] };
    let rows = rows(text);
    let mut faults: Vec<String> = rows.iter().filter_map(|row| fault(source, page, row)).collect();
    if rows.is_empty() {
        faults.push(format!("{page} lists nothing"));
    }
    faults
}

/// The rows of the tables whose last column is `test`.
fn rows(text: &str) -> Vec<Vec<&str>> {
    let (mut rows, mut is_inside) = (Vec::new(), false);
    for line in text.lines() {
        match cells(line) {
            Some(row) if row.last() == Some(&"test") => is_inside = true,
            Some(row) if is_inside && row.first() != Some(&"---") => rows.push(row),
            Some(_) => {}
            None => is_inside = false,
        }
    }
    rows
}

/// The cells of a row of a table; nothing for what is no row.
fn cells(line: &str) -> Option<Vec<&str>> {
    let row = line.strip_prefix("| ")?.strip_suffix(" |")?;
    Some(row.split(" | ").map(str::trim).collect())
}

fn fault(source: &Source, page: &str, row: &[&str]) -> Option<String> {
    let (name, tests) = (row.first()?, row.last()?);
    let mut tests = tests.split('`').skip(1).step_by(2).peekable();
    if tests.peek().is_none() {
        return Some(format!("{page}: {name} names no test"));
    }
    let gone = tests.find(|test| !exists(source, test))?;
    Some(format!("{page}: {name} is tested by `{gone}`, which is not there"))
}

#[cfg(test)]
mod tests {
    use super::rows;

    #[test]
    fn a_row_is_a_line_of_cells_below_a_head_that_ends_with_test() {
        let page = "text\n| advisory | test |\n| --- | --- |\n| CVE-1 | `one` |\n\n| key | life |\n| --- | --- |\n| root | 365 |\n";
        assert_eq!(rows(page), [["CVE-1", "`one`"]]);
        assert!(rows("").is_empty());
    }
}
