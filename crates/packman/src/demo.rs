//! The demonstration: the whole road in a scratch folder, then five attacks on it. Nothing outside the folder is touched.

mod attacks;
mod scapegoat;
mod stage;

use packman_client::{AddRequest as TrustRequest, Client, InstallRequest};
use packman_names::{ProjectName, Requirement};
use packman_resolve::Asked;
use packman_wheel::LinkMode;

use crate::commands::Setting;
use crate::ending::Ending;
use crate::output;
use crate::words;
use stage::Stage;

/// Plays the demonstration with small wheels, or with these packages from the configured index.
pub(crate) fn play(setting: &Setting, packages: &[Requirement]) -> Result<(), Ending> {
    let stage = Stage::build(setting, packages)?;
    heading("1. A scapegoat makes a database, and answers for it with his name")?;
    output::lines(stage.curate(packages)?.iter().map(|line| format!("   {line}")))?;

    heading("2. Anybody may carry it: here a mirror on this machine, over plain HTTP")?;
    say(&format!("{}: without a signature nobody would believe a byte of it", stage.mirror_url()))?;

    heading("3. You trust it by its safety number, which you were told by another way")?;
    let number = stage.number()?;
    let client = stage.client(stage.cache());
    let request = TrustRequest { url: stage.mirror_url(), name: None, number: Some(number), scope: None };
    let added = client.trust_add(&request)?;
    output::lines(words::trust::added(&added).iter().map(|line| format!("   {line}")))?;

    heading("4. You install: what is not in the database does not get in")?;
    let venv = stage.venv("venv")?;
    let wanted = stage.wanted();
    install(&client, &venv, &wanted)?;
    say(&stage.try_out(&venv)?)?;
    refuse_strangers(&client, &venv)?;

    heading("5. Five attacks")?;
    attacks::play(&stage, &wanted)?;
    heading("Your environment, your ring and your last good copy were never touched by any of them.")?;
    say("`packman explain CODE` says more of each; `packman curate start requirements.txt` begins for real")
}

fn heading(text: &str) -> Result<(), Ending> {
    Ok(output::lines(["", text])?)
}

fn say(text: &str) -> Result<(), Ending> {
    Ok(output::lines([format!("   {text}")])?)
}

fn request(venv: &std::path::Path, wanted: &[Requirement]) -> InstallRequest {
    InstallRequest {
        requirements: wanted.iter().cloned().map(Asked::here).collect(),
        pins: packman_client::Pins::new(),
        which: packman_client::WhichEnvironment::Venv(venv.to_owned()),
        compile_bytecode: false,
        link: LinkMode::default(),
    }
}

fn install(client: &Client<'_>, venv: &std::path::Path, wanted: &[Requirement]) -> Result<(), Ending> {
    let request = request(venv, wanted);
    let planned = client.plan_install(&request)?;
    output::lines(words::plan::plan(&planned).iter().skip(1).map(|line| format!("   {line}")))?;
    client.install(planned, &request)?;
    Ok(())
}

/// What nobody vouched for is refused even where the attacker needs no attack at all.
fn refuse_strangers(client: &Client<'_>, venv: &std::path::Path) -> Result<(), Ending> {
    let stranger = ProjectName::parse("gr33t").map_err(|error| Ending::usage(error.to_string()))?;
    let request = request(venv, &[Requirement::any(stranger)]);
    match client.plan_install(&request) {
        Err(error) if error.code() == "not-vouched" => {
            say(&format!("`packman install gr33t` (mistyped): {error}"))
        }
        Err(error) => Err(error.into()),
        Ok(_) => Err(bug("a project that nobody vouched for was planned")),
    }
}

/// The demonstration went wrong, which is our fault.
fn bug(what: &str) -> Ending {
    Ending::bug(format!("demo: {what}"))
}
