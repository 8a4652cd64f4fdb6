//! Who signs: a key that was opened here, or one that the user's ssh-agent holds.

use packman_machine::ssh_agent::{AgentFailure, SshAgent, SshKey};
use packman_machine::stop::Stop;
use packman_tuf::{Envelope, KeyId, PublicKey, SigningKey, add_signature, put_signature};

use crate::error::{CurateError, Failed};

/// Somebody who can sign now.
#[derive(Clone)]
pub(crate) enum Signer {
    /// A key out of a file.
    Key(SigningKey),
    /// A key in an agent.
    Agent {
        /// The agent.
        agent: SshAgent,
        /// The key.
        key: SshKey,
        /// The user's wish to end it: an agent may ask a person.
        stop: Stop,
    },
}

impl Signer {
    /// The public half.
    pub(crate) fn public(&self) -> PublicKey {
        match self {
            Self::Key(key) => key.public(),
            Self::Agent { key, .. } => PublicKey::ed25519(key.public),
        }
    }

    /// The id of the key, as metadata lists it.
    pub(crate) fn id(&self) -> KeyId {
        self.public().id()
    }

    /// The file with one signature more. What an agent gives is verified before it is used.
    fn add(&self, path: &str, file: &[u8]) -> Result<Vec<u8>, CurateError> {
        let failed = |refusal: packman_tuf::Refusal| Failed::Unsignable(refusal.to_string());
        match self {
            Self::Key(key) => Ok(add_signature(path, file, key).map_err(failed)?),
            Self::Agent { agent, key, stop } => {
                let envelope = Envelope::parse(path, file, u64::MAX).map_err(failed)?;
                let signature = agent.sign(key, &envelope.to_sign().map_err(failed)?, stop)?;
                let put = put_signature(path, file, &self.public(), &signature);
                Ok(put.map_err(|refusal| Failed::Agent(refusal.to_string()))?)
            }
        }
    }
}

impl From<AgentFailure> for CurateError {
    fn from(failure: AgentFailure) -> Self {
        match failure {
            AgentFailure::Stopped => Self::Stopped,
            failure => Failed::Agent(failure.to_string()).into(),
        }
    }
}

/// The file with the signatures of all of these.
pub(crate) fn sign_file(path: &str, file: Vec<u8>, signers: &[Signer]) -> Result<Vec<u8>, CurateError> {
    signers.iter().try_fold(file, |file, signer| signer.add(path, &file))
}
