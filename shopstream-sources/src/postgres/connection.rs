//! One connection of the server: how it is opened, and what becomes of it.

use shopstream_core::{Error, Result};
use std::fmt;
use tokio::{runtime::Handle, task::JoinHandle, time::timeout};
use tokio_postgres::{
    Client, CopyOutStream, NoTls, Row,
    types::{ToSql, Type},
};

use super::{catalog::Relation, config::Target, errors};

/// What every session is set to: texts are then the same on any server, and no limit of the server's that is meant
/// for short statements ends a long read.
const SESSION: &str = "SET timezone = 'UTC'; SET datestyle = 'ISO'; SET intervalstyle = 'postgres'; \
    SET extra_float_digits = 1; SET bytea_output = 'hex'; SET statement_timeout = 0; SET lock_timeout = 0; \
    SET idle_in_transaction_session_timeout = 0";

/// A connection of its own. Dropped while a statement runs, it cancels that on the server.
pub(super) struct Connection {
    client: Client,
    target: Target,
    driver: JoinHandle<()>,
    runtime: Handle,
    busy: bool,
}

impl Connection {
    /// Connects and sets the session. It counts as busy until [`rest`](Self::rest).
    pub(super) async fn open(target: &Target) -> Result<Self> {
        let opening = async {
            let connected = target.config()?.connect(NoTls).await;
            let (client, driver) = connected.map_err(|e| errors::of_client(e, target))?;
            // What breaks the connection shows in the request that waits for it.
            let driver = tokio::spawn(async move { drop(driver.await) });
            let target = target.clone();
            let connection = Self { client, target, driver, runtime: Handle::current(), busy: true };
            connection.execute(SESSION).await?;
            Ok(connection)
        };
        timeout(target.connect_timeout(), opening).await.unwrap_or_else(|_| Err(errors::timeout(target)))
    }

    /// Opens a read-only transaction that sees one instant: that of the snapshot, or now.
    pub(super) async fn begin(&self, snapshot: Option<&str>) -> Result<()> {
        self.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
        let Some(id) = snapshot else { return Ok(()) };
        let set = format!("SET TRANSACTION SNAPSHOT '{}'", id.replace('\'', "''"));
        self.execute(&set).await.map_err(|e| match e.context("sqlstate") {
            Some("22023" | "42704" | "55000" | "0A000") => {
                Error::unavailable("the snapshot is gone: the connection that held it has ended; take a new one")
                    .retryable(false)
                    .with("server", &self.target)
            }
            _ => e,
        })
    }

    /// Keeps a table as it is until the transaction ends. Views cannot be locked, nor need be: their columns are fixed.
    pub(super) async fn lock(&self, relation: &Relation) -> Result<()> {
        if !relation.is_table {
            return Ok(());
        }
        self.execute(&format!("LOCK TABLE {} IN ACCESS SHARE MODE", relation.quoted())).await
    }

    /// Runs statements that answer nothing.
    pub(super) async fn execute(&self, sql: &str) -> Result<()> {
        self.client.batch_execute(sql).await.map_err(|e| self.error(e))
    }

    /// Runs one statement without naming it on the server.
    pub(super) async fn query(&self, sql: &str, params: &[(&(dyn ToSql + Sync), Type)]) -> Result<Vec<Row>> {
        self.client.query_typed(sql, params).await.map_err(|e| self.error(e))
    }

    pub(super) async fn copy_out(&self, sql: &str) -> Result<CopyOutStream> {
        self.client.copy_out(sql).await.map_err(|e| self.error(e))
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    pub(super) fn error(&self, error: tokio_postgres::Error) -> Error {
        errors::of_client(error, &self.target)
    }

    /// Says that no statement runs: dropped now, the connection only ends.
    pub(super) fn rest(&mut self) {
        self.busy = false;
    }

    /// Says that a statement may run.
    pub(super) fn work(&mut self) {
        self.busy = true;
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // At rest, the driver says goodbye and ends by itself once the client is gone.
        if self.busy && !self.client.is_closed() {
            let cancel = self.client.cancel_token();
            let patience = self.target.connect_timeout();
            self.driver.abort();
            // A server deep in a query sees no closed socket, one that is stuck in sending sees no cancel request.
            self.runtime.spawn(async move { drop(timeout(patience, cancel.cancel_query(NoTls)).await) });
        }
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("server", &self.target).field("busy", &self.busy).finish_non_exhaustive()
    }
}
