//! Whether Arrow columns fit a table, and as what each of them is sent.

use arrow::datatypes::{DataType, FieldRef, Schema, TimeUnit};
use shopstream_core::{Error, Result};
use tokio_postgres::types::Type;

use crate::postgres::{binary::is_json, catalog::Attribute, mapping::precision_and_scale};

/// The type on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wire {
    Bool,
    Int2,
    Int4,
    Int8,
    Float4,
    Float8,
    Numeric,
    Text,
    Jsonb,
    Date,
    Timestamp,
}

/// As what each column of the schema is sent.
pub(super) fn fit(schema: &Schema, attributes: &[Attribute]) -> Result<Vec<Wire>> {
    let mut wires = vec![];
    let mut differences = vec![];
    for (i, field) in schema.fields().iter().enumerate() {
        let name = field.name();
        let found = attributes.iter().find(|a| a.name == *name);
        match found {
            _ if schema.fields()[..i].iter().any(|f| f.name() == name) => {
                differences.push(format!("{name}: there twice"))
            }
            None => differences.push(format!("{name}: the table has no such column")),
            Some(a) if a.generated => differences.push(format!("{name}: the database generates it")),
            Some(a) => match wire(field.data_type(), a) {
                Some(wire) => wires.push(wire),
                None => differences.push(format!("{name}: {} does not fit {}", field.data_type(), a.native_type)),
            },
        }
    }
    if differences.is_empty() { Ok(wires) } else { Err(Error::schema(differences.join("; "))) }
}

fn wire(data_type: &DataType, attribute: &Attribute) -> Option<Wire> {
    use DataType as D;
    Some(match (data_type, Type::from_oid(attribute.base.oid)?) {
        (D::Boolean, Type::BOOL) => Wire::Bool,
        (D::Int16, Type::INT2) => Wire::Int2,
        (D::Int16 | D::Int32, Type::INT4) => Wire::Int4,
        (D::Int16 | D::Int32 | D::Int64, Type::INT8) => Wire::Int8,
        (D::Float32, Type::FLOAT4) => Wire::Float4,
        (D::Float32 | D::Float64, Type::FLOAT8) => Wire::Float8,
        (D::Decimal128(_, scale @ 0..), Type::NUMERIC) => {
            // The server would round to a smaller scale without a word; a column without one takes all.
            let scale = u8::try_from(*scale).ok()?;
            match precision_and_scale(attribute.base.typmod) {
                Some((_, room)) if scale > room => return None,
                None if attribute.base.typmod >= 0 => return None,
                _ => Wire::Numeric,
            }
        }
        (D::Utf8 | D::LargeUtf8 | D::Utf8View, Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::JSON) => {
            Wire::Text
        }
        (D::Utf8 | D::LargeUtf8 | D::Utf8View, Type::JSONB) => Wire::Jsonb,
        (D::Date32, Type::DATE) => Wire::Date,
        (D::Timestamp(TimeUnit::Microsecond, None), Type::TIMESTAMP) => Wire::Timestamp,
        (D::Timestamp(TimeUnit::Microsecond, Some(_)), Type::TIMESTAMPTZ) => Wire::Timestamp,
        _ => return None,
    })
}

/// As what each column is sent where nothing but the rows says it.
pub(super) fn natural(schema: &Schema) -> Result<Vec<Wire>> {
    let wire = |field: &FieldRef| {
        use DataType as D;
        Ok(match field.data_type() {
            D::Boolean => Wire::Bool,
            D::Int16 => Wire::Int2,
            D::Int32 => Wire::Int4,
            D::Int64 => Wire::Int8,
            D::Float32 => Wire::Float4,
            D::Float64 => Wire::Float8,
            D::Decimal128(_, 0..) => Wire::Numeric,
            D::Utf8 | D::LargeUtf8 | D::Utf8View if is_json(field) => Wire::Jsonb,
            D::Utf8 | D::LargeUtf8 | D::Utf8View => Wire::Text,
            D::Date32 => Wire::Date,
            D::Timestamp(TimeUnit::Microsecond, _) => Wire::Timestamp,
            other => {
                return Err(Error::unsupported("a column's type is none that is written as binary COPY")
                    .with("column", field.name())
                    .with("type", other));
            }
        })
    };
    schema.fields().iter().map(wire).collect()
}
