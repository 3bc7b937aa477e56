//! A store that fails, at each step.

use crate::fixture::{layout, options, read_all, read_of, rows, users};
use async_trait::async_trait;
use futures::{StreamExt, stream::BoxStream};
use object_store::{
    CopyOptions, Error as StoreError, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, UploadPart, memory::InMemory, path::Path,
};
use shopstream_core::{ErrorKind, Format, Lake, TableRead};
use shopstream_sinks::lake::ObjectStoreLake;
use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

/// Memory that fails one of its operations that change it, before or after having done it.
#[derive(Clone, Debug)]
struct Faulty {
    inner: Arc<InMemory>,
    /// How many operations go well before the fault.
    left: Arc<AtomicUsize>,
    after: bool,
    aborted: Arc<AtomicUsize>,
}

impl Faulty {
    fn new(healthy: usize, after: bool) -> Self {
        let left = Arc::new(AtomicUsize::new(healthy));
        Self { inner: Arc::default(), left, after, aborted: Arc::default() }
    }

    /// Whether this operation fails.
    fn fails(&self) -> bool {
        self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1)).is_err()
            && self.left.swap(usize::MAX / 2, Ordering::SeqCst) == 0
    }

    fn fault<T>() -> object_store::Result<T> {
        Err(StoreError::Generic { store: "faulty", source: "AKIAPLANTED".into() })
    }

    async fn step<T>(&self, work: impl Future<Output = object_store::Result<T>>) -> object_store::Result<T> {
        match self.fails() {
            true if self.after => {
                work.await?;
                Self::fault()
            }
            true => Self::fault(),
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
        self.inner.get_opts(at, options).await
    }

    fn delete_stream(
        &self,
        at: BoxStream<'static, object_store::Result<Path>>,
    ) -> BoxStream<'static, object_store::Result<Path>> {
        self.inner.delete_stream(at)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, object_store::Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> object_store::Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> object_store::Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}

#[tokio::test]
async fn a_fault_at_any_step_leaves_the_partition_or_finishes_it() {
    // Claim, twice (begin, parts, complete), manifest.
    let rows = rows(6_000);
    let options = options().with_format(Format::Csv).with_max_rows_per_file(3_000);
    let (mut failed, mut lost_answers) = (0, 0);
    for after in [false, true] {
        for healthy in 0.. {
            let objects = Faulty::new(healthy, after);
            let lake = ObjectStoreLake::new(Arc::new(objects.clone()), layout()).with_part_bytes(64 << 10);
            let outcome = lake.write(&users(), read_of(&rows), &options).await;
            let unharmed = objects.left.load(Ordering::SeqCst) < usize::MAX / 4;
            match outcome {
                Ok(manifest) => {
                    assert_eq!(lake.manifest(&users()).await.unwrap().as_ref(), Some(&manifest));
                    assert_eq!(read_all(&lake, &manifest).await.unwrap(), rows, "step {healthy}");
                    if unharmed {
                        break;
                    }
                    lost_answers += 1;
                }
                Err(error) => {
                    failed += 1;
                    assert_eq!(error.kind(), ErrorKind::Unavailable, "step {healthy}: {error}");
                    assert!(error.is_retryable() && !format!("{error:?}").contains("PLANTED"), "{error:?}");
                    assert_eq!(lake.manifest(&users()).await.unwrap(), None, "step {healthy}");
                    // A claim may stay whose answer was lost; a file never does.
                    let left: Vec<_> = objects.inner.list(None).map(|o| o.unwrap().location).collect().await;
                    assert!(left.iter().all(|key| key.as_ref().ends_with(".claim")), "step {healthy}: {left:?}");
                    let again = lake.write(&users(), read_of(&rows), &options).await.unwrap();
                    assert_eq!(lake.manifest(&users()).await.unwrap(), Some(again), "step {healthy}");
                }
            }
        }
    }
    assert!(failed >= 14, "{failed} faults");
    assert_eq!(lost_answers, 1, "a manifest whose answer was lost is found to be there");
}

#[tokio::test]
async fn an_upload_is_aborted_when_the_write_is_dropped() {
    let objects = Faulty::new(usize::MAX / 4, false);
    let lake = ObjectStoreLake::new(Arc::new(objects.clone()), layout()).with_part_bytes(64 << 10);
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
