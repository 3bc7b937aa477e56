//! What is refused, by its code.

use shopstream_core::ErrorKind;
use shopstream_testkit::snowflake::Emulator;

use crate::fixture::{nowhere, refused, run, shop};

#[tokio::test]
async fn each_has_the_code_and_the_kind_that_it_has_in_snowflake() {
    let emulator = Emulator::start().unwrap();
    let session = shop(&emulator).await;
    run(&session, "CREATE TABLE T (ID NUMBER(3,0) NOT NULL, NAME VARCHAR)").await;
    for (sql, code, state, kind) in [
        ("SELECT * FROM NONE", "002003", "42S02", ErrorKind::NotFound),
        ("INSERT INTO PUBLIC.NONE VALUES (1)", "002003", "42S02", ErrorKind::NotFound),
        ("DROP TABLE NONE", "002003", "42S02", ErrorKind::NotFound),
        ("CREATE TABLE NONE.T (ID NUMBER)", "002003", "02000", ErrorKind::NotFound),
        ("USE SCHEMA NONE", "002043", "02000", ErrorKind::NotFound),
        ("LIST @NONE", "002003", "02000", ErrorKind::NotFound),
        ("CREATE TABLE T (ID NUMBER)", "002002", "42710", ErrorKind::Conflict),
        ("CREATE SCHEMA PUBLIC", "002002", "42710", ErrorKind::Conflict),
        ("SELEC 1", "001003", "42000", ErrorKind::Config),
        ("SELECT (1", "001003", "42000", ErrorKind::Config),
        ("SELECT NONE FROM T", "000904", "42000", ErrorKind::Schema),
        ("SELECT MISSING(1)", "002141", "42601", ErrorKind::Config),
        ("SELECT 'x'::NUMBER", "100038", "22018", ErrorKind::Data),
        ("INSERT INTO T VALUES (NULL, 'x')", "100072", "22000", ErrorKind::Data),
    ] {
        let error = refused(&session, sql).await;
        let found = (error.context("code"), error.context("sqlstate"), error.kind());
        assert_eq!(found, (Some(code), Some(state), kind), "{sql}");
        assert!(error.context("query_id").is_some());
    }
    assert_eq!(run(&session, "SELECT COUNT(*) FROM T").await, [["0"]]);
}

#[tokio::test]
async fn without_a_database_a_name_says_all() {
    let emulator = Emulator::start().unwrap();
    let session = nowhere(&emulator);
    let error = refused(&session, "CREATE TABLE T (ID NUMBER)").await;
    assert_eq!(error.context("code"), Some("090105"));
    run(&session, "CREATE DATABASE \"SHOP\"").await;
    run(&session, "CREATE TABLE SHOP.PUBLIC.\"odd $name-1.2\" (ID NUMBER)").await;
    assert_eq!(run(&session, "SHOW TABLES IN SCHEMA SHOP.PUBLIC").await[0][1], "odd $name-1.2");
}
