//! The database that a run reads: one that is there, or a throwaway server.

use shopstream::{Error, Result, sources::postgres::PostgresSource};
use shopstream_testkit::postgres::Server;

use crate::args::Args;

/// A database to read.
#[derive(Debug)]
pub(crate) struct Database {
    url: String,
    /// Where it was found, to tell people.
    pub(crate) found: String,
    /// Stopped and removed when this is dropped.
    server: Option<Server>,
}

impl Database {
    /// The one that the command line names, else a throwaway server.
    pub(crate) async fn find(args: &Args) -> Result<Self> {
        if let Some(url) = &args.postgres {
            let found = format!("{} (given)", PostgresSource::connect(url)?);
            return Ok(Self { url: url.clone(), found, server: None });
        }
        let started = tokio::task::spawn_blocking(|| Server::builder().own_process_group().start()).await;
        let server = started
            .map_err(|e| Error::internal("starting a server broke off").caused_by(e))?
            .map_err(|e| Error::unavailable("no database: give one with --postgres or DATABASE_URL").caused_by(e))?;
        let binaries = server.binaries();
        let found = format!("throwaway PostgreSQL {} of {}", binaries.version(), binaries.dir().display());
        Ok(Self { url: server.url(), found, server: Some(server) })
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
