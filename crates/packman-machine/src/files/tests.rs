use std::path::Path;

use super::{
    Exposure, Keeping, copy_file, exposure, list_tree, make_private_folder, make_public_folder, read_file,
    remove_file, settle, write_file,
};
use crate::failure::{DiskFailure, DiskReason};

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    list_tree(folder).unwrap().iter().map(|file| format!("{} {}", file.path, file.size)).collect()
}

fn fails<T: std::fmt::Debug>(result: Result<T, DiskFailure>, reason: &DiskReason) {
    assert_eq!(result.unwrap_err().reason(), reason);
}

#[test]
fn a_read_is_bounded_and_of_plain_files_only() {
    let folder = folder();
    let file = folder.path().join("f");
    std::fs::write(&file, "12345").unwrap();
    assert_eq!(read_file(&file, 5).unwrap().as_deref(), Some(&b"12345"[..]));
    fails(read_file(&file, 4), &DiskReason::TooLarge(4));
    assert_eq!(read_file(&folder.path().join("gone"), 5).unwrap(), None);
    fails(read_file(folder.path(), 5), &DiskReason::NotAFile);
    fails(read_file(&file.join("below"), 5), &DiskReason::NotAFolder);
    // A device says its length is 0, and never ends.
    #[cfg(unix)]
    fails(read_file(Path::new("/dev/zero"), 5), &DiskReason::NotAFile);
}

#[cfg(unix)]
#[test]
fn a_pipe_does_not_keep_us_waiting() {
    let folder = folder();
    let pipe = folder.path().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    fails(read_file(&pipe, 5), &DiskReason::NotAFile);
    fails(list_tree(folder.path()), &DiskReason::NotAFile);
}

#[cfg(unix)]
#[test]
fn what_a_file_is_for_decides_who_may_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder();
    let mode = |name: &str| std::fs::metadata(folder.path().join(name)).unwrap().permissions().mode() & 0o777;
    for (name, keeping) in [("home", Keeping::Home), ("cache", Keeping::Cache), ("site", Keeping::Published)]
    {
        write_file(&folder.path().join(name), b"x", keeping).unwrap();
    }
    std::fs::File::create(folder.path().join("usual")).unwrap();
    assert_eq!((mode("home"), mode("cache")), (0o600, 0o600));
    assert_eq!(mode("site"), mode("usual"));
    make_private_folder(&folder.path().join("a/b")).unwrap();
    make_public_folder(&folder.path().join("c/d")).unwrap();
    std::fs::create_dir(folder.path().join("e")).unwrap();
    assert_eq!((mode("a"), mode("a/b"), mode("c/d")), (0o700, 0o700, mode("e")));
}

#[test]
fn a_write_takes_the_place_of_the_old_file_and_leaves_nothing_else() {
    let folder = folder();
    let file = folder.path().join("f");
    for bytes in [&b"old"[..], b"newer"] {
        write_file(&file, bytes, Keeping::Home).unwrap();
        assert_eq!(std::fs::read(&file).unwrap(), bytes);
    }
    assert_eq!(names(folder.path()), ["f 5"]);
    std::fs::create_dir(folder.path().join("d")).unwrap();
    assert!(write_file(&folder.path().join("d"), b"x", Keeping::Home).is_err());
    fails(write_file(&folder.path().join("gone/f"), b"x", Keeping::Home), &DiskReason::Missing);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
    settle(folder.path()).unwrap();
}

#[cfg(unix)]
#[test]
fn a_write_replaces_a_link_and_not_what_it_points_to() {
    let folder = folder();
    let (target, link) = (folder.path().join("target"), folder.path().join("link"));
    std::fs::write(&target, "keep").unwrap();
    std::os::unix::fs::symlink(&target, &link).unwrap();
    write_file(&link, b"new", Keeping::Home).unwrap();
    assert_eq!(std::fs::read(&target).unwrap(), b"keep");
    assert_eq!(std::fs::read(&link).unwrap(), b"new");
}

#[test]
fn a_folder_is_listed_whole_in_order_without_what_is_being_written() {
    let folder = folder();
    for name in ["b", "a/c", "a/b/d", ".packman-tmp-x"] {
        let path = folder.path().join(name);
        make_public_folder(path.parent().unwrap()).unwrap();
        std::fs::write(path, name).unwrap();
    }
    let unfinished = super::temporary(folder.path(), Keeping::Published).unwrap();
    assert_eq!(names(folder.path()), ["a/b/d 5", "a/c 3", "b 1"]);
    drop(unfinished);
    assert_eq!(names(&folder.path().join("gone")), Vec::<String>::new());
    fails(list_tree(&folder.path().join("b")), &DiskReason::NotAFolder);
    copy_file(&folder.path().join("a/c"), &folder.path().join("b"), Keeping::Published).unwrap();
    assert_eq!(std::fs::read(folder.path().join("b")).unwrap(), b"a/c");
    fails(
        copy_file(&folder.path().join("a"), &folder.path().join("x"), Keeping::Cache),
        &DiskReason::NotAFile,
    );
}

#[cfg(unix)]
#[test]
fn a_listing_refuses_what_it_cannot_promise() {
    let linked = folder();
    std::os::unix::fs::symlink("/etc", linked.path().join("link")).unwrap();
    fails(list_tree(linked.path()), &DiskReason::NotAFile);
    let named = folder();
    std::fs::write(named.path().join("a\\b"), "").unwrap();
    fails(list_tree(named.path()), &DiskReason::UnsafeName);
}

#[test]
fn removing_what_is_gone_is_done() {
    let folder = folder();
    let file = folder.path().join("f");
    std::fs::write(&file, "").unwrap();
    remove_file(&file).unwrap();
    remove_file(&file).unwrap();
    assert!(remove_file(folder.path()).is_err());
}

#[cfg(unix)]
#[test]
fn who_else_can_write_a_file_is_told() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder();
    let inner = folder.path().join("d");
    make_private_folder(&inner).unwrap();
    let file = inner.join("f");
    std::fs::write(&file, "").unwrap();
    let set = |path: &Path, mode| std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
    // A user's own group has nobody else in it, and only an administrator gives a file to any other.
    let others = |path: &Path| std::os::unix::fs::chown(path, None, Some(12_345));
    let of_group = others(&inner).and(others(&file)).is_ok();
    for (of_folder, of_file, found) in [
        (0o700, 0o600, Exposure::Private),
        (0o755, 0o644, Exposure::Private),
        (0o755, 0o664, Exposure::Group),
        (0o755, 0o646, Exposure::Everybody),
        // Who can write the folder can put another file in its place.
        (0o775, 0o600, Exposure::Group),
        (0o777, 0o600, Exposure::Everybody),
        (0o1777, 0o600, Exposure::Private),
    ] {
        if found == Exposure::Group && !of_group {
            continue;
        }
        set(&inner, of_folder);
        set(&file, of_file);
        assert_eq!(exposure(&file).unwrap(), found, "{of_folder:o} {of_file:o}");
    }
    fails(exposure(&inner.join("gone")), &DiskReason::Missing);
}
