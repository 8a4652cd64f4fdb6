//! What a wheel needs, told before it is fetched: what the resolver goes by. The wheel itself must say the same later.

use std::sync::Arc;

use packman_database::{CoreMetadata, FileName};
use packman_machine::network::Fetched;
use packman_names::Metadata;
use packman_strict::Sha256;

use super::fetch::{Files, core_metadata, has_query, link, verified};
use crate::error::{CurateError, Failed, Refused};
use crate::index::{CoreMetadataFile, failed};
use crate::listing::{Candidate, Origin};

/// The largest METADATA that is read before its wheel, in bytes.
const LARGEST_METADATA: u64 = 4 << 20;

impl Files<'_> {
    /// What a wheel needs, as its METADATA says: from the file beside it where the index has one, else from the wheel.
    pub(super) fn metadata(&self, candidate: &Candidate) -> Result<Arc<CoreMetadata>, CurateError> {
        self.told.get_or_find(&candidate.name.as_str().to_owned(), || self.find_metadata(candidate))
    }

    fn find_metadata(&self, candidate: &Candidate) -> Result<Arc<CoreMetadata>, CurateError> {
        let name = candidate.name.as_str();
        match (&candidate.origin, candidate.metadata) {
            (Origin::Web(url), CoreMetadataFile::Beside(sha256)) if !has_query(url) => {
                self.metadata_beside(name, url, sha256)
            }
            _ => self.metadata_within(candidate),
        }
    }

    fn metadata_beside(
        &self,
        name: &str,
        url: &str,
        sha256: Option<Sha256>,
    ) -> Result<Arc<CoreMetadata>, CurateError> {
        let cached = sha256.and_then(|sha256| self.curator.cache.blob(&sha256));
        let bytes = match cached {
            Some(bytes) => bytes,
            None => self.fetch_metadata(name, url, sha256)?,
        };
        let parsed = Metadata::parse(&bytes);
        let refused = |error: packman_names::NameError| Refused::Metadata {
            file: name.to_owned(),
            why: error.to_string(),
        };
        Ok(Arc::new(core_metadata(&parsed.map_err(refused)?)))
    }

    fn fetch_metadata(&self, name: &str, url: &str, sha256: Option<Sha256>) -> Result<Vec<u8>, CurateError> {
        let file = format!("{name}.metadata");
        let what = crate::quoted(&file).to_string();
        let location = link(&file, &format!("{url}.metadata"))?;
        let fetched = self.curator.fetcher.get_whole(&location, LARGEST_METADATA);
        let Fetched::Bytes(bytes) = fetched.map_err(|failure| failed(&what, &failure))? else {
            return Err(Failed::Network {
                what,
                why: format!("{} has no such file", crate::quoted(&location.shown())),
                hint: None,
            }
            .into());
        };
        let found = Sha256::of(&bytes);
        match sha256 {
            Some(wanted) if wanted != found => {
                let promised_by = "the index".to_owned();
                Err(Refused::Bytes { file, wanted, found: Some(found), sizes: None, promised_by }.into())
            }
            _ => {
                self.curator.cache.put_known_blob(&found, &bytes);
                Ok(bytes)
            }
        }
    }

    fn metadata_within(&self, candidate: &Candidate) -> Result<Arc<CoreMetadata>, CurateError> {
        let FileName::Wheel(wheel) = &candidate.name else { return Ok(Arc::default()) };
        let bytes = self.bytes(candidate, self.curator.stop)?;
        Ok(Arc::new(core_metadata(verified(&bytes, wheel, None)?.metadata())))
    }
}
