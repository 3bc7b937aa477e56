//! The upload of one file: in parts when it is large, with a few of them on their way at once.

use bytes::Bytes;
use object_store::{MultipartUpload, ObjectStoreExt, PutPayload, path::Path};
use shopstream_core::{Error, Result};
use std::{collections::VecDeque, sync::Arc};
use tokio::task::JoinSet;

use super::{error::store_error, store, store::Store, task};

/// Parts on their way at once.
const IN_FLIGHT: usize = 2;

/// A file on its way to the store; it is there when [`finish`](Upload::finish) says so. Dropped before, it is given
/// up, and its parts are removed.
pub(super) struct Upload {
    store: Arc<Store>,
    key: String,
    path: Path,
    /// What was not sent yet, as it came: nothing is copied.
    waiting: VecDeque<Bytes>,
    waiting_bytes: usize,
    bytes: u64,
    parts: Option<Box<dyn MultipartUpload>>,
    running: JoinSet<object_store::Result<()>>,
}

impl Upload {
    pub(super) fn new(store: Arc<Store>, key: String) -> Result<Self> {
        let path = store::path(&key)?;
        let (waiting, running) = (VecDeque::new(), JoinSet::new());
        Ok(Self { store, key, path, waiting, waiting_bytes: 0, bytes: 0, parts: None, running })
    }

    pub(super) fn key(&self) -> &str {
        &self.key
    }

    pub(super) async fn write(&mut self, pieces: Vec<Vec<u8>>) -> Result<()> {
        for bytes in pieces.into_iter().filter(|bytes| !bytes.is_empty()) {
            self.bytes += bytes.len() as u64;
            self.waiting_bytes += bytes.len();
            self.waiting.push_back(bytes.into());
        }
        while self.waiting_bytes > self.store.part_bytes {
            let part = self.take(self.store.part_bytes);
            self.send(part).await?;
        }
        Ok(())
    }

    /// So many of the bytes that wait.
    fn take(&mut self, mut bytes: usize) -> PutPayload {
        let mut taken = vec![];
        while bytes > 0
            && let Some(mut next) = self.waiting.pop_front()
        {
            let now = next.split_to(bytes.min(next.len()));
            bytes -= now.len();
            self.waiting_bytes -= now.len();
            taken.push(now);
            if !next.is_empty() {
                self.waiting.push_front(next);
            }
        }
        PutPayload::from_iter(taken)
    }

    async fn send(&mut self, part: PutPayload) -> Result<()> {
        while self.running.len() >= IN_FLIGHT {
            self.one_arrived().await?;
        }
        let parts = match &mut self.parts {
            Some(parts) => parts,
            None => {
                let begun = self.store.again(&self.key, || self.store.objects.put_multipart(&self.path)).await?;
                self.parts.insert(begun)
            }
        };
        self.running.spawn_on(parts.put_part(part), &task::runtime()?);
        Ok(())
    }

    async fn one_arrived(&mut self) -> Result<()> {
        match self.running.join_next().await {
            Some(Ok(sent)) => sent.map_err(|e| store_error(&e, &self.key)),
            Some(Err(_)) => Err(Error::cancelled("the upload of a part was given up").with("key", &self.key)),
            None => Ok(()),
        }
    }

    /// Sends the rest, and puts the parts together.
    pub(super) async fn finish(mut self) -> Result<()> {
        let rest = self.take(self.waiting_bytes);
        if self.parts.is_none() {
            self.store.again(&self.key, || self.store.objects.put(&self.path, rest.clone())).await?;
        } else {
            if rest.content_length() > 0 {
                self.send(rest).await?;
            }
            while !self.running.is_empty() {
                self.one_arrived().await?;
            }
            if let Some(parts) = &mut self.parts
                && let Err(error) = parts.complete().await
            {
                // The answer may have been lost, not the file. The key is ours, so that what is there is ours too.
                let found = self.store.again(&self.key, || self.store.objects.head(&self.path)).await;
                if !found.is_ok_and(|found| found.size == self.bytes) {
                    return Err(store_error(&error, &self.key));
                }
            }
            self.parts = None;
        }
        self.store.sync(&self.key).await
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        let Some(mut parts) = self.parts.take() else { return };
        let mut running = std::mem::take(&mut self.running);
        // Stores keep the parts of an upload until they are told not to; those still on their way come to rest first.
        if let Ok(runtime) = task::runtime() {
            runtime.spawn(async move {
                running.shutdown().await;
                let _ = parts.abort().await;
            });
        }
    }
}
