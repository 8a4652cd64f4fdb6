//! A look at a database before it is listed: whether it is there, and is the one that the keeper means.

use packman_database::{ABOUT_PATH, About, Kind};
use packman_machine::location::Location;
use packman_machine::network::{Fetched, NetworkFailure};
use packman_strict::Sha256;
use packman_trust::HeldBy;
use packman_tuf::{Answer, FirstUse, Limits, Memory, Refresh, Refusal, Request, SafetyNumber, Step};

use crate::curator::Curator;
use crate::error::{CurateError, Refused};

/// The largest unsigned database that is fetched to be looked at: 256 MiB.
const LARGEST: u64 = 256 << 20;

/// What was found at an address.
#[derive(Clone, Debug)]
pub struct Look {
    /// The address.
    pub url: String,
    /// What is there.
    pub found: Looked,
}

/// What is at the address of a database.
#[derive(Clone, Debug)]
pub enum Looked {
    /// The database that was meant.
    Database {
        /// What it calls itself, where that could be read.
        title: Option<String>,
        /// The number of the newest root of its chain; of an unsigned one there is none.
        newest: Option<SafetyNumber>,
        /// What is wrong with what stands on its roots, in words: it may have expired.
        trouble: Option<String>,
    },
    /// It could not be reached, and why.
    NotReached(String),
    /// The network was to be left alone.
    NotAsked,
}

/// Why a walk along a chain ended.
enum Ended {
    Unreached(NetworkFailure),
    Refused(Refusal),
}

impl Curator<'_> {
    /// Looks at a database. What is there and is another one is refused.
    pub(super) fn look(&self, place: &Location, held: &HeldBy) -> Result<Looked, CurateError> {
        if self.fetcher.is_offline() {
            return Ok(Looked::NotAsked);
        }
        match held {
            HeldBy::Root(number) => self.look_at_chain(place, *number),
            HeldBy::Hash(wanted) => self.look_at_file(place, *wanted),
        }
    }

    fn look_at_chain(&self, place: &Location, number: SafetyNumber) -> Result<Looked, CurateError> {
        let mut first = FirstUse::with_number(number, Limits::default());
        let refused = |refusal| CurateError::from(Refused::Listed { url: place.shown(), refusal });
        while let Step::Fetch(request) = first.step() {
            let answered = self.ask(place, &request, &mut |answer| first.answer(answer));
            match answered {
                Ok(()) => {}
                Err(Ended::Unreached(why)) => return self.not_reached(&why),
                Err(Ended::Refused(refusal)) => return Err(refused(refusal)),
            }
        }
        let memory = first.finish().map_err(refused)?;
        let newest = Some(memory.root().number());
        match self.bring_up(place, memory) {
            Ok(memory) => {
                let about = attached_about(&memory);
                if about.as_ref().is_some_and(|about| about.kind == Kind::List) {
                    let what = crate::quoted(&place.shown()).to_string();
                    return Err(CurateError::usage(format!("{what} is a list, wanted a database")));
                }
                let title = about.map(|about| about.title);
                Ok(Looked::Database { title, newest, trouble: None })
            }
            Err(Ended::Unreached(why)) => {
                Ok(Looked::Database { title: None, newest, trouble: Some(why.to_string()) })
            }
            // Its root is the one that was meant; what has become of the rest is its scapegoat's to mend.
            Err(Ended::Refused(refusal)) => {
                Ok(Looked::Database { title: None, newest, trouble: Some(refusal.to_string()) })
            }
        }
    }

    fn bring_up(&self, place: &Location, memory: Memory) -> Result<Memory, Ended> {
        let mut refresh = Refresh::begin(memory, self.now, Limits::default()).with_attached(&[ABOUT_PATH]);
        while let Step::Fetch(request) = refresh.step() {
            self.ask(place, &request, &mut |answer| refresh.answer(answer))?;
        }
        Ok(refresh.into_memory())
    }

    fn ask(
        &self,
        place: &Location,
        request: &Request,
        take: &mut dyn FnMut(Answer<'_>) -> Result<(), Refusal>,
    ) -> Result<(), Ended> {
        let fetched = self.fetcher.get(place, &request.path, request.max_bytes);
        let answer = match &fetched {
            Ok(Fetched::Bytes(bytes)) => Answer::Bytes(bytes),
            Ok(Fetched::Missing) => Answer::Missing,
            Err(failure) if failure.is_forbidden() && request.may_be_missing => Answer::Missing,
            Err(failure) => return Err(Ended::Unreached(failure.clone())),
        };
        take(answer).map_err(Ended::Refused)
    }

    fn look_at_file(&self, place: &Location, wanted: Sha256) -> Result<Looked, CurateError> {
        let bytes = match self.fetcher.get_whole(place, LARGEST) {
            Ok(Fetched::Bytes(bytes)) => bytes,
            Ok(Fetched::Missing) => return Ok(Looked::NotReached("there is no such file".to_owned())),
            Err(failure) => return self.not_reached(&failure),
        };
        let found = Sha256::of(&bytes);
        if found != wanted {
            let promised_by = "`--sha256`".to_owned();
            return Err(Refused::Bytes {
                file: place.shown(),
                wanted,
                found: Some(found),
                sizes: None,
                promised_by,
            }
            .into());
        }
        Ok(Looked::Database { title: None, newest: None, trouble: None })
    }

    fn not_reached(&self, failure: &NetworkFailure) -> Result<Looked, CurateError> {
        self.stop.live()?;
        Ok(Looked::NotReached(failure.to_string()))
    }
}

fn attached_about(memory: &Memory) -> Option<About> {
    About::parse(memory.good()?.attached(ABOUT_PATH)?).ok()
}
