//! A partition is there as a whole, or not.

use arrow::array::RecordBatch;
use futures::{
    FutureExt, StreamExt, TryStreamExt,
    channel::oneshot,
    future::{self, Either},
    stream,
};

use super::fixture::{DAY, broken, existing, has_rows, numbers, options, promise, read_of};
use crate::{Error, ErrorKind, Lake, Partition, Result, TableRead, date};

/// A partition that was not written has no manifest, is not listed, and can be deleted.
///
/// # Errors
/// The promise that was broken.
pub async fn what_was_not_written_does_not_exist(lake: &dyn Lake) -> Result<()> {
    let partition = Partition::new("conformance_nothing", DAY);
    promise(lake.manifest(&partition).await?.is_none(), "what was not written has no manifest")?;
    let listed: Vec<Partition> = lake.list("conformance_nothing").try_collect().await?;
    promise(listed.is_empty(), "what was not written is not listed")?;
    lake.delete(&partition).await.map_err(|e| broken("what does not exist is deleted already").caused_by(e))
}

/// A second write gets number 2, counts from then on, and takes nothing from the first.
///
/// # Errors
/// The promise that was broken.
pub async fn the_highest_manifest_counts(lake: &dyn Lake) -> Result<()> {
    let partition = Partition::new("conformance_numbers", DAY);
    let first = lake.write(&partition, read_of(numbers(1, 3)?), &options()).await?;
    let second = lake.write(&partition, read_of(numbers(10, 2)?), &options()).await?;
    promise((first.number, second.number) == (1, 2), "manifests are numbered from 1 on")?;
    promise(existing(lake, &partition).await? == second, "the highest manifest counts")?;
    has_rows(lake, &second, &numbers(10, 2)?, "the newer manifest has the newer rows").await?;
    has_rows(lake, &first, &numbers(1, 3)?, "an older manifest stays readable").await?;
    promise(first.digest() != second.digest(), "other rows, another digest")
}

/// A read that began goes on in its manifest while a newer one is written.
///
/// # Errors
/// The promise that was broken.
pub async fn a_read_goes_on_while_a_newer_is_written(lake: &dyn Lake) -> Result<()> {
    let partition = Partition::new("conformance_reading", DAY);
    let split = options().with_max_rows_per_file(2);
    let manifest = lake.write(&partition, read_of(numbers(1, 6)?), &split).await?;
    let mut stream = lake.read(&manifest, None).await?;
    let mut batches: Vec<RecordBatch> = stream.next().await.transpose()?.into_iter().collect();
    lake.write(&partition, read_of(numbers(100, 6)?), &split).await?;
    while let Some(batch) = stream.next().await.transpose()? {
        batches.push(batch);
    }
    let rows = numbers(1, 6)?;
    let read = arrow::compute::concat_batches(&rows.schema(), &batches)?;
    promise(read == rows, "a read that began goes on in its own version")
}

/// A batch that has not the read's columns is a `Schema` error, and nothing is written.
///
/// # Errors
/// The promise that was broken.
pub async fn a_wrong_batch_is_refused(lake: &dyn Lake) -> Result<()> {
    let partition = Partition::new("conformance_schema", DAY);
    let right = numbers(1, 2)?;
    let wrong = super::fixture::rows()?;
    let read = TableRead::from_batches(right.schema(), vec![right, wrong]);
    let error = lake.write(&partition, read, &options()).await.err();
    promise(error.is_some_and(|e| e.kind() == ErrorKind::Schema), "a batch of other columns is a Schema error")?;
    promise(lake.manifest(&partition).await?.is_none(), "a refused write leaves no partition")
}

/// A stream that fails fails the write with its own error, and leaves the partition as it was.
///
/// # Errors
/// The promise that was broken.
pub async fn a_failing_stream_leaves_the_partition(lake: &dyn Lake) -> Result<()> {
    let partition = Partition::new("conformance_failing", DAY);
    let failing = || -> Result<TableRead> {
        let batch = numbers(50, 5)?;
        let schema = batch.schema();
        Ok(TableRead::new(schema, stream::iter([Ok(batch), Err(Error::permission("planted"))]).boxed()))
    };
    let split = options().with_max_rows_per_file(2);

    let error = lake.write(&partition, failing()?, &split).await.err();
    promise(error.is_some_and(|e| e.kind() == ErrorKind::Permission), "a write fails with its stream's error")?;
    promise(lake.manifest(&partition).await?.is_none(), "a failed first write leaves no partition")?;

    let before = lake.write(&partition, read_of(numbers(1, 3)?), &split).await?;
    promise(lake.write(&partition, failing()?, &split).await.is_err(), "a write fails with its stream")?;
    promise(existing(lake, &partition).await? == before, "a failed write leaves the partition as it was")?;
    has_rows(lake, &before, &numbers(1, 3)?, "a failed write leaves the rows as they were").await
}

/// A write whose future is dropped while rows come leaves the partition as it was, and can be done again.
///
/// # Errors
/// The promise that was broken.
pub async fn a_dropped_write_leaves_the_partition(lake: &dyn Lake) -> Result<()> {
    let partition = Partition::new("conformance_dropped", DAY);
    let split = options().with_max_rows_per_file(2);
    for written in [false, true] {
        let before = match written {
            true => Some(lake.write(&partition, read_of(numbers(1, 3)?), &split).await?),
            false => None,
        };
        let (reached, waiting) = oneshot::channel::<()>();
        let rest = async move {
            // The rows so far were taken: say so, and let them wait for more that never comes.
            let _ = reached.send(());
            future::pending::<Result<RecordBatch>>().await
        };
        let batch = numbers(50, 5)?;
        let schema = batch.schema();
        let rows = stream::iter([Ok(batch.clone()), Ok(batch)]).chain(rest.into_stream()).boxed();
        match future::select(lake.write(&partition, TableRead::new(schema, rows), &split), waiting).await {
            Either::Left(_) => return Err(broken("a write waits for all rows")),
            Either::Right((_, write)) => drop(write),
        }
        promise(lake.manifest(&partition).await? == before, "a dropped write leaves the partition as it was")?;
        if let Some(before) = &before {
            has_rows(lake, before, &numbers(1, 3)?, "a dropped write leaves the rows as they were").await?;
        }
    }
    let again = lake.write(&partition, read_of(numbers(7, 3)?), &split).await?;
    promise(existing(lake, &partition).await? == again, "a dropped write does not stand in the way of the next")?;
    has_rows(lake, &again, &numbers(7, 3)?, "a dropped write leaves nothing in the next").await
}

/// Of writers of one partition at once each has a number of its own or `Conflict`, and its own rows.
///
/// # Errors
/// The promise that was broken.
pub async fn concurrent_writers_do_not_mix(lake: &dyn Lake) -> Result<()> {
    let partition = Partition::new("conformance_writers", DAY);
    let options = options();
    let mut writes = vec![];
    for writer in 0..4 {
        let rows = numbers(writer * 1_000, 100 + writer)?;
        // In steps, so that the writers come between each other.
        let batches = (0..10).map(|i| rows.slice(i * 10, if i == 9 { rows.num_rows() - 90 } else { 10 }));
        let steps = batches.map(Ok).collect::<Vec<_>>();
        let read = TableRead::new(rows.schema(), stream::iter(steps).boxed());
        writes.push(lake.write(&partition, read, &options).map(|written| (rows, written)));
    }
    let (mut written, mut highest) = (vec![], 0);
    for (rows, outcome) in future::join_all(writes).await {
        match outcome {
            Ok(manifest) => written.push((rows, manifest)),
            Err(e) => promise(e.kind() == ErrorKind::Conflict, "a writer that is too late has Conflict")?,
        }
    }
    promise(!written.is_empty(), "of writers at once one wins at least")?;
    for (i, (rows, manifest)) in written.iter().enumerate() {
        highest = highest.max(manifest.number);
        let unique = written[..i].iter().all(|(_, other)| other.number != manifest.number);
        promise(unique, "writers at once have numbers of their own")?;
        has_rows(lake, manifest, rows, "a manifest has the rows of its own writer").await?;
    }
    promise(existing(lake, &partition).await?.number == highest, "the highest of the writers counts")
}

/// The dates of a table are listed in order, each once, and no other table's.
///
/// # Errors
/// The promise that was broken.
pub async fn dates_are_listed_in_order(lake: &dyn Lake) -> Result<()> {
    let table = "conformance_dates";
    let days = [date!("2026-02-01"), date!("2025-12-31"), date!("2026-01-14"), date!("2026-01-14")];
    for day in days {
        lake.write(&Partition::new(table, day), read_of(numbers(1, 1)?), &options()).await?;
    }
    lake.write(&Partition::new("conformance_dates_2", date!("2026-03-01")), read_of(numbers(1, 1)?), &options())
        .await?;
    let listed: Vec<Partition> = lake.list(table).try_collect().await?;
    let expected = [days[1], days[2], days[0]].map(|day| Partition::new(table, day));
    promise(listed == expected, "the dates of a table are listed in order, each once")
}

/// A deleted partition is neither found, listed nor read, the others stay, and it can be written again.
///
/// # Errors
/// The promise that was broken.
pub async fn a_deleted_partition_is_gone(lake: &dyn Lake) -> Result<()> {
    let table = "conformance_deleted";
    let (partition, other) = (Partition::new(table, DAY), Partition::new(table, DAY.plus_days(1)));
    let old = lake.write(&partition, read_of(numbers(1, 3)?), &options()).await?;
    let new = lake.write(&partition, read_of(numbers(4, 3)?), &options()).await?;
    let kept = lake.write(&other, read_of(numbers(7, 3)?), &options()).await?;
    lake.delete(&partition).await?;
    promise(lake.manifest(&partition).await?.is_none(), "a deleted partition has no manifest")?;
    promise(lake.list(table).try_collect::<Vec<_>>().await? == [other], "a deleted partition is not listed")?;
    for manifest in [&old, &new] {
        let error = match lake.read(manifest, None).await {
            Ok(stream) => stream.try_collect::<Vec<_>>().await.err(),
            Err(error) => Some(error),
        };
        let kind = error.map(|e| e.kind());
        promise(kind == Some(ErrorKind::NotFound), "a file that was deleted is NotFound when it is read")?;
    }
    has_rows(lake, &kept, &numbers(7, 3)?, "a delete takes its own partition alone").await?;
    let again = lake.write(&partition, read_of(numbers(9, 1)?), &options()).await?;
    promise(again.number == 1, "a deleted partition starts again with number 1")?;
    has_rows(lake, &again, &numbers(9, 1)?, "a deleted partition can be written again").await
}
