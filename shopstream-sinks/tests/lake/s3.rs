//! S3 over real HTTP, with signatures and multipart.

use crate::fixture::{layout, options, read_all, read_of, rows, users};
use shopstream_core::{ErrorKind, Format, Lake, Secret, conformance};
use shopstream_sinks::lake::{ObjectStoreLake, S3Options};
use shopstream_testkit::s3::S3Server;
use url::Url;

async fn server() -> S3Server {
    let server = S3Server::start().await.unwrap();
    server.create_bucket("shop").unwrap();
    server
}

fn keys(server: &S3Server) -> S3Options {
    S3Options::default()
        .with_endpoint(server.endpoint())
        .with_allow_http(true)
        .with_keys(server.access_key(), Secret::new(server.secret_key()))
}

fn lake(url: &str, options: &S3Options) -> ObjectStoreLake {
    ObjectStoreLake::s3(&Url::parse(url).unwrap(), options, layout()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s3_keeps_the_promises() {
    let server = server().await;
    conformance::lake::all(&lake("s3://shop/lake/of%20ours", &keys(&server))).await.unwrap();
    assert!(server.folder().join("shop/lake/of ours/raw/postgres").is_dir());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_file_goes_in_parts() {
    let server = server().await;
    let vars = [
        ("AWS_ENDPOINT_URL", server.endpoint()),
        ("AWS_ALLOW_HTTP", "true".to_owned()),
        ("AWS_ACCESS_KEY_ID", server.access_key().to_owned()),
        ("AWS_SECRET_ACCESS_KEY", server.secret_key().to_owned()),
    ];
    let vars = vars.map(|(name, value)| (name.to_owned(), value));
    let lake = ObjectStoreLake::from_url_and_vars("s3://shop", layout(), vars).unwrap();
    let rows = rows(400_000);
    let manifest = lake.write(&users(), read_of(&rows), &options().with_format(Format::Csv)).await.unwrap();
    assert!(manifest.bytes() > 20 << 20, "{} bytes", manifest.bytes());
    let stored = server.folder().join("shop").join(&manifest.files[0].key);
    assert_eq!(stored.metadata().unwrap().len(), manifest.bytes());
    assert_eq!(read_all(&lake, &manifest).await.unwrap(), rows);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_writers_at_once_keep_to_their_own_files() {
    let server = server().await;
    let lake = lake("s3://shop/lake", &keys(&server));
    crate::stores::many_writers(&lake, 12).await;
}

#[tokio::test]
async fn errors_say_what_is_wrong_and_show_no_secret() {
    let server = server().await;
    let planted = S3Options::default()
        .with_endpoint(server.endpoint())
        .with_allow_http(true)
        .with_session_token(Secret::new("PLANTED-TOKEN"));
    let wrong_secret = planted.clone().with_keys(server.access_key(), Secret::new("PLANTED-SECRET"));
    let wrong_key = planted.with_keys("PLANTED-KEY", Secret::new("PLANTED-SECRET"));
    for (options, url, kinds) in [
        (wrong_secret, "s3://shop/lake", [ErrorKind::Permission; 2]),
        (wrong_key, "s3://shop/lake", [ErrorKind::Permission; 2]),
        (keys(&server), "s3://missing/lake", [ErrorKind::NotFound; 2]),
    ] {
        let lake = lake(url, &options);
        let errors = [
            lake.manifest(&users()).await.unwrap_err(),
            lake.write(&users(), read_of(&rows(10)), &self::options()).await.unwrap_err(),
        ];
        for (error, kind) in errors.into_iter().zip(kinds) {
            assert_eq!(error.kind(), kind, "{error}");
            let shown = format!("{error} {error:?} {lake} {lake:?} {options:?}");
            assert!(!shown.contains("PLANTED") && !shown.contains(server.secret_key()), "{shown}");
        }
    }
}
