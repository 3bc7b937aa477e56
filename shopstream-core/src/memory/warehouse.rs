//! A warehouse in memory.

use arrow::{array::RecordBatch, datatypes::SchemaRef};
use async_trait::async_trait;
use futures::{StreamExt, TryStreamExt, stream::BoxStream};
use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::{
    BatchStream, Build, Capabilities, Check, CheckOutcome, Error, Lake, Landing, LoadAction, LoadOptions, LoadRecord,
    LoadReport, Manifest, Materialized, Merging, Published, QueryTable, Result, RunId, TableRef, TableSchema,
    Warehouse, conform, evaluate, sql::Query,
};

/// A warehouse in memory, with all that the trait promises but durability. Clones are the same warehouse.
///
/// ```
/// use shopstream_core::{Warehouse, memory::MemoryWarehouse};
///
/// assert!(MemoryWarehouse::new().capabilities().put);
/// ```
#[derive(Clone, Default)]
pub struct MemoryWarehouse {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    version: u64,
    published: Tables,
    builds: BTreeMap<RunId, Tables>,
    open: Option<RunId>,
}

type Tables = BTreeMap<TableRef, Arc<Stored>>;

struct Stored {
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
    load: Option<LoadRecord>,
}

impl MemoryWarehouse {
    /// An empty warehouse.
    pub fn new() -> Self {
        Self::default()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // What is changed under the lock is changed in one assignment: a panic elsewhere leaves it whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for MemoryWarehouse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryWarehouse").field("version", &self.state().version).finish_non_exhaustive()
    }
}

impl fmt::Display for MemoryWarehouse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("memory://")
    }
}

#[async_trait]
impl Warehouse for MemoryWarehouse {
    fn capabilities(&self) -> Capabilities {
        Capabilities::NONE.with_put()
    }

    async fn tables(&self) -> Result<Vec<TableRef>> {
        Ok(self.state().published.keys().cloned().collect())
    }

    async fn describe(&self, table: &TableRef) -> Result<Option<TableSchema>> {
        Ok(self.state().published.get(table).map(|t| TableSchema::from_arrow(&t.schema)))
    }

    async fn read(&self, table: &TableRef, columns: Option<&[String]>) -> Result<BatchStream> {
        let stored = self.state().published.get(table).cloned();
        stored.ok_or_else(|| missing(table))?.read(table, columns)
    }

    async fn query(&self, _query: &Query) -> Result<BatchStream> {
        Err(Error::unsupported("this warehouse answers no SQL"))
    }

    async fn begin(&self, run: &RunId) -> Result<Box<dyn Build>> {
        let mut state = self.state();
        if let Some(open) = &state.open {
            return Err(Error::conflict("another run is at work on this warehouse").with("run", open));
        }
        state.open = Some(run.clone());
        state.builds.entry(run.clone()).or_default();
        Ok(Box::new(MemoryBuild { run: run.clone(), warehouse: self.clone() }))
    }
}

impl Stored {
    fn read(&self, table: &TableRef, columns: Option<&[String]>) -> Result<BatchStream> {
        let empty = self.batches.is_empty().then(|| RecordBatch::new_empty(self.schema.clone()));
        let mut batches: Vec<RecordBatch> = self.batches.iter().cloned().chain(empty).collect();
        if let Some(columns) = columns {
            TableSchema::from_arrow(&self.schema).select(columns).map_err(|e| e.with("table", table))?;
            let indices: Vec<usize> = columns.iter().filter_map(|c| self.schema.index_of(c).ok()).collect();
            batches = batches.iter().map(|b| b.project(&indices)).collect::<Result<_, _>>()?;
        }
        Ok(futures::stream::iter(batches.into_iter().map(Ok)).boxed())
    }
}

fn missing(table: &TableRef) -> Error {
    Error::not_found("no such table in the warehouse").with("table", table)
}

/// A build; its tables lie with the warehouse, so that they outlive it.
struct MemoryBuild {
    run: RunId,
    warehouse: MemoryWarehouse,
}

impl MemoryBuild {
    fn table(&self, table: &TableRef) -> Option<Arc<Stored>> {
        let state = self.warehouse.state();
        state.builds.get(&self.run).and_then(|b| b.get(table)).or_else(|| state.published.get(table)).cloned()
    }

    async fn write(
        &self,
        table: &TableRef,
        schema: &SchemaRef,
        rows: BoxStream<'_, Result<RecordBatch>>,
        load: Option<LoadRecord>,
    ) -> Result<u64> {
        let batches: Vec<RecordBatch> = rows
            .and_then(async |batch| conform(batch, schema).map_err(|e| e.with("table", table)))
            .try_collect()
            .await?;
        let rows = batches.iter().map(|b| b.num_rows() as u64).sum();
        let stored = Arc::new(Stored { schema: schema.clone(), batches, load });
        self.warehouse.state().builds.entry(self.run.clone()).or_default().insert(table.clone(), stored);
        Ok(rows)
    }
}

impl fmt::Debug for MemoryBuild {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryBuild").field("run", &self.run).finish_non_exhaustive()
    }
}

impl Drop for MemoryBuild {
    fn drop(&mut self) {
        self.warehouse.state().open = None;
    }
}

#[async_trait]
impl Build for MemoryBuild {
    fn run(&self) -> &RunId {
        &self.run
    }

    async fn tables(&self) -> Result<Vec<TableRef>> {
        let state = self.warehouse.state();
        Ok(state.builds.get(&self.run).map(|b| b.keys().cloned().collect()).unwrap_or_default())
    }

    async fn remove(&self, table: &TableRef) -> Result<()> {
        if let Some(build) = self.warehouse.state().builds.get_mut(&self.run) {
            build.remove(table);
        }
        Ok(())
    }

    async fn load(&self, lake: &dyn Lake, manifest: &Manifest, options: &LoadOptions) -> Result<LoadReport> {
        let target = &options.target;
        let held = self.table(target).and_then(|t| t.load.clone());
        let (schema, rows) = match LoadRecord::action(held.as_ref(), manifest, options)? {
            LoadAction::Nothing => return Ok(LoadReport::new(target.clone(), manifest.rows, true)),
            LoadAction::Replace => {
                let landing = Landing::new(manifest, options)?;
                (landing.schema().clone(), landing.read(lake))
            }
            LoadAction::Merge => {
                let table = self.table(target).ok_or_else(|| missing(target))?;
                let merging = Merging::new(manifest, options, &table.schema)?;
                (merging.schema().clone(), merging.read(lake, table.read(target, None)?).await?)
            }
        };
        self.write(target, &schema, rows, Some(LoadRecord::new(manifest, target))).await?;
        Ok(LoadReport::new(target.clone(), manifest.rows, false))
    }

    async fn put(&self, table: &TableRef, schema: SchemaRef, rows: BatchStream) -> Result<u64> {
        self.write(table, &schema, rows, None).await
    }

    async fn materialize(&self, made: &QueryTable) -> Result<Materialized> {
        Err(Error::unsupported("this warehouse runs no SQL: put the rows of a model").with("table", &made.table))
    }

    async fn read(&self, table: &TableRef, columns: Option<&[String]>) -> Result<BatchStream> {
        self.table(table).ok_or_else(|| missing(table))?.read(table, columns)
    }

    async fn check(&self, check: &Check) -> Result<CheckOutcome> {
        evaluate(check, self).await
    }

    async fn publish(self: Box<Self>) -> Result<Published> {
        let mut state = self.warehouse.state();
        let tables = state.builds.remove(&self.run).unwrap_or_default();
        let names = tables.keys().cloned().collect();
        state.published.extend(tables);
        state.version += 1;
        Ok(Published::new(state.version.to_string(), names))
    }

    async fn abandon(self: Box<Self>) -> Result<()> {
        self.warehouse.state().builds.remove(&self.run);
        Ok(())
    }
}
