//! A warehouse that runs the models as SQL.

use shopstream_core::{
    ErrorKind, Warehouse,
    conformance::{Recorded, RecordingWarehouse},
};
use std::sync::Arc;

use crate::shop::*;

#[tokio::test]
async fn models_run_over_there() {
    let (place, warehouse) = (Place::default(), RecordingWarehouse::new());
    let pipeline = place.pipeline(source()).warehouse(Arc::new(warehouse.clone())).build().unwrap();
    let report = pipeline.run().await.unwrap();
    assert_eq!(report.published.unwrap().tables.len(), 5);
    let log: Vec<String> = warehouse
        .log()
        .into_iter()
        .map(|entry| match entry {
            Recorded::Begin(_) => "begin".to_owned(),
            Recorded::Load { table, .. } => format!("load {table}"),
            Recorded::Materialize(made) => format!("{}: {}", made.table, made.query.text()),
            Recorded::Check(check) => format!("check {}", check.name),
            Recorded::Publish(_) => "publish".to_owned(),
            other => format!("{other:?}"),
        })
        .collect();
    let expected = [
        "begin",
        "load raw.users",
        "load raw.orders",
        "staging.stg_users: SELECT 1",
        "staging.stg_orders: SELECT 2",
        "marts.mart_countries: SELECT 3",
        "check users_row_count",
        "check orders_row_count",
        "check few_pieces",
        "check very_few_pieces",
        "check orders_of_users",
        "publish",
    ];
    assert_eq!(log, expected);
}

#[tokio::test]
async fn a_failing_test_over_there_stops_the_publish() {
    let place = Place::default();
    let warehouse = RecordingWarehouse::new().with_failing_check("few_pieces");
    let pipeline = place.pipeline(source()).warehouse(Arc::new(warehouse.clone())).build().unwrap();
    assert_eq!(pipeline.run().await.unwrap_err().kind(), ErrorKind::Data);
    assert!(warehouse.tables().await.unwrap().is_empty());
}
