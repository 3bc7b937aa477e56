//! A data file whose bytes are those of its manifest.

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream, stream::BoxStream};
use object_store::{ObjectStore, ObjectStoreExt, path::Path};
use sha2::{Digest, Sha256};
use shopstream_core::{DataFile, Error, Result};
use std::{ops::Range, sync::Arc};

use super::{encode::hex, error::store_error, store, store::Store, task};

/// Files up to this size are held in memory while they are read; larger ones are read twice, first to check them.
const WHOLE_BYTES: u64 = 16 << 20;
/// Bytes of a larger file that are asked for at once.
const WINDOW_BYTES: u64 = 4 << 20;

/// A file that was checked.
#[derive(Clone)]
pub(super) struct CheckedFile {
    objects: Arc<dyn ObjectStore>,
    key: String,
    path: Path,
    size: u64,
    whole: Option<Bytes>,
}

impl CheckedFile {
    /// Finds a file, and checks its size and SHA-256.
    pub(super) async fn open(store: &Store, file: &DataFile) -> Result<Self> {
        let (objects, path) = (store.objects.clone(), store::path(&file.key)?);
        let mut checked = Self { objects, key: file.key.clone(), path, size: file.bytes, whole: None };
        if file.bytes <= WHOLE_BYTES {
            let found = checked.objects.get(&checked.path).await.map_err(|e| checked.error(&e))?;
            checked.check_size(found.meta.size)?;
            checked.whole = Some(found.bytes().await.map_err(|e| checked.error(&e))?);
        } else {
            let found = checked.objects.head(&checked.path).await.map_err(|e| checked.error(&e))?;
            checked.check_size(found.size)?;
        }
        let mut hash = Sha256::new();
        let mut windows = checked.windows();
        while let Some(bytes) = windows.try_next().await? {
            hash = task::compute(move || {
                hash.update(&bytes);
                Ok(hash)
            })
            .await?;
        }
        if hex(hash) != file.sha256 {
            return Err(checked.damaged("a file is damaged: its checksum is not its manifest's"));
        }
        Ok(checked)
    }

    fn check_size(&self, found: u64) -> Result<()> {
        if found == self.size {
            return Ok(());
        }
        let error = self.damaged("a file is damaged: its size is not its manifest's");
        Err(error.with("expected", self.size).with("found", found))
    }

    pub(super) fn key(&self) -> &str {
        &self.key
    }

    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// An error about what is in the file.
    pub(super) fn damaged(&self, message: &'static str) -> Error {
        Error::data(message).with("key", &self.key)
    }

    fn error(&self, error: &object_store::Error) -> Error {
        store_error(error, &self.key)
    }

    /// All bytes, in order.
    pub(super) fn windows(&self) -> BoxStream<'static, Result<Bytes>> {
        if let Some(bytes) = &self.whole {
            return stream::iter([Ok(bytes.clone())]).boxed();
        }
        let file = self.clone();
        stream::try_unfold(0, move |from| {
            let file = file.clone();
            async move {
                let to = file.size.min(from + WINDOW_BYTES);
                if from == to {
                    return Ok(None);
                }
                let bytes = file.objects.get_range(&file.path, from..to).await.map_err(|e| file.error(&e))?;
                Ok(Some((bytes, to)))
            }
        })
        .boxed()
    }

    /// The bytes of these ranges.
    pub(super) async fn ranges(&self, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        match &self.whole {
            Some(bytes) => {
                let slice = |r: &Range<u64>| {
                    let beyond = || self.damaged("a Parquet file points beyond its end");
                    if r.start > r.end || r.end > self.size {
                        Err(beyond())
                    } else {
                        Ok(bytes.slice(r.start as usize..r.end as usize))
                    }
                };
                ranges.iter().map(slice).collect()
            }
            None => self.objects.get_ranges(&self.path, ranges).await.map_err(|e| self.error(&e)),
        }
    }
}
