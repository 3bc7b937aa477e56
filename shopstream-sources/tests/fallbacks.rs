//! What cannot be read in parts, or not on the primary server, against real servers.
#![cfg(all(feature = "postgres", unix))]
#![allow(clippy::unwrap_used)]

use arrow::{
    array::{AsArray, RecordBatch},
    datatypes::Int64Type,
};
use futures::TryStreamExt;
use shopstream_core::{ReadOptions, Source, TableRead};
use shopstream_sources::postgres::PostgresSource;
use shopstream_testkit::postgres::Server;

const ROWS: i64 = 60_000;

fn fill(server: &Server) {
    server
        .query(
            "postgres",
            &format!(
                "CREATE TABLE long (id bigint PRIMARY KEY, filler text);
                 INSERT INTO long SELECT g, repeat(g::text, 120) FROM generate_series(1, {ROWS}) g"
            ),
        )
        .unwrap();
}

/// The sum of the ids, which is that of all rows' once each.
async fn sum(read: TableRead) -> i64 {
    let batches: Vec<RecordBatch> = read.into_stream().try_collect().await.unwrap();
    batches.iter().flat_map(|batch| batch["id"].as_primitive::<Int64Type>().values().to_vec()).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_table_is_one_stream_and_says_so() {
    let server = Server::start().unwrap();
    fill(&server);
    server
        .query(
            "postgres",
            &format!(
                "CREATE EXTENSION postgres_fdw;
                 CREATE SERVER other FOREIGN DATA WRAPPER postgres_fdw
                     OPTIONS (host '127.0.0.1', port '{}', dbname 'postgres');
                 CREATE USER MAPPING FOR CURRENT_USER SERVER other OPTIONS (user 'postgres');
                 CREATE FOREIGN TABLE far (id bigint NOT NULL, filler text)
                     SERVER other OPTIONS (schema_name 'public', table_name 'long')",
                server.port()
            ),
        )
        .unwrap();
    let source = PostgresSource::connect(&server.url()).unwrap();
    let read = source.read(&"far".into(), &ReadOptions::default().with_parts(4)).await.unwrap();
    assert_eq!((read.parts.len(), read.notes.len()), (1, 1), "{:?}", read.notes);
    assert!(read.notes[0].contains("foreign table"), "{:?}", read.notes);
    assert_eq!(sum(read).await, ROWS * (ROWS + 1) / 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_standby_is_read_as_of_one_instant_too() {
    let sending = |builder: shopstream_testkit::postgres::Builder| {
        builder.setting("wal_level", "replica").setting("max_wal_senders", "2")
    };
    let primary = sending(Server::builder()).start().unwrap();
    fill(&primary);
    let standby = sending(Server::builder()).standby_of(&primary).start().unwrap();
    let source = PostgresSource::connect(&standby.url()).unwrap();
    let snapshot = source.snapshot().await.unwrap().unwrap();
    assert!(snapshot.info().position.contains_key("lsn"), "{:?}", snapshot.info());

    primary.query("postgres", "DELETE FROM long WHERE id > 10").unwrap();
    let count = "SELECT count(*) FROM long";
    while standby.query("postgres", count).unwrap()[0][0].as_deref() != Some("10") {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let options = ReadOptions::default().with_parts(3).with_snapshot(snapshot);
    let read = source.read(&"long".into(), &options).await.unwrap();
    let expected = if standby.binaries().major() >= 14 { (3, 0) } else { (1, 1) };
    assert_eq!((read.parts.len(), read.notes.len()), expected, "{:?}", read.notes);
    assert_eq!(sum(read).await, ROWS * (ROWS + 1) / 2);
    let now = source.read(&"long".into(), &ReadOptions::default().with_parts(3)).await.unwrap();
    assert_eq!(sum(now).await, 55);
}
