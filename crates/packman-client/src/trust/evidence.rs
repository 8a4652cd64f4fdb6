//! Reading evidence of a contradiction that somebody sent, or that was kept here.

use packman_machine::files;
use packman_trust::{EntryName, Evidence, NoEvidence, Proven};

use crate::client::Client;
use crate::error::{ClientError, RefusedWhy};

/// The longest file of evidence that is read: 256 MiB.
const LONGEST: u64 = 256 << 20;

/// What a file proves, and about whom.
#[derive(Debug)]
pub struct EvidenceReport {
    /// What is proven.
    pub proven: Proven,
    /// The entry of the own ring that it is about, where it is about one: the same chain, whatever the file calls it.
    pub entry: Option<EntryName>,
}

impl Client<'_> {
    /// Reads a file of evidence and verifies it by itself. `None` where there is no such file.
    pub fn trust_evidence(&self, path: &str) -> Result<Option<EvidenceReport>, ClientError> {
        let place = self.environ.folder().join(path);
        if !place.is_file() {
            return Ok(None);
        }
        let refused = |why: NoEvidence| RefusedWhy::Evidence { path: path.to_owned(), why };
        let bytes = files::read_file(&place, LONGEST)?.unwrap_or_default();
        let proven = Evidence::parse(&bytes).and_then(Evidence::verify).map_err(refused)?;
        let mut entry = None;
        for known in self.ring()?.all() {
            let numbers = self.memory(&known.chain)?.map(|memory| memory.numbers()).unwrap_or_default();
            if numbers.iter().any(|number| proven.numbers().contains(number)) {
                entry = Some(known.name.clone());
            }
        }
        Ok(Some(EvidenceReport { proven, entry }))
    }
}
