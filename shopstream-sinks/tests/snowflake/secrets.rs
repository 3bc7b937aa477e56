//! Secrets and cells are planted everywhere, and looked for in all that is shown.

use serde_json::json;
use shopstream_core::{Secret, SystemClock};
use shopstream_sinks::snowflake::client::{Bind, Credentials, KeyPair, Session, Settings, Statement};
use std::{
    fmt::Write,
    sync::{Arc, Mutex},
};

use crate::server::{Server, Told, expired, retries, session};

/// All that anybody wrote to the log.
static LOG: Mutex<String> = Mutex::new(String::new());

struct Ear;

impl log::Log for Ear {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        writeln!(LOG.lock().unwrap(), "{} {} {}", record.level(), record.target(), record.args()).unwrap();
    }

    fn flush(&self) {}
}

/// What is looked for: no text that is shown may have any of it.
fn planted(key: &str) -> Vec<String> {
    let mut all = vec!["planted".to_owned()];
    // Lines of the key, but not those that only say what it is.
    all.extend(key.lines().filter(|line| line.len() > 16 && !line.starts_with('-')).map(|line| line[..16].to_owned()));
    all
}

#[tokio::test]
async fn nothing_that_is_shown_has_a_secret_or_a_cell() {
    log::set_boxed_logger(Box::new(Ear)).unwrap();
    log::set_max_level(log::LevelFilter::Trace);
    let key = include_str!("keys/plain.p8");
    let pair = KeyPair::from_pem(&Secret::new(key), None).unwrap();
    let secret = || Secret::new("planted-secret");
    let mut shown = String::new();
    for credentials in [
        Credentials::Password(secret()),
        Credentials::Token(secret()),
        Credentials::OAuth(secret()),
        Credentials::KeyPair(pair),
    ] {
        // Tokens, cells and the server's own words; each kind of failure once, and then a good answer.
        let mut n = 0;
        let server = Server::start(move |asked| match asked.path.as_str() {
            "/session/v1/login-request" | "/session/token-request" => {
                let data = json!({"token": "planted-token", "masterToken": "planted-master", "sessionToken": "planted-token-2",
                    "sessionInfo": {"databaseName": "SHOP"}});
                Some(Told::Json(json!({"success": true, "message": "planted", "data": data})))
            }
            "/queries/v1/query-request" => {
                n += 1;
                Some(match n {
                    1 => expired("390112"),
                    2 => Told::Http { status: 503, headers: vec![], body: b"planted".to_vec() },
                    3 => Told::Lying { length: 9_999, body: b"{\"message\":\"planted\"}".to_vec() },
                    4 => crate::server::refused("100038"),
                    5 => Told::Json(json!({"success": true, "data": {
                        "queryId": "01b2-0001", "total": 1, "rowset": [["planted-cell"]],
                        "rowtype": [{"name": "N", "type": "fixed", "precision": 5, "scale": 0}]}})),
                    6 => Told::Json(json!({"success": true, "data": {
                        "queryId": "01b2-0001", "total": 1, "rowset": [], "qrmk": "planted-key",
                        "chunks": [{"url": format!("http://{}/x?sig=planted", asked.headers["host"]), "rowCount": 1}],
                        "rowtype": [{"name": "N", "type": "text"}]}})),
                    _ => Told::Json(json!({"success": true, "data": {
                        "queryId": "01b2-0001", "total": 1, "rowset": [["planted-cell"]],
                        "rowtype": [{"name": "N", "type": "text"}]}})),
                })
            }
            _ => None,
        })
        .await;
        let settings = Settings::new("myorg-shop".parse().unwrap(), "loader", credentials.clone());
        let settings = settings.with_endpoint(server.url.clone()).with_retries(retries());
        writeln!(shown, "{credentials:?} {settings:?}").unwrap();
        let session = session(settings);
        for _ in 0..4 {
            let statement = Statement::new("SELECT ?").bind("planted-cell");
            writeln!(shown, "{statement:?} {session:?}").unwrap();
            match session.execute(statement).await {
                Ok(answer) => {
                    writeln!(shown, "{answer:?}").unwrap();
                    if let Err(error) = answer.batches().await {
                        writeln!(shown, "{error} {error:?}").unwrap();
                    }
                }
                Err(error) => writeln!(shown, "{error} {error:?}").unwrap(),
            }
        }
        assert!(server.queries().len() >= 7, "{}", server.queries().len());
        session.close().await.unwrap();
    }
    for url in ["snowflake://u:planted@a b", "snowflake://u:planted@a?planted=planted", "snowflake://u:planted@a/b/c/d"]
    {
        let error = Settings::from_url(url).unwrap_err();
        writeln!(shown, "{error} {error:?}").unwrap();
    }
    let settings = Settings::from_url("snowflake://u:planted@a/b").unwrap();
    let unsent = Session::new(settings.clone(), Arc::new(SystemClock::new())).unwrap();
    writeln!(shown, "{settings:?} {unsent:?} {:?}", Bind::from("planted")).unwrap();

    let log = LOG.lock().unwrap().clone();
    assert!(log.contains("Executing") && log.contains("Auth response"), "the crate's own log is heard: {log}");
    assert!(shown.contains("100038") && shown.contains("Secret(***)"), "{shown}");
    for text in [&shown, &log] {
        for secret in planted(key) {
            assert!(!text.contains(&secret), "{secret} in {text}");
        }
    }
}
