//! A column's values in one of two forms: exact numbers, or texts.

use arrow::{
    array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, StringViewArray},
    buffer::{NullBuffer, ScalarBuffer},
    compute::cast,
    datatypes::{
        DataType, Date32Type, Date64Type, Decimal32Type, Decimal64Type, Decimal128Type, Float16Type, Float32Type,
        Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, TimeUnit, TimestampMicrosecondType,
        TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type, UInt32Type,
        UInt64Type,
    },
};

use super::number::Number;
use crate::{Error, Result};

/// What can be compared with each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// Integers and decimals.
    Number,
    /// Dates and timestamps, as seconds since 1970 and their fraction.
    Instant,
    /// Booleans.
    Flag,
    /// Floats, as integers of the same order.
    Float,
    /// Texts.
    Text,
}

/// The values of a column in a batch.
#[derive(Clone, Debug)]
pub(super) enum Values {
    Exact(Exact),
    Text(StringViewArray),
}

/// Values that are units of one scale.
#[derive(Clone, Debug)]
pub(super) struct Exact {
    pub(super) class: Class,
    pub(super) scale: i32,
    units: Units,
    nulls: Option<NullBuffer>,
}

#[derive(Clone, Debug)]
enum Units {
    Narrow(ScalarBuffer<i64>),
    Wide(ScalarBuffer<i128>),
}

/// One value, as a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key<'a> {
    Units(i128),
    Text(&'a str),
}

impl Exact {
    fn new(class: Class, scale: i32, units: Units, array: &dyn Array) -> Self {
        Self { class, scale, units, nulls: array.nulls().cloned() }
    }

    /// The units of row `i`; `None` for NULL.
    #[inline]
    pub(super) fn get(&self, i: usize) -> Option<i128> {
        if self.nulls.as_ref().is_some_and(|n| n.is_null(i)) {
            return None;
        }
        Some(match &self.units {
            Units::Narrow(units) => units[i].into(),
            Units::Wide(units) => units[i],
        })
    }

    /// The number in row `i`; `None` for NULL.
    #[inline]
    pub(super) fn number(&self, i: usize) -> Option<Number> {
        self.get(i).map(|units| Number { units, scale: self.scale })
    }
}

impl Values {
    /// The values of an array; `None` when its type is not one that data tests compare.
    pub(super) fn of(array: &ArrayRef) -> Result<Option<Self>> {
        use Class::{Flag, Instant, Number};
        let exact = |class, scale: i32, units| Ok(Some(Self::Exact(Exact::new(class, scale, units, array))));
        match array.data_type() {
            DataType::Int8 => exact(Number, 0, narrow::<Int8Type>(array, i64::from)),
            DataType::Int16 => exact(Number, 0, narrow::<Int16Type>(array, i64::from)),
            DataType::Int32 => exact(Number, 0, narrow::<Int32Type>(array, i64::from)),
            DataType::Int64 => exact(Number, 0, Units::Narrow(array.as_primitive::<Int64Type>().values().clone())),
            DataType::UInt8 => exact(Number, 0, narrow::<UInt8Type>(array, i64::from)),
            DataType::UInt16 => exact(Number, 0, narrow::<UInt16Type>(array, i64::from)),
            DataType::UInt32 => exact(Number, 0, narrow::<UInt32Type>(array, i64::from)),
            DataType::UInt64 => exact(Number, 0, wide::<UInt64Type>(array)),
            DataType::Decimal32(_, scale) => exact(Number, i32::from(*scale), wide::<Decimal32Type>(array)),
            DataType::Decimal64(_, scale) => exact(Number, i32::from(*scale), wide::<Decimal64Type>(array)),
            DataType::Decimal128(_, scale) => {
                let units = array.as_primitive::<Decimal128Type>().values().clone();
                exact(Number, i32::from(*scale), Units::Wide(units))
            }
            DataType::Date32 => exact(Instant, 0, narrow::<Date32Type>(array, |day| i64::from(day) * 86_400)),
            DataType::Date64 => exact(Instant, 3, Units::Narrow(array.as_primitive::<Date64Type>().values().clone())),
            DataType::Timestamp(unit, _) => {
                let (scale, units) = match unit {
                    TimeUnit::Second => (0, array.as_primitive::<TimestampSecondType>().values().clone()),
                    TimeUnit::Millisecond => (3, array.as_primitive::<TimestampMillisecondType>().values().clone()),
                    TimeUnit::Microsecond => (6, array.as_primitive::<TimestampMicrosecondType>().values().clone()),
                    TimeUnit::Nanosecond => (9, array.as_primitive::<TimestampNanosecondType>().values().clone()),
                };
                exact(Instant, scale, Units::Narrow(units))
            }
            DataType::Boolean => {
                let units = array.as_boolean().values().iter().map(i64::from).collect::<Vec<_>>();
                exact(Flag, 0, Units::Narrow(units.into()))
            }
            DataType::Float16 => exact(Class::Float, 0, narrow::<Float16Type>(array, |v| ordered(v.into()))),
            DataType::Float32 => exact(Class::Float, 0, narrow::<Float32Type>(array, |v| ordered(v.into()))),
            DataType::Float64 => exact(Class::Float, 0, narrow::<Float64Type>(array, ordered)),
            DataType::Utf8View => Ok(Some(Self::Text(array.as_string_view().clone()))),
            DataType::Utf8 | DataType::LargeUtf8 => {
                Ok(Some(Self::Text(cast(array, &DataType::Utf8View)?.as_string_view().clone())))
            }
            DataType::Dictionary(_, values) => Self::of(&cast(array, values)?),
            _ => Ok(None),
        }
    }

    pub(super) fn class(&self) -> Class {
        match self {
            Values::Exact(exact) => exact.class,
            Values::Text(_) => Class::Text,
        }
    }

    /// The digits behind the point of its units.
    pub(super) fn scale(&self) -> i32 {
        match self {
            Values::Exact(exact) => exact.scale,
            Values::Text(_) => 0,
        }
    }

    /// The value of row `i`; `None` for NULL.
    #[inline]
    pub(super) fn key(&self, i: usize) -> Option<Key<'_>> {
        match self {
            Values::Exact(exact) => exact.get(i).map(Key::Units),
            Values::Text(texts) => (!texts.is_null(i)).then(|| Key::Text(texts.value(i))),
        }
    }
}

fn narrow<T: ArrowPrimitiveType>(array: &ArrayRef, units: impl Fn(T::Native) -> i64) -> Units {
    Units::Narrow(array.as_primitive::<T>().values().iter().map(|v| units(*v)).collect())
}

fn wide<T: ArrowPrimitiveType<Native: Into<i128>>>(array: &ArrayRef) -> Units {
    Units::Wide(array.as_primitive::<T>().values().iter().map(|v| (*v).into()).collect())
}

/// An integer in the order of the floats: -0 is 0, NaN is the largest.
fn ordered(value: f64) -> i64 {
    if value.is_nan() {
        return i64::MAX;
    }
    let bits = (value + 0.0).to_bits() as i64;
    if bits < 0 { i64::MIN - bits } else { bits }
}

/// The complaint about a column of a type that a rule cannot take.
pub(super) fn unfit(wanted: &'static str, found: &DataType) -> Error {
    Error::schema("a data test cannot use a column of this type").with("expected", wanted).with("found", found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_keep_their_order() {
        let values =
            [f64::NEG_INFINITY, -1.5, -1.0, -f64::MIN_POSITIVE, 0.0, f64::MIN_POSITIVE, 1.0, f64::INFINITY, f64::NAN];
        assert!(values.windows(2).all(|w| ordered(w[0]) < ordered(w[1])));
        assert_eq!(ordered(-0.0), ordered(0.0));
        assert_eq!(ordered(-f64::NAN), ordered(f64::NAN));
    }
}
