//! Bad rows that are set aside.

use futures::TryStreamExt;
use shopstream_core::{
    Batch, ErrorKind, Landed, Pipeline, Project, ReadOptions, Source, SystemClock, Table, TableRef, WarehouseExt,
    conformance::{SourceFixture, source},
    date,
    memory::{MemoryLake, MemoryWarehouse},
};
use shopstream_sources::files::{BadRows, FileSource, Rejects, Threshold};
use std::sync::Arc;
use tempfile::TempDir;

use crate::{CSV, Customers, OTHERS, customers, file, read_all};

/// Customers in files of two forms, with bad rows among them, and another table of the same file.
fn files(folder: &TempDir, threshold: Threshold) -> FileSource {
    file(folder, "c.csv", format!("{CSV}\r\nSECRET,,,,,,,true\r\n5,,,1.005,,,,true\r\n5,SECRET\r\n"));
    let lines = [OTHERS[0], "{\"id\": SECRET}", OTHERS[1], "", "{\"id\": 5}", OTHERS[2]].join("\n");
    file(folder, "c.ndjson", lines);
    FileSource::new(folder.path())
        .table::<Customers>("c.csv")
        .and_then(|f| f.table_as("bronze.more", &Customers::schema(), "c.ndjson"))
        .and_then(|f| f.table_as("silver.others", &Customers::schema(), "c.ndjson"))
        .unwrap()
        .with_bad_rows(BadRows::Quarantine(threshold))
}

fn expected(folder: &TempDir) -> Vec<Rejects> {
    let csv = |number, line, column: Option<&str>, reason: &str| Rejects {
        table_name: "bronze.customers".into(),
        number,
        file: folder.path().join("c.csv").display().to_string(),
        line,
        column_name: column.map(str::to_owned),
        reason: reason.into(),
    };
    let json = |number, line, column: Option<&str>, reason: &str| Rejects {
        table_name: "bronze.more".into(),
        file: folder.path().join("c.ndjson").display().to_string(),
        ..csv(number, line, column, reason)
    };
    vec![
        csv(1, 7, Some("id"), "expected an integer of 64 bits"),
        csv(2, 8, Some("balance"), "expected a decimal number of at most 10 digits, 2 behind the point"),
        csv(3, 9, None, "a record of fewer fields than the header"),
        json(1, 2, None, "not a JSON object"),
        json(2, 5, Some("active"), "NULL where there must be a value"),
    ]
}

async fn rejects(files: &FileSource, table: &str, options: &ReadOptions) -> Vec<Rejects> {
    let read = files.read(&table.into(), options).await.unwrap();
    let batches: Vec<_> = read.into_checked_stream().try_collect().await.unwrap();
    assert!(batches.iter().all(|b| b.num_rows() > 0 && b.num_rows() <= options.batch_rows));
    batches.into_iter().flat_map(|b| Batch::<Rejects>::try_new(b).unwrap().rows()).collect()
}

#[tokio::test]
async fn good_rows_arrive_and_bad_ones_have_a_table() {
    let folder = tempfile::tempdir().unwrap();
    let files = files(&folder, Threshold::default());
    assert_eq!(read_all::<Customers>(&files).await.unwrap(), customers().rows());
    let read = files.read(&TableRef::of::<Customers>(), &ReadOptions::default()).await.unwrap();
    assert_eq!(read.notes, ["bad rows are left out: they are in bronze._rejects"]);
    for batch_rows in [1, 2, 100] {
        let options = ReadOptions::default().with_batch_rows(batch_rows);
        assert_eq!(rejects(&files, "bronze._rejects", &options).await, expected(&folder));
    }
    let others = rejects(&files, "silver._rejects", &ReadOptions::default()).await;
    assert_eq!(others.iter().map(|r| (r.number, r.line)).collect::<Vec<_>>(), [(1, 2), (2, 5)]);
    assert!(rejects(&files, "gold._rejects", &ReadOptions::default()).await.is_empty());
    let shown = format!("{:?}", rejects(&files, "bronze._rejects", &ReadOptions::default()).await);
    assert!(!shown.contains("SECRET"), "{shown}");
}

#[tokio::test]
async fn tables_and_rejects_keep_the_promises_of_a_source() {
    let folder = tempfile::tempdir().unwrap();
    let files = files(&folder, Threshold::default());
    let fixture = SourceFixture::of(&customers()).with_empty("gold._rejects").with_secret("Lyon");
    source(&files, &fixture).await.unwrap();
    let bronze = SourceFixture::new("bronze._rejects", Batch::from_rows(&expected(&folder)).into_record_batch());
    source(&files, &bronze.with_empty("gold._rejects").with_secret("SECRET")).await.unwrap();
}

#[tokio::test]
async fn where_the_read_stops_nothing_is_set_aside() {
    let folder = tempfile::tempdir().unwrap();
    let files = files(&folder, Threshold::default()).with_bad_rows(BadRows::Stop);
    assert_eq!(read_all::<Customers>(&files).await.unwrap_err().context("line"), Some("7"));
    assert!(rejects(&files, "bronze._rejects", &ReadOptions::default()).await.is_empty());
}

#[tokio::test]
async fn more_than_the_threshold_is_an_error_that_names_the_first() {
    let folder = tempfile::tempdir().unwrap();
    for (threshold, bad) in [
        (Threshold::default().with_max_rows(2), Some("3")),
        (Threshold::default().with_max_rows(3), None),
        (Threshold::default().with_max_rows(0), Some("1")),
        // 3 of 7.
        (Threshold::default().with_max_share(0.42), Some("3")),
        (Threshold::default().with_max_share(0.43), None),
    ] {
        let files = files(&folder, threshold);
        let read = read_all::<Customers>(&files).await;
        let Some(bad) = bad else {
            assert_eq!(read.unwrap(), customers().rows());
            continue;
        };
        let error = read.unwrap_err();
        assert_eq!((error.kind(), error.context("bad")), (ErrorKind::Data, Some(bad)), "{error}");
        assert_eq!(error.context("table"), Some("bronze.customers"));
        assert!(error.context("file").unwrap().ends_with("c.csv"), "{error}");
        let first = error.context("first").unwrap();
        assert!(first.starts_with("line 7, column id: expected an integer of 64 bits"), "{error}");
        assert!(!format!("{error} {error:?}").contains("SECRET"), "{error}");
        // The bad rows can be looked at all the same.
        assert_eq!(rejects(&files, "bronze._rejects", &ReadOptions::default()).await, expected(&folder));
    }
}

#[tokio::test]
async fn what_hides_the_next_row_stops_reads_of_either_table() {
    let folder = tempfile::tempdir().unwrap();
    let files = files(&folder, Threshold::default());
    file(&folder, "c.csv", format!("{CSV}\r\nSECRET,,,,,,,true\r\n5,\"SECRET\r\n"));
    let error = read_all::<Customers>(&files).await.unwrap_err();
    assert_eq!((error.kind(), error.context("line")), (ErrorKind::Data, Some("8")), "{error}");
    let read = files.read(&"bronze._rejects".into(), &ReadOptions::default()).await.unwrap();
    let error = read.into_stream().try_collect::<Vec<_>>().await.unwrap_err();
    assert_eq!((error.kind(), error.context("line")), (ErrorKind::Data, Some("8")), "{error}");
    assert!(error.context("file").unwrap().ends_with("c.csv"), "{error}");
}

#[tokio::test]
async fn bad_rows_land_as_a_raw_table() {
    let folder = tempfile::tempdir().unwrap();
    let warehouse = Arc::new(MemoryWarehouse::new());
    let pipeline = Pipeline::builder()
        .source(Arc::new(files(&folder, Threshold::default())))
        .source_schema("bronze")
        .lake(Arc::new(MemoryLake::new()))
        .warehouse(warehouse.clone())
        .project(Project::builder().source::<Landed<Customers>>().source::<Landed<Rejects>>().build().unwrap())
        .params(())
        .clock(Arc::new(SystemClock::new()))
        .date(date!("2026-01-15"))
        .build()
        .unwrap();
    assert!(pipeline.run().await.unwrap().passed());
    let landed = warehouse.table::<Landed<Rejects>>().await.unwrap().rows();
    assert_eq!(landed.into_iter().map(|l| l.row).collect::<Vec<_>>(), expected(&folder));
    let customers = warehouse.table::<Landed<Customers>>().await.unwrap();
    assert_eq!(customers.rows().len(), 4);
}
