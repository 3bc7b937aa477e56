//! The demo shop's pipeline, into any warehouse.

use shopstream::{
    Pipeline, SystemClock, Warehouse, date,
    memory::MemoryLake,
    models::{
        Params,
        demo::{Demo, DemoOptions, DemoSource},
        project,
    },
};
use std::sync::Arc;

pub(crate) fn pipeline(scale: u16, warehouse: impl Warehouse) -> Pipeline<Params> {
    let date = date!("2026-01-15");
    let params = Params::new(date);
    let demo = Demo::new(DemoOptions::default().with_scale(scale).with_now(date.midnight())).expect("demo data");
    Pipeline::builder()
        .source(Arc::new(DemoSource::new(demo)))
        .lake(Arc::new(MemoryLake::new()))
        .warehouse(Arc::new(warehouse))
        .project(project(&params).expect("the shop's project"))
        .params(params)
        .clock(Arc::new(SystemClock::new()))
        .date(date)
        .build()
        .expect("a pipeline")
}
