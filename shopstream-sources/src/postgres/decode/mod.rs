//! Rows of the wire to Arrow: bytes in any pieces in, batches out. No I/O, and no trust in what the bytes claim.
//!
//! A row is the same in a result and in binary COPY: the number of its fields, then each one's length and bytes.

mod column;
mod fault;
mod few;
mod fields;
mod list;
mod numeric;
mod rule;

pub(super) use rule::{Format, Kind, Rule};

use arrow::{
    array::{RecordBatch, RecordBatchOptions},
    datatypes::SchemaRef,
};
use shopstream_core::{Error, Result};
use std::{collections::VecDeque, ops::Range};

use self::{
    column::Column,
    fault::Fault,
    fields::{Fields, Mark, NULL},
};
use super::wire::SIGNATURE;

/// A field of PostgreSQL has at most 1 GiB, and a header no extension that is worth a name.
const MAX_FIELD: u32 = 1 << 30;
const MAX_EXTENSION: usize = 1 << 16;
/// Signature, flags and the extension's length.
const HEADER: usize = SIGNATURE.len() + 8;
/// Bytes of the wire in a batch, about: what a read holds in memory is a few times this.
pub(super) const MAX_BATCH_BYTES: usize = 256 << 10;
/// Fields that are looked for before they are read, column by column: their marks and bytes stay in the processor's
/// caches meanwhile.
const MARKS: usize = 4096;

/// What stands around the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// Nothing: whoever reads them knows where they end.
    None,
    /// A header and a trailer, as in binary COPY.
    Copy,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Header,
    Rows,
    End,
}

/// Turns the bytes of rows into batches.
#[derive(Debug)]
pub(super) struct Decoder {
    framing: Framing,
    schema: SchemaRef,
    columns: Vec<Column>,
    max_rows: usize,
    max_bytes: usize,
    state: State,
    /// The fields of whole rows that are not read yet, row by row, and how many rows they are; then room for more.
    marks: Vec<Mark>,
    marked: usize,
    /// Rows that were read, and bytes that were looked through, for the batch under way.
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
    pub(super) fn new(framing: Framing, schema: SchemaRef, rules: &[Rule], max_rows: usize, max_bytes: usize) -> Self {
        let state = match framing {
            Framing::None => State::Rows,
            Framing::Copy => State::Header,
        };
        Self {
            framing,
            schema,
            columns: rules.iter().copied().map(Column::new).collect(),
            max_rows: max_rows.max(1),
            max_bytes,
            state,
            marks: vec![],
            marked: 0,
            rows: 0,
            bytes: 0,
            before: 0,
            carry: vec![],
            need: 0,
        }
    }

    /// Takes the next bytes, which are these pieces of `bytes`, and hands out the batches that they complete.
    pub(super) fn push(
        &mut self,
        bytes: &[u8],
        pieces: impl IntoIterator<Item = Range<usize>>,
        out: &mut VecDeque<RecordBatch>,
    ) -> Result<()> {
        let walked = pieces.into_iter().try_for_each(|piece| self.feed(bytes, piece, out));
        // What is wrong in the rows before comes first.
        self.settle(bytes)?;
        walked
    }

    // Mostly a piece is one row: calls on the way to its fields would be a good part of what it costs.
    #[inline(always)]
    fn feed(&mut self, bytes: &[u8], piece: Range<usize>, out: &mut VecDeque<RecordBatch>) -> Result<()> {
        if self.carry.is_empty() {
            let used = self.walk(bytes, piece.clone(), out)?;
            if used < piece.end {
                self.carry.extend_from_slice(&bytes[used..piece.end]);
            }
            return Ok(());
        }
        self.carry.extend_from_slice(&bytes[piece]);
        if self.carry.len() >= self.need {
            self.settle(bytes)?;
            let mut carry = std::mem::take(&mut self.carry);
            let walked = self.walk(&carry, 0..carry.len(), out);
            self.settle(&carry)?;
            carry.drain(..walked?);
            self.carry = carry;
        }
        Ok(())
    }

    /// Ends it, with the rows that are left.
    pub(super) fn finish(&mut self, out: &mut VecDeque<RecordBatch>) -> Result<()> {
        let whole = match self.framing {
            Framing::None => self.carry.is_empty(),
            Framing::Copy => self.state == State::End,
        };
        if !whole {
            return Err(Error::unavailable("the server's rows broke off before their end").with("row", self.row()));
        }
        self.flush(out)
    }

    /// Finds whole rows, and says where the rest begins.
    #[inline(always)]
    fn walk(&mut self, bytes: &[u8], piece: Range<usize>, out: &mut VecDeque<RecordBatch>) -> Result<usize> {
        let Range { start: mut at, end } = piece;
        if u32::try_from(end).is_err() {
            return Err(self.error(Fault::Malformed, None));
        }
        let piece = &bytes[..end];
        if self.state == State::Header {
            match self.header(&piece[at..])? {
                Some(length) => at += length,
                None => return Ok(at),
            }
            self.state = State::Rows;
        }
        while self.state == State::Rows && at < end {
            match self.mark_row(piece, at)? {
                Found::Row(end) => {
                    self.marked += 1;
                    self.bytes += end - at;
                    at = end;
                    let full = self.rows + self.marked >= self.max_rows || self.bytes >= self.max_bytes;
                    if full || self.marked * self.columns.len() >= MARKS {
                        self.settle(bytes)?;
                    }
                    if full {
                        self.flush(out)?;
                    }
                }
                Found::Needs(end) => {
                    self.need = end - at;
                    return Ok(at);
                }
                Found::Trailer => {
                    self.state = State::End;
                    at += 2;
                }
            }
        }
        if at < end {
            return Err(self.error(Fault::Malformed, None));
        }
        Ok(at)
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

    /// Marks the fields of the row that begins here, behind those of the rows before, or says what else does.
    #[inline(always)]
    fn mark_row(&mut self, bytes: &[u8], start: usize) -> Result<Found> {
        let Some((&count, _)) = bytes[start..].split_first_chunk::<2>() else { return Ok(Found::Needs(start + 2)) };
        let count = i16::from_be_bytes(count);
        if count == -1 && self.framing == Framing::Copy {
            return Ok(Found::Trailer);
        }
        if usize::try_from(count) != Ok(self.columns.len()) {
            return Err(self.error(Fault::FieldCount, None));
        }
        let from = self.marked * self.columns.len();
        let to = from + self.columns.len();
        if self.marks.len() < to {
            self.marks.resize(to, Mark::null());
        }
        let mut at = start + 2;
        for (column, mark) in self.marks[from..to].iter_mut().enumerate() {
            let Some((&length, _)) = bytes[at..].split_first_chunk::<4>() else { return Ok(Found::Needs(at + 4)) };
            let length = u32::from_be_bytes(length);
            at += 4;
            // The length of NULL is more than there may be of bytes.
            if length as usize <= bytes.len() - at {
                *mark = Mark::field(at, length);
                at += length as usize;
            } else if length == NULL {
                *mark = Mark::null();
            } else if length <= MAX_FIELD {
                return Ok(Found::Needs(at + length as usize));
            } else {
                return Err(self.error(Fault::Malformed, Some(column)));
            }
        }
        Ok(Found::Row(at))
    }

    /// Reads the fields that are marked, column by column. Of several at fault the first row's is told.
    fn settle(&mut self, bytes: &[u8]) -> Result<()> {
        let columns = self.columns.len();
        let (mut rows, mut failed) = (self.marked, None);
        for (i, column) in self.columns.iter_mut().enumerate() {
            let Some(marks) = self.marks.get(i..rows * columns) else { break };
            if let Err((row, fault)) = column.extend(Fields::new(bytes, marks, columns)) {
                (rows, failed) = (row, Some((i, fault)));
            }
        }
        self.marked = 0;
        self.rows += rows;
        failed.map_or(Ok(()), |(column, fault)| Err(self.error(fault, Some(column))))
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

    /// The rows of all batches handed out.
    pub(super) fn decoded(&self) -> u64 {
        self.before
    }

    /// The number of the row under way, from 1.
    fn row(&self) -> u64 {
        self.before + (self.rows + self.marked) as u64 + 1
    }

    /// Bytes that it has room for.
    #[cfg(test)]
    fn room(&self) -> usize {
        self.carry.capacity()
            + self.marks.capacity() * size_of::<Mark>()
            + self.columns.iter().map(Column::room).sum::<usize>()
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

/// What lies somewhere among the bytes.
enum Found {
    /// A row up to there.
    Row(usize),
    /// Nothing that can be told before there are bytes up to there.
    Needs(usize),
    Trailer,
}

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod tests;
