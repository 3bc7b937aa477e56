//! The whole pipeline inside a unit test: demo data → lake → warehouse, all of it in memory, in well under a second.
//!
//! With `#[tokio::test]` instead of `#[tokio::main]` this is a test as it stands.
#![allow(clippy::print_stdout)]

use shopstream::{
    FixedClock,
    memory::{MemoryLake, MemoryWarehouse},
    models::{
        core::FactOrders,
        demo::{Demo, DemoOptions, DemoSource},
        marts::MartSalesOverview,
        project,
    },
    prelude::*,
};
use std::sync::Arc;

#[tokio::main]
pub(crate) async fn main() -> Result<()> {
    let date = date!("2026-01-15");
    let demo = Demo::new(DemoOptions::default().with_now(date.midnight()))?;
    let (lake, warehouse) = (Arc::new(MemoryLake::new()), Arc::new(MemoryWarehouse::new()));
    let params = Params::new(date);

    let report = Pipeline::builder()
        .source(Arc::new(DemoSource::new(demo)))
        .lake(lake)
        .warehouse(warehouse.clone())
        .project(project(&params)?)
        .params(params)
        .clock(Arc::new(FixedClock(date.midnight())))
        .date(date)
        .build()?
        .run()
        .await?;

    // The data tests ran on what was built, before readers saw it.
    assert!(report.passed(), "{:#?}", report.checks);
    assert!(report.published.is_some_and(|published| published.tables.len() == 23));

    // A published table comes back typed: as columns, or as the rows that it was declared by.
    let facts = warehouse.table::<FactOrders>().await?;
    let overview = warehouse.table::<MartSalesOverview>().await?;
    let sold: i128 = facts.rows().iter().filter(|f| f.is_completed).map(|f| f.line_revenue.units()).sum();
    let shown: i128 = overview.total_revenue.values().map(Decimal::units).sum();
    assert!(sold > 0);
    assert_eq!(shown, sold, "to the cent");
    println!("{} order lines, {} cents sold, the mart shows the same", facts.num_rows(), sold);
    Ok(())
}
