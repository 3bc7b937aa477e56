//! The warehouse: its promises, and files of a lake in S3.

use arrow::{
    array::{Array, AsArray, Decimal128Array, Int64Array, RecordBatch, StringViewArray, TimestampMicrosecondArray},
    compute::concat_batches,
    datatypes::{DataType, Decimal128Type, Field, Int64Type, Schema, TimeUnit},
};
use futures::TryStreamExt;
use shopstream_core::{
    BatchStream, Build, Check, Condition, Error, ErrorKind, Format, Landed, Layout, LoadOptions, Manifest, Measure,
    Operand, Partition, QueryTable, Rule, Secret, SystemClock, TableRead, TableRef, Warehouse, WriteOptions,
    conformance, date, dec, timestamp,
};
use shopstream_core::{Lake, Result};
use shopstream_sinks::{
    lake::{ObjectStoreLake, S3Options},
    snowflake::{
        client::{self, Session},
        provision::{ApplyOptions, Inventory, Settings, plan},
        warehouse::SnowflakeWarehouse,
    },
};
use shopstream_testkit::{s3::S3Server, snowflake::Emulator};
use std::{fs, sync::Arc};
use url::Url;

use crate::fixture::{nowhere, run};

/// A lake in S3, and an emulator that reads it, where the plan of no tables was applied.
struct Place {
    s3: S3Server,
    emulator: Emulator,
    lake: Arc<dyn Lake>,
    session: Session,
}

impl Place {
    async fn new() -> Self {
        let s3 = S3Server::start().await.unwrap();
        s3.create_bucket("lake").unwrap();
        let emulator = Emulator::builder().s3(&s3.endpoint(), s3.access_key(), s3.secret_key()).start().unwrap();
        let options = S3Options::default()
            .with_endpoint(s3.endpoint())
            .with_allow_http(true)
            .with_keys(s3.access_key(), Secret::new(s3.secret_key()));
        let url = Url::parse("s3://lake/prod").unwrap();
        let lake = ObjectStoreLake::s3(&url, &options, Layout::dated("raw/shop")).unwrap();
        let session = nowhere(&emulator);
        let all = plan(&settings(), &[], &Inventory::default()).unwrap();
        all.apply(&session, &ApplyOptions::default()).await.unwrap();
        Self { s3, emulator, lake: Arc::new(lake), session }
    }

    fn warehouse(&self) -> SnowflakeWarehouse {
        let url = format!("snowflake://tester:any@myorg-shop?endpoint={}", self.emulator.url());
        let session = client::Settings::from_url(&url).unwrap();
        let builder = SnowflakeWarehouse::builder(session, settings(), Arc::new(SystemClock::new()));
        builder.lake(self.lake.clone()).build().unwrap()
    }

    /// Writes orders with these ids to the lake.
    async fn orders(&self, day: i32, ids: &[i64], format: Format) -> Manifest {
        let rows = orders(ids);
        let options = WriteOptions::new(timestamp!("2026-01-14 02:00:00")).with_format(format);
        let read = TableRead::from_batches(rows.schema(), vec![rows]).with_key(["id"]);
        let partition = Partition::new("orders", date!("2026-01-14").plus_days(day));
        self.lake.write(&partition, read, &options).await.unwrap()
    }

    /// What stands in a table of Snowflake's, in the order of its columns.
    async fn ask(&self, sql: &str) -> Vec<Vec<String>> {
        run(&self.session, sql).await
    }

    /// The tables of builds that are left.
    async fn asides(&self) -> usize {
        let sql = "SELECT TABLE_NAME FROM SHOPSTREAM_DWH.INFORMATION_SCHEMA.TABLES WHERE TABLE_NAME LIKE '%$%'";
        self.ask(sql).await.len()
    }
}

fn settings() -> Settings {
    Settings::builder("lake", "arn:aws:iam::123456789012:role/snowflake").prefix("prod").build().unwrap()
}

fn target() -> TableRef {
    "raw.orders".into()
}

fn options() -> LoadOptions {
    LoadOptions::new(target(), timestamp!("2026-01-15 02:00:00.000001"))
}

/// Orders with all that a file can get wrong: half-cents' digits, quotes, NULL and the empty text, documents, moments.
fn orders(ids: &[i64]) -> RecordBatch {
    let amounts = Decimal128Array::from_iter(ids.iter().map(|id| (id % 3 != 0).then_some(i128::from(*id) * 1_005)));
    let texts = [None, Some(""), Some("it's \"quoted\", é\n"), Some("back\\slash")];
    let notes = StringViewArray::from_iter(ids.iter().map(|id| texts[usize::try_from(id % 4).unwrap()]));
    let documents = StringViewArray::from_iter(ids.iter().map(|id| (id % 2 == 0).then_some("{\"a\":[1,\"x\"]}")));
    let moments = TimestampMicrosecondArray::from_iter(ids.iter().map(|id| (id % 5 != 0).then_some(id - 3)));
    let json = Field::new("document", DataType::Utf8View, true)
        .with_metadata([("ARROW:extension:name".to_owned(), "arrow.json".to_owned())].into());
    let schema = Schema::new(vec![
        Field::new("id", DataType::Int64, false),
        Field::new("amount", DataType::Decimal128(12, 2), true),
        Field::new("note", DataType::Utf8View, true),
        json,
        Field::new("at", DataType::Timestamp(TimeUnit::Microsecond, None), true),
    ]);
    RecordBatch::try_new(
        Arc::new(schema),
        vec![
            Arc::new(Int64Array::from(ids.to_vec())),
            Arc::new(amounts.with_precision_and_scale(12, 2).unwrap()),
            Arc::new(notes),
            Arc::new(documents),
            Arc::new(moments),
        ],
    )
    .unwrap()
}

async fn collect(rows: Result<BatchStream>) -> RecordBatch {
    let batches: Vec<RecordBatch> = rows.unwrap().try_collect().await.unwrap();
    concat_batches(batches[0].schema_ref(), &batches).unwrap()
}

async fn begin(warehouse: &SnowflakeWarehouse, run: &str) -> Box<dyn Build> {
    warehouse.begin(&run.parse().unwrap()).await.unwrap()
}

/// An error unless these are the orders with these ids, as they were written, and landed from there.
fn assert_orders(found: &RecordBatch, ids: &[i64], folder: &str) {
    let mut sorted = ids.to_vec();
    sorted.sort_unstable();
    let expected = orders(&sorted);
    let order = arrow::compute::sort_to_indices(found.column(0), None, None).unwrap();
    let found = arrow::compute::take_record_batch(found, &order).unwrap();
    assert_eq!(found.num_rows(), ids.len());
    for (i, field) in expected.schema().fields().iter().enumerate() {
        assert_eq!(found.column(i), expected.column(i), "{}", field.name());
    }
    let files = found.column_by_name(Landed::<()>::SOURCE_FILE).unwrap().as_string_view();
    assert!(files.iter().all(|file| file.unwrap().starts_with(folder)), "{files:?}");
    let loaded = found.column_by_name(Landed::<()>::LOADED_AT).unwrap();
    let loaded = loaded.as_primitive::<arrow::datatypes::TimestampMicrosecondType>();
    assert!(loaded.values().iter().all(|at| *at == options().loaded_at.micros()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keeps_the_promises_of_a_warehouse() {
    let place = Place::new().await;
    let warehouse = place.warehouse();
    conformance::warehouse::all(&warehouse).await.unwrap_or_else(|error| panic!("{error:?}"));
    let lake: Vec<_> = place.lake.list("_put").try_collect().await.unwrap();
    assert!(lake.is_empty(), "{lake:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_of_each_format_land_exactly() {
    let place = Place::new().await;
    let warehouse = place.warehouse();
    for (day, format) in [Format::Parquet, Format::Csv, Format::Ndjson].into_iter().enumerate() {
        let ids: Vec<i64> = (1..=20).collect();
        let manifest = place.orders(i32::try_from(day).unwrap(), &ids, format).await;
        let build = begin(&warehouse, &format!("format-{day}")).await;
        let report =
            build.load(&*place.lake, &manifest, &options()).await.unwrap_or_else(|e| panic!("{format:?} {e:?}"));
        assert_eq!((report.rows, report.unchanged), (20, false));
        let usage = report.usage.unwrap();
        assert_eq!(usage.compute, "LOADING_WH");
        assert!(usage.seconds > 0.0 && usage.credits.is_some_and(|credits| credits > 0.0));
        let landed = collect(build.read(&target(), None).await).await;
        assert_orders(&landed, &ids, manifest.files[0].key.rsplit_once('/').unwrap().0);
        let published = build.publish().await.unwrap();
        assert_eq!(published.tables, [target()]);
        assert_orders(&collect(warehouse.read(&target(), None).await).await, &ids, "raw/shop/orders/");
    }
    let loads = place.ask("SELECT COUNT(*), COUNT(DISTINCT DIGEST) FROM SHOPSTREAM_DWH.RAW._LOADS").await;
    assert_eq!(loads, [["3", "3"]]);
    assert_eq!(place.asides().await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_second_day_is_merged_where_the_files_lie() {
    let place = Place::new().await;
    let warehouse = place.warehouse();
    let first = place.orders(0, &[1, 2, 3, 4], Format::Parquet).await;
    let build = begin(&warehouse, "day-1").await;
    build.load(&*place.lake, &first, &options()).await.unwrap();
    build.publish().await.unwrap();

    let options_ = WriteOptions::new(timestamp!("2026-01-15 02:00:00"));
    let keys = orders(&[2, 3, 4, 5]).project(&[0]).unwrap();
    let keys = TableRead::from_batches(keys.schema(), vec![keys]).with_key(["id"]);
    let keys = place.lake.write(&Partition::new("orders.keys", date!("2026-01-15")), keys, &options_).await.unwrap();
    let rows = orders(&[5, 2]);
    let read = TableRead::from_batches(rows.schema(), vec![rows])
        .with_key(["id"])
        .with_increment(shopstream_core::Increment::new(Some(date!("2026-01-14"))).with_keys(keys));
    let second = place.lake.write(&Partition::new("orders", date!("2026-01-15")), read, &options_).await.unwrap();
    let build = begin(&warehouse, "day-2").await;
    assert!(!build.load(&*place.lake, &second, &options()).await.unwrap().unchanged);
    build.publish().await.unwrap();
    assert_orders(&collect(warehouse.read(&target(), None).await).await, &[2, 3, 4, 5], "raw/shop/orders/");
    let build = begin(&warehouse, "day-2").await;
    assert!(build.load(&*place.lake, &second, &options()).await.unwrap().unchanged);
    assert!(build.publish().await.unwrap().tables.is_empty());
    assert_eq!(place.asides().await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_load_that_fails_leaves_everything_as_it_was() {
    let place = Place::new().await;
    let warehouse = place.warehouse();
    let good = place.orders(0, &[1, 2, 3], Format::Csv).await;
    let build = begin(&warehouse, "good").await;
    build.load(&*place.lake, &good, &options()).await.unwrap();
    build.publish().await.unwrap();

    let bad = place.orders(1, &[4, 5, 6, 7], Format::Csv).await;
    let path = place.s3.folder().join("lake/prod").join(&bad.files[0].key);
    let text = fs::read_to_string(&path).unwrap();
    let lines = |text: &str| text.replace("\n5,", "\nplanted,");
    fs::write(&path, lines(&text)).unwrap();
    let build = begin(&warehouse, "bad").await;
    let error = build.load(&*place.lake, &bad, &options()).await.unwrap_err();
    assert_eq!((error.kind(), error.context("file")), (ErrorKind::Data, Some(bad.files[0].key.as_str())));
    assert_eq!((error.context("table"), error.context("loaded")), (Some("raw.orders"), Some("3")));
    assert!(error.context("line").is_some() && !format!("{error:?}").contains("planted"), "{error:?}");
    assert!(build.tables().await.unwrap().is_empty());
    assert_orders(&collect(build.read(&target(), None).await).await, &[1, 2, 3], "raw/shop/");
    fs::remove_file(&path).unwrap();
    let error = build.load(&*place.lake, &bad, &options()).await.unwrap_err();
    assert_eq!((error.kind(), error.context("file")), (ErrorKind::Data, Some(bad.files[0].key.as_str())));
    drop(build);

    // What the failed loads left is gone with the next build of the run.
    begin(&warehouse, "bad").await.abandon().await.unwrap();
    assert_orders(&collect(warehouse.read(&target(), None).await).await, &[1, 2, 3], "raw/shop/");
    assert_eq!(place.asides().await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_processes_the_later_one_has_the_build() {
    let place = Place::new().await;
    let (one, other) = (place.warehouse(), place.warehouse());
    let manifest = place.orders(0, &[1, 2, 3], Format::Parquet).await;
    let first = begin(&one, "shared").await;
    first.load(&*place.lake, &manifest, &options()).await.unwrap();
    let second = begin(&other, "shared").await;
    assert_eq!(second.tables().await.unwrap(), [target()]);
    let conflict =
        |error: Error| assert_eq!((error.kind(), error.context("run")), (ErrorKind::Conflict, Some("shared")));
    let newer = place.orders(1, &[4], Format::Parquet).await;
    conflict(first.load(&*place.lake, &newer, &options()).await.unwrap_err());
    conflict(first.remove(&target()).await.unwrap_err());
    conflict(first.publish().await.unwrap_err());
    assert!(one.tables().await.unwrap().is_empty());
    second.publish().await.unwrap();
    assert_orders(&collect(one.read(&target(), None).await).await, &[1, 2, 3], "raw/shop/");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn data_tests_run_over_there_as_they_do_here() {
    let place = Place::new().await;
    let (warehouse, memory) = (place.warehouse(), shopstream_core::memory::MemoryWarehouse::new());
    let there = begin(&warehouse, "checks").await;
    let here = memory.begin(&"checks".parse().unwrap()).await.unwrap();
    let orders = orders(&[1, 2, 2, 3, 4, 5, 6, 8, 9, 12]);
    for build in [&there, &here] {
        let put = |table: &str, rows: RecordBatch| {
            let (table, rows) = (TableRef::from(table), futures::stream::iter([Ok(rows.clone())]));
            async move { build.put(&table, orders_schema(&table), Box::pin(rows)).await.unwrap() }
        };
        put("marts.orders", orders.clone()).await;
        put("marts.others", orders.slice(3, 4)).await;
    }
    let keyed = |rule: Rule| Check::new("t", "marts.orders", rule).with_keys(["id"]);
    let sums = |details: &str| Rule::SumsTo {
        column: "amount".into(),
        key: "id".into(),
        details: details.into(),
        details_key: "id".into(),
        details_column: "amount".into(),
    };
    let rules = [
        Rule::unique(["id"]),
        Rule::unique(["note", "document"]),
        Rule::not_null("amount"),
        Rule::accepted("note", ["", "back\\slash"]),
        Rule::accepted("note", [""; 0]),
        Rule::references("id", "marts.others", "id"),
        Rule::references("note", "marts.others", "note"),
        Condition::gt("amount", dec!(25.125) as shopstream_core::Decimal<10, 3>).into(),
        Condition::le("id", "amount").into(),
        Condition::lt(Operand::product("id", "amount"), 100).into(),
        Condition::ge("at", timestamp!("1970-01-01 00:00:00.000001")).into(),
        Condition::eq("at", date!("1970-01-01")).into(),
        sums("marts.orders"),
        sums("marts.others"),
        Rule::RowCount { expected: 10 },
        Rule::RowCount { expected: 11 },
        Rule::equal(Measure::sum("marts.orders", "amount"), Measure::sum("marts.others", "amount")),
        Rule::equal(Measure::count_distinct("marts.orders", "id"), Measure::count("marts.orders")),
        Rule::equal(Measure::sum("marts.orders", "amount"), Measure::sum("marts.orders", "amount")),
    ];
    let mut failed = 0;
    for rule in rules {
        for check in [keyed(rule.clone()), Check::new("t", "marts.orders", rule.clone())] {
            let (there, here) = (there.check(&check).await.unwrap(), here.check(&check).await.unwrap());
            assert_eq!((there.passed, there.failures), (here.passed, here.failures), "{rule:?}");
            let (mut left, mut right) = (there.sample, here.sample);
            left.sort();
            right.sort();
            assert_eq!(left, right, "{rule:?}");
            failed += usize::from(!here.passed);
        }
    }
    assert!(failed > 20, "{failed}");
    let missing = Check::new("t", "marts.nothing", Rule::not_null("id"));
    assert_eq!(there.check(&missing).await.unwrap_err().kind(), ErrorKind::NotFound);
    there.abandon().await.unwrap();
}

fn orders_schema(_: &TableRef) -> Arc<Schema> {
    orders(&[]).schema()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_query_makes_a_table_without_losing_a_cent() {
    let place = Place::new().await;
    let warehouse = place.warehouse();
    let build = begin(&warehouse, "cents").await;
    let put = |rows: RecordBatch| Box::pin(futures::stream::iter([Ok(rows)]));
    build.put(&"marts.orders".into(), orders(&[]).schema(), put(orders(&[1, 2, 4, 5]))).await.unwrap();
    let money = |scale| {
        let fields =
            vec![Field::new("n", DataType::Int64, false), Field::new("total", DataType::Decimal128(38, scale), true)];
        Arc::new(Schema::new(fields))
    };
    let query = "SELECT SUM(amount) AS total, COUNT(*) AS n FROM marts.orders";
    let made = build.materialize(&QueryTable::new("marts.totals", money(2), query)).await.unwrap();
    assert_eq!((made.rows, made.usage.unwrap().compute.as_str()), (1, "TRANSFORM_WH"));
    let totals = collect(build.read(&"marts.totals".into(), None).await).await;
    assert_eq!(totals.column(0).as_primitive::<Int64Type>().value(0), 4);
    assert_eq!(totals.column(1).as_primitive::<Decimal128Type>().value(0), 12_060);
    assert!(!totals.column(1).is_null(0));
    // A column with fewer digits would be rounded in silence.
    let rounded = "SELECT 1.5 AS n, 1 AS total UNION ALL SELECT 2, 1";
    let error = build.materialize(&QueryTable::new("marts.totals", money(2), rounded)).await.unwrap_err();
    assert_eq!((error.kind(), error.context("columns")), (ErrorKind::Schema, Some("n: 1 digits behind the point")));
    let float = "SELECT 1 AS n, CAST(0.1 AS FLOAT) AS total";
    let error = build.materialize(&QueryTable::new("marts.totals", money(2), float)).await.unwrap_err();
    assert_eq!((error.kind(), error.context("columns")), (ErrorKind::Schema, Some("total: a float")));
    let error = build.materialize(&QueryTable::new("marts.totals", money(1), query)).await.unwrap_err();
    assert_eq!((error.kind(), error.context("columns")), (ErrorKind::Schema, Some("total: 2 digits behind the point")));
    build.abandon().await.unwrap();
}

fn twins() -> [TableRef; 2] {
    ["marts.one".into(), "marts.other".into()]
}

/// Puts rows with these ids into both tables.
async fn fill(build: &dyn Build, ids: &[i64]) {
    for table in twins() {
        let rows = orders(ids);
        build.put(&table, rows.schema(), Box::pin(futures::stream::iter([Ok(rows)]))).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_see_all_of_a_publish_or_nothing() {
    let place = Place::new().await;
    let warehouse = place.warehouse();
    let build = begin(&warehouse, "first").await;
    fill(&*build, &[1, 2, 3]).await;
    build.publish().await.unwrap();
    let reader = nowhere(&place.emulator);
    let reading = tokio::spawn(async move {
        let sql = "SELECT (SELECT COUNT(*) FROM SHOPSTREAM_DWH.MARTS.ONE), (SELECT COUNT(*) FROM SHOPSTREAM_DWH.MARTS.OTHER), \
                   (SELECT MAX(VERSION) FROM SHOPSTREAM_DWH.RAW._TABLES)";
        let mut seen = vec![];
        loop {
            let row = run(&reader, sql).await.remove(0);
            let last = row[2] == "6";
            seen.push(row);
            if last {
                return seen;
            }
        }
    });
    for version in 2..=6 {
        let build = begin(&warehouse, &format!("run-{version}")).await;
        fill(&*build, &(0..version).collect::<Vec<_>>()).await;
        build.publish().await.unwrap();
    }
    let seen = reading.await.unwrap();
    for row in &seen {
        let rows = if row[2] == "1" { "3" } else { row[2].as_str() };
        assert_eq!(row[..2], [rows, rows], "{seen:?}");
    }
    assert!(seen.len() > 6, "{seen:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_publish_that_fails_in_the_middle_shows_nothing() {
    let place = Place::new().await;
    let warehouse = place.warehouse();
    let build = begin(&warehouse, "good").await;
    fill(&*build, &[1, 2, 3]).await;
    build.publish().await.unwrap();
    // Somebody takes the second table's column away, so that the first is written when the second fails.
    place.ask("CREATE OR REPLACE TABLE SHOPSTREAM_DWH.MARTS.OTHER (ID NUMBER(19,0))").await;
    let build = begin(&warehouse, "bad").await;
    fill(&*build, &[4]).await;
    let error = build.publish().await.unwrap_err();
    // Of which kind it is the emulator tells otherwise than Snowflake; the first table was written by then.
    assert_eq!(error.context("table"), Some("marts.other"), "{error:?}");
    assert_eq!(place.ask("SELECT COUNT(*) FROM SHOPSTREAM_DWH.MARTS.ONE").await, [["3"]]);
    assert_eq!(place.ask("SELECT COUNT(*) FROM SHOPSTREAM_DWH.RAW._TABLES WHERE RUN = 'bad'").await, [["0"]]);

    // When it is as it was, the run finds its build again.
    place.ask("DROP TABLE SHOPSTREAM_DWH.MARTS.OTHER").await;
    let build = begin(&warehouse, "bad").await;
    assert_eq!(build.tables().await.unwrap(), twins());
    assert_eq!(build.publish().await.unwrap().tables, twins());
    for table in ["ONE", "OTHER"] {
        assert_eq!(place.ask(&format!("SELECT COUNT(*) FROM SHOPSTREAM_DWH.MARTS.{table}")).await, [["1"]]);
    }
    assert_eq!(place.asides().await, 0);
}
