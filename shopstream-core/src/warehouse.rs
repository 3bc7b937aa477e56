//! Where tables are built, checked and shown.

mod conform;
mod landing;
mod materialization;
mod merging;
mod record;
mod usage;

pub use conform::conform;
pub use landing::Landing;
pub use materialization::{Materialization, Materialized, QueryTable};
pub use merging::Merging;
pub use record::{LoadAction, LoadRecord};
pub use usage::Usage;

use arrow::{array::RecordBatch, compute::concat_batches, datatypes::SchemaRef};
use async_trait::async_trait;
use futures::TryStreamExt;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

use crate::{
    Batch, BatchStream, Check, CheckOutcome, Date, Error, Lake, Manifest, Result, Table, TableRef, TableSchema,
    Timestamp, sql::Query,
};

/// A store of tables that readers see as of its last publish.
///
/// # Contract
/// * **Readers see whole versions.** [`read`](Warehouse::read), [`describe`](Warehouse::describe) and
///   [`query`](Warehouse::query) answer from what was last published; a stream that began goes on in its version
///   while a newer one is published.
/// * **All writing goes through a build**: see [`Build`].
/// * **Whole tables.** A read yields at least one batch, of an empty table an empty one, so that its columns are known.
/// * **Errors.** A table or column that was never published is `NotFound` when read, `None` when described.
///
/// `shopstream_core::conformance::warehouse` (feature `conformance`) checks it.
#[async_trait]
pub trait Warehouse: fmt::Debug + fmt::Display + Send + Sync + 'static {
    /// What it can do.
    fn capabilities(&self) -> Capabilities;

    /// The published tables, in order.
    async fn tables(&self) -> Result<Vec<TableRef>>;

    /// The columns of a published table.
    async fn describe(&self, table: &TableRef) -> Result<Option<TableSchema>>;

    /// Starts to read a published table: these columns, in this order, or all.
    async fn read(&self, table: &TableRef, columns: Option<&[String]>) -> Result<BatchStream>;

    /// Starts to answer a query over the published tables, all of one version; `Unsupported` without
    /// [`query`](Capabilities::query), and for anything that is no query.
    async fn query(&self, query: &Query) -> Result<BatchStream>;

    /// Opens the build of a run: a new one, or the one that an earlier process left when it died. `Conflict` when a
    /// living process has it open.
    async fn begin(&self, run: &RunId) -> Result<Box<dyn Build>>;
}

/// What every [`Warehouse`] can do besides.
pub trait WarehouseExt: Warehouse {
    /// Reads a declared table as it is published, whole.
    ///
    /// ```
    /// # use shopstream_core::{Batch, Result, Table, Warehouse, WarehouseExt};
    /// async fn rows_of<T: Table>(warehouse: &dyn Warehouse) -> Result<Vec<T>> {
    ///     Ok(warehouse.table::<T>().await?.rows())
    /// }
    /// ```
    ///
    /// # Errors
    /// `NotFound` when it was never published, or lacks columns; `Schema` and `Data` when it is not as declared.
    fn table<T: Table>(&self) -> impl Future<Output = Result<Batch<T>>> + Send;
}

impl<W: Warehouse + ?Sized> WarehouseExt for W {
    async fn table<T: Table>(&self) -> Result<Batch<T>> {
        let declared = T::declaration();
        let rows = self.read(&declared.table_ref(), Some(&declared.column_names())).await?;
        let batches: Vec<RecordBatch> = rows.try_collect().await?;
        let schema = batches.first().map_or_else(|| declared.schema(), RecordBatch::schema);
        Batch::try_new(concat_batches(&schema, &batches)?)
    }
}

/// What becomes visible at once.
///
/// # Contract
/// * **Aside.** What is loaded, put, materialized and checked here is seen by nobody else until
///   [`publish`](Build::publish) shows all of it in one step; tables that it does not have stay as they were. A
///   publish that fails or dies leaves readers what they had.
/// * **Durable.** What returned `Ok` is there when the build is opened again by its [`RunId`].
/// * **Whole tables.** [`put`](Build::put), [`load`](Build::load) and [`materialize`](Build::materialize) replace
///   the build's table of that name, all of it or, when they fail, nothing.
/// * **Reading** a table that the build does not have answers from what is published.
/// * **Concurrency.** Different tables may be written side by side.
/// * **Dropping** a build keeps it, to be opened again; [`abandon`](Build::abandon) removes it.
#[async_trait]
pub trait Build: fmt::Debug + Send + Sync {
    /// The run that it belongs to.
    fn run(&self) -> &RunId;

    /// The tables that the build has of its own, in order.
    async fn tables(&self) -> Result<Vec<TableRef>>;

    /// Takes a table out of the build, which then answers from what is published; one that it does not have is out
    /// already.
    async fn remove(&self, table: &TableRef) -> Result<()>;

    /// Lands the rows of a manifest in a table, with `_loaded_at` and `_source_file` added, and checks that they are
    /// as many as the manifest says.
    ///
    /// The same manifest (by table, date and digest) again is a no-op. A later date, or a newer manifest of the
    /// date, replaces; an older date is `Conflict` unless [`allow_older`](LoadOptions::allow_older).
    ///
    /// A manifest that goes on from another ([`Manifest::since`]) is merged into what the table holds, as
    /// [`Merging`] says. `Conflict` when the table does not hold that one or a later one up to the manifest's own
    /// date: load what lies between first.
    async fn load(&self, lake: &dyn Lake, manifest: &Manifest, options: &LoadOptions) -> Result<LoadReport>;

    /// Writes a table from rows; the answer is how many. `Unsupported` without [`put`](Capabilities::put).
    async fn put(&self, table: &TableRef, schema: SchemaRef, rows: BatchStream) -> Result<u64>;

    /// Makes a table by a query that runs in the warehouse, over the tables as this build has them. `Unsupported`
    /// without [`materialize`](Capabilities::materialize); `Schema` when the query lacks a column of the table.
    async fn materialize(&self, made: &QueryTable) -> Result<Materialized>;

    /// Starts to read a table as this build has it: these columns, in this order, or all. Of no columns, batches that
    /// only count their rows.
    async fn read(&self, table: &TableRef, columns: Option<&[String]>) -> Result<BatchStream>;

    /// Runs a data test over the tables as this build has them.
    async fn check(&self, check: &Check) -> Result<CheckOutcome>;

    /// Shows the build's tables to all readers, all in one step.
    async fn publish(self: Box<Self>) -> Result<Published>;

    /// Removes the build.
    async fn abandon(self: Box<Self>) -> Result<()>;
}

/// What a warehouse can do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Capabilities {
    /// Models run here, as Rust functions whose rows are [`put`](Build::put).
    pub put: bool,
    /// Models run over there, as SQL that is [`materialized`](Build::materialize).
    pub materialize: bool,
    /// It answers [`query`](Warehouse::query).
    pub query: bool,
}

impl Capabilities {
    /// It can do nothing of all this yet.
    pub const NONE: Self = Self { put: false, materialize: false, query: false };

    /// It takes rows.
    #[must_use]
    pub const fn with_put(mut self) -> Self {
        self.put = true;
        self
    }

    /// It runs models as SQL.
    #[must_use]
    pub const fn with_materialize(mut self) -> Self {
        self.materialize = true;
        self
    }

    /// It answers queries.
    #[must_use]
    pub const fn with_query(mut self) -> Self {
        self.query = true;
        self
    }
}

/// The name of a run: the same name again goes on with the same build. Letters, digits, `_`, `-` and `.`.
///
/// ```
/// use shopstream_core::RunId;
///
/// assert!("shop-2026-01-14".parse::<RunId>().is_ok());
/// assert!("../shop".parse::<RunId>().is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RunId(String);

impl RunId {
    /// The run of a pipeline and date: `shop-2026-01-14`.
    ///
    /// # Errors
    /// `Config` when the name has other characters than a run's id may have.
    pub fn of_date(name: &str, date: Date) -> Result<Self> {
        format!("{name}-{date}").parse()
    }

    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RunId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::try_from(text.to_owned())
    }
}

impl TryFrom<String> for RunId {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        if text.is_empty() || text.len() > 100 || text.starts_with('.') || !text.chars().all(plain) {
            return Err(Error::config("a run's id has 1 to 100 letters, digits, '_', '-' and '.'").with("run", text));
        }
        Ok(Self(text))
    }
}

impl From<RunId> for String {
    fn from(run: RunId) -> Self {
        run.0
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How to load.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LoadOptions {
    /// The table to land in.
    pub target: TableRef,
    /// The `_loaded_at` of the rows.
    pub loaded_at: Timestamp,
    /// Whether a date older than what the table holds may replace it (default no).
    pub allow_older: bool,
}

impl LoadOptions {
    /// Lands in this table at this time.
    pub fn new(target: TableRef, loaded_at: Timestamp) -> Self {
        Self { target, loaded_at, allow_older: false }
    }

    /// Lets an older date replace a later one.
    #[must_use]
    pub fn with_allow_older(mut self, yes: bool) -> Self {
        self.allow_older = yes;
        self
    }
}

/// What a load did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LoadReport {
    /// The table landed in.
    pub table: TableRef,
    /// Rows landed: those of the manifest.
    pub rows: u64,
    /// Whether the manifest was there already.
    pub unchanged: bool,
    /// What it took, where the warehouse says so.
    #[serde(default)]
    pub usage: Option<Usage>,
}

impl LoadReport {
    /// So many rows landed.
    pub fn new(table: TableRef, rows: u64, unchanged: bool) -> Self {
        Self { table, rows, unchanged, usage: None }
    }

    /// Says what it took.
    #[must_use]
    pub fn with_usage(mut self, usage: Usage) -> Self {
        self.usage = Some(usage);
        self
    }
}

/// What a publish showed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Published {
    /// The version's name, in the warehouse's own words.
    pub version: String,
    /// The tables that the build brought, in order.
    pub tables: Vec<TableRef>,
    /// What it took, where the warehouse says so.
    #[serde(default)]
    pub usage: Option<Usage>,
}

impl Published {
    /// These tables, as this version.
    pub fn new(version: impl Into<String>, tables: Vec<TableRef>) -> Self {
        Self { version: version.into(), tables, usage: None }
    }

    /// Says what it took.
    #[must_use]
    pub fn with_usage(mut self, usage: Usage) -> Self {
        self.usage = Some(usage);
        self
    }
}
