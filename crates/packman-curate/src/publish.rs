//! `curate publish`: copies what is signed to a folder that a web server or a stick carries.
//!
//! Clients see the old publication or the new one, never half of either: everything that a publication consists of has
//! a name that no other uses, but the timestamp, which comes after all that it leads to. Nothing leaves the house that a client would
//! refuse: the publication is verified as a client would, and every record and blob of it read.

use std::path::{Path, PathBuf};

use packman_database::{ABOUT_PATH, About, Kind, MalformedRecord, PACK_PATH, Pack, RECALLS_PATH, Recalls};
use packman_machine::files::{self, Keeping, Prepared};
use packman_machine::stop::{Commit, note_change};
use packman_strict::Sha256;
use packman_trust::{DATABASES_PATH, Listings};
use packman_tuf::{
    Envelope, Good, Memory, Payload, Role, SafetyNumber, Snapshot, Targets, Timestamp, Verified,
};

use crate::beside::refuse_others;
use crate::blobs::{self, Blob};
use crate::curator::Curator;
use crate::error::{CurateError, No, Refused};
use crate::expiry::Expiry;
use crate::folder::{Folder, Shelf, Signed, verify_publication};
use crate::list::{PAGE, page};
use crate::packs;
use crate::proposal::{Claims, Proposal};
use crate::sign::unusable;
use crate::staged::{self as records, Staged};

/// What to publish, and where to.
#[derive(Clone, Debug)]
pub struct PublishRequest {
    /// The database's folder.
    pub folder: PathBuf,
    /// The folder to publish to.
    pub to: PathBuf,
    /// Whether what is signed is published though something else is proposed that lacks signatures.
    pub signed_only: bool,
    /// Whether it may lie among other things.
    pub beside_others: bool,
}

/// What was published.
#[derive(Clone, Debug)]
pub struct PublishReport {
    /// How many files were written; those that were there already are not counted.
    pub written: usize,
    /// How many files the publication has.
    pub files: usize,
    /// What was signed of it; `None` for a list without keys.
    pub signed: Option<SignedSet>,
    /// What is staged and was not published, because it is not signed.
    pub staged: Staged,
}

/// A signed set that was published.
#[derive(Clone, Debug)]
pub struct SignedSet {
    /// The version of the targets.
    pub version: u64,
    /// The safety number that users compare.
    pub number: SafetyNumber,
    /// When each role expires.
    pub expiry: Vec<Expiry>,
}

/// Of how many versions of the targets the packs are kept: this one, and two that somebody may be in the middle of.
const SERVED_PACKS: usize = 3;

/// One file of a publication: where it is in the folder and there.
struct Piece {
    path: String,
    sha256: Sha256,
}

impl Curator<'_> {
    /// Publishes what is signed.
    pub fn publish(&self, request: &PublishRequest) -> Result<PublishReport, CurateError> {
        self.refuse_home_in(&request.to)?;
        let (folder, _lock) = Folder::open_locked(&request.folder, self)?;
        // There the settings and what is not signed yet would be carried about with what is.
        let same = |one: &Path, other: &Path| one.canonicalize().ok().zip(other.canonicalize().ok());
        if same(&request.to, folder.path()).is_some_and(|(to, own)| to == own) {
            return Err(CurateError::usage(
                "the database's own folder cannot be published to, wanted another",
            ));
        }
        if !request.beside_others {
            refuse_others(&request.to)?;
        }
        if folder.is_unsigned() {
            return publish_unsigned(&folder, &request.to);
        }
        let signed = Signed::read(folder.path())?;
        if let (Some(proposal), false) = (Proposal::read(&folder)?, request.signed_only) {
            let claims = Claims::read(&proposal, &folder, Some(&signed))?;
            let missing = proposal.missing(&claims.needs, &folder.settings()?.keys());
            return Err(No::SignaturesMissing { missing }.into());
        }
        if signed.good().is_none() {
            return Err(No::NothingSigned { folder: request.folder.clone() }.into());
        }
        let memory = verify_publication(&Shelf::of(folder.path()), self.now)?;
        let memory = memory.map_err(|refusal| unusable(refusal, folder.path()))?;
        let nothing = || No::NothingSigned { folder: request.folder.clone() };
        let good = memory.good().ok_or_else(nothing)?;
        let pieces = gather(&folder, &signed, good)?;
        let staged = records::Targets::gather(&folder, &signed)?.staged;
        follows(&memory, good, &request.to)?;
        for folder in ["metadata", "targets", "blobs"] {
            files::clear_abandoned_below(&request.to.join(folder));
        }
        let mut written = self.copy(&folder, &request.to, &pieces)?;
        self.stop.live()?;
        let commit = Commit::begin();
        written += write_metadata(&memory, good, &request.to)?;
        remove_old_packs(&memory, good, &request.to);
        let page = list_page(&folder, &signed, &memory)?;
        if let Some(page) = &page {
            written += place(&request.to.join(PAGE), page)?;
        }
        drop(commit);
        Ok(PublishReport {
            written,
            files: pieces.len()
                + memory.roots().count()
                + good.bins().count()
                + 3
                + usize::from(page.is_some()),
            signed: Some(SignedSet {
                version: good.version(Role::Targets),
                number: memory.root().number(),
                expiry: Expiry::of(good, &folder.settings()?.lifetimes),
            }),
            staged,
        })
    }

    fn copy(&self, folder: &Folder, to: &Path, pieces: &[Piece]) -> Result<usize, CurateError> {
        let mut written = 0;
        for piece in pieces {
            self.stop.live()?;
            let there = to.join(&piece.path);
            // What is there and right stays; what is there and wrong is repaired.
            if files::read_file(&there, u64::MAX)?.is_some_and(|bytes| Sha256::of(&bytes) == piece.sha256) {
                continue;
            }
            if let Some(parent) = there.parent() {
                files::make_public_folder(parent)?;
            }
            files::copy_file(&folder.join(&piece.path), &there, Keeping::Published)?;
            note_change();
            written += 1;
        }
        Ok(written)
    }
}

/// The page for people of a signed list, made of what is signed.
fn list_page(folder: &Folder, signed: &Signed, memory: &Memory) -> Result<Option<Vec<u8>>, CurateError> {
    let parts = (signed.target(folder.path(), ABOUT_PATH)?, signed.target(folder.path(), DATABASES_PATH)?);
    let (Some(about), Some(listings)) = parts else { return Ok(None) };
    let damaged =
        |error: MalformedRecord| Refused::Folder { path: folder.path().to_owned(), why: error.to_string() };
    let about = About::parse(&about).map_err(damaged)?;
    let listings = Listings::parse(&listings).map_err(damaged)?;
    Ok((about.kind == Kind::List).then(|| page(&about, Some(memory.root().number()), &listings)))
}

/// Publishes a list that nobody signs: what it says of itself, its databases, and the page for people.
fn publish_unsigned(folder: &Folder, to: &Path) -> Result<PublishReport, CurateError> {
    folder.must_be(Kind::List)?;
    // Whoever knows a signed one there would see its keys vanish.
    if files::read_file(&to.join(Role::Timestamp.file_path(0)), u64::MAX)?.is_some() {
        let why = "it is signed, and this list is not".to_owned();
        return Err(Refused::ForeignPublication { folder: to.to_owned(), why }.into());
    }
    let (about, listings) = (folder.about()?, folder.listings()?);
    files::make_public_folder(to)?;
    let all = [
        (ABOUT_PATH, about.encode()),
        (DATABASES_PATH, listings.encode()),
        (PAGE, page(&about, None, &listings)),
    ];
    let mut written = 0;
    for (name, bytes) in &all {
        written += place(&to.join(name), bytes)?;
    }
    Ok(PublishReport { written, files: all.len(), signed: None, staged: Staged::default() })
}

/// Every target and blob, each read and held against its hash, each record parsed as a client will.
fn gather(folder: &Folder, signed: &Signed, good: &Good) -> Result<Vec<Piece>, CurateError> {
    let mut pieces = Vec::new();
    let no_pack = || MalformedRecord::new("found lengths that do not add up, wanted a pack".to_owned());
    for (path, info) in good.targets() {
        let Some(bytes) = signed.target(folder.path(), path)? else { continue };
        pieces.push(Piece { path: info.file_path(path), sha256: Sha256::of(&bytes) });
        let parsed = match path {
            ABOUT_PATH => About::parse(&bytes).map(drop),
            RECALLS_PATH => Recalls::parse(&bytes).map(drop),
            DATABASES_PATH => Listings::parse(&bytes).map(drop),
            PACK_PATH => Pack::open(&bytes).map(drop).ok_or_else(no_pack),
            _ => Ok(()),
        };
        parsed.map_err(|error| Refused::Folder {
            path: folder.join(&info.file_path(path)),
            why: error.to_string(),
        })?;
    }
    for project in signed.projects() {
        let Some(record) = signed.record(folder.path(), &project)? else { continue };
        for blob in record.files.iter().flat_map(Blob::of) {
            blobs::verify(folder, &blob)?;
            pieces.push(Piece { path: blob.path, sha256: blob.sha256 });
        }
    }
    Ok(pieces)
}

/// Writes the metadata: what the timestamp leads to before the timestamp, and new roots after it. All that takes room
/// is done before the first of them is put in its place.
fn write_metadata(memory: &Memory, good: &Good, to: &Path) -> Result<usize, CurateError> {
    let roots = memory.roots().map(|root| (Role::Root.file_path(root.version()), root.bytes()));
    let role = |role: Role| (role.file_path(good.version(role)), good.bytes(role));
    // A new root comes last: what a rotation signed anew the old keys signed, too, and not the other way round. Whoever
    // comes in between is served by either root.
    let timestamp = (Role::Timestamp.file_path(0), good.bytes(Role::Timestamp));
    let targets = [role(Role::Targets), role(Role::Snapshot), timestamp];
    let order = good.bins().chain(targets).chain(roots);
    files::make_public_folder(&to.join("metadata"))?;
    let mut prepared = Vec::new();
    for (path, bytes) in order {
        prepared.extend(replacing(&to.join(path), bytes)?);
    }
    // What the timestamp makes visible is on the disk before it is.
    files::settle(to)?;
    let written = prepared.len();
    prepared.into_iter().try_for_each(Prepared::place)?;
    Ok(written)
}

/// Removes the packs that none of the newest targets there names. Clients that began before this publication are served
/// by the pack that they were told of.
fn remove_old_packs(ours: &Memory, good: &Good, to: &Path) {
    let version = good.version(Role::Targets);
    let mut named = Vec::from_iter(good.target(PACK_PATH));
    for version in (1..=version).rev().take(SERVED_PACKS) {
        let path = Role::Targets.file_path(version);
        let Ok(Some(bytes)) = files::read_file(&to.join(&path), u64::MAX) else { continue };
        let there = There { ours, good, to, path: &path, bytes: &bytes };
        named.extend(there.verified::<Targets>(&bytes).and_then(|targets| targets.target(PACK_PATH)));
    }
    packs::remove_all_but(to, named);
}

/// Prepares a file, unless it has these bytes.
fn replacing(path: &Path, bytes: &[u8]) -> Result<Option<Prepared>, CurateError> {
    if files::read_file(path, u64::MAX)?.is_some_and(|old| old == bytes) {
        return Ok(None);
    }
    Ok(Some(Prepared::write(path, bytes, Keeping::Published)?))
}

/// Writes a file in one step, unless it has these bytes.
fn place(path: &Path, bytes: &[u8]) -> Result<usize, CurateError> {
    let prepared = replacing(path, bytes)?;
    let written = usize::from(prepared.is_some());
    prepared.into_iter().try_for_each(Prepared::place)?;
    Ok(written)
}

/// Verifies that what is published there is ours, and that ours follows it. A folder without metadata is free.
fn follows(ours: &Memory, good: &Good, to: &Path) -> Result<(), CurateError> {
    for listed in files::list_tree(&to.join("metadata"))? {
        let path = format!("metadata/{}", listed.path.as_str());
        let Some((role, version)) = role_of(&path) else { continue };
        let there = files::read_file(&to.join(&path), u64::MAX)?.unwrap_or_default();
        let there = There { ours, good, to, path: &path, bytes: &there };
        match role {
            Role::Root => there.root_follows(version)?,
            Role::Timestamp => there.file_follows::<Timestamp>()?,
            Role::Snapshot => there.file_follows::<Snapshot>()?,
            Role::Targets => there.file_follows::<Targets>()?,
        }
    }
    Ok(())
}

/// The role and version that the name of a published metadata file says; the timestamp has none.
fn role_of(path: &str) -> Option<(Role, u64)> {
    let name = path.strip_prefix("metadata/")?.strip_suffix(".json")?;
    match name.split_once('.') {
        None => Role::parse(name).filter(|role| *role == Role::Timestamp).map(|role| (role, 0)),
        Some((version, name)) => Some((Role::parse(name)?, version.parse().ok()?)),
    }
}

/// A metadata file that is published there already.
struct There<'t> {
    ours: &'t Memory,
    good: &'t Good,
    to: &'t Path,
    path: &'t str,
    bytes: &'t [u8],
}

impl There<'_> {
    /// Every root there must be one of ours: another one is another chain, or the same one further on.
    fn root_follows(&self, version: u64) -> Result<(), CurateError> {
        match self.ours.roots().find(|root| root.version() == version) {
            Some(root) if root.bytes() == self.bytes => Ok(()),
            Some(_) => {
                let why = format!("its {} is not ours", crate::quoted(self.path));
                Err(Refused::ForeignPublication { folder: self.to.to_owned(), why }.into())
            }
            None => {
                let newest = self.ours.root().version();
                Err(self.not_a_successor(format!("found root version {version}, wanted at most {newest}")))
            }
        }
    }

    /// A file there that our keys signed must not be newer than ours, nor another one of the same version. One that
    /// they did not sign counts for no client: it is repaired where ours has its name.
    fn file_follows<T: Payload>(&self) -> Result<(), CurateError> {
        let Some(there) = self.verified::<T>(self.bytes) else { return Ok(()) };
        let ours = self.good.version(T::ROLE);
        let found = there.version();
        if found > ours {
            return Err(self.not_a_successor(format!("found version {found}, wanted at most {ours}")));
        }
        let same = self.verified::<T>(self.good.bytes(T::ROLE)).map(|ours| ours.signed_digest());
        if found == ours && same != Some(there.signed_digest()) {
            return Err(self
                .not_a_successor(format!("found another version {found} than the one that is signed here")));
        }
        Ok(())
    }

    /// Reads a file that the keys of some root of our chain signed.
    fn verified<T: Payload>(&self, bytes: &[u8]) -> Option<Verified<T>> {
        let envelope = Envelope::parse(self.path, bytes, u64::MAX).ok()?;
        self.ours.roots().find_map(|root| root.keys(T::ROLE).verify(&envelope).ok())
    }

    fn not_a_successor(&self, why: String) -> CurateError {
        Refused::NotASuccessor { folder: self.to.to_owned(), file: self.path.to_owned(), why }.into()
    }
}
