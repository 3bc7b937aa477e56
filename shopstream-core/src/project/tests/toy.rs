//! A build in memory that remembers what was asked of it.

use arrow::{
    array::{ArrayRef, AsArray, Int64Array, RecordBatch},
    datatypes::{Field, Int64Type, Schema, SchemaRef},
};
use async_trait::async_trait;
use futures::TryStreamExt;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

use crate::{
    Batch, BatchStream, Build, Check, CheckOutcome, Dialect, Error, Lake, LoadOptions, LoadReport, Manifest,
    Materialized, Published, QueryTable, Result, RunId, Table, TableRef,
};

#[derive(Debug)]
pub(super) struct ToyBuild {
    run: RunId,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    tables: BTreeMap<TableRef, Vec<RecordBatch>>,
    reads: Vec<String>,
    sql: Vec<String>,
    refused: BTreeSet<TableRef>,
    forgets: bool,
}

impl Default for ToyBuild {
    fn default() -> Self {
        Self { run: "toy".parse().unwrap(), state: Mutex::default() }
    }
}

impl ToyBuild {
    /// With a table, a row a batch.
    pub(super) fn with<T: Table + From<i64>>(self, ids: &[i64]) -> Self {
        let batches = ids.iter().map(|id| Batch::from_rows(&[T::from(*id)]).into_record_batch());
        self.state.lock().unwrap().tables.insert(TableRef::of::<T>(), batches.collect());
        self
    }

    pub(super) fn insert(&self, table: &str, columns: &[(&str, &[i64])]) {
        let fields: Vec<Field> =
            columns.iter().map(|(name, _)| Field::new(*name, arrow::datatypes::DataType::Int64, false)).collect();
        let arrays = columns.iter().map(|(_, v)| Arc::new(Int64Array::from(v.to_vec())) as ArrayRef).collect();
        let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).unwrap();
        self.state.lock().unwrap().tables.insert(table.into(), vec![batch]);
    }

    /// Refuses to write a table from now on.
    pub(super) fn refuse(&self, table: &str) {
        self.state.lock().unwrap().refused.insert(table.into());
    }

    /// Keeps none of the rows that are written from now on.
    pub(super) fn forget_rows(&self) {
        self.state.lock().unwrap().forgets = true;
    }

    pub(super) fn reads(&self) -> Vec<String> {
        self.state.lock().unwrap().reads.clone()
    }

    pub(super) fn sql(&self) -> Vec<String> {
        self.state.lock().unwrap().sql.clone()
    }

    /// The sum of a table's first column.
    pub(super) fn sum(&self, table: &str) -> i64 {
        let sum = |b: &RecordBatch| b.column(0).as_primitive::<Int64Type>().values().iter().sum::<i64>();
        self.state.lock().unwrap().tables[&table.into()].iter().map(sum).sum()
    }
}

#[async_trait]
impl Build for ToyBuild {
    fn run(&self) -> &RunId {
        &self.run
    }

    async fn tables(&self) -> Result<Vec<TableRef>> {
        Ok(self.state.lock().unwrap().tables.keys().cloned().collect())
    }

    async fn remove(&self, table: &TableRef) -> Result<()> {
        self.state.lock().unwrap().tables.remove(table);
        Ok(())
    }

    async fn load(&self, _: &dyn Lake, _: &Manifest, _: &LoadOptions) -> Result<LoadReport> {
        Err(Error::unsupported("a toy"))
    }

    async fn put(&self, table: &TableRef, _: SchemaRef, rows: BatchStream) -> Result<u64> {
        let rows: Vec<RecordBatch> = rows.try_collect().await?;
        let count = rows.iter().map(|b| b.num_rows() as u64).sum();
        let mut state = self.state.lock().unwrap();
        if state.refused.contains(table) {
            return Err(Error::unavailable("the disk is gone"));
        }
        let kept = if state.forgets { vec![] } else { rows };
        state.tables.insert(table.clone(), kept);
        Ok(count)
    }

    async fn materialize(&self, made: &QueryTable) -> Result<Materialized> {
        let query = made.query.inlined(Dialect::Snowflake)?;
        self.state.lock().unwrap().sql.push(format!("{}: {query}", made.table));
        Ok(Materialized::new(0))
    }

    async fn read(&self, table: &TableRef, columns: Option<&[String]>) -> Result<BatchStream> {
        let columns = columns.unwrap_or_default();
        let mut state = self.state.lock().unwrap();
        state.reads.push(format!("{table}({})", columns.join(", ")));
        let batches = state.tables.get(table).ok_or_else(|| Error::not_found("no such table"))?;
        let project = |b: &RecordBatch| {
            let indices: Vec<usize> = columns.iter().map(|c| b.schema().index_of(c).unwrap()).collect();
            Ok(b.project(&indices)?)
        };
        let batches: Vec<_> = batches.iter().map(project).collect();
        Ok(Box::pin(futures::stream::iter(batches)))
    }

    async fn check(&self, _: &Check) -> Result<CheckOutcome> {
        Err(Error::unsupported("a toy"))
    }

    async fn publish(self: Box<Self>) -> Result<Published> {
        Err(Error::unsupported("a toy"))
    }

    async fn abandon(self: Box<Self>) -> Result<()> {
        Err(Error::unsupported("a toy"))
    }
}
