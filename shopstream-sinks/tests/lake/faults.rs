//! A store that fails, at each step.

use crate::fixture::{NO_MORE, layout, options, read_all, read_of, rows, users};
use async_trait::async_trait;
use futures::{StreamExt, TryFutureExt, TryStreamExt, stream, stream::BoxStream};
use object_store::{
    CopyOptions, Error as StoreError, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    ObjectStoreExt, PutMultipartOptions, PutOptions, PutPayload, PutResult, UploadPart, memory::InMemory, path::Path,
};
use shopstream_core::{Error, ErrorKind, Format, Lake, Manifest, TableRead};
use shopstream_sinks::lake::ObjectStoreLake;
use std::{
    collections::BTreeSet,
    fmt, io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

/// How a store fails.
#[derive(Clone, Copy, Debug)]
enum Fault {
    /// It says no more than that.
    Failure,
    /// Its disk is full.
    Full,
    /// It refuses.
    Refusal,
}

impl Fault {
    fn error(self) -> StoreError {
        match self {
            Fault::Failure => StoreError::Generic { store: "faulty", source: "AKIAPLANTED".into() },
            Fault::Full => StoreError::Generic { store: "faulty", source: io::Error::from_raw_os_error(28).into() },
            Fault::Refusal => StoreError::PermissionDenied { path: "AKIAPLANTED".into(), source: "403".into() },
        }
    }

    fn kind(self) -> ErrorKind {
        match self {
            Fault::Failure | Fault::Full => ErrorKind::Unavailable,
            Fault::Refusal => ErrorKind::Permission,
        }
    }
}

const FAULTS: [(Fault, bool); 6] = [
    (Fault::Failure, false),
    (Fault::Failure, true),
    (Fault::Full, false),
    (Fault::Full, true),
    (Fault::Refusal, false),
    (Fault::Refusal, true),
];

/// Memory that fails one of its operations, before or after having done it.
#[derive(Clone, Debug)]
struct Faulty {
    inner: Arc<InMemory>,
    fault: Fault,
    /// How many operations go well before the fault.
    left: Arc<AtomicUsize>,
    after: bool,
    aborted: Arc<AtomicUsize>,
}

impl Faulty {
    fn new((fault, after): (Fault, bool), healthy: usize) -> Self {
        let left = Arc::new(AtomicUsize::new(healthy));
        Self { inner: Arc::default(), fault, left, after, aborted: Arc::default() }
    }

    /// Whether nothing has failed yet.
    fn unharmed(&self) -> bool {
        self.left.load(Ordering::SeqCst) < usize::MAX / 4
    }

    /// Fails no more.
    fn mend(&self) {
        self.left.store(usize::MAX / 2, Ordering::SeqCst);
    }

    /// The keys that it holds.
    async fn keys(&self) -> BTreeSet<String> {
        self.inner.list(None).map(|o| o.unwrap().location.into()).collect().await
    }

    /// Whether this operation fails.
    fn fails(&self) -> bool {
        self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1)).is_err()
            && self.left.swap(usize::MAX / 2, Ordering::SeqCst) == 0
    }

    async fn step<T>(&self, work: impl Future<Output = object_store::Result<T>>) -> object_store::Result<T> {
        match self.fails() {
            true if self.after => {
                work.await?;
                Err(self.fault.error())
            }
            true => Err(self.fault.error()),
            false => work.await,
        }
    }
}

impl fmt::Display for Faulty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("faulty")
    }
}

#[derive(Debug)]
struct FaultyUpload(Faulty, Box<dyn MultipartUpload>);

#[async_trait]
impl MultipartUpload for FaultyUpload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        let (store, part) = (self.0.clone(), self.1.put_part(data));
        Box::pin(async move { store.step(part).await })
    }

    async fn complete(&mut self) -> object_store::Result<PutResult> {
        self.0.clone().step(self.1.complete()).await
    }

    async fn abort(&mut self) -> object_store::Result<()> {
        self.0.aborted.fetch_add(1, Ordering::SeqCst);
        self.1.abort().await
    }
}

#[async_trait]
impl ObjectStore for Faulty {
    async fn put_opts(&self, at: &Path, data: PutPayload, options: PutOptions) -> object_store::Result<PutResult> {
        self.step(self.inner.put_opts(at, data, options)).await
    }

    async fn put_multipart_opts(
        &self,
        at: &Path,
        options: PutMultipartOptions,
    ) -> object_store::Result<Box<dyn MultipartUpload>> {
        let upload = self.step(self.inner.put_multipart_opts(at, options)).await?;
        Ok(Box::new(FaultyUpload(self.clone(), upload)))
    }

    async fn get_opts(&self, at: &Path, options: GetOptions) -> object_store::Result<GetResult> {
        self.step(self.inner.get_opts(at, options)).await
    }

    fn delete_stream(
        &self,
        at: BoxStream<'static, object_store::Result<Path>>,
    ) -> BoxStream<'static, object_store::Result<Path>> {
        let store = self.clone();
        at.then(move |at| {
            let store = store.clone();
            async move {
                let at = at?;
                store.step(store.inner.delete(&at)).await.map(|()| at)
            }
        })
        .boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, object_store::Result<ObjectMeta>> {
        let (store, found) = (self.clone(), self.inner.list(prefix));
        let listed = async move { store.step(found.try_collect::<Vec<_>>()).await };
        listed.map_ok(|found| stream::iter(found.into_iter().map(Ok))).try_flatten_stream().boxed()
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> object_store::Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> object_store::Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}

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
        let (mut failed, mut lost_answers) = (0, 0);
        for step in 0.. {
            let objects = Faulty::new((fault, after), step);
            let lake = lake(&objects);
            let outcome = lake.write(&users(), read(), &options).await;
            let unharmed = objects.unharmed();
            objects.mend();
            let manifest = match outcome {
                Ok(manifest) => {
                    lost_answers += u32::from(!unharmed);
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
        // List, claim, look; twice begin, two parts, look, complete; list, manifest, claim away.
        assert!(failed + lost_answers >= 16, "{fault:?} {after}: {failed} faults, {lost_answers} lost answers");
        // The claim's, the files', the manifest's, and that of the claim's removal, which nobody needs.
        assert_eq!(lost_answers, if after { 5 } else { 1 }, "{fault:?} {after}");
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
