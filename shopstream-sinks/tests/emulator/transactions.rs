//! What is done together, and what is not.

use shopstream_core::ErrorKind;
use shopstream_sinks::snowflake::client::{Session, Statement};
use shopstream_testkit::snowflake::Emulator;
use std::time::Duration;

use crate::fixture::{refused, run, shop};

async fn ids(session: &Session) -> String {
    let rows = run(session, "SELECT ID FROM T ORDER BY ID").await;
    rows.concat().join(" ")
}

#[tokio::test]
async fn nobody_sees_a_transaction_before_it_is_committed() {
    let emulator = Emulator::start().unwrap();
    let (writer, reader) = (shop(&emulator).await, shop(&emulator).await);
    run(&reader, "USE SCHEMA SHOP.PUBLIC").await;
    run(&writer, "CREATE TABLE T (ID NUMBER(10,0) NOT NULL, PRIMARY KEY (ID))").await;
    run(&writer, "CREATE TABLE LOADS (ID NUMBER(10,0))").await;
    run(&writer, "INSERT INTO T VALUES (1), (2)").await;
    for (end, expected) in [("ROLLBACK", "1 2"), ("COMMIT", "2 3")] {
        run(&writer, "BEGIN").await;
        run(&writer, "INSERT OVERWRITE INTO T SELECT ID + 1 FROM T").await;
        run(&writer, "INSERT INTO LOADS VALUES (1)").await;
        assert_eq!((ids(&writer).await, ids(&reader).await), ("2 3".to_owned(), "1 2".to_owned()));
        run(&writer, end).await;
        assert_eq!((ids(&writer).await.as_str(), ids(&reader).await.as_str()), (expected, expected));
    }
    assert_eq!(run(&reader, "SELECT COUNT(*) FROM LOADS").await, [["1"]]);
}

#[tokio::test]
async fn a_statement_that_defines_commits_what_is_open() {
    let emulator = Emulator::start().unwrap();
    let session = shop(&emulator).await;
    run(&session, "CREATE TABLE T (ID NUMBER(10,0))").await;
    for (n, defines) in [
        "CREATE TABLE IF NOT EXISTS T (ID NUMBER(10,0))",
        "ALTER TABLE T ADD COLUMN A DATE",
        "GRANT SELECT ON TABLE T TO ROLE R",
    ]
    .iter()
    .enumerate()
    {
        run(&session, "BEGIN").await;
        run(&session, &*format!("INSERT INTO T (ID) VALUES ({n})")).await;
        run(&session, *defines).await;
        run(&session, "ROLLBACK").await;
        assert_eq!(run(&session, "SELECT COUNT(*) FROM T").await, [[(n + 1).to_string()]], "{defines}");
    }
}

#[tokio::test]
async fn who_changes_a_table_waits_for_who_has_changed_it() {
    let emulator = Emulator::start().unwrap();
    let (first, second, hasty) = (shop(&emulator).await, shop(&emulator).await, shop(&emulator).await);
    run(&first, "CREATE TABLE T (ID NUMBER(10,0))").await;
    run(&first, "INSERT INTO T VALUES (1)").await;
    run(&first, "BEGIN").await;
    run(&first, "UPDATE T SET ID = ID + 1").await;
    let update = || Statement::new("UPDATE T SET ID = ID * 10");
    let given_up = hasty.execute(update().with_timeout(Duration::from_millis(300))).await.unwrap_err();
    assert_eq!(given_up.kind(), ErrorKind::Cancelled, "{given_up:?}");
    // Closed when it has told the server what it gave up.
    hasty.close().await.unwrap();
    let (waited, _) = tokio::join!(run(&second, update()), run(&first, "COMMIT"));
    assert_eq!(waited[0][0], "1");
    assert_eq!(ids(&first).await, "20");
}

#[tokio::test]
async fn rows_are_merged_deleted_and_counted() {
    let emulator = Emulator::start().unwrap();
    let session = shop(&emulator).await;
    run(&session, "CREATE TABLE T (ID NUMBER(10,0), NAME VARCHAR)").await;
    run(&session, "INSERT INTO T VALUES (1, 'a'), (2, 'b'), (3, 'c')").await;
    let merge = "MERGE INTO T AS O USING (SELECT 1 AS ID, 'x' AS NAME UNION ALL SELECT 2, NULL UNION ALL SELECT 9, 'n') AS N \
                 ON O.ID = N.ID WHEN MATCHED AND N.NAME IS NULL THEN DELETE WHEN MATCHED THEN UPDATE SET O.NAME = N.NAME \
                 WHEN NOT MATCHED THEN INSERT (ID, NAME) VALUES (N.ID, N.NAME)";
    let report = session.execute(merge).await.unwrap().report().clone();
    assert_eq!((report.inserted, report.updated, report.deleted), (Some(1), Some(1), Some(1)));
    assert_eq!(run(&session, "SELECT * FROM T ORDER BY ID").await, [["1", "x"], ["3", "c"], ["9", "n"]]);
    let twice = "MERGE INTO T USING (SELECT 1 AS ID UNION ALL SELECT 1) AS S ON T.ID = S.ID WHEN MATCHED THEN DELETE";
    assert_eq!(refused(&session, twice).await.context("code"), Some("100090"));

    run(&session, "CREATE TABLE KEPT AS SELECT 1 AS ID").await;
    let delete = "DELETE FROM T WHERE NOT EXISTS (SELECT 1 FROM KEPT WHERE KEPT.ID = T.ID)";
    assert_eq!(session.execute(delete).await.unwrap().report().deleted, Some(2));
    let using = "DELETE FROM T USING KEPT WHERE KEPT.ID = T.ID";
    assert_eq!(session.execute(using).await.unwrap().report().deleted, Some(1));
    let none = refused(&session, "UPDATE NONE SET ID = 1").await;
    assert_eq!(none.kind(), ErrorKind::NotFound);
}
