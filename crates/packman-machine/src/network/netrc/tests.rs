use std::sync::Mutex;

use super::{Netrc, base64, parse};
use crate::environ::Environ;
use crate::location::Location;
use crate::loopback::{Answer, Loopback};
use crate::network::{Fetched, Fetcher, FetcherSettings, NetworkReason, Patience};
use crate::stop::Stop;

const SECRET: &str = "hunter2";

fn read(text: &str) -> String {
    let Some(logins) = parse(text) else { return "not understood".to_owned() };
    let line = |login: &super::Login| format!("{} {} {}", login.host, login.name, login.password);
    logins.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn entries_are_read_as_curl_and_python_read_them() {
    let text = "# mine\nmachine a.example login me password pw#1 # more\nmachine b.example\n\tlogin \"a b\\\"c\"\n\tpassword #x\\y\n\n\
        macdef init\nmachine evil.example login x password y\n\nmachine c.example account acct password only\n\
        default login anonymous password mail\nmachine d.example\n";
    insta::assert_snapshot!(read(text), @r#"
    a.example me pw#1
    b.example a b"c #xy
    c.example  only
    "#);
    for broken in [
        "machine",
        "machine a login",
        "login x",
        "machine a password \"open",
        "a.example me pw",
        "machine a login me paswsord x",
    ] {
        assert_eq!(read(broken), "not understood", "{broken:?}");
    }
    assert_eq!(read("macdef init\nmachine a login b password c"), "");
    assert_eq!(
        ["", "f", "fo", "foo", "user:pw"].map(|text| base64(text.as_bytes())),
        ["", "Zg==", "Zm8=", "Zm9v", "dXNlcjpwdw=="]
    );
}

/// What a host that answers with the credentials it is given was told.
fn echo() -> Loopback {
    Loopback::answering(|asked| Answer::bytes(asked.header("authorization").unwrap_or("nothing").to_owned()))
        .unwrap()
}

struct Home {
    folder: tempfile::TempDir,
}

impl Home {
    fn new(netrc: &str) -> Self {
        let home = Self { folder: tempfile::tempdir().unwrap() };
        home.write(netrc, 0o600);
        home
    }

    fn write(&self, netrc: &str, mode: u32) {
        let path = self.folder.path().join("netrc");
        std::fs::write(&path, netrc).unwrap();
        #[cfg(unix)]
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
        let _ = mode;
    }

    fn environ(&self) -> Environ {
        Environ::of(self.folder.path(), [("NETRC", "netrc")])
    }

    fn fetcher(&self) -> Fetcher {
        let patience = Patience { again: 0, ..Patience::default() };
        Fetcher::new(
            &self.environ(),
            FetcherSettings { patience, ..FetcherSettings::default() },
            &Stop::new(),
        )
    }

    /// What is fetched there, as text.
    fn get(&self, location: &Location) -> String {
        match self.fetcher().get_whole(location, 1000).unwrap() {
            Fetched::Bytes(bytes) => String::from_utf8(bytes).unwrap(),
            Fetched::Missing => "missing".to_owned(),
        }
    }
}

fn here() -> Home {
    Home::new(&format!("machine 127.0.0.1 login me password {SECRET}"))
}

#[test]
fn a_password_goes_to_the_host_that_its_entry_names() {
    let server = echo();
    assert_eq!(here().get(&server.location()), format!("Basic {}", base64(b"me:hunter2")));
    assert_eq!(Home::new("machine a.example login me password pw").get(&server.location()), "nothing");
    assert_eq!(Home::new("default login me password pw").get(&server.location()), "nothing");
    let page = here().fetcher().page(&server.location(), "text/html", 1000).unwrap().unwrap();
    assert!(page.bytes.starts_with(b"Basic "));
}

#[test]
fn a_redirect_takes_it_nowhere_else() {
    let other = echo();
    let port = other.location();
    let name = Location::parse_link(&other.url().replace("127.0.0.1", "localhost")).unwrap();
    let both =
        Home::new("machine 127.0.0.1 login me password hunter2 machine localhost login me password hunter2");
    for to in [port, name] {
        let to = to.to_string();
        let first = Loopback::answering(move |_| Answer::redirect(&to)).unwrap();
        assert_eq!(both.get(&first.location()), "nothing");
    }
    // Where the same host leads to itself, it goes along.
    let server = Loopback::answering(|asked| match asked.path.as_str() {
        "here" => Answer::bytes(asked.header("authorization").unwrap_or("nothing").to_owned()),
        _ => Answer::redirect("/here"),
    })
    .unwrap();
    assert!(here().get(&server.location()).starts_with("Basic "));
}

#[test]
fn nothing_is_said_over_plain_http_to_another_machine() {
    let home = Home::new("machine a.example login me password hunter2 machine ::1 login me password x");
    let netrc = Netrc::of(&home.environ(), |_| {});
    let told = |address: &str, at: &str| {
        let credentials = netrc.credentials(&Location::parse_link(address).unwrap());
        credentials.is_some_and(|told| told.header(&Location::parse_link(at).unwrap()).is_some())
    };
    let same = |address: &str| told(address, address);
    assert!(same("https://a.example/x") && same("https://A.example:8443/") && same("http://[::1]:80/"));
    assert!(
        !same("http://a.example/x")
            && !same("https://b.a.example/")
            && !same("https://a.example.evil.example/")
    );
    assert!(!told("https://a.example/", "http://a.example/"));
    assert!(!told("https://a.example/", "https://a.example:444/"));
    assert!(!told("https://a.example/", "https://b.example/"));
    assert!(told("https://a.example/", "https://a.example:443/other"));
}

#[test]
fn a_password_is_never_shown() {
    let server = Loopback::answering(|_| Answer::status(401)).unwrap();
    let home = here();
    let fetcher = home.fetcher();
    let failure = fetcher.get_whole(&server.location(), 9).unwrap_err();
    assert_eq!(*failure.reason(), NetworkReason::Status(401));
    let told = fetcher.netrc.credentials(&server.location()).unwrap();
    let header = told.header(&server.location()).unwrap();
    let words = format!("{failure} {failure:?} {:?} {fetcher:?} {header:?}", failure.hint());
    for secret in [SECRET.to_owned(), base64(b"me:hunter2"), base64(SECRET.as_bytes())] {
        assert!(!words.contains(&secret), "{words}");
    }
    // What stands in a file that is not understood may be a password, too.
    assert!(!warnings(&format!("{SECRET} {SECRET}"), 0o600).contains(SECRET));
}

static WARNED: Mutex<Vec<String>> = Mutex::new(Vec::new());
static ONE: Mutex<()> = Mutex::new(());

/// What is said of a netrc when two hosts are asked.
fn warnings(text: &str, mode: u32) -> String {
    let _one = ONE.lock().unwrap();
    let home = Home::new("");
    home.write(text, mode);
    let netrc = Netrc::of(&home.environ(), |warning| WARNED.lock().unwrap().push(warning.to_string()));
    for _ in 0..2 {
        let _ = netrc.credentials(&Location::parse_link("https://a.example/").unwrap());
    }
    let words = std::mem::take(&mut *WARNED.lock().unwrap()).join("\n");
    words.replace(&*home.folder.path().to_string_lossy(), "~")
}

#[test]
fn what_is_wrong_with_a_netrc_is_said_once() {
    insta::assert_snapshot!(warnings("machine a", 0o600), @"");
    insta::assert_snapshot!(warnings("paswsord x", 0o600), @"netrc `~/netrc`: is not understood; no passwords are used");
    if cfg!(unix) {
        insta::assert_snapshot!(warnings("machine a login b password c", 0o640), @"netrc `~/netrc`: holds passwords that others can read; `chmod 600` keeps them to yourself");
        assert_eq!(warnings("", 0o644), "");
    }
}
