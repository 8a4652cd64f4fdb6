//! The home and the cache as the rest of the program uses them, when the disk is kind and when it is not.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may fail loudly"
)]

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use packman_machine::cache::Cache;
use packman_machine::environ::Environ;
use packman_machine::failure::DiskReason;
use packman_machine::files::Exposure;
use packman_machine::home::{Home, Replaced};
use packman_machine::lock::LockWait;
use packman_machine::stop::Stop;
use packman_strict::Sha256;

fn home(variables: &[(&str, &str)]) -> Option<String> {
    let environ = Environ::of("/here", variables.iter().copied());
    Home::of(&environ).ok().map(|home| home.folder().to_str().unwrap().to_owned())
}

#[cfg(target_os = "linux")]
#[test]
fn the_home_is_where_the_platform_keeps_data() {
    assert_eq!(home(&[("PACKMAN_HOME", "/p"), ("HOME", "/h")]).as_deref(), Some("/p"));
    assert_eq!(home(&[("PACKMAN_HOME", "p")]).as_deref(), Some("/here/p"));
    assert_eq!(home(&[("XDG_DATA_HOME", "/x"), ("HOME", "/h")]).as_deref(), Some("/x/packman"));
    assert_eq!(home(&[("PACKMAN_HOME", ""), ("HOME", "/h")]).as_deref(), Some("/h/.local/share/packman"));
    assert_eq!(home(&[("HOME", "relative")]), None);
}

#[test]
fn a_home_is_made_when_something_is_written_and_no_sooner() {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::at(folder.path().join("data/packman"));
    assert_eq!(home.read("ring.toml").unwrap(), None);
    assert_eq!(home.exposure("ring.toml").unwrap(), None);
    assert_eq!(home.list("state").unwrap(), Vec::<String>::new());
    home.remove("ring.toml").unwrap();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);

    assert_eq!(home.replace("state/a.json", b"1").unwrap(), Replaced::Written);
    assert_eq!(home.read("state/a.json").unwrap().as_deref(), Some(&b"1"[..]));
    assert_eq!(home.exposure("state/a.json").unwrap(), Some(Exposure::Private));
    assert_eq!(home.list("state").unwrap(), ["state/a.json"]);
    #[cfg(unix)]
    for (path, mode) in [(home.folder(), 0o700), (&home.path("state/a.json").unwrap(), 0o600)] {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o777, mode);
    }
    home.remove("state/a.json").unwrap();
    assert_eq!(home.read("state/a.json").unwrap(), None);
}

#[test]
fn nothing_changed_is_nothing_written() {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::at(folder.path());
    assert_eq!(home.replace("ring.toml", b"same").unwrap(), Replaced::Written);
    let inode = || {
        #[cfg(unix)]
        return std::os::unix::fs::MetadataExt::ino(
            &std::fs::metadata(folder.path().join("ring.toml")).unwrap(),
        );
        #[cfg(not(unix))]
        0_u64
    };
    let before = inode();
    assert_eq!(home.replace("ring.toml", b"same").unwrap(), Replaced::Unchanged);
    assert_eq!(inode(), before);
    assert_eq!(home.replace("ring.toml", b"other").unwrap(), Replaced::Written);
}

#[test]
fn no_name_leads_out_of_the_home() {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::at(folder.path().join("home"));
    for name in ["../x", "/etc/passwd", "a/../../x", "", ".", "a\\..\\x", "a\0b"] {
        assert!(home.replace(name, b"x").is_err(), "{name:?}");
        assert!(home.read(name).is_err(), "{name:?}");
        assert!(home.remove(name).is_err(), "{name:?}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_home_that_is_a_file_is_told_so() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("file"), "").unwrap();
    let home = Home::at(folder.path().join("file"));
    assert_eq!(*home.read("ring.toml").unwrap_err().reason(), DiskReason::NotAFolder);
    let failure = home.replace("ring.toml", b"x").unwrap_err();
    assert_eq!(*failure.reason(), DiskReason::NotAFolder);
}

#[test]
fn those_who_lock_come_one_after_another() {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::at(folder.path().join("new"));
    let patient = LockWait { say_after: Duration::from_hours(1), give_up_after: Duration::from_mins(10) };
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..5 {
                    let _lock = home.lock_within(patient, &Stop::new(), &|| ()).unwrap();
                    let count = home.read("count").unwrap().map_or(0, |bytes| bytes.len());
                    let _ = home.replace("count", &vec![b'x'; count + 1]).unwrap();
                }
            });
        }
    });
    assert_eq!(home.read("count").unwrap().unwrap().len(), 40);
}

#[test]
fn who_waits_for_a_lock_is_told_and_gives_up_or_is_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::at(folder.path());
    let held = home.lock(&Stop::new(), &|| ()).unwrap();
    let told = std::cell::Cell::new(0);
    let brief = LockWait { say_after: Duration::ZERO, give_up_after: Duration::from_millis(30) };
    let failure = home.lock_within(brief, &Stop::new(), &|| told.set(told.get() + 1)).unwrap_err();
    assert_eq!(told.get(), 1);
    assert!(failure.to_string().ends_with("another PackMan has held it for too long"), "{failure}");
    let stop = Stop::new();
    let long = LockWait { say_after: Duration::ZERO, give_up_after: Duration::from_mins(10) };
    let failure = home.lock_within(long, &stop, &|| stop.ask()).unwrap_err();
    assert_eq!(failure.to_string(), "stopped as asked");
    drop(held);
    home.lock(&Stop::new(), &|| ()).unwrap();
}

/// A cache in a folder, and what it warned of.
fn cache(folder: &Path) -> (Cache, Arc<Mutex<Vec<String>>>) {
    let environ = Environ::of("/", [("PACKMAN_CACHE_DIR", folder)]);
    let warnings = Arc::new(Mutex::new(Vec::new()));
    let cache = Cache::of(&environ, {
        let warnings = Arc::clone(&warnings);
        move |warning| warnings.lock().unwrap().push(warning.to_string())
    });
    (cache, warnings)
}

fn only_file(folder: &Path) -> std::path::PathBuf {
    let listed = packman_machine::files::list_tree(folder).unwrap();
    assert_eq!(listed.len(), 1, "{listed:?}");
    folder.join(listed[0].path.as_str())
}

#[test]
fn a_cache_gives_back_what_was_put_and_makes_nothing_before() {
    let folder = tempfile::tempdir().unwrap();
    let (cache, warnings) = cache(&folder.path().join("c"));
    assert_eq!(cache.blob(&Sha256::of(b"bytes")), None);
    assert_eq!(cache.derived("facts-1", &Sha256::of(b"key")), None);
    assert!(!folder.path().join("c").exists());
    let sha256 = cache.put_blob(b"bytes");
    cache.put_derived("facts-1", &sha256, b"derived");
    assert_eq!(cache.blob(&sha256).as_deref(), Some(&b"bytes"[..]));
    assert_eq!(cache.derived("facts-1", &sha256).as_deref(), Some(&b"derived"[..]));
    assert_eq!(cache.derived("facts-2", &sha256), None);
    assert!(cache.wheels().unwrap().starts_with(folder.path()));
    assert_eq!(*warnings.lock().unwrap(), Vec::<String>::new());
}

#[test]
fn many_at_once_never_see_half_of_anything() {
    let folder = tempfile::tempdir().unwrap();
    let blobs: Vec<Vec<u8>> = (0..4_u8).map(|letter| vec![letter; 100_000]).collect();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                // One of its own each, as processes have.
                let (cache, warnings) = cache(&folder.path().join("c"));
                for blob in blobs.iter().cycle().take(40) {
                    let sha256 = cache.put_blob(blob);
                    assert!(cache.blob(&sha256).as_ref() == Some(blob));
                }
                assert_eq!(*warnings.lock().unwrap(), Vec::<String>::new());
            });
        }
    });
    assert_eq!(packman_machine::files::list_tree(folder.path()).unwrap().len(), 4);
}

#[test]
fn spoiled_bytes_are_a_miss_are_removed_and_can_be_put_again() {
    for spoiled in [&b"bytez"[..], b"byt", b"", b"bytes and more"] {
        let folder = tempfile::tempdir().unwrap();
        let (cache, _) = cache(folder.path());
        let sha256 = cache.put_blob(b"bytes");
        let file = only_file(folder.path());
        std::fs::write(&file, spoiled).unwrap();
        assert_eq!(cache.blob(&sha256), None);
        assert!(!file.exists());
        cache.put_blob(b"bytes");
        assert!(cache.blob(&sha256).is_some());
    }
    for spoil in [0, 31, 32, 40] {
        let folder = tempfile::tempdir().unwrap();
        let (cache, _) = cache(folder.path());
        let key = Sha256::of(b"key");
        cache.put_derived("facts-1", &key, b"something derived");
        let file = only_file(folder.path());
        let mut bytes = std::fs::read(&file).unwrap();
        bytes[spoil] ^= 1;
        std::fs::write(&file, &bytes).unwrap();
        assert_eq!(cache.derived("facts-1", &key), None, "byte {spoil}");
        std::fs::write(&file, &bytes[..spoil]).unwrap();
        assert_eq!(cache.derived("facts-1", &key), None, "cut at {spoil}");
    }
}

#[test]
fn a_cache_that_cannot_be_used_is_warned_of_once_and_replaced_by_a_private_one() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("file"), "").unwrap();
    let (cache, warnings) = cache(&folder.path().join("file"));
    let sha256 = cache.put_blob(b"bytes");
    cache.put_blob(b"others");
    assert_eq!(cache.blob(&sha256).as_deref(), Some(&b"bytes"[..]));
    let private = cache.existing().unwrap().to_owned();
    assert!(!private.starts_with(folder.path()));
    assert_eq!(warnings.lock().unwrap().len(), 1);
    drop(cache);
    assert!(!private.exists());
    // A run that was killed removes nothing; the next one does.
    let left = private.with_file_name(format!(".packman-tmp-left-by-test-{}", std::process::id()));
    std::fs::create_dir_all(left.join("wheels")).unwrap();
    let (cache, _) = self::cache(&folder.path().join("file"));
    cache.put_blob(b"bytes");
    assert!(!left.exists() && cache.existing().unwrap().exists());
}

#[cfg(unix)]
#[test]
fn a_cache_that_everybody_can_write_is_not_trusted() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let shared = folder.path().join("shared");
    std::fs::create_dir(&shared).unwrap();
    let key = Sha256::of(b"key");
    let (honest, _) = cache(&shared);
    honest.put_derived("facts-1", &key, b"slipped in");
    std::fs::set_permissions(&shared, PermissionsExt::from_mode(0o777)).unwrap();
    let (cache, warnings) = cache(&shared);
    assert_eq!(cache.derived("facts-1", &key), None);
    cache.put_derived("facts-1", &key, b"our own");
    assert_eq!(cache.derived("facts-1", &key).as_deref(), Some(&b"our own"[..]));
    assert_eq!(warnings.lock().unwrap().len(), 1);
}
