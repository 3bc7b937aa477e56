//! A store that fails once.

use async_trait::async_trait;
use futures::{StreamExt, TryFutureExt, TryStreamExt, stream, stream::BoxStream};
use object_store::{
    CopyOptions, Error as StoreError, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    ObjectStoreExt, PutMultipartOptions, PutOptions, PutPayload, PutResult, UploadPart, memory::InMemory, path::Path,
};
use shopstream_core::ErrorKind;
use std::{
    collections::BTreeSet,
    fmt, io,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
};

/// How a store fails.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
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

    pub(crate) fn kind(self) -> ErrorKind {
        match self {
            Fault::Failure | Fault::Full => ErrorKind::Unavailable,
            Fault::Refusal => ErrorKind::Permission,
        }
    }
}

pub(crate) const FAULTS: [(Fault, bool); 6] = [
    (Fault::Failure, false),
    (Fault::Failure, true),
    (Fault::Full, false),
    (Fault::Full, true),
    (Fault::Refusal, false),
    (Fault::Refusal, true),
];

/// Memory that fails one of its operations, before or after having done it.
#[derive(Clone, Debug)]
pub(crate) struct Faulty {
    pub(crate) inner: Arc<InMemory>,
    fault: Fault,
    /// How many operations go well before the fault.
    pub(crate) left: Arc<AtomicUsize>,
    after: bool,
    pub(crate) aborted: Arc<AtomicUsize>,
    /// Which operation failed.
    failed: Arc<OnceLock<String>>,
}

impl Faulty {
    pub(crate) fn new((fault, after): (Fault, bool), healthy: usize) -> Self {
        let left = Arc::new(AtomicUsize::new(healthy));
        Self { inner: Arc::default(), fault, left, after, aborted: Arc::default(), failed: Arc::default() }
    }

    /// Whether nothing has failed yet.
    pub(crate) fn unharmed(&self) -> bool {
        self.left.load(Ordering::SeqCst) < usize::MAX / 4
    }

    /// Fails no more.
    pub(crate) fn mend(&self) {
        self.left.store(usize::MAX / 2, Ordering::SeqCst);
    }

    /// The keys that it holds.
    pub(crate) async fn keys(&self) -> BTreeSet<String> {
        self.inner.list(None).map(|o| o.unwrap().location.into()).collect().await
    }

    /// The operation that failed, and the ending of its key.
    pub(crate) fn failed(&self) -> Option<String> {
        self.failed.get().cloned()
    }

    /// Whether this operation fails.
    fn fails(&self, operation: &str, at: Option<&Path>) -> bool {
        let fails = self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1)).is_err()
            && self.left.swap(usize::MAX / 2, Ordering::SeqCst) == 0;
        if fails {
            let ending = at.and_then(Path::extension).unwrap_or_default();
            self.failed.get_or_init(|| format!("{operation} {ending}"));
        }
        fails
    }

    async fn step<T>(
        &self,
        operation: &str,
        at: Option<&Path>,
        work: impl Future<Output = object_store::Result<T>>,
    ) -> object_store::Result<T> {
        match self.fails(operation, at) {
            true if self.after => {
                // Whatever the answer was, it is lost.
                drop(work.await);
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
        Box::pin(async move { store.step("part", None, part).await })
    }

    async fn complete(&mut self) -> object_store::Result<PutResult> {
        self.0.clone().step("complete", None, self.1.complete()).await
    }

    async fn abort(&mut self) -> object_store::Result<()> {
        self.0.aborted.fetch_add(1, Ordering::SeqCst);
        self.1.abort().await
    }
}

#[async_trait]
impl ObjectStore for Faulty {
    async fn put_opts(&self, at: &Path, data: PutPayload, options: PutOptions) -> object_store::Result<PutResult> {
        self.step("put", Some(at), self.inner.put_opts(at, data, options)).await
    }

    async fn put_multipart_opts(
        &self,
        at: &Path,
        options: PutMultipartOptions,
    ) -> object_store::Result<Box<dyn MultipartUpload>> {
        let upload = self.step("begin", Some(at), self.inner.put_multipart_opts(at, options)).await?;
        Ok(Box::new(FaultyUpload(self.clone(), upload)))
    }

    async fn get_opts(&self, at: &Path, options: GetOptions) -> object_store::Result<GetResult> {
        self.step("get", Some(at), self.inner.get_opts(at, options)).await
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
                store.step("delete", Some(&at), store.inner.delete(&at)).await.map(|()| at)
            }
        })
        .boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, object_store::Result<ObjectMeta>> {
        let (store, found) = (self.clone(), self.inner.list(prefix));
        let listed = async move { store.step("list", None, found.try_collect::<Vec<_>>()).await };
        listed.map_ok(|found| stream::iter(found.into_iter().map(Ok))).try_flatten_stream().boxed()
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> object_store::Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> object_store::Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}
