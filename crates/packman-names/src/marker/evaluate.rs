//! Says whether a marker is true for an environment and a set of active extras.

use pep440_rs::Operator;

use super::{Comparison, MarkerEnvironment, Relation, Subject, Tree, Variable};
use crate::ExtraName;
use crate::ranges::specifier_admits;
use crate::specifiers::specifier;

impl Tree {
    pub(super) fn applies(&self, environment: &MarkerEnvironment, extras: &[ExtraName]) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.applies(environment, extras)),
            Self::Any(parts) => parts.iter().any(|part| part.applies(environment, extras)),
            Self::Compare(comparison) => comparison.applies(environment, extras),
        }
    }

    /// The tree with what is said of extras and groups decided. Nothing joined by `and` is true, by `or` false.
    pub(super) fn given(&self, extras: &[ExtraName], groups: &[ExtraName]) -> Self {
        let decided = |holds: bool| if holds { Self::All(Vec::new()) } else { Self::Any(Vec::new()) };
        let given = |parts: &[Self]| parts.iter().map(|part| part.given(extras, groups)).collect();
        match self {
            Self::All(parts) => Self::All(given(parts)),
            Self::Any(parts) => Self::Any(given(parts)),
            Self::Compare(comparison) => match comparison.subject {
                Subject::Environment(_) => self.clone(),
                Subject::Extra => decided(comparison.extra_applies(extras)),
                Subject::Extras => decided(comparison.set_applies(extras)),
                Subject::DependencyGroups => decided(comparison.set_applies(groups)),
            },
        }
    }

    /// No marker negates a part of itself, so that a part which is taken to be true makes nothing else false.
    pub(super) fn may_apply(&self, environment: &MarkerEnvironment, extras: &[ExtraName]) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.may_apply(environment, extras)),
            Self::Any(parts) => parts.iter().any(|part| part.may_apply(environment, extras)),
            Self::Compare(comparison) => comparison.may_apply(environment, extras),
        }
    }

    /// Tells of each mention of an extra.
    pub(super) fn each_extra(&self, tell: &mut impl FnMut(ExtraName)) {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.each_extra(tell)),
            Self::Compare(Comparison { subject: Subject::Extra | Subject::Extras, literal, .. }) => {
                if let Ok(extra) = ExtraName::parse(literal) {
                    tell(extra);
                }
            }
            Self::Compare(_) => {}
        }
    }
}

impl Comparison {
    fn applies(&self, environment: &MarkerEnvironment, extras: &[ExtraName]) -> bool {
        match self.subject {
            Subject::Environment(variable) => self.environment_applies(variable, environment),
            Subject::Extra => self.extra_applies(extras),
            Subject::Extras => self.set_applies(extras),
            Subject::DependencyGroups => self.set_applies(&[]),
        }
    }

    fn may_apply(&self, environment: &MarkerEnvironment, extras: &[ExtraName]) -> bool {
        match self.subject {
            Subject::Environment(Variable::PythonFullVersion) => {
                let python = environment.python();
                let minor = format!("{}.{}", python.major, python.minor);
                // What is said of this minor version may hold for one of its patches.
                let of_minor = self.literal.trim().strip_prefix(&minor);
                of_minor.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
                    || self.applies(environment, extras)
            }
            Subject::Environment(variable) if variable != Variable::PythonVersion => true,
            _ => self.applies(environment, extras),
        }
    }

    fn environment_applies(&self, variable: Variable, environment: &MarkerEnvironment) -> bool {
        let value = environment.value(variable);
        if let Some(specifier) = &self.specifier {
            return environment.version(variable).is_some_and(|version| specifier_admits(specifier, version));
        }
        let (left, right) =
            if self.literal_first { (self.literal.as_str(), value) } else { (value, self.literal.as_str()) };
        match self.relation {
            Relation::Compare(Operator::ExactEqual) if variable.is_version() => {
                left.eq_ignore_ascii_case(right.trim())
            }
            // `"3.8" <= python_version` asks whether 3.8 is in `<=3.12`: the environment gives the specifier.
            Relation::Compare(operator) if variable.is_version() && self.literal_first => {
                match specifier(operator, right.trim()) {
                    Ok(specifier) => left.trim().parse().is_ok_and(|one| specifier_admits(&specifier, &one)),
                    Err(_) => text_applies(left, self.relation, right),
                }
            }
            relation => text_applies(left, relation, right),
        }
    }

    /// With no extra active, `extra` is the empty text, as pip has it.
    fn extra_applies(&self, extras: &[ExtraName]) -> bool {
        let one = |extra: &str| {
            if self.literal_first {
                text_applies(&self.literal, self.relation, extra)
            } else {
                text_applies(extra, self.relation, &self.literal)
            }
        };
        match self.relation {
            _ if extras.is_empty() => one(""),
            Relation::NotIn | Relation::Compare(Operator::NotEqual) => {
                extras.iter().all(|extra| one(extra.as_str()))
            }
            _ => extras.iter().any(|extra| one(extra.as_str())),
        }
    }

    fn set_applies(&self, set: &[ExtraName]) -> bool {
        let held = set.iter().any(|one| one.as_str() == self.literal);
        match self.relation {
            Relation::In => self.literal_first && held,
            Relation::NotIn => self.literal_first && !held,
            Relation::Compare(_) => false,
        }
    }
}

/// Compares text. No text is before another: `<` and `>` are false, `<=` and `>=` mean equal (PEP 508 as
/// clarified; `packaging` 26). `~=` and `===` are not defined for text, and count as false.
fn text_applies(left: &str, relation: Relation, right: &str) -> bool {
    match relation {
        Relation::In => right.contains(left),
        Relation::NotIn => !right.contains(left),
        Relation::Compare(Operator::NotEqual) => left != right,
        Relation::Compare(Operator::Equal | Operator::LessThanEqual | Operator::GreaterThanEqual) => {
            left == right
        }
        Relation::Compare(_) => false,
    }
}
