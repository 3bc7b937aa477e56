//! Requests that fail for now: put off, broken off, late, cut short.

use serde_json::json;
use shopstream_core::{ErrorKind, Secret};
use shopstream_sinks::snowflake::client::{Credentials, Retries, Settings, Statement};
use std::time::Duration;

use crate::{
    server::{Server, Told, one_row, refused, rows, session},
    statements::numbers,
};

/// A server on which the first queries fail so, and the next one goes well.
async fn failing(times: usize, mut fail: impl FnMut() -> Told + Send + 'static) -> Server {
    let mut left = times;
    Server::start(move |asked| {
        (asked.is_query() && left > 0).then(|| {
            left -= 1;
            fail()
        })
    })
    .await
}

fn status(status: u16) -> Told {
    Told::Http { status, headers: vec![], body: b"<html>planted</html>".to_vec() }
}

#[tokio::test]
async fn what_fails_for_now_is_sent_again_under_the_same_id() {
    let ways: [fn() -> Told; 7] = [
        || Told::Http { status: 429, headers: vec![("retry-after", "0".to_owned())], body: vec![] },
        || status(500),
        || status(503),
        || status(504),
        || Told::Reset,
        // It promises more than it sends, and less than it has.
        || Told::Lying { length: 10_000, body: rows(json!([["1"]])).to_string().into_bytes() },
        || Told::Lying { length: 40, body: rows(json!([["1"]])).to_string().into_bytes() },
    ];
    for (i, way) in ways.into_iter().enumerate() {
        let server = failing(2, way).await;
        let answer = server.session().execute("SELECT 1").await.unwrap();
        assert_eq!(answer.report().resends, 2, "way {i}");
        assert_eq!(numbers(answer).await, [1]);
        let sent = server.queries();
        assert_eq!(sent.len(), 3, "way {i}: {sent:?}");
        assert!(sent.iter().all(|asked| asked.request_id() == sent[0].request_id() && asked.body == sent[0].body));
        let retries: Vec<_> = sent.iter().map(|asked| asked.query.get("retryCount").map(String::as_str)).collect();
        assert_eq!(retries, [None, Some("1"), Some("2")]);
        assert_ne!(sent[0].query["request_guid"], sent[1].query["request_guid"]);
    }
}

#[tokio::test]
async fn a_server_that_is_slow_is_asked_again() {
    let server = failing(1, || Told::Silence).await;
    let session = session(server.settings().with_request_timeout(Duration::from_millis(200)));
    assert_eq!(session.execute("SELECT 1").await.unwrap().report().resends, 1);
}

#[tokio::test]
async fn a_long_wait_is_bounded_by_the_settings() {
    let server =
        failing(1, || Told::Http { status: 429, headers: vec![("retry-after", "86400".to_owned())], body: vec![] })
            .await;
    assert_eq!(server.session().execute("SELECT 1").await.unwrap().report().resends, 1);
}

#[tokio::test]
async fn in_the_end_it_is_given_up_and_cancelled() {
    let server = failing(usize::MAX, || status(503)).await;
    let error = server.session().execute("SELECT 1").await.unwrap_err();
    assert_eq!(
        (error.kind(), error.context("status"), error.context("tries")),
        (ErrorKind::Unavailable, Some("503"), Some("4"))
    );
    assert!(error.is_retryable() && !format!("{error:?}").contains("planted"), "{error:?}");
    assert_eq!(server.queries().len(), 4);
    server.wait_for("/queries/v1/abort-request").await;
}

#[tokio::test]
async fn what_no_further_try_mends_is_not_tried_again() {
    for code in [400, 403, 404] {
        let server = failing(usize::MAX, move || status(code)).await;
        let error = server.session().execute("SELECT 1").await.unwrap_err();
        assert!(!error.is_retryable() && !format!("{error:?}").contains("planted"), "{error:?}");
        assert_eq!(server.queries().len(), 1);
    }
}

#[tokio::test]
async fn a_login_is_tried_again_too() {
    let mut left = 2;
    let server = Server::start(move |asked| {
        (asked.path == "/session/v1/login-request" && left > 0).then(|| {
            left -= 1;
            if left == 1 { Told::Reset } else { status(429) }
        })
    })
    .await;
    assert_eq!(numbers(server.session().execute("SELECT 1").await.unwrap()).await, [1]);
    assert_eq!((server.of("/session/v1/login-request").len(), server.queries().len()), (3, 1));
}

#[tokio::test]
async fn a_login_that_is_refused_is_not_and_the_next_statement_logs_in() {
    let mut first = true;
    let server = Server::start(move |asked| {
        (asked.path == "/session/v1/login-request" && std::mem::take(&mut first)).then(|| refused("390100"))
    })
    .await;
    let session = server.session();
    let error = session.execute("SELECT 1").await.unwrap_err();
    assert_eq!((error.kind(), error.context("code")), (ErrorKind::Permission, Some("390100")));
    assert!(!format!("{error:?}").contains("planted"), "{error:?}");
    assert_eq!(server.paths(), ["/session/v1/login-request"]);
    assert_eq!(numbers(session.execute("SELECT 1").await.unwrap()).await, [1]);
}

#[tokio::test]
async fn a_poll_that_fails_goes_on_asking() {
    let mut polls = 0;
    let server = Server::start(move |asked| {
        if asked.is_query() {
            return Some(crate::server::at_work("333334"));
        }
        (asked.path == "/queries/01b2-0001/result").then(|| {
            polls += 1;
            if polls < 3 { Told::Reset } else { one_row() }
        })
    })
    .await;
    let answer = server.session().execute("INSERT INTO t SELECT 1").await.unwrap();
    assert_eq!((answer.report().resends, numbers(answer).await), (0, vec![1]));
    assert_eq!(server.queries().len(), 1, "what runs is not sent again");
}

#[tokio::test]
async fn where_nobody_answers_the_error_says_so() {
    let url = {
        let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        url::Url::parse(&format!("http://{}", server.local_addr().unwrap())).unwrap()
    };
    let retries = Retries::default().with_times(1).with_pauses(Duration::from_millis(1), Duration::from_millis(1));
    let password = Credentials::Password(Secret::new("pw"));
    let settings = Settings::new("a-b".parse().unwrap(), "u", password).with_endpoint(url).with_retries(retries);
    let error = session(settings).execute(Statement::new("SELECT 1")).await.unwrap_err();
    assert!(error.to_string().contains("cannot be reached") && error.is_retryable(), "{error}");
}
