//! A [`Memory`] as one file, and back. The format is in `docs/formats/state.md`.
//!
//! The file is the user's own, and still nothing in it is believed unread: its digest tells damage, and every
//! signature is verified again. What does not hold is [`Damaged`], never an empty memory: that would forget the
//! floors against rollback, and remember whatever a mirror says next.

use std::fmt;
use std::sync::Arc;

use packman_strict::Sha256;
use packman_strict::digest::Sha256Stream;
use packman_strict::time::Time;

use crate::bytes::same_bytes;
use crate::good::Attached;
use crate::memory::Seen;
use crate::{
    Delegations, Envelope, File, Good, KeySet, Limits, Memory, Payload, Refusal, Role, Root, Rules,
    SuccinctBins, Targets, Verified,
};

/// What the file begins with: its name, and the version of its format.
const MAGIC: &str = "packman-state 1 ";

/// How long the first line is: the name, 64 digits and a newline.
const FIRST_LINE: usize = MAGIC.len() + 65;

/// The kind of a section that holds a target attached to the good set.
const ATTACHED: &str = "attached";

/// The kind of a section that holds a bin of the good set; its name is its number.
const BIN: &str = "bin";

/// A state file that is damaged, half there, edited or no state file. The way back is the safety number.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Damaged {
    why: String,
}

impl Damaged {
    fn new(why: impl Into<String>) -> Self {
        Self { why: why.into() }
    }

    /// The stable code of this refusal.
    pub const fn code(&self) -> &'static str {
        "state-damaged"
    }
}

impl fmt::Display for Damaged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "state file damaged: {}", self.why)
    }
}

impl std::error::Error for Damaged {}

/// A file that does not verify any more was changed since it was written.
impl From<Refusal> for Damaged {
    fn from(refusal: Refusal) -> Self {
        Self::new(refusal.to_string())
    }
}

impl Memory {
    /// The bytes of a state file. Equal memories give equal bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut length = FIRST_LINE;
        self.write(&mut |piece| length += piece.len());
        let mut file = Vec::with_capacity(length);
        self.encode_to(&mut |piece| file.extend_from_slice(piece));
        file
    }

    /// Gives the bytes of a state file piece by piece, for writing it without holding it.
    pub fn encode_to(&self, out: &mut dyn FnMut(&[u8])) {
        let mut hash = Sha256Stream::new();
        self.write(&mut |piece| hash.update(piece));
        out(format!("{MAGIC}{}\n", hash.finish()).as_bytes());
        self.write(out);
    }

    /// Reads a state file, and verifies every signature in it again. Of [`Bytes`](crate::Bytes), a file that is most of
    /// it is not copied.
    pub fn parse<'a>(file: impl Into<File<'a>>) -> Result<Self, Damaged> {
        let (rest, sections) = Sections::parse(file.into())?;
        let mut memory = sections.chain()?;
        memory.good = sections.good(&memory)?;
        memory.seen = sections.seen(&memory)?;
        // One memory has one file, so that nothing can hide in a second spelling.
        if memory.is_written_as(rest) {
            Ok(memory)
        } else {
            Err(Damaged::new("found another order than ours"))
        }
    }

    /// Whether these are the very bytes below the first line: held against each piece instead of a copy of the whole.
    fn is_written_as(&self, bytes: &[u8]) -> bool {
        let mut rest = Some(bytes);
        self.write(&mut |piece| {
            let next = rest.and_then(|rest| rest.split_at_checked(piece.len()));
            rest = next.filter(|(start, _)| same_bytes(start, piece)).map(|(_, rest)| rest);
        });
        rest == Some(&[])
    }

    /// Writes all below the first line, piece by piece.
    fn write(&self, out: &mut dyn FnMut(&[u8])) {
        match &self.good {
            Some(good) => out(format!("good {} {}\n", good.root.version(), good.verified_at).as_bytes()),
            None => out(b"good none\n"),
        }
        for root in self.roots() {
            write_section(out, "root", &root.version().to_string(), root.bytes());
        }
        for role in [Role::Timestamp, Role::Snapshot, Role::Targets] {
            let seen = self.seen.bytes(role);
            let good = self.good.as_ref().map(|good| good.bytes(role));
            if seen.zip(good).map_or(seen == good, |(seen, good)| same_bytes(seen, good)) {
                write_optional(out, "both", role, seen);
            } else {
                write_optional(out, "seen", role, seen);
                write_optional(out, "good", role, good);
            }
        }
        for (number, bin) in (0_u64..).zip(self.good.iter().flat_map(|good| &good.bins)) {
            write_section(out, BIN, &number.to_string(), bin.bytes());
        }
        for (path, bytes) in self.good.iter().flat_map(|good| &good.attached) {
            write_section(out, ATTACHED, path, bytes);
        }
    }
}

fn write_section(out: &mut dyn FnMut(&[u8]), kind: &str, name: &str, bytes: &[u8]) {
    out(format!("{kind} {name} {}\n", bytes.len()).as_bytes());
    out(bytes);
    out(b"\n");
}

fn write_optional(out: &mut dyn FnMut(&[u8]), kind: &str, role: Role, bytes: Option<&[u8]>) {
    if let Some(bytes) = bytes {
        write_section(out, kind, role.name(), bytes);
    }
}

impl Seen {
    pub(crate) fn bytes(&self, role: Role) -> Option<&[u8]> {
        match role {
            Role::Root => None,
            Role::Timestamp => self.timestamp.as_ref().map(|file| file.bytes()),
            Role::Snapshot => self.snapshot.as_ref().map(|file| file.bytes()),
            Role::Targets => self.targets.as_ref().map(|file| file.bytes()),
        }
    }
}

/// The parts of a state file, cut and not yet verified.
struct Sections<'a> {
    good: Option<(u64, Time)>,
    roots: Vec<File<'a>>,
    files: Vec<Section<'a>>,
}

#[derive(Copy, Clone)]
struct Section<'a> {
    kind: &'a str,
    name: &'a str,
    file: File<'a>,
}

impl<'a> Sections<'a> {
    /// Cuts a file, and gives all of it below the first line, whose digest holds.
    fn parse(file: File<'a>) -> Result<(&'a [u8], Self), Damaged> {
        let mut rest = file.bytes();
        let digest = take_line(&mut rest).and_then(|line| line.strip_prefix(MAGIC));
        let digest = digest.ok_or_else(|| Damaged::new("found another beginning than `packman-state 1`"))?;
        if Sha256::parse(digest).ok() != Some(Sha256::of(rest)) {
            return Err(Damaged::new("found another sha-256 than its first line says"));
        }
        let sections = Self::parse_rest(file, rest);
        Ok((rest, sections.ok_or_else(|| Damaged::new("found sections that do not fit its format"))?))
    }

    fn parse_rest(file: File<'a>, mut rest: &'a [u8]) -> Option<Self> {
        let good = match take_line(&mut rest)?.strip_prefix("good ")? {
            "none" => None,
            line => {
                let (version, time) = line.split_once(' ')?;
                Some((version.parse().ok()?, Time::parse(time).ok()?))
            }
        };
        let (mut roots, mut files) = (Vec::new(), Vec::new());
        while !rest.is_empty() {
            match take_section(file, &mut rest)? {
                Section { kind: "root", file, .. } => roots.push(file),
                section => files.push(section),
            }
        }
        Some(Self { good, roots, files })
    }

    /// Verifies the chain: the first root by its own keys (it was believed when it was written), each other
    /// by the keys of the one before too.
    fn chain(&self) -> Result<Memory, Damaged> {
        let (first, later) = self.roots.split_first().ok_or_else(|| Damaged::new("found no root"))?;
        // The rules were kept, or not asked for, when it was written.
        let rules = Rules::SPECIFICATION;
        let limits = Limits { root_bytes: u64::MAX, roots: u64::MAX, rules, ..Limits::default() };
        let mut memory = Memory::trusting(first.bytes(), &limits)?;
        for root in later {
            memory.accept_root(*root, &limits)?;
        }
        Ok(memory)
    }

    /// Verifies the good set under its root, and that its files belong together.
    fn good(&self, memory: &Memory) -> Result<Option<Good>, Damaged> {
        let Some((version, verified_at)) = self.good else { return Ok(None) };
        let root = memory.earlier.iter().chain([&memory.root]).find(|root| root.version() == version);
        let root = Arc::clone(root.ok_or_else(|| Damaged::new("found no root of its good set"))?);
        let good = Good {
            timestamp: self.required(&root)?,
            snapshot: self.required(&root)?,
            targets: self.required(&root)?,
            bins: Vec::new(),
            attached: Vec::new(),
            root,
            verified_at,
        };
        let good = Good { bins: self.bins(&good)?, ..good };
        let good = Good { attached: self.attached(&good)?, ..good };
        let whole =
            good.timestamp.snapshot().pins(&good.snapshot) && good.snapshot.targets().pins(&good.targets);
        if whole {
            Ok(Some(good))
        } else {
            Err(Damaged::new("found a good set that does not belong together"))
        }
    }

    /// Verifies the bins of the good set: all that its targets delegate to, each the one that its snapshot lists.
    fn bins(&self, good: &Good) -> Result<Vec<Arc<Verified<Targets>>>, Damaged> {
        let files: Vec<_> = self.files.iter().filter(|file| file.kind == BIN).collect();
        let shape = good.targets.delegations().and_then(Delegations::bins);
        let count = shape.map_or(0, SuccinctBins::count);
        // A set whose refresh did not ask for them has none.
        if !files.is_empty() && files.len() as u64 != count {
            return Err(Damaged::new("found bins that are not those of its good set"));
        }
        let Some(shape) = shape else { return Ok(Vec::new()) };
        let verified = (0_u64..).zip(files).map(|(number, section)| {
            let envelope = Envelope::parse(format!("bin {number}"), section.file, u64::MAX)?;
            let bin: Verified<Targets> = shape.keys().verify(&envelope)?;
            let listed = good.snapshot.role(&shape.name(number));
            let pinned = section.name == number.to_string() && listed.is_some_and(|info| info.pins(&bin));
            pinned
                .then(|| Arc::new(bin))
                .ok_or_else(|| Damaged::new("found another bin than its snapshot lists"))
        });
        verified.collect()
    }

    /// Verifies the attached targets against the good set.
    fn attached(&self, good: &Good) -> Result<Vec<Attached>, Damaged> {
        let sections = self.files.iter().filter(|file| file.kind == ATTACHED);
        let verified = sections.map(|section| {
            let target = good.verify_target(section.name, section.file.bytes())?;
            Ok((section.name.to_owned(), target.bytes().into()))
        });
        verified.collect()
    }

    fn required<T: Payload>(&self, root: &Root) -> Result<Arc<Verified<T>>, Damaged> {
        let file = self.file("good", root.keys(T::ROLE))?;
        file.ok_or_else(|| Damaged::new(format!("found no `{}` of its good set", T::ROLE)))
    }

    /// Verifies what was seen under the newest root; a file that is in the good set too is shared with it.
    fn seen(&self, memory: &Memory) -> Result<Seen, Damaged> {
        let root = memory.root();
        let good = memory.good.as_ref().filter(|good| good.root.version() == root.version());
        Ok(Seen {
            timestamp: self.seen_file(root, good.map(|good| &good.timestamp))?,
            snapshot: self.seen_file(root, good.map(|good| &good.snapshot))?,
            targets: self.seen_file(root, good.map(|good| &good.targets))?,
        })
    }

    fn seen_file<T: Payload>(
        &self,
        root: &Root,
        good: Option<&Arc<Verified<T>>>,
    ) -> Result<Option<Arc<Verified<T>>>, Damaged> {
        let shared = self.files.iter().any(|file| file.kind == "both" && file.name == T::ROLE.name());
        match good.filter(|_| shared) {
            Some(file) => Ok(Some(Arc::clone(file))),
            None => self.file("seen", root.keys(T::ROLE)),
        }
    }

    fn file<T: Payload>(&self, kind: &str, keys: &KeySet) -> Result<Option<Arc<Verified<T>>>, Damaged> {
        let wanted =
            |file: &&Section<'_>| file.name == T::ROLE.name() && (file.kind == kind || file.kind == "both");
        let Some(section) = self.files.iter().find(wanted) else { return Ok(None) };
        let envelope = Envelope::parse(format!("{kind} {}", section.name), section.file, u64::MAX)?;
        Ok(Some(Arc::new(keys.verify(&envelope)?)))
    }
}

fn take_line<'a>(rest: &mut &'a [u8]) -> Option<&'a str> {
    let end = rest.iter().position(|byte| *byte == b'\n')?;
    let line = std::str::from_utf8(rest.get(..end)?).ok()?;
    *rest = rest.get(end + 1..)?;
    Some(line)
}

/// `KIND NAME LENGTH`, a newline, that many bytes, a newline; at the beginning of `rest`, which is the end of `file`.
fn take_section<'a>(file: File<'a>, rest: &mut &'a [u8]) -> Option<Section<'a>> {
    let mut words = take_line(rest)?.split(' ');
    let (kind, name, length) = (words.next()?, words.next()?, words.next()?.parse::<usize>().ok()?);
    let start = file.bytes().len() - rest.len();
    let (_, after) = rest.split_at_checked(length)?;
    *rest = after.strip_prefix(b"\n")?;
    Some(Section { kind, name, file: file.part(start..start + length)? })
}
