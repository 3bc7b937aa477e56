//! Binary COPY without a server: what `COPY … TO 'file' (FORMAT BINARY)` writes, and what `COPY … FROM` takes.
//!
//! Fields are as [`PostgresSource`](super::PostgresSource) reads them, by the Arrow type: `Int32` is `integer`,
//! `Decimal128` is `numeric`, a text is `text`, or `jsonb` where its field has the extension `arrow.json`.
//!
//! ```
//! use shopstream_sources::postgres::binary;
//! use arrow::array::{Decimal128Array, Int32Array, RecordBatch};
//! use std::sync::Arc;
//!
//! let prices = Decimal128Array::from(vec![Some(1999), None]).with_precision_and_scale(10, 2)?;
//! let ids = Int32Array::from(vec![1, 2]);
//! let batch = RecordBatch::try_from_iter([("id", Arc::new(ids) as _), ("price", Arc::new(prices) as _)])?;
//!
//! let bytes = binary::encode(std::slice::from_ref(&batch))?;
//! assert_eq!(binary::decode(&batch.schema(), &bytes)?, [batch]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use arrow::{
    array::RecordBatch,
    datatypes::{DataType, Field, SchemaRef, TimeUnit},
};
use shopstream_core::{Error, Result};
use std::collections::VecDeque;

use super::{
    decode::{Decoder, Framing, Kind, MAX_BATCH_BYTES, Rule},
    writer,
};

/// Reads the rows of one COPY, whose columns are those of the schema in their order, as batches of about 256 KiB.
///
/// # Errors
/// `Unsupported` for a type of Arrow that no read makes, `Data` with column and row for bytes that are not such rows,
/// `Unavailable` when they end before the rows do.
pub fn decode(schema: &SchemaRef, bytes: &[u8]) -> Result<Vec<RecordBatch>> {
    let rules = schema.fields().iter().map(|field| rule(field)).collect::<Result<Vec<_>>>()?;
    let mut decoder = Decoder::new(Framing::Copy, schema.clone(), &rules, usize::MAX, MAX_BATCH_BYTES);
    let mut batches = VecDeque::new();
    decoder.push(bytes, Some(0..bytes.len()), &mut batches)?;
    decoder.finish(&mut batches)?;
    Ok(batches.into())
}

/// The rows of batches as one COPY. Types that only a read knows, as `bytea` and arrays, are not written yet.
///
/// # Errors
/// `Unsupported` for such a column, `Schema` when a batch has other columns than the first.
pub fn encode(batches: &[RecordBatch]) -> Result<Vec<u8>> {
    writer::encode(batches)
}

fn rule(field: &Field) -> Result<Rule> {
    let kind = match field.data_type() {
        DataType::Boolean => Kind::Bool,
        DataType::Int16 => Kind::Int2,
        DataType::Int32 => Kind::Int4,
        DataType::Int64 => Kind::Int8,
        DataType::Float32 => Kind::Float4,
        DataType::Float64 => Kind::Float8,
        DataType::Decimal128(precision, scale @ 0..=38) => {
            Kind::Numeric { precision: *precision, scale: scale.unsigned_abs() }
        }
        DataType::Utf8View if is_json(field) => Kind::Jsonb,
        DataType::Utf8View => Kind::Text,
        DataType::BinaryView => Kind::Bytes,
        DataType::FixedSizeBinary(16) => Kind::Uuid,
        DataType::Date32 => Kind::Date,
        DataType::Time64(TimeUnit::Microsecond) => Kind::Time,
        DataType::Timestamp(TimeUnit::Microsecond, None) => Kind::Timestamp { utc: false },
        DataType::Timestamp(TimeUnit::Microsecond, Some(zone)) if **zone == *"UTC" => Kind::Timestamp { utc: true },
        other => {
            return Err(Error::unsupported("a column's type is none that binary COPY is read as")
                .with("column", field.name())
                .with("type", other));
        }
    };
    Ok(Rule { kind, item: None, nullable: field.is_nullable(), specials_null: false })
}

/// Whether a column's texts are JSON.
pub(super) fn is_json(field: &Field) -> bool {
    field.extension_type_name() == Some("arrow.json")
}
