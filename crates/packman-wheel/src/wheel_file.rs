//! `WHEEL`: what the archive says about itself.
//!
//! Decides whether we read this kind of wheel, and whether it is the one that its file name claims.

use packman_names::WheelName;

use crate::refusal::WheelRefusal;

/// What is needed of `WHEEL`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct WheelFile {
    /// Whether the root of the archive goes to purelib; to platlib otherwise.
    pub(crate) root_is_purelib: bool,
}

/// Verifies the text of `WHEEL` against the name of the file.
pub(crate) fn verify(text: &str, name: &WheelName) -> Result<WheelFile, WheelRefusal> {
    let version = single(text, "Wheel-Version")?;
    // PyPA: an installer must fail where the major version is greater than its own; a minor one adds only.
    if version.split('.').next() != Some("1") {
        return Err(WheelRefusal::WheelVersion { found: version.to_owned() });
    }
    let root_is_purelib = match single(text, "Root-Is-Purelib")? {
        value if value.eq_ignore_ascii_case("true") => true,
        value if value.eq_ignore_ascii_case("false") => false,
        _ => {
            return Err(WheelRefusal::WheelField {
                field: "Root-Is-Purelib",
                found: "neither `true` nor `false`",
            });
        }
    };
    verify_tags(text, name)?;
    Ok(WheelFile { root_is_purelib })
}

/// Each pair of Python and ABI tag in the file name must stand in `WHEEL`, and both must agree on whether the
/// wheel is for any platform. The platforms' own names are not compared: honest builders rename `linux_x86_64`
/// to the `manylinux` tag it turned out to meet, and some leave `WHEEL` as it was.
fn verify_tags(text: &str, name: &WheelName) -> Result<(), WheelRefusal> {
    let told: Vec<Vec<&str>> = values(text, "Tag").map(|tag| tag.split('-').collect()).collect();
    for tag in name.tags() {
        let same = told.iter().any(|parts| match parts.as_slice() {
            [python, abi, platform] => {
                python.split('.').any(|python| python == tag.python.as_str())
                    && abi.split('.').any(|abi| abi == tag.abi.as_str())
                    && (*platform == "any") == (tag.platform.as_str() == "any")
            }
            _ => false,
        });
        if !same {
            return Err(WheelRefusal::WheelTags { wanted: tag.to_string() });
        }
    }
    Ok(())
}

/// Every tag that it names, those that stand in one line apart.
pub(crate) fn tags(text: &str) -> Vec<String> {
    let all = values(text, "Tag").flat_map(|tag| {
        let parts: Vec<Vec<&str>> = tag.split('-').map(|part| part.split('.').collect()).collect();
        let [pythons, abis, platforms] = parts.as_slice() else { return Vec::new() };
        let mut tags = Vec::new();
        for python in pythons {
            for abi in abis {
                tags.extend(
                    platforms.iter().map(|platform| format!("{python}-{abi}-{platform}").to_lowercase()),
                );
            }
        }
        tags
    });
    all.collect()
}

fn single<'a>(text: &'a str, field: &'static str) -> Result<&'a str, WheelRefusal> {
    let mut found = values(text, field);
    match (found.next(), found.next()) {
        (Some(value), None) => Ok(value),
        (None, _) => Err(WheelRefusal::WheelField { field, found: "none" }),
        (Some(_), Some(_)) => Err(WheelRefusal::WheelField { field, found: "two" }),
    }
}

fn values<'a>(text: &'a str, field: &'a str) -> impl Iterator<Item = &'a str> {
    text.lines()
        .filter_map(|line| line.split_once(':'))
        .filter(move |(name, _)| name.eq_ignore_ascii_case(field))
        .map(|(_, value)| value.trim())
}

#[cfg(test)]
mod tests {
    use packman_names::WheelName;

    fn check(text: &str) -> String {
        let name = WheelName::parse("a-1-py2.py3-none-any.whl").unwrap();
        match super::verify(text, &name) {
            Ok(file) => format!("purelib {}", file.root_is_purelib),
            Err(refusal) => format!("{}: {refusal}", refusal.code()),
        }
    }

    #[test]
    fn reads_what_builders_write() {
        for text in [
            "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py2-none-any\nTag: py3-none-any\n",
            "Wheel-Version: 1.9\r\nGenerator: x (1.0)\r\nRoot-Is-Purelib: True\r\nTag: py3-none-any\r\nTag: py2-none-any\r\n\r\n",
            "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py2.py3-none-any\n",
        ] {
            assert_eq!(check(text), "purelib true");
        }
    }

    #[test]
    fn refuses_another_kind_of_wheel_or_another_wheel() {
        let tags = "Tag: py2-none-any\nTag: py3-none-any\n";
        for (text, code) in [
            ("", "wheel-field"),
            ("Wheel-Version: 1.0\n", "wheel-field"),
            ("Wheel-Version: 2.0\nRoot-Is-Purelib: true\n", "wheel-version"),
            ("Wheel-Version: 10\nRoot-Is-Purelib: true\n", "wheel-version"),
            ("Wheel-Version: 1.0\nWheel-Version: 1.0\nRoot-Is-Purelib: true\n", "wheel-field"),
            ("Wheel-Version: 1.0\nRoot-Is-Purelib: maybe\n", "wheel-field"),
            ("Wheel-Version: 1.0\nRoot-Is-Purelib: true\n", "wheel-tags"),
            ("Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n", "wheel-tags"),
            (
                "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py2-none-linux_x86_64\nTag: py3-none-linux_x86_64\n",
                "wheel-tags",
            ),
        ] {
            let found = check(&if code == "wheel-tags" { text.to_owned() } else { format!("{text}{tags}") });
            assert!(found.starts_with(&format!("{code}: ")), "{text:?}: {found}");
        }
    }
}
