//! The S3 server, by a real client over real HTTP.

#![cfg(feature = "s3")]
// Helpers of tests may unwrap as tests do.
#![allow(clippy::unwrap_used)]

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, future::join_all, stream};
use object_store::{
    Error, MultipartUpload, ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload,
    aws::{AmazonS3, AmazonS3Builder, S3ConditionalPut},
    path::Path,
};
use shopstream_testkit::s3::S3Server;

fn client(server: &S3Server, secret: &str) -> AmazonS3 {
    AmazonS3Builder::new()
        .with_endpoint(server.endpoint())
        .with_allow_http(true)
        .with_region("us-east-1")
        .with_bucket_name("lake")
        .with_access_key_id(server.access_key())
        .with_secret_access_key(secret)
        .with_conditional_put(S3ConditionalPut::ETagMatch)
        .build()
        .unwrap()
}

async fn lake() -> (S3Server, AmazonS3) {
    let server = S3Server::start().await.unwrap();
    server.create_bucket("lake").unwrap();
    let client = client(&server, server.secret_key());
    (server, client)
}

#[tokio::test]
async fn puts_gets_lists_and_deletes() {
    let (_server, client) = lake().await;
    for name in ["raw/a/1", "raw/a/2", "raw/b/1", "other"] {
        client.put(&Path::from(name), name.into()).await.unwrap();
    }
    let got = client.get(&Path::from("raw/a/2")).await.unwrap().bytes().await.unwrap();
    assert_eq!(got, "raw/a/2");
    assert_eq!(client.get_range(&Path::from("raw/a/2"), 4..7).await.unwrap(), "a/2");

    let listed = |found: Vec<object_store::ObjectMeta>| -> Vec<String> {
        let mut names: Vec<_> = found.into_iter().map(|object| object.location.to_string()).collect();
        names.sort();
        names
    };
    let all = client.list(Some(&Path::from("raw"))).try_collect().await.unwrap();
    assert_eq!(listed(all), ["raw/a/1", "raw/a/2", "raw/b/1"]);
    let level = client.list_with_delimiter(Some(&Path::from("raw"))).await.unwrap();
    assert_eq!(level.common_prefixes, [Path::from("raw/a"), Path::from("raw/b")]);

    let names = stream::iter([Ok(Path::from("raw/a/1")), Ok(Path::from("other"))]).boxed();
    client.delete_stream(names).try_collect::<Vec<_>>().await.unwrap();
    let left = client.list(None).try_collect().await.unwrap();
    assert_eq!(listed(left), ["raw/a/2", "raw/b/1"]);
    let gone = client.get(&Path::from("other")).await.unwrap_err();
    assert!(matches!(gone, Error::NotFound { .. }), "{gone}");
}

#[tokio::test]
async fn joins_the_parts_of_a_multipart_upload_and_forgets_an_aborted_one() {
    let (_server, client) = lake().await;
    let part = |fill: u8| Bytes::from(vec![fill; 5 << 20]);
    let parts = [part(1), part(2), Bytes::from_static(b"end")];
    let path = Path::from("large");
    let mut upload = client.put_multipart(&path).await.unwrap();
    for part in &parts {
        upload.put_part(PutPayload::from(part.clone())).await.unwrap();
    }
    assert!(matches!(client.head(&path).await, Err(Error::NotFound { .. })));
    upload.complete().await.unwrap();
    let got = client.get(&path).await.unwrap().bytes().await.unwrap();
    assert!(got == parts.concat());

    let aborted = Path::from("aborted");
    let mut upload = client.put_multipart(&aborted).await.unwrap();
    upload.put_part(PutPayload::from(part(3))).await.unwrap();
    upload.abort().await.unwrap();
    assert!(matches!(client.head(&aborted).await, Err(Error::NotFound { .. })));
    assert_eq!(client.list(None).count().await, 1);
}

#[tokio::test]
async fn refuses_a_wrong_secret_and_no_signature() {
    let (server, client) = lake().await;
    let path = Path::from("private");
    client.put(&path, "x".into()).await.unwrap();
    let refused = self::client(&server, "wrong").get(&path).await.unwrap_err();
    assert!(matches!(refused, Error::PermissionDenied { .. } | Error::Unauthenticated { .. }), "{refused}");

    let builder = AmazonS3Builder::new().with_endpoint(server.endpoint()).with_allow_http(true);
    let anonymous = builder.with_bucket_name("lake").with_skip_signature(true).build().unwrap();
    let refused = anonymous.get(&path).await.unwrap_err();
    assert!(matches!(refused, Error::PermissionDenied { .. } | Error::Unauthenticated { .. }), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_puts_if_absent_exactly_one_wins() {
    let (_server, client) = lake().await;
    for round in 0..20 {
        let path = Path::from(format!("manifest-{round}"));
        let put = async |writer: usize| {
            let body = format!("{writer}").repeat(10_000);
            client.put_opts(&path, body.into(), PutOptions::from(PutMode::Create)).await
        };
        let outcomes = join_all((0..8).map(put)).await;
        let winners: Vec<usize> = (0..8).filter(|writer| outcomes[*writer].is_ok()).collect();
        let [winner] = winners[..] else { panic!("winners: {winners:?}") };
        for outcome in outcomes {
            assert!(matches!(outcome, Ok(_) | Err(Error::AlreadyExists { .. })), "{outcome:?}");
        }
        let kept = client.get(&path).await.unwrap().bytes().await.unwrap();
        assert_eq!(kept, format!("{winner}").repeat(10_000));
    }
}

#[tokio::test]
async fn takes_an_empty_delimiter_for_none() {
    // What the official clients send; it is signed, so it is sent through a client that signs.
    let (_server, client) = lake().await;
    client.put(&Path::from("deep/er/object"), "x".into()).await.unwrap();
    use object_store::list::{PaginatedListOptions, PaginatedListStore};
    let options = PaginatedListOptions { delimiter: Some("".into()), ..Default::default() };
    let page = client.list_paginated(None, options).await.unwrap().result;
    assert_eq!(page.objects.len(), 1);
    assert_eq!(page.objects[0].location, Path::from("deep/er/object"));
}

#[tokio::test]
async fn is_gone_when_dropped() {
    let (server, client) = lake().await;
    client.put(&Path::from("x"), "x".into()).await.unwrap();
    let (folder, address) = (server.folder().to_owned(), server.address());
    drop(server);
    assert!(!folder.exists());
    // The task ends as soon as the runtime comes to it.
    tokio::task::yield_now().await;
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}
