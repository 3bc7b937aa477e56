use super::*;
use crate::{ColumnSchema, Date, ErrorKind, Timestamp};
use arrow::{
    array::{Int32Array, Int64Array, StringViewArray},
    datatypes::Schema,
};
use proptest::prelude::*;

fn table(cursor: DataType) -> TableSchema {
    TableSchema::new(vec![
        ColumnSchema::new("id", DataType::Int32, false),
        ColumnSchema::new("name", DataType::Utf8View, true),
        ColumnSchema::new("cursor", cursor, true),
    ])
}

fn batch(cursors: &ArrayRef) -> RecordBatch {
    let rows = cursors.len() as i32;
    let ids = Arc::new(Int32Array::from_iter_values(0..rows));
    let names = Arc::new((0..rows).map(|i| (i % 3 > 0).then(|| format!("n{}", i % 5))).collect::<StringViewArray>());
    let schema = table(cursors.data_type().clone()).to_arrow();
    RecordBatch::try_new(schema, vec![ids, names, cursors.clone()]).unwrap()
}

/// The ids that pass.
fn ids(cursors: &ArrayRef, options: &ReadOptions) -> Result<Vec<i32>> {
    let rows = batch(cursors);
    let options = options.clone().with_columns(["id"]);
    let filter = RowFilter::new(&table(cursors.data_type().clone()), &options)?;
    let columns: Vec<usize> = filter.columns().iter().map(|c| rows.schema().index_of(c).unwrap()).collect();
    let all = rows.project(&columns).unwrap();
    let part: BatchStream = Box::pin(futures::stream::iter([Ok(all.slice(0, 2.min(all.num_rows()))), Ok(all)]));
    let read = filter.read(vec![part]);
    assert_eq!(read.bounds, options.bounds);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let batches: Vec<RecordBatch> = runtime.block_on(read.into_checked_stream().try_collect())?;
    assert!(batches.iter().all(|b| b.num_columns() == 1 && b.num_rows() > 0));
    let mut ids: Vec<i32> = batches
        .iter()
        .flat_map(|b| b.column(0).as_primitive::<arrow::datatypes::Int32Type>().values().to_vec())
        .collect();
    ids.sort_unstable();
    ids.dedup();
    Ok(ids)
}

/// A cursor column of a kind, made of small numbers, and the value of a number in it.
/// Values, and what makes a cursor's value of a number.
type Kind = (ArrayRef, fn(i64) -> CursorValue);

fn kinds(numbers: &[Option<i64>]) -> Vec<Kind> {
    let all = Arc::new(Int64Array::from(numbers.to_vec())) as ArrayRef;
    let of = |data_type: DataType| cast(&all, &data_type).unwrap();
    let days = cast(&of(DataType::Int32), &DataType::Date32).unwrap();
    let stamp = |unit| DataType::Timestamp(unit, None);
    let zoned = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    vec![
        (of(DataType::Int16), CursorValue::Int),
        (of(DataType::Int64), CursorValue::Int),
        (days, |n| CursorValue::Date(Date::from_days(n as i32))),
        (of(stamp(TimeUnit::Second)), |n| CursorValue::Timestamp(Timestamp::from_micros(n * 1_000_000))),
        (of(stamp(TimeUnit::Millisecond)), |n| CursorValue::Timestamp(Timestamp::from_micros(n * 1000))),
        (of(zoned), |n| CursorValue::Timestamp(Timestamp::from_micros(n))),
    ]
}

proptest! {
    #[test]
    fn a_range_is_half_open_and_null_is_in_one_without_beginning(
        numbers in prop::collection::vec(prop::option::weighted(0.8, -4i64..4), 0..30),
        from in prop::option::of(-5i64..5),
        to in -5i64..5,
    ) {
        let inside = |n: &Option<i64>| n.map_or(from.is_none(), |n| from.is_none_or(|from| from <= n) && n < to);
        let expected: Vec<i32> = (0..).zip(&numbers).filter(|(_, n)| inside(n)).map(|(i, _)| i).collect();
        for (cursors, value) in kinds(&numbers) {
            let range = CursorRange::new("cursor", from.map(value), value(to));
            let options = ReadOptions::default().with_bounds(Bounds::Range(range));
            prop_assert_eq!(&ids(&cursors, &options).unwrap(), &expected, "{}", cursors.data_type());
            let most = numbers.iter().flatten().max().map(|n| value(*n));
            prop_assert_eq!(greatest(&cursors).unwrap(), most);
        }
    }
}

#[test]
fn a_fraction_of_a_microsecond_is_in_the_range_of_its_microsecond() {
    let nanos = DataType::Timestamp(TimeUnit::Nanosecond, None);
    let cursors = cast(&(Arc::new(Int64Array::from(vec![-1, 0, 999, 1000, 1001])) as ArrayRef), &nanos).unwrap();
    let at = |micros| CursorValue::Timestamp(Timestamp::from_micros(micros));
    for (from, to, expected) in [(-1, 0, vec![0]), (0, 1, vec![1, 2]), (1, 2, vec![3, 4])] {
        let range = CursorRange::new("cursor", Some(at(from)), at(to));
        assert_eq!(ids(&cursors, &ReadOptions::default().with_bounds(Bounds::Range(range))).unwrap(), expected);
    }
    assert_eq!(greatest(&cursors).unwrap(), Some(at(1)));
    assert_eq!(greatest(&cursors.slice(0, 1)).unwrap(), Some(at(-1)));
}

#[test]
fn rows_with_these_keys() {
    let cursors = Arc::new(Int64Array::from_iter_values(0..20)) as ArrayRef;
    let keys = batch(&cursors).project(&[1, 0]).unwrap().slice(3, 4);
    let options = ReadOptions::default().with_keys(keys.clone());
    assert_eq!(ids(&cursors, &options).unwrap(), [3, 4, 5, 6]);
    let below = Bounds::Range(CursorRange::new("cursor", None, CursorValue::Int(5)));
    assert_eq!(ids(&cursors, &options.with_bounds(below)).unwrap(), [3, 4]);
    assert!(ids(&cursors, &ReadOptions::default().with_keys(keys.slice(0, 0))).unwrap().is_empty());
}

#[test]
fn bounds_that_do_not_fit_are_refused() {
    let cursors = Arc::new(Int64Array::from(vec![1])) as ArrayRef;
    let day = CursorValue::Date(Date::from_days(0));
    for (range, kind) in [
        (CursorRange::new("cursor", None, day), ErrorKind::Config),
        (CursorRange::new("cursor", Some(day), CursorValue::Int(1)), ErrorKind::Config),
        (CursorRange::new("name", None, CursorValue::Int(1)), ErrorKind::Config),
        (CursorRange::new("nobody", None, CursorValue::Int(1)), ErrorKind::NotFound),
    ] {
        let error = ids(&cursors, &ReadOptions::default().with_bounds(Bounds::Range(range))).unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
    }
    let other =
        RecordBatch::new_empty(Arc::new(Schema::new(vec![arrow::datatypes::Field::new("x", DataType::Int64, true)])));
    assert_eq!(ids(&cursors, &ReadOptions::default().with_keys(other)).unwrap_err().kind(), ErrorKind::NotFound);
}
