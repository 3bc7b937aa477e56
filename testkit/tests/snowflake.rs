//! The Snowflake emulator's process, by plain HTTP.

#![cfg(unix)]
// Helpers of tests may unwrap as tests do.
#![allow(clippy::unwrap_used)]

use shopstream_testkit::snowflake::Emulator;
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Command, Stdio},
    thread,
    time::Duration,
};

/// Posts a JSON text, and answers with the one that comes back.
fn post(url: &str, path: &str, token: Option<&str>, body: &str) -> String {
    let mut stream = TcpStream::connect(url.strip_prefix("http://").unwrap()).unwrap();
    let token = token.map(|token| format!("Authorization: Snowflake Token=\"{token}\"\r\n")).unwrap_or_default();
    let length = body.len();
    write!(
        stream,
        "POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{token}Content-Length: {length}\r\n\r\n{body}"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split_once("\r\n\r\n").unwrap().1.to_owned()
}

/// A session's token.
fn login(url: &str) -> String {
    let answer = post(url, "/session/v1/login-request", None, r#"{"data": {"LOGIN_NAME": "loader"}}"#);
    text(&answer, "token")
}

/// The text of a key.
fn text(json: &str, key: &str) -> String {
    let after = json.split_once(&format!("\"{key}\": \"")).unwrap_or_else(|| panic!("no {key} in {json}")).1;
    after.split_once('"').unwrap().0.to_owned()
}

/// What a statement answers.
fn run(url: &str, token: &str, sql: &str) -> String {
    let body = format!("{{\"sqlText\": \"{sql}\"}}");
    post(url, "/queries/v1/query-request", Some(token), &body)
}

#[test]
fn answers_a_login_and_a_query() {
    let emulator = Emulator::start().unwrap();
    let token = login(&emulator.url());
    let shown = run(&emulator.url(), &token, "SHOW PARAMETERS");
    assert!(shown.contains("\"success\": true") && shown.contains("\"rowset\": []"), "{shown}");
    let refused = run(&emulator.url(), &token, "SELEC 1");
    assert_eq!((text(&refused, "errorCode"), text(&refused, "sqlState")), ("001003".to_owned(), "42000".to_owned()));
    let expired = run(&emulator.url(), "no token", "SELECT 1");
    assert_eq!(text(&expired, "code"), "390112");
}

#[test]
fn a_request_that_is_sent_again_runs_nothing_again() {
    let emulator = Emulator::start().unwrap();
    let (url, token) = (emulator.url(), login(&emulator.url()));
    for sql in ["CREATE DATABASE SHOP", "CREATE TABLE T (ID NUMBER)"] {
        assert!(run(&url, &token, sql).contains("\"success\": true"));
    }
    let again = "/queries/v1/query-request?requestId=5f0c";
    let insert = "{\"sqlText\": \"INSERT INTO T VALUES (1)\"}";
    let answers = [post(&url, again, Some(&token), insert), post(&url, again, Some(&token), insert)];
    assert_eq!(text(&answers[0], "queryId"), text(&answers[1], "queryId"));
    let shown = run(&url, &token, "SHOW TABLES");
    assert!(shown.contains("\"rowset\": [[\"\", \"T\", \"TABLE\", \"SHOP\", \"PUBLIC\", \"\", \"1\"]]"), "{shown}");
}

#[test]
fn two_at_once_know_nothing_of_each_other() {
    let (one, other) = (Emulator::start().unwrap(), Emulator::start().unwrap());
    let made = run(&one.url(), &login(&one.url()), "CREATE DATABASE SHOP");
    assert!(made.contains("SHOP successfully created"), "{made}");
    let known = |emulator: &Emulator| run(&emulator.url(), &login(&emulator.url()), "SHOW DATABASES");
    assert!(known(&one).contains("SHOP"));
    assert!(!known(&other).contains("SHOP"));
}

#[test]
fn is_gone_when_dropped() {
    let emulator = Emulator::start().unwrap();
    let address = emulator.url().strip_prefix("http://").unwrap().to_owned();
    assert!(TcpStream::connect(&address).is_ok());
    drop(emulator);
    assert!(TcpStream::connect(&address).is_err());
}

#[test]
fn dies_with_its_parent() {
    let mut parent = Command::new(env!("CARGO_BIN_EXE_throwaway-snowflake"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut url = String::new();
    BufReader::new(parent.stdout.take().unwrap()).read_line(&mut url).unwrap();
    let address = url.trim().strip_prefix("http://").unwrap();
    let held = TcpStream::connect(address).unwrap();
    // The signal that a process cannot act upon.
    parent.kill().unwrap();
    parent.wait().unwrap();
    // The emulator's end of the connection is closed when it has ended, and not before.
    let ended = (&held).read(&mut [0; 1]);
    assert!(matches!(ended, Ok(0) | Err(_)), "{ended:?}");
    // A process that ends closes its sockets one after the other.
    let refused = |_| {
        let refused = TcpStream::connect(address).is_err();
        if !refused {
            thread::sleep(Duration::from_millis(20));
        }
        refused
    };
    assert!((0..100).any(refused));
}
