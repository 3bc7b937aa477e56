//! Parquet to rows: few large batches, columns decoded side by side.

use arrow::{
    array::{ArrayRef, RecordBatch, RecordBatchOptions},
    datatypes::{Schema, SchemaRef},
};
use bytes::Bytes;
use futures::StreamExt;
use parquet::{
    arrow::{
        ProjectionMask,
        arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder},
    },
    errors::ParquetError,
    file::reader::{ChunkReader, Length},
};
use rayon::prelude::*;
use shopstream_core::{BatchStream, Error, Result, TableSchema};
use std::{
    fs::File,
    io::{self, BufReader, Read},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio::sync::mpsc;

use super::{disk::failed, version::TableFile, writer::Footer};

/// Rows in a batch, at most, when row groups allow: models want a table in one.
const BATCH: usize = 1 << 20;
/// Tables under this many rows are decoded on one thread.
const SMALL: usize = 32_768;

/// An open table: what is renamed or removed later does not matter to it.
#[derive(Clone)]
pub(super) struct TableReader {
    path: PathBuf,
    file: Positional,
    metadata: ArrowReaderMetadata,
    schema: SchemaRef,
}

impl TableReader {
    /// Opens a file and reads its footer.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let file = File::open(path).map_err(failed("cannot open a table", path))?;
        let length = file.metadata().map_err(failed("cannot open a table", path))?.len();
        let file = Positional { file: Arc::new(file), length };
        let metadata =
            ArrowReaderMetadata::load(&file, ArrowReaderOptions::new()).map_err(|e| damaged(path).caused_by(e))?;
        // What is said of the file as a whole is no part of its rows.
        let schema = Arc::new(Schema::new(metadata.schema().fields().clone()));
        Ok(Self { path: path.to_owned(), file, metadata, schema })
    }

    pub(super) fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn rows(&self) -> Result<usize> {
        let rows = self.metadata.metadata().file_metadata().num_rows();
        usize::try_from(rows).map_err(|_| damaged(&self.path))
    }

    /// What the footer says of the table; `file` is its place within the build.
    pub(super) fn table_file(&self, file: &Path) -> Result<TableFile> {
        let metadata = self.metadata.metadata().file_metadata().key_value_metadata();
        let footer = metadata.into_iter().flatten().find(|m| m.key == Footer::KEY).and_then(|m| m.value.as_deref());
        let footer: Option<Footer> = footer.and_then(|text| serde_json::from_str(text).ok());
        let Footer { table, load } = footer.ok_or_else(|| damaged(&self.path))?;
        Ok(TableFile { table, file: file.to_owned(), rows: self.rows()? as u64, load })
    }

    /// Starts to read these columns, in this order, or all.
    pub(super) fn read(self, columns: Option<&[String]>) -> Result<BatchStream> {
        let indices = match columns {
            None => (0..self.schema.fields().len()).collect(),
            Some(columns) => {
                TableSchema::from_arrow(&self.schema).select(columns)?;
                columns.iter().filter_map(|c| self.schema.index_of(c).ok()).collect::<Vec<usize>>()
            }
        };
        let (sender, receiver) = mpsc::channel(1);
        let path = self.path.clone();
        let decoder = tokio::task::spawn_blocking(move || self.decode(&indices, &sender));
        let state = (receiver, Some(decoder), path);
        Ok(futures::stream::unfold(state, |(mut receiver, mut decoder, path)| async move {
            if let Some(batch) = receiver.recv().await {
                return Some((Ok(batch), (receiver, decoder, path)));
            }
            // The end is one only when the decoder says so: it may as well have died.
            let error = match decoder.take()?.await {
                Ok(Ok(())) => return None,
                Ok(Err(error)) => error,
                Err(died) if died.is_panic() => damaged(&path),
                Err(_) => Error::cancelled("the runtime stopped while a table was read").with("file", path.display()),
            };
            Some((Err(error), (receiver, None, path)))
        })
        .boxed())
    }

    fn decode(&self, columns: &[usize], sender: &mpsc::Sender<RecordBatch>) -> Result<()> {
        let schema = Arc::new(self.schema.project(columns)?);
        if columns.is_empty() || self.rows()? == 0 {
            let rows = RecordBatchOptions::new().with_row_count(Some(self.rows()?));
            let none = schema.fields().iter().map(|f| arrow::array::new_empty_array(f.data_type())).collect();
            // A reader that went away wants no more.
            let _ = sender.blocking_send(RecordBatch::try_new_with_options(schema, none, &rows)?);
            return Ok(());
        }
        for groups in self.windows()? {
            let rows: usize = groups.iter().map(|g| g.1).sum();
            let groups: Vec<usize> = groups.iter().map(|g| g.0).collect();
            let column = |column: &usize| self.column(*column, &groups, rows);
            let arrays: Vec<ArrayRef> = if rows < SMALL {
                columns.iter().map(column).collect::<Result<_>>()?
            } else {
                columns.par_iter().map(column).collect::<Result<_>>()?
            };
            if sender.blocking_send(RecordBatch::try_new(schema.clone(), arrays)?).is_err() {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Row groups with their rows, as many at a time as make a batch.
    fn windows(&self) -> Result<Vec<Vec<(usize, usize)>>> {
        let (mut windows, mut window, mut window_rows) = (vec![], vec![], 0);
        for (i, group) in self.metadata.metadata().row_groups().iter().enumerate() {
            let rows = usize::try_from(group.num_rows()).map_err(|_| damaged(&self.path))?;
            if window_rows > 0 && window_rows + rows > BATCH {
                windows.push(std::mem::take(&mut window));
                window_rows = 0;
            }
            window.push((i, rows));
            window_rows += rows;
        }
        windows.push(window);
        let all: usize = windows.iter().flatten().map(|g| g.1).sum();
        if all == self.rows()? { Ok(windows) } else { Err(damaged(&self.path)) }
    }

    fn column(&self, column: usize, groups: &[usize], rows: usize) -> Result<ArrayRef> {
        let field = self.schema.field(column);
        let error = || damaged(&self.path).with("column", field.name());
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(self.file.clone(), self.metadata.clone());
        let mask = ProjectionMask::roots(builder.parquet_schema(), [column]);
        let builder = builder.with_projection(mask).with_row_groups(groups.to_vec()).with_batch_size(rows);
        let mut reader = builder.build().map_err(|e| error().caused_by(e))?;
        let batch = reader.next().ok_or_else(error)?.map_err(|e| error().caused_by(e))?;
        if batch.num_rows() == rows { Ok(batch.column(0).clone()) } else { Err(error()) }
    }
}

fn damaged(path: &Path) -> Error {
    Error::data("a table's file is damaged or no Parquet of this warehouse").with("file", path.display())
}

/// A file read at any place by several threads at once.
#[derive(Clone)]
struct Positional {
    file: Arc<File>,
    length: u64,
}

impl Length for Positional {
    fn len(&self) -> u64 {
        self.length
    }
}

impl ChunkReader for Positional {
    type T = BufReader<At>;

    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        Ok(BufReader::new(At { file: self.file.clone(), position: start }))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        // The footer of a damaged file may ask for any length.
        if start.checked_add(length as u64).is_none_or(|end| end > self.length) {
            return Err(ParquetError::EOF(format!("{length} bytes at {start} of {}", self.length)));
        }
        let mut bytes = vec![0; length];
        self.file.read_exact_at(&mut bytes, start)?;
        Ok(bytes.into())
    }
}

struct At {
    file: Arc<File>,
    position: u64,
}

impl Read for At {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read_at(buffer, self.position)?;
        self.position += read as u64;
        Ok(read)
    }
}
