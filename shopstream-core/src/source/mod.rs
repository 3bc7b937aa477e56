//! Where rows come from.

mod bounds;
mod filter;
mod read;

use arrow::array::RecordBatch;
use async_trait::async_trait;
use futures::{StreamExt, TryStreamExt, stream::BoxStream};
use serde::{Deserialize, Serialize};
use std::{any::Any, collections::BTreeMap, fmt, sync::Arc};

use crate::{Result, TableRef, TableSchema, Timestamp, doctor::Finding};

pub use bounds::{Bounds, CursorRange, CursorValue};
pub use filter::RowFilter;
#[cfg(any(test, feature = "conformance"))]
pub(crate) use filter::{greatest, is_cursor};
pub use read::TableRead;

/// Rows on their way, batch by batch. Dropping it gives up the work behind it.
pub type BatchStream = BoxStream<'static, Result<RecordBatch>>;

/// Something that has tables to read: a database, a folder of files, a service.
///
/// # Contract
/// * **Schema first.** What [`describe`](Source::describe) says and what [`read`](Source::read) yields agree; every
///   batch has exactly the schema of its [`TableRead`]. An empty table yields no batch, and that is no error.
/// * **Bounds first.** What a read will yield is fixed before its first row; asked again within the same
///   [`Snapshot`], it yields the same rows. A snapshot of another source is refused. What is recorded of a read is
///   what was asked for: bounds and keys that a source cannot keep to are `Unsupported`. [`RowFilter`] keeps to them
///   for a source that has no better way.
/// * **Streaming.** A read holds some batches in memory, never the table.
/// * **Concurrency.** Reads may run side by side, also within one snapshot, and so may the parts of a read; all parts
///   see the same instant. What cannot run side by side waits its turn.
/// * **Errors.** A missing table is `NotFound`, a column of an unknown type `Schema`, a server that does not answer
///   `Unavailable`. After an error a stream ends. No error shows a cell's value or a secret, and neither do `Debug`
///   and `Display`.
/// * **Cancellation.** Dropping a future or a stream stops the work at the source.
///
/// `shopstream_core::conformance::source` (feature `conformance`) checks most of it.
#[async_trait]
pub trait Source: fmt::Debug + fmt::Display + Send + Sync + 'static {
    /// The columns of a table.
    async fn describe(&self, table: &TableRef) -> Result<TableSchema>;

    /// Fixes one instant: reads that are given the snapshot all see the data as of then. `None` when the source
    /// has no such thing.
    async fn snapshot(&self) -> Result<Option<Snapshot>>;

    /// About how many bytes a reader of all rows of each of these tables goes through, in their order; `None` where that is
    /// not known, or not without a look at the rows (default all). Who reads several tables shares them out by it, so as
    /// long as nobody writes to them it is the same whenever it is asked for.
    async fn sizes(&self, tables: &[TableRef]) -> Result<Vec<Option<u64>>> {
        Ok(vec![None; tables.len()])
    }

    /// Starts to read a table.
    async fn read(&self, table: &TableRef, options: &ReadOptions) -> Result<TableRead>;

    /// The greatest value of a cursor, of the snapshot of the options; `None` when no row has one. `Config` when it is
    /// no whole number, date or timestamp. A source that knows it without a look at every row says so here.
    async fn greatest(&self, table: &TableRef, column: &str, options: &ReadOptions) -> Result<Option<CursorValue>> {
        let options = options.clone().with_columns([column]);
        let mut rows = self.read(table, &options).await?.into_checked_stream();
        let mut greatest = None;
        while let Some(batch) = rows.try_next().await? {
            greatest = greatest.max(filter::greatest(batch.column(0)).map_err(|e| e.with("column", column))?);
        }
        Ok(greatest)
    }

    /// Looks whether these tables can be read, and at what else may go wrong; `now` is the time, to hold the source's
    /// clock against. It changes nothing, and what goes wrong is a finding.
    ///
    /// Unless a source knows better, it describes each table and reads its first rows.
    async fn doctor(&self, tables: &[TableRef], now: Timestamp) -> Vec<Finding> {
        let _ = now;
        let mut findings = vec![];
        for table in tables {
            findings.push(match first_rows(self, table).await {
                Ok(columns) => Finding::ok(table, format!("it can be read, with {columns} columns")),
                Err(error) => Finding::of_error(table, "it cannot be read", &error),
            });
        }
        findings
    }
}

/// Describes a table and reads the first of its rows; gives the number of its columns.
async fn first_rows<S: Source + ?Sized>(source: &S, table: &TableRef) -> Result<usize> {
    let schema = source.describe(table).await?;
    let read = source.read(table, &ReadOptions::default().with_batch_rows(100)).await?;
    if let Some(batch) = read.into_checked_stream().next().await {
        batch?;
    }
    Ok(schema.columns.len())
}

/// How to read a table.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ReadOptions {
    /// These columns, in this order; `None` is all of them.
    pub columns: Option<Vec<String>>,
    /// As of this snapshot; `None` is as of now.
    pub snapshot: Option<Snapshot>,
    /// Rows in a batch, at most (default 65,536).
    pub batch_rows: usize,
    /// Which rows (default all).
    pub bounds: Bounds,
    /// Of these rows, those with one of these keys, however many: the batch's columns are the key's, by their names.
    /// Default all.
    pub keys: Option<RecordBatch>,
    /// Parts that can be read side by side, at most (default 1); a source that cannot divide a table yields one.
    pub parts: usize,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self { columns: None, snapshot: None, batch_rows: 65_536, bounds: Bounds::Full, keys: None, parts: 1 }
    }
}

impl ReadOptions {
    /// Reads these columns only, in this order.
    #[must_use]
    pub fn with_columns<S: Into<String>>(mut self, columns: impl IntoIterator<Item = S>) -> Self {
        self.columns = Some(columns.into_iter().map(Into::into).collect());
        self
    }

    /// Reads as of this snapshot.
    #[must_use]
    pub fn with_snapshot(mut self, snapshot: Snapshot) -> Self {
        self.snapshot = Some(snapshot);
        self
    }

    /// Puts at most so many rows into a batch; 0 counts as 1.
    #[must_use]
    pub fn with_batch_rows(mut self, rows: usize) -> Self {
        self.batch_rows = rows.max(1);
        self
    }

    /// Reads these rows only.
    #[must_use]
    pub fn with_bounds(mut self, bounds: Bounds) -> Self {
        self.bounds = bounds;
        self
    }

    /// Reads rows with these keys only.
    #[must_use]
    pub fn with_keys(mut self, keys: RecordBatch) -> Self {
        self.keys = Some(keys);
        self
    }

    /// Divides the table into at most so many parts; 0 counts as 1.
    #[must_use]
    pub fn with_parts(mut self, parts: usize) -> Self {
        self.parts = parts.max(1);
        self
    }
}

/// One instant of a source, held open as long as a clone of it lives.
#[derive(Clone)]
pub struct Snapshot {
    info: SnapshotInfo,
    guard: Arc<dyn Any + Send + Sync>,
}

impl Snapshot {
    /// A snapshot that `guard` holds open; the source finds it again by [`guard`](Snapshot::guard).
    pub fn new(info: SnapshotInfo, guard: impl Any + Send + Sync) -> Self {
        Self { info, guard: Arc::new(guard) }
    }

    /// What it is, for the record.
    pub fn info(&self) -> &SnapshotInfo {
        &self.info
    }

    /// What the source holds it open with; `None` when it is of another source.
    pub fn guard<G: Any>(&self) -> Option<&G> {
        self.guard.downcast_ref()
    }
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Snapshot").field(&self.info).finish()
    }
}

/// What is recorded of a snapshot: its id, and the source's own words on where in its history it stands
/// (PostgreSQL: `lsn`, `xmin`, `xmax`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotInfo {
    /// The source's id of it.
    pub id: String,
    /// Where in the source's history it stands.
    #[serde(default, flatten)]
    pub position: BTreeMap<String, String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Severity;
    use arrow::{
        array::{ArrayRef, Int32Array},
        datatypes::{DataType, Field, Schema},
    };

    #[tokio::test]
    async fn any_source_has_its_tables_examined() {
        let schema = Schema::new(vec![Field::new("id", DataType::Int32, false)]);
        let rows = |values: Vec<Option<i32>>| {
            RecordBatch::try_from_iter_with_nullable([("id", Arc::new(Int32Array::from(values)) as ArrayRef, false)])
        };
        let source = crate::memory::MemorySource::new()
            .with_batches("well", &schema, vec![rows(vec![Some(1)]).unwrap()])
            .and_then(|s| s.with_batches("empty", &schema, vec![]))
            .unwrap();
        let tables = ["well", "empty", "missing"].map(TableRef::from);
        let findings = source.doctor(&tables, Timestamp::from_micros(0)).await;
        let found: Vec<_> = findings.iter().map(|f| (f.subject.as_str(), f.severity)).collect();
        assert_eq!(found, [("well", Severity::Ok), ("empty", Severity::Ok), ("missing", Severity::Problem)]);
        assert!(findings[2].cause.is_some() && findings[2].fix.is_some(), "{findings:?}");
    }
}
