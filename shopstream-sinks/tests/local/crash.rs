//! Death between any two steps of a publish: the states that it leaves on the disk are made by hand, one by one.

use shopstream_core::{TableRef, Warehouse};
use shopstream_sinks::local::LocalWarehouse;
use std::{fs, os::unix::fs::symlink, path::Path};

use crate::fixture::{Folder, ids, list, publish, published, put, run};

/// Steps of a publish, and what lies on the disk when it died after them.
const STEPS: [&str; 8] = [
    "a put was under way",
    "the record was being written",
    "the record was written",
    "one table was carried over",
    "all tables were carried over",
    "the build was renamed",
    "the new link was made",
    "the link was moved",
];

/// A warehouse whose second publish, by the run `second`, died: version 1 has raw.a = 1, raw.b = 1, raw.d = 1,
/// the build core.c = 2 and raw.b = 2.
async fn died(step: usize) -> Folder {
    let folder = Folder::new();
    folder.publish("first", &[("raw.a", &[1]), ("raw.b", &[1]), ("raw.d", &[1])]).await;
    folder.publish("second", &[("raw.b", &[2]), ("core.c", &[2])]).await;
    let (root, build) = (folder.path(), folder.path().join("builds/second"));
    let at = |reached: usize| step < reached;
    if at(7) {
        fs::remove_file(root.join("current")).unwrap();
        symlink("versions/000001", root.join("current")).unwrap();
    }
    if step == 6 {
        symlink("versions/000002", root.join(".current.new")).unwrap();
    }
    if at(5) {
        fs::rename(root.join("versions/000002"), &build).unwrap();
    }
    if at(4) {
        fs::remove_file(build.join("raw/d.parquet")).unwrap();
    }
    if at(3) {
        fs::remove_file(build.join("raw/a.parquet")).unwrap();
    }
    if at(2) {
        let record = fs::read(build.join("version.json")).unwrap();
        fs::remove_file(build.join("version.json")).unwrap();
        if step == 1 {
            fs::write(build.join(".version.json.new"), &record[..record.len() / 2]).unwrap();
        }
    }
    if step == 0 {
        fs::write(build.join("raw/.b.parquet.3"), b"PAR1 and no more").unwrap();
    }
    folder
}

async fn sees(warehouse: &LocalWarehouse, a: i64, b: i64, c: Option<i64>, step: &str) {
    assert_eq!(published(warehouse, "raw.a").await, [a], "{step}");
    assert_eq!(published(warehouse, "raw.b").await, [b], "{step}");
    assert_eq!(published(warehouse, "raw.d").await, [1], "{step}");
    let has_c = warehouse.tables().await.unwrap().contains(&"core.c".into());
    assert_eq!(has_c, c.is_some(), "{step}");
    assert_eq!(warehouse.root().join("current/core/c.parquet").exists(), c.is_some(), "{step}");
    if let Some(c) = c {
        assert_eq!(published(warehouse, "core.c").await, [c], "{step}");
    }
}

#[tokio::test]
async fn the_run_takes_its_build_up_again() {
    for (step, name) in STEPS.iter().enumerate() {
        let folder = died(step).await;
        let swapped = step == 7;
        let (b, c) = if swapped { (2, Some(2)) } else { (1, None) };
        sees(&folder.warehouse, 1, b, c, name).await;

        let build = folder.warehouse.begin(&run("second")).await.unwrap();
        sees(&folder.warehouse, 1, b, c, name).await;
        assert_eq!(folder.hidden(), [".lock"], "{name}");
        assert_eq!(ids(build.read(&"raw.b".into(), None).await).await.unwrap(), [2], "{name}");
        assert_eq!(ids(build.read(&"raw.a".into(), None).await).await.unwrap(), [1], "{name}");
        put(&*build, "raw.d", &[1]).await.unwrap();
        let version = build.publish().await.unwrap();

        let expected: &[&str] = if swapped { &["raw.d"] } else { &["core.c", "raw.b", "raw.d"] };
        assert_eq!(version.tables, expected.iter().map(|t| TableRef::from(*t)).collect::<Vec<_>>(), "{name}");
        assert_eq!(version.version, if swapped { "000003" } else { "000002" }, "{name}");
        sees(&folder.warehouse, 1, 2, Some(2), name).await;
        assert_eq!(folder.versions().last().unwrap(), &version.version, "{name}");
        assert!(folder.builds().is_empty(), "{name}");
    }
}

#[tokio::test]
async fn another_run_goes_first_and_the_build_is_still_there() {
    for (step, name) in STEPS.iter().enumerate().take(7) {
        let folder = died(step).await;
        folder.publish("third", &[("raw.a", &[3])]).await;
        sees(&folder.warehouse, 3, 1, None, name).await;
        assert_eq!(folder.versions(), ["000001", "000002"], "{name}");
        assert_eq!(folder.hidden(), [".lock"], "{name}");
        assert_eq!(folder.warehouse.builds().await.unwrap(), [run("second")], "{name}");

        // What was carried over then is not the build's: the later run's table counts.
        let build = folder.warehouse.begin(&run("second")).await.unwrap();
        assert_eq!(ids(build.read(&"raw.a".into(), None).await).await.unwrap(), [3], "{name}");
        build.publish().await.unwrap();
        sees(&folder.warehouse, 3, 2, Some(2), name).await;
    }
}

#[tokio::test]
async fn a_first_publish_that_died_shows_nothing() {
    let folder = Folder::new();
    folder.publish("first", &[("raw.a", &[1])]).await;
    fs::remove_file(folder.path().join("current")).unwrap();
    assert!(folder.warehouse.tables().await.unwrap().is_empty());
    let build = folder.warehouse.begin(&run("first")).await.unwrap();
    assert!(folder.versions().is_empty());
    assert_eq!(build.publish().await.unwrap().tables, ["raw.a".into()]);
    assert_eq!(published(&folder.warehouse, "raw.a").await, [1]);
}

#[tokio::test]
async fn an_abandon_that_died_leaves_no_half_build() {
    let folder = Folder::new();
    let build = folder.warehouse.begin(&run("first")).await.unwrap();
    put(&*build, "raw.a", &[1]).await.unwrap();
    drop(build);
    fs::rename(folder.path().join("builds/first"), folder.path().join("builds/.first.gone")).unwrap();
    let build = folder.warehouse.begin(&run("first")).await.unwrap();
    assert!(build.read(&"raw.a".into(), None).await.is_err());
    assert_eq!(folder.builds(), ["first"]);
}

#[tokio::test]
async fn a_lost_link_is_not_taken_for_an_empty_warehouse() {
    let folder = Folder::new();
    for n in 1..=3 {
        folder.publish("daily", &[("raw.a", &[n])]).await;
    }
    fs::remove_file(folder.path().join("current")).unwrap();
    let error = folder.warehouse.begin(&run("daily")).await.unwrap_err();
    assert!(error.to_string().contains("current"), "{error}");
    assert_eq!(folder.versions(), ["000001", "000002", "000003"], "nothing was removed");
    symlink("versions/000003", folder.path().join("current")).unwrap();
    folder.publish("daily", &[("raw.a", &[4])]).await;
    assert_eq!(published(&folder.warehouse, "raw.a").await, [4]);
}

#[tokio::test]
async fn pruning_that_died_is_made_up_for() {
    let folder = Folder::new();
    for n in 1..=4 {
        folder.publish("daily", &[("raw.a", &[n])]).await;
    }
    // Half removed.
    fs::remove_dir_all(folder.path().join("versions/000001/raw")).unwrap();
    let two = LocalWarehouse::builder(folder.path()).keep_versions(2).build().unwrap();
    publish(&two, "daily", &[("raw.b", &[5])]).await;
    assert_eq!(folder.versions(), ["000004", "000005"]);
    assert_eq!(list(&Path::new(folder.path()).join("versions/000005/raw")), ["a.parquet", "b.parquet"]);
    assert_eq!(published(&two, "raw.a").await, [4]);
}
