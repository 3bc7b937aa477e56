//! The tables of a run in memory: read once, shared, and let go with their last consumer.

use arrow::{
    array::{ArrayRef, RecordBatch},
    compute::concat,
    datatypes::{FieldRef, Schema, SchemaRef},
};
use futures::TryStreamExt;
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use tokio::sync::Mutex;

use crate::{Build, Error, Input, Result, TableRef};

/// A table that models of a run take.
pub(super) struct Slot {
    table: TableRef,
    schema: SchemaRef,
    /// Who has not taken it yet. Locks are held while it is read, so this is beside them: a release never waits.
    consumers: AtomicUsize,
    held: Mutex<Option<RecordBatch>>,
}

impl Slot {
    /// A table that is taken as these inputs say, once for each of them.
    pub(super) fn new(table: TableRef, inputs: &[&Input]) -> Self {
        let mut fields: Vec<FieldRef> = vec![];
        for field in inputs.iter().flat_map(|i| i.schema().fields()) {
            if fields.iter().all(|f| f.name() != field.name()) {
                fields.push(field.clone());
            }
        }
        let consumers = AtomicUsize::new(inputs.len());
        Self { table, schema: Arc::new(Schema::new(fields)), consumers, held: Mutex::new(None) }
    }

    /// Keeps rows that a model made, if somebody will take them.
    pub(super) async fn fill(&self, batch: RecordBatch) {
        let mut held = self.held.lock().await;
        if self.consumers.load(Ordering::Relaxed) > 0 {
            *held = Some(batch);
        }
    }

    /// The rows, for one of the consumers; read when nobody did yet. The last consumer gets the only copy.
    pub(super) async fn take(&self, build: &dyn Build) -> Result<RecordBatch> {
        // Whoever comes while it is read waits here.
        let mut held = self.held.lock().await;
        let batch = match held.take() {
            Some(batch) => batch,
            None => self.read(build).await.map_err(|e| match e.context("table") {
                Some(_) => e,
                None => e.with("table", &self.table),
            })?,
        };
        if self.consumers.fetch_sub(1, Ordering::Relaxed) > 1 {
            *held = Some(batch.clone());
        }
        Ok(batch)
    }

    /// Whether taking it needs no reading.
    pub(super) fn in_memory(&self) -> bool {
        self.held.try_lock().is_ok_and(|held| held.is_some())
    }

    /// Gives up one consumer that will never come.
    pub(super) fn release(&self) {
        if self.consumers.fetch_sub(1, Ordering::Relaxed) == 1 {
            // Nobody who could hold the lock is left.
            if let Ok(mut held) = self.held.try_lock() {
                *held = None;
            }
        }
    }

    async fn read(&self, build: &dyn Build) -> Result<RecordBatch> {
        let columns: Vec<String> = self.schema.fields().iter().map(|f| f.name().clone()).collect();
        let batches = build.read(&self.table, Some(&columns)).await?.try_collect().await?;
        let schema = self.schema.clone();
        tokio::task::spawn_blocking(move || one(batches, schema))
            .await
            .map_err(|e| Error::internal("batches could not be joined").caused_by(e))?
    }
}

/// Batches as one; of this schema when there is none. Column by column, so that little is held twice.
fn one(mut batches: Vec<RecordBatch>, empty: SchemaRef) -> Result<RecordBatch> {
    if batches.len() <= 1 {
        return Ok(batches.pop().unwrap_or_else(|| RecordBatch::new_empty(empty)));
    }
    let schema = batches[0].schema();
    let mut columns: Vec<Vec<ArrayRef>> = vec![vec![]; schema.fields().len()];
    for batch in batches {
        if batch.num_columns() != columns.len() {
            return Err(Error::internal("the batches of one table differ in their columns"));
        }
        let (_, arrays, _) = batch.into_parts();
        columns.iter_mut().zip(arrays).for_each(|(column, array)| column.push(array));
    }
    let mut whole = Vec::with_capacity(columns.len());
    for parts in columns {
        whole.push(concat(&parts.iter().map(|a| &**a).collect::<Vec<_>>())?);
    }
    Ok(RecordBatch::try_new(schema, whole)?)
}
