//! What is installed and nobody vouches for any more, in words and as JSON.

use packman_client::{Lapse, Lapsed};
use packman_strict::json::{Object, Value};
use packman_strict::quote::quoted;

/// How many are named.
const TOLD: usize = 5;

/// One line for what lost its word, and one for each that was recalled.
pub(crate) fn lines(lapsed: &[Lapsed]) -> Vec<String> {
    let release = |one: &Lapsed| format!("{} {}", one.name, one.version);
    let withdrawn: Vec<String> =
        lapsed.iter().filter(|one| one.why == Lapse::Withdrawn).map(release).collect();
    let mut lines = Vec::new();
    if !withdrawn.is_empty() {
        let named = withdrawn.iter().take(TOLD).cloned().collect::<Vec<_>>().join(", ");
        let more = match withdrawn.len().checked_sub(TOLD) {
            None | Some(0) => String::new(),
            Some(more) => format!(" and {more} more"),
        };
        lines
            .push(format!("warning: nobody you trust vouches any more for what is installed: {named}{more}"));
    }
    lines.extend(lapsed.iter().filter_map(|one| match &one.why {
        Lapse::Recalled(reason) => {
            Some(format!("warning: {} was recalled since it was installed: {}", release(one), quoted(reason)))
        }
        Lapse::Withdrawn => None,
    }));
    lines
}

/// The same as JSON.
pub(crate) fn to_json(lapsed: &[Lapsed]) -> Vec<Value<'static>> {
    let one = |one: &Lapsed| {
        let recalled = match &one.why {
            Lapse::Recalled(reason) => Value::from(reason.clone()),
            Lapse::Withdrawn => Value::Null,
        };
        Value::from(
            Object::new()
                .with("name", one.name.as_str().to_owned())
                .with("version", one.version.to_string())
                .with("recalled", recalled),
        )
    };
    lapsed.iter().map(one).collect()
}
