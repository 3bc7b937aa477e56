//! The demo shop's rows, which are the TP's.

use shopstream::{
    FixedClock,
    memory::MemoryLake,
    models::{
        demo::{Demo, DemoOptions, DemoSource},
        project,
    },
    prelude::*,
};
use std::sync::Arc;

use crate::differential::assert_same;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_the_demo_shop() {
    let (date, folder) = (date!("2026-01-15"), tempfile::tempdir().unwrap());
    let warehouse = Arc::new(LocalWarehouse::new(folder.path()));
    let params = Params::new(date);
    let report = Pipeline::builder()
        .source(Arc::new(DemoSource::new(Demo::new(DemoOptions::default().with_now(date.midnight())).unwrap())))
        .lake(Arc::new(MemoryLake::new()))
        .warehouse(warehouse.clone())
        .project(project(&params).unwrap())
        .params(params.clone())
        .clock(Arc::new(FixedClock(date.midnight())))
        .date(date)
        .build()
        .unwrap()
        .run()
        .await
        .unwrap();
    assert!(report.passed());
    assert_same(&warehouse, &params).await;
}
