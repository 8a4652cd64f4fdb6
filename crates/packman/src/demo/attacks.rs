//! Five attacks, each as somebody in the middle could make it, and what stops each.

use packman_client::{Client, ClientError, Refreshed};
use packman_names::Requirement;
use packman_strict::Sha256;
use packman_strict::json::{Object, Value};
use packman_strict::time::Time;

use super::stage::Stage;
use super::{bug, request};
use crate::ending::Ending;

/// An attack: what is done, what would come of it elsewhere, and the code that stops it here.
struct Attack {
    title: &'static str,
    elsewhere: &'static str,
    code: &'static str,
    attempt: fn(&Stage<'_>, &[Requirement]) -> Result<ClientError, Ending>,
}

const ATTACKS: [Attack; 5] = [
    Attack {
        title: "a. A wheel is swapped on its host",
        elsewhere: "an installer that believes the host would run the stranger's code now",
        code: "hash-mismatch",
        attempt: swapped_wheel,
    },
    Attack {
        title: "b. A record is changed on the mirror, so that it names the swapped wheel",
        elsewhere: "a list of hashes that travels beside the files protects nobody",
        code: "hash-mismatch",
        attempt: changed_record,
    },
    Attack {
        title: "c. An old copy is replayed, signatures and all, from before a fix",
        elsewhere: "every signature is right; only who remembers what he saw notices",
        code: "rollback",
        attempt: replayed_copy,
    },
    Attack {
        title: "d. The mirror is frozen: 31 days later it still serves today's copy",
        elsewhere: "no signature is wrong and nothing went back; only a date tells",
        code: "expired",
        attempt: frozen_mirror,
    },
    Attack {
        title: "e. A stranger signs a database that looks the same, with his own keys",
        elsewhere: "TLS would not help: he may own the host",
        code: "bad-signature",
        attempt: strangers_signature,
    },
];

/// Plays them all, and stops if one were to succeed. Gives each with what stopped it.
pub(super) fn play(stage: &Stage<'_>, wanted: &[Requirement]) -> Result<Vec<Value<'static>>, Ending> {
    ATTACKS.iter().map(|attack| play_one(stage, wanted, attack)).collect()
}

fn play_one(stage: &Stage<'_>, wanted: &[Requirement], attack: &Attack) -> Result<Value<'static>, Ending> {
    let Attack { title, elsewhere, code, attempt } = attack;
    stage.tale.heading(title)?;
    let refused = attempt(stage, wanted)?;
    stage.restore();
    if refused.code() != *code {
        return Err(bug(&format!("{title}: found `{}`, wanted `{code}`", refused.code())));
    }
    stage.tale.say(elsewhere)?;
    stage.tale.say(&format!("refused ({code}): {refused}"))?;
    let because = refused.because();
    for line in &because {
        stage.tale.say(&format!("  because {line}"))?;
    }
    let because: Vec<Value<'static>> = because.into_iter().map(Value::from).collect();
    Ok(Object::new()
        .with("attack", *title)
        .with("code", *code)
        .with("message", refused.to_string())
        .with("because", because)
        .into())
}

fn swapped_wheel(stage: &Stage<'_>, wanted: &[Requirement]) -> Result<ClientError, Ending> {
    for wheel in stage.published_below("blobs")?.iter().filter(|path| is_wheel_of(path, wanted)) {
        stage.corrupt(wheel, flipped(stage.published(wheel)?));
    }
    install(stage, wanted, |_| {})
}

fn changed_record(stage: &Stage<'_>, wanted: &[Requirement]) -> Result<ClientError, Ending> {
    let records = stage.published_below("targets/projects")?;
    let record = find(&records, |path| {
        wanted.iter().any(|requirement| path.ends_with(&format!(".{}.json", requirement.name)))
    })?;
    let mut text = String::from_utf8_lossy(&stage.published(&record)?).into_owned();
    for wheel in stage.published_below("blobs")?.iter().filter(|path| is_wheel_of(path, wanted)) {
        let honest = stage.published(wheel)?;
        let (old, new) = (Sha256::of(&honest).to_string(), Sha256::of(&flipped(honest)).to_string());
        text = text.replace(&old, &new);
    }
    stage.corrupt(&record, text.into_bytes());
    install(stage, wanted, |_| {})
}

fn replayed_copy(stage: &Stage<'_>, _: &[Requirement]) -> Result<ClientError, Ending> {
    const TIMESTAMP: &str = "metadata/timestamp.json";
    let old = stage.published(TIMESTAMP)?;
    stage.scapegoat("scapegoat").refresh(stage)?;
    let client = stage.client(stage.cache());
    client.refresh()?;
    stage.corrupt(TIMESTAMP, old);
    refused_refresh(&client)
}

fn frozen_mirror(stage: &Stage<'_>, wanted: &[Requirement]) -> Result<ClientError, Ending> {
    install(stage, wanted, |client| client.now = in_31_days(client.now))
}

fn strangers_signature(stage: &Stage<'_>, _: &[Requirement]) -> Result<ClientError, Ending> {
    stage.corrupt("metadata/timestamp.json", stage.stranger()?);
    refused_refresh(&stage.client(stage.cache()))
}

/// Tries to install into a new environment, from a mirror that is asked for everything; gives the refusal.
fn install(
    stage: &Stage<'_>,
    wanted: &[Requirement],
    change: impl FnOnce(&mut Client<'_>),
) -> Result<ClientError, Ending> {
    let venv = stage.venv("victim")?;
    let cache = stage.empty_cache();
    let mut client = stage.client(&cache);
    change(&mut client);
    let request = request(&venv, wanted);
    let tried = client.plan_install(&request).and_then(|planned| client.install(planned, &request));
    let Err(refused) = tried else { return Err(bug("an attack succeeded")) };
    let installed = client.list(&request.which)?;
    std::fs::remove_dir_all(&venv)?;
    if installed.packages.is_empty() { Ok(refused) } else { Err(bug("a refusal left something behind")) }
}

fn refused_refresh(client: &Client<'_>) -> Result<ClientError, Ending> {
    for (_, how) in client.refresh()?.databases {
        if let Refreshed::Refused(refused) = how {
            return Ok(refused.into());
        }
    }
    Err(bug("an attack succeeded"))
}

fn in_31_days(now: Time) -> Time {
    now.plus_days(31)
}

/// The same file with one bit changed in its middle.
fn flipped(mut bytes: Vec<u8>) -> Vec<u8> {
    let middle = bytes.len() / 2;
    if let Some(byte) = bytes.get_mut(middle) {
        *byte ^= 1;
    }
    bytes
}

fn is_wheel_of(path: &str, wanted: &[Requirement]) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let wheel = packman_names::WheelName::parse(name);
    wheel.is_ok_and(|wheel| wanted.iter().any(|requirement| requirement.name == *wheel.project()))
}

fn find(paths: &[String], fits: impl Fn(&str) -> bool) -> Result<String, Ending> {
    paths.iter().find(|path| fits(path)).cloned().ok_or_else(|| bug("the mirror lacks what was published"))
}
