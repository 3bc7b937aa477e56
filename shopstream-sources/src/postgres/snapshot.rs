//! One instant of the database, for reads on several connections.

use shopstream_core::{Error, Result, Snapshot, SnapshotInfo};
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use super::{catalog::get, config::Target, connection::Connection, errors, sessions::Sessions};

/// How long a second connection may take, where there is a first.
const SECOND_CONNECTION: Duration = Duration::from_secs(3);

/// What holds a snapshot open: the transaction that exported it.
#[derive(Debug)]
pub(super) struct Held {
    server: String,
    /// Its transaction, and with it the snapshot, ends when this is dropped.
    _connection: Connection,
    _sessions: Sessions,
}

impl Held {
    pub(super) fn is_of(&self, target: &Target) -> bool {
        self.server == target.to_string()
    }
}

/// That connections of a server cannot see one instant together, or that there cannot be two of them: reads are then
/// one plain stream each, one after the other.
#[derive(Clone, Debug)]
pub(super) struct Alone {
    reason: String,
    turn: Arc<Semaphore>,
}

impl Alone {
    fn new(what: &str, cause: &Error) -> Self {
        // The kind and the server's code only: the note is for people who watch.
        let code = cause.context("sqlstate").map(|code| format!(", {code}")).unwrap_or_default();
        let reason = format!("{what} ({:?}{code}): tables are read one by one, each as one stream", cause.kind());
        Self { reason, turn: Arc::new(Semaphore::new(1)) }
    }

    pub(super) fn reason(&self) -> &str {
        &self.reason
    }

    /// Waits until no other read is under way.
    pub(super) async fn turn(&self) -> Result<OwnedSemaphorePermit> {
        self.turn.clone().acquire_owned().await.map_err(|_| Error::internal("the turn of reads is closed"))
    }
}

/// Exports a snapshot that a second connection has seen, or says why there is none. It holds the sessions.
pub(super) async fn export(sessions: Sessions) -> Result<std::result::Result<Snapshot, Alone>> {
    const POSITION: &str = "SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() \
        ELSE pg_current_wal_lsn() END::text";
    const EXPORT: &str = "SELECT pg_export_snapshot(), txid_snapshot_xmin(txid_current_snapshot())::text, \
        txid_snapshot_xmax(txid_current_snapshot())::text, current_setting('server_version')";
    // Before the snapshot, and in a transaction of its own, which an answer of "no right to ask that" breaks.
    let mut connection = sessions.begin(None).await?;
    let lsn: Option<String> = match connection.query(POSITION, &[]).await {
        Ok(rows) => rows.first().map(|row| get(row, 0)).transpose()?.flatten(),
        Err(error) if error.context("sqlstate").is_some() => None,
        Err(error) => return Err(error),
    };
    connection.execute("ROLLBACK").await?;
    connection.begin(None).await?;
    let rows = match connection.query(EXPORT, &[]).await {
        Ok(rows) => rows,
        Err(error) if cannot(&error) => {
            connection.rest();
            return Ok(Err(Alone::new("the server exports no snapshot", &error)));
        }
        Err(error) => return Err(error),
    };
    connection.rest();
    let row = rows.first().ok_or_else(|| Error::internal("the server exported a snapshot without an id"))?;
    let mut info = SnapshotInfo { id: get(row, 0)?, ..SnapshotInfo::default() };
    if let Some(alone) = seen_by_another(&sessions, &info.id).await {
        return Ok(Err(alone));
    }
    for (key, value) in [("lsn", lsn), ("xmin", get(row, 1)?), ("xmax", get(row, 2)?), ("server_version", get(row, 3)?)]
    {
        if let Some(value) = value {
            info.position.insert(key.to_owned(), value);
        }
    }
    // As long as it is held, nobody need wait for it.
    connection.counts_as(None);
    let server = sessions.target().to_string();
    Ok(Ok(Snapshot::new(info, Held { server, _connection: connection, _sessions: sessions })))
}

/// Whether another connection sees the snapshot: a server may let in one only, a pooler lead each to another server.
async fn seen_by_another(sessions: &Sessions, id: &str) -> Option<Alone> {
    let target = sessions.target();
    let no_room = |error: Error| Alone::new("the server takes one connection only", &error);
    let begun = async {
        let other = Connection::open(target).await.map_err(no_room)?;
        other.begin(Some(id)).await.map_err(|error| match error.is_retryable() {
            true => no_room(error),
            false => Alone::new("a second connection does not see the snapshot of the first", &error),
        })?;
        Ok(other)
    };
    // A server of one connection may leave the second waiting instead of turning it away, and so does a pooler.
    let patience = target.connect_timeout().min(SECOND_CONNECTION);
    match timeout(patience, begun).await.unwrap_or_else(|_| Err(no_room(errors::timeout(target)))) {
        Ok(mut other) => {
            other.rest();
            sessions.end(other).await;
            None
        }
        Err(alone) => Some(alone),
    }
}

/// Feature not supported, not in this state, no such function.
fn cannot(error: &Error) -> bool {
    matches!(error.context("sqlstate"), Some("0A000" | "55000" | "42883"))
}
