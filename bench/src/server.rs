//! nginx on loopback: what it serves, and with which settings.

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::Outcome;
use crate::program::write;
use crate::record::PAGE;

/// A running nginx; ended when it is dropped.
pub(crate) struct Server {
    child: Child,
    port: u16,
}

impl Server {
    /// Serves recorded pages and files under `/simple/` and `/f/`, and what this run made under
    /// `/site/`, `/curated/` and `/tuf/`, whose answers are logged by their bytes.
    pub(crate) fn start(record: &Path, run: &Path) -> Outcome<Self> {
        let program = find()
            .ok_or("nginx is not here; the bench serves with it (Debian: apt-get install nginx-light)")?;
        let port = free_port()?;
        let configuration = run.join("nginx.conf");
        write(&configuration, text(port, record, run))?;
        let child = Command::new(program)
            .arg("-p")
            .arg(run)
            .arg("-c")
            .arg(&configuration)
            .args(["-e", "nginx-error.log"])
            .stdin(Stdio::null())
            .spawn()
            .map_err(|error| format!("nginx did not start: {error}"))?;
        let server = Self { child, port };
        server.wait_until_it_answers(run)?;
        Ok(server)
    }

    /// Its process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// `127.0.0.1:PORT`.
    pub(crate) fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The address of a path.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.host())
    }

    fn wait_until_it_answers(&self, run: &Path) -> Outcome<()> {
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(10) {
            if TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_ok() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Err(format!("nginx does not answer; see {}", run.join("nginx-error.log").display()))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It holds nothing that a sudden end could harm.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn find() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/usr/local/sbin".into()]);
    folders.map(|folder| folder.join("nginx")).find(|program| program.is_file())
}

fn free_port() -> Outcome<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(|error| error.to_string())?;
    listener.local_addr().map(|address| address.port()).map_err(|error| error.to_string())
}

/// One process, so that its processor time can be told apart; lifetimes of answers as a public index has them.
fn text(port: u16, record: &Path, run: &Path) -> String {
    let (record, run_folder) = (record.display(), run.display());
    format!(
        r#"daemon off;
master_process off;
pid nginx.pid;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  log_format bytes '$bytes_sent';
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  sendfile on; tcp_nopush on; tcp_nodelay on;
  keepalive_requests 1000000; keepalive_timeout 600s;
  open_file_cache max=20000 inactive=600s; open_file_cache_valid 600s; open_file_cache_min_uses 1;
  types {{}}
  server {{
    listen 127.0.0.1:{port} backlog=1024;
    location /simple/ {{
      root "{record}"; gzip_static on; default_type {PAGE};
      rewrite ^(/simple/[a-z0-9-]+)/?$ $1.json break;
      add_header Cache-Control "max-age=600, public";
    }}
    location /f/ {{
      root "{record}"; default_type application/octet-stream;
      add_header Cache-Control "max-age=365000000, immutable, public";
    }}
    location /curated/ {{
      root "{run_folder}"; gzip_static on; default_type {PAGE};
      rewrite ^(/curated/[a-z0-9]+/[a-z0-9-]+)/?$ $1.json break;
      add_header Cache-Control "max-age=600, public";
    }}
    location /tuf/ {{
      root "{run_folder}"; default_type application/json; access_log tuf.log bytes;
    }}
    location /site/ {{
      root "{run_folder}"; gzip_static on; default_type application/octet-stream;
    }}
  }}
}}
"#
    )
}
