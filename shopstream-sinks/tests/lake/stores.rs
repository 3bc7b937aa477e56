//! The promises of a lake, in each store that needs no server.

use crate::fixture::{NO_MORE, layout, options, read_all, read_of, rows, users};
use futures::FutureExt;
use object_store::{ObjectStore, ObjectStoreExt, memory::InMemory, path::Path};
use shopstream_core::{ErrorKind, Format, Lake, Layout, conformance};
use shopstream_sinks::lake::ObjectStoreLake;
use std::{collections::BTreeSet, fs, sync::Arc};

#[tokio::test]
async fn memory_keeps_the_promises() {
    conformance::lake::all(&ObjectStoreLake::from_url("memory://", layout()).unwrap()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_local_folder_keeps_the_promises() {
    let folder = tempfile::tempdir().unwrap();
    for (name, layout) in [("dated", Layout::dated("raw")), ("flat", Layout::flat("")), ("hive", Layout::hive("raw"))] {
        let lake = ObjectStoreLake::local(folder.path().join(name), layout).unwrap();
        conformance::lake::all(&lake).await.unwrap_or_else(|e| panic!("{name}: {e}"));
    }
    let url = format!("file://{}/a%20b/lake", folder.path().display());
    let lake = ObjectStoreLake::from_url(&url, layout()).unwrap().with_fsync(true);
    conformance::lake::all(&lake).await.unwrap();
    assert!(folder.path().join("a b/lake/raw/postgres").is_dir());
    assert_eq!(lake.to_string(), format!("{url}/"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_writers_at_once_keep_to_their_own_files() {
    let folder = tempfile::tempdir().unwrap();
    many_writers(&ObjectStoreLake::local(folder.path(), layout()).unwrap(), 40).await;
}

/// Of writers that begin at once each has a number of its own, or `Conflict`.
pub(crate) async fn many_writers(lake: &ObjectStoreLake, count: u64) {
    let gate = Arc::new(tokio::sync::Barrier::new(count as usize));
    let writers = (1..=count).map(|count| {
        let (lake, gate) = (lake.clone(), gate.clone());
        tokio::spawn(async move {
            gate.wait().await;
            (count, lake.write(&users(), read_of(&rows(count)), &options()).await)
        })
    });
    let (mut numbers, mut late) = (BTreeSet::new(), 0);
    for outcome in futures::future::join_all(writers).await {
        match outcome.unwrap() {
            (count, Ok(manifest)) => {
                assert_eq!(read_all(lake, &manifest).await.unwrap(), rows(count), "{}", manifest.number);
                assert!(numbers.insert(manifest.number), "{} was given twice", manifest.number);
            }
            (_, Err(error)) => {
                assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
                late += 1;
            }
        }
    }
    assert!(late > 0 && numbers.len() as u64 + late == count, "{numbers:?}");
    let highest = lake.manifest(&users()).await.unwrap().unwrap().number;
    assert_eq!(numbers.last(), Some(&highest));
    assert!(lake.orphans("users", NO_MORE).await.unwrap().is_empty(), "who was late leaves nothing");
}

#[tokio::test]
async fn a_write_leaves_nothing_beside_its_files_and_manifest() {
    let folder = tempfile::tempdir().unwrap();
    let lake = ObjectStoreLake::local(folder.path(), layout()).unwrap();
    // Three parts of an upload.
    let rows = rows(150_000);
    let manifest = lake.write(&users(), read_of(&rows), &options()).await.unwrap();
    assert!(manifest.bytes() > 2 << 20, "{} bytes", manifest.bytes());
    let mut names: Vec<_> = fs::read_dir(folder.path().join("raw/postgres/users/2026-01-14"))
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["users_20260114.manifest.000001.json", "users_20260114.parquet"]);
    assert_eq!(read_all(&lake, &manifest).await.unwrap(), rows);
    lake.delete(&users()).await.unwrap();
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "a delete leaves no empty folders");
}

#[tokio::test]
async fn the_same_rows_make_the_same_files() {
    let rows = rows(20_000);
    for format in [Format::Parquet, Format::Csv, Format::Ndjson] {
        let lakes = [(); 2].map(|()| ObjectStoreLake::from_url("memory://", layout()).unwrap());
        let options = options().with_format(format);
        let first = lakes[0].write(&users(), read_of(&rows), &options).await.unwrap();
        let second = lakes[1].write(&users(), read_of(&rows), &options).await.unwrap();
        assert_eq!((first.digest(), &first.files), (second.digest(), &second.files));
    }
}

#[tokio::test]
async fn a_dead_writers_claim_is_passed_and_its_files_do_not_count() {
    let objects = Arc::new(InMemory::new());
    let lake = ObjectStoreLake::new(objects.clone(), layout());
    for (key, bytes) in [("manifest.000001.claim", ""), ("parquet", "half of a fi")] {
        let key = Path::from(format!("raw/postgres/users/2026-01-14/users_20260114.{key}"));
        objects.put(&key, bytes.into()).await.unwrap();
    }
    assert_eq!(lake.manifest(&users()).await.unwrap(), None);
    let manifest = lake.write(&users(), read_of(&rows(10)), &options()).await.unwrap();
    assert_eq!(manifest.number, 2);
    let name = manifest.files[0].key.strip_prefix("raw/postgres/users/2026-01-14/users_20260114.v2-").unwrap();
    assert_eq!(name.strip_suffix(".parquet").unwrap().len(), 8);
    assert_eq!(read_all(&lake, &manifest).await.unwrap(), rows(10));
    lake.delete(&users()).await.unwrap();
    assert!(objects.list_with_delimiter(None).await.unwrap().common_prefixes.is_empty(), "a delete takes orphans too");
}

#[test]
fn urls_that_are_no_lake_are_refused_without_being_shown() {
    let file = tempfile::NamedTempFile::new().unwrap();
    for (url, kind) in [
        ("planted".to_owned(), ErrorKind::Config),
        ("ftp://me:planted@host/x".to_owned(), ErrorKind::Config),
        ("file://planted/x".to_owned(), ErrorKind::Config),
        (format!("file://{}", file.path().display()), ErrorKind::Config),
        (format!("file://{}/below", file.path().display()), ErrorKind::Config),
    ] {
        let error = ObjectStoreLake::from_url(&url, layout()).unwrap_err();
        assert_eq!(error.kind(), kind, "{url}: {error}");
        assert!(!format!("{error:?}").contains("planted"), "{error:?}");
    }
    #[cfg(not(feature = "s3"))]
    assert!(ObjectStoreLake::from_url("s3://b/p", layout()).unwrap_err().to_string().contains("feature `s3`"));
}

#[test]
fn without_a_runtime_it_says_so() {
    let lake = ObjectStoreLake::from_url("memory://", layout()).unwrap();
    let (partition, options) = (users(), options());
    let write = lake.write(&partition, read_of(&rows(1)), &options);
    // It is known at once: there is nothing to wait for.
    let error = write.now_or_never().unwrap().unwrap_err();
    assert!(error.to_string().contains("Tokio"), "{error}");
}
