//! COPY INTO, from an S3 server.

use arrow::{
    array::{ArrayRef, Date32Array, Decimal128Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray},
    datatypes::{DataType, Field, Schema},
};
use parquet::arrow::ArrowWriter;
use shopstream_core::ErrorKind;
use shopstream_sinks::snowflake::client::Session;
use shopstream_testkit::{s3::S3Server, snowflake::Emulator};
use std::{fs, sync::Arc};

use crate::fixture::{column, refused, run, shop};

/// An S3 server with files, an emulator that reads them, and a session with a stage over them.
struct Lake {
    s3: S3Server,
    _emulator: Emulator,
    session: Session,
}

const PARQUET: &str = "FILE_FORMAT = (FORMAT_NAME = 'PARQUET_FORMAT')";
const CSV: &str = "FILE_FORMAT = (FORMAT_NAME = '\"SHOP\".\"PUBLIC\".\"CSV_FORMAT\"')";

impl Lake {
    async fn new() -> Self {
        let s3 = S3Server::start().await.unwrap();
        s3.create_bucket("lake").unwrap();
        let emulator = Emulator::builder().s3(&s3.endpoint(), s3.access_key(), s3.secret_key()).start().unwrap();
        let session = shop(&emulator).await;
        for sql in [
            "CREATE STAGE LAKE URL = 's3://lake/raw/' STORAGE_INTEGRATION = \"S3_INTEGRATION\" COMMENT = 'the lake''s'",
            "CREATE FILE FORMAT PARQUET_FORMAT TYPE = PARQUET USE_LOGICAL_TYPE = TRUE BINARY_AS_TEXT = FALSE",
            "CREATE FILE FORMAT CSV_FORMAT TYPE = CSV FIELD_OPTIONALLY_ENCLOSED_BY = '\"' ESCAPE_UNENCLOSED_FIELD = NONE \
             EMPTY_FIELD_AS_NULL = TRUE NULL_IF = () PARSE_HEADER = TRUE",
            "CREATE TABLE \"ORDERS$shop-2026-01-14$1\" (ID NUMBER(10,0) NOT NULL, AMOUNT NUMBER(10,2), NAME VARCHAR(5), \
             METADATA VARIANT, DAY DATE, AT TIMESTAMP_NTZ(6), _SOURCE_FILE VARCHAR NOT NULL)",
        ] {
            run(&session, sql).await;
        }
        Self { s3, _emulator: emulator, session }
    }

    fn put(&self, key: &str, bytes: &[u8]) {
        let path = self.s3.folder().join("lake").join(key);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    async fn copy(&self, rest: &str) -> Vec<Vec<String>> {
        run(&self.session, &*format!("COPY INTO \"ORDERS$shop-2026-01-14$1\" {rest}")).await
    }

    async fn refuses(&self, rest: &str) -> shopstream_core::Error {
        refused(&self.session, &format!("COPY INTO \"ORDERS$shop-2026-01-14$1\" {rest}")).await
    }

    async fn rows(&self, columns: &str) -> Vec<Vec<String>> {
        run(&self.session, &*format!("SELECT {columns} FROM \"ORDERS$shop-2026-01-14$1\" ORDER BY ID")).await
    }
}

/// Two orders, the second of which is NULL but for its id.
fn orders() -> Vec<u8> {
    let amounts = Decimal128Array::from(vec![Some(1_005), None]).with_precision_and_scale(10, 2).unwrap();
    let columns: [(&str, ArrayRef); 6] = [
        ("id", Arc::new(Int64Array::from(vec![1, 2]))),
        ("Amount", Arc::new(amounts)),
        ("name", Arc::new(StringArray::from(vec![Some("é'\n"), None]))),
        ("metadata", Arc::new(StringArray::from(vec![Some("{\"a\":[1]}"), None]))),
        ("day", Arc::new(Date32Array::from(vec![Some(-1), None]))),
        ("at", Arc::new(TimestampMicrosecondArray::from(vec![Some(-1), None]))),
    ];
    let field = |(name, array): &(&str, ArrayRef)| Field::new(*name, array.data_type().clone(), true);
    let schema = Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()));
    assert_eq!(schema.field(1).data_type(), &DataType::Decimal128(10, 2));
    let mut writer = ArrowWriter::try_new(vec![], schema.clone(), None).unwrap();
    writer.write(&RecordBatch::try_new(schema, columns.map(|(_, array)| array).to_vec()).unwrap()).unwrap();
    writer.into_inner().unwrap()
}

#[tokio::test]
async fn parquet_by_the_names_of_a_transformation() {
    let lake = Lake::new().await;
    lake.put("raw/orders/day=1/a.parquet", &orders());
    let transformation = format!(
        "(ID, AMOUNT, NAME, METADATA, DAY, AT, _SOURCE_FILE) FROM (SELECT $1:\"id\"::NUMBER(10,0), \
         $1:\"Amount\"::NUMBER(10,2), $1:\"name\"::VARCHAR, PARSE_JSON($1:\"metadata\"::VARCHAR), $1:\"day\"::DATE, \
         $1:\"at\"::TIMESTAMP_NTZ(6), METADATA$FILENAME FROM @\"SHOP\".PUBLIC.LAKE/orders/) \
         FILES = ('day=1/a.parquet') {PARQUET} ON_ERROR = ABORT_STATEMENT"
    );
    let copied = lake.copy(&transformation).await;
    assert_eq!(copied[0][..6], ["s3://lake/raw/orders/day=1/a.parquet", "LOADED", "2", "2", "1", "0"]);
    let source = "raw/orders/day=1/a.parquet";
    let first = ["1", "10.05", "é'\n", "{\"a\":[1]}", "1969-12-31", "1969-12-31T23:59:59.999999", source];
    assert_eq!(lake.rows("*").await, [first, ["2", "-", "-", "-", "-", "-", source]]);
    // COPY remembers what it loaded, until it is told not to, or the table is emptied.
    assert_eq!(lake.copy(&transformation).await[0][1], "LOAD_SKIPPED");
    assert_eq!(lake.copy(&format!("{transformation} FORCE = TRUE")).await[0][1], "LOADED");
    run(&lake.session, "TRUNCATE TABLE \"ORDERS$shop-2026-01-14$1\"").await;
    assert_eq!(lake.copy(&transformation).await[0][1], "LOADED");
    // Its memory is of the transaction too.
    run(&lake.session, "TRUNCATE TABLE \"ORDERS$shop-2026-01-14$1\"").await;
    run(&lake.session, "BEGIN").await;
    lake.copy(&transformation).await;
    run(&lake.session, "ROLLBACK").await;
    assert_eq!(lake.copy(&transformation).await[0][1], "LOADED");
    assert_eq!(lake.rows("ID").await.len(), 2);
}

#[tokio::test]
async fn parquet_by_the_names_of_the_table() {
    let lake = Lake::new().await;
    lake.put("raw/orders/a.parquet", &orders());
    lake.put("raw/orders/b.parquet", &orders());
    let all = format!(
        "FROM @LAKE/orders/ {PARQUET} MATCH_BY_COLUMN_NAME = CASE_INSENSITIVE \
         INCLUDE_METADATA = (\"_SOURCE_FILE\" = METADATA$FILENAME)"
    );
    let copied = lake.copy(&all).await;
    assert_eq!(column(&copied, 0), ["s3://lake/raw/orders/a.parquet", "s3://lake/raw/orders/b.parquet"]);
    assert_eq!(column(&lake.rows("AMOUNT").await, 0), ["10.05", "10.05", "-", "-"]);
    // The column of its name may not be NULL.
    let by_name = format!("{PARQUET} MATCH_BY_COLUMN_NAME = CASE_INSENSITIVE");
    let without = lake.refuses(&format!("FROM @LAKE/orders/ {by_name} FORCE = TRUE")).await;
    assert_eq!(without.context("code"), Some("100072"));
    let gone = lake.refuses(&format!("FROM @LAKE/orders/ FILES = ('none.parquet') {by_name}")).await;
    assert_eq!(gone.context("code"), Some("091016"));
    let torn = orders();
    lake.put("raw/torn/a.parquet", &torn[..torn.len() / 2]);
    let torn = lake.refuses(&format!("FROM @LAKE/torn/ {by_name}")).await;
    assert_eq!(torn.kind(), ErrorKind::Data);
    assert_eq!(lake.rows("ID").await.len(), 4);
}

/// A good row, one with an empty text that is none, and four that cannot be loaded.
const ROWS: &str = "id,amount,name,metadata,day,at\n\
    1,10.05,\"a, \"\"\n\",,2026-01-14,2026-01-14 02:00:00.000001\n\
    2,,\"\",,,\n\
    x,,,,,\n\
    4,,toolong,,,\n\
    ,,,,,\n\
    6,1\n";

#[tokio::test]
async fn csv_by_its_header_with_rows_that_cannot_be_loaded() {
    let lake = Lake::new().await;
    lake.put("raw/orders/a.csv", ROWS.as_bytes());
    let copy = |on_error: &str| {
        format!(
            "FROM @LAKE/orders/ FILES = ('a.csv') {CSV} MATCH_BY_COLUMN_NAME = CASE_INSENSITIVE \
             INCLUDE_METADATA = (\"_SOURCE_FILE\" = METADATA$FILENAME) ON_ERROR = {on_error}"
        )
    };
    let aborted = lake.refuses(&copy("ABORT_STATEMENT")).await;
    assert_eq!((aborted.context("code"), aborted.context("sqlstate")), (Some("100038"), Some("22018")));
    assert!(lake.rows("ID").await.is_empty());
    let skipped = lake.copy(&copy("SKIP_FILE")).await;
    assert_eq!(skipped[0][1..6], ["LOAD_FAILED", "6", "0", "1", "4"]);
    let kept = lake.copy(&copy("CONTINUE")).await;
    assert_eq!(kept[0][1..6], ["PARTIALLY_LOADED", "6", "2", "6", "4"]);
    assert_eq!((kept[0][7].as_str(), kept[0][9].as_str()), ("5", "\"ORDERS$shop-2026-01-14$1\"[\"ID\":1]"));
    let first = ["1", "10.05", "a, \"\n", "2026-01-14", "2026-01-14T02:00:00.000001"];
    assert_eq!(lake.rows("ID, AMOUNT, NAME, DAY, \"AT\"").await, [first, ["2", "-", "", "-", "-"]]);
}

#[tokio::test]
async fn csv_by_places_and_documents_by_keys() {
    let lake = Lake::new().await;
    lake.put("raw/places/a.csv", "header\n7;x\n".as_bytes());
    let by_place = "(ID, NAME, METADATA, _SOURCE_FILE) FROM (SELECT t.$1, UPPER(t.$2), PARSE_JSON('[' || t.$1 || ']'), \
                    METADATA$FILENAME FROM @LAKE/places/ t) FILE_FORMAT = (TYPE = CSV SKIP_HEADER = 1 FIELD_DELIMITER = ';')";
    lake.copy(by_place).await;
    let documents = "{\"id\": 8, \"deep\": {\"name\": \"y\"}}\n{\"id\": \"9\"}\n";
    lake.put("raw/keys/a.json", documents.as_bytes());
    let by_key = "(ID, NAME, METADATA, _SOURCE_FILE) FROM (SELECT $1:id::NUMBER(10,0), $1:deep.name::VARCHAR, $1:deep, \
                  METADATA$FILENAME FROM @LAKE/keys/) FILE_FORMAT = (TYPE = JSON)";
    lake.copy(by_key).await;
    let rows = lake.rows("ID, NAME, METADATA").await;
    assert_eq!(rows, [["7", "X", "[7]"], ["8", "y", "{\"name\":\"y\"}"], ["9", "-", "-"]]);
    let listed = run(&lake.session, "LIST @LAKE/keys/").await;
    assert_eq!(listed[0][..2], ["s3://lake/raw/keys/a.json", &documents.len().to_string()]);
}
