//! `packman trust`: the ring.

mod rules;

use packman_client::{
    AddRequest, Client, ClientError, Decision, Event, Host, ListedEntry, Question, RefreshReport, Refreshed,
    Typed,
};
use packman_database::{Kind, OldDatabase};
use packman_names::ProjectName;
use packman_strict::json::{Object, Value};
use packman_strict::quote::quoted;
use packman_trust::{EntryName, Scope};
use packman_tuf::SafetyNumber;

use super::setting::Setting;
use crate::args::{Common, TrustAddArgs, TrustCommand};
use crate::ending::{Ending, answered};
use crate::{output, words};

pub(super) fn run(command: TrustCommand, common: &Common) -> Result<(), Ending> {
    let setting = Setting::capture(common, false)?;
    let client = setting.client();
    // What was done to an entry, for people; as JSON, what the entry is now.
    let done = |name: &str, line: String| -> Result<(), Ending> {
        if common.json {
            return Ok(output::answer(&words::trust::to_json(&client.trust_show(name)?))?);
        }
        Ok(output::lines([line])?)
    };
    match command {
        TrustCommand::Add(arguments) => add(&setting, arguments, common),
        TrustCommand::List => {
            let listed = client.trust_list()?;
            if common.json {
                let of = |kind: Kind| -> Vec<Value<'static>> {
                    let all = listed.iter().flatten().filter(|report| report.entry.kind == kind);
                    all.map(words::trust::to_json).collect()
                };
                let answer =
                    Object::new().with("databases", of(Kind::Database)).with("lists", of(Kind::List));
                let answer = words::rules::with_json(answer, &client.trust_rules()?);
                return answered(answer, unreported(listed));
            }
            output::lines(words::trust::list(&listed))?;
            output::lines(words::rules::lines(&client.trust_rules()?))?;
            unreported(listed)
        }
        TrustCommand::Show { name } => {
            // A name has no slash; what is a file and no name is read as evidence.
            let is_entry = EntryName::parse(&name)
                .is_ok_and(|name| client.ring().is_ok_and(|ring| ring.entry(&name).is_ok()));
            if let (false, Some(list)) = (is_entry, client.old_database(&name)?) {
                return show_old(&list, common, Ok(()));
            }
            if let (false, Some(report)) = (is_entry, client.trust_evidence(&name)?) {
                if common.json {
                    return Ok(output::answer(&words::evidence::to_json(&report))?);
                }
                return Ok(output::lines(words::evidence::lines(&report))?);
            }
            let report = client.trust_show(&name)?;
            if common.json {
                return Ok(output::answer(&words::trust::to_json(&report))?);
            }
            Ok(output::lines(words::trust::show(&report))?)
        }
        TrustCommand::Refresh => refresh(&setting, common),
        TrustCommand::Compare { name, number } => {
            let number = parse_number(&number.join(" "))?;
            let compared = client.trust_compare(&name, number)?;
            done(&name, words::trust::compared(&name, compared))
        }
        TrustCommand::Scope { name, pattern } => {
            let scope = parse_scope(&pattern)?;
            let line = format!("`{name}` answers for {scope} from now on");
            client.trust_scope(&name, scope)?;
            done(&name, line)
        }
        TrustCommand::Prefer { name, project } => {
            client.trust_prefer(&name, &parse_projects(&project)?)?;
            let what =
                if project.is_empty() { "all it may answer for".to_owned() } else { project.join(", ") };
            done(&name, format!("`{name}` answers first for {what}"))
        }
        TrustCommand::Quorum { agree, of, projects, remove } => {
            let projects = parse_scope(&projects)?;
            if remove {
                client.trust_quorum_remove(&projects)?;
            } else if let Some(agree) = agree {
                client.trust_quorum(&rules::quorum(projects, agree, &of)?)?;
            }
            rules::answer(&client, common)
        }
        TrustCommand::Policy { set } => {
            if !set.is_empty() {
                let wishes = set.iter().map(|text| rules::wish(text)).collect::<Result<Vec<_>, _>>()?;
                client.trust_policy(|policy| wishes.iter().fold(policy, |policy, wish| wish.on(policy)))?;
            }
            rules::answer(&client, common)
        }
        TrustCommand::Keep { name } => {
            client.trust_keep(&name)?;
            done(&name, format!("`{name}` is kept, though it was taken back"))
        }
        TrustCommand::Remove { name } => {
            let removed = client.trust_remove(&name)?;
            if common.json {
                let answer = Object::new().with("removed", removed.entry.name.as_str().to_owned());
                return Ok(output::answer(&Value::from(answer.with("url", removed.entry.url)))?);
            }
            Ok(output::lines([words::trust::removed(&removed)])?)
        }
    }
}

/// A list that lacks what there is to say of an entry ends as that entry by itself would.
fn unreported(listed: Vec<ListedEntry>) -> Result<(), Ending> {
    let mut endings =
        listed.into_iter().filter_map(Result::err).map(|unreported| Ending::from(unreported.error));
    let Some(mut first) = endings.next() else { return Ok(()) };
    for more in endings {
        first.because.push(format!("{}:", more.headline));
        first.because.extend(more.because);
        first
            .hints
            .extend(more.hints.into_iter().filter(|hint| !first.hints.contains(hint)).collect::<Vec<_>>());
    }
    Err(first)
}

/// What a database of the first PackMan holds, and how the command ends.
fn show_old(list: &OldDatabase, common: &Common, ended: Result<(), Ending>) -> Result<(), Ending> {
    if common.json {
        return answered(words::old::to_json(list), ended);
    }
    output::lines(words::old::lines(list))?;
    ended
}

/// Such a database is shown, and gets no power: what it names is held by nothing that is believed.
fn refuse_old(path: &str, list: &OldDatabase, common: &Common) -> Result<(), Ending> {
    let why = format!("{} was not added: nothing in it is held by a hash that counts", quoted(path));
    let ended = Ending::no("old-database", why)
        .hint("`packman curate init` begins a signed database of packages that you have checked yourself");
    show_old(list, common, Err(ended))
}

fn add(setting: &Setting, arguments: TrustAddArgs, common: &Common) -> Result<(), Ending> {
    if let Some(list) = setting.client().old_database(&arguments.url)? {
        return refuse_old(&arguments.url, &list, common);
    }
    let request = AddRequest {
        url: arguments.url,
        name: arguments.name,
        number: arguments.number.as_deref().map(parse_number).transpose()?,
        scope: if arguments.scope.is_empty() { None } else { Some(parse_scope(&arguments.scope)?) },
    };
    let added = setting.client().trust_add(&request)?;
    if common.json {
        let report = setting.client().trust_show(added.entry.name.as_str())?;
        return Ok(output::answer(&words::trust::to_json(&report))?);
    }
    Ok(output::lines(words::trust::added(&added))?)
}

/// Refreshes all, says how each went, and ends with the worst: a refusal before a mirror that was not reached.
fn refresh(setting: &Setting, common: &Common) -> Result<(), Ending> {
    let heard = Listed(&setting.terminal);
    let client = Client { host: &heard, ..setting.client() };
    let report = client.refresh()?;
    if common.json {
        let [lists, databases] = [&report.lists, &report.databases]
            .map(|some| some.iter().map(refreshed_to_json).collect::<Vec<Value<'static>>>());
        return answered(Object::new().with("databases", databases).with("lists", lists), worst(&report));
    }
    if report.all().next().is_none() {
        return Ok(output::lines(words::trust::list(&[]))?);
    }
    let row = |(name, how): &(EntryName, Refreshed)| vec![name.to_string(), word(how).to_owned()];
    output::lines(output::columns(&report.all().map(row).collect::<Vec<_>>()))?;
    worst(&report)
}

/// Who hears of everything but what the list of outcomes and the error below it say.
struct Listed<'h>(&'h dyn Host);

impl Host for Listed<'_> {
    fn event(&self, event: Event) {
        let is_listed = matches!(
            event,
            Event::RefreshRefused { .. } | Event::Unreached { .. } | Event::Changed { is_refusal: true, .. }
        );
        if !is_listed {
            self.0.event(event);
        }
    }

    fn decide(&self, question: &Question) -> Decision {
        self.0.decide(question)
    }

    fn type_in(&self, wanted: &Typed) -> Option<String> {
        self.0.type_in(wanted)
    }
}

fn word(how: &Refreshed) -> &'static str {
    match how {
        Refreshed::Newer => "newer",
        Refreshed::Same => "nothing newer",
        Refreshed::Unreached(_) => "not reached",
        Refreshed::Refused(_) => "refused",
        Refreshed::NotAsked => "not asked",
    }
}

fn refreshed_to_json((name, how): &(EntryName, Refreshed)) -> Value<'static> {
    let (code, because) = match how {
        Refreshed::Refused(refused) => (Value::from(refused.code()), Value::from(refused.because())),
        Refreshed::Unreached(why) => (Value::from("network"), Value::from(why.clone())),
        Refreshed::Newer | Refreshed::Same | Refreshed::NotAsked => (Value::Null, Value::Null),
    };
    Object::new()
        .with("name", name.as_str().to_owned())
        .with("outcome", word(how))
        .with("code", code)
        .with("because", because)
        .into()
}

/// The ending of a refresh: every database that gave nothing to go on from is named once, the refused ones first.
fn worst(report: &RefreshReport) -> Result<(), Ending> {
    let (mut refused, mut unreached) = (Vec::new(), Vec::new());
    for (name, how) in report.all() {
        match how {
            Refreshed::Refused(why) => refused.push(why),
            Refreshed::Unreached(why) => unreached.push((name, why)),
            Refreshed::Newer | Refreshed::Same | Refreshed::NotAsked => {}
        }
    }
    let many = refused.len() + unreached.len() > 1;
    let mut because = Vec::new();
    for why in &refused {
        let line = why.because();
        because.push(if many { format!("`{}`: {line}", why.database) } else { line });
    }
    for (name, why) in &unreached {
        because.push(if many { format!("`{name}` was not reached: {why}") } else { (*why).clone() });
    }
    let names = |names: Vec<&EntryName>| {
        let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        let noun = if quoted.len() == 1 { "database" } else { "databases" };
        format!("{noun} {}", quoted.join(", "))
    };
    let ending = match (refused.first(), unreached.as_slice()) {
        (None, []) => return Ok(()),
        (Some(first), _) => {
            let ending = Ending::from(ClientError::from((*first).clone()));
            let mut hints: Vec<String> = Vec::new();
            for refused in &refused {
                let more = Ending::from(ClientError::from((*refused).clone())).hints;
                hints.extend(more.into_iter().filter(|hint| !hints.contains(hint)).collect::<Vec<_>>());
            }
            let headline = match refused.as_slice() {
                [_] => ending.headline.clone(),
                many => format!("{} refused", names(many.iter().map(|why| &why.database).collect())),
            };
            Ending { headline, hints, ..ending }
        }
        (None, unreached) => {
            let names = names(unreached.iter().map(|(name, _)| *name).collect());
            let ending = Ending::failed(format!("{names} could not be reached"));
            Ending { code: "network", ..ending }.hint("the last good copy stays, and counts until it expires")
        }
    };
    Err(Ending { because, ..ending })
}

fn parse_number(text: &str) -> Result<SafetyNumber, Ending> {
    SafetyNumber::parse(text).map_err(|error| Ending::usage(error.to_string()))
}

fn parse_scope(patterns: &[String]) -> Result<Scope, Ending> {
    Scope::parse(patterns).map_err(|error| Ending::usage(error.to_string()))
}

/// Project names, as typed.
pub(super) fn parse_projects(names: &[String]) -> Result<Vec<ProjectName>, Ending> {
    names
        .iter()
        .map(|name| ProjectName::parse(name).map_err(|error| Ending::usage(error.to_string())))
        .collect()
}
