//! Sessions of a server, used again as long as a snapshot is held: to open one costs the server a process, and over a
//! network several ways there and back. Where the server has no room for another, one waits for those that end.

use shopstream_core::Result;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use tokio::sync::watch;

use super::{config::Target, connection::Connection, errors};

/// Where sessions come from, and go to.
#[derive(Clone, Debug)]
pub(super) struct Sessions {
    target: Target,
    idle: Option<Arc<Idle>>,
    room: Arc<Room>,
}

/// Connections in no transaction, which nobody uses.
#[derive(Debug, Default)]
struct Idle(Mutex<Vec<Connection>>);

impl Idle {
    fn connections(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The sessions that end with the work they do: whoever finds no room waits for them. That of a snapshot is none of
/// them.
#[derive(Debug, Default)]
struct Room(watch::Sender<Counts>);

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    in_use: usize,
    ended: u64,
}

impl Room {
    fn counts(&self) -> Counts {
        *self.0.borrow()
    }

    /// Waits until the counts are such.
    async fn wait(&self, such: impl Fn(&Counts) -> bool) {
        // Nobody stops counting as long as this is here.
        let _ = self.0.subscribe().wait_for(such).await;
    }
}

/// One session in use, from before it is opened: others may be turned away because of it.
#[derive(Debug)]
pub(super) struct InUse {
    room: Arc<Room>,
    turned_away: bool,
}

impl InUse {
    fn of(room: &Arc<Room>) -> Self {
        room.0.send_modify(|counts| counts.in_use += 1);
        Self { room: room.clone(), turned_away: false }
    }

    /// Says that there was no room for it: its end makes none.
    fn turn_away(mut self) {
        self.turned_away = true;
    }
}

impl Drop for InUse {
    fn drop(&mut self) {
        self.room.0.send_modify(|counts| {
            counts.in_use -= 1;
            counts.ended += u64::from(!self.turned_away);
        });
    }
}

/// What all who read from one source have in common: its idle connections, none where nobody holds a snapshot, and its
/// room.
#[derive(Debug, Default)]
pub(super) struct Shared {
    idle: Mutex<Weak<Idle>>,
    room: Arc<Room>,
}

impl Shared {
    /// Sessions that end with their use, unless somebody holds a snapshot.
    pub(super) fn sessions(&self, target: Target) -> Sessions {
        Sessions { target, idle: self.idle().upgrade(), room: self.room.clone() }
    }

    /// Sessions that are used again as long as these are held.
    pub(super) fn lasting(&self, target: Target) -> Sessions {
        let mut idle = self.idle();
        let held = idle.upgrade().unwrap_or_default();
        *idle = Arc::downgrade(&held);
        Sessions { target, idle: Some(held), room: self.room.clone() }
    }

    fn idle(&self) -> MutexGuard<'_, Weak<Idle>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sessions {
    pub(super) fn target(&self) -> &Target {
        &self.target
    }

    /// A session in a transaction that sees the instant of a snapshot, or now. It counts as busy, and as in use.
    pub(super) async fn begin(&self, snapshot: Option<&str>) -> Result<Connection> {
        loop {
            let then = self.room.counts();
            let in_use = InUse::of(&self.room);
            while let Some(mut connection) = self.idle.as_ref().and_then(|idle| idle.connections().pop()) {
                connection.work();
                // The server may have closed it meanwhile.
                if connection.begin(snapshot).await.is_ok() {
                    connection.counts_as(Some(in_use));
                    return Ok(connection);
                }
            }
            // The server may still count those that have just ended.
            let target = if then.ended > 0 { self.target.waiting() } else { self.target.clone() };
            // It turns away whom it has no room for; a pooler keeps him waiting.
            tokio::select! {
                opened = open(&target, snapshot) => match opened {
                    Err(error) if errors::is_no_room(&error) => {
                        in_use.turn_away();
                        self.room.wait(|now| now.ended > then.ended || now.in_use == 0).await;
                        if self.room.counts().ended == then.ended {
                            return Err(error);
                        }
                    }
                    opened => {
                        let mut connection = opened?;
                        connection.counts_as(Some(in_use));
                        return Ok(connection);
                    }
                },
                () = self.idle_again(then) => {}
            }
        }
    }

    /// Waits until there is an idle one again.
    async fn idle_again(&self, then: Counts) {
        let idle = || self.idle.as_ref().is_some_and(|idle| !idle.connections().is_empty());
        self.room.wait(|now| now.ended > then.ended && idle()).await;
    }

    /// Ends the transaction of a session at rest, and with it the locks that it holds.
    pub(super) async fn end(&self, mut connection: Connection) {
        let ended = connection.execute("ROLLBACK").await;
        let in_use = connection.counts_as(None);
        if let (Ok(()), Some(idle)) = (ended, &self.idle) {
            idle.connections().push(connection);
        }
        // Only now, so that whoever waits finds it.
        drop(in_use);
    }
}

async fn open(target: &Target, snapshot: Option<&str>) -> Result<Connection> {
    let connection = Connection::open(target).await?;
    connection.begin(snapshot).await?;
    Ok(connection)
}
