//! What can be done: the hints below an error, by what went wrong.

use std::path::Path;

use packman_client::{ClientError, Failed, No, RefusedWhy};
use packman_machine::failure::{DiskFailure, DiskReason};
use packman_machine::stop::{SoFar, so_far};
use packman_resolve::Hint;
use packman_strict::quote::{escaped, quoted};
use packman_trust::{Dissent, Nobody, RingError, WhyNot, WhyRefused};
use packman_wheel::Conflict;

use super::shell_path;

/// The hints for an error of the client.
pub(crate) fn of(error: &ClientError) -> Vec<String> {
    match error {
        ClientError::Refused(why) => refused(why),
        ClientError::No(no) => honest_no(no),
        ClientError::Failed(failed) => failure(failed),
        ClientError::Usage(usage) => usage.hint.clone().into_iter().collect(),
        ClientError::Stopped => Vec::new(),
    }
}

/// What somebody can do who trusts nobody yet.
pub(crate) fn empty_ring() -> Vec<String> {
    vec![
        "`packman trust add URL` trusts a database that somebody publishes".to_owned(),
        "`packman curate start requirements.txt` makes one of your own, from what your team uses".to_owned(),
        "`packman demo` shows how it works, in a scratch folder".to_owned(),
    ]
}

fn refused(why: &RefusedWhy) -> Vec<String> {
    match why {
        RefusedWhy::Database(refused) | RefusedWhy::Unlisted { refused, .. } if refused.words().is_some() => {
            refused.words().map(|words| words.sentences).unwrap_or_default()
        }
        RefusedWhy::SpokenAgainst { words, .. } => words.sentences.clone(),
        RefusedWhy::Database(refused) | RefusedWhy::Unlisted { refused, .. } => match &refused.why {
            WhyRefused::Expired { .. } => vec![
                format!("`packman trust refresh` asks `{}` for something newer", refused.database),
                "`--accept-expired` goes on with what is kept, and marks what it installs".to_owned(),
            ],
            WhyRefused::Absent { .. } => {
                vec![format!("`packman trust refresh` asks `{}` again, when it can be reached", refused.database)]
            }
            _ => vec!["your last good copy, your trust ring and the environment stay as they were".to_owned()],
        },
        RefusedWhy::NumberNeeded { .. } => vec![
            "ask its maintainer for the safety number, by another way than this address, and give it with `--number`"
                .to_owned(),
        ],
        RefusedWhy::NumberUnknown { database, .. } => vec![
            format!("`packman trust show {database}` shows the numbers of its remembered chain, all of which are good"),
            "look at the number again; if its maintainer began anew, compare it when the address can be asked".to_owned(),
        ],
        RefusedWhy::MemoryGone { database } => vec![
            format!("`packman trust remove {database}`, then `packman trust add` with its safety number"),
        ],
        RefusedWhy::AdministratorLacks { .. } => vec![
            "he copies the folder `state` beside his trust ring, or runs `packman trust add` with PACKMAN_HOME set to that folder".to_owned(),
        ],
        RefusedWhy::AdministratorsExposed { exposed, .. } => {
            let path = shell_path(Path::new(exposed));
            vec![format!("as root, after a look at what is in it: `chown root {path}`, `chmod go-w {path}`")]
        }
        RefusedWhy::StateExposed { owner, all, .. } => {
            let all = all.iter().map(|path| shell_path(Path::new(path))).collect::<Vec<_>>().join(" ");
            match owner {
                None => vec![format!("`chmod go-w {all}`, after a look at what is in it")],
                Some(owner) => vec![
                    format!("run it as {}, or set PACKMAN_HOME to a folder of your own", quoted(owner)),
                    format!("`sudo chown \"$USER\" {all}` makes it yours, after a look at what is in it"),
                ],
            }
        }
        RefusedWhy::StateDamaged { .. } => vec![
            "nothing was touched; restore the file from a backup, or move it away and trust the databases anew by their safety numbers"
                .to_owned(),
        ],
        RefusedWhy::FirstUse { url, refusal } if refusal.code() == "unexplained-change" => vec![
            "nothing was added; ask its maintainer, by another way than this address, whether he began anew".to_owned(),
            format!("if he did, `packman trust add {} --number NUMBER` with the new number from him", escaped(url)),
        ],
        RefusedWhy::Environment(conflict) => in_the_environment(conflict),
        RefusedWhy::Evidence { .. } | RefusedWhy::OldDatabase { .. } | RefusedWhy::FirstUse { .. } | RefusedWhy::Wheel { .. } | RefusedWhy::WrongBytes { .. } => Vec::new(),
    }
}

fn honest_no(no: &No) -> Vec<String> {
    match no {
        No::NobodyVouches(nobody) if nobody.known == 0 => empty_ring(),
        No::NobodyVouches(nobody) => vec![
            who_was_asked(nobody),
            "ask one of their maintainers to vouch for it, or curate a database of your own".to_owned(),
        ],
        No::ConsentNeeded { flag, .. } => vec![format!("give {flag}")],
        No::ExternallyManaged { .. } | No::NoEnvironment => {
            vec!["`packman venv` makes an environment of your own; `--venv DIR` names another".to_owned()]
        }
        No::LockedLeft { why, .. } => why.way_on().into_iter().map(str::to_owned).collect(),
        No::NoLockedWheel { .. } => {
            vec!["`packman lock` locks for this environment; with `--universal`, for all that it can".to_owned()]
        }
        No::LockedUnvouched { project, .. } => vec![
            format!("`packman info {project}` shows what is vouched for"),
            "lock again, or ask whoever made the lock where he had the file from".to_owned(),
        ],
        No::LockedRecalled { .. } => {
            vec!["lock again: `packman lock` chooses what was not recalled".to_owned()]
        }
        No::ProjectPython { .. } => vec![
            "`--venv ./.venv` works in it where its Python is in the project, if you know where that comes from".to_owned(),
            "`packman venv DIR` makes an environment of your own".to_owned(),
        ],
        No::InTheWay { folder, is_environment: true } => {
            vec![format!("`--venv {}` works in it", escaped(folder))]
        }
        No::InTheWay { is_environment: false, .. } => {
            vec!["name a folder that is not there yet, or an empty one".to_owned()]
        }
        No::NothingFits(explanation) if explanation.code() == "not-vouched" => {
            vec![
                "ask whoever vouches for the one to vouch for the other, or curate a database of your own"
                    .to_owned(),
            ]
        }
        No::NothingFits(explanation) if explanation.code() == "sdist" => vec![
            "somebody has to build its wheel, where its code may run (`pip wheel --no-deps`), and vouch for that"
                .to_owned(),
            "ask its maintainer to, or `packman curate add DIR NAME --from FOLDER --copy-files` it yourself".to_owned(),
        ],
        No::NothingFits(explanation) if explanation.code() == "quorum" => quorum(&explanation.lines()),
        No::LockedLeftOut { why: why @ WhyNot::Quorum(_), .. } => quorum(&[why.words()]),
        No::LockedLeftOut { project, .. } => {
            vec![format!("`packman info {project}` shows what is offered; `packman trust policy` what is forbidden")]
        }
        No::Policy { .. } => vec![
            "`packman trust refresh` asks for something newer; `packman trust policy` shows what is forbidden".to_owned(),
        ],
        No::Ring(RingError::NoSuchRule(_)) => vec!["`packman trust quorum` shows the rules that there are".to_owned()],
        No::Ring(error) if error.code() == "administrator" => {
            vec!["`packman trust list` shows what is his; ask him, if it should be otherwise".to_owned()]
        }
        No::NothingFits(explanation) => explanation.hints().iter().map(how_to_ask).collect(),
        No::NotListed { .. } => {
            vec!["`packman trust show LIST` shows what a list names; `packman trust add URL` takes an address".to_owned()]
        }
        No::NotInstalled(_) => vec!["`packman list` shows what is".to_owned()],
        No::Ring(RingError::NoSuchEntry(_)) => vec!["`packman trust list` shows whom you trust".to_owned()],
        No::Ring(RingError::NotWithdrawn(_)) => {
            vec!["`packman trust list` shows whom you trust, and what stands against them".to_owned()]
        }
        No::Ring(RingError::OutsideScope(name, project)) => vec![format!(
            "`packman trust scope {name} PATTERN…`, with `{project}` among the patterns, lets it answer at all"
        )],
        No::Ring(RingError::NameTaken(_)) => vec!["`--as NAME` gives it another name".to_owned()],
        No::InstalledOther { project, .. } => vec![format!(
            "`packman uninstall {project}`, then the same again, installs the file that you named, if it is vouched for"
        )],
        No::Unhashed { .. } => vec![
            "`pip-compile --generate-hashes` or `uv pip compile --generate-hashes` writes the hashes of all that is needed"
                .to_owned(),
        ],
        No::OtherEnvironment { .. } => {
            vec!["lock again for this environment too, or install from what was locked, such as `-r pyproject.toml`".to_owned()]
        }
        No::OtherPython { .. } => {
            vec!["`--venv DIR` or `--python EXE` names an environment with another Python".to_owned()]
        }
        No::Environment(conflict) => in_the_environment(conflict),
        No::NotRecalled(_) => vec!["`packman uninstall` removes what is not wanted any more".to_owned()],
        No::NotDisabled(_) => vec!["what is out of the way lies in .packman-disabled of the environment".to_owned()],
        No::Requirement(_) | No::NotPinned { .. } | No::Ring(_) => Vec::new(),
    }
}

/// What can be done where too few agree. That two say different things is another matter than that one says nothing.
fn quorum(lines: &[String]) -> Vec<String> {
    let [bytes, metadata] = [Dissent::OtherBytes, Dissent::OtherMetadata].map(|dissent| dissent.words());
    if lines.iter().any(|line| line.contains(&bytes) || line.contains(&metadata)) {
        return vec![
            "two databases say different things of one file, and one of them may be deceived: ask both maintainers before you go on"
                .to_owned(),
        ];
    }
    vec![
        "ask the maintainers of the databases that do not agree to look at it and vouch for it".to_owned(),
        "`packman trust quorum` shows the rules".to_owned(),
    ]
}

/// What can be done where something in an environment stands against a change.
fn in_the_environment(conflict: &Conflict) -> Vec<String> {
    let anew = || "a new environment is the safe way: `packman venv DIR`, then `--venv DIR`".to_owned();
    match conflict {
        Conflict::FileInTheWay { owner: Some(owner), .. } => vec![format!(
            "`packman uninstall {}` makes room, if you do not need it; else an environment of its own: `packman venv DIR`, then `--venv DIR`",
            escaped(owner)
        )],
        Conflict::FileInTheWay { path, owner: None, .. } => vec![format!(
            "look at {} in the environment, and move it away if nobody needs it there",
            quoted(path)
        )],
        Conflict::ProjectsCollide { .. } => vec![
            "install them in two environments: `packman venv DIR`, then `--venv DIR`".to_owned(),
            "tell the maintainer of the database: `packman explain projects-collide` says why".to_owned(),
        ],
        Conflict::AlreadyInstalled { .. } => {
            vec!["run it again, if somebody else changes this environment now".to_owned(), anew()]
        }
        Conflict::NoRecord { .. } => {
            vec!["if another program installed it, remove it with that".to_owned(), anew()]
        }
        _ => vec![anew()],
    }
}

fn who_was_asked(nobody: &Nobody) -> String {
    let Nobody { project, asked, known, refused: _ } = nobody;
    let databases = if *asked == 1 { "database" } else { "databases" };
    match asked {
        0 => format!(
            "none of those you trust ({known}) may answer for `{project}`; `packman trust scope NAME PATTERN…` sets what one may"
        ),
        _ => format!(
            "{asked} {databases} of your trust ring may answer for `{project}`, and none lists it; `packman trust list` shows them"
        ),
    }
}

fn how_to_ask(hint: &Hint) -> String {
    match hint {
        Hint::PreRelease { project, version } => {
            format!("`{project}=={version}` asks for a pre-release, which is chosen only when it is named")
        }
        Hint::Yanked { project, version } => {
            format!("`{project}=={version}` asks for a yanked release, which is chosen only when it is named")
        }
    }
}

/// What can be done about a file or folder. Where there was no room, what became of the rest stands in question.
pub(crate) fn disk(failure: &DiskFailure) -> Option<String> {
    match (failure.reason(), so_far()) {
        (DiskReason::Full, SoFar::Nothing) => {
            Some("make room, then try again: nothing was changed".to_owned())
        }
        (DiskReason::Full, _) => {
            Some("make room, then run the same again: what was finished before is kept".to_owned())
        }
        _ => failure.hint().map(str::to_owned),
    }
}

fn failure(failed: &Failed) -> Vec<String> {
    match failed {
        Failed::Disk(failure) => disk(failure).into_iter().collect(),
        Failed::Python { hint, .. } => hint.iter().map(|hint| (*hint).to_owned()).collect(),
        Failed::Network { hint, .. } => hint.iter().map(|hint| (*hint).to_owned()).collect(),
        Failed::Environment { hint, .. } => hint.iter().map(|hint| (*hint).to_owned()).collect(),
    }
}
