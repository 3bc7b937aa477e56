//! What can be wrong with a field, and what is said of it.

use shopstream_core::Error;

/// What is wrong with the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    Malformed,
    FieldCount,
    Null,
    Special,
    Dimensions,
    Loss,
    TooLarge,
    OutOfRange,
    NotUtf8,
}

impl Fault {
    pub(super) fn error(self) -> Error {
        match self {
            Fault::Malformed => Error::data("the bytes are not those of rows and this column's type"),
            Fault::FieldCount => Error::data("a row has another number of fields than the table has columns"),
            Fault::Null => Error::data("NULL in a column that is NOT NULL"),
            Fault::Special => Error::data(
                "NaN, infinity or 24:00:00, which Arrow's type has no place for: read it as NULL (Specials::Null), or \
                 the column as text (with_column_text)",
            ),
            Fault::Dimensions => Error::data(
                "an array of more than one dimension, or one that does not count from 1, which Arrow's list has no \
                 place for: read the column as text (with_column_text)",
            ),
            Fault::Loss => Error::data(
                "a number has more digits behind the point than the column's scale: choose another \
                 Numeric::Decimal, or Numeric::Text",
            ),
            Fault::TooLarge => Error::data(
                "a number has more digits than the column's precision: choose another Numeric::Decimal, or \
                 Numeric::Text",
            ),
            Fault::OutOfRange => Error::data(
                "a value lies outside of what Arrow's type can hold: read the column as text (with_column_text)",
            ),
            Fault::NotUtf8 => Error::data("a text is not valid UTF-8; the database's encoding may be SQL_ASCII"),
        }
    }
}
