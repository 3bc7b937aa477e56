//! How a column's fields are to be read.

use arrow::datatypes::{DataType, Field, TimeUnit};
use std::sync::Arc;

/// Bytes of a UUID.
pub(super) const UUID_BYTES: usize = 16;

/// How the bytes of a value are to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::postgres) enum Kind {
    Bool,
    Int2,
    Int4,
    Int8,
    Oid,
    Float4,
    Float8,
    Numeric { precision: u8, scale: u8 },
    Text,
    Jsonb,
    Bytes,
    Uuid,
    Date,
    Time,
    Timestamp { utc: bool },
}

impl Kind {
    pub(in crate::postgres) fn data_type(self) -> DataType {
        match self {
            Kind::Bool => DataType::Boolean,
            Kind::Int2 => DataType::Int16,
            Kind::Int4 => DataType::Int32,
            Kind::Int8 | Kind::Oid => DataType::Int64,
            Kind::Float4 => DataType::Float32,
            Kind::Float8 => DataType::Float64,
            // A scale of at most 38 fits.
            Kind::Numeric { precision, scale } => DataType::Decimal128(precision, scale as i8),
            Kind::Text | Kind::Jsonb => DataType::Utf8View,
            Kind::Bytes => DataType::BinaryView,
            Kind::Uuid => DataType::FixedSizeBinary(UUID_BYTES as i32),
            Kind::Date => DataType::Date32,
            Kind::Time => DataType::Time64(TimeUnit::Microsecond),
            Kind::Timestamp { utc } => DataType::Timestamp(TimeUnit::Microsecond, utc.then(|| "UTC".into())),
        }
    }

    /// Whether PostgreSQL has values of it that Arrow has not.
    pub(in crate::postgres) fn has_specials(self) -> bool {
        matches!(self, Kind::Numeric { .. } | Kind::Date | Kind::Time | Kind::Timestamp { .. })
    }
}

/// How the server is to send a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::postgres) enum Format {
    /// As its type prints it.
    Text,
    /// As its type's bytes.
    Binary,
}

/// How to read a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::postgres) struct Rule {
    /// Of the values, or of an array's items.
    pub(in crate::postgres) kind: Kind,
    /// Of an array: the type that its items are of, as the wire names it.
    pub(in crate::postgres) item: Option<u32>,
    pub(in crate::postgres) nullable: bool,
    /// Values that Arrow has not become NULL instead of an error, within an array too.
    pub(in crate::postgres) specials_null: bool,
}

impl Rule {
    pub(in crate::postgres) fn data_type(&self) -> DataType {
        match self.item {
            Some(_) => DataType::List(self.item_field()),
            None => self.kind.data_type(),
        }
    }

    /// How a result's fields are to come for this. A text comes as its type prints it: that is what makes a text of types
    /// that are none, and of texts, whose bytes are the same in both formats, it costs the server less.
    pub(in crate::postgres) fn format(&self) -> Format {
        match (self.kind, self.item) {
            (Kind::Text, None) => Format::Text,
            _ => Format::Binary,
        }
    }

    /// What an array's items are; any of them may be NULL.
    pub(super) fn item_field(&self) -> Arc<Field> {
        Arc::new(Field::new_list_field(self.kind.data_type(), true))
    }

    /// How to read an array's items.
    pub(super) fn of_items(&self) -> Self {
        Self { item: None, nullable: true, ..*self }
    }
}
