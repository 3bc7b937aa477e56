//! Published tables, as DataFusion sees them.

use arrow::{array::RecordBatch, datatypes::SchemaRef};
use async_trait::async_trait;
use datafusion::{
    catalog::{Session, TableProvider},
    common::{DataFusionError, Result},
    execution::TaskContext,
    logical_expr::{Expr, TableType},
    physical_plan::{
        ExecutionPlan, SendableRecordBatchStream,
        stream::RecordBatchStreamAdapter,
        streaming::{PartitionStream, StreamingTableExec},
    },
};
use futures::{StreamExt, TryStreamExt, stream};
use std::{fmt, sync::Arc};

use crate::local::reader::TableReader;

/// Rows that go through a query at a time: a table's own batches are as large as models want them.
const BATCH: usize = 32_768;

/// A table of the version that a query is of.
pub(super) struct PublishedTable(TableReader);

impl PublishedTable {
    pub(super) fn new(reader: TableReader) -> Self {
        Self(reader)
    }
}

impl fmt::Debug for PublishedTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PublishedTable").finish_non_exhaustive()
    }
}

#[async_trait]
impl TableProvider for PublishedTable {
    fn schema(&self) -> SchemaRef {
        self.0.schema().clone()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        _session: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let schema = match projection {
            Some(columns) => Arc::new(self.0.schema().project(columns)?),
            None => self.0.schema().clone(),
        };
        let rows: Arc<dyn PartitionStream> = Arc::new(Rows { reader: self.0.clone(), schema: schema.clone() });
        Ok(Arc::new(StreamingTableExec::try_new(schema, vec![rows], None, [], false, limit)?))
    }
}

/// Some columns of a table.
struct Rows {
    reader: TableReader,
    schema: SchemaRef,
}

impl fmt::Debug for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rows").field("schema", &self.schema).finish_non_exhaustive()
    }
}

impl PartitionStream for Rows {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let columns: Vec<String> = self.schema.fields().iter().map(|f| f.name().clone()).collect();
        let external = |e| DataFusionError::External(Box::new(e));
        let rows = match self.reader.clone().read(Some(&columns)) {
            Ok(rows) => rows.map_err(external).map_ok(slices).try_flatten().boxed(),
            Err(error) => stream::iter([Err(external(error))]).boxed(),
        };
        Box::pin(RecordBatchStreamAdapter::new(self.schema.clone(), rows))
    }
}

fn slices(batch: RecordBatch) -> impl stream::Stream<Item = Result<RecordBatch>> + Send {
    let starts = (0..batch.num_rows()).step_by(BATCH);
    stream::iter(starts.map(move |from| Ok(batch.slice(from, BATCH.min(batch.num_rows() - from)))))
}
