//! Where history is kept: files by table and date, and the manifests that say which of them count.

mod increment;
mod layout;
mod manifest;
mod stats;

pub use increment::Increment;
pub use layout::{Format, Layout, Partition};
pub use manifest::{ColumnStats, DataFile, Manifest};
pub use stats::StatsCollector;

use async_trait::async_trait;
use futures::stream::BoxStream;
use std::fmt;

use crate::{BatchStream, Result, TableRead, Timestamp};

/// A store of files by table and date, with a manifest beside them.
///
/// # Contract
/// * **A partition exists when its manifest does.** [`write`](Lake::write) makes all of its rows visible at once, by
///   a numbered manifest that is created if absent and never overwritten; the highest number counts. A write that
///   fails, or whose future is dropped, leaves the partition as it was; one that is dropped while it puts its
///   manifest, its last step, either did or did not happen.
/// * **One schema.** A batch of other columns than the [`TableRead`]'s is `Schema`, and nothing is written.
/// * **Parts** of a read go to files of their own, in their order; [`WriteOptions::workers`] says how many are polled
///   at once. The rows of a manifest are those of the parts, in their order, whatever that number is.
/// * **`Ok` means durable**: the files and the manifest are stored, and the manifest's counts are those of the files.
/// * **Empty input** makes a manifest of 0 rows.
/// * **Concurrency.** Of two writers of the same partition each gets a number of its own, or `Conflict`; the data of
///   the one never stands under the manifest of the other.
/// * **Reads check**: a file whose size or checksum is not the manifest's is `Data`, a missing one `NotFound`.
///   A reader of an older manifest can go on while a newer one is written.
/// * **Delete** takes the manifests first, then the files; what does not exist is deleted already.
///
/// `shopstream_core::conformance::lake` (feature `conformance`) checks it.
#[async_trait]
pub trait Lake: fmt::Debug + fmt::Display + Send + Sync + 'static {
    /// Writes the rows of a table and date.
    async fn write(&self, partition: &Partition, data: TableRead, options: &WriteOptions) -> Result<Manifest>;

    /// The manifest that counts; `None` when the partition does not exist.
    async fn manifest(&self, partition: &Partition) -> Result<Option<Manifest>>;

    /// Starts to read the rows of a manifest: these columns of it, in this order, or all.
    async fn read(&self, manifest: &Manifest, columns: Option<&[String]>) -> Result<BatchStream>;

    /// The rows of one of a manifest's files; see [`read`](Lake::read).
    async fn read_file(&self, manifest: &Manifest, file: &DataFile, columns: Option<&[String]>) -> Result<BatchStream>;

    /// The dates that exist of a table, in order.
    fn list(&self, table: &str) -> BoxStream<'static, Result<Partition>>;

    /// Removes a partition with all of its manifests and files.
    async fn delete(&self, partition: &Partition) -> Result<()>;
}

/// How to write a partition.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct WriteOptions {
    /// The files' format (default Parquet).
    pub format: Format,
    /// Rows in a file at most, the files being numbered then; `None` is one file.
    pub max_rows_per_file: Option<u64>,
    /// Parts of the rows that are written side by side, at most (default 1).
    pub workers: usize,
    /// The time to write down.
    pub written_at: Timestamp,
}

impl WriteOptions {
    /// The defaults, at this time.
    pub fn new(written_at: Timestamp) -> Self {
        Self { format: Format::default(), max_rows_per_file: None, workers: 1, written_at }
    }

    /// Writes this format.
    #[must_use]
    pub fn with_format(mut self, format: Format) -> Self {
        self.format = format;
        self
    }

    /// Splits into numbered files of at most so many rows; 0 counts as 1.
    #[must_use]
    pub fn with_max_rows_per_file(mut self, rows: u64) -> Self {
        self.max_rows_per_file = Some(rows.max(1));
        self
    }

    /// Writes at most so many of the read's parts side by side; 0 counts as 1.
    #[must_use]
    pub fn with_workers(mut self, workers: usize) -> Self {
        self.workers = workers.max(1);
        self
    }
}
