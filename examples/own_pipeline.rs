//! A pipeline of one's own: sales.json → lake → warehouse → a mart.
#![allow(clippy::print_stdout)]

use shopstream::prelude::*;
use std::sync::Arc;

/// What was sold.
#[derive(Table, Clone, Debug, PartialEq)]
#[table(layer = "files", grain(id))]
struct Sales {
    /// Number.
    id: i64,
    /// The day.
    day: Date,
    /// How much was paid.
    amount: Decimal<10, 2>,
}

/// Revenue by day.
#[derive(Table, Clone, Debug, PartialEq)]
#[table(layer = "marts", grain(day))]
struct MartDays {
    /// The day.
    day: Date,
    /// How much was paid.
    revenue: Decimal<38, 2>,
}

fn mart_days(sales: &Batch<Landed<Sales>>) -> Result<Batch<MartDays>> {
    let (groups, (day,)) = sales.all().group_by((&sales.day,))?;
    MartDaysColumns { revenue: groups.sum(&sales.amount)?, day }.batch()
}

#[tokio::main]
pub(crate) async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let warehouse = Arc::new(LocalWarehouse::new(folder.path().join("warehouse")));
    let unique = Check::new("day_unique", "marts.mart_days", Rule::unique(["day"]));
    let pipeline = Pipeline::builder()
        .source(Arc::new(FileSource::new("examples/data").table::<Sales>("sales.json")?))
        .source_schema("files")
        .lake(Arc::new(ObjectStoreLake::local(folder.path().join("lake"), Layout::dated("raw"))?))
        .warehouse(warehouse.clone())
        .project(Project::builder().source::<Landed<Sales>>().model(Model::new(mart_days).check(unique)).build()?)
        .params(())
        .clock(Arc::new(SystemClock::new()))
        .date(date!("2026-01-15"))
        .build()?;
    let report = pipeline.run().await?;
    assert!(report.passed() && warehouse.path_of(&"marts.mart_days".into())?.is_file());
    let days = warehouse.table::<MartDays>().await?.rows();
    assert_eq!((days[0].day, days[0].revenue), (date!("2026-01-12"), dec!(25.00)));
    days.iter().for_each(|d| println!("{} {} €", d.day, d.revenue));
    Ok(())
}
