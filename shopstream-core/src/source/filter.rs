//! The rows that are asked for, of a source that cannot tell them apart itself.

use arrow::{
    array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch},
    compute::{and, cast, filter_record_batch},
    datatypes::{DataType, Int64Type, SchemaRef, TimeUnit},
};
use futures::{StreamExt, TryStreamExt};
use std::sync::Arc;

use super::{BatchStream, Bounds, CursorRange, CursorValue, ReadOptions, TableRead};
use crate::{Error, Result, TableSchema, key_set::KeySet};

/// Reads the rows and columns that [`ReadOptions`] ask for out of all rows: what a source does that has no better way
/// to keep to [`ReadOptions::bounds`] and [`ReadOptions::keys`].
///
/// ```
/// use futures::TryStreamExt;
/// use shopstream_core::{
///     Batch, Bounds, CursorRange, CursorValue, ReadOptions, RowFilter, Table, TableRead,
/// };
/// # /// Tags.
/// # #[derive(Table, Clone, Debug, PartialEq)]
/// # #[table(layer = "public", grain(id))]
/// # pub struct Tags {
/// #     /// Number.
/// #     pub id: i64,
/// # }
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let rows = Batch::from_rows(&[Tags { id: 1 }, Tags { id: 2 }]).into_record_batch();
/// let range = CursorRange::new("id", Some(CursorValue::Int(2)), CursorValue::Int(9));
/// let options = ReadOptions::default().with_bounds(Bounds::Range(range));
///
/// let filter = RowFilter::new(&Tags::declaration().table_schema(), &options)?;
/// assert_eq!(filter.columns(), ["id"]);
/// let all = TableRead::from_batches(rows.schema(), vec![rows]);
/// let found: Vec<_> = filter.read(all.parts).into_stream().try_collect().await?;
/// assert_eq!(found[0].num_rows(), 1);
/// # Ok::<(), shopstream_core::Error>(())
/// # })?;
/// # Ok::<(), shopstream_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct RowFilter {
    asked: SchemaRef,
    columns: Vec<String>,
    bounds: Bounds,
    tests: Arc<Vec<Test>>,
}

/// What a row must pass, by the positions of the columns that it looks at.
#[derive(Debug)]
enum Test {
    Within(usize, CursorRange),
    OneOf(Vec<usize>, KeySet),
}

impl RowFilter {
    /// What options ask of a table.
    ///
    /// # Errors
    /// `NotFound` for columns that the table does not have; `Config` for bounds of another type than their column's.
    pub fn new(table: &TableSchema, options: &ReadOptions) -> Result<Self> {
        let all = || table.columns.iter().map(|c| c.name.clone()).collect();
        let mut columns: Vec<String> = options.columns.clone().unwrap_or_else(all);
        let asked = table.select(&columns)?.to_arrow();
        let mut position = |name: &str| {
            columns.iter().position(|c| c == name).unwrap_or_else(|| {
                columns.push(name.to_owned());
                columns.len() - 1
            })
        };
        let mut tests = vec![];
        if let Bounds::Range(range) = &options.bounds {
            range.check(table)?;
            tests.push(Test::Within(position(&range.column), range.clone()));
        }
        if let Some(keys) = &options.keys {
            let schema = keys.schema();
            let names: Vec<&str> = schema.fields().iter().map(|f| f.name().as_str()).collect();
            let types = table.select(&names)?;
            let mut set = KeySet::new(types.columns.iter().map(|c| &c.data_type))?;
            set.insert(keys.columns())?;
            tests.push(Test::OneOf(names.into_iter().map(position).collect(), set));
        }
        Ok(Self { asked, columns, bounds: options.bounds.clone(), tests: Arc::new(tests) })
    }

    /// The columns to read: those asked for, then those that are only looked at.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The read that was asked for, out of all rows with [`columns`](RowFilter::columns), of no snapshot.
    pub fn read(self, parts: Vec<BatchStream>) -> TableRead {
        let (asked, bounds) = (self.asked.clone(), self.bounds.clone());
        let one = |part: BatchStream| {
            let filter = self.clone();
            if filter.tests.is_empty() {
                return part;
            }
            let kept = part.map(move |batch| filter.keep(batch?));
            kept.try_filter(|batch| std::future::ready(batch.num_rows() > 0)).boxed()
        };
        TableRead::of_parts(asked, parts.into_iter().map(one).collect()).with_bounds(bounds)
    }

    fn keep(&self, batch: RecordBatch) -> Result<RecordBatch> {
        let mut kept: Option<BooleanArray> = None;
        for test in self.tests.iter() {
            let passed = match test {
                Test::Within(column, range) => range.contains(batch.column(*column))?,
                Test::OneOf(columns, keys) => {
                    let columns: Vec<ArrayRef> = columns.iter().map(|c| batch.column(*c).clone()).collect();
                    keys.contains(&columns)?
                }
            };
            kept = Some(match kept {
                Some(before) => and(&before, &passed)?,
                None => passed,
            });
        }
        let asked: Vec<usize> = (0..self.asked.fields().len()).collect();
        let batch = match kept {
            Some(kept) => filter_record_batch(&batch, &kept)?,
            None => batch,
        };
        Ok(batch.project(&asked)?.with_schema(self.asked.clone())?)
    }
}

/// How a cursor's values are counted: so many over so many microseconds, days or ones.
enum Scale {
    Int,
    Date,
    Timestamp(i128, i128),
}

fn scale(data_type: &DataType) -> Option<Scale> {
    Some(match data_type {
        DataType::Int16 | DataType::Int32 | DataType::Int64 => Scale::Int,
        DataType::Date32 => Scale::Date,
        DataType::Timestamp(TimeUnit::Second, _) => Scale::Timestamp(1_000_000, 1),
        DataType::Timestamp(TimeUnit::Millisecond, _) => Scale::Timestamp(1000, 1),
        DataType::Timestamp(TimeUnit::Microsecond, _) => Scale::Timestamp(1, 1),
        DataType::Timestamp(TimeUnit::Nanosecond, _) => Scale::Timestamp(1, 1000),
        _ => return None,
    })
}

/// Whether a column of a type can be a cursor.
#[cfg(any(test, feature = "conformance"))]
pub(crate) fn is_cursor(data_type: &DataType) -> bool {
    scale(data_type).is_some()
}

impl CursorRange {
    /// An error unless a table has the cursor, of a type that its values have.
    fn check(&self, table: &TableSchema) -> Result<()> {
        let column = &table.select(&[&self.column])?.columns[0];
        let of_type = |value: &CursorValue| {
            matches!(
                (scale(&column.data_type), value),
                (Some(Scale::Int), CursorValue::Int(_))
                    | (Some(Scale::Date), CursorValue::Date(_))
                    | (Some(Scale::Timestamp(..)), CursorValue::Timestamp(_))
            )
        };
        if of_type(&self.to) && self.from.as_ref().is_none_or(of_type) {
            return Ok(());
        }
        Err(Error::config("the bounds of a read are not of their column's type")
            .with("column", &self.column)
            .with("type", &column.data_type))
    }

    /// Of each value, whether it lies in the range.
    fn contains(&self, column: &ArrayRef) -> Result<BooleanArray> {
        let Some(scale) = scale(column.data_type()) else {
            return Err(Error::config("a cursor is a whole number, a date or a timestamp").with("column", &self.column));
        };
        let (many, few) = if let Scale::Timestamp(many, few) = scale { (many, few) } else { (1, 1) };
        let limit = |value: &CursorValue| i128::from(value.number()) * few;
        let (from, to) = (self.from.as_ref().map(limit), limit(&self.to));
        let numbers = whole(column)?;
        let numbers = numbers.as_primitive::<Int64Type>();
        let within = |value: Option<i64>| match value.map(|v| i128::from(v) * many) {
            Some(value) => from.is_none_or(|from| from <= value) && value < to,
            None => from.is_none(),
        };
        Ok(numbers.iter().map(within).collect::<Vec<bool>>().into())
    }
}

/// A cursor's values as they are counted.
fn whole(column: &ArrayRef) -> Result<ArrayRef> {
    let days = if *column.data_type() == DataType::Date32 { cast(column, &DataType::Int32)? } else { column.clone() };
    Ok(cast(&days, &DataType::Int64)?)
}

/// The greatest value of a cursor, rounded down to a microsecond; `None` of none.
pub(crate) fn greatest(column: &ArrayRef) -> Result<Option<CursorValue>> {
    let Some(scale) = scale(column.data_type()) else {
        return Err(Error::config("a cursor is a whole number, a date or a timestamp").with("type", column.data_type()));
    };
    let numbers = whole(column)?;
    let Some(greatest) = arrow::compute::max(numbers.as_primitive::<Int64Type>()) else { return Ok(None) };
    Ok(Some(match scale {
        Scale::Int => CursorValue::Int(greatest),
        Scale::Date => CursorValue::date(greatest)?,
        Scale::Timestamp(many, few) => CursorValue::micros((i128::from(greatest) * many).div_euclid(few))?,
    }))
}

#[cfg(test)]
mod tests;
