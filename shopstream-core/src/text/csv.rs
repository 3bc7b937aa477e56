//! CSV to rows.

use arrow::array::RecordBatch;
use std::collections::HashSet;

use super::{cells::Rows, csv_scan::Scanner};
use crate::{Error, Result};

#[derive(Debug)]
pub(super) struct CsvDecoder {
    scanner: Scanner,
    header: Option<Header>,
    rows: Rows,
}

/// What the first record says.
#[derive(Debug)]
struct Header {
    /// The schema's column of each field; `None` when it has none.
    columns: Vec<Option<usize>>,
}

impl CsvDecoder {
    pub(super) fn new(rows: Rows, limit: usize) -> Self {
        Self { scanner: Scanner::new(limit), header: None, rows }
    }

    pub(super) fn set_limit(&mut self, limit: usize) {
        self.scanner.set_limit(limit);
    }

    pub(super) fn rows(&mut self) -> &mut Rows {
        &mut self.rows
    }

    pub(super) fn push(&mut self, mut bytes: &[u8], batches: &mut Vec<RecordBatch>) -> Result<()> {
        while self.scanner.scan(&mut bytes).map_err(|e| self.malformed(e))? {
            self.end_record(batches)?;
        }
        Ok(())
    }

    pub(super) fn finish(&mut self, batches: &mut Vec<RecordBatch>) -> Result<()> {
        if self.scanner.finish().map_err(|e| self.malformed(e))? {
            self.end_record(batches)?;
        }
        if self.header.is_none() {
            return Err(Error::schema("there is no header").with("line", 1));
        }
        batches.extend(self.rows.take()?);
        Ok(())
    }

    fn end_record(&mut self, batches: &mut Vec<RecordBatch>) -> Result<()> {
        let line = self.scanner.line();
        match &self.header {
            None => self.header = Some(header(&self.scanner, &self.rows).map_err(|e| e.with("line", line))?),
            Some(header) if self.scanner.is_blank() && header.columns.len() > 1 => {}
            Some(header) => batches.extend(match record(&self.scanner, header, &mut self.rows) {
                Ok(()) => self.rows.end_row(self.scanner.bytes()),
                Err(error) => self.rows.end_bad_row(error.with("line", line), self.scanner.bytes()),
            }?),
        }
        self.scanner.clear();
        Ok(())
    }

    /// The error of a record that is not CSV.
    fn malformed(&self, message: &'static str) -> Error {
        let field = self.scanner.len();
        let column = self.header.as_ref().and_then(|h| h.columns.get(field).copied().flatten());
        match column {
            Some(column) => self.rows.error(column, message),
            None => Error::data(message).with("field", field + 1),
        }
        .with("line", self.scanner.line())
    }
}

fn header(scanner: &Scanner, rows: &Rows) -> Result<Header> {
    let fields = rows.schema().fields();
    let (mut names, mut columns) = (HashSet::new(), Vec::with_capacity(scanner.len()));
    for i in 0..scanner.len() {
        let (name, _) = scanner.field(i);
        let column = fields.iter().position(|f| f.name().as_bytes() == name);
        if !names.insert(name) {
            // A file without a header has values in its place: none but the schema's names are shown.
            let error = Error::schema("the header names a column twice").with("field", i + 1);
            return Err(match column {
                Some(column) => error.with("column", fields[column].name()),
                None => error,
            });
        }
        columns.push(column);
    }
    let missing: Vec<&str> =
        fields.iter().map(|f| f.name().as_str()).filter(|name| !names.contains(name.as_bytes())).collect();
    if !missing.is_empty() {
        return Err(Error::schema("the header lacks columns").with("columns", missing.join(", ")));
    }
    Ok(Header { columns })
}

fn record(scanner: &Scanner, header: &Header, rows: &mut Rows) -> Result<()> {
    if scanner.len() != header.columns.len() {
        let what = if scanner.len() < header.columns.len() { "fewer" } else { "more" };
        return Err(Error::data(format!("a record of {what} fields than the header"))
            .with("fields", scanner.len())
            .with("header", header.columns.len()));
    }
    for (i, column) in header.columns.iter().enumerate() {
        let Some(column) = *column else { continue };
        match scanner.field(i) {
            ([], false) => rows.push_null(column)?,
            (bytes, _) => match std::str::from_utf8(bytes) {
                Ok(text) => rows.push_text(column, text)?,
                Err(_) => return Err(rows.error(column, "bytes that are not UTF-8")),
            },
        }
    }
    Ok(())
}
