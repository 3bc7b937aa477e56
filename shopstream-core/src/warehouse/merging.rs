//! How the rows of a manifest are merged into a raw table.

use arrow::{
    array::{ArrayRef, RecordBatch, RecordBatchOptions, new_null_array},
    compute::{and_not, cast, filter_record_batch, not},
    datatypes::{DataType, Field, Schema, SchemaRef},
};
use futures::{StreamExt, TryStreamExt, stream::BoxStream};
use std::sync::Arc;

use super::Landing;
use crate::{BatchStream, Error, Lake, LoadOptions, Manifest, Result, key_set::KeySet, schema::widens};

/// A manifest that goes on from another, on its way into the table that holds that one: what a warehouse uses that
/// takes rows itself.
///
/// Rows of the table whose key the manifest does not have come first, in their order and with the `_loaded_at` and
/// `_source_file` that they had; then the rows of the manifest, in theirs, as they land. Where the manifest names the
/// keys that the source had ([`Increment::keys`](crate::Increment::keys)), rows of the table with another key are gone.
///
/// The columns are the manifest's: a new one is NULL in the rows of the table, one that the manifest has not is gone,
/// one of a wider type is widened. The keys are held in memory, the rows of the table are not.
#[derive(Clone, Debug)]
pub struct Merging<'a> {
    landing: Landing<'a>,
    manifest: &'a Manifest,
    options: &'a LoadOptions,
    merged: SchemaRef,
}

impl<'a> Merging<'a> {
    /// Prepares to merge a manifest into a table that has these columns.
    ///
    /// # Errors
    /// Those of [`Landing::new`]; `Schema` with every column whose type cannot become the manifest's, and when the
    /// manifest has no key.
    pub fn new(manifest: &'a Manifest, options: &'a LoadOptions, table: &Schema) -> Result<Self> {
        let landing = Landing::new(manifest, options)?;
        let schema = |message: &'static str| Error::schema(message).with("table", &options.target);
        let key = &manifest.schema.primary_key;
        let keyed = |column: &String| manifest.schema.column(column).is_some() && table.index_of(column).is_ok();
        if key.is_empty() || !key.iter().all(keyed) {
            return Err(schema("rows are merged on their key, and the manifest or the table has none")
                .with("key", key.join(", ")));
        }
        let (mut fields, mut differences): (Vec<Field>, Vec<String>) = (vec![], vec![]);
        for field in landing.schema().fields() {
            let held = table.field_with_name(field.name()).ok();
            if let Some(held) = held.filter(|held| !widens(held.data_type(), field.data_type())) {
                differences.push(format!("{}: {}, expected {}", held.name(), held.data_type(), field.data_type()));
            }
            let nullable = field.is_nullable() || held.is_none_or(Field::is_nullable);
            fields.push(field.as_ref().clone().with_nullable(nullable));
        }
        if !differences.is_empty() {
            return Err(schema("the table has columns of other types than the increment: read it in full")
                .with("columns", differences.join("; ")));
        }
        Ok(Self { landing, manifest, options, merged: Arc::new(Schema::new(fields)) })
    }

    /// The columns of the merged rows; all text is `Utf8View`.
    pub fn schema(&self) -> &SchemaRef {
        &self.merged
    }

    /// Reads the merged rows, out of those of the table.
    ///
    /// # Errors
    /// Those of the lake; `Data` when two rows of the manifest have one key. The stream ends as that of
    /// [`Landing::read`] does.
    pub async fn read(self, lake: &'a dyn Lake, table: BatchStream) -> Result<BoxStream<'a, Result<RecordBatch>>> {
        let target = &self.options.target;
        let coming = self.keys(lake, self.manifest).await.map_err(|e| e.with("table", target))?;
        if coming.len() as u64 != self.manifest.rows {
            return Err(Error::data("rows to merge have the same key: it names no row")
                .with("table", target)
                .with("key", self.manifest.schema.primary_key.join(", "))
                .with("rows", self.manifest.rows)
                .with("keys", coming.len()));
        }
        let present = match self.manifest.increment.as_ref().and_then(|i| i.keys.as_deref()) {
            Some(keys) => Some(self.keys(lake, keys).await.map_err(|e| e.with("table", target))?),
            None => None,
        };
        let (key, merged) = (self.manifest.schema.primary_key.clone(), self.merged.clone());
        let keep = {
            let merged = merged.clone();
            move |batch: RecordBatch| {
                let batch = adapt(&batch, &merged)?;
                let columns = key.iter().map(|name| Ok(batch.column(merged.index_of(name)?).clone()));
                let columns: Vec<ArrayRef> = columns.collect::<Result<_>>()?;
                let here = present.as_ref().map(|present| present.contains(&columns)).transpose()?;
                let kept = match here {
                    Some(here) => and_not(&here, &coming.contains(&columns)?)?,
                    None => not(&coming.contains(&columns)?)?,
                };
                Ok(filter_record_batch(&batch, &kept)?)
            }
        };
        let kept = table.map(move |batch| keep(batch?));
        let kept = kept.try_filter(|batch| std::future::ready(batch.num_rows() > 0));
        let landed = self.landing.read(lake).map(move |batch| adapt(&batch?, &merged));
        Ok(kept.chain(landed).boxed())
    }

    /// The keys of a manifest's rows.
    async fn keys(&self, lake: &dyn Lake, of: &Manifest) -> Result<KeySet> {
        let key = &self.manifest.schema.primary_key;
        let types = key.iter().map(|name| Ok(self.merged.field_with_name(name)?.data_type()));
        let mut keys = KeySet::new(types.collect::<Result<Vec<&DataType>>>()?)?;
        let mut rows = lake.read(of, Some(key)).await?;
        while let Some(batch) = rows.try_next().await? {
            keys.insert(batch.columns())?;
        }
        Ok(keys)
    }
}

/// A batch with these columns, found by their names: widened, or NULL where it has none.
fn adapt(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch> {
    let columns = schema.fields().iter().map(|field| match batch.column_by_name(field.name()) {
        Some(column) if column.data_type() == field.data_type() => Ok(column.clone()),
        Some(column) => Ok(cast(column, field.data_type())?),
        None => Ok(new_null_array(field.data_type(), batch.num_rows())),
    });
    let rows = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    Ok(RecordBatch::try_new_with_options(schema.clone(), columns.collect::<Result<_>>()?, &rows)?)
}
