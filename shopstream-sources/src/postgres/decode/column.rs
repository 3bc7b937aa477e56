//! One column of the batch under way: fields in, an Arrow array out.

use arrow::{
    array::{
        ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float32Array, Float64Array, Int16Array, Int32Array,
        Int64Array, NullBufferBuilder, StringArray, StringViewArray, TimestampMicrosecondArray,
    },
    buffer::{BooleanBuffer, Buffer, NullBuffer, OffsetBuffer, ScalarBuffer},
    datatypes::{DataType, TimeUnit},
};
use std::{mem, sync::Arc};

use super::{Fault, numeric};
use crate::postgres::wire::{EPOCH_DAYS, EPOCH_MICROS, JSONB_VERSION};

/// How the bytes of a field are to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::postgres) enum Kind {
    Bool,
    Int2,
    Int4,
    Int8,
    Float4,
    Float8,
    Numeric { precision: u8, scale: u8 },
    Text,
    Jsonb,
    Date,
    Timestamp { utc: bool },
}

impl Kind {
    pub(in crate::postgres) fn data_type(self) -> DataType {
        match self {
            Kind::Bool => DataType::Boolean,
            Kind::Int2 => DataType::Int16,
            Kind::Int4 => DataType::Int32,
            Kind::Int8 => DataType::Int64,
            Kind::Float4 => DataType::Float32,
            Kind::Float8 => DataType::Float64,
            // A scale of at most 38 fits.
            Kind::Numeric { precision, scale } => DataType::Decimal128(precision, scale as i8),
            Kind::Text | Kind::Jsonb => DataType::Utf8View,
            Kind::Date => DataType::Date32,
            Kind::Timestamp { utc } => DataType::Timestamp(TimeUnit::Microsecond, utc.then(|| "UTC".into())),
        }
    }
}

/// How to read a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::postgres) struct Rule {
    pub(in crate::postgres) kind: Kind,
    pub(in crate::postgres) nullable: bool,
    /// NaN of numeric and infinities become NULL instead of an error.
    pub(in crate::postgres) specials_null: bool,
}

#[derive(Debug)]
enum Values {
    Bool(Vec<bool>),
    I16(Vec<i16>),
    I32(Vec<i32>),
    I64(Vec<i64>),
    F32(Vec<f32>),
    F64(Vec<f64>),
    I128(Vec<i128>),
    /// Where each text ends, after a first 0, and all texts in a row.
    Text(Vec<i32>, Vec<u8>),
}

#[derive(Debug)]
pub(super) struct Column {
    rule: Rule,
    values: Values,
    nulls: NullBufferBuilder,
}

impl Column {
    pub(super) fn new(rule: Rule) -> Self {
        Self { rule, values: Values::new(rule.kind, 0, 0), nulls: NullBufferBuilder::new(0) }
    }

    #[inline]
    pub(super) fn push(&mut self, field: &[u8]) -> Result<(), Fault> {
        match self.value(field) {
            Ok(()) => self.nulls.append_non_null(),
            Err(Fault::Special) if self.rule.specials_null => return self.push_null(),
            Err(fault) => return Err(fault),
        }
        Ok(())
    }

    #[inline]
    fn value(&mut self, field: &[u8]) -> Result<(), Fault> {
        match (&mut self.values, self.rule.kind) {
            (Values::I32(v), Kind::Date) => v.push(match i32::from_be_bytes(fixed(field)?) {
                i32::MIN | i32::MAX => return Err(Fault::Special),
                days => days.checked_add(EPOCH_DAYS).ok_or(Fault::OutOfRange)?,
            }),
            (Values::I32(v), _) => v.push(i32::from_be_bytes(fixed(field)?)),
            (Values::I64(v), Kind::Timestamp { .. }) => v.push(match i64::from_be_bytes(fixed(field)?) {
                i64::MIN | i64::MAX => return Err(Fault::Special),
                micros => micros.checked_add(EPOCH_MICROS).ok_or(Fault::OutOfRange)?,
            }),
            (Values::I64(v), _) => v.push(i64::from_be_bytes(fixed(field)?)),
            (Values::I128(v), Kind::Numeric { precision, scale }) => v.push(numeric::units(field, precision, scale)?),
            (Values::Text(ends, bytes), kind) => {
                let text = match (kind, field) {
                    (Kind::Jsonb, [JSONB_VERSION, text @ ..]) => text,
                    (Kind::Jsonb, _) => return Err(Fault::Malformed),
                    _ => field,
                };
                let end = i32::try_from(bytes.len() + text.len()).map_err(|_| Fault::OutOfRange)?;
                bytes.extend_from_slice(text);
                ends.push(end);
            }
            (Values::Bool(v), _) => v.push(match field {
                [0] => false,
                [1] => true,
                _ => return Err(Fault::Malformed),
            }),
            (Values::F64(v), _) => v.push(f64::from_be_bytes(fixed(field)?)),
            (Values::F32(v), _) => v.push(f32::from_be_bytes(fixed(field)?)),
            (Values::I16(v), _) => v.push(i16::from_be_bytes(fixed(field)?)),
            (Values::I128(_), _) => return Err(Fault::Malformed),
        }
        Ok(())
    }

    pub(super) fn push_null(&mut self) -> Result<(), Fault> {
        if !self.rule.nullable {
            return Err(Fault::Null);
        }
        match &mut self.values {
            Values::Bool(v) => v.push(false),
            Values::I16(v) => v.push(0),
            Values::I32(v) => v.push(0),
            Values::I64(v) => v.push(0),
            Values::F32(v) => v.push(0.0),
            Values::F64(v) => v.push(0.0),
            Values::I128(v) => v.push(0),
            Values::Text(ends, _) => ends.push(ends.last().copied().unwrap_or(0)),
        }
        self.nulls.append_null();
        Ok(())
    }

    /// The array of what was pushed; the column starts again, with room for as much.
    pub(super) fn finish(&mut self) -> Result<ArrayRef, Fault> {
        let (rows, bytes) = self.values.size();
        let values = mem::replace(&mut self.values, Values::new(self.rule.kind, rows, bytes));
        let nulls = self.nulls.finish();
        self.nulls = NullBufferBuilder::new(rows);
        values.into_array(self.rule.kind, nulls)
    }
}

impl Values {
    fn new(kind: Kind, rows: usize, bytes: usize) -> Self {
        match kind {
            Kind::Bool => Values::Bool(Vec::with_capacity(rows)),
            Kind::Int2 => Values::I16(Vec::with_capacity(rows)),
            Kind::Int4 | Kind::Date => Values::I32(Vec::with_capacity(rows)),
            Kind::Int8 | Kind::Timestamp { .. } => Values::I64(Vec::with_capacity(rows)),
            Kind::Float4 => Values::F32(Vec::with_capacity(rows)),
            Kind::Float8 => Values::F64(Vec::with_capacity(rows)),
            Kind::Numeric { .. } => Values::I128(Vec::with_capacity(rows)),
            Kind::Text | Kind::Jsonb => {
                let mut ends = Vec::with_capacity(rows + 1);
                ends.push(0);
                Values::Text(ends, Vec::with_capacity(bytes))
            }
        }
    }

    fn size(&self) -> (usize, usize) {
        match self {
            Values::Bool(v) => (v.len(), 0),
            Values::I16(v) => (v.len(), 0),
            Values::I32(v) => (v.len(), 0),
            Values::I64(v) => (v.len(), 0),
            Values::F32(v) => (v.len(), 0),
            Values::F64(v) => (v.len(), 0),
            Values::I128(v) => (v.len(), 0),
            Values::Text(ends, bytes) => (ends.len() - 1, bytes.len()),
        }
    }

    fn into_array(self, kind: Kind, nulls: Option<NullBuffer>) -> Result<ArrayRef, Fault> {
        Ok(match (self, kind) {
            (Values::Bool(v), _) => Arc::new(BooleanArray::new(BooleanBuffer::from(v), nulls)),
            (Values::I16(v), _) => Arc::new(Int16Array::new(v.into(), nulls)),
            (Values::I32(v), Kind::Date) => Arc::new(Date32Array::new(v.into(), nulls)),
            (Values::I32(v), _) => Arc::new(Int32Array::new(v.into(), nulls)),
            (Values::I64(v), Kind::Timestamp { utc }) => {
                let array = TimestampMicrosecondArray::new(v.into(), nulls);
                Arc::new(if utc { array.with_timezone("UTC") } else { array })
            }
            (Values::I64(v), _) => Arc::new(Int64Array::new(v.into(), nulls)),
            (Values::F32(v), _) => Arc::new(Float32Array::new(v.into(), nulls)),
            (Values::F64(v), _) => Arc::new(Float64Array::new(v.into(), nulls)),
            (Values::I128(v), kind) => Arc::new(Decimal128Array::new(v.into(), nulls).with_data_type(kind.data_type())),
            (Values::Text(ends, bytes), _) => {
                // Checks UTF-8 once over all bytes; the views then share them.
                let offsets = OffsetBuffer::new(ScalarBuffer::from(ends));
                let texts =
                    StringArray::try_new(offsets, Buffer::from_vec(bytes), nulls).map_err(|_| Fault::NotUtf8)?;
                Arc::new(StringViewArray::from(&texts))
            }
        })
    }
}

#[inline]
fn fixed<const N: usize>(field: &[u8]) -> Result<[u8; N], Fault> {
    field.try_into().map_err(|_| Fault::Malformed)
}
