//! Rows that come in parts.

use arrow::{array::RecordBatch, compute::concat_batches};
use futures::{StreamExt, stream};
use std::task::Poll;

use super::fixture::{DAY, has_rows, numbers, options, promise};
use crate::{BatchStream, Error, ErrorKind, Format, Lake, Manifest, Partition, Result, TableRead};

/// A part of these batches, which comes only after having been asked for so many times.
fn part(batches: Vec<RecordBatch>, mut late: usize) -> BatchStream {
    let waits = stream::poll_fn(move |context| {
        if late == 0 {
            return Poll::Ready(None::<Result<RecordBatch>>);
        }
        late -= 1;
        context.waker().wake_by_ref();
        Poll::Pending
    });
    waits.chain(stream::iter(batches.into_iter().map(Ok))).boxed()
}

/// Files, counts, checksums and statistics are those of the parts in their order, however many are written at once
/// and whichever comes first; a part without rows has no file.
///
/// # Errors
/// The promise that was broken.
pub async fn parts_are_files_in_their_order(lake: &dyn Lake, format: Format) -> Result<()> {
    let batches = [numbers(1, 3)?, numbers(10, 2)?, numbers(12, 3)?, numbers(-5, 1)?];
    let rows = concat_batches(&batches[0].schema(), &batches)?;
    for (limit, expected) in [(None, vec![3, 5, 1]), (Some(2), vec![2, 1, 2, 2, 1, 1])] {
        let mut written: Vec<(String, Manifest)> = vec![];
        for (workers, late) in [(1, 0), (2, 50), (8, 50)] {
            let [a, b, c, d] = batches.clone();
            let parts = vec![part(vec![a], late), part(vec![], 0), part(vec![b, c], late / 2), part(vec![d], 0)];
            let read = TableRead::of_parts(rows.schema(), parts);
            let table = format!("conformance_parts_{format}_{}_{workers}", limit.unwrap_or(0));
            let mut options = options().with_format(format).with_workers(workers);
            options.max_rows_per_file = limit;
            let manifest = lake.write(&Partition::new(table.clone(), DAY), read, &options).await?;
            let counts: Vec<u64> = manifest.files.iter().map(|f| f.rows).collect();
            promise(counts == expected, "each part with rows has files of its own, in the parts' order")?;
            has_rows(lake, &manifest, &rows, "the parts together are all rows, in their order").await?;
            if let Some((other, first)) = written.first() {
                let files = first.files.iter().zip(&manifest.files);
                let mut same = files.map(|(a, b)| {
                    a.key.replace(other, &table) == b.key && (a.bytes, &a.sha256) == (b.bytes, &b.sha256)
                });
                promise(same.all(|same| same), "files do not depend on how many parts are written at once")?;
                promise(first.columns == manifest.columns, "statistics do not depend on it either")?;
            }
            written.push((table, manifest));
        }
        // What is left behind makes all later lists of the lake longer.
        for (_, manifest) in &written {
            lake.delete(&manifest.partition).await?;
        }
    }
    Ok(())
}

/// Parts of which none has a row make a partition without rows.
///
/// # Errors
/// The promise that was broken.
pub async fn empty_parts_are_a_partition(lake: &dyn Lake, format: Format) -> Result<()> {
    let rows = numbers(1, 0)?;
    for parts in [0, 3] {
        let partition = Partition::new(format!("conformance_empty_parts_{format}_{parts}"), DAY);
        let streams = (0..parts).map(|_| part(vec![rows.clone()], 0)).collect();
        let read = TableRead::of_parts(rows.schema(), streams);
        let manifest = lake.write(&partition, read, &options().with_format(format).with_workers(2)).await?;
        promise(manifest.rows == 0, "parts without rows are a partition without rows")?;
        has_rows(lake, &manifest, &rows, "a partition without rows can be read").await?;
    }
    Ok(())
}

/// A part that fails fails the write with its own error, and leaves no partition.
///
/// # Errors
/// The promise that was broken.
pub async fn a_failing_part_leaves_no_partition(lake: &dyn Lake) -> Result<()> {
    let partition = Partition::new("conformance_failing_part", DAY);
    let rows = numbers(1, 5)?;
    for workers in [1, 3] {
        let failing = stream::iter([Ok(rows.clone()), Err(Error::permission("planted"))]).boxed();
        let parts = vec![part(vec![rows.clone()], 0), failing, part(vec![rows.clone()], 100)];
        let read = TableRead::of_parts(rows.schema(), parts);
        let error = lake.write(&partition, read, &options().with_workers(workers)).await.err();
        promise(error.is_some_and(|e| e.kind() == ErrorKind::Permission), "a write fails with its part's error")?;
        promise(lake.manifest(&partition).await?.is_none(), "a failed part leaves no partition")?;
    }
    Ok(())
}
