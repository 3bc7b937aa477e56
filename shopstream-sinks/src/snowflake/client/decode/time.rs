//! Times of day and moments: seconds in whole units of ten to the power of minus scale, or a struct of parts.
//!
//! A timestamp is a number of units since 1970, or, where that may not fit into 64 bits, a struct of `epoch` (seconds)
//! and `fraction` (nanoseconds, always forward from the second). One with a zone has the offset besides, in minutes
//! plus 1440, as `timezone`; if its scale is small it has no `fraction`, and `epoch` is in units of the scale.

use arrow::{
    array::{Array, ArrayRef, AsArray, StructArray, Time64MicrosecondArray, TimestampMicrosecondArray},
    compute::cast,
    datatypes::{DataType, Field, Int32Type, Int64Type, Time64MicrosecondType, TimeUnit, TimestampMicrosecondType},
};
use shopstream_core::Result;
use std::sync::Arc;

use super::{Zone, arrow::unreadable, bad_value, fixed};

/// The scale of a microsecond.
pub(super) const MICROS: u8 = 6;
const DAY: i64 = 86_400_000_000;
const FINER: &str = "a time is finer than a microsecond, or too far away: cast it in the query, for instance by \
                     ::TIMESTAMP_NTZ(6) or ::TIME(6)";

/// Microseconds of so many units of this scale, if that loses nothing.
pub(super) fn micros(units: i128, scale: u8) -> Option<i64> {
    i64::try_from(fixed::shift(units, scale, MICROS)?).ok()
}

/// Microseconds since midnight, if they are within a day.
pub(super) fn of_day(micros: i64) -> Option<i64> {
    (0..DAY).contains(&micros).then_some(micros)
}

/// The scale of a unit of Arrow's.
fn scale_of(unit: TimeUnit) -> u8 {
    match unit {
        TimeUnit::Second => 0,
        TimeUnit::Millisecond => 3,
        TimeUnit::Microsecond => 6,
        TimeUnit::Nanosecond => 9,
    }
}

/// A column of times of day.
pub(super) fn times(scale: u8, field: &Field, array: &ArrayRef) -> Result<ArrayRef> {
    let (units, scale) = match array.data_type() {
        DataType::Time32(unit) => (cast(&cast(array, &DataType::Int32)?, &DataType::Int64)?, scale_of(*unit)),
        DataType::Time64(unit) => (cast(array, &DataType::Int64)?, scale_of(*unit)),
        whole if whole.is_signed_integer() => (cast(array, &DataType::Int64)?, scale),
        _ => return Err(unreadable(field, array)),
    };
    let units = units.as_primitive::<Int64Type>();
    let times = fixed::map::<_, Time64MicrosecondType>(units, |unit| of_day(micros(unit.into(), scale)?));
    let times: Time64MicrosecondArray = times.ok_or_else(|| bad_value(field.name(), FINER))?;
    Ok(Arc::new(times))
}

/// A column of moments.
pub(super) fn timestamps(scale: u8, zone: Zone, field: &Field, array: &ArrayRef) -> Result<ArrayRef> {
    let moments = match array.data_type() {
        DataType::Struct(_) => parts(scale, array.as_struct()).ok_or_else(|| unreadable(field, array))?,
        DataType::Timestamp(unit, _) => units(scale_of(*unit), &cast(array, &DataType::Int64)?),
        whole if whole.is_signed_integer() => units(scale, &cast(array, &DataType::Int64)?),
        _ => return Err(unreadable(field, array)),
    };
    let moments = moments.ok_or_else(|| bad_value(field.name(), FINER))?;
    Ok(Arc::new(moments.with_timezone_opt(zone.name())))
}

fn units(scale: u8, array: &ArrayRef) -> Option<TimestampMicrosecondArray> {
    fixed::map::<_, TimestampMicrosecondType>(array.as_primitive::<Int64Type>(), |unit| micros(unit.into(), scale))
}

/// The moments of a struct's parts: nothing when it has not the parts, nothing inside when a moment does not fit.
fn parts(scale: u8, parts: &StructArray) -> Option<Option<TimestampMicrosecondArray>> {
    let epoch = parts.column_by_name("epoch")?.as_primitive_opt::<Int64Type>()?;
    let fraction = match parts.column_by_name("fraction") {
        Some(fraction) => Some(fraction.as_primitive_opt::<Int32Type>()?),
        None => None,
    };
    let moment = |i: usize| match fraction {
        Some(fraction) => {
            let nanos = i128::from(epoch.value(i)) * 1_000_000_000 + i128::from(fraction.value(i));
            micros(nanos, 9)
        }
        None => micros(epoch.value(i).into(), scale),
    };
    // NULL is a NULL struct of one version of the server, and one of NULL parts of another.
    let there = |i: usize| parts.is_valid(i) && epoch.is_valid(i);
    Some((0..parts.len()).map(|i| if there(i) { moment(i).map(Some) } else { Some(None) }).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::{
        array::{Int32Array, Int64Array, Time64NanosecondArray, TimestampNanosecondArray},
        buffer::NullBuffer,
    };
    use proptest::prelude::*;

    fn field() -> Field {
        Field::new("at", DataType::Null, true)
    }

    fn read(scale: u8, array: impl Array + 'static) -> Result<Vec<Option<i64>>> {
        let read = timestamps(scale, Zone::None, &field(), &(Arc::new(array) as ArrayRef))?;
        Ok(read.as_primitive::<TimestampMicrosecondType>().iter().collect())
    }

    fn of_parts(names: &[&str], columns: Vec<ArrayRef>, nulls: Option<NullBuffer>) -> StructArray {
        let fields = names.iter().zip(&columns).map(|(n, c)| Field::new(*n, c.data_type().clone(), true));
        StructArray::new(fields.collect(), columns, nulls)
    }

    fn longs(values: &[Option<i64>]) -> ArrayRef {
        Arc::new(Int64Array::from(values.to_vec()))
    }

    fn ints(values: &[Option<i32>]) -> ArrayRef {
        Arc::new(Int32Array::from(values.to_vec()))
    }

    #[test]
    fn units_structs_and_zones_are_the_same_moment() {
        let expected = vec![Some(1_700_000_000_123_000), None, Some(-500_000)];
        let moments = Int64Array::from(vec![Some(1_700_000_000_123), None, Some(-500)]);
        assert_eq!(read(3, moments).unwrap(), expected);
        let epoch = longs(&[Some(1_700_000_000), Some(0), Some(-1)]);
        let fraction = ints(&[Some(123_000_000), Some(0), Some(500_000_000)]);
        let nulls = Some(NullBuffer::from(vec![true, false, true]));
        let local = of_parts(&["epoch", "fraction"], vec![epoch.clone(), fraction.clone()], nulls.clone());
        assert_eq!(read(9, local).unwrap(), expected);
        // The offset, an hour and a half behind UTC here, is no part of the moment.
        let offset = ints(&[Some(1440 - 90); 3]);
        let wide = of_parts(&["epoch", "fraction", "timezone"], vec![epoch, fraction, offset.clone()], nulls);
        assert_eq!(read(9, wide).unwrap(), expected);
        // Without a fraction the epoch is in units of the scale, and NULL may be in the parts.
        let millis = longs(&[Some(1_700_000_000_123), None, Some(-500)]);
        let narrow = of_parts(&["epoch", "timezone"], vec![millis, offset], None);
        assert_eq!(read(3, narrow).unwrap(), expected);
    }

    #[test]
    fn zones_are_in_the_type() {
        let array: ArrayRef = longs(&[Some(1)]);
        let zoned = timestamps(0, Zone::Utc, &field(), &array).unwrap();
        assert_eq!(zoned.data_type(), &DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())));
        let without = timestamps(0, Zone::None, &field(), &array).unwrap();
        assert_eq!(without.data_type(), &DataType::Timestamp(TimeUnit::Microsecond, None));
    }

    #[test]
    fn what_a_microsecond_cannot_hold_is_refused() {
        let too_fine = of_parts(&["epoch", "fraction"], vec![longs(&[Some(1)]), ints(&[Some(1)])], None);
        let error = read(9, too_fine).unwrap_err();
        assert!(error.to_string().contains("TIMESTAMP_NTZ(6)") && error.to_string().contains("column: at"), "{error}");
        assert!(read(0, Int64Array::from(vec![i64::MAX])).is_err());
        assert!(read(9, of_parts(&["seconds"], vec![longs(&[Some(1)])], None)).is_err());
    }

    #[test]
    fn times_of_day_come_in_any_width_and_end_with_the_day() {
        let times = |scale, array: ArrayRef| {
            let read = times(scale, &field(), &array)?;
            Ok::<_, shopstream_core::Error>(read.as_primitive::<Time64MicrosecondType>().iter().collect::<Vec<_>>())
        };
        assert_eq!(times(0, ints(&[Some(3600), None])).unwrap(), [Some(3_600_000_000), None]);
        assert_eq!(times(9, longs(&[Some(3_600_000_001_000)])).unwrap(), [Some(3_600_000_001)]);
        let native = Time64NanosecondArray::from(vec![3_600_000_001_000]);
        assert_eq!(times(0, Arc::new(native)).unwrap(), [Some(3_600_000_001)]);
        assert!(times(9, longs(&[Some(1)])).is_err() && times(0, ints(&[Some(86_400)])).is_err());
        assert!(times(0, ints(&[Some(-1)])).is_err());
    }

    proptest! {
        /// However the server cuts a moment up, it stays the same.
        #[test]
        fn every_encoding_gives_the_moment(micros in -(1_i64 << 53)..(1_i64 << 53), offset in -840_i32..=840) {
            let nanos = micros * 1_000;
            prop_assert_eq!(read(6, Int64Array::from(vec![micros])).unwrap(), [Some(micros)]);
            prop_assert_eq!(read(9, Int64Array::from(vec![nanos])).unwrap(), [Some(micros)]);
            prop_assert_eq!(read(0, TimestampNanosecondArray::from(vec![nanos])).unwrap(), [Some(micros)]);
            let epoch = longs(&[Some(micros.div_euclid(1_000_000))]);
            let fraction = ints(&[Some(i32::try_from(micros.rem_euclid(1_000_000)).unwrap() * 1_000)]);
            let parts = of_parts(&["epoch", "fraction", "timezone"], vec![epoch, fraction, ints(&[Some(1440 + offset)])], None);
            prop_assert_eq!(read(9, parts).unwrap(), [Some(micros)]);
        }
    }
}
