//! Values of parameters.

use std::fmt;

use crate::{Date, Decimal, Dialect, Timestamp, value::write_units};

/// The value of a parameter of a [`Query`](super::Query).
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub enum SqlValue {
    /// True or false.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// `units` × 10^-`scale`, of at most `precision` digits.
    Decimal {
        /// The number in units of its last digit.
        units: i128,
        /// Its most digits.
        precision: u8,
        /// Its digits behind the point.
        scale: u8,
    },
    /// A text.
    Text(String),
    /// A day.
    Date(Date),
    /// An instant, UTC.
    Timestamp(Timestamp),
}

impl SqlValue {
    /// The value as text, without quotes: `12.50`, `2026-01-14`, `true`.
    pub fn to_text(&self) -> String {
        match self {
            Self::Boolean(yes) => yes.to_string(),
            Self::Integer(number) => number.to_string(),
            Self::Decimal { units, scale, .. } => {
                let mut digits = if *units < 0 { "-".to_owned() } else { String::new() };
                // Writing to a text does not fail.
                let _ = write_units(&mut digits, *units, *scale);
                digits
            }
            Self::Text(text) => text.clone(),
            Self::Date(day) => day.to_string(),
            Self::Timestamp(instant) => instant.to_string(),
        }
    }

    /// The value as a literal that no value can leave: texts are quoted as the database reads them, the others have
    /// their type.
    pub fn literal(&self, dialect: Dialect) -> String {
        match self {
            Self::Boolean(true) => "TRUE".to_owned(),
            Self::Boolean(false) => "FALSE".to_owned(),
            // Two minus signs would begin a comment.
            Self::Integer(number) => format!("({number})"),
            Self::Decimal { precision, scale, .. } => {
                format!("CAST('{}' AS DECIMAL({precision}, {scale}))", self.to_text())
            }
            Self::Text(text) => {
                let text = text.replace('\'', "''");
                match dialect {
                    // Snowflake reads escapes in every quoted text; PostgreSQL and DataFusion in none.
                    Dialect::Snowflake => format!("'{}'", text.replace('\\', "\\\\")),
                    Dialect::Postgres => format!("'{text}'"),
                }
            }
            Self::Date(day) => format!("CAST('{day}' AS DATE)"),
            Self::Timestamp(instant) => format!("CAST('{instant}' AS TIMESTAMP(6))"),
        }
    }
}

/// The type alone: the value may be what a person typed.
impl fmt::Debug for SqlValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Boolean(_) => "Boolean",
            Self::Integer(_) => "Integer",
            Self::Decimal { .. } => "Decimal",
            Self::Text(_) => "Text",
            Self::Date(_) => "Date",
            Self::Timestamp(_) => "Timestamp",
        })
    }
}

macro_rules! from {
    ($($type:ty => |$value:ident| $variant:expr),+ $(,)?) => { $(
        impl From<$type> for SqlValue {
            fn from($value: $type) -> Self { $variant }
        }
    )+ };
}

from! {
    bool => |yes| Self::Boolean(yes),
    i32 => |number| Self::Integer(number.into()),
    i64 => |number| Self::Integer(number),
    &str => |text| Self::Text(text.to_owned()),
    &String => |text| Self::Text(text.clone()),
    String => |text| Self::Text(text),
    Date => |day| Self::Date(day),
    Timestamp => |instant| Self::Timestamp(instant),
}

impl<const P: u8, const S: u8> From<Decimal<P, S>> for SqlValue {
    fn from(number: Decimal<P, S>) -> Self {
        Self::Decimal { units: number.units(), precision: P, scale: S }
    }
}
