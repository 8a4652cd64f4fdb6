//! Evidence: what contradicts itself, kept in a file of its own that a person can send to others.

use packman_machine::home::Home;
use packman_strict::Sha256;
use packman_strict::time::Time;
use packman_trust::{Entry, Evidence, Sight};

use super::Asked;
use crate::error::ClientError;

/// The file for what contradicts itself in an entry, where something does that is not kept yet. Its name is made of
/// hexadecimal digits: no word from outside becomes a path.
pub(super) fn file(
    home: &Home,
    entry: &Entry,
    asked: &Asked,
    now: Time,
) -> Result<Option<(String, Vec<u8>)>, ClientError> {
    let Some(witnessed) = &asked.witnessed else { return Ok(None) };
    let Some(Sight::TwoSigned { role, version }) = Sight::of_refusal(&witnessed.refusal) else {
        return Ok(None);
    };
    let Some(remembered) = asked.memory.seen_bytes(role) else { return Ok(None) };
    let path = format!("evidence/{}.json", Sha256::of(&[remembered, &witnessed.bytes].concat()));
    if home.read(&path)?.is_some() {
        return Ok(None);
    }
    let evidence = Evidence {
        name: entry.name.to_string(),
        url: entry.url.clone(),
        role,
        version,
        roots: asked.memory.roots().map(|root| root.bytes().to_vec()).collect(),
        remembered: remembered.to_vec(),
        found: witnessed.bytes.clone(),
        from: witnessed.from.clone(),
        at: now,
    };
    Ok(Some((path, evidence.encode())))
}
