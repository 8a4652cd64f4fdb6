//! Asks the index for pages, each once in a run.

use std::sync::Arc;

use packman_machine::location::Location;
use packman_machine::network::{NetworkFailure, NetworkReason};
use packman_names::ProjectName;

use super::{IndexPage, MalformedPage};
use crate::curator::{Curator, Event};
use crate::error::{CurateError, Failed, Refused};
use crate::listing::Listing;
use crate::once::Once;

/// JSON is asked for first; an index that has only HTML gives that.
const ACCEPT: &str =
    "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1";

/// The index that is drawn from.
pub(crate) struct IndexClient<'c> {
    curator: &'c Curator<'c>,
    index: Option<&'c Location>,
    known: Once<ProjectName, Result<Option<Arc<Listing>>, CurateError>>,
}

impl<'c> IndexClient<'c> {
    /// Draws from that index; from none, where every project is one that is not listed.
    pub(crate) fn new(curator: &'c Curator<'c>, index: Option<&'c Location>) -> Self {
        Self { curator, index, known: Once::new() }
    }

    /// Puts something else in the place of a project's page.
    pub(crate) fn put(&self, project: ProjectName, listing: Listing) {
        self.known.put(project, Ok(Some(Arc::new(listing))));
    }

    /// What the index lists of a project; `None` where it has no such project.
    pub(crate) fn listing(&self, project: &ProjectName) -> Result<Option<Arc<Listing>>, CurateError> {
        self.known.get_or_find(project, || Ok(self.ask(project)?.map(Arc::new)))
    }

    fn ask(&self, project: &ProjectName) -> Result<Option<Listing>, CurateError> {
        let Some(index) = self.index else { return Ok(None) };
        self.curator.events.event(Event::Asking { project });
        let location = page_of(index, project)?;
        let most = super::LARGEST_PAGE as u64;
        let page = match self.curator.fetcher.page(&location, ACCEPT, most) {
            Ok(Some(page)) => page,
            Ok(None) => return Ok(None),
            // Too much of a page is its host's fault, not the network's.
            Err(failure) if matches!(failure.reason(), NetworkReason::TooLarge(_)) => {
                let why = MalformedPage::new(format!("it is longer than {most} bytes"));
                return Err(Refused::Index { page: location.shown(), why }.into());
            }
            Err(failure) => return Err(failed(&format!("the index page of `{project}`"), &failure)),
        };
        let refused = |why| Refused::Index { page: page.location.shown(), why };
        let content_type = Some(page.content_type.as_str()).filter(|kind| !kind.is_empty());
        let parsed =
            IndexPage::parse(&page.bytes, content_type, &page.location.to_string()).map_err(refused)?;
        let listing = Listing::of_index(project, parsed.files);
        // A page that lists nothing of the project is as good as none, also where it is no page of an index at all.
        Ok(Some(listing).filter(|listing| !listing.files.is_empty()))
    }
}

/// The address of a project's page, which ends with `/` (PEP 503): links on it count from there.
fn page_of(index: &Location, project: &ProjectName) -> Result<Location, CurateError> {
    if index.as_path().is_some() {
        return Err(CurateError::usage(format!(
            "index {}: wanted an http or https address; wheels of a folder are added with `--from`",
            crate::quoted(&index.to_string())
        )));
    }
    let base = index.to_string();
    let address = format!("{}/{project}/", base.trim_end_matches('/'));
    Location::parse_link(&address).map_err(|error| CurateError::usage(error.to_string()))
}

/// A failure of the network as this crate tells it.
pub(crate) fn failed(what: &str, failure: &NetworkFailure) -> CurateError {
    match failure.reason() {
        NetworkReason::Stopped => CurateError::Stopped,
        NetworkReason::Disk(disk) => disk.clone().into(),
        _ => Failed::Network { what: what.to_owned(), why: failure.to_string(), hint: failure.hint() }.into(),
    }
}
