//! What a database vouches for of a wheel that may be installed: the rows of its signed RECORD.
//!
//! The WHEEL file of an installed project says which of the wheels of its version it came from, if it is the very file
//! whose hash the signed RECORD has. Whoever changed it as well is of no wheel at all, and that is a finding.

use std::collections::BTreeMap;

use packman_names::WheelName;
use packman_strict::Sha256;
use packman_strict::path::SafePath;

use crate::layout::DIST_INFO;
use crate::refusal::WheelRefusal;
use crate::{base64, record, wheel_file};

/// A wheel that somebody vouches for, as its signed RECORD has it.
///
/// ```compile_fail
/// # fn f(other: packman_wheel::VouchedWheel) -> packman_wheel::VouchedWheel {
/// packman_wheel::VouchedWheel { ..other }
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct VouchedWheel {
    name: WheelName,
    sha256: Sha256,
    pub(super) dist_info: String,
    /// The hash of each file; none of those that are made after RECORD.
    pub(super) files: BTreeMap<String, Option<Sha256>>,
}

impl VouchedWheel {
    /// Reads the RECORD of the wheel with that SHA-256, if the bytes are those that were vouched for.
    pub fn verify(
        name: &WheelName,
        sha256: Sha256,
        record: &[u8],
        vouched: &Sha256,
    ) -> Result<Self, WheelRefusal> {
        let found = Sha256::of(record);
        if found != *vouched {
            return Err(WheelRefusal::RecordDiffers {
                found: found.to_string(),
                wanted: vouched.to_string(),
            });
        }
        let text = std::str::from_utf8(record)
            .map_err(|_| WheelRefusal::FileNotText { path: "RECORD".to_owned() })?;
        let mut files = BTreeMap::new();
        for row in record::parse(text).map_err(WheelRefusal::RecordMalformed)? {
            let path =
                SafePath::parse(&row.path).map_err(|why| WheelRefusal::RecordPath { line: row.line, why })?;
            let digest = row.hash.strip_prefix("sha256=").and_then(base64::decode);
            if files.insert(path.as_str().to_owned(), digest).is_some() {
                return Err(WheelRefusal::RecordDuplicate { path: path.as_str().to_owned() });
            }
        }
        let tops = files.keys().filter_map(|path| path.strip_suffix("/WHEEL"));
        let dist_info = tops.filter(|top| top.ends_with(DIST_INFO)).find(|top| name.dist_info_matches(top));
        let dist_info = dist_info.ok_or(WheelRefusal::NoDistInfo)?.to_owned();
        Ok(Self { name: name.clone(), sha256, dist_info, files })
    }

    /// The name of its file.
    pub fn name(&self) -> &WheelName {
        &self.name
    }

    /// The SHA-256 of the wheel.
    pub fn sha256(&self) -> &Sha256 {
        &self.sha256
    }

    /// Whether this WHEEL file is its own.
    pub(super) fn is_of(&self, wheel_file: &[u8]) -> bool {
        let own = self.files.get(&format!("{}/WHEEL", self.dist_info));
        own.copied().flatten() == Some(Sha256::of(wheel_file))
    }
}

/// How well the WHEEL file of an installed project fits the name of a wheel.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Likeness {
    /// It is not of that wheel.
    Other,
    /// It may be: builders rename the platform.
    Perhaps,
    /// It names exactly the tags that the name has.
    Same,
}

/// Says whether a WHEEL file may be that of a wheel, so that only the RECORDs of those are fetched.
pub fn likeness(wheel_file: &[u8], name: &WheelName) -> Likeness {
    let Ok(text) = std::str::from_utf8(wheel_file) else { return Likeness::Other };
    if wheel_file::verify(text, name).is_err() {
        return Likeness::Other;
    }
    let told: Vec<String> = wheel_file::tags(text);
    let wanted: Vec<String> = name.tags().map(|tag| tag.to_string()).collect();
    let same = told.len() == wanted.len() && wanted.iter().all(|tag| told.contains(tag));
    if same { Likeness::Same } else { Likeness::Perhaps }
}

#[cfg(test)]
mod tests {
    use packman_names::WheelName;
    use packman_strict::Sha256;

    use super::{Likeness, VouchedWheel, likeness};

    fn check(record: &str) -> String {
        let name = WheelName::parse("a_b-1.0-py3-none-any.whl").unwrap();
        let sha256 = Sha256::of(b"wheel");
        match VouchedWheel::verify(&name, sha256, record.as_bytes(), &Sha256::of(record.as_bytes())) {
            Ok(wheel) => format!("{} files of {}", wheel.files.len(), wheel.dist_info),
            Err(refusal) => refusal.code().to_owned(),
        }
    }

    #[test]
    fn only_the_record_that_was_vouched_for_is_read() {
        assert_eq!(
            check("a.py,sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,0\nA_b-1.0.dist-info/WHEEL,,\n"),
            "2 files of A_b-1.0.dist-info"
        );
        let name = WheelName::parse("a-1-py3-none-any.whl").unwrap();
        let other =
            VouchedWheel::verify(&name, Sha256::of(b""), b"a-1.dist-info/WHEEL,,\n", &Sha256::of(b""));
        assert_eq!(other.unwrap_err().code(), "record-differs");
        for (record, code) in [
            ("a.py,,\n", "wheel-no-dist-info"),
            ("b-1.0.dist-info/WHEEL,,\n", "wheel-no-dist-info"),
            ("../a.py,,\na_b-1.0.dist-info/WHEEL,,\n", "record-path"),
            ("a.py,,\na.py,,\na_b-1.0.dist-info/WHEEL,,\n", "record-duplicate"),
            ("a.py\n", "record-malformed"),
        ] {
            assert_eq!(check(record), code, "{record}");
        }
    }

    #[test]
    fn the_wheel_file_tells_which_wheels_are_asked_about() {
        let file = |tags: &[&str]| {
            let tags: Vec<String> = tags.iter().map(|tag| format!("Tag: {tag}\n")).collect();
            let tags = tags.concat();
            format!("Wheel-Version: 1.0\nRoot-Is-Purelib: false\n{tags}")
        };
        let linux = file(&["cp311-cp311-manylinux_2_17_x86_64", "cp311-cp311-manylinux2014_x86_64"]);
        for (name, like) in [
            ("a-1-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl", Likeness::Same),
            ("a-1-cp311-cp311-musllinux_1_2_x86_64.whl", Likeness::Perhaps),
            ("a-1-cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64.whl", Likeness::Other),
            ("a-1-py3-none-any.whl", Likeness::Other),
        ] {
            assert_eq!(likeness(linux.as_bytes(), &WheelName::parse(name).unwrap()), like, "{name}");
        }
        assert_eq!(likeness(b"\xff", &WheelName::parse("a-1-py3-none-any.whl").unwrap()), Likeness::Other);
    }
}
