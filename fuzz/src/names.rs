//! Names, versions, requirements, markers, tags and METADATA.

use packman_names::{
    ExtraName, Marker, Metadata, Platform, ProjectName, PythonVersion, Requirement, RequiresPython,
    SdistName, Tag, WheelName, parse_specifiers, parse_version,
};

use crate::choose;

/// Texts of Python packaging: what is read and shown reads as the same again.
pub fn names(bytes: &[u8]) {
    let Some((choice, rest)) = choose(bytes) else { return };
    if choice % 13 == 0 {
        let _ = Metadata::parse(rest);
        return;
    }
    let Ok(text) = std::str::from_utf8(rest) else { return };
    match choice % 13 {
        1 => shown(text, |text| ProjectName::parse(text).ok()),
        2 => shown(text, |text| parse_version(text).ok()),
        3 => shown(text, |text| parse_specifiers(text).ok()),
        4 => shown(text, |text| Requirement::parse(text).ok()),
        5 => shown(text, |text| Marker::parse(text).ok()),
        6 => drop(RequiresPython::parse(text)),
        7 => shown(text, |text| WheelName::parse(text).ok()),
        8 => drop(SdistName::parse(text)),
        9 => shown(text, |text| Tag::parse(text).ok()),
        10 => shown(text, |text| PythonVersion::parse(text).ok()),
        12 => drop(Platform::parse(text)),
        _ => shown(text, |text| ExtraName::parse(text).ok()),
    }
}

fn shown<T: std::fmt::Display>(text: &str, read: impl Fn(&str) -> Option<T>) {
    let Some(first) = read(text) else { return };
    let shown = first.to_string();
    let again = read(&shown).map(|again| again.to_string());
    assert_eq!(again.as_deref(), Some(&*shown), "{text:?} is shown as something else");
}
