//! One table read side by side, against a real server.
#![cfg(all(feature = "postgres", unix))]
#![allow(clippy::unwrap_used)]

use arrow::{
    array::{ArrayRef, AsArray, Int64Array, RecordBatch},
    compute::concat_batches,
    datatypes::Int64Type,
};
use futures::{StreamExt, TryStreamExt, future::try_join_all};
use shopstream_core::{Bounds, CursorRange, CursorValue, ErrorKind, ReadOptions, Source, TableRead, timestamp};
use shopstream_sources::postgres::PostgresSource;
use shopstream_testkit::postgres::Server;
use std::{collections::BTreeSet, sync::Arc, time::Duration};
use tokio::time::{sleep, timeout};

fn run(server: &Server, sql: &str) {
    server.query("postgres", sql).unwrap();
}

/// 60,000 rows in about 40 MiB, with holes of deleted and updated ones.
fn filled() -> (Server, PostgresSource) {
    let server = Server::start().unwrap();
    run(
        &server,
        "CREATE TABLE long (id bigint PRIMARY KEY, at timestamptz, filler text);
         INSERT INTO long SELECT g, timestamptz '2026-01-01 00:00+00' + g * interval '1 minute', repeat(g::text, 120)
         FROM generate_series(1, 70000) g;
         DELETE FROM long WHERE id % 7 = 0;
         UPDATE long SET filler = filler || '!' WHERE id % 5 = 0",
    );
    let source = PostgresSource::connect(&server.url()).unwrap();
    (server, source)
}

/// How many of these parts there are, and how many notes: no server before 14 reads a range of pages.
fn divided(server: &Server, parts: usize) -> (usize, usize) {
    if server.binaries().major() >= 14 { (parts, 0) } else { (1, 1) }
}

async fn side_by_side(read: TableRead) -> Vec<RecordBatch> {
    let tasks = read.parts.into_iter().map(|part| tokio::spawn(part.try_collect::<Vec<_>>()));
    try_join_all(tasks).await.unwrap().into_iter().flat_map(|part| part.unwrap()).collect()
}

fn ids(batches: &[RecordBatch]) -> Vec<i64> {
    batches.iter().flat_map(|b| b["id"].as_primitive::<Int64Type>().values().to_vec()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn parts_are_the_table_in_the_same_order_as_one_stream() {
    let (server, source) = filled();
    let whole = source.read(&"long".into(), &ReadOptions::default()).await.unwrap();
    assert_eq!(whole.parts.len(), 1);
    let (schema, whole) = (whole.schema.clone(), whole.into_stream().try_collect::<Vec<_>>().await.unwrap());
    let whole = concat_batches(&schema, &whole).unwrap();
    assert_eq!(whole.num_rows(), 60_000);
    for parts in [2, 3, 4] {
        let read = source.read(&"long".into(), &ReadOptions::default().with_parts(parts)).await.unwrap();
        assert_eq!((read.parts.len(), read.notes.len()), divided(&server, parts), "{:?}", read.notes);
        let batches = side_by_side(read).await;
        assert_eq!(concat_batches(&schema, &batches).unwrap(), whole, "{parts} parts");
    }
    // A part is worth some pages: a table of some 40 MiB does not fall into a hundred.
    let many = source.read(&"long".into(), &ReadOptions::default().with_parts(100)).await.unwrap();
    let most = divided(&server, 12).0;
    assert!((most.div_ceil(3)..=most).contains(&many.parts.len()), "{}", many.parts.len());
    assert_eq!(concat_batches(&schema, &side_by_side(many).await).unwrap(), whole);
}

#[tokio::test]
async fn all_parts_see_the_instant_of_the_read_whatever_happens_meanwhile() {
    let (server, source) = filled();
    for snapshot in [None, source.snapshot().await.unwrap()] {
        let mut options = ReadOptions::default().with_parts(3);
        options.snapshot = snapshot;
        let before = ids(&side_by_side(source.read(&"long".into(), &options).await.unwrap()).await);
        let read = source.read(&"long".into(), &options).await.unwrap();
        // Rows come, change and go before any part is asked for its first.
        run(
            &server,
            "INSERT INTO long SELECT (SELECT max(id) FROM long) + g, now(), 'late' FROM generate_series(1, 100) g;
             DELETE FROM long WHERE id % 11 = 1; UPDATE long SET id = -id WHERE id % 13 = 1 AND id > 0",
        );
        assert_eq!(ids(&side_by_side(read).await), before);
    }
}

#[tokio::test]
async fn a_table_stays_as_it_is_until_all_parts_have_begun() {
    let (server, source) = filled();
    let read = source.read(&"long".into(), &ReadOptions::default().with_parts(3)).await.unwrap();
    assert_eq!(read.parts.len(), divided(&server, 3).0);
    let truncate = || server.query("postgres", "SET lock_timeout = '200ms'; TRUNCATE long");
    assert!(truncate().is_err(), "a table is not emptied under a read");
    let (mut parts, mut rows) = (read.parts.into_iter().peekable(), 0);
    while let Some(part) = parts.next() {
        rows += ids(&part.try_collect::<Vec<_>>().await.unwrap()).len();
        assert!(parts.peek().is_none() || truncate().is_err(), "a table is not emptied under a read");
    }
    assert_eq!(rows, 60_000);
    truncate().expect("a read that is over holds nothing");
}

/// The server's processes for clients of this name.
fn backends(server: &Server, name: &str) -> BTreeSet<String> {
    let sql = format!("SELECT pid FROM pg_stat_activity WHERE application_name = '{name}'");
    server.query("postgres", &sql).unwrap().into_iter().filter_map(|row| row[0].clone()).collect()
}

#[tokio::test]
async fn sessions_are_used_again_as_long_as_a_snapshot_is_held() {
    let (server, source) = filled();
    let source = source.with_application_name("thrifty");
    let snapshot = source.snapshot().await.unwrap().unwrap();
    let options = ReadOptions::default().with_snapshot(snapshot);
    let mut seen = backends(&server, "thrifty");
    for parts in [1, 2, 1, 2, 2] {
        source.describe(&"long".into()).await.unwrap();
        let read = source.read(&"long".into(), &options.clone().with_parts(parts)).await.unwrap();
        assert_eq!(ids(&side_by_side(read).await).len(), 60_000);
        seen.extend(backends(&server, "thrifty"));
    }
    // That of the snapshot, and one for each part at once; in each read of two parts perhaps another, whose opening was
    // given up as the first part's was free by then. Of 14 that nobody used again there would be all.
    assert!(seen.len() <= 6, "{seen:?}");
    while backends(&server, "thrifty").len() > 3 {
        sleep(Duration::from_millis(10)).await;
    }
    // One that the server has closed meanwhile is not missed.
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE application_name = 'thrifty' AND state = 'idle'";
    assert!(!server.query("postgres", end).unwrap().is_empty());
    while !server.query("postgres", end).unwrap().is_empty() {
        sleep(Duration::from_millis(10)).await;
    }
    let read = source.read(&"long".into(), &options.clone().with_parts(2)).await.unwrap();
    assert_eq!(ids(&side_by_side(read).await).len(), 60_000);
    // Nor is a read that began within the snapshot and outlives it.
    let read = source.read(&"long".into(), &options).await.unwrap();
    drop(options);
    assert_eq!(ids(&side_by_side(read).await).len(), 60_000);
    for _ in 0..100 {
        if backends(&server, "thrifty").is_empty() {
            return;
        }
        sleep(Duration::from_millis(50)).await;
    }
    panic!("left behind: {:?}", backends(&server, "thrifty"));
}

#[tokio::test]
async fn rows_of_many_keys_take_a_session_a_part() {
    let (server, source) = filled();
    let wanted: Vec<i64> = (1..=70_000).filter(|id| id % 7 != 0 && id % 3 == 0).collect();
    let column: ArrayRef = Arc::new(Int64Array::from(wanted.clone()));
    let keys = RecordBatch::try_from_iter([("id", column)]).unwrap();
    for parts in [1, 2, 5] {
        // Of its own name, since those of the read before may be there for a moment.
        let name = format!("keys of {parts}");
        let source = source.clone().with_application_name(&name);
        let options = ReadOptions::default().with_parts(parts).with_keys(keys.clone());
        let read = source.read(&"long".into(), &options).await.unwrap();
        assert_eq!(read.parts.len(), parts.min(2), "{:?}", read.notes);
        let mut seen = BTreeSet::new();
        let mut found = vec![];
        let mut rows = futures::stream::select_all(read.parts);
        while let Some(batch) = rows.next().await {
            found.extend(ids(&[batch.unwrap()]));
            seen.extend(backends(&server, &name));
        }
        found.sort_unstable();
        assert!(found == wanted && seen.len() <= parts.min(2), "{parts} parts: {} rows, {seen:?}", found.len());
    }
}

#[tokio::test]
async fn what_cannot_be_divided_is_one_stream_and_says_so() {
    let (server, source) = filled();
    run(
        &server,
        "CREATE VIEW seen AS SELECT * FROM long;
         CREATE TABLE by_day (id bigint, at timestamptz, filler text) PARTITION BY RANGE (id);
         CREATE TABLE by_day_1 PARTITION OF by_day FOR VALUES FROM (0) TO (35000);
         CREATE TABLE by_day_2 PARTITION OF by_day FOR VALUES FROM (35000) TO (80000);
         INSERT INTO by_day SELECT * FROM long;
         CREATE MATERIALIZED VIEW kept AS SELECT * FROM long;
         CREATE TABLE heir () INHERITS (long);
         INSERT INTO heir SELECT id + 1000000, at, filler FROM long;",
    );
    for (table, parts, rows, note) in [
        ("seen", 1, 120_000, Some("a view")),
        ("by_day", 1, 60_000, Some("a partitioned table")),
        ("kept", 3, 60_000, None),
        // Heirs count, as for every query.
        ("long", 3, 120_000, None),
        ("heir", 3, 60_000, None),
    ] {
        let read = source.read(&table.into(), &ReadOptions::default().with_parts(3)).await.unwrap();
        let expected = if note.is_some() { (parts, 1) } else { divided(&server, parts) };
        assert_eq!((read.parts.len(), read.notes.len()), expected, "{table}: {:?}", read.notes);
        assert!(note.is_none_or(|note| read.notes[0].contains(note)), "{table}: {:?}", read.notes);
        let found = ids(&side_by_side(read).await);
        assert_eq!(found.len(), rows, "{table}");
        let one = source.read(&table.into(), &ReadOptions::default()).await.unwrap();
        assert_eq!(ids(&side_by_side(one).await).len(), rows, "{table}");
    }
}

#[tokio::test]
async fn a_server_of_one_connection_is_read_one_table_after_the_other() {
    let (server, _) = filled();
    run(
        &server,
        "CREATE ROLE single LOGIN CONNECTION LIMIT 1; GRANT SELECT ON ALL TABLES IN SCHEMA public TO single;
         CREATE TABLE other AS SELECT g::bigint AS id FROM generate_series(1, 1000) g;
         GRANT SELECT ON other TO single",
    );
    let url = server.url().replace("postgres@", "single@");
    let source = PostgresSource::connect(&url).unwrap();
    assert!(source.snapshot().await.unwrap().is_none());
    assert!(source.snapshot().await.unwrap().is_none());
    let options = ReadOptions::default().with_parts(2);
    let read = |table: &'static str| {
        let (source, options) = (source.clone(), options.clone());
        tokio::spawn(async move {
            let read = source.read(&table.into(), &options).await?;
            let notes = read.notes.clone();
            let batches = read.into_stream().try_collect::<Vec<_>>().await?;
            Ok::<_, shopstream_core::Error>((notes, ids(&batches).len()))
        })
    };
    // The turn is over with the rows, whoever still holds the stream.
    let mut held = source.read(&"other".into(), &options).await.unwrap().into_stream();
    while held.next().await.is_some() {}
    let (long, other) = (read("long"), read("other"));
    source.describe(&"long".into()).await.unwrap();
    for (read, rows) in [(long, 60_000), (other, 1000)] {
        let (notes, found) = read.await.unwrap().unwrap();
        assert_eq!(found, rows);
        assert!(notes.len() == 1 && notes[0].contains("one connection only"), "{notes:?}");
    }
    drop(held);
}

#[tokio::test]
async fn where_there_is_room_for_few_connections_reads_and_parts_wait_for_each_other() {
    let (server, _) = filled();
    for limit in [2, 3] {
        let role = format!("few_{limit}");
        run(&server, &format!("CREATE ROLE {role} LOGIN CONNECTION LIMIT {limit}; GRANT SELECT ON long TO {role}"));
        let source = PostgresSource::connect(&server.url().replace("postgres@", &format!("{role}@"))).unwrap();
        // At first nobody has had a session yet.
        for in_snapshot in [false, true] {
            let mut options = ReadOptions::default().with_parts(4);
            options.snapshot = if in_snapshot { source.snapshot().await.unwrap() } else { None };
            assert_eq!(options.snapshot.is_some(), in_snapshot);
            let reads = (0..3).map(|_| {
                let (source, options) = (source.clone(), options.clone());
                tokio::spawn(async move {
                    let read = source.read(&"long".into(), &options).await.unwrap();
                    (read.parts.len(), read.notes.len(), ids(&side_by_side(read).await).len())
                })
            });
            let (parts, notes) = divided(&server, 4);
            for read in timeout(Duration::from_secs(60), try_join_all(reads)).await.expect("they end").unwrap() {
                assert_eq!(read, (parts, notes, 60_000), "{limit}");
            }
        }
    }
}

#[tokio::test]
async fn a_range_of_a_cursor_is_half_open_also_in_parts() {
    let (server, source) = filled();
    run(&server, "INSERT INTO long VALUES (200001, NULL, 'x')");
    let time = CursorValue::Timestamp;
    let (from, to) = (time(timestamp!("2026-01-11 00:00:00")), time(timestamp!("2026-01-21 00:00:00")));
    for parts in [1, 3] {
        let of = async |range: CursorRange| {
            let options = ReadOptions::default().with_parts(parts).with_bounds(Bounds::Range(range.clone()));
            let read = source.read(&"long".into(), &options).await.unwrap();
            assert_eq!(read.bounds, Bounds::Range(range));
            let mut found = ids(&side_by_side(read).await);
            found.sort_unstable();
            found
        };
        let expected = |ids: std::ops::Range<i64>| ids.filter(|id| id % 7 != 0).collect::<Vec<_>>();
        assert_eq!(of(CursorRange::new("at", Some(from), to)).await, expected(14_400..28_800));
        let mut first = expected(1..28_800);
        first.push(200_001);
        assert_eq!(of(CursorRange::new("at", None, to)).await, first);
        let (a, b) = (CursorValue::Int(10), CursorValue::Int(20));
        assert_eq!(of(CursorRange::new("id", Some(a), b)).await, expected(10..20));
    }
    let wrong = ReadOptions::default().with_bounds(Bounds::Range(CursorRange::new("filler", None, to)));
    let error = source.read(&"long".into(), &wrong).await.unwrap_err();
    assert_eq!((error.kind(), error.context("column")), (ErrorKind::Schema, Some("filler")), "{error}");
}

#[tokio::test]
async fn rows_larger_than_any_buffer_come_whole() {
    let server = Server::start().unwrap();
    run(
        &server,
        "CREATE TABLE wide AS SELECT g::bigint AS id, repeat(chr(64 + g::int), g::int * 300000) AS filler
         FROM generate_series(1, 12) g",
    );
    let source = PostgresSource::connect(&server.url()).unwrap();
    let options = ReadOptions::default().with_parts(2);
    let batches = side_by_side(source.read(&"wide".into(), &options).await.unwrap()).await;
    let mut seen = 0;
    for batch in &batches {
        for (id, text) in batch["id"].as_primitive::<Int64Type>().values().iter().zip(batch["filler"].as_string_view())
        {
            let expected = char::from(64 + *id as u8).to_string().repeat(*id as usize * 300_000);
            assert!(text.unwrap() == expected, "row {id}");
            seen += 1;
        }
    }
    assert_eq!(seen, 12);
}

#[tokio::test]
async fn dropped_parts_cancel_what_they_asked_for() {
    let (server, source) = filled();
    let source = source.with_application_name("dropper");
    let backends = || backends(&server, "dropper").len();
    let read = source.read(&"long".into(), &ReadOptions::default().with_parts(3).with_batch_rows(10)).await.unwrap();
    let mut parts = read.parts;
    for part in &mut parts {
        assert!(part.next().await.unwrap().unwrap().num_rows() == 10);
    }
    assert_eq!(backends(), divided(&server, 3).0);
    drop(parts);
    for _ in 0..100 {
        if backends() == 0 {
            return;
        }
        sleep(Duration::from_millis(50)).await;
    }
    panic!("left behind: {}", backends());
}
