//! What else lies in a folder that is published to. Among other things a publication is hard to find again and harder to
//! take away, and a mistyped path would fill somebody's folder with files named by hashes.

use std::path::Path;

use packman_database::ABOUT_PATH;
use packman_machine::files;
use packman_trust::DATABASES_PATH;

use crate::error::{CurateError, No};

/// What every publication has, one that was broken off too.
const OURS: [&str; 5] = ["metadata", "targets", "blobs", ABOUT_PATH, DATABASES_PATH];

/// Refuses a folder that holds other things and nothing of a publication. What begins with a dot, such as what git and
/// web servers keep there, is nobody's content.
pub(crate) fn refuse_others(to: &Path) -> Result<(), CurateError> {
    let mut others = files::names(to)?;
    if others.iter().any(|name| OURS.contains(&name.as_str())) {
        return Ok(());
    }
    others.retain(|name| !name.starts_with('.'));
    others.sort();
    if others.is_empty() { Ok(()) } else { Err(No::OthersThere { folder: to.to_owned(), others }.into()) }
}
