//! Commands that an installer wrote, compared in meaning: each words them in its own way.
//!
//! A command made from an entry point may hold only lines that are known to do nothing but call what the vouched entry
//! point names. A script that the wheel ships may differ from it in its first line, and there only in that it starts the
//! environment's own Python.

use std::path::Path;

use packman_strict::Sha256;

use crate::entry_points::EntryPoint;
use crate::scheme::{Places, join, real};

/// What stands before and after the interpreter where the shell has to start it.
const SHELL: (&str, &str, &str) = ("'''exec' ", " \"$0\" \"$@\"", "' '''");

/// The shell's way of saying: beside this very file.
const BESIDE: &str = "\"$(dirname -- \"$(realpath -- \"$0\")\")\"/";

/// Lines that installers write between the import and the call; quotes are all written `'`. Each does no more than to cut
/// the end off the name that the command was started by.
const NAMING: [&str; 9] = [
    "sys.argv[0] = re.sub(r'(-script\\.pyw|\\.exe)?$', '', sys.argv[0])",
    "sys.argv[0] = re.sub(r'(-script\\.pyw?|\\.exe)?$', '', sys.argv[0])",
    "sys.argv[0] = sys.argv[0].removesuffix('.exe')",
    "if sys.argv[0].endswith('-script.pyw'):",
    "if sys.argv[0].endswith('.exe'):",
    "elif sys.argv[0].endswith('.exe'):",
    "sys.argv[0] = sys.argv[0][:-11]",
    "sys.argv[0] = sys.argv[0][:-4]",
    "if __name__ == '__main__':",
];

/// First lines that a builder writes and an installer replaces.
const REPLACED: [&str; 6] =
    ["#!python\n", "#!python\r\n", "#!pythonw\n", "#!pythonw\r\n", "#!python3\n", "#!python"];

/// Why a command is not the one that its entry point makes; `None` where it is.
pub(super) fn wrong_with_command(
    places: &Places,
    python: &Path,
    text: &[u8],
    point: &EntryPoint,
) -> Option<String> {
    let Ok(text) = std::str::from_utf8(text) else { return Some("is no text".to_owned()) };
    let body = match after_start(places, python, text) {
        Ok(body) => body,
        Err(why) => return Some(why),
    };
    let object = point.attribute.as_deref().unwrap_or_default();
    if calls(body, &point.module, object) {
        return None;
    }
    Some(format!("does more, or something else, than to call `{object}` of `{}`", point.module))
}

/// Whether a script is the shipped one, but for a first line that starts the environment's Python.
pub(super) fn is_shipped(places: &Places, python: &Path, text: &[u8], shipped: &Sha256) -> bool {
    let Ok(text) = std::str::from_utf8(text) else { return false };
    let Ok(rest) = after_start(places, python, text) else { return false };
    REPLACED.iter().any(|first| Sha256::of(&[first.as_bytes(), rest.as_bytes()].concat()) == *shipped)
}

/// What follows the lines that start the environment's Python.
fn after_start<'t>(places: &Places, python: &Path, text: &'t str) -> Result<&'t str, String> {
    let (first, rest) = line(text);
    let started = first.strip_prefix("#!").ok_or("starts nothing, wanted a first line that starts Python")?;
    let (interpreter, rest) = match started.trim() {
        "/bin/sh" => {
            let (second, rest) = line(rest);
            let (third, rest) = line(rest);
            let named = second.strip_prefix(SHELL.0).and_then(|end| end.strip_suffix(SHELL.1));
            let path = named.filter(|_| third == SHELL.2).and_then(|named| unquoted(places, named));
            (path.ok_or("starts a shell that does more than to start Python")?, rest)
        }
        other => (other.to_owned(), rest),
    };
    if is_own_python(places, python, Path::new(&interpreter)) {
        Ok(rest)
    } else {
        let interpreter = packman_strict::quote::quoted(&interpreter).to_string();
        Err(format!("starts {interpreter}, wanted the Python of this environment"))
    }
}

/// The path that the shell reads; `None` where it would read more than a path.
fn unquoted(places: &Places, named: &str) -> Option<String> {
    let inside = |text: &str| {
        let quote = text.chars().next().filter(|quote| matches!(quote, '\'' | '"'))?;
        let inside = text.strip_prefix(quote)?.strip_suffix(quote)?;
        (!inside.contains(['\'', '"', '$', '`', '\\'])).then(|| inside.to_owned())
    };
    if let Some(name) = named.strip_prefix(BESIDE) {
        let name = inside(name).filter(|name| !name.contains('/'))?;
        return Some(places.root.join(join(&places.scripts, &name)).to_string_lossy().into_owned());
    }
    let plain = |text: &str| !text.contains(|letter: char| " \t'\"$`\\;&|<>()*?[]{}~#!".contains(letter));
    inside(named).or_else(|| plain(named).then(|| named.to_owned()))
}

/// Whether a path is one of the environment's names for its Python, however its folder is spelled.
fn is_own_python(places: &Places, python: &Path, path: &Path) -> bool {
    if path == python {
        return true;
    }
    let named = || {
        let folder = real(path.parent().filter(|_| path.is_absolute())?).ok()?;
        let folder = folder.strip_prefix(&places.root).ok()?.to_str()?.to_owned();
        Some(places.interpreters.contains(&join(&folder, path.file_name()?.to_str()?)))
    };
    named().unwrap_or_default()
}

/// Whether these lines import an object of a module and end the program with what calling it gives, and nothing else.
fn calls(body: &str, module: &str, object: &str) -> bool {
    let (first, rest) =
        object.split_once('.').map_or((object, String::new()), |(first, rest)| (first, format!(".{rest}")));
    let imports =
        [format!("from {module} import {first}"), format!("from {module} import {first} as command")];
    let (mut imported, mut called) = (None, false);
    for (number, line) in body.lines().enumerate() {
        let text = line.trim();
        // Python ends a line, and with it a comment, at some of these.
        if text.contains(char::is_control) {
            return false;
        }
        // A comment is one, unless it says in which letters the lines below are written.
        let comment = text.starts_with('#') && (number > 1 || !text.contains("coding") || is_utf8(text));
        if text.is_empty() || comment {
            continue;
        }
        let text = text.replace('"', "'");
        let known = matches!(text.as_str(), "import re" | "import sys") || NAMING.contains(&text.as_str());
        match imports.iter().position(|import| *import == text) {
            _ if called => return false,
            Some(way) if imported.is_none() => imported = Some(way),
            None if known => {}
            None => {
                let name = match imported {
                    Some(0) => first,
                    Some(_) => "command",
                    None => return false,
                };
                let ends = [format!("sys.exit({name}{rest}())"), format!("raise SystemExit({name}{rest}())")];
                called = ends.contains(&text);
                if !called {
                    return false;
                }
            }
            Some(_) => return false,
        }
    }
    called
}

fn is_utf8(comment: &str) -> bool {
    matches!(comment, "# -*- coding: utf-8 -*-" | "# coding: utf-8" | "# coding=utf-8")
}

fn line(text: &str) -> (&str, &str) {
    let (line, rest) = text.split_once('\n').unwrap_or((text, ""));
    (line.strip_suffix('\r').unwrap_or(line), rest)
}

/// The entry point of a command that pip or setuptools makes up: of its name with the number of a Python.
pub(super) fn numbered<'n>(
    name: &str,
    mut known: impl Iterator<Item = &'n EntryPoint>,
) -> Option<&'n EntryPoint> {
    let stem = stem(name)?;
    known.find(|point| point.is_script() && point.name == stem)
}

/// Whether a command need not be there: their wheels name some for the Python of who built them.
pub(super) fn may_be_missing(name: &str) -> bool {
    stem(name).is_some()
}

fn stem(name: &str) -> Option<&'static str> {
    let stem = ["pip", "easy_install"].into_iter().find(|stem| name.starts_with(stem))?;
    let number = name.strip_prefix(stem)?.trim_start_matches('-');
    number.chars().all(|letter| letter.is_ascii_digit() || letter == '.').then_some(stem)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use packman_names::PythonVersion;
    use packman_strict::Sha256;

    use super::{is_shipped, numbered, wrong_with_command};
    use crate::entry_points::EntryPoint;
    use crate::scheme::{Places, Scheme};

    /// Runs with an environment in a folder; `PREFIX` in a text is that folder.
    fn within<T>(work: impl FnOnce(&Places, &Scheme, &dyn Fn(&str) -> Vec<u8>) -> T) -> T {
        let scratch = tempfile::tempdir().unwrap();
        fs::create_dir_all(scratch.path().join("bin")).unwrap();
        fs::create_dir_all(scratch.path().join("lib/python3.11/site-packages")).unwrap();
        let scheme = Scheme::of_venv(scratch.path(), PythonVersion::new(3, 11));
        let places = Places::of(&scheme).unwrap();
        let prefix = scratch.path().display().to_string();
        work(&places, &scheme, &|text: &str| text.replace("PREFIX", &prefix).into_bytes())
    }

    fn point(name: &str, value: &str) -> EntryPoint {
        let (module, attribute) = EntryPoint::parse_value(value).unwrap();
        EntryPoint { group: "console_scripts".into(), name: name.into(), module, attribute }
    }

    fn check(text: &str) -> String {
        within(|places, scheme, at| {
            let wrong = wrong_with_command(places, &scheme.python, &at(text), &point("run", "a.b:c.d"));
            let prefix = scheme.prefix.display().to_string();
            wrong.map_or_else(|| "fine".to_owned(), |why| why.replace(&prefix, "PREFIX"))
        })
    }

    const PIP_23: &str = "#!PREFIX/bin/python3\n# -*- coding: utf-8 -*-\nimport re\nimport sys\nfrom a.b import c\n\
        if __name__ == '__main__':\n    sys.argv[0] = re.sub(r'(-script\\.pyw|\\.exe)?$', '', sys.argv[0])\n    \
        sys.exit(c.d())\n";
    const PIP_26: &str = "#!PREFIX/bin/python\n# -*- coding: utf-8 -*-\nimport re\nimport sys\nif __name__ == '__main__':\n    \
        from a.b import c\n    sys.argv[0] = re.sub(r'(-script\\.pyw|\\.exe)?$', '', sys.argv[0])\n    sys.exit(c.d())\n";
    const UV: &str = "#!PREFIX/bin/python\n# -*- coding: utf-8 -*-\nimport sys\nfrom a.b import c\n\
        if __name__ == \"__main__\":\n    if sys.argv[0].endswith(\"-script.pyw\"):\n        sys.argv[0] = sys.argv[0][:-11]\n    \
        elif sys.argv[0].endswith(\".exe\"):\n        sys.argv[0] = sys.argv[0][:-4]\n    sys.exit(c.d())\n";
    const OURS: &str = "#!PREFIX/bin/python\n# Made by PackMan: runs `c.d` of the module `a.b`.\nfrom a.b import c as command\n\n\
        if __name__ == \"__main__\":\n    raise SystemExit(command.d())\n";

    #[test]
    fn what_pip_uv_and_packman_write_means_the_same() {
        let shell = |python: &str| {
            UV.replace(
                "#!PREFIX/bin/python\n",
                &format!("#!/bin/sh\n'''exec' {python} \"$0\" \"$@\"\n' '''\n"),
            )
        };
        for text in [PIP_23, PIP_26, UV, OURS] {
            assert_eq!(check(text), "fine", "{text}");
        }
        for python in [
            "PREFIX/bin/python3.11",
            "\"PREFIX/bin/python\"",
            "'PREFIX/bin/python'",
            "\"$(dirname -- \"$(realpath -- \"$0\")\")\"/'python3'",
        ] {
            assert_eq!(check(&shell(python)), "fine", "{python}");
        }
        for python in [
            "/bin/evil",
            "'PREFIX/bin/python' -c 'evil'",
            "PREFIX/bin/python;evil",
            "\"$(evil)PREFIX/bin/python\"",
        ] {
            assert_ne!(check(&shell(python)), "fine", "{python}");
        }
    }

    #[test]
    fn what_does_anything_else_is_no_command_of_that_entry_point() {
        let more = "does more, or something else, than to call `c.d` of `a.b`";
        for (from, to, why) in [
            ("import sys\n", "import sys\nimport os; os.system('evil')\n", more),
            ("import sys\n", "import sys, evil\n", more),
            ("from a.b import c\n", "from evil import c\n", more),
            ("from a.b import c\n", "from a.b import c\nfrom evil import c\n", more),
            ("sys.exit(c.d())", "sys.exit(c.e())", more),
            ("sys.exit(c.d())\n", "sys.exit(c.d())\nimport evil\n", more),
            ("sys.exit(c.d())\n", "", more),
            ("utf-8", "utf-7", more),
            ("# -*- coding: utf-8 -*-", "# -*- coding: utf-8 -*- \rimport evil", more),
            ("#!PREFIX/bin/python\n", "", "starts nothing, wanted a first line that starts Python"),
            (
                "#!PREFIX/bin/python\n",
                "#!/bin/sh\nevil\n",
                "starts a shell that does more than to start Python",
            ),
            (
                "#!PREFIX/bin/python\n",
                "#!/usr/bin/python3\n",
                "starts `/usr/bin/python3`, wanted the Python of this environment",
            ),
            (
                "#!PREFIX/bin/python\n",
                "#!PREFIX/bin/../evil/python\n",
                "starts `PREFIX/bin/../evil/python`, wanted the Python of this environment",
            ),
            (
                "#!PREFIX/bin/python\n",
                "#!PREFIX/bin/python -c evil\n",
                "starts `PREFIX/bin/python -c evil`, wanted the Python of this environment",
            ),
        ] {
            assert_eq!(check(&UV.replace(from, to)), why, "{to}");
        }
    }

    #[test]
    fn a_shipped_script_differs_in_its_first_line_alone() {
        within(|places, scheme, at| {
            let shipped = Sha256::of(b"#!python\nimport a\n");
            let is = |text: &str| is_shipped(places, &scheme.python, &at(text), &shipped);
            assert!(is("#!PREFIX/bin/python\nimport a\n"));
            assert!(is("#!/bin/sh\n'''exec' 'PREFIX/bin/python' \"$0\" \"$@\"\n' '''\nimport a\n"));
            assert!(!is("#!PREFIX/bin/python\nimport a, evil\n"));
            assert!(!is("#!/usr/bin/evil\nimport a\n"));
            assert!(!is("#!PREFIX/bin/python\nevil\nimport a\n"));
        });
    }

    #[test]
    fn numbered_names_are_made_up_for_pip_alone() {
        let known = [point("pip", "pip.main:main"), point("pip3", "pip.main:main"), point("run", "a:b")];
        for (name, found) in [
            ("pip3.11", Some("pip")),
            ("pip3", Some("pip")),
            ("pip-3.11", Some("pip")),
            ("pip-tools", None),
            ("pipx", None),
            ("run3", None),
            ("easy_install-3.11", None),
        ] {
            assert_eq!(numbered(name, known.iter()).map(|point| point.name.as_str()), found, "{name}");
        }
    }
}
