//! What Arrow has no place for, and what can be done about it.

use arrow::array::{Array, AsArray};
use shopstream_core::{ErrorKind, ReadOptions, Source};
use shopstream_sources::postgres::{PostgresSource, Specials};
use shopstream_testkit::postgres::Server;

use super::{query, read};

#[tokio::test]
async fn what_has_no_place_is_refused_or_null_or_text() {
    let server = Server::start().unwrap();
    let plain = PostgresSource::connect(&server.url()).unwrap();
    let cases = [
        ("time", "24:00:00", "Specials::Null", true),
        ("date", "infinity", "Specials::Null", true),
        ("timestamp", "-infinity", "Specials::Null", true),
        ("timestamptz", "infinity", "Specials::Null", true),
        ("numeric(4,1)", "NaN", "Specials::Null", true),
        ("time[]", "{24:00:00}", "Specials::Null", true),
        ("numeric(4,1)[]", "{NaN}", "Specials::Null", true),
        ("timestamp", "294276-12-31 23:59:59.999999", "outside", false),
        ("timestamptz", "294248-01-01 00:00:00+00", "outside", false),
        ("timestamp[]", "{\"294276-12-31 23:59:59.999999\"}", "outside", false),
        ("int[]", "{{1,2},{3,4}}", "dimension", false),
        ("text[]", "[0:1]={a,b}", "dimension", false),
        ("inet[]", "{{1.2.3.4}}", "dimension", false),
    ];
    for (i, (sql, value, message, special)) in cases.into_iter().enumerate() {
        let table = format!("t{i}");
        query(&server, &format!("CREATE TABLE {table} (c {sql} NOT NULL); INSERT INTO {table} VALUES ('{value}')"));
        let all = ReadOptions::default();
        let error = read(&plain, &table, &all).await.unwrap_err();
        assert_eq!((error.kind(), error.context("column")), (ErrorKind::Data, Some("c")), "{sql}: {error}");
        let text = error.to_string();
        assert!(text.contains(message) && text.contains("with_column_text"), "{text}");
        assert!(special || !text.contains(value), "{text}");

        let nulls = plain.clone().with_column_specials(table.as_str(), "c", Specials::Null);
        match read(&nulls, &table, &all).await {
            Ok(batch) => {
                let cell = match batch["c"].as_list_opt::<i32>() {
                    Some(lists) => lists.value(0),
                    None => batch["c"].clone(),
                };
                assert!(special && cell.is_null(0), "{sql} {value}");
                assert_eq!(batch.schema().field(0).is_nullable(), !sql.ends_with("[]"), "{sql}");
            }
            Err(error) => assert!(!special, "{error}"),
        }
        let printed = query(&server, &format!("SELECT c FROM {table}"))[0][0].clone().unwrap();
        let batch = read(&plain.clone().with_column_text(table.as_str(), "c"), &table, &all).await.unwrap();
        assert_eq!(batch["c"].as_string_view().value(0), printed, "{sql}");
    }
}

#[tokio::test]
async fn a_type_that_nobody_knows_is_refused_by_name() {
    let server = Server::start().unwrap();
    query(
        &server,
        "CREATE TYPE blob; CREATE FUNCTION blob_in(cstring) RETURNS blob LANGUAGE internal IMMUTABLE STRICT AS 'byteain';
         CREATE FUNCTION blob_out(blob) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'byteaout';
         CREATE TYPE blob (INPUT = blob_in, OUTPUT = blob_out, LIKE = bytea);
         CREATE DOMAIN thing AS blob; CREATE DOMAIN wage AS money;
         CREATE TABLE t (a blob, b blob[], c thing, d money, e wage[])",
    );
    let source = PostgresSource::connect(&server.url()).unwrap();
    for (column, name) in [("a", "blob"), ("b", "blob[]"), ("c", "thing"), ("d", "money"), ("e", "wage[]")] {
        let error = read(&source, "t", &ReadOptions::default().with_columns([column])).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Schema, "{error}");
        assert_eq!((error.context("column"), error.context("type")), (Some(column), Some(name)), "{error}");
    }
}

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
