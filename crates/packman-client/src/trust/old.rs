//! Reading one of the first PackMan's databases: as data, to be shown. Nothing in it is run, fetched or believed.

use packman_database::OldDatabase;
use packman_machine::files;

use crate::client::Client;
use crate::error::{ClientError, RefusedWhy};

/// Longer than any such list may be: what is longer is refused by its reader.
const LONGEST: u64 = 8 << 20;

/// How much of a file tells whether it is one.
const TELLING: usize = 2_048;

impl Client<'_> {
    /// Reads a property list of the first PackMan. `None` where there is no such file, or it is something else.
    pub fn old_database(&self, path: &str) -> Result<Option<OldDatabase>, ClientError> {
        let place = self.environ.folder().join(path);
        if !place.is_file() {
            return Ok(None);
        }
        let Ok(Some(bytes)) = files::read_file(&place, LONGEST) else { return Ok(None) };
        if !OldDatabase::is_one(bytes.get(..TELLING.min(bytes.len())).unwrap_or_default()) {
            return Ok(None);
        }
        let refused = |why| RefusedWhy::OldDatabase { path: path.to_owned(), why }.into();
        OldDatabase::parse(&bytes).map(Some).map_err(refused)
    }
}
