use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use packman_names::{PythonVersion, WheelName};

use super::{Learnt, PythonFailure, Pythons, Wanted};
use crate::cache::Cache;
use crate::environ::Environ;
use crate::program::run;
#[cfg(unix)]
use crate::program::{ProgramReason, write_script};
use crate::stop::Stop;

const MINUTE: Duration = Duration::from_mins(1);

/// A folder to work in, with a cache of its own and the machine's own Python.
struct Place {
    folder: tempfile::TempDir,
    environ: Environ,
    cache: Cache,
    stop: Stop,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        // Names of temporary folders on macOS are links.
        let here = folder.path().canonicalize().unwrap();
        let environ = Environ::capture().unwrap().in_folder(&here).without("VIRTUAL_ENV");
        let environ = environ.with("PACKMAN_CACHE_DIR", here.join("cache"));
        let cache = Cache::of(&environ, |warning| panic!("{warning}"));
        Self { folder, environ, cache, stop: Stop::new() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.environ.folder().join(name)
    }

    fn pythons(&self) -> Pythons<'_> {
        Pythons::new(&self.environ, &self.cache, &self.stop)
    }

    fn with(self, name: &str, value: impl AsRef<OsStr>) -> Self {
        let environ = self.environ.with(name, value.as_ref());
        Self { environ, ..self }
    }

    /// What an interpreter says of itself when it is asked in another way.
    fn says(&self, python: &Path, expression: &str) -> String {
        let script = format!("import sys, os, platform, sysconfig; print({expression})");
        let output =
            run(&self.environ, python, &["-I", "-c", &script].map(OsStr::new), MINUTE, &self.stop).unwrap();
        String::from_utf8(output).unwrap().trim().to_owned()
    }

    /// A program that takes itself for a Python: a shell script that notes each run and prints an answer.
    #[cfg(unix)]
    fn fake(&self, name: &str, change: impl FnOnce(String) -> String) -> PathBuf {
        let base = self.pythons().base(None).unwrap().executable;
        let arguments = ["-I", "-S", "-c", include_str!("probe.py")].map(OsStr::new);
        let answer = run(&self.environ, &base, &arguments, MINUTE, &self.stop).unwrap();
        let answer = String::from_utf8(answer).unwrap().replace(base.to_str().unwrap(), "EXECUTABLE");
        let program = self.path(name);
        let answer = change(answer).replace("EXECUTABLE", program.to_str().unwrap());
        let runs = program.with_extension("runs");
        write_script(&program, &format!("echo >> '{}'\ncat <<'END'\n{answer}\nEND", runs.display()));
        program
    }

    /// The same with the answer of a Python, whatever PATH holds by now.
    #[cfg(unix)]
    fn with_base(&self, base: &super::Python, name: &str) -> PathBuf {
        let arguments = ["-I", "-S", "-c", include_str!("probe.py")].map(OsStr::new);
        let answer = run(&self.environ, &base.executable, &arguments, MINUTE, &self.stop).unwrap();
        let program = self.path(name);
        let runs = program.with_extension("runs");
        let answer = String::from_utf8(answer).unwrap();
        write_script(&program, &format!("echo >> '{}'\ncat <<'END'\n{answer}\nEND", runs.display()));
        program
    }

    fn runs(&self, name: &str) -> usize {
        std::fs::read(self.path(name).with_extension("runs")).unwrap_or_default().len()
    }
}

#[test]
fn the_machines_python_is_what_it_says_it_is() {
    let place = Place::new();
    let python = place.pythons().base(None).unwrap();
    let says = |expression: &str| place.says(&python.executable, expression);
    assert_eq!(python.version.full(), says("platform.python_version()"));
    assert_eq!(python.prefix.to_str().unwrap(), says("sys.prefix"));
    assert_eq!(python.paths.purelib.to_str().unwrap(), says("sysconfig.get_path('purelib')"));
    assert_eq!(python.paths.platlib.to_str().unwrap(), says("sysconfig.get_path('platlib')"));
    assert_eq!(python.paths.scripts.to_str().unwrap(), says("sysconfig.get_path('scripts')"));
    assert_eq!(python.paths.headers.to_str().unwrap(), says("sysconfig.get_path('include')"));
    for (marker, expression) in [
        ("sys_platform", "sys.platform"),
        ("platform_machine", "platform.machine()"),
        ("platform_release", "platform.release()"),
        ("platform_system", "platform.system()"),
        ("platform_version", "platform.version()"),
        ("python_full_version", "platform.python_version()"),
        ("platform_python_implementation", "platform.python_implementation()"),
        ("python_version", "'%d.%d' % sys.version_info[:2]"),
        ("os_name", "os.name"),
    ] {
        assert_eq!(python.target.markers.get(marker), Some(says(expression).as_str()), "{marker}");
    }
    let pure = WheelName::parse("flask-3.0.0-py3-none-any.whl").unwrap();
    assert!(python.target.tags.rank(&pure).is_some());
    let best = python.target.tags.iter().next().unwrap().to_string();
    let tagged = says("sysconfig.get_platform().replace('-', '_').replace('.', '_')");
    assert!(best.ends_with(&tagged) || cfg!(target_os = "macos"), "{best} {tagged}");
}

#[test]
fn an_environment_is_made_found_and_read_without_asking_again() {
    let place = Place::new();
    let base = place.pythons().base(None).unwrap();
    assert!(place.pythons().discover(&Wanted::Usual).unwrap().is_none());
    let made = place.pythons().make_venv(Path::new(".venv"), &base).unwrap();
    assert_eq!((made.learnt, made.is_venv, made.externally_managed()), (Learnt::Made, true, None));
    assert_eq!(made.prefix, place.path(".venv"));
    let says = |expression: &str| place.says(&made.executable, expression);
    assert_eq!(made.executable.to_str().unwrap(), says("sys.executable"));
    assert_eq!(made.version.full(), says("platform.python_version()"));
    assert_eq!(made.paths.purelib.to_str().unwrap(), says("sysconfig.get_path('purelib')"));
    assert_eq!(made.paths.platlib.to_str().unwrap(), says("sysconfig.get_path('platlib')"));
    assert_eq!(made.paths.scripts.to_str().unwrap(), says("sysconfig.get_path('scripts')"));
    assert_eq!(made.paths.data.to_str().unwrap(), says("sysconfig.get_path('data')"));
    let headers = format!(".venv/include/site/python{}.{}", made.version.major, made.version.minor);
    assert_eq!(made.paths.headers, place.path(&headers));
    assert_eq!(made.also_sees, Vec::<PathBuf>::new());
    assert!(made.paths.purelib.is_dir() && !made.paths.scripts.join("pip").exists());

    let check = |wanted, learnt| {
        let found = place.pythons().discover(&wanted).unwrap().unwrap();
        assert_eq!((found.learnt, &found.paths), (learnt, &made.paths));
    };
    check(Wanted::Usual, Learnt::DotVenv);
    check(Wanted::Venv(".venv".into()), Learnt::Option);
    check(Wanted::Venv("./x/../.venv".into()).existing(&place), Learnt::Option);
    check(Wanted::Python(made.executable.clone()), Learnt::Option);
    let under = place.pythons().base_of(&made.executable).unwrap();
    assert_eq!(under.prefix, base.prefix);
}

impl Wanted {
    fn existing(self, place: &Place) -> Self {
        std::fs::create_dir_all(place.path("x")).unwrap();
        self
    }
}

#[test]
fn the_variable_comes_before_the_folder_and_must_be_right() {
    let place = Place::new();
    let base = place.pythons().base(None).unwrap();
    place.pythons().make_venv(Path::new(".venv"), &base).unwrap();
    place.pythons().make_venv(Path::new("other"), &base).unwrap();
    let place = place.with("VIRTUAL_ENV", "other");
    let found = place.pythons().discover(&Wanted::Usual).unwrap().unwrap();
    assert_eq!((found.prefix, found.learnt), (place.path("other"), Learnt::Variable));
    let place = place.with("VIRTUAL_ENV", "gone");
    let failure = place.pythons().discover(&Wanted::Usual).unwrap_err();
    assert!(matches!(&failure, PythonFailure::NotThere(_, Learnt::Variable)), "{failure}");
    assert!(failure.hint().unwrap().starts_with("VIRTUAL_ENV"));
}

#[test]
fn an_environment_may_see_the_packages_below_it() {
    let place = Place::new();
    let base = place.pythons().base(None).unwrap();
    place.pythons().make_venv(Path::new("v"), &base).unwrap();
    let settings = place.path("v/pyvenv.cfg");
    let text = std::fs::read_to_string(&settings).unwrap();
    std::fs::write(&settings, text.replace("packages = false", "packages = True")).unwrap();
    let found = place.pythons().discover(&Wanted::Venv("v".into())).unwrap().unwrap();
    assert_eq!(found.also_sees[0], base.paths.purelib);
}

#[test]
fn what_is_no_environment_is_told_so() {
    let place = Place::new();
    std::fs::create_dir(place.path("empty")).unwrap();
    std::fs::create_dir(place.path("settings")).unwrap();
    std::fs::write(place.path("settings/pyvenv.cfg"), "home = /usr/bin\n").unwrap();
    let failure = |name: &str| place.pythons().discover(&Wanted::Venv(name.into())).unwrap_err();
    assert!(matches!(failure("gone"), PythonFailure::NotThere(_, Learnt::Option)));
    assert!(matches!(failure("empty"), PythonFailure::NoEnvironment(_, Learnt::Option)));
    assert!(matches!(failure("settings"), PythonFailure::Broken(..)));
    for program in ["gone/python", "no-such-python"] {
        let failure = place.pythons().discover(&Wanted::Python(program.into())).unwrap_err();
        assert!(matches!(failure, PythonFailure::NoInterpreter(_)), "{failure}");
    }
    let nowhere = place.with("PATH", "/nowhere");
    insta::assert_snapshot!(nowhere.pythons().base(None).unwrap_err(), @"PATH holds no Python, wanted 3.8 or newer");
    let wanted = Some(PythonVersion::new(3, 99));
    insta::assert_snapshot!(nowhere.pythons().base(wanted).unwrap_err(), @"PATH holds no Python 3.99");
}

#[test]
fn nothing_is_made_over_what_is_there() {
    let place = Place::new();
    let base = place.pythons().base(None).unwrap();
    std::fs::create_dir_all(place.path("full")).unwrap();
    std::fs::write(place.path("full/mine"), "").unwrap();
    std::fs::create_dir(place.path("empty")).unwrap();
    let pythons = place.pythons();
    for name in ["full", "full/mine"] {
        let failure = pythons.make_venv(Path::new(name), &base).unwrap_err();
        assert!(matches!(failure, PythonFailure::InTheWay(_)), "{failure}");
    }
    assert_eq!(std::fs::read_dir(place.path("full")).unwrap().count(), 1);
    pythons.make_venv(Path::new("empty"), &base).unwrap();
}

/// A Python that leaves something behind and fails.
#[cfg(unix)]
#[test]
fn an_environment_that_failed_is_removed_again() {
    let place = Place::new();
    let mut base = place.pythons().base(None).unwrap();
    let script =
        "#!/bin/sh\nfor last; do :; done\nmkdir -p \"$last/bin\"; touch \"$last/pyvenv.cfg\"; exit 1\n";
    base.executable = place.fake("broken", |answer| answer);
    write_script(&base.executable, script);
    std::fs::create_dir(place.path("empty")).unwrap();
    for name in ["new", "empty"] {
        let failure = place.pythons().make_venv(Path::new(name), &base).unwrap_err();
        assert!(matches!(failure, PythonFailure::Program(_)), "{failure}");
    }
    assert!(!place.path("new").exists());
    assert_eq!(std::fs::read_dir(place.path("empty")).unwrap().count(), 0);
}

#[cfg(unix)]
#[test]
fn a_python_is_asked_once_until_it_changes() {
    let place = Place::new();
    let program = place.fake("python9", |answer| answer);
    let ask = || place.pythons().discover(&Wanted::Python(program.clone())).unwrap().unwrap();
    assert_eq!(ask().executable, program);
    ask();
    assert_eq!(place.runs("python9"), 1);
    let touched = std::process::Command::new("touch").args(["-t", "200109090146"]).arg(&program).status();
    assert!(touched.unwrap().success());
    ask();
    ask();
    assert_eq!(place.runs("python9"), 2);
}

#[cfg(unix)]
#[test]
fn a_shim_is_asked_every_time() {
    let place = Place::new();
    let program = place.fake("shim", |answer| answer.replace("EXECUTABLE", "/usr/bin/env"));
    for runs in 1..3 {
        let found = place.pythons().discover(&Wanted::Python(program.clone())).unwrap().unwrap();
        assert_eq!(found.executable, Path::new("/usr/bin/env"));
        assert_eq!(place.runs("shim"), runs);
    }
}

#[cfg(unix)]
#[test]
fn answers_that_are_none_are_failures() {
    let place = Place::new();
    let check = |change: &dyn Fn(String) -> String| {
        let program = place.fake("fake", change);
        place.pythons().discover(&Wanted::Python(program)).unwrap_err()
    };
    for change in [
        &|_| String::new() as String,
        &|_| "Python 3.12".to_owned(),
        &|answer: String| format!("{answer}{answer}"),
        &|answer: String| answer.replace("\"markers\"", "\"makers\""),
        &|answer: String| answer.replace("\"sys_platform\"", "\"sys\""),
        &|answer: String| answer.replace("\"debug\": false", "\"debug\": 0"),
        &|answer: String| answer.replace("\"prefix\": \"", "\"prefix\": \"\\udc80"),
    ] as [&dyn Fn(String) -> String; 7]
    {
        let failure = check(change);
        let PythonFailure::Program(program) = &failure else { panic!("{failure}") };
        assert!(matches!(program.reason(), ProgramReason::NotUnderstood(_)), "{failure}");
    }
    let version = place.pythons().base(None).unwrap().version;
    let old = check(&|answer: String| {
        answer.replace(&format!("\"version\": \"{}\"", version.full()), "\"version\": \"3.7.9\"")
    });
    assert!(old.to_string().ends_with("is Python 3.7.9, wanted 3.8 or newer"), "{old}");
    // None of these was kept in the cache.
    assert!(place.pythons().discover(&Wanted::Python(place.fake("fake", |answer| answer))).is_ok());
}

#[cfg(unix)]
#[test]
fn a_python_that_others_manage_is_told_with_their_words() {
    let place = Place::new();
    let program = place.fake("python-managed", |answer| {
        let (before, rest) = answer.split_once("\"stdlib\": \"").unwrap();
        let after = rest.split_once('"').unwrap().1;
        format!("{before}\"stdlib\": \"{}\"{after}", place.folder.path().join("lib").display())
    });
    let managed = || {
        let found = place.pythons().discover(&Wanted::Python(program.clone())).unwrap().unwrap();
        found.externally_managed()
    };
    assert_eq!(managed(), None);
    std::fs::create_dir(place.path("lib")).unwrap();
    let marker = place.path("lib/EXTERNALLY-MANAGED");
    std::fs::write(&marker, "[externally-managed]\nError=Ask the\n doorman.\n").unwrap();
    assert_eq!(managed().as_deref(), Some("Ask the\ndoorman."));
    std::fs::write(&marker, "").unwrap();
    assert_eq!(managed().as_deref(), Some(""));
    // What is made on top of it is the user's own.
    std::fs::create_dir_all(place.path("v/bin")).unwrap();
    std::fs::write(place.path("v/pyvenv.cfg"), "").unwrap();
    std::os::unix::fs::symlink(&program, place.path("v/bin/python")).unwrap();
    let above = place.pythons().discover(&Wanted::Venv("v".into())).unwrap().unwrap();
    assert_eq!((above.is_venv, above.externally_managed()), (true, None));
}

/// A cloned folder may hold any program as its `.venv/bin/python`: one that nobody named is not run.
#[cfg(unix)]
#[test]
fn a_program_that_came_with_the_project_is_not_run() {
    let place = Place::new();
    let base = place.pythons().base(None).unwrap();
    let (major, minor) = (base.version.major, base.version.minor);
    let home = base.executable.parent().unwrap().display().to_string();
    std::fs::create_dir_all(place.path(".venv/bin")).unwrap();
    std::fs::create_dir_all(place.path("tools")).unwrap();
    let planted = place.fake(".venv/bin/python", |answer| answer);
    place.fake("tools/python3", |answer| answer);
    let settings = |text: String| std::fs::write(place.path(".venv/pyvenv.cfg"), text).unwrap();
    let run = || place.runs(".venv/bin/python") + place.runs("tools/python3");
    let tools = place.path("tools").display().to_string();
    for (text, is_found) in [
        (format!("home = {home}\nversion = {major}.{minor}.0\n"), true),
        // The settings lead back into the project: PATH has such a Python as well.
        (format!("home = {tools}\nexecutable = {tools}/python3\nversion = {major}.{minor}.0\n"), true),
        (format!("home = {tools}\nversion_info = 3.99.1\n"), false),
        (format!("home = {home}\n"), false),
        (String::new(), false),
    ] {
        settings(text.clone());
        let found = place.pythons().discover(&Wanted::Usual);
        assert_eq!(run(), 0, "{text}");
        match found {
            Ok(found) => {
                let found = found.unwrap();
                assert!(is_found, "{text}");
                assert_eq!((found.executable, found.version), (planted.clone(), base.version), "{text}");
                assert!(!found.asked.starts_with(place.folder.path()), "{text}");
            }
            Err(failure) => {
                assert!(!is_found && matches!(failure, PythonFailure::OwnProgram(_)), "{failure}")
            }
        }
    }
    // Without settings it would be a whole Python of its own.
    std::fs::remove_file(place.path(".venv/pyvenv.cfg")).unwrap();
    assert!(matches!(place.pythons().discover(&Wanted::Usual), Err(PythonFailure::OwnProgram(_))));
    assert_eq!(run(), 0);
    // A link that leads to another program of the project is no better.
    settings(format!("home = {tools}\n"));
    std::fs::remove_file(&planted).unwrap();
    std::os::unix::fs::symlink("../../tools/python3", &planted).unwrap();
    assert!(matches!(place.pythons().discover(&Wanted::Usual), Err(PythonFailure::OwnProgram(_))));
    assert_eq!(run(), 0);
    // Who names it knows it.
    place.pythons().discover(&Wanted::Venv(".venv".into())).unwrap().unwrap();
    assert_eq!(run(), 1);
}

/// `pyvenv.cfg` and the link beside it can name any program of the machine: another user's, in whose folder we stand, or one
/// that is no Python.
#[cfg(unix)]
#[test]
fn a_program_that_a_stranger_could_have_put_there_is_not_run() {
    use std::os::unix::fs::{PermissionsExt as _, chown, symlink};

    const STRANGER: u32 = 65_534;
    let place = Place::new();
    std::fs::create_dir_all(place.path("project/v/bin")).unwrap();
    std::fs::create_dir_all(place.path("theirs/bin")).unwrap();
    let folder = place.path("theirs/bin");
    let lead_to = |name: &str| {
        let link = place.path("project/v/bin/python");
        let _ = std::fs::remove_file(&link);
        symlink(folder.join(name), link).unwrap();
        let (home, program) = (folder.display(), folder.join(name).display().to_string());
        let settings = format!("home = {home}\nexecutable = {program}\nversion = 3.99.0\n");
        std::fs::write(place.path("project/v/pyvenv.cfg"), settings).unwrap();
    };
    let wanted = Wanted::Venv("project/v".into());
    let check = |name: &str, is_run: bool| {
        lead_to(name);
        let before = place.runs(&format!("theirs/bin/{name}"));
        let found = place.pythons().discover(&wanted);
        assert_eq!(found.is_ok(), is_run, "{name}: {found:?}");
        assert_eq!(place.runs(&format!("theirs/bin/{name}")) - before, usize::from(is_run), "{name}");
    };
    let python = || place.fake("theirs/bin/python3", |answer| answer);
    // The attack succeeds where it is the user's own Python.
    python();
    check("python3", true);
    // What is called otherwise is never run, whosever it is.
    place.fake("theirs/bin/launch", |answer| answer);
    check("launch", false);
    let set_mode = |path: &Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    // Where everybody may write, anybody may have put it there; the next one is not known yet.
    python();
    set_mode(&folder, 0o777);
    check("python3", false);
    set_mode(&folder, 0o755);
    // Only root gives files away; for anybody else the rest is nothing to test.
    if chown(&folder, Some(STRANGER), None).is_err() {
        return;
    }
    check("python3", false);
    chown(&folder, Some(0), None).unwrap();
    chown(folder.join("python3"), Some(STRANGER), None).unwrap();
    check("python3", false);
    // Who has it in PATH runs it anyhow; and who named it once is not asked to run it again.
    let folders = std::env::join_paths([folder.clone(), "/usr/bin".into(), "/bin".into()]).unwrap();
    let known = Place { environ: place.environ.clone().with("PATH", folders), ..Place::new() };
    lead_to("python3");
    assert!(known.pythons().discover(&wanted).is_ok());
    place.pythons().discover(&Wanted::Python(folder.join("python3"))).unwrap();
    let before = place.runs("theirs/bin/python3");
    assert!(place.pythons().discover(&wanted).is_ok());
    assert_eq!(place.runs("theirs/bin/python3"), before);
}

/// Asking must not be a way to run what is installed: the attack is a file that Python runs when it starts.
#[cfg(unix)]
#[test]
fn asking_runs_nothing_that_is_installed() {
    let place = Place::new();
    let base = place.pythons().base(None).unwrap();
    // A copy: not even that is asked, but the Python below.
    let arguments = ["-I", "-m", "venv", "--copies", "--without-pip", "v"].map(OsStr::new);
    run(&place.environ, &base.executable, &arguments, MINUTE, &place.stop).unwrap();
    let trace = place.path("trace");
    let attack = format!("import os; open({:?}, 'w').close()\n", trace.to_str().unwrap());
    let packages = place.pythons().discover(&Wanted::Venv("v".into())).unwrap().unwrap().paths.purelib;
    std::fs::write(packages.join("attack.pth"), &attack).unwrap();
    std::fs::write(packages.join("sitecustomize.py"), &attack).unwrap();
    std::fs::create_dir(place.path("path")).unwrap();
    std::fs::write(place.path("path/json.py"), &attack).unwrap();
    std::fs::write(place.path("json.py"), &attack).unwrap();
    let path = place.path("path");
    let mut place = place.with("PYTHONPATH", &path).with("PYTHONSTARTUP", path.join("json.py"));
    place.cache = Cache::of(&place.environ.clone().with("PACKMAN_CACHE_DIR", place.path("other")), |_| ());
    let found = place.pythons().discover(&Wanted::Venv("v".into())).unwrap().unwrap();
    assert!(!trace.exists());
    // The attack is one: an ordinary start runs it.
    run(&place.environ, &found.executable, &["-c", ""].map(OsStr::new), MINUTE, &place.stop).unwrap();
    assert!(trace.exists());
}

/// Nobody clones into the user's home, where some keep all their Pythons; the environment's own program is still not run.
#[cfg(unix)]
#[test]
fn a_python_in_the_users_home_is_asked_for_an_environment_there() {
    let place = Place::new();
    let home = place.environ.folder().to_owned();
    let place = place.with("HOME", home);
    std::fs::create_dir_all(place.path(".venv/bin")).unwrap();
    std::fs::create_dir_all(place.path("tools")).unwrap();
    place.fake(".venv/bin/python", |answer| answer);
    let tool = place.fake("tools/python3", |answer| answer);
    let version = place.pythons().base(None).unwrap().version.full().clone();
    let tools = place.path("tools").display().to_string();
    std::fs::write(place.path(".venv/pyvenv.cfg"), format!("home = {tools}\nversion = {version}\n")).unwrap();
    let found = place.pythons().discover(&Wanted::Usual).unwrap().unwrap();
    assert_eq!((found.asked, place.runs(".venv/bin/python")), (tool, 0));
}

/// An intruder may have put a program in the place of an environment's Python: whoever names the environment, to look
/// at it or to work in it, does not run that.
#[cfg(unix)]
#[test]
fn a_program_that_lies_in_a_named_environment_is_not_run() {
    let place = Place::new();
    let base = place.pythons().base(None).unwrap();
    let made = place.pythons().make_venv(Path::new("v"), &base).unwrap();
    let real = base.executable.canonicalize().unwrap();
    let place = place.with("VIRTUAL_ENV", "v");
    // As where it is activated.
    let folders = std::env::join_paths([place.path("v/bin"), real.parent().unwrap().to_owned()]).unwrap();
    let place = place.with("PATH", folders);
    let runs = || place.runs("v/bin/python") + place.runs("outside");
    std::fs::remove_file(&made.executable).unwrap();
    let named = [Wanted::Usual, Wanted::Venv("v".into()), Wanted::Python(made.executable.clone())];
    let check = |is_found: bool| {
        for wanted in &named {
            let found = place.pythons().discover(wanted);
            assert_eq!((found.is_ok(), runs()), (is_found, 0), "{wanted:?}");
            if let Ok(Some(found)) = found {
                assert_eq!(
                    (found.asked.canonicalize().unwrap(), found.paths),
                    (real.clone(), made.paths.clone())
                );
            }
        }
    };
    let script = place.with_base(&base, "v/bin/python");
    check(true);
    // A link to what the settings do not name is no better.
    std::fs::remove_file(&script).unwrap();
    std::os::unix::fs::symlink(place.with_base(&base, "outside"), &script).unwrap();
    check(true);
    std::fs::remove_file(&script).unwrap();
    place.with_base(&base, "v/bin/python");
    for settings in [format!("home = {}\nversion = 3.99.0\n", place.path("v/bin").display()), String::new()] {
        std::fs::write(place.path("v/pyvenv.cfg"), settings).unwrap();
        check(false);
    }
    // Without settings it would be a whole Python of its own, which only its program's name is consent for.
    std::fs::remove_file(place.path("v/pyvenv.cfg")).unwrap();
    let failure = place.pythons().discover(&Wanted::Venv("v".into())).unwrap_err();
    assert!(matches!(failure, PythonFailure::OwnProgram(_)), "{failure}");
    assert_eq!(runs(), 0);
}
