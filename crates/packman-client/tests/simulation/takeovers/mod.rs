//! Takeovers: somebody gets hold of a host, a name or a key. Each is made against the real client, and ends as a user sees
//! it end: with the exit code and the stable code of `packman install`, or with what is installed.
//!
//! Ann vouches for `tool`. Ben uses it. Mallory wants his own `tool 9` on Ben's machine.

mod clocks;
mod hosts;
mod keys;
mod lists;
mod ring;
mod unstopped;

use packman_client::{Client, ClientError, Event};
use packman_database::Kind;
use packman_strict::time::Time;
use packman_tuf::{KeyId, Role, SafetyNumber};

use crate::publisher::{Publisher, wheel};
use crate::user::{User, changes, ended};
use crate::web::{Files, Web};

/// What an installation of what Ann vouched for first ends with.
const HONEST: &str = "0 tool 1";
/// What an installation of what Mallory made ends with.
const TAKEN: &str = "0 tool 9";

/// Ann, Ben, and the web between them.
struct Stage {
    web: Web,
    ann: Publisher,
    ben: User,
    now: Time,
}

impl Stage {
    /// Ann has published at `web`, and Ben trusts her by her number, which she told him on the telephone.
    fn new() -> Self {
        let stage = Self::without_ben();
        stage.ben_trusts(None).unwrap();
        stage
    }

    /// The same before Ben came.
    fn without_ben() -> Self {
        let (web, now) = (Web::new(), Time::parse_date("2026-01-01").unwrap());
        let mut ann = Publisher::new(Kind::Database, "web", 1_000, now);
        ann.release("tool", "1", wheel("tool", "1", "honest = 1"));
        ann.publish_on(&web, now);
        Self { web, ann, ben: User::new(), now }
    }

    /// Ben adds Ann's database by its number: this one, or that of its newest root.
    fn ben_trusts(&self, number: Option<SafetyNumber>) -> Result<(), ClientError> {
        let number = number.unwrap_or_else(|| self.ann.number());
        self.ben.adds(self.now, &self.web.url("web"), "web", Some(number), None).map(drop)
    }

    /// Ann publishes `tool 2` instead of what was wrong with `tool 1`.
    fn ann_mends(&mut self) -> Files {
        self.ann.release("tool", "2", wheel("tool", "2", "honest = 2"));
        self.ann.publish_on(&self.web, self.now)
    }

    /// So many days pass.
    fn days_pass(&mut self, days: i64) {
        self.now = self.now.plus_days(days);
    }

    /// Ben installs `tool`.
    fn installs(&self) -> String {
        self.ben.installs(self.now, "tool")
    }

    /// Ben does something with his ring; how that ends.
    fn ends<T>(&self, act: impl FnOnce(&Client<'_>) -> Result<T, ClientError>) -> String {
        ended(&self.ben.at(self.now, act))
    }

    /// Which changes Ben was told since he was asked last.
    fn told(&self) -> Vec<&'static str> {
        changes(&self.ben.heard())
    }

    /// Mallory with keys of his own alone, and Ann's name on what he publishes.
    fn stranger(&self) -> Publisher {
        let mut mallory = Publisher::new(Kind::Database, "web", 9_000, self.now);
        mallory.release("tool", "9", wheel("tool", "9", "evil = 9"));
        mallory
    }

    /// Mallory with all that Ann has published, and these keys of hers.
    fn thief(&self, stolen: &[KeyId]) -> Publisher {
        let mut mallory = self.ann.clone();
        mallory.repository = self.ann.repository.in_the_hands_of(stolen);
        mallory.release("tool", "9", wheel("tool", "9", "evil = 9"));
        mallory
    }

    /// The ids of Ann's keys for these roles.
    fn keys(&self, roles: &[Role]) -> Vec<KeyId> {
        let of_role = |role: &Role| self.ann.repository.signers(*role).into_iter().map(|key| key.id());
        roles.iter().flat_map(of_role).collect()
    }
}

const ONLINE: [Role; 2] = [Role::Snapshot, Role::Timestamp];

/// How often evidence was kept.
fn evidence(heard: &[Event]) -> usize {
    heard.iter().filter(|event| matches!(event, Event::Evidence { .. })).count()
}

/// Somebody who keeps a list at `site` that names a database there.
fn keeper(stage: &Stage, site: &str, seed: u16, number: SafetyNumber) -> Publisher {
    let mut keeper = Publisher::new(Kind::List, site, seed, stage.now);
    keeper.names("web", &stage.web.url("web"), number, "*");
    keeper.publish_on(&stage.web, stage.now);
    keeper
}

/// Ben subscribes to a list by its number.
fn subscribes(stage: &Stage, list: &Publisher) -> String {
    let url = stage.web.url(&list.site);
    ended(&stage.ben.adds(stage.now, &url, &list.site, Some(list.number()), None))
}
