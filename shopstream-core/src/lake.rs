//! Where history is kept: files by table and date, and the manifests that say which of them count.

mod format;
mod increment;
mod layout;
mod manifest;
mod options;
mod stats;
mod write_id;

pub use format::Format;
pub use increment::Increment;
pub use layout::{Layout, Partition};
pub use manifest::{ColumnStats, DataFile, Manifest};
pub use options::{Encoding, WriteOptions};
pub use stats::StatsCollector;
pub use write_id::{FilePart, WriteId};

use async_trait::async_trait;
use futures::stream::BoxStream;
use std::fmt;

use crate::{BatchStream, Result, TableRead, Timestamp, doctor::Finding};

/// A store of files by table and date, with a manifest beside them.
///
/// # Contract
/// * **A partition exists when its manifest does.** [`write`](Lake::write) makes all of its rows visible at once, by
///   a numbered manifest that is created if absent and never overwritten; the highest number counts. A write that
///   fails, or whose future is dropped, leaves the partition as it was; one that is dropped while it puts its
///   manifest, its last step, either did or did not happen.
/// * **One schema.** A batch of other columns than the [`TableRead`]'s is `Schema`, and nothing is written.
/// * **Parts** of a read go to files of their own, in their order; [`WriteOptions::workers`] says how many are polled
///   at once. The files of a manifest, their names and their bytes are the same whatever that number is. A part
///   without a row has no file.
/// * **`Ok` means durable**: the files and the manifest are stored, and the manifest's counts are those of the files.
/// * **Empty input** makes a manifest of 0 rows.
/// * **Concurrency.** Of two writers of the same partition each gets a number of its own, or `Conflict`; the data of
///   the one never stands under the manifest of the other.
/// * **Reads check**: a file whose size or checksum is not the manifest's is `Data`, a missing one `NotFound`.
///   A reader of an older manifest can go on while a newer one is written.
/// * **Delete** takes the manifests first, then the files; what does not exist is deleted already.
/// * **Clean-up** takes what dead writers left, and nothing else; see [`clean_up`](Lake::clean_up).
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

    /// What [`clean_up`](Lake::clean_up) would remove; nothing is changed.
    async fn orphans(&self, table: &str, before: Timestamp) -> Result<Orphans>;

    /// Removes what writers of a table left behind that died before `before`, and says what it removed: their holds
    /// on a manifest's number, files that no manifest names, and temporary files.
    ///
    /// It never takes what a manifest names, what is not as old as `before`, what belongs to a hold that is not as
    /// old, or a file whose name is not one of the layout's. Ages are those that the store tells, by its own clock.
    /// **A writer that began before `before` must not be at work any more**: one that is finds its hold gone, and fails
    /// with `Conflict`. A day ago is a good choice.
    async fn clean_up(&self, table: &str, before: Timestamp) -> Result<Orphans>;

    /// Looks whether the lake can be read and written, and at what else may go wrong; `now` is the time, to hold the
    /// store's clock against. It leaves nothing behind, and what goes wrong is a finding.
    ///
    /// Unless a lake knows better, the only one is that it was not asked.
    async fn doctor(&self, now: Timestamp) -> Vec<Finding> {
        let _ = now;
        vec![Finding::not_asked("lake", "this kind of lake has no examination of its own")]
    }
}

/// What was left behind by writers that died.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Orphans {
    /// The keys of their holds on a manifest's number.
    pub claims: Vec<String>,
    /// The keys of their files, temporary ones included.
    pub files: Vec<String>,
    /// The bytes of these files.
    pub bytes: u64,
}

impl Orphans {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.claims.is_empty() && self.files.is_empty()
    }
}
