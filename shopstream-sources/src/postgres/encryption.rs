//! Whether and how a connection is encrypted, as libpq's parameters say it.

use shopstream_core::{Error, Result};
use std::{path::PathBuf, str::FromStr};
use tokio_postgres::config::SslMode;

/// libpq's `sslmode`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Mode {
    /// Never.
    Disable,
    /// When the server can; it is not asked who it is.
    #[default]
    Prefer,
    /// Always; the server is not asked who it is.
    Require,
    /// Always, with a server whose certificate is signed by one that we trust.
    VerifyCa,
    /// Always, with a server whose certificate is that, and for its name.
    VerifyFull,
}

impl FromStr for Mode {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Ok(match text {
            "disable" => Mode::Disable,
            "prefer" => Mode::Prefer,
            "require" => Mode::Require,
            "verify-ca" => Mode::VerifyCa,
            "verify-full" => Mode::VerifyFull,
            _ => {
                return Err(Error::config("sslmode is disable, prefer, require, verify-ca or verify-full"));
            }
        })
    }
}

/// What the parameters of an address say of encryption.
#[derive(Clone, Debug, Default)]
pub(super) struct Encryption {
    pub(super) mode: Mode,
    /// The certificates that are trusted, in PEM; without it those of the system.
    pub(super) roots: Option<PathBuf>,
    /// Our own certificate and its key, in PEM.
    pub(super) certificate: Option<PathBuf>,
    pub(super) key: Option<PathBuf>,
    #[cfg(feature = "tls")]
    pub(super) prepared: super::tls::Prepared,
}

impl Encryption {
    /// Takes the parameters of encryption out of an address; the answer is also what is left of it.
    pub(super) fn split(dsn: &str) -> Result<(Self, String)> {
        let mut encryption = Self::default();
        let rest = match dsn.starts_with("postgres://") || dsn.starts_with("postgresql://") {
            true => encryption.of_url(dsn)?,
            false => encryption.of_pairs(dsn)?,
        };
        if encryption.certificate.is_some() != encryption.key.is_some() {
            return Err(Error::config("a client's certificate needs its key: give sslcert and sslkey, or neither"));
        }
        #[cfg(not(feature = "tls"))]
        if !matches!(encryption.mode, Mode::Disable | Mode::Prefer) {
            return Err(Error::config("sslmode asks for TLS, which needs the feature `tls`: turn it on in Cargo.toml"));
        }
        Ok((encryption, rest))
    }

    fn of_url(&mut self, url: &str) -> Result<String> {
        let Some((address, query)) = url.split_once('?') else { return Ok(url.to_owned()) };
        let mut left = vec![];
        for pair in query.split('&') {
            // As libpq has it, a plus is a plus.
            let pair_of_form = pair.replace('+', "%2B");
            match url::form_urlencoded::parse(pair_of_form.as_bytes()).next() {
                Some((key, value)) if self.take(&key, &value)? => {}
                _ => left.push(pair),
            }
        }
        Ok(if left.is_empty() { address.to_owned() } else { format!("{address}?{}", left.join("&")) })
    }

    fn of_pairs(&mut self, text: &str) -> Result<String> {
        let mut left = String::new();
        let mut rest = text.trim_start();
        while let Some((key, after)) = rest.split_once('=') {
            let (value, length) = value(after);
            let pair = &rest[..rest.len() - after.len() + length];
            if !self.take(key.trim(), &value)? {
                left.push_str(pair);
                left.push(' ');
            }
            rest = after[length..].trim_start();
        }
        // What is no pair is for the parser behind us to refuse.
        left.push_str(rest);
        Ok(left)
    }

    /// Takes a parameter, if it is one of encryption.
    fn take(&mut self, key: &str, value: &str) -> Result<bool> {
        let path = || (!value.is_empty()).then(|| PathBuf::from(value));
        match key {
            "sslmode" => self.mode = value.parse()?,
            // libpq's word for the system's own.
            "sslrootcert" if value == "system" => self.roots = None,
            "sslrootcert" => self.roots = path(),
            "sslcert" => self.certificate = path(),
            "sslkey" => self.key = path(),
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// As the client library has it.
    pub(super) fn ssl_mode(&self) -> SslMode {
        match self.mode {
            Mode::Disable => SslMode::Disable,
            Mode::Prefer => SslMode::Prefer,
            _ => SslMode::Require,
        }
    }

    /// What makes a connection to this address encrypted.
    #[cfg(not(feature = "tls"))]
    pub(super) fn handshake(&self, _peer: &super::socket::Peer) -> Result<tokio_postgres::NoTls> {
        Ok(tokio_postgres::NoTls)
    }
}

/// The value that a text begins with, without quotes and escapes, and the length of what stands for it.
fn value(text: &str) -> (String, usize) {
    let (mut value, mut quoted, mut chars) = (String::new(), false, text.char_indices().peekable());
    while chars.next_if(|(_, c)| c.is_whitespace()).is_some() {}
    if chars.next_if(|(_, c)| *c == '\'').is_some() {
        quoted = true;
    }
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => value.extend(chars.next().map(|(_, c)| c)),
            '\'' if quoted => return (value, at + 1),
            c if c.is_whitespace() && !quoted => return (value, at),
            c => value.push(c),
        }
    }
    (value, text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(feature = "tls")]
    fn takes_its_own_parameters_and_leaves_the_others_as_they_are() {
        for (dsn, rest) in [
            ("postgres://ann:a%20b@a:1,b:2/shop", "postgres://ann:a%20b@a:1,b:2/shop"),
            ("postgres://db/shop?sslmode=verify-full&sslrootcert=%2Fca.pem", "postgres://db/shop"),
            (
                "postgres://db/shop?connect_timeout=3&sslmode=verify-full&application_name=a%26b&sslrootcert=/ca.pem",
                "postgres://db/shop?connect_timeout=3&application_name=a%26b",
            ),
            ("host=db sslmode=verify-full sslrootcert='/ca.pem' user=ann", "host=db user=ann "),
            (
                r"host=db password = 'it\'s sslmode=disable' sslmode = verify-full sslrootcert=/ca.pem",
                r"host=db password = 'it\'s sslmode=disable' ",
            ),
        ] {
            let (found, left) = Encryption::split(dsn).unwrap();
            assert_eq!(left, rest);
            if dsn.contains("ca.pem") {
                assert_eq!(found.mode, Mode::VerifyFull, "{dsn}");
                assert_eq!(found.roots.as_deref(), Some(std::path::Path::new("/ca.pem")), "{dsn}");
            }
        }
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        for dsn in ["host=db sslmode=sometimes", "postgres://db/x?sslmode=", "postgres://db/x?sslcert=/c.pem"] {
            assert!(Encryption::split(dsn).is_err(), "{dsn}");
        }
        let (found, rest) = Encryption::split("host=db sslmode=disable").unwrap();
        assert_eq!((found.mode, found.ssl_mode(), rest.as_str()), (Mode::Disable, SslMode::Disable, "host=db "));
    }
}
