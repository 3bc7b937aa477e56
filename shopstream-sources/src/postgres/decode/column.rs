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

use super::{Fault, Kind, Rule, few::Few, fields::Fields, list::List, numeric, rule::UUID_BYTES};
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
    /// Texts, as long as they are few.
    Few(Few),
    Uuid(Vec<[u8; UUID_BYTES]>),
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
        let values = match (rule.kind, rule.item) {
            (Kind::Text, None) => Values::Few(Few::new()),
            _ => Values::new(rule, 0, 0),
        };
        Self { rule, values, nulls: NullBufferBuilder::new(0) }
    }

    /// Reads the fields of some rows. Where one is at fault, it says in which of the rows.
    pub(super) fn extend(&mut self, fields: Fields<'_>) -> Result<(), (usize, Fault)> {
        let mut column = Filling { rule: self.rule, nulls: &mut self.nulls };
        let read = match (&mut self.values, self.rule.kind) {
            (Values::I32(v), Kind::Date) => column.fill(v, fields.iter(), date),
            (Values::I32(v), _) => column.fill(v, fields.iter(), |field| Ok(i32::from_be_bytes(fixed(field)?))),
            (Values::I64(v), Kind::Timestamp { .. }) => column.fill(v, fields.iter(), timestamp),
            (Values::I64(v), Kind::Time) => column.fill(v, fields.iter(), time),
            (Values::I64(v), Kind::Oid) => {
                column.fill(v, fields.iter(), |field| Ok(u32::from_be_bytes(fixed(field)?).into()))
            }
            (Values::I64(v), _) => column.fill(v, fields.iter(), |field| Ok(i64::from_be_bytes(fixed(field)?))),
            (Values::I128(v), Kind::Numeric { precision, scale }) => {
                column.fill(v, fields.iter_to_end(), |(rest, length)| numeric::read(rest, length, precision, scale))
            }
            (Values::Text(ends, bytes), Kind::Jsonb) => column.fill_ends(ends, fields, |field| match field {
                [JSONB_VERSION, text @ ..] => append(bytes, text),
                _ => Err(Fault::Malformed),
            }),
            (Values::Text(ends, bytes), _) => column.fill_ends(ends, fields, |field| append(bytes, field)),
            (Values::Few(few), _) => {
                let Few { texts, rows, .. } = few;
                column.fill(rows, fields.iter_to_end(), |(rest, length)| texts.number(rest, length))
            }
            (Values::Bool(v), _) => column.fill(v, fields.iter(), |field| match field {
                [0] => Ok(false),
                [1] => Ok(true),
                _ => Err(Fault::Malformed),
            }),
            (Values::F64(v), _) => column.fill(v, fields.iter(), |field| Ok(f64::from_be_bytes(fixed(field)?))),
            (Values::F32(v), _) => column.fill(v, fields.iter(), |field| Ok(f32::from_be_bytes(fixed(field)?))),
            (Values::I16(v), _) => column.fill(v, fields.iter(), |field| Ok(i16::from_be_bytes(fixed(field)?))),
            (Values::Uuid(v), _) => column.fill(v, fields.iter(), fixed),
            (Values::List(list), _) => {
                let List { ends, items } = &mut **list;
                column.fill_ends(ends, fields, |field| items.append(field))
            }
            (Values::I128(_), _) => Err((0, Fault::Malformed)),
        };
        if let Values::Few(few) = &self.values
            && few.are_many()
        {
            let (ends, bytes) = few.texts_of_rows().map_err(|fault| (0, fault))?;
            self.values = Values::Text(ends, bytes);
        }
        read
    }

    /// The array of what was read; the column starts again, with room for as much.
    pub(super) fn finish(&mut self) -> Result<ArrayRef, Fault> {
        let (rows, bytes) = self.values.size();
        let nulls = mem::replace(&mut self.nulls, NullBufferBuilder::new(rows)).build();
        if let Values::Few(few) = &mut self.values {
            return few.finish(nulls);
        }
        // A little more: another batch is rarely just as large, and what is full is copied to twice its size.
        let more = |count: usize| count + count / 16;
        let values = mem::replace(&mut self.values, Values::new(self.rule, more(rows), more(bytes)));
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
            Values::Few(few) => few.room(),
            Values::Uuid(v) => v.capacity() * UUID_BYTES,
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
            Kind::Uuid => Values::Uuid(Vec::with_capacity(rows)),
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
            Values::Few(few) => (few.rows.len(), 0),
            Values::Uuid(v) => (v.len(), 0),
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
            (Values::Uuid(v), _) => {
                let bytes = Buffer::from_vec(v.into_flattened());
                Arc::new(FixedSizeBinaryArray::new(UUID_BYTES as i32, bytes, nulls))
            }
            (Values::List(list), _) => list.into_array(rule, nulls)?,
            (Values::Few(mut few), _) => few.finish(nulls)?,
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

/// What reading any column's fields comes to: a value each, and where NULL is.
struct Filling<'a> {
    rule: Rule,
    nulls: &'a mut NullBufferBuilder,
}

impl Filling<'_> {
    /// A value for each field.
    #[inline]
    fn fill<T: Clone + Default, F>(
        &mut self,
        values: &mut Vec<T>,
        fields: impl ExactSizeIterator<Item = Option<F>>,
        mut value: impl FnMut(F) -> Result<T, Fault>,
    ) -> Result<(), (usize, Fault)> {
        let (rows, start, count) = (self.nulls.len(), values.len(), fields.len());
        // What is there already is filled faster than it is put behind one another.
        values.resize(start + count, T::default());
        for (row, (place, field)) in values[start..].iter_mut().zip(fields).enumerate() {
            match field.map(&mut value) {
                Some(Ok(value)) => *place = value,
                absent => self.absent(rows + row, absent.and_then(Result::err)).map_err(|fault| (row, fault))?,
            }
        }
        self.present(rows + count);
        Ok(())
    }

    /// Where what is put behind one another ends.
    #[inline]
    fn fill_ends(
        &mut self,
        ends: &mut Vec<i32>,
        fields: Fields<'_>,
        mut end: impl FnMut(&[u8]) -> Result<i32, Fault>,
    ) -> Result<(), (usize, Fault)> {
        let (rows, start) = (self.nulls.len(), ends.len());
        let mut last = ends.last().copied().unwrap_or(0);
        ends.resize(start + fields.len(), last);
        for (row, (place, field)) in ends[start..].iter_mut().zip(fields.iter()).enumerate() {
            match field.map(&mut end) {
                Some(Ok(end)) => last = end,
                absent => self.absent(rows + row, absent.and_then(Result::err)).map_err(|fault| (row, fault))?,
            }
            *place = last;
        }
        self.present(rows + fields.len());
        Ok(())
    }

    /// Takes NULL in a row, for a field that is not there or has no value here, if that is allowed.
    fn absent(&mut self, row: usize, fault: Option<Fault>) -> Result<(), Fault> {
        match fault {
            Some(fault) if fault != Fault::Special || !self.rule.specials_null => Err(fault),
            _ if !self.rule.nullable => Err(Fault::Null),
            _ => {
                self.present(row);
                self.nulls.append_null();
                Ok(())
            }
        }
    }

    /// Notes that the rows up to here have values, but for those that are NULL.
    fn present(&mut self, rows: usize) {
        self.nulls.append_n_non_nulls(rows - self.nulls.len());
    }
}

#[inline]
fn date(field: &[u8]) -> Result<i32, Fault> {
    match i32::from_be_bytes(fixed(field)?) {
        i32::MIN | i32::MAX => Err(Fault::Special),
        days => days.checked_add(EPOCH_DAYS).ok_or(Fault::OutOfRange),
    }
}

#[inline]
fn timestamp(field: &[u8]) -> Result<i64, Fault> {
    match i64::from_be_bytes(fixed(field)?) {
        i64::MIN | i64::MAX => Err(Fault::Special),
        micros => micros.checked_add(EPOCH_MICROS).ok_or(Fault::OutOfRange),
    }
}

fn time(field: &[u8]) -> Result<i64, Fault> {
    match i64::from_be_bytes(fixed(field)?) {
        // 24:00:00, which is no time of the day to others.
        DAY_MICROS => Err(Fault::Special),
        micros @ 0..DAY_MICROS => Ok(micros),
        _ => Err(Fault::Malformed),
    }
}

/// Puts a text behind the others, and says where they end then.
#[inline]
pub(super) fn append(bytes: &mut Vec<u8>, text: &[u8]) -> Result<i32, Fault> {
    bytes.extend_from_slice(text);
    i32::try_from(bytes.len()).map_err(|_| Fault::OutOfRange)
}

#[inline]
fn fixed<const N: usize>(field: &[u8]) -> Result<[u8; N], Fault> {
    field.try_into().map_err(|_| Fault::Malformed)
}
