//! What a session is opened with.

mod account;
mod credentials;
mod from_url;
mod key_pair;

pub use account::Account;
pub use credentials::Credentials;
pub use key_pair::KeyPair;

use shopstream_core::{Error, Result};
use std::time::Duration;
use url::{Host, Url};

/// What a session is opened with: who, where, and how patient it is. Its `Debug` shows no secret.
///
/// ```
/// use shopstream_core::Secret;
/// use shopstream_sinks::snowflake::client::{Credentials, Settings};
///
/// let password = Credentials::Password(Secret::new("hunter2"));
/// let settings = Settings::new("myorg-shop".parse()?, "LOADER", password)
///     .with_database("SHOPSTREAM_DWH")
///     .with_warehouse("LOADING_WH");
/// assert!(!format!("{settings:?}").contains("hunter2"));
/// # Ok::<(), shopstream_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Settings {
    pub(super) account: Account,
    pub(super) user: String,
    pub(super) credentials: Credentials,
    pub(in crate::snowflake) database: Option<String>,
    pub(super) schema: Option<String>,
    pub(in crate::snowflake) warehouse: Option<String>,
    pub(in crate::snowflake) role: Option<String>,
    pub(super) endpoint: Option<Url>,
    pub(super) allow_http: bool,
    pub(in crate::snowflake) run: Option<String>,
    pub(super) timeout: Duration,
    pub(super) request_timeout: Duration,
    pub(super) retries: Retries,
    pub(super) downloads: usize,
}

macro_rules! with {
    ($($(#[$doc:meta])* $name:ident: $field:ident),+ $(,)?) => { $(
        $(#[$doc])*
        #[must_use]
        pub fn $name(mut self, value: impl Into<String>) -> Self {
            self.$field = Some(value.into());
            self
        }
    )+ };
}

impl Settings {
    /// For a user of an account; the user's name is folded to upper case.
    pub fn new(account: Account, user: impl Into<String>, credentials: Credentials) -> Self {
        Self {
            account,
            user: user.into(),
            credentials,
            database: None,
            schema: None,
            warehouse: None,
            role: None,
            endpoint: None,
            allow_http: false,
            run: None,
            timeout: Duration::from_secs(3600),
            request_timeout: Duration::from_secs(120),
            retries: Retries::default(),
            downloads: 4,
        }
    }

    with! {
        /// The database that names without one are of. Without a database the outcome of a statement whose answer was
        /// lost cannot be asked for.
        with_database: database,
        /// The schema that names without one are of.
        with_schema: schema,
        /// The virtual warehouse that computes.
        with_warehouse: warehouse,
        /// The role whose rights the session has; default the user's own.
        with_role: role,
        /// The run that the session works for: it stands in the tag of every query.
        with_run: run,
    }

    /// At this address instead of the account's own: a private link, a proxy, an emulator.
    #[must_use]
    pub fn with_endpoint(mut self, endpoint: Url) -> Self {
        self.endpoint = Some(endpoint);
        self
    }

    /// Whether the endpoint may be `http://` on another machine than this one (default no: secrets would go there
    /// unencrypted).
    #[must_use]
    pub fn with_allow_http(mut self, yes: bool) -> Self {
        self.allow_http = yes;
        self
    }

    /// How long a statement may take, on the server too (default an hour).
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How long one request may take (default 120 s). The server answers within 45 s, if only that it is at work.
    #[must_use]
    pub fn with_request_timeout(mut self, timeout: Duration) -> Self {
        self.request_timeout = timeout;
        self
    }

    /// How what failed for now is tried again.
    #[must_use]
    pub fn with_retries(mut self, retries: Retries) -> Self {
        self.retries = retries;
        self
    }

    /// How many parts of a result are fetched at once (default 4; 0 counts as 1): so many are in memory.
    #[must_use]
    pub fn with_downloads(mut self, downloads: usize) -> Self {
        self.downloads = downloads.max(1);
        self
    }

    /// Where requests go.
    pub(super) fn base(&self) -> Result<Url> {
        let Some(endpoint) = &self.endpoint else {
            return Url::parse(&format!("https://{}/", self.account.host()))
                .map_err(|_| Error::config("the account has no host").with("account", &self.account));
        };
        // The URL itself is not shown: it could have a password.
        let says = |message: &'static str| Err(Error::config(message).with("setting", "endpoint"));
        let bare = endpoint.username().is_empty() && endpoint.password().is_none();
        if !bare || endpoint.path() != "/" || endpoint.query().is_some() || endpoint.fragment().is_some() {
            return says("an endpoint is a scheme, a host and a port alone");
        }
        let local = match endpoint.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        };
        match endpoint.scheme() {
            "https" => Ok(endpoint.clone()),
            "http" if local || self.allow_http => Ok(endpoint.clone()),
            "http" => says("the endpoint is not encrypted: use https://, or allow http on purpose"),
            _ => says("an endpoint is https:// or, on this machine, http://"),
        }
    }
}

/// How what failed for now is tried again: a request that did not get through, and one that the server put off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Retries {
    /// How often, after the first time.
    pub times: u32,
    /// The first pause; each is twice the one before. It is also the first between two looks at a long statement.
    pub first: Duration,
    /// The longest pause, also when the server asks for more.
    pub longest: Duration,
}

impl Default for Retries {
    fn default() -> Self {
        Self { times: 7, first: Duration::from_millis(250), longest: Duration::from_secs(16) }
    }
}

impl Retries {
    /// So many further tries (default 7).
    #[must_use]
    pub fn with_times(mut self, times: u32) -> Self {
        self.times = times;
        self
    }

    /// Pauses between this (default 250 ms) and that (default 16 s).
    #[must_use]
    pub fn with_pauses(mut self, first: Duration, longest: Duration) -> Self {
        (self.first, self.longest) = (first, longest);
        self
    }

    /// The pause before the n-th further try, counted from 1.
    pub(super) fn pause(&self, n: u32) -> Duration {
        self.first.saturating_mul(1 << n.saturating_sub(1).min(20)).min(self.longest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shopstream_core::Secret;

    #[test]
    fn endpoints_are_checked_and_not_shown() {
        let settings = || Settings::new("a-b".parse().unwrap(), "u", Credentials::Password(Secret::new("p")));
        let at = |url: &str| settings().with_endpoint(Url::parse(url).unwrap());
        assert_eq!(settings().base().unwrap().as_str(), "https://a-b.snowflakecomputing.com/");
        for url in [
            "https://a.privatelink.snowflakecomputing.com",
            "http://127.0.0.1:8080",
            "http://[::1]",
            "http://localhost",
        ] {
            assert!(at(url).base().is_ok(), "{url}");
        }
        assert!(at("http://fakesnow:80").with_allow_http(true).base().is_ok());
        for url in [
            "http://fakesnow",
            "ftp://localhost",
            "https://planted@h",
            "https://:planted@h",
            "https://h/planted",
            "https://h?planted",
        ] {
            let error = at(url).base().unwrap_err();
            assert!(error.context("setting") == Some("endpoint") && !format!("{error:?}").contains("planted"), "{url}");
        }
    }

    #[test]
    fn pauses_double_up_to_the_longest() {
        let retries = Retries::default().with_pauses(Duration::from_millis(10), Duration::from_millis(35));
        let pauses: Vec<_> = (1..=4).chain([u32::MAX]).map(|n| retries.pause(n).as_millis()).collect();
        assert_eq!(pauses, [10, 20, 35, 35, 35]);
    }
}
