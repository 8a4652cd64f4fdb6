//! Other people's programs that PackMan is compared with, as `cargo xtask tools` sets them up.

use std::path::{Path, PathBuf};

/// The interpreter of `target/tools` (or of `PACKMAN_TEST_PYTHON`), which has pip, uv and tuf beside it.
///
/// # Panics
///
/// When it is not there: a comparison that cannot be made has failed.
pub fn python() -> PathBuf {
    if let Some(named) = std::env::var_os("PACKMAN_TEST_PYTHON") {
        return named.into();
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap_or(Path::new("."));
    let python = root.join("target/tools/bin/python");
    assert!(python.exists(), "{} is not there; `cargo xtask tools` makes it", python.display());
    python
}

/// A program beside that interpreter, such as `uv`.
pub fn program(name: &str) -> PathBuf {
    python().with_file_name(name)
}
