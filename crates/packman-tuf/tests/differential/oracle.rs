//! python-tuf in a process of its own, which is asked again and again.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use packman_strict::json::{self, Value};

pub(crate) struct Oracle {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Oracle {
    pub(crate) fn start() -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/differential/oracle.py");
        let mut command = Command::new(testkit::tools::python());
        command.args(["-B", "-I"]).arg(script).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (input, output) = (child.stdin.take(), child.stdout.take().unwrap());
        Self { child, input, output: BufReader::new(output) }
    }

    pub(crate) fn ask(&mut self, case: &Value<'_>) -> Value<'static> {
        let input = self.input.as_mut().unwrap();
        input.write_all(&case.to_bytes()).unwrap();
        input.write_all(b"\n").unwrap();
        input.flush().unwrap();
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        assert!(!line.is_empty(), "python-tuf's process has ended");
        json::parse(line.trim_end().as_bytes(), &json::Limits::default()).unwrap().into_owned()
    }
}

impl Drop for Oracle {
    fn drop(&mut self) {
        // The end of its input is the end of the process.
        drop(self.input.take());
        let _ = self.child.wait();
    }
}
