//! The addresses of hosts: each name is asked for once in a run, and an address that stands in a URL never.
//!
//! The library asks before every request, also where a connection is kept, each time on a thread of its own: a plan of
//! ninety wheels from one host would ask its name ninety times. What is kept here decides only where packets go, never
//! what is believed.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ureq::Error;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

/// For how long an answer is kept: a run that goes on for hours follows a host that moves.
const KEPT: Duration = Duration::from_mins(1);

/// The addresses that are known; shared by all agents of a run.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    known: Arc<Mutex<HashMap<String, Known>>>,
}

#[derive(Debug)]
struct Known {
    addresses: Vec<SocketAddr>,
    asked: Instant,
}

impl Resolver for Names {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, Error> {
        let name = uri.scheme().zip(uri.authority()).and_then(|(scheme, authority)| {
            DefaultResolver::host_and_port(scheme, authority).map(|name| (name, authority.host()))
        });
        // What has no host is the library's to refuse.
        let Some((name, host)) = name else {
            return DefaultResolver::default().resolve(uri, config, timeout);
        };
        if let Some(address) = literal(host, &name) {
            let family = config.ip_family();
            return self.filled(family.keep_wanted([address].into_iter()));
        }
        if let Some(known) = self.known(&name) {
            return self.filled(known.into_iter());
        }
        let found = DefaultResolver::default().resolve(uri, config, timeout)?;
        let known = Known { addresses: found.to_vec(), asked: Instant::now() };
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(name, known);
        Ok(found)
    }
}

impl Names {
    fn known(&self, name: &str) -> Option<Vec<SocketAddr>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(name).filter(|known| known.asked.elapsed() < KEPT).map(|known| known.addresses.clone())
    }

    fn filled(&self, addresses: impl Iterator<Item = SocketAddr>) -> Result<ResolvedSocketAddrs, Error> {
        let mut filled = self.empty();
        for address in addresses.take(MOST) {
            filled.push(address);
        }
        if filled.is_empty() { Err(Error::HostNotFound) } else { Ok(filled) }
    }
}

/// The most addresses that the library takes.
const MOST: usize = 16;

/// The address that a URL names itself: `127.0.0.1`, `[::1]`.
fn literal(host: &str, name: &str) -> Option<SocketAddr> {
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let address: IpAddr = bare.parse().ok()?;
    let port = name.rsplit_once(':')?.1.parse().ok()?;
    Some(SocketAddr::new(address, port))
}

#[cfg(test)]
mod tests {
    use super::{Known, Names};
    use std::net::SocketAddr;
    use std::time::{Duration, Instant};
    use ureq::config::Config;
    use ureq::unversioned::resolver::Resolver as _;
    use ureq::unversioned::transport::NextTimeout;

    fn check(names: &Names, uri: &str) -> Result<Vec<SocketAddr>, String> {
        let found = names.resolve(&uri.parse().unwrap(), &Config::default(), NextTimeout::default());
        found.map(|found| found.to_vec()).map_err(|error| error.to_string())
    }

    fn known(names: &Names, name: &str, address: &str, asked: Instant) {
        let known = Known { addresses: vec![address.parse().unwrap()], asked };
        names.known.lock().unwrap().insert(name.to_owned(), known);
    }

    #[test]
    fn an_address_is_taken_as_it_stands() {
        let names = Names::default();
        for (uri, wanted) in [
            ("http://127.0.0.1:8000/a", "127.0.0.1:8000"),
            ("https://192.0.2.7/", "192.0.2.7:443"),
            ("http://[::1]:80/", "[::1]:80"),
            ("https://[2001:db8::1]/", "[2001:db8::1]:443"),
        ] {
            assert_eq!(check(&names, uri), Ok(vec![wanted.parse().unwrap()]), "{uri}");
        }
        assert!(names.known.lock().unwrap().is_empty());
    }

    #[test]
    fn a_name_is_asked_for_once_for_each_port_and_for_a_minute() {
        let names = Names::default();
        // A name that nobody answers for outside of this test.
        known(&names, "packages.invalid:443", "192.0.2.1:443", Instant::now());
        let kept = Ok(vec!["192.0.2.1:443".parse().unwrap()]);
        assert_eq!(check(&names, "https://packages.invalid/a"), kept);
        assert_eq!(check(&names, "https://packages.invalid:443/b"), kept);
        let local = check(&names, "http://localhost:9/").unwrap();
        assert!(local.iter().all(|address| address.ip().is_loopback() && address.port() == 9), "{local:?}");
        // What was learnt for another port says nothing here.
        known(&names, "localhost:10", "192.0.2.1:10", Instant::now());
        assert!(
            check(&names, "http://localhost:9/").unwrap().iter().all(|address| address.ip().is_loopback())
        );
        assert_eq!(check(&names, "http://localhost:10/"), Ok(vec!["192.0.2.1:10".parse().unwrap()]));
        // What is old is asked for again.
        if let Some(long_ago) = Instant::now().checked_sub(Duration::from_mins(2)) {
            known(&names, "localhost:10", "192.0.2.1:10", long_ago);
            let again = check(&names, "http://localhost:10/").unwrap();
            assert!(again.iter().all(|address| address.ip().is_loopback()), "{again:?}");
        }
    }
}
