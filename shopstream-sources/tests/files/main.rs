//! Files of a folder as a source.
#![cfg(feature = "files")]
#![allow(clippy::unwrap_used)]

mod bad_rows;
#[cfg(feature = "compression")]
mod compressed;

use arrow::{array::RecordBatch, datatypes::DataType};
use futures::{StreamExt, TryStreamExt};
use shopstream_core::{
    Batch, ColumnSchema, Date, Decimal, ErrorKind, Json, ReadOptions, Result, Source, Table, TableRef, TableSchema,
    Timestamp,
    conformance::{SourceFixture, source},
    date, dec,
    doctor::Severity,
    timestamp,
};
use shopstream_sources::files::FileSource;
use std::{fs, io::Write, path::Path};
use tempfile::TempDir;

/// The shop's customers.
#[derive(Table, Clone, Debug, PartialEq)]
#[table(layer = "bronze", grain(id))]
struct Customers {
    /// Number.
    id: i64,
    /// Name.
    name: Option<String>,
    /// What they owe.
    balance: Option<Decimal<10, 2>>,
    /// Born.
    born: Option<Date>,
    /// Seen last.
    seen: Option<Timestamp>,
    /// What they like.
    likes: Option<Json>,
    /// Whether they may buy.
    active: bool,
}

fn customers() -> Batch<Customers> {
    let nobody = Customers { id: 0, name: None, balance: None, born: None, seen: None, likes: None, active: false };
    Batch::from_rows(&[
        Customers {
            id: 1,
            name: Some("Éva \"la\" Müller,\nLyon 🦀".into()),
            balance: Some(dec!(-12.5)),
            born: Some(date!("1984-02-29")),
            seen: Some(timestamp!("2026-01-14 10:30:00.25")),
            likes: Some(r#"{"tags": ["a,b"]}"#.into()),
            active: true,
        },
        Customers { id: 2, name: Some(String::new()), ..nobody.clone() },
        Customers { id: 3, ..nobody.clone() },
        Customers { id: 4, name: Some("null".into()), balance: Some(dec!(99999999.99)), ..nobody },
    ])
}

const CSV: &str = "\u{feff}id,name,ignored,balance,born,seen,likes,active\r
1,\"Éva \"\"la\"\" Müller,\nLyon 🦀\",x,-12.50,1984-02-29,2026-01-14T10:30:00.25Z,\"{\"\"tags\"\": [\"\"a,b\"\"]}\",true\r
2,\"\",,,,,,false\r
3,,,,,,,false\r
4,null,,99999999.99,,,,false";

const FIRST: &str = r#"{"id": 1, "name": "\u00c9va \"la\" Müller,\nLyon 🦀", "balance": -12.5, "born": "1984-02-29",
"seen": "2026-01-14 10:30:00.25", "likes": {"tags": ["a,b"]}, "active": true, "ignored": [1, {}]}"#;

const OTHERS: [&str; 3] = [
    r#"{"active": false, "id": 2, "name": ""}"#,
    r#"{"id": 3, "name": null, "active": false}"#,
    r#"{"id": 4, "name": "null", "balance": "99999999.99", "active": false}"#,
];

fn file(folder: &TempDir, name: &str, bytes: impl AsRef<[u8]>) {
    fs::write(folder.path().join(name), bytes).unwrap();
}

async fn read(source: &FileSource, table: &TableRef, options: &ReadOptions) -> Result<Vec<RecordBatch>> {
    source.read(table, options).await?.into_stream().try_collect().await
}

async fn read_all<T: Table>(source: &FileSource) -> Result<Vec<T>> {
    let batches = read(source, &TableRef::of::<T>(), &ReadOptions::default()).await?;
    batches.into_iter().map(|b| Ok(Batch::<T>::try_new(b)?.rows())).collect::<Result<Vec<_>>>().map(|b| b.concat())
}

#[tokio::test]
async fn every_form_keeps_the_promises_of_a_source() {
    let folder = tempfile::tempdir().unwrap();
    let first = FIRST.replace('\n', " ");
    let lines = [&[first.as_str()][..], &OTHERS].concat().join("\n");
    file(&folder, "c.csv", CSV);
    file(&folder, "c.ndjson", &lines);
    file(&folder, "c.jsonl", lines.replace('\n', "\r\n\r\n"));
    file(&folder, "lines.json", &lines);
    file(&folder, "array.JSON", format!("\n[{FIRST},\n{}]\n", OTHERS.join(",\n")));
    file(&folder, "none.csv", "active,likes,seen,born,balance,name,id\n");
    file(&folder, "none.json", " [ ]\n");
    file(&folder, "none.ndjson", "");
    for (name, none) in [
        ("c.csv", "none.csv"),
        ("c.ndjson", "none.ndjson"),
        ("c.jsonl", "none.json"),
        ("lines.json", "none.json"),
        ("array.JSON", "none.json"),
    ] {
        let files = FileSource::new(folder.path())
            .table::<Customers>(name)
            .and_then(|f| f.table_as("none", &Customers::schema(), none))
            .unwrap();
        let fixture = SourceFixture::of(&customers()).with_empty("none").with_secret("Lyon");
        source(&files, &fixture).await.unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(read_all::<Customers>(&files).await.unwrap(), customers().rows(), "{name}");
        assert_eq!(files.describe(&TableRef::of::<Customers>()).await.unwrap().primary_key, ["id"]);
    }
}

/// The error of reading one file as customers.
async fn refused(name: &str, bytes: impl AsRef<[u8]>) -> shopstream_core::Error {
    let folder = tempfile::tempdir().unwrap();
    file(&folder, name, bytes);
    let files = FileSource::new(folder.path()).table::<Customers>(name).unwrap();
    let error = read_all::<Customers>(&files).await.unwrap_err();
    let path = folder.path().join(name);
    assert_eq!(error.context("file"), Some(&*path.to_string_lossy()), "{error}");
    assert_eq!(error.context("table"), Some("bronze.customers"), "{error}");
    assert!(!format!("{error} {error:?}").contains("SECRET"), "{error}");
    error
}

#[tokio::test]
async fn malformed_lines_are_named_by_file_and_line() {
    for (line, column) in [
        ("SECRET,,,,,,,true", Some("id")),
        ("5,,,1.005,,,,true", Some("balance")),
        ("5,,,,SECRET,,,true", Some("born")),
        ("5,,,,,SECRET,,true", Some("seen")),
        ("5,,,,,,,SECRET", Some("active")),
        ("5,,,,,,,", Some("active")),
        ("5,\"SECRET", Some("name")),
        ("5,\"SECRET\"SECRET,,,,,,true", Some("name")),
        ("5,SECRET", None),
        ("5,,,,,,,true,SECRET", None),
    ] {
        let error = refused("c.csv", format!("{CSV}\r\n{line}")).await;
        assert_eq!((error.kind(), error.context("line")), (ErrorKind::Data, Some("7")), "{line}: {error}");
        assert_eq!(error.context("column"), column, "{line}: {error}");
    }
    for (line, column) in [
        (r#"{"id": "SECRET", "active": true}"#, Some("id")),
        (r#"{"id": 5, "active": "SECRET"}"#, Some("active")),
        (r#"{"id": 5}"#, Some("active")),
        (r#"{"id": 5, "active": true, "name": "SECRET}"#, None),
        (r#"["SECRET"]"#, None),
    ] {
        for name in ["c.ndjson", "c.json"] {
            let error = refused(name, [OTHERS[0], OTHERS[1], line, OTHERS[2]].join("\n")).await;
            assert_eq!((error.kind(), error.context("line")), (ErrorKind::Data, Some("3")), "{line}: {error}");
            assert_eq!(error.context("column"), column, "{line}: {error}");
        }
        let error = refused("c.json", format!("[\n{},\n{line}\n]", OTHERS[0])).await;
        assert_eq!((error.kind(), error.context("line")), (ErrorKind::Data, Some("3")), "{line}: {error}");
    }
}

#[tokio::test]
async fn headers_are_checked() {
    assert_eq!(refused("c.csv", "").await.kind(), ErrorKind::Schema);
    let error = refused("c.csv", "id,SECRET,name,active,likes,seen\n").await;
    assert_eq!((error.kind(), error.context("columns")), (ErrorKind::Schema, Some("balance, born")));
}

#[tokio::test]
async fn rows_before_an_error_are_seen_and_none_behind_it() {
    let folder = tempfile::tempdir().unwrap();
    // More than a chunk, so that the first batches are out before the bad line is read.
    let good: String = (0..50_000).map(|i| format!("{i},name {i},,,,,true\n")).collect();
    file(&folder, "c.csv", format!("id,name,balance,born,seen,likes,active\n{good}x,,,,,,true\n7,,,,,,true\n"));
    let files = FileSource::new(folder.path()).table::<Customers>("c.csv").unwrap();
    let options = ReadOptions::default().with_batch_rows(100);
    let mut stream = files.read(&TableRef::of::<Customers>(), &options).await.unwrap().into_stream();
    let mut rows = 0;
    let error = loop {
        match stream.next().await.unwrap() {
            Ok(batch) => rows += batch.num_rows(),
            Err(error) => break error,
        }
    };
    assert!(rows > 10_000 && rows <= 50_000, "{rows}");
    assert_eq!(error.context("line"), Some("50002"), "{error}");
    assert!(stream.next().await.is_none());
}

#[tokio::test]
async fn a_huge_field_is_refused_and_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let mut csv = fs::File::create(folder.path().join("c.csv")).unwrap();
    csv.write_all(b"id,name,balance,born,seen,likes,active\n1,\"").unwrap();
    // A hole in the file, of zeros: 70 MiB that take no disk.
    csv.set_len(70 << 20).unwrap();
    let files = FileSource::new(folder.path()).table::<Customers>("c.csv").unwrap();
    let error = read_all::<Customers>(&files).await.unwrap_err();
    assert_eq!((error.kind(), error.context("line")), (ErrorKind::Data, Some("2")), "{error}");
    assert!(error.to_string().contains("larger than the limit"), "{error}");

    let large = "x".repeat(3 << 20);
    file(&folder, "c.csv", format!("id,name,balance,born,seen,likes,active\n1,\"{large}\",,,,,true\n"));
    assert_eq!(read_all::<Customers>(&files).await.unwrap()[0].name.as_deref(), Some(&*large));
}

#[tokio::test]
async fn what_is_appended_meanwhile_is_for_the_next_read() {
    let folder = tempfile::tempdir().unwrap();
    let line = "{\"id\":1,\"active\":true}\n";
    file(&folder, "c.ndjson", line.repeat(100_000));
    let files = FileSource::new(folder.path()).table::<Customers>("c.ndjson").unwrap();
    let mut read = files.read(&TableRef::of::<Customers>(), &ReadOptions::default()).await.unwrap().into_stream();
    let first = read.try_next().await.unwrap().unwrap().num_rows();
    let mut more = fs::OpenOptions::new().append(true).open(folder.path().join("c.ndjson")).unwrap();
    more.write_all(line.repeat(1000).as_bytes()).unwrap();
    let rest: Vec<_> = read.try_collect().await.unwrap();
    assert_eq!(first + rest.iter().map(RecordBatch::num_rows).sum::<usize>(), 100_000);
    assert_eq!(read_all::<Customers>(&files).await.unwrap().len(), 101_000);

    let mut read = files.read(&TableRef::of::<Customers>(), &ReadOptions::default()).await.unwrap().into_stream();
    assert!(read.try_next().await.unwrap().is_some());
    more.set_len(100).unwrap();
    let error = read.try_collect::<Vec<_>>().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
}

#[tokio::test]
async fn what_is_no_file_is_told() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("folder.csv")).unwrap();
    file(&folder, "file", "");
    for (path, kind) in [
        ("missing.csv", ErrorKind::NotFound),
        ("no/such/folder.csv", ErrorKind::NotFound),
        ("file/in/a/file.csv", ErrorKind::NotFound),
        ("folder.csv", ErrorKind::Config),
    ] {
        let files = FileSource::new(folder.path()).table::<Customers>(path).unwrap();
        let error = files.read(&TableRef::of::<Customers>(), &ReadOptions::default()).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().contains(Path::new(path).file_name().unwrap().to_str().unwrap()), "{error}");
    }
}

#[test]
fn declarations_are_checked() {
    let files = || FileSource::new("data");
    for name in ["customers.xlsx", "customers", "csv", "customers.gz", "gz.csv.txt"] {
        let error = files().table::<Customers>(name).unwrap_err();
        assert_eq!((error.kind(), error.context("file")), (ErrorKind::Config, Some(name)));
    }
    let twice = files().table::<Customers>("a.csv").unwrap().table::<Customers>("b.csv").unwrap_err();
    assert_eq!(twice.kind(), ErrorKind::Config);
    let binary = TableSchema::new(vec![ColumnSchema::new("photo", DataType::Binary, true)]).to_arrow();
    let error = files().table_as("photos", &binary, "photos.csv").unwrap_err();
    assert_eq!((error.kind(), error.context("column")), (ErrorKind::Schema, Some("photo")));
    let reserved = files().table_as("crm._rejects", &Customers::schema(), "a.csv").unwrap_err();
    assert_eq!(reserved.kind(), ErrorKind::Config);
    #[cfg(not(feature = "compression"))]
    assert!(files().table::<Customers>("a.csv.gz").unwrap_err().to_string().contains("feature `compression`"));
}

#[tokio::test]
async fn the_doctor_looks_into_each_file() {
    let folder = tempfile::tempdir().unwrap();
    file(&folder, "c.csv", CSV);
    file(&folder, "bad.csv", format!("{CSV}\r\nSECRET,,,,,,,true"));
    let files = FileSource::new(folder.path())
        .table::<Customers>("c.csv")
        .and_then(|f| f.table_as("bad", &Customers::schema(), "bad.csv"))
        .and_then(|f| f.table_as("missing", &Customers::schema(), "missing.csv"))
        .unwrap();
    let tables = ["bronze.customers", "bad", "missing"].map(TableRef::from);
    let findings = files.doctor(&tables, timestamp!("2026-01-15 00:00:00")).await;
    let severities: Vec<Severity> = findings.iter().map(|f| f.severity).collect();
    assert_eq!(severities, [Severity::Ok, Severity::Problem, Severity::Problem]);
    let cause = findings[1].cause.as_ref().unwrap();
    assert!(cause.contains("line: 7") && cause.contains("bad.csv"), "{cause}");
    assert!(!format!("{findings:?}").contains("SECRET"), "{findings:?}");
}
