//! The warehouses of this crate keep the promises of the trait.
#![cfg(feature = "conformance")]

use arrow::{
    array::{Int64Array, RecordBatch},
    datatypes::{DataType, Field, Schema},
};
use futures::TryStreamExt;
use shopstream_core::{
    Check, QueryTable, RunId, TableRef, Warehouse,
    conformance::{Recorded, RecordingWarehouse, warehouse},
    memory::MemoryWarehouse,
};
use std::sync::Arc;

#[tokio::test]
async fn in_memory() {
    warehouse::all(&MemoryWarehouse::new()).await.unwrap();
}

#[tokio::test]
async fn recording() {
    warehouse::all(&RecordingWarehouse::new()).await.unwrap();
}

#[tokio::test]
async fn the_suite_finds_a_broken_promise() {
    let full = MemoryWarehouse::new();
    warehouse::all(&full).await.unwrap();
    let error = warehouse::all(&full).await.unwrap_err();
    assert!(error.context("promise").is_some(), "{error}");
}

#[tokio::test]
async fn a_recording_tells_sql_and_checks_in_order() {
    let schema = Arc::new(Schema::new(vec![Field::new("id", DataType::Int64, false)]));
    let rows = RecordBatch::try_new(schema, vec![Arc::new(Int64Array::from(vec![1, 2]))]).unwrap();
    let warehouse = RecordingWarehouse::new().with_answer("core.dim", rows.clone()).with_failing_check("bad");
    let (run, table): (RunId, TableRef) = ("r".parse().unwrap(), "core.dim".into());
    let build = warehouse.begin(&run).await.unwrap();
    let made = QueryTable::new(table.clone(), rows.schema(), "SELECT 1");
    assert_eq!(build.materialize(&made).await.unwrap().rows, 2);
    let check = |name: &str| Check::new(name, "core.dim", shopstream_core::Rule::not_null("id"));
    assert!(build.check(&check("good")).await.unwrap().passed);
    assert!(build.check(&check("bad")).await.unwrap().stops());
    build.publish().await.unwrap();
    let read: Vec<_> = warehouse.read(&table, None).await.unwrap().try_collect().await.unwrap();
    assert_eq!(read, [rows]);
    assert_eq!(
        warehouse.log(),
        [
            Recorded::Begin(run.clone()),
            Recorded::Materialize(made),
            Recorded::Check(Box::new(check("good"))),
            Recorded::Check(Box::new(check("bad"))),
            Recorded::Publish(run),
        ]
    );
}
