//! Queries over the published version, by DataFusion: it reads, and nothing else. The functions that models' SQL asks
//! for and DataFusion lacks are in [`functions`].

mod error;
mod functions;
mod session;
mod statement;
mod table;

use arrow::array::RecordBatch;
use datafusion::{
    common::TableReference,
    execution::SessionState,
    physical_plan::{SendableRecordBatchStream, execute_stream},
};
use futures::{StreamExt, stream::unfold};
use shopstream_core::{BatchStream, Dialect, Result, TableRef, sql::Query};
use std::collections::BTreeMap;

use super::{LocalWarehouse, missing, reader::TableReader};
use statement::Select;

/// Starts to answer a query. Its tables are all opened first, in the version that is published now: the answer is of
/// that version, whatever is published while it is read.
pub(super) async fn query(warehouse: &LocalWarehouse, query: &Query) -> Result<BatchStream> {
    let bound = query.bound(Dialect::Postgres)?;
    let state = session::new();
    let select = Select::parse(&state, &bound.text)?;
    let tables = open(warehouse, select.tables(&state)?).await?;
    session::register(&state, tables).map_err(error::of)?;
    start(&state, select, &bound.values).await
}

async fn start(state: &SessionState, select: Select, values: &[shopstream_core::sql::SqlValue]) -> Result<BatchStream> {
    let plan = select.plan(state, values).await?;
    let plan = state.create_physical_plan(&plan).await.map_err(error::of)?;
    Ok(at_least_one(execute_stream(plan, state.task_ctx()).map_err(error::of)?))
}

/// Opens tables in the published version.
async fn open(warehouse: &LocalWarehouse, names: Vec<TableReference>) -> Result<BTreeMap<TableRef, TableReader>> {
    let tables: Vec<TableRef> = names.iter().map(table_ref).collect();
    if tables.is_empty() {
        return Ok(BTreeMap::new());
    }
    let (wanted, root) = (tables.clone(), warehouse.root().to_owned());
    let opened = warehouse.published(move |version| {
        let open = |table: &TableRef| {
            let file = version.record.table(table).ok_or_else(|| missing(table, &root))?;
            Ok((table.clone(), TableReader::open(&version.folder.join(&file.file))?))
        };
        wanted.iter().map(open).collect::<Result<BTreeMap<_, _>>>()
    });
    opened.await?.ok_or_else(|| missing(&tables[0], warehouse.root()))
}

/// `marts.mart_sales_overview`; a name with a catalog in front is no table's.
fn table_ref(name: &TableReference) -> TableRef {
    match name {
        TableReference::Bare { table } => TableRef::new("", &**table),
        TableReference::Partial { schema, table } => TableRef::new(&**schema, &**table),
        TableReference::Full { catalog, schema, table } => TableRef::new(format!("{catalog}.{schema}"), &**table),
    }
}

/// The batches of an answer; of an answer without rows an empty one, so that its columns are known.
fn at_least_one(rows: SendableRecordBatchStream) -> BatchStream {
    let none = RecordBatch::new_empty(rows.schema());
    unfold((rows.fuse(), Some(none)), |(mut rows, none)| async move {
        match rows.next().await {
            Some(batch) => Some((batch.map_err(error::of), (rows, None))),
            None => none.map(|empty| (Ok(empty), (rows, None))),
        }
    })
    .boxed()
}

#[cfg(test)]
mod tests;
