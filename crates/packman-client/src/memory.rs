//! What is kept at home: the ring, and of each chain what is remembered. Damaged is never taken for empty.

use packman_machine::failure::DiskFailure;
use packman_machine::files::Exposure;
use packman_machine::home::{Home, Replaced};
use packman_machine::lock::FileLock;
use packman_machine::stop::note_change;
use packman_strict::Sha256;
use packman_trust::Ring;
use packman_tuf::Memory;

use crate::client::Client;
use crate::error::{ClientError, RefusedWhy};
use crate::host::Event;

pub(crate) const RING: &str = "ring.toml";

/// The file of a chain's memory. Its name is made of hexadecimal digits: no word from outside becomes a path.
pub(crate) fn memory_file(chain: &Sha256) -> String {
    format!("state/{chain}.tuf")
}

impl Client<'_> {
    /// Reads the ring, under the administrator's where he has one; one that is not there is empty.
    pub fn ring(&self) -> Result<Ring, ClientError> {
        let own = match self.home.read(RING)? {
            Some(bytes) => {
                self.refuse_exposed(RING)?;
                parsed(&bytes).map_err(|why| self.damaged(RING, why))?
            }
            None => Ring::default(),
        };
        Ok(match self.administrators(RING)? {
            Some((above, bytes)) => {
                let damaged = |why| RefusedWhy::StateDamaged { path: place_in(&above, RING), why };
                own.under(parsed(&bytes).map_err(damaged)?)
            }
            None => own,
        })
    }

    /// Reads a file of the administrator's home, which only root can have written. One that may not be read is no reason
    /// to go on without it.
    fn administrators(&self, file: &str) -> Result<Option<(Home, Vec<u8>)>, ClientError> {
        const HINT: &str = "ask your administrator to let you read it, and all of its folder";
        let Some(above) = self.home.administrators() else { return Ok(None) };
        let read = above.read(file).map_err(|failure| failure.with_hint(HINT))?;
        let Some(bytes) = read.filter(|_| !self.home.is_same_as(&above)) else { return Ok(None) };
        if let Some(exposed) = above.changeable_by_others_than_root(file)? {
            let (path, exposed) = (place_in(&above, file), exposed.display().to_string());
            return Err(RefusedWhy::AdministratorsExposed { path, exposed }.into());
        }
        Ok(Some((above, bytes)))
    }

    /// Keeps the ring.
    pub(crate) fn keep_ring(&self, ring: &Ring) -> Result<Replaced, DiskFailure> {
        let replaced = self.home.replace(RING, ring.encode().as_bytes())?;
        if replaced == Replaced::Written {
            note_change();
        }
        Ok(replaced)
    }

    /// Reads what is remembered of a chain: by the user, else by the administrator, from which the user's begins.
    pub(crate) fn memory(&self, chain: &Sha256) -> Result<Option<Memory>, ClientError> {
        let file = memory_file(chain);
        let (place, bytes) = match self.home.read(&file)? {
            Some(bytes) => {
                self.refuse_exposed(&file)?;
                (self.place_of(&file), bytes)
            }
            None => match self.administrators(&file)? {
                Some((above, bytes)) => (place_in(&above, &file), bytes),
                None => return Ok(None),
            },
        };
        let damaged = |why: String| ClientError::from(RefusedWhy::StateDamaged { path: place.clone(), why });
        let memory = Memory::parse(&bytes).map_err(|error| damaged(error.to_string()))?;
        // Whole and well signed, and still somebody else's: the ring says which chain it trusts.
        if memory.chain_id() != *chain {
            return Err(damaged("it is of another database than its name says".to_owned()));
        }
        Ok(Some(memory))
    }

    /// Keeps what is remembered of a chain.
    pub(crate) fn keep_memory(&self, memory: &Memory, chain: &Sha256) -> Result<Replaced, DiskFailure> {
        self.home.replace(&memory_file(chain), &memory.encode())
    }

    /// Keeps every other PackMan from changing the home until the lock is dropped.
    pub(crate) fn lock_home(&self) -> Result<FileLock, ClientError> {
        let waiting = || self.host.event(Event::Waiting { what: self.home.folder().display().to_string() });
        Ok(self.home.lock(self.stop, &waiting)?)
    }

    fn refuse_exposed(&self, file: &str) -> Result<(), ClientError> {
        match self.home.exposure(file)? {
            Some(Exposure::Private) | None => Ok(()),
            Some(exposure) => {
                let is_others = exposure == Exposure::OwnedByAnother;
                let owner = if is_others { self.home.other_owner(file) } else { None };
                Err(RefusedWhy::StateExposed { path: self.place_of(file), owner, all: self.exposed() }.into())
            }
        }
    }

    /// All that others can write of what is believed at home: who mends one is not to meet the next.
    fn exposed(&self) -> Vec<String> {
        let mut names = vec![RING.to_owned(), "state".to_owned()];
        names.extend(self.home.list("state").unwrap_or_default());
        self.home.exposed(&names).iter().map(|path| path.display().to_string()).collect()
    }

    fn damaged(&self, file: &str, why: String) -> ClientError {
        RefusedWhy::StateDamaged { path: self.place_of(file), why }.into()
    }

    fn place_of(&self, file: &str) -> String {
        place_in(self.home, file)
    }
}

fn parsed(bytes: &[u8]) -> Result<Ring, String> {
    let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
    Ring::parse(text).map_err(|error| error.to_string())
}

fn place_in(home: &Home, file: &str) -> String {
    home.folder().join(file).display().to_string()
}
