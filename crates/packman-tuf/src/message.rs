//! What signatures are over: the canonical form of the very value that is read afterwards, never held as a whole.

use std::cell::OnceCell;

use packman_strict::Sha256;
use packman_strict::json::Canonical;

/// The canonical form of a signed part, and its digest once somebody needs it.
pub(crate) struct Message<'v, 'a> {
    form: Canonical<'v, 'a>,
    sha256: OnceCell<Sha256>,
}

impl<'v, 'a> Message<'v, 'a> {
    pub(crate) const fn new(form: Canonical<'v, 'a>) -> Self {
        Self { form, sha256: OnceCell::new() }
    }

    /// Gives the form piece by piece.
    pub(crate) fn write(&self, out: &mut dyn FnMut(&[u8])) {
        self.form.write(out);
    }

    /// The SHA-256 of the form, computed once however many keys sign it.
    pub(crate) fn sha256(&self) -> Sha256 {
        *self.sha256.get_or_init(|| self.form.sha256())
    }
}
