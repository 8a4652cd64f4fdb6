//! Running other programs: by their path, with their input closed, for a bounded time, and with bounded output.

use std::ffi::OsStr;
use std::fmt;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use packman_strict::quote::quoted;

use crate::environ::Environ;
use crate::failure::{shown, system_words};
use crate::stop::Stop;

/// No program that we ask says more.
const LONGEST: u64 = 4 << 20;

/// A program that did not do what was asked of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ProgramFailure {
    program: PathBuf,
    reason: ProgramReason,
}

/// Why a program did not do it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ProgramReason {
    /// There is no such program.
    Missing,
    /// It cannot be started; what the system says.
    NotStarted(String),
    /// It took too long.
    TimedOut,
    /// The user asked to stop.
    Stopped,
    /// It ended with an error; the line that says which.
    Failed(String),
    /// What it said is not what was asked for.
    NotUnderstood(String),
}

impl ProgramFailure {
    pub(crate) fn new(program: &Path, reason: ProgramReason) -> Self {
        Self { program: program.to_owned(), reason }
    }

    /// Why it did not do it.
    pub fn reason(&self) -> &ProgramReason {
        &self.reason
    }

    /// The program.
    pub fn program(&self) -> &Path {
        &self.program
    }
}

/// Runs a program with the variables and in the folder of an environment; gives what it wrote to its output.
///
/// A program that takes longer than `limit`, or that is at work when the user asks to stop, is killed.
pub fn run(
    environ: &Environ,
    program: &Path,
    arguments: &[&OsStr],
    limit: Duration,
    stop: &Stop,
) -> Result<Vec<u8>, ProgramFailure> {
    let failed = |reason| ProgramFailure::new(program, reason);
    let mut child = Command::new(program)
        .args(arguments)
        .env_clear()
        .envs(environ.variables())
        // Otherwise macOS may tell an old program that it is 10.16.
        .env("SYSTEM_VERSION_COMPAT", "0")
        .current_dir(environ.folder())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| failed(not_started(&error)))?;
    let until = Instant::now() + limit;
    // Of its own, so that what is to wake us is forgotten when the program is done.
    let stop = stop.child();
    let (output, errors) = (collect(child.stdout.take(), Some(&stop)), collect(child.stderr.take(), None));
    let ended = whole(&output, until, &stop).and_then(|output| Ok((output, wait(&mut child, until, &stop)?)));
    let (output, status) = ended.map_err(|reason| {
        let _ = child.kill();
        let _ = child.wait();
        failed(reason)
    })?;
    if status.success() {
        return Ok(output);
    }
    if is_interrupted(status, &stop) {
        return Err(failed(ProgramReason::Stopped));
    }
    // Something it started may still hold this end open: what has not come by now is not waited for.
    let left = until.saturating_duration_since(Instant::now());
    let errors = errors.recv_timeout(left.min(Duration::from_secs(1))).ok().flatten().unwrap_or_default();
    Err(failed(ProgramReason::Failed(telling_line(&errors, status))))
}

fn not_started(error: &io::Error) -> ProgramReason {
    match error.kind() {
        io::ErrorKind::NotFound => ProgramReason::Missing,
        _ => ProgramReason::NotStarted(system_words(error)),
    }
}

/// Reads to the end on a thread of its own, so that neither pipe fills while we wait at the other. Nothing comes instead
/// when the user asks to stop.
fn collect(pipe: Option<impl Read + Send + 'static>, stop: Option<&Stop>) -> mpsc::Receiver<Option<Vec<u8>>> {
    let (done, whole) = mpsc::channel();
    if let Some(stop) = stop {
        let asked = done.clone();
        stop.on_ask(move || drop(asked.send(None)));
    }
    if let Some(pipe) = pipe {
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            // What came before an error is all there is.
            let _ = pipe.take(LONGEST).read_to_end(&mut bytes);
            let _ = done.send(Some(bytes));
        });
    }
    whole
}

fn whole(
    output: &mpsc::Receiver<Option<Vec<u8>>>,
    until: Instant,
    stop: &Stop,
) -> Result<Vec<u8>, ProgramReason> {
    let output = output.recv_timeout(until.saturating_duration_since(Instant::now()));
    stop.live().map_err(|_| ProgramReason::Stopped)?;
    output.ok().flatten().ok_or(ProgramReason::TimedOut)
}

fn wait(child: &mut Child, until: Instant, stop: &Stop) -> Result<ExitStatus, ProgramReason> {
    let mut pause = Duration::from_micros(200);
    loop {
        // Its output has ended, so it is about to end itself: the first look nearly always finds it gone.
        match child.try_wait() {
            Ok(Some(status)) => return Ok(status),
            Ok(None) if Instant::now() < until => {}
            _ => return Err(ProgramReason::TimedOut),
        }
        stop.wait(pause).map_err(|_| ProgramReason::Stopped)?;
        pause = (pause * 2).min(Duration::from_millis(20));
    }
}

/// Whether it failed because the user pressed Ctrl-C, which a terminal tells it and us: it may have heard it first.
fn is_interrupted(status: ExitStatus, stop: &Stop) -> bool {
    #[cfg(unix)]
    let by_signal =
        std::os::unix::process::ExitStatusExt::signal(&status) == Some(signal_hook::consts::SIGINT);
    #[cfg(not(unix))]
    let by_signal = false;
    let by_signal = by_signal || status.code() == Some(130);
    stop.is_asked() || by_signal && stop.wait(Duration::from_secs(1)).is_err()
}

/// The line that says what was wrong: the last of a traceback of Python, else the first.
fn telling_line(errors: &[u8], status: ExitStatus) -> String {
    let text = String::from_utf8_lossy(errors);
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let traceback = text.contains("Traceback (most recent call last)");
    let line = if traceback { lines.next_back() } else { lines.next() };
    line.map_or_else(|| status.to_string(), str::to_owned)
}

/// Finds a program as a shell does: a name with a separator is a path, any other is looked for in `PATH`.
pub(crate) fn find(environ: &Environ, name: &Path) -> Option<PathBuf> {
    if name.components().count() > 1 {
        return Some(environ.folder().join(name)).filter(|path| path.is_file());
    }
    let folders = environ.variable("PATH")?;
    let suffix = std::env::consts::EXE_SUFFIX;
    std::env::split_paths(folders)
        // A relative folder in `PATH` would run whatever the current folder holds.
        .filter(|folder| folder.is_absolute())
        .flat_map(|folder| {
            let plain = folder.join(name);
            let suffixed = (!suffix.is_empty()).then(|| {
                let mut with = plain.clone().into_os_string();
                with.push(suffix);
                PathBuf::from(with)
            });
            [suffixed, Some(plain)]
        })
        .flatten()
        .find(|path| is_program(path))
}

#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    path.metadata().is_ok_and(|about| about.is_file() && about.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(path: &Path) -> bool {
    path.is_file()
}

impl fmt::Display for ProgramFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let program = shown(&self.program);
        match &self.reason {
            ProgramReason::Missing => write!(f, "{program} is not there, wanted a program"),
            ProgramReason::NotStarted(words) => write!(f, "{program} cannot be started: {words}"),
            ProgramReason::TimedOut => write!(f, "{program} took too long and was ended"),
            ProgramReason::Stopped => write!(f, "{program} was ended, as you asked to stop"),
            ProgramReason::Failed(line) => write!(f, "{program} failed: {}", quoted(line)),
            ProgramReason::NotUnderstood(words) => write!(f, "{program} gave no usable answer: {words}"),
        }
    }
}

impl std::error::Error for ProgramFailure {}

/// Writes a shell script that can be run, for tests. Another program writes it: were this one to, a test that starts
/// a child meanwhile would hold it open, and a file that is open for writing cannot be run.
#[cfg(unix)]
#[cfg(test)]
pub(crate) fn write_script(path: &Path, script: &str) {
    let mut write = Command::new("sh");
    write.args(["-c", "printf '#!/bin/sh\n%s\n' \"$1\" >\"$0\" && chmod 755 \"$0\""]);
    let written = write.arg(path).arg(script).status().unwrap();
    assert!(written.success());
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::{ProgramFailure, ProgramReason, find, run};
    use crate::environ::Environ;
    use crate::stop::Stop;
    use std::ffi::OsStr;
    use std::path::Path;
    use std::time::Duration;

    fn check(script: &str, limit: Duration) -> Result<String, ProgramReason> {
        check_stopping(script, limit, &Stop::new())
    }

    fn check_stopping(script: &str, limit: Duration, stop: &Stop) -> Result<String, ProgramReason> {
        let environ = Environ::of("/", [("PATH", "/usr/bin:/bin"), ("WORD", "told")]);
        run(&environ, Path::new("/bin/sh"), &["-c", script].map(OsStr::new), limit, stop)
            .map(|output| String::from_utf8(output).unwrap())
            .map_err(|failure| failure.reason().clone())
    }

    const LONG: Duration = Duration::from_mins(10);

    #[test]
    fn a_program_is_given_its_variables_and_nothing_to_read() {
        assert_eq!(check("echo $WORD $HOME; cat", LONG), Ok("told\n".to_owned()));
        // More than a pipe holds, on the one that is read second.
        assert_eq!(check("head -c 300000 /dev/zero >&2; echo done", LONG), Ok("done\n".to_owned()));
    }

    #[test]
    fn its_faults_are_told() {
        let check_line = |script: &str, line: &str| {
            assert_eq!(check(script, LONG), Err(ProgramReason::Failed(line.to_owned())));
        };
        check_line("{ echo; echo ' b '; echo usage; } >&2; exit 3", "b");
        check_line(
            "echo 'Traceback (most recent call last):
  x
ValueError: y' >&2; exit 1",
            "ValueError: y",
        );
        check_line("exit 3", "exit status: 3");
        let brief = Duration::from_millis(50);
        assert_eq!(check("sleep 600", brief), Err(ProgramReason::TimedOut));
        assert_eq!(check("exec >&-; sleep 600", brief), Err(ProgramReason::TimedOut));
        let missing = ProgramFailure::new(Path::new("/x/python"), ProgramReason::Missing);
        insta::assert_snapshot!(missing, @"`/x/python` is not there, wanted a program");
    }

    #[test]
    fn who_asks_to_stop_waits_for_no_program() {
        let folder = tempfile::tempdir().unwrap();
        let begun = folder.path().join("begun");
        assert!(std::process::Command::new("mkfifo").arg(&begun).status().unwrap().success());
        for script in ["echo >BEGUN; exec sleep 600", "exec >&-; echo >BEGUN; exec sleep 600"] {
            let script = script.replace("BEGUN", begun.to_str().unwrap());
            let stop = Stop::new();
            let ask = stop.clone();
            let begun = begun.clone();
            let asking = std::thread::spawn(move || {
                std::fs::read(begun).unwrap();
                ask.ask();
            });
            assert_eq!(check_stopping(&script, LONG, &stop), Err(ProgramReason::Stopped));
            asking.join().unwrap();
        }
        // A terminal tells both: the program may have ended before we hear of it.
        let stop = Stop::new();
        let ask = stop.clone();
        let late = std::thread::spawn(move || ask.ask());
        assert_eq!(check_stopping("kill -INT $$", LONG, &stop), Err(ProgramReason::Stopped));
        late.join().unwrap();
    }

    #[test]
    fn a_name_is_looked_for_in_absolute_folders_only() {
        let environ = Environ::of("/usr", [("PATH", "bin::.:/nowhere:/bin")]);
        assert_eq!(find(&environ, Path::new("sh")).as_deref(), Some(Path::new("/bin/sh")));
        assert_eq!(find(&environ, Path::new("no-such-program")), None);
        assert_eq!(find(&environ, Path::new("bin/env")).as_deref(), Some(Path::new("/usr/bin/env")));
        assert_eq!(find(&environ.clone().without("PATH"), Path::new("sh")), None);
        let up = std::env::current_dir().unwrap().components().skip(1).map(|_| "../").collect::<String>();
        assert!(Path::new(&up).join("bin/sh").exists());
        assert_eq!(find(&environ.with("PATH", up + "bin"), Path::new("sh")), None);
    }
}
