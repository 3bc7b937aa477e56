//! Results that are long, and what is said of a statement.

use arrow::{array::AsArray, datatypes::Int64Type};
use shopstream_sinks::snowflake::client::Statement;
use shopstream_testkit::snowflake::Emulator;

use crate::fixture::{run, shop};

#[tokio::test]
async fn a_long_result_comes_in_parts_and_in_order() {
    let emulator = Emulator::start().unwrap();
    let session = shop(&emulator).await;
    let digits = "(VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9))";
    let joined: Vec<String> = ["A", "B", "C", "E"].iter().map(|name| format!("{digits} AS {name} (D)")).collect();
    let numbers = format!(
        "SELECT CAST(A.D + 10 * B.D + 100 * C.D + 1000 * E.D AS NUMBER(10,0)) AS N FROM {} ORDER BY N",
        joined.join(" CROSS JOIN ")
    );
    let twice = format!("SELECT N FROM ({numbers}) UNION ALL SELECT N + 10000 FROM ({numbers}) ORDER BY N");
    let answer = session.execute(&*twice).await.unwrap();
    assert_eq!(answer.report().rows, 20_000);
    let batches = answer.batches().await.unwrap();
    assert!(batches.len() > 1);
    let found = batches.iter().flat_map(|batch| batch.column(0).as_primitive::<Int64Type>().values().to_vec());
    assert!(found.eq(0..20_000));
}

#[tokio::test]
async fn a_report_says_where_and_how() {
    let emulator = Emulator::start().unwrap();
    let session = shop(&emulator).await;
    let where_it_is = "SELECT CURRENT_DATABASE(), CURRENT_SCHEMA(), CURRENT_WAREHOUSE(), CURRENT_USER()";
    assert_eq!(run(&session, where_it_is).await, [["SHOP", "PUBLIC", "LOADING_WH", "LOADER"]]);
    session.configure("USE WAREHOUSE TRANSFORM_WH").await.unwrap();
    session.configure("ALTER SESSION SET WEEK_START = 1").await.unwrap();
    let report = session.execute("SELECT 1").await.unwrap().report().clone();
    assert_eq!((report.warehouse.as_deref(), report.rows), (Some("TRANSFORM_WH"), 1));
    assert!(!report.query_id.is_empty());
    let shown = run(&session, "SHOW PARAMETERS LIKE 'week_start'").await;
    assert_eq!(shown[0][2], "1");
    session.close().await.unwrap();
}

#[tokio::test]
async fn the_history_knows_a_query_by_its_request() {
    let emulator = Emulator::start().unwrap();
    let session = shop(&emulator).await;
    let report = session.execute("CREATE TABLE T (ID NUMBER)").await.unwrap().report().clone();
    let sql = "SELECT QUERY_ID FROM TABLE(\"SHOP\".INFORMATION_SCHEMA.QUERY_HISTORY_BY_USER(RESULT_LIMIT => 10)) \
               WHERE CONTAINS(QUERY_TAG, ?)";
    let known = run(&session, Statement::new(sql).bind(report.request_id)).await;
    assert_eq!(known, [[report.query_id]]);
}
