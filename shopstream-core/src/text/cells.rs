//! Rows that grow cell by cell out of their texts.

use arrow::{
    array::{
        ArrayBuilder, ArrayRef, BooleanArray, BooleanBuilder, Date32Builder, Decimal128Builder, Float32Builder,
        Float64Builder, Int16Builder, Int32Builder, Int64Builder, LargeStringBuilder, RecordBatch, RecordBatchOptions,
        StringBuilder, StringViewBuilder, TimestampMicrosecondBuilder,
    },
    compute::filter,
    datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit},
};

use std::fmt;

use super::number::{float, json_units};
use crate::{Date, Error, Result, Timestamp, value::parse_units};

/// Bytes of records in a batch, at most: they keep wide rows from filling the memory.
const BATCH_BYTES: usize = 32 << 20;

/// The open batch.
#[derive(Debug)]
pub(super) struct Rows {
    schema: SchemaRef,
    cells: Vec<Cells>,
    batch_rows: usize,
    rows: usize,
    bytes: usize,
    /// Which of the rows are bad: they stay in the columns until the batch is taken.
    bad: Vec<usize>,
    on_bad_row: Option<OnBadRow>,
}

/// Who is told of a bad row, and says whether to go on.
pub(super) struct OnBadRow(pub(super) Box<dyn FnMut(Error) -> Result<()> + Send>);

impl fmt::Debug for OnBadRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OnBadRow")
    }
}

impl Rows {
    pub(super) fn new(schema: SchemaRef, batch_rows: usize) -> Result<Self> {
        let cells = schema.fields().iter().map(|f| Cells::new(f)).collect::<Result<_>>()?;
        Ok(Self { schema, cells, batch_rows: batch_rows.max(1), rows: 0, bytes: 0, bad: vec![], on_bad_row: None })
    }

    pub(super) fn set_on_bad_row(&mut self, on_bad_row: OnBadRow) {
        self.on_bad_row = Some(on_bad_row);
    }

    pub(super) fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Whether the column holds text.
    pub(super) fn is_text(&self, column: usize) -> bool {
        matches!(self.cells[column], Cells::Utf8(_) | Cells::LargeUtf8(_) | Cells::Utf8View(_))
    }

    pub(super) fn push_null(&mut self, column: usize) -> Result<()> {
        if !self.schema.field(column).is_nullable() {
            return Err(self.error(column, "NULL where there must be a value"));
        }
        self.cells[column].push_null();
        Ok(())
    }

    /// A cell by its text.
    pub(super) fn push_text(&mut self, column: usize, text: &str) -> Result<()> {
        self.cells[column].push_text(text).ok_or_else(|| self.unexpected(column))
    }

    /// A cell by a JSON number.
    pub(super) fn push_number(&mut self, column: usize, text: &str) -> Result<()> {
        self.cells[column].push_number(text).ok_or_else(|| self.unexpected(column))
    }

    /// Ends a row, made of a record of so many bytes; gives the batch when it is full.
    pub(super) fn end_row(&mut self, bytes: usize) -> Result<Option<RecordBatch>> {
        self.rows += 1;
        self.bytes = self.bytes.saturating_add(bytes);
        if self.rows >= self.batch_rows || self.bytes >= BATCH_BYTES { self.take() } else { Ok(None) }
    }

    /// Ends a row in which there was this error, made of a record of so many bytes: leaves it out and goes on, where
    /// somebody takes the error.
    pub(super) fn end_bad_row(&mut self, error: Error, bytes: usize) -> Result<Option<RecordBatch>> {
        let Some(on_bad_row) = &mut self.on_bad_row else { return Err(error) };
        (on_bad_row.0)(error)?;
        for cells in &mut self.cells {
            if cells.builder().len() == self.rows {
                cells.push_null();
            }
        }
        self.bad.push(self.rows);
        self.end_row(bytes)
    }

    /// The good rows since the last batch, if there are any.
    pub(super) fn take(&mut self) -> Result<Option<RecordBatch>> {
        let (rows, bad) = (std::mem::take(&mut self.rows), std::mem::take(&mut self.bad));
        self.bytes = 0;
        if rows == 0 {
            return Ok(None);
        }
        let mut arrays: Vec<ArrayRef> = self.cells.iter_mut().map(|c| c.builder().finish()).collect();
        if !bad.is_empty() {
            let mut good = vec![true; rows];
            bad.iter().for_each(|row| good[*row] = false);
            let good = BooleanArray::from(good);
            arrays = arrays.iter().map(|array| filter(array, &good)).collect::<Result<_, _>>()?;
        }
        if rows == bad.len() {
            return Ok(None);
        }
        let options = RecordBatchOptions::new().with_row_count(Some(rows - bad.len()));
        Ok(Some(RecordBatch::try_new_with_options(self.schema.clone(), arrays, &options)?))
    }

    /// The error of a cell that is not what its column wants.
    pub(super) fn unexpected(&self, column: usize) -> Error {
        let expected = match self.schema.field(column).data_type() {
            DataType::Boolean => "true or false".into(),
            DataType::Int16 => "an integer of 16 bits".into(),
            DataType::Int32 => "an integer of 32 bits".into(),
            DataType::Int64 => "an integer of 64 bits".into(),
            DataType::Float32 => "a float of 32 bits".into(),
            DataType::Float64 => "a float of 64 bits".into(),
            DataType::Decimal128(p, s) => format!("a decimal number of at most {p} digits, {s} behind the point"),
            DataType::Date32 => "a day as YYYY-MM-DD".into(),
            DataType::Timestamp(..) => "an instant as YYYY-MM-DD HH:MM:SS".into(),
            _ => "a text".to_owned(),
        };
        self.error(column, format!("expected {expected}"))
    }

    pub(super) fn error(&self, column: usize, message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
        Error::data(message).with("column", self.schema.field(column).name())
    }
}

/// Whether every column has a text form.
pub(super) fn check(schema: &Schema) -> Result<()> {
    schema.fields().iter().try_for_each(|f| Cells::new(f).map(drop))
}

/// The open column.
#[derive(Debug)]
enum Cells {
    Boolean(BooleanBuilder),
    Int16(Int16Builder),
    Int32(Int32Builder),
    Int64(Int64Builder),
    Float32(Float32Builder),
    Float64(Float64Builder),
    Decimal128(Decimal128Builder, u8, u8),
    Date32(Date32Builder),
    Timestamp(TimestampMicrosecondBuilder),
    Utf8(StringBuilder),
    LargeUtf8(LargeStringBuilder),
    Utf8View(StringViewBuilder),
}

macro_rules! each {
    ($cells:expr, $builder:ident => $result:expr) => {
        match $cells {
            Cells::Boolean($builder) => $result,
            Cells::Int16($builder) => $result,
            Cells::Int32($builder) => $result,
            Cells::Int64($builder) => $result,
            Cells::Float32($builder) => $result,
            Cells::Float64($builder) => $result,
            Cells::Decimal128($builder, ..) => $result,
            Cells::Date32($builder) => $result,
            Cells::Timestamp($builder) => $result,
            Cells::Utf8($builder) => $result,
            Cells::LargeUtf8($builder) => $result,
            Cells::Utf8View($builder) => $result,
        }
    };
}

impl Cells {
    fn new(field: &Field) -> Result<Self> {
        let data_type = field.data_type();
        Ok(match data_type {
            DataType::Boolean => Cells::Boolean(BooleanBuilder::new()),
            DataType::Int16 => Cells::Int16(Int16Builder::new()),
            DataType::Int32 => Cells::Int32(Int32Builder::new()),
            DataType::Int64 => Cells::Int64(Int64Builder::new()),
            DataType::Float32 => Cells::Float32(Float32Builder::new()),
            DataType::Float64 => Cells::Float64(Float64Builder::new()),
            DataType::Decimal128(precision @ 1..=38, scale) if (0..=*precision as i8).contains(scale) => {
                let builder = Decimal128Builder::new().with_data_type(data_type.clone());
                Cells::Decimal128(builder, *precision, scale.unsigned_abs())
            }
            DataType::Date32 => Cells::Date32(Date32Builder::new()),
            DataType::Timestamp(TimeUnit::Microsecond, zone) if zone.as_deref().is_none_or(utc) => {
                Cells::Timestamp(TimestampMicrosecondBuilder::new().with_data_type(data_type.clone()))
            }
            DataType::Utf8 => Cells::Utf8(StringBuilder::new()),
            DataType::LargeUtf8 => Cells::LargeUtf8(LargeStringBuilder::new()),
            DataType::Utf8View => Cells::Utf8View(StringViewBuilder::new()),
            _ => {
                return Err(Error::schema("CSV and JSON have no form of a column's type")
                    .with("column", field.name())
                    .with("type", data_type));
            }
        })
    }

    fn builder(&mut self) -> &mut dyn ArrayBuilder {
        each!(self, b => b)
    }

    fn push_null(&mut self) {
        each!(self, b => b.append_null());
    }

    fn push_text(&mut self, text: &str) -> Option<()> {
        match self {
            Cells::Boolean(b) => b.append_value(text.parse().ok()?),
            Cells::Int16(b) => b.append_value(text.parse().ok()?),
            Cells::Int32(b) => b.append_value(text.parse().ok()?),
            Cells::Int64(b) => b.append_value(text.parse().ok()?),
            Cells::Float32(b) => b.append_value(float(text)?),
            Cells::Float64(b) => b.append_value(float(text)?),
            Cells::Decimal128(b, precision, scale) => {
                b.append_value(parse_units(text.as_bytes(), *precision, *scale)?);
            }
            Cells::Date32(b) => b.append_value(Date::parse(text)?.days()),
            Cells::Timestamp(b) => b.append_value(Timestamp::parse(text)?.micros()),
            Cells::Utf8(b) => b.append_value(text),
            Cells::LargeUtf8(b) => b.append_value(text),
            Cells::Utf8View(b) => b.try_append_value(text).ok()?,
        }
        Some(())
    }

    fn push_number(&mut self, text: &str) -> Option<()> {
        match self {
            Cells::Int16(b) => b.append_value(json_units(text, 5, 0)?.try_into().ok()?),
            Cells::Int32(b) => b.append_value(json_units(text, 10, 0)?.try_into().ok()?),
            Cells::Int64(b) => b.append_value(json_units(text, 19, 0)?.try_into().ok()?),
            Cells::Decimal128(b, precision, scale) => b.append_value(json_units(text, *precision, *scale)?),
            Cells::Boolean(_) | Cells::Date32(_) | Cells::Timestamp(_) => return None,
            Cells::Float32(_) | Cells::Float64(_) | Cells::Utf8(_) | Cells::LargeUtf8(_) | Cells::Utf8View(_) => {
                return self.push_text(text);
            }
        }
        Some(())
    }
}

fn utc(zone: &str) -> bool {
    matches!(zone, "UTC" | "Z" | "+00:00" | "+00")
}
