//! Rows come back as they went in.

use arrow::array::RecordBatch;
use futures::TryStreamExt;

use super::fixture::{DAY, WRITTEN_AT, existing, has_rows, numbers, options, promise, read_all, read_of, rows};
use crate::{
    Bounds, CursorRange, CursorValue, ErrorKind, Format, Increment, Lake, Partition, Result, SnapshotInfo, TableRead,
};

/// Every value comes back: NULLs apart from empty texts, decimals, instants, quotes, line ends, emoji, JSON; and the
/// manifest says what was written.
///
/// # Errors
/// The promise that was broken.
pub async fn values_survive(lake: &dyn Lake, format: Format) -> Result<()> {
    let partition = Partition::new(format!("conformance_values_{format}"), DAY);
    let rows = rows()?;
    let snapshot = SnapshotInfo { id: "1-1".into(), position: [("lsn".to_owned(), "0/16B3748".to_owned())].into() };
    // In several batches, one of them empty.
    let cut = vec![rows.slice(0, 3), rows.slice(3, 0), rows.slice(3, 5)];
    let increment = Increment::new(Some(DAY.plus_days(-1)));
    let bounds = Bounds::Range(CursorRange::new("id", None, CursorValue::Int(9)));
    let read = TableRead::from_batches(rows.schema(), cut)
        .with_snapshot(Some(snapshot.clone()))
        .with_bounds(bounds.clone())
        .with_key(["id"])
        .with_increment(increment.clone());
    let written = lake.write(&partition, read, &options().with_format(format)).await?;

    promise(written.partition == partition && written.number == 1, "a first manifest is number 1 of its partition")?;
    promise(written.rows == 8, "a manifest counts the rows")?;
    promise(written.format == format, "a manifest names the format that was asked for")?;
    promise(written.snapshot == Some(snapshot), "a manifest names the source's snapshot")?;
    promise(written.bounds == bounds, "a manifest names the bounds of the read")?;
    promise(written.schema.primary_key == ["id"], "a manifest names the key of the read")?;
    promise(written.increment == Some(increment), "a manifest names what the read goes on from")?;
    promise(written.written_at == WRITTEN_AT, "a manifest names the time that was given")?;
    promise(written.schema.to_arrow().fields() == rows.schema().fields(), "a manifest has the read's schema")?;
    promise(
        written.files.iter().all(|f| f.bytes > 0 && f.sha256.len() == 64),
        "a manifest has the size and SHA-256 of each file",
    )?;
    promise(written.digest().len() == 64, "a written manifest has its digest")?;
    let found = existing(lake, &partition).await?;
    promise(found == written, "the manifest that is found is the one that was written")?;
    has_rows(lake, &found, &rows, "every value comes back as it was").await
}

/// A read yields the columns that were asked for in the order that was asked, and a missing one is `NotFound`.
///
/// # Errors
/// The promise that was broken.
pub async fn columns_are_those_asked_for(lake: &dyn Lake, format: Format) -> Result<()> {
    let partition = Partition::new(format!("conformance_columns_{format}"), DAY);
    let rows = rows()?;
    let manifest = lake.write(&partition, read_of(rows.clone()), &options().with_format(format)).await?;
    let (name, id) = (rows.schema().index_of("name")?, rows.schema().index_of("id")?);
    let expected = rows.project(&[name, id])?;
    let columns = ["name".to_owned(), "id".to_owned()];
    let read = read_all(lake, &manifest, Some(&columns), &expected.schema()).await?;
    promise(read == expected, "a read yields the columns that were asked for, in that order")?;

    let error = match lake.read(&manifest, Some(&["missing".to_owned()])).await {
        Ok(stream) => stream.try_collect::<Vec<_>>().await.err(),
        Err(error) => Some(error),
    };
    promise(error.is_some_and(|e| e.kind() == ErrorKind::NotFound), "a column that does not exist is NotFound")
}

/// A read without rows makes a partition without rows.
///
/// # Errors
/// The promise that was broken.
pub async fn empty_input_is_a_partition(lake: &dyn Lake, format: Format) -> Result<()> {
    let partition = Partition::new(format!("conformance_empty_{format}"), DAY);
    let rows = rows()?;
    let read = TableRead::from_batches(rows.schema(), vec![]);
    let manifest = lake.write(&partition, read, &options().with_format(format)).await?;
    promise(manifest.rows == 0 && manifest.columns.len() == 10, "an empty read makes a manifest of 0 rows")?;
    has_rows(lake, &existing(lake, &partition).await?, &rows.slice(0, 0), "an empty partition has no rows").await
}

/// Files have at most the rows that were allowed, and together all rows, in their order.
///
/// # Errors
/// The promise that was broken.
pub async fn files_have_at_most_the_rows_allowed(lake: &dyn Lake, format: Format) -> Result<()> {
    let partition = Partition::new(format!("conformance_files_{format}"), DAY);
    let rows = numbers(1, 10)?;
    let cut = vec![rows.slice(0, 3), rows.slice(3, 1), rows.slice(4, 6)];
    let options = options().with_format(format).with_max_rows_per_file(4);
    let manifest = lake.write(&partition, TableRead::from_batches(rows.schema(), cut), &options).await?;
    let counts: Vec<u64> = manifest.files.iter().map(|f| f.rows).collect();
    promise(counts == [4, 4, 2], "files are filled up to the rows allowed")?;
    has_rows(lake, &manifest, &rows, "the files together have all rows, in their order").await?;

    for (file, (from, count)) in manifest.files.iter().zip([(1, 4), (5, 4), (9, 2)]) {
        let batches: Vec<RecordBatch> = lake.read_file(&manifest, file, None).await?.try_collect().await?;
        let read = arrow::compute::concat_batches(&rows.schema(), &batches)?;
        promise(read == numbers(from, count)?, "a file has its own rows")?;
    }
    Ok(())
}

/// Statistics count NULLs, and give the extremes of numbers and times, and of nothing else.
///
/// # Errors
/// The promise that was broken.
pub async fn statistics_are_those_of_the_rows(lake: &dyn Lake) -> Result<()> {
    let partition = Partition::new("conformance_statistics", DAY);
    let rows = rows()?;
    let cut = vec![rows.slice(0, 3), rows.slice(3, 5)];
    let manifest = lake.write(&partition, TableRead::from_batches(rows.schema(), cut), &options()).await?;
    let expected = [
        ("id", 0, Some(("-9223372036854775808", "9223372036854775807"))),
        ("quantity", 2, Some(("-2147483648", "2147483647"))),
        ("is_active", 4, None),
        ("price", 1, Some(("-99999999.99", "99999999.99"))),
        ("total", 2, Some(("-9999999999999999999999999999999999.9999", "9999999999999999999999999999999999.9999"))),
        ("ratio", 2, None),
        ("day", 2, Some(("0001-01-01", "9999-12-31"))),
        ("created_at", 2, Some(("0001-01-01 00:00:00", "9999-12-31 23:59:59.000001"))),
        ("name", 1, None),
        ("details", 1, None),
    ];
    promise(manifest.columns.len() == expected.len(), "each column has its statistics")?;
    for (stats, (name, nulls, extremes)) in manifest.columns.iter().zip(expected) {
        let error = |e: crate::Error| e.with("column", name);
        promise(stats.name == name && stats.nulls == nulls, "statistics count NULLs, in the schema's order")
            .map_err(error)?;
        // Extremes of floats are optional, and their text is free.
        if name != "ratio" {
            let found = stats.min.as_deref().zip(stats.max.as_deref());
            promise(found == extremes, "statistics have the extremes of numbers and times alone").map_err(error)?;
        }
    }
    Ok(())
}
