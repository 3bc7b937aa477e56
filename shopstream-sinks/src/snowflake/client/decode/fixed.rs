//! Numbers with a fixed point: whole units of ten to the power of minus scale.

use arrow::{
    array::{Array, ArrayRef, AsArray, Decimal128Array, Int64Array, PrimitiveArray},
    compute::cast,
    datatypes::{DataType, Decimal128Type, Field, Int64Type},
};
use shopstream_core::{Error, Result};
use std::sync::Arc;

use super::{Kind, bad_value};

const DIGITS: &str = "a number has more digits than its column's type: cast it in the query to one that holds it";

/// A column of numbers in any width as `Int64` or `Decimal128`, exactly.
pub(super) fn column(kind: Kind, field: &Field, array: &ArrayRef) -> Result<ArrayRef> {
    let (units, from) = units(kind, field, array)?;
    let fails = || bad_value(field.name(), DIGITS);
    Ok(match kind {
        Kind::Decimal { precision, scale } => {
            let shifted: Option<Decimal128Array> = map(&units, |unit| within(shift(unit, from, scale)?, precision));
            let shifted = shifted.ok_or_else(fails)?;
            Arc::new(shifted.with_precision_and_scale(precision, scale.cast_signed())?)
        }
        _ => {
            let whole: Option<Int64Array> = map(&units, |unit| i64::try_from(shift(unit, from, 0)?).ok());
            Arc::new(whole.ok_or_else(fails)?)
        }
    })
}

/// The units, and the scale in which they are.
fn units(kind: Kind, field: &Field, array: &ArrayRef) -> Result<(Decimal128Array, u8)> {
    let declared = match kind {
        Kind::Decimal { scale, .. } => scale,
        _ => 0,
    };
    match array.data_type() {
        DataType::Decimal128(_, scale) => {
            let scale = u8::try_from(*scale).map_err(|_| unreadable(field, array))?;
            Ok((array.as_primitive::<Decimal128Type>().clone(), scale))
        }
        whole if whole.is_signed_integer() => {
            let whole = cast(array, &DataType::Int64)?;
            let whole = whole.as_primitive::<Int64Type>();
            let units: Decimal128Array = whole.unary(i128::from);
            // The part's own word counts: it says of what its integers are units.
            let scale = match field.metadata().get("scale") {
                Some(text) => text.parse().ok().filter(|s| *s <= 38).ok_or_else(|| unreadable(field, array))?,
                None => declared,
            };
            Ok((units, scale))
        }
        _ => Err(unreadable(field, array)),
    }
}

fn unreadable(field: &Field, array: &ArrayRef) -> Error {
    super::arrow::unreadable(field, array)
}

/// Units of one scale as units of another, if that loses nothing.
pub(super) fn shift(units: i128, from: u8, to: u8) -> Option<i128> {
    let power = |by: u8| 10_i128.checked_pow(u32::from(by));
    if from <= to {
        return units.checked_mul(power(to - from)?);
    }
    let by = power(from - to)?;
    (units % by == 0).then_some(units / by)
}

/// Units, if they have no more digits than this.
pub(super) fn within(units: i128, precision: u8) -> Option<i128> {
    (units.unsigned_abs() < 10_u128.pow(u32::from(precision))).then_some(units)
}

/// Each value that there is, or nothing if one cannot be.
pub(super) fn map<A, B>(
    array: &PrimitiveArray<A>,
    each: impl Fn(A::Native) -> Option<B::Native>,
) -> Option<PrimitiveArray<B>>
where
    A: arrow::datatypes::ArrowPrimitiveType,
    B: arrow::datatypes::ArrowPrimitiveType,
{
    array.try_unary(|value| each(value).ok_or(())).ok()
}

/// Units of this scale of a decimal number as text: `-12.5` is -1250 of scale 2. Nothing when it is no number, or has
/// digits beyond the scale.
pub(super) fn parse(text: &str, scale: u8) -> Option<i128> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let mut units: i128 = 0;
    let (kept, beyond) = fraction.split_at_checked(usize::from(scale)).unwrap_or((fraction, ""));
    if !beyond.bytes().all(|b| b == b'0') {
        return None;
    }
    for byte in whole.bytes().chain(kept.bytes()) {
        let digit = byte.is_ascii_digit().then(|| i128::from(byte - b'0'))?;
        units = units.checked_mul(10)?.checked_add(digit)?;
    }
    let missing = u32::from(scale).checked_sub(u32::try_from(kept.len()).ok()?)?;
    let units = units.checked_mul(10_i128.checked_pow(missing)?)?;
    Some(if negative { -units } else { units })
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{Int8Array, Int16Array, Int32Array};
    use proptest::prelude::*;

    const MONEY: Kind = Kind::Decimal { precision: 10, scale: 2 };

    fn field(scale: Option<&str>) -> Field {
        let metadata = scale.map(|s| ("scale".to_owned(), s.to_owned())).into_iter().collect();
        Field::new("amount", DataType::Null, true).with_metadata(metadata)
    }

    #[test]
    fn the_integer_is_the_units_whatever_its_width() {
        let expected = Decimal128Array::from(vec![Some(101), None]).with_precision_and_scale(10, 2).unwrap();
        let widths: [ArrayRef; 5] = [
            Arc::new(Int8Array::from(vec![Some(101), None])),
            Arc::new(Int16Array::from(vec![Some(101), None])),
            Arc::new(Int32Array::from(vec![Some(101), None])),
            Arc::new(Int64Array::from(vec![Some(101), None])),
            Arc::new(Decimal128Array::from(vec![Some(101), None]).with_precision_and_scale(38, 2).unwrap()),
        ];
        for array in widths {
            for scale in [None, Some("2")] {
                let read = column(MONEY, &field(scale), &array).unwrap();
                assert_eq!(read.as_primitive::<Decimal128Type>(), &expected, "{}", array.data_type());
            }
        }
    }

    #[test]
    fn whole_numbers_are_int64_and_what_does_not_fit_is_refused_unseen() {
        let part: ArrayRef = Arc::new(Decimal128Array::from(vec![7]).with_precision_and_scale(38, 1).unwrap());
        assert!(column(Kind::Int, &field(None), &part).is_err(), "0.7 is not whole");
        let whole = Decimal128Array::from(vec![i128::from(i64::MAX)]).with_precision_and_scale(19, 0).unwrap();
        let read = column(Kind::Int, &field(None), &(Arc::new(whole) as ArrayRef)).unwrap();
        assert_eq!(read.as_primitive::<Int64Type>().value(0), i64::MAX);
        let above = Decimal128Array::from(vec![i128::from(i64::MAX) + 1]).with_precision_and_scale(38, 0).unwrap();
        let error = column(Kind::Int, &field(None), &(Arc::new(above) as ArrayRef)).unwrap_err();
        assert_eq!(error.context("column"), Some("amount"));
        assert!(!error.to_string().contains("9223372036854775808"), "{error}");
    }

    #[test]
    fn floats_are_never_money() {
        let floats: ArrayRef = Arc::new(arrow::array::Float64Array::from(vec![1.01]));
        assert_eq!(column(MONEY, &field(None), &floats).unwrap_err().kind(), shopstream_core::ErrorKind::Schema);
    }

    #[test]
    fn text_has_its_edges() {
        for (text, scale, expected) in [
            ("12.5", 2, Some(1250)),
            ("-0.01", 2, Some(-1)),
            (".5", 1, Some(5)),
            ("5.", 1, Some(50)),
            ("1.230", 2, Some(123)),
            ("1.235", 2, None),
            ("", 0, None),
            (".", 0, None),
            ("-", 0, None),
            ("1e3", 0, None),
            ("--1", 0, None),
            ("é", 0, None),
            ("1.é", 1, None),
            ("99999999999999999999999999999999999999", 0, Some(10_i128.pow(38) - 1)),
            ("9999999999999999999999999999999999999999", 0, None),
        ] {
            assert_eq!(parse(text, scale), expected, "{text}");
        }
    }

    proptest! {
        /// The oracle is Arrow's own way to write a decimal.
        #[test]
        fn text_is_read_as_arrow_writes_it(units in -(10_i128.pow(38) - 1)..10_i128.pow(38), scale in 0_u8..=38) {
            let decimal = Decimal128Array::from(vec![units]).with_precision_and_scale(38, scale.cast_signed()).unwrap();
            prop_assert_eq!(parse(&decimal.value_as_string(0), scale), Some(units));
        }

        /// Any text at all is answered, and only digits, one point and a sign are numbers.
        #[test]
        fn any_text_is_answered(text in "[-+.0-9eé ]{0,12}", scale in 0_u8..=38) {
            if let Some(units) = parse(&text, scale) {
                let sign = if units < 0 { "-" } else { "" };
                prop_assert!(text.trim_start_matches(['+', '-']).bytes().all(|b| b.is_ascii_digit() || b == b'.'));
                prop_assert!(text.starts_with(sign));
            }
        }

        /// A part may come in a wider or a narrower scale than the column's: nothing is lost, or it is refused.
        #[test]
        fn scales_are_shifted_exactly(units in any::<i64>(), from in 0_u8..12, to in 0_u8..12) {
            let shifted = shift(units.into(), from, to);
            let exact = i128::from(units) * 10_i128.pow(to.into());
            prop_assert_eq!(shifted.is_some(), exact % 10_i128.pow(from.into()) == 0);
            if let Some(shifted) = shifted {
                prop_assert_eq!(shifted * 10_i128.pow(from.into()), exact);
            }
        }
    }
}
