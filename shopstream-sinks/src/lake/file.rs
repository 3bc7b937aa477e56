//! A data file whose bytes are those of its manifest.

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream, stream::BoxStream};
use object_store::{ObjectStoreExt, path::Path};
use sha2::{Digest, Sha256};
use shopstream_core::{DataFile, Error, Result};
use std::{ops::Range, sync::Arc};

use super::{encode::hex, store, store::Store, task};

/// Files up to this size are held in memory while they are read; larger ones are read twice, first to check them.
const WHOLE_BYTES: u64 = 16 << 20;
/// Bytes of a larger file that are asked for at once.
const WINDOW_BYTES: u64 = 4 << 20;

/// A file that was checked.
#[derive(Clone)]
pub(super) struct CheckedFile {
    store: Arc<Store>,
    key: String,
    path: Path,
    size: u64,
    whole: Option<Bytes>,
}

impl CheckedFile {
    /// Finds a file, and checks its size and SHA-256.
    pub(super) async fn open(store: &Arc<Store>, file: &DataFile) -> Result<Self> {
        let (key, path, objects) = (file.key.clone(), store::path(&file.key)?, &store.objects);
        let (found, whole) = if file.bytes <= WHOLE_BYTES {
            let get = || async {
                let found = objects.get(&path).await?;
                let size = found.meta.size;
                let bytes = if size == file.bytes { Some(found.bytes().await?) } else { None };
                Ok((size, bytes))
            };
            store.again(&key, get).await?
        } else {
            (store.again(&key, || objects.head(&path)).await?.size, None)
        };
        let checked = Self { store: store.clone(), key, path, size: file.bytes, whole };
        checked.check_size(found)?;
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
                let objects = &file.store.objects;
                let bytes = file.store.again(&file.key, || objects.get_range(&file.path, from..to)).await?;
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
            None => self.store.again(&self.key, || self.store.objects.get_ranges(&self.path, ranges)).await,
        }
    }
}
