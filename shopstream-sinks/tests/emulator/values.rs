//! Values on their way there, and back.

use arrow::datatypes::{DataType, TimeUnit};
use shopstream_core::{Decimal, Json, date, dec, timestamp};
use shopstream_sinks::snowflake::client::Statement;
use shopstream_testkit::snowflake::Emulator;

use crate::fixture::{run, shop, texts};

#[tokio::test]
async fn each_kind_of_bound_value_arrives_as_it_is() {
    let emulator = Emulator::start().unwrap();
    let session = shop(&emulator).await;
    let cents: Decimal<10, 2> = dec!(-0.05);
    let sql = "SELECT ?, ?::NUMBER(10,0), ?::NUMBER(19,0), ?::NUMBER(10,2), ?, ?, ?::TIMESTAMP_NTZ(6), PARSE_JSON(?), \
               ?::NUMBER(19,0), ?::VARCHAR, '? stays' -- as does this ?";
    let text = r#"it's ? \ "é" -- $$"#;
    let statement = Statement::new(sql)
        .bind(true)
        .bind(-7_i32)
        .bind(i64::MIN)
        .bind(cents)
        .bind(text)
        .bind(date!("1969-12-31"))
        .bind(timestamp!("2026-01-14 02:00:00.000001"))
        .bind(Json::from(r#"{"a":[1,"x"]}"#))
        .bind(None::<i64>)
        .bind(None::<&str>);
    let row = run(&session, statement).await.remove(0);
    let moment = "2026-01-14T02:00:00.000001";
    let json = r#"{"a":[1,"x"]}"#;
    let least = "-9223372036854775808";
    assert_eq!(row, ["true", "-7", least, "-0.05", text, "1969-12-31", moment, json, "-", "-", "? stays"]);
    let none = session.execute(Statement::new("SELECT ?, ?").bind(1)).await.unwrap_err();
    assert_eq!(none.context("sqlstate"), Some("42601"));
}

#[tokio::test]
async fn each_type_comes_back_as_the_librarys_own() {
    let emulator = Emulator::start().unwrap();
    let session = shop(&emulator).await;
    let sql = "CREATE TABLE T (ID NUMBER(19,0), AMOUNT NUMBER(10,2), TOTAL NUMBER(38,4), WHOLE BIGINT, RATE FLOAT, \
               NAME VARCHAR(20), METADATA VARIANT, IS_PAID BOOLEAN, HASH BINARY, DAY DATE, OPENS TIME, \
               AT TIMESTAMP_NTZ(6), SEEN TIMESTAMP_LTZ(6))";
    run(&session, sql).await;
    let insert = "INSERT INTO T SELECT 9223372036854775807, -12.34, 9999999999999999999999999999999999.9999, 7, 0.5, \
                  'é''\\\\', PARSE_JSON('{\"a\": 1}'), TRUE, TO_BINARY('00FF', 'HEX'), '2026-01-14', '23:59:59.000001', \
                  '1969-12-31 23:59:59.999999', '2026-01-14 03:00:00+01:00'";
    run(&session, insert).await;
    run(&session, "INSERT INTO T (ID) VALUES (NULL)").await;
    let answer = session.execute("SELECT * FROM T ORDER BY ID NULLS LAST").await.unwrap();
    let types: Vec<_> = answer.schema().fields().iter().map(|field| field.data_type().clone()).collect();
    let micros = |zone: Option<&str>| DataType::Timestamp(TimeUnit::Microsecond, zone.map(Into::into));
    assert_eq!(
        types,
        [
            DataType::Int64,
            DataType::Decimal128(10, 2),
            DataType::Decimal128(38, 4),
            // BIGINT is another name of NUMBER(38,0).
            DataType::Decimal128(38, 0),
            DataType::Float64,
            DataType::Utf8View,
            DataType::Utf8View,
            DataType::Boolean,
            DataType::Binary,
            DataType::Date32,
            DataType::Time64(TimeUnit::Microsecond),
            micros(None),
            micros(Some("UTC")),
        ]
    );
    let rows = texts(&answer.batches().await.unwrap());
    let expected = [
        "9223372036854775807",
        "-12.34",
        "9999999999999999999999999999999999.9999",
        "7",
        "0.5",
        "é'\\",
        "{\"a\":1}",
        "true",
        "00ff",
        "2026-01-14",
        "23:59:59.000001",
        "1969-12-31T23:59:59.999999",
        "2026-01-14T02:00:00",
    ];
    assert_eq!(rows[0], expected);
    assert_eq!(rows[1], ["-"; 13]);
    let empty = session.execute("SELECT * FROM T WHERE FALSE").await.unwrap();
    assert_eq!(empty.schema().fields().len(), 13);
    assert!(empty.batches().await.unwrap().is_empty());
}

#[tokio::test]
async fn documents_are_taken_apart() {
    let emulator = Emulator::start().unwrap();
    let session = shop(&emulator).await;
    let sql = "SELECT JSON_EXTRACT_PATH_TEXT(D, 'device'), GET_PATH(D, 'o.z')::VARCHAR, AS_INTEGER(GET_PATH(D, 'n')), \
               AS_INTEGER(GET_PATH(D, 'device')), D:n::NUMBER(5,2), JSON_EXTRACT_PATH_TEXT(D, 'none') \
               FROM (SELECT PARSE_JSON('{\"device\": \"tablet\", \"n\": 12, \"o\": {\"z\": true}}') AS D)";
    assert_eq!(run(&session, sql).await, [["tablet", "true", "12", "-", "12.00", "-"]]);
    let days = "SELECT DATEDIFF('day', '2026-01-14'::DATE, '2026-02-01'::DATE), DATEADD('day', -14, '2026-01-14'::DATE), \
                DATE_FROM_PARTS(2026, 12, 31), TRIM('\\t x ', ' ' || CHR(9))";
    assert_eq!(run(&session, days).await, [["18", "2025-12-31", "2026-12-31", "x"]]);
}
