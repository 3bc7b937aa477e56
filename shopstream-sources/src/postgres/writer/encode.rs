//! Arrow to binary COPY.

use arrow::{
    array::{
        Array, ArrayRef, AsArray, BooleanArray, LargeStringArray, PrimitiveArray, RecordBatch, StringArray,
        StringViewArray,
    },
    datatypes::{
        DataType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int16Type, Int32Type, Int64Type,
        TimestampMicrosecondType,
    },
};
use bytes::Bytes;
use shopstream_core::{Error, Result};
use std::mem;

use super::fit::{self, Wire};
use crate::postgres::wire::{EPOCH_DAYS, EPOCH_MICROS, JSONB_VERSION, NEGATIVE, POSITIVE, POWERS, SIGNATURE};

/// Makes one COPY of batches.
#[derive(Debug)]
pub(super) struct Encoder {
    buffer: Vec<u8>,
}

impl Encoder {
    pub(super) fn new() -> Self {
        let mut buffer = SIGNATURE.to_vec();
        // Neither flags nor an extension.
        buffer.extend_from_slice(&[0; 8]);
        Self { buffer }
    }

    /// The rows of a batch.
    pub(super) fn rows<'a>(&'a mut self, batch: &'a RecordBatch, wires: &[Wire]) -> Result<Rows<'a>> {
        let fields = i16::try_from(wires.len()).map_err(|_| Error::unsupported("a table has at most 1,600 columns"))?;
        let schema = batch.schema_ref();
        let columns = batch.columns().iter().zip(wires).enumerate();
        let columns = columns
            .map(|(i, (array, wire))| {
                let cells = Cells::new(array, *wire).ok_or_else(|| {
                    Error::internal("an array is not what its field says").with("column", schema.field(i).name())
                })?;
                Ok(EncodedColumn { name: schema.field(i).name(), array, cells })
            })
            .collect::<Result<_>>()?;
        Ok(Rows { buffer: &mut self.buffer, columns, fields, row: 0, rows: batch.num_rows() })
    }

    /// What is left, and the end.
    pub(super) fn finish(mut self) -> Bytes {
        self.buffer.extend_from_slice(&(-1i16).to_be_bytes());
        self.buffer.into()
    }
}

#[derive(Debug)]
struct EncodedColumn<'a> {
    name: &'a str,
    array: &'a ArrayRef,
    cells: Cells<'a>,
}

/// The rows of a batch that are still to be encoded.
#[derive(Debug)]
pub(super) struct Rows<'a> {
    buffer: &'a mut Vec<u8>,
    columns: Vec<EncodedColumn<'a>>,
    fields: i16,
    row: usize,
    rows: usize,
}

impl Rows<'_> {
    /// Encodes until there are `enough` bytes to [`take`](Self::take); false when the rows ran out before.
    pub(super) fn encode(&mut self, enough: usize) -> Result<bool> {
        while self.row < self.rows {
            if self.buffer.len() >= enough {
                return Ok(true);
            }
            self.buffer.extend_from_slice(&self.fields.to_be_bytes());
            for column in &self.columns {
                if column.array.is_null(self.row) {
                    self.buffer.extend_from_slice(&(-1i32).to_be_bytes());
                    continue;
                }
                let start = self.buffer.len();
                self.buffer.extend_from_slice(&[0; 4]);
                column.cells.write(self.row, self.buffer).map_err(|e| e.with("column", column.name))?;
                let length = i32::try_from(self.buffer.len() - start - 4)
                    .map_err(|_| Error::data("a value is longer than PostgreSQL takes").with("column", column.name))?;
                self.buffer[start..start + 4].copy_from_slice(&length.to_be_bytes());
            }
            self.row += 1;
        }
        Ok(self.buffer.len() >= enough)
    }

    /// What was encoded so far.
    pub(super) fn take(&mut self) -> Bytes {
        let room = self.buffer.len();
        mem::replace(self.buffer, Vec::with_capacity(room)).into()
    }
}

#[derive(Debug)]
enum Ints<'a> {
    I16(&'a PrimitiveArray<Int16Type>),
    I32(&'a PrimitiveArray<Int32Type>),
    I64(&'a PrimitiveArray<Int64Type>),
}

#[derive(Debug)]
enum Texts<'a> {
    Offsets(&'a StringArray),
    Large(&'a LargeStringArray),
    Views(&'a StringViewArray),
}

/// A column's values, as what they are sent.
#[derive(Debug)]
enum Cells<'a> {
    Bool(&'a BooleanArray),
    Int2(Ints<'a>),
    Int4(Ints<'a>),
    Int8(Ints<'a>),
    Float4(&'a PrimitiveArray<Float32Type>),
    Float4As8(&'a PrimitiveArray<Float32Type>),
    Float8(&'a PrimitiveArray<Float64Type>),
    Numeric(&'a PrimitiveArray<Decimal128Type>, u8),
    Text(Texts<'a>),
    Jsonb(Texts<'a>),
    Date(&'a PrimitiveArray<Date32Type>),
    Timestamp(&'a PrimitiveArray<TimestampMicrosecondType>),
}

impl<'a> Cells<'a> {
    fn new(array: &'a ArrayRef, wire: Wire) -> Option<Self> {
        Some(match wire {
            Wire::Bool => Cells::Bool(array.as_boolean_opt()?),
            Wire::Int2 => Cells::Int2(Ints::new(array)?),
            Wire::Int4 => Cells::Int4(Ints::new(array)?),
            Wire::Int8 => Cells::Int8(Ints::new(array)?),
            Wire::Float4 => Cells::Float4(array.as_primitive_opt()?),
            Wire::Float8 => match array.as_primitive_opt() {
                Some(floats) => Cells::Float4As8(floats),
                None => Cells::Float8(array.as_primitive_opt()?),
            },
            Wire::Numeric => {
                let decimals = array.as_primitive_opt::<Decimal128Type>()?;
                Cells::Numeric(decimals, u8::try_from(decimals.scale()).ok()?)
            }
            Wire::Text => Cells::Text(Texts::new(array)?),
            Wire::Jsonb => Cells::Jsonb(Texts::new(array)?),
            Wire::Date => Cells::Date(array.as_primitive_opt()?),
            Wire::Timestamp => Cells::Timestamp(array.as_primitive_opt()?),
        })
    }

    fn write(&self, row: usize, out: &mut Vec<u8>) -> Result<()> {
        let range = || Error::data("an integer is out of its column's range");
        match self {
            Cells::Bool(a) => out.push(u8::from(a.value(row))),
            Cells::Int2(a) => out.extend_from_slice(&i16::try_from(a.get(row)).map_err(|_| range())?.to_be_bytes()),
            Cells::Int4(a) => out.extend_from_slice(&i32::try_from(a.get(row)).map_err(|_| range())?.to_be_bytes()),
            Cells::Int8(a) => out.extend_from_slice(&a.get(row).to_be_bytes()),
            Cells::Float4(a) => out.extend_from_slice(&a.value(row).to_be_bytes()),
            Cells::Float4As8(a) => out.extend_from_slice(&f64::from(a.value(row)).to_be_bytes()),
            Cells::Float8(a) => out.extend_from_slice(&a.value(row).to_be_bytes()),
            Cells::Numeric(a, scale) => numeric_wire(a.value(row), *scale, out),
            Cells::Text(a) => out.extend_from_slice(a.get(row).as_bytes()),
            Cells::Jsonb(a) => {
                out.push(JSONB_VERSION);
                out.extend_from_slice(a.get(row).as_bytes());
            }
            // The extremes are PostgreSQL's infinities.
            Cells::Date(a) => match a.value(row).checked_sub(EPOCH_DAYS) {
                None | Some(i32::MIN) => return Err(Error::data("a date is before PostgreSQL's first")),
                Some(days) => out.extend_from_slice(&days.to_be_bytes()),
            },
            Cells::Timestamp(a) => match a.value(row).checked_sub(EPOCH_MICROS) {
                None | Some(i64::MIN) => return Err(Error::data("a timestamp is before PostgreSQL's first")),
                Some(micros) => out.extend_from_slice(&micros.to_be_bytes()),
            },
        }
        Ok(())
    }
}

impl<'a> Ints<'a> {
    fn new(array: &'a ArrayRef) -> Option<Self> {
        Some(match array.data_type() {
            DataType::Int16 => Ints::I16(array.as_primitive_opt()?),
            DataType::Int32 => Ints::I32(array.as_primitive_opt()?),
            _ => Ints::I64(array.as_primitive_opt()?),
        })
    }

    fn get(&self, row: usize) -> i64 {
        match self {
            Ints::I16(a) => a.value(row).into(),
            Ints::I32(a) => a.value(row).into(),
            Ints::I64(a) => a.value(row),
        }
    }
}

impl<'a> Texts<'a> {
    fn new(array: &'a ArrayRef) -> Option<Self> {
        Some(match array.data_type() {
            DataType::Utf8 => Texts::Offsets(array.as_string_opt()?),
            DataType::LargeUtf8 => Texts::Large(array.as_string_opt()?),
            _ => Texts::Views(array.as_string_view_opt()?),
        })
    }

    fn get(&self, row: usize) -> &str {
        match self {
            Texts::Offsets(a) => a.value(row),
            Texts::Large(a) => a.value(row),
            Texts::Views(a) => a.value(row),
        }
    }
}

/// Writes `number` × 10^-`scale` as a `numeric`: a head, and base-10000 digits that stand around the decimal point.
pub(in crate::postgres) fn numeric_wire(number: i128, scale: u8, out: &mut Vec<u8>) {
    // From the last digit to the first: 39 decimal digits, and up to three zeros to fill the last one up.
    let mut digits = [0u16; 12];
    let mut count = 0;
    let mut rest = number.unsigned_abs();
    let mut push = |digit: u128| {
        digits[count] = digit as u16;
        count += 1;
    };
    let odd = usize::from(scale % 4);
    if odd != 0 {
        push(rest % POWERS[odd] * POWERS[4 - odd]);
        rest /= POWERS[odd];
    }
    while rest > u128::from(u64::MAX) {
        push(rest % 10_000);
        rest /= 10_000;
    }
    // The rest is divided in a machine word, which is a good deal faster.
    let mut rest = rest as u64;
    while rest > 0 {
        push(u128::from(rest % 10_000));
        rest /= 10_000;
    }
    let behind = i16::from(scale.div_ceil(4));
    let weight = count as i16 - behind - 1;
    // The wire has no zeros at either end.
    let mut digits = &digits[..count];
    let mut weight = weight;
    while let [zeros @ .., 0] = digits {
        digits = zeros;
        weight -= 1;
    }
    while let [0, others @ ..] = digits {
        digits = others;
    }
    let sign = if number < 0 { NEGATIVE } else { POSITIVE };
    let weight = if digits.is_empty() { 0 } else { weight };
    out.extend_from_slice(&(digits.len() as u16).to_be_bytes());
    out.extend_from_slice(&weight.to_be_bytes());
    out.extend_from_slice(&sign.to_be_bytes());
    out.extend_from_slice(&u16::from(scale).to_be_bytes());
    for digit in digits.iter().rev() {
        out.extend_from_slice(&digit.to_be_bytes());
    }
}

/// One COPY of batches, each column as the type of its own.
pub(in crate::postgres) fn encode(batches: &[RecordBatch]) -> Result<Vec<u8>> {
    let mut encoder = Encoder::new();
    let mut bytes = vec![];
    if let Some(first) = batches.first() {
        let wires = fit::natural(first.schema_ref())?;
        for batch in batches {
            if batch.schema_ref().fields() != first.schema_ref().fields() {
                return Err(Error::schema("a later batch has another schema than the first"));
            }
            let mut rows = encoder.rows(batch, &wires)?;
            rows.encode(usize::MAX)?;
            bytes.append(rows.buffer);
        }
    }
    bytes.extend_from_slice(&encoder.finish());
    Ok(bytes)
}
