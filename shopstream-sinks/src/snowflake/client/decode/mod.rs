//! Results as the library's types: what the server says of its columns, and the columns themselves.
//!
//! The server sends a column in whatever encoding is smallest for the rows at hand: a `NUMBER(10,2)` is an `Int16` of
//! cents in one part of a result and a `Decimal128` in the next. What a column becomes here follows from its declared
//! type alone, so that all parts of a result, and an empty one, have the same schema:
//!
//! | Snowflake | Arrow |
//! |---|---|
//! | `NUMBER(p, 0)`, p ≤ 19 | `Int64` |
//! | any other `NUMBER(p, s)` | `Decimal128(p, s)` |
//! | `FLOAT` | `Float64` |
//! | `VARCHAR` | `Utf8View` |
//! | `VARIANT`, `OBJECT`, `ARRAY` | `Utf8View` of JSON text, extension type `arrow.json` |
//! | `BOOLEAN`, `BINARY`, `DATE` | `Boolean`, `Binary`, `Date32` |
//! | `TIME` | `Time64` in microseconds |
//! | `TIMESTAMP_NTZ` | `Timestamp` in microseconds without a zone |
//! | `TIMESTAMP_LTZ`, `TIMESTAMP_TZ` | `Timestamp` in microseconds of `UTC`: the moment; the offset is not kept |
//!
//! Every column may hold NULL: what the server says of that is a guess where a column is computed. Nothing is rounded: a time that is finer than a microsecond is an error, which says how to cast it.
//!
//! The encodings are those that the vendor's own drivers read (`arrow_chunk.go` and `converter.go` of
//! [gosnowflake](https://github.com/snowflakedb/gosnowflake), `arrow_iterator` of the connector for Python).

mod arrow;
mod fixed;
mod json;
mod time;

use ::arrow::{
    array::{ArrayRef, RecordBatch, RecordBatchOptions},
    datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit},
};
use serde::Deserialize;
use shopstream_core::{Error, Result};
use std::{collections::HashMap, sync::Arc};

/// A column as the server describes it.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct RowType {
    name: String,
    #[serde(rename = "type")]
    kind: String,
    scale: Option<i64>,
    precision: Option<i64>,
    /// The parts of a structured type.
    fields: Option<serde::de::IgnoredAny>,
}

/// What a column's values are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Int,
    Decimal {
        precision: u8,
        scale: u8,
    },
    Real,
    Text,
    Json,
    Boolean,
    Binary,
    Date,
    /// Seconds times ten to the power of `scale`, since midnight.
    Time {
        scale: u8,
    },
    /// Seconds times ten to the power of `scale`, since 1970-01-01 in UTC.
    Timestamp {
        scale: u8,
        zone: Zone,
    },
}

/// What a timestamp knows of its zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Zone {
    None,
    Utc,
}

impl Kind {
    fn of(column: &RowType) -> Result<Self> {
        let unsupported = || {
            Error::unsupported("a column has a type that is not read: cast it in the query, for instance by TO_VARCHAR")
                .with("column", &column.name)
                .with("type", &column.kind)
        };
        let number = |value: Option<i64>, otherwise: u8, most: u8| {
            let value = value.map_or(Some(otherwise), |v| u8::try_from(v).ok());
            value.filter(|v| *v <= most).ok_or_else(unsupported)
        };
        if column.fields.is_some() {
            return Err(unsupported());
        }
        let scale = || number(column.scale, 9, 9);
        let timestamp = |zone| Ok(Kind::Timestamp { scale: scale()?, zone });
        match column.kind.to_ascii_lowercase().as_str() {
            "fixed" => match (number(column.precision, 38, 38)?, number(column.scale, 0, 38)?) {
                (..=19, 0) => Ok(Kind::Int),
                (precision, scale) if scale <= precision && precision > 0 => Ok(Kind::Decimal { precision, scale }),
                _ => Err(unsupported()),
            },
            "real" => Ok(Kind::Real),
            "text" => Ok(Kind::Text),
            "variant" | "object" | "array" => Ok(Kind::Json),
            "boolean" => Ok(Kind::Boolean),
            "binary" => Ok(Kind::Binary),
            "date" => Ok(Kind::Date),
            "time" => Ok(Kind::Time { scale: scale()? }),
            "timestamp_ntz" => timestamp(Zone::None),
            "timestamp_ltz" | "timestamp_tz" => timestamp(Zone::Utc),
            _ => Err(unsupported()),
        }
    }

    fn data_type(self) -> DataType {
        match self {
            Kind::Int => DataType::Int64,
            Kind::Decimal { precision, scale } => DataType::Decimal128(precision, scale.cast_signed()),
            Kind::Real => DataType::Float64,
            Kind::Text | Kind::Json => DataType::Utf8View,
            Kind::Boolean => DataType::Boolean,
            Kind::Binary => DataType::Binary,
            Kind::Date => DataType::Date32,
            Kind::Time { .. } => DataType::Time64(TimeUnit::Microsecond),
            Kind::Timestamp { zone, .. } => DataType::Timestamp(TimeUnit::Microsecond, zone.name()),
        }
    }
}

impl Zone {
    fn name(self) -> Option<Arc<str>> {
        (self == Zone::Utc).then(|| "UTC".into())
    }
}

/// The columns of a result.
#[derive(Clone, Debug)]
pub(crate) struct Columns {
    schema: SchemaRef,
    kinds: Vec<Kind>,
}

impl Columns {
    /// The columns that the server describes.
    pub(crate) fn new(columns: &[RowType]) -> Result<Self> {
        let kinds: Vec<Kind> = columns.iter().map(Kind::of).collect::<Result<_>>()?;
        let fields = columns.iter().zip(&kinds).map(|(column, kind)| {
            let field = Field::new(&column.name, kind.data_type(), true);
            match kind {
                Kind::Json => {
                    field.with_metadata(HashMap::from([("ARROW:extension:name".into(), "arrow.json".into())]))
                }
                _ => field,
            }
        });
        Ok(Self { schema: Arc::new(Schema::new(fields.collect::<Vec<_>>())), kinds })
    }

    /// Their schema.
    pub(crate) fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Rows of them, of which there are so many.
    fn batch(&self, rows: usize, columns: Vec<ArrayRef>) -> Result<RecordBatch> {
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        Ok(RecordBatch::try_new_with_options(self.schema.clone(), columns, &options)?)
    }
}

/// A value that is not what its column's type promises; the value itself is not shown.
fn bad_value(column: &str, what: &'static str) -> Error {
    Error::data(what).with("column", column)
}

#[cfg(test)]
mod fixture {
    use super::{Columns, RowType};
    use ::arrow::{
        array::{AsArray, RecordBatch},
        datatypes::TimestampMicrosecondType,
        util::display::array_value_to_string,
    };

    /// A result of one column.
    pub(super) fn column(kind: &str) -> Columns {
        let column = serde_json::json!([{"name": "C", "type": kind}]);
        Columns::new(&serde_json::from_value::<Vec<RowType>>(column).unwrap()).unwrap()
    }

    /// The first row as text.
    pub(super) fn first_row(batch: &RecordBatch) -> String {
        // Arrow writes moments of a named zone only with a table of zones.
        let cells = batch.columns().iter().map(|column| match column.as_primitive_opt::<TimestampMicrosecondType>() {
            Some(moments) => array_value_to_string(&moments.clone().with_timezone_opt(None::<&str>), 0).unwrap(),
            None => array_value_to_string(column, 0).unwrap(),
        });
        cells.collect::<Vec<_>>().join("|")
    }
}
