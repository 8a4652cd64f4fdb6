//! What is read of one file of a wheel: all of it where it is short enough to be compared line by line, else what can be
//! said of it without keeping it.

use packman_strict::zip::Scratch;
use packman_wheel::{WheelFile, WheelRefusal};

use super::kind::{ENOUGH, Kind};
use super::scan::{Found, Scanner};

/// The longest file that is kept whole, in bytes: two of them are in memory at once.
const LONGEST: usize = 8 << 20;

/// One file that was read.
pub(super) struct Content {
    /// Its first bytes.
    pub(super) head: Vec<u8>,
    /// What it is.
    pub(super) kind: Kind,
    /// All of it, where it is short enough.
    pub(super) whole: Option<Vec<u8>>,
    /// What was found in a text that is too long for that.
    pub(super) found: Option<Found>,
}

impl Content {
    /// Reads a file, once.
    pub(super) fn read(file: &WheelFile<'_>, scratch: &mut Scratch) -> Result<Self, WheelRefusal> {
        let (mut kept, mut long): (Vec<u8>, Option<Option<Scanner>>) = (Vec::new(), None);
        file.read_pieces(scratch, |piece| match &mut long {
            Some(Some(scanner)) => scanner.piece(piece),
            Some(None) => {}
            None => {
                kept.extend_from_slice(piece);
                if kept.len() > LONGEST {
                    let mut scanner = is_text(file.path(), &kept).then(Scanner::default);
                    if let Some(scanner) = &mut scanner {
                        scanner.piece(&kept);
                    }
                    kept.truncate(ENOUGH);
                    long = Some(scanner);
                }
            }
        })?;
        let head = kept.get(..ENOUGH).unwrap_or(&kept).to_vec();
        let kind = Kind::of(file.path(), &head);
        let (whole, found) = match long {
            None => (Some(kept), None),
            Some(scanner) => (None, scanner.map(Scanner::finish)),
        };
        Ok(Self { head, kind, whole, found })
    }

    /// The text, where it is one that was kept.
    pub(super) fn text(&self) -> Option<&[u8]> {
        self.whole.as_deref().filter(|_| matches!(self.kind, Kind::Code | Kind::Text))
    }

    /// What is in it as a whole.
    pub(super) fn found(&self) -> Found {
        match (&self.found, self.text()) {
            (Some(found), _) => found.clone(),
            (None, Some(text)) => {
                let mut scanner = Scanner::default();
                scanner.piece(text);
                scanner.finish()
            }
            (None, None) => Found::default(),
        }
    }
}

fn is_text(path: &str, bytes: &[u8]) -> bool {
    let head = bytes.get(..ENOUGH).unwrap_or(bytes);
    matches!(Kind::of(path, head), Kind::Code | Kind::Text)
}
