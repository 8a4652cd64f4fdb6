//! Compiling modules with the Python below an environment, to see whether bytecode is what it should be.
//!
//! The program runs isolated (`-I -S -B`), in the root folder, and is given sources on its standard input: it opens no
//! file of the environment and imports nothing from there.

use std::io::{self, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use crate::environ::Environ;
use crate::program::{ProgramFailure, ProgramReason};

const SCRIPT: &str = include_str!("compile.py");

/// The largest module takes seconds; a cold start from a network disk, too.
const LIMIT: Duration = Duration::from_mins(2);

/// The longest bytecode of a module that is taken, in bytes.
const LONGEST: u32 = 256 << 20;

/// A Python that compiles modules.
#[derive(Debug)]
pub struct Compiler {
    child: Child,
    /// Gone once the program is told that nothing more comes.
    sources: Option<ChildStdin>,
    answers: Receiver<io::Result<Answer>>,
    /// How its files of bytecode begin.
    pub magic: [u8; 4],
    /// What stands in the names of its files of bytecode: `cpython-311`.
    pub tag: String,
}

/// What a module was compiled to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CompiledModule {
    /// Python's own digest of the source.
    pub source_hash: [u8; 8],
    /// The code, as it stands in a file of bytecode after its head.
    pub code: Vec<u8>,
}

#[derive(Debug)]
enum Answer {
    Form([u8; 4], String),
    Module(Option<CompiledModule>),
}

impl Compiler {
    /// Starts a Python, which must not be one that lies in an environment.
    pub fn start(environ: &Environ, python: &Path) -> Result<Self, ProgramFailure> {
        let failed = |reason| ProgramFailure::new(python, reason);
        let not_started = |error: &io::Error| ProgramReason::NotStarted(crate::failure::system_words(error));
        let mut child = Command::new(python)
            .args(["-I", "-S", "-B", "-c", SCRIPT])
            .env_clear()
            .envs(environ.variables())
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| failed(not_started(&error)))?;
        let (send, answers) = mpsc::sync_channel(1);
        if let Some(pipe) = child.stdout.take() {
            std::thread::spawn(move || {
                let mut pipe = BufReader::new(pipe);
                let mut next = form(&mut pipe);
                loop {
                    let ended = next.is_err();
                    if send.send(next).is_err() || ended {
                        return;
                    }
                    next = module(&mut pipe);
                }
            });
        }
        let sources = child.stdin.take();
        let mut compiler = Self { child, sources, answers, magic: [0; 4], tag: String::new() };
        match compiler.answers.recv_timeout(LIMIT) {
            Ok(Ok(Answer::Form(magic, tag))) => {
                (compiler.magic, compiler.tag) = (magic, tag);
                Ok(compiler)
            }
            Err(mpsc::RecvTimeoutError::Timeout) => Err(failed(ProgramReason::TimedOut)),
            _ => Err(failed(ProgramReason::NotUnderstood("its bytecode is not known".to_owned()))),
        }
    }

    /// Compiles a module, leaving out as much as `level` says; `None` where it is no Python of this version.
    pub fn compile(&mut self, source: &[u8], level: u8) -> Result<Option<CompiledModule>, String> {
        let length = u32::try_from(source.len()).map_err(|_| "the module is too long".to_owned())?;
        let sources = self.sources.as_mut().ok_or("Python has ended")?;
        let mut send = || {
            sources.write_all(&[level])?;
            sources.write_all(&length.to_le_bytes())?;
            sources.write_all(source)?;
            sources.flush()
        };
        send().map_err(|error| error.to_string())?;
        match self.answers.recv_timeout(LIMIT) {
            Ok(Ok(Answer::Module(module))) => Ok(module),
            Ok(Err(error)) => Err(error.to_string()),
            Ok(Ok(Answer::Form(..))) | Err(_) => Err("Python took too long, or ended".to_owned()),
        }
    }
}

impl Drop for Compiler {
    fn drop(&mut self) {
        self.sources = None;
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn form(pipe: &mut impl Read) -> io::Result<Answer> {
    let (mut magic, length) = ([0; 4], {
        let mut head = [0; 8];
        pipe.read_exact(&mut head)?;
        head
    });
    let (start, end) = length.split_at(4);
    magic.copy_from_slice(start);
    let length = end.first_chunk().map_or(0, |four| u32::from_le_bytes(*four));
    let mut tag = vec![0; usize::try_from(length.min(64)).unwrap_or_default()];
    pipe.read_exact(&mut tag)?;
    String::from_utf8(tag)
        .map(|tag| Answer::Form(magic, tag))
        .map_err(|_| io::Error::from(io::ErrorKind::InvalidData))
}

fn module(pipe: &mut impl Read) -> io::Result<Answer> {
    let mut is_code = [0];
    pipe.read_exact(&mut is_code)?;
    if is_code == [0] {
        return Ok(Answer::Module(None));
    }
    let (mut source_hash, mut length) = ([0; 8], [0; 4]);
    pipe.read_exact(&mut source_hash)?;
    pipe.read_exact(&mut length)?;
    let length = u32::from_le_bytes(length);
    let mut code = Vec::new();
    pipe.take(u64::from(length.min(LONGEST))).read_to_end(&mut code)?;
    if code.len() as u64 != u64::from(length) {
        return Err(io::Error::from(io::ErrorKind::UnexpectedEof));
    }
    Ok(Answer::Module(Some(CompiledModule { source_hash, code })))
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::Compiler;
    use crate::environ::Environ;
    use std::path::Path;

    #[test]
    fn a_python_compiles_what_it_is_given_and_one_that_answers_otherwise_is_a_failure() {
        let path = std::env::var("PATH").unwrap();
        let environ = Environ::of("/", [("PATH", path.as_str()), ("PYTHONSTARTUP", "/nowhere")]);
        let python = crate::program::find(&environ, Path::new("python3")).unwrap();
        let mut compiler = Compiler::start(&environ, &python).unwrap();
        assert!(compiler.tag.starts_with("cpython-3"));
        assert_eq!(&compiler.magic[2..], b"\r\n");
        let plain = compiler.compile(b"assert 1\n", 0).unwrap().unwrap();
        let other = compiler.compile(b"assert 1\n", 1).unwrap().unwrap();
        assert_eq!(plain.source_hash, other.source_hash);
        assert_ne!(plain.code, other.code);
        assert_eq!(compiler.compile(b"no python\n", 0), Ok(None));
        // More than any pipe holds.
        let long = "x = 1\n".repeat(100_000);
        assert!(compiler.compile(long.as_bytes(), 0).unwrap().is_some());
        assert!(Compiler::start(&environ, Path::new("/bin/true")).is_err());
        assert!(Compiler::start(&environ, Path::new("/nowhere")).is_err());
    }
}
