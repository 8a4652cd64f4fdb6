//! What an environment is made of besides what is installed: its interpreter, and the second name of its `lib`.

use std::fs;
use std::io;
use std::path::Path;

use super::record::Recorded;
use super::{Audit, Wrong, stray};
use crate::conflict::ChangeError;
use crate::failure::Failure;
use crate::folder::digest_file;
use crate::scheme::Places;

/// On many systems a link to `lib`, and on some the folder of modules with parts for one platform.
const SECOND: &str = "lib64";

/// Finds each name of the interpreter that is neither a link to nor a copy of the one below the environment.
pub(super) fn compare_interpreters(
    places: &Places,
    base: &Path,
    audit: &mut Audit,
) -> Result<(), ChangeError> {
    let real = base.canonicalize().map_err(|error| Failure::new(base, "found", error))?;
    let mut wanted = None;
    for path in &places.interpreters {
        let full = places.root.join(path);
        let found = match full.canonicalize() {
            Ok(found) => found,
            // Not every environment has every name. A link that leads nowhere starts nothing.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(Failure::new(&full, "found", error).into()),
        };
        if found == real {
            continue;
        }
        let digest = |path: &Path| digest_file(path).map_err(|error| Failure::new(path, "read", error));
        let wanted = match wanted {
            Some(wanted) => wanted,
            None => *wanted.insert(digest(&real)?),
        };
        if !found.is_file() || digest(&found)? != wanted {
            audit.find(path.clone(), None, Wrong::Interpreter(real.to_string_lossy().into_owned()));
        }
    }
    Ok(())
}

/// The second folder of libraries, to be looked through where it is one in its own right, and projects have files in it.
/// Where they have none, somebody put it in the place of the link: a finding.
pub(super) fn second_lib(
    places: &Places,
    recorded: &Recorded,
    audit: &mut Audit,
) -> Result<Option<&'static str>, ChangeError> {
    let is_folder = fs::symlink_metadata(places.root.join(SECOND)).is_ok_and(|about| about.is_dir());
    if !is_folder {
        return Ok(None);
    }
    if recorded.has_below(SECOND) {
        return Ok(Some(SECOND));
    }
    let files = stray::count(places, SECOND)?;
    if files > 0 {
        audit.find(format!("{SECOND}/"), None, Wrong::NoLink(files));
    }
    Ok(None)
}
