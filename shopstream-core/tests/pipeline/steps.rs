//! Steps one by one, and what stops a publish.

use shopstream_core::{ErrorKind, Event, Step, Warehouse, memory::MemorySource};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use crate::{countries, published, shop::*};

#[tokio::test]
async fn one_by_one_in_pipelines_of_their_own() {
    let place = Place::default();
    // Only the first needs the source.
    let rest = || place.pipeline(MemorySource::new()).build().unwrap();
    place.pipeline(source()).build().unwrap().extract().await.unwrap();
    rest().load().await.unwrap();
    rest().build().await.unwrap();
    let tested = rest().test().await.unwrap();
    assert!(tested.passed() && tested.checks.len() == 5);
    assert!(place.warehouse.tables().await.unwrap().is_empty());
    let report = rest().publish().await.unwrap();
    assert_eq!(report.published.unwrap().tables.len(), 5);
    assert_eq!(report.checks.len(), 5, "this pipeline had not tested");
    assert_eq!(published::<MartCountries>(&place).await.len(), 2);
}

#[tokio::test]
async fn steps_that_come_too_early() {
    let place = Place::default();
    let pipeline = place.pipeline(source()).build().unwrap();
    let error = pipeline.load().await.unwrap_err();
    assert_eq!((error.kind(), error.context("tables")), (ErrorKind::NotFound, Some("users, orders")));
    let error = pipeline.build().await.unwrap_err();
    assert_eq!((error.kind(), error.context("missing")), (ErrorKind::NotFound, Some("raw.orders, raw.users")));
    assert_eq!(pipeline.publish().await.unwrap_err().kind(), ErrorKind::NotFound);
    pipeline.extract().await.unwrap();
    pipeline.load().await.unwrap();
    let error = pipeline.publish().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert_eq!(error.context("models"), Some("staging.stg_users, staging.stg_orders, marts.mart_countries"));
}

#[tokio::test]
async fn a_failing_test_stops_the_publish() {
    let place = Place::default();
    place.pipeline(source()).build().unwrap().run().await.unwrap();
    let bad = || tables(&[user(1, None)], &[order(1, 1, 100), order(2, 1, 5)]);
    let pipeline = place.pipeline(bad()).build().unwrap();
    let error = pipeline.run().await.unwrap_err();
    assert_eq!((error.kind(), error.context("tests")), (ErrorKind::Data, Some("few_pieces (1)")));
    assert_eq!(published::<MartCountries>(&place).await, countries(&[("FRA", 3), ("ZZZ", 4)]));
    let report = pipeline.report().await;
    assert!(!report.passed() && report.published.is_none());
    assert!(report.checks.iter().any(|c| c.name == "few_pieces" && c.failures == 1));
    // Nor from elsewhere.
    drop(pipeline);
    let later = place.pipeline(bad()).build().unwrap();
    assert_eq!(later.publish().await.unwrap_err().kind(), ErrorKind::Data);
    assert!(!later.test().await.unwrap().passed());
}

#[tokio::test]
async fn a_warning_does_not() {
    let place = Place::default();
    let pipeline = place.pipeline(tables(&[user(1, None)], &[order(1, 1, 50)])).build().unwrap();
    let report = pipeline.run().await.unwrap();
    assert!(report.passed());
    assert!(report.checks.iter().any(|c| c.name == "very_few_pieces" && !c.passed));
    assert_eq!(published::<MartCountries>(&place).await, countries(&[("ZZZ", 50)]));
}

#[tokio::test]
async fn tests_run_again_only_after_a_change() {
    let (place, steps) = (Place::default(), Arc::new(AtomicUsize::new(0)));
    let count = steps.clone();
    let observer = move |event: &Event<'_>| {
        if let Event::StepStarted { step: Step::Test, .. } = event {
            count.fetch_add(1, Ordering::SeqCst);
        }
    };
    let pipeline = place.pipeline(source()).observer(Arc::new(observer)).build().unwrap();
    pipeline.extract().await.unwrap();
    pipeline.load().await.unwrap();
    pipeline.build().await.unwrap();
    pipeline.test().await.unwrap();
    pipeline.build().await.unwrap();
    pipeline.publish().await.unwrap();
    assert_eq!(steps.load(Ordering::SeqCst), 2, "the second build was not tested before");
    pipeline.load().await.unwrap();
    pipeline.build().await.unwrap();
    pipeline.test().await.unwrap();
    pipeline.publish().await.unwrap();
    assert_eq!(steps.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn a_load_takes_out_what_stood_on_it() {
    let place = Place::default();
    let first = place.pipeline(source()).build().unwrap();
    first.extract().await.unwrap();
    first.load().await.unwrap();
    first.build().await.unwrap();
    first.test().await.unwrap();
    drop(first);
    let second = place.pipeline(tables(&[user(1, Some("ITA"))], &[order(1, 1, 1)])).build().unwrap();
    second.extract().await.unwrap();
    second.load().await.unwrap();
    assert_eq!(second.publish().await.unwrap_err().kind(), ErrorKind::Conflict);
    second.build().await.unwrap();
    second.publish().await.unwrap();
    assert_eq!(published::<MartCountries>(&place).await, countries(&[("ITA", 1)]));
}

#[tokio::test]
async fn a_build_that_is_not_what_the_lake_has_is_not_published() {
    let place = Place::default();
    let pipeline = place.pipeline(source()).build().unwrap();
    pipeline.extract().await.unwrap();
    pipeline.load().await.unwrap();
    pipeline.build().await.unwrap();
    let newer = place.pipeline(tables(&[user(1, None)], &[])).build().unwrap();
    newer.extract().await.unwrap();
    let error = pipeline.publish().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Data);
    assert!(error.context("tests").unwrap().starts_with("users_row_count"), "{error}");
}

#[tokio::test]
async fn an_abandoned_build_is_gone() {
    let place = Place::default();
    let pipeline = place.pipeline(source()).build().unwrap();
    pipeline.extract().await.unwrap();
    pipeline.load().await.unwrap();
    pipeline.abandon().await.unwrap();
    assert_eq!(pipeline.build().await.unwrap_err().kind(), ErrorKind::NotFound);
    pipeline.run().await.unwrap();
}
