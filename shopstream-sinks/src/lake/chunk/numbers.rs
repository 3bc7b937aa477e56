//! Columns of whole numbers.

use arrow::{
    array::{Array, ArrowPrimitiveType, AsArray, PrimitiveArray},
    datatypes::{
        DataType, Date32Type, Decimal128Type, Int8Type, Int16Type, Int32Type, Int64Type, TimestampMicrosecondType,
    },
};
use parquet::basic::Encoding;
use std::borrow::Cow;

use super::{
    super::text_extremes::TextExtremes,
    Values,
    differences::{Differences, Whole},
};

/// Numbers as Parquet stores those of an array.
pub(super) trait Stored: Whole {
    /// The values that there are.
    fn values(rows: &dyn Array) -> Cow<'_, [Self]>;
}

impl Stored for i32 {
    fn values(rows: &dyn Array) -> Cow<'_, [Self]> {
        match rows.data_type() {
            DataType::Int8 => converted::<Int8Type, _>(rows, Self::from),
            DataType::Int16 => converted::<Int16Type, _>(rows, Self::from),
            DataType::Date32 => as_they_are::<Date32Type>(rows),
            // Of nine digits at most.
            DataType::Decimal128(..) => converted::<Decimal128Type, _>(rows, |number| number as Self),
            _ => as_they_are::<Int32Type>(rows),
        }
    }
}

impl Stored for i64 {
    fn values(rows: &dyn Array) -> Cow<'_, [Self]> {
        match rows.data_type() {
            DataType::Timestamp(..) => as_they_are::<TimestampMicrosecondType>(rows),
            // Of eighteen digits at most.
            DataType::Decimal128(..) => converted::<Decimal128Type, _>(rows, |number| number as Self),
            _ => as_they_are::<Int64Type>(rows),
        }
    }
}

fn as_they_are<T: ArrowPrimitiveType>(rows: &dyn Array) -> Cow<'_, [T::Native]> {
    match rows.null_count() {
        0 => Cow::Borrowed(rows.as_primitive::<T>().values()),
        _ => converted::<T, _>(rows, |number| number),
    }
}

fn converted<T: ArrowPrimitiveType, W: Clone>(rows: &dyn Array, to: fn(T::Native) -> W) -> Cow<'_, [W]> {
    let rows: &PrimitiveArray<T> = rows.as_primitive();
    Cow::Owned(match rows.null_count() {
        0 => rows.values().iter().map(|number| to(*number)).collect(),
        _ => rows.iter().flatten().map(to).collect(),
    })
}

impl<T: Stored> Values for Differences<T> {
    fn encoding(&self) -> Encoding {
        Encoding::DELTA_BINARY_PACKED
    }

    fn bytes(&self) -> usize {
        self.bytes()
    }

    fn put(&mut self, rows: &dyn Array, _: usize, _: &mut TextExtremes) -> usize {
        self.put(&T::values(rows));
        rows.len()
    }

    fn flush(&mut self, page: &mut Vec<u8>) {
        self.flush(page);
    }
}
