//! Who else could have written a file. Decides nothing: a ring is refused for it by whoever reads rings.

use std::path::{Path, PathBuf};

use crate::failure::{Act, DiskFailure, DiskReason};

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
    let mut worst = judge(of_file.uid(), of_file.gid(), of_file.mode(), false);
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        let of_folder =
            std::fs::metadata(folder).map_err(|error| DiskFailure::new(Act::Read, folder, &error))?;
        let in_folder = judge(of_folder.uid(), of_folder.gid(), of_folder.mode(), true);
        if worst == Exposure::Private {
            worst = in_folder;
        }
    }
    Ok(worst)
}

/// The first file or folder on the way to a file that somebody else than root can change, that file among them; followed
/// as it is named, and as its links lead. `None` where only root can put another in its place.
#[cfg(unix)]
pub fn changeable_by_others_than_root(path: &Path) -> Result<Option<PathBuf>, DiskFailure> {
    use std::os::unix::fs::MetadataExt as _;

    let failed = |error: &std::io::Error| DiskFailure::new(Act::Read, path, error);
    let whole = std::fs::canonicalize(path).map_err(|error| failed(&error))?;
    for step in path.ancestors().chain(whole.ancestors()).filter(|step| !step.as_os_str().is_empty()) {
        let about = std::fs::symlink_metadata(step).map_err(|error| failed(&error))?;
        // What stands in the mode of a link counts for nothing; who owns it can make it lead elsewhere.
        let others_write = !about.is_symlink() && about.mode() & 0o022 != 0;
        if about.uid() != 0 || others_write {
            return Ok(Some(step.to_owned()));
        }
    }
    Ok(None)
}

/// Access lists are not read on this system: a file counts as root's.
#[cfg(not(unix))]
pub fn changeable_by_others_than_root(_: &Path) -> Result<Option<PathBuf>, DiskFailure> {
    Ok(None)
}

/// Whether others can change a file or folder itself, whatever they can do with the folder that it is in.
#[cfg(unix)]
pub fn is_exposed(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;

    let exposed =
        |of: std::fs::Metadata| judge(of.uid(), of.gid(), of.mode(), of.is_dir()) != Exposure::Private;
    std::fs::metadata(path).is_ok_and(exposed)
}

/// Whether a stranger could have put a file where it is: it, or a folder on the way to it, belongs to another user, or
/// everybody may write it. Groups are let be: package managers share their folders by them. The path has no links in it.
#[cfg(unix)]
pub fn is_of_strangers(real: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;

    let strange = |path: &Path| {
        let Ok(of) = std::fs::metadata(path) else { return true };
        let exposure = judge(of.uid(), of.gid(), of.mode(), of.is_dir());
        matches!(exposure, Exposure::OwnedByAnother | Exposure::Everybody)
    };
    real.ancestors().any(strange)
}

/// Who can change a file is not read on this system.
#[cfg(not(unix))]
pub fn is_of_strangers(_: &Path) -> bool {
    false
}

/// Who can change a file is not read on this system.
#[cfg(not(unix))]
pub fn is_exposed(_: &Path) -> bool {
    false
}

/// The user, not this one and not the administrator, whom a file or else its folder belongs to: his name, or his number
/// where no name of his is known.
#[cfg(unix)]
pub fn other_owner(path: &Path) -> Option<String> {
    use std::os::unix::fs::MetadataExt as _;

    let me = rustix::process::geteuid().as_raw();
    let owners = [Some(path), path.parent()].into_iter().flatten();
    let mut owners = owners.filter_map(|path| std::fs::metadata(path).ok()).map(|about| about.uid());
    owners.find(|owner| *owner != me && *owner != 0).map(known_as)
}

/// Why this user may write nothing in a folder, where the system says so beforehand.
#[cfg(unix)]
pub fn unwritable(folder: &Path) -> Option<DiskReason> {
    use rustix::fs::{Access, AtFlags, CWD, accessat};

    match accessat(CWD, folder, Access::WRITE_OK | Access::EXEC_OK, AtFlags::EACCESS) {
        Err(rustix::io::Errno::ROFS) => Some(DiskReason::ReadOnly),
        Err(rustix::io::Errno::ACCESS | rustix::io::Errno::PERM) => Some(DiskReason::NoPermission),
        _ => None,
    }
}

/// This system does not say so beforehand.
#[cfg(not(unix))]
pub fn unwritable(_: &Path) -> Option<DiskReason> {
    None
}

/// The user whom a file or folder belongs to, where that is not this one.
#[cfg(unix)]
pub fn owner(path: &Path) -> Option<String> {
    use std::os::unix::fs::MetadataExt as _;

    let owner = std::fs::metadata(path).ok()?.uid();
    (owner != rustix::process::geteuid().as_raw()).then(|| known_as(owner))
}

/// Owners are not read on this system.
#[cfg(not(unix))]
pub fn owner(_: &Path) -> Option<String> {
    None
}

#[cfg(unix)]
fn known_as(user: u32) -> String {
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    name_of(user, &users).unwrap_or_else(|| format!("user {user}"))
}

/// Owners are not read on this system.
#[cfg(not(unix))]
pub fn other_owner(_: &Path) -> Option<String> {
    None
}

#[cfg(unix)]
fn name_of(user: u32, passwd: &str) -> Option<String> {
    let mut rows = passwd.lines().map(|line| line.split(':'));
    rows.find_map(|mut row| {
        Some((row.next()?, row.nth(1)?)).filter(|(_, number)| *number == user.to_string())
    })
    .map(|(name, _)| name.to_owned())
}

#[cfg(unix)]
fn judge(owner: u32, group: u32, mode: u32, folder: bool) -> Exposure {
    let me = rustix::process::geteuid().as_raw();
    // In a sticky folder, as /tmp is, nobody can replace what another one owns.
    let sticky = folder && mode & 0o1000 != 0;
    match mode {
        _ if owner != me && owner != 0 => Exposure::OwnedByAnother,
        _ if sticky => Exposure::Private,
        _ if mode & 0o002 != 0 => Exposure::Everybody,
        _ if mode & 0o020 != 0 && !is_own_group(group) => Exposure::Group,
        _ => Exposure::Private,
    }
}

/// Whether a group has nobody in it but this user, as the systems make one for each user that give new files a mode
/// that the group can write. Who cannot be told to be alone is not.
#[cfg(unix)]
fn is_own_group(group: u32) -> bool {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let me = rustix::process::geteuid().as_raw();
    is_alone(me, group, &read("/etc/passwd"), &read("/etc/group"))
}

/// The same, by the two files in which a system lists its users and groups. A user or group that is in neither is
/// listed somewhere else, where nobody can be seen: then the two numbers have to be the same.
#[cfg(unix)]
fn is_alone(me: u32, group: u32, passwd: &str, groups: &str) -> bool {
    let fields = |text: &str, number: u32| -> Vec<Vec<String>> {
        let rows = text.lines().map(|line| line.split(':').map(str::to_owned).collect::<Vec<String>>());
        rows.filter(|row| row.get(2).is_some_and(|field| *field == number.to_string())).collect()
    };
    let names: Vec<String> = fields(passwd, me).iter().filter_map(|row| row.first().cloned()).collect();
    let is_me = |name: &str| names.iter().any(|own| own == name);
    let others_primary = passwd.lines().any(|line| {
        let mut row = line.split(':');
        let (user, primary) = (row.nth(2), row.next());
        primary == Some(&*group.to_string()) && user != Some(&*me.to_string())
    });
    let listed = fields(groups, group);
    let is_named_so = listed.iter().any(|row| row.first().is_some_and(|name| is_me(name)));
    let members = listed.iter().filter_map(|row| row.get(3)).flat_map(|members| members.split(','));
    let others_listed = members.map(str::trim).any(|member| !member.is_empty() && !is_me(member));
    (group == me || is_named_so) && !others_primary && !others_listed
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
    use super::{Exposure, is_alone, judge, name_of};

    #[test]
    fn an_owner_has_the_name_that_the_system_lists() {
        let users = "root:x:0:0::/root:/bin/sh\nann:x:1000:1001::/home/ann:/bin/sh\nbroken\n";
        assert_eq!(name_of(1000, users).as_deref(), Some("ann"));
        assert_eq!(name_of(1001, users), None);
    }

    #[test]
    fn what_another_user_owns_is_his_whatever_its_mode() {
        let me = rustix::process::geteuid().as_raw();
        assert_eq!(judge(me + 1, 0, 0o600, false), Exposure::OwnedByAnother);
        assert_eq!(judge(me + 1, 0, 0o1777, true), Exposure::OwnedByAnother);
        assert_eq!(judge(me, 0, 0o600, false), Exposure::Private);
        assert_eq!(judge(0, 0, 0o600, false), Exposure::Private);
    }

    #[test]
    fn a_group_is_a_users_own_where_nobody_else_is_in_it() {
        const USERS: &str = "root:x:0:0::/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\n\
                             bob:x:1001:100::/home/bob:/bin/sh\ncid:x:1002:2002::/home/cid:/bin/sh\n";
        let alone = |me, group, groups| is_alone(me, group, USERS, groups);
        assert!(alone(1000, 1000, "ann:x:1000:\n"), "made with the user");
        assert!(alone(1000, 1000, "ann:x:1000:ann\n"));
        assert!(alone(1002, 2002, "cid:x:2002:\n"), "another number, and the user's name");
        assert!(alone(4711, 4711, ""), "listed somewhere else, with the user's own number");
        assert!(!alone(1000, 1000, "ann:x:1000:bob\n"), "somebody was let in");
        assert!(!alone(1000, 1000, "ann:x:1000:ann,bob\n"));
        assert!(!alone(1001, 100, "users:x:100:\n"), "a group of many, even if nobody else is listed");
        assert!(!alone(1000, 1001, "bob:x:1001:\n"), "somebody else's");
        assert!(!is_alone(
            1001,
            1001,
            "ann:x:1000:1001::/:/bin/sh\nbob:x:1001:1001::/:/bin/sh\n",
            "bob:x:1001:\n"
        ));
        assert!(!alone(4711, 100, ""), "nothing says who is in it");
    }
}
