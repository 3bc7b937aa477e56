//! One instant of the database, for reads on several connections.

use shopstream_core::{Error, Result, Snapshot, SnapshotInfo};

use super::{catalog::get, config::Target, connection::Connection};

/// What holds a snapshot open: the transaction that exported it.
#[derive(Debug)]
pub(super) struct Held {
    server: String,
    /// Its transaction, and with it the snapshot, ends when this is dropped.
    _connection: Connection,
}

impl Held {
    pub(super) fn is_of(&self, target: &Target) -> bool {
        self.server == target.to_string()
    }
}

/// Exports a snapshot; `None` where the server cannot.
pub(super) async fn export(target: &Target) -> Result<Option<Snapshot>> {
    const POSITION: &str = "SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() \
        ELSE pg_current_wal_lsn() END::text";
    const EXPORT: &str = "SELECT pg_export_snapshot(), txid_snapshot_xmin(txid_current_snapshot())::text, \
        txid_snapshot_xmax(txid_current_snapshot())::text, current_setting('server_version')";
    let mut connection = Connection::open(target).await?;
    // Before the transaction, which an answer of "no right to ask that" would break.
    let lsn: Option<String> = match connection.query(POSITION, &[]).await {
        Ok(rows) => rows.first().map(|row| get(row, 0)).transpose()?.flatten(),
        Err(error) if error.context("sqlstate").is_some() => None,
        Err(error) => return Err(error),
    };
    connection.begin(None).await?;
    let rows = match connection.query(EXPORT, &[]).await {
        Ok(rows) => rows,
        Err(error) if cannot(&error) => {
            connection.rest();
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    connection.rest();
    let row = rows.first().ok_or_else(|| Error::internal("the server exported a snapshot without an id"))?;
    let mut info = SnapshotInfo { id: get(row, 0)?, ..SnapshotInfo::default() };
    for (key, value) in [("lsn", lsn), ("xmin", get(row, 1)?), ("xmax", get(row, 2)?), ("server_version", get(row, 3)?)]
    {
        if let Some(value) = value {
            info.position.insert(key.to_owned(), value);
        }
    }
    Ok(Some(Snapshot::new(info, Held { server: target.to_string(), _connection: connection })))
}

/// Feature not supported, not in this state, no such function.
fn cannot(error: &Error) -> bool {
    matches!(error.context("sqlstate"), Some("0A000" | "55000" | "42883"))
}
