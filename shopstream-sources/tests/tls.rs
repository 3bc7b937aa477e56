//! PostgreSQL over TLS, against a real server.
#![cfg(all(feature = "tls", unix))]
#![allow(clippy::unwrap_used)]

use futures::TryStreamExt;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use shopstream_core::{Error, ErrorKind, ReadOptions, Result, Source};
use shopstream_sources::postgres::{PostgresSource, PostgresWriter};
use shopstream_testkit::postgres::Server;
use std::{fs, path::Path};

const PASSWORD: &str = "hunter2-planted";

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority(name: &str) -> Authority {
    let mut params = CertificateParams::new(vec![]).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A certificate and its key, in PEM.
fn issued(authority: &Authority, name: &str) -> (String, String) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    (params.signed_by(&key, authority).unwrap().pem(), key.serialize_pem())
}

fn file(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    fs::write(&path, text).unwrap();
    path.display().to_string()
}

async fn count(url: &str) -> Result<usize> {
    let source = PostgresSource::connect(url)?;
    let mut options = ReadOptions::default().with_parts(2).with_batch_rows(1000);
    options.snapshot = source.snapshot().await?;
    let read = source.read(&"long".into(), &options).await?;
    assert!(read.parts.len() == 2 || read.notes[0].contains("before 14"), "{:?}", read.notes);
    read.into_stream().try_fold(0, async |n, batch| Ok(n + batch.num_rows())).await
}

fn refused(outcome: Result<usize>) -> Error {
    let error = outcome.unwrap_err();
    let text = format!("{error} {error:?}");
    assert!(!text.contains("hunter2"), "{text}");
    error
}

async fn fill(url: &str) {
    let mut writer = PostgresWriter::connect(url).await.unwrap();
    writer
        .execute(
            "CREATE TABLE long AS SELECT g AS id, repeat('x', 1000) AS filler FROM generate_series(1, 20000) g;
             CREATE VIEW how AS SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()",
        )
        .await
        .unwrap();
}

#[tokio::test]
async fn sslmode_means_what_libpq_means_by_it() {
    let folder = tempfile::tempdir().unwrap();
    let (ours, others) = (authority("ours"), authority("others"));
    let (certificate, key) = issued(&ours, "127.0.0.1");
    let server = Server::builder().password(PASSWORD).tls(certificate, key, None).start().unwrap();
    let trusted = file(folder.path(), "ours.pem", &ours.pem());
    let strangers = file(folder.path(), "others.pem", &others.pem());
    let url = |parameters: &str| format!("{}?{parameters}", server.url());
    fill(&url("sslmode=require")).await;

    let elsewhere = |parameters: &str| url(parameters).replace("127.0.0.1", "localhost");
    for fine in [
        url("sslmode=prefer"),
        url("sslmode=require"),
        url(&format!("sslmode=verify-ca&sslrootcert={trusted}")),
        url(&format!("sslmode=verify-full&sslrootcert={trusted}")),
        elsewhere(&format!("sslmode=verify-ca&sslrootcert={trusted}")),
        // The certificate is bound to the password's proof.
        url(&format!("sslmode=verify-full&sslrootcert={trusted}&channel_binding=require")),
    ] {
        assert_eq!(count(&fine).await.map_err(|e| format!("{fine}: {e:?}")).unwrap(), 20_000);
        let source = PostgresSource::connect(&fine).unwrap();
        let read = source.read(&"how".into(), &ReadOptions::default()).await.unwrap();
        let batches: Vec<_> = read.into_stream().try_collect().await.unwrap();
        assert!(arrow::array::AsArray::as_boolean(&batches[0]["ssl"]).value(0), "{fine}");
    }
    for (wrong, says) in [
        (url(&format!("sslmode=verify-ca&sslrootcert={strangers}")), "UnknownIssuer"),
        (url(&format!("sslmode=require&sslrootcert={strangers}")), "UnknownIssuer"),
        (elsewhere(&format!("sslmode=verify-full&sslrootcert={trusted}")), "not valid for name"),
    ] {
        let error = refused(count(&wrong).await);
        assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Unavailable, false), "{wrong}: {error}");
        assert!(error.to_string().contains(says), "{wrong}: {error}");
    }
    // This server lets nobody in without.
    assert_eq!(refused(count(&url("sslmode=disable")).await).kind(), ErrorKind::Permission);
    let missing = refused(count(&url("sslmode=verify-full&sslrootcert=/no/such.pem")).await);
    assert!(missing.kind() == ErrorKind::Config && missing.context("file") == Some("/no/such.pem"), "{missing}");
}

#[tokio::test]
async fn a_client_shows_its_certificate_when_it_is_asked_to() {
    let folder = tempfile::tempdir().unwrap();
    let (servers, clients) = (authority("servers"), authority("clients"));
    let (certificate, key) = issued(&servers, "127.0.0.1");
    let server = Server::builder().tls(certificate, key, Some(clients.pem())).start().unwrap();
    let (certificate, key) = issued(&clients, "ann");
    let (certificate, key) = (file(folder.path(), "c.pem", &certificate), file(folder.path(), "k.pem", &key));
    let url = format!("{}?sslmode=require&sslcert={certificate}&sslkey={key}", server.url());
    fill(&url).await;
    assert_eq!(count(&url).await.unwrap(), 20_000);
    let without = refused(count(&format!("{}?sslmode=require", server.url())).await);
    assert_eq!(without.kind(), ErrorKind::Permission, "{without}");
}

#[tokio::test]
async fn what_is_dropped_is_cancelled_over_tls_too() {
    let authority = authority("ours");
    let (certificate, key) = issued(&authority, "127.0.0.1");
    let server = Server::builder().password(PASSWORD).tls(certificate, key, None).start().unwrap();
    let url = format!("{}?sslmode=require", server.url());
    let mut writer = PostgresWriter::connect(&url).await.unwrap();
    writer.execute("CREATE VIEW slow AS SELECT 1 AS id FROM pg_sleep(600)").await.unwrap();
    let source = PostgresSource::connect(&url).unwrap().with_application_name("dropper");
    let reading = async {
        let read = source.read(&"slow".into(), &ReadOptions::default()).await.unwrap();
        read.into_stream().try_collect::<Vec<_>>().await
    };
    assert!(tokio::time::timeout(std::time::Duration::from_millis(700), reading).await.is_err());
    for _ in 0..100 {
        let sql = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'dropper'";
        if format!("{:?}", server.query("postgres", sql).unwrap()[0]).contains('0') {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the query still runs");
}

#[tokio::test]
async fn a_server_without_tls_is_refused_by_those_who_ask_for_it() {
    let server = Server::start().unwrap();
    fill(&server.url()).await;
    assert_eq!(count(&format!("{}?sslmode=prefer", server.url())).await.unwrap(), 20_000);
    let error = refused(count(&format!("{}?sslmode=require", server.url())).await);
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    assert!(error.to_string().contains("does not support TLS"), "{error}");
}
