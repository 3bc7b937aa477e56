//! What to do about the values and types that Arrow has no exact place for.

use shopstream_core::{Error, Result, TableRef};

/// How to read a `numeric` column without a precision, or with one of more than 38 digits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Numeric {
    /// Refuse the column: a `Schema` error that names the choices.
    #[default]
    Error,
    /// As text, digit for digit as the server prints it (`NaN` and `Infinity` included).
    Text,
    /// As `Decimal128(precision, scale)`; a value that does not fit exactly is a `Data` error.
    Decimal {
        /// Digits in all, 1 to 38.
        precision: u8,
        /// Digits behind the point, at most `precision`.
        scale: u8,
    },
}

impl Numeric {
    pub(super) fn validate(self) -> Result<Self> {
        match self {
            Numeric::Decimal { precision, scale } if !(1..=38).contains(&precision) || scale > precision => {
                Err(Error::config("a decimal has 1 to 38 digits, and no more of them behind the point")
                    .with("precision", precision)
                    .with("scale", scale))
            }
            fine => Ok(fine),
        }
    }
}

/// What to do about NaN in `numeric`, ±infinity in `numeric`, `date` and `timestamp(tz)`, and 24:00:00 in `time`. Floats
/// keep theirs: Arrow has them too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Specials {
    /// Refuse the value: a `Data` error that names the column.
    #[default]
    Error,
    /// Read NULL. Columns that could hold such a value are then nullable, also where the database says NOT NULL; in an
    /// array it is the item that is NULL.
    Null,
}

/// How to read a column of a type that has no mapping to Arrow: `money`, whose text depends on the server's locale, and
/// base types of extensions and users, other than those of the category of strings (`citext` is one).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum UnknownTypes {
    /// Refuse the column: a `Schema` error that names its type.
    #[default]
    Error,
    /// As text, as the server prints it; of an array, each item so.
    Text,
}

/// The policies of a source: a default for all columns, and exceptions by table and column.
#[derive(Clone, Debug, Default)]
pub(super) struct Policies {
    pub(super) numeric: Numeric,
    pub(super) specials: Specials,
    pub(super) unknown: UnknownTypes,
    pub(super) numeric_of: Vec<(TableRef, String, Numeric)>,
    pub(super) specials_of: Vec<(TableRef, String, Specials)>,
    pub(super) text_of: Vec<(TableRef, String, ())>,
}

impl Policies {
    /// What was asked for this very column, whatever its declared precision.
    pub(super) fn numeric_of(&self, table: &TableRef, column: &str) -> Option<Numeric> {
        exception(&self.numeric_of, table, column)
    }

    pub(super) fn specials_of(&self, table: &TableRef, column: &str) -> Specials {
        exception(&self.specials_of, table, column).unwrap_or(self.specials)
    }

    /// Whether the column is to be read as text, whatever its type.
    pub(super) fn is_text(&self, table: &TableRef, column: &str) -> bool {
        exception(&self.text_of, table, column).is_some()
    }
}

/// The exception made last counts. One for a table without a schema holds in every schema.
fn exception<P: Copy>(exceptions: &[(TableRef, String, P)], table: &TableRef, column: &str) -> Option<P> {
    let same = |t: &TableRef| t.table() == table.table() && (t.schema().is_empty() || t.schema() == table.schema());
    exceptions.iter().rev().find(|(t, c, _)| same(t) && c == column).map(|(_, _, policy)| *policy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_and_only_the_matching_exception_counts() {
        let policies = Policies {
            numeric_of: vec![
                ("orders".into(), "amount".into(), Numeric::Text),
                ("sales.orders".into(), "amount".into(), Numeric::Decimal { precision: 12, scale: 2 }),
            ],
            ..Policies::default()
        };
        let of = |table: &str, column: &str| policies.numeric_of(&table.into(), column);
        assert_eq!(of("sales.orders", "amount"), Some(Numeric::Decimal { precision: 12, scale: 2 }));
        assert_eq!(of("public.orders", "amount"), Some(Numeric::Text));
        assert_eq!(of("public.orders", "tax"), None);
        assert_eq!(of("public.users", "amount"), None);
    }

    #[test]
    fn a_decimal_must_be_one_that_arrow_has() {
        for (precision, scale) in [(0, 0), (39, 2), (4, 5)] {
            assert!(Numeric::Decimal { precision, scale }.validate().is_err(), "{precision}, {scale}");
        }
        assert!(Numeric::Decimal { precision: 38, scale: 38 }.validate().is_ok());
    }
}
