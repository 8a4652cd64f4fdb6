//! Evidence of a contradiction: two files of one version that the same keys signed, in one file that proves itself.
//!
//! Whoever has the file needs nothing else: it carries the roots, by whose keys both are verified again. That it is about
//! the database that somebody means is for people to see, by the safety numbers.

use packman_strict::json::{Document, Limits, Object, Reader, Value};
use packman_strict::time::Time;
use packman_tuf::{
    Answer, Envelope, Limits as Bounds, Memory, Payload, Refresh, Role, Root, SafetyNumber, Snapshot,
    Targets, Timestamp, Verified,
};

/// Two files that contradict each other, and what proves it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Evidence {
    /// What whoever found it calls the database.
    pub name: String,
    /// Where he has it from.
    pub url: String,
    /// The role that signed both.
    pub role: Role,
    /// The version that both say they are.
    pub version: u64,
    /// The roots of the chain, oldest first, each as published.
    pub roots: Vec<Vec<u8>>,
    /// The file that was there first, as published.
    pub remembered: Vec<u8>,
    /// The other, as it came.
    pub found: Vec<u8>,
    /// Where the other came from.
    pub from: String,
    /// When.
    pub at: Time,
}

/// Evidence that holds: made by [`Evidence::verify`] alone.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Proven {
    evidence: Evidence,
    numbers: Vec<(u64, SafetyNumber)>,
}

/// A file that is no evidence, or proves nothing. Code `bad-evidence`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NoEvidence(String);

impl core::fmt::Display for NoEvidence {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&self.0)
    }
}

impl core::error::Error for NoEvidence {}

/// The largest file of evidence that is read: 256 MiB. Targets may be long, and stand in it twice.
const LIMITS: Limits = Limits { bytes: 256 << 20, depth: 8, nodes: 10_000 };

impl Evidence {
    /// Writes the file. What was signed is JSON, so it stands in it as text, byte for byte.
    pub fn encode(&self) -> Vec<u8> {
        let text = |bytes: &[u8]| Value::from(String::from_utf8_lossy(bytes).into_owned());
        let object = Object::new()
            .with("packman-evidence", 1_u64)
            .with("name", self.name.clone())
            .with("url", self.url.clone())
            .with("role", self.role.name())
            .with("version", self.version)
            .with("from", self.from.clone())
            .with("at", self.at.to_string())
            .with("roots", self.roots.iter().map(|root| text(root)).collect::<Vec<_>>())
            .with("remembered", text(&self.remembered))
            .with("found", text(&self.found));
        Value::from(object).to_pretty()
    }

    /// Parses a file. Nothing in it is proven yet.
    pub fn parse(bytes: &[u8]) -> Result<Self, NoEvidence> {
        let unreadable = |error: String| NoEvidence(format!("it is no evidence that PackMan wrote: {error}"));
        let document = Document::parse(bytes, &LIMITS).map_err(|error| unreadable(error.to_string()))?;
        Self::read(Reader::root(&document)).map_err(|error| unreadable(error.to_string()))
    }

    fn read(root: Reader<'_, '_>) -> Result<Self, packman_strict::json::ShapeError> {
        if root.member("packman-evidence")?.u64()? != 1 {
            return Err(root.member("packman-evidence")?.wrong("1"));
        }
        let text =
            |name: &str| Ok::<_, packman_strict::json::ShapeError>(root.member(name)?.str()?.to_owned());
        let role = root.member("role")?;
        let at = root.member("at")?;
        let roots = root.member("roots")?.elements()?;
        Ok(Self {
            name: text("name")?,
            url: text("url")?,
            role: Role::parse(role.str()?).ok_or_else(|| role.wrong("a role"))?,
            version: root.member("version")?.u64()?,
            roots: roots
                .map(|root| Ok(root.str()?.as_bytes().to_vec()))
                .collect::<Result<_, packman_strict::json::ShapeError>>()?,
            remembered: text("remembered")?.into_bytes(),
            found: text("found")?.into_bytes(),
            from: text("from")?,
            at: Time::parse(at.str()?).map_err(|_| at.wrong("a time"))?,
        })
    }

    /// Verifies it by itself: each root follows from the one before, and the keys of the last signed both files, which
    /// are of one version and say different things. For two roots, the keys of the root before them signed both.
    pub fn verify(self) -> Result<Proven, NoEvidence> {
        let chain = chain(&self.roots)?;
        let root = chain.root();
        match self.role {
            Role::Root => self.differ::<Root>(root)?,
            Role::Timestamp => self.differ::<Timestamp>(root)?,
            Role::Snapshot => self.differ::<Snapshot>(root)?,
            Role::Targets => self.differ::<Targets>(root)?,
        }
        Ok(Proven { numbers: chain.numbers(), evidence: self })
    }

    fn differ<T: Payload>(&self, root: &Root) -> Result<(), NoEvidence> {
        let [remembered, found] = [&self.remembered, &self.found].map(|bytes| {
            let envelope = Envelope::parse("a file in it", bytes, u64::MAX);
            let verified = envelope.and_then(|envelope| root.keys(self.role).verify::<T>(&envelope));
            verified.map_err(|refusal| NoEvidence(format!("it proves nothing: {refusal}")))
        });
        let (remembered, found): (Verified<T>, Verified<T>) = (remembered?, found?);
        let versions = [remembered.version(), found.version()];
        if versions != [self.version; 2] {
            return Err(NoEvidence(format!(
                "it proves nothing: its files are of version {} and {}, not {}",
                versions[0], versions[1], self.version
            )));
        }
        if remembered.signed_digest() == found.signed_digest() {
            return Err(NoEvidence("it proves nothing: both of its files say the same".to_owned()));
        }
        Ok(())
    }
}

impl Proven {
    /// What was proven.
    pub fn evidence(&self) -> &Evidence {
        &self.evidence
    }

    /// The safety numbers of the roots by whose keys it was, oldest first.
    pub fn numbers(&self) -> &[(u64, SafetyNumber)] {
        &self.numbers
    }
}

/// The chain of these roots, each signed by the one before.
fn chain(roots: &[Vec<u8>]) -> Result<Memory, NoEvidence> {
    let wrong = |refusal: packman_tuf::Refusal| NoEvidence(format!("its roots are no chain: {refusal}"));
    let Some((first, rest)) = roots.split_first() else {
        return Err(NoEvidence("it has no root".to_owned()));
    };
    let memory = Memory::trusting(first, &Bounds::default()).map_err(wrong)?;
    let mut refresh = Refresh::begin(memory, Time::from_seconds(0), Bounds::default());
    for root in rest {
        refresh.answer(Answer::Bytes(root)).map_err(wrong)?;
    }
    Ok(refresh.into_memory())
}
