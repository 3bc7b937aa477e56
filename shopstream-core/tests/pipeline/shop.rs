//! A shop of two tables, and what is needed around it.

use async_trait::async_trait;
use shopstream_core::{
    Batch, Check, Cleaned, Condition, Date, Error, FixedClock, Landed, Model, Pipeline, PipelineBuilder, Project,
    ProjectBuilder, ReadOptions, Result, Rule, Snapshot, SnapshotInfo, Source, Table, TableRead, TableRef, TableSchema,
    date,
    memory::{MemoryLake, MemorySource, MemoryWarehouse},
    timestamp,
};
use std::{
    collections::BTreeMap,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

pub(crate) const DAY: Date = date!("2026-01-14");

/// People.
#[derive(Table, Clone, Debug, PartialEq)]
#[table(layer = "public", grain(id))]
pub(crate) struct Users {
    /// Number.
    pub(crate) id: i64,
    /// Where from.
    pub(crate) country: Option<String>,
}

/// Purchases.
#[derive(Table, Clone, Debug, PartialEq)]
#[table(layer = "public", grain(id))]
pub(crate) struct Orders {
    /// Number.
    pub(crate) id: i64,
    /// Whose.
    pub(crate) user_id: i64,
    /// Pieces.
    pub(crate) pieces: i64,
}

/// People, cleaned.
#[derive(Table, Clone, Debug, PartialEq)]
#[table(layer = "staging", grain(user_id))]
pub(crate) struct StgUsers {
    /// Number.
    pub(crate) user_id: i64,
    /// Where from.
    pub(crate) country: String,
}

/// Purchases, cleaned.
#[derive(Table, Clone, Debug, PartialEq)]
#[table(layer = "staging", grain(order_id))]
pub(crate) struct StgOrders {
    /// Number.
    pub(crate) order_id: i64,
    /// Whose.
    pub(crate) user_id: i64,
    /// Pieces.
    pub(crate) pieces: i64,
}

/// Pieces by country.
#[derive(Table, Clone, Debug, PartialEq)]
#[table(layer = "marts", grain(country))]
pub(crate) struct MartCountries {
    /// Where to.
    pub(crate) country: String,
    /// Pieces.
    pub(crate) pieces: i64,
}

#[derive(Clone, Debug)]
pub(crate) struct Params {
    pub(crate) unknown: &'static str,
}

fn stg_users(users: &Batch<Landed<Users>>, params: &Params) -> Result<Batch<StgUsers>> {
    let clean = |u: Landed<Users>| StgUsers {
        user_id: u.row.id,
        country: u.row.country.unwrap_or_else(|| params.unknown.to_owned()),
    };
    Ok(Batch::from_rows(&users.rows().into_iter().map(clean).collect::<Vec<_>>()))
}

fn stg_orders(orders: &Batch<Landed<Orders>>) -> Result<Cleaned<StgOrders>> {
    let clean = |o: Landed<Orders>| StgOrders { order_id: o.row.id, user_id: o.row.user_id, pieces: o.row.pieces };
    let rows: Vec<_> = orders.rows().into_iter().map(clean).filter(|o| o.pieces > 0).collect();
    let dropped = (orders.num_rows() - rows.len()) as u64;
    Ok(Cleaned::new(Batch::from_rows(&rows)).with_dropped("pieces > 0", dropped))
}

fn mart_countries(users: &Batch<StgUsers>, orders: &Batch<StgOrders>) -> Result<Batch<MartCountries>> {
    let country: BTreeMap<i64, String> = users.rows().into_iter().map(|u| (u.user_id, u.country)).collect();
    let mut pieces = BTreeMap::new();
    for order in orders.rows() {
        let country = country.get(&order.user_id).ok_or_else(|| Error::data("an order of nobody"))?;
        *pieces.entry(country.clone()).or_insert(0) += order.pieces;
    }
    let rows: Vec<_> = pieces.into_iter().map(|(country, pieces)| MartCountries { country, pieces }).collect();
    Ok(Batch::from_rows(&rows))
}

pub(crate) fn project() -> ProjectBuilder<Params> {
    Project::builder()
        .source::<Landed<Users>>()
        .source::<Landed<Orders>>()
        .model(Model::new(mart_countries).sql("SELECT 3"))
        .model(Model::new(stg_users).sql("SELECT 1"))
        .model(Model::new(stg_orders).sql("SELECT 2"))
        .check(Check::new("few_pieces", "staging.stg_orders", Condition::lt("pieces", 100).into()))
        .check(Check::new("very_few_pieces", "raw.orders", Condition::lt("pieces", 10).into()).warn())
        .check(Check::new("orders_of_users", "raw.orders", Rule::references("user_id", "raw.users", "id")))
}

pub(crate) fn user(id: i64, country: Option<&str>) -> Users {
    Users { id, country: country.map(str::to_owned) }
}

pub(crate) fn order(id: i64, user_id: i64, pieces: i64) -> Orders {
    Orders { id, user_id, pieces }
}

pub(crate) fn tables(users: &[Users], orders: &[Orders]) -> MemorySource {
    MemorySource::new().with(Batch::from_rows(users)).with(Batch::from_rows(orders))
}

/// Two people, three orders of which a rule drops one.
pub(crate) fn source() -> MemorySource {
    tables(&[user(1, Some("FRA")), user(2, None)], &[order(1, 1, 3), order(2, 2, 4), order(3, 1, 0)])
}

/// A lake and a warehouse that several pipelines share.
#[derive(Default)]
pub(crate) struct Place {
    pub(crate) lake: MemoryLake,
    pub(crate) warehouse: MemoryWarehouse,
}

impl Place {
    pub(crate) fn pipeline(&self, source: impl Source) -> PipelineBuilder<Params> {
        Pipeline::builder()
            .source(Arc::new(source))
            .source_schema("public")
            .lake(Arc::new(self.lake.clone()))
            .warehouse(Arc::new(self.warehouse.clone()))
            .project(project().build().unwrap())
            .clock(Arc::new(FixedClock(timestamp!("2026-01-14 02:00:00"))))
            .date(DAY)
            .params(Params { unknown: "ZZZ" })
    }
}

/// A source that has snapshots, and reads in them only.
pub(crate) struct Snapshots {
    pub(crate) tables: MemorySource,
    pub(crate) taken: Arc<AtomicUsize>,
}

impl fmt::Debug for Snapshots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Snapshots")
    }
}

impl fmt::Display for Snapshots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("snapshots")
    }
}

#[async_trait]
impl Source for Snapshots {
    async fn describe(&self, table: &TableRef) -> Result<TableSchema> {
        self.tables.describe(table).await
    }

    async fn snapshot(&self) -> Result<Option<Snapshot>> {
        let n = self.taken.fetch_add(1, Ordering::SeqCst) + 1;
        Ok(Some(Snapshot::new(SnapshotInfo { id: n.to_string(), position: BTreeMap::new() }, ())))
    }

    async fn read(&self, table: &TableRef, options: &ReadOptions) -> Result<TableRead> {
        let snapshot = options.snapshot.clone().ok_or_else(|| Error::config("not in a snapshot"))?;
        let mut options = options.clone();
        options.snapshot = None;
        Ok(self.tables.read(table, &options).await?.with_snapshot(Some(snapshot.info().clone())))
    }
}
