//! Whether the bytecode that Python would load is what compiling the vouched modules gives. They are compiled by the
//! Python below the environment, never by its own.

use packman_machine::parallel::for_each_parallel;
use packman_machine::python::Compiler;
use packman_machine::stop::Stop;
use packman_names::PythonVersion;
use packman_wheel::{Audit, Bytecode, BytecodeForm, Compiled, Finding, SameCode, Wrong};

use super::NotCovered;
use crate::client::Client;
use crate::download::cores;
use crate::environment::Environment;
use crate::error::ClientError;

/// From how many files on another Python is worth its start.
const PART: usize = 400;

/// What comparing some bytecode gave.
#[derive(Default)]
struct Compared {
    /// Those that are compared, or that Python would not load.
    done: Vec<String>,
    findings: Vec<Finding>,
    /// Why the rest is not.
    why: Option<String>,
}

impl Client<'_> {
    /// Compares the bytecode of vouched modules, adds to the findings, and tells how many files were compared.
    pub(super) fn compare_bytecode(
        &self,
        environment: &Environment,
        audit: &mut Audit,
        not_covered: &mut Vec<NotCovered>,
    ) -> Result<usize, ClientError> {
        let all = std::mem::take(&mut audit.of_vouched);
        let parts: Vec<&[Bytecode]> = all.chunks(PART).collect();
        let compared: Vec<Compared> = for_each_parallel(parts, cores(), self.stop, |part, stop| {
            self.compare_part(environment, part, stop)
        })?;
        let mut done = 0;
        for part in compared {
            done += part.done.len();
            for path in &part.done {
                audit.bytecode.remove(path);
            }
            audit.findings.extend(part.findings);
            let why = part.why.map(|why| NotCovered { project: None, why });
            if let Some(why) = why.filter(|why| !not_covered.contains(why)) {
                not_covered.push(why);
            }
        }
        audit.findings.sort();
        Ok(done)
    }

    fn compare_part(
        &self,
        environment: &Environment,
        part: &[Bytecode],
        stop: &Stop,
    ) -> Result<Compared, ClientError> {
        let mut compared = Compared::default();
        let mut compiler = match Compiler::start(self.environ, &environment.found.asked) {
            Ok(compiler) => compiler,
            Err(failure) => {
                compared.why = Some(format!("no Python to compile modules with: {failure}"));
                return Ok(compared);
            }
        };
        let version = environment.found.version;
        let form = BytecodeForm { tag: compiler.tag.clone(), magic: compiler.magic, version };
        for bytecode in part {
            stop.live()?;
            match compare(bytecode, &form, &mut compiler, version) {
                Ok(None) => compared.done.push(bytecode.path.clone()),
                Ok(Some(what)) => {
                    let project = Some(bytecode.project.clone());
                    compared.done.push(bytecode.path.clone());
                    compared.findings.push(Finding { path: bytecode.path.clone(), project, what });
                }
                Err(why) => {
                    compared.why = Some(why);
                    break;
                }
            }
        }
        Ok(compared)
    }
}

/// What is wrong with a file of bytecode, if something is; an error where nothing can be compared any more.
fn compare(
    bytecode: &Bytecode,
    form: &BytecodeForm,
    compiler: &mut Compiler,
    version: PythonVersion,
) -> Result<Option<Wrong>, String> {
    let loaded = match bytecode.load(form) {
        Ok(None) => return Ok(None),
        Ok(Some(loaded)) => loaded,
        Err(why) => return Ok(Some(Wrong::BytecodeUnread(why))),
    };
    // Bytecode of what this Python cannot compile was not made by it.
    let Some(module) = compiler.compile(&loaded.source, loaded.level)? else {
        return Ok(Some(Wrong::Bytecode));
    };
    let compiled = Compiled { source_hash: module.source_hash, code: module.code };
    match loaded.is(&compiled, version) {
        SameCode::Yes => Ok(None),
        SameCode::No => Ok(Some(Wrong::Bytecode)),
        SameCode::Unknown(why) => Err(format!("what Python made of a module cannot be read: {why}")),
    }
}
