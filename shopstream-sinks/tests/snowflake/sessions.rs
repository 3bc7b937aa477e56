//! Sessions that expire, and the proofs with which they begin.

use serde_json::{Value, json};
use shopstream_core::{ErrorKind, Secret};
use shopstream_sinks::snowflake::client::{Credentials, KeyPair};

use crate::{
    server::{Asked, Server, Told, at_work, expired, logged_in, one_row, session},
    statements::numbers,
};

/// A server whose tokens up to the n-th are expired; with or without a master token that still renews.
async fn expiring(up_to: u32, code: &'static str, renews: bool) -> Server {
    let (mut logins, mut polls) = (0, 0);
    Server::start(move |asked| {
        let dead = (1..=up_to).any(|n| asked.token() == format!("Snowflake Token=\"session-{n}\""));
        match asked.path.as_str() {
            "/session/v1/login-request" => {
                logins += 1;
                Some(logged_in(logins))
            }
            "/session/token-request" if renews => {
                logins += 1;
                let data = json!({"sessionToken": format!("session-{logins}"), "masterToken": "master-new"});
                Some(Told::Json(json!({"success": true, "data": data})))
            }
            "/session/token-request" => Some(expired("390114")),
            "/queries/01b2-0001/result" => {
                polls += 1;
                Some(if polls == 1 {
                    at_work("333333")
                } else if dead {
                    expired(code)
                } else {
                    one_row()
                })
            }
            _ if asked.sql().starts_with("CALL") => Some(at_work("333334")),
            _ => (asked.is_query() && dead).then(|| expired(code)),
        }
    })
    .await
}

fn sql(asked: &[Asked]) -> Vec<&str> {
    asked.iter().map(Asked::sql).collect()
}

#[tokio::test]
async fn a_token_that_expires_in_mid_query_is_renewed_and_the_query_goes_on() {
    let server = expiring(1, "390112", true).await;
    let answer = server.session().execute("CALL slow()").await.unwrap();
    assert_eq!((answer.report().logins, answer.report().resends), (1, 0));
    assert_eq!(numbers(answer).await, [1]);
    assert_eq!(server.queries().len(), 1, "it runs, and is not sent again");
    let renewal = &server.of("/session/token-request")[0];
    assert_eq!(renewal.token(), "Snowflake Token=\"master-1\"");
    assert_eq!(renewal.body, json!({"oldSessionToken": "session-1", "requestType": "RENEW"}));
    let polls = server.of("/queries/01b2-0001/result");
    let tokens: Vec<_> = polls.iter().map(|poll| poll.token().trim_start_matches("Snowflake Token=")).collect();
    assert_eq!(tokens, ["\"session-1\"", "\"session-1\"", "\"session-2\""]);
    assert_eq!(server.of("/session/v1/login-request").len(), 1, "the session lives on");
}

#[tokio::test]
async fn a_session_that_is_gone_is_opened_anew_with_its_settings() {
    for code in ["390111", "390112", "390114"] {
        let server = expiring_after(code).await;
        let session = server.session();
        session.configure("USE WAREHOUSE LOADING_WH").await.unwrap();
        session.configure("ALTER SESSION SET WEEK_START = 1").await.unwrap();
        let answer = session.execute("INSERT INTO t SELECT 1").await.unwrap();
        assert_eq!((answer.report().logins, answer.report().resends), (1, 0));
        let queries = server.queries();
        let settings = ["USE WAREHOUSE LOADING_WH", "ALTER SESSION SET WEEK_START = 1"];
        let insert = "INSERT INTO t SELECT 1";
        assert_eq!(sql(&queries), [settings[0], settings[1], insert, settings[0], settings[1], insert]);
        assert_eq!(queries[2].request_id(), queries[5].request_id());
        assert!(queries[3..].iter().all(|asked| asked.token() == "Snowflake Token=\"session-2\""));
        let logins = server.of("/session/v1/login-request");
        assert_eq!(logins.len(), 2);
        assert_eq!(logins[0].body, logins[1].body);
    }
}

/// A server that forgets the first session with the first `INSERT`.
async fn expiring_after(code: &'static str) -> Server {
    let (mut logins, mut dead) = (0, false);
    Server::start(move |asked| match asked.path.as_str() {
        "/session/v1/login-request" => {
            logins += 1;
            Some(logged_in(logins))
        }
        "/session/token-request" => Some(expired("390114")),
        _ => {
            dead |= asked.sql().starts_with("INSERT");
            (dead && asked.is_query() && asked.token().contains("session-1")).then(|| expired(code))
        }
    })
    .await
}

#[tokio::test]
async fn a_transaction_does_not_go_on_in_another_session() {
    let server = expiring_after("390111").await;
    let session = server.session();
    session.execute("BEGIN").await.unwrap();
    let error = session.execute("INSERT INTO t SELECT 1").await.unwrap_err();
    assert!(error.to_string().contains("within a transaction") && error.is_retryable(), "{error}");
    assert_eq!(server.of("/session/v1/login-request").len(), 1);
    // The caller begins again, in a new session.
    for statement in ["BEGIN", "INSERT INTO t SELECT 1", "COMMIT"] {
        session.execute(statement).await.unwrap();
    }
    let queries = server.queries();
    let live: Vec<_> = queries.iter().filter(|asked| asked.token().contains("session-2")).cloned().collect();
    assert_eq!(sql(&live), ["BEGIN", "INSERT INTO t SELECT 1", "COMMIT"], "{:?}", sql(&queries));
}

#[tokio::test]
async fn after_a_transaction_a_session_may_be_opened_anew() {
    let server = expiring_after("390111").await;
    let session = server.session();
    for statement in ["BEGIN", "ROLLBACK", "INSERT INTO t SELECT 1"] {
        session.execute(statement).await.unwrap();
    }
    assert_eq!(server.of("/session/v1/login-request").len(), 2);
}

#[tokio::test]
async fn several_statements_renew_a_token_once() {
    let server = expiring(1, "390112", true).await;
    let session = server.session();
    let all = futures::future::join_all((0..8).map(|_| session.execute("SELECT 1"))).await;
    for answer in all {
        assert_eq!(numbers(answer.unwrap()).await, [1]);
    }
    let of = |path| server.of(path).len();
    assert_eq!((of("/session/v1/login-request"), of("/session/token-request")), (1, 1));
}

#[tokio::test]
async fn a_session_that_always_expires_is_given_up() {
    for renews in [true, false] {
        let server = expiring(9, "390112", renews).await;
        let error = server.session().execute("SELECT 1").await.unwrap_err();
        assert_eq!((error.kind(), error.context("code")), (ErrorKind::Permission, Some("390112")));
        assert_eq!(server.queries().len(), 2);
    }
}

#[tokio::test]
async fn each_proof_has_its_place_in_the_login() {
    let pem = Secret::new(include_str!("keys/des3.p8"));
    let pair = KeyPair::from_pem(&pem, Some(&Secret::new("planted"))).unwrap();
    for (credentials, authenticator) in [
        (Credentials::Token(Secret::new("pat-1")), "PROGRAMMATIC_ACCESS_TOKEN"),
        (Credentials::OAuth(Secret::new("pat-1")), "OAUTH"),
        (Credentials::KeyPair(pair.clone()), "SNOWFLAKE_JWT"),
    ] {
        let server = Server::start(|_| None).await;
        let settings =
            shopstream_sinks::snowflake::client::Settings::new("myorg-shop".parse().unwrap(), "loader", credentials);
        session(settings.with_endpoint(server.url.clone())).execute("SELECT 1").await.unwrap();
        let data = server.of("/session/v1/login-request")[0].body["data"].clone();
        assert_eq!((&data["AUTHENTICATOR"], data.get("PASSWORD")), (&json!(authenticator), None::<&Value>));
        let token = data["TOKEN"].as_str().unwrap();
        if authenticator == "SNOWFLAKE_JWT" {
            assert_eq!(token.split('.').count(), 3);
        } else {
            assert_eq!(token, "pat-1");
        }
    }
}

#[tokio::test]
async fn the_end_of_a_transaction_is_waited_for_in_another_session() {
    let mut polls = 0;
    let server = Server::start(move |asked| match asked.path.as_str() {
        "/session/token-request" => Some(expired("390114")),
        "/queries/01b2-0001/result" => {
            polls += 1;
            Some(if polls == 1 { expired("390111") } else { one_row() })
        }
        _ => (asked.sql() == "COMMIT").then(|| at_work("333334")),
    })
    .await;
    let session = server.session();
    session.execute("BEGIN").await.unwrap();
    assert_eq!(session.execute("COMMIT").await.unwrap().report().logins, 1);
    assert_eq!(sql(&server.queries()), ["BEGIN", "COMMIT"]);
}
