//! A private world for runs of the command: its own home, cache and folder, and an empty environment of variables.
#![allow(clippy::expect_used, clippy::missing_panics_doc, reason = "a test's own world may fail loudly")]

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use packman_strict::json::{self, Limits, Value};

/// A private world. Gone when it is dropped.
#[derive(Debug)]
pub struct World {
    program: PathBuf,
    folder: tempfile::TempDir,
    variables: BTreeMap<OsString, OsString>,
}

/// How a run ended.
#[derive(Clone, Debug)]
pub struct Run {
    /// The exit code.
    pub code: i32,
    /// What it answered.
    pub stdout: String,
    /// What it said.
    pub stderr: String,
}

impl World {
    /// A world for this program: `env!("CARGO_BIN_EXE_packman")`.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        let folder = tempfile::tempdir().expect("there is room for a test");
        let mut variables: BTreeMap<OsString, OsString> = BTreeMap::new();
        for name in ["home", "cache", "work"] {
            std::fs::create_dir(folder.path().join(name)).expect("there is room for a test");
        }
        variables.insert("PACKMAN_HOME".into(), folder.path().join("home").into());
        variables.insert("PACKMAN_CACHE_DIR".into(), folder.path().join("cache").into());
        variables.insert("HOME".into(), folder.path().into());
        variables.insert("PATH".into(), std::env::var_os("PATH").unwrap_or_default());
        Self { program: program.into(), folder, variables }
    }

    /// The same with the variables of the test's own run, for the one suite that leaves this machine.
    pub fn inheriting(program: impl Into<PathBuf>) -> Self {
        let mut world = Self::new(program);
        let own = std::mem::take(&mut world.variables);
        let inherited =
            std::env::vars_os().filter(|(name, _)| !name.to_string_lossy().starts_with("PACKMAN_"));
        world.variables = inherited.chain(own).collect();
        world
    }

    /// The folder in which commands run.
    pub fn folder(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    /// A path in it.
    pub fn path(&self, relative: &str) -> PathBuf {
        self.folder().join(relative)
    }

    /// The home of the user.
    pub fn home(&self) -> PathBuf {
        self.variable("PACKMAN_HOME")
    }

    /// The cache of the user.
    pub fn cache(&self) -> PathBuf {
        self.variable("PACKMAN_CACHE_DIR")
    }

    fn variable(&self, name: &str) -> PathBuf {
        self.variables.get(&OsString::from(name)).map(PathBuf::from).expect("every world sets it")
    }

    /// Sets a variable for all later runs.
    pub fn set(&mut self, name: &str, value: impl Into<OsString>) {
        self.variables.insert(name.into(), value.into());
    }

    /// Another user of the same machine: a home and a cache of their own, the same folder to work in.
    pub fn use_fresh_user(&mut self, name: &str) {
        for (variable, kind) in [("PACKMAN_HOME", "home"), ("PACKMAN_CACHE_DIR", "cache")] {
            self.set(variable, self.folder.path().join(format!("{name}-{kind}")));
        }
    }

    /// Empties the cache, as a machine that has none.
    pub fn clear_cache(&self) {
        let _ = std::fs::remove_dir_all(self.cache());
    }

    /// Runs the command with nobody at the terminal.
    pub fn run(&self, arguments: &[&str]) -> Run {
        self.run_in(&self.folder(), arguments)
    }

    /// Runs the command in another folder.
    pub fn run_in(&self, folder: &Path, arguments: &[&str]) -> Run {
        finish(self.command(folder).args(arguments))
    }

    /// Runs the command where no file may get longer than so many times 512 bytes: a full disk that needs no disk.
    pub fn run_on_full_disk(&self, blocks: u32, arguments: &[&str]) -> Run {
        let limited = format!("ulimit -f {blocks}; exec \"$@\"");
        let mut command = self.other_command(Path::new("sh"));
        finish(command.args(["-c", &limited, "sh"]).arg(&self.program).args(arguments))
    }

    /// Runs the command, which must do what is asked.
    pub fn ok(&self, arguments: &[&str]) -> Run {
        let run = self.run(arguments);
        assert_eq!(run.code, 0, "packman {}\n{}{}", arguments.join(" "), run.stdout, run.stderr);
        run
    }

    /// Runs the command, which must end with this exit code and this stable code.
    pub fn ends(&self, exit: i32, code: &str, arguments: &[&str]) -> Run {
        let arguments = [arguments, &["--json"]].concat();
        let run = self.run(&arguments);
        assert_eq!(run.code, exit, "packman {}\n{}{}", arguments.join(" "), run.stdout, run.stderr);
        assert_eq!(run.error_code(), code, "packman {}\n{}", arguments.join(" "), run.stderr);
        run
    }

    /// The command, not yet started, for tests that end it or give it a terminal.
    pub fn command(&self, folder: &Path) -> Command {
        let mut command = self.other_command(&self.program);
        command.current_dir(folder);
        command
    }

    /// Another program in this world, not yet started.
    pub fn other_command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.env_clear().envs(&self.variables).current_dir(self.folder()).stdin(Stdio::null());
        command
    }

    /// Makes a virtual environment with the machine's Python, without pip, and gives its folder.
    pub fn venv(&self, name: &str) -> PathBuf {
        let folder = self.path(name);
        let run = finish(Command::new("python3").args(["-m", "venv", "--without-pip"]).arg(&folder));
        assert_eq!(run.code, 0, "python3 -m venv\n{}", run.stderr);
        folder
    }

    /// Runs another program in this world.
    pub fn other(&self, program: &Path, arguments: &[&str]) -> Run {
        finish(self.other_command(program).args(arguments))
    }

    /// Runs a line of Python in an environment and gives what it printed.
    pub fn python(&self, venv: &Path, code: &str) -> Run {
        let mut command = Command::new(venv.join("bin/python"));
        finish(command.args(["-I", "-c", code]).current_dir(self.folder()))
    }
}

impl Run {
    /// The answer as JSON.
    pub fn json(&self) -> Value<'_> {
        json::parse(self.stdout.as_bytes(), &Limits::default()).expect("--json answers JSON")
    }

    /// The stable code of the error that `--json` answered; empty where there is none.
    pub fn error_code(&self) -> String {
        let json = self.json();
        let code = json.as_object().and_then(|object| object.get("error")).and_then(Value::as_object);
        code.and_then(|error| error.get("code")).and_then(Value::as_str).unwrap_or_default().to_owned()
    }
}

/// Writes a program that can be run. Another process writes it: were this one to, a child that some other test starts
/// meanwhile would hold it open for writing until it runs something itself, and such a file cannot be run (`ETXTBSY`).
pub fn write_program(path: &Path, text: &str) {
    let mut write = Command::new("sh");
    let written = write.args(["-c", "printf '%s' \"$1\" >\"$0\" && chmod 755 \"$0\""]).arg(path).arg(text);
    assert_eq!(finish(written).code, 0, "{}", path.display());
}

/// Copies a program that can be run; another process does, as for [`write_program`].
pub fn copy_program(from: &Path, to: &Path) {
    assert_eq!(finish(Command::new("cp").arg(from).arg(to)).code, 0, "{}", to.display());
}

/// Runs a program to its end.
pub fn finish(command: &mut Command) -> Run {
    let output = command.output().expect("the program starts");
    Run {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// Every file below a folder with its bytes: to see that nothing was changed.
pub fn snapshot(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&next) else { continue };
        for entry in entries.flatten() {
            let path = entry.path();
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                folders.push(path);
            } else {
                let bytes = std::fs::read(&path).unwrap_or_default();
                files.insert(path.strip_prefix(folder).unwrap_or(&path).to_owned(), bytes);
            }
        }
    }
    files
}
