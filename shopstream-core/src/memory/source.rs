//! A source in memory.

use arrow::{
    array::RecordBatch,
    datatypes::{Schema, SchemaRef},
};
use async_trait::async_trait;
use futures::stream;
use std::{collections::BTreeMap, fmt};

use crate::{Batch, Error, ReadOptions, Result, RowFilter, Snapshot, Source, Table, TableRead, TableRef, TableSchema};

/// A [`Source`] of tables that lie in memory. They do not change, so that it needs no snapshots and has none.
///
/// ```
/// # use shopstream_core::{Batch, Table};
/// # /// Tags.
/// # #[derive(Table, Clone, Debug, PartialEq)]
/// # #[table(layer = "public", grain(id))]
/// # pub struct Tags {
/// #     /// Number.
/// #     pub id: i64,
/// # }
/// use futures::TryStreamExt;
/// use shopstream_core::{ReadOptions, Source, TableRef, memory::MemorySource};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let source = MemorySource::new().with(Batch::from_rows(&[Tags { id: 1 }, Tags { id: 2 }]));
/// let read = source.read(&TableRef::of::<Tags>(), &ReadOptions::default().with_batch_rows(1)).await?;
/// let batches: Vec<_> = read.into_stream().try_collect().await?;
/// assert_eq!(batches.len(), 2);
/// # Ok::<(), shopstream_core::Error>(())
/// # })?;
/// # Ok::<(), shopstream_core::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct MemorySource {
    tables: BTreeMap<TableRef, MemoryTable>,
}

#[derive(Clone)]
struct MemoryTable {
    schema: TableSchema,
    batches: Vec<RecordBatch>,
}

impl MemorySource {
    /// A source without tables.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds or replaces a declared table.
    #[must_use]
    pub fn with<T: Table>(mut self, rows: Batch<T>) -> Self {
        let table = MemoryTable { schema: T::declaration().table_schema(), batches: vec![rows.into_record_batch()] };
        self.tables.insert(TableRef::of::<T>(), table);
        self
    }

    /// Adds or replaces a table of any schema.
    ///
    /// # Errors
    /// `Schema` when a batch has other columns than the schema says.
    pub fn with_batches(
        mut self,
        table: impl Into<TableRef>,
        schema: &Schema,
        batches: Vec<RecordBatch>,
    ) -> Result<Self> {
        let (table, schema) = (table.into(), TableSchema::from_arrow(schema));
        let arrow = schema.to_arrow();
        // In the table's own words for each column: of a field's metadata it keeps the extension type.
        let dress = |batch: RecordBatch| {
            if TableSchema::from_arrow(&batch.schema()) != schema {
                return Err(Error::schema("a batch has other columns than its table").with("table", &table));
            }
            Ok(batch.with_schema(arrow.clone())?)
        };
        let batches = batches.into_iter().map(dress).collect::<Result<_>>()?;
        self.tables.insert(table, MemoryTable { schema, batches });
        Ok(self)
    }

    fn table(&self, table: &TableRef) -> Result<&MemoryTable> {
        self.tables.get(table).ok_or_else(|| Error::not_found("no such table in memory").with("table", table))
    }
}

#[async_trait]
impl Source for MemorySource {
    async fn describe(&self, table: &TableRef) -> Result<TableSchema> {
        Ok(self.table(table)?.schema.clone())
    }

    async fn snapshot(&self) -> Result<Option<Snapshot>> {
        Ok(None)
    }

    async fn read(&self, table: &TableRef, options: &ReadOptions) -> Result<TableRead> {
        if options.snapshot.is_some() {
            return Err(Error::config("a snapshot of another source").with("table", table));
        }
        let found = self.table(table)?;
        let filter = RowFilter::new(&found.schema, options).map_err(|e| e.with("table", table))?;
        let columns = filter.columns();
        let schema = found.schema.select(columns)?.to_arrow();
        let indices = columns.iter().filter_map(|c| found.schema.columns.iter().position(|f| f.name == *c)).collect();
        let stream = stream::iter(slices(found.batches.clone(), schema, indices, options.batch_rows.max(1)));
        Ok(filter.read(vec![Box::pin(stream)]))
    }
}

/// Batches of at most so many rows, with these columns.
fn slices(
    batches: Vec<RecordBatch>,
    schema: SchemaRef,
    columns: Vec<usize>,
    rows: usize,
) -> impl Iterator<Item = Result<RecordBatch>> + Send + 'static {
    batches.into_iter().flat_map(move |batch| {
        let (columns, schema) = (columns.clone(), schema.clone());
        (0..batch.num_rows()).step_by(rows).map(move |from| {
            let slice = batch.slice(from, rows.min(batch.num_rows() - from));
            Ok(slice.project(&columns)?.with_schema(schema.clone())?)
        })
    })
}

impl fmt::Display for MemorySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} tables in memory", self.tables.len())
    }
}

impl fmt::Debug for MemorySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("MemorySource").field(&self.tables.keys().collect::<Vec<_>>()).finish()
    }
}
