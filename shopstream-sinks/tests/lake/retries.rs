//! S3 over a way that fails: what can be done again is done again.

use crate::{
    fixture::{layout, options, read_all, users},
    proxy::{Fault, Proxy, When},
};
use arrow::array::{ArrayRef, RecordBatch, StringViewArray};
use futures::{StreamExt, TryStreamExt, stream};
use shopstream_core::{ErrorKind, Format, Lake, Manifest, Result, Secret, TableRead};
use shopstream_sinks::lake::{ObjectStoreLake, S3Options};
use shopstream_testkit::s3::S3Server;
use std::{path::Path, sync::Arc, time::Duration};
use url::Url;

async fn server() -> S3Server {
    let server = S3Server::start().await.unwrap();
    server.create_bucket("shop").unwrap();
    server
}

fn lake(server: &S3Server, proxy: &Proxy, prefix: &str, options: &S3Options) -> ObjectStoreLake {
    let options = options
        .clone()
        .with_endpoint(proxy.endpoint())
        .with_allow_http(true)
        .with_keys(server.access_key(), Secret::new(server.secret_key()));
    let url = Url::parse(&format!("s3://shop/{prefix}")).unwrap();
    ObjectStoreLake::s3(&url, &options, layout()).unwrap().with_part_bytes(5 << 20)
}

/// Rows of some bytes each.
fn texts(count: usize, bytes: usize) -> RecordBatch {
    let text = |i: usize| i.to_string().repeat(bytes);
    let texts = StringViewArray::from_iter_values((1..=count).map(text));
    RecordBatch::try_from_iter([("text", Arc::new(texts) as ArrayRef)]).unwrap()
}

/// Writes two files, and does with them all that can be done.
async fn there_and_back(lake: &ObjectStoreLake, batches: &[RecordBatch; 2]) -> Result<Manifest> {
    let parts = batches.iter().map(|rows| stream::iter([Ok(rows.clone())]).boxed()).collect();
    let read = TableRead::of_parts(batches[0].schema(), parts);
    let manifest = lake.write(&users(), read, &options().with_format(Format::Csv)).await?;
    assert_eq!(lake.manifest(&users()).await?.as_ref(), Some(&manifest));
    let expected = arrow::compute::concat_batches(&batches[0].schema(), batches).unwrap();
    assert!(read_all(lake, &manifest).await? == expected);
    assert_eq!(lake.list("users").try_collect::<Vec<_>>().await?, [users()]);
    Ok(manifest)
}

fn count_files(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    entries.map(|entry| if entry.file_type().unwrap().is_dir() { count_files(&entry.path()) } else { 1 }).sum()
}

/// Fails each request that is meant, in each way, in a lake of its own each time.
async fn fail_each(batches: [RecordBatch; 2], meant: impl Fn(&str) -> bool) -> usize {
    let server = server().await;
    let patient = S3Options::default().with_timeout(Duration::from_secs(5));
    let whole = Proxy::start(server.address(), Fault::Reset, When::Never).await;
    let manifest = there_and_back(&lake(&server, &whole, "whole", &patient), &batches).await.unwrap();
    let requests = (0..).zip(whole.requests()).filter(|(_, line)| meant(line)).map(|(at, _)| at).collect::<Vec<_>>();
    let faults =
        [Fault::Refused(429), Fault::Refused(503), Fault::Reset, Fault::LostAnswer, Fault::HalfAnswer, Fault::Silence];
    let cases = faults.into_iter().flat_map(|fault| requests.iter().map(move |at| (fault, *at)));
    let (server, patient, manifest, batches) = (&server, &patient, &manifest, &batches);
    let outcomes = stream::iter(cases).map(|(fault, at)| async move {
        let prefix = format!("{fault:?}-{at}").replace(['(', ')'], "");
        let proxy = Proxy::start(server.address(), fault, When::Once(at)).await;
        let lake = lake(server, &proxy, &prefix, patient);
        let found = there_and_back(&lake, batches).await;
        let found = found.unwrap_or_else(|e| panic!("{fault:?} at {at}: {e:?}: {:#?}", proxy.requests()));
        assert!(proxy.requests().len() > at, "{fault:?} at {at} did not happen");
        assert_eq!((found.number, &found.files), (1, &manifest.files), "{fault:?} at {at}");
        let left = count_files(&server.folder().join("shop").join(&prefix));
        assert_eq!(left, 3, "{fault:?} at {at}: two files and a manifest");
    });
    outcomes.buffer_unordered(8).collect::<Vec<()>>().await.len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fault_at_any_request_is_no_news() {
    let cases = fail_each([texts(10, 10), texts(20, 10)], |_| true).await;
    assert!(cases >= 6 * 14, "{cases} cases");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fault_at_any_step_of_an_upload_in_parts_is_no_news() {
    // Begun, two parts, put together.
    let cases = fail_each([texts(1, 10), texts(2, 3 << 20)], |line| line.contains("upload")).await;
    assert_eq!(cases, 6 * 4);
}

#[tokio::test]
async fn tries_are_as_many_as_was_said() {
    let server = server().await;
    for (fault, retries) in [(Fault::Refused(503), 2), (Fault::Refused(429), 0), (Fault::Reset, 0)] {
        let proxy = Proxy::start(server.address(), fault, When::Always).await;
        let lake = lake(&server, &proxy, "lake", &S3Options::default().with_retries(retries));
        let error = lake.manifest(&users()).await.unwrap_err();
        assert_eq!((error.kind(), proxy.requests().len()), (ErrorKind::Unavailable, retries + 1), "{error}");
        assert!(!format!("{error:?}").contains(server.secret_key()));
    }
    // The pauses before 100 further tries would take minutes.
    let proxy = Proxy::start(server.address(), Fault::LostAnswer, When::Always).await;
    let options = S3Options::default().with_retries(100).with_retry_within(Duration::from_millis(1));
    let error = lake(&server, &proxy, "lake", &options).manifest(&users()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(proxy.requests().len() < 10, "{:#?}", proxy.requests());
}

#[tokio::test]
async fn what_the_server_refuses_for_good_is_not_tried_again() {
    let server = server().await;
    let proxy = Proxy::start(server.address(), Fault::Refused(403), When::Always).await;
    let error = lake(&server, &proxy, "lake", &S3Options::default()).manifest(&users()).await.unwrap_err();
    assert_eq!((error.kind(), proxy.requests().len()), (ErrorKind::Permission, 1), "{error}");
}
