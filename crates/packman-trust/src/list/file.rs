//! `databases.json`, read strictly and written for people too.

use packman_database::{MalformedRecord, line_of_text};
use packman_strict::Sha256;
use packman_strict::json::{Document, Limits, Object, Reader, Value};
use packman_strict::time::Time;
use packman_tuf::SafetyNumber;

use super::{HeldBy, Listing, Listings, Withdrawal};
use crate::ring::EntryName;
use crate::scope::Scope;

/// The largest `databases.json` that is read: 4 MiB.
const LIMITS: Limits = Limits { bytes: 4 << 20, depth: 8, nodes: 400_000 };
/// The most places of one database, and the most patterns of its scope.
const MOST: usize = 64;

impl Listings {
    /// Parses `databases.json`. Nothing in it is trusted yet. A member that it does not know may narrow what the others
    /// say, so it refuses the file.
    pub fn parse(bytes: &[u8]) -> Result<Self, MalformedRecord> {
        let document = Document::parse(bytes, &LIMITS)?;
        let root = Reader::root(&document);
        only(root, &["format", "databases"])?;
        if root.member("format")?.u64()? != 1 {
            return Err(root.member("format")?.wrong("1").into());
        }
        let mut listings = Self::default();
        for (id, place) in root.member("databases")?.members()? {
            let name = EntryName::parse(id).ok().filter(|name| name.as_str() == id);
            let name =
                name.ok_or_else(|| place.wrong("a name of `a` to `z`, digits, `-`, `_` and `.` for it"))?;
            listings.set(name, listing(place)?);
        }
        Ok(listings)
    }

    /// Writes `databases.json`.
    pub fn encode(&self) -> Vec<u8> {
        let entries = self.iter().fold(Object::new(), |entries, (name, listing)| {
            entries.with(name.as_str().to_owned(), encode(listing))
        });
        Value::from(Object::new().with("format", 1_u64).with("databases", entries)).to_pretty()
    }
}

fn listing(place: Reader<'_, '_>) -> Result<Listing, MalformedRecord> {
    only(place, &["title", "urls", "number", "sha256", "scope", "withdrawn"])?;
    let held = match (place.optional("number")?, place.optional("sha256")?) {
        (Some(number), None) => HeldBy::Root(plain_number(number)?),
        (None, Some(sha256)) => {
            let parsed = Sha256::parse(sha256.str()?);
            HeldBy::Hash(parsed.map_err(|_| sha256.wrong("64 lower-case hexadecimal digits"))?)
        }
        _ => return Err(place.wrong("an object with either `number` or `sha256`").into()),
    };
    let urls = lines(place.member("urls")?)?;
    let is_web = |url: &String| ["https://", "http://"].iter().any(|scheme| url.starts_with(scheme));
    if urls.is_empty() || !urls.iter().all(is_web) || urls.iter().any(|url| url.contains(char::is_whitespace))
    {
        return Err(place.member("urls")?.wrong("1 to 64 `https` or `http` addresses").into());
    }
    let scope = place.member("scope")?;
    let patterns = lines(scope)?;
    Ok(Listing {
        title: line_of_text(place.member("title")?)?,
        urls,
        held,
        scope: Scope::parse(&patterns).map_err(|_| scope.wrong("1 to 64 name patterns"))?,
        withdrawn: place.optional("withdrawn")?.map(withdrawal).transpose()?,
    })
}

/// One number has one text in a file: 60 digits.
fn plain_number(place: Reader<'_, '_>) -> Result<SafetyNumber, MalformedRecord> {
    let text = place.str()?;
    let number = SafetyNumber::parse(text).ok().filter(|number| number.digits() == text);
    Ok(number.ok_or_else(|| place.wrong("60 digits"))?)
}

fn withdrawal(place: Reader<'_, '_>) -> Result<Withdrawal, MalformedRecord> {
    only(place, &["reason", "at"])?;
    let at = place.member("at")?;
    Ok(Withdrawal {
        reason: line_of_text(place.member("reason")?)?,
        at: Time::parse(at.str()?).map_err(|_| at.wrong("a time as `YYYY-MM-DDTHH:MM:SSZ`"))?,
    })
}

fn lines(place: Reader<'_, '_>) -> Result<Vec<String>, MalformedRecord> {
    let elements = place.elements()?;
    if elements.len() == 0 || elements.len() > MOST {
        return Err(place.wrong("1 to 64 elements").into());
    }
    Ok(elements.map(line_of_text).collect::<Result<_, _>>()?)
}

fn only(place: Reader<'_, '_>, known: &[&str]) -> Result<(), MalformedRecord> {
    match place.members()?.find(|(name, _)| !known.contains(name)) {
        Some((_, unknown)) => Err(unknown.wrong("no such member").into()),
        None => Ok(()),
    }
}

fn encode(listing: &Listing) -> Object<'static> {
    let texts = |texts: Vec<String>| texts.into_iter().map(Value::from).collect::<Vec<_>>();
    let scope = listing.scope.patterns().iter().map(|pattern| pattern.as_str().to_owned()).collect();
    let object = Object::new().with("title", listing.title.clone()).with("urls", texts(listing.urls.clone()));
    let object = match &listing.held {
        HeldBy::Root(number) => object.with("number", number.digits()),
        HeldBy::Hash(sha256) => object.with("sha256", sha256.to_string()),
    };
    let object = object.with("scope", texts(scope));
    match &listing.withdrawn {
        Some(withdrawal) => {
            let members =
                Object::new().with("reason", withdrawal.reason.clone()).with("at", withdrawal.at.to_string());
            object.with("withdrawn", members)
        }
        None => object,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NUMBER: &str = "012345678901234567890123456789012345678901234567890123456789";

    fn good() -> String {
        format!(
            r#"{{"format": 1, "databases": {{
                "web": {{"title": "Web tools", "urls": ["https://web.example/db/"], "number": "{NUMBER}", "scope": ["*"]}},
                "old": {{"title": "Old", "urls": ["http://old.example/x.packman"], "sha256": "{}", "scope": ["old-*"],
                         "withdrawn": {{"reason": "its key was lost", "at": "2026-11-01T00:00:00Z"}}}}
            }}}}"#,
            Sha256::of(b"")
        )
    }

    #[test]
    fn reads_back_what_it_writes() {
        let listings = Listings::parse(good().as_bytes()).unwrap();
        assert_eq!(Listings::parse(&listings.encode()).unwrap(), listings);
        let [web, old] = ["web", "old"].map(|name| listings.get(&EntryName::parse(name).unwrap()).unwrap());
        assert_eq!(web.held, HeldBy::Root(SafetyNumber::parse(NUMBER).unwrap()));
        assert_eq!(old.held, HeldBy::Hash(Sha256::of(b"")));
        assert_eq!(old.withdrawn.as_ref().unwrap().reason, "its key was lost");
    }

    #[test]
    fn refuses_a_file_that_is_not_one() {
        let good = good();
        for (from, to) in [
            ("\"format\": 1", "\"format\": 2"),
            ("\"format\": 1, ", ""),
            ("\"web\"", "\"../web\""),
            ("\"web\"", "\"Web\""),
            ("\"old\"", "\"web\""),
            ("Web tools", "\\u001b[2J"),
            ("https://web.example/db/", "file:///etc"),
            ("https://web.example/db/", "https://web.example/ db/"),
            ("[\"https://web.example/db/\"]", "[]"),
            ("[\"https://web.example/db/\"]", "\"https://web.example/db/\""),
            ("\"number\": \"0123", "\"number\": \"01 23"),
            ("\"number\": \"0123", "\"number\": \"123"),
            ("\"number\"", "\"numbers\""),
            ("\"number\"", "\"sha256\""),
            ("\"scope\": [\"*\"]", "\"scope\": []"),
            ("\"scope\": [\"*\"]", "\"scope\": [\"a b\"]"),
            (", \"scope\": [\"*\"]", ""),
            ("\"scope\": [\"*\"]", "\"scope\": [\"*\"], \"only-for\": [\"linux\"]"),
            ("\"reason\": \"its key was lost\", ", ""),
            ("2026-11-01T00:00:00Z", "yesterday"),
            ("\"sha256\": \"e3", "\"sha256\": \"E3"),
        ] {
            let bad = good.replacen(from, to, 1);
            assert_ne!(bad, good, "{from}");
            assert!(Listings::parse(bad.as_bytes()).is_err(), "{from} -> {to}");
        }
    }
}
