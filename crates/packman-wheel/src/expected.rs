//! What was vouched for, to be held against what the wheel says.

use packman_names::{ExtraName, Metadata, WheelName};
use packman_strict::Sha256;

use crate::refusal::WheelRefusal;

/// Which wheel the bytes are supposed to be.
#[derive(Clone, Debug)]
pub struct Expected<'a> {
    /// The file name in the record: project, version and tags.
    pub name: &'a WheelName,
    /// What the record says of its METADATA; none where there is no record yet (a scapegoat who makes one).
    pub metadata: Option<ExpectedMetadata>,
    /// The SHA-256 of its RECORD, where somebody vouched for that too: he held each file against it, so that nobody has to
    /// again who has the same bytes.
    pub record: Option<Sha256>,
}

/// The part of METADATA that a resolver goes by.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ExpectedMetadata {
    /// `Requires-Dist`, each as written.
    pub requires_dist: Vec<String>,
    /// `Requires-Python`, as written.
    pub requires_python: Option<String>,
    /// `Provides-Extra`, each in any spelling.
    pub provides_extra: Vec<String>,
}

impl ExpectedMetadata {
    /// What a wheel's METADATA says.
    pub fn of(metadata: &Metadata) -> Self {
        Self {
            requires_dist: metadata.requires_dist.clone(),
            requires_python: metadata.requires_python.clone(),
            provides_extra: metadata.provides_extra.clone(),
        }
    }

    /// Verifies that a wheel says what was vouched for.
    ///
    /// Equal means: the same texts, whatever their order and however white space stands in them; extras in the
    /// normal form of PEP 685. A looser comparison would need a second opinion on what two texts mean.
    pub(crate) fn verify(&self, wheel: &Self) -> Result<(), WheelRefusal> {
        let lists = [
            ("Requires-Dist", sorted(&wheel.requires_dist, spaced), sorted(&self.requires_dist, spaced)),
            ("Requires-Python", python(wheel), python(self)),
            ("Provides-Extra", sorted(&wheel.provides_extra, extra), sorted(&self.provides_extra, extra)),
        ];
        for (field, wheel, record) in lists {
            if wheel != record {
                let (wheel, record) = difference(&wheel, &record);
                return Err(WheelRefusal::MetadataDiffers { field, wheel, record });
            }
        }
        Ok(())
    }
}

fn sorted(texts: &[String], normal: impl Fn(&str) -> String) -> Vec<String> {
    let mut texts: Vec<String> = texts.iter().map(|text| normal(text)).collect();
    texts.sort_unstable();
    texts
}

fn python(metadata: &ExpectedMetadata) -> Vec<String> {
    metadata.requires_python.iter().map(|text| spaced(text)).filter(|text| !text.is_empty()).collect()
}

fn spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn extra(text: &str) -> String {
    ExtraName::parse(text.trim()).map_or_else(|_| text.trim().to_owned(), |name| name.as_str().to_owned())
}

/// The first text on each side that the other side lacks, for a person to see.
fn difference(wheel: &[String], record: &[String]) -> (String, String) {
    let lacking = |these: &[String], those: &[String]| {
        let times = |texts: &[String], text: &str| texts.iter().filter(|other| *other == text).count();
        these
            .iter()
            .find(|text| times(these, text) > times(those, text))
            .cloned()
            .unwrap_or_else(|| "nothing more".to_owned())
    };
    (lacking(wheel, record), lacking(record, wheel))
}

#[cfg(test)]
mod tests {
    use super::ExpectedMetadata;

    fn metadata(requires: &[&str], python: Option<&str>, extras: &[&str]) -> ExpectedMetadata {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        ExpectedMetadata {
            requires_dist: owned(requires),
            requires_python: python.map(str::to_owned),
            provides_extra: owned(extras),
        }
    }

    #[test]
    fn order_spaces_and_spelling_of_extras_do_not_matter() {
        let wheel = metadata(&["b>=1", "a ;  extra == 'X'"], Some(">= 3.8"), &["Some_Extra", "b"]);
        let record = metadata(&["a ; extra == 'X'", "b>=1"], Some(">= 3.8 "), &["b", "some-extra"]);
        assert_eq!(record.verify(&wheel), Ok(()));
    }

    #[test]
    fn refuses_everything_else() {
        let wheel = metadata(&["a", "b>=1"], Some(">=3.8"), &["x"]);
        for (record, words) in [
            (
                metadata(&["a"], Some(">=3.8"), &["x"]),
                "METADATA: Requires-Dist is `b>=1`, but `nothing more` was vouched for",
            ),
            (
                metadata(&["a", "b>=1", "b>=1"], Some(">=3.8"), &["x"]),
                "METADATA: Requires-Dist is `nothing more`, but `b>=1` was vouched for",
            ),
            (
                metadata(&["a", "b>=2"], Some(">=3.8"), &["x"]),
                "METADATA: Requires-Dist is `b>=1`, but `b>=2` was vouched for",
            ),
            (
                metadata(&["a", "b>=1"], None, &["x"]),
                "METADATA: Requires-Python is `>=3.8`, but `nothing more` was vouched for",
            ),
            (
                metadata(&["a", "b>=1"], Some(">=3.9"), &["x"]),
                "METADATA: Requires-Python is `>=3.8`, but `>=3.9` was vouched for",
            ),
            (
                metadata(&["a", "b>=1"], Some(">=3.8"), &[]),
                "METADATA: Provides-Extra is `x`, but `nothing more` was vouched for",
            ),
        ] {
            let refusal = record.verify(&wheel).unwrap_err();
            assert_eq!((refusal.code(), refusal.to_string().as_str()), ("wheel-metadata-differs", words));
        }
    }
}
