//! Names, versions kept, URLs.

use shopstream_core::{ErrorKind, Warehouse};
use shopstream_sinks::local::LocalWarehouse;

use crate::fixture::{Folder, ids, list, publish, published, put, run};

#[tokio::test]
async fn layers_have_the_schema_names_that_were_chosen() {
    let folder = Folder::new();
    let metals = LocalWarehouse::builder(folder.path())
        .schema_name("raw", "bronze")
        .schema_name("staging", "silver")
        .schema_name("marts", "gold")
        .build()
        .unwrap();
    publish(&metals, "first", &[("raw.a", &[1]), ("staging.a", &[2]), ("core.a", &[3]), ("marts.a", &[4])]).await;
    assert_eq!(list(&folder.path().join("current")), ["bronze", "core", "gold", "silver", "version.json"]);
    for (table, id) in [("raw.a", 1), ("staging.a", 2), ("core.a", 3), ("marts.a", 4)] {
        assert_eq!(published(&metals, table).await, [id]);
        assert!(metals.path_of(&table.into()).unwrap().is_file());
        // Whoever reads finds the tables by the record, whatever names he was told.
        assert_eq!(published(&folder.warehouse, table).await, [id]);
    }
    publish(&folder.warehouse, "second", &[("raw.b", &[5])]).await;
    assert_eq!(list(&folder.path().join("current")), ["core", "marts", "raw", "staging", "version.json"]);
    assert_eq!(published(&metals, "marts.a").await, [4]);
}

#[tokio::test]
async fn a_build_does_not_change_its_names() {
    let folder = Folder::new();
    let build = folder.warehouse.begin(&run("first")).await.unwrap();
    put(&*build, "raw.a", &[1]).await.unwrap();
    drop(build);
    let renamed = LocalWarehouse::builder(folder.path()).schema_name("raw", "bronze").build().unwrap();
    assert_eq!(renamed.begin(&run("first")).await.unwrap_err().kind(), ErrorKind::Config);
    folder.warehouse.begin(&run("first")).await.unwrap().publish().await.unwrap();
    assert_eq!(published(&renamed, "raw.a").await, [1]);
}

#[tokio::test]
async fn as_many_versions_are_kept_as_were_chosen() {
    let folder = Folder::new();
    let three = LocalWarehouse::builder(folder.path()).keep_versions(3).build().unwrap();
    for n in 1..=5 {
        publish(&three, "daily", &[("raw.a", &[n])]).await;
    }
    assert_eq!(folder.versions(), ["000003", "000004", "000005"]);
    let one = LocalWarehouse::builder(folder.path()).keep_versions(1).build().unwrap();
    let mut begun = None;
    for n in 6..=8 {
        begun.get_or_insert(one.read(&"raw.a".into(), None).await);
        publish(&one, "daily", &[("raw.a", &[n])]).await;
    }
    assert_eq!(folder.versions(), ["000008"]);
    assert_eq!(ids(begun.unwrap()).await.unwrap(), [5], "an open read outlives its version");
    assert_eq!(published(&one, "raw.a").await, [8]);
}

#[test]
fn settings_are_checked() {
    let builder = || LocalWarehouse::builder("warehouse");
    for wrong in [
        builder().keep_versions(0),
        builder().schema_name("raw", "../raw"),
        builder().schema_name("raw", ""),
        builder().schema_name("raw", "x").schema_name("core", "x"),
    ] {
        assert_eq!(wrong.build().unwrap_err().kind(), ErrorKind::Config);
    }
}

#[tokio::test]
async fn urls_name_folders() {
    let folder = Folder::new();
    let url = format!("file://{}/ware%20house", folder.path().display());
    let warehouse = LocalWarehouse::from_url(&url).unwrap();
    assert_eq!(warehouse.root(), folder.path().join("ware house"));
    publish(&warehouse, "first", &[("raw.a", &[1])]).await;
    assert!(folder.path().join("ware house/current/raw/a.parquet").is_file());
    for wrong in ["warehouse", "s3://bucket/x", "file://host/x", "", "snowflake://user:hunter2@account"] {
        let error = LocalWarehouse::from_url(wrong).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(!error.to_string().contains("hunter2"));
    }
}
