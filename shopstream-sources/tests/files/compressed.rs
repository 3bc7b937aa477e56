//! Files that are compressed.

use flate2::{Compression, write::GzEncoder};
use futures::StreamExt;
use shopstream_core::{
    ErrorKind, ReadOptions, Source, Table, TableRef,
    conformance::{SourceFixture, source},
};
use shopstream_sources::files::FileSource;
use std::{io::Write, process::Command};

use crate::{CSV, Customers, OTHERS, customers, file, read_all, refused};

fn gzip(text: impl AsRef<[u8]>) -> Vec<u8> {
    let mut encoder = GzEncoder::new(vec![], Compression::default());
    encoder.write_all(text.as_ref()).unwrap();
    encoder.finish().unwrap()
}

fn zstd(text: impl AsRef<[u8]>) -> Vec<u8> {
    zstd::encode_all(text.as_ref(), 3).unwrap()
}

#[tokio::test]
async fn every_compression_keeps_the_promises_of_a_source() {
    let folder = tempfile::tempdir().unwrap();
    let lines = [r#"{"id": 1, "name": "Éva \"la\" Müller,\nLyon 🦀", "balance": -12.5, "born": "1984-02-29",
        "seen": "2026-01-14 10:30:00.25", "likes": {"tags": ["a,b"]}, "active": true}"#
        .replace('\n', " ")]
    .into_iter()
    .chain(OTHERS.map(str::to_owned))
    .collect::<Vec<_>>();
    let array = format!("[{}]", lines.join(","));
    file(&folder, "c.csv.gz", gzip(CSV));
    file(&folder, "c.csv.zst", zstd(CSV));
    file(&folder, "c.ndjson.gz", gzip(lines.join("\n")));
    file(&folder, "c.jsonl.ZST", zstd(lines.join("\n")));
    file(&folder, "c.json.gz", gzip(&array));
    file(&folder, "c.json.zst", zstd(&array));
    file(&folder, "none.csv.gz", gzip("active,likes,seen,born,balance,name,id\n"));
    file(&folder, "none.json.zst", zstd("[]"));
    for name in ["c.csv.gz", "c.csv.zst", "c.ndjson.gz", "c.jsonl.ZST", "c.json.gz", "c.json.zst"] {
        let none = if name.contains("csv") { "none.csv.gz" } else { "none.json.zst" };
        let files = FileSource::new(folder.path())
            .table::<Customers>(name)
            .and_then(|f| f.table_as("none", &Customers::schema(), none))
            .unwrap();
        let fixture = SourceFixture::of(&customers()).with_empty("none").with_secret("Lyon");
        source(&files, &fixture).await.unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(read_all::<Customers>(&files).await.unwrap(), customers().rows(), "{name}");
    }
}

#[tokio::test]
async fn members_and_frames_are_one_text() {
    let folder = tempfile::tempdir().unwrap();
    let (head, tail) = CSV.split_at(100);
    file(&folder, "c.csv.gz", [gzip(head), gzip(""), gzip(tail)].concat());
    // A frame that is to be skipped, as some tools write one.
    let skipped = [&[0x50, 0x2A, 0x4D, 0x18, 3, 0, 0, 0][..], b"abc"].concat();
    file(&folder, "c.csv.zst", [zstd(head), skipped, zstd(""), zstd(tail)].concat());
    for name in ["c.csv.gz", "c.csv.zst"] {
        let files = FileSource::new(folder.path()).table::<Customers>(name).unwrap();
        assert_eq!(read_all::<Customers>(&files).await.unwrap(), customers().rows(), "{name}");
    }
}

#[tokio::test]
async fn what_is_cut_off_or_damaged_is_named_and_never_a_short_table() {
    let text = format!("id,name,balance,born,seen,likes,active\n{}", "1,SECRET,,,,,true\n".repeat(50_000));
    for (name, packed) in [("c.csv.gz", gzip(&text)), ("c.csv.zst", zstd(&text))] {
        for length in [0, 1, 3, 20, packed.len() / 2, packed.len() - 5, packed.len() - 1] {
            let error = refused(name, &packed[..length]).await;
            assert_eq!(error.kind(), ErrorKind::Data, "{length}: {error}");
            assert!(error.to_string().contains("ends too early"), "{length}: {error}");
        }
        let mut damaged = packed.clone();
        damaged[packed.len() / 2] ^= 0x10;
        assert_eq!(refused(name, damaged).await.kind(), ErrorKind::Data);
        let error = refused(name, [&packed, &b"SECRET"[..]].concat()).await;
        assert_eq!(error.kind(), ErrorKind::Data, "{error}");
        let error = refused(name, &text).await;
        assert!(error.to_string().contains("or damaged"), "{error}");
    }
    let error = refused("c.csv.gz", gzip("id,name,balance,born,seen,likes,active\n1,,,,,,true\nSECRET,,,,,,true\n"));
    assert_eq!(error.await.context("line"), Some("3"));
}

#[tokio::test]
async fn rows_come_before_the_file_is_read_to_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let text = format!("id,name,balance,born,seen,likes,active\n{}", "1,,,,,,true\n".repeat(500_000));
    for (name, packed) in [("c.csv.gz", gzip(&text)), ("c.csv.zst", zstd(&text))] {
        file(&folder, name, &packed[..packed.len() - 1]);
        let files = FileSource::new(folder.path()).table::<Customers>(name).unwrap();
        let mut read = files.read(&TableRef::of::<Customers>(), &ReadOptions::default()).await.unwrap().into_stream();
        assert_eq!(read.next().await.unwrap().unwrap().num_rows(), 65_536);
        let rest: Vec<_> = read.collect().await;
        assert_eq!(rest.into_iter().filter_map(|batch| batch.err()).count(), 1, "{name}");
    }
}

#[tokio::test]
async fn what_gzip_writes_is_read() {
    let folder = tempfile::tempdir().unwrap();
    file(&folder, "c.csv", CSV);
    assert!(Command::new("gzip").arg(folder.path().join("c.csv")).status().unwrap().success());
    let files = FileSource::new(folder.path()).table::<Customers>("c.csv.gz").unwrap();
    assert_eq!(read_all::<Customers>(&files).await.unwrap(), customers().rows());
}
