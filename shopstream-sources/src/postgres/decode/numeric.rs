//! `numeric` on the wire: base-10000 digits around a decimal point, to an integer of units of the last digit.

use super::Fault;
use crate::postgres::wire::{INFINITY, MINUS_INFINITY, NAN, NEGATIVE, POSITIVE, POWERS};

/// The value in units of 10^-`scale`, exactly, with at most `precision` digits, of a field that is the first bytes of these.
#[inline]
pub(super) fn read(rest: &[u8], length: usize, precision: u8, scale: u8) -> Result<i128, Fault> {
    match usual(rest, length, scale) {
        Some(units) if u128::from(units) < POWERS[usize::from(precision)] => Ok(units.into()),
        _ => units(rest.get(..length).unwrap_or_default(), precision, scale),
    }
}

/// What most columns hold, without a loop or a guess at how many digits there are: no less than 0, up to two digits before
/// the point and one behind it. `None` where it is anything else, also when something is wrong with it.
#[inline]
fn usual(rest: &[u8], length: usize, scale: u8) -> Option<u64> {
    let (&head, digits) = rest.split_first_chunk::<8>()?;
    let (head, digits) = (u64::from_be_bytes(head), u64::from_be_bytes(*digits.first_chunk()?));
    let (count, weight, sign) = (head >> 48, head >> 32 & 0xFFFF, head >> 16 & 0xFFFF);
    if !(1..=3).contains(&count) || length as u64 != 8 + 2 * count || sign != u64::from(POSITIVE) {
        return None;
    }
    // What comes behind its digits is not its own.
    let digits = digits & !(u64::MAX >> (16 * count));
    let (a, b, c) = (digits >> 48, digits >> 32 & 0xFFFF, digits >> 16 & 0xFFFF);
    if a.max(b).max(c) > 9999 {
        return None;
    }
    // In units of 10^-4.
    let units = match weight {
        0 if c == 0 => a * 10_000 + b,
        1 => a * 100_000_000 + b * 10_000 + c,
        _ => return None,
    };
    // Divisors that are known here cost no division.
    let (units, rest) = match scale {
        0 => (units / 10_000, units % 10_000),
        1 => (units / 1000, units % 1000),
        2 => (units / 100, units % 100),
        3 => (units / 10, units % 10),
        4 => (units, 0),
        _ => return None,
    };
    (rest == 0).then_some(units)
}

fn units(field: &[u8], precision: u8, scale: u8) -> Result<i128, Fault> {
    let Some((head, digits)) = field.split_first_chunk::<8>() else { return Err(Fault::Malformed) };
    let count = usize::from(u16::from_be_bytes([head[0], head[1]]));
    let weight = i32::from(i16::from_be_bytes([head[2], head[3]]));
    let sign = u16::from_be_bytes([head[4], head[5]]);
    if digits.len() != 2 * count {
        return Err(Fault::Malformed);
    }
    match sign {
        POSITIVE | NEGATIVE => {}
        NAN | INFINITY | MINUS_INFINITY => return Err(Fault::Special),
        _ => return Err(Fault::Malformed),
    }
    // The value is below 10000^(weight + 1), so this many digits hold it.
    let bound = 4 * (weight + 1) + i32::from(scale);
    let units = if (0..=19).contains(&bound) { short(digits, weight, scale)? } else { long(digits, weight, scale)? };
    if units >= POWERS[usize::from(precision)] {
        return Err(Fault::TooLarge);
    }
    // Below 10^38, so it fits.
    let units = units as i128;
    Ok(if sign == NEGATIVE { -units } else { units })
}

fn digit(pair: &[u8]) -> Result<u16, Fault> {
    let digit = u16::from_be_bytes([pair[0], pair[1]]);
    if digit > 9999 { Err(Fault::Malformed) } else { Ok(digit) }
}

/// Splits the digit that the scale cuts through: what is kept, and by what to shift what stands before it.
#[inline]
fn cut(digit: u16, exponent: i32) -> Result<(u16, u16), Fault> {
    // Divisors that are known here cost no division.
    match exponent {
        -1 if digit.is_multiple_of(10) => Ok((digit / 10, 1000)),
        -2 if digit.is_multiple_of(100) => Ok((digit / 100, 100)),
        -3 if digit.is_multiple_of(1000) => Ok((digit / 1000, 10)),
        _ => Err(Fault::Loss),
    }
}

/// For values that fit 19 digits: no step can overflow.
#[inline]
fn short(digits: &[u8], weight: i32, scale: u8) -> Result<u128, Fault> {
    let mut units = 0u64;
    let mut exponent = 4 * weight + i32::from(scale);
    for pair in digits.chunks_exact(2) {
        let digit = digit(pair)?;
        if exponent >= 0 {
            units = units * 10_000 + u64::from(digit);
        } else if exponent > -4 {
            let (kept, shift) = cut(digit, exponent)?;
            units = units * u64::from(shift) + u64::from(kept);
        } else if digit != 0 {
            return Err(Fault::Loss);
        }
        exponent -= 4;
    }
    // The digits that the wire leaves out behind the last one are zeros.
    if exponent > -4 {
        units *= POWERS[(exponent + 4) as usize] as u64;
    }
    Ok(u128::from(units))
}

#[cold]
fn long(digits: &[u8], weight: i32, scale: u8) -> Result<u128, Fault> {
    let mut units = 0u128;
    let mut exponent = 4 * weight + i32::from(scale);
    let push = |units: u128, shift: u128, digit: u16| {
        units.checked_mul(shift).and_then(|u| u.checked_add(u128::from(digit))).ok_or(Fault::TooLarge)
    };
    for pair in digits.chunks_exact(2) {
        let digit = digit(pair)?;
        if exponent >= 0 {
            units = push(units, 10_000, digit)?;
        } else if exponent > -4 {
            let (kept, shift) = cut(digit, exponent)?;
            units = push(units, u128::from(shift), kept)?;
        } else if digit != 0 {
            return Err(Fault::Loss);
        }
        exponent -= 4;
    }
    if exponent > -4 && units != 0 {
        let shift = usize::try_from(exponent + 4).ok().and_then(|e| POWERS.get(e)).ok_or(Fault::TooLarge)?;
        units = push(units, *shift, 0)?;
    }
    Ok(units)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::postgres::writer::numeric_wire;
    use proptest::prelude::*;

    fn wire(weight: i16, sign: u16, digits: &[u16]) -> Vec<u8> {
        let mut field = vec![];
        for word in [digits.len() as u16, weight as u16, sign, 0].iter().chain(digits) {
            field.extend_from_slice(&word.to_be_bytes());
        }
        field
    }

    #[test]
    fn reads_digits_on_both_sides_of_the_point() {
        for (field, scale, expected) in [
            (wire(0, POSITIVE, &[]), 2, Ok(0)),
            (wire(0, POSITIVE, &[12, 3400]), 2, Ok(1234)),
            (wire(0, NEGATIVE, &[12, 3456]), 4, Ok(-123_456)),
            (wire(0, POSITIVE, &[12, 3456]), 3, Err(Fault::Loss)),
            (wire(-1, POSITIVE, &[5]), 4, Ok(5)),
            (wire(-2, POSITIVE, &[5000]), 5, Ok(5)),
            (wire(-3, POSITIVE, &[1]), 5, Err(Fault::Loss)),
            (wire(1, POSITIVE, &[1]), 2, Ok(1_000_000)),
            (wire(8, POSITIVE, &[9]), 2, Ok(9 * 10i128.pow(34))),
            (wire(9, POSITIVE, &[100]), 2, Err(Fault::TooLarge)),
            (wire(i16::MAX, POSITIVE, &[1]), 0, Err(Fault::TooLarge)),
            (wire(i16::MAX, POSITIVE, &[]), 0, Ok(0)),
            (wire(i16::MIN, POSITIVE, &[]), 38, Ok(0)),
            (wire(i16::MIN, POSITIVE, &[1]), 38, Err(Fault::Loss)),
            (wire(0, POSITIVE, &[10_000]), 0, Err(Fault::Malformed)),
            (wire(0, NAN, &[]), 2, Err(Fault::Special)),
            (wire(0, MINUS_INFINITY, &[]), 2, Err(Fault::Special)),
            (wire(0, 0x8000, &[]), 2, Err(Fault::Malformed)),
            (vec![0; 7], 2, Err(Fault::Malformed)),
            (wire(0, POSITIVE, &[1, 2])[..11].to_vec(), 2, Err(Fault::Malformed)),
        ] {
            assert_eq!(units(&field, 38, scale), expected, "{field:?} at scale {scale}");
        }
        assert_eq!(units(&wire(0, POSITIVE, &[100]), 4, 2), Err(Fault::TooLarge));
        assert_eq!(units(&wire(0, POSITIVE, &[99, 9900]), 4, 2), Ok(9999));
    }

    fn number() -> impl Strategy<Value = (i128, u8)> {
        (1u32..=38, any::<i128>(), 0u8..=38).prop_map(|(digits, raw, scale)| (raw % 10i128.pow(digits), scale))
    }

    proptest! {
        #[test]
        fn undoes_the_writer((number, scale) in number()) {
            let mut field = vec![];
            numeric_wire(number, scale, &mut field);
            prop_assert_eq!(units(&field, 38, scale), Ok(number));
        }

        #[test]
        fn short_and_long_agree(weight in -2i32..=3, digits in prop::collection::vec(0u16..=9999, 0..6), scale in 0u8..=8) {
            let bytes: Vec<u8> = digits.iter().flat_map(|d| d.to_be_bytes()).collect();
            prop_assume!((0..=19).contains(&(4 * (weight + 1) + i32::from(scale))));
            prop_assert_eq!(short(&bytes, weight, scale), long(&bytes, weight, scale));
        }

        #[test]
        fn what_is_usual_is_read_as_such(
            units in 0u64..10_000_000_000, scale in 0u8..=4, behind in prop::collection::vec(any::<u8>(), 0..20),
        ) {
            let mut field = vec![];
            numeric_wire(units.into(), scale, &mut field);
            let (length, weight) = (field.len(), i16::from_be_bytes([field[2], field[3]]));
            field.extend(behind);
            let taken = usual(&field, length, scale);
            let counts = 10..=2 * weight.max(0) as usize + 12;
            let expected = (0..=1).contains(&weight) && counts.contains(&length) && field.len() >= 16;
            prop_assert_eq!(taken, expected.then_some(units));
        }

        #[test]
        fn what_is_usual_is_the_same_as_otherwise(
            head in (0u16..=4, -2i16..=2, prop::sample::select(vec![POSITIVE, NEGATIVE, NAN, 1])),
            digits in prop::collection::vec(prop_oneof![4 => 0u16..=9999, 1 => Just(0), 1 => any::<u16>()], 4),
            length in 0usize..=18, exact in any::<bool>(), precision in 1u8..=38, scale in 0u8..=8,
        ) {
            let (count, weight, sign) = head;
            let words = [count, weight as u16, sign, 0].into_iter().chain(digits);
            let bytes: Vec<u8> = words.flat_map(u16::to_be_bytes).chain([0; 2]).collect();
            let length = if exact { 8 + 2 * usize::from(count) } else { length };
            prop_assert_eq!(read(&bytes, length, precision, scale), units(&bytes[..length], precision, scale));
        }

        #[test]
        fn never_panics(field in prop::collection::vec(any::<u8>(), 0..64), scale in 0u8..=38) {
            let _ = units(&field, 38, scale);
        }
    }
}
