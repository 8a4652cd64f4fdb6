//! The small programs that installing writes: one for each command among the entry points.
//!
//! Decides their text. Everything that goes into it was verified (identifiers only) or is refused here (the
//! path of the interpreter), so that no name can become code.

use std::path::Path;

use crate::conflict::Conflict;
use crate::entry_points::EntryPoint;

/// Linux reads this many bytes of a first line; the path has to fit with `#!` and the line's end.
const LONGEST_SHEBANG: usize = 127;

/// The first line, or lines, of a script that is to be run by this interpreter.
pub(crate) fn shebang(python: &Path) -> Result<String, Conflict> {
    let wrong = |why| Conflict::Interpreter { path: python.to_string_lossy().into_owned(), why };
    let path = python.to_str().ok_or_else(|| wrong("a script cannot name it, it is not UTF-8"))?;
    if path.contains(|letter: char| letter.is_control()) || !path.starts_with('/') {
        return Err(wrong("a script cannot name it, wanted an absolute path without control characters"));
    }
    if !path.contains(' ') && path.len() + "#!\n".len() <= LONGEST_SHEBANG {
        return Ok(format!("#!{path}\n"));
    }
    // The kernel cannot run it directly, so the shell does. To Python these lines are one string; to the shell
    // the first is an `exec` that never comes to the second.
    if path.contains(['"', '\'', '\\', '$', '`']) {
        return Err(wrong("a script cannot name it, it is long or has spaces, and holds quotes"));
    }
    Ok(format!("#!/bin/sh\n'''exec' \"{path}\" \"$0\" \"$@\"\n' '''\n"))
}

/// The program of an entry point. `multiprocessing` may import it again, hence the last condition.
pub(crate) fn program(shebang: &str, point: &EntryPoint) -> String {
    let object = point.attribute.as_deref().unwrap_or_default();
    let (first, rest) =
        object.split_once('.').map_or((object, String::new()), |(first, rest)| (first, format!(".{rest}")));
    let module = &point.module;
    format!(
        "{shebang}# Made by PackMan: runs `{object}` of the module `{module}`.\n\
         from {module} import {first} as command\n\n\
         if __name__ == \"__main__\":\n    raise SystemExit(command{rest}())\n"
    )
}

/// A shipped script whose first line starts with `#!python`, with that line replaced (PyPA "Rewrite #!python").
pub(crate) fn rewritten(shebang: &str, script: &[u8]) -> Vec<u8> {
    let end = script.iter().position(|byte| *byte == b'\n').map_or(script.len(), |end| end + 1);
    let rest = script.get(end..).unwrap_or_default();
    [shebang.as_bytes(), rest].concat()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{program, rewritten, shebang};
    use crate::entry_points::EntryPoint;

    fn check(path: &str) -> String {
        shebang(Path::new(path)).unwrap_or_else(|conflict| conflict.to_string())
    }

    #[test]
    fn the_shell_helps_where_the_kernel_cannot() {
        insta::assert_snapshot!(check("/v/bin/python"), @"#!/v/bin/python");
        insta::assert_snapshot!(check("/my venv/bin/python"), @r#"
        #!/bin/sh
        '''exec' "/my venv/bin/python" "$0" "$@"
        ' '''
        "#);
        let fits = format!("/{}", "x".repeat(123));
        assert!(check(&fits).starts_with("#!/x"));
        assert!(check(&format!("{fits}x")).starts_with("#!/bin/sh\n'''exec' \"/x"));
    }

    #[test]
    fn refuses_interpreters_whose_path_would_be_code() {
        for path in [
            "/my $(venv)/python",
            "/a b\"/python",
            "/a b'''/python",
            "/a\n/python",
            "python",
            "/a b\\/python",
        ] {
            assert!(check(path).contains("a script cannot name it"), "{path}");
        }
    }

    #[test]
    fn a_program_calls_its_object() {
        let (module, attribute) = EntryPoint::parse_value("a.b:c.d").unwrap();
        let point = EntryPoint { group: "console_scripts".into(), name: "run".into(), module, attribute };
        insta::assert_snapshot!(program("#!/v/bin/python\n", &point), @r#"
        #!/v/bin/python
        # Made by PackMan: runs `c.d` of the module `a.b`.
        from a.b import c as command

        if __name__ == "__main__":
            raise SystemExit(command.d())
        "#);
    }

    #[test]
    fn only_the_first_line_of_a_script_is_replaced() {
        for script in ["#!python\nprint(1)\n", "#!pythonw -u\r\nprint(1)\n", "#!python"] {
            let found = rewritten("#!/v/python\n", script.as_bytes());
            let rest = if script.contains('\n') { "print(1)\n" } else { "" };
            assert_eq!(String::from_utf8(found).unwrap(), format!("#!/v/python\n{rest}"));
        }
    }
}
