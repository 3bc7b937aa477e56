//! Builds: aside until they are published, then all at once.

use futures::{FutureExt, StreamExt};

use super::{fill, has, holds, marts, refused, rows, run};
use crate::{Check, Error, ErrorKind, QueryTable, Result, Rule, Warehouse};

/// What the capabilities deny is `Unsupported`.
///
/// # Errors
/// The promise that was broken.
pub async fn what_it_cannot_do(warehouse: &dyn Warehouse) -> Result<()> {
    let can = warehouse.capabilities();
    if !can.query {
        refused(
            warehouse.query(&"SELECT 1".into()).await,
            ErrorKind::Unsupported,
            "no queries without the capability",
        )?;
    }
    let (table, build) = (marts("denied"), warehouse.begin(&run("denied")?).await?);
    if !can.put {
        let batch = rows(&[1])?;
        let put = build.put(&table, batch.schema(), futures::stream::iter([Ok(batch)]).boxed()).await;
        refused(put, ErrorKind::Unsupported, "no put without the capability")?;
    }
    if !can.materialize {
        let made = QueryTable::new(table, rows(&[])?.schema(), "SELECT 1 AS id, NULL AS name");
        refused(build.materialize(&made).await, ErrorKind::Unsupported, "no materialize without the capability")?;
    }
    holds(can.put || can.materialize, "a warehouse takes rows or SQL")?;
    build.abandon().await
}

/// A table is seen when its build is published, and not before; the build itself sees it at once.
///
/// # Errors
/// The promise that was broken.
pub async fn seen_when_published(warehouse: &dyn Warehouse) -> Result<()> {
    let table = marts("seen");
    let build = warehouse.begin(&run("seen")?).await?;
    let written = fill(warehouse, &*build, &table, &[1, 2, 3]).await?;
    if warehouse.capabilities().put {
        holds(written == 3, "put answers with the rows written")?;
    }
    has(warehouse, build.read(&table, None).await, &[1, 2, 3], "a build reads its own tables").await?;
    holds(!warehouse.tables().await?.contains(&table), "a table of a build is not listed")?;
    holds(warehouse.describe(&table).await?.is_none(), "a table of a build is not described")?;
    refused(warehouse.read(&table, None).await, ErrorKind::NotFound, "a table of a build is not read")?;
    let published = build.publish().await?;
    holds(published.tables == [table.clone()], "publish answers with the build's tables")?;
    holds(warehouse.tables().await?.contains(&table), "a published table is listed")?;
    holds(warehouse.describe(&table).await?.is_some(), "a published table is described")?;
    has(warehouse, warehouse.read(&table, None).await, &[1, 2, 3], "a published table is read").await
}

/// A publish shows all tables of the build, replaces them whole, and leaves the others as they were.
///
/// # Errors
/// The promise that was broken.
pub async fn all_at_once(warehouse: &dyn Warehouse) -> Result<()> {
    let (a, b, c) = (marts("all_a"), marts("all_b"), marts("all_c"));
    let build = warehouse.begin(&run("all-1")?).await?;
    fill(warehouse, &*build, &a, &[1]).await?;
    fill(warehouse, &*build, &b, &[2, 3]).await?;
    let first = build.publish().await?;

    let build = warehouse.begin(&run("all-2")?).await?;
    has(warehouse, build.read(&a, None).await, &[1], "a build reads published tables that it has not").await?;
    fill(warehouse, &*build, &b, &[4]).await?;
    fill(warehouse, &*build, &c, &[5]).await?;
    has(warehouse, build.read(&b, None).await, &[4], "a build reads its own table rather than the published one")
        .await?;
    has(warehouse, warehouse.read(&b, None).await, &[2, 3], "readers keep the published table until the publish")
        .await?;
    let second = build.publish().await?;
    holds(first.version != second.version, "each publish is a version of its own")?;
    holds(second.tables == [b.clone(), c.clone()], "publish answers with the build's tables only, in order")?;
    for (table, ids) in [(&a, [1]), (&b, [4]), (&c, [5])] {
        has(warehouse, warehouse.read(table, None).await, &ids, "a publish replaces its tables and leaves the others")
            .await?;
    }
    let tables = warehouse.tables().await?;
    holds(tables.is_sorted(), "tables are listed in order")?;
    holds([a, b, c].iter().all(|t| tables.contains(t)), "all published tables are listed")
}

/// A put that fails or is dropped leaves the build's former table, and none where there was none.
///
/// # Errors
/// The promise that was broken.
pub async fn failed_put_leaves_the_former(warehouse: &dyn Warehouse) -> Result<()> {
    if !warehouse.capabilities().put {
        return Ok(());
    }
    let (former, new) = (marts("former"), marts("never"));
    let build = warehouse.begin(&run("former")?).await?;
    fill(warehouse, &*build, &former, &[1, 2]).await?;
    for table in [&former, &new] {
        let batch = rows(&[7, 8])?;
        let schema = batch.schema();
        let broken = [Ok(batch.clone()), Err(Error::unavailable("the source broke off"))];
        let put = build.put(table, schema.clone(), futures::stream::iter(broken).boxed()).await;
        refused(put, ErrorKind::Unavailable, "put fails with the error of its rows")?;

        let other = batch.project(&[0])?;
        let put = build.put(table, schema.clone(), futures::stream::iter([Ok(batch.clone()), Ok(other)]).boxed()).await;
        refused(put, ErrorKind::Schema, "put refuses a batch of other columns")?;

        let unending = futures::stream::iter([Ok(batch)]).chain(futures::stream::pending()).boxed();
        let dropped = build.put(table, schema, unending).now_or_never();
        holds(dropped.is_none(), "put waits for all of its rows")?;
    }
    has(warehouse, build.read(&former, None).await, &[1, 2], "a failed or dropped put leaves the former table").await?;
    refused(build.read(&new, None).await, ErrorKind::NotFound, "a failed or dropped put leaves no table")?;
    drop(build);
    let build = warehouse.begin(&run("former")?).await?;
    has(warehouse, build.read(&former, None).await, &[1, 2], "a failed put leaves nothing behind").await?;
    holds(build.publish().await?.tables == [former], "a failed put publishes nothing")
}

/// A build that was dropped is opened again by its run, with its tables.
///
/// # Errors
/// The promise that was broken.
pub async fn reopened(warehouse: &dyn Warehouse) -> Result<()> {
    let (a, b, other) = (marts("reopened_a"), marts("reopened_b"), marts("reopened_other"));
    let id = run("reopened")?;
    let build = warehouse.begin(&id).await?;
    fill(warehouse, &*build, &a, &[1]).await?;
    drop(build);

    let build = warehouse.begin(&run("reopened-other")?).await?;
    refused(build.read(&a, None).await, ErrorKind::NotFound, "a build does not see another's tables")?;
    fill(warehouse, &*build, &other, &[9]).await?;
    build.publish().await?;

    let build = warehouse.begin(&id).await?;
    holds(build.run() == &id, "a build knows its run")?;
    has(warehouse, build.read(&a, None).await, &[1], "a build opened again has its tables").await?;
    has(warehouse, build.read(&other, None).await, &[9], "a build opened again reads what was published meanwhile")
        .await?;
    fill(warehouse, &*build, &b, &[2]).await?;
    holds(build.publish().await?.tables == [a, b], "a build opened again publishes what it had and what came")?;

    let build = warehouse.begin(&id).await?;
    holds(build.publish().await?.tables.is_empty(), "a published run begins anew")
}

/// Data tests run over the tables as the build has them.
///
/// # Errors
/// The promise that was broken.
pub async fn checks_see_the_build(warehouse: &dyn Warehouse) -> Result<()> {
    let table = marts("checked");
    let build = warehouse.begin(&run("checked")?).await?;
    fill(warehouse, &*build, &table, &[1, 3]).await?;
    build.publish().await?;
    let build = warehouse.begin(&run("checked")?).await?;
    fill(warehouse, &*build, &table, &[1, 2, 2]).await?;
    let not_null = Check::new("suite_not_null", table.clone(), Rule::not_null("id"));
    holds(build.check(&not_null).await?.passed, "a data test that holds passes")?;
    if warehouse.capabilities().put {
        let unique = Check::new("suite_unique", table.clone(), Rule::unique(["id"]));
        holds(build.check(&unique).await?.stops(), "a data test sees the build's rows, not the published ones")?;
        let rows = Check::new("suite_rows", table, Rule::RowCount { expected: 3 });
        holds(build.check(&rows).await?.passed, "a data test counts the build's rows")?;
    }
    build.abandon().await
}

/// Abandoning removes the build's tables.
///
/// # Errors
/// The promise that was broken.
pub async fn abandoned(warehouse: &dyn Warehouse) -> Result<()> {
    let table = marts("abandoned");
    let build = warehouse.begin(&run("abandoned")?).await?;
    fill(warehouse, &*build, &table, &[1]).await?;
    build.abandon().await?;
    let build = warehouse.begin(&run("abandoned")?).await?;
    refused(build.read(&table, None).await, ErrorKind::NotFound, "an abandoned build is gone")?;
    build.abandon().await?;
    holds(!warehouse.tables().await?.contains(&table), "an abandoned table is not published")
}

/// Of one warehouse, one build is open at a time.
///
/// # Errors
/// The promise that was broken.
pub async fn only_one_open(warehouse: &dyn Warehouse) -> Result<()> {
    let build = warehouse.begin(&run("open")?).await?;
    refused(warehouse.begin(&run("open")?).await, ErrorKind::Conflict, "a run that is open is not opened twice")?;
    drop(build);
    warehouse.begin(&run("open")?).await?.abandon().await
}
