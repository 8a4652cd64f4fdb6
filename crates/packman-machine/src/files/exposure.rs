//! Who else could have written a file. Decides nothing: a ring is refused for it by whoever reads rings.

use std::path::Path;

use crate::failure::{Act, DiskFailure};

/// Who, besides this user and the administrator, can change a file.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub enum Exposure {
    /// Nobody.
    Private,
    /// It, or its folder, belongs to another user.
    OwnedByAnother,
    /// The members of its group, or of its folder's.
    Group,
    /// Everybody.
    Everybody,
}

/// Tells who can change the file (or folder) of that name, in place or by putting another in its place.
#[cfg(unix)]
pub fn exposure(path: &Path) -> Result<Exposure, DiskFailure> {
    use std::os::unix::fs::MetadataExt as _;

    let of_file = std::fs::metadata(path).map_err(|error| DiskFailure::new(Act::Read, path, &error))?;
    let mut worst = judge(of_file.uid(), of_file.mode(), false);
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        let of_folder =
            std::fs::metadata(folder).map_err(|error| DiskFailure::new(Act::Read, folder, &error))?;
        let in_folder = judge(of_folder.uid(), of_folder.mode(), true);
        if worst == Exposure::Private {
            worst = in_folder;
        }
    }
    Ok(worst)
}

#[cfg(unix)]
fn judge(owner: u32, mode: u32, folder: bool) -> Exposure {
    let me = rustix::process::geteuid().as_raw();
    // In a sticky folder, as /tmp is, nobody can replace what another one owns.
    let sticky = folder && mode & 0o1000 != 0;
    match mode {
        _ if owner != me && owner != 0 => Exposure::OwnedByAnother,
        _ if sticky => Exposure::Private,
        _ if mode & 0o002 != 0 => Exposure::Everybody,
        _ if mode & 0o020 != 0 => Exposure::Group,
        _ => Exposure::Private,
    }
}

/// Access lists are not read on this system: a file counts as private.
#[cfg(not(unix))]
pub fn exposure(path: &Path) -> Result<Exposure, DiskFailure> {
    std::fs::metadata(path)
        .map(|_| Exposure::Private)
        .map_err(|error| DiskFailure::new(Act::Read, path, &error))
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::{Exposure, judge};

    #[test]
    fn what_another_user_owns_is_his_whatever_its_mode() {
        let me = rustix::process::geteuid().as_raw();
        assert_eq!(judge(me + 1, 0o600, false), Exposure::OwnedByAnother);
        assert_eq!(judge(me + 1, 0o1777, true), Exposure::OwnedByAnother);
        assert_eq!(judge(me, 0o600, false), Exposure::Private);
        assert_eq!(judge(0, 0o600, false), Exposure::Private);
    }
}
