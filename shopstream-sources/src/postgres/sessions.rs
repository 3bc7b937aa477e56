//! Sessions of a server, used again as long as a snapshot is held: to open one costs the server a process, and over a
//! network several ways there and back.

use shopstream_core::Result;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::{config::Target, connection::Connection};

/// Where sessions come from, and go to.
#[derive(Clone, Debug)]
pub(super) struct Sessions {
    target: Target,
    idle: Option<Arc<Idle>>,
}

/// Connections in no transaction, which nobody uses.
#[derive(Debug, Default)]
pub(super) struct Idle(Mutex<Vec<Connection>>);

impl Idle {
    fn connections(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The idle connections of those who hold snapshots of one source; none when nobody does.
#[derive(Debug, Default)]
pub(super) struct Shared(Mutex<Weak<Idle>>);

impl Shared {
    fn place(&self) -> MutexGuard<'_, Weak<Idle>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn get(&self) -> Option<Arc<Idle>> {
        self.place().upgrade()
    }

    /// The same, or a place for them that lasts as long as the answer lives.
    pub(super) fn get_or_new(&self) -> Arc<Idle> {
        let mut place = self.place();
        place.upgrade().unwrap_or_else(|| {
            let idle = Arc::default();
            *place = Arc::downgrade(&idle);
            idle
        })
    }
}

impl Sessions {
    /// Sessions that end with their use, unless there is a place for idle ones.
    pub(super) fn new(target: Target, idle: Option<Arc<Idle>>) -> Self {
        Self { target, idle }
    }

    pub(super) fn target(&self) -> &Target {
        &self.target
    }

    /// A session in a transaction that sees the instant of a snapshot, or now. It counts as busy.
    pub(super) async fn begin(&self, snapshot: Option<&str>) -> Result<Connection> {
        while let Some(mut connection) = self.idle.as_ref().and_then(|idle| idle.connections().pop()) {
            connection.work();
            // The server may have closed it meanwhile.
            if connection.begin(snapshot).await.is_ok() {
                return Ok(connection);
            }
        }
        let connection = Connection::open(&self.target).await?;
        connection.begin(snapshot).await?;
        Ok(connection)
    }

    /// Ends the transaction of a session at rest, and with it the locks that it holds.
    pub(super) async fn end(&self, connection: Connection) {
        let ended = connection.execute("ROLLBACK").await;
        if let (Ok(()), Some(idle)) = (ended, &self.idle) {
            idle.connections().push(connection);
        }
    }
}
