//! Exact decimals.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::{borrow::Cow, fmt, str::FromStr};

use crate::{Error, Result};

/// An exact decimal number of at most `P` digits, `S` of them behind the point: money is `Decimal<10, 2>`, a rate
/// `Decimal<18, 6>`. Arrow's `Decimal128(P, S)`, SQL's `NUMERIC(P, S)`.
///
/// Write literals with [`dec!`](crate::dec), which checks them at compile time. In JSON it is a string.
///
/// ```
/// use shopstream_core::{Decimal, dec};
///
/// let price: Decimal<10, 2> = dec!(12.5);
/// assert_eq!(price.to_string(), "12.50");
/// assert_eq!("12.50".parse::<Decimal<10, 2>>()?, price);
/// assert!("12.505".parse::<Decimal<10, 2>>().is_err());
/// # Ok::<(), shopstream_core::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Decimal<const P: u8, const S: u8>(i128);

impl<const P: u8, const S: u8> Decimal<P, S> {
    /// The least value that has more than `P` digits.
    pub(crate) const LIMIT: i128 = {
        assert!(P >= 1 && P <= 38 && S <= P, "a decimal has 1 to 38 digits, and no more of them behind the point");
        10i128.pow(P as u32)
    };

    /// The number `units` × 10^-`S`; `None` when it has more than `P` digits.
    ///
    /// ```
    /// # use shopstream_core::{Decimal, dec};
    /// assert_eq!(Decimal::<10, 2>::new(1250), Some(dec!(12.50)));
    /// assert_eq!(Decimal::<3, 2>::new(1250), None);
    /// ```
    pub const fn new(units: i128) -> Option<Self> {
        if units.unsigned_abs() < Self::LIMIT.unsigned_abs() { Some(Self(units)) } else { None }
    }

    /// For units that were checked already, as those of a batch were.
    pub(crate) const fn trusted(units: i128) -> Self {
        Self(units)
    }

    /// The number in units of its last digit: cents for `Decimal<10, 2>`.
    pub const fn units(self) -> i128 {
        self.0
    }

    /// Reads `-12.50`. `None` unless it is a plain decimal number that fits without loss; zeros after the last of
    /// the `S` digits lose nothing.
    pub const fn parse(text: &str) -> Option<Self> {
        match parse_units(text.as_bytes(), P, S) {
            Some(units) => Some(Self(units)),
            None => None,
        }
    }
}

/// The units of a plain decimal number; see [`Decimal::parse`].
pub(crate) const fn parse_units(bytes: &[u8], precision: u8, scale: u8) -> Option<i128> {
    let limit = 10i128.pow(precision as u32);
    let negative = matches!(bytes, [b'-', ..]);
    let mut i = if matches!(bytes, [b'-' | b'+', ..]) { 1 } else { 0 };
    let (mut units, mut digits, mut behind, mut point) = (0i128, 0usize, 0u8, false);
    while i < bytes.len() {
        match bytes[i] {
            b'.' if !point => point = true,
            c @ b'0'..=b'9' => {
                digits += 1;
                if point && behind == scale {
                    if c != b'0' {
                        return None;
                    }
                } else {
                    match shift(units, limit) {
                        Some(shifted) => units = shifted + (c - b'0') as i128,
                        None => return None,
                    }
                    behind += point as u8;
                }
            }
            _ => return None,
        }
        i += 1;
    }
    if digits == 0 {
        return None;
    }
    while behind < scale {
        match shift(units, limit) {
            Some(shifted) => units = shifted,
            None => return None,
        }
        behind += 1;
    }
    Some(if negative { -units } else { units })
}

/// Ten times as much, when that and nine more stay below the limit, which is a power of ten.
const fn shift(units: i128, limit: i128) -> Option<i128> {
    if units < limit / 10 { Some(units * 10) } else { None }
}

/// The digits of a number's absolute value, `scale` of them behind the point.
pub(crate) fn write_units(f: &mut impl fmt::Write, units: i128, scale: u8) -> fmt::Result {
    let (units, one) = (units.unsigned_abs(), 10u128.pow(u32::from(scale)));
    match scale {
        0 => write!(f, "{units}"),
        _ => write!(f, "{}.{:0scale$}", units / one, units % one, scale = usize::from(scale)),
    }
}

/// A [`Decimal`] literal, checked at compile time against the precision and scale of where it stands.
///
/// ```
/// # use shopstream_core::{Decimal, dec};
/// const PRICE: Decimal<10, 2> = dec!(-0.05);
/// ```
///
/// ```compile_fail
/// # use shopstream_core::{Decimal, dec};
/// const PRICE: Decimal<10, 2> = dec!(0.055);
/// ```
#[macro_export]
macro_rules! dec {
    (- $number:literal) => { $crate::dec!(@ concat!("-", stringify!($number))) };
    ($number:literal) => { $crate::dec!(@ stringify!($number)) };
    (@ $text:expr) => {
        const {
            match $crate::Decimal::parse($text) {
                Some(value) => value,
                None => panic!("the literal does not fit the precision and scale of its type"),
            }
        }
    };
}

impl<const P: u8, const S: u8> fmt::Display for Decimal<P, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut digits = String::new();
        write_units(&mut digits, self.0, S)?;
        f.pad_integral(self.0 >= 0, "", &digits)
    }
}

impl<const P: u8, const S: u8> fmt::Debug for Decimal<P, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "dec!({self})")
    }
}

impl<const P: u8, const S: u8> FromStr for Decimal<P, S> {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::parse(text)
            .ok_or_else(|| Error::data(format!("not a decimal number of {P} digits, {S} behind the point")))
    }
}

impl<const P: u8, const S: u8> Serialize for Decimal<P, S> {
    fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, const P: u8, const S: u8> Deserialize<'de> for Decimal<P, S> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<str>::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_what_fits_and_nothing_else() {
        type D = Decimal<5, 2>;
        for (text, units) in
            [("0", 0), ("-0.01", -1), ("+7", 700), (".5", 50), ("999.99", 99999), ("1.2000", 120), ("000001.00", 100)]
        {
            assert_eq!(D::parse(text).map(D::units), Some(units), "{text}");
        }
        for text in [
            "",
            "-",
            ".",
            "1000",
            "0.001",
            "1e3",
            "NaN",
            " 1",
            "1 ",
            "1,5",
            "--1",
            "1.2.3",
            "99999999999999999999999999999999999999999999",
        ] {
            assert_eq!(D::parse(text), None, "{text}");
        }
        assert_eq!(Decimal::<38, 0>::parse(&"9".repeat(38)).map(Decimal::units), Some(10i128.pow(38) - 1));
        assert_eq!(Decimal::<38, 0>::parse(&"9".repeat(39)), None);
        assert_eq!(Decimal::<38, 38>::parse("1"), None);
        assert_eq!(Decimal::<38, 38>::parse("2"), None);
    }

    #[test]
    fn literals_and_json() {
        const A: Decimal<10, 2> = dec!(-12.5);
        assert_eq!(serde_json::to_string(&A).unwrap(), "\"-12.50\"");
        assert_eq!(serde_json::from_str::<Decimal<10, 2>>("\"-12.50\"").unwrap(), A);
        assert!(serde_json::from_str::<Decimal<10, 2>>("\"1.999\"").is_err());
        assert_eq!(format!("{:>9}|{:<7}|", A, dec!(1.5) as Decimal<10, 2>), "   -12.50|1.50   |");
    }

    proptest! {
        #[test]
        fn text_and_back(units in -99_999_999_999_999_999_999_999_999_999i128..=99_999_999_999_999_999_999_999_999_999) {
            let value = Decimal::<38, 9>::new(units).unwrap();
            prop_assert_eq!(Decimal::parse(&value.to_string()), Some(value));
        }
    }
}
