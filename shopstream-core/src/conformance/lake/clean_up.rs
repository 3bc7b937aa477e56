//! What a clean-up takes, and what it leaves.

use futures::{FutureExt, StreamExt, TryStreamExt, future, stream};

use super::fixture::{DAY, existing, has_rows, numbers, options, promise, read_of};
use crate::{Lake, Partition, Result, TableRead, Timestamp, timestamp};

const LONG_AGO: Timestamp = timestamp!("0001-01-01 00:00:00");
const NO_MORE: Timestamp = timestamp!("9999-12-31 00:00:00");

/// A clean-up takes nothing that a manifest names, be it an older one, nothing that is too young, and nothing of
/// another table; after it there is nothing more to clean up.
///
/// # Errors
/// The promise that was broken.
pub async fn a_clean_up_leaves_what_counts(lake: &dyn Lake) -> Result<()> {
    let table = "conformance_clean";
    promise(lake.clean_up(table, NO_MORE).await?.is_empty(), "where nothing was written there is nothing to clean up")?;
    let (partition, next) = (Partition::new(table, DAY), Partition::new(table, DAY.plus_days(1)));
    let other = Partition::new("conformance_clean_2", DAY);
    let split = options().with_max_rows_per_file(2);
    let older = lake.write(&partition, read_of(numbers(1, 3)?), &split).await?;
    let newer = lake.write(&partition, read_of(numbers(4, 3)?), &split).await?;
    let of_next = lake.write(&next, read_of(numbers(7, 3)?), &options()).await?;
    let of_other = lake.write(&other, read_of(numbers(10, 3)?), &options()).await?;
    // A write that ends in its midst may leave something behind, and may take it away itself.
    let batch = numbers(50, 5)?;
    let endless = stream::iter([Ok(batch.clone())]).chain(future::pending().into_stream()).boxed();
    let _ = lake.write(&partition, TableRead::new(batch.schema(), endless), &split).now_or_never();

    let young = lake.clean_up(table, LONG_AGO).await?;
    promise(young.is_empty() && young.bytes == 0, "a clean-up takes nothing that is not as old as was said")?;
    let planned = lake.orphans(table, NO_MORE).await?;
    for manifest in [&older, &newer, &of_next] {
        let named = |key: &String| manifest.files.iter().any(|file| file.key == *key);
        promise(!planned.files.iter().any(named), "a file that a manifest names is no orphan")?;
    }
    lake.clean_up(table, NO_MORE).await?;
    let mut found = lake.clean_up(table, NO_MORE).await?;
    if !found.is_empty() {
        // The write that ended in its midst was putting a file in its place: that was the last.
        found = lake.clean_up(table, NO_MORE).await?;
    }
    promise(found.is_empty(), "after a clean-up there is nothing to clean up")?;

    promise(existing(lake, &partition).await? == newer, "a clean-up leaves the manifest that counts")?;
    let listed: Vec<Partition> = lake.list(table).try_collect().await?;
    promise(listed == [partition.clone(), next], "a clean-up leaves all partitions")?;
    for (manifest, first) in [(&older, 1), (&newer, 4), (&of_next, 7), (&of_other, 10)] {
        has_rows(lake, manifest, &numbers(first, 3)?, "a clean-up leaves what a manifest names").await?;
    }
    let again = lake.write(&partition, read_of(numbers(20, 3)?), &split).await?;
    has_rows(lake, &again, &numbers(20, 3)?, "a partition can be written after a clean-up").await
}

/// A clean-up of a table whose name cannot be part of a key is refused.
///
/// # Errors
/// The promise that was broken.
pub async fn a_clean_up_stays_in_its_folder(lake: &dyn Lake) -> Result<()> {
    for table in ["", "..", "a/b"] {
        let refused = lake.clean_up(table, LONG_AGO).await.is_err() && lake.orphans(table, LONG_AGO).await.is_err();
        promise(refused, "a clean-up takes a table's name, and no path")?;
    }
    Ok(())
}
