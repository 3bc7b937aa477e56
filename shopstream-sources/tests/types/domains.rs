//! Domains are what they are made of.

use arrow::array::{Array, ArrayRef, Decimal128Array, Int32Array, RecordBatch};
use futures::stream;
use shopstream_core::{ErrorKind, ReadOptions, Source};
use shopstream_sources::postgres::{PostgresSource, PostgresWriter};
use shopstream_testkit::postgres::Server;
use std::sync::Arc;

use super::{query, read};

#[tokio::test]
async fn a_domains_not_null_counts_in_a_table_and_not_in_a_view() {
    let server = Server::start().unwrap();
    query(
        &server,
        "CREATE DOMAIN code AS int NOT NULL; CREATE DOMAIN nested AS code; CREATE DOMAIN loose AS int;
         CREATE TABLE t (a nested, b loose, c loose NOT NULL, d nested[]); INSERT INTO t VALUES (1, 2, 3, '{4}');
         CREATE VIEW v AS SELECT t.a FROM (VALUES (1), (2)) x (n) LEFT JOIN t ON t.a = x.n",
    );
    let source = PostgresSource::connect(&server.url()).unwrap();
    let schema = source.describe(&"t".into()).await.unwrap();
    let nullable: Vec<bool> = schema.columns.iter().map(|c| c.nullable).collect();
    assert_eq!(nullable, [false, true, false, true]);
    assert_eq!(schema.column("a").unwrap().native_type.as_deref(), Some("nested"));
    let view = read(&source, "v", &ReadOptions::default()).await.unwrap();
    assert_eq!((view.num_rows(), view["a"].null_count()), (2, 1));
}

#[tokio::test]
async fn domains_are_written_to_within_what_they_allow() {
    let server = Server::start().unwrap();
    query(
        &server,
        "CREATE DOMAIN price AS numeric(10,2); CREATE DOMAIN fair_price AS price CHECK (VALUE < 100);
         CREATE DOMAIN code AS int NOT NULL; CREATE TABLE t (code code, price fair_price)",
    );
    let rows = |units| {
        let prices = Decimal128Array::from(vec![Some(units), None]).with_precision_and_scale(10, 2).unwrap();
        let codes: ArrayRef = Arc::new(Int32Array::from(vec![1, 2]));
        RecordBatch::try_from_iter_with_nullable([("code", codes, false), ("price", Arc::new(prices), true)]).unwrap()
    };
    let mut writer = PostgresWriter::connect(&server.url()).await.unwrap();
    let dear = writer.copy_in(&"t".into(), stream::iter([Ok(rows(10_000))])).await.unwrap_err();
    assert_eq!(dear.kind(), ErrorKind::Data, "{dear}");
    assert_eq!(writer.copy_in(&"t".into(), stream::iter([Ok(rows(9_999))])).await.unwrap(), 2);
    let source = PostgresSource::connect(&server.url()).unwrap();
    assert_eq!(read(&source, "t", &ReadOptions::default()).await.unwrap(), rows(9_999));
}
