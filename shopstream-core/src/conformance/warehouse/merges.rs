//! Increments: merged, once, and none left out.

use arrow::{
    array::{AsArray, Int64Array, RecordBatch, StringViewArray},
    datatypes::{DataType, Field, Int64Type, Schema},
};
use std::sync::Arc;

use super::{collect, holds, refused, run, sorted};
use crate::{
    Build, Date, ErrorKind, Increment, Lake, Landed, LoadOptions, Manifest, Partition, Result, TableRead, TableRef,
    Timestamp, Warehouse, WriteOptions, date, memory::MemoryLake,
};

const FIRST: Date = date!("2026-01-14");

/// Rows with these ids, all of this name.
fn named(ids: &[i64], name: &str) -> Result<RecordBatch> {
    let fields = vec![Field::new("id", DataType::Int64, false), Field::new("name", DataType::Utf8View, true)];
    let names = StringViewArray::from_iter_values(ids.iter().map(|_| name));
    let ids = Int64Array::from(ids.to_vec());
    Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), vec![Arc::new(ids), Arc::new(names)])?)
}

struct Series {
    lake: MemoryLake,
    options: LoadOptions,
}

impl Series {
    fn new(name: &str) -> Self {
        let target = TableRef::new("raw", format!("suite_{name}"));
        Self { lake: MemoryLake::new(), options: LoadOptions::new(target, at(0)) }
    }

    /// Writes the partition of a day: these ids with this name, since an earlier day, of a table with these keys.
    async fn day(
        &self,
        day: i32,
        since: Option<i32>,
        ids: &[i64],
        name: &str,
        keys: Option<&[i64]>,
    ) -> Result<Manifest> {
        let options = WriteOptions::new(at(day));
        let mut increment = Increment::new(since.map(|since| FIRST.plus_days(since)));
        if let Some(keys) = keys {
            let keys = named(keys, "")?.project(&[0])?;
            let keys = TableRead::from_batches(keys.schema(), vec![keys]).with_key(["id"]);
            let partition = Partition::new("suite.keys", FIRST.plus_days(day));
            increment = increment.with_keys(self.lake.write(&partition, keys, &options).await?);
        }
        let rows = named(ids, name)?;
        let read = TableRead::from_batches(rows.schema(), vec![rows]).with_key(["id"]).with_increment(increment);
        self.lake.write(&Partition::new("suite", FIRST.plus_days(day)), read, &options).await
    }

    async fn load(&self, build: &dyn Build, manifest: &Manifest, at: Timestamp) -> Result<bool> {
        let mut options = self.options.clone();
        options.loaded_at = at;
        let report = build.load(&self.lake, manifest, &options).await?;
        holds(report.rows == manifest.rows, "a load answers with its rows")?;
        Ok(report.unchanged)
    }

    /// An error unless a build's table has these rows, in any order: id, name, and the day on which it was loaded.
    async fn has(&self, build: &dyn Build, rows: &[(i64, &str, i32)], promise: &'static str) -> Result<()> {
        let found = sorted(&collect(build.read(&self.options.target, None).await?).await?)?;
        let (ids, names) = (found.column_by_name("id"), found.column_by_name("name"));
        let loaded = found.column_by_name(Landed::<()>::LOADED_AT);
        let (Some(ids), Some(names), Some(loaded)) = (ids, names, loaded) else { return holds(false, promise) };
        let loaded = loaded.as_primitive::<arrow::datatypes::TimestampMicrosecondType>();
        let found: Vec<_> = (0..found.num_rows())
            .map(|i| (ids.as_primitive::<Int64Type>().value(i), names.as_string_view().value(i), loaded.value(i)))
            .collect();
        let mut expected: Vec<_> = rows.iter().map(|(id, name, day)| (*id, *name, at(*day).micros())).collect();
        expected.sort_unstable();
        holds(found == expected, promise)
    }
}

fn at(day: i32) -> Timestamp {
    FIRST.plus_days(day).midnight()
}

/// An increment is merged on its key: rows of the table that it does not have stay as they are; rows whose key the source no longer has go. The same manifest again is a no-op.
///
/// # Errors
/// The promise that was broken.
pub async fn merges(warehouse: &dyn Warehouse) -> Result<()> {
    let series = Series::new("merges");
    let build = warehouse.begin(&run("merges-1")?).await?;
    let first = series.day(0, None, &[1, 2, 3], "a", None).await?;
    series.load(&*build, &first, at(0)).await?;
    build.publish().await?;

    let build = warehouse.begin(&run("merges-2")?).await?;
    let second = series.day(1, Some(0), &[4, 2], "b", None).await?;
    holds(!series.load(&*build, &second, at(1)).await?, "an increment is merged")?;
    let merged = [(1, "a", 0), (3, "a", 0), (4, "b", 1), (2, "b", 1)];
    series.has(&*build, &merged, "an increment is merged into what is published").await?;
    holds(series.load(&*build, &second, at(2)).await?, "the same increment again is a no-op")?;
    series.has(&*build, &merged, "the same increment again changes nothing").await?;

    let third = series.day(2, Some(1), &[], "c", Some(&[2, 3, 9])).await?;
    series.load(&*build, &third, at(2)).await?;
    let merged = [(3, "a", 0), (2, "b", 1)];
    series.has(&*build, &merged, "rows whose key the source no longer has go").await?;
    build.publish().await?;

    let build = warehouse.begin(&run("merges-3")?).await?;
    holds(series.load(&*build, &third, at(3)).await?, "the same increment is a no-op after the publish")?;
    // A newer manifest of the date is merged over the older one.
    let again = series.day(2, Some(1), &[3], "d", Some(&[2, 3, 9])).await?;
    series.load(&*build, &again, at(3)).await?;
    let merged = [(2, "b", 1), (3, "d", 3)];
    series.has(&*build, &merged, "a newer manifest of the date is merged").await?;
    let begins = series.day(3, None, &[7], "e", None).await?;
    series.load(&*build, &begins, at(4)).await?;
    series.has(&*build, &[(7, "e", 4)], "what begins a series replaces").await?;
    build.abandon().await
}

/// An increment that goes on from what the table does not hold is refused, and so is one whose rows have the same key;
/// the table stays.
///
/// # Errors
/// The promise that was broken.
pub async fn gaps(warehouse: &dyn Warehouse) -> Result<()> {
    let series = Series::new("gaps");
    let build = warehouse.begin(&run("gaps")?).await?;
    let second = series.day(1, Some(0), &[2], "b", None).await?;
    let load = series.load(&*build, &second, at(1)).await;
    refused(load, ErrorKind::Conflict, "an increment is refused when there is no table")?;
    let first = series.day(0, None, &[1], "a", None).await?;
    series.load(&*build, &first, at(0)).await?;
    let third = series.day(2, Some(1), &[3], "c", None).await?;
    let load = series.load(&*build, &third, at(2)).await;
    refused(load, ErrorKind::Conflict, "an increment is refused when the one before is missing")?;
    series.has(&*build, &[(1, "a", 0)], "a refused increment leaves the table").await?;
    let twice = series.day(1, Some(0), &[2, 2], "b", None).await?;
    let load = series.load(&*build, &twice, at(1)).await;
    refused(load, ErrorKind::Data, "an increment with a key twice is refused")?;
    series.load(&*build, &second, at(1)).await?;
    series.load(&*build, &third, at(2)).await?;
    let all = [(1, "a", 0), (2, "b", 1), (3, "c", 2)];
    series.has(&*build, &all, "increments are merged in their order").await?;
    let load = series.load(&*build, &second, at(3)).await;
    refused(load, ErrorKind::Conflict, "an older increment is refused")?;
    series.has(&*build, &all, "a refused increment leaves the table").await?;
    build.abandon().await
}
