//! The columns of a row group under way.

use arrow::{
    array::ArrayRef,
    datatypes::{Field, Fields, Schema, SchemaRef},
};
use parquet::{
    arrow::{
        ArrowWriter,
        arrow_writer::{ArrowColumnWriter, ArrowRowGroupWriterFactory, compute_leaves},
    },
    errors::Result,
    file::{
        metadata::ColumnChunkMetaData,
        properties::WriterProperties,
        writer::{SerializedFileWriter, SerializedRowGroupWriter},
    },
};
use std::{
    io::{self, Write},
    sync::Arc,
};

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

/// Makes the columns of a file's row groups.
pub(super) struct Columns {
    schema: SchemaRef,
    /// Makes those that are encoded by the crate, if there are any.
    leaves: Option<ArrowRowGroupWriterFactory>,
}

impl Columns {
    pub(super) fn new(schema: &SchemaRef, properties: &WriterProperties) -> Result<Self> {
        let others = schema.fields().iter().filter(|field| !has_own_statistics(field));
        let others = Arc::new(Schema::new(others.cloned().collect::<Fields>()));
        // Whose file it is does not matter to a factory; to make writers that nobody uses costs a good deal.
        let leaves = match others.fields().is_empty() {
            true => None,
            false => {
                let writer = ArrowWriter::try_new(io::sink(), others, Some(properties.clone()))?;
                Some(writer.into_serialized_writer()?.1)
            }
        };
        Ok(Self { schema: schema.clone(), leaves })
    }

    /// Those of the next row group.
    pub(super) fn next<W: Write + Send>(&self, file: &SerializedFileWriter<W>) -> Result<Vec<Column>> {
        let made = self.leaves.as_ref().map(|leaves| leaves.create_column_writers(file.flushed_row_groups().len()));
        let mut made = made.transpose()?.unwrap_or_default().into_iter();
        let mut columns: Vec<Column> = vec![];
        for (leaf, column) in file.schema_descr().columns().iter().enumerate() {
            let place = file.schema_descr().get_column_root_idx(leaf);
            if has_own_statistics(self.schema.field(place)) {
                columns.push(Column::Chunk(Box::new(ChunkWriter::new(column, file.properties())?)));
                continue;
            }
            match columns.get_mut(place) {
                Some(Column::Leaves(writers)) => writers.extend(made.next()),
                _ => columns.push(Column::Leaves(made.next().into_iter().collect())),
            }
        }
        Ok(columns)
    }
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
