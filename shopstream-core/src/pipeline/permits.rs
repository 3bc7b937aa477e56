//! How many parts of tables are read at once, whichever tables they are of.

use futures::{FutureExt, StreamExt, TryFutureExt};
use std::sync::{Arc, OnceLock};
use tokio::sync::{Semaphore, oneshot};

use crate::{BatchStream, Error};

/// Permits to read: a part takes one when it is first polled and lets it go when it is dropped, not before whoever reads
/// it is done with its rows.
#[derive(Clone, Debug)]
pub(super) struct Permits(Arc<Semaphore>);

impl Permits {
    /// So many; 0 counts as 1.
    pub(super) fn new(permits: usize) -> Self {
        Self(Arc::new(Semaphore::new(permits.clamp(1, Semaphore::MAX_PERMITS))))
    }

    /// The parts of one table, each read only while it has a permit.
    ///
    /// They get their permits in their order, whichever is polled first: whoever wants the rows in order may hold a
    /// later part back until the earlier ones are done, and would wait for ever if the later ones had all permits.
    pub(super) fn bound(&self, parts: Vec<BatchStream>) -> Vec<BatchStream> {
        let mut earlier: Option<oneshot::Receiver<()>> = None;
        let bound = parts.into_iter().map(|part| {
            let (granted, mine) = oneshot::channel::<()>();
            let (turn, permits) = (earlier.replace(mine), self.0.clone());
            let held = Arc::new(OnceLock::new());
            let place = held.clone();
            let begun = async move {
                if let Some(turn) = turn {
                    // It answers with an error when the earlier part has its permit, or is gone: both free the way.
                    let _ = turn.await;
                }
                let permit = permits.acquire_owned().await.map_err(|_| Error::internal("no permits are left"))?;
                // The place is this part's alone, and empty.
                let _ = place.set(permit);
                drop(granted);
                Ok(part)
            };
            // The flattened part is gone at its end already.
            begun.boxed().try_flatten_stream().inspect(move |_| {
                let _permit = &held;
            })
        });
        bound.map(|part| Box::pin(part) as BatchStream).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::{array::RecordBatch, datatypes::Schema};
    use futures::{TryStreamExt, stream};
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

    /// How many parts are open, and how many were at most.
    #[derive(Default)]
    struct Open {
        now: AtomicUsize,
        most: AtomicUsize,
    }

    struct Connection(Arc<Open>);

    impl Drop for Connection {
        fn drop(&mut self) {
            self.0.now.fetch_sub(1, SeqCst);
        }
    }

    /// A part of some batches that holds a connection from its first poll to its end.
    fn part(open: &Arc<Open>) -> BatchStream {
        let open = open.clone();
        let connect = async move {
            let now = open.now.fetch_add(1, SeqCst) + 1;
            open.most.fetch_max(now, SeqCst);
            let connection = Connection(open);
            stream::iter(0..3).then(move |_| {
                let _held = &connection;
                async {
                    tokio::task::yield_now().await;
                    Ok(RecordBatch::new_empty(Arc::new(Schema::empty())))
                }
            })
        };
        connect.flatten_stream().boxed()
    }

    #[tokio::test]
    async fn all_tables_together_have_as_many_open_as_there_are_permits() {
        for permits in 1..4 {
            let (open, bound) = (Arc::new(Open::default()), Permits::new(permits));
            let parts: Vec<BatchStream> =
                (0..3).flat_map(|_| bound.bound((0..4).map(|_| part(&open)).collect())).collect();
            let batches: usize =
                futures::future::join_all(parts.into_iter().map(|p| p.try_collect::<Vec<_>>().map_ok(|b| b.len())))
                    .await
                    .into_iter()
                    .map(|n| n.unwrap())
                    .sum();
            assert_eq!((batches, open.most.load(SeqCst), open.now.load(SeqCst)), (36, permits, 0));
        }
    }

    #[tokio::test]
    async fn a_part_keeps_its_permit_until_it_is_dropped() {
        let open = Arc::new(Open::default());
        let mut parts = Permits::new(1).bound(vec![part(&open), part(&open)]);
        let (mut second, mut first) = (parts.pop().unwrap(), parts.pop().unwrap());
        while first.next().await.is_some() {}
        // Its rows may still be on their way into a file.
        assert!(second.next().now_or_never().is_none());
        drop(first);
        assert_eq!(second.count().await, 3);
    }

    #[tokio::test]
    async fn who_holds_a_later_part_back_for_an_earlier_one_goes_on() {
        let open = Arc::new(Open::default());
        let mut parts = Permits::new(1).bound(vec![part(&open), part(&open), part(&open)]);
        let (third, mut second, mut first) = (parts.pop().unwrap(), parts.pop().unwrap(), parts.pop().unwrap());
        // The later one is asked first, and has no row before the earlier one is done or gone.
        let mut early = second.next();
        assert!((&mut early).now_or_never().is_none());
        assert!(first.next().await.is_some());
        assert!((&mut early).now_or_never().is_none());
        drop(first);
        assert!(early.await.is_some());
        drop(second);
        assert_eq!(third.count().await, 3);
        assert_eq!(open.most.load(SeqCst), 1);
    }
}
