//! Old packs. Each signature over changed records makes a new pack as large as all records together, and nobody needs
//! one that is not the newest: a client that meets an old snapshot and no pack to it fetches single records, which stay.

use std::collections::BTreeSet;
use std::path::Path;

use packman_database::PACK_PATH;
use packman_machine::files;
use packman_strict::Sha256;
use packman_tuf::TargetInfo;

/// Removes the packs of a folder but for those that are named so. What cannot be listed or removed stays: it is in
/// nobody's way.
pub(crate) fn remove_all_but(folder: &Path, named: impl IntoIterator<Item = TargetInfo>) {
    let kept: BTreeSet<String> = named.into_iter().map(|info| info.file_path(PACK_PATH)).collect();
    for listed in files::list_tree(&folder.join("targets")).into_iter().flatten() {
        let path = format!("targets/{}", listed.path.as_str());
        if is_pack(listed.path.as_str()) && !kept.contains(&path) {
            let _ = files::remove_file(&folder.join(path));
        }
    }
}

fn is_pack(name: &str) -> bool {
    let hash = name.strip_suffix(PACK_PATH).and_then(|name| name.strip_suffix('.'));
    hash.is_some_and(|hash| Sha256::parse(hash).is_ok())
}
