//! Loads: counted, and once.

use arrow::{
    array::{Array, AsArray, RecordBatch},
    compute::{sort_to_indices, take_record_batch},
    datatypes::{DataType, TimeUnit, TimestampMicrosecondType},
};

use super::{collect, holds, lake::SmallLake, refused, run};
use crate::{ErrorKind, Landed, LoadOptions, Result, TableRef, Timestamp, Warehouse, date};

const LOADED_AT: Timestamp = Timestamp::from_micros(1_768_356_000_000_000);

fn raw(name: &str) -> TableRef {
    TableRef::new("raw", format!("suite_{name}"))
}

fn is_landed(batch: &RecordBatch, files: &[u64]) -> Result<bool> {
    Ok(has_landed(&by_file(batch)?, files))
}

/// Rows in the order of their files, for a warehouse has them in any.
fn by_file(batch: &RecordBatch) -> Result<RecordBatch> {
    let Some(files) = batch.column_by_name(Landed::<()>::SOURCE_FILE) else { return Ok(batch.clone()) };
    Ok(take_record_batch(batch, &sort_to_indices(files, None, None)?)?)
}

fn has_landed(batch: &RecordBatch, files: &[u64]) -> bool {
    let total: u64 = files.iter().sum();
    let keys: Vec<String> =
        (files.iter().enumerate()).flat_map(|(i, rows)| (0..*rows).map(move |_| format!("suite/{i}/{rows}"))).collect();
    let (Some(loaded_at), Some(source), Some(name)) = (
        batch.column_by_name(Landed::<()>::LOADED_AT),
        batch.column_by_name(Landed::<()>::SOURCE_FILE),
        batch.column_by_name("name"),
    ) else {
        return false;
    };
    let loaded = loaded_at.as_primitive_opt::<TimestampMicrosecondType>();
    batch.num_columns() == 4
        && batch.num_rows() as u64 == total
        && loaded_at.data_type() == &DataType::Timestamp(TimeUnit::Microsecond, None)
        && loaded.is_some_and(|l| l.null_count() == 0 && l.values().iter().all(|v| *v == LOADED_AT.micros()))
        && source.as_string_view_opt().is_some_and(|s| s.iter().flatten().eq(keys.iter().map(String::as_str)))
        && name.data_type() == &DataType::Utf8View
}

/// A load lands the rows of the manifest with two columns more; the same manifest again is a no-op, in the same build
/// and after the publish; a newer manifest of the date replaces.
///
/// # Errors
/// The promise that was broken.
pub async fn loads_once(warehouse: &dyn Warehouse) -> Result<()> {
    let (table, day) = (raw("once"), date!("2026-01-14"));
    let options = LoadOptions::new(table.clone(), LOADED_AT);
    let first = SmallLake::manifest(day, &[3, 0, 2], 1)?;
    let build = warehouse.begin(&run("once-1")?).await?;
    let report = build.load(&SmallLake, &first, &options).await?;
    holds((report.rows, report.unchanged) == (5, false), "a load answers with its rows")?;
    let landed = collect(build.read(&table, None).await?).await?;
    holds(is_landed(&landed, &[3, 0, 2])?, "a load adds the time of the load and the file of each row")?;
    let again = build.load(&SmallLake, &first, &options).await?;
    holds((again.rows, again.unchanged) == (5, true), "the same manifest again is a no-op")?;
    drop(build);
    let build = warehouse.begin(&run("once-1")?).await?;
    let again = build.load(&SmallLake, &first, &options).await?;
    holds(again.unchanged, "the same manifest is a no-op in a build opened again")?;
    holds(build.publish().await?.tables == [table.clone()], "a loaded table is published")?;

    let build = warehouse.begin(&run("once-2")?).await?;
    let again = build.load(&SmallLake, &first, &options).await?;
    holds(again.unchanged, "the same manifest is a no-op after the publish")?;
    let newer = SmallLake::manifest(day, &[1], 2)?;
    let report = build.load(&SmallLake, &newer, &options).await?;
    holds((report.rows, report.unchanged) == (1, false), "a newer manifest of the date is loaded")?;
    build.publish().await?;
    let landed = collect(warehouse.read(&table, None).await?).await?;
    holds(is_landed(&landed, &[1])?, "a newer manifest of the date replaces")?;

    let build = warehouse.begin(&run("once-3")?).await?;
    let none = SmallLake::manifest(day, &[], 3)?;
    holds(build.load(&SmallLake, &none, &options).await?.rows == 0, "a manifest without files is loaded")?;
    let landed = collect(build.read(&table, None).await?).await?;
    holds(is_landed(&landed, &[])?, "a manifest without files makes an empty table with its columns")?;
    build.abandon().await
}

/// An older date is refused unless it is asked for; a later one replaces.
///
/// # Errors
/// The promise that was broken.
pub async fn older_dates(warehouse: &dyn Warehouse) -> Result<()> {
    let options = LoadOptions::new(raw("dates"), LOADED_AT);
    let day = |date, files| SmallLake::manifest(date, files, 1);
    let build = warehouse.begin(&run("dates-1")?).await?;
    build.load(&SmallLake, &day(date!("2026-01-14"), &[2])?, &options).await?;
    build.publish().await?;

    let build = warehouse.begin(&run("dates-2")?).await?;
    let older = day(date!("2026-01-13"), &[1])?;
    refused(build.load(&SmallLake, &older, &options).await, ErrorKind::Conflict, "an older date is refused")?;
    let landed = collect(build.read(&options.target, None).await?).await?;
    holds(is_landed(&landed, &[2])?, "a refused load leaves the table")?;
    build.load(&SmallLake, &day(date!("2026-01-15"), &[4])?, &options).await?;
    let landed = collect(build.read(&options.target, None).await?).await?;
    holds(is_landed(&landed, &[4])?, "a later date replaces")?;
    build.load(&SmallLake, &older, &options.clone().with_allow_older(true)).await?;
    let landed = collect(build.read(&options.target, None).await?).await?;
    holds(is_landed(&landed, &[1])?, "an older date that is asked for replaces")?;
    build.abandon().await
}

/// A load whose rows are not as many as the manifest says fails and replaces nothing.
///
/// # Errors
/// The promise that was broken.
pub async fn counts_are_checked(warehouse: &dyn Warehouse) -> Result<()> {
    let (table, day) = (raw("counts"), date!("2026-01-14"));
    let options = LoadOptions::new(table.clone(), LOADED_AT);
    let build = warehouse.begin(&run("counts")?).await?;
    build.load(&SmallLake, &SmallLake::manifest(day, &[2], 1)?, &options).await?;

    let mut per_file = SmallLake::manifest(day, &[3, 3], 2)?;
    (per_file.files[0].rows, per_file.files[1].rows) = (2, 4);
    let mut in_total = SmallLake::manifest(day, &[3, 3], 3)?;
    in_total.rows = 7;
    for mut lying in [per_file, in_total] {
        lying.encode()?;
        let load = build.load(&SmallLake, &lying, &options).await;
        refused(load, ErrorKind::Data, "a load with other counts than the manifest's fails")?;
        let landed = collect(build.read(&table, None).await?).await?;
        holds(is_landed(&landed, &[2])?, "a failed load leaves the former table")?;
    }
    build.abandon().await
}
