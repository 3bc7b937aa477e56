//! Where rows come from.

mod bounds;

use arrow::{
    array::{Array, RecordBatch, RecordBatchOptions},
    datatypes::SchemaRef,
};
use async_trait::async_trait;
use futures::{StreamExt, stream::BoxStream};
use serde::{Deserialize, Serialize};
use std::{any::Any, collections::BTreeMap, fmt, sync::Arc};

use crate::{Error, Result, TableRef, TableSchema, Timestamp, doctor::Finding};

pub use bounds::{Bounds, CursorRange, CursorValue};

/// Rows on their way, batch by batch. Dropping it gives up the work behind it.
pub type BatchStream = BoxStream<'static, Result<RecordBatch>>;

/// Something that has tables to read: a database, a folder of files, a service.
///
/// # Contract
/// * **Schema first.** What [`describe`](Source::describe) says and what [`read`](Source::read) yields agree; every
///   batch has exactly the schema of its [`TableRead`]. An empty table yields no batch, and that is no error.
/// * **Bounds first.** What a read will yield is fixed before its first row; asked again within the same
///   [`Snapshot`], it yields the same rows. A snapshot of another source is refused. What is recorded of a read is
///   what was asked for: bounds that a source cannot keep are `Unsupported`.
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

    /// Starts to read a table.
    async fn read(&self, table: &TableRef, options: &ReadOptions) -> Result<TableRead>;

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
    /// Parts that can be read side by side, at most (default 1); a source that cannot divide a table yields one.
    pub parts: usize,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self { columns: None, snapshot: None, batch_rows: 65_536, bounds: Bounds::Full, parts: 1 }
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

/// A read under way.
#[non_exhaustive]
pub struct TableRead {
    /// The schema of every batch.
    pub schema: SchemaRef,
    /// Which rows it yields.
    pub bounds: Bounds,
    /// The snapshot it reads, where there is one.
    pub snapshot: Option<SnapshotInfo>,
    /// What whoever watches the run should know: that the source had to do with less than it was asked for, and why.
    pub notes: Vec<String>,
    /// The rows, in parts that can be read side by side; their order is that of the parts. A part takes nothing of
    /// its source before it is first polled.
    pub parts: Vec<BatchStream>,
}

impl TableRead {
    /// All rows of a stream, of no snapshot.
    pub fn new(schema: SchemaRef, stream: BatchStream) -> Self {
        Self::of_parts(schema, vec![stream])
    }

    /// All rows of streams that can be read side by side, of no snapshot.
    pub fn of_parts(schema: SchemaRef, parts: Vec<BatchStream>) -> Self {
        Self { schema, bounds: Bounds::Full, snapshot: None, notes: vec![], parts }
    }

    /// All rows of batches that lie in memory.
    pub fn from_batches(schema: SchemaRef, batches: Vec<RecordBatch>) -> Self {
        Self::new(schema, Box::pin(futures::stream::iter(batches.into_iter().map(Ok))))
    }

    /// Says of which snapshot it is.
    #[must_use]
    pub fn with_snapshot(mut self, snapshot: Option<SnapshotInfo>) -> Self {
        self.snapshot = snapshot;
        self
    }

    /// Says which rows they are.
    #[must_use]
    pub fn with_bounds(mut self, bounds: Bounds) -> Self {
        self.bounds = bounds;
        self
    }

    /// Adds something that whoever watches should know.
    #[must_use]
    pub fn with_note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// The rows, one part after the other. After an error it ends.
    pub fn into_stream(self) -> BatchStream {
        chain(self.parts)
    }

    /// The rows, with a `Schema` error in the place of a batch that has not exactly the read's columns: names, types
    /// and no NULL where none may be.
    pub fn into_checked_stream(self) -> BatchStream {
        chain(self.into_checked_parts())
    }

    /// The parts, each checked as [`into_checked_stream`](TableRead::into_checked_stream) does.
    pub fn into_checked_parts(self) -> Vec<BatchStream> {
        let schema = self.schema;
        let check = |part: BatchStream| {
            let schema = schema.clone();
            part.map(move |batch| checked(&schema, batch?)).boxed()
        };
        self.parts.into_iter().map(check).collect()
    }
}

fn chain(mut parts: Vec<BatchStream>) -> BatchStream {
    if parts.len() == 1
        && let Some(only) = parts.pop()
    {
        return only;
    }
    // No later part hides that an earlier one broke off.
    let mut failed = false;
    let rows = futures::stream::iter(parts).flatten().take_while(move |batch| {
        let go_on = !failed;
        failed |= batch.is_err();
        std::future::ready(go_on)
    });
    rows.boxed()
}

fn checked(schema: &SchemaRef, batch: RecordBatch) -> Result<RecordBatch> {
    let found = batch.schema();
    if found.fields().len() != schema.fields().len() {
        return Err(Error::schema("a batch has not as many columns as its read said")
            .with("expected", schema.fields().len())
            .with("found", found.fields().len()));
    }
    for (i, (expected, found)) in schema.fields().iter().zip(found.fields()).enumerate() {
        if expected.name() != found.name() || expected.data_type() != found.data_type() {
            return Err(Error::schema("a batch has another column than its read said")
                .with("expected", format_args!("{} {}", expected.name(), expected.data_type()))
                .with("found", format_args!("{} {}", found.name(), found.data_type())));
        }
        if !expected.is_nullable() && batch.column(i).null_count() > 0 {
            return Err(Error::schema("a column that may have no NULL has one").with("column", expected.name()));
        }
    }
    let rows = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    Ok(RecordBatch::try_new_with_options(schema.clone(), batch.columns().to_vec(), &rows)?)
}

impl fmt::Debug for TableRead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TableRead").field("schema", &self.schema).field("bounds", &self.bounds).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ErrorKind, doctor::Severity};
    use arrow::{
        array::{ArrayRef, Int32Array, Int64Array},
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

    #[tokio::test]
    async fn a_batch_of_other_columns_is_an_error() {
        let schema: SchemaRef = Schema::new(vec![Field::new("id", DataType::Int32, false)]).into();
        let ints = |values: Vec<Option<i32>>| Arc::new(Int32Array::from(values)) as ArrayRef;
        let bigs = Arc::new(Int64Array::from(vec![1])) as ArrayRef;
        for (columns, says) in [
            (vec![("id", ints(vec![Some(1), Some(2)]))], None),
            (vec![("id", ints(vec![Some(1), None]))], Some("no NULL")),
            (vec![("ID", ints(vec![Some(1)]))], Some("expected: id Int32, found: ID Int32")),
            (vec![("id", bigs)], Some("found: id Int64")),
            (vec![("id", ints(vec![])), ("b", ints(vec![]))], Some("expected: 1, found: 2")),
        ] {
            let columns = columns.into_iter().map(|(name, values)| (name, values, true));
            let batch = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
            let read = TableRead::from_batches(schema.clone(), vec![batch]);
            match (read.into_checked_stream().next().await.unwrap(), says) {
                (Ok(batch), None) => assert_eq!(batch.schema(), schema),
                (Err(e), Some(says)) => {
                    assert_eq!(e.kind(), ErrorKind::Schema);
                    assert!(e.to_string().contains(says), "{e}");
                }
                (other, _) => panic!("{other:?}"),
            }
        }
    }
}
