//! `Requires-Python`: which Pythons a release says it runs on. Read leniently, since old releases are full of
//! texts that PEP 440 never allowed and that installers have always understood.
//!
//! Tolerated, as pip once did and uv does, beyond what [`parse_specifiers`](crate::parse_specifiers) reads:
//! `.*` after any operator (`>=3.6.*` is `>=3.6`, `<4.*` is `<4`, `~=3.6.*` is `==3.6.*`); no dot before the
//! star (`!=3.0*`); quotes around the text or a version; a space or nothing between two specifiers
//! (`>=3.6 <4`, `>=3.6<4`); commas too many; `=>` and `=<`. A version without an operator is refused.

use pep440_rs::Operator;

use crate::ranges::admits;
use crate::scan::Scanner;
use crate::specifiers::{read_comparison, specifier};
use crate::{NameError, PythonVersion, VersionSpecifier, VersionSpecifiers};

/// The Pythons that a release runs on.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RequiresPython {
    specifiers: VersionSpecifiers,
}

impl RequiresPython {
    /// Parses the value of a `Requires-Python` field; an empty one admits every Python.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let mut scanner = Scanner::new("requires-python", text)?;
        let mut specifiers = Vec::new();
        loop {
            scanner.take_while(is_filler);
            if scanner.at_end() {
                break;
            }
            scanner.part()?;
            specifiers.push(read_leniently(&mut scanner, text)?);
        }
        Ok(Self { specifiers: specifiers.into_iter().collect() })
    }

    /// Says whether the release runs on this Python. Where the patch is unknown, 0 is taken, as uv does.
    pub fn admits(&self, python: PythonVersion) -> bool {
        admits(&self.specifiers, &python.version())
    }

    /// Returns what was understood, as specifiers.
    pub fn specifiers(&self) -> &VersionSpecifiers {
        &self.specifiers
    }
}

fn is_filler(character: char) -> bool {
    character.is_whitespace() || matches!(character, ',' | '\'' | '"')
}

fn read_leniently(scanner: &mut Scanner<'_>, text: &str) -> Result<VersionSpecifier, NameError> {
    let refused = || NameError::new("requires-python", text, "wanted specifiers such as `>=3.9, <4`");
    let operator = read_operator(scanner).ok_or_else(refused)?;
    scanner.take_while(is_filler);
    let written = scanner.take_while(|c| !is_filler(c) && !matches!(c, '<' | '>' | '=' | '!' | '~'));
    let version = written.trim_end_matches('*').trim_end_matches('.');
    let star = written.ends_with('*');
    let (operator, pattern) = match operator {
        Operator::Equal | Operator::NotEqual if star => (operator, format!("{version}.*")),
        Operator::TildeEqual if star => (Operator::Equal, format!("{version}.*")),
        _ => (operator, version.to_owned()),
    };
    specifier(operator, &pattern).map_err(|_| refused())
}

fn read_operator(scanner: &mut Scanner<'_>) -> Option<Operator> {
    if scanner.eat("=>") {
        Some(Operator::GreaterThanEqual)
    } else if scanner.eat("=<") {
        Some(Operator::LessThanEqual)
    } else {
        read_comparison(scanner)
    }
}
