//! `packman curate sign` and `refresh`.

use std::path::{Path, PathBuf};

use packman_client::Decision;
use packman_curate::{SignRequest, Staged, Together};
use packman_strict::json::Object;

use super::super::setting::Setting;
use super::person::Person;
use super::{absolute, curator};
use crate::args::{Common, SignArgs};
use crate::ending::Ending;
use crate::{output, words};

pub(super) fn sign(arguments: &SignArgs, common: &Common) -> Result<(), Ending> {
    let (dir, yes) = (arguments.dir.as_path(), arguments.yes);
    let setting = Setting::capture(common, yes)?;
    let person = Person::new(&setting);
    let curator = curator(&setting, &person);
    let folder = absolute(&setting, dir);
    let agree = |staged: &Staged| agree(&setting, staged, yes);
    let file = |path: &Option<PathBuf>| path.as_deref().map(|path| absolute(&setting, path));
    let together = Together {
        keys: arguments.key.iter().map(|path| absolute(&setting, path)).collect(),
        agent: arguments.ssh_agent.clone(),
        import: file(&arguments.import),
        export: file(&arguments.export),
        anew: arguments.anew,
    };
    let report = curator.sign(&SignRequest { folder: &folder, agree: &agree, together })?;
    if common.json {
        let answer = words::curate::staged_to_json(&report.staged, curator.now)
            .with("version", report.version)
            .with("number", report.number.to_string())
            .with("missing", words::keepers::missing_to_json(&report.missing))
            .with("roles", words::curate::expiry_to_json(&report.expiry));
        return Ok(output::answer(&answer.into())?);
    }
    setting.terminal.say_all(&words::keepers::signed(&report));
    if !report.missing.is_empty() || report.waits_for_online {
        setting.terminal.say_all(&words::keepers::next(&report, dir, arguments.export.as_deref()));
        return Ok(());
    }
    setting.terminal.say_all(&words::curate::expiry(&report.expiry, curator.now));
    setting.terminal.say(
        &match arguments.export.as_deref().filter(|file| absolute(&setting, file).exists()) {
            Some(file) => words::keepers::hand_on(file),
            None => format!("next: packman curate publish {} --to FOLDER", words::shell_path(dir)),
        },
    );
    Ok(())
}

/// Shows what would be signed, and asks; signing is never silent.
pub(super) fn agree(setting: &Setting, staged: &Staged, yes: bool) -> bool {
    let lines = words::curate::staged(staged, setting.now);
    if yes {
        setting.terminal.say_all(&lines);
        return true;
    }
    match setting.terminal.ask(&lines, "Do you vouch for this?") {
        Decision::Yes => true,
        Decision::No => false,
        Decision::NobodyThere => {
            // Whoever gives the flag the next time has seen what for.
            setting.terminal.say_all(&lines);
            false
        }
    }
}

pub(super) fn refresh(dir: &Path, common: &Common) -> Result<(), Ending> {
    let setting = Setting::capture(common, false)?;
    let person = Person::new(&setting);
    let curator = curator(&setting, &person);
    let report = curator.refresh(&absolute(&setting, dir))?;
    if common.json {
        let roles = words::curate::expiry_to_json(&report.expiry);
        return Ok(output::answer(
            &Object::new().with("version", report.version).with("roles", roles).into(),
        )?);
    }
    setting.terminal.say(&format!("signed timestamp {}", report.version));
    setting.terminal.say_all(&words::curate::expiry(&report.expiry, curator.now));
    setting.terminal.say(&format!("next: packman curate publish {} --to FOLDER", words::shell_path(dir)));
    Ok(())
}
