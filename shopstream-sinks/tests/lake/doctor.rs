//! What the doctor finds in a store.

use async_trait::async_trait;
use futures::{StreamExt, stream, stream::BoxStream};
use object_store::{
    CopyOptions, Error as StoreError, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult, memory::InMemory, path::Path,
};
use shopstream_core::{
    Clock, Lake, Layout, SystemClock, Timestamp,
    doctor::{Finding, Severity, worst},
};
use shopstream_sinks::lake::ObjectStoreLake;
use std::{fmt, fs, sync::Arc};

use crate::fixture::layout;

fn now() -> Timestamp {
    SystemClock::new().now()
}

/// The findings, each of which that is not well has a cause and a fix.
pub(crate) async fn examine(lake: &ObjectStoreLake) -> Vec<Finding> {
    let findings = lake.doctor(now()).await;
    for finding in &findings {
        let told = finding.severity != Severity::Ok;
        assert_eq!((finding.cause.is_some(), finding.fix.is_some()), (told, told), "{finding}");
    }
    findings
}

/// The one finding on a subject.
pub(crate) fn on<'a>(findings: &'a [Finding], subject: &str) -> &'a Finding {
    let mut found = findings.iter().filter(|f| f.subject == subject);
    let (first, second) = (found.next(), found.next());
    assert!(second.is_none(), "{findings:#?}");
    first.unwrap_or_else(|| panic!("{subject}: {findings:#?}"))
}

const STEPS: [&str; 7] = ["write", "conditional write", "read", "clock", "write in parts", "delete", "list"];

#[tokio::test]
async fn a_folder_that_is_well_stays_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    for (name, layout) in [("dated", layout()), ("flat", Layout::flat("")), ("hive", Layout::hive("raw"))] {
        let lake = ObjectStoreLake::local(folder.path().join(name), layout).unwrap();
        let findings = examine(&lake).await;
        for subject in STEPS.iter().chain(&["public access", "disk"]) {
            assert!(on(&findings, subject).severity <= Severity::Warning, "{findings:#?}");
        }
        for subject in STEPS {
            assert_eq!(on(&findings, subject).severity, Severity::Ok, "{findings:#?}");
        }
        assert_eq!(fs::read_dir(folder.path().join(name)).unwrap().count(), 0, "the probe is left");
    }
}

#[tokio::test]
async fn a_clock_that_is_off_is_told() {
    let lake = ObjectStoreLake::from_url("memory://", layout()).unwrap();
    let findings = lake.doctor(Timestamp::from_micros(now().micros() - 3_600_000_000)).await;
    assert_eq!(on(&findings, "clock").severity, Severity::Warning);
    assert!(on(&findings, "clock").what.ends_with("s ahead of ours"), "{findings:#?}");
    assert_eq!(worst(&examine(&lake).await), Severity::Ok);
}

#[tokio::test]
async fn a_folder_that_takes_nothing_is_told() {
    let folder = tempfile::tempdir().unwrap();
    // For root too, whom rights do not stop.
    fs::write(folder.path().join("raw"), "").unwrap();
    let lake = ObjectStoreLake::local(folder.path(), layout()).unwrap();
    let findings = examine(&lake).await;
    assert_eq!(on(&findings, "write").severity, Severity::Problem, "{findings:#?}");
    assert!(on(&findings, "write").cause.as_ref().unwrap().contains("a file stands where"), "{findings:#?}");
    assert!(!findings.iter().any(|f| f.subject == "delete"));
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_read_only_folder_is_told() {
    // Nobody, root included, can make a file in there.
    let lake = ObjectStoreLake::local("/sys/kernel", Layout::flat("")).unwrap();
    let findings = examine(&lake).await;
    let write = on(&findings, "write");
    assert_eq!(write.severity, Severity::Problem, "{findings:#?}");
    assert!(write.fix.as_ref().unwrap().contains("the right to write in the folder"), "{findings:#?}");
}

#[tokio::test]
async fn the_verb_that_is_denied_is_named_with_its_right() {
    for (verb, right) in [
        ("write", "s3:PutObject"),
        ("read", "s3:GetObject"),
        ("write in parts", "s3:AbortMultipartUpload"),
        ("delete", "s3:DeleteObject"),
        ("list", "s3:ListBucket"),
    ] {
        let lake = ObjectStoreLake::new(Arc::new(Denying { verb, inner: InMemory::new() }), layout());
        let findings = examine(&lake).await;
        let denied: Vec<&Finding> = findings.iter().filter(|f| f.severity != Severity::Ok).collect();
        let [finding] = denied[..] else { panic!("{verb}: {findings:#?}") };
        assert_eq!((finding.subject.as_str(), finding.severity), (verb, Severity::Problem));
        assert!(finding.fix.as_ref().unwrap().contains(right), "{finding}");
        assert!(!format!("{findings:?}").contains("PLANTED"), "{findings:#?}");
    }
}

#[tokio::test]
async fn a_store_that_overwrites_is_no_lake() {
    let store = Denying { verb: "condition", inner: InMemory::new() };
    let findings = examine(&ObjectStoreLake::new(Arc::new(store), layout())).await;
    assert_eq!(on(&findings, "conditional write").severity, Severity::Problem, "{findings:#?}");
    assert_eq!(worst(&findings), Severity::Problem);
}

/// Memory that denies one verb.
#[derive(Debug)]
struct Denying {
    verb: &'static str,
    inner: InMemory,
}

impl Denying {
    fn check(&self, verb: &str) -> object_store::Result<()> {
        if self.verb != verb {
            return Ok(());
        }
        Err(StoreError::PermissionDenied { path: "PLANTED".into(), source: "PLANTED".into() })
    }
}

impl fmt::Display for Denying {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("denying")
    }
}

#[async_trait]
impl ObjectStore for Denying {
    async fn put_opts(&self, at: &Path, data: PutPayload, mut options: PutOptions) -> object_store::Result<PutResult> {
        self.check("write")?;
        if self.verb == "condition" {
            options.mode = PutMode::Overwrite;
        }
        self.inner.put_opts(at, data, options).await
    }

    async fn put_multipart_opts(
        &self,
        at: &Path,
        options: PutMultipartOptions,
    ) -> object_store::Result<Box<dyn MultipartUpload>> {
        self.check("write in parts")?;
        self.inner.put_multipart_opts(at, options).await
    }

    async fn get_opts(&self, at: &Path, options: GetOptions) -> object_store::Result<GetResult> {
        self.check("read")?;
        self.inner.get_opts(at, options).await
    }

    fn delete_stream(
        &self,
        at: BoxStream<'static, object_store::Result<Path>>,
    ) -> BoxStream<'static, object_store::Result<Path>> {
        match self.check("delete") {
            Ok(()) => self.inner.delete_stream(at),
            Err(error) => stream::iter([Err(error)]).boxed(),
        }
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, object_store::Result<ObjectMeta>> {
        match self.check("list") {
            Ok(()) => self.inner.list(prefix),
            Err(error) => stream::iter([Err(error)]).boxed(),
        }
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> object_store::Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> object_store::Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}
