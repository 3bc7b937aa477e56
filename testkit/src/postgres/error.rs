//! What can go wrong with a throwaway server.

use std::{fmt, io, path::PathBuf};

/// This module's result.
pub type Result<T> = std::result::Result<T, Error>;

/// Why there is no server, or why it refused.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// No PostgreSQL server binaries were found; the text says how to install them on this machine.
    NotInstalled(String),
    /// PgBouncer was not found.
    NoPooler,
    /// `PG_BIN` names a folder that does not hold the server's binaries.
    NoBinariesIn(PathBuf),
    /// A folder of the temporary cluster's path is closed to the account that the server runs as.
    Unreachable(PathBuf),
    /// One of PostgreSQL's programs failed, with what it wrote.
    Program {
        /// The program's name.
        name: &'static str,
        /// The end of what it wrote.
        output: String,
    },
    /// The server refused a statement or a connection.
    Refused {
        /// The SQLSTATE: five characters.
        code: String,
        /// The server's message.
        message: String,
    },
    /// The system refused an operation.
    Io {
        /// What was tried.
        what: String,
        /// The cause.
        source: io::Error,
    },
}

impl Error {
    pub(super) fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |source| Error::Io { what, source }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::NotInstalled(how) => write!(
                f,
                "no PostgreSQL server found (looked in PG_BIN, PATH, pg_config --bindir and the usual folders): {how}"
            ),
            Error::NoPooler => f.write_str(
                "no PgBouncer found (looked in PATH and the usual folders): install it, on Debian and Ubuntu with \
                 `sudo apt-get install pgbouncer`",
            ),
            Error::NoBinariesIn(dir) => {
                write!(f, "PG_BIN names a folder without initdb and postgres: {}", dir.display())
            }
            Error::Unreachable(dir) => write!(
                f,
                "PostgreSQL does not run as root, and the account it runs as cannot enter {}: choose another folder",
                dir.display()
            ),
            Error::Program { name, output } => write!(f, "{name} failed: {output}"),
            Error::Refused { code, message } => write!(f, "PostgreSQL refused: {message} (SQLSTATE {code})"),
            Error::Io { what, source } => write!(f, "{what}: {source}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}
