//! A flat sales file, with order, line, product and customer in one row, is split into INVOICES and ITEMS: here by a run,
//! and in Snowflake by itself, with a pipe and tasks that follow from the same declarations and models.
#![allow(clippy::print_stdout)]

mod models;
mod tables;

use shopstream::prelude::*;
use shopstream::sinks::snowflake::provision::{Inventory, Schedule, ScheduledModel, Settings, Snowpipe, plan};
use std::sync::Arc;
use tables::{Invoices, Sales};

#[tokio::main]
pub(crate) async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let project = Project::builder()
        .source::<Landed<Sales>>()
        .model(Model::new(models::invoices).sql(models::INVOICES))
        .model(Model::new(models::items).sql(models::ITEMS))
        .build()?;

    let folder = tempfile::tempdir()?;
    let files = FileSource::new(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data"));
    let warehouse = Arc::new(LocalWarehouse::new(folder.path().join("warehouse")));
    let pipeline = Pipeline::builder()
        .source(Arc::new(files.table::<Sales>("flat_sales.csv")?))
        .source_schema("files")
        .lake(Arc::new(ObjectStoreLake::local(folder.path().join("lake"), Layout::dated("raw"))?))
        .warehouse(warehouse.clone())
        .project(project.clone())
        .params(())
        .clock(Arc::new(SystemClock::new()))
        .date(date!("2026-01-15"));
    assert!(pipeline.build()?.run().await?.passed());
    let invoices = warehouse.table::<Invoices>().await?.rows();
    assert_eq!((invoices.len(), invoices[0].amount), (2, dec!(104.70)));
    assert_eq!(warehouse.table::<models::Items>().await?.num_rows(), 3);

    let settings = Settings::builder("shopstream-lake", "arn:aws:iam::123456789012:role/snowflake").build()?;
    let models = project.models().iter();
    let tables: Vec<_> = project.sources().chain(models.clone().map(|m| m.declaration())).cloned().collect();
    println!("{}", plan(&settings, &tables, &Inventory::default())?);

    let pipe = Snowpipe::new().table(Landed::<Sales>::declaration(), "sales", Format::Csv);
    println!("{}", pipe.plan(&settings)?);
    let queue = "arn:aws:sqs:eu-west-1:123456789012:sf-snowpipe-of-the-account";
    println!("-- The notification of the bucket {:#}\n", pipe.event_notification(&settings, queue)?);

    let scheduled = models.map(ScheduledModel::of).collect::<Result<Vec<_>>>()?;
    let schedule = scheduled.into_iter().fold(Schedule::new("*/5 * * * *", "UTC"), Schedule::model);
    println!("{}", schedule.plan(&settings, &tables)?);
    Ok(())
}
