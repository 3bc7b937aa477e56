//! Where the server is, and as whom to talk to it.

use shopstream_core::{Error, Result, Secret};
use std::{fmt, time::Duration};
use tokio_postgres::config::{Config, Host, LoadBalanceHosts};

use super::encryption::Encryption;

/// How long a connection may take until it can be used, unless the URL says otherwise.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const APPLICATION: &str = "shopstream";

/// A server, database and user. Its text has neither the password nor any parameter.
#[derive(Clone)]
pub(super) struct Target {
    /// The whole URL is as secret as the password in it.
    dsn: Secret,
    encryption: Encryption,
    shown: String,
    connect_timeout: Duration,
    application_name: String,
    waits_for_room: bool,
}

impl Target {
    /// Reads `postgres://user:password@host:port/database?key=value` or `host=… user=… password=…`.
    pub(super) fn parse(dsn: &str) -> Result<Self> {
        let (encryption, dsn) = Encryption::split(dsn)?;
        let config = read(&dsn)?;
        if config.get_load_balance_hosts() == LoadBalanceHosts::Random {
            return Err(Error::config("load_balance_hosts=random is not supported: hosts are tried in their order"));
        }
        Ok(Self {
            encryption,
            shown: show(&config),
            connect_timeout: config.get_connect_timeout().copied().unwrap_or(CONNECT_TIMEOUT),
            application_name: config.get_application_name().unwrap_or(APPLICATION).to_owned(),
            dsn: Secret::new(dsn),
            waits_for_room: false,
        })
    }

    pub(super) fn set_connect_timeout(&mut self, timeout: Duration) {
        self.connect_timeout = timeout;
    }

    pub(super) fn set_application_name(&mut self, name: String) {
        self.application_name = name;
    }

    /// How long a connection may take until it can be used.
    pub(super) fn connect_timeout(&self) -> Duration {
        self.connect_timeout
    }

    /// The same, whose connections wait for a while where the server has no room for them.
    pub(super) fn waiting(&self) -> Self {
        Self { waits_for_room: true, ..self.clone() }
    }

    pub(super) fn waits_for_room(&self) -> bool {
        self.waits_for_room
    }

    /// Whether and how connections are encrypted.
    pub(super) fn encryption(&self) -> &Encryption {
        &self.encryption
    }

    /// What the client connects by, password included.
    pub(super) fn config(&self) -> Result<Config> {
        let mut config = read(self.dsn.expose())?;
        config.application_name(&self.application_name).connect_timeout(self.connect_timeout);
        config.ssl_mode(self.encryption.ssl_mode());
        Ok(config)
    }
}

fn read(dsn: &str) -> Result<Config> {
    let mut config = dsn.parse::<Config>().map_err(|e| {
        // An unknown option's name may be a piece of an unescaped password; the names of known ones are not.
        let cause = std::error::Error::source(&e).map(ToString::to_string).unwrap_or_default();
        let error = Error::config(
            "not a PostgreSQL URL (postgres://user:password@host:port/database) or list of key=value; \
             special characters of a password must be percent-encoded in a URL",
        );
        if cause.starts_with("invalid value for option") { error.with("cause", cause) } else { error }
    })?;
    if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
        config.host("localhost");
    }
    Ok(config)
}

fn show(config: &Config) -> String {
    let mut shown = String::from("postgres://");
    if let Some(user) = config.get_user() {
        shown.push_str(user);
        shown.push('@');
    }
    let hosts: Vec<String> = if config.get_hosts().is_empty() {
        config.get_hostaddrs().iter().map(ToString::to_string).collect()
    } else {
        config.get_hosts().iter().map(host).collect()
    };
    let ports = config.get_ports();
    for (i, host) in hosts.iter().enumerate() {
        let port = ports.get(i).or(ports.first()).copied().unwrap_or(5432);
        shown.push_str(if i > 0 { "," } else { "" });
        shown.push_str(&format!("{host}:{port}"));
    }
    if let Some(database) = config.get_dbname() {
        shown.push('/');
        shown.push_str(database);
    }
    shown
}

fn host(host: &Host) -> String {
    match host {
        Host::Tcp(name) if name.contains(':') => format!("[{name}]"),
        Host::Tcp(name) => name.clone(),
        #[cfg(unix)]
        Host::Unix(path) => path.display().to_string(),
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shopstream_core::ErrorKind;

    #[test]
    fn shows_where_but_never_the_password_or_a_parameter() {
        for (dsn, shown) in [
            ("postgres://ann:hunter2@db.example:6543/shop?application_name=x", "postgres://ann@db.example:6543/shop"),
            ("postgresql://ann@db/shop?password=hunter2", "postgres://ann@db:5432/shop"),
            ("postgres://ann:hunter2@[::1]/shop", "postgres://ann@[::1]:5432/shop"),
            ("postgres://ann:hunter2@a:1,b:2/shop", "postgres://ann@a:1,b:2/shop"),
            ("host=db user=ann password=hunter2 dbname=shop port=1", "postgres://ann@db:1/shop"),
            ("host=/run/postgresql user=ann password='hunter2'", "postgres://ann@/run/postgresql:5432"),
            ("hostaddr=10.0.0.1 user=ann password=hunter2", "postgres://ann@10.0.0.1:5432"),
            ("user=ann password=hunter2", "postgres://ann@localhost:5432"),
        ] {
            let target = Target::parse(dsn).unwrap();
            assert_eq!(target.to_string(), shown);
            assert_eq!(format!("{target:?}"), shown);
            assert_eq!(target.config().unwrap().get_password().is_some(), dsn.contains("hunter2"));
        }
    }

    #[test]
    fn takes_timeout_and_name_from_the_url_unless_set() {
        let mut target = Target::parse("postgres://db/x?connect_timeout=3&application_name=nightly").unwrap();
        assert_eq!(target.connect_timeout(), Duration::from_secs(3));
        assert_eq!(target.config().unwrap().get_application_name(), Some("nightly"));
        target.set_connect_timeout(Duration::from_millis(70));
        target.set_application_name("shop".into());
        assert_eq!(target.config().unwrap().get_connect_timeout(), Some(&Duration::from_millis(70)));
        assert_eq!(target.config().unwrap().get_application_name(), Some("shop"));
    }

    #[test]
    fn refuses_what_is_no_address_without_repeating_it() {
        for dsn in [
            "postgres://ann:x@db/shop?ter2=3",
            "host=db ter2=x",
            "mysql://ann:hunter2@db/shop",
            "postgres://ann:hunter2@db:port/shop",
            "ter2",
        ] {
            let error = match Target::parse(dsn) {
                Ok(target) => panic!("{dsn} was taken for {target}"),
                Err(error) => error,
            };
            assert_eq!(error.kind(), ErrorKind::Config, "{dsn}");
            assert!(!format!("{error} {error:?}").contains("ter2"), "{error}");
        }
        let error = Target::parse("postgres://db/shop?sslmode=sometimes").unwrap_err();
        assert!(error.to_string().contains("sslmode"), "{error}");
    }
}
