//! Cold: fetch, hash, inflate into the cache, link into the environment. Warm: link what a manifest lists.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use libdeflater::Decompressor;
use packman_strict::Sha256;

use crate::archive::{self, Entry};
use crate::fetch::Connection;
use crate::folder::Folder;
use crate::queue::{Queue, Work};
use crate::{Outcome, Wanted};

/// How much of a wheel one thread takes at a time: deflated bytes, each file counting [`FILE`] more.
const PIECE: usize = 1 << 20;
/// What making a file costs, told in deflated bytes.
const FILE: usize = 4096;
/// How many files of one wheel a thread links at a time.
const LINKS: usize = 400;

struct Piece {
    wheel: Arc<Vec<u8>>,
    key: String,
    entries: Vec<Entry>,
}

struct Places<'a> {
    cache: Folder,
    venv: Folder,
    root: &'a Path,
    packages: String,
}

/// Fetches wheels into an environment, through a cache that has none of them.
pub(crate) fn cold(mut wanted: Vec<Wanted>, host: &str, cache: &Path, venv: &Path) -> Outcome<()> {
    wanted.sort_by_key(|wheel| std::cmp::Reverse(wheel.size));
    let places = Places::open(cache, venv)?;
    let queue = Queue::of(wanted);
    on_every_core(|| {
        let outcome = work(&queue, host, &places);
        if outcome.is_err() {
            queue.give_up();
        }
        outcome
    })
}

/// Links wheels that [`cold`] left in the cache into another environment.
pub(crate) fn warm(wanted: &[Wanted], cache: &Path, venv: &Path) -> Outcome<()> {
    let places = Places::open(cache, venv)?;
    let mut pieces = Vec::new();
    for wheel in wanted {
        let manifest = cache.join(format!("{}.manifest", key(wheel)));
        let names =
            std::fs::read_to_string(&manifest).map_err(|error| format!("{}: {error}", manifest.display()))?;
        let names: Vec<String> = names.lines().map(str::to_owned).collect();
        pieces.extend(names.chunks(LINKS).map(|names| (key(wheel), names.to_vec())));
    }
    let next = AtomicUsize::new(0);
    on_every_core(|| {
        while let Some((key, names)) = pieces.get(next.fetch_add(1, Ordering::Relaxed)) {
            for name in names {
                let path = format!("{key}/{name}");
                match places.of(name) {
                    Place::Linked(to) => places.cache.link(&path, &places.venv, &to)?,
                    Place::Written(to) => {
                        let bytes =
                            std::fs::read(cache.join(&path)).map_err(|error| format!("{path}: {error}"))?;
                        places.write(&to, name, &bytes)?;
                    }
                }
            }
        }
        Ok(())
    })
}

fn on_every_core(work: impl Fn() -> Outcome<()> + Sync) -> Outcome<()> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..cores).map(|_| scope.spawn(&work)).collect();
        threads
            .into_iter()
            .try_for_each(|thread| thread.join().unwrap_or(Err("a thread panicked".to_owned())))
    })
}

fn work(queue: &Queue<Wanted, Piece>, host: &str, places: &Places<'_>) -> Outcome<()> {
    let mut connection = Connection::to(host)?;
    let mut inflate = Decompressor::new();
    let mut room = Vec::new();
    while let Some(work) = queue.next() {
        match work {
            Work::Wheel(wheel) => {
                let bytes = connection.get(&wheel.path, wheel.size)?;
                queue.fetched(pieces(&wheel, bytes, places)?);
            }
            Work::Piece(piece) => {
                for entry in &piece.entries {
                    let packed = archive::packed(&piece.wheel, entry)?;
                    let bytes = inflated(&mut inflate, &mut room, packed, entry)?;
                    put(places, &piece.key, entry, bytes)?;
                }
            }
        }
    }
    Ok(())
}

/// Hashes a wheel before anything of it is used, and cuts it into pieces of work.
fn pieces(wheel: &Wanted, bytes: Vec<u8>, places: &Places<'_>) -> Outcome<Vec<Piece>> {
    if Sha256::of(&bytes).to_string() != wheel.sha256 {
        return Err(format!("{} has another hash", wheel.path));
    }
    let entries = archive::entries(&bytes).map_err(|why| format!("{}: {why}", wheel.path))?;
    let names: Vec<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
    places.cache.write(&format!("{}.manifest", key(wheel)), names.join("\n").as_bytes(), false)?;
    let (bytes, mut pieces, mut current, mut weight) = (Arc::new(bytes), Vec::new(), Vec::new(), 0);
    for entry in entries {
        weight += entry.compressed + FILE;
        current.push(entry);
        if weight > PIECE {
            let entries = std::mem::take(&mut current);
            pieces.push(Piece { wheel: Arc::clone(&bytes), key: key(wheel), entries });
            weight = 0;
        }
    }
    pieces.push(Piece { wheel: bytes, key: key(wheel), entries: current });
    Ok(pieces)
}

fn inflated<'a>(
    inflate: &mut Decompressor,
    room: &'a mut Vec<u8>,
    packed: &'a [u8],
    entry: &Entry,
) -> Outcome<&'a [u8]> {
    let bytes = if entry.deflated {
        if room.len() < entry.size {
            room.resize(entry.size, 0);
        }
        let room = room.get_mut(..entry.size).unwrap_or_default();
        inflate.deflate_decompress(packed, room).map_err(|error| format!("{}: {error}", entry.name))?;
        room
    } else {
        packed
    };
    if libdeflater::crc32(bytes) != entry.crc32 {
        return Err(format!("{} has another CRC-32", entry.name));
    }
    Ok(bytes)
}

fn put(places: &Places<'_>, key: &str, entry: &Entry, bytes: &[u8]) -> Outcome<()> {
    let cached = format!("{key}/{}", entry.name);
    places.cache.write(&cached, bytes, entry.executable)?;
    match places.of(&entry.name) {
        Place::Linked(to) => places.cache.link(&cached, &places.venv, &to),
        Place::Written(to) => places.write(&to, &entry.name, bytes),
    }
}

fn key(wheel: &Wanted) -> String {
    wheel.sha256.get(..20).unwrap_or_default().to_owned()
}

enum Place {
    /// As it is.
    Linked(String),
    /// With a change that belongs to this environment.
    Written(String),
}

impl<'a> Places<'a> {
    fn open(cache: &Path, venv: &'a Path) -> Outcome<Self> {
        let library = venv.join("lib");
        let python = std::fs::read_dir(&library)
            .ok()
            .and_then(|mut entries| entries.find_map(Result::ok))
            .ok_or_else(|| format!("{} has no Python", library.display()))?;
        let packages = format!("lib/{}/site-packages", python.file_name().to_string_lossy());
        Ok(Self { cache: Folder::open(cache)?, venv: Folder::open(venv)?, root: venv, packages })
    }

    fn of(&self, name: &str) -> Place {
        let packages = &self.packages;
        if let Some((folder, rest)) = name.split_once('/') {
            if folder.ends_with(".dist-info") && ["RECORD", "entry_points.txt"].contains(&rest) {
                return Place::Written(format!("{packages}/{name}"));
            }
            if let (Some(_), Some((area, rest))) = (folder.strip_suffix(".data"), rest.split_once('/')) {
                return match area {
                    "scripts" => Place::Written(format!("bin/{rest}")),
                    "data" => Place::Linked(rest.to_owned()),
                    "headers" => Place::Linked(format!("include/{rest}")),
                    _ => Place::Linked(format!("{packages}/{rest}")),
                };
            }
        }
        Place::Linked(format!("{packages}/{name}"))
    }

    /// Writes what is another file in every environment: RECORD, scripts, and the commands of entry points.
    fn write(&self, to: &str, name: &str, bytes: &[u8]) -> Outcome<()> {
        if name.ends_with("/entry_points.txt") {
            let text = String::from_utf8_lossy(bytes).into_owned();
            for (command, module, function) in commands(&text) {
                let script = self.script(&format!(
                    "import sys\nfrom {module} import {function}\nsys.exit({function}())\n"
                ));
                self.venv.write(&format!("bin/{command}"), script.as_bytes(), true)?;
            }
        } else if let Some(rest) = bytes.strip_prefix(b"#!python") {
            let script = [self.script("").trim_end().as_bytes(), rest].concat();
            return self.venv.write(to, &script, true);
        }
        self.venv.write(to, bytes, to.starts_with("bin/"))
    }

    fn script(&self, body: &str) -> String {
        format!("#!{}/bin/python\n{body}", self.root.display())
    }
}

fn commands(text: &str) -> impl Iterator<Item = (&str, &str, &str)> {
    let mut inside = false;
    text.lines().filter_map(move |line| {
        if line.starts_with('[') {
            inside = line.trim() == "[console_scripts]";
        }
        let (command, object) = line.split_once('=').filter(|_| inside)?;
        let (module, function) = object.split_once(':')?;
        Some((command.trim(), module.trim(), function.split('[').next().unwrap_or_default().trim()))
    })
}
