//! The HTTP agents: each a pool of kept connections with one set of time limits and one way out.
//!
//! Limits and proxies belong to an agent, not to a request: a request with limits of its own would load the
//! platform's certificates anew for every connection.

use std::sync::OnceLock;

use ureq::Agent;
use ureq::tls::{RootCerts, TlsConfig, TlsProvider};
use ureq::unversioned::transport::DefaultConnector;

use super::failure::{NetworkFailure, NetworkReason};
use super::means::{TlsMeans, TlsThere};
use super::names::Names;
use super::proxy::{Proxies, ProxySetting, Route};
use super::{FetcherSettings, Patience};
use crate::environ::Environ;
use crate::location::Location;
use crate::stop::Stop;

#[derive(Debug)]
pub(super) struct Agents {
    proxies: Proxies,
    patience: Patience,
    user_agent: String,
    stop: Stop,
    names: Names,
    environ: Environ,
    bundled_roots: bool,
    tls: OnceLock<TlsThere>,
    made: [[OnceLock<Agent>; 3]; 4],
}

impl Agents {
    pub(super) fn new(environ: &Environ, settings: &FetcherSettings, stop: &Stop) -> Self {
        Self {
            proxies: Proxies::of(environ),
            patience: settings.patience,
            user_agent: settings.user_agent.clone(),
            stop: stop.clone(),
            names: Names::default(),
            environ: environ.clone(),
            bundled_roots: settings.bundled_roots,
            tls: OnceLock::new(),
            made: Default::default(),
        }
    }

    /// What there is to protect `https`; looking reads all certificates of the platform, so it is done where it matters.
    pub(super) fn tls(&self) -> &TlsThere {
        self.tls.get_or_init(|| TlsThere::look(&self.environ, self.bundled_roots))
    }

    pub(super) fn environ(&self) -> &Environ {
        &self.environ
    }

    pub(super) fn proxies(&self) -> Vec<ProxySetting> {
        self.proxies.settings()
    }

    /// The proxy by which a host is asked.
    pub(super) fn proxy(&self, location: &Location) -> Option<&str> {
        self.proxies.address(self.proxies.route(location))
    }

    /// The agent for an answer of at most so many bytes from there.
    pub(super) fn agent(&self, location: &Location, max_bytes: u64) -> Result<&Agent, NetworkFailure> {
        let large = max_bytes > Patience::SMALL;
        let route = self.proxies.route(location);
        let is_https = location.url().is_some_and(|url| url.scheme() == "https");
        let [small_plain, large_plain, small_tls, large_tls] = &self.made;
        let [direct, http, https] = match (is_https, large) {
            (false, false) => small_plain,
            (false, true) => large_plain,
            (true, false) => small_tls,
            (true, true) => large_tls,
        };
        let made = match route {
            Route::Direct => direct,
            Route::HttpProxy => http,
            Route::HttpsProxy => https,
        };
        if let Some(agent) = made.get() {
            return Ok(agent);
        }
        // The address is not repeated: a password may stand in it.
        let wrong =
            |_| NetworkFailure::new(location, NetworkReason::Proxy("wanted an http address".to_owned()));
        let proxy = self.proxies.address(route).map(ureq::Proxy::new).transpose().map_err(wrong)?;
        Ok(made.get_or_init(|| self.make(large, is_https, proxy)))
    }

    fn make(&self, large: bool, is_https: bool, proxy: Option<ureq::Proxy>) -> Agent {
        let patience = &self.patience;
        let roots = match is_https.then(|| &self.tls().used) {
            Some(TlsMeans::Bundled) => RootCerts::WebPki,
            _ => RootCerts::PlatformVerifier,
        };
        let tls = TlsConfig::builder().provider(TlsProvider::Rustls).root_certs(roots).build();
        let config = Agent::config_builder()
            .tls_config(tls)
            .proxy(proxy)
            .user_agent(self.user_agent.as_str())
            .http_status_as_error(false)
            // Redirects are followed by our own rules, see `exchange`.
            .max_redirects(0)
            .max_response_header_size(64 << 10)
            // Questions are short, and all of this memory is written to for each connection.
            .output_buffer_size(16 << 10)
            .timeout_resolve(Some(patience.connect))
            .timeout_connect(Some(patience.connect))
            .timeout_recv_response(Some(patience.idle))
            .timeout_per_read(Some(patience.idle))
            .timeout_per_write(Some(patience.idle))
            // Bounds what goes on inside the library unseen by us, such as endless trailers.
            .timeout_global(Some(if large { patience.large } else { patience.small }))
            .max_idle_connections(32)
            .max_idle_connections_per_host(16)
            .build();
        let agent = Agent::with_parts(config, DefaultConnector::default(), self.names.clone());
        let closing = agent.clone();
        self.stop.on_ask(move || closing.shutdown());
        agent
    }
}
