//! `entry_points.txt`: which objects a project offers under which names, among them its commands.
//!
//! Decides what an entry point may look like (PyPA "Entry points specification", narrowed): a value that is not
//! `module[:attr(.attr)*]` would end up as code in a generated script, so it is refused in every group.

use std::collections::HashSet;

use packman_strict::quote::quoted;

use crate::refusal::WheelRefusal;

/// One entry point. Its optional `[extras]` were parsed and are ignored.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct EntryPoint {
    /// The group: `console_scripts`, `gui_scripts`, or one that other software defines.
    pub group: String,
    /// The name within the group; of a script, the name of the command.
    pub name: String,
    /// The dotted name of the module.
    pub module: String,
    /// The dotted name of the object in it, where there is one.
    pub attribute: Option<String>,
}

impl EntryPoint {
    /// Whether installing makes a command of it.
    pub fn is_script(&self) -> bool {
        matches!(self.group.as_str(), "console_scripts" | "gui_scripts")
    }

    /// Parses `module[:attr(.attr)*] [extras]`; `None` where the value is anything else.
    pub(crate) fn parse_value(value: &str) -> Option<(String, Option<String>)> {
        let object = match value.split_once('[') {
            Some((object, extras)) => {
                let extras = extras.strip_suffix(']')?;
                extras.split(',').all(|extra| is_extra(extra.trim())).then_some(object.trim_end())?
            }
            None => value,
        };
        let (module, attribute) = match object.split_once(':') {
            Some((module, attribute)) => (module, Some(attribute)),
            None => (object, None),
        };
        let whole = is_dotted(module) && attribute.is_none_or(is_dotted);
        whole.then(|| (module.to_owned(), attribute.map(str::to_owned)))
    }
}

fn is_dotted(text: &str) -> bool {
    text.split('.').all(is_identifier)
}

/// Whether it is a Python identifier, as far as that can be said without Unicode's XID tables: letters, digits
/// and the underscore of any script. Nothing that could end an expression or a line passes.
fn is_identifier(text: &str) -> bool {
    let mut letters = text.chars();
    letters.next().is_some_and(|first| first == '_' || first.is_alphabetic())
        && letters.all(|letter| letter == '_' || letter.is_alphanumeric())
}

fn is_extra(text: &str) -> bool {
    text.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.'))
}

/// The longest file that is read, in bytes. The longest known have some ten thousand.
const LONGEST: usize = 1 << 20;

/// Parses the whole file. Names are case-sensitive, only `=` parts name and value, and comments are whole lines.
pub(crate) fn parse(text: &str) -> Result<Vec<EntryPoint>, WheelRefusal> {
    if text.len() > LONGEST {
        let why = format!("{} bytes in all, wanted at most {LONGEST}", text.len());
        return Err(WheelRefusal::EntryPointsMalformed { line: 1, why });
    }
    let mut found: Vec<EntryPoint> = Vec::new();
    let mut known = HashSet::new();
    let mut group: Option<&str> = None;
    if let Some(line) = text.lines().position(|line| line.contains(parts_lines)) {
        let why = "a character at which other readers end the line".to_owned();
        return Err(WheelRefusal::EntryPointsMalformed { line: line + 1, why });
    }
    for (line, text) in (1..).zip(text.lines()) {
        let malformed = |why: &str| WheelRefusal::EntryPointsMalformed { line, why: why.to_owned() };
        let content = text.trim();
        if content.is_empty() || content.starts_with(['#', ';']) {
            continue;
        }
        // An indented line would continue the value before it for Python's own reader.
        if text.starts_with([' ', '\t']) {
            return Err(malformed("an indented line"));
        }
        if let Some(name) = content.strip_prefix('[') {
            let name = name.strip_suffix(']').map(str::trim).filter(|name| is_group(name));
            group = Some(name.ok_or_else(|| malformed("a group that is no dotted name in brackets"))?);
            continue;
        }
        let group = group.ok_or_else(|| malformed("an entry before the first group"))?;
        let (name, value) = content.split_once('=').ok_or_else(|| malformed("a line without `=`"))?;
        let point = entry(group, name.trim(), value.trim())?;
        if !known.insert((group, name.trim())) {
            return Err(malformed(&format!("a second entry named {}", quoted(&point.name))));
        }
        found.push(point);
    }
    Ok(found)
}

fn entry(group: &str, name: &str, value: &str) -> Result<EntryPoint, WheelRefusal> {
    let wrong = || WheelRefusal::EntryPointValue {
        group: group.to_owned(),
        name: name.to_owned(),
        value: value.to_owned(),
    };
    let named = !name.is_empty() && !name.starts_with('[') && !name.contains(char::is_control);
    let (module, attribute) = EntryPoint::parse_value(value).filter(|_| named).ok_or_else(wrong)?;
    let point = EntryPoint { group: group.to_owned(), name: name.to_owned(), module, attribute };
    // A command calls something; a module alone cannot be called.
    if point.is_script() && point.attribute.is_none() { Err(wrong()) } else { Ok(point) }
}

/// Python splits lines at these too: what is a comment here would be an entry point there.
fn parts_lines(letter: char) -> bool {
    letter.is_control() && letter != '\t' || matches!(letter, '\u{2028}' | '\u{2029}')
}

/// The specification asks for words parted by dots; real groups also use dashes, colons and slashes.
fn is_group(name: &str) -> bool {
    !name.is_empty()
        && !name.contains(|letter: char| letter.is_control() || matches!(letter, '[' | ']' | '='))
}

#[cfg(test)]
mod tests {
    use super::parse;

    fn check(text: &str) -> String {
        match parse(text) {
            Ok(points) => points
                .iter()
                .map(|p| {
                    format!(
                        "{}/{} {} {:?}\n",
                        p.group,
                        p.name,
                        p.module,
                        p.attribute.as_deref().unwrap_or("-")
                    )
                })
                .collect::<Vec<_>>()
                .concat(),
            Err(refusal) => format!("{}: {refusal}", refusal.code()),
        }
    }

    #[test]
    fn reads_what_real_projects_write() {
        insta::assert_snapshot!(
            check("[console_scripts]\nblack = black:patched_main\nblackd = blackd:patched_main [d]\n\n\
                   # plug-ins\n[babel.extractors]\njinja2=jinja2.ext:babel_extract[i18n]\n[pytest11]\nnb val = nb.plugin\n"),
            @r#"
        console_scripts/black black "patched_main"
        console_scripts/blackd blackd "patched_main"
        babel.extractors/jinja2 jinja2.ext "babel_extract"
        pytest11/nb val nb.plugin "-"
        "#
        );
    }

    #[test]
    fn refuses_values_that_would_be_code() {
        for value in [
            "",
            "a b",
            "os:system('x')",
            "a:b;import os",
            "a:b.",
            ".a:b",
            "a..b:c",
            "a:b:c",
            "1a:b",
            "a:b [x",
            "a:b [x;y]",
            "a-b:c",
            "a:b # c",
        ] {
            let found = check(&format!("[x.y]\nname = {value}\n"));
            assert!(found.starts_with("entry-point-value: "), "{value}: {found}");
        }
        assert!(check("[console_scripts]\nrun = module\n").starts_with("entry-point-value: "));
        assert!(check("[gui_scripts]\nrun = module\n").starts_with("entry-point-value: "));
    }

    #[test]
    fn refuses_more_than_anybody_has_to_say() {
        let entries = |length: usize| format!("[x.y]\n#{}", "a".repeat(length - 7));
        assert_eq!(check(&entries(1 << 20)), "");
        assert!(check(&entries((1 << 20) + 1)).ends_with("1048577 bytes in all, wanted at most 1048576"));
    }

    #[test]
    fn refuses_lines_that_readers_take_differently() {
        for (text, why) in [
            ("a = b:c\n", "an entry before the first group"),
            ("[g]\na = b:c\n  .d\n", "an indented line"),
            ("[g\na = b:c\n", "a group that is no dotted name in brackets"),
            ("[]\n", "a group that is no dotted name in brackets"),
            ("[g]\na : b\n", "a line without `=`"),
            ("# x\u{2028}[g]\n", "other readers end the line"),
            ("[g]\n# x\rpip = a:b\n", "other readers end the line"),
            ("[g]\na = b:c\na = d:e\n", "a second entry named `a`"),
        ] {
            let found = check(text);
            assert!(found.starts_with("entry-points-malformed: ") && found.contains(why), "{text}: {found}");
        }
    }
}
