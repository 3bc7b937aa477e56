//! Binary COPY to Arrow: bytes in any pieces in, batches out. No I/O, and no trust in what the bytes claim.

mod column;
mod fault;
mod list;
mod numeric;
mod rule;

pub(super) use rule::{Kind, Rule};

use arrow::{
    array::{RecordBatch, RecordBatchOptions},
    datatypes::SchemaRef,
};
use shopstream_core::{Error, Result};
use std::collections::VecDeque;

use self::{column::Column, fault::Fault};
use super::wire::SIGNATURE;

/// A field of PostgreSQL has at most 1 GiB, and a header no extension that is worth a name.
const MAX_FIELD: usize = 1 << 30;
const MAX_EXTENSION: usize = 1 << 16;
/// Signature, flags and the extension's length.
const HEADER: usize = SIGNATURE.len() + 8;
/// Bytes of the wire in a batch, about: what a read holds in memory is a few times this.
pub(super) const MAX_BATCH_BYTES: usize = 1 << 20;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Header,
    Rows,
    End,
}

/// Turns the bytes of one COPY into batches.
#[derive(Debug)]
pub(super) struct Decoder {
    schema: SchemaRef,
    columns: Vec<Column>,
    max_rows: usize,
    max_bytes: usize,
    state: State,
    /// Rows and bytes in the batch under way.
    rows: usize,
    bytes: usize,
    /// Rows in batches already handed out.
    before: u64,
    /// The beginning of a row whose end has not come yet.
    carry: Vec<u8>,
    /// How long the carry must be for the row in it to get any further.
    need: usize,
}

impl Decoder {
    /// For rows of this schema, whose columns are to be read by these rules.
    pub(super) fn new(schema: SchemaRef, rules: &[Rule], max_rows: usize, max_bytes: usize) -> Self {
        Self {
            schema,
            columns: rules.iter().copied().map(Column::new).collect(),
            max_rows: max_rows.max(1),
            max_bytes,
            state: State::Header,
            rows: 0,
            bytes: 0,
            before: 0,
            carry: vec![],
            need: 0,
        }
    }

    /// Takes the next bytes, and hands out the batches that they complete.
    pub(super) fn push(&mut self, bytes: &[u8], out: &mut VecDeque<RecordBatch>) -> Result<()> {
        if self.carry.is_empty() {
            let used = self.feed(bytes, out)?;
            self.carry.extend_from_slice(&bytes[used..]);
        } else {
            self.carry.extend_from_slice(bytes);
            if self.carry.len() >= self.need {
                let mut carry = std::mem::take(&mut self.carry);
                let used = self.feed(&carry, out)?;
                carry.drain(..used);
                self.carry = carry;
            }
        }
        Ok(())
    }

    /// Ends it, with the rows that are left.
    pub(super) fn finish(&mut self, out: &mut VecDeque<RecordBatch>) -> Result<()> {
        if self.state != State::End {
            return Err(Error::unavailable("the server's rows broke off before their end").with("row", self.row()));
        }
        self.flush(out)
    }

    /// Reads whole rows, and says how many bytes they were.
    fn feed(&mut self, bytes: &[u8], out: &mut VecDeque<RecordBatch>) -> Result<usize> {
        let mut used = 0;
        if self.state == State::Header {
            match self.header(bytes)? {
                Some(length) => used = length,
                None => return Ok(0),
            }
            self.state = State::Rows;
        }
        while self.state == State::Rows {
            match self.read_row(&bytes[used..])? {
                Found::Row(length) => {
                    used += length;
                    self.rows += 1;
                    self.bytes += length;
                    if self.rows >= self.max_rows || self.bytes >= self.max_bytes {
                        self.flush(out)?;
                    }
                }
                Found::Needs(length) => {
                    self.need = length;
                    return Ok(used);
                }
                Found::Trailer => {
                    self.state = State::End;
                    used += 2;
                }
            }
        }
        if used < bytes.len() {
            return Err(self.error(Fault::Malformed, None));
        }
        Ok(used)
    }

    /// The header's length, or `None` while it is not complete.
    fn header(&mut self, bytes: &[u8]) -> Result<Option<usize>> {
        let known = bytes.len().min(SIGNATURE.len());
        if bytes[..known] != SIGNATURE[..known] {
            return Err(self.error(Fault::Malformed, None));
        }
        self.need = HEADER;
        let Some((head, _)) = bytes.split_first_chunk::<HEADER>() else { return Ok(None) };
        let [.., f0, f1, _, _, e0, e1, e2, e3] = *head;
        let extension = u32::from_be_bytes([e0, e1, e2, e3]) as usize;
        // The upper half of the flags are those that a reader must know.
        if (f0, f1) != (0, 0) || extension > MAX_EXTENSION {
            return Err(self.error(Fault::Malformed, None));
        }
        self.need = HEADER + extension;
        Ok((bytes.len() >= self.need).then_some(self.need))
    }

    /// Reads a row, or what else lies there. Of a row that is not all there yet, nothing stays.
    #[inline]
    fn read_row(&mut self, bytes: &[u8]) -> Result<Found> {
        let Some((&count, _)) = bytes.split_first_chunk::<2>() else { return Ok(Found::Needs(2)) };
        let count = i16::from_be_bytes(count);
        if count == -1 {
            return Ok(Found::Trailer);
        }
        if usize::try_from(count) != Ok(self.columns.len()) {
            return Err(self.error(Fault::FieldCount, None));
        }
        let mut end = 2;
        for i in 0..self.columns.len() {
            let Some((&length, rest)) = bytes.get(end..).and_then(|rest| rest.split_first_chunk::<4>()) else {
                return self.take_back(bytes, i);
            };
            end += 4;
            let pushed = match i32::from_be_bytes(length) {
                -1 => self.columns[i].push_null(),
                length => {
                    let length = self.checked_length(length, i)?;
                    let Some(field) = rest.get(..length) else { return self.take_back(bytes, i) };
                    end += length;
                    self.columns[i].push(field)
                }
            };
            if let Err(fault) = pushed {
                return Err(self.error(fault, Some(i)));
            }
        }
        Ok(Found::Row(end))
    }

    #[inline]
    fn checked_length(&self, length: i32, column: usize) -> Result<usize> {
        match usize::try_from(length) {
            Ok(length) if length <= MAX_FIELD => Ok(length),
            _ => Err(self.error(Fault::Malformed, Some(column))),
        }
    }

    /// Takes the first fields of a row back whose end has not come yet, and says how many bytes there must be for it to
    /// get any further.
    #[cold]
    fn take_back(&mut self, bytes: &[u8], fields: usize) -> Result<Found> {
        for column in &mut self.columns[..fields] {
            column.truncate(self.rows);
        }
        let mut end = 2;
        for column in 0..self.columns.len() {
            let Some((&length, _)) = bytes.get(end..).and_then(|rest| rest.split_first_chunk::<4>()) else {
                return Ok(Found::Needs(end + 4));
            };
            end += 4 + match i32::from_be_bytes(length) {
                -1 => 0,
                length => self.checked_length(length, column)?,
            };
        }
        Ok(Found::Needs(end))
    }

    fn flush(&mut self, out: &mut VecDeque<RecordBatch>) -> Result<()> {
        if self.rows == 0 {
            return Ok(());
        }
        let mut arrays = Vec::with_capacity(self.columns.len());
        for i in 0..self.columns.len() {
            match self.columns[i].finish() {
                Ok(array) => arrays.push(array),
                Err(fault) => return Err(fault.error().with("column", self.schema.field(i).name())),
            }
        }
        let options = RecordBatchOptions::new().with_row_count(Some(self.rows));
        out.push_back(RecordBatch::try_new_with_options(self.schema.clone(), arrays, &options)?);
        self.before += self.rows as u64;
        (self.rows, self.bytes) = (0, 0);
        Ok(())
    }

    /// The number of the row under way, from 1.
    fn row(&self) -> u64 {
        self.before + self.rows as u64 + 1
    }

    /// Bytes that it has room for.
    #[cfg(test)]
    fn room(&self) -> usize {
        self.carry.capacity() + self.columns.iter().map(Column::room).sum::<usize>()
    }

    #[cold]
    fn error(&self, fault: Fault, column: Option<usize>) -> Error {
        let error = match column {
            Some(i) => fault.error().with("column", self.schema.field(i).name()),
            None => fault.error(),
        };
        error.with("row", self.row())
    }
}

/// What lies at the beginning of some bytes.
enum Found {
    /// A row of so many bytes.
    Row(usize),
    /// Not before there are so many bytes.
    Needs(usize),
    Trailer,
}

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod tests;
