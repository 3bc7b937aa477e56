//! The upload of one file: in parts when it is large, with a few of them on their way at once.

use bytes::{Bytes, BytesMut};
use object_store::{MultipartUpload, ObjectStoreExt, path::Path};
use shopstream_core::{Error, Result};
use std::sync::Arc;
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
    buffer: BytesMut,
    parts: Option<Box<dyn MultipartUpload>>,
    running: JoinSet<object_store::Result<()>>,
}

impl Upload {
    pub(super) fn new(store: Arc<Store>, key: String) -> Result<Self> {
        let path = store::path(&key)?;
        Ok(Self { store, key, path, buffer: BytesMut::new(), parts: None, running: JoinSet::new() })
    }

    pub(super) fn key(&self) -> &str {
        &self.key
    }

    pub(super) async fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.buffer.extend_from_slice(bytes);
        while self.buffer.len() > self.store.part_bytes {
            let part = self.buffer.split_to(self.store.part_bytes).freeze();
            self.send(part).await?;
        }
        Ok(())
    }

    async fn send(&mut self, part: Bytes) -> Result<()> {
        while self.running.len() >= IN_FLIGHT {
            self.one_arrived().await?;
        }
        let parts = match &mut self.parts {
            Some(parts) => parts,
            None => {
                let begun = self.store.objects.put_multipart(&self.path).await;
                self.parts.insert(begun.map_err(|e| store_error(&e, &self.key))?)
            }
        };
        self.running.spawn_on(parts.put_part(part.into()), &task::runtime()?);
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
        let rest = self.buffer.split().freeze();
        if self.parts.is_none() {
            let stored = self.store.objects.put(&self.path, rest.into()).await;
            stored.map_err(|e| store_error(&e, &self.key))?;
        } else {
            if !rest.is_empty() {
                self.send(rest).await?;
            }
            while !self.running.is_empty() {
                self.one_arrived().await?;
            }
            if let Some(parts) = &mut self.parts {
                parts.complete().await.map_err(|e| store_error(&e, &self.key))?;
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
