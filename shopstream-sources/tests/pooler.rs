//! A source behind PgBouncer, whose clients share the server's sessions.
#![cfg(all(feature = "postgres", unix))]
#![allow(clippy::unwrap_used)]

use arrow::{
    array::{AsArray, RecordBatch},
    datatypes::Int64Type,
};
use futures::{TryStreamExt, future::try_join_all};
use shopstream_core::{
    Clock, ReadOptions, Source, SystemClock, TableRead,
    doctor::{Severity, worst},
};
use shopstream_sources::postgres::PostgresSource;
use shopstream_testkit::postgres::{Pooler, Pooling, Server};
use std::time::Duration;
use tokio::time::{sleep, timeout};

const MODES: [Pooling; 2] = [Pooling::Session, Pooling::Transaction];
const ROWS: i64 = 60_000;
const SUM: i64 = ROWS * (ROWS + 1) / 2;
/// What sessions of this server start with, which no text of ours may show.
const DEFAULTS: [(&str, &str); 4] = [
    ("intervalstyle", "iso_8601"),
    ("datestyle", "SQL, DMY"),
    ("timezone", "Asia/Tokyo"),
    ("statement_timeout", "1min"),
];

/// A server whose sessions start with other settings than reads need, and a table worth several parts.
fn server() -> Server {
    let mut builder = Server::builder();
    for (name, value) in DEFAULTS {
        builder = builder.setting(name, value);
    }
    let server = builder.start().unwrap();
    let fill = format!(
        "CREATE TABLE long (id bigint PRIMARY KEY, filler text);
         INSERT INTO long SELECT g, repeat(g::text, 120) FROM generate_series(1, {ROWS}) g;
         CREATE TABLE texts AS SELECT interval '1 day 02:03:04' AS span,
             tstzrange('2026-01-15 00:00+00', '2026-01-16 00:00+00') AS days,
             current_setting('server_version') AS version;
         CREATE VIEW timeouts AS SELECT current_setting('statement_timeout') AS statement_timeout;
         CREATE VIEW slow AS SELECT 1::bigint AS id, pg_sleep(600)::text AS nothing"
    );
    server.query("postgres", &fill).unwrap();
    server
}

async fn batches(read: TableRead) -> Vec<RecordBatch> {
    let tasks = read.parts.into_iter().map(|part| tokio::spawn(part.try_collect::<Vec<_>>()));
    try_join_all(tasks).await.unwrap().into_iter().flat_map(|part| part.unwrap()).collect()
}

async fn sum(read: TableRead) -> i64 {
    batches(read).await.iter().flat_map(|batch| batch["id"].as_primitive::<Int64Type>().values().to_vec()).sum()
}

/// The only row's text in a column.
async fn text(source: &PostgresSource, table: &str, column: &str) -> String {
    let read = source.read(&table.into(), &ReadOptions::default()).await.unwrap();
    batches(read).await[0][column].as_string_view().value(0).to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_see_one_instant_through_a_pooler() {
    for mode in MODES {
        let server = server();
        let pooler = Pooler::start(&server, mode, 10).unwrap();
        let source = PostgresSource::connect(&pooler.url()).unwrap();
        let snapshot = source.snapshot().await.unwrap().unwrap();
        assert!(snapshot.info().position.contains_key("lsn"), "{:?}", snapshot.info());
        server.query("postgres", "DELETE FROM long WHERE id > 10").unwrap();
        let options = ReadOptions::default().with_parts(3);
        let before = options.clone().with_snapshot(snapshot);
        let read = source.read(&"long".into(), &before).await.unwrap();
        let expected = if server.binaries().major() >= 14 { (3, 0) } else { (1, 1) };
        assert_eq!((read.parts.len(), read.notes.len()), expected, "{mode:?}: {:?}", read.notes);
        assert_eq!(sum(read).await, SUM, "{mode:?}");
        let now = source.read(&"long".into(), &options).await.unwrap();
        assert_eq!(sum(now).await, 55, "{mode:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_are_left_as_they_were_and_texts_are_the_same_in_each() {
    for mode in MODES {
        let server = server();
        let pooler = Pooler::start(&server, mode, 4).unwrap();
        let source = PostgresSource::connect(&pooler.url()).unwrap();
        // So that there are several sessions, and each read finds another one in its turn.
        let held = [source.snapshot().await.unwrap().unwrap(), source.snapshot().await.unwrap().unwrap()];
        drop(held);
        for _ in 0..6 {
            assert_eq!(text(&source, "texts", "span").await, "1 day 02:03:04", "{mode:?}");
            let days = text(&source, "texts", "days").await;
            assert_eq!(days, r#"["2026-01-15 00:00:00+00","2026-01-16 00:00:00+00")"#, "{mode:?}");
            assert_eq!(text(&source, "timeouts", "statement_timeout").await, "0", "{mode:?}");
        }
        for (name, value) in DEFAULTS.iter().cycle().take(6 * DEFAULTS.len()) {
            let rows = pooler.query("postgres", &format!("SHOW {name}")).unwrap();
            assert_eq!(rows, [[Some((*value).to_owned())]], "{mode:?}: {name}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_dropped_is_cancelled_behind_the_pooler() {
    for mode in MODES {
        let server = server();
        let pooler = Pooler::start(&server, mode, 4).unwrap();
        let source = PostgresSource::connect(&pooler.url()).unwrap();
        let runs = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%\"slow\"%' \
                    AND pid <> pg_backend_pid()";
        let running = || server.query("postgres", runs).unwrap()[0][0].as_deref() == Some("1");
        let read = source.read(&"slow".into(), &ReadOptions::default()).await.unwrap();
        let reading = tokio::spawn(read.into_stream().try_collect::<Vec<_>>());
        while !running() {
            sleep(Duration::from_millis(10)).await;
        }
        reading.abort();
        assert!(reading.await.unwrap_err().is_cancelled());
        let mut looks = 0;
        while running() {
            looks += 1;
            assert!(looks < 500, "{mode:?}: the server goes on with what nobody waits for");
            sleep(Duration::from_millis(20)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_of_one_session_is_read_one_table_after_the_other_and_says_so() {
    for mode in MODES {
        let server = server();
        let pooler = Pooler::start(&server, mode, 1).unwrap();
        let source = PostgresSource::connect(&pooler.url()).unwrap();
        assert!(source.snapshot().await.unwrap().is_none(), "{mode:?}");
        let both = ["long", "long"].map(|table| {
            let source = source.clone();
            tokio::spawn(async move {
                let read = source.read(&table.into(), &ReadOptions::default().with_parts(3)).await.unwrap();
                (read.parts.len(), read.notes.clone(), sum(read).await)
            })
        });
        for read in both {
            let (parts, notes, sum) = read.await.unwrap();
            assert_eq!((parts, notes.len(), sum), (1, 1, SUM), "{mode:?}: {notes:?}");
            assert!(notes[0].contains("one connection only"), "{mode:?}: {notes:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_and_parts_wait_for_each_other_in_a_pool_of_few_sessions() {
    for (mode, sessions) in MODES.into_iter().zip([2, 3]) {
        let server = server();
        let pooler = Pooler::start(&server, mode, sessions).unwrap();
        let patience = Duration::from_secs(1);
        let source = PostgresSource::connect(&pooler.url()).unwrap().with_connect_timeout(patience);
        let snapshot = source.snapshot().await.unwrap().unwrap();
        let options = ReadOptions::default().with_parts(4).with_snapshot(snapshot);
        let reads = (0..3).map(|_| {
            let (source, options) = (source.clone(), options.clone());
            tokio::spawn(async move {
                let read = source.read(&"long".into(), &options).await.unwrap();
                // Longer than a connection may take that there is room for.
                sleep(patience * 3 / 2).await;
                (read.parts.len(), read.notes.len(), sum(read).await)
            })
        });
        let (parts, notes) = if server.binaries().major() >= 14 { (4, 0) } else { (1, 1) };
        let reads = timeout(Duration::from_secs(60), try_join_all(reads)).await.expect("they end").unwrap();
        assert_eq!(reads, [(parts, notes, SUM); 3], "{mode:?}, {sessions}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_finds_nothing_wrong_with_a_pooler() {
    for mode in MODES {
        let server = server();
        let pooler = Pooler::start(&server, mode, 4).unwrap();
        let source = PostgresSource::connect(&pooler.url()).unwrap();
        let findings = source.doctor(&["long".into()], SystemClock::new().now()).await;
        let of_server: Vec<_> = findings.iter().filter(|f| f.subject != "public.long").cloned().collect();
        assert_eq!(worst(&of_server), Severity::Ok, "{mode:?}: {findings:#?}");
        assert!(of_server.iter().any(|f| f.subject == "snapshot"), "{mode:?}: {findings:#?}");
    }
}
