//! Adding a database to the ring: first use, and how we come to believe it.

use packman_machine::home::Replaced;
use packman_machine::location::{Channel, Location};
use packman_strict::quote::quoted;
use packman_trust::{Assurance, Database, Entry, EntryName, Holds, How, Learnt, Ring, Scope};
use packman_tuf::{FirstUse, Limits, Memory, SafetyNumber};

use super::compare::root_with;
use super::entry_name;
use crate::client::{Client, Reach};
use crate::error::{ClientError, Failed, No, RefusedWhy, Usage};
use crate::host::{Decision, Question, Typed};
use crate::refresh::{Stuck, begin, listed_projects};

/// A database to add.
#[derive(Clone, Debug)]
pub struct AddRequest {
    /// Its address, or a folder.
    pub url: String,
    /// The user's word for it; else one is made from its title.
    pub name: Option<String>,
    /// Its safety number, from a second channel.
    pub number: Option<SafetyNumber>,
    /// What it may answer for; else everything for the first of the ring, and asked for later ones.
    pub scope: Option<Scope>,
}

/// A database that was added.
#[derive(Debug)]
pub struct Added {
    /// Its entry.
    pub entry: Entry,
    /// What holds it and how we know.
    pub assurance: Assurance,
    /// Its title.
    pub title: String,
    /// Its scapegoat.
    pub maintainer: String,
    /// The safety number of its newest root.
    pub number: SafetyNumber,
    /// How many projects it lists.
    pub projects: usize,
}

impl Client<'_> {
    /// Adds a database: believes it by its number, or at first sight when the user agrees.
    pub fn trust_add(&self, request: &AddRequest) -> Result<Added, ClientError> {
        let location = self.place_to_add(&request.url)?;
        let url = stored_url(&location);
        let ring = self.ring()?;
        if let Some(present) = ring.entry_at(&url) {
            return self.add_again(present, request);
        }
        let known = self.remembered(&ring, &url, request.number)?;
        let memory = match known {
            Some(memory) => memory,
            None => self.meet(&location, &url, request.number)?,
        };
        let memory = self.bring_up(&memory, &location, &url)?;
        let preview = self.preview(&url, memory, request, &ring)?;
        self.agree(&preview, request)?;
        let scope = self.scope_for(&preview, request, &ring)?;
        self.enter(preview, scope, request)
    }

    /// The address as it was typed. One without `https://` reads as a folder; if there is none, it is said which
    /// address was meant.
    fn place_to_add(&self, text: &str) -> Result<Location, ClientError> {
        let meant = meant_address(text).map(|meant| format!("did you mean {}?", quoted(&meant)));
        match (self.location(text), meant) {
            (Err(ClientError::Usage(usage)), hint) => Err(ClientError::Usage(Usage { hint, ..usage })),
            (Ok(place), Some(hint)) if place.as_path().is_some_and(|path| !path.exists()) => {
                let what = format!("{}: there is no such folder", quoted(text));
                Err(ClientError::Usage(Usage { what, hint: Some(hint) }))
            }
            (place, _) => place,
        }
    }

    /// An address that is in the ring already: with a number it is compared, without one there is nothing to do.
    fn add_again(&self, present: &Entry, request: &AddRequest) -> Result<Added, ClientError> {
        let name = present.name.as_str();
        let Some(number) = request.number else {
            return Err(packman_trust::RingError::ChainPresent(present.name.clone()).into());
        };
        self.trust_compare(name, number)?;
        if let Some(scope) = &request.scope {
            self.trust_scope(name, scope.clone())?;
        }
        let report = self.trust_show(name)?;
        let newest = report.numbers.last().map_or(number, |(_, number)| *number);
        Ok(Added {
            assurance: report.assurance,
            entry: report.entry,
            title: report.title.unwrap_or_default(),
            maintainer: report.maintainer.unwrap_or_default(),
            number: newest,
            projects: report.projects.len(),
        })
    }

    /// What is remembered of an address that was in the ring before: adding goes on from there, unless the user has
    /// a number of another chain, which he then compares with what the address serves now.
    fn remembered(
        &self,
        ring: &Ring,
        url: &str,
        number: Option<SafetyNumber>,
    ) -> Result<Option<Memory>, ClientError> {
        let Some(chain) = ring.chain_of_url(url) else { return Ok(None) };
        let memory = self.memory(&chain)?;
        Ok(memory.filter(|memory| number.is_none_or(|number| root_with(memory, number).is_some())))
    }

    /// First use: no root of this database was ever seen here.
    pub(super) fn meet(
        &self,
        location: &Location,
        url: &str,
        number: Option<SafetyNumber>,
    ) -> Result<Memory, ClientError> {
        let mut machine = match number {
            Some(number) => FirstUse::with_number(number, Limits::default()),
            None if location.channel() == Channel::Plain => {
                return Err(RefusedWhy::NumberNeeded { url: url.to_owned() }.into());
            }
            None => FirstUse::remembering(Limits::default()),
        };
        self.first_use(&mut machine, location).map_err(|stuck| first_use_error(stuck, url))?;
        machine.finish().map_err(|refusal| RefusedWhy::FirstUse { url: url.to_owned(), refusal }.into())
    }

    pub(super) fn bring_up(
        &self,
        memory: &Memory,
        location: &Location,
        url: &str,
    ) -> Result<Memory, ClientError> {
        if self.reach == Reach::Offline && location.channel() != Channel::Local {
            return Err(ClientError::usage(
                "`trust add` of a web address needs the network; leave out `--offline`",
            ));
        }
        let now = self.time_after(std::slice::from_ref(memory));
        let mut refresh = begin(memory.clone(), now);
        self.first_refresh(&mut refresh, location).map_err(|stuck| {
            let (here, allowance) = (std::slice::from_ref(location), self.fetcher.unhurried());
            first_use_error(self.explained(stuck, memory, here, allowance), url)
        })?;
        Ok(refresh.into_memory())
    }

    /// Everything the entry will be but its scope, for the user to look at.
    fn preview(
        &self,
        url: &str,
        memory: Memory,
        request: &AddRequest,
        ring: &Ring,
    ) -> Result<Preview, ClientError> {
        self.refuse_known_chain(ring, &memory)?;
        let how = match request.number {
            Some(_) => How::Compared,
            None => match ring.removed(&memory.chain_id()) {
                Some(removed) => removed.learnt.how.clone(),
                None => How::Remembered(self.now),
            },
        };
        let learnt = Learnt { holds: Holds::Signed, how, on: self.now };
        let (chain, projects, number) =
            (memory.chain_id(), listed_projects(&memory).len(), memory.root().number());
        let provisional = EntryName::suggest("new database");
        let mut entry = Entry::database(provisional, url.to_owned(), chain, Scope::everything(), learnt);
        let database = Database::open(&entry, memory)?.ok_or_else(|| {
            let why = vec!["it has nothing to read".to_owned()];
            ClientError::from(Failed::Network { what: quoted(url).to_string(), why, hint: None })
        })?;
        let (title, maintainer) = (database.about().title.clone(), database.about().maintainer.clone());
        entry.name = match &request.name {
            Some(name) => entry_name(name)?,
            None => free_name(ring, &title),
        };
        Ok(Preview { entry, memory: database.memory().clone(), title, maintainer, number, projects })
    }

    /// A chain is one database under whatever address it comes.
    fn refuse_known_chain(&self, ring: &Ring, memory: &Memory) -> Result<(), ClientError> {
        for entry in ring.entries() {
            let known = self.memory_of(entry)?.numbers();
            if memory.numbers().iter().any(|number| known.contains(number)) {
                return Err(packman_trust::RingError::ChainPresent(entry.name.clone()).into());
            }
        }
        Ok(())
    }

    /// Without a number a person must agree to remember what is there.
    fn agree(&self, preview: &Preview, request: &AddRequest) -> Result<(), ClientError> {
        if request.number.is_some() || preview.entry.learnt.how == How::Compared {
            return Ok(());
        }
        let question = Question::Remember {
            url: preview.entry.url.clone(),
            title: preview.title.clone(),
            maintainer: preview.maintainer.clone(),
            number: preview.number,
            projects: preview.projects,
        };
        match self.host.decide(&question) {
            Decision::Yes => Ok(()),
            Decision::No | Decision::NobodyThere => Err(No::ConsentNeeded {
                what: format!(
                    "{} was not added: nobody agreed to remember it without its safety number",
                    quoted(&preview.entry.url)
                ),
                flag: "`--number`, with the safety number that its maintainer told you by another way than this \
                       address"
                    .to_owned(),
            }
            .into()),
        }
    }

    fn scope_for(&self, preview: &Preview, request: &AddRequest, ring: &Ring) -> Result<Scope, ClientError> {
        if let Some(scope) = &request.scope {
            return Ok(scope.clone());
        }
        if ring.entries().is_empty() {
            return Ok(Scope::everything());
        }
        if let Some(scope) = self.typed_scope(&preview.title) {
            return Ok(scope);
        }
        Err(No::ConsentNeeded {
            what: format!(
                "{} was not added: it is not the first, and nobody said what it may answer for",
                quoted(&preview.entry.url)
            ),
            flag: "`--scope`, with name patterns such as `lab-*`, or `*` for everything".to_owned(),
        }
        .into())
    }

    /// The patterns that a person types; what is no pattern is asked for again.
    fn typed_scope(&self, title: &str) -> Option<Scope> {
        const TIMES: usize = 5;
        let mut wrong = None;
        for _ in 0..TIMES {
            let typed = self.host.type_in(&Typed::Scope { title: title.to_owned(), wrong: wrong.take() })?;
            let words: Vec<&str> = typed.split([' ', ',', '\t']).filter(|word| !word.is_empty()).collect();
            wrong = Some(match (words.as_slice(), Scope::parse(&words)) {
                ([], _) => return None,
                // Whoever types this answers another question than the one that was asked.
                ([word], _) if matches!(word.to_lowercase().as_str(), "n" | "no") => return None,
                ([word], _) if matches!(word.to_lowercase().as_str(), "y" | "yes") => {
                    "name the projects, or type `*` for every project".to_owned()
                }
                (_, Ok(scope)) => return Some(scope),
                (_, Err(error)) => error.to_string(),
            });
        }
        None
    }

    /// Keeps the memory, then the ring: an entry never stands without its memory.
    fn enter(&self, preview: Preview, scope: Scope, request: &AddRequest) -> Result<Added, ClientError> {
        let Preview { mut entry, memory, title, maintainer, number, projects } = preview;
        entry.scope = scope;
        let entry = self.change_ring(|ring| {
            if request.name.is_none() {
                entry.name = free_name(ring, &title);
            }
            ring.add(entry.clone())?;
            let _: Replaced = self.keep_memory(&memory, &entry.chain)?;
            Ok(entry)
        })?;
        Ok(Added { assurance: self.ring()?.assurance(&entry), entry, title, maintainer, number, projects })
    }
}

/// A database as it would be added.
struct Preview {
    entry: Entry,
    memory: Memory,
    title: String,
    maintainer: String,
    number: SafetyNumber,
    projects: usize,
}

/// The web address that somebody meant who left out its beginning: what stands before the first `/` is a host's name.
fn meant_address(text: &str) -> Option<String> {
    let host = text.split('/').next()?;
    let (name, port) = host.split_once(':').map_or((host, None), |(name, port)| (name, Some(port)));
    let is_port = |port: &str| !port.is_empty() && port.bytes().all(|digit| digit.is_ascii_digit());
    let is_label = |label: &str| {
        !label.is_empty() && label.bytes().all(|letter| letter.is_ascii_alphanumeric() || letter == b'-')
    };
    let is_here = name == "localhost" || name.starts_with("127.");
    let is_name = is_here || (name.contains('.') && name.split('.').all(is_label));
    // `db.zip` is a file's name, and `example.org` may be one: with a port or a path behind it, it is a host's.
    if !is_name || !port.is_none_or(is_port) {
        return None;
    }
    let scheme = if is_here { "http" } else { "https" };
    Some(format!("{scheme}://{text}"))
}

/// The address as the ring keeps it: a folder by its absolute path, so that it means the same from everywhere.
fn stored_url(location: &Location) -> String {
    location.to_string()
}

/// A name that is not taken, made from a title.
fn free_name(ring: &Ring, title: &str) -> EntryName {
    let taken = |name: &EntryName| ring.entries().iter().any(|entry| &entry.name == name);
    let first = EntryName::suggest(title);
    if !taken(&first) {
        return first;
    }
    let numbered = (2_u32..).map(|count| EntryName::suggest(&format!("{first}-{count}")));
    numbered.into_iter().find(|name| !taken(name)).unwrap_or(first)
}

fn first_use_error(stuck: Stuck, url: &str) -> ClientError {
    match stuck {
        Stuck::Stopped => ClientError::Stopped,
        Stuck::Refused(refusal) => RefusedWhy::FirstUse { url: url.to_owned(), refusal }.into(),
        Stuck::Unreached(why) => {
            Failed::Network { what: quoted(url).to_string(), why: vec![why], hint: None }.into()
        }
    }
}
