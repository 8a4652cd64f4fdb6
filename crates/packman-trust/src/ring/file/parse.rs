//! Reading the ring file, table by table. A word that nobody knows refuses the file.

use packman_database::Kind;
use packman_strict::Sha256;
use packman_strict::time::Time;
use packman_tuf::{Role, SafetyNumber};
use toml_edit::{DocumentMut, Item};

use super::super::above::Noted;
use super::super::{Entry, EntryName, Learnt, Owner, Policy, Preference, Quorum, Removed};
use super::{DamagedRing, Place};
use crate::assurance::{Holds, How};
use crate::change::{Present, TakenBack};
use crate::scope::Scope;

pub(super) fn policy(document: &DocumentMut) -> Result<Policy, DamagedRing> {
    let Some(item) = document.get("policy") else { return Ok(Policy::default()) };
    let table = item.as_table().ok_or_else(|| DamagedRing::new("`policy` is not `[policy]`"))?;
    let place = Place { table, name: "`[policy]`" };
    place.only(&["require-review", "forbid-unverified", "forbid-accept-expired"])?;
    let review = place.optional("require-review", |text| match text {
        "human" => Ok(()),
        other => {
            Err(DamagedRing::new(format!("`require-review` is `{}`, wanted `human`", other.escape_debug())))
        }
    })?;
    Ok(Policy {
        require_human_review: review.is_some(),
        forbid_unverified: place.flag("forbid-unverified")?,
        forbid_accept_expired: place.flag("forbid-accept-expired")?,
    })
}

pub(super) fn entry(place: &Place<'_>, kind: Kind) -> Result<Entry, DamagedRing> {
    const BOTH: [&str; 8] = ["name", "url", "chain", "holds", "learnt", "on", "two-heads", "leads-from"];
    const OF_DATABASES: [&str; 4] = ["scope", "through", "withdrawn", "kept"];
    let (known, scope) = match kind {
        Kind::List => (BOTH.to_vec(), Scope::default()),
        Kind::Database => ([BOTH.as_slice(), &OF_DATABASES].concat(), place.scope("scope")?),
    };
    place.only(&known)?;
    Ok(Entry {
        owner: Owner::User,
        kind,
        name: place.name_of("name")?,
        url: place.text("url")?.to_owned(),
        chain: place.chain()?,
        scope,
        learnt: place.learnt()?,
        present: present(place)?,
        earlier: earlier(place)?,
    })
}

fn present(place: &Place<'_>) -> Result<Present, DamagedRing> {
    let kept = place.flag("kept")?;
    let withdrawn =
        place.optional("withdrawn", |reason| Ok(TakenBack { reason: reason.to_owned(), kept }))?;
    if kept && withdrawn.is_none() {
        return Err(DamagedRing::new(format!("{} is `kept`, and not `withdrawn`", place.name)));
    }
    Ok(Present { through: place.optional("through", name)?, withdrawn, heads: place.heads()? })
}

fn earlier(place: &Place<'_>) -> Result<Vec<SafetyNumber>, DamagedRing> {
    if !place.table.contains_key("leads-from") {
        return Ok(Vec::new());
    }
    let number = |text: &str| SafetyNumber::parse(text).map_err(|error| DamagedRing::new(error.to_string()));
    place.texts("leads-from")?.into_iter().map(number).collect()
}

pub(super) fn removed(place: &Place<'_>) -> Result<Removed, DamagedRing> {
    place.only(&["url", "chain", "holds", "learnt", "on", "two-heads"])?;
    let (chain, learnt) = (place.chain()?, place.learnt()?);
    Ok(Removed { url: place.text("url")?.to_owned(), chain, learnt, heads: place.heads()? })
}

pub(super) fn noted(place: &Place<'_>) -> Result<Noted, DamagedRing> {
    place.only(&["chain", "withdrawn", "two-heads", "leads-from"])?;
    let taken = |reason: &str| Ok(TakenBack { reason: reason.to_owned(), kept: false });
    Ok(Noted {
        chain: place.chain()?,
        withdrawn: place.optional("withdrawn", taken)?,
        heads: place.heads()?,
        earlier: earlier(place)?,
    })
}

pub(super) fn preference(place: &Place<'_>) -> Result<Preference, DamagedRing> {
    place.only(&["database", "projects"])?;
    let (owner, database) = (Owner::User, place.name_of("database")?);
    Ok(Preference { owner, database, patterns: place.scope("projects")? })
}

pub(super) fn quorum(place: &Place<'_>) -> Result<Quorum, DamagedRing> {
    place.only(&["projects", "agree", "of"])?;
    let of: Vec<EntryName> = place.texts("of")?.into_iter().map(name).collect::<Result<_, _>>()?;
    let agree = place.table.get("agree").and_then(Item::as_integer);
    let agree = agree.and_then(|agree| usize::try_from(agree).ok()).unwrap_or_default();
    Quorum::new(place.scope("projects")?, agree, of).ok_or_else(|| {
        DamagedRing::new(format!(
            "`agree` of {} is no number from 1 to as many as `of` names, each once, for at least one of `projects`",
            place.name
        ))
    })
}

fn name(text: &str) -> Result<EntryName, DamagedRing> {
    EntryName::parse(text).map_err(|error| DamagedRing::new(error.to_string()))
}

impl Place<'_> {
    pub(super) fn only(&self, known: &[&str]) -> Result<(), DamagedRing> {
        match self.table.iter().find(|(key, _)| !known.contains(key)) {
            Some((key, _)) => Err(DamagedRing::new(format!(
                "{} has `{}`, which nobody knows",
                self.name,
                key.escape_debug()
            ))),
            None => Ok(()),
        }
    }

    fn text(&self, key: &str) -> Result<&str, DamagedRing> {
        let item = self.table.get(key).and_then(Item::as_str);
        item.ok_or_else(|| DamagedRing::new(format!("{} has no text `{key}`", self.name)))
    }

    fn scope(&self, key: &str) -> Result<Scope, DamagedRing> {
        Scope::parse(&self.texts(key)?).map_err(|error| DamagedRing::new(error.to_string()))
    }

    fn name_of(&self, key: &str) -> Result<EntryName, DamagedRing> {
        name(self.text(key)?)
    }

    fn chain(&self) -> Result<Sha256, DamagedRing> {
        let wanted = || DamagedRing::new(format!("{} has no `chain` of 64 hexadecimal digits", self.name));
        Sha256::parse(self.text("chain")?).map_err(|_| wanted())
    }

    fn learnt(&self) -> Result<Learnt, DamagedRing> {
        let holds = match self.text("holds")? {
            "signed" => Holds::Signed,
            "hash" => Holds::Hash,
            "unverified" => Holds::Unverified,
            other => return Err(DamagedRing::new(format!("`holds` is `{}`", other.escape_debug()))),
        };
        let words = self.text("learnt")?;
        let how = How::parse(words)
            .ok_or_else(|| DamagedRing::new(format!("`learnt` is `{}`", words.escape_debug())))?;
        let on =
            Time::parse_date(self.text("on")?).map_err(|error| DamagedRing::new(format!("`on`: {error}")))?;
        Ok(Learnt { holds, how, on })
    }

    pub(super) fn flag(&self, key: &str) -> Result<bool, DamagedRing> {
        let Some(item) = self.table.get(key) else { return Ok(false) };
        item.as_bool()
            .ok_or_else(|| DamagedRing::new(format!("`{key}` of {} is neither true nor false", self.name)))
    }

    fn optional<T>(
        &self,
        key: &str,
        read: impl FnOnce(&str) -> Result<T, DamagedRing>,
    ) -> Result<Option<T>, DamagedRing> {
        if self.table.contains_key(key) { read(self.text(key)?).map(Some) } else { Ok(None) }
    }

    fn texts(&self, key: &str) -> Result<Vec<&str>, DamagedRing> {
        let wanted = || DamagedRing::new(format!("{} has no list of texts `{key}`", self.name));
        let array = self.table.get(key).and_then(Item::as_array).ok_or_else(wanted)?;
        array.iter().map(|value| value.as_str().ok_or_else(wanted)).collect()
    }

    fn heads(&self) -> Result<Option<(Role, u64)>, DamagedRing> {
        self.optional("two-heads", |text| {
            let parsed = text.split_once(' ').and_then(|(role, version)| {
                Some((
                    Role::parse(role)?,
                    version.parse::<u64>().ok().filter(|parsed| parsed.to_string() == version)?,
                ))
            });
            parsed.ok_or_else(|| DamagedRing::new(format!("`two-heads` is `{}`", text.escape_debug())))
        })
    }
}
