//! Reads markers by the grammar of PEP 508, as the Python library `packaging` reads them.

use std::sync::Arc;

use pep440_rs::Operator;

use super::{Comparison, DEEPEST, Marker, Relation, Subject, Tree, Variable};
use crate::NameError;
use crate::scan::Scanner;
use crate::specifiers::{read_comparison, specifier};

/// Reads a marker up to the end or to what cannot belong to it.
pub(crate) fn read_marker(scanner: &mut Scanner<'_>) -> Result<Marker, NameError> {
    scanner.skip_space();
    let before = scanner.rest();
    let tree = read_any(scanner, 0)?;
    let length = before.len() - scanner.rest().len();
    let text = before.get(..length).unwrap_or(before).trim_end();
    Ok(Marker { text: text.into(), tree: Arc::new(tree) })
}

/// Reads parts joined by `or`, each of them parts joined by `and`, which binds closer.
fn read_any(scanner: &mut Scanner<'_>, depth: usize) -> Result<Tree, NameError> {
    let mut parts = vec![read_all(scanner, depth)?];
    while read_word(scanner, "or") {
        parts.push(read_all(scanner, depth)?);
    }
    Ok(joined(parts, Tree::Any))
}

fn read_all(scanner: &mut Scanner<'_>, depth: usize) -> Result<Tree, NameError> {
    let mut parts = vec![read_atom(scanner, depth)?];
    while read_word(scanner, "and") {
        parts.push(read_atom(scanner, depth)?);
    }
    Ok(joined(parts, Tree::All))
}

fn joined(mut parts: Vec<Tree>, join: fn(Vec<Tree>) -> Tree) -> Tree {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        Some(last) => {
            parts.push(last);
            join(parts)
        }
        None => join(parts),
    }
}

fn read_atom(scanner: &mut Scanner<'_>, depth: usize) -> Result<Tree, NameError> {
    scanner.skip_space();
    if depth >= DEEPEST {
        return Err(scanner.wanted("an end to the parentheses"));
    }
    let tree = if scanner.eat("(") {
        let tree = read_any(scanner, depth + 1)?;
        if !scanner.eat(")") {
            return Err(scanner.wanted("`)`"));
        }
        tree
    } else {
        Tree::Compare(read_item(scanner)?)
    };
    scanner.skip_space();
    Ok(tree)
}

enum Side {
    Variable(Subject),
    Literal(String),
}

fn read_item(scanner: &mut Scanner<'_>) -> Result<Comparison, NameError> {
    scanner.part()?;
    let left = read_side(scanner)?;
    scanner.skip_space();
    let relation = read_relation(scanner)?;
    scanner.skip_space();
    let before_right = *scanner;
    match (left, read_side(scanner)?) {
        (Side::Variable(subject), Side::Literal(literal)) => {
            Ok(comparison(subject, relation, literal, false))
        }
        (Side::Literal(literal), Side::Variable(subject)) => Ok(comparison(subject, relation, literal, true)),
        (Side::Variable(_), Side::Variable(_)) => Err(before_right.wanted("a quoted text")),
        (Side::Literal(_), Side::Literal(_)) => Err(before_right.wanted("a variable")),
    }
}

fn comparison(subject: Subject, relation: Relation, literal: String, literal_first: bool) -> Comparison {
    let version = matches!(subject, Subject::Environment(variable) if variable.is_version());
    let specifier = match relation {
        // `===` compares text, letter by letter.
        Relation::Compare(operator) if version && !literal_first && operator != Operator::ExactEqual => {
            specifier(operator, literal.trim()).ok()
        }
        _ => None,
    };
    let literal = if matches!(subject, Subject::Environment(_)) {
        literal
    } else {
        crate::project::canonical(&literal)
    };
    Comparison { subject, relation, literal, literal_first, specifier }
}

fn read_side(scanner: &mut Scanner<'_>) -> Result<Side, NameError> {
    for quote in ["'", "\""] {
        let before = *scanner;
        if scanner.eat(quote) {
            let literal = scanner.take_while(|c| !quote.contains(c));
            if literal.contains('\\') {
                return Err(before.wanted("a text without a backslash"));
            }
            if !scanner.eat(quote) {
                return Err(before.wanted("a closed quote"));
            }
            return Ok(Side::Literal(literal.to_owned()));
        }
    }
    let before = *scanner;
    let word = scanner.take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'));
    subject(word).map(Side::Variable).ok_or_else(|| before.wanted("a marker variable or a quoted text"))
}

fn subject(word: &str) -> Option<Subject> {
    Some(match word {
        "extra" => Subject::Extra,
        "extras" => Subject::Extras,
        "dependency_groups" => Subject::DependencyGroups,
        // Names from before PEP 508 that old wheels still carry.
        "os.name" => Subject::Environment(Variable::OsName),
        "sys.platform" => Subject::Environment(Variable::SysPlatform),
        "platform.version" => Subject::Environment(Variable::PlatformVersion),
        "platform.machine" => Subject::Environment(Variable::PlatformMachine),
        "platform.python_implementation" | "python_implementation" => {
            Subject::Environment(Variable::PlatformPythonImplementation)
        }
        _ => Subject::Environment(Variable::named(word)?),
    })
}

fn read_relation(scanner: &mut Scanner<'_>) -> Result<Relation, NameError> {
    if read_word(scanner, "in") {
        return Ok(Relation::In);
    }
    let before = *scanner;
    if read_word(scanner, "not") {
        scanner.skip_space();
        return if read_word(scanner, "in") { Ok(Relation::NotIn) } else { Err(scanner.wanted("`in`")) };
    }
    let operator: Option<Operator> = read_comparison(scanner);
    operator.map(Relation::Compare).ok_or_else(|| before.wanted("a comparison, `in` or `not in`"))
}

/// Reads `word` if it comes next and ends there.
fn read_word(scanner: &mut Scanner<'_>, word: &str) -> bool {
    let mut ahead = *scanner;
    if ahead.eat(word) && !ahead.rest().starts_with(|c: char| c.is_alphanumeric() || c == '_') {
        *scanner = ahead;
        true
    } else {
        false
    }
}
