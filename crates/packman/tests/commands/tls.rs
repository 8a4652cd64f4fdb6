//! `https`: by the means that is there, and what one refuses is offered to no other. And `packman doctor`, which says so.
//!
//! The certificates are made when the test runs, by the `openssl` command; a Python answers with them on this machine. Without
//! `openssl` or `curl` the tests that need it are passed over by name.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use packman_machine::clock;
use testkit::packages::module;
use testkit::world::{World, finish, write_program};

use crate::support::user::User;
use crate::support::{Stage, at, bare_world, plain};

/// Answers GET with the files of a folder, over TLS, and says on which port. Another host than is asked for is `moved`.
const SERVER: &str = "
import http.server, ssl, sys
class Files(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_): pass
    def do_GET(self):
        if len(sys.argv) > 4:
            self.send_response(302)
            self.send_header('location', sys.argv[4] + self.path)
            self.send_header('content-length', '0')
            self.end_headers()
        else:
            super().do_GET()
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1], sys.argv[2])
server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), lambda *a: Files(*a, directory=sys.argv[3]))
server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_address[1], flush=True)
server.serve_forever()
";

/// A server that is ended when it is dropped.
struct TlsServer {
    child: Child,
    url: String,
}

impl TlsServer {
    fn of(world: &World, authority: &Authority, more: &[&str]) -> Self {
        let mut command = Command::new("python3");
        command
            .args(["-c", SERVER])
            .arg(&authority.certificate)
            .arg(&authority.key)
            .arg(world.path("site"))
            .args(more);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut port = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut port).unwrap();
        Self { child, url: format!("https://127.0.0.1:{}/", port.trim()) }
    }
}

impl Drop for TlsServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Somebody who signs a certificate of this machine, and that certificate.
struct Authority {
    itself: PathBuf,
    certificate: PathBuf,
    key: PathBuf,
}

impl Authority {
    fn new(world: &World, name: &str) -> Self {
        let file = |end: &str| world.path(&format!("{name}-{end}"));
        let (itself, key, certificate) = (file("ca.pem"), file("key.pem"), file("cert.pem"));
        let run = |script: &str| {
            let mut command = Command::new("sh");
            command.args(["-ec", script, "sh"]).args([
                &itself,
                &file("ca.key"),
                &key,
                &file("req.pem"),
                &certificate,
            ]);
            assert_eq!(finish(&mut command).code, 0, "{script}");
        };
        run(
            "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout \"$2\" -out \"$1\" -subj /CN=test-ca \
             -days 2 -addext basicConstraints=critical,CA:TRUE 2>/dev/null",
        );
        run("openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout \"$3\" -out \"$4\" -subj /CN=test 2>/dev/null
             printf 'subjectAltName=IP:127.0.0.1\\nextendedKeyUsage=serverAuth\\n' >\"$4.ext\"
             openssl x509 -req -in \"$4\" -CA \"$1\" -CAkey \"$2\" -CAcreateserial -days 2 -extfile \"$4.ext\" -out \"$5\" 2>/dev/null");
        Self { itself, certificate, key }
    }
}

/// Says which test did nothing, and why.
fn passed_over(why: &str) {
    let test = std::thread::current().name().unwrap_or_default().to_owned();
    let _ = writeln!(std::io::stderr(), "passed over: {test}: {why}");
}

fn has(program: &str) -> bool {
    let there = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if there.is_err() {
        passed_over(&format!("there is no `{program}` here"));
    }
    there.is_ok()
}

/// A `curl` that notes that it was asked, and then trusts everybody.
fn gullible_curl(world: &World) -> PathBuf {
    let folder = world.path("bin");
    std::fs::create_dir_all(&folder).unwrap();
    let script = format!(
        "#!/bin/sh\necho asked >>'{}'\nexec /usr/bin/curl -k \"$@\"\n",
        world.path("asked").display()
    );
    write_program(&folder.join("curl"), &script);
    folder
}

fn add(stage: &Stage, url: &str, number: &str) -> (i32, String) {
    let _ = stage.world.run(&["trust", "remove", "web"]);
    let _ = std::fs::remove_dir_all(stage.world.home().join("state"));
    let _ = std::fs::remove_file(stage.world.home().join("ring.toml"));
    let run = stage.world.run(&["trust", "add", url, "--as", "web", "--number", number]);
    (run.code, run.stderr)
}

fn path_with(folder: &Path) -> std::ffi::OsString {
    let own = std::env::var_os("PATH").unwrap_or_default();
    std::env::join_paths(std::iter::once(folder.to_owned()).chain(std::env::split_paths(&own))).unwrap()
}

#[test]
fn a_certificate_that_one_means_refuses_is_offered_to_no_other() {
    if !has("openssl") {
        return;
    }
    let mut stage = Stage::published(vec![module("flask", "3.0")]);
    let (known, stranger) = (Authority::new(&stage.world, "known"), Authority::new(&stage.world, "stranger"));
    let number = stage.number();
    let server = TlsServer::of(&stage.world, &known, &[]);
    let curl = gullible_curl(&stage.world);
    stage.world.set("PATH", path_with(&curl));
    stage.world.set("SSL_CERT_FILE", known.itself.as_os_str());
    let (code, said) = add(&stage, &server.url, &number);
    assert_eq!(code, 0, "{said}");
    // The attack: whoever forged this certificate need only be believed by one of the three.
    stage.world.set("SSL_CERT_FILE", stranger.itself.as_os_str());
    let (code, said) = add(&stage, &server.url, &number);
    assert!(code == 4 && said.contains("no trusted connection"), "{code} {said}");
    assert!(!stage.world.path("asked").exists(), "curl was asked after a refusal");
    // What the user named is not there: nobody else is trusted in its place.
    stage.world.set("SSL_CERT_FILE", "/absent/certificates.pem");
    assert_eq!(add(&stage, &server.url, &number).0, 4);
    assert!(!stage.world.path("asked").exists(), "curl was asked after a refusal");
    // Built-in certificates know nothing of the user's own, and the platform is not asked after them.
    stage.world.set("SSL_CERT_FILE", known.itself.as_os_str());
    stage.world.set("PACKMAN_TLS", "bundled");
    let (code, said) = add(&stage, &server.url, &number);
    assert!(code == 4 && said.contains("no trusted connection"), "{code} {said}");
    assert!(!stage.world.path("asked").exists(), "curl was asked after a refusal");
}

#[test]
fn the_curl_command_fetches_what_it_trusts_and_no_setting_of_its_own_lowers_that() {
    if !has("openssl") || !has("curl") {
        return;
    }
    let mut stage = Stage::published(vec![module("flask", "3.0")]);
    let (known, stranger) = (Authority::new(&stage.world, "known"), Authority::new(&stage.world, "stranger"));
    let number = stage.number();
    let server = TlsServer::of(&stage.world, &known, &[]);
    stage.world.set("PACKMAN_TLS", "curl");
    stage.world.set("SSL_CERT_FILE", known.itself.as_os_str());
    let (code, said) = add(&stage, &server.url, &number);
    assert_eq!(code, 0, "{said}");
    assert!(stage.world.ok(&["info", "flask"]).stdout.contains("flask-3.0-py3-none-any.whl"));
    let doctor = stage.world.run(&["doctor"]);
    assert!(
        doctor.stdout.contains("the command `") && doctor.stdout.contains("as PACKMAN_TLS says"),
        "{}",
        doctor.stdout
    );
    // A `.curlrc` that trusts everybody is not read.
    std::fs::write(stage.world.folder().parent().unwrap().join(".curlrc"), "insecure\n").unwrap();
    stage.world.set("SSL_CERT_FILE", stranger.itself.as_os_str());
    let (code, said) = add(&stage, &server.url, &number);
    assert!(code == 4 && said.contains("curl does not trust it"), "{code} {said}");
    // A host that leads down to plain HTTP is not followed, by our own rule.
    stage.world.set("SSL_CERT_FILE", known.itself.as_os_str());
    let down = TlsServer::of(&stage.world, &known, &[stage.mirror.url().trim_end_matches('/')]);
    let (code, said) = add(&stage, &down.url, &number);
    assert!(code == 4 && said.contains("redirected"), "{code} {said}");
    assert!(stage.mirror.take_asked().is_empty());
}

#[test]
fn the_doctor_tells_what_is_there_and_what_is_missing_with_the_remedy() {
    let stage = Stage::trusted(vec![module("flask", "3.0")]);
    let mut world = stage.world;
    let said = |run: &testkit::world::Run| plain_lines(&run.stdout);
    let fine = world.ok(&["doctor"]);
    for line in ["ok    home", "ok    cache", "ok    clock", "ok    web", "it answers", "ok    python"] {
        assert!(said(&fine).contains(line), "{line}: {}", fine.stdout);
    }
    let offline = world.run(&["doctor", "--offline"]);
    assert!(offline.stdout.contains("not asked, as `--offline` says"), "{}", offline.stdout);
    // Certificates that the user named and that are not there.
    world.set("SSL_CERT_FILE", "/absent/certificates.pem");
    let run = world.ends(1, "needs-remedy", &["doctor"]);
    let checks = run.json();
    let tls = at(&checks, &["checks"])
        .as_array()
        .unwrap()
        .iter()
        .find(|check| at(check, &["subject"]).as_str() == Some("tls"));
    assert_eq!(at(tls.unwrap(), &["state"]).as_str(), Some("wrong"), "{}", run.stdout);
    // A means that is not there, without curl and without Python.
    world.set("PATH", world.path("nowhere"));
    world.set("PACKMAN_TLS", "curl");
    let run = world.run(&["doctor"]);
    assert_eq!(run.code, 1, "{}", run.stdout);
    for line in [
        "BAD   tls",
        "PACKMAN_TLS is `curl`, which is not there",
        "remedy: unset PACKMAN_TLS",
        "note  python",
    ] {
        assert!(said(&run).contains(line), "{line}: {}", run.stdout);
    }
    world.set("PACKMAN_TLS", "bundled");
    let run = world.run(&["doctor"]);
    assert!(
        run.stdout.contains("the root certificates that are built in, as PACKMAN_TLS says"),
        "{}",
        run.stdout
    );
    // Proxies, without what opens them; and a database that is out of reach serves on.
    world.set("https_proxy", "http://ann:secret@proxy.example:3128");
    world.set("NO_PROXY", "localhost,.example");
    drop(stage.mirror);
    let run = world.run(&["doctor"]);
    for line in [
        "`https` goes through `http://proxy.example:3128`",
        "not used for `localhost,.example`",
        "note  web",
        "not reached: no connection",
    ] {
        assert!(said(&run).contains(line), "{line}: {}", run.stdout);
    }
    assert!(!run.stdout.contains("secret"), "{}", run.stdout);
    // A ring that is torn.
    std::fs::write(world.home().join("ring.toml"), "format = 1\n").unwrap();
    let run = world.run(&["doctor"]);
    assert!(run.code == 1 && said(&run).contains("BAD   trust ring"), "{}", run.stdout);
}

/// Columns are as wide as the widest subject.
fn plain_lines(text: &str) -> String {
    let line = |line: &str| {
        let parts: Vec<&str> = line.split("  ").map(str::trim).filter(|part| !part.is_empty()).collect();
        match parts.as_slice() {
            [state, subject, rest @ ..] => format!("{state:<4}  {subject}  {}", rest.join("  ")),
            parts => parts.concat(),
        }
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_clock_that_is_behind_what_was_verified_is_told() {
    let stage = Stage::trusted(vec![module("flask", "3.0")]);
    stage.release(&[module("flask", "3.1")]);
    let mut user = User::of(&stage.world);
    user.now = clock::now().plus_days(5);
    user.refresh().unwrap();
    let run = stage.world.run(&["doctor"]);
    assert!(
        run.code == 1 && run.stdout.contains("at least: PackMan goes by the later time"),
        "{}",
        run.stdout
    );
    assert!(run.stdout.contains("remedy: set the clock of this machine"), "{}", run.stdout);
}

#[test]
fn a_machine_without_certificates_or_without_a_network_is_told_of() {
    let world = bare_world();
    let program = env!("CARGO_BIN_EXE_packman");
    // A container's view: nothing under /etc/ssl and its kin, and no network but this machine.
    let hide = "for folder in /etc/ssl /etc/pki /usr/lib/ssl /usr/share/ca-certificates /usr/local/share/ca-certificates; do
                [ -d $folder ] && mount -t tmpfs none $folder; done; exec \"$@\"";
    let run = |script: &str, arguments: &[&str]| {
        let mut command = world.other_command(Path::new("unshare"));
        finish(command.args(["-rmn", "sh", "-c", script, "sh", program]).args(arguments))
    };
    if run("exec true", &[]).code != 0 || run(hide, &["--version"]).code != 0 {
        passed_over("no namespaces can be made here");
        return;
    }
    let bare = run(hide, &["doctor"]);
    assert!(
        bare.stdout
            .contains("the root certificates that are built in, since the platform has no certificates"),
        "{}",
        bare.stdout
    );
    assert!(bare.stdout.contains("remedy: install the certificates of the system"), "{}", bare.stdout);
    let add = run(hide, &["trust", "add", "https://db.example/", "--number", &["00000"; 12].join(" ")]);
    assert!(
        add.code == 4 && plain(&world, &add.stderr).contains("no address is known for this host"),
        "{}",
        add.stderr
    );
}
