//! Whether a lake's store does what the lake needs of it, tried with a probe that no layout has a key for.

#[cfg(unix)]
mod folder;

use bytes::Bytes;
use futures::StreamExt;
use object_store::{Error as StoreError, ObjectStoreExt, PutMode, PutOptions, path::Path};
use shopstream_core::{ErrorKind, Result, Timestamp, doctor::Finding};
use std::sync::Arc;

use super::{
    error::store_error,
    store::{Store, path},
    task,
};

/// What the probe holds.
const PROBE: &[u8] = b"written by a doctor of shopstream, to be deleted\n";

/// The codes by which S3 says that it does not know these credentials, whatever they may do.
const UNKNOWN: [&str; 5] =
    ["ExpiredToken", "InvalidAccessKeyId", "InvalidToken", "NotSignedUp", "SignatureDoesNotMatch"];

/// Examines the store of a lake at this location.
pub(super) async fn examine(store: Arc<Store>, location: &str, now: Timestamp) -> Vec<Finding> {
    let mut findings = vec![];
    #[cfg(unix)]
    match folder::examine(&store).await {
        Ok(found) => findings.extend(found),
        Err(error) => findings.push(Finding::of_error("folder", "it cannot be looked at", &error)),
    }
    // The probe is removed also when nobody waits any more.
    match task::to_the_end(async move { probe(&store, now).await }).await {
        Ok(found) => findings.extend(found),
        Err(error) => findings.push(Finding::of_error("lake", "it cannot be examined", &error)),
    }
    if location.starts_with("s3://") {
        findings.extend(not_asked());
    }
    findings
}

/// Something that the lake asks of its store.
#[derive(Clone, Copy)]
struct Verb {
    name: &'static str,
    fails: &'static str,
    /// The right to it in S3, and in a folder.
    right: &'static str,
}

const LIST: Verb = Verb {
    name: "list",
    fails: "its keys cannot be listed",
    right: "s3:ListBucket on the bucket, or the right to read the folder",
};
const WRITE: Verb = Verb {
    name: "write",
    fails: "it cannot be written",
    right: "s3:PutObject on its keys, or the right to write in the folder",
};
const READ: Verb = Verb {
    name: "read",
    fails: "it cannot be read",
    right: "s3:GetObject on its keys, or the right to read the files",
};
const PARTS: Verb = Verb {
    name: "write in parts",
    fails: "a large file cannot be begun and given up",
    right: "s3:PutObject and s3:AbortMultipartUpload on its keys, or the right to write in the folder",
};
const DELETE: Verb = Verb {
    name: "delete",
    fails: "the probe cannot be deleted, and stays",
    right: "s3:DeleteObject on its keys, or the right to write in the folder",
};

impl Verb {
    fn well(self, what: &str) -> Finding {
        Finding::ok(self.name, what)
    }

    fn failed(self, error: &StoreError, key: &str) -> Finding {
        let error = store_error(error, key);
        let fix = match (error.kind(), error.context("code")) {
            (ErrorKind::Permission, Some(code)) if UNKNOWN.contains(&code) => {
                "give the id and the secret of a key, and the token if it has one, that this server knows".to_owned()
            }
            (ErrorKind::Permission, _) => format!("allow it: {}", self.right),
            (ErrorKind::NotFound, _) => "make the bucket or the folder, or correct its name or region".to_owned(),
            _ => return Finding::of_error(self.name, self.fails, &error),
        };
        Finding::of_error(self.name, self.fails, &error).with_fix(fix)
    }
}

async fn probe(store: &Store, now: Timestamp) -> Result<Vec<Finding>> {
    // Any table's folder leads to that of all tables, and no table's name begins with a dot.
    let folder = store.layout.table_folder("shopstream-doctor")?;
    let root = folder.rsplit_once('/').map_or("", |(root, _)| root);
    let name = format!(".doctor-{}", now.micros());
    let key = if root.is_empty() { name } else { format!("{root}/{name}") };
    let at = path(&key)?;
    let above = if root.is_empty() { None } else { Some(path(root)?) };
    let mut findings = vec![match store.objects.list(above.as_ref()).next().await {
        None | Some(Ok(_)) => LIST.well("its keys can be listed"),
        Some(Err(error)) if store_error(&error, root).kind() == ErrorKind::NotFound => {
            return Ok(vec![LIST.failed(&error, root)]);
        }
        Some(Err(error)) => LIST.failed(&error, root),
    }];
    match create(store, &at).await {
        Ok(()) => {
            findings.push(WRITE.well("an object was written"));
            findings.push(created_again(create(store, &at).await, &key));
            findings.extend(read(store, &at, &key, now).await);
            findings.push(parts(store, &at, &key).await);
            findings.push(match store.objects.delete(&at).await {
                Ok(()) => DELETE.well("the object was deleted"),
                Err(error) => DELETE.failed(&error, &key),
            });
        }
        Err(StoreError::AlreadyExists { .. }) => findings.push(
            Finding::warning(WRITE.name, format!("it was not tried: a probe is there already, {key}"))
                .with_cause("another examination is under way, or one of the same instant was not let finish")
                .with_fix("delete the probe if nobody is at it, and ask again"),
        ),
        Err(error) => findings.push(WRITE.failed(&error, &key)),
    }
    Ok(findings)
}

async fn create(store: &Store, at: &Path) -> object_store::Result<()> {
    store.objects.put_opts(at, PROBE.into(), PutOptions::from(PutMode::Create)).await.map(drop)
}

/// What a second writer of one key was told.
fn created_again(outcome: object_store::Result<()>, key: &str) -> Finding {
    const NAME: &str = "conditional write";
    match outcome {
        Err(StoreError::AlreadyExists { .. } | StoreError::Precondition { .. }) => {
            Finding::ok(NAME, "an object that is there is not overwritten: of two writers one is told")
        }
        Ok(()) => Finding::problem(NAME, "an object was overwritten that was to be created: writers lose manifests")
            .with_cause("the store passes over the condition of a put (If-None-Match: *)")
            .with_fix("use a store that keeps it, or a newer version of this one"),
        Err(error) => {
            Finding::of_error(NAME, "an object cannot be put only if it is absent", &store_error(&error, key))
        }
    }
}

/// Reads the probe, and the store's clock by it.
async fn read(store: &Store, at: &Path, key: &str, now: Timestamp) -> Vec<Finding> {
    let found = match store.objects.get(at).await {
        Ok(found) => found,
        Err(error) => return vec![READ.failed(&error, key)],
    };
    let clock = Finding::of_clock(Timestamp::from_micros(found.meta.last_modified.timestamp_micros()), now);
    let read = match found.bytes().await {
        Ok(bytes) if bytes == Bytes::from_static(PROBE) => READ.well("the object was read as it was written"),
        Ok(_) => Finding::problem(READ.name, "the object is not as it was written")
            .with_cause("the store, or what stands between, changes or caches what it keeps")
            .with_fix("connect to the store itself"),
        Err(error) => READ.failed(&error, key),
    };
    vec![read, clock]
}

/// Begins an upload in parts beside the probe, and gives it up.
async fn parts(store: &Store, at: &Path, key: &str) -> Finding {
    let begun = async { store.objects.put_multipart(at).await?.abort().await };
    match begun.await {
        Ok(()) => PARTS.well("a large file can be begun and given up"),
        Err(error) => PARTS.failed(&error, key),
    }
}

/// What S3 tells to other requests than those for objects.
fn not_asked() -> [Finding; 2] {
    let of_bucket = "it is a setting of the bucket, and the lake's client speaks of objects only";
    [
        Finding::not_asked("encryption", "whether files are encrypted where they lie")
            .with_cause(of_bucket)
            .with_fix("aws s3api get-bucket-encryption --bucket …"),
        Finding::not_asked("public access", "whether strangers can read files")
            .with_cause(of_bucket)
            .with_fix("aws s3api get-public-access-block --bucket … and get-bucket-policy-status"),
    ]
}
