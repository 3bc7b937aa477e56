//! The lake in an object store: a local folder, memory, S3 and what speaks its protocol.
//!
//! A file goes from the encoder to the store in parts, with its checksum computed on the way; no more than some
//! batches, a row group and three parts of it are in memory. The parts of a read are written side by side, each to
//! files of its own. How Parquet's columns are encoded is chosen by a sample of each file's first batch; the pages of
//! whole numbers and texts are made here, all others by the crate parquet.
//!
//! A writer holds the number that its manifest will have (by a small object beside the manifests, created if absent), so
//! that the keys of its files are its own; it puts the manifest, created if absent too, when all files are stored. Of a
//! writer that died its claim and files stay, which no manifest names; the next writer goes past them, and a clean-up
//! takes them. A delete takes claims and such files too: it is no work for when another writes the partition. A partition
//! without rows has one file without rows, so that who reads the folder by other means finds the columns.
//!
//! A read checks the size and SHA-256 of each file before it gives a row of it: files up to 16 MiB are held in memory,
//! larger ones read twice.

mod catalog;
mod chunk;
mod claim;
mod clean_up;
mod column;
mod doctor;
mod encode;
mod error;
mod file;
mod open;
mod parquet;
mod part;
mod pieces;
mod properties;
mod read;
mod retry;
mod row_groups;
#[cfg(feature = "s3")]
mod s3;
mod sample;
mod staging;
mod store;
mod task;
mod text;
mod text_extremes;
mod threads;
mod upload;
mod write;

#[cfg(feature = "s3")]
pub use s3::S3Options;

use async_trait::async_trait;
use futures::stream::BoxStream;
use shopstream_core::{
    BatchStream, DataFile, Lake, Manifest, Orphans, Partition, Result, TableRead, Timestamp, WriteOptions,
    doctor::Finding,
};
use std::{fmt, slice, sync::Arc};

use store::Store;

/// A [`Lake`] in an object store. It is used within a Tokio runtime; clones share the store.
///
/// # Durability
/// What a write reports is in the store: with S3 that is durable; in a local folder it survives the process, and
/// with [`with_fsync`](ObjectStoreLake::with_fsync) a loss of power too.
///
/// ```
/// use arrow::array::{Int64Array, RecordBatch};
/// use shopstream_core::{Lake, Layout, Partition, TableRead, WriteOptions, date, timestamp};
/// use shopstream_sinks::lake::ObjectStoreLake;
/// use std::sync::Arc;
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let lake = ObjectStoreLake::from_url("memory://", Layout::dated("raw/postgres"))?;
/// let users = Partition::new("users", date!("2026-01-14"));
/// let rows = RecordBatch::try_from_iter([("id", Arc::new(Int64Array::from(vec![1, 2])) as _)])?;
/// let options = WriteOptions::new(timestamp!("2026-01-14 02:00:00"));
/// let manifest = lake.write(&users, TableRead::from_batches(rows.schema(), vec![rows]), &options).await?;
/// assert_eq!(manifest.files[0].key, "raw/postgres/users/2026-01-14/users_20260114.parquet");
/// # Ok::<(), Box<dyn std::error::Error>>(()) })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct ObjectStoreLake {
    store: Arc<Store>,
    location: String,
}

impl fmt::Debug for ObjectStoreLake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObjectStoreLake")
            .field("location", &self.location)
            .field("layout", &self.store.layout)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for ObjectStoreLake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.location)
    }
}

#[async_trait]
impl Lake for ObjectStoreLake {
    async fn write(&self, partition: &Partition, data: TableRead, options: &WriteOptions) -> Result<Manifest> {
        write::write(&self.store, partition, data, options).await
    }

    async fn manifest(&self, partition: &Partition) -> Result<Option<Manifest>> {
        catalog::manifest(&self.store, partition).await
    }

    async fn read(&self, manifest: &Manifest, columns: Option<&[String]>) -> Result<BatchStream> {
        read::read(&self.store, manifest, &manifest.files, columns)
    }

    async fn read_file(&self, manifest: &Manifest, file: &DataFile, columns: Option<&[String]>) -> Result<BatchStream> {
        read::read(&self.store, manifest, slice::from_ref(file), columns)
    }

    fn list(&self, table: &str) -> BoxStream<'static, Result<Partition>> {
        catalog::list(self.store.clone(), table.to_owned())
    }

    async fn delete(&self, partition: &Partition) -> Result<()> {
        catalog::delete(&self.store, partition).await
    }

    async fn orphans(&self, table: &str, before: Timestamp) -> Result<Orphans> {
        Ok(clean_up::find(&self.store, table, before).await?.orphans)
    }

    async fn clean_up(&self, table: &str, before: Timestamp) -> Result<Orphans> {
        clean_up::remove(&self.store, clean_up::find(&self.store, table, before).await?).await
    }

    /// Writes, reads and deletes a probe in the folder of all tables; a table that the layout keeps elsewhere may be
    /// under other rights.
    async fn doctor(&self, now: Timestamp) -> Vec<Finding> {
        doctor::examine(self.store.clone(), &self.location, now).await
    }
}
