//! Queries: whole answers of one version, by a warehouse that answers any.

use arrow::array::RecordBatch;

use super::{collect, fill, has, holds, marts, refused, rows, run};
use crate::{BatchStream, ErrorKind, Result, Warehouse, sql::Query};

/// A query answers from what is published, with the values that are bound to its parameters, and goes on in the
/// version in which it began.
///
/// # Errors
/// The promise that was broken.
pub async fn queries(warehouse: &dyn Warehouse) -> Result<()> {
    let can = warehouse.capabilities();
    if !can.query || !can.put {
        return Ok(());
    }
    let table = marts("queries");
    let build = warehouse.begin(&run("queries-1")?).await?;
    fill(warehouse, &*build, &table, &[3, 1, 2, 4]).await?;
    let all = Query::new(format!("SELECT id, name FROM {table} ORDER BY id"));
    refused(warehouse.query(&all).await, ErrorKind::NotFound, "a table of a build is not there for a query")?;
    build.publish().await?;

    answers(warehouse.query(&all).await, &[1, 2, 3, 4], "a query answers from what is published").await?;
    let some = Query::new(format!(
        "SELECT id, name FROM {table} WHERE id <= :most AND (name = :name OR id IN (:ids)) ORDER BY id"
    ));
    let some = some.bind("most", 3).bind("name", "the name of 1").bind_list("ids", [2, 4]);
    answers(warehouse.query(&some).await, &[1, 2], "the values are bound").await?;
    let none = some.bind("name", "' OR 1 = 1 OR '' = '").bind_list("ids", [0; 0]);
    let none = collect(warehouse.query(&none).await?).await?;
    holds(
        none.num_rows() == 0 && none.num_columns() == 2,
        "a value is never SQL, and an answer without rows has columns",
    )?;
    let unbound = warehouse.query(&Query::new(format!("SELECT id FROM {table} WHERE id = :id"))).await;
    refused(unbound, ErrorKind::Config, "a parameter without a value is refused")?;

    let begun = warehouse.query(&all).await;
    let build = warehouse.begin(&run("queries-2")?).await?;
    fill(warehouse, &*build, &table, &[9]).await?;
    build.publish().await?;
    answers(begun, &[1, 2, 3, 4], "a query goes on in its version").await?;
    answers(warehouse.query(&all).await, &[9], "a new query sees the newest version").await
}

/// An error unless a query yields these ids, in their order. Whether its columns may hold NULL is not looked at: not
/// every warehouse knows that of a query.
async fn answers(answer: Result<BatchStream>, ids: &[i64], promise: &'static str) -> Result<()> {
    let (found, expected) = (collect(answer?).await?, rows(ids)?);
    let columns = |batch: &RecordBatch| {
        let fields =
            batch.schema().fields().iter().map(|f| (f.name().clone(), f.data_type().clone())).collect::<Vec<_>>();
        (fields, batch.columns().to_vec())
    };
    holds(columns(&found) == columns(&expected), promise)
}

/// A query does not write.
///
/// # Errors
/// The promise that was broken.
pub async fn queries_only_read(warehouse: &dyn Warehouse) -> Result<()> {
    let can = warehouse.capabilities();
    if !can.query || !can.put {
        return Ok(());
    }
    let table = marts("queries_only_read");
    let build = warehouse.begin(&run("queries-only-read")?).await?;
    fill(warehouse, &*build, &table, &[1, 2]).await?;
    build.publish().await?;
    for statement in ["DROP TABLE {}", "DELETE FROM {}", "CREATE TABLE marts.suite_made AS SELECT * FROM {}"] {
        let statement = Query::new(statement.replace("{}", &table.to_string()));
        refused(warehouse.query(&statement).await, ErrorKind::Unsupported, "a statement that writes is no query")?;
    }
    has(warehouse, warehouse.read(&table, None).await, &[1, 2], "a query writes nothing").await
}
