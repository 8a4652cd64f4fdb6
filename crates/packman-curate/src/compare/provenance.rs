//! Where a file was built, as its index says (PEP 740): the publishers of its attestations.
//!
//! Nothing of it is verified here, and nothing is believed for its sake: the attestations prove it to whoever checks their
//! signatures. It is recorded so that somebody sees when it vanishes, or becomes another: an upload by hand where there was a
//! pipeline is how most taken-over projects looked.

use packman_strict::Sha256;
use packman_strict::json::{Document, Limits, Reader, ShapeError};
use packman_strict::quote::quoted;

use super::finding::{About, Finding, Weight};

/// How much of an answer is read.
const LIMITS: Limits = Limits { bytes: 4 << 20, depth: 24, nodes: 200_000 };
/// So many publishers of one file are kept, and so many bytes of each.
const MOST: usize = 16;
const LONGEST: usize = 512;

/// The publishers of a file, each as one line: `GitHub example/flask publish.yaml`. None where nobody says where it was built.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Publishers(pub(crate) Vec<String>);

impl Publishers {
    /// The longest answer that is read, in bytes.
    pub(crate) const LARGEST: u64 = 4 << 20;

    /// Reads what an index says of a file. A publisher counts where one of his attestations names these bytes.
    pub(crate) fn parse(bytes: &[u8], sha256: &Sha256) -> Result<Self, String> {
        let document = Document::parse(bytes, &LIMITS).map_err(|error| error.to_string())?;
        let found = parse(&Reader::root(&document), sha256).map_err(|error| error.to_string())?;
        Ok(Self(found))
    }
}

fn parse(root: &Reader<'_, '_>, sha256: &Sha256) -> Result<Vec<String>, ShapeError> {
    let mut found = Vec::new();
    for bundle in root.member("attestation_bundles")?.elements()?.take(MOST) {
        let mut names_it = false;
        for attestation in bundle.member("attestations")?.elements()?.take(MOST) {
            let statement = attestation.member("envelope")?.member("statement")?.str()?;
            names_it |= decoded(statement).is_some_and(|statement| names(&statement, sha256));
        }
        let publisher = publisher(bundle.member("publisher")?)?;
        if names_it && !publisher.trim().is_empty() && !found.contains(&publisher) {
            found.push(publisher);
        }
    }
    found.sort();
    Ok(found)
}

/// The kind first, then what tells one publisher of it from another.
fn publisher(place: Reader<'_, '_>) -> Result<String, ShapeError> {
    const MEMBERS: [&str; 7] =
        ["repository", "workflow", "workflow_filepath", "workflow_slug", "ref", "email", "environment"];
    let mut words = vec![place.member("kind")?.str()?];
    for member in MEMBERS {
        if let Some(value) = place.optional(member)?.and_then(Reader::non_null) {
            words.extend(Some(value.str()?).filter(|value| !value.is_empty()));
        }
    }
    let mut line = words.join(" ");
    line.retain(|c| !c.is_control());
    line.truncate(line.floor_char_boundary(LONGEST));
    Ok(line)
}

/// Whether a statement (in-toto) has a subject with this SHA-256.
fn names(statement: &[u8], sha256: &Sha256) -> bool {
    let Ok(document) = Document::parse(statement, &LIMITS) else { return false };
    let hex = sha256.to_string();
    let subjects = Reader::root(&document).member("subject").and_then(Reader::elements);
    subjects.is_ok_and(|mut subjects| {
        subjects.any(|subject| {
            let digest =
                subject.member("digest").and_then(|digest| digest.member("sha256")).and_then(Reader::str);
            digest.is_ok_and(|digest| digest == hex)
        })
    })
}

/// Base64 with its usual alphabet, padded or not.
fn decoded(text: &str) -> Option<Vec<u8>> {
    let value = |byte: u8| match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    };
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut count) = (0_u32, 0_u32);
    for byte in text.trim_end_matches('=').bytes() {
        bits = (bits << 6 | u32::from(value(byte)?)) & 0xff_ffff;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xff).ok()?);
        }
    }
    Some(bytes)
}

/// What changed of where a release is built; nothing where there is none to compare with.
pub(super) fn compare(before: Option<Publishers>, now: &Publishers) -> Option<Finding> {
    let before = before?;
    let (was, is) = (shown(&before), shown(now));
    let (weight, words) = match (before.0.is_empty(), now.0.is_empty()) {
        (true, true) => return None,
        (false, true) => (
            Weight::First,
            format!(
                "its provenance vanished: nobody says where it was built; the release before was built by {was}"
            ),
        ),
        (true, false) => {
            (Weight::Know, format!("it has a provenance now, of which nothing was checked: built by {is}"))
        }
        (false, false) if before == *now => return None,
        (false, false) => (Weight::First, format!("its provenance changed: built by {is}, was {was}")),
    };
    Some(Finding::new(weight, About::Provenance, words))
}

fn shown(publishers: &Publishers) -> String {
    publishers.0.iter().map(|one| quoted(one).to_string()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use packman_strict::Sha256;

    use super::{Publishers, decoded};

    fn check(bundles: &str) -> String {
        let json = format!(r#"{{"version": 1, "attestation_bundles": [{bundles}]}}"#);
        match Publishers::parse(json.as_bytes(), &Sha256::of(b"the file")) {
            Ok(found) => found.0.join("; "),
            Err(why) => why,
        }
    }

    fn bundle(publisher: &str, subject: &[u8]) -> String {
        let statement =
            format!(r#"{{"subject": [{{"name": "x", "digest": {{"sha256": "{}"}}}}]}}"#, Sha256::of(subject));
        let statement = encoded(statement.as_bytes());
        format!(
            r#"{{"publisher": {publisher}, "attestations": [{{"envelope": {{"statement": "{statement}"}}}}]}}"#
        )
    }

    fn encoded(bytes: &[u8]) -> String {
        const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut text = String::new();
        for chunk in bytes.chunks(3) {
            let bits = chunk.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte))
                << (8 * (3 - chunk.len()));
            for at in 0..=chunk.len() {
                text.push(char::from(ALPHABET[(bits >> (18 - 6 * at) & 63) as usize]));
            }
        }
        text
    }

    #[test]
    fn a_publisher_counts_where_he_names_these_bytes() {
        let publisher = r#"{"kind": "GitHub", "repository": "a/b", "workflow": "c.yml", "environment": null, "claims": {}}"#;
        assert_eq!(check(&bundle(publisher, b"the file")), "GitHub a/b c.yml");
        assert_eq!(check(&bundle(publisher, b"another file")), "");
        assert_eq!(
            check(&[bundle(publisher, b"the file"), bundle(publisher, b"the file")].join(",")),
            "GitHub a/b c.yml"
        );
        assert_eq!(check(""), "");
        assert!(check("{}").contains("attestations"));
    }

    #[test]
    fn decodes_base64_as_it_is_usual() {
        for bytes in [&b""[..], b"a", b"ab", b"abc", b"\xff\xfe\xfd\xfc"] {
            assert_eq!(decoded(&encoded(bytes)).as_deref(), Some(bytes));
        }
        assert_eq!(decoded("YQ=="), Some(b"a".to_vec()));
        assert_eq!(decoded("Y Q"), None);
    }
}
