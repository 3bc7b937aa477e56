//! Reads: whole tables of one version.

use arrow::array::RecordBatch;
use futures::{StreamExt, TryStreamExt};

use super::{collect, fill, has, holds, marts, refused, rows, run, sorted};
use crate::{ErrorKind, Result, TableSchema, Warehouse};

/// A table that was never published is `NotFound` when read, `None` when described.
///
/// # Errors
/// The promise that was broken.
pub async fn missing(warehouse: &dyn Warehouse) -> Result<()> {
    let table = marts("missing");
    refused(warehouse.read(&table, None).await, ErrorKind::NotFound, "a missing table is NotFound")?;
    holds(warehouse.describe(&table).await?.is_none(), "a missing table is described as None")?;
    let build = warehouse.begin(&run("missing")?).await?;
    refused(build.read(&table, None).await, ErrorKind::NotFound, "a missing table is NotFound in a build")?;
    build.abandon().await
}

/// A read yields the columns that it is asked for, in their order.
///
/// # Errors
/// The promise that was broken.
pub async fn projection(warehouse: &dyn Warehouse) -> Result<()> {
    if !warehouse.capabilities().put {
        return Ok(());
    }
    let (table, batch) = (marts("projection"), rows(&[3, 1, 2])?);
    let build = warehouse.begin(&run("projection")?).await?;
    fill(warehouse, &*build, &table, &[3, 1, 2]).await?;
    let columns = |names: &[&str]| names.iter().map(|&n| n.to_owned()).collect::<Vec<String>>();
    let wanted = [(columns(&["name", "id"]), vec![1, 0]), (columns(&["name"]), vec![1]), (columns(&["id"]), vec![0])];
    for (names, indices) in &wanted {
        let found = collect(build.read(&table, Some(names)).await?).await?;
        holds(
            sorted(&found)? == sorted(&batch.project(indices)?)?,
            "a build reads the columns asked for, in their order",
        )?;
    }
    build.publish().await?;
    for (names, indices) in &wanted {
        let found = collect(warehouse.read(&table, Some(names)).await?).await?;
        holds(
            sorted(&found)? == sorted(&batch.project(indices)?)?,
            "a read yields the columns asked for, in their order",
        )?;
    }
    let read = warehouse.read(&table, Some(&columns(&["id", "nothing"]))).await;
    refused(read, ErrorKind::NotFound, "a missing column is NotFound")?;
    let described = warehouse.describe(&table).await?;
    holds(described == Some(TableSchema::from_arrow(batch.schema_ref())), "describe tells the columns that were put")
}

/// A table of no rows is a table.
///
/// # Errors
/// The promise that was broken.
pub async fn empty_table(warehouse: &dyn Warehouse) -> Result<()> {
    if !warehouse.capabilities().put {
        return Ok(());
    }
    let (table, batchless) = (marts("empty"), marts("batchless"));
    let build = warehouse.begin(&run("empty")?).await?;
    fill(warehouse, &*build, &table, &[]).await?;
    let rows_put = build.put(&batchless, rows(&[])?.schema(), futures::stream::empty().boxed()).await?;
    holds(rows_put == 0, "a table without batches has no rows")?;
    for table in [&table, &batchless] {
        has(warehouse, build.read(table, None).await, &[], "an empty table is read in its build").await?;
    }
    build.publish().await?;
    for table in [&table, &batchless] {
        has(warehouse, warehouse.read(table, None).await, &[], "an empty table is read").await?;
    }
    Ok(())
}

/// A read that began goes on in its version.
///
/// # Errors
/// The promise that was broken.
pub async fn whole_version(warehouse: &dyn Warehouse) -> Result<()> {
    if !warehouse.capabilities().put {
        return Ok(());
    }
    let (table, schema) = (marts("version"), rows(&[])?.schema());
    let long: Vec<RecordBatch> = (0..10).map(|n| rows(&[n; 1_000])).collect::<Result<_>>()?;
    let build = warehouse.begin(&run("version-1")?).await?;
    build.put(&table, schema, futures::stream::iter(long.into_iter().map(Ok)).boxed()).await?;
    build.publish().await?;

    let mut begun = warehouse.read(&table, None).await?;
    let other = warehouse.read(&table, None).await?;
    let first = begun.try_next().await?.map_or(0, |b| b.num_rows());
    for n in 2..=4 {
        let build = warehouse.begin(&run(&format!("version-{n}"))?).await?;
        fill(warehouse, &*build, &table, &[n]).await?;
        build.publish().await?;
    }
    let rest: Vec<RecordBatch> = begun.try_collect().await?;
    let all = first + rest.iter().map(RecordBatch::num_rows).sum::<usize>();
    holds(all == 10_000, "a read goes on in its version while newer ones are published")?;
    holds(collect(other).await?.num_rows() == 10_000, "a read that was not yet polled has its version too")?;
    has(warehouse, warehouse.read(&table, None).await, &[4], "a new read sees the newest version").await
}
