//! The receipt: who vouched for an installed project, and how that was known. See `docs/formats/receipt.md`.
//!
//! Informs people and `audit`; nothing is believed because a receipt says so, since whatever can write into an
//! environment can write a receipt.

use packman_strict::json::{Document, Object, Reader, ShapeError, Value};
use packman_strict::time::Time;
use packman_strict::{Sha256, json::Limits};

/// The name of the file in `.dist-info`.
pub const RECEIPT: &str = "packman.json";

/// A receipt is a few hundred bytes.
const LIMITS: Limits = Limits { bytes: 64 << 10, depth: 8, nodes: 1_000 };

/// The longest text that is written, in bytes: what a record may say of its reviewer and the words around it. Escaped,
/// each byte is six at most, so that two such texts and all that is short stay below what is read.
const LONGEST: usize = 5_000;

/// Who vouched for an installed wheel.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Receipt {
    /// The database, by its name in the trust ring.
    pub database: String,
    /// What stands for the database's root chain: the safety number as it was compared, or the hash of an
    /// unsigned one.
    pub number: String,
    /// The assurance in words: `signed, compared`.
    pub assurance: String,
    /// The padlock that was drawn for it: `closed`, `half` or `open`; empty in what an older PackMan wrote.
    pub padlock: String,
    /// The review in words: `nobody reviewed`.
    pub review: String,
    /// What lowered protection when it was installed: `accept-expired`.
    pub accepted: Vec<String>,
    /// The file name of the wheel.
    pub file: String,
    /// Its SHA-256.
    pub sha256: Sha256,
    /// When it was installed.
    pub installed: Time,
    /// What installed it, with version.
    pub by: String,
}

impl Receipt {
    /// The bytes of the file.
    pub fn encode(&self) -> Vec<u8> {
        let accepted: Vec<Value<'_>> = self.accepted.iter().map(|text| Value::from(text.as_str())).collect();
        let review = self.review.get(..self.review.floor_char_boundary(LONGEST)).unwrap_or_default();
        let object = Object::new()
            .with("format", "packman-receipt-1")
            .with("database", self.database.as_str())
            .with("number", self.number.as_str())
            .with("assurance", self.assurance.as_str())
            .with("padlock", self.padlock.as_str())
            .with("review", review)
            .with("accepted", accepted)
            .with("file", self.file.as_str())
            .with("sha256", self.sha256.to_string())
            .with("installed", self.installed.to_string())
            .with("by", self.by.as_str());
        Value::from(object).to_pretty()
    }

    /// Reads a receipt; unknown members are passed over, so that a later PackMan may add some.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let document = Document::parse(bytes, &LIMITS).map_err(|error| error.to_string())?;
        Self::read(Reader::root(&document)).map_err(|error| error.to_string())
    }

    fn read(root: Reader<'_, '_>) -> Result<Self, ShapeError> {
        let text = |name| Ok(root.member(name)?.str()?.to_owned());
        let (format, sha256, installed) =
            (root.member("format")?, root.member("sha256")?, root.member("installed")?);
        if format.str()? != "packman-receipt-1" {
            return Err(format.wrong("`packman-receipt-1`"));
        }
        Ok(Self {
            database: text("database")?,
            number: text("number")?,
            assurance: text("assurance")?,
            padlock: match root.optional("padlock")? {
                Some(padlock) => padlock.str()?.to_owned(),
                None => String::new(),
            },
            review: text("review")?,
            accepted: root
                .member("accepted")?
                .elements()?
                .map(|text| text.str().map(str::to_owned))
                .collect::<Result<_, _>>()?,
            file: text("file")?,
            sha256: Sha256::parse(sha256.str()?).map_err(|_| sha256.wrong("a SHA-256"))?,
            installed: Time::parse(installed.str()?).map_err(|_| installed.wrong("a time"))?,
            by: text("by")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use packman_strict::Sha256;
    use packman_strict::time::Time;

    use super::Receipt;

    fn example() -> Receipt {
        Receipt {
            database: "web".into(),
            number: "01234 56789".into(),
            assurance: "signed, compared".into(),
            padlock: "closed".into(),
            review: "nobody reviewed".into(),
            accepted: vec!["accept-expired".into()],
            file: "a-1-py3-none-any.whl".into(),
            sha256: Sha256::of(b"abc"),
            installed: Time::from_seconds(1_800_000_000),
            by: "packman 0.1.0".into(),
        }
    }

    #[test]
    fn says_who_vouched() {
        let bytes = example().encode();
        insta::assert_snapshot!(String::from_utf8_lossy(&bytes), @r#"
        {
         "format": "packman-receipt-1",
         "database": "web",
         "number": "01234 56789",
         "assurance": "signed, compared",
         "padlock": "closed",
         "review": "nobody reviewed",
         "accepted": [
          "accept-expired"
         ],
         "file": "a-1-py3-none-any.whl",
         "sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
         "installed": "2027-01-15T08:00:00Z",
         "by": "packman 0.1.0"
        }
        "#);
        assert_eq!(Receipt::parse(&bytes), Ok(example()));
    }

    #[test]
    fn what_is_written_can_be_read_however_long_the_reviewers_name_is() {
        for name in ["R", "é", "\u{1}", "\u{202e}", "\"", "\u{1f600}"] {
            for length in [4_096, 70_000] {
                let long = Receipt { review: name.repeat(length / name.len()), ..example() };
                let read = Receipt::parse(&long.encode()).unwrap();
                assert!(long.review.starts_with(&read.review), "{name:?}");
                assert!(read.review.len() >= 4_092, "{name:?}");
                assert_eq!(read, Receipt { review: read.review.clone(), ..example() });
            }
        }
    }

    #[test]
    fn what_is_no_receipt_is_not_read_as_one() {
        let text = String::from_utf8(example().encode()).unwrap();
        for (from, to) in [
            ("receipt-1", "receipt-2"),
            ("\"web\"", "7"),
            ("ba7816", "BA7816"),
            ("T08", " 08"),
            ("\"by\"", "\"at\""),
        ] {
            assert!(Receipt::parse(text.replace(from, to).as_bytes()).is_err(), "{to}");
        }
        assert!(Receipt::parse(text.replace("\"by\"", "\"later\": 1, \"by\"").as_bytes()).is_ok());
    }
}
