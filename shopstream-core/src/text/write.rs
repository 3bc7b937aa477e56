//! Rows to CSV and JSON.

use arrow::{
    array::{Array, ArrayRef, AsArray, RecordBatch},
    datatypes::{
        DataType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int16Type, Int32Type, Int64Type, Schema,
        TimestampMicrosecondType,
    },
};
use serde::de::IgnoredAny;
use std::fmt::{self, Write as _};

use crate::{Date, Error, Result, Timestamp, schema::EXTENSION, value::write_units};

/// A column on its way out.
pub(super) struct Column<'a> {
    name: &'a str,
    array: &'a ArrayRef,
    json: bool,
}

/// What stands in a cell.
enum Cell<'a> {
    Null,
    /// Digits, or true or false.
    Bare,
    /// What has no need of quotes in CSV, but of some in JSON.
    Plain,
    Text(&'a str),
}

/// The columns of a batch, which must be of the schema.
pub(super) fn columns<'a>(schema: &'a Schema, batch: &'a RecordBatch) -> Result<Vec<Column<'a>>> {
    let found = batch.schema_ref().fields();
    let same = |(a, b): (&arrow::datatypes::FieldRef, &arrow::datatypes::FieldRef)| {
        a.name() == b.name() && a.data_type() == b.data_type()
    };
    if schema.fields().len() != found.len() || !schema.fields().iter().zip(found).all(same) {
        return Err(Error::schema("a batch is not of the schema that its file has"));
    }
    let column = |(field, array): (&'a arrow::datatypes::FieldRef, &'a ArrayRef)| Column {
        name: field.name(),
        array,
        json: field.metadata().get(EXTENSION).is_some_and(|name| name == "arrow.json"),
    };
    Ok(schema.fields().iter().zip(batch.columns()).map(column).collect())
}

pub(super) fn csv_header(schema: &Schema, out: &mut Vec<u8>) {
    for (i, field) in schema.fields().iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        csv_text(field.name(), out);
    }
    out.push(b'\n');
}

pub(super) fn csv_rows(columns: &[Column<'_>], rows: usize, out: &mut Vec<u8>) -> Result<()> {
    let mut plain = String::new();
    for row in 0..rows {
        for (i, column) in columns.iter().enumerate() {
            if i > 0 {
                out.push(b',');
            }
            match column.cell(row, ' ', &mut plain)? {
                Cell::Null => {}
                Cell::Bare | Cell::Plain => out.extend_from_slice(plain.as_bytes()),
                Cell::Text(text) => csv_text(text, out),
            }
        }
        out.push(b'\n');
    }
    Ok(())
}

fn csv_text(text: &str, out: &mut Vec<u8>) {
    let special = |c: u8| matches!(c, b',' | b'"' | b'\n' | b'\r');
    // At the start of the file it would be taken for the byte order mark.
    if !text.is_empty() && !text.bytes().any(special) && !text.starts_with('\u{feff}') {
        return out.extend_from_slice(text.as_bytes());
    }
    out.push(b'"');
    for (i, part) in text.split('"').enumerate() {
        if i > 0 {
            out.extend_from_slice(b"\"\"");
        }
        out.extend_from_slice(part.as_bytes());
    }
    out.push(b'"');
}

/// The keys as JSON writes them, with their colons.
pub(super) fn json_keys(schema: &Schema) -> Result<Vec<Vec<u8>>> {
    let key = |name: &String| -> Result<Vec<u8>> {
        let mut key = vec![];
        json_text(name, &mut key)?;
        key.push(b':');
        Ok(key)
    };
    schema.fields().iter().map(|f| key(f.name())).collect()
}

pub(super) fn json_rows(columns: &[Column<'_>], keys: &[Vec<u8>], rows: usize, out: &mut Vec<u8>) -> Result<()> {
    let mut plain = String::new();
    for row in 0..rows {
        out.push(b'{');
        for (i, (column, key)) in columns.iter().zip(keys).enumerate() {
            if i > 0 {
                out.push(b',');
            }
            out.extend_from_slice(key);
            match column.cell(row, 'T', &mut plain)? {
                Cell::Null => out.extend_from_slice(b"null"),
                Cell::Bare => out.extend_from_slice(plain.as_bytes()),
                Cell::Plain => {
                    out.push(b'"');
                    out.extend_from_slice(plain.as_bytes());
                    out.push(b'"');
                }
                Cell::Text(text) if column.json && is_document(text) => out.extend_from_slice(text.as_bytes()),
                Cell::Text(text) => json_text(text, out)?,
            }
        }
        out.extend_from_slice(b"}\n");
    }
    Ok(())
}

/// Whether a text can stand in a line as the JSON object or array that it is, and be read back as it was.
fn is_document(text: &str) -> bool {
    text.starts_with(['{', '['])
        && text.ends_with(['}', ']'])
        && !text.contains('\n')
        && serde_json::from_str::<IgnoredAny>(text).is_ok()
}

fn json_text(text: &str, out: &mut Vec<u8>) -> Result<()> {
    serde_json::to_writer(out, text).map_err(|e| Error::internal("a text cannot be written as JSON").caused_by(e))
}

impl<'a> Column<'a> {
    /// The cell of a row; what is no text is in `plain`.
    fn cell(&self, row: usize, between: char, plain: &mut String) -> Result<Cell<'a>> {
        let array = self.array;
        if array.is_null(row) {
            return Ok(Cell::Null);
        }
        plain.clear();
        let (written, cell) = match array.data_type() {
            DataType::Boolean => (write!(plain, "{}", array.as_boolean().value(row)), Cell::Bare),
            DataType::Int16 => (write!(plain, "{}", array.as_primitive::<Int16Type>().value(row)), Cell::Bare),
            DataType::Int32 => (write!(plain, "{}", array.as_primitive::<Int32Type>().value(row)), Cell::Bare),
            DataType::Int64 => (write!(plain, "{}", array.as_primitive::<Int64Type>().value(row)), Cell::Bare),
            DataType::Float32 => {
                let value = array.as_primitive::<Float32Type>().value(row);
                (write!(plain, "{value:?}"), if value.is_finite() { Cell::Bare } else { Cell::Plain })
            }
            DataType::Float64 => {
                let value = array.as_primitive::<Float64Type>().value(row);
                (write!(plain, "{value:?}"), if value.is_finite() { Cell::Bare } else { Cell::Plain })
            }
            DataType::Decimal128(_, scale) => {
                let units = array.as_primitive::<Decimal128Type>().value(row);
                if units < 0 {
                    plain.push('-');
                }
                (write_units(plain, units, scale.unsigned_abs()), Cell::Plain)
            }
            DataType::Date32 => {
                let day = self.written(Date::from_days(array.as_primitive::<Date32Type>().value(row)))?;
                (write!(plain, "{day}"), Cell::Plain)
            }
            DataType::Timestamp(_, zone) => {
                let time = Timestamp::from_micros(array.as_primitive::<TimestampMicrosecondType>().value(row));
                self.written(time.date())?;
                let written = time.write(plain, between).and_then(|()| match zone {
                    Some(_) => plain.write_char('Z'),
                    None => Ok(()),
                });
                (written, Cell::Plain)
            }
            DataType::Utf8 => (Ok(()), Cell::Text(array.as_string::<i32>().value(row))),
            DataType::LargeUtf8 => (Ok(()), Cell::Text(array.as_string::<i64>().value(row))),
            DataType::Utf8View => (Ok(()), Cell::Text(array.as_string_view().value(row))),
            _ => (Err(fmt::Error), Cell::Null),
        };
        written.map_err(|_| Error::internal("a cell cannot be written").with("column", self.name))?;
        Ok(cell)
    }

    /// A day that has a text form.
    fn written(&self, day: Date) -> Result<Date> {
        match day.ymd() {
            Some((0..=9999, ..)) => Ok(day),
            _ => Err(Error::data("a day outside of the years 0 to 9999 has no text form").with("column", self.name)),
        }
    }
}
