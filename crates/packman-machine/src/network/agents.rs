//! The HTTP agents: each a pool of kept connections with one set of time limits and one way out.
//!
//! Limits and proxies belong to an agent, not to a request: a request with limits of its own would load the
//! platform's certificates anew for every connection.

use std::sync::OnceLock;

use ureq::Agent;
use ureq::tls::{RootCerts, TlsConfig, TlsProvider};
use ureq::unversioned::transport::DefaultConnector;

use super::failure::{NetworkFailure, NetworkReason};
use super::names::Names;
use super::proxy::{Proxies, Route};
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
    made: [[OnceLock<Agent>; 3]; 2],
}

impl Agents {
    pub(super) fn new(environ: &Environ, settings: &FetcherSettings, stop: &Stop) -> Self {
        Self {
            proxies: Proxies::of(environ),
            patience: settings.patience,
            user_agent: settings.user_agent.clone(),
            stop: stop.clone(),
            names: Names::default(),
            made: Default::default(),
        }
    }

    /// The agent for an answer of at most so many bytes from there.
    pub(super) fn agent(&self, location: &Location, max_bytes: u64) -> Result<&Agent, NetworkFailure> {
        let large = max_bytes > Patience::SMALL;
        let route = self.proxies.route(location);
        let [small_ones, large_ones] = &self.made;
        let [direct, http, https] = if large { large_ones } else { small_ones };
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
        Ok(made.get_or_init(|| self.make(large, proxy)))
    }

    fn make(&self, large: bool, proxy: Option<ureq::Proxy>) -> Agent {
        let patience = &self.patience;
        let tls = TlsConfig::builder()
            .provider(TlsProvider::Rustls)
            .root_certs(RootCerts::PlatformVerifier)
            .build();
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
