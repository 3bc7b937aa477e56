//! What a build says that it has.

use super::{fill, has, holds, marts, refused, run};
use crate::{ErrorKind, Result, Warehouse};

/// A build names the tables of its own, and takes them out: then it answers from what is published.
///
/// # Errors
/// The promise that was broken.
pub async fn what_it_has(warehouse: &dyn Warehouse) -> Result<()> {
    let (a, b, id) = (marts("has_a"), marts("has_b"), run("has")?);
    let build = warehouse.begin(&id).await?;
    holds(build.tables().await?.is_empty(), "a new build has no tables")?;
    fill(warehouse, &*build, &a, &[1]).await?;
    build.publish().await?;

    let build = warehouse.begin(&id).await?;
    holds(build.tables().await?.is_empty(), "a published table is not the build's own")?;
    fill(warehouse, &*build, &b, &[2]).await?;
    fill(warehouse, &*build, &a, &[3]).await?;
    holds(build.tables().await? == [a.clone(), b.clone()], "a build names its tables, in order")?;
    build.remove(&a).await?;
    build.remove(&a).await?;
    has(warehouse, build.read(&a, None).await, &[1], "a table taken out is read as it is published").await?;
    build.remove(&b).await?;
    refused(build.read(&b, None).await, ErrorKind::NotFound, "a table taken out that was never published is none")?;
    fill(warehouse, &*build, &b, &[4]).await?;
    drop(build);

    let build = warehouse.begin(&id).await?;
    holds(build.tables().await? == [b.clone()], "a build opened again has what it had")?;
    holds(build.publish().await?.tables == [b], "a table taken out is not published")?;
    has(warehouse, warehouse.read(&a, None).await, &[1], "a table taken out stays as it was published").await
}
