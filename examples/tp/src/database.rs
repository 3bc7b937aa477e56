//! The database that a run reads: one that is there, or a throwaway server.

use shopstream::{Error, Result, sources::postgres::PostgresSource};
use shopstream_testkit::postgres::{self, Server};

use crate::{args::Args, embedded::Embedded, progress::Progress};

/// A database to read.
#[derive(Debug)]
pub(crate) struct Database {
    url: String,
    /// Where it was found, to tell people.
    pub(crate) found: String,
    server: Option<Throwaway>,
}

/// A server of our own, stopped and removed when this is dropped.
#[derive(Debug)]
enum Throwaway {
    Installed(#[expect(dead_code, reason = "it is held, not read")] Server),
    Embedded(#[expect(dead_code, reason = "it is held, not read")] Embedded),
}

impl Database {
    /// The one that the command line names, else a throwaway server, embedded where none is installed.
    pub(crate) async fn find(args: &Args, progress: &Progress) -> Result<Self> {
        if let Some(url) = &args.postgres {
            let found = format!("{} (given)", PostgresSource::connect(url)?);
            return Ok(Self { url: url.clone(), found, server: None });
        }
        let none = |e| Error::unavailable("no database: give one with --postgres or DATABASE_URL").caused_by(e);
        match blocking(|| Server::builder().own_process_group().start()).await? {
            Ok(server) => {
                let binaries = server.binaries();
                let found = format!("throwaway PostgreSQL {} of {}", binaries.version(), binaries.dir().display());
                Ok(Self { url: server.url(), found, server: Some(Throwaway::Installed(server)) })
            }
            Err(postgres::Error::NotInstalled(how)) if Embedded::is_here() => {
                progress.say(&format!(
                    "no PostgreSQL server is installed, so an embedded one takes its place, for whose build the first \
                     run needs some minutes; or {how}"
                ));
                let quiet = args.quiet || args.json;
                let server = blocking(move || Embedded::start(quiet)).await??;
                let found = "throwaway PostgreSQL 17, embedded".to_owned();
                Ok(Self { url: server.url().to_owned(), found, server: Some(Throwaway::Embedded(server)) })
            }
            Err(error) => Err(none(error)),
        }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Whether it is gone with the run.
    pub(crate) fn is_throwaway(&self) -> bool {
        self.server.is_some()
    }

    /// Stops what was started.
    pub(crate) async fn close(self) {
        // Waiting for a server to stop blocks; a panic in it was told already.
        let _ = tokio::task::spawn_blocking(move || drop(self.server)).await;
    }
}

async fn blocking<T: Send + 'static>(start: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    let started = tokio::task::spawn_blocking(start).await;
    started.map_err(|e| Error::internal("starting a server broke off").caused_by(e))
}
