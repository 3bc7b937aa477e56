use super::*;
use arrow::{
    array::{Int64Array, StringArray},
    datatypes::{Field, Schema},
};
use shopstream_core::{Partition, date, timestamp};
use std::sync::Arc;

use crate::snowflake::warehouse::columns::columns;

fn stage() -> Stage {
    Stage {
        name: Name::parse("DB.RAW.S3_RAW_STAGE").unwrap(),
        formats: Name::parse("DB.RAW").unwrap(),
        location: "s3://lake/prod/raw/".into(),
    }
}

fn file(key: &str, rows: u64) -> DataFile {
    DataFile { key: key.into(), rows, bytes: 1, sha256: String::new() }
}

fn schema() -> Arc<Schema> {
    let json = Field::new("doc", DataType::Utf8View, true)
        .with_metadata([("ARROW:extension:name".to_owned(), "arrow.json".to_owned())].into());
    Arc::new(Schema::new(vec![
        Field::new("id", DataType::Int64, false),
        Field::new("o\"dd", DataType::Date32, true),
        json,
    ]))
}

fn manifest(format: Format, files: Vec<DataFile>) -> Manifest {
    let partition = Partition::new("t", date!("2026-01-14"));
    let mut manifest = Manifest::new(partition, &schema(), format, timestamp!("2026-01-14 02:00:00"));
    manifest.rows = files.iter().map(|f| f.rows).sum();
    manifest.files = files;
    manifest
}

#[test]
fn a_statement_says_files_columns_and_format() {
    let (stage, manifest) = (stage(), manifest(Format::Parquet, vec![file("raw/t/it's.parquet", 1)]));
    let files = stage.files("s3://lake/prod", &manifest).unwrap();
    let mut fields = schema().fields().to_vec();
    fields.push(
        Field::new("_loaded_at", DataType::Timestamp(arrow::datatypes::TimeUnit::Microsecond, None), false).into(),
    );
    fields.push(Field::new("_source_file", DataType::Utf8View, false).into());
    let schema = Schema::new(fields);
    let landed = Added { folder: "raw/t/", loaded_at: Some(timestamp!("2026-01-15 02:00:00")) };
    let into = Name::parse("DB.RAW.T$1").unwrap();
    let paths: Vec<_> = files.paths.iter().collect();
    assert_eq!(
        files.statement(&into, &columns(&schema).unwrap(), &landed, &paths),
        "COPY INTO \"DB\".\"RAW\".\"T$1\" (\"ID\", \"O\"\"DD\", \"DOC\", \"_LOADED_AT\", \"_SOURCE_FILE\") FROM (SELECT \
         $1:\"id\"::NUMBER(19,0), $1:\"o\"\"dd\"::DATE, PARSE_JSON($1:\"doc\"::VARCHAR), \
         '2026-01-15 02:00:00'::TIMESTAMP_NTZ(6), 'raw/t/' || SPLIT_PART(METADATA$FILENAME, '/', -1) \
         FROM @\"DB\".\"RAW\".\"S3_RAW_STAGE\") FILES = ('t/it''s.parquet') \
         FILE_FORMAT = (FORMAT_NAME = '\"DB\".\"RAW\".\"PARQUET_FORMAT\"') ON_ERROR = CONTINUE FORCE = TRUE"
    );
}

#[test]
fn files_of_another_lake_are_not_in_the_stage() {
    let (stage, inside) = (stage(), manifest(Format::Parquet, vec![file("raw/t/a.parquet", 1)]));
    assert!(stage.files("s3://lake/prod/", &inside).is_some());
    for lake in ["s3://lake", "s3://lake/prod2", "s3://other/prod", "memory://", ""] {
        assert!(stage.files(lake, &inside).is_none(), "{lake}");
    }
    let outside = manifest(Format::Parquet, vec![file("raw/t/a.parquet", 1), file("landing/t/b.parquet", 1)]);
    assert!(stage.files("s3://lake/prod", &outside).is_none());
}

#[test]
fn whatever_is_not_loaded_whole_is_an_error() {
    let of = |columns: &[(&str, ArrayRef)]| RecordBatch::try_from_iter(columns.iter().cloned()).unwrap();
    let text = |values: &[Option<&str>]| Arc::new(StringArray::from(values.to_vec())) as ArrayRef;
    let whole = |values: &[Option<i64>]| Arc::new(Int64Array::from(values.to_vec())) as ArrayRef;
    let answer = of(&[
        ("STATUS", text(&[Some("LOADED"), Some("PARTIALLY_LOADED"), Some("LOADED"), Some("LOAD_FAILED")])),
        (
            "file",
            text(&[Some("prod/raw/t/a.csv"), Some("prod/raw/t/b.csv"), Some("prod/raw/t/c.csv"), Some("t/d.csv")]),
        ),
        ("rows_loaded", whole(&[Some(2), Some(1), Some(1), Some(0)])),
        ("errors_seen", whole(&[Some(0), Some(1), Some(0), None])),
        ("first_error", text(&[None, Some("planted"), None, Some("planted")])),
        ("first_error_line", whole(&[None, Some(3), None, None])),
        ("first_error_column_name", text(&[None, Some("\"T\"[\"ID\":1]"), None, None])),
    ]);
    let found = reports(&[answer]).unwrap();
    let outcome = |key: &str| check(&file(key, 2), found.iter().find(|r| r.is_of(key)));
    assert!(outcome("raw/t/a.csv").is_ok());
    let partly = outcome("raw/t/b.csv").unwrap_err();
    assert_eq!((partly.context("file"), partly.context("line")), (Some("raw/t/b.csv"), Some("3")));
    assert_eq!((partly.context("loaded"), partly.context("column")), (Some("1"), Some("\"T\"[\"ID\":1]")));
    for key in ["raw/t/c.csv", "raw/t/d.csv", "raw/t/e.csv"] {
        let error = outcome(key).unwrap_err();
        assert!(error.kind() == shopstream_core::ErrorKind::Data && error.context("file") == Some(key));
        assert!(!format!("{error:?}").contains("planted"));
    }
    let nothing = of(&[("status", text(&[Some("Copy executed with 0 files processed.")]))]);
    assert_eq!(reports(&[nothing]).unwrap()[0].loaded, None);
}
