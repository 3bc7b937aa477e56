//! A read under way.

use arrow::{
    array::{Array, RecordBatch, RecordBatchOptions},
    datatypes::SchemaRef,
};
use futures::StreamExt;
use std::fmt;

use super::{BatchStream, Bounds, SnapshotInfo};
use crate::{Error, Increment, Result};

/// A read under way.
#[non_exhaustive]
pub struct TableRead {
    /// The schema of every batch.
    pub schema: SchemaRef,
    /// Which rows it yields.
    pub bounds: Bounds,
    /// The snapshot it reads, where there is one.
    pub snapshot: Option<SnapshotInfo>,
    /// The columns that name a row, where they are known.
    pub key: Vec<String>,
    /// What its rows go on from, when they are one of a series; a source leaves it empty.
    pub increment: Option<Increment>,
    /// What whoever watches the run should know: that the source had to do with less than it was asked for, and why.
    pub notes: Vec<String>,
    /// The rows, in parts that can be read side by side; their order is that of the parts. A part takes nothing of
    /// its source before it is first polled. A later part may wait for an earlier one to be dropped: whoever reads them
    /// drops each as soon as he is done with its rows, and polls the earlier ones first.
    pub parts: Vec<BatchStream>,
}

impl TableRead {
    /// All rows of a stream, of no snapshot.
    pub fn new(schema: SchemaRef, stream: BatchStream) -> Self {
        Self::of_parts(schema, vec![stream])
    }

    /// All rows of streams that can be read side by side, of no snapshot.
    pub fn of_parts(schema: SchemaRef, parts: Vec<BatchStream>) -> Self {
        Self { schema, bounds: Bounds::Full, snapshot: None, key: vec![], increment: None, notes: vec![], parts }
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

    /// Says which columns name a row.
    #[must_use]
    pub fn with_key<S: Into<String>>(mut self, columns: impl IntoIterator<Item = S>) -> Self {
        self.key = columns.into_iter().map(Into::into).collect();
        self
    }

    /// Says what its rows go on from.
    #[must_use]
    pub fn with_increment(mut self, increment: Increment) -> Self {
        self.increment = Some(increment);
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
    use crate::ErrorKind;
    use arrow::{
        array::{ArrayRef, Int32Array, Int64Array},
        datatypes::{DataType, Field, Schema},
    };
    use std::sync::Arc;

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
