//! Popular packages from the configured index: the one suite that leaves this machine.

use crate::{Outcome, cargo, tools};

/// Curates and installs popular packages. A missing index fails in CI and skips, by name, elsewhere.
pub(crate) fn real(rest: &[&str]) -> Outcome {
    tools::set_up()?;
    tools::set_up_old()?;
    let mut arguments =
        vec!["test", "--package", "packman", "--features", "real", "--test", "real", "--", "--nocapture"];
    arguments.extend(rest);
    cargo::run(&arguments)
}
