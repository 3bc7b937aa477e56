//! The lake in S3, or in what speaks its protocol: here a server of the tests, elsewhere the URL and variables of yours.
#![allow(clippy::print_stdout)]

use shopstream::{
    memory::MemoryWarehouse,
    models::{demo::*, lake_layout, project},
    prelude::*,
};
use shopstream_testkit::s3::S3Server;
use std::sync::Arc;

#[tokio::main]
pub(crate) async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let server = S3Server::start().await?;
    server.create_bucket("shop-lake")?;
    // In a service: std::env::vars(). Nothing is read from the environment behind one's back.
    let vars = [
        ("AWS_ENDPOINT_URL", server.endpoint()),
        ("AWS_ALLOW_HTTP", "true".to_owned()),
        ("AWS_ACCESS_KEY_ID", server.access_key().to_owned()),
        ("AWS_SECRET_ACCESS_KEY", server.secret_key().to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value));
    let lake = Arc::new(ObjectStoreLake::from_url_and_vars("s3://shop-lake/daily", lake_layout(), vars)?);
    assert!(!format!("{lake:?}").contains(server.secret_key()), "keys are never shown");

    let date = date!("2026-01-15");
    let params = Params::new(date);
    let pipeline = Pipeline::builder()
        .source(Arc::new(DemoSource::new(Demo::new(DemoOptions::default())?)))
        .lake(lake.clone())
        .warehouse(Arc::new(MemoryWarehouse::new()))
        .project(project(&params)?)
        .params(params)
        .clock(Arc::new(SystemClock::new()))
        .date(date)
        .build()?;
    pipeline.extract().await?;

    let partition = shopstream::Partition::new("crm_contacts", date);
    let manifest = lake.manifest(&partition).await?.ok_or("a partition exists when its manifest does")?;
    assert_eq!((manifest.rows, manifest.files.len()), (500, 1));
    assert_eq!(manifest.files[0].key, "raw/crm/contacts/2026-01-15/crm_contacts_20260115.parquet");
    println!("{}: {} rows, {} bytes in {lake}", manifest.files[0].key, manifest.rows, manifest.files[0].bytes);

    // The same lake feeds a warehouse, now or on another day; each file's checksum is verified on the way.
    let report = pipeline.run().await?;
    assert!(report.passed() && report.published.is_some());
    println!("loaded, built, tested and published from there");
    Ok(())
}
