//! Adding a database to the ring: first use, and how we come to believe it.

use packman_database::{ABOUT_PATH, About, Kind};
use packman_machine::home::Replaced;
use packman_machine::location::{Channel, Location};
use packman_strict::quote::quoted;
use packman_trust::{
    Assurance, DATABASES_PATH, Database, Entry, EntryName, Holds, How, Learnt, List, Refused, Ring, Scope,
    WhyRefused,
};
use packman_tuf::{FirstUse, Limits, Memory, SafetyNumber};

use super::compare::{leads_to, root_with};
use super::entry_name;
use super::listed::{FoundListing, find_at, find_named};
use crate::client::{Client, Reach};
use crate::error::{ClientError, Failed, No, RefusedWhy, Usage};
use crate::host::{Decision, Question, Typed};
use crate::refresh::{Stuck, attached_to, begin, listed_projects};

/// A database or list to add.
#[derive(Clone, Debug)]
pub struct AddRequest {
    /// Its address, a folder, or the name that a list in the ring has for it.
    pub url: String,
    /// The user's word for it; else one is made from its title, or the list's.
    pub name: Option<String>,
    /// Its safety number, from a second channel.
    pub number: Option<SafetyNumber>,
    /// What it may answer for; else everything for the first of the ring, and asked for later ones.
    pub scope: Option<Scope>,
}

/// A database or list that was added.
#[derive(Debug)]
pub struct Added {
    /// Its entry.
    pub entry: Entry,
    /// What holds it and how we know.
    pub assurance: Assurance,
    /// Its title.
    pub title: String,
    /// Its scapegoat, or its keeper.
    pub maintainer: String,
    /// The safety number of its newest root.
    pub number: SafetyNumber,
    /// How many projects a database lists, or how many databases a list.
    pub holds: usize,
}

impl Client<'_> {
    /// Adds a database or a list: believes it by its number, by a list of the ring that names it, or at first sight when
    /// the user agrees.
    pub fn trust_add(&self, request: &AddRequest) -> Result<Added, ClientError> {
        let (mut ring, mut lists) = (self.ring()?, None);
        let found = if self.is_listed_name(&request.url, &ring) {
            let (now, heard) = self.lists()?;
            let found = find_named(&heard, &request.url)?;
            (ring, lists) = (now, Some(heard));
            Some(found)
        } else {
            None
        };
        let location = match &found {
            Some(found) => self.location(&found.url)?,
            None => self.place_to_add(&request.url)?,
        };
        let url = stored_url(&location);
        if let Some(present) = ring.entry_at(&url) {
            return self.add_again(present, request);
        }
        let lists = if let Some(lists) = lists {
            lists
        } else {
            let (now, heard) = self.lists()?;
            ring = now;
            heard
        };
        let found = found.or_else(|| find_at(&lists, &url).filter(|_| request.number.is_none()));
        let number = request.number.or(found.as_ref().map(|found| found.number));
        let known = self.remembered(&ring, &url, number)?;
        let memory = match known {
            Some(memory) => memory,
            None => self.goes_on(&ring, self.meet(&location, &url, number)?)?,
        };
        let memory = self.bring_up(&memory, &location, &url, None)?;
        let preview = self.preview(&url, memory, request, &ring, found.as_ref())?;
        let preview = self.hear(preview, request, &lists)?;
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
            holds: report.projects.len() + report.databases.len(),
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

    /// What is remembered of a chain that was removed and is met again, from whichever of its roots and wherever: a
    /// chain is one database, and what was seen of it stays seen.
    fn goes_on(&self, ring: &Ring, met: Memory) -> Result<Memory, ClientError> {
        for removed in ring.all_removed() {
            if let Some(kept) = self.memory(&removed.chain)?.filter(|kept| leads_to(&met, kept, self.now)) {
                return Ok(kept);
            }
        }
        Ok(met)
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
        kind: Option<Kind>,
    ) -> Result<Memory, ClientError> {
        if self.reach == Reach::Offline && location.channel() != Channel::Local {
            return Err(ClientError::usage(
                "`trust add` of a web address needs the network; leave out `--offline`",
            ));
        }
        let Some(kind) = kind else {
            // What it is stands in what it signed; what else is kept of it follows from that.
            let met = self.refreshed(memory, location, url, &[ABOUT_PATH])?;
            let about = met.good().and_then(|good| good.attached(ABOUT_PATH)).unwrap_or_default();
            let about = About::parse(about).map_err(|error| {
                let why = WhyRefused::Malformed { path: ABOUT_PATH.to_owned(), error };
                Refused { database: EntryName::suggest(url), why }
            })?;
            return self.bring_up(&met, location, url, Some(about.kind));
        };
        self.refreshed(memory, location, url, attached_to(kind))
    }

    fn refreshed(
        &self,
        memory: &Memory,
        location: &Location,
        url: &str,
        attached: &'static [&'static str],
    ) -> Result<Memory, ClientError> {
        let now = self.time_after(std::slice::from_ref(memory));
        let mut refresh = begin(memory.clone(), now, attached);
        self.first_refresh(&mut refresh, location).map_err(|stuck| {
            let (here, allowance) = (std::slice::from_ref(location), self.fetcher.unhurried());
            first_use_error(self.explained(stuck, memory, here, allowance, &mut None), url)
        })?;
        Ok(refresh.into_memory())
    }

    fn preview(
        &self,
        url: &str,
        memory: Memory,
        request: &AddRequest,
        ring: &Ring,
        found: Option<&FoundListing>,
    ) -> Result<Preview, ClientError> {
        self.refuse_known_chain(ring, &memory)?;
        let how = match (request.number, found) {
            (Some(_), _) => How::Compared,
            (None, Some(found)) => How::Listed(found.list.to_string()),
            (None, None) => match ring.removed(&memory.chain_id()) {
                Some(removed) => removed.learnt.how.clone(),
                None => How::Remembered(self.now),
            },
        };
        let learnt = Learnt { holds: Holds::Signed, how, on: self.now };
        let (chain, number) = (memory.chain_id(), memory.root().number());
        let (name, url) = (EntryName::suggest("new entry"), url.to_owned());
        let is_list = memory.good().is_some_and(|good| good.attached(DATABASES_PATH).is_some());
        let mut entry = if is_list && found.is_none() {
            Entry::list(name, url, chain, learnt)
        } else {
            Entry::database(name, url, chain, Scope::everything(), learnt)
        };
        let (about, holds, memory) = open_new(&entry, memory)?;
        entry.name = match (&request.name, found) {
            (Some(name), _) => entry_name(name)?,
            (None, Some(found)) => free_name(ring, found.name.as_str()),
            (None, None) => free_name(ring, &about.title),
        };
        entry.earlier.extend(request.number.filter(|number| root_with(&memory, *number).is_none()));
        let listed = found.filter(|_| request.number.is_none());
        entry.present.through = listed.map(|found| found.list.clone());
        let (title, maintainer) = (about.title, about.maintainer);
        let named_for = found.map(|found| (found.list.clone(), found.scope.clone()));
        Ok(Preview { entry, memory, title, maintainer, number, holds, named_for })
    }

    /// A chain is one database under whatever address it comes.
    fn refuse_known_chain(&self, ring: &Ring, memory: &Memory) -> Result<(), ClientError> {
        for entry in ring.all() {
            let known = self.memory_of(entry)?.numbers();
            if memory.numbers().iter().any(|number| known.contains(number)) {
                return Err(packman_trust::RingError::ChainPresent(entry.name.clone()).into());
            }
        }
        Ok(())
    }

    /// Without a number a person must agree to remember what is there.
    fn agree(&self, preview: &Preview, request: &AddRequest) -> Result<(), ClientError> {
        if request.number.is_some() || matches!(preview.entry.learnt.how, How::Compared | How::Listed(_)) {
            return Ok(());
        }
        let question = Question::Remember {
            url: preview.entry.url.clone(),
            title: preview.title.clone(),
            maintainer: preview.maintainer.clone(),
            number: preview.number,
            kind: preview.entry.kind,
            holds: preview.holds,
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
        let is_first = ring.entries().is_empty();
        let scope = match (preview.entry.kind, &request.scope, &preview.named_for) {
            (Kind::List, None, _) => return Ok(Scope::default()),
            (Kind::List, Some(_), _) => {
                return Err(ClientError::usage("a list answers for no project; leave out `--scope`"));
            }
            (Kind::Database, Some(scope), _) => Some(scope.clone()),
            (Kind::Database, None, Some((_, scope))) if is_first => Some(scope.clone()),
            (Kind::Database, None, None) if is_first => Some(Scope::everything()),
            (Kind::Database, None, _) => self.typed_scope(&preview.title),
        };
        let scope = scope.ok_or_else(|| No::ConsentNeeded {
            what: format!(
                "{} was not added: it is not the first, and nobody said what it may answer for",
                quoted(&preview.entry.url)
            ),
            flag: "`--scope`, with name patterns such as `lab-*`, or `*` for everything".to_owned(),
        })?;
        match &preview.named_for {
            // Whoever is believed because a list names him is believed for what it names him for. Who compared the number
            // himself decides himself.
            Some((list, wide)) if request.number.is_none() && !scope.is_within(wide) => {
                Err(ClientError::usage(format!(
                    "the scope `{scope}` is wider than what the list `{list}` names it for: `{wide}`"
                )))
            }
            _ => Ok(scope),
        }
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
        let Preview { mut entry, memory, title, maintainer, number, holds, named_for } = preview;
        entry.scope = scope;
        let (entry, assurance) = self.change_ring(|ring| {
            if request.name.is_none() {
                let wish = named_for.as_ref().map_or(title.as_str(), |_| entry.name.as_str()).to_owned();
                entry.name = free_name(ring, &wish);
            }
            ring.add(entry.clone())?;
            let _: Replaced = self.keep_memory(&memory, &entry.chain)?;
            let assurance = ring.assurance(&entry);
            Ok((entry, assurance))
        })?;
        Ok(Added { entry, assurance, title, maintainer, number, holds })
    }
}

/// A database or list as it would be added.
pub(super) struct Preview {
    pub(super) entry: Entry,
    pub(super) memory: Memory,
    title: String,
    maintainer: String,
    number: SafetyNumber,
    holds: usize,
    /// The list that names it, and for what.
    pub(super) named_for: Option<(EntryName, Scope)>,
}

/// Opens what was met: what it says of itself, and how many projects or databases it has.
fn open_new(entry: &Entry, memory: Memory) -> Result<(About, usize, Memory), ClientError> {
    let nothing = || {
        let why = vec!["it has nothing to read".to_owned()];
        ClientError::from(Failed::Network { what: quoted(&entry.url).to_string(), why, hint: None })
    };
    match entry.kind {
        Kind::List => {
            let list = List::open(entry, memory)?.ok_or_else(nothing)?;
            Ok((list.about().clone(), list.listings().iter().len(), list.memory().clone()))
        }
        Kind::Database => {
            let holds = listed_projects(&memory).len();
            let database = Database::open(entry, memory)?.ok_or_else(nothing)?;
            Ok((database.about().clone(), holds, database.memory().clone()))
        }
    }
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
    // A name that a rule counts on is for the user to give: a title must not make anybody a witness.
    let taken = |name: &EntryName| ring.entry(name).is_ok() || ring.is_counted_on(name);
    let first = EntryName::parse(title).unwrap_or_else(|_| EntryName::suggest(title));
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
