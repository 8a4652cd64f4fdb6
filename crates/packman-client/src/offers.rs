//! Offers: asks the gate for a project, and reads the record that the gate wants from the cache or a mirror.

use std::collections::HashMap;
use std::sync::Arc;

use packman_machine::location::Location;
use packman_machine::network::Fetched;
use packman_names::{ProjectName, Target};
use packman_resolve::{ListedWheel, Needs, Supplied, Supply, Unusable, choose_wheels};
use packman_strict::quote::quoted;
use packman_trust::{Answer, Gate, Nobody, Offer, OfferedFile, RecordWanted, Source, WhyNot};

use crate::client::Client;
use crate::error::{ClientError, Failed};
use crate::refresh::further_mirrors;

/// What the gate said of a project.
#[derive(Clone, Debug)]
pub(crate) enum Asked {
    /// The files that exist for this user.
    Offer(Arc<Offer>),
    /// Nobody vouches for it.
    Nobody(Nobody),
}

/// The offers of one run: each project is asked for once.
pub(crate) struct Offers<'c> {
    client: Client<'c>,
    gate: &'c Gate,
    target: &'c Target,
    asked: HashMap<ProjectName, Asked>,
}

impl<'c> Offers<'c> {
    pub(crate) fn new(client: Client<'c>, gate: &'c Gate, target: &'c Target) -> Self {
        Self { client, gate, target, asked: HashMap::new() }
    }

    /// Whether nobody vouches for a project that was asked for.
    pub(crate) fn nobody(&self, project: &ProjectName) -> Option<Nobody> {
        match self.asked.get(project)? {
            Asked::Nobody(nobody) => Some(nobody.clone()),
            Asked::Offer(_) => None,
        }
    }

    /// Asks for one project.
    pub(crate) fn ask(&mut self, project: &ProjectName) -> Result<Asked, ClientError> {
        if let Some(asked) = self.asked.get(project) {
            return Ok(asked.clone());
        }
        let asked = match self.gate.ask(project)? {
            Answer::Nobody(nobody) => Asked::Nobody(nobody),
            Answer::Record(wanted) => Asked::Offer(Arc::new(self.client.read_record(&wanted)?)),
        };
        self.asked.insert(project.clone(), asked.clone());
        Ok(asked)
    }
}

/// The resolver chooses among what the gate offers, and sees nothing else.
impl Supply for Offers<'_> {
    type File = OfferedFile;
    type Failure = ClientError;

    fn releases(&mut self, project: &ProjectName) -> Result<Supplied<OfferedFile>, ClientError> {
        let offer = match self.ask(project)? {
            Asked::Offer(offer) => offer,
            Asked::Nobody(_) => return Ok(Supplied::Nobody(packman_resolve::Nobody::Vouches)),
        };
        let wheels = offer.files().iter().filter_map(|file| {
            let requires_python = file.metadata().requires_python.as_deref();
            Some(ListedWheel {
                name: file.wheel()?,
                requires_python,
                yanked: file.yanked(),
                file: file.clone(),
            })
        });
        let mut releases = choose_wheels(wheels, self.target);
        for left_out in offer.left_out() {
            let unusable = match left_out.why() {
                WhyNot::SourceDistribution => Unusable::SourceOnly,
                why @ WhyNot::Recalled { .. } => {
                    Unusable::LeftOut { code: why.code(), words: format!("was {}", why.words()) }
                }
            };
            let version = left_out.version();
            let listed = releases.usable.iter().any(|release| release.version == *version);
            if !listed && !releases.unusable.iter().any(|(known, _)| known == version) {
                releases.unusable.push((version.clone(), unusable));
            }
        }
        Ok(Supplied::Releases(releases))
    }

    fn needs<'a>(&'a mut self, _: &ProjectName, file: &'a OfferedFile) -> Result<Needs<'a>, ClientError> {
        let metadata = file.metadata();
        Ok(Needs {
            requires_dist: metadata.requires_dist.as_slice().into(),
            provides_extra: metadata.provides_extra.as_slice().into(),
        })
    }
}

impl Client<'_> {
    /// Reads a record from the cache, else from the first mirror whose bytes have the signed hash.
    pub(crate) fn read_record(&self, wanted: &RecordWanted<'_>) -> Result<Offer, ClientError> {
        let target = wanted.target();
        if let Some(bytes) = self.cache.blob(&target.sha256) {
            return Ok(wanted.offer(&bytes)?);
        }
        let path = target.file_path(&wanted.path());
        let mut refused = None;
        let mut why = Vec::new();
        for place in self.places_of(wanted.source())? {
            match self.fetcher.get(&place, &path, target.length) {
                Ok(Fetched::Bytes(bytes)) => match wanted.offer(&bytes) {
                    Ok(offer) => {
                        self.cache.put_known_blob(&target.sha256, &bytes);
                        return Ok(offer);
                    }
                    Err(refusal) => refused = Some(refusal),
                },
                Ok(Fetched::Missing) => why.push(format!("{place}: it has no such file")),
                Err(failure) => why.push(failure.to_string()),
            }
        }
        match refused {
            Some(refused) => Err(refused.into()),
            None => Err(Failed::Network { what: quoted(&path).to_string(), why }.into()),
        }
    }

    /// The places that serve a database's own files.
    pub(crate) fn places_of(&self, source: &Source) -> Result<Vec<Location>, ClientError> {
        let mut places = vec![self.location(&source.url)?];
        places.extend(further_mirrors(&source.mirrors));
        Ok(places)
    }
}
