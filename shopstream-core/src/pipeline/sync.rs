//! How a table is kept up to date from run to run.

use arrow::datatypes::DataType;
use std::{fmt, time::Duration};

use crate::{CursorRange, CursorValue, Date, Error, Result, TableSchema};

/// How a table is kept up to date from run to run.
///
/// ```
/// use std::time::Duration;
/// use shopstream_core::SyncMode;
///
/// let late = Duration::from_secs(3600);
/// let orders: SyncMode = SyncMode::cursor("updated_at").with_lag(late).with_deletes().into();
/// assert_eq!(orders.to_string(), "by updated_at, with deletes");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum SyncMode {
    /// Each run reads all of it.
    #[default]
    Full,
    /// Each run reads the rows whose cursor lies in the range that is new, and merges them.
    Cursor(CursorSync),
    /// Each run reads all keys, then the rows of those that are new, and takes out those that are gone. That a row
    /// known already has changed is not seen.
    KeyDifference,
}

impl SyncMode {
    /// By a column whose value grows whenever a row comes or changes: `updated_at`, or the `id` of rows that never
    /// change.
    ///
    /// * **The range** of a logical date is half-open and fixed before a row is read. Of a date or a timestamp it ends
    ///   at the midnight after the date (in UTC, or in whatever zone the values are), of a whole number behind the
    ///   greatest one that the snapshot has. It begins where the last range of an earlier date ended, less the lag;
    ///   when there is none it has no beginning. So the same date gives the same range again, whenever it runs, and
    ///   days can be read one after the other, years later.
    /// * **A row without a cursor** is in a range without beginning only: one that comes later is not seen.
    /// * **A row that is gone** stays, unless it is [`with_deletes`](CursorSync::with_deletes).
    /// * **A key** is needed: the source's primary key, or the declared grain.
    pub fn cursor(column: impl Into<String>) -> CursorSync {
        CursorSync { column: column.into(), lag: Duration::ZERO, overlap: 0, deletes: false }
    }

    /// By the difference between the keys of two runs.
    pub fn key_difference() -> Self {
        SyncMode::KeyDifference
    }

    /// The cursor, when it is by one.
    pub(super) fn column(&self) -> Option<&str> {
        match self {
            SyncMode::Cursor(cursor) => Some(&cursor.column),
            _ => None,
        }
    }

    /// What it is called in a state.
    pub(super) fn name(&self) -> &'static str {
        match self {
            SyncMode::Full => "full",
            SyncMode::Cursor(_) => "cursor",
            SyncMode::KeyDifference => "key_difference",
        }
    }

    /// Whether all keys are read.
    pub(super) fn reads_keys(&self) -> bool {
        match self {
            SyncMode::Full => false,
            SyncMode::Cursor(cursor) => cursor.deletes,
            SyncMode::KeyDifference => true,
        }
    }

    /// An error unless a table can be kept up to date like this; it is told with its key.
    pub(super) fn check(&self, table: &TableSchema) -> Result<()> {
        if *self == SyncMode::Full {
            return Ok(());
        }
        if table.primary_key.is_empty() {
            return Err(Error::config(
                "increments are merged on a key, and the table has none: give it a primary key, declare its grain, or \
                 read it in full",
            ));
        }
        if let SyncMode::Cursor(cursor) = self { cursor.kind(table).map(drop) } else { Ok(()) }
    }
}

impl fmt::Display for SyncMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SyncMode::Full => f.write_str("in full"),
            SyncMode::Cursor(cursor) => {
                write!(f, "by {}{}", cursor.column, if cursor.deletes { ", with deletes" } else { "" })
            }
            SyncMode::KeyDifference => f.write_str("by key difference"),
        }
    }
}

/// [`SyncMode::Cursor`]: which column, and how rows that come late or go are found.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CursorSync {
    /// The cursor.
    pub column: String,
    /// How long before the end of the range before a date's or timestamp's range begins (default 0).
    pub lag: Duration,
    /// How many numbers before the end of the range before a whole number's range begins (default 0).
    pub overlap: u32,
    /// Whether all keys are read too (default no).
    pub deletes: bool,
}

/// What a cursor counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CursorKind {
    Int,
    Date,
    Timestamp,
}

impl CursorSync {
    /// Reads the last stretch of the range before again: a transaction commits some time after it has set
    /// `updated_at`, and its rows are seen only then. Longer than the longest transaction; of a date, whole days,
    /// rounded up.
    #[must_use]
    pub fn with_lag(mut self, lag: Duration) -> Self {
        self.lag = lag;
        self
    }

    /// As [`with_lag`](CursorSync::with_lag), for whole numbers: they are given out before their rows are committed.
    #[must_use]
    pub fn with_overlap(mut self, numbers: u32) -> Self {
        self.overlap = numbers;
        self
    }

    /// Reads the keys of all rows too, and takes out rows whose key is gone.
    #[must_use]
    pub fn with_deletes(mut self) -> Self {
        self.deletes = true;
        self
    }

    /// What the cursor counts in a table.
    pub(super) fn kind(&self, table: &TableSchema) -> Result<CursorKind> {
        let config = |message: &'static str| Error::config(message).with("column", &self.column);
        let Some(column) = table.column(&self.column) else {
            return Err(config("the table has no such cursor"));
        };
        let kind = match column.data_type {
            DataType::Int16 | DataType::Int32 | DataType::Int64 => CursorKind::Int,
            DataType::Date32 => CursorKind::Date,
            DataType::Timestamp(..) => CursorKind::Timestamp,
            ref other => {
                return Err(config("a cursor is a whole number, a date or a timestamp").with("type", other));
            }
        };
        match kind {
            CursorKind::Int if !self.lag.is_zero() => {
                Err(config("a lag is of dates and timestamps: a cursor of whole numbers takes an overlap"))
            }
            CursorKind::Date | CursorKind::Timestamp if self.overlap > 0 => {
                Err(config("an overlap is of whole numbers: a cursor of dates and timestamps takes a lag"))
            }
            kind => Ok(kind),
        }
    }

    /// Where the range of a date ends; of a whole number the source knows.
    pub(super) fn end(kind: CursorKind, date: Date) -> Option<CursorValue> {
        let next = date.plus_days(1);
        match kind {
            CursorKind::Int => None,
            CursorKind::Date => Some(CursorValue::Date(next)),
            CursorKind::Timestamp => Some(CursorValue::Timestamp(next.midnight())),
        }
    }

    /// Where the range of whole numbers ends, by the greatest one and the end of the range before.
    pub(super) fn end_behind(greatest: Option<CursorValue>, before: Option<CursorValue>) -> Result<CursorValue> {
        let behind = match greatest {
            Some(CursorValue::Int(i64::MAX)) => {
                return Err(Error::unsupported("a cursor has come to the greatest number that there is"));
            }
            Some(CursorValue::Int(greatest)) => Some(CursorValue::Int(greatest + 1)),
            _ => None,
        };
        Ok(behind.max(before).unwrap_or(CursorValue::Int(i64::MIN)))
    }

    /// The range up to `to` of a run that goes on from one whose range ended at `before`.
    pub(super) fn range(&self, before: Option<CursorValue>, to: CursorValue) -> CursorRange {
        let day = Duration::from_secs(24 * 3600).as_micros();
        let lag = self.lag.as_micros();
        let from = before.map(|before| match before {
            CursorValue::Int(end) => CursorValue::Int(end.saturating_sub(self.overlap.into())),
            CursorValue::Date(end) => {
                let days = i32::try_from(lag.div_ceil(day)).unwrap_or(i32::MAX);
                CursorValue::Date(Date::from_days(end.days().saturating_sub(days)))
            }
            CursorValue::Timestamp(end) => {
                CursorValue::Timestamp(end.plus_micros(-i64::try_from(lag).unwrap_or(i64::MAX)))
            }
        });
        CursorRange::new(&self.column, from, to)
    }
}

impl From<CursorSync> for SyncMode {
    fn from(cursor: CursorSync) -> Self {
        SyncMode::Cursor(cursor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ColumnSchema, ErrorKind, date, timestamp};
    use arrow::datatypes::TimeUnit;

    #[test]
    fn a_range_follows_from_date_state_and_lag() {
        let (day, hour) = (date!("2026-01-14"), Duration::from_secs(3600));
        let midnight = CursorValue::Timestamp(timestamp!("2026-01-15 00:00:00"));
        let before = CursorValue::Timestamp(timestamp!("2026-01-12 00:00:00"));
        let late = CursorValue::Timestamp(timestamp!("2026-01-11 23:00:00"));
        let end = |kind| CursorSync::end(kind, day);
        assert_eq!(end(CursorKind::Timestamp), Some(midnight));
        assert_eq!(end(CursorKind::Date), Some(CursorValue::Date(date!("2026-01-15"))));
        assert_eq!(end(CursorKind::Int), None);

        let cursor = SyncMode::cursor("at").with_lag(hour).with_overlap(10);
        assert_eq!(cursor.range(None, midnight), CursorRange::new("at", None, midnight));
        assert_eq!(cursor.range(Some(before), midnight), CursorRange::new("at", Some(late), midnight));
        let days = |day: &str| CursorValue::Date(Date::parse(day).unwrap());
        let range = cursor.range(Some(days("2026-01-12")), days("2026-01-15"));
        assert_eq!(range.from, Some(days("2026-01-11")), "a lag of an hour is a whole day of dates");
        let range = cursor.range(Some(CursorValue::Int(100)), CursorValue::Int(120));
        assert_eq!(range.from, Some(CursorValue::Int(90)));
        let range = cursor.range(Some(CursorValue::Int(i64::MIN)), CursorValue::Int(0));
        assert_eq!(range.from, Some(CursorValue::Int(i64::MIN)));
    }

    #[test]
    fn a_range_of_numbers_ends_behind_the_greatest_and_never_goes_back() {
        let int = |n: Option<i64>| n.map(CursorValue::Int);
        for (greatest, before, end) in [
            (Some(7), None, 8),
            (Some(7), Some(5), 8),
            (Some(7), Some(20), 20),
            (None, Some(20), 20),
            (None, None, i64::MIN),
        ] {
            assert_eq!(CursorSync::end_behind(int(greatest), int(before)).unwrap(), CursorValue::Int(end));
        }
        assert_eq!(CursorSync::end_behind(int(Some(i64::MAX)), None).unwrap_err().kind(), ErrorKind::Unsupported);
    }

    #[test]
    fn what_cannot_be_kept_up_to_date_is_refused() {
        let columns = vec![
            ColumnSchema::new("id", DataType::Int64, false),
            ColumnSchema::new("at", DataType::Timestamp(TimeUnit::Microsecond, None), true),
            ColumnSchema::new("name", DataType::Utf8View, true),
        ];
        let mut table = TableSchema::new(columns);
        let by = |column: &str| SyncMode::from(SyncMode::cursor(column));
        assert!(SyncMode::Full.check(&table).is_ok());
        assert!(by("at").check(&table).unwrap_err().to_string().contains("key"));
        assert!(SyncMode::key_difference().check(&table).is_err());
        table.primary_key = vec!["id".into()];
        assert!(by("at").check(&table).is_ok() && by("id").check(&table).is_ok());
        assert!(SyncMode::key_difference().check(&table).is_ok());
        let lagging = SyncMode::cursor("id").with_lag(Duration::from_secs(1)).into();
        for mode in [by("name"), by("nobody"), lagging, SyncMode::cursor("at").with_overlap(1).into()] {
            assert_eq!(mode.check(&table).unwrap_err().kind(), ErrorKind::Config, "{mode}");
        }
    }
}
