//! PostgreSQL as a source and a writer, against a real server.
#![cfg(all(feature = "postgres", unix))]
#![allow(clippy::unwrap_used)]

use arrow::{
    array::{Array, ArrayRef, AsArray, Decimal128Array, Int32Array, Int64Array, RecordBatch, StringViewArray},
    compute::concat_batches,
    datatypes::{DataType, Field, Schema},
    util::display::array_value_to_string,
};
use futures::{StreamExt, TryStreamExt, stream};
use shopstream_core::{
    Error, ErrorKind, ReadOptions, Result, Source, TableRef,
    conformance::{SourceFixture, source},
};
use shopstream_sources::postgres::{Numeric, PostgresSource, PostgresWriter, Specials, UnknownTypes};
use shopstream_testkit::postgres::Server;
use std::{sync::Arc, time::Duration};

const PASSWORD: &str = "hunter2-planted";

fn server() -> Server {
    Server::builder().password(PASSWORD).start().unwrap()
}

fn shop(server: &Server) -> PostgresSource {
    PostgresSource::connect(&server.url()).unwrap()
}

fn run(server: &Server, sql: &str) {
    server.query("postgres", sql).unwrap();
}

async fn all(source: &dyn Source, table: &str, options: &ReadOptions) -> Result<RecordBatch> {
    let read = source.read(&table.into(), options).await?;
    let schema = read.schema.clone();
    let batches: Vec<RecordBatch> = read.into_stream().try_collect().await?;
    Ok(concat_batches(&schema, &batches)?)
}

async fn rows(source: &dyn Source, table: &str) -> Result<RecordBatch> {
    all(source, table, &ReadOptions::default()).await
}

fn kept_secret(error: Error, kind: ErrorKind) -> String {
    let text = format!("{error} {error:?}");
    assert_eq!(error.kind(), kind, "{text}");
    assert!(!text.contains("hunter2"), "{text}");
    text
}

/// A column's values as the server prints them.
async fn printed(source: &PostgresSource, server: &Server, column: &str) -> StringViewArray {
    let view = format!(
        "CREATE OR REPLACE VIEW printed_{column} AS SELECT n, format('%s', {column}) AS p, \
         {column} IS NULL AS missing FROM every ORDER BY n"
    );
    run(server, &view);
    let batch = rows(source, &format!("printed_{column}")).await.unwrap();
    let (text, missing) = (batch["p"].as_string_view(), batch["missing"].as_boolean());
    (0..batch.num_rows()).map(|i| (!missing.value(i)).then(|| text.value(i))).collect()
}

#[tokio::test]
async fn every_type_is_read_as_the_server_prints_it() {
    let server = server();
    // Of a scale below 0, or above the precision, since 15; the same before.
    let [neg, small] = if server.binaries().major() >= 15 {
        ["numeric(5,-2)", "numeric(2,5)"]
    } else {
        ["numeric(7)", "numeric(5,5)"]
    };
    let create = format!(
        "CREATE TABLE every (n int PRIMARY KEY, dropped int, i2 int2, i4 int4, i8 int8, f4 float4, f8 float8,
             d numeric(10,2), big numeric(38,10), neg {neg}, small {small}, t text, v varchar(20),
             c char(5), nm name, b bool, da date, ts timestamp, tz timestamptz, j json, jb jsonb)"
    );
    run(&server, &create);
    run(
        &server,
        "ALTER TABLE every DROP COLUMN dropped;
         INSERT INTO every (n) VALUES (0);
         INSERT INTO every VALUES
           (1, -32768, -2147483648, -9223372036854775808, '-3.4028235e38', '-1.5', -99999999.99,
            -9999999999999999999999999999.9999999999, -9999900, -0.00099, '', '', '', '', false, '4713-01-01 BC',
            '4713-01-01 00:00 BC', '0001-01-01 00:00:00.000001Z', '{}', 'null'),
           (2, 32767, 2147483647, 9223372036854775807, '3.4028235e38', '0.1', 99999999.99,
            9999999999999999999999999999.9999999999, 9999900, 0.00099, E'quote '' , \\n é 🦀', 'ünïcödé', 'ab', 'nm',
            true, '5874897-12-31', '9999-12-31 23:59:59.999999', '9999-12-31 23:59:59.999999+02',
            '{\"b\" : 1,  \"a\":2}', '{\"b\": 1, \"a\": [\"🦀\", null]}'),
           (3, 0, 0, 0, 0, 0, 0.01, 0.0000000001, 100, 0.00001, repeat('long ', 10000), '0123456789', 'abcde',
            'x', true, '1970-01-01', '1970-01-01', '2000-01-01Z', '[]', '[]')",
    );
    let source = shop(&server);
    let schema = source.describe(&"every".into()).await.unwrap();
    assert_eq!(schema.primary_key, ["n"]);
    assert_eq!(schema.column("v").unwrap().native_type.as_deref(), Some("character varying(20)"));
    assert_eq!(schema.column("jb").unwrap().extension.as_deref(), Some("arrow.json"));
    assert!(schema.column("dropped").is_none() && !schema.column("n").unwrap().nullable);
    assert_eq!(schema.column("neg").unwrap().data_type, DataType::Decimal128(7, 0));
    assert_eq!(schema.column("small").unwrap().data_type, DataType::Decimal128(5, 5));

    let batch = rows(&source, "every").await.unwrap();
    assert_eq!(batch.schema(), schema.to_arrow());
    assert_eq!(batch["n"].as_ref(), &Int32Array::from(vec![0, 1, 2, 3]));
    assert!(batch.columns()[1..].iter().all(|c| c.null_count() == 1 && c.is_null(0)));
    // Arrow prints these as PostgreSQL does.
    for column in ["i2", "i4", "i8", "d", "big", "neg", "small", "t", "v", "c", "nm", "j", "jb"] {
        let expected = printed(&source, &server, column).await;
        for row in 1..4 {
            let value = array_value_to_string(&batch[column], row).unwrap();
            assert_eq!(value, expected.value(row), "{column}, row {row}");
        }
    }
    // And these are compared as what they count.
    for (column, sql) in [
        ("da", "(da - date '1970-01-01')::int8"),
        // Before 14 an epoch with fractions is a float.
        ("ts", "extract(epoch from date_trunc('second', ts))::int8 * 1000000 + extract(us from ts)::int8 % 1000000"),
        ("tz", "extract(epoch from date_trunc('second', tz))::int8 * 1000000 + extract(us from tz)::int8 % 1000000"),
        ("b", "b::int::int8"),
    ] {
        run(&server, &format!("CREATE VIEW count_{column} AS SELECT {sql} AS x FROM every ORDER BY n"));
        let expected = rows(&source, &format!("count_{column}")).await.unwrap();
        let found = match column {
            "da" => {
                arrow::compute::cast(&arrow::compute::cast(&batch[column], &DataType::Int32).unwrap(), &DataType::Int64)
            }
            _ => arrow::compute::cast(&batch[column], &DataType::Int64),
        };
        assert_eq!(found.unwrap().as_ref(), expected["x"].as_ref(), "{column}");
    }
    let floats = batch["f8"].as_primitive::<arrow::datatypes::Float64Type>();
    assert_eq!((floats.value(1), floats.value(2)), (-1.5, 0.1));
    let floats = batch["f4"].as_primitive::<arrow::datatypes::Float32Type>();
    assert_eq!((floats.value(1), floats.value(2)), (f32::MIN, f32::MAX));
}

#[tokio::test]
async fn what_arrow_has_no_place_for_is_refused_or_read_as_was_chosen() {
    let server = server();
    run(
        &server,
        "CREATE TABLE odd (n numeric, d date, k numeric(4,1));
         INSERT INTO odd VALUES (1.50, '2000-01-01', 1), (1e40, NULL, 2);
         CREATE TABLE nan (k numeric(4,1) NOT NULL, f float8, t timestamp);
         INSERT INTO nan VALUES ('NaN', 'NaN', 'infinity'), (1, '-Infinity', '-infinity');
         CREATE TABLE other (id int, m money, s money[]);
         INSERT INTO other VALUES (1, '1234.50', '{1234.50, NULL}')",
    );
    let plain = shop(&server);
    let error = plain.describe(&"odd".into()).await.unwrap_err();
    assert_eq!((error.context("table"), error.context("column")), (Some("public.odd"), Some("n")), "{error}");
    assert!(kept_secret(error, ErrorKind::Schema).contains("Numeric::Text"));

    let text = rows(&plain.clone().with_numeric(Numeric::Text), "odd").await.unwrap();
    assert_eq!(text["n"].as_string_view().value(0), "1.50");
    assert_eq!(text["k"].data_type(), &DataType::Decimal128(4, 1));

    let decimal =
        |precision, scale| plain.clone().with_column_numeric("odd", "n", Numeric::Decimal { precision, scale });
    let error = rows(&decimal(38, 2), "odd").await.unwrap_err();
    assert_eq!((error.context("column"), error.context("row")), (Some("n"), Some("2")));
    assert!(kept_secret(error, ErrorKind::Data).contains("precision"));
    assert!(kept_secret(rows(&decimal(38, 0), "odd").await.unwrap_err(), ErrorKind::Data).contains("scale"));
    kept_secret(rows(&decimal(39, 0), "odd").await.unwrap_err(), ErrorKind::Config);

    let error = rows(&plain, "nan").await.unwrap_err();
    assert_eq!((error.context("table"), error.context("column")), (Some("public.nan"), Some("k")), "{error}");
    assert!(kept_secret(error, ErrorKind::Data).contains("Specials::Null"));
    let nulls = rows(&plain.clone().with_specials(Specials::Null), "nan").await.unwrap();
    assert_eq!((nulls["k"].null_count(), nulls["t"].null_count(), nulls["f"].null_count()), (1, 2, 0));
    assert!(nulls["f"].as_primitive::<arrow::datatypes::Float64Type>().value(0).is_nan());
    let only = plain.clone().with_column_specials("nan", "t", Specials::Null);
    assert_eq!(rows(&only, "nan").await.unwrap_err().context("column"), Some("k"));

    let error = plain.describe(&"other".into()).await.unwrap_err();
    assert_eq!((error.context("column"), error.context("type")), (Some("m"), Some("money")), "{error}");
    assert!(kept_secret(error, ErrorKind::Schema).contains("UnknownTypes::Text"));
    let id = all(&plain, "other", &ReadOptions::default().with_columns(["id"])).await.unwrap();
    assert_eq!(id.num_columns(), 1);
    let printed =
        |column| server.query("postgres", &format!("SELECT {column} FROM other")).unwrap()[0][0].clone().unwrap();
    let text = rows(&plain.clone().with_unknown_types(UnknownTypes::Text), "other").await.unwrap();
    assert_eq!(text["m"].as_string_view().value(0), printed("m"));
    let items = text["s"].as_list::<i32>().value(0);
    assert_eq!((items.as_string_view().value(0), items.is_null(1)), (&*printed("m"), true));
    let text =
        rows(&plain.with_column_text("other", "m").with_column_text("public.other", "s"), "other").await.unwrap();
    assert_eq!(text["m"].as_string_view().value(0), printed("m"));
    assert_eq!(text["s"].as_string_view().value(0), printed("s"));
}

#[tokio::test]
async fn two_reads_of_a_snapshot_see_the_same_rows_whoever_writes() {
    let server = server();
    run(&server, "CREATE TABLE t (id int NOT NULL); INSERT INTO t VALUES (1)");
    let source = shop(&server);
    let snapshot = source.snapshot().await.unwrap().unwrap();
    for key in ["lsn", "xmin", "xmax", "server_version"] {
        assert!(!snapshot.info().position[key].is_empty());
    }
    let within = ReadOptions::default().with_snapshot(snapshot.clone());
    assert_eq!(all(&source, "t", &within).await.unwrap().num_rows(), 1);
    run(&server, "INSERT INTO t VALUES (2)");
    let read = source.read(&"t".into(), &within).await.unwrap();
    assert_eq!(read.snapshot.as_ref(), Some(snapshot.info()));
    assert_eq!(read.into_stream().map(|b| b.unwrap().num_rows()).collect::<Vec<_>>().await, [1]);
    assert_eq!(rows(&source, "t").await.unwrap().num_rows(), 2);

    let elsewhere = PostgresSource::connect(&server.url_of("other")).unwrap();
    kept_secret(all(&elsewhere, "t", &within).await.unwrap_err(), ErrorKind::Config);
    // The server ends its process some time after it has answered.
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = 'idle in transaction'";
    while !server.query("postgres", end).unwrap().is_empty() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let text = kept_secret(all(&source, "t", &within).await.unwrap_err(), ErrorKind::Unavailable);
    assert!(text.contains("snapshot is gone"), "{text}");
}

#[tokio::test]
async fn errors_name_what_is_missing_and_never_the_password() {
    let server = server();
    run(
        &server,
        "CREATE TABLE t (id int); CREATE ROLE guest LOGIN PASSWORD 'hunter2-guest'; CREATE SCHEMA sales;
         CREATE TABLE sales.\"Odd \"\"Name\" (\"Col \"\"umn\" int); INSERT INTO sales.\"Odd \"\"Name\" VALUES (7)",
    );
    let source = shop(&server);
    assert!(!format!("{source} {source:?} {source:#?}").contains("hunter2"));
    let text = kept_secret(rows(&source, "nope").await.unwrap_err(), ErrorKind::NotFound);
    assert!(text.contains("nope"), "{text}");
    kept_secret(source.describe(&"no_schema.t".into()).await.unwrap_err(), ErrorKind::NotFound);
    let missing = ReadOptions::default().with_columns(["id", "nix"]);
    let text = kept_secret(all(&source, "t", &missing).await.unwrap_err(), ErrorKind::NotFound);
    assert!(text.contains("nix") && text.contains("public.t"), "{text}");
    let odd = source.read(&TableRef::new("sales", "Odd \"Name"), &ReadOptions::default()).await.unwrap();
    assert_eq!(odd.schema.field(0).name(), "Col \"umn");
    assert_eq!(odd.into_stream().try_collect::<Vec<_>>().await.unwrap()[0].num_rows(), 1);

    let (host, port) = (server.host(), server.port());
    let at = |url: String| PostgresSource::connect(&url).unwrap();
    let guest = at(format!("postgres://guest:hunter2-guest@{host}:{port}/postgres"));
    let text = kept_secret(rows(&guest, "t").await.unwrap_err(), ErrorKind::Permission);
    assert!(text.contains("public.t"), "{text}");
    kept_secret(guest.describe(&"sales.t".into()).await.unwrap_err(), ErrorKind::Permission);
    let wrong = at(format!("postgres://postgres:hunter2-wrong@{host}:{port}/postgres"));
    kept_secret(rows(&wrong, "t").await.unwrap_err(), ErrorKind::Permission);
    let none = at(format!("postgres://postgres@{host}:{port}/postgres"));
    kept_secret(rows(&none, "t").await.unwrap_err(), ErrorKind::Permission);
    let nowhere = at(server.url_of("no_such_db"));
    assert!(kept_secret(rows(&nowhere, "t").await.unwrap_err(), ErrorKind::NotFound).contains("no_such_db"));
    let tls = at(format!("{}?sslmode=require", server.url()));
    kept_secret(rows(&tls, "t").await.unwrap_err(), ErrorKind::Unavailable);
    let refused = at(format!("postgres://ann:{PASSWORD}@127.0.0.1:1/shop"));
    let error = rows(&refused, "t").await.unwrap_err();
    assert!(error.is_retryable());
    assert!(kept_secret(error, ErrorKind::Unavailable).contains("127.0.0.1:1"));
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = at(format!("postgres://ann:{PASSWORD}@{}/shop", silent.local_addr().unwrap()))
        .with_connect_timeout(Duration::from_millis(200));
    kept_secret(rows(&silent, "t").await.unwrap_err(), ErrorKind::Unavailable);
}

async fn backends(server: &Server, name: &str) -> i64 {
    let mut watch = PostgresWriter::connect(&server.url()).await.unwrap();
    watch
        .execute(&format!(
            "CREATE OR REPLACE VIEW watched AS SELECT pid FROM pg_stat_activity WHERE application_name = '{name}'"
        ))
        .await
        .unwrap();
    watch.row_count(&"watched".into()).await.unwrap() as i64
}

async fn gone(server: &Server, name: &str) {
    for _ in 0..100 {
        if backends(server, name).await == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("a query of {name} still runs");
}

#[tokio::test]
async fn a_long_table_comes_in_bounded_batches_and_what_is_dropped_is_cancelled() {
    let server = server();
    run(
        &server,
        "CREATE TABLE long AS SELECT g AS id, repeat('x', 200) AS filler FROM generate_series(1, 300000) g;
         CREATE TABLE none (id int);
         CREATE VIEW slow AS SELECT g AS id FROM generate_series(1, 10) g, LATERAL (SELECT pg_sleep(g * 0 + 60)) s",
    );
    let source = shop(&server).with_application_name("dropper");
    let options = ReadOptions::default().with_batch_rows(100_000);
    let mut read = source.read(&"long".into(), &options).await.unwrap().into_stream();
    let (mut rows, mut sum) = (0, 0i64);
    while let Some(batch) = read.try_next().await.unwrap() {
        // 16 MiB of the wire are fewer rows than were allowed.
        assert!((1..90_000).contains(&batch.num_rows()));
        rows += batch.num_rows();
        sum += batch["id"]
            .as_primitive::<arrow::datatypes::Int32Type>()
            .values()
            .iter()
            .map(|i| i64::from(*i))
            .sum::<i64>();
    }
    assert_eq!((rows, sum), (300_000, 300_000 * 300_001 / 2));
    drop(read);
    gone(&server, "dropper").await;

    let empty = source.read(&"none".into(), &ReadOptions::default()).await.unwrap();
    assert_eq!(empty.schema.fields().len(), 1);
    assert!(empty.into_stream().next().await.is_none());

    let options = ReadOptions::default().with_batch_rows(10);
    let mut half = source.read(&"long".into(), &options).await.unwrap().into_stream();
    assert_eq!(half.try_next().await.unwrap().unwrap().num_rows(), 10);
    assert_eq!(backends(&server, "dropper").await, 1);
    drop(half);
    gone(&server, "dropper").await;

    let (table, options) = ("slow".into(), ReadOptions::default());
    let slow = source.read(&table, &options);
    let reading = async { slow.await.unwrap().into_stream().try_next().await };
    assert!(tokio::time::timeout(Duration::from_millis(700), reading).await.is_err());
    gone(&server, "dropper").await;
}

#[tokio::test]
async fn a_backend_that_is_terminated_in_mid_read_is_unavailable_and_retryable() {
    let server = server();
    run(&server, "CREATE TABLE long AS SELECT g AS id, repeat('x', 200) AS filler FROM generate_series(1, 300000) g");
    let source = shop(&server).with_application_name("victim");
    let options = ReadOptions::default().with_batch_rows(10);
    let mut read = source.read(&"long".into(), &options).await.unwrap().into_stream();
    read.try_next().await.unwrap().unwrap();
    run(&server, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'victim'");
    let error = loop {
        match read.try_next().await {
            Ok(batch) => assert!(batch.is_some(), "the rows ended as if they were all"),
            Err(error) => break error,
        }
    };
    assert!(error.is_retryable() && error.context("table").is_some_and(|t| t.contains("long")), "{error}");
    kept_secret(error, ErrorKind::Unavailable);
    assert!(read.next().await.is_none());
}

fn people() -> RecordBatch {
    let fields = vec![
        Field::new("id", DataType::Int32, false),
        Field::new("name", DataType::Utf8View, true),
        Field::new("money", DataType::Decimal128(10, 2), true),
    ];
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int32Array::from(vec![1, 2, 3])),
        Arc::new(StringViewArray::from(vec![Some("Ann \"O'Neil\", é 🦀, and quite some more"), Some(""), None])),
        Arc::new(
            Decimal128Array::from(vec![Some(-123), Some(9_999_999_999), None]).with_precision_and_scale(10, 2).unwrap(),
        ),
    ];
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap()
}

#[tokio::test]
async fn what_is_copied_in_is_read_back_and_the_source_keeps_its_promises() {
    let server = server();
    let mut writer = PostgresWriter::connect(&server.url()).await.unwrap();
    assert!(!format!("{writer:?}").contains("hunter2"));
    let people_ref: TableRef = "public.people".into();
    assert!(!writer.table_exists(&people_ref).await.unwrap());
    let ddl = "CREATE TABLE people (id int PRIMARY KEY, name text, money numeric(10,2) CHECK (money < 100000000.00))";
    writer.execute(ddl).await.unwrap();
    writer.execute("CREATE TABLE nobody (id int)").await.unwrap();
    assert!(writer.table_exists(&people_ref).await.unwrap());
    let batch = people();
    let copied = writer.copy_in(&people_ref, stream::iter([Ok(batch.slice(0, 1)), Ok(batch.slice(1, 2))])).await;
    assert_eq!(copied.unwrap(), 3);
    let source_ = shop(&server);
    assert_eq!(rows(&source_, "people").await.unwrap().columns(), batch.columns());
    let fixture = SourceFixture::new("public.people", batch.clone())
        .with_empty("public.nobody")
        .with_secret(PASSWORD)
        .with_secret("O'Neil");
    source(&source_, &fixture).await.unwrap();

    // All or none, whatever fails, and the connection goes on.
    let error = writer.copy_in(&people_ref, stream::iter([Ok(batch.clone())])).await.unwrap_err();
    let text = kept_secret(error, ErrorKind::Data);
    assert!(text.contains("people_pkey") && !text.contains("Neil"), "{text}");
    let failing = stream::iter([Ok(batch.slice(0, 1)), Err(Error::cancelled("enough"))]);
    assert_eq!(writer.copy_in(&people_ref, failing).await.unwrap_err().kind(), ErrorKind::Cancelled);
    assert_eq!(writer.row_count(&people_ref).await.unwrap(), 3);
    assert_eq!(writer.copy_in(&people_ref, stream::empty()).await.unwrap(), 0);
    let missing = writer.copy_in(&"nope".into(), stream::iter([Ok(batch)])).await.unwrap_err();
    kept_secret(missing, ErrorKind::NotFound);

    let fields = vec![
        Field::new("id", DataType::Int64, false),
        Field::new("money", DataType::Decimal128(12, 3), true),
        Field::new("nix", DataType::Int64, true),
    ];
    let long: ArrayRef = Arc::new(Int64Array::from(vec![1]));
    let money: ArrayRef = Arc::new(Decimal128Array::from(vec![1]).with_precision_and_scale(12, 3).unwrap());
    let wrong = RecordBatch::try_new(Arc::new(Schema::new(fields)), vec![long.clone(), money, long]).unwrap();
    let text =
        kept_secret(writer.copy_in(&people_ref, stream::iter([Ok(wrong)])).await.unwrap_err(), ErrorKind::Schema);
    for difference in ["id: Int64 does not fit integer", "money: ", "nix: the table has no such column"] {
        assert!(text.contains(difference), "{text}");
    }
    let syntax = writer.execute("SELEKT 'hunter2'").await.unwrap_err();
    kept_secret(syntax, ErrorKind::Config);
}

#[tokio::test]
async fn sizes_are_those_of_all_that_a_reader_goes_through() {
    let server = server();
    run(
        &server,
        "CREATE TABLE small AS SELECT g FROM generate_series(1, 1000) g;
         CREATE TABLE long (t text);
         ALTER TABLE long ALTER t SET STORAGE EXTERNAL;
         INSERT INTO long SELECT repeat('x', 100000) FROM generate_series(1, 10);
         CREATE TABLE days (d int) PARTITION BY RANGE (d);
         CREATE TABLE days_1 PARTITION OF days FOR VALUES FROM (0) TO (500);
         CREATE TABLE days_2 PARTITION OF days FOR VALUES FROM (500) TO (1000);
         INSERT INTO days SELECT g FROM generate_series(0, 999) g;
         CREATE TABLE \"empty \"\"one\" ();
         CREATE VIEW seen AS SELECT * FROM small;
         CREATE MATERIALIZED VIEW kept AS SELECT * FROM small",
    );
    let tables = ["small", "long", "days", "empty \"one", "seen", "missing", "kept", "public.small"];
    let sizes = shop(&server).sizes(&tables.map(TableRef::from)).await.unwrap();
    let page = 8192;
    let [small, long, days, empty, seen, missing, kept, again] = sizes[..] else { panic!("{sizes:?}") };
    assert_eq!((small, empty, seen, missing), (Some(5 * page), Some(0), None, None));
    assert_eq!((kept, again, days), (small, small, Some(6 * page)));
    assert!(long.is_some_and(|long| (1_000_000..1_200_000).contains(&long)), "{long:?}");
    assert_eq!(shop(&server).sizes(&[]).await.unwrap(), []);
}

#[tokio::test]
async fn a_whole_table_begins_with_its_first_row_also_where_others_read_it() {
    let server = Server::builder().setting("shared_buffers", "1MB").start().unwrap();
    run(&server, "CREATE TABLE long AS SELECT g AS id, repeat('x', 500) AS filler FROM generate_series(1, 40000) g");
    let source = shop(&server);
    // A reader that has come some way, and stays there: where another begins by the server's own choice.
    let mut other =
        source.read(&"long".into(), &ReadOptions::default().with_batch_rows(1000)).await.unwrap().into_stream();
    for _ in 0..10 {
        other.next().await.unwrap().unwrap();
    }
    let found = rows(&source, "long").await.unwrap();
    assert_eq!(found["id"].as_primitive::<arrow::datatypes::Int32Type>().values()[..3], [1, 2, 3]);
}
