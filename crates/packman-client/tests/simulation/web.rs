//! A web in memory: sites on one server of this machine, each with whatever it answers today.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use packman_machine::loopback::{Answer, Loopback};

/// Every file of a publication, by its path.
pub(crate) type Files = Arc<BTreeMap<String, Vec<u8>>>;

/// What somebody answers for a path.
type Answering = dyn Fn(&str) -> Option<Vec<u8>> + Send + Sync;

/// What answers for an address.
#[derive(Clone)]
enum Site {
    /// These files, and nothing else.
    Files(Files),
    /// Whoever holds it decides at each question.
    Held(Arc<Answering>),
    /// Nobody: it is down, or somebody blocks it.
    Gone,
}

/// The web.
pub(crate) struct Web {
    server: Loopback,
    sites: Arc<Mutex<BTreeMap<String, Site>>>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Web {
    pub(crate) fn new() -> Self {
        let sites: Arc<Mutex<BTreeMap<String, Site>>> = Arc::default();
        let served = Arc::clone(&sites);
        let server = Loopback::answering(move |asked| {
            let (site, path) = asked.path.split_once('/').unwrap_or_default();
            let site = locked(&served).get(site).cloned().unwrap_or(Site::Gone);
            let bytes = match site {
                Site::Files(files) => files.get(path).cloned(),
                Site::Held(answer) => answer(path),
                Site::Gone => return Answer::status(503),
            };
            bytes.map_or(Answer::status(404), Answer::bytes)
        });
        Self { server: server.unwrap(), sites }
    }

    /// The address of a site.
    pub(crate) fn url(&self, site: &str) -> String {
        format!("{}{site}/", self.server.url())
    }

    /// What a site serves from now on.
    pub(crate) fn serve(&self, site: &str, files: &Files) {
        locked(&self.sites).insert(site.to_owned(), Site::Files(Arc::clone(files)));
    }

    /// Who decides from now on what a site answers.
    pub(crate) fn hold(&self, site: &str, answer: impl Fn(&str) -> Option<Vec<u8>> + Send + Sync + 'static) {
        locked(&self.sites).insert(site.to_owned(), Site::Held(Arc::new(answer)));
    }

    /// Nobody answers there any more.
    pub(crate) fn take_down(&self, site: &str) {
        locked(&self.sites).insert(site.to_owned(), Site::Gone);
    }
}
