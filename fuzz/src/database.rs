//! What a database says.

use packman_database::{About, FlatRecord, Pack, ProjectRecord, Recalls};
use packman_names::ProjectName;
use packman_strict::Sha256;

use crate::{choose, round_trip};

/// Records, what stands beside them, the pack and the cached form of a record.
pub fn records(bytes: &[u8]) {
    let Some((choice, rest)) = choose(bytes) else { return };
    let project = ProjectName::parse("flask").expect("a name");
    let source = Sha256::of(b"source");
    match choice % 5 {
        0 => round_trip(rest, |bytes| About::parse(bytes).ok(), About::encode),
        1 => round_trip(rest, |bytes| Recalls::parse(bytes).ok(), Recalls::encode),
        2 => {
            let Ok(record) = ProjectRecord::parse(&project, rest) else { return };
            let flat = FlatRecord::encode(&record, &source);
            if let Some(flat) = FlatRecord::open(&project, &source, flat) {
                flat.files().for_each(|file| drop(file.decode()));
            }
            round_trip(rest, |bytes| ProjectRecord::parse(&project, bytes).ok(), ProjectRecord::encode);
        }
        3 => {
            if let Some(pack) = Pack::open(rest) {
                let _ = pack.record(&project);
            }
        }
        _ => {
            if let Some(flat) = FlatRecord::open(&project, &source, rest.to_vec()) {
                flat.files().for_each(|file| drop(file.decode()));
            }
        }
    }
}
