//! Runs that do not come to their end.

use shopstream_core::{Batch, ErrorKind, Landed, Model, Project, Step, Warehouse};
use std::sync::{Arc, Mutex, mpsc};
use tokio::sync::Notify;

use crate::{countries, published, shop::*};

#[tokio::test]
async fn a_failed_run_leaves_what_was_published_and_is_taken_up_again() {
    let place = Place::default();
    place.pipeline(source()).build().unwrap().run().await.unwrap();
    // An order of nobody: the mart fails.
    let orphans = || tables(&[user(1, Some("ITA"))], &[order(1, 9, 1)]);
    let pipeline = place.pipeline(orphans()).build().unwrap();
    let error = pipeline.run().await.unwrap_err();
    assert_eq!((error.kind(), error.context("model")), (ErrorKind::Data, Some("mart_countries")));
    let report = pipeline.report().await;
    assert!(report.step(Step::Load).is_some() && report.step(Step::Build).is_none());
    assert_eq!(published::<MartCountries>(&place).await, countries(&[("FRA", 3), ("ZZZ", 4)]));
    drop(pipeline);

    let again = place.pipeline(orphans()).build().unwrap();
    let loaded = again.load().await.unwrap();
    assert!(loaded.steps[0].tables.iter().all(|t| t.unchanged), "the build was kept");
    assert_eq!(again.publish().await.unwrap_err().context("models").unwrap().split(", ").count(), 3);
    drop(again);
    place.pipeline(source()).build().unwrap().run().await.unwrap();
}

#[tokio::test]
async fn a_dropped_run_leaves_what_was_published() {
    let place = Place::default();
    place.pipeline(source()).build().unwrap().run().await.unwrap();

    let (started, (go, wait)) = (Arc::new(Notify::new()), mpsc::channel::<()>());
    let (starts, wait) = (started.clone(), Mutex::new(wait));
    let slow = move |_: &Batch<Landed<Users>>| {
        starts.notify_one();
        wait.lock().unwrap().recv().ok();
        Ok(Batch::<StgUsers>::from_rows(&[]))
    };
    let project = Project::builder().source::<Landed<Users>>().model(Model::new(slow)).build().unwrap();
    let pipeline = place.pipeline(source()).project(project).build().unwrap();
    tokio::select! {
        result = pipeline.run() => panic!("it cannot end: {result:?}"),
        () = started.notified() => {}
    }
    drop(go);
    drop(pipeline);
    assert_eq!(published::<StgUsers>(&place).await.len(), 2);
    assert_eq!(place.warehouse.tables().await.unwrap().len(), 5);
    place.pipeline(source()).build().unwrap().run().await.unwrap();
    assert_eq!(published::<MartCountries>(&place).await, countries(&[("FRA", 3), ("ZZZ", 4)]));
}
