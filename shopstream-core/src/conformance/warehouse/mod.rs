//! What a [`Warehouse`] promises.
//!
//! Each function uses tables and runs of its own (`raw.suite_…`, `marts.suite_…`), so that they run in any order, but
//! want a warehouse in which these have not been before: an empty one, or one that is thrown away.
//!
//! ```
//! # use shopstream_core::{conformance, memory::MemoryWarehouse};
//! # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
//! conformance::warehouse::all(&MemoryWarehouse::new()).await
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod builds;
mod contents;
mod lake;
mod loads;
mod materialized;
mod merges;
mod queries;
mod reads;

pub use builds::{
    abandoned, all_at_once, checks_see_the_build, failed_put_leaves_the_former, only_one_open, reopened,
    seen_when_published, what_it_cannot_do,
};
pub use contents::what_it_has;
pub use loads::{counts_are_checked, loads_once, older_dates};
pub use materialized::{kept_as_declared, made_by_queries};
pub use merges::{gaps, merges};
pub use queries::{queries, queries_only_read};
pub use reads::{empty_table, missing, projection, whole_version};

use arrow::{
    array::{Int64Array, RecordBatch, StringViewArray},
    compute::{SortColumn, concat_batches, lexsort_to_indices, take_record_batch},
    datatypes::{DataType, Field, Schema},
};
use futures::{StreamExt, TryStreamExt};
use std::sync::Arc;

use crate::{BatchStream, Build, Error, ErrorKind, QueryTable, Result, RunId, TableRef, Warehouse};

/// All of the suite.
///
/// # Errors
/// The first promise that was broken, or what the warehouse answered instead.
pub async fn all(warehouse: &dyn Warehouse) -> Result<()> {
    what_it_cannot_do(warehouse).await?;
    missing(warehouse).await?;
    seen_when_published(warehouse).await?;
    all_at_once(warehouse).await?;
    failed_put_leaves_the_former(warehouse).await?;
    reopened(warehouse).await?;
    checks_see_the_build(warehouse).await?;
    what_it_has(warehouse).await?;
    abandoned(warehouse).await?;
    only_one_open(warehouse).await?;
    projection(warehouse).await?;
    empty_table(warehouse).await?;
    whole_version(warehouse).await?;
    queries(warehouse).await?;
    queries_only_read(warehouse).await?;
    made_by_queries(warehouse).await?;
    kept_as_declared(warehouse).await?;
    loads_once(warehouse).await?;
    older_dates(warehouse).await?;
    counts_are_checked(warehouse).await?;
    merges(warehouse).await?;
    gaps(warehouse).await
}

/// An error when a promise is broken.
fn holds(yes: bool, promise: &'static str) -> Result<()> {
    if yes { Ok(()) } else { Err(Error::internal("a promise of the warehouse is broken").with("promise", promise)) }
}

/// An error unless an answer is an error of this kind.
fn refused<T>(answer: Result<T>, kind: ErrorKind, promise: &'static str) -> Result<()> {
    let found = match answer {
        Ok(_) => return holds(false, promise),
        Err(error) => error,
    };
    holds(found.kind() == kind, promise).map_err(|e| e.with("expected", kind).caused_by(found))
}

fn run(name: &str) -> Result<RunId> {
    format!("suite-{name}").parse()
}

fn marts(name: &str) -> TableRef {
    TableRef::new("marts", format!("suite_{name}"))
}

/// Rows with these ids.
fn rows(ids: &[i64]) -> Result<RecordBatch> {
    let names = StringViewArray::from_iter(ids.iter().map(|id| (id % 2 == 1).then(|| format!("the name of {id}"))));
    let fields = vec![Field::new("id", DataType::Int64, false), Field::new("name", DataType::Utf8View, true)];
    Ok(RecordBatch::try_new(
        Arc::new(Schema::new(fields)),
        vec![Arc::new(Int64Array::from(ids.to_vec())), Arc::new(names)],
    )?)
}

/// Writes a table with these ids, in the way that the warehouse has.
async fn fill(warehouse: &dyn Warehouse, build: &dyn Build, table: &TableRef, ids: &[i64]) -> Result<u64> {
    if warehouse.capabilities().put {
        let batch = rows(ids)?;
        return build.put(table, batch.schema(), futures::stream::iter([Ok(batch)]).boxed()).await;
    }
    Ok(build.materialize(&QueryTable::new(table.clone(), rows(&[])?.schema(), select(ids))).await?.rows)
}

/// A query of the rows with these ids.
fn select(ids: &[i64]) -> String {
    let row = |id: &i64| {
        let name = if id % 2 == 1 { format!("'the name of {id}'") } else { "NULL".to_owned() };
        format!("SELECT {id} AS id, {name} AS name")
    };
    let none = || "SELECT 0 AS id, NULL AS name WHERE 1 = 0".to_owned();
    ids.iter().map(row).reduce(|all, one| format!("{all} UNION ALL {one}")).unwrap_or_else(none)
}

async fn collect(stream: BatchStream) -> Result<RecordBatch> {
    let batches: Vec<RecordBatch> = stream.try_collect().await?;
    let first = batches.first();
    let first = first.ok_or_else(|| Error::internal("a read yields at least one batch, of an empty table too"))?;
    Ok(concat_batches(first.schema_ref(), &batches)?)
}

/// Rows in the order of their values, for a warehouse has them in any.
fn sorted(rows: &RecordBatch) -> Result<RecordBatch> {
    let columns: Vec<_> = rows.columns().iter().map(|c| SortColumn { values: c.clone(), options: None }).collect();
    Ok(take_record_batch(rows, &lexsort_to_indices(&columns, None)?)?)
}

/// An error unless a read yields these ids; of a warehouse that does not really run SQL, that it yields something.
async fn has(warehouse: &dyn Warehouse, read: Result<BatchStream>, ids: &[i64], promise: &'static str) -> Result<()> {
    let found = match read {
        Ok(stream) => collect(stream).await,
        Err(error) => Err(error),
    };
    let found = found
        .map_err(|e| Error::internal("a promise of the warehouse is broken").with("promise", promise).caused_by(e))?;
    if !warehouse.capabilities().put {
        return Ok(());
    }
    holds(sorted(&found)? == sorted(&rows(ids)?)?, promise)
        .map_err(|e| e.with("rows", found.num_rows()).with("expected", ids.len()))
}
