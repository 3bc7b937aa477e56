//! Which of a table's rows are meant.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

use crate::{Date, Error, Result, Timestamp};

/// Which of a table's rows a read yields.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Bounds {
    /// All of them.
    #[default]
    Full,
    /// Those whose cursor lies in a range.
    Range(CursorRange),
}

/// A half-open range of a cursor: a column whose values grow as rows come and change (`updated_at`, `id`).
///
/// A row without a cursor (NULL) is in a range that has no beginning, and in no other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CursorRange {
    /// The cursor's column.
    pub column: String,
    /// The first value in it; `None` when it has no beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<CursorValue>,
    /// The first value behind it.
    pub to: CursorValue,
}

impl CursorRange {
    /// The values of a column from `from` on and below `to`.
    pub fn new(column: impl Into<String>, from: Option<CursorValue>, to: CursorValue) -> Self {
        Self { column: column.into(), from, to }
    }
}

impl fmt::Display for CursorRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.from {
            Some(from) => write!(f, "{} in [{from}, {})", self.column, self.to),
            None => write!(f, "{} below {}", self.column, self.to),
        }
    }
}

/// A value of a cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CursorValue {
    /// A whole number.
    Int(i64),
    /// A day.
    Date(Date),
    /// An instant; without a zone it is UTC.
    Timestamp(Timestamp),
}

impl CursorValue {
    /// How many ones, days or microseconds it is.
    pub(crate) fn number(self) -> i64 {
        match self {
            CursorValue::Int(value) => value,
            CursorValue::Date(value) => value.days().into(),
            CursorValue::Timestamp(value) => value.micros(),
        }
    }

    /// The day of so many days.
    pub(super) fn date(days: i64) -> Result<Self> {
        i32::try_from(days).map(|days| CursorValue::Date(Date::from_days(days))).map_err(|_| too_late())
    }

    /// The instant of so many microseconds.
    pub(super) fn micros(micros: i128) -> Result<Self> {
        i64::try_from(micros).map(|m| CursorValue::Timestamp(Timestamp::from_micros(m))).map_err(|_| too_late())
    }
}

/// Reads what [`Display`](fmt::Display) writes: the forms of numbers, days and instants differ.
impl FromStr for CursorValue {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let number = || text.parse().ok().map(CursorValue::Int);
        let date = || Date::parse(text).map(CursorValue::Date);
        let instant = || Timestamp::parse(text).map(CursorValue::Timestamp);
        number()
            .or_else(date)
            .or_else(instant)
            .ok_or_else(|| Error::config("not a cursor's value: a whole number, YYYY-MM-DD or YYYY-MM-DD HH:MM:SS"))
    }
}

fn too_late() -> Error {
    Error::data("a cursor's value lies beyond the end of time")
}

impl fmt::Display for CursorValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CursorValue::Int(value) => value.fmt(f),
            CursorValue::Date(value) => value.fmt(f),
            CursorValue::Timestamp(value) => value.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{date, timestamp};

    #[test]
    fn a_range_is_kept_as_text_and_shown() {
        let to = CursorValue::Timestamp(timestamp!("2026-01-15 00:00:00"));
        for (range, shown) in [
            (CursorRange::new("updated_at", None, to), "updated_at below 2026-01-15 00:00:00"),
            (CursorRange::new("id", Some(CursorValue::Int(3)), CursorValue::Int(9)), "id in [3, 9)"),
            (
                CursorRange::new("day", Some(CursorValue::Date(date!("2026-01-14"))), to),
                "day in [2026-01-14, 2026-01-15 00:00:00)",
            ),
        ] {
            let bounds = Bounds::Range(range.clone());
            let json = serde_json::to_string(&bounds).unwrap();
            assert_eq!(serde_json::from_str::<Bounds>(&json).unwrap(), bounds, "{json}");
            assert_eq!(range.to_string(), shown);
            for value in range.from.into_iter().chain([range.to]) {
                assert_eq!(value.to_string().parse::<CursorValue>().unwrap(), value);
            }
        }
        assert!("tomorrow".parse::<CursorValue>().is_err());
        assert_eq!(serde_json::to_string(&Bounds::Full).unwrap(), "\"full\"");
    }
}
