//! Calendar days.

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::{borrow::Cow, fmt, str::FromStr};

use crate::{Error, Result, Timestamp};

/// A day of the Gregorian calendar. Arrow's `Date32`: days since 1970-01-01. In JSON `"2026-01-14"`.
///
/// ```
/// use shopstream_core::{Date, date};
///
/// let day = date!("2026-01-14");
/// assert_eq!(day.days_since(date!("2025-12-31")), 14);
/// assert_eq!(day.to_string(), "2026-01-14");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Date(i32);

/// A [`Date`] literal, checked at compile time.
///
/// ```compile_fail
/// shopstream_core::date!("2026-02-30");
/// ```
#[macro_export]
macro_rules! date {
    ($text:literal) => {
        const {
            match $crate::Date::parse($text) {
                Some(day) => day,
                None => panic!("not a day as YYYY-MM-DD"),
            }
        }
    };
}

/// The number that the digits `bytes[from..to]` write.
pub(crate) const fn digits(bytes: &[u8], from: usize, to: usize) -> Option<u32> {
    let (mut i, mut value) = (from, 0u32);
    while i < to {
        if i >= bytes.len() || !bytes[i].is_ascii_digit() {
            return None;
        }
        value = value * 10 + (bytes[i] - b'0') as u32;
        i += 1;
    }
    Some(value)
}

impl Date {
    /// The day that is `days` after 1970-01-01.
    pub const fn from_days(days: i32) -> Self {
        Self(days)
    }

    /// Days since 1970-01-01.
    pub const fn days(self) -> i32 {
        self.0
    }

    /// A day of the calendar; `None` when there is no such day.
    pub const fn from_ymd(year: i32, month: u32, day: u32) -> Option<Self> {
        match NaiveDate::from_ymd_opt(year, month, day) {
            Some(day) => Some(Self(day.to_epoch_days())),
            None => None,
        }
    }

    /// Reads `YYYY-MM-DD`; `None` when it is anything else.
    pub const fn parse(text: &str) -> Option<Self> {
        let b = text.as_bytes();
        if b.len() != 10 || b[4] != b'-' || b[7] != b'-' {
            return None;
        }
        match (digits(b, 0, 4), digits(b, 5, 7), digits(b, 8, 10)) {
            (Some(year), Some(month), Some(day)) => Self::from_ymd(year as i32, month, day),
            _ => None,
        }
    }

    /// Whole days from `earlier` to this day; negative when it is later.
    pub const fn days_since(self, earlier: Date) -> i64 {
        self.0 as i64 - earlier.0 as i64
    }

    /// The day `days` later, at the calendar's end the last one.
    #[must_use]
    pub const fn plus_days(self, days: i32) -> Self {
        Self(self.0.saturating_add(days))
    }

    /// The first instant of the day, in UTC; of a day beyond the end of time the nearest one.
    pub const fn midnight(self) -> Timestamp {
        Timestamp::from_micros((self.0 as i64).saturating_mul(Timestamp::DAY))
    }

    /// Year, month and day; `None` outside of the years ±262,142.
    pub fn ymd(self) -> Option<(i32, u32, u32)> {
        self.naive().map(|d| (d.year(), d.month(), d.day()))
    }

    /// ISO 8601 year and week.
    pub fn iso_week(self) -> Option<(i32, u32)> {
        self.naive().map(|d| (d.iso_week().year(), d.iso_week().week()))
    }

    /// ISO 8601 day of the week: Monday is 1.
    pub const fn weekday(self) -> u32 {
        // 1970-01-01 was a Thursday.
        (self.0 as i64 + 3).rem_euclid(7) as u32 + 1
    }

    fn naive(self) -> Option<NaiveDate> {
        NaiveDate::from_epoch_days(self.0)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.naive() {
            Some(day) => fmt::Display::fmt(&day, f),
            None => write!(f, "day {}", self.0),
        }
    }
}

impl fmt::Debug for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "date!(\"{self}\")")
    }
}

impl FromStr for Date {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::parse(text).ok_or_else(|| Error::data("not a day as YYYY-MM-DD"))
    }
}

impl Serialize for Date {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<str>::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_calendar() {
        assert_eq!(date!("1970-01-01").days(), 0);
        assert_eq!(date!("2024-02-29").plus_days(1), date!("2024-03-01"));
        assert_eq!(date!("2026-11-21").weekday(), 6);
        assert_eq!(date!("1969-12-29").weekday(), 1);
        assert_eq!(date!("2021-01-03").iso_week(), Some((2020, 53)));
        assert_eq!(date!("2021-01-03").ymd(), Some((2021, 1, 3)));
        assert_eq!(Date::from_days(i32::MAX).to_string(), "day 2147483647");
        assert_eq!(Date::from_days(i32::MAX).midnight(), Timestamp::from_micros(i64::MAX));
        assert_eq!(Date::from_days(i32::MIN).midnight(), Timestamp::from_micros(i64::MIN));
        for bad in ["2026-02-29", "2026-1-01", "26-01-01", "2026/01/01", "2026-01-0a", "", "2026-01-01 "] {
            assert_eq!(Date::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn json() {
        assert_eq!(serde_json::to_string(&date!("2026-01-14")).unwrap(), "\"2026-01-14\"");
        assert_eq!(serde_json::from_str::<Date>("\"2026-01-14\"").unwrap(), date!("2026-01-14"));
    }
}
