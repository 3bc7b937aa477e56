//! CSV and JSON: codecs between bytes and Arrow batches, typed by a schema, without I/O.
//!
//! A column is a boolean, an integer of 16, 32 or 64 bits, a float, a `Decimal128`, a `Date32`, a timestamp in
//! microseconds (of UTC or without zone) or a text. Its text is that of [`Decimal`](crate::Decimal),
//! [`Date`](crate::Date) and [`Timestamp`](crate::Timestamp), with a `Z` behind a timestamp whose type has the zone
//! UTC; `true` or `false`; and for a float the shortest that reads back to the same one, `NaN`, `inf` or `-inf`.
//!
//! * **CSV** is RFC 4180 with a header, in UTF-8. NULL is an empty field, the empty text is `""`. Lines end with LF
//!   or CRLF; blank ones are skipped, except in a file of one column, where such a line is a NULL. Columns are found
//!   by their names in the header, in any order; those that the schema does not have are passed over.
//! * **JSON** is an object a line; one array of objects is read too. A missing key is NULL, a key that the schema
//!   does not have is passed over. Numbers are taken by their digits, never through a float, and may also be written
//!   as a text, as decimals, dates and timestamps always are. An object or array in a text column is kept as its
//!   JSON text; a column of the extension type `arrow.json` is written that way too.

mod cells;
mod csv;
mod csv_scan;
mod json;
mod json_array;
mod number;
mod write;

use arrow::{array::RecordBatch, datatypes::SchemaRef};

use crate::{Error, Result};
use cells::{OnBadRow, Rows};
use csv::CsvDecoder;
use json::JsonDecoder;

/// Bytes of a record, at most, unless said otherwise.
const RECORD_LIMIT: usize = 64 << 20;

/// What is said of a record over its limit.
const TOO_LARGE: &str = "a record is larger than the limit of a record";

/// Reads CSV or JSON that comes in chunks, which may be cut anywhere.
///
/// It holds one record and one batch at most: a record over the limit (64 MiB, see
/// [`with_record_limit`](TextDecoder::with_record_limit)) is an error, and a batch is closed early when its texts
/// grow large. After an error it reads no further.
///
/// ```
/// use arrow::datatypes::{DataType, Field, Schema};
/// use shopstream_core::text::TextDecoder;
///
/// let schema = Schema::new(vec![
///     Field::new("id", DataType::Int64, false),
///     Field::new("name", DataType::Utf8View, true),
/// ]);
/// let mut decoder = TextDecoder::csv(schema.clone().into(), 1000)?;
/// assert!(decoder.push(b"name,id\n\"Ada, Co")?.is_empty());
/// assert!(decoder.push(b"untess\",1\n,2\n")?.is_empty());
/// assert_eq!(decoder.finish()?.map(|batch| batch.num_rows()), Some(2));
///
/// let mut decoder = TextDecoder::csv(schema.into(), 1000)?;
/// let error = decoder.push(b"id,name\n1,Ada\ntwo,Charles\n").unwrap_err();
/// assert_eq!(error.to_string(), "expected an integer of 64 bits (column: id, line: 3)");
/// # Ok::<(), shopstream_core::Error>(())
/// ```
#[derive(Debug)]
pub struct TextDecoder {
    bom: Bom,
    format: Decoder,
    failed: bool,
}

#[derive(Debug)]
enum Decoder {
    Csv(CsvDecoder),
    Json(JsonDecoder),
}

impl TextDecoder {
    /// Reads CSV into batches of this schema, of so many rows at most; 0 counts as 1.
    ///
    /// # Errors
    /// `Schema` when a column is of a type that has no text form.
    pub fn csv(schema: SchemaRef, batch_rows: usize) -> Result<Self> {
        let rows = Rows::new(schema, batch_rows)?;
        Ok(Self::new(Decoder::Csv(CsvDecoder::new(rows, RECORD_LIMIT))))
    }

    /// Reads JSON, an object a line or one array of them, into batches of this schema, of so many rows at most; 0
    /// counts as 1.
    ///
    /// # Errors
    /// `Schema` when a column is of a type that has no text form.
    pub fn ndjson(schema: SchemaRef, batch_rows: usize) -> Result<Self> {
        let rows = Rows::new(schema, batch_rows)?;
        Ok(Self::new(Decoder::Json(JsonDecoder::new(rows, RECORD_LIMIT))))
    }

    fn new(format: Decoder) -> Self {
        Self { bom: Bom::default(), format, failed: false }
    }

    /// Allows records of so many bytes.
    #[must_use]
    pub fn with_record_limit(mut self, bytes: usize) -> Self {
        match &mut self.format {
            Decoder::Csv(csv) => csv.set_limit(bytes),
            Decoder::Json(json) => json.set_limit(bytes),
        }
        self
    }

    /// Leaves bad rows out instead of stopping at the first: each is told as the error that it would have been, with
    /// its line and, where there is one, its column. `Ok` goes on, an error stops the reading with it.
    ///
    /// A row is bad when it has a value that its column does not allow, or a number of fields that the header has not;
    /// a line of newline-delimited JSON also when it is no JSON object. What hides where the next row starts (quotes
    /// and line ends of a CSV, the syntax of a JSON array, a record over its limit) stops the reading as ever.
    ///
    /// ```
    /// use arrow::datatypes::{DataType, Field, Schema};
    /// use shopstream_core::text::TextDecoder;
    /// use std::sync::mpsc;
    ///
    /// let (bad, lines) = mpsc::channel();
    /// let schema = Schema::new(vec![Field::new("id", DataType::Int64, false)]);
    /// let mut decoder = TextDecoder::csv(schema.into(), 1000)?.on_bad_row(move |error| {
    ///     let _ = bad.send(error.context("line").map(str::to_owned));
    ///     Ok(())
    /// });
    /// decoder.push(b"id\n1\ntwo\n3\n")?;
    /// assert_eq!(decoder.finish()?.map(|batch| batch.num_rows()), Some(2));
    /// assert_eq!(lines.recv(), Ok(Some("3".to_owned())));
    /// # Ok::<(), shopstream_core::Error>(())
    /// ```
    #[must_use]
    pub fn on_bad_row(mut self, told: impl FnMut(Error) -> Result<()> + Send + 'static) -> Self {
        match &mut self.format {
            Decoder::Csv(csv) => csv.rows().set_on_bad_row(OnBadRow(Box::new(told))),
            Decoder::Json(json) => json.rows().set_on_bad_row(OnBadRow(Box::new(told))),
        }
        self
    }

    /// Reads the next bytes; gives the batches that they fill.
    ///
    /// # Errors
    /// `Schema` when the header of a CSV does not have the columns of the schema. `Data` for what is not CSV or JSON
    /// and for a value that its column does not allow. Each with the line and, where there is one, the column.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Vec<RecordBatch>> {
        let mut batches = vec![];
        self.guarded(|decoder| {
            let (held, rest) = decoder.bom.skip(bytes);
            decoder.feed(held, &mut batches)?;
            decoder.feed(rest, &mut batches)
        })?;
        Ok(batches)
    }

    /// Ends the reading; gives the rows that are left.
    ///
    /// # Errors
    /// As [`push`](TextDecoder::push), also when the text ends too early.
    pub fn finish(mut self) -> Result<Option<RecordBatch>> {
        let mut batches = vec![];
        self.guarded(|decoder| {
            let held = decoder.bom.held();
            decoder.feed(held, &mut batches)?;
            match &mut decoder.format {
                Decoder::Csv(csv) => csv.finish(&mut batches),
                Decoder::Json(json) => json.finish(&mut batches),
            }
        })?;
        // What was left is the open batch and one record, which had its place in it.
        Ok(batches.pop())
    }

    fn feed(&mut self, bytes: &[u8], batches: &mut Vec<RecordBatch>) -> Result<()> {
        match &mut self.format {
            Decoder::Csv(csv) => csv.push(bytes, batches),
            Decoder::Json(json) => json.push(bytes, batches),
        }
    }

    fn guarded(&mut self, work: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        if self.failed {
            return Err(Error::internal("a decoder was used after its error"));
        }
        let result = work(self);
        self.failed = result.is_err();
        result
    }
}

/// Writes batches as CSV or as newline-delimited JSON.
///
/// ```
/// use arrow::{array::{Int64Array, RecordBatch, StringArray}, datatypes::{DataType, Field, Schema}};
/// use shopstream_core::text::TextEncoder;
/// use std::sync::Arc;
///
/// let schema = Arc::new(Schema::new(vec![
///     Field::new("id", DataType::Int64, false),
///     Field::new("name", DataType::Utf8, true),
/// ]));
/// let names = StringArray::from(vec![Some("Ada, Countess"), Some(""), None]);
/// let batch = RecordBatch::try_new(schema.clone(), vec![Arc::new(Int64Array::from(vec![1, 2, 3])), Arc::new(names)])?;
///
/// let (mut csv, mut out) = (TextEncoder::csv(schema)?, vec![]);
/// csv.encode(&batch, &mut out)?;
/// csv.finish(&mut out)?;
/// assert_eq!(out, b"id,name\n1,\"Ada, Countess\"\n2,\"\"\n3,\n");
/// # Ok::<(), shopstream_core::Error>(())
/// ```
#[derive(Debug)]
pub struct TextEncoder {
    schema: SchemaRef,
    format: Format,
}

#[derive(Debug)]
enum Format {
    Csv { header_written: bool },
    Ndjson { keys: Vec<Vec<u8>> },
}

impl TextEncoder {
    /// Writes CSV.
    ///
    /// # Errors
    /// `Schema` when a column is of a type that has no text form.
    pub fn csv(schema: SchemaRef) -> Result<Self> {
        cells::check(&schema)?;
        Ok(Self { schema, format: Format::Csv { header_written: false } })
    }

    /// Writes a JSON object a line.
    ///
    /// # Errors
    /// `Schema` when a column is of a type that has no text form.
    pub fn ndjson(schema: SchemaRef) -> Result<Self> {
        cells::check(&schema)?;
        let keys = write::json_keys(&schema)?;
        Ok(Self { schema, format: Format::Ndjson { keys } })
    }

    /// Appends the rows of a batch.
    ///
    /// # Errors
    /// `Schema` when the batch is not of the schema; `Data` for a date or timestamp outside of the years 0 to 9999,
    /// which has no text form. Then `out` may hold a part of the batch.
    pub fn encode(&mut self, batch: &RecordBatch, out: &mut Vec<u8>) -> Result<()> {
        self.header(out);
        let columns = write::columns(&self.schema, batch)?;
        match &self.format {
            Format::Csv { .. } => write::csv_rows(&columns, batch.num_rows(), out),
            Format::Ndjson { keys } => write::json_rows(&columns, keys, batch.num_rows(), out),
        }
    }

    /// Ends the text: without any batch, a CSV still gets its header.
    ///
    /// # Errors
    /// None today.
    pub fn finish(mut self, out: &mut Vec<u8>) -> Result<()> {
        self.header(out);
        Ok(())
    }

    fn header(&mut self, out: &mut Vec<u8>) {
        if let Format::Csv { header_written: written @ false } = &mut self.format {
            write::csv_header(&self.schema, out);
            *written = true;
        }
    }
}

/// Skips the byte order mark, which may come in pieces.
#[derive(Debug, Default)]
struct Bom {
    matched: usize,
}

impl Bom {
    const MARK: &'static [u8] = b"\xEF\xBB\xBF";

    /// The bytes behind the mark, and before them those that only looked like one.
    fn skip<'a>(&mut self, mut bytes: &'a [u8]) -> (&'static [u8], &'a [u8]) {
        while self.matched < Self::MARK.len() {
            match bytes.split_first() {
                None => break,
                Some((byte, rest)) if *byte == Self::MARK[self.matched] => {
                    self.matched += 1;
                    bytes = rest;
                }
                Some(_) => return (self.held(), bytes),
            }
        }
        (&[], bytes)
    }

    /// The bytes that looked like the start of a mark.
    fn held(&mut self) -> &'static [u8] {
        let matched = std::mem::replace(&mut self.matched, Self::MARK.len());
        if matched < Self::MARK.len() { &Self::MARK[..matched] } else { &[] }
    }
}

#[cfg(test)]
mod tests;
