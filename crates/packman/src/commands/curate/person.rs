//! The scapegoat at the terminal: hears how downloads go, gives passphrases.

use std::collections::HashMap;
use std::io::IsTerminal as _;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use packman_curate::{Event, Events, Passphrase, Passphrases};
use packman_machine::prompt::{self, Prompt, PromptFailure};
use packman_strict::quote::{escaped, quoted};

use super::super::setting::Setting;

/// How often a new passphrase is asked for.
const TRIES: usize = 3;

/// The person at the terminal.
pub(super) struct Person<'s> {
    setting: &'s Setting,
    prompt: Prompt,
    bars: Option<MultiProgress>,
    running: Mutex<HashMap<usize, ProgressBar>>,
}

impl<'s> Person<'s> {
    pub(super) fn new(setting: &'s Setting) -> Self {
        let bars = (std::io::stderr().is_terminal() && !setting.terminal.is_quiet()).then(MultiProgress::new);
        Self { setting, prompt: Prompt::new(&setting.environ), bars, running: Mutex::new(HashMap::new()) }
    }

    fn running(&self) -> MutexGuard<'_, HashMap<usize, ProgressBar>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn say(&self, line: &str) {
        match &self.bars {
            Some(bars) => bars.suspend(|| self.setting.terminal.say(line)),
            None => self.setting.terminal.say(line),
        }
    }

    fn begin(&self, id: usize, file: &str, size: Option<u64>) {
        let Some(bars) = &self.bars else {
            let size = size.map_or_else(String::new, |size| format!(", {}", crate::words::size(size)));
            return self.say(&format!("fetching {}{size}", quoted(file)));
        };
        let template =
            if size.is_some() { "{bar:24} {bytes:>10}/{total_bytes:10} {msg}" } else { "{bytes:>10} {msg}" };
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = size.map_or_else(ProgressBar::no_length, ProgressBar::new);
        let bar = bars.add(bar.with_style(style).with_message(escaped(file).to_string()));
        self.running().insert(id, bar);
    }
}

impl Events for Person<'_> {
    fn event(&self, event: Event<'_>) {
        match event {
            Event::Asking { .. } => {}
            Event::Fetching { files, bytes, is_exact, here, targets } => {
                self.say(&crate::words::curate::fetching((files, bytes, is_exact), here, targets));
            }
            Event::Began { id, file, size } => self.begin(id, file, size),
            Event::Received { id, bytes } => {
                if let Some(bar) = self.running().get(&id) {
                    bar.set_position(bytes);
                }
            }
            Event::Ended { id } => {
                if let Some(bar) = self.running().remove(&id) {
                    bar.finish_and_clear();
                }
            }
            Event::Waiting => self.say("waiting for another packman that works on this database"),
            Event::Note(note) => self.say(&format!("note: {}", note.words())),
        }
    }
}

impl Passphrases for Person<'_> {
    fn new_passphrase(&self) -> Option<Passphrase> {
        for _ in 0..TRIES {
            match self.prompt.new_passphrase("passphrase for the new keys: ", "the same again: ") {
                // Two that differ are a slip of the finger, and no reason to begin anew.
                Err(failure @ PromptFailure::NotGiven(_)) if !self.prompt.is_from_file() => {
                    self.say(&format!("note: {failure}: type it again"));
                }
                asked => return self.given(asked),
            }
        }
        None
    }

    fn existing(&self, key: &Path, again: bool) -> Option<Passphrase> {
        // A file says the same again.
        if again && self.prompt.is_from_file() {
            return None;
        }
        if again {
            self.say("that passphrase does not open the key");
        }
        let name = key.file_name().unwrap_or_default().to_string_lossy();
        self.given(self.prompt.passphrase(&format!("passphrase for {}: ", quoted(&name))))
    }
}

impl Person<'_> {
    fn given(&self, asked: Result<prompt::Passphrase, PromptFailure>) -> Option<Passphrase> {
        match asked {
            Ok(passphrase) => Some(Passphrase::new(passphrase.reveal().to_owned())),
            Err(PromptFailure::NobodyToAsk) => None,
            Err(PromptFailure::Stopped) => {
                self.setting.stop.ask();
                None
            }
            Err(failure) => {
                self.say(&format!("note: {failure}"));
                None
            }
        }
    }
}
