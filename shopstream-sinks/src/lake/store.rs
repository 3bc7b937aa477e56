//! The store that a lake keeps its keys in.

use bytes::Bytes;
use futures::TryStreamExt;
use object_store::{
    Error as StoreError, ObjectMeta, ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload,
    local::LocalFileSystem, path::Path,
};
use shopstream_core::{Error, Layout, Manifest, Partition, Result};
use std::{collections::BTreeSet, fs::File, sync::Arc};

use super::{
    error::store_error,
    retry::{self, Retry},
    task,
    threads::Shared,
};

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
    /// How what broke off on its way is tried again.
    pub(super) retry: Retry,
    /// Where files are encoded.
    pub(super) threads: Shared,
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
    /// Does something with a key, and does it again while what fails is the way there.
    pub(super) async fn again<T, F>(&self, key: &str, work: impl FnMut() -> F) -> Result<T>
    where
        F: Future<Output = object_store::Result<T>>,
    {
        retry::again(self.retry, work).await.map_err(|e| store_error(&e, key))
    }

    /// What lies below a folder.
    pub(super) async fn objects(&self, folder: &str) -> Result<Vec<ObjectMeta>> {
        let prefix = path(folder)?;
        self.again(folder, || self.objects.list(Some(&prefix)).try_collect()).await
    }

    pub(super) async fn numbers(&self, partition: &Partition) -> Result<Numbers> {
        let (mut numbers, table) = (Numbers::default(), &partition.table);
        for object in self.objects(&self.layout.folder(partition)?).await? {
            let key: String = object.location.into();
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
        let path = path(key)?;
        let found = retry::again(self.retry, || async { self.objects.get(&path).await?.bytes().await }).await;
        match found {
            Ok(bytes) => Ok(Some(bytes)),
            Err(StoreError::NotFound { .. }) => Ok(None),
            Err(error) => Err(store_error(&error, key)),
        }
    }

    /// Stores an object; `Conflict` when there is another already. The bytes are no other writer's, so that an object
    /// whose answer was lost is known again.
    pub(super) async fn create(&self, key: &str, bytes: &[u8]) -> Result<()> {
        let (path, payload) = (path(key)?, PutPayload::from(bytes.to_vec()));
        let put = || self.objects.put_opts(&path, payload.clone(), PutOptions::from(PutMode::Create));
        let Err(error) = self.again(key, put).await else { return Ok(()) };
        match self.get(key).await {
            Ok(Some(found)) if found == bytes => Ok(()),
            Ok(Some(_)) => Err(Error::conflict("it is in the lake already").with("key", key)),
            Ok(None) | Err(_) => Err(error),
        }
    }

    /// Removes an object that may not exist.
    pub(super) async fn remove(&self, key: &str) -> Result<()> {
        let path = path(key)?;
        match retry::again(self.retry, || self.objects.delete(&path)).await {
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
