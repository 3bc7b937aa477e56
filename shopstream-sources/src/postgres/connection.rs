//! One connection of the server: how it is opened, and what becomes of it.

use shopstream_core::{Error, ErrorKind, Result};
use std::{fmt, io, mem, time::Duration};
use tokio::{
    runtime::Handle,
    task::JoinHandle,
    time::{sleep, timeout},
};
use tokio_postgres::{
    CancelToken, Client, Row,
    config::{Config, SslMode, TargetSessionAttrs},
    types::{ToSql, Type},
};

use super::{
    catalog::{Relation, get},
    config::Target,
    decode::Format,
    encryption::Encryption,
    errors,
    fetch::Fetch,
    incoming::Incoming,
    sessions::InUse,
    socket::{Lent, Peer},
};

/// What is set wherever rows are read or written: texts are then the same on any server, and no limit of the server's
/// that is meant for short statements ends a long read. A whole table begins with its first page, also where others read
/// it: its rows then come in the same order each time.
const SETTINGS: [&str; 9] = [
    "timezone = 'UTC'",
    "datestyle = 'ISO'",
    "intervalstyle = 'postgres'",
    "extra_float_digits = 1",
    "bytea_output = 'hex'",
    "statement_timeout = 0",
    "lock_timeout = 0",
    "idle_in_transaction_session_timeout = 0",
    "synchronize_seqscans = off",
];

/// A connection of its own. Dropped while a statement runs, it cancels that on the server.
pub(super) struct Connection {
    client: Client,
    target: Target,
    peer: Peer,
    socket: Lent,
    /// The same socket, while rows are fetched.
    incoming: Option<Incoming>,
    driver: JoinHandle<()>,
    runtime: Handle,
    busy: bool,
    in_use: Option<InUse>,
}

/// How often, and after what pauses, a connection is tried again that waits for room.
const ROOM_TRIES: u32 = 100;
const ROOM_PAUSE: Duration = Duration::from_millis(20);

impl Connection {
    /// Connects. It counts as busy until [`rest`](Self::rest).
    pub(super) async fn open(target: &Target) -> Result<Self> {
        let mut again = if target.waits_for_room() { ROOM_TRIES } else { 0 };
        loop {
            match Self::open_once(target).await {
                // The server still counts the one before, which has just been closed.
                Err(error) if again > 0 && errors::is_full(&error) => {
                    again -= 1;
                    sleep(ROOM_PAUSE).await;
                }
                opened => return opened,
            }
        }
    }

    async fn open_once(target: &Target) -> Result<Self> {
        let (config, patience) = (target.config()?, target.connect_timeout());
        let late = || errors::timeout(target);
        let named = |e: Error| if e.context("server").is_some() { e } else { e.with("server", target) };
        let peers = timeout(patience, Peer::all(&config)).await.unwrap_or_else(|_| Err(late())).map_err(named)?;
        let mut failed: Option<Error> = None;
        for peer in peers {
            let opening = Self::open_at(target, &config, peer);
            match timeout(patience, opening).await.unwrap_or_else(|_| Err(late())) {
                Ok(connection) => return Ok(connection),
                // A host that refuses us says more than one that is not there.
                Err(error) => match &failed {
                    Some(first) if first.kind() != ErrorKind::Unavailable => {}
                    _ => failed = Some(named(error)),
                },
            }
        }
        Err(failed.unwrap_or_else(|| named(Error::config("the PostgreSQL address names no host"))))
    }

    async fn open_at(target: &Target, config: &Config, peer: Peer) -> Result<Self> {
        let config = for_peer(config, &peer);
        let reached = peer.reach(&config, target.connect_timeout()).await;
        let socket = reached.map_err(|e| errors::unreachable(e).with("address", &peer))?;
        let socket = Lent::new(socket);
        let opened = config.connect_raw(socket.clone(), target.encryption().handshake(&peer)?).await;
        let (client, driver) = opened.map_err(|e| errors::of_client(e, target))?;
        // What breaks the connection shows in the request that waits for it.
        let driver = tokio::spawn(async move { drop(driver.await) });
        let (target, runtime) = (target.clone(), Handle::current());
        let connection =
            Self { client, target, peer, socket, incoming: None, driver, runtime, busy: true, in_use: None };
        connection.is_as_wanted(config.get_target_session_attrs()).await?;
        Ok(connection)
    }

    /// Checks that the server takes writes, or does not, where that was asked for.
    async fn is_as_wanted(&self, wanted: TargetSessionAttrs) -> Result<()> {
        let expected = match wanted {
            TargetSessionAttrs::ReadWrite => "off",
            TargetSessionAttrs::ReadOnly => "on",
            _ => return Ok(()),
        };
        let rows = self.query("SELECT current_setting('transaction_read_only')", &[]).await?;
        let found: String = rows.first().map_or(Ok(String::new()), |row| get(row, 0))?;
        if found == expected {
            return Ok(());
        }
        Err(Error::unavailable("no host is one that target_session_attrs asks for").with("server", &self.target))
    }

    /// Makes the settings those of the session, for whoever has the server's session to himself.
    pub(super) async fn set(&self) -> Result<()> {
        self.execute(&settings("SESSION")).await
    }

    /// Opens a read-only transaction that sees one instant: that of the snapshot, or now. The settings are the
    /// transaction's: a pooler may give each transaction another session, and others use that before and after.
    pub(super) async fn begin(&self, snapshot: Option<&str>) -> Result<()> {
        let set = snapshot.map(|id| format!("SET TRANSACTION SNAPSHOT '{}'; ", id.replace('\'', "''")));
        let (set, settings) = (set.unwrap_or_default(), settings("LOCAL"));
        let begin = format!("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; {set}{settings}");
        // A pooler lets its clients in at once, and keeps them waiting here until there is a session for them.
        let begun = timeout(self.target.connect_timeout(), self.execute(&begin)).await;
        begun.unwrap_or_else(|_| Err(errors::timeout(&self.target))).map_err(|e| match e.context("sqlstate") {
            Some("22023" | "42704" | "55000" | "0A000") if snapshot.is_some() => {
                Error::unavailable("the snapshot is gone: the connection that held it has ended; take a new one")
                    .retryable(false)
                    .with("server", &self.target)
            }
            _ => e,
        })
    }

    /// Keeps a table as it is until the transaction ends. Views cannot be locked, nor need be: their columns are fixed.
    pub(super) async fn lock(&self, relation: &Relation) -> Result<()> {
        if !relation.is_table() {
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

    /// Asks for the rows of a statement, each column in a format of its own.
    pub(super) async fn fetch(mut self, sql: &str, formats: &[Format]) -> Result<Fetch> {
        self.busy = true;
        // All requests were answered, so that no byte of an answer is in the client's hands.
        self.incoming = self.socket.borrow().map(Incoming::new);
        Fetch::start(self, sql, formats).await
    }

    /// The socket, which nobody else uses while rows are fetched.
    pub(super) fn incoming(&mut self) -> io::Result<&mut Incoming> {
        self.incoming.as_mut().ok_or_else(|| io::ErrorKind::NotConnected.into())
    }

    /// Says that the rows are all there, and the answer read to the last byte.
    pub(super) fn fetched(&mut self) {
        self.busy = false;
        match self.incoming.take().map(Incoming::into_socket) {
            Some(Ok(socket)) => self.socket.put(socket),
            _ => drop(self.socket.take()),
        }
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    pub(super) fn target(&self) -> &Target {
        &self.target
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

    /// Says whether others wait for it to end; gives what was said before.
    pub(super) fn counts_as(&mut self, in_use: Option<InUse>) -> Option<InUse> {
        mem::replace(&mut self.in_use, in_use)
    }
}

/// The statements that set all there is to set.
fn settings(scope: &str) -> String {
    SETTINGS.map(|setting| format!("SET {scope} {setting}")).join("; ")
}

/// The configuration for one of its addresses.
fn for_peer(config: &Config, peer: &Peer) -> Config {
    let mut config = config.clone();
    if !peer.may_encrypt() {
        config.ssl_mode(SslMode::Disable);
    }
    config
}

/// Asks the server to give up what runs on a connection.
async fn cancel(
    cancel: CancelToken,
    config: Config,
    peer: Peer,
    encryption: Encryption,
    patience: Duration,
) -> Result<()> {
    let socket = Lent::new(peer.reach(&config, patience).await.map_err(errors::unreachable)?);
    if cancel.cancel_query_raw(socket.clone(), encryption.handshake(&peer)?).await.is_ok() {
        // It has no answer, and whether it came in time does not matter; but a pooler passes it on only while we wait for
        // the end, as libpq does.
        socket.ended().await;
    }
    Ok(())
}

impl Drop for Connection {
    fn drop(&mut self) {
        // At rest, the driver says goodbye and ends by itself once the client is gone.
        if !self.busy {
            return;
        }
        let (token, peer, patience) = (self.client.cancel_token(), self.peer.clone(), self.target.connect_timeout());
        let encryption = self.target.encryption().clone();
        self.driver.abort();
        let socket = (self.socket.take(), self.incoming.take());
        // A server deep in a query sees no closed socket, one that is stuck in sending sees no cancel request; and a
        // pooler no longer knows what to cancel once the socket is closed.
        if let Ok(config) = self.target.config() {
            self.runtime.spawn(async move {
                drop(timeout(patience, cancel(token, config, peer, encryption, patience)).await);
                drop(socket);
            });
        }
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("server", &self.target).field("busy", &self.busy).finish_non_exhaustive()
    }
}
