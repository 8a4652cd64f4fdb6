//! An address with whoever publishes there: he signs in time or sleeps, it is up or down, and a mirror lags behind it.

use std::path::{Path, PathBuf};

use packman_database::Kind;
use packman_strict::time::Time;
use packman_tuf::{FirstUse, Limits, Role, SafetyNumber};

use crate::publisher::Publisher;
use crate::web::{Files, Web};

/// An address with whoever publishes there.
pub(crate) struct Place {
    pub(crate) publisher: Publisher,
    /// The user's word for it, and the list's.
    pub(crate) name: &'static str,
    /// Until then nobody signs anything.
    pub(crate) asleep_until: Time,
    /// Until then nobody answers at its address.
    pub(crate) down_until: Time,
    /// The numbers of its roots, oldest first.
    pub(crate) numbers: Vec<SafetyNumber>,
    /// The same files in a folder, for those who have them from a disk that is carried about.
    folder: PathBuf,
    shown: Files,
    /// What its mirror shows, which is older.
    mirrored: Option<Files>,
}

impl Place {
    /// Opens, with a root that has a spare key.
    pub(crate) fn open(
        kind: Kind,
        name: &'static str,
        seed: u16,
        (web, below, now): (&Web, &Path, Time),
    ) -> Self {
        let mut publisher = Publisher::new(kind, name, seed, now);
        let spare = publisher.repository.new_key();
        publisher.repository.signers_mut(Role::Root).push(spare);
        publisher.next_root(now);
        let shown = publisher.publish_on(web, now);
        let (numbers, folder) = (Vec::new(), below.join(name));
        let (asleep_until, down_until) = (now, now);
        Self { publisher, name, asleep_until, down_until, numbers, folder, shown, mirrored: None }
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn is_awake(&self, now: Time) -> bool {
        now >= self.asleep_until
    }

    pub(crate) fn is_up(&self, now: Time) -> bool {
        now >= self.down_until
    }

    /// Whether what it says counts, for a clock that may be a little ahead.
    pub(crate) fn is_current(&self, latest: Time) -> bool {
        self.publisher.good_until() > latest
    }

    /// What an orderly maintainer does each time: prolongs, and signs again what ends soon.
    pub(crate) fn keep_up(&mut self, now: Time) {
        if !self.is_awake(now) {
            return;
        }
        if self.publisher.until(Role::Root) < now.plus_days(60) {
            self.publisher.next_root(now);
        }
        let ends = self.publisher.until(Role::Targets) < now.plus_days(30);
        self.shown = if ends { self.publisher.publish(now) } else { self.publisher.prolong(now) };
    }

    /// Gives these roles new keys.
    pub(crate) fn rotate(&mut self, roles: &[Role], now: Time) {
        self.shown = self.publisher.rotate(roles, now);
    }

    /// The first root key is lost; another signs the next root, with a new one beside it.
    pub(crate) fn lose_a_root_key(&mut self, now: Time) {
        let lost = self.publisher.repository.signers(Role::Root)[0].id();
        self.publisher.repository.lose(Role::Root, &lost);
        let new = self.publisher.repository.new_key();
        self.publisher.repository.signers_mut(Role::Root).push(new);
        self.publisher.next_root(now);
        self.publish(now);
    }

    /// Two of three keys have to sign the root from now on.
    pub(crate) fn share_the_root(&mut self, now: Time) {
        let keys: Vec<_> = (0..3).map(|_| self.publisher.repository.new_key()).collect();
        *self.publisher.repository.signers_mut(Role::Root) = keys;
        self.publisher.repository.thresholds.insert(Role::Root, 2);
        self.publisher.next_root(now);
        self.publish(now);
    }

    pub(crate) fn publish(&mut self, now: Time) {
        self.shown = self.publisher.publish(now);
    }

    /// Names a mirror, which is up to date for now.
    pub(crate) fn open_mirror(&mut self, web: &Web, now: Time) {
        let url = web.url(&self.mirror_site());
        if !self.publisher.about.mirrors.contains(&url) {
            self.publisher.about.mirrors.push(url);
        }
        self.publish(now);
        self.mirrored = Some(Files::clone(&self.shown));
    }

    /// The mirror catches up.
    pub(crate) fn sync_mirror(&mut self) {
        if self.mirrored.is_some() {
            self.mirrored = Some(Files::clone(&self.shown));
        }
    }

    fn mirror_site(&self) -> String {
        format!("{}-mirror", self.publisher.site)
    }

    /// Shows the world what is published, where it is up.
    pub(crate) fn show(&mut self, web: &Web, now: Time) {
        let repository = &self.publisher.repository;
        if self.numbers.len() as u64 != repository.version(Role::Root) {
            let chain = repository.first_use(FirstUse::remembering(Limits::default())).unwrap();
            self.numbers = chain.numbers().into_iter().map(|(_, number)| number).collect();
        }
        if self.is_up(now) {
            web.serve(&self.publisher.site, &self.shown);
        } else {
            web.take_down(&self.publisher.site);
        }
        if let Some(mirrored) = &self.mirrored {
            web.serve(&self.mirror_site(), mirrored);
        }
        self.carry_to_folder();
    }

    /// Only what is new is written, in the order in which a publication is: the timestamp last.
    fn carry_to_folder(&self) {
        let last = Role::Timestamp.file_path(0);
        let new = |path: &&String| *path == &last || !self.folder.join(path).exists();
        let mut paths: Vec<&String> = self.shown.keys().filter(new).collect();
        paths.sort_by_key(|path| *path == &last);
        for path in paths {
            let place = self.folder.join(path);
            std::fs::create_dir_all(place.parent().unwrap()).unwrap();
            std::fs::write(place, &self.shown[path]).unwrap();
        }
    }
}
