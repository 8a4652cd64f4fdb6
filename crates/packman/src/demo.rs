//! The demonstration: the whole road in a scratch folder, then five attacks on it. Nothing outside the folder is touched.

mod attacks;
mod scapegoat;
mod stage;

use packman_client::{AddRequest as TrustRequest, Client, InstallRequest, PlannedStep};
use packman_names::{ProjectName, Requirement};
use packman_requirements::Demand;
use packman_strict::json::{Object, Value};

use crate::commands::Setting;
use crate::ending::Ending;
use crate::output;
use crate::words;
use stage::Stage;

/// Where the demonstration tells its story: on standard output, or nowhere when nobody wants to read it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Tale {
    /// To people.
    Told,
    /// To nobody: they asked for quiet, or for JSON.
    Untold,
}

impl Tale {
    fn lines(self, indent: &str, lines: impl IntoIterator<Item = impl AsRef<str>>) -> Result<(), Ending> {
        match self {
            Self::Told => {
                let indented = lines.into_iter().map(|line| format!("{indent}{}", line.as_ref()));
                Ok(output::lines(indented)?)
            }
            Self::Untold => Ok(()),
        }
    }

    fn heading(self, text: &str) -> Result<(), Ending> {
        self.lines("", ["", text])
    }

    fn say(self, text: &str) -> Result<(), Ending> {
        self.lines("   ", [text])
    }
}

/// Plays the demonstration with small wheels, or with these packages from the configured index. Gives what there was to
/// see, for `--json`.
pub(crate) fn play(
    setting: &Setting,
    packages: &[Requirement],
    tale: Tale,
) -> Result<Object<'static>, Ending> {
    let stage = Stage::build(setting, packages, tale)?;
    tale.heading("1. A scapegoat makes a database, and answers for it with his name")?;
    tale.lines("   ", stage.curate(packages)?)?;

    tale.heading("2. Anybody may carry it: here a mirror on this machine, over plain HTTP")?;
    tale.say(&format!("{}: without a signature nobody would believe a byte of it", stage.mirror_url()))?;

    tale.heading("3. You trust it by its safety number, which you were told by another way")?;
    let number = stage.number()?;
    let client = stage.client(stage.cache());
    let request = TrustRequest { url: stage.mirror_url(), name: None, number: Some(number), scope: None };
    let added = client.trust_add(&request)?;
    tale.lines("   ", words::trust::added(&added))?;

    tale.heading("4. You install: what is not in the database does not get in")?;
    let venv = stage.venv("venv")?;
    let wanted = stage.wanted();
    let installed = install(&client, &venv, &wanted, tale)?;
    tale.say(&stage.try_out(&venv)?)?;
    tale.say(&refuse_strangers(&client, &venv)?)?;

    tale.heading("5. Five attacks")?;
    let attacks = attacks::play(&stage, &wanted)?;
    tale.heading("Your environment, your ring and your last good copy were never touched by any of them.")?;
    tale.say(
        "`packman explain CODE` says more of each; `packman curate start requirements.txt` begins for real",
    )?;
    Ok(Object::new()
        .with("assurance", added.assurance.to_string())
        .with("number", number.to_string())
        .with("installed", installed)
        .with("attacks", attacks))
}

fn request(venv: &std::path::Path, wanted: &[Requirement]) -> InstallRequest {
    let which = packman_client::WhichEnvironment::Venv(venv.to_owned());
    InstallRequest::of(&Demand::of(wanted.iter().cloned()), which)
}

fn install(
    client: &Client<'_>,
    venv: &std::path::Path,
    wanted: &[Requirement],
    tale: Tale,
) -> Result<Vec<Value<'static>>, Ending> {
    let request = request(venv, wanted);
    let planned = client.plan_install(&request)?;
    tale.lines("   ", words::plan::plan(&planned).iter().skip(1))?;
    let done = client.install(planned, &request)?;
    let package = |step: &PlannedStep| {
        let name = step.project.as_str().to_owned();
        Value::from(Object::new().with("name", name).with("version", step.version.to_string()))
    };
    Ok(done.steps.iter().map(package).collect())
}

/// What nobody vouched for is refused even where the attacker needs no attack at all.
fn refuse_strangers(client: &Client<'_>, venv: &std::path::Path) -> Result<String, Ending> {
    let stranger = ProjectName::parse("gr33t").map_err(|error| Ending::usage(error.to_string()))?;
    let request = request(venv, &[Requirement::any(stranger)]);
    match client.plan_install(&request) {
        Err(error) if error.code() == "not-vouched" => {
            Ok(format!("`packman install gr33t` (mistyped): {error}"))
        }
        Err(error) => Err(error.into()),
        Ok(_) => Err(bug("a project that nobody vouched for was planned")),
    }
}

/// The demonstration went wrong, which is our fault.
fn bug(what: &str) -> Ending {
    Ending::bug(format!("demo: {what}"))
}
