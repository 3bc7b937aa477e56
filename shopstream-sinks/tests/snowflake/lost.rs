//! Answers that got lost on their way: a statement that must not run twice does not.

use serde_json::json;
use shopstream_core::ErrorKind;
use shopstream_sinks::snowflake::client::Statement;

use crate::{
    server::{Asked, Server, Told, one_row, rows},
    statements::numbers,
};

fn is_history(asked: &Asked) -> bool {
    asked.sql().contains("QUERY_HISTORY_BY_USER")
}

/// What the history says: the ids of queries.
fn history(ids: &[&str]) -> Told {
    let ids: Vec<_> = ids.iter().map(|id| json!([id])).collect();
    let mut answer = rows(json!(ids));
    answer["data"]["rowtype"][0]["type"] = json!("text");
    Told::Json(answer)
}

/// A server that loses the first answer, and then says this of the past.
async fn losing(past: &'static [&'static str]) -> Server {
    let mut lost = false;
    Server::start(move |asked| match asked.path.as_str() {
        _ if is_history(asked) => Some(history(past)),
        "/queries/01b2-0007/result" => Some(one_row()),
        _ if asked.is_query() && !lost => {
            lost = true;
            Some(Told::Reset)
        }
        _ => None,
    })
    .await
}

#[tokio::test]
async fn what_ran_is_not_sent_again() {
    let server = losing(&["01b2-0007"]).await;
    let answer = server.session().execute("INSERT INTO t SELECT 1").await.unwrap();
    assert_eq!((answer.report().resends, numbers(answer).await), (0, vec![1]));
    let queries = server.queries();
    assert_eq!(queries.len(), 2, "the statement once, the question once: {queries:?}");
    assert!(is_history(&queries[1]) && queries[1].sql().contains("\"SHOP\".INFORMATION_SCHEMA"));
    // It is looked for by what its tag has.
    assert_eq!(queries[1].body["bindings"]["1"]["value"], queries[0].request_id());
    let tag = |i: usize| queries[i].body["parameters"]["QUERY_TAG"].as_str().unwrap().to_owned();
    assert!(tag(0).contains(queries[0].request_id()) && !tag(1).contains(queries[0].request_id()));
}

#[tokio::test]
async fn what_never_ran_is_sent_again_under_its_id() {
    let server = losing(&[]).await;
    let answer = server.session().execute("INSERT INTO t SELECT 1").await.unwrap();
    assert_eq!(answer.report().resends, 1);
    let queries = server.queries();
    assert_eq!(queries.iter().map(is_history).collect::<Vec<_>>(), [false, true, false]);
    assert_eq!(queries[0].request_id(), queries[2].request_id());
    assert_ne!(queries[0].request_id(), queries[1].request_id());
}

#[tokio::test]
async fn what_may_run_twice_is_sent_again_without_a_question() {
    for statement in [Statement::new("SELECT 1"), Statement::new("CREATE SCHEMA IF NOT EXISTS s").with_repeatable(true)]
    {
        let server = losing(&["01b2-0007"]).await;
        assert_eq!(server.session().execute(statement).await.unwrap().report().resends, 1);
        assert!(!server.queries().iter().any(is_history));
    }
}

#[tokio::test]
async fn what_the_server_put_off_did_not_run() {
    let mut put_off = false;
    let server = Server::start(move |asked| {
        (asked.is_query() && !std::mem::replace(&mut put_off, true)).then(|| Told::Http {
            status: 429,
            headers: vec![],
            body: vec![],
        })
    })
    .await;
    assert_eq!(server.session().execute("INSERT INTO t SELECT 1").await.unwrap().report().resends, 1);
    assert!(!server.queries().iter().any(is_history));
}

#[tokio::test]
async fn what_cannot_be_known_is_said_and_not_sent_again() {
    // Without a database there is no history; and one may not answer, or answer nonsense.
    for way in ["no database", "refused", "nonsense"] {
        let server = Server::start(move |asked| match asked.path.as_str() {
            "/session/v1/login-request" if way == "no database" => Some(Told::Json(
                json!({"success": true, "data": {"token": "t", "sessionInfo": {"databaseName": null}}}),
            )),
            _ if is_history(asked) && way == "nonsense" => Some(history(&["../../planted"])),
            _ if is_history(asked) => Some(crate::server::refused("002003")),
            _ => asked.is_query().then_some(Told::Reset),
        })
        .await;
        let error = server.session().execute("INSERT INTO t SELECT 1").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{way}");
        assert!(!error.is_retryable() && error.to_string().contains("not known what became"), "{way}: {error}");
        assert!(!error.to_string().contains("planted"), "{error}");
        assert!(!server.paths().iter().any(|path| path.contains("planted")), "what is no id is no path either");
        let sent = server.queries();
        assert_eq!(sent.iter().filter(|asked| asked.sql().starts_with("INSERT")).count(), 1, "{way}");
        assert_eq!(error.context("request_id"), Some(sent[0].request_id()));
    }
}

#[tokio::test]
async fn what_is_given_up_on_may_have_run() {
    // The history is there and says that it never ran, but each answer is lost again, also the last.
    let server =
        Server::start(
            |asked| {
                if is_history(asked) { Some(history(&[])) } else { asked.is_query().then_some(Told::Reset) }
            },
        )
        .await;
    let error = server.session().execute("INSERT INTO t SELECT 1").await.unwrap_err();
    assert!(!error.is_retryable() && error.to_string().contains("not known what became"), "{error}");
    assert_eq!(
        server.queries().iter().map(is_history).collect::<Vec<_>>(),
        [false, true, false, true, false, true, false]
    );
    server.wait_for("/queries/v1/abort-request").await;
}
