//! Which proxy a request goes through: the usual environment variables, one per scheme.
//!
//! Requests to this very machine never go through one. Proxies are asked to CONNECT, for `http` too.

use crate::environ::Environ;
use crate::location::Location;

/// The proxies of an environment.
#[derive(Clone, Debug, Default)]
pub(super) struct Proxies {
    http: Option<String>,
    https: Option<String>,
    without: Vec<String>,
}

/// What the environment says of proxies.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ProxySetting {
    /// `http`, `https`, or `no` for what is asked without one.
    pub of: &'static str,
    /// The address, without the name and password in it; or the exceptions.
    pub value: String,
}

/// The way to a host.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(super) enum Route {
    Direct,
    HttpProxy,
    HttpsProxy,
}

impl Proxies {
    pub(super) fn of(environ: &Environ) -> Self {
        let first = |names: &[&str]| names.iter().find_map(|name| environ.text(name)).map(str::to_owned);
        // In a CGI program a client's `Proxy:` header arrives as HTTP_PROXY.
        let http: &[&str] = match environ.variable("REQUEST_METHOD") {
            Some(_) => &["http_proxy", "all_proxy"],
            None => &["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"],
        };
        let without = first(&["no_proxy", "NO_PROXY"]).unwrap_or_default();
        Self {
            http: first(http),
            https: first(&["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]),
            without: without.split(',').map(|entry| entry.trim().to_ascii_lowercase()).collect(),
        }
    }

    pub(super) fn route(&self, location: &Location) -> Route {
        let Some(url) = location.url() else { return Route::Direct };
        let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
        if is_this_machine(host)
            || self.without.iter().any(|entry| excludes(entry, host, url.port_or_known_default()))
        {
            return Route::Direct;
        }
        match (url.scheme(), &self.http, &self.https) {
            ("http", Some(_), _) => Route::HttpProxy,
            ("https", _, Some(_)) => Route::HttpsProxy,
            _ => Route::Direct,
        }
    }

    /// What is set, for people.
    pub(super) fn settings(&self) -> Vec<ProxySetting> {
        let shown = |address: &String| match address.rsplit_once('@') {
            Some((before, host)) => {
                let scheme =
                    before.split_once("://").map_or(String::new(), |(scheme, _)| format!("{scheme}://"));
                format!("{scheme}{host}")
            }
            None => address.clone(),
        };
        let no = Some(self.without.join(",")).filter(|no| !no.is_empty());
        let all =
            [("http", self.http.as_ref().map(shown)), ("https", self.https.as_ref().map(shown)), ("no", no)];
        all.into_iter().filter_map(|(of, value)| Some(ProxySetting { of, value: value? })).collect()
    }

    pub(super) fn address(&self, route: Route) -> Option<&str> {
        match route {
            Route::Direct => None,
            Route::HttpProxy => self.http.as_deref(),
            Route::HttpsProxy => self.https.as_deref(),
        }
    }
}

/// Whether a host, without brackets, is this very machine.
pub(super) fn is_this_machine(host: &str) -> bool {
    host == "localhost"
        || host.ends_with(".localhost")
        || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// An entry of `NO_PROXY`: `*`, a host with all below it, either with a port.
fn excludes(entry: &str, host: &str, port: Option<u16>) -> bool {
    let (name, wanted) = match entry.rsplit_once(':') {
        Some((name, digits)) if !name.contains(':') => (name, digits.parse::<u16>().ok()),
        _ => (entry, None),
    };
    let name = name.trim_start_matches("*.").trim_start_matches('.').trim_matches(['[', ']']);
    if name.is_empty() || (wanted.is_some() && wanted != port) {
        return false;
    }
    let below = host.strip_suffix(name).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    name == "*" || below
}

#[cfg(test)]
mod tests {
    use super::{Proxies, Route};
    use crate::environ::Environ;
    use crate::location::Location;

    fn check(variables: &[(&str, &str)], url: &str, route: Route) {
        let proxies = Proxies::of(&Environ::of("/", variables.iter().copied()));
        assert_eq!(proxies.route(&Location::parse_link(url).unwrap()), route, "{url} with {variables:?}");
    }

    #[test]
    fn each_scheme_has_its_proxy() {
        check(&[], "https://example.org/", Route::Direct);
        check(&[("HTTPS_PROXY", "p:1")], "https://example.org/", Route::HttpsProxy);
        check(&[("HTTPS_PROXY", "p:1")], "http://example.org/", Route::Direct);
        check(&[("ALL_PROXY", "p:1")], "http://example.org/", Route::HttpProxy);
        check(&[("http_proxy", "p:1")], "http://example.org/", Route::HttpProxy);
        check(&[("HTTP_PROXY", "p:1"), ("REQUEST_METHOD", "GET")], "http://example.org/", Route::Direct);
    }

    #[test]
    fn exceptions_are_names_and_all_below_them() {
        let with = |entry| [("ALL_PROXY", "p:1"), ("NO_PROXY", entry)];
        for (entry, host, route) in [
            ("example.org", "https://example.org/", Route::Direct),
            ("x, .Example.org", "https://a.example.org/", Route::Direct),
            ("*.example.org", "https://a.example.org/", Route::Direct),
            ("example.org:443", "https://example.org/", Route::Direct),
            ("example.org:80", "https://example.org/", Route::HttpsProxy),
            ("ample.org", "https://example.org/", Route::HttpsProxy),
            ("10.0.0.1", "https://10.0.0.1/", Route::Direct),
            ("*", "https://example.org/", Route::Direct),
            ("", "https://example.org/", Route::HttpsProxy),
        ] {
            check(&with(entry), host, route);
        }
    }

    #[test]
    fn this_machine_is_never_asked_through_a_proxy() {
        for url in ["http://127.0.0.1:8765/", "http://localhost/", "https://[::1]/"] {
            check(&[("ALL_PROXY", "p:1")], url, Route::Direct);
        }
    }
}
