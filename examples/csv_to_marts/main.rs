//! No database: customers.csv, products.csv and sales.json through bronze, silver and gold.
//!
//! The layers of the library are raw, staging and marts; what a warehouse calls them is a setting.
#![allow(clippy::print_stdout)]

mod bronze;
mod gold;
mod silver;

use bronze::{Customers, Products, Sales};
use gold::{MartRevenue, mart_revenue};
use shopstream::{Step, prelude::*};
use silver::stg_sales;
use std::sync::Arc;

#[tokio::main]
pub(crate) async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let files = FileSource::new(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data"))
        .table::<Customers>("customers.csv")?
        .table::<Products>("products.csv")?
        .table::<Sales>("sales.json")?;
    let project = Project::builder()
        .source::<Landed<Customers>>()
        .source::<Landed<Products>>()
        .source::<Landed<Sales>>()
        .model(Model::new(stg_sales))
        .model(Model::new(mart_revenue))
        .check(Check::new("sale_unique", "raw.sales", Rule::unique(["id"])))
        .check(Check::new("customer_known", "raw.sales", Rule::references("customer_id", "raw.customers", "id")).warn())
        .build()?;

    let folder = tempfile::tempdir()?;
    let warehouse = LocalWarehouse::builder(folder.path().join("warehouse"))
        .schema_name("raw", "bronze")
        .schema_name("staging", "silver")
        .schema_name("marts", "gold");
    let warehouse = Arc::new(warehouse.build()?);
    let pipeline = Pipeline::builder()
        .source(Arc::new(files))
        .source_schema("files")
        .lake(Arc::new(ObjectStoreLake::local(folder.path().join("lake"), Layout::dated("raw"))?))
        .warehouse(warehouse.clone())
        .project(project)
        .params(())
        .clock(Arc::new(SystemClock::new()))
        .date(date!("2026-01-15"));
    let report = pipeline.build()?.run().await?;

    let dropped = report.step(Step::Build).map(|step| step.tables[0].dropped[0].rows);
    assert_eq!(dropped, Some(1), "the sale of 0.00");
    let warnings = report.checks.iter().filter(|check| !check.passed).map(|check| check.name.as_str());
    assert_eq!(warnings.collect::<Vec<_>>(), ["customer_known"]);
    assert!(folder.path().join("warehouse/current/gold/mart_revenue.parquet").is_file());
    let revenue = warehouse.table::<MartRevenue>().await?.rows();
    assert_eq!((revenue[2].country.as_str(), revenue[2].revenue), ("FRA", dec!(0.10)));
    revenue.iter().for_each(|r| println!("{:8} {:8} {:>3} sales {:>8} €", r.country, r.category, r.sales, r.revenue));
    Ok(())
}
