//! A store that fails, at each step.

use crate::{
    faulty::{FAULTS, Fault, Faulty},
    fixture::{NO_MORE, layout, options, read_all, read_of, rows, users},
};
use futures::{StreamExt, TryStreamExt, stream};
use object_store::{ObjectStore, ObjectStoreExt, path::Path};
use shopstream_core::{Error, Format, Lake, Manifest, TableRead};
use shopstream_sinks::lake::ObjectStoreLake;
use std::{
    collections::BTreeSet,
    sync::{Arc, atomic::Ordering},
};

fn lake(objects: &Faulty) -> ObjectStoreLake {
    ObjectStoreLake::new(Arc::new(objects.clone()), layout()).with_part_bytes(64 << 10)
}

/// The keys of manifests, and of the files that they name.
fn named(manifests: &[&Manifest]) -> BTreeSet<String> {
    let files = manifests.iter().flat_map(|m| &m.files).map(|file| file.key.clone());
    files.chain(manifests.iter().map(|m| layout().manifest(&m.partition, m.number).unwrap())).collect()
}

fn check(error: &Error, fault: Fault, step: usize) {
    assert_eq!(error.kind(), fault.kind(), "step {step}: {error}");
    assert!(!format!("{error} {error:?}").contains("PLANTED"), "{error:?}");
    if let Fault::Full = fault {
        assert!(format!("{error:?}").contains("No space left on device"), "{error:?}");
    }
}

#[tokio::test]
async fn a_fault_at_any_step_of_a_write_leaves_the_partition_or_finishes_it() {
    let rows = rows(3_000);
    let read = || {
        let parts = [rows.slice(0, 1_500), rows.slice(1_500, 1_500)].map(|rows| stream::iter([Ok(rows)]).boxed());
        TableRead::of_parts(rows.schema(), parts.into())
    };
    let options = options().with_format(Format::Csv);
    for (fault, after) in FAULTS {
        let (mut failed, mut survived) = (0, BTreeSet::new());
        for step in 0.. {
            let objects = Faulty::new((fault, after), step);
            let lake = lake(&objects);
            let outcome = lake.write(&users(), read(), &options).await;
            let unharmed = objects.unharmed();
            objects.mend();
            let manifest = match outcome {
                Ok(manifest) => {
                    survived.extend(objects.failed());
                    manifest
                }
                Err(error) => {
                    failed += 1;
                    check(&error, fault, step);
                    assert_eq!(lake.manifest(&users()).await.unwrap(), None, "step {step}");
                    // A claim may stay whose removal failed, or beside which a file may yet appear.
                    let left = objects.keys().await;
                    let mut others = left.iter().filter(|key| !key.ends_with(".claim"));
                    assert!(others.clone().count() < 2, "step {step}: {left:?}");
                    assert!(others.all(|key| layout().parse_file("users", key).is_some()), "step {step}: {left:?}");
                    lake.write(&users(), read(), &options).await.unwrap()
                }
            };
            assert_eq!(lake.manifest(&users()).await.unwrap().as_ref(), Some(&manifest), "step {step}");
            assert_eq!(read_all(&lake, &manifest).await.unwrap(), rows, "step {step}");
            lake.clean_up("users", NO_MORE).await.unwrap();
            assert_eq!(objects.keys().await, named(&[&manifest]), "step {step}");
            if unharmed {
                break;
            }
        }
        // List, claim, look; twice begin, two parts, look, complete; list, manifest, claim away. Some are survived.
        assert!(failed >= 10, "{fault:?} {after}: {failed} faults");
        // The claim's removal, which nobody needs; and what was done though the answer was lost. Which of the parts'
        // operations a step is depends on which part is faster, so that both of these may hide behind others.
        let survives: &[&str] =
            if after { &["complete ", "delete claim", "put claim", "put json"] } else { &["delete claim"] };
        let needed = survives.iter().filter(|s| **s != "complete ");
        assert!(survived.iter().all(|s| survives.contains(&s.as_str())), "{fault:?} {after}: {survived:?}");
        assert!(needed.clone().all(|s| survived.contains(*s)), "{fault:?} {after}: {survived:?}");
    }
}

#[tokio::test]
async fn a_fault_at_any_step_of_anything_else_can_be_tried_again() {
    let rows = rows(3_000);
    let options = options().with_format(Format::Csv).with_max_rows_per_file(2_000);
    let orphan = Path::from("raw/postgres/users/2026-01-14/users_20260114_00000.v7-0123abcd.csv");
    let claim = Path::from(layout().claim(&users(), 5).unwrap());
    let mut failed = 0;
    for (fault, after) in FAULTS {
        for step in 0.. {
            let objects = Faulty::new((fault, after), usize::MAX / 8);
            let lake = lake(&objects);
            let first = lake.write(&users(), read_of(&rows), &options).await.unwrap();
            let second = lake.write(&users(), read_of(&rows), &options).await.unwrap();
            objects.inner.put(&orphan, "half of a fi".into()).await.unwrap();
            objects.inner.put(&claim, "".into()).await.unwrap();
            objects.left.store(step, Ordering::SeqCst);
            let all = async || {
                assert_eq!(lake.manifest(&users()).await?.as_ref(), Some(&second));
                assert_eq!(read_all(&lake, &second).await?, rows);
                assert_eq!(lake.list("users").try_collect::<Vec<_>>().await?, [users()]);
                lake.orphans("users", NO_MORE).await?;
                lake.clean_up("users", NO_MORE).await?;
                assert_eq!(objects.keys().await, named(&[&first, &second]));
                lake.delete(&users()).await
            };
            let mut outcome = all().await;
            let unharmed = objects.unharmed();
            objects.mend();
            if let Err(error) = &outcome {
                failed += 1;
                check(error, fault, step);
                // Half of a delete is made whole, and anything else is as it was.
                outcome = match lake.manifest(&users()).await.unwrap() {
                    Some(manifest) if objects.keys().await.is_superset(&named(&[&first])) => {
                        assert_eq!(manifest, second, "step {step}");
                        all().await
                    }
                    _ => lake.delete(&users()).await,
                };
            }
            outcome.unwrap();
            assert_eq!(objects.keys().await, BTreeSet::new(), "step {step}");
            if unharmed {
                break;
            }
        }
    }
    assert!(failed >= 6 * 20, "{failed} faults");
}

#[tokio::test]
async fn an_upload_is_aborted_when_the_write_is_dropped() {
    let objects = Faulty::new(FAULTS[0], usize::MAX / 8);
    let lake = lake(&objects);
    let rows = rows(3_000);
    let (reached, waiting) = futures::channel::oneshot::channel::<()>();
    let mut reached = Some(reached);
    // Batches without end; after enough of them for parts to be sent, the write is dropped.
    let stream = futures::stream::iter(0..).map({
        let rows = rows.clone();
        move |i| {
            if i == 4 {
                reached.take().map(|r| r.send(()));
            }
            Ok(rows.clone())
        }
    });
    let read = TableRead::new(rows.schema(), stream.boxed());
    let (partition, csv) = (users(), options().with_format(Format::Csv));
    tokio::select! {
        biased;
        _ = waiting => {}
        outcome = lake.write(&partition, read, &csv) => panic!("{outcome:?}"),
    }
    for _ in 0..500 {
        let left = objects.inner.list(None).count().await;
        if objects.aborted.load(Ordering::SeqCst) == 1 && left == 0 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("aborted {} times", objects.aborted.load(Ordering::SeqCst));
}
