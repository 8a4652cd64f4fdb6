//! sigstore-tuf as a whole process: `packman-bench-sigstore-tuf URL ROOT FOLDER TARGET` refreshes what is kept in FOLDER
//! and takes one target.

use sigstore_tuf::{FileStore, HttpRepository, Updater, UpdaterConfig};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [url, root, folder, target] = arguments.as_slice() else {
        return Err("wanted URL ROOT FOLDER TARGET".into());
    };
    // As it comes it reads 5 MB of targets and 2 MB of snapshot at most.
    let mut config = UpdaterConfig::default();
    (config.targets_max_length, config.snapshot_max_length) = (64 << 20, 16 << 20);
    let repository = HttpRepository::new(&format!("{url}/metadata/"))?
        .with_targets_base(&format!("{url}/targets/"))?;
    let mut updater = Updater::new(repository, &std::fs::read(root)?)?
        .with_config(config)
        .with_store(FileStore::new(folder));
    let now = jiff::Timestamp::now();
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        updater.refresh(now).await?;
        updater.get_target(target, now).await
    })?;
    Ok(())
}
