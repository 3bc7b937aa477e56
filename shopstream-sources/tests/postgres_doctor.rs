//! What the doctor finds at a real server.
#![cfg(all(feature = "postgres", unix))]
#![allow(clippy::unwrap_used)]

use shopstream_core::{
    Clock, Source, SystemClock, TableRef, Timestamp,
    doctor::{Finding, Severity, worst},
};
use shopstream_sources::postgres::{Numeric, PostgresSource};
use shopstream_testkit::postgres::Server;
use std::time::Duration;

const PASSWORD: &str = "hunter2-planted";

fn now() -> Timestamp {
    SystemClock::new().now()
}

/// The findings, in which there may be no secret, and each that is not well has a cause and a fix.
async fn examine(url: &str, tables: &[&str]) -> Vec<Finding> {
    let tables: Vec<TableRef> = tables.iter().map(|t| TableRef::from(*t)).collect();
    let findings = PostgresSource::connect(url).unwrap().doctor(&tables, now()).await;
    for finding in &findings {
        let unwell = finding.severity > Severity::NotAsked;
        assert_eq!((finding.cause.is_some(), finding.fix.is_some()), (unwell, unwell), "{finding}");
        assert!(!format!("{finding} {finding:?}").contains("hunter2"), "{finding}");
    }
    findings
}

/// The findings but for those that tables cannot be divided on this server, which is so before 14.
fn of_any_version(server: &Server, mut findings: Vec<Finding>) -> Vec<Finding> {
    let old = |f: &Finding| f.cause.as_deref().is_some_and(|cause| cause.contains("older than PostgreSQL 14"));
    assert_eq!(findings.iter().any(old), server.binaries().major() < 14, "{findings:#?}");
    findings.retain(|f| !old(f));
    findings
}

/// The findings on a subject, as their severity and text.
fn on<'a>(findings: &'a [Finding], subject: &str) -> Vec<(Severity, &'a str)> {
    findings.iter().filter(|f| f.subject == subject).map(|f| (f.severity, f.what.as_str())).collect()
}

fn fix<'a>(findings: &'a [Finding], subject: &str) -> &'a str {
    findings.iter().find(|f| f.subject == subject && f.fix.is_some()).unwrap().fix.as_deref().unwrap()
}

#[tokio::test]
async fn a_server_that_is_well() {
    let server = Server::builder().password(PASSWORD).start().unwrap();
    server.query("postgres", "CREATE TABLE users (id int PRIMARY KEY, name text)").unwrap();
    server.query("postgres", "CREATE MATERIALIZED VIEW copied AS SELECT * FROM users").unwrap();
    let findings = of_any_version(&server, examine(&server.url(), &["users", "public.copied"]).await);
    assert_eq!(worst(&findings), Severity::Ok, "{findings:#?}");
    if server.binaries().major() >= 14 {
        assert_eq!(on(&findings, "public.users"), [(Severity::Ok, "it can be read, with 2 columns")]);
        assert_eq!(on(&findings, "public.copied"), [(Severity::Ok, "it can be read, with 2 columns")]);
    }
    let encryption = "the connection is not encrypted; it comes to the server from its own machine";
    assert_eq!(on(&findings, "encryption"), [(Severity::Ok, encryption)]);
    assert!(on(&findings, "version")[0].1.starts_with("PostgreSQL "), "{findings:#?}");
    for subject in ["connection", "encoding", "clock", "snapshot"] {
        assert_eq!(on(&findings, subject).len(), 1, "{subject}: {findings:#?}");
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_table_is_told_with_its_fix() {
    let server = Server::builder().password(PASSWORD).start().unwrap();
    server
        .query(
            "postgres",
            "CREATE ROLE reader LOGIN PASSWORD 'hunter2-reader';
             CREATE TABLE hidden (id int PRIMARY KEY);
             CREATE TABLE half (id int PRIMARY KEY, name text, secret text);
             GRANT SELECT (id, name) ON half TO reader;
             CREATE SCHEMA closed; CREATE TABLE closed.t (id int PRIMARY KEY); GRANT SELECT ON closed.t TO reader;
             CREATE TABLE ours (id int PRIMARY KEY); ALTER TABLE ours ENABLE ROW LEVEL SECURITY;
             CREATE TABLE odd (n numeric, fine int);
             CREATE VIEW seen AS SELECT 1 AS n;
             CREATE TABLE days (day date PRIMARY KEY) PARTITION BY RANGE (day);
             GRANT SELECT ON ours, odd, seen, days TO reader",
        )
        .unwrap();
    let url = server.url().replace("postgres:hunter2-planted@", "reader:hunter2-reader@");
    assert_ne!(url, server.url());
    let tables = ["hidden", "half", "closed.t", "ours", "odd", "seen", "days", "missing", "nowhere.t"];
    let findings = of_any_version(&server, examine(&url, &tables).await);
    let problem = |subject, what| assert_eq!(on(&findings, subject), [(Severity::Problem, what)], "{findings:#?}");
    let warning = |subject, what| assert!(on(&findings, subject).contains(&(Severity::Warning, what)), "{findings:#?}");
    problem("public.hidden", "the user may not read it");
    assert_eq!(fix(&findings, "public.hidden"), "GRANT SELECT ON \"public\".\"hidden\" TO reader");
    problem("public.half", "the user may not read columns secret");
    assert_eq!(on(&findings, "closed.t")[0].0, Severity::Problem);
    assert_eq!(fix(&findings, "closed.t"), "GRANT USAGE ON SCHEMA \"closed\" TO reader");
    warning("public.ours", "rows may be missing, and nothing will tell");
    warning("public.odd", "it has no primary key");
    problem("public.odd.n", "the column cannot be read");
    assert!(on(&findings, "public.odd.fine").is_empty());
    warning("public.seen", "it is read by one connection, and cannot be divided among several");
    warning("public.days", "it is read by one connection, and cannot be divided among several");
    assert_eq!(on(&findings, "public.days").len(), 1);
    problem("missing", "it is not there");
    problem("nowhere.t", "it is not there");
    for subject in ["connection", "version", "encryption", "encoding", "clock", "snapshot"] {
        assert_eq!(on(&findings, subject)[0].0, Severity::Ok, "the server tells this user too: {findings:#?}");
    }
    let text = PostgresSource::connect(&url).unwrap().with_numeric(Numeric::Text);
    assert!(on(&text.doctor(&["odd".into()], now()).await, "public.odd.n").is_empty());
}

#[tokio::test]
async fn what_is_wrong_with_a_server_is_told_with_its_fix() {
    let server = Server::builder().password(PASSWORD).setting("statement_timeout", "30s").start().unwrap();
    server
        .query("postgres", "CREATE DATABASE bytes ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")
        .unwrap();
    server.query("postgres", "CREATE ROLE alone LOGIN PASSWORD 'hunter2-alone' CONNECTION LIMIT 1").unwrap();
    let findings = examine(&server.url_of("bytes"), &[]).await;
    assert!(on(&findings, "encoding")[0].1.contains("SQL_ASCII"), "{findings:#?}");
    assert_eq!(on(&findings, "encoding")[0].0, Severity::Warning);
    assert_eq!(
        on(&findings, "statement_timeout"),
        [(Severity::Ok, "it is 30000 ms for this user; reads lift it for themselves")]
    );
    let source = PostgresSource::connect(&server.url()).unwrap();
    for hours in [1i64, -1] {
        let off = Timestamp::from_micros(now().micros() + hours * 3_600_000_000);
        let findings = source.doctor(&[], off).await;
        let says = if hours > 0 { "s behind ours" } else { "s ahead of ours" };
        let [(severity, what)] = on(&findings, "clock")[..] else { panic!("{findings:#?}") };
        assert_eq!(severity, Severity::Warning);
        assert!(what.ends_with(says), "{what}");
    }
    let alone = server.url().replace("postgres:hunter2-planted@", "alone:hunter2-alone@");
    let findings = examine(&alone, &[]).await;
    assert_eq!(on(&findings, "snapshot")[0].0, Severity::Warning, "{findings:#?}");
}

#[tokio::test]
async fn who_is_not_let_in_is_told_why() {
    let server = Server::builder().password(PASSWORD).start().unwrap();
    let wrong = server.url().replace("hunter2-planted", "hunter2-wrong");
    let findings = examine(&wrong, &["users"]).await;
    assert_eq!(on(&findings, "connection"), [(Severity::Problem, "the server cannot be connected to")]);
    assert_eq!(findings.len(), 1);
    drop(server);
    let source = PostgresSource::connect(&wrong).unwrap().with_connect_timeout(Duration::from_secs(2));
    let findings = source.doctor(&[], now()).await;
    assert_eq!(on(&findings, "connection")[0].0, Severity::Problem);
    assert!(findings[0].fix.as_deref().unwrap().contains("see that it runs"), "{findings:#?}");
}
