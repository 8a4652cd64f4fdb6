//! How a command ends when it does not do what was asked. The one place where blame becomes an exit code.

use std::process::ExitCode;
use std::time::Duration;

use packman_client::ClientError;
use packman_curate::CurateError;
use packman_machine::failure::{Act, DiskFailure};
use packman_machine::stop::{is_first_to_tell, so_far};
use packman_strict::json::{Object, Value};

use crate::output;
use crate::words;

/// Whose fault it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Blame {
    /// Nobody's: everything is believed, and the answer is no.
    HonestNo,
    /// Of whoever typed the command.
    Usage,
    /// Of the data: not to be believed.
    Refused,
    /// Of the machine or the network.
    Failed,
    /// Ours.
    Bug,
    /// The user asked to stop.
    Stopped,
    /// Nobody is there to read the answer.
    BrokenPipe,
}

impl Blame {
    /// The exit code of the command.
    pub(crate) fn exit_code(self) -> u8 {
        match self {
            Self::BrokenPipe => 0,
            Self::HonestNo => 1,
            Self::Usage => 2,
            Self::Refused => 3,
            Self::Failed => 4,
            Self::Bug => 70,
            Self::Stopped => 130,
        }
    }

    /// The stable code of what has no closer one.
    fn code(self) -> &'static str {
        match self {
            Self::Usage => "usage",
            Self::Bug => "bug",
            _ => "machine",
        }
    }
}

/// Answers as JSON, however the command ended: in one document, where an error stands beside the answer.
pub(crate) fn answered(answer: Object<'static>, ended: Result<(), Ending>) -> Result<(), Ending> {
    match ended {
        Ok(()) => Ok(output::answer(&answer.into())?),
        Err(ending) => Err(Ending { answer, ..ending }),
    }
}

/// How a command ends when it does not do what was asked.
#[derive(Clone, Debug)]
pub(crate) struct Ending {
    /// Whose fault it is.
    pub(crate) blame: Blame,
    /// The stable code.
    pub(crate) code: &'static str,
    /// The subject and what befell it.
    pub(crate) headline: String,
    /// Why.
    pub(crate) because: Vec<String>,
    /// What can be done.
    pub(crate) hints: Vec<String>,
    /// What there is to answer all the same, for `--json`.
    pub(crate) answer: Object<'static>,
}

impl Ending {
    /// A command that makes no sense.
    pub(crate) fn usage(headline: impl Into<String>) -> Self {
        Self::of(Blame::Usage, Blame::Usage.code(), headline)
    }

    /// What is asked for cannot be read.
    pub(crate) fn malformed(headline: impl Into<String>) -> Self {
        Self::of(Blame::Usage, "malformed", headline)
    }

    /// An honest no.
    pub(crate) fn no(code: &'static str, headline: impl Into<String>) -> Self {
        Self::of(Blame::HonestNo, code, headline)
    }

    /// The machine or the network.
    pub(crate) fn failed(headline: impl Into<String>) -> Self {
        Self::of(Blame::Failed, Blame::Failed.code(), headline)
    }

    /// Our own fault.
    pub(crate) fn bug(headline: impl Into<String>) -> Self {
        Self::of(Blame::Bug, Blame::Bug.code(), headline)
    }

    fn of(blame: Blame, code: &'static str, headline: impl Into<String>) -> Self {
        let headline = headline.into();
        Self { blame, code, headline, because: vec![], hints: vec![], answer: Object::new() }
    }

    /// A line that says what can be done.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Prints it, on standard error, and as JSON on standard output where that is asked for.
    pub(crate) fn print(&self, json: bool) -> ExitCode {
        if self.blame == Blame::Stopped && !is_first_to_tell() {
            // Somebody is saying it, and ends the program when it is said.
            std::thread::sleep(Duration::from_secs(2));
        } else if self.blame != Blame::BrokenPipe {
            words::error::print(self);
            if json {
                // The exit code says all there is to say when even this cannot be written.
                let _ = output::answer(&Value::from(self.to_json()));
            }
        }
        ExitCode::from(self.blame.exit_code())
    }

    fn to_json(&self) -> Object<'static> {
        let texts = |lines: &[String]| lines.iter().cloned().map(Value::from).collect::<Vec<_>>();
        self.answer.clone().with(
            "error",
            Object::new()
                .with("code", self.code)
                .with("exit", u64::from(self.blame.exit_code()))
                .with("message", self.headline.clone())
                .with("because", texts(&self.because))
                .with("hints", texts(&self.hints)),
        )
    }
}

impl From<ClientError> for Ending {
    fn from(error: ClientError) -> Self {
        let blame = match &error {
            ClientError::Refused(_) => Blame::Refused,
            ClientError::No(_) => Blame::HonestNo,
            ClientError::Failed(_) => Blame::Failed,
            ClientError::Usage(_) => Blame::Usage,
            ClientError::Stopped => {
                return Self::of(Blame::Stopped, error.code(), words::stopped::line(so_far()));
            }
        };
        Self {
            because: error.because(),
            hints: words::hints::of(&error),
            ..Self::of(blame, error.code(), error.to_string())
        }
    }
}

impl From<CurateError> for Ending {
    fn from(error: CurateError) -> Self {
        let blame = match &error {
            CurateError::Refused(_) => Blame::Refused,
            CurateError::No(_) => Blame::HonestNo,
            CurateError::Failed(_) => Blame::Failed,
            CurateError::Usage(_) => Blame::Usage,
            CurateError::Stopped => Blame::Stopped,
        };
        let disk = match &error {
            CurateError::Failed(failed) => match &**failed {
                packman_curate::Failed::Disk(failure) => words::hints::disk(failure),
                _ => None,
            },
            _ => None,
        };
        let hints = disk.or_else(|| error.hint()).into_iter().collect();
        let text = error.to_string();
        let mut lines = text.lines();
        let first = lines.next().unwrap_or_default();
        let because: Vec<String> = lines.map(|line| line.trim_start().to_owned()).collect();
        let headline = if because.is_empty() { first } else { first.trim_end_matches(':') };
        Self { because, hints, ..Self::of(blame, error.code(), headline) }
    }
}

impl From<std::io::Error> for Ending {
    fn from(error: std::io::Error) -> Self {
        let blame = match error.kind() {
            std::io::ErrorKind::BrokenPipe => Blame::BrokenPipe,
            _ => Blame::Failed,
        };
        let reason = DiskFailure::new(Act::Write, "", &error);
        Self { blame, ..Self::failed(format!("the answer could not be written: {}", reason.reason())) }
    }
}

impl From<DiskFailure> for Ending {
    fn from(failure: DiskFailure) -> Self {
        ClientError::from(failure).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_blame_has_its_exit_code() {
        let codes = [
            (Blame::BrokenPipe, 0),
            (Blame::HonestNo, 1),
            (Blame::Usage, 2),
            (Blame::Refused, 3),
            (Blame::Failed, 4),
            (Blame::Bug, 70),
            (Blame::Stopped, 130),
        ];
        for (blame, code) in codes {
            assert_eq!(blame.exit_code(), code, "{blame:?}");
        }
    }
}
