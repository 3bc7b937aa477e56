//! Rows to Parquet: the same rows give the same bytes, however they came in batches and on however many threads.

use arrow::{
    array::{ArrayRef, RecordBatch},
    compute::concat_batches,
    datatypes::SchemaRef,
};
use parquet::{
    arrow::{
        ArrowWriter,
        arrow_writer::{ArrowColumnWriter, ArrowRowGroupWriterFactory, compute_leaves},
    },
    errors::ParquetError,
    file::{metadata::KeyValue, writer::SerializedFileWriter},
};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use shopstream_core::{Error, LoadRecord, Result, TableRef};
use std::{
    fs::File,
    mem,
    path::{Path, PathBuf},
};

use super::{disk::failed, encoding::properties};

/// Rows that are encoded together: batches are cut and joined to it, so that their sizes leave no trace.
const CHUNK: usize = 65_536;
/// Chunks in a row group.
const GROUP: usize = 4;

/// What the footer says beyond Parquet's own.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Footer {
    pub(super) table: TableRef,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) load: Option<LoadRecord>,
}

impl Footer {
    pub(super) const KEY: &str = "shopstream";
}

/// A Parquet file being written.
pub(super) struct TableWriter {
    path: PathBuf,
    schema: SchemaRef,
    footer: Footer,
    pending: Vec<RecordBatch>,
    pending_rows: usize,
    open: Option<Open>,
    rows: u64,
}

struct Open {
    file: SerializedFileWriter<File>,
    groups: ArrowRowGroupWriterFactory,
    columns: Vec<ArrowColumnWriter>,
    chunks: usize,
}

impl TableWriter {
    pub(super) fn new(path: &Path, schema: SchemaRef, footer: Footer) -> Self {
        let (path, pending) = (path.to_owned(), vec![]);
        Self { path, schema, footer, pending, pending_rows: 0, open: None, rows: 0 }
    }

    /// Adds rows, which are of the schema.
    pub(super) fn write(&mut self, batch: RecordBatch) -> Result<()> {
        self.rows += batch.num_rows() as u64;
        self.pending_rows += batch.num_rows();
        self.pending.push(batch);
        if self.pending_rows < CHUNK {
            return Ok(());
        }
        let (mut parts, mut part_rows) = (vec![], 0);
        for batch in mem::take(&mut self.pending) {
            let mut start = 0;
            while start < batch.num_rows() {
                let rows = (CHUNK - part_rows).min(batch.num_rows() - start);
                parts.push(batch.slice(start, rows));
                (start, part_rows) = (start + rows, part_rows + rows);
                if part_rows == CHUNK {
                    self.encode(&mem::take(&mut parts))?;
                    part_rows = 0;
                }
            }
        }
        (self.pending, self.pending_rows) = (parts, part_rows);
        Ok(())
    }

    /// Ends the file and waits until it is on the disk; the answer is its rows.
    pub(super) fn finish(mut self) -> Result<u64> {
        let rest = mem::take(&mut self.pending);
        if self.pending_rows > 0 {
            self.encode(&rest)?;
        }
        let mut open = match self.open.take() {
            Some(open) => open,
            None => self.create(None)?,
        };
        open.end_group()
            .and_then(|()| open.file.finish())
            .and_then(|_| Ok(open.file.inner().sync_all()?))
            .map_err(|e| self.error(e))?;
        Ok(self.rows)
    }

    fn encode(&mut self, parts: &[RecordBatch]) -> Result<()> {
        let chunk = match parts {
            [one] => one.clone(),
            several => concat_batches(&self.schema, several)?,
        };
        let mut open = match self.open.take() {
            Some(open) => open,
            None => self.create(Some(&chunk))?,
        };
        open.encode(&chunk).map_err(|e| self.error(e))?;
        self.open = Some(open);
        Ok(())
    }

    fn create(&self, first: Option<&RecordBatch>) -> Result<Open> {
        let footer = serde_json::to_string(&self.footer)
            .map_err(|e| Error::internal("a table's footer cannot be written").caused_by(e))?;
        let properties = properties(first, vec![KeyValue::new(Footer::KEY.to_owned(), footer)])?;
        let file = File::create(&self.path).map_err(failed("cannot write a table", &self.path))?;
        let (file, groups) = ArrowWriter::try_new(file, self.schema.clone(), Some(properties))
            .and_then(ArrowWriter::into_serialized_writer)
            .map_err(|e| self.error(e))?;
        Ok(Open { file, groups, columns: vec![], chunks: 0 })
    }

    fn error(&self, error: ParquetError) -> Error {
        let table = &self.footer.table;
        match error {
            ParquetError::External(cause) if cause.is::<std::io::Error>() => {
                Error::unavailable("cannot write a table").caused_by(cause)
            }
            other => Error::schema("a table cannot be written as Parquet").caused_by(other),
        }
        .with("table", table)
        .with("path", self.path.display())
    }
}

impl Open {
    fn encode(&mut self, chunk: &RecordBatch) -> Result<(), ParquetError> {
        if self.columns.is_empty() {
            self.columns = self.groups.create_column_writers(self.file.flushed_row_groups().len())?;
        }
        let schema = chunk.schema();
        let columns: Vec<(_, &ArrayRef)> = schema.fields().iter().zip(chunk.columns()).collect();
        let leaves = columns.iter().map(|(field, column)| compute_leaves(field, column));
        let leaves: Vec<_> = leaves.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect();
        if chunk.num_rows() < CHUNK {
            self.columns.iter_mut().zip(&leaves).try_for_each(|(writer, leaf)| writer.write(leaf))?;
        } else {
            self.columns.par_iter_mut().zip(&leaves).try_for_each(|(writer, leaf)| writer.write(leaf))?;
        }
        self.chunks += 1;
        if self.chunks == GROUP { self.end_group() } else { Ok(()) }
    }

    fn end_group(&mut self) -> Result<(), ParquetError> {
        if self.columns.is_empty() {
            return Ok(());
        }
        self.chunks = 0;
        let columns: Vec<_> = mem::take(&mut self.columns);
        let columns = columns.into_par_iter().map(ArrowColumnWriter::close).collect::<Result<Vec<_>, _>>()?;
        let mut group = self.file.next_row_group()?;
        for column in columns {
            column.append_to_row_group(&mut group)?;
        }
        group.close()?;
        Ok(())
    }
}
