//! The columns of a row group under way.

use arrow::{
    array::ArrayRef,
    datatypes::{Field, Schema},
};
use parquet::{
    arrow::arrow_writer::{ArrowColumnWriter, compute_leaves},
    errors::Result,
    file::{
        metadata::ColumnChunkMetaData,
        writer::{SerializedFileWriter, SerializedRowGroupWriter},
    },
};
use std::io::Write;

use super::{
    chunk::{ChunkWriter, Press},
    row_groups::has_own_statistics,
    text_extremes::TextExtremes,
};

/// A column of the schema.
pub(super) enum Column {
    Chunk(Box<ChunkWriter>),
    /// What Parquet's own writer encodes, by its leaves.
    Leaves(Vec<ArrowColumnWriter>),
}

/// The columns of a file's next row group, whose leaves these are.
pub(super) fn columns<W: Write + Send>(
    schema: &Schema,
    file: &SerializedFileWriter<W>,
    leaves: Vec<ArrowColumnWriter>,
) -> Vec<Column> {
    let mut columns: Vec<Column> = schema.fields().iter().map(|_| Column::Leaves(vec![])).collect();
    let stored = file.schema_descr();
    for (leaf, writer) in leaves.into_iter().enumerate() {
        let place = stored.get_column_root_idx(leaf);
        let chunk = match has_own_statistics(schema.field(place)) {
            true => ChunkWriter::new(&stored.column(leaf), file.properties()),
            false => None,
        };
        match (&mut columns[place], chunk) {
            (column, Some(chunk)) => *column = Column::Chunk(Box::new(chunk)),
            (Column::Leaves(writers), None) => writers.push(writer),
            // A column of one leaf is all there is of it.
            (Column::Chunk(_), None) => {}
        }
    }
    columns
}

impl Column {
    /// Bytes so far, about.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Chunk(chunk) => chunk.bytes(),
            Self::Leaves(writers) => writers.iter().map(ArrowColumnWriter::get_estimated_total_bytes).sum(),
        }
    }

    /// Adds rows of a field of the schema; its texts are among the extremes then.
    pub(super) fn write(
        &mut self,
        field: &Field,
        rows: &ArrayRef,
        press: &mut Press,
        extremes: &mut TextExtremes,
    ) -> Result<()> {
        match self {
            Self::Chunk(chunk) => chunk.write(rows, press, extremes),
            Self::Leaves(writers) => {
                extremes.update(rows);
                let leaves = compute_leaves(field, rows)?;
                leaves.iter().zip(writers).try_for_each(|(leaf, writer)| writer.write(leaf))
            }
        }
    }

    /// Ends the column, and appends its chunks to the row group, with what is to be said of each.
    pub(super) fn append_to<W: Write + Send>(
        self,
        group: &mut SerializedRowGroupWriter<'_, W>,
        press: &mut Press,
        say: impl Fn(&mut ColumnChunkMetaData) -> Result<()>,
    ) -> Result<()> {
        match self {
            Self::Chunk(chunk) => {
                let (pages, mut closed) = chunk.close(press)?;
                say(&mut closed.metadata)?;
                group.append_column(&pages, closed)
            }
            Self::Leaves(writers) => writers.into_iter().try_for_each(|writer| {
                let mut chunk = writer.close()?;
                say(&mut chunk.close_mut().metadata)?;
                chunk.append_to_row_group(group)
            }),
        }
    }
}
