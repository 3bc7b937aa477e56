//! The pipeline over connectors in memory.
// A failing helper is a failing test.
#![allow(clippy::unwrap_used)]

mod changing;
mod contract;
mod interrupted;
#[cfg(feature = "conformance")]
mod push_down;
mod shared_out;
mod shop;
mod steps;
mod sync;

use arrow::{
    array::{Int64Array, RecordBatch},
    datatypes::{DataType, Field, Schema},
};
use futures::TryStreamExt;
use shop::*;
use shopstream_core::{
    Batch, ErrorKind, Event, Lake, Partition, Pipeline, RunReport, Step, Table, TableRef, Warehouse, date,
    memory::MemorySource, timestamp,
};
use std::sync::{Arc, Mutex, atomic::AtomicUsize};

pub(crate) async fn published<T: Table>(place: &Place) -> Vec<T> {
    let batches: Vec<RecordBatch> =
        place.warehouse.read(&TableRef::of::<T>(), None).await.unwrap().try_collect().await.unwrap();
    batches.into_iter().flat_map(|b| Batch::<T>::try_new(b).unwrap().rows()).collect()
}

pub(crate) fn countries(rows: &[(&str, i64)]) -> Vec<MartCountries> {
    rows.iter().map(|(country, pieces)| MartCountries { country: (*country).to_owned(), pieces: *pieces }).collect()
}

#[tokio::test]
async fn from_the_source_to_the_marts() {
    let place = Place::default();
    let heard: Arc<Mutex<Vec<String>>> = Arc::default();
    let hears = heard.clone();
    let observer = move |event: &Event<'_>| {
        hears.lock().unwrap().push(match event {
            Event::StepStarted { step, items } => format!("{step} {items}"),
            Event::TableDone { table, .. } => format!("  {} {}", table.table, table.rows),
            Event::CheckDone(check) => format!("  {} {}", check.name, check.passed),
            Event::StepDone(step) => format!("{} done", step.step),
            _ => "?".to_owned(),
        });
    };
    let pipeline = place.pipeline(source()).workers(1).observer(Arc::new(observer)).build().unwrap();
    let report = pipeline.run().await.unwrap();

    assert_eq!(published::<MartCountries>(&place).await, countries(&[("FRA", 3), ("ZZZ", 4)]));
    assert_eq!((report.run.as_str(), report.date), ("shop-2026-01-14", DAY));
    assert_eq!(report.built_at, timestamp!("2026-01-14 02:00:00"));
    let steps: Vec<_> = report.steps.iter().map(|s| (s.step, s.rows())).collect();
    let expected = [(Step::Extract, 5), (Step::Load, 5), (Step::Build, 6), (Step::Test, 0), (Step::Publish, 0)];
    assert_eq!(steps, expected);
    let dropped = &report.step(Step::Build).unwrap().tables[1].dropped[0];
    assert_eq!((dropped.rule.as_str(), dropped.rows), ("pieces > 0", 1));
    let names: Vec<_> = report.checks.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names, ["users_row_count", "orders_row_count", "few_pieces", "very_few_pieces", "orders_of_users"]);
    assert!(report.passed() && report.left_out.is_empty());
    assert_eq!(report.published.as_ref().unwrap().tables.len(), 5);
    assert_eq!(pipeline.report().await, report);
    assert_eq!(serde_json::from_str::<RunReport>(&serde_json::to_string(&report).unwrap()).unwrap(), report);
    let expected = [
        "extract 2",
        "  users 2",
        "  orders 3",
        "extract done",
        "load 2",
        "  raw.users 2",
        "  raw.orders 3",
        "load done",
        "build 3",
        "  staging.stg_users 2",
        "  staging.stg_orders 2",
        "  marts.mart_countries 2",
        "build done",
        "test 5",
        "  users_row_count true",
        "  orders_row_count true",
        "  few_pieces true",
        "  very_few_pieces true",
        "  orders_of_users true",
        "test done",
        "publish 5",
        "publish done",
    ];
    assert_eq!(*heard.lock().unwrap(), expected);
}

#[tokio::test]
async fn the_same_run_again_loads_nothing_anew() {
    let place = Place::default();
    place.pipeline(source()).build().unwrap().run().await.unwrap();
    let pipeline = place.pipeline(source()).build().unwrap();
    // As left by the first run: nothing is extracted in between, so the manifests are the same.
    let report = pipeline.load().await.unwrap();
    assert!(report.steps[0].tables.iter().all(|t| t.unchanged));
    let checks = pipeline.test().await.unwrap().checks;
    assert!(checks.iter().any(|c| c.name == "users_row_count"), "tables that are published already are counted too");
    pipeline.build().await.unwrap();
    pipeline.publish().await.unwrap();
    assert_eq!(published::<MartCountries>(&place).await.len(), 2);
}

#[tokio::test]
async fn all_tables_are_read_in_one_snapshot() {
    let (place, taken) = (Place::default(), Arc::new(AtomicUsize::new(0)));
    let pipeline = place.pipeline(Snapshots { tables: source(), taken: taken.clone() }).build().unwrap();
    let report = pipeline.run().await.unwrap();
    assert_eq!(taken.load(std::sync::atomic::Ordering::SeqCst), 1);
    assert_eq!(report.snapshot.unwrap().id, "1");
    for table in ["users", "orders"] {
        let manifest = place.lake.manifest(&Partition::new(table, DAY)).await.unwrap().unwrap();
        assert_eq!(manifest.snapshot.unwrap().id, "1");
    }
}

fn numbers(columns: &[&str]) -> (Schema, RecordBatch) {
    let schema = Schema::new(columns.iter().map(|c| Field::new(*c, DataType::Int64, false)).collect::<Vec<_>>());
    let arrays = columns.iter().map(|_| Arc::new(Int64Array::from(vec![1])) as _).collect();
    (schema.clone(), RecordBatch::try_new(Arc::new(schema), arrays).unwrap())
}

fn with(source: MemorySource, table: &str, columns: &[&str]) -> MemorySource {
    let (schema, batch) = numbers(columns);
    source.with_batches(table, &schema, vec![batch]).unwrap()
}

#[tokio::test]
async fn a_source_that_is_not_as_declared_moves_nothing() {
    let place = Place::default();
    let wrong = with(with(source(), "public.users", &["id", "country"]), "public.orders", &["id"]);
    let error = place.pipeline(wrong).build().unwrap().run().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Schema);
    for part in
        ["public.users.country: expected Utf8View, found Int64", "orders.user_id: missing", "orders.pieces: missing"]
    {
        assert!(error.message().contains(part), "{part}: {error}");
    }
    assert_eq!(place.lake.manifest(&Partition::new("users", DAY)).await.unwrap(), None);

    let error = place.pipeline(MemorySource::new()).build().unwrap().extract().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn columns_that_nobody_declared_go_along() {
    let place = Place::default();
    let wider = with(source(), "public.orders", &["id", "user_id", "pieces", "extra"]);
    place.pipeline(wider).build().unwrap().run().await.unwrap();
    let raw = place.warehouse.describe(&"raw.orders".into()).await.unwrap().unwrap();
    assert!(raw.column("extra").is_some() && raw.column("_loaded_at").is_some());
}

#[tokio::test]
async fn a_table_may_be_called_otherwise_in_the_source() {
    let place = Place::default();
    let source = with(source(), "old.orders_v2", &["id", "user_id", "pieces"]);
    let pipeline = place.pipeline(source).source_table("orders", "old.orders_v2").build().unwrap();
    pipeline.run().await.unwrap();
    assert_eq!(published::<MartCountries>(&place).await, countries(&[("FRA", 1)]));
}

#[tokio::test]
async fn of_some_tables_what_can_be_built_is() {
    let place = Place::default();
    let some = || place.pipeline(source()).tables(["users"]);
    let report = some().build().unwrap().run().await.unwrap();
    assert_eq!(report.published.unwrap().tables, ["raw.users".into(), "staging.stg_users".into()]);
    let left_out: Vec<_> = report.left_out.iter().map(|l| l.name.as_str()).collect();
    let expected = ["staging.stg_orders", "marts.mart_countries", "few_pieces", "very_few_pieces", "orders_of_users"];
    assert_eq!(left_out, expected);

    let error = place.pipeline(source()).tables(["orders"]).build().unwrap().build().await.unwrap();
    assert_eq!(error.left_out.len(), 2, "orders were not loaded");

    // Once the others are published, all is built of both.
    place.pipeline(source()).tables(["orders"]).build().unwrap().run().await.unwrap();
    let report = some().build().unwrap().run().await.unwrap();
    assert!(report.left_out.is_empty());
    assert_eq!(report.step(Step::Load).unwrap().tables.len(), 1);
    assert_eq!(published::<MartCountries>(&place).await.len(), 2);
}

#[tokio::test]
async fn only_selected_models_are_built() {
    let place = Place::default();
    place.pipeline(source()).select(["layer:staging"]).build().unwrap().run().await.unwrap();
    assert_eq!(place.warehouse.describe(&TableRef::of::<MartCountries>()).await.unwrap(), None);
    assert_eq!(published::<StgUsers>(&place).await.len(), 2);
}

#[test]
fn settings_are_checked() {
    let error = Pipeline::<Params>::builder().build().unwrap_err();
    assert_eq!(error.context("missing"), Some("lake, warehouse, project, params, clock, date"));
    let place = Place::default();
    for (builder, kind) in [
        (place.pipeline(source()).tables(["nothing"]), ErrorKind::NotFound),
        (place.pipeline(source()).source_table("nothing", "x"), ErrorKind::NotFound),
        (place.pipeline(source()).select(["nothing"]), ErrorKind::NotFound),
        (place.pipeline(source()).name("../shop"), ErrorKind::Config),
        (place.pipeline(source()).params_with(|_, _| Err(shopstream_core::Error::data("no"))), ErrorKind::Data),
    ] {
        assert_eq!(builder.build().unwrap_err().kind(), kind);
    }
    let built_at = timestamp!("2026-01-15 00:00:00");
    let pipeline = place.pipeline(source()).built_at(built_at).params_with(move |date, time| {
        assert_eq!((date, time), (DAY, built_at));
        Ok(Params { unknown: "?" })
    });
    let pipeline = pipeline.build().unwrap();
    assert_eq!((pipeline.built_at(), pipeline.date()), (built_at, DAY));
    assert_eq!(pipeline.run_id().as_str(), "shop-2026-01-14");
    assert!(format!("{pipeline:?}").contains("shop-2026-01-14"));
}

#[tokio::test]
async fn an_older_date_is_loaded_only_when_asked_for() {
    let place = Place::default();
    place.pipeline(source()).build().unwrap().run().await.unwrap();
    let older = || place.pipeline(source()).date(date!("2026-01-13"));
    assert_eq!(older().build().unwrap().run().await.unwrap_err().kind(), ErrorKind::Conflict);
    older().allow_older(true).build().unwrap().run().await.unwrap();
}
