//! `packman doctor`: what is there, what is used, what is missing, and the remedy.
//!
//! Looks and changes nothing. Of hosts only those in the trust ring are asked, and none with `--offline`.

use std::path::Path;

use packman_client::{ClientError, EntryReport, ListedEntry};
use packman_machine::clock;
use packman_machine::files;
use packman_machine::location::Location;
use packman_machine::network::{CHOICE, Fetched, TlsMeans, TlsThere};
use packman_machine::python::Pythons;
use packman_strict::quote::quoted;
use packman_strict::time::Time;
use packman_trust::Age;

use super::setting::{RELEASED, Setting};
use crate::args::Common;
use crate::ending::{Ending, answered};
use crate::words::doctor::Check;
use crate::{output, words};

/// Of a machine on which something has to be done before PackMan can work as it should.
const CODE: &str = "needs-remedy";

/// The longest answer that a host is asked for, in bytes.
const LONGEST: u64 = 1 << 20;

pub(super) fn run(common: &Common) -> Result<(), Ending> {
    let setting = Setting::capture(common, false)?;
    let mut checks = vec![home(&setting), cache(&setting), tls(setting.fetcher.tls())];
    checks.extend(proxies(&setting));
    match setting.client().trust_list() {
        Err(error) => {
            checks.push(time(&[]));
            checks.push(wrong("trust ring", error));
        }
        Ok(entries) => {
            checks.push(time(&entries));
            if entries.is_empty() {
                let none = Check::note("trust ring", "no database is trusted yet");
                checks.push(none.remedy("`packman trust add URL --number NUMBER`"));
            }
            checks.extend(entries.into_iter().map(|entry| one_entry(&setting, entry)));
        }
    }
    checks.push(python(&setting));
    let wrong = checks.iter().filter(|check| check.is_wrong()).count();
    let ended = match wrong {
        0 => Ok(()),
        wrong => {
            Err(Ending::no(CODE, format!("{} a remedy", words::count(wrong, "thing needs", "things need"))))
        }
    };
    if common.json {
        return answered(words::doctor::to_json(&checks), ended);
    }
    output::lines(words::doctor::lines(&checks))?;
    ended
}

fn shown(path: &Path) -> String {
    quoted(&path.to_string_lossy()).to_string()
}

fn home(setting: &Setting) -> Check {
    let folder = setting.home.folder();
    let at = shown(folder);
    if !folder.exists() {
        return Check::fine("home", format!("{at}, not made yet"));
    }
    if files::is_exposed(folder) {
        let remedy =
            format!("`chmod go-w {}`, after a look at what others changed there", words::shell_path(folder));
        return Check::wrong(
            "home",
            format!("{at}: others can write there, so nothing in it is believed"),
            remedy,
        );
    }
    match files::unwritable(folder) {
        Some(_) => Check::note(
            "home",
            format!("{at}, which may only be read: what is newer is used and not remembered"),
        ),
        None => Check::fine("home", at),
    }
}

fn cache(setting: &Setting) -> Check {
    match setting.cache.existing() {
        Some(folder) if files::unwritable(folder).is_some() => {
            let words = format!("{}, which may only be read: what is fetched is not kept", shown(folder));
            Check::note("cache", words).remedy("name another with PACKMAN_CACHE_DIR")
        }
        Some(folder) if !folder.exists() => Check::fine("cache", format!("{}, not made yet", shown(folder))),
        Some(folder) => Check::fine("cache", shown(folder)),
        None => Check::note("cache", "there is no place for one: everything is fetched anew")
            .remedy("name a folder of your own with PACKMAN_CACHE_DIR"),
    }
}

/// The clock beside what is known to have passed, and beside what has expired.
fn time(entries: &[ListedEntry]) -> Check {
    let now = clock::now();
    let reports: Vec<&EntryReport> = entries.iter().filter_map(|entry| entry.as_ref().ok()).collect();
    let verified = reports.iter().filter_map(|report| report.verified_at);
    let floor = verified.chain([RELEASED]).max().unwrap_or(RELEASED);
    if now < floor {
        let words = format!("it says {now}, and it is {floor} at least: PackMan goes by the later time");
        return Check::wrong("clock", words, SET_CLOCK);
    }
    let ends: Vec<Time> = reports.iter().filter_map(|report| report.good_until).collect();
    if !ends.is_empty() && ends.iter().all(|end| *end < now) {
        let words =
            format!("it says {now}, and by that all that you trust has expired; if it is wrong, that is why");
        return Check::note("clock", words).remedy(SET_CLOCK);
    }
    Check::fine("clock", format!("it says {now}"))
}

const SET_CLOCK: &str = "set the clock of this machine: `timedatectl` shows whether something keeps it right";

fn tls(there: &TlsThere) -> Check {
    let mut others = Vec::new();
    if there.used != TlsMeans::Bundled && there.bundled {
        others.push("root certificates that are built in".to_owned());
    }
    if let (Some(curl), false) = (&there.curl, matches!(there.used, TlsMeans::Curl(_))) {
        others.push(shown(curl));
    }
    let others = if others.is_empty() {
        String::new()
    } else {
        format!("; there, and not used: {}", others.join(", "))
    };
    let check = match (&there.used, &there.asked) {
        (TlsMeans::Nothing, Some(asked)) => {
            let remedy = format!(
                "unset {CHOICE}, or set it to `platform`, `bundled`, or `curl` where that is installed"
            );
            return Check::wrong("tls", format!("{CHOICE} is {}, which is not there", quoted(asked)), remedy);
        }
        (TlsMeans::Nothing, None) => {
            return Check::wrong(
                "tls",
                "nothing here verifies certificates, so `https` is not spoken",
                INSTALL_CERTIFICATES,
            );
        }
        (TlsMeans::Platform, _) => return platform(there, &others),
        (TlsMeans::Bundled, _) => "the root certificates that are built in".to_owned(),
        (TlsMeans::Curl(curl), _) => format!("the command {}", shown(curl)),
    };
    let why = match &there.asked {
        Some(_) => format!("as {CHOICE} says"),
        None => "since the platform has no certificates".to_owned(),
    };
    let check = Check::note("tls", format!("{check}, {why}{others}"));
    if there.asked.is_some() { check } else { check.remedy(INSTALL_CERTIFICATES) }
}

const INSTALL_CERTIFICATES: &str = "install the certificates of the system (the package is mostly called \
                                    `ca-certificates`), or name a file of your own with SSL_CERT_FILE";

fn platform(there: &TlsThere, others: &str) -> Check {
    let named: Vec<String> =
        there.named.iter().map(|(name, path)| format!("{name} {}", shown(path))).collect();
    let from = if named.is_empty() { String::new() } else { format!(", of {}", named.join(" and ")) };
    if there.platform == Some(0) {
        let unread = there.unread.first().map_or_else(String::new, |why| format!(": {}", quoted(why)));
        let words =
            format!("no certificate can be read{from}{unread}; nobody else is trusted in their place");
        let remedy = if named.is_empty() {
            INSTALL_CERTIFICATES
        } else {
            "name a file of certificates (PEM) that is there, or unset it"
        };
        return Check::wrong("tls", words, remedy);
    }
    let count = there.platform.map_or_else(String::new, |count| {
        format!(" with {}", words::count(count, "certificate", "certificates"))
    });
    Check::fine("tls", format!("the platform's own verifier{count}{from}{others}"))
}

fn proxies(setting: &Setting) -> Vec<Check> {
    let words = |of: &str, value: &str| match of {
        "no" => format!("not used for {}", quoted(value)),
        of => format!("`{of}` goes through {}", quoted(value)),
    };
    let proxies = setting.fetcher.proxies();
    proxies.iter().map(|proxy| Check::fine("proxy", words(proxy.of, &proxy.value))).collect()
}

/// What an error says, and the first way on.
fn wrong(subject: &str, error: ClientError) -> Check {
    let ending = Ending::from(error);
    let because = ending.because.first().map_or_else(String::new, |why| format!(": {why}"));
    let remedy = ending.hints.first().cloned().unwrap_or_default();
    Check::wrong(subject, format!("{}{because}", ending.headline), remedy)
}

fn one_entry(setting: &Setting, entry: ListedEntry) -> Check {
    let report = match entry {
        Ok(report) => report,
        Err(unreported) => {
            let unreported = *unreported;
            return wrong(unreported.entry.name.as_str(), unreported.error);
        }
    };
    let (name, url) = (report.entry.name.as_str(), quoted(&report.entry.url).to_string());
    let (reached, remedy) = reach(setting, &report.entry.url);
    let age = match (&report.age, report.good_until) {
        (Some(Age::Expired { role, since }), _) => {
            let words = format!("{url}: its {role} expired on {}; {reached}", since.date());
            return Check::wrong(
                name,
                words,
                remedy.unwrap_or(
                    "`packman trust refresh`; if that does not help, its scapegoat has to sign again",
                ),
            );
        }
        (_, Some(until)) => format!("good until {}", until.date()),
        (_, None) => "nothing of it is kept yet".to_owned(),
    };
    let words = format!("{url}: {age}; {reached}");
    match remedy {
        // What is kept serves on while it is current.
        Some(remedy) => Check::note(name, words).remedy(remedy),
        None => Check::fine(name, words),
    }
}

/// Whether a place answers, and what to do where it does not.
fn reach(setting: &Setting, url: &str) -> (String, Option<&'static str>) {
    if setting.fetcher.is_offline() {
        return ("not asked, as `--offline` says".to_owned(), None);
    }
    let location = match Location::parse(url, setting.environ.folder()) {
        Ok(location) => location,
        Err(error) => {
            return (error.to_string(), Some("`packman trust remove` it, and add it by its address"));
        }
    };
    match setting.fetcher.get(&location, "metadata/timestamp.json", LONGEST) {
        Ok(Fetched::Bytes(_)) => ("it answers".to_owned(), None),
        Ok(Fetched::Missing) => ("it answers, and has no `metadata/timestamp.json`".to_owned(), None),
        Err(failure) => {
            let remedy = failure.hint().unwrap_or(
                "look whether the network is there and the address is right; what is kept serves on while it is current",
            );
            (format!("not reached: {}", failure.reason()), Some(remedy))
        }
    }
}

fn python(setting: &Setting) -> Check {
    match Pythons::new(&setting.environ, &setting.cache, &setting.stop).base(None) {
        Ok(python) => Check::fine("python", format!("{} {}", python.version, shown(&python.executable))),
        Err(failure) => {
            let remedy = failure.hint().unwrap_or("install Python 3.8 or later, or name one with `--python`");
            Check::note("python", failure.to_string()).remedy(remedy)
        }
    }
}
