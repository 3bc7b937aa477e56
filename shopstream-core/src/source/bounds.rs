//! Which of a table's rows are meant.

use serde::{Deserialize, Serialize};
use std::fmt;

use crate::{Date, Timestamp};

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
        }
        assert_eq!(serde_json::to_string(&Bounds::Full).unwrap(), "\"full\"");
    }
}
