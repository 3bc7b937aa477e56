//! Files to rows.

use arrow::{array::RecordBatch, array::RecordBatchOptions, datatypes::SchemaRef};
use futures::{StreamExt, TryStreamExt, stream};
use shopstream_core::{BatchStream, DataFile, Error, Format, Manifest, Result};
use std::sync::Arc;

use super::{file::CheckedFile, parquet, store::Store, task, text};

/// Rows in a batch, at most.
pub(super) const BATCH_ROWS: usize = 65_536;

/// The columns of a read: those of the file, and which of them are asked for, in which order.
#[derive(Clone, Debug)]
pub(super) struct Projection {
    /// The schema of the file.
    pub(super) file: SchemaRef,
    /// The schema of what is read.
    pub(super) schema: SchemaRef,
    /// The positions of its columns in the file.
    pub(super) positions: Vec<usize>,
}

impl Projection {
    pub(super) fn new(manifest: &Manifest, columns: Option<&[String]>) -> Result<Self> {
        let file = manifest.schema.to_arrow();
        let positions = match columns {
            None => (0..file.fields().len()).collect(),
            Some(columns) => {
                manifest.schema.select(columns)?;
                columns.iter().map(|c| Ok(file.index_of(c)?)).collect::<Result<Vec<_>>>()?
            }
        };
        Ok(Self { schema: Arc::new(file.project(&positions)?), file, positions })
    }

    /// These columns of a batch that has those of the positions `held`, in their order.
    pub(super) fn apply(&self, batch: &RecordBatch, held: &[usize]) -> Result<RecordBatch> {
        let column = |position: &usize| {
            let at = held.iter().position(|h| h == position);
            at.and_then(|i| batch.columns().get(i).cloned())
        };
        let columns = self.positions.iter().map(column).collect::<Option<Vec<_>>>();
        let columns = columns.ok_or_else(|| Error::internal("a decoder left out a column"))?;
        let rows = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        Ok(RecordBatch::try_new_with_options(self.schema.clone(), columns, &rows)?)
    }
}

/// The rows of files of a manifest, one file after the other.
pub(super) fn read(
    store: &Arc<Store>,
    manifest: &Manifest,
    files: &[DataFile],
    columns: Option<&[String]>,
) -> Result<BatchStream> {
    task::runtime()?;
    let projection = Arc::new(Projection::new(manifest, columns)?);
    let (store, format) = (store.clone(), manifest.format);
    let streams = stream::iter(files.to_vec()).then(move |file| {
        let (store, projection) = (store.clone(), projection.clone());
        async move { read_file(&store, format, &file, projection).await }
    });
    // After an error a stream ends: no later file hides that an earlier one was missing.
    let mut failed = false;
    let rows = streams.try_flatten().take_while(move |batch| {
        let go_on = !failed;
        failed |= batch.is_err();
        std::future::ready(go_on)
    });
    Ok(rows.boxed())
}

async fn read_file(
    store: &Arc<Store>,
    format: Format,
    file: &DataFile,
    projection: Arc<Projection>,
) -> Result<BatchStream> {
    let checked = CheckedFile::open(store, file).await?;
    let rows = match format {
        Format::Parquet => parquet::decode(checked.clone(), projection).await?,
        Format::Csv | Format::Ndjson => text::decode(&checked, format, projection)?,
        other => return Err(Error::unsupported("this lake does not read the format").with("format", other)),
    };
    Ok(counted(rows, checked, file.rows))
}

/// The same rows, and an error at their end when they are not as many as the manifest says.
fn counted(rows: BatchStream, file: CheckedFile, expected: u64) -> BatchStream {
    stream::try_unfold((rows, 0), move |(mut rows, seen)| {
        let file = file.clone();
        async move {
            match rows.try_next().await? {
                Some(batch) => {
                    let seen = seen + batch.num_rows() as u64;
                    Ok(Some((batch, (rows, seen))))
                }
                None if seen == expected => Ok(None),
                None => {
                    let error = file.damaged("a file has not as many rows as its manifest says");
                    Err(error.with("expected", expected).with("found", seen))
                }
            }
        }
    })
    .boxed()
}
