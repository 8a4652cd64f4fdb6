//! `packman curate rotate`.

use packman_curate::RotateRequest;
use packman_strict::json::{Object, Value};

use super::super::setting::Setting;
use super::person::Person;
use super::{absolute, curator};
use crate::args::{Common, RotateArgs};
use crate::ending::Ending;
use crate::{output, words};

pub(super) fn run(arguments: &RotateArgs, common: &Common) -> Result<(), Ending> {
    let setting = Setting::capture(common, false)?;
    let person = Person::new(&setting);
    let curator = curator(&setting, &person);
    let report = curator.rotate(&RotateRequest {
        folder: absolute(&setting, &arguments.dir),
        root: arguments.root,
        targets: arguments.targets,
        online: arguments.online,
        keys: arguments.key.iter().map(|path| absolute(&setting, path)).collect(),
        root_keys: arguments.root_key.iter().map(|path| absolute(&setting, path)).collect(),
        threshold: arguments.threshold,
        targets_keys: arguments.targets_key.iter().map(|path| absolute(&setting, path)).collect(),
        targets_threshold: arguments.targets_threshold,
        agent: arguments.ssh_agent.clone(),
        spare: arguments.spare.as_deref().map(|path| absolute(&setting, path)),
        no_passphrase: arguments.no_passphrase,
    })?;
    if common.json {
        let spare = report.spare.as_ref().map(|path| Value::from(path.display().to_string()));
        let retired: Vec<Value<'static>> =
            report.retired.iter().map(|path| Value::from(path.display().to_string())).collect();
        let answer = Object::new()
            .with("version", report.version)
            .with("number", report.number.to_string())
            .with("root-expires", report.root_expires.to_string())
            .with("spare-key", spare.unwrap_or(Value::Null))
            .with("retired-keys", retired)
            .with("missing", words::keepers::missing_to_json(&report.missing))
            .with("roles", words::curate::expiry_to_json(&report.expiry));
        return Ok(output::answer(&answer.into())?);
    }
    let lines = words::curate::rotated(&report, &arguments.dir.display().to_string(), curator.now);
    setting.terminal.say_all(&lines);
    Ok(())
}
