//! How the rows of a manifest become rows of a raw table.

use arrow::{
    array::{ArrayRef, RecordBatch, StringViewArray, TimestampMicrosecondArray, UInt32Array},
    compute::take,
    datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit},
};
use futures::{StreamExt, stream::BoxStream};
use std::{slice, sync::Arc};

use super::conform;
use crate::{BatchStream, DataFile, Error, Lake, Landed, LoadOptions, Manifest, Result};

/// The rows of a manifest on their way into a raw table: with `_loaded_at` and `_source_file`, and counted. What a
/// warehouse uses that takes rows itself.
#[derive(Clone, Debug)]
pub struct Landing<'a> {
    manifest: &'a Manifest,
    options: &'a LoadOptions,
    landed: SchemaRef,
    /// The manifest's own columns, text as the warehouse keeps it.
    came: SchemaRef,
}

impl<'a> Landing<'a> {
    /// Prepares to land a manifest.
    ///
    /// # Errors
    /// `Schema` when the rows have a column that is to be added.
    pub fn new(manifest: &'a Manifest, options: &'a LoadOptions) -> Result<Self> {
        let (loaded_at, source_file) = (Landed::<()>::LOADED_AT, Landed::<()>::SOURCE_FILE);
        let mut fields: Vec<Field> = manifest.schema.columns.iter().map(|c| c.to_field()).collect();
        if let Some(field) = fields.iter().find(|f| [loaded_at, source_file].contains(&f.name().as_str())) {
            return Err(Error::schema("rows to land have a column already that the load adds: rename it")
                .with("table", &options.target)
                .with("column", field.name()));
        }
        for field in &mut fields {
            if matches!(field.data_type(), DataType::Utf8 | DataType::LargeUtf8) {
                field.set_data_type(DataType::Utf8View);
            }
        }
        let came = Arc::new(Schema::new(fields.clone()));
        fields.push(Field::new(loaded_at, DataType::Timestamp(TimeUnit::Microsecond, None), false));
        fields.push(Field::new(source_file, DataType::Utf8View, false));
        Ok(Self { manifest, options, landed: Arc::new(Schema::new(fields)), came })
    }

    /// The columns of the landed rows; all text is `Utf8View`.
    pub fn schema(&self) -> &SchemaRef {
        &self.landed
    }

    /// Reads the rows, file by file. It ends with a `Data` error when a file has not as many as the manifest says.
    pub fn read(self, lake: &'a dyn Lake) -> BoxStream<'a, Result<RecordBatch>> {
        let reading = Reading { files: self.manifest.files.iter(), open: None, total: 0 };
        let table = self.options.target.clone();
        futures::stream::try_unfold((self, reading), move |(landing, mut reading)| async move {
            let batch = reading.next(&landing, lake).await?;
            Ok(batch.map(|batch| (batch, (landing, reading))))
        })
        .map(move |batch| batch.map_err(|e: Error| e.with("table", &table)))
        .boxed()
    }

    fn add_columns(&self, file: &str, batch: RecordBatch) -> Result<RecordBatch> {
        let rows = batch.num_rows();
        let mut columns = conform(batch, &self.came)?.columns().to_vec();
        columns.push(Arc::new(TimestampMicrosecondArray::from_value(self.options.loaded_at.micros(), rows)));
        columns.push(repeat(file, rows)?);
        Ok(RecordBatch::try_new(self.landed.clone(), columns)?)
    }
}

/// A column of one text: views of the same bytes.
fn repeat(text: &str, rows: usize) -> Result<ArrayRef> {
    Ok(take(&StringViewArray::from_iter_values([text]), &UInt32Array::from_value(0, rows), None)?)
}

struct Reading<'a> {
    files: slice::Iter<'a, DataFile>,
    open: Option<(&'a DataFile, BatchStream, u64)>,
    total: u64,
}

impl Reading<'_> {
    async fn next(&mut self, landing: &Landing<'_>, lake: &dyn Lake) -> Result<Option<RecordBatch>> {
        loop {
            let Some((file, stream, rows)) = &mut self.open else {
                let Some(file) = self.files.next() else {
                    count("rows of all files are not as many as the manifest says", self.total, landing.manifest.rows)?;
                    return Ok(None);
                };
                self.open = Some((file, lake.read_file(landing.manifest, file, None).await?, 0));
                continue;
            };
            if let Some(batch) = stream.next().await.transpose()? {
                *rows += batch.num_rows() as u64;
                return landing.add_columns(&file.key, batch).map(Some).map_err(|e| e.with("file", &file.key));
            }
            count("rows of a file are not as many as the manifest says", *rows, file.rows)
                .map_err(|e| e.with("file", &file.key))?;
            self.total += *rows;
            self.open = None;
        }
    }
}

fn count(message: &'static str, found: u64, expected: u64) -> Result<()> {
    if found == expected {
        return Ok(());
    }
    Err(Error::data(message).with("found", found).with("expected", expected))
}
