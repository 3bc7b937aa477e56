//! Files that are cut, overwritten or gone, and folders that cannot be written.

use shopstream_core::{ErrorKind, Warehouse};
use shopstream_sinks::local::LocalWarehouse;
use std::{fs, path::PathBuf};

use crate::fixture::{Folder, ids, published, put, run};

async fn published_table(rows: i64) -> (Folder, PathBuf) {
    let folder = Folder::new();
    folder.publish("first", &[("raw.a", &(0..rows).collect::<Vec<_>>()), ("raw.b", &[1])]).await;
    let path = fs::canonicalize(folder.path().join("current/raw/a.parquet")).unwrap();
    (folder, path)
}

#[tokio::test]
async fn a_cut_file_is_named() {
    let (folder, path) = published_table(1_000).await;
    let whole = fs::read(&path).unwrap();
    for length in [0, 3, 4, 12, whole.len() / 2, whole.len() - 9, whole.len() - 1] {
        fs::write(&path, &whole[..length]).unwrap();
        let error = ids(folder.warehouse.read(&"raw.a".into(), None).await).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Data, "{length}: {error}");
        assert!(error.context("file").unwrap().ends_with("versions/000001/raw/a.parquet"), "{error}");
        assert_eq!(folder.warehouse.describe(&"raw.a".into()).await.unwrap_err().kind(), ErrorKind::Data);
    }
    assert_eq!(published(&folder.warehouse, "raw.b").await, [1]);
}

#[tokio::test]
async fn overwritten_bytes_never_end_a_read_quietly() {
    let (folder, path) = published_table(60_000).await;
    let whole = fs::read(&path).unwrap();
    let mut errors = 0;
    for place in (4..whole.len()).step_by(whole.len() / 97) {
        let mut damaged = whole.clone();
        let end = (place + 16).min(damaged.len());
        damaged[place..end].fill(0xff);
        fs::write(&path, &damaged).unwrap();
        match ids(folder.warehouse.read(&"raw.a".into(), None).await).await {
            Ok(ids) => assert_eq!(ids.len(), 60_000, "{place}"),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Data, "{place}: {error}");
                assert!(error.context("file").is_some(), "{error}");
                errors += 1;
            }
        }
    }
    assert!(errors > 10, "{errors}");
}

#[tokio::test]
async fn a_missing_file_is_not_an_empty_table() {
    let (folder, path) = published_table(10).await;
    fs::remove_file(path).unwrap();
    let error = ids(folder.warehouse.read(&"raw.a".into(), None).await).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains("a.parquet"), "{error}");
}

#[tokio::test]
async fn a_damaged_record_is_named() {
    let (folder, _) = published_table(10).await;
    fs::write(folder.path().join("versions/000001/version.json"), "{\"number\": 1,").unwrap();
    let error = folder.warehouse.tables().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Data);
    assert!(error.context("file").unwrap().ends_with("versions/000001/version.json"), "{error}");
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_named() {
    let folder = Folder::new();
    let file = folder.path().join("a-file");
    fs::write(&file, "").unwrap();
    for root in [file.clone(), file.join("warehouse"), PathBuf::from("/proc/self/warehouse")] {
        let warehouse = LocalWarehouse::new(&root);
        let error = warehouse.begin(&run("first")).await.unwrap_err();
        let kinds = [ErrorKind::Config, ErrorKind::Permission, ErrorKind::NotFound];
        assert!(kinds.contains(&error.kind()), "{error:?}");
        assert!(error.context("path").unwrap().starts_with(root.to_str().unwrap()), "{error}");
    }
}

#[tokio::test]
async fn a_put_that_cannot_write_leaves_the_former_table() {
    let folder = Folder::new();
    let build = folder.warehouse.begin(&run("first")).await.unwrap();
    put(&*build, "raw.a", &[1]).await.unwrap();
    // As root a folder without rights is writable: one that is a file is not.
    fs::write(folder.path().join("builds/first/core"), "").unwrap();
    let error = put(&*build, "core.c", &[1]).await.unwrap_err();
    assert!(error.context("path").unwrap().contains("builds/first/core/.c.parquet"), "{error}");
    assert_eq!(ids(build.read(&"raw.a".into(), None).await).await.unwrap(), [1]);
}
