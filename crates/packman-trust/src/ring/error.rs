//! Acts on the ring that its rules do not allow.

use core::fmt;

use packman_names::ProjectName;

use super::EntryName;

/// An act on the ring that its rules do not allow.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum RingError {
    /// The name is taken.
    NameTaken(EntryName),
    /// The chain is in the ring already, under this name.
    ChainPresent(EntryName),
    /// No entry has this name.
    NoSuchEntry(EntryName),
    /// It is a list, which answers for no project.
    IsList(EntryName),
    /// No list has taken it back, so there is nothing to decide.
    NotWithdrawn(EntryName),
    /// The entry may not answer for this project, so it cannot answer first either.
    OutsideScope(EntryName, ProjectName),
    /// It is the administrator's, who alone changes it.
    Administrators(EntryName),
    /// The administrator's databases answer for all of these names.
    Covered(String),
    /// The administrator allows no databases but his own.
    OnlyAdministrators,
    /// The administrator forbids what the user wants to allow.
    AdministratorForbids,
    /// No rule of the user's is for exactly these names.
    NoSuchRule(String),
}

impl RingError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Administrators(_)
            | Self::Covered(_)
            | Self::OnlyAdministrators
            | Self::AdministratorForbids => "administrator",
            _ => "ring",
        }
    }
}

impl fmt::Display for RingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NameTaken(name) => {
                write!(f, "the name `{name}` is taken by another entry of your trust ring")
            }
            Self::ChainPresent(name) => write!(f, "it is in your trust ring already, as `{name}`"),
            Self::NoSuchEntry(name) => write!(f, "your trust ring has no `{name}`"),
            Self::IsList(name) => {
                write!(f, "`{name}` is a list: it names databases, and answers for no project")
            }
            Self::NotWithdrawn(name) => {
                write!(f, "no list has taken `{name}` back, so there is nothing to keep")
            }
            Self::OutsideScope(name, project) => {
                write!(f, "`{name}` may not answer for `{project}`, so it cannot answer first for it")
            }
            Self::Administrators(name) => {
                write!(f, "`{name}` is your administrator's, who alone changes it")
            }
            Self::Covered(scope) => {
                write!(
                    f,
                    "your administrator's databases answer for all of `{scope}`, wanted names that none of them covers"
                )
            }
            Self::OnlyAdministrators => {
                f.write_str("your administrator allows no databases and lists but his own")
            }
            Self::AdministratorForbids => {
                f.write_str("your administrator's policy forbids that, and yours cannot allow it")
            }
            Self::NoSuchRule(projects) => {
                write!(f, "your trust ring has no quorum for exactly `{projects}`")
            }
        }
    }
}

impl core::error::Error for RingError {}
