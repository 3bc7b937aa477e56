//! The store that a lake keeps its keys in.

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use object_store::{
    Error as StoreError, ObjectStore, ObjectStoreExt, PutMode, PutOptions, local::LocalFileSystem, path::Path,
};
use shopstream_core::{Error, Layout, Manifest, Partition, Result};
use std::{collections::BTreeSet, fs::File, sync::Arc};

use super::{error::store_error, task};

/// What every part of the lake needs: a store, and where in it what lies.
#[derive(Clone)]
pub(super) struct Store {
    pub(super) objects: Arc<dyn ObjectStore>,
    pub(super) layout: Layout,
    /// The bytes of each part of an upload but the last.
    pub(super) part_bytes: usize,
    /// The local folder that it is, where it is one.
    pub(super) local: Option<LocalFileSystem>,
    /// Whether a local folder's files are forced to the disk.
    pub(super) fsync: bool,
}

/// The numbers that a partition's manifests and claims have.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    pub(super) manifests: BTreeSet<u32>,
    pub(super) claims: BTreeSet<u32>,
}

pub(super) fn path(key: &str) -> Result<Path> {
    Path::parse(key).map_err(|_| Error::config("not a key of a lake").with("key", key))
}

impl Store {
    /// The keys below a folder.
    pub(super) fn keys(&self, folder: &str) -> stream::BoxStream<'static, Result<String>> {
        let folder = folder.to_owned();
        match path(&folder) {
            Ok(prefix) => self
                .objects
                .list(Some(&prefix))
                .map(move |found| Ok(found.map_err(|e| store_error(&e, &folder))?.location.into()))
                .boxed(),
            Err(error) => stream::iter([Err(error)]).boxed(),
        }
    }

    pub(super) async fn numbers(&self, partition: &Partition) -> Result<Numbers> {
        let (mut numbers, table) = (Numbers::default(), &partition.table);
        let mut keys = self.keys(&self.layout.folder(partition)?);
        while let Some(key) = keys.try_next().await? {
            if let Some((date, number)) = self.layout.parse_manifest(table, &key) {
                if date == partition.date {
                    numbers.manifests.insert(number);
                }
            } else if let Some((date, number)) = self.layout.parse_claim(table, &key)
                && date == partition.date
            {
                numbers.claims.insert(number);
            }
        }
        Ok(numbers)
    }

    /// The bytes of a small object; `None` when there is none.
    pub(super) async fn get(&self, key: &str) -> Result<Option<Bytes>> {
        let found = match self.objects.get(&path(key)?).await {
            Ok(found) => found.bytes().await,
            Err(error) => Err(error),
        };
        match found {
            Ok(bytes) => Ok(Some(bytes)),
            Err(StoreError::NotFound { .. }) => Ok(None),
            Err(error) => Err(store_error(&error, key)),
        }
    }

    /// Stores an object; `Conflict` when there is one already.
    pub(super) async fn create(&self, key: &str, bytes: Vec<u8>) -> Result<()> {
        let options = PutOptions::from(PutMode::Create);
        self.objects.put_opts(&path(key)?, bytes.into(), options).await.map_err(|e| store_error(&e, key))?;
        Ok(())
    }

    /// Removes an object that may not exist.
    pub(super) async fn remove(&self, key: &str) -> Result<()> {
        match self.objects.delete(&path(key)?).await {
            Ok(()) | Err(StoreError::NotFound { .. }) => Ok(()),
            Err(error) => Err(store_error(&error, key)),
        }
    }

    /// Reads a partition's manifest of this number; `None` when there is none.
    pub(super) async fn read_manifest(&self, partition: &Partition, number: u32) -> Result<Option<Manifest>> {
        let key = self.layout.manifest(partition, number)?;
        let Some(bytes) = self.get(&key).await? else { return Ok(None) };
        let manifest = Manifest::decode(&bytes).map_err(|e| e.with("key", &key))?;
        if manifest.partition != *partition || manifest.number != number {
            return Err(Error::data("a manifest is not that of its place").with("key", &key));
        }
        Ok(Some(manifest))
    }

    /// Forces an object of a local folder, and its place in it, to the disk, where that was asked for.
    pub(super) async fn sync(&self, key: &str) -> Result<()> {
        let Some(local) = self.local.as_ref().filter(|_| self.fsync) else { return Ok(()) };
        let file = local.path_to_filesystem(&path(key)?).map_err(|e| store_error(&e, key))?;
        let key = key.to_owned();
        task::compute(move || {
            let sync = |path: &std::path::Path| File::open(path).and_then(|f| f.sync_all());
            let folder = file.parent().map_or(Ok(()), sync);
            sync(&file)
                .and(folder)
                .map_err(|e| Error::unavailable("a file does not reach the disk").with("key", key).caused_by(e))
        })
        .await
    }
}
