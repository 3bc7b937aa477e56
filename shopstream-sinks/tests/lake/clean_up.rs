//! What dead writers left goes, and nothing else.

use crate::fixture::{NO_MORE, layout, options, read_all, read_of, rows, users};
use futures::{StreamExt, stream};
use object_store::{ObjectStore, ObjectStoreExt, memory::InMemory, path::Path};
use shopstream_core::{Clock, ErrorKind, Lake, SystemClock, TableRead, Timestamp};
use shopstream_sinks::lake::ObjectStoreLake;
use std::{collections::BTreeSet, fs, sync::Arc};

const FOLDER: &str = "raw/postgres/users/2026-01-14";

#[tokio::test]
async fn orphans_go_and_strangers_stay() {
    let folder = tempfile::tempdir().unwrap();
    let lake = ObjectStoreLake::local(folder.path(), layout()).unwrap();
    let manifest = lake.write(&users(), read_of(&rows(10)), &options()).await.unwrap();
    let orphans = [
        "users_20260114_00003.parquet",
        "users_20260114.v4-0123abcd.csv",
        "users_20260114.v4-0123abcd.csv#1",
        "users_20260114.manifest.000005.json#12",
        "users_20260114.manifest.000006.claim#1",
    ];
    let claims = ["users_20260114.manifest.000001.claim", "users_20260114.manifest.000004.claim"];
    let strangers = [
        "users_20260114.parquet.bak",
        "users_20260114_notes.csv",
        "users_20260114.csv#draft",
        "orders_20260114.parquet",
        "orders_20260114.parquet#1",
        "notes.txt",
    ];
    let at = |name: &str| folder.path().join(FOLDER).join(name);
    for name in orphans.iter().chain(&claims).chain(&strangers) {
        fs::write(at(name), "some").unwrap();
    }
    let long_ago = Timestamp::from_micros(SystemClock::new().now().micros() - 86_400_000_000);
    assert!(lake.clean_up("users", long_ago).await.unwrap().is_empty());

    let planned = lake.orphans("users", NO_MORE).await.unwrap();
    let keys = |names: &[&str]| names.iter().map(|name| format!("{FOLDER}/{name}")).collect::<BTreeSet<_>>();
    assert_eq!(planned.files.iter().cloned().collect::<BTreeSet<_>>(), keys(&orphans));
    assert_eq!(planned.claims.iter().cloned().collect::<BTreeSet<_>>(), keys(&claims));
    assert_eq!(planned.bytes, 4 * orphans.len() as u64);
    assert!(orphans.iter().chain(&claims).all(|name| at(name).exists()), "a plan removes nothing");
    assert_eq!(lake.clean_up("users", NO_MORE).await.unwrap(), planned);
    assert!(!orphans.iter().chain(&claims).any(|name| at(name).exists()));
    assert!(strangers.iter().all(|name| at(name).exists()));
    assert_eq!(read_all(&lake, &manifest).await.unwrap(), rows(10));
}

#[tokio::test]
async fn a_folder_of_nothing_but_leftovers_goes_too() {
    let folder = tempfile::tempdir().unwrap();
    let lake = ObjectStoreLake::local(folder.path(), layout()).unwrap();
    fs::create_dir_all(folder.path().join(FOLDER)).unwrap();
    fs::write(folder.path().join(FOLDER).join("users_20260114.parquet#1"), "half").unwrap();
    assert_eq!(lake.clean_up("users", NO_MORE).await.unwrap().bytes, 4);
    assert!(!folder.path().join(FOLDER).exists());
}

#[tokio::test]
async fn what_a_living_claim_holds_stays() {
    let objects = Arc::new(InMemory::new());
    let lake = ObjectStoreLake::new(objects.clone(), layout());
    let put = async |name: &str| {
        objects.put(&Path::from(format!("{FOLDER}/{name}")), "some".into()).await.unwrap();
    };
    put("users_20260114_00000.parquet").await;
    // The store's clock goes on before the claim comes.
    let clock = SystemClock::new();
    let before = clock.now();
    while clock.now() <= Timestamp::from_micros(before.micros() + 2_000) {
        tokio::task::yield_now().await;
    }
    let between = clock.now();
    put("users_20260114.manifest.000001.claim").await;
    assert!(lake.clean_up("users", between).await.unwrap().is_empty(), "the file is old, its claim is not");
    assert_eq!(objects.list(None).count().await, 2);
    let found = lake.clean_up("users", NO_MORE).await.unwrap();
    assert_eq!((found.files.len(), found.claims.len()), (1, 1));
    assert_eq!(objects.list(None).count().await, 0);
}

#[tokio::test]
async fn a_manifest_that_cannot_be_read_stops_it() {
    let objects = Arc::new(InMemory::new());
    let lake = ObjectStoreLake::new(objects.clone(), layout());
    for name in ["users_20260114.parquet", "users_20260114.manifest.000001.json"] {
        objects.put(&Path::from(format!("{FOLDER}/{name}")), "broken".into()).await.unwrap();
    }
    assert_eq!(lake.clean_up("users", NO_MORE).await.unwrap_err().kind(), ErrorKind::Data);
    assert_eq!(objects.list(None).count().await, 2, "nobody knows what it names");
}

#[tokio::test]
async fn a_writer_that_slept_too_long_finds_out_and_touches_nothing() {
    let objects = Arc::new(InMemory::new());
    let lake = ObjectStoreLake::new(objects.clone(), layout());
    let (wake, woken) = futures::channel::oneshot::channel::<()>();
    let late = rows(20);
    let batches = stream::iter([Ok(late.clone())]).chain(stream::once({
        let late = late.clone();
        async move {
            let _ = woken.await;
            Ok(late)
        }
    }));
    let (sleeping, read) = (lake.clone(), TableRead::new(late.schema(), batches.boxed()));
    let sleeper = tokio::spawn(async move { sleeping.write(&users(), read, &options()).await });
    while objects.list(None).count().await == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(lake.clean_up("users", NO_MORE).await.unwrap().claims.len(), 1);
    let manifest = lake.write(&users(), read_of(&rows(10)), &options()).await.unwrap();
    assert_eq!(manifest.number, 1, "the number is free again");
    wake.send(()).unwrap();
    let error = sleeper.await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    assert_eq!(lake.manifest(&users()).await.unwrap().as_ref(), Some(&manifest));
    assert_eq!(read_all(&lake, &manifest).await.unwrap(), rows(10));
    assert!(lake.orphans("users", NO_MORE).await.unwrap().is_empty());
}
