//! What became of a call below becomes an error of the use case: each kind keeps its blame.

use packman_machine::failure::DiskFailure;
use packman_machine::lock::LockFailure;
use packman_machine::stop::Stopped;
use packman_trust::{Nobody, Refused, RingError};

use super::{ClientError, Failed, No, RefusedWhy};

impl From<RefusedWhy> for ClientError {
    fn from(why: RefusedWhy) -> Self {
        Self::Refused(Box::new(why))
    }
}

impl From<Refused> for ClientError {
    fn from(refused: Refused) -> Self {
        RefusedWhy::Database(refused).into()
    }
}

/// Nobody vouches; where what a database sent was refused, that stands in the way of saying so.
impl From<Nobody> for ClientError {
    fn from(nobody: Nobody) -> Self {
        match nobody.refused.clone() {
            Some(refused) => {
                RefusedWhy::Unlisted { project: nobody.project, refused, needed: Vec::new() }.into()
            }
            None => No::NobodyVouches(nobody).into(),
        }
    }
}

impl From<No> for ClientError {
    fn from(no: No) -> Self {
        Self::No(Box::new(no))
    }
}

impl From<RingError> for ClientError {
    fn from(error: RingError) -> Self {
        No::Ring(error).into()
    }
}

impl From<Failed> for ClientError {
    fn from(failed: Failed) -> Self {
        Self::Failed(Box::new(failed))
    }
}

impl From<DiskFailure> for ClientError {
    fn from(failure: DiskFailure) -> Self {
        Failed::Disk(failure).into()
    }
}

impl From<packman_wheel::Failure> for ClientError {
    fn from(failure: packman_wheel::Failure) -> Self {
        let hint = super::environment_hint(failure.code());
        Failed::Environment { code: failure.code(), what: failure.to_string(), hint }.into()
    }
}

impl From<LockFailure> for ClientError {
    fn from(failure: LockFailure) -> Self {
        match failure {
            LockFailure::Disk(failure) => failure.into(),
            LockFailure::Stopped => Self::Stopped,
        }
    }
}

impl From<Stopped> for ClientError {
    fn from(_: Stopped) -> Self {
        Self::Stopped
    }
}
