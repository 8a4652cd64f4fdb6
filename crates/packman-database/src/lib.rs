//! What a database says: of itself, of each project, and of what it takes back.
//!
//! Decides which bytes are a well-formed `about.json`, project record or `recalls.json`, and writes them.
//! Leaves to `packman-tuf` whether bytes are believed, and to `packman-trust` what may be done with them.
//!
//! The formats are described in `docs/formats/database.md`.

mod about;
mod file_url;
mod flat;
mod pack;
mod plist;
mod reading;
mod recalls;
mod record;

pub use about::{About, Kind};
pub use file_url::{FileUrl, UrlError, blob_path};
pub use flat::{Fit, FlatFile, FlatRecord};
pub use pack::Pack;
pub use plist::{Flavor, OldCode, OldDatabase, OldPackage, PlistError, Prerequisite};
pub use reading::{line_of_text, shortened};
pub use recalls::{Recall, Recalls};
pub use record::{
    CoreMetadata, FileName, MOST_ALSO, MalformedRecord, ProjectRecord, RecordedFile, Review, ReviewBasis,
    Reviewer,
};

/// The path of the target that describes the repository itself.
pub const ABOUT_PATH: &str = "about.json";

/// The path of the target that lists every recalled file.
pub const RECALLS_PATH: &str = "recalls.json";

/// The path of the target that holds all records in one file.
pub const PACK_PATH: &str = "projects.pack";

/// The path of the target that holds the record of `project`.
pub fn record_path(project: &packman_names::ProjectName) -> String {
    format!("projects/{project}.json")
}

/// The project whose record stands at `path`, where `path` is that of a record.
pub fn project_of_path(path: &str) -> Option<packman_names::ProjectName> {
    let name = path.strip_prefix("projects/")?.strip_suffix(".json")?;
    let project = packman_names::ProjectName::parse(name).ok()?;
    // Only the normalised spelling is a record's path: two paths for one project would be two answers.
    (project.as_str() == name).then_some(project)
}
