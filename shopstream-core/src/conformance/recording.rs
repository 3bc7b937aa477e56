//! A warehouse that writes down what it is asked for.

use arrow::{array::RecordBatch, datatypes::SchemaRef};
use async_trait::async_trait;
use futures::StreamExt;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::{
    BatchStream, Build, Capabilities, Check, CheckOutcome, Error, Lake, LoadOptions, LoadReport, Manifest,
    Materialized, Partition, Published, QueryTable, Result, RunId, TableRef, TableSchema, Warehouse,
    memory::MemoryWarehouse, sql::Query,
};

/// A warehouse that runs models as SQL, like a server does, but only writes the SQL down. What a query would have
/// made is told in advance ([`with_answer`](Self::with_answer)), or has no rows; loaded rows really land,
/// in memory. Clones are the same warehouse.
#[derive(Clone, Default)]
pub struct RecordingWarehouse {
    tables: MemoryWarehouse,
    answers: BTreeMap<TableRef, RecordBatch>,
    failing: BTreeSet<String>,
    log: Arc<Mutex<Vec<Recorded>>>,
}

/// What a [`RecordingWarehouse`] was asked for.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Recorded {
    /// A build was opened.
    Begin(RunId),
    /// A manifest was loaded.
    Load {
        /// What was loaded.
        partition: Partition,
        /// The table it landed in.
        table: TableRef,
        /// Whether it was there already.
        unchanged: bool,
    },
    /// A table was made by a query.
    Materialize(QueryTable),
    /// A data test was run.
    // Boxed, since it is much larger than the others.
    Check(Box<Check>),
    /// The build was published.
    Publish(RunId),
    /// The build was removed.
    Abandon(RunId),
}

impl RecordingWarehouse {
    /// An empty warehouse.
    pub fn new() -> Self {
        Self::default()
    }

    /// Tells what the query of a table makes.
    #[must_use]
    pub fn with_answer(mut self, table: impl Into<TableRef>, rows: RecordBatch) -> Self {
        self.answers.insert(table.into(), rows);
        self
    }

    /// Tells that the data test of this name finds a failing row.
    #[must_use]
    pub fn with_failing_check(mut self, name: impl Into<String>) -> Self {
        self.failing.insert(name.into());
        self
    }

    /// What it was asked for so far and did, in order.
    pub fn log(&self) -> Vec<Recorded> {
        self.entries().clone()
    }

    fn entries(&self) -> MutexGuard<'_, Vec<Recorded>> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn record(&self, what: Recorded) {
        self.entries().push(what);
    }
}

impl fmt::Debug for RecordingWarehouse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordingWarehouse").field("log", &self.entries()).finish_non_exhaustive()
    }
}

impl fmt::Display for RecordingWarehouse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("recording://")
    }
}

#[async_trait]
impl Warehouse for RecordingWarehouse {
    fn capabilities(&self) -> Capabilities {
        Capabilities::NONE.with_materialize()
    }

    async fn tables(&self) -> Result<Vec<TableRef>> {
        self.tables.tables().await
    }

    async fn describe(&self, table: &TableRef) -> Result<Option<TableSchema>> {
        self.tables.describe(table).await
    }

    async fn read(&self, table: &TableRef, columns: Option<&[String]>) -> Result<BatchStream> {
        self.tables.read(table, columns).await
    }

    async fn query(&self, query: &Query) -> Result<BatchStream> {
        self.tables.query(query).await
    }

    async fn begin(&self, run: &RunId) -> Result<Box<dyn Build>> {
        let build = self.tables.begin(run).await?;
        self.record(Recorded::Begin(run.clone()));
        Ok(Box::new(RecordingBuild { build, warehouse: self.clone() }))
    }
}

struct RecordingBuild {
    build: Box<dyn Build>,
    warehouse: RecordingWarehouse,
}

impl fmt::Debug for RecordingBuild {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordingBuild").field("run", self.build.run()).finish_non_exhaustive()
    }
}

#[async_trait]
impl Build for RecordingBuild {
    fn run(&self) -> &RunId {
        self.build.run()
    }

    async fn tables(&self) -> Result<Vec<TableRef>> {
        self.build.tables().await
    }

    async fn remove(&self, table: &TableRef) -> Result<()> {
        self.build.remove(table).await
    }

    async fn load(&self, lake: &dyn Lake, manifest: &Manifest, options: &LoadOptions) -> Result<LoadReport> {
        let report = self.build.load(lake, manifest, options).await?;
        self.warehouse.record(Recorded::Load {
            partition: manifest.partition.clone(),
            table: options.target.clone(),
            unchanged: report.unchanged,
        });
        Ok(report)
    }

    async fn put(&self, table: &TableRef, _schema: SchemaRef, _rows: BatchStream) -> Result<u64> {
        Err(Error::unsupported("this warehouse takes no rows: materialize a query").with("table", table))
    }

    async fn materialize(&self, made: &QueryTable) -> Result<Materialized> {
        let nothing = || RecordBatch::new_empty(made.schema.clone());
        let rows = self.warehouse.answers.get(&made.table).cloned().unwrap_or_else(nothing);
        let rows = self.build.put(&made.table, rows.schema(), futures::stream::iter([Ok(rows)]).boxed()).await?;
        self.warehouse.record(Recorded::Materialize(made.clone()));
        Ok(Materialized::new(rows))
    }

    async fn read(&self, table: &TableRef, columns: Option<&[String]>) -> Result<BatchStream> {
        self.build.read(table, columns).await
    }

    async fn check(&self, check: &Check) -> Result<CheckOutcome> {
        self.warehouse.record(Recorded::Check(Box::new(check.clone())));
        let failures = if self.warehouse.failing.contains(&check.name) { check.allowed + 1 } else { 0 };
        Ok(CheckOutcome::new(check, failures, vec![]))
    }

    async fn publish(self: Box<Self>) -> Result<Published> {
        let run = self.run().clone();
        let published = self.build.publish().await?;
        self.warehouse.record(Recorded::Publish(run));
        Ok(published)
    }

    async fn abandon(self: Box<Self>) -> Result<()> {
        let run = self.run().clone();
        self.build.abandon().await?;
        self.warehouse.record(Recorded::Abandon(run));
        Ok(())
    }
}
