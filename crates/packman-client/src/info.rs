//! Everything there is to know of one project: releases, files, sizes, reviews, and what may not be installed.

use packman_database::Review;
use packman_names::{ProjectName, Version};
use packman_strict::Sha256;
use packman_trust::{Answer, Gate, Purpose, Quorum, Source};

use crate::client::Client;
use crate::error::ClientError;
use crate::offers::Packs;

/// One project as the database that answers for it has it.
#[derive(Clone, Debug)]
pub struct ProjectInfo {
    /// The project.
    pub project: ProjectName,
    /// What it is, in one line.
    pub summary: Option<String>,
    /// Which database answers for it, and under which assurance.
    pub source: Source,
    /// The rules of the ring by which others must agree with it.
    pub quorums: Vec<Quorum>,
    /// Its files, newest version first.
    pub files: Vec<FileInfo>,
}

/// One recorded file.
#[derive(Clone, Debug)]
pub struct FileInfo {
    /// Its name.
    pub filename: String,
    /// Its version.
    pub version: Version,
    /// Its size in bytes.
    pub size: u64,
    /// The SHA-256 of its bytes.
    pub sha256: Sha256,
    /// Who looked inside; `None` when nobody did.
    pub reviewed_by: Option<String>,
    /// The same in words, with whether it was a person, and how much of it.
    pub review: String,
    /// Why it was yanked at its source, where it was.
    pub yanked: Option<String>,
    /// Why it may not be installed: a stable code and the reason, where it may not.
    pub left_out: Option<(&'static str, String)>,
}

impl Client<'_> {
    /// Reports one project.
    pub fn info(&self, project: &ProjectName) -> Result<ProjectInfo, ClientError> {
        let gate = self.gate(Purpose::Look)?;
        self.tell_refused(&gate.refusals(), self.info_in(project, &gate))
    }

    fn info_in(&self, project: &ProjectName, gate: &Gate) -> Result<ProjectInfo, ClientError> {
        let packs = Packs::default();
        let wanted = match gate.ask(project)? {
            Answer::Record(wanted) => wanted,
            Answer::Nobody(nobody) => return Err(nobody.into()),
        };
        let offer = self.read_record(&wanted, &packs)?;
        let offered = offer.files()?;
        let offered = offered.iter().map(|file| FileInfo {
            filename: file.filename().to_owned(),
            version: file.version().clone(),
            size: file.size(),
            sha256: *file.sha256(),
            reviewed_by: file.review().map(|review| review.by.clone()),
            review: Review::told(file.review()),
            yanked: file.yanked().map(str::to_owned),
            left_out: None,
        });
        let left_out = offer.left_out().map(|file| FileInfo {
            filename: file.filename().to_owned(),
            version: file.version().clone(),
            size: file.size(),
            sha256: file.sha256(),
            reviewed_by: file.review().map(|review| review.by),
            review: Review::told(file.review().as_ref()),
            yanked: None,
            left_out: Some((file.why().code(), file.why().words())),
        });
        let mut files: Vec<FileInfo> = offered.chain(left_out).collect();
        files.sort_by(|one, other| {
            other.version.cmp(&one.version).then_with(|| one.filename.cmp(&other.filename))
        });
        let summary = offer.summary().map(str::to_owned);
        let (project, source) = (project.clone(), offer.source().clone());
        Ok(ProjectInfo { project, summary, source, quorums: wanted.rules().cloned().collect(), files })
    }
}
