//! One column of the batch under way: fields in, an Arrow array out.

use arrow::{
    array::{
        ArrayRef, BinaryArray, BinaryViewArray, BooleanArray, Date32Array, Decimal128Array, FixedSizeBinaryArray,
        Float32Array, Float64Array, Int16Array, Int32Array, Int64Array, NullBufferBuilder, StringArray,
        StringViewArray, Time64MicrosecondArray, TimestampMicrosecondArray,
    },
    buffer::{BooleanBuffer, Buffer, NullBuffer, OffsetBuffer, ScalarBuffer},
};
use std::{mem, sync::Arc};

use super::{Fault, Kind, Rule, list::List, numeric, rule::UUID_BYTES};
use crate::postgres::wire::{DAY_MICROS, EPOCH_DAYS, EPOCH_MICROS, JSONB_VERSION};

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
    Uuid(Vec<u8>),
    List(Box<List>),
}

#[derive(Debug)]
pub(super) struct Column {
    rule: Rule,
    values: Values,
    nulls: NullBufferBuilder,
}

impl Column {
    pub(super) fn new(rule: Rule) -> Self {
        Self { rule, values: Values::new(rule, 0, 0), nulls: NullBufferBuilder::new(0) }
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
            (Values::I64(v), Kind::Time) => v.push(match i64::from_be_bytes(fixed(field)?) {
                // 24:00:00, which is no time of the day to others.
                DAY_MICROS => return Err(Fault::Special),
                micros @ 0..DAY_MICROS => micros,
                _ => return Err(Fault::Malformed),
            }),
            (Values::I64(v), Kind::Oid) => v.push(u32::from_be_bytes(fixed(field)?).into()),
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
            (Values::Uuid(v), _) => v.extend_from_slice(&fixed::<UUID_BYTES>(field)?),
            (Values::List(list), _) => list.push(field)?,
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
            Values::Uuid(v) => v.extend_from_slice(&[0; UUID_BYTES]),
            Values::List(list) => list.push_empty(),
        }
        self.nulls.append_null();
        Ok(())
    }

    /// Takes back what was pushed behind so many rows.
    pub(super) fn truncate(&mut self, rows: usize) {
        match &mut self.values {
            Values::Bool(v) => v.truncate(rows),
            Values::I16(v) => v.truncate(rows),
            Values::I32(v) => v.truncate(rows),
            Values::I64(v) => v.truncate(rows),
            Values::F32(v) => v.truncate(rows),
            Values::F64(v) => v.truncate(rows),
            Values::I128(v) => v.truncate(rows),
            Values::Text(ends, bytes) => {
                ends.truncate(rows + 1);
                // An end within what was pushed, which is no less than 0.
                bytes.truncate(ends.last().copied().unwrap_or(0) as usize);
            }
            Values::Uuid(v) => v.truncate(rows * UUID_BYTES),
            Values::List(list) => list.truncate(rows),
        }
        self.nulls.truncate(rows);
    }

    /// The array of what was pushed; the column starts again, with room for as much.
    pub(super) fn finish(&mut self) -> Result<ArrayRef, Fault> {
        let (rows, bytes) = self.values.size();
        let values = mem::replace(&mut self.values, Values::new(self.rule, rows, bytes));
        let nulls = self.nulls.finish();
        self.nulls = NullBufferBuilder::new(rows);
        values.into_array(self.rule, nulls)
    }

    /// Bytes that it has room for.
    #[cfg(test)]
    pub(super) fn room(&self) -> usize {
        let values = match &self.values {
            Values::Bool(v) => v.capacity(),
            Values::I16(v) => v.capacity() * 2,
            Values::I32(v) => v.capacity() * 4,
            Values::I64(v) => v.capacity() * 8,
            Values::F32(v) => v.capacity() * 4,
            Values::F64(v) => v.capacity() * 8,
            Values::I128(v) => v.capacity() * 16,
            Values::Text(ends, bytes) => ends.capacity() * 4 + bytes.capacity(),
            Values::Uuid(v) => v.capacity(),
            Values::List(list) => list.room(),
        };
        values + self.nulls.allocated_size()
    }
}

impl Values {
    fn new(rule: Rule, rows: usize, bytes: usize) -> Self {
        if let Some(item) = rule.item {
            return Values::List(Box::new(List::new(rule, item, rows)));
        }
        match rule.kind {
            Kind::Bool => Values::Bool(Vec::with_capacity(rows)),
            Kind::Int2 => Values::I16(Vec::with_capacity(rows)),
            Kind::Int4 | Kind::Date => Values::I32(Vec::with_capacity(rows)),
            Kind::Int8 | Kind::Oid | Kind::Time | Kind::Timestamp { .. } => Values::I64(Vec::with_capacity(rows)),
            Kind::Float4 => Values::F32(Vec::with_capacity(rows)),
            Kind::Float8 => Values::F64(Vec::with_capacity(rows)),
            Kind::Numeric { .. } => Values::I128(Vec::with_capacity(rows)),
            Kind::Uuid => Values::Uuid(Vec::with_capacity(rows * UUID_BYTES)),
            Kind::Text | Kind::Jsonb | Kind::Bytes => {
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
            Values::Uuid(v) => (v.len() / UUID_BYTES, 0),
            Values::List(list) => (list.len(), 0),
        }
    }

    fn into_array(self, rule: Rule, nulls: Option<NullBuffer>) -> Result<ArrayRef, Fault> {
        Ok(match (self, rule.kind) {
            (Values::Bool(v), _) => Arc::new(BooleanArray::new(BooleanBuffer::from(v), nulls)),
            (Values::I16(v), _) => Arc::new(Int16Array::new(v.into(), nulls)),
            (Values::I32(v), Kind::Date) => Arc::new(Date32Array::new(v.into(), nulls)),
            (Values::I32(v), _) => Arc::new(Int32Array::new(v.into(), nulls)),
            (Values::I64(v), Kind::Timestamp { utc }) => {
                let array = TimestampMicrosecondArray::new(v.into(), nulls);
                Arc::new(if utc { array.with_timezone("UTC") } else { array })
            }
            (Values::I64(v), Kind::Time) => Arc::new(Time64MicrosecondArray::new(v.into(), nulls)),
            (Values::I64(v), _) => Arc::new(Int64Array::new(v.into(), nulls)),
            (Values::F32(v), _) => Arc::new(Float32Array::new(v.into(), nulls)),
            (Values::F64(v), _) => Arc::new(Float64Array::new(v.into(), nulls)),
            (Values::I128(v), kind) => Arc::new(Decimal128Array::new(v.into(), nulls).with_data_type(kind.data_type())),
            (Values::Uuid(v), _) => Arc::new(FixedSizeBinaryArray::new(UUID_BYTES as i32, Buffer::from_vec(v), nulls)),
            (Values::List(list), _) => list.into_array(rule, nulls)?,
            (Values::Text(ends, bytes), Kind::Bytes) => {
                let offsets = OffsetBuffer::new(ScalarBuffer::from(ends));
                Arc::new(BinaryViewArray::from(&BinaryArray::new(offsets, Buffer::from_vec(bytes), nulls)))
            }
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
