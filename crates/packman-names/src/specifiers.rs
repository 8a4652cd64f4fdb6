//! Versions and lists of version specifiers (PEP 440), as strict as the Python library `packaging` is.

use pep440_rs::{Operator, VersionPattern};

use crate::scan::Scanner;
use crate::{NameError, Version, VersionSpecifier, VersionSpecifiers};

/// Operators, longer ones before those they begin with.
const OPERATORS: [(&str, Operator); 8] = [
    ("===", Operator::ExactEqual),
    ("==", Operator::Equal),
    ("~=", Operator::TildeEqual),
    ("!=", Operator::NotEqual),
    ("<=", Operator::LessThanEqual),
    (">=", Operator::GreaterThanEqual),
    ("<", Operator::LessThan),
    (">", Operator::GreaterThan),
];

/// Parses a version in any spelling that PEP 440 allows.
pub fn parse_version(text: &str) -> Result<Version, NameError> {
    text.trim().parse().map_err(|_| NameError::new("version", text, "is not one that PEP 440 knows"))
}

/// Parses a list of specifiers, as in `>=2,<3`; an empty text admits every version.
pub fn parse_specifiers(text: &str) -> Result<VersionSpecifiers, NameError> {
    let mut scanner = Scanner::new("version specifier", text)?;
    scanner.skip_space();
    let specifiers = read_specifiers(&mut scanner)?;
    scanner.skip_space();
    if scanner.at_end() { Ok(specifiers) } else { Err(scanner.wanted("a comma or the end")) }
}

/// Reads specifiers and the commas between them; a comma after the last one is passed over, as `packaging` does.
pub(crate) fn read_specifiers(scanner: &mut Scanner<'_>) -> Result<VersionSpecifiers, NameError> {
    let mut specifiers = Vec::new();
    while let Some(operator) = read_operator(scanner) {
        scanner.part()?;
        scanner.skip_space();
        let version = scanner.take_while(|c| !c.is_whitespace() && !matches!(c, ',' | ';' | ')'));
        specifiers.push(specifier(operator, version)?);
        scanner.skip_space();
        if !scanner.eat(",") {
            break;
        }
        scanner.skip_space();
    }
    Ok(specifiers.into_iter().collect())
}

/// Makes one specifier of an operator and the text of its version.
pub(crate) fn specifier(operator: Operator, version: &str) -> Result<VersionSpecifier, NameError> {
    let shown = || format!("{operator}{version}");
    let pattern: VersionPattern = version
        .parse()
        .map_err(|_| NameError::new("version specifier", &shown(), "names no version that PEP 440 knows"))?;
    VersionSpecifier::from_pattern(operator, pattern).map_err(|_| {
        let problem = "does not fit its operator: `.*` goes with `==` and `!=`, a local version with `==`, \
                       `!=` and `===`, and `~=` needs two numbers";
        NameError::new("version specifier", &shown(), problem)
    })
}

fn read_operator(scanner: &mut Scanner<'_>) -> Option<Operator> {
    OPERATORS.into_iter().find_map(|(text, operator)| scanner.eat(text).then_some(operator))
}

/// Reads an operator that stands alone, as in a marker.
pub(crate) fn read_comparison(scanner: &mut Scanner<'_>) -> Option<Operator> {
    read_operator(scanner)
}
