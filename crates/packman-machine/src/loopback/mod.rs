//! A small file server on 127.0.0.1: the mirror of a demonstration, and the honest or hostile host of a test.
//!
//! It serves a folder, or whatever a function answers. It ends when it is dropped. It is not meant for a network:
//! it can only listen on loopback.

mod answer;
mod request;

use std::io::{self, Write as _};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::failure::{Act, DiskFailure};
use crate::location::Location;

pub use answer::{Answer, answer_from_folder};
pub use request::Asked;

/// More connections at once than a client of ours opens.
const CONNECTIONS: usize = 128;

/// How long a connection from this machine to itself may take: one that works takes no time at all.
const WITHIN: Duration = Duration::from_secs(5);

/// A server that runs until it is dropped.
#[derive(Debug)]
pub struct Loopback {
    address: SocketAddr,
    shared: Arc<Shared>,
    listening: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    ended: AtomicBool,
    asked: Mutex<Vec<String>>,
    connections: AtomicUsize,
    open: Mutex<Vec<TcpStream>>,
}

type Answering = dyn Fn(&Asked) -> Answer + Send + Sync;

impl Loopback {
    /// Serves the files of a folder, as they are when they are asked for.
    pub fn folder(folder: impl Into<PathBuf>) -> Result<Self, DiskFailure> {
        Self::folder_with(folder, |_| None)
    }

    /// Serves the files of a folder, save where `instead` gives another answer.
    pub fn folder_with(
        folder: impl Into<PathBuf>,
        instead: impl Fn(&Asked) -> Option<Answer> + Send + Sync + 'static,
    ) -> Result<Self, DiskFailure> {
        let folder = folder.into();
        Self::answering(move |asked| {
            instead(asked).unwrap_or_else(|| answer_from_folder(&folder, &asked.path))
        })
    }

    /// Serves what a function answers.
    pub fn answering(answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Result<Self, DiskFailure> {
        let failed = |error: io::Error| DiskFailure::new(Act::Make, "127.0.0.1", &error);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let shared = Arc::new(Shared::default());
        let listening = std::thread::Builder::new()
            .name("loopback".to_owned())
            .spawn({
                let shared = Arc::clone(&shared);
                let answer: Arc<Answering> = Arc::new(answer);
                move || listen(&listener, &shared, &answer)
            })
            .map_err(failed)?;
        Ok(Self { address, shared, listening: Some(listening) })
    }

    /// Its address, `http://127.0.0.1:PORT/`.
    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Its address as a location.
    pub fn location(&self) -> Location {
        Location::local_web(self.address)
    }

    /// Fails where this machine does not reach itself: its loopback interface is down, or something filters it.
    pub fn verify_reachable(&self) -> io::Result<()> {
        TcpStream::connect_timeout(&self.address, WITHIN).map(drop)
    }

    /// What was asked for since the last call: method and path, in order.
    pub fn take_asked(&self) -> Vec<String> {
        std::mem::take(&mut lock(&self.shared.asked))
    }

    /// How many connections there have been.
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::Acquire)
    }
}

impl Drop for Loopback {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::Release);
        // Wakes the thread that waits for connections. Where this machine cannot reach itself nothing wakes it, and
        // nobody can ask it for anything either: it is left to end with the program.
        let woken = self.verify_reachable().is_ok();
        if let Some(listening) = self.listening.take().filter(|_| woken) {
            let _ = listening.join();
        }
    }
}

impl Shared {
    fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }
}

fn listen(listener: &TcpListener, shared: &Arc<Shared>, answer: &Arc<Answering>) {
    let mut threads: Vec<JoinHandle<()>> = Vec::new();
    for connection in listener.incoming() {
        if shared.has_ended() {
            break;
        }
        threads.retain(|thread| !thread.is_finished());
        let Ok(connection) = connection else { continue };
        let Ok(handle) = connection.try_clone() else { continue };
        if threads.len() >= CONNECTIONS {
            continue;
        }
        shared.connections.fetch_add(1, Ordering::AcqRel);
        lock(&shared.open).push(handle);
        let (shared, answer) = (Arc::clone(shared), Arc::clone(answer));
        let serving = std::thread::Builder::new().name("loopback connection".to_owned()).spawn(move || {
            // What goes wrong with one connection is its client's to notice.
            let _ = serve(&connection, &shared, &*answer);
            let gone = connection.peer_addr().ok();
            let _ = connection.shutdown(Shutdown::Both);
            lock(&shared.open).retain(|open| open.peer_addr().ok() != gone);
        });
        threads.extend(serving.ok());
    }
    for open in lock(&shared.open).drain(..) {
        let _ = open.shutdown(Shutdown::Both);
    }
    for thread in threads {
        let _ = thread.join();
    }
}

fn serve(connection: &TcpStream, shared: &Shared, answer: &Answering) -> io::Result<()> {
    connection.set_nodelay(true)?;
    let mut reader = io::BufReader::new(connection);
    let mut writer = io::BufWriter::new(connection);
    while let Some(asked) = request::read(&mut reader)? {
        lock(&shared.asked).push(format!("{} {}", asked.method, asked.path));
        let answer = if matches!(asked.method.as_str(), "GET" | "HEAD") {
            answer(&asked)
        } else {
            Answer::status(405)
        };
        let more = answer.write(&mut writer, &asked, || shared.has_ended(), &mut reader)?;
        writer.flush()?;
        if !more || shared.has_ended() {
            break;
        }
    }
    Ok(())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
