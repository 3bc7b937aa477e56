//! Instants.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::{borrow::Cow, fmt, str::FromStr};

use super::date::digits;
use crate::{Date, Error, Result};

/// An instant in UTC, to the microsecond. Arrow's `Timestamp(Microsecond, None)`, SQL's `TIMESTAMP` without zone.
/// In JSON `"2026-01-14T10:30:00"`, with the fraction where there is one.
///
/// ```
/// use shopstream_core::{Timestamp, date, timestamp};
///
/// let t = timestamp!("2026-01-14 10:30:00");
/// assert_eq!(t.date(), date!("2026-01-14"));
/// assert_eq!(t.to_string(), "2026-01-14 10:30:00");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

/// A [`Timestamp`] literal, checked at compile time.
#[macro_export]
macro_rules! timestamp {
    ($text:literal) => {
        const {
            match $crate::Timestamp::parse($text) {
                Some(instant) => instant,
                None => panic!("not an instant as YYYY-MM-DD HH:MM:SS"),
            }
        }
    };
}

impl Timestamp {
    /// Microseconds in a day.
    pub const DAY: i64 = 86_400_000_000;

    /// The instant `micros` microseconds after 1970-01-01 00:00:00 UTC.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since 1970-01-01 00:00:00 UTC.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// The day in UTC.
    pub const fn date(self) -> Date {
        // Every i64 of microseconds is within ±107 million days.
        Date::from_days(self.0.div_euclid(Self::DAY) as i32)
    }

    /// The instant `micros` later, at the end of time the last one.
    #[must_use]
    pub const fn plus_micros(self, micros: i64) -> Self {
        Self(self.0.saturating_add(micros))
    }

    /// Reads `YYYY-MM-DD HH:MM:SS`, or with a `T` between and up to six digits of a second's fraction, or a `Z` at
    /// its end; `None` when it is anything else.
    pub const fn parse(text: &str) -> Option<Self> {
        let b = text.as_bytes();
        let b = match b {
            [head @ .., b'Z'] => head,
            _ => b,
        };
        if b.len() < 19
            || b.len() == 20
            || b.len() > 26
            || !matches!(b[10], b' ' | b'T')
            || b[13] != b':'
            || b[16] != b':'
        {
            return None;
        }
        let (head, _) = b.split_at(10);
        let Ok(head) = std::str::from_utf8(head) else { return None };
        let Some(day) = Date::parse(head) else { return None };
        let (Some(h), Some(m), Some(s)) = (digits(b, 11, 13), digits(b, 14, 16), digits(b, 17, 19)) else {
            return None;
        };
        if h > 23 || m > 59 || s > 59 {
            return None;
        }
        let mut fraction = 0;
        if b.len() > 19 {
            if b[19] != b'.' {
                return None;
            }
            match digits(b, 20, b.len()) {
                Some(value) => fraction = value * 10u32.pow(26 - b.len() as u32),
                None => return None,
            }
        }
        let seconds = (h * 3600 + m * 60 + s) as i64;
        Some(Self(day.midnight().0 + seconds * 1_000_000 + fraction as i64))
    }

    /// Writes day and time of day with this character between them.
    pub(crate) fn write(self, f: &mut impl fmt::Write, between: char) -> fmt::Result {
        let (day, rest) = (self.date(), self.0.rem_euclid(Self::DAY));
        let (seconds, micros) = (rest / 1_000_000, rest % 1_000_000);
        write!(f, "{day}{between}{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)?;
        if micros != 0 { write!(f, ".{micros:06}") } else { Ok(()) }
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, ' ')
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "timestamp!(\"{self}\")")
    }
}

impl FromStr for Timestamp {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::parse(text).ok_or_else(|| Error::data("not an instant as YYYY-MM-DD HH:MM:SS"))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut text = String::with_capacity(26);
        self.write(&mut text, 'T').map_err(serde::ser::Error::custom)?;
        serializer.serialize_str(&text)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<str>::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::date;
    use proptest::prelude::*;

    #[test]
    fn reads_and_writes() {
        assert_eq!(timestamp!("1970-01-01 00:00:00").micros(), 0);
        assert_eq!(timestamp!("1969-12-31T23:59:59.999999Z").micros(), -1);
        assert_eq!(timestamp!("1969-12-31 23:59:59.5").date(), date!("1969-12-31"));
        assert_eq!(
            serde_json::to_string(&timestamp!("2026-01-14 10:30:00.25")).unwrap(),
            "\"2026-01-14T10:30:00.250000\""
        );
        for bad in [
            "2026-01-14",
            "2026-01-14 24:00:00",
            "2026-01-14 10:60:00",
            "2026-01-14 10:00:00.",
            "2026-01-14 10:00:00.1234567",
            "2026-01-14 10:00:00+01",
            "é026-01-14 10:00:0",
        ] {
            assert_eq!(Timestamp::parse(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn text_and_back(micros in -62_135_596_800_000_000i64..253_402_300_800_000_000) {
            let t = Timestamp::from_micros(micros);
            prop_assert_eq!(Timestamp::parse(&t.to_string()), Some(t));
        }
    }
}
