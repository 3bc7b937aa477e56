//! A warehouse in Snowflake: files go from the lake's stage into tables by `COPY INTO`, models run as SQL, and a publish
//! shows all of a run's tables in one transaction. No row passes through the client, unless it is asked for one.
//!
//! ```text
//! RAW.ORDERS                      what readers see; a publish replaces its rows, never the table
//! RAW.ORDERS$0F3A…$3              what a build has instead, until it is published
//! RAW._BUILDS, RAW._CLAIMS        which tables builds have, and which process has a build
//! RAW._TABLES, RAW._LOADS         what is published, and what was loaded
//! ```
//!
//! What has to be there first, databases, schemas, roles and these tables among it, is made by the
//! [plan](crate::snowflake::provision). Tables of the raw layer are written by the loader's role in its virtual warehouse,
//! all others by the transformer's; settings that name a role or warehouse override that.
//!
//! # How a publish is one step
//! Rows of all tables are written in one transaction, with the record of it: readers see all of it or nothing, and never
//! an empty table in between. Before the transaction, since Snowflake ends one at each such statement, tables that are
//! not there are made, empty; columns are added; and views are made whose query is another than it was. A table that
//! becomes a view, or the other way around, is gone for a moment.
//!
//! # What holds between processes
//! Within one process a warehouse has one build open. Of two processes, the one that opened a run's build last has it,
//! and the other's next write is a `Conflict`; a publish of the one waits for that of the other.
//!
//! ```no_run
//! use shopstream_core::{Lake, SystemClock, Warehouse};
//! use shopstream_sinks::snowflake::{client, provision, warehouse::SnowflakeWarehouse};
//! use std::sync::Arc;
//!
//! # async fn example(lake: Arc<dyn Lake>, vars: Vec<(String, String)>) -> shopstream_core::Result<()> {
//! let session = client::Settings::from_url_and_vars("snowflake://loader@myorg-shop", vars)?;
//! let names = provision::Settings::builder("shop-lake", "arn:aws:iam::123456789012:role/snowflake").build()?;
//! let warehouse = SnowflakeWarehouse::builder(session, names, Arc::new(SystemClock::new())).lake(lake).build()?;
//! for table in warehouse.tables().await? {
//!     println!("{table}");
//! }
//! # Ok(())
//! # }
//! ```

mod build;
mod builder;
mod check;
mod columns;
mod copy;
mod ledger;
mod load;
mod names;
mod publish;
mod query;
mod rows;
mod tables;
mod work;

pub use builder::SnowflakeWarehouseBuilder;

use async_trait::async_trait;
use shopstream_core::{
    BatchStream, Build, Capabilities, Clock, Error, Lake, Result, RunId, TableRef, TableSchema, Warehouse, sql::Query,
};
use std::{fmt, sync::Arc};
use tokio::sync::Mutex;

use crate::snowflake::provision;
use build::SnowflakeBuild;
use copy::Stage;
use ledger::{Entry, Ledger};
use work::Worker;

/// The names of databases, schemas and tables.
type Layers = provision::Settings;

/// A warehouse in Snowflake. Clones are the same warehouse; it is used within a Tokio runtime.
#[derive(Clone)]
pub struct SnowflakeWarehouse {
    shared: Arc<Shared>,
}

/// What a warehouse and its builds share.
struct Shared {
    layers: Layers,
    ledger: Ledger,
    stage: Stage,
    loader: Worker,
    transformer: Worker,
    /// Where rows are put on their way into a table.
    lake: Option<Arc<dyn Lake>>,
    clock: Arc<dyn Clock>,
    /// Held by the open build.
    open: Arc<Mutex<()>>,
}

impl Shared {
    /// Who writes the tables of a layer.
    fn writer(&self, table: &TableRef) -> &Worker {
        if table.schema() == provision::RAW { &self.loader } else { &self.transformer }
    }

    fn missing(&self, table: &TableRef) -> Error {
        Error::not_found("no such table in the warehouse").with("table", table).with("warehouse", self)
    }
}

impl fmt::Display for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "snowflake://{}", self.layers.database.as_str())
    }
}

impl fmt::Debug for SnowflakeWarehouse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SnowflakeWarehouse").field("names", &self.shared.layers).finish_non_exhaustive()
    }
}

impl fmt::Display for SnowflakeWarehouse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.shared.fmt(f)
    }
}

impl SnowflakeWarehouse {
    async fn published(&self, table: &TableRef) -> Result<Option<Entry>> {
        let shared = &self.shared;
        Ok(shared.ledger.published(&mut shared.transformer.on(table)).await?.remove(table))
    }
}

#[async_trait]
impl Warehouse for SnowflakeWarehouse {
    fn capabilities(&self) -> Capabilities {
        let can = Capabilities::NONE.with_materialize().with_query();
        if self.shared.lake.is_some() { can.with_put() } else { can }
    }

    async fn tables(&self) -> Result<Vec<TableRef>> {
        let shared = &self.shared;
        Ok(shared.ledger.published(&mut shared.transformer.on("tables")).await?.into_keys().collect())
    }

    async fn describe(&self, table: &TableRef) -> Result<Option<TableSchema>> {
        Ok(self.published(table).await?.map(|entry| entry.schema))
    }

    async fn read(&self, table: &TableRef, columns: Option<&[String]>) -> Result<BatchStream> {
        let entry = self.published(table).await?.ok_or_else(|| self.shared.missing(table))?;
        let name = self.shared.layers.table_name(table)?;
        tables::read(&mut self.shared.transformer.on(table), &name, &entry.schema, columns).await
    }

    async fn query(&self, query: &Query) -> Result<BatchStream> {
        query::query(&self.shared, query).await
    }

    async fn begin(&self, run: &RunId) -> Result<Box<dyn Build>> {
        Ok(Box::new(SnowflakeBuild::open(self.shared.clone(), run).await?))
    }
}
