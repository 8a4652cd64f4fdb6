//! Names of commands: which ones a wheel may put beside the interpreter.
//!
//! A wheel that ships a `python`, an `activate` or a `pip` takes over what people type next, so these names are
//! refused, generated or shipped, in any case and with any suffix; `pip` and `uv` may bring their own.

use packman_names::ProjectName;
use packman_strict::path::SafePath;

use crate::refusal::WheelRefusal;

/// Verifies that a project may install a command of this name.
pub(crate) fn verify_name(name: &str, project: &ProjectName) -> Result<(), WheelRefusal> {
    let single = SafePath::parse(name).is_ok_and(|path| path.components().count() == 1);
    if !single {
        return Err(WheelRefusal::ScriptName { name: name.to_owned() });
    }
    match owner(name) {
        Some(owner) if owner != project.as_str() => {
            Err(WheelRefusal::ScriptReserved { name: name.to_owned(), owner: owner.to_owned() })
        }
        _ => Ok(()),
    }
}

/// Who alone may install a command of this name; `None` where anybody may.
fn owner(name: &str) -> Option<&'static str> {
    let name = name.to_lowercase();
    // Python reads these from beside its program before anything else: they say where its modules are.
    if name == "pyvenv.cfg" || name.ends_with("._pth") {
        return Some("a virtual environment");
    }
    // `python3.11.exe` is `python3.11`, and `activate.ps1` is `activate`: each beginning before a dot counts.
    let dots = name.match_indices('.').map(|(index, _)| index);
    dots.chain([name.len()]).filter_map(|end| name.get(..end)).find_map(owner_of_stem)
}

fn owner_of_stem(stem: &str) -> Option<&'static str> {
    // `python3.11`, `python3`, `pypy3.10`, `python3.13t` (without the global lock) and `pip3.11` alike.
    let unnumbered = stem
        .trim_end_matches(['t', 'd'])
        .trim_end_matches(|letter: char| letter.is_ascii_digit() || letter == '.');
    match (stem, unnumbered) {
        ("uv" | "uvx" | "uvw", _) => Some("uv"),
        ("activate" | "activate_this" | "deactivate", _) => Some("a virtual environment"),
        (_, "python" | "pythonw" | "pypy" | "pypyw") => Some("the interpreter"),
        (_, "pip") => Some("pip"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use packman_names::ProjectName;

    fn check(name: &str, project: &str) -> String {
        match super::verify_name(name, &ProjectName::parse(project).unwrap()) {
            Ok(()) => "fine".to_owned(),
            Err(refusal) => format!("{}: {refusal}", refusal.code()),
        }
    }

    #[test]
    fn refuses_the_names_people_type_without_looking() {
        for name in [
            "python",
            "Python",
            "python.exe",
            "pythonw",
            "python3",
            "PYTHON3.11",
            "python3.11.exe",
            "python3.13t",
            "python.bat",
            "python2.7",
            "pypy",
            "pypy3",
            "pypy3.10",
            "pyvenv.cfg",
            "PyVenv.cfg",
            "python._pth",
            "python311._pth",
            "activate",
            "Activate.ps1",
            "activate.csh",
            "activate_this.py",
            "deactivate",
            "deactivate.bat",
            "pip",
            "PIP.EXE",
            "pip3",
            "pip3.11",
            "pip3.11.cmd",
            "uv",
            "uvx",
            "uvw",
            "UV.exe",
            "uvx.ps1",
        ] {
            let found = check(name, "innocent");
            assert!(found.starts_with("script-reserved-name: "), "{name}: {found}");
        }
    }

    #[test]
    fn refuses_names_that_are_no_single_file_name() {
        for name in ["", ".", "..", "../x", "a/b", "a\\b", "a\n", "a\u{1b}[2J", "C:x", "nul", "x."] {
            let found = check(name, "innocent");
            assert!(found.starts_with("script-name: "), "{name:?}: {found}");
        }
    }

    #[test]
    fn leaves_the_names_of_honest_commands_alone() {
        for name in [
            "black",
            "pip-compile",
            "pip-sync",
            "uvicorn",
            "python-argcomplete-check-easy-install-script",
            "pythonic",
            "pippin",
            "activate-global-python-argcomplete",
            "register-python-argcomplete",
            "aws_zsh_completer.sh",
            "f2py",
            "ipython3",
            "pipx",
            "ipython",
            "bpython",
            "pytest",
            "py.test",
        ] {
            assert_eq!(check(name, "innocent"), "fine", "{name}");
        }
        for (name, project) in
            [("pip", "pip"), ("pip3", "PIP"), ("pip3.11", "pip"), ("uv", "uv"), ("uvx", "uv")]
        {
            assert_eq!(check(name, project), "fine");
        }
        assert_eq!(
            check("uv", "pip"),
            "script-reserved-name: command `uv`: belongs to uv, no other project may install it"
        );
        assert!(check("python", "python").starts_with("script-reserved-name"));
    }
}
