//! What is known of each column's values, gathered while they pass.

use arrow::{
    array::{Array, ArrayRef, AsArray, Decimal128Array, RecordBatch},
    compute::{max, min},
    datatypes::{
        ArrowNumericType, DataType, Date32Type, Decimal128Type, DecimalType, Float32Type, Float64Type, Int8Type,
        Int16Type, Int32Type, Int64Type, Schema, TimeUnit, TimestampMicrosecondType, UInt8Type, UInt16Type, UInt32Type,
        UInt64Type,
    },
};

use super::ColumnStats;
use crate::{Date, Timestamp};

/// Gathers the [`ColumnStats`] of batches of one schema.
///
/// Extremes are those of integers, decimals, floats (NaN apart), `Date32` and timestamps in microseconds, in the
/// text of [`Decimal`](crate::Decimal), [`Date`] and [`Timestamp`].
#[derive(Clone, Debug, Default)]
pub struct StatsCollector {
    columns: Vec<Column>,
}

#[derive(Clone, Debug)]
struct Column {
    name: String,
    data_type: DataType,
    nulls: u64,
    extremes: Option<Extremes>,
}

#[derive(Clone, Copy, Debug)]
enum Extremes {
    Whole(i128, i128),
    Float(f64, f64),
}

impl StatsCollector {
    /// Of no rows yet.
    pub fn new(schema: &Schema) -> Self {
        let column = |field: &arrow::datatypes::FieldRef| Column {
            name: field.name().clone(),
            data_type: field.data_type().clone(),
            nulls: 0,
            extremes: None,
        };
        Self { columns: schema.fields().iter().map(column).collect() }
    }

    /// Adds a batch's rows, whose columns are those of the schema.
    pub fn update(&mut self, batch: &RecordBatch) {
        for (column, array) in self.columns.iter_mut().zip(batch.columns()) {
            column.add(array.null_count() as u64, extremes(array));
        }
    }

    /// Adds what another found of the same schema.
    pub fn merge(&mut self, other: &Self) {
        for (column, other) in self.columns.iter_mut().zip(&other.columns) {
            column.add(other.nulls, other.extremes);
        }
    }

    /// The least and the greatest so far in the column at this place of the schema, of whole numbers: a decimal's in units
    /// of its last digit, a day's in days and an instant's in microseconds since 1970. `None` where there is no value, or
    /// it is of another type.
    pub fn whole_extremes(&self, column: usize) -> Option<(i128, i128)> {
        match self.columns.get(column)?.extremes? {
            Extremes::Whole(min, max) => Some((min, max)),
            Extremes::Float(..) => None,
        }
    }

    /// How many rows so far have no value in the column at this place of the schema.
    pub fn nulls(&self, column: usize) -> u64 {
        self.columns.get(column).map_or(0, |column| column.nulls)
    }

    /// What was found, in the schema's order.
    pub fn finish(self) -> Vec<ColumnStats> {
        let stats = |column: Column| {
            let (min, max) = match column.extremes {
                Some(Extremes::Whole(a, b)) => (Some(text(&column.data_type, a)), Some(text(&column.data_type, b))),
                Some(Extremes::Float(a, b)) if column.data_type == DataType::Float32 => {
                    (Some((a as f32).to_string()), Some((b as f32).to_string()))
                }
                Some(Extremes::Float(a, b)) => (Some(a.to_string()), Some(b.to_string())),
                None => (None, None),
            };
            ColumnStats { name: column.name, nulls: column.nulls, min, max }
        };
        self.columns.into_iter().map(stats).collect()
    }
}

impl Column {
    fn add(&mut self, nulls: u64, new: Option<Extremes>) {
        self.nulls += nulls;
        self.extremes = match (self.extremes, new) {
            (Some(Extremes::Whole(a, b)), Some(Extremes::Whole(c, d))) => Some(Extremes::Whole(a.min(c), b.max(d))),
            (Some(Extremes::Float(a, b)), Some(Extremes::Float(c, d))) => Some(Extremes::Float(a.min(c), b.max(d))),
            (known, new) => known.or(new),
        };
    }
}

fn extremes(array: &ArrayRef) -> Option<Extremes> {
    fn whole<T: ArrowNumericType<Native: Into<i128>>>(array: &ArrayRef) -> Option<Extremes> {
        let array = array.as_primitive::<T>();
        Some(Extremes::Whole(min(array)?.into(), max(array)?.into()))
    }
    /// One look at each value is less than two: no processor compares many of 128 bits at once.
    fn units(array: &Decimal128Array) -> Option<Extremes> {
        let fold = |(a, b): (i128, i128), v: i128| (a.min(v), b.max(v));
        let none = (i128::MAX, i128::MIN);
        let (a, b) = match array.null_count() {
            0 => array.values().iter().copied().fold(none, fold),
            _ => array.iter().flatten().fold(none, fold),
        };
        (a <= b).then_some(Extremes::Whole(a, b))
    }
    fn float<T: ArrowNumericType<Native: Into<f64>>>(array: &ArrayRef) -> Option<Extremes> {
        let values = array.as_primitive::<T>().iter().flatten().map(Into::into).filter(|v: &f64| !v.is_nan());
        let fold = |known: Option<(f64, f64)>, v: f64| {
            let (a, b) = known.unwrap_or((v, v));
            Some((a.min(v), b.max(v)))
        };
        values.fold(None, fold).map(|(a, b)| Extremes::Float(a, b))
    }
    match array.data_type() {
        DataType::Int8 => whole::<Int8Type>(array),
        DataType::Int16 => whole::<Int16Type>(array),
        DataType::Int32 => whole::<Int32Type>(array),
        DataType::Int64 => whole::<Int64Type>(array),
        DataType::UInt8 => whole::<UInt8Type>(array),
        DataType::UInt16 => whole::<UInt16Type>(array),
        DataType::UInt32 => whole::<UInt32Type>(array),
        DataType::UInt64 => whole::<UInt64Type>(array),
        DataType::Decimal128(..) => units(array.as_primitive()),
        DataType::Date32 => whole::<Date32Type>(array),
        DataType::Timestamp(TimeUnit::Microsecond, _) => whole::<TimestampMicrosecondType>(array),
        DataType::Float32 => float::<Float32Type>(array),
        DataType::Float64 => float::<Float64Type>(array),
        _ => None,
    }
}

fn text(data_type: &DataType, value: i128) -> String {
    // The narrowing casts give back what the widening ones took.
    match data_type {
        DataType::Decimal128(precision, scale) => Decimal128Type::format_decimal(value, *precision, *scale),
        DataType::Date32 => Date::from_days(value as i32).to_string(),
        DataType::Timestamp(..) => Timestamp::from_micros(value as i64).to_string(),
        _ => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Decimal, date, dec, timestamp};
    use arrow::array::{
        BinaryViewArray, Date32Array, Decimal128Array, FixedSizeBinaryArray, Float64Array, Int32Array, ListArray,
        StringViewArray, Time64MicrosecondArray, TimestampMicrosecondArray, UInt64Array,
    };
    use std::sync::Arc;

    fn stats(batches: &[RecordBatch]) -> Vec<ColumnStats> {
        let mut collector = StatsCollector::new(&batches[0].schema());
        batches.iter().for_each(|b| collector.update(b));
        collector.finish()
    }

    fn one(array: impl Array + 'static) -> (u64, Option<String>, Option<String>) {
        let half = array.len() / 2;
        let batch = RecordBatch::try_from_iter_with_nullable([("c", Arc::new(array) as ArrayRef, true)]).unwrap();
        let whole = stats(std::slice::from_ref(&batch));
        let halves = [batch.slice(0, half), batch.slice(half, batch.num_rows() - half)];
        assert_eq!(whole, stats(&halves));
        let [mut merged, second] = halves.map(|half| {
            let mut collector = StatsCollector::new(&half.schema());
            collector.update(&half);
            collector
        });
        merged.merge(&second);
        assert_eq!(whole, merged.finish());
        let [ColumnStats { nulls, min, max, .. }] = whole.try_into().unwrap();
        (nulls, min, max)
    }

    fn known(nulls: u64, min: impl ToString, max: impl ToString) -> (u64, Option<String>, Option<String>) {
        (nulls, Some(min.to_string()), Some(max.to_string()))
    }

    #[test]
    fn extremes_have_the_text_of_their_types() {
        assert_eq!(one(Int32Array::from(vec![Some(3), None, Some(-7)])), known(1, -7, 3));
        assert_eq!(one(UInt64Array::from(vec![u64::MAX, 1])), known(0, 1, u64::MAX));
        let money = |units| Some(Decimal::<10, 2>::units(units));
        assert_eq!(
            one(Decimal128Array::from(vec![money(dec!(-0.05)), None, money(dec!(12.5))])
                .with_precision_and_scale(10, 2)
                .unwrap()),
            known(1, dec!(-0.05) as Decimal<10, 2>, dec!(12.50) as Decimal<10, 2>)
        );
        let (a, b) = (date!("1969-12-31"), date!("2026-01-14"));
        assert_eq!(one(Date32Array::from(vec![b.days(), a.days()])), known(0, a, b));
        let (a, b) = (timestamp!("2026-01-14 10:00:00.25"), timestamp!("2026-01-14 10:00:01"));
        assert_eq!(one(TimestampMicrosecondArray::from(vec![b.micros(), a.micros()])), known(0, a, b));
        assert_eq!(one(Float64Array::from(vec![f64::NAN, 0.1, f64::NAN, -2.5])), known(0, -2.5, 0.1));
    }

    #[test]
    fn whole_numbers_are_told_as_such() {
        let price = Decimal128Array::from(vec![Some(1250), None, Some(-5)]).with_precision_and_scale(10, 2).unwrap();
        let rate = Float64Array::from(vec![0.5, 1.5, 2.5]);
        let batch = RecordBatch::try_from_iter_with_nullable([
            ("price", Arc::new(price) as ArrayRef, true),
            ("rate", Arc::new(rate) as ArrayRef, true),
        ]);
        let batch = batch.unwrap();
        let mut collector = StatsCollector::new(&batch.schema());
        assert_eq!((collector.whole_extremes(0), collector.nulls(0)), (None, 0));
        collector.update(&batch);
        assert_eq!((collector.whole_extremes(0), collector.nulls(0)), (Some((-5, 1250)), 1));
        assert_eq!((collector.whole_extremes(1), collector.nulls(1)), (None, 0));
        assert_eq!((collector.whole_extremes(2), collector.nulls(2)), (None, 0));
    }

    #[test]
    fn texts_and_nulls_have_none() {
        assert_eq!(one(StringViewArray::from(vec![Some("ada@example.org"), None])), (1, None, None));
        assert_eq!(one(Int32Array::from(vec![None, None])), (2, None, None));
        assert_eq!(one(Float64Array::from(vec![f64::NAN])), (0, None, None));
        assert_eq!(one(BinaryViewArray::from(vec![Some(&b"\xff"[..]), None])), (1, None, None));
        assert_eq!(one(FixedSizeBinaryArray::try_from(vec![Some(&[1u8; 16][..]), None]).unwrap()), (1, None, None));
        assert_eq!(one(Time64MicrosecondArray::from(vec![Some(1), None, Some(2)])), (1, None, None));
        let lists = [Some(vec![Some(1), None]), None, Some(vec![])];
        assert_eq!(one(ListArray::from_iter_primitive::<Int32Type, _, _>(lists)), (1, None, None));
    }
}
