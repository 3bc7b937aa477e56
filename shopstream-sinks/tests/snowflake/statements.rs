//! Statements that go well, take long, are refused, or are given up.

use arrow::{array::AsArray, datatypes::Int64Type};
use serde_json::{Value, json};
use shopstream_core::{ErrorKind, dec};
use shopstream_sinks::snowflake::client::{Answer, Statement};
use std::time::Duration;

use crate::server::{Server, Told, at_work, one_row, refused, session, until};

pub(crate) async fn numbers(answer: Answer) -> Vec<i64> {
    let batches = answer.batches().await.unwrap();
    batches.iter().flat_map(|batch| batch.column(0).as_primitive::<Int64Type>().values().to_vec()).collect()
}

#[tokio::test]
async fn a_statement_carries_its_values_and_its_tag_and_answers_a_report() {
    let server = Server::start(|asked| {
        asked.sql().starts_with("MERGE").then(|| {
            Told::Json(json!({"success": true, "data": {
                "queryId": "01b2-0002", "total": 1, "rowset": [["2", "3"]], "finalWarehouseName": "LOADING_WH",
                "rowtype": [{"name": "number of rows inserted", "type": "fixed", "precision": 19, "scale": 0},
                            {"name": "number of rows updated", "type": "fixed", "precision": 19, "scale": 0}],
                "stats": {"numRowsInserted": 2, "numRowsUpdated": 3, "numRowsDeleted": 0, "numDmlDuplicates": 1},
            }}))
        })
    })
    .await;
    let session = session(server.settings().with_warehouse("\"wh\"").with_schema("RAW").with_role("LOADER"));
    let amount: shopstream_core::Decimal<10, 2> = dec!(12.50);
    let merge = Statement::new("MERGE INTO t USING s ON t.id = ?").bind(7_i64).bind(amount).bind(None::<&str>);
    let merge = merge.with_model("raw.orders").with_timeout(Duration::from_secs(90));
    let report = session.execute(merge).await.unwrap().report().clone();
    assert_eq!(
        (report.query_id.as_str(), report.warehouse.as_deref(), report.rows),
        ("01b2-0002", Some("LOADING_WH"), 1)
    );
    let counts = (report.inserted, report.updated, report.deleted, report.duplicates);
    assert_eq!(counts, (Some(2), Some(3), Some(0), Some(1)));
    assert_eq!((report.polls, report.resends, report.logins), (0, 0, 0));

    let login = &server.of("/session/v1/login-request")[0];
    let begins_with = ["databaseName", "schemaName", "warehouse", "roleName"].map(|name| login.query[name].as_str());
    assert_eq!(begins_with, ["SHOP", "RAW", "\"wh\"", "LOADER"]);
    let data = &login.body["data"];
    assert_eq!(
        (&data["ACCOUNT_NAME"], &data["LOGIN_NAME"], &data["PASSWORD"]),
        (&json!("MYORG-SHOP"), &json!("LOADER"), &json!("pw"))
    );
    assert_eq!(data["SESSION_PARAMETERS"]["TIMEZONE"], "UTC");
    assert_eq!(data["SESSION_PARAMETERS"]["STATEMENT_TIMEOUT_IN_SECONDS"], 3600);
    assert!(data["SESSION_PARAMETERS"]["QUERY_TAG"].as_str().unwrap().contains("shop-2026-01-14"));

    let sent = &server.queries()[0];
    assert_eq!((sent.token(), sent.request_id()), ("Snowflake Token=\"session-1\"", report.request_id.as_str()));
    let bindings = json!({"1": {"type": "FIXED", "value": "7"}, "2": {"type": "FIXED", "value": "12.50"}, "3": {"type": "TEXT", "value": null}});
    assert_eq!(sent.body["bindings"], bindings);
    assert_eq!(sent.body["parameters"]["STATEMENT_TIMEOUT_IN_SECONDS"], 90);
    let tag: Value = serde_json::from_str(sent.body["parameters"]["QUERY_TAG"].as_str().unwrap()).unwrap();
    let expected =
        json!({"app": "shopstream", "run": "shop-2026-01-14", "model": "raw.orders", "request": report.request_id});
    assert_eq!(tag, expected);
}

#[tokio::test]
async fn a_session_logs_in_once_and_closes() {
    let server = Server::start(|_| None).await;
    let session = server.session();
    assert!(server.asked().is_empty(), "nothing is sent before the first statement");
    for _ in 0..2 {
        assert_eq!(numbers(session.execute("SELECT 1").await.unwrap()).await, [1]);
    }
    // What looks like PUT is a statement like any other: no file is read.
    session.execute("PUT file:///etc/passwd @stage").await.unwrap();
    session.close().await.unwrap();
    let query = "/queries/v1/query-request";
    assert_eq!(server.paths(), ["/session/v1/login-request", query, query, query, "/session"]);
    assert_eq!(server.queries()[2].sql(), "PUT file:///etc/passwd @stage");
    let closed = &server.of("/session")[0];
    assert_eq!((closed.query["delete"].as_str(), closed.token()), ("true", "Snowflake Token=\"session-1\""));
}

#[tokio::test]
async fn what_takes_long_is_asked_for_until_it_is_there() {
    let mut polls = 0;
    let server = Server::start(move |asked| match asked.path.as_str() {
        "/queries/01b2-0001/result" => {
            polls += 1;
            Some(if polls < 3 { at_work("333333") } else { one_row() })
        }
        _ => asked.is_query().then(|| at_work("333334")),
    })
    .await;
    let answer = server.session().execute("INSERT INTO t SELECT 1").await.unwrap();
    assert_eq!((answer.report().polls, answer.report().query_id.as_str()), (3, "01b2-0001"));
    assert_eq!(numbers(answer).await, [1]);
    assert_eq!((server.queries().len(), server.of("/queries/01b2-0001/result").len()), (1, 3));
    assert!(server.of("/queries/01b2-0001/result").iter().all(|poll| poll.token() == "Snowflake Token=\"session-1\""));
}

#[tokio::test]
async fn at_its_time_limit_a_statement_is_cancelled_here_and_there() {
    let server = Server::start(|asked| {
        let aborts = asked.path == "/queries/v1/abort-request";
        (asked.path.starts_with("/queries/") && !aborts).then(|| at_work("333333"))
    })
    .await;
    let session = server.session();
    let error =
        session.execute(Statement::new("CALL slow()").with_timeout(Duration::from_millis(200))).await.unwrap_err();
    assert_eq!((error.kind(), error.context("query_id")), (ErrorKind::Cancelled, Some("01b2-0001")));
    let abort = server.wait_for("/queries/v1/abort-request").await;
    assert_eq!(abort.body["requestId"], server.queries()[0].request_id());
    assert_eq!(error.context("request_id"), Some(server.queries()[0].request_id()));
    assert_ne!(abort.request_id(), server.queries()[0].request_id());
}

#[tokio::test]
async fn a_statement_that_is_dropped_is_cancelled_before_its_session_is_closed() {
    // The server puts the cancelling off for a while.
    let mut put_off = 2;
    let server = Server::start(move |asked| match asked.path.as_str() {
        "/queries/v1/abort-request" if put_off > 0 => {
            put_off -= 1;
            Some(Told::Http { status: 503, headers: vec![], body: vec![] })
        }
        _ => asked.is_query().then_some(Told::Silence),
    })
    .await;
    let session = server.session();
    {
        let mut statement = Box::pin(session.execute("DELETE FROM t"));
        tokio::select! {
            _ = &mut statement => panic!("it cannot end"),
            _ = server.wait_for("/queries/v1/query-request") => {}
        }
    }
    drop(session);
    server.wait_for("/session").await;
    let paths = server.paths();
    let abort = "/queries/v1/abort-request";
    assert_eq!(paths[2..], [abort, abort, abort, "/session"], "{paths:?}");
    assert_eq!(server.of("/queries/v1/abort-request")[0].body["requestId"], server.queries()[0].request_id());
}

#[tokio::test]
async fn what_is_refused_is_told_by_code_and_not_tried_again() {
    let server = Server::start(|asked| asked.is_query().then(|| refused("100038"))).await;
    let session = server.session();
    let error = session.execute(Statement::new("INSERT INTO t SELECT 'x'").with_model("raw.orders")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Data);
    let contexts = ["code", "sqlstate", "query_id", "model"].map(|key| error.context(key).unwrap());
    assert_eq!(contexts, ["100038", "22018", "01b2-0001", "raw.orders"]);
    assert!(!format!("{error} {error:?}").contains("planted"), "{error:?}");
    session.close().await.unwrap();
    assert_eq!(server.paths().len(), 3, "a login, the statement once, no cancelling: {:?}", server.paths());
}

#[tokio::test]
async fn a_token_goes_nowhere_else() {
    for elsewhere in ["https://evil.test/x", "//evil.test/x", "http://127.0.0.1:1/x"] {
        let server = Server::start(move |asked| {
            let data = json!({"queryId": "01b2-0001", "getResultUrl": elsewhere});
            asked.is_query().then(|| Told::Json(json!({"success": true, "code": "333334", "data": data})))
        })
        .await;
        let error = server.session().execute("SELECT 1").await.unwrap_err();
        assert!(error.to_string().contains("not its own") && !error.is_retryable(), "{error}");
    }
    // Nor by a redirect.
    let other = Server::start(|_| None).await;
    let to = other.url.join("/session/v1/login-request").unwrap().to_string();
    let server =
        Server::start(move |_| Some(Told::Http { status: 307, headers: vec![("location", to.clone())], body: vec![] }))
            .await;
    assert!(server.session().execute("SELECT 1").await.is_err());
    until("the request was seen", || !server.asked().is_empty()).await;
    assert!(other.asked().is_empty());
}
