//! A client as an application has one: HTTP, one state file that is on the disk before it counts, a cache beside it.

use std::fs::{self, File};
use std::io::{BufWriter, Read as _, Write as _};
use std::path::Path;
use std::time::{Duration, SystemTime};

use packman_strict::time::Time;
use packman_tuf::{Answer, Bytes, FoundTarget, Limits, Lookup, Memory, Refresh, Request, Step, TargetPath};

use crate::Outcome;

/// The longest page that is read of a mirror that has not what was asked for, in bytes.
const PAGE: u64 = 64 << 10;

/// How long one step of a request may take.
const MOST: Duration = Duration::from_mins(1);

/// Refreshes what is kept in `folder`, from the root that the application came with, and takes one target.
pub(crate) fn update(url: &str, root: &Path, folder: &Path, target: &str, sync: bool) -> Outcome<()> {
    let mirror = Mirror::new(url);
    let (now, limits) = (now()?, Limits::default());
    let state = folder.join("state");
    let memory = match fs::read(&state) {
        Ok(bytes) => Memory::parse(&Bytes::from(bytes))?,
        Err(_) => Memory::trusting(&fs::read(root)?, &limits)?,
    };
    let mut refresh = Refresh::begin(memory, now, limits);
    let mut refused = Ok(());
    while let (Ok(()), Step::Fetch(request)) = (&refused, refresh.step()) {
        let bytes = mirror.fetch(&request)?;
        refused = refresh.answer(bytes.as_ref().map_or(Answer::Missing, Answer::Shared));
    }
    // What was seen is kept after a refusal too: it is the floor against rollback.
    if refresh.changed() {
        keep(&state, refresh.memory(), sync)?;
    }
    refused?;
    let memory = refresh.into_memory();
    let good = memory.good().ok_or("nothing verified whole yet")?;
    let found = find(&mirror, folder, Lookup::begin(good, TargetPath::parse(target)?, now, limits)?)?;
    take(&mirror, &folder.join(target.replace('/', "-")), &found)
}

/// Delegated roles' files come from the cache where they are the right ones: the lookup decides.
fn find(mirror: &Mirror, folder: &Path, mut lookup: Lookup<'_>) -> Outcome<FoundTarget> {
    while let Step::Fetch(request) = lookup.step() {
        let place = folder.join(request.path.replace('/', "-"));
        if fs::read(&place).is_ok_and(|kept| lookup.answer(Answer::Bytes(&kept)).is_ok()) {
            continue;
        }
        let bytes = mirror.fetch(&request)?;
        lookup.answer(bytes.as_ref().map_or(Answer::Missing, Answer::Shared))?;
        fs::write(place, bytes.as_deref().unwrap_or_default())?;
    }
    Ok(lookup.finish().ok_or("nobody signs such a target")?)
}

fn take(mirror: &Mirror, place: &Path, found: &FoundTarget) -> Outcome<()> {
    if fs::read(place).is_ok_and(|kept| found.verify(&kept).is_ok()) {
        return Ok(());
    }
    let bytes = mirror.fetch(&found.request())?.ok_or("the target is not there")?;
    Ok(fs::write(place, found.verify(&bytes)?.bytes())?)
}

/// Replaces the state file by one that is on the disk.
fn keep(state: &Path, memory: &Memory, sync: bool) -> Outcome<()> {
    let new = state.with_extension("new");
    let mut file = BufWriter::new(File::create(&new)?);
    let mut written = Ok(());
    memory.encode_to(&mut |piece| {
        if written.is_ok() {
            written = file.write_all(piece);
        }
    });
    written?;
    let file = file.into_inner().map_err(std::io::IntoInnerError::into_error)?;
    if sync {
        file.sync_all()?;
    }
    Ok(fs::rename(new, state)?)
}

fn now() -> Outcome<Time> {
    let seconds = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_secs();
    Ok(Time::from_seconds(i64::try_from(seconds)?))
}

struct Mirror {
    agent: ureq::Agent,
    url: String,
}

impl Mirror {
    fn new(url: &str) -> Self {
        let settings = ureq::Agent::config_builder()
            .http_status_as_error(false)
            // Each step has its time, and not the whole of them: for that one a thread would be started at every request.
            .timeout_connect(Some(MOST))
            .timeout_recv_response(Some(MOST))
            .timeout_recv_body(Some(MOST))
            .input_buffer_size(64 << 10)
            .output_buffer_size(8 << 10)
            .build();
        Self { agent: settings.into(), url: url.to_owned() }
    }

    /// The file, up to one byte more than is allowed; nothing where there is none.
    fn fetch(&self, request: &Request) -> Outcome<Option<Bytes>> {
        let mut response = self.agent.get(format!("{}/{}", self.url, request.path)).call()?;
        match response.status().as_u16() {
            200 => {}
            404 => {
                // Read to its end, the connection can be used again; a page that has none is not waited for.
                let page = response.body_mut().with_config().limit(u64::MAX).reader();
                std::io::copy(&mut page.take(PAGE), &mut std::io::sink())?;
                return Ok(None);
            }
            status => return Err(format!("{}: the mirror answers {status}", request.path).into()),
        }
        // As long as it says that it is, so that nothing grows; the limit stands whatever it says.
        let length = response.body().content_length().unwrap_or_default().min(request.max_bytes);
        let mut bytes = Vec::with_capacity(usize::try_from(length)? + 1);
        let body = response.body_mut().with_config().limit(u64::MAX).reader();
        body.take(request.max_bytes.saturating_add(1)).read_to_end(&mut bytes)?;
        Ok(Some(bytes.into()))
    }
}
