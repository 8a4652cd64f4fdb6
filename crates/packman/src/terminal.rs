//! The terminal as a host: events become lines and bars, questions are asked of whoever sits there.

use std::io::{IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use indicatif::{ProgressBar, ProgressStyle};
use packman_client::{Decision, Event, Host, Question, Typed};
use packman_machine::environ::Environ;
use packman_machine::prompt::Prompt;
use packman_machine::stop::{Stop, is_first_to_tell, so_far};
use packman_strict::quote::quoted;
use packman_strict::time::Time;

use crate::ending::Blame;
use crate::{output, words};

/// The terminal of this run.
pub(crate) struct Terminal {
    quiet: bool,
    /// Plans are agreed to beforehand; trust never is.
    yes: bool,
    prompt: Prompt,
    stop: Stop,
    bar: Mutex<Option<ProgressBar>>,
    /// Whether the clock was spoken of: what a command goes by is told once.
    clock_told: AtomicBool,
}

impl Terminal {
    /// A terminal that talks unless it is to be quiet.
    pub(crate) fn new(environ: &Environ, quiet: bool, yes: bool, stop: &Stop) -> Self {
        Self {
            quiet,
            yes,
            prompt: Prompt::new(environ),
            stop: stop.clone(),
            bar: Mutex::new(None),
            clock_told: AtomicBool::new(false),
        }
    }

    /// Says a line on standard error.
    pub(crate) fn say(&self, line: &str) {
        if self.quiet {
            return;
        }
        let print = || {
            let _ = writeln!(anstream::stderr(), "{}", output::tame(line));
        };
        match &*self.bar() {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }

    /// Says, once, that the clock is behind a time that is known to have passed.
    pub(crate) fn say_clock_behind(&self, clock: Time, floor: Time) {
        if let Some(line) = self.clock_words(clock, floor) {
            self.say(&line);
        }
    }

    /// Later in a run the clock that is compared is no more the machine's: only the first words are true.
    fn clock_words(&self, clock: Time, floor: Time) -> Option<String> {
        let told = self.clock_told.swap(true, Ordering::AcqRel);
        (!told).then(|| words::clock_behind(clock, floor))
    }

    /// Says some lines.
    pub(crate) fn say_all(&self, lines: &[String]) {
        for line in lines {
            self.say(line);
        }
    }

    /// Asks a question whose default is no.
    pub(crate) fn ask(&self, lines: &[String], question: &str) -> Decision {
        if !self.prompt.is_interactive() {
            return Decision::NobodyThere;
        }
        let mut talk = anstream::stderr();
        for line in lines {
            let _ = writeln!(talk, "{}", output::tame(line));
        }
        let _asking = Asking::of(&self.stop);
        if self.prompt.yes(question) { Decision::Yes } else { Decision::No }
    }

    /// Whether it is to say nothing but errors and the answer.
    pub(crate) fn is_quiet(&self) -> bool {
        self.quiet
    }

    fn bar(&self) -> std::sync::MutexGuard<'_, Option<ProgressBar>> {
        self.bar.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn begin_bar(&self, files: usize, bytes: u64) {
        if self.quiet || files == 0 {
            return;
        }
        if !std::io::stderr().is_terminal() {
            self.say(&format!("fetching {}, {}", words::count(files, "file", "files"), words::size(bytes)));
            return;
        }
        let style = ProgressStyle::with_template(
            "fetching {bar:32} {bytes}/{total_bytes} {binary_bytes_per_sec} {eta}",
        )
        .unwrap_or_else(|_| ProgressStyle::default_bar());
        *self.bar() = Some(ProgressBar::new(bytes).with_style(style));
    }
}

/// While it lives, the first Ctrl-C ends the program: somebody is asked, so nothing is being changed, and whoever reads a
/// line cannot be told to give it up.
struct Asking(Arc<AtomicBool>);

impl Asking {
    fn of(stop: &Stop) -> Self {
        let asking = Arc::new(AtomicBool::new(true));
        let still = Arc::clone(&asking);
        stop.on_ask(move || {
            if still.load(Ordering::Acquire) {
                if is_first_to_tell() {
                    let _ = writeln!(anstream::stderr());
                    words::stopped::last_words(so_far());
                }
                std::process::exit(Blame::Stopped.exit_code().into());
            }
        });
        Self(asking)
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

impl Host for Terminal {
    fn event(&self, event: Event) {
        match event {
            Event::Unreached { database, why } => {
                self.say(&format!("note: `{database}` could not be asked for something newer, going on from the last good copy ({why})"));
            }
            Event::Changed { words, .. } => {
                // What is one line is a note; what has more to say is a warning.
                let word = if words.sentences.is_empty() { "note" } else { "warning" };
                self.say(&format!("{word}: {}", words.title));
                for sentence in &words.sentences {
                    self.say(&format!("  {sentence}"));
                }
            }
            Event::Evidence { path } => {
                self.say(&format!(
                    "note: both files were kept in {}; `packman trust show` reads it",
                    quoted(&path)
                ));
            }
            Event::Quoted(line) => self.say(&format!("note: {line}")),
            Event::ClockBehind { clock, floor } => self.say_clock_behind(clock, floor),
            Event::ExpiresSoon { database, role, days } => {
                let days = words::count(usize::try_from(days).unwrap_or_default(), "day", "days");
                self.say(&format!("note: the {role} of `{database}` is good for {days} more; its maintainer has to sign again"));
            }
            Event::RefreshRefused { database, why } => {
                self.say(&format!(
                    "warning: what `{database}` sent was refused, the last good copy stays: {why}"
                ));
            }
            Event::MadeEnvironment { folder, python, version } => {
                self.say(&format!("made {} with Python {version} of {}", quoted(&folder), quoted(&python)));
            }
            Event::Waiting { what } => {
                self.say(&format!("waiting for another packman that holds {}", quoted(&what)));
            }
            Event::PlannedAnew { folder, steps } => {
                self.say(&format!(
                    "note: somebody changed {} meanwhile, so this is planned instead:",
                    quoted(&folder)
                ));
                self.say_all(&words::plan::steps(&folder, &steps));
            }
            Event::HostFailed { file, why } => {
                self.say(&format!("note: {} was had from another host: {why}", quoted(&file)));
            }
            Event::Downloading { files, bytes } => self.begin_bar(files, bytes),
            Event::Downloaded { bytes, .. } => {
                if let Some(bar) = &*self.bar() {
                    bar.inc(bytes);
                }
            }
            Event::Ready { .. } => {}
            Event::DownloadsDone => {
                if let Some(bar) = self.bar().take() {
                    bar.finish_and_clear();
                }
            }
            Event::Warning(line) => self.say(&format!("warning: {line}")),
        }
    }

    fn decide(&self, question: &Question) -> Decision {
        let (lines, ask) = words::trust::question(question);
        match question {
            Question::Replace { .. } | Question::MakeEnvironment { .. } if self.yes => Decision::Yes,
            _ => self.ask(&lines, &ask),
        }
    }

    fn type_in(&self, wanted: &Typed) -> Option<String> {
        if !self.prompt.is_interactive() {
            return None;
        }
        let (lines, ask) = words::trust::typed(wanted);
        let mut talk = anstream::stderr();
        for line in lines {
            let _ = writeln!(talk, "{}", output::tame(&line));
        }
        let _asking = Asking::of(&self.stop);
        self.prompt.line(ask)
    }
}

#[cfg(test)]
mod tests {
    use super::{Environ, Stop, Terminal, Time};

    #[test]
    fn a_clock_that_is_behind_is_told_once_by_what_it_said() {
        let terminal = Terminal::new(&Environ::of("/", [("", "")]), false, false, &Stop::new());
        let [clock, released, verified] = [0, 1_795_392_000, 1_795_400_000].map(Time::from_seconds);
        let told = [terminal.clock_words(clock, released), terminal.clock_words(released, verified)];
        let told: Vec<String> = told.into_iter().flatten().collect();
        assert_eq!(told.len(), 1);
        assert!(told[0].contains("clock says 1970-01-01"), "{told:?}");
    }
}
