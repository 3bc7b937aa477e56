//! Numbers by their digits.

/// The units of a JSON number, which may have an exponent; `None` when it has more than `precision` digits, or one
/// that is not zero behind the scale.
pub(super) fn json_units(text: &str, precision: u8, scale: u8) -> Option<i128> {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (negative, mantissa) = mantissa.strip_prefix('-').map_or((false, mantissa), |rest| (true, rest));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let significant = digits.trim_end_matches('0');
    let zeros = digits.len() - significant.len();
    let significant = significant.trim_start_matches('0');
    if significant.is_empty() {
        return digits.bytes().all(|c| c == b'0').then_some(0);
    }
    // The number is `significant` × 10^shift units. An exponent beyond i64 can be of no number that fits.
    let exponent: i64 = exponent.parse().ok()?;
    let places = i64::try_from(zeros).ok()?.checked_sub(i64::try_from(fraction.len()).ok()?)?;
    let shift = exponent.checked_add(places)?.checked_add(i64::from(scale))?;
    let length = i64::try_from(significant.len()).ok()?.checked_add(shift)?;
    if shift < 0 || length > i64::from(precision) {
        return None;
    }
    let units = significant.parse::<i128>().ok()?.checked_mul(10i128.checked_pow(u32::try_from(shift).ok()?)?)?;
    Some(if negative { -units } else { units })
}

/// A float; `None` also for a number too large to be one, which the standard library makes infinite.
pub(super) fn float<F: std::str::FromStr + Copy + Into<f64>>(text: &str) -> Option<F> {
    let value: F = text.parse().ok()?;
    let infinite = Into::<f64>::into(value).is_infinite();
    if infinite && text.bytes().any(|c| c.is_ascii_digit()) { None } else { Some(value) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Decimal;
    use proptest::prelude::*;

    #[test]
    fn exponents_are_exact() {
        for (text, units) in [
            ("12.5", Some(1250)),
            ("-0.01", Some(-1)),
            ("1.25e1", Some(1250)),
            ("125E-1", Some(1250)),
            ("1250000e-5", Some(1250)),
            ("0e999999999999999999999", Some(0)),
            ("-0", Some(0)),
            ("1e2", Some(10000)),
            ("1e3", None),
            ("0.001", None),
            ("1e-3", None),
            ("1e99999999999999999999", None),
            ("1e9223372036854775807", None),
        ] {
            assert_eq!(json_units(text, 5, 2), units, "{text}");
        }
        assert_eq!(json_units("1e38", 38, 0), None);
        assert_eq!(json_units("1e37", 38, 0), Some(10i128.pow(37)));
    }

    #[test]
    fn floats_do_not_overflow_in_silence() {
        assert_eq!(float::<f64>("1e999"), None);
        assert_eq!(float::<f32>("1e39"), None);
        assert_eq!(float::<f64>("-inf"), Some(f64::NEG_INFINITY));
    }

    proptest! {
        #[test]
        fn agrees_with_plain_decimals(text in "-?(0|[1-9][0-9]{0,12})(\\.[0-9]{1,6})?") {
            prop_assert_eq!(json_units(&text, 12, 3), Decimal::<12, 3>::parse(&text).map(Decimal::units));
        }
    }
}
