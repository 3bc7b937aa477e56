//! What became of a table's columns between two runs, and what is done about it.

use arrow::datatypes::DataType;
use serde::{Deserialize, Serialize};
use std::fmt;

use super::{ColumnSchema, TableSchema, data_type_text};
use crate::table::is_text;

/// A difference between what a table had and what it has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SchemaChange {
    /// A column is new.
    ColumnAdded(ColumnSchema),
    /// A column is no longer there.
    ColumnDropped(ColumnSchema),
    /// A column has another type.
    Retyped {
        /// The column.
        column: String,
        /// The type that it had.
        #[serde(with = "data_type_text")]
        expected: DataType,
        /// The type that it has.
        #[serde(with = "data_type_text")]
        found: DataType,
    },
    /// A column may be NULL now.
    MadeNullable {
        /// The column.
        column: String,
    },
    /// A column may no longer be NULL.
    MadeRequired {
        /// The column.
        column: String,
    },
    /// Other columns name a row.
    KeyChanged {
        /// The columns that did.
        expected: Vec<String>,
        /// The columns that do.
        found: Vec<String>,
    },
}

impl SchemaChange {
    /// The column, where it is about one.
    pub fn column(&self) -> Option<&str> {
        match self {
            SchemaChange::ColumnAdded(column) | SchemaChange::ColumnDropped(column) => Some(&column.name),
            SchemaChange::Retyped { column, .. }
            | SchemaChange::MadeNullable { column }
            | SchemaChange::MadeRequired { column } => Some(column),
            SchemaChange::KeyChanged { .. } => None,
        }
    }
}

/// `+ note Utf8View`, `- note Utf8View`, `~ pieces: expected Int64, found Utf8View`: a line of a plan.
impl fmt::Display for SchemaChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SchemaChange::ColumnAdded(c) => write!(f, "+ {} {}", c.name, c.data_type),
            SchemaChange::ColumnDropped(c) => write!(f, "- {} {}", c.name, c.data_type),
            SchemaChange::Retyped { column, expected, found } => {
                write!(f, "~ {column}: expected {expected}, found {found}")
            }
            SchemaChange::MadeNullable { column } => write!(f, "~ {column}: expected NOT NULL, found NULL"),
            SchemaChange::MadeRequired { column } => write!(f, "~ {column}: expected NULL, found NOT NULL"),
            SchemaChange::KeyChanged { expected, found } => {
                write!(f, "~ key: expected ({}), found ({})", expected.join(", "), found.join(", "))
            }
        }
    }
}

impl TableSchema {
    /// What became of these columns and their key, in the order of the columns that are there, then those that are
    /// not, then the key. The order of columns and the encoding of text are no differences, and neither is a key where
    /// none was known.
    ///
    /// ```
    /// use arrow::datatypes::DataType;
    /// use shopstream_core::{ColumnSchema, SchemaChange, TableSchema};
    ///
    /// let id = ColumnSchema::new("id", DataType::Int32, false);
    /// let (was, is) = (TableSchema::new(vec![id.clone()]), ColumnSchema::new("id", DataType::Int64, false));
    /// let note = ColumnSchema::new("note", DataType::Utf8View, true);
    /// let changes = was.changes(&TableSchema::new(vec![is, note.clone()]));
    /// assert_eq!(changes[0].to_string(), "~ id: expected Int32, found Int64");
    /// assert_eq!(changes[1..], [SchemaChange::ColumnAdded(note)]);
    /// ```
    pub fn changes(&self, found: &TableSchema) -> Vec<SchemaChange> {
        let mut changes = vec![];
        for f in &found.columns {
            let Some(e) = self.column(&f.name) else {
                changes.push(SchemaChange::ColumnAdded(f.clone()));
                continue;
            };
            if !same_type(&e.data_type, &f.data_type) {
                let (expected, found) = (e.data_type.clone(), f.data_type.clone());
                changes.push(SchemaChange::Retyped { column: f.name.clone(), expected, found });
            }
            match (e.nullable, f.nullable) {
                (false, true) => changes.push(SchemaChange::MadeNullable { column: f.name.clone() }),
                (true, false) => changes.push(SchemaChange::MadeRequired { column: f.name.clone() }),
                _ => {}
            }
        }
        let dropped = self.columns.iter().filter(|e| found.column(&e.name).is_none());
        changes.extend(dropped.cloned().map(SchemaChange::ColumnDropped));
        if !self.primary_key.is_empty() && self.primary_key != found.primary_key {
            let (expected, found) = (self.primary_key.clone(), found.primary_key.clone());
            changes.push(SchemaChange::KeyChanged { expected, found });
        }
        changes
    }
}

fn same_type(a: &DataType, b: &DataType) -> bool {
    a == b || is_text(a) && is_text(b)
}

/// Whether a type has every value of another, exactly: an integer or a float of more bits, a decimal of as many or more
/// digits before and behind the point, text in another encoding.
pub(crate) fn widens(from: &DataType, to: &DataType) -> bool {
    use DataType::{Decimal128, Float32, Float64, Int16, Int32, Int64};
    match (from, to) {
        (Int16, Int32 | Int64) | (Int32, Int64) | (Float32, Float64) => true,
        (Decimal128(p, s), Decimal128(q, t)) => {
            t >= s && i16::from(*q) - i16::from(*t) >= i16::from(*p) - i16::from(*s)
        }
        _ => same_type(from, to),
    }
}

/// What is done about a [`SchemaChange`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum OnChange {
    /// Goes on with what is there.
    Evolve,
    /// Stops before any row moves.
    Freeze,
    /// Goes on without the column: one that is new or has another type is left out of the read. What is not about a
    /// column that is there goes on as with [`Evolve`](OnChange::Evolve).
    Discard,
}

/// What is done about each kind of change of a table between two runs: by default what adds goes on, and what takes
/// away stops.
///
/// ```
/// use shopstream_core::{OnChange, SchemaPolicy};
///
/// let strict = SchemaPolicy::all(OnChange::Freeze).with_nullability(OnChange::Evolve);
/// assert_eq!(strict.added, OnChange::Freeze);
/// assert_eq!(SchemaPolicy::default().dropped, OnChange::Freeze);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SchemaPolicy {
    /// A column is new (default evolve).
    pub added: OnChange,
    /// A column is no longer there (default freeze).
    pub dropped: OnChange,
    /// A column's type has every value of the former one, exactly (default evolve).
    pub widened: OnChange,
    /// A column has another type (default freeze).
    pub retyped: OnChange,
    /// A column may be NULL now, or no longer (default evolve).
    pub nullability: OnChange,
    /// Other columns name a row (default freeze).
    pub key: OnChange,
}

impl Default for SchemaPolicy {
    fn default() -> Self {
        let all = Self::all(OnChange::Freeze);
        all.with_added(OnChange::Evolve).with_widened(OnChange::Evolve).with_nullability(OnChange::Evolve)
    }
}

macro_rules! setters {
    ($($(#[$doc:meta])* $name:ident: $field:ident),+ $(,)?) => { impl SchemaPolicy { $(
        $(#[$doc])*
        #[must_use]
        pub fn $name(mut self, on_change: OnChange) -> Self { self.$field = on_change; self }
    )+ } };
}

setters! {
    /// Says what is done about a column that is new.
    with_added: added,
    /// Says what is done about a column that is no longer there.
    with_dropped: dropped,
    /// Says what is done about a type that has every value of the former one.
    with_widened: widened,
    /// Says what is done about another type.
    with_retyped: retyped,
    /// Says what is done when a column may be NULL now, or no longer.
    with_nullability: nullability,
    /// Says what is done when other columns name a row.
    with_key: key,
}

impl SchemaPolicy {
    /// The same for every kind of change.
    pub fn all(on_change: OnChange) -> Self {
        Self {
            added: on_change,
            dropped: on_change,
            widened: on_change,
            retyped: on_change,
            nullability: on_change,
            key: on_change,
        }
    }

    /// What is done about a change.
    pub fn on(&self, change: &SchemaChange) -> OnChange {
        match change {
            SchemaChange::ColumnAdded(_) => self.added,
            SchemaChange::ColumnDropped(_) => self.dropped,
            SchemaChange::Retyped { expected, found, .. } if widens(expected, found) => self.widened,
            SchemaChange::Retyped { .. } => self.retyped,
            SchemaChange::MadeNullable { .. } | SchemaChange::MadeRequired { .. } => self.nullability,
            SchemaChange::KeyChanged { .. } => self.key,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(columns: &[(&str, DataType, bool)], key: &[&str]) -> TableSchema {
        let column = |(name, data_type, nullable): &(&str, DataType, bool)| {
            ColumnSchema::new(*name, data_type.clone(), *nullable)
        };
        let columns = columns.iter().map(column).collect();
        TableSchema { columns, primary_key: key.iter().map(|k| (*k).to_owned()).collect() }
    }

    #[test]
    fn every_difference_is_told_and_nothing_else() {
        let was = table(
            &[
                ("id", DataType::Int32, false),
                ("name", DataType::Utf8, true),
                ("day", DataType::Date32, false),
                ("gone", DataType::Int64, true),
                ("price", DataType::Decimal128(10, 2), true),
            ],
            &["id"],
        );
        assert_eq!(was.changes(&was), []);
        let is = table(
            &[
                ("name", DataType::Utf8View, false),
                ("id", DataType::Int64, false),
                ("day", DataType::Date32, true),
                ("price", DataType::Int64, true),
                ("new", DataType::Boolean, false),
            ],
            &["id", "day"],
        );
        let lines: Vec<String> = was.changes(&is).iter().map(ToString::to_string).collect();
        assert_eq!(
            lines,
            [
                "~ name: expected NULL, found NOT NULL",
                "~ id: expected Int32, found Int64",
                "~ day: expected NOT NULL, found NULL",
                "~ price: expected Decimal128(10, 2), found Int64",
                "+ new Boolean",
                "- gone Int64",
                "~ key: expected (id), found (id, day)",
            ]
        );
        let policy = SchemaPolicy::default();
        let stopping = |c: &SchemaChange| policy.on(c) == OnChange::Freeze;
        let stops: Vec<_> =
            was.changes(&is).into_iter().filter(stopping).map(|c| c.column().map(str::to_owned)).collect();
        assert_eq!(stops, [Some("price".to_owned()), Some("gone".to_owned()), None]);
        for change in was.changes(&is) {
            let json = serde_json::to_string(&change).unwrap();
            assert_eq!(serde_json::from_str::<SchemaChange>(&json).unwrap(), change, "{json}");
        }
        // Of a manifest that was written before keys were, nothing is said of them.
        assert_eq!(
            table(&[("id", DataType::Int32, false)], &[]).changes(&table(&[("id", DataType::Int32, false)], &["id"])),
            []
        );
    }

    #[test]
    fn a_wider_type_has_every_value() {
        let decimal = DataType::Decimal128;
        for (from, to, wide) in [
            (DataType::Int16, DataType::Int64, true),
            (DataType::Int64, DataType::Int32, false),
            (DataType::Int64, DataType::Float64, false),
            (decimal(10, 2), decimal(12, 4), true),
            (decimal(10, 2), decimal(11, 4), false),
            (decimal(10, 2), decimal(12, 1), false),
            (DataType::Utf8, DataType::Utf8View, true),
            (DataType::Date32, DataType::Utf8, false),
        ] {
            assert_eq!(widens(&from, &to), wide, "{from} to {to}");
        }
    }
}
