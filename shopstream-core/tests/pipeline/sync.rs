//! Tables that are kept up to date by increments.

use proptest::prelude::*;
use shopstream_core::{
    Bounds, CursorRange, CursorValue, Date, ErrorKind, Lake, Partition, SyncMode, Timestamp, Warehouse, date,
    memory::MemoryWarehouse,
};
use std::time::Duration;

use crate::changing::*;

fn day(n: i32) -> Date {
    date!("2026-01-01").plus_days(n)
}

/// An hour of a day.
fn at(n: i32, hour: i64) -> Timestamp {
    day(n).midnight().plus_micros(hour * 3_600_000_000)
}

const LAG: i64 = 6;
const OVERLAP: i64 = 4;

fn by_time() -> SyncMode {
    SyncMode::cursor("updated_at").with_lag(Duration::from_secs(3600 * LAG as u64)).with_deletes().into()
}

fn by_number() -> SyncMode {
    SyncMode::cursor("version").with_overlap(OVERLAP as u32).with_deletes().into()
}

/// What happens to an item within a day.
#[derive(Clone, Debug)]
enum Change {
    /// It comes, or changes.
    Put(i64),
    /// The same, by a transaction that began so long before it commits.
    Late(i64, i64),
    /// It goes.
    Remove(i64),
}

#[derive(Clone, Debug)]
struct Day {
    changes: Vec<Change>,
    /// Where the run is interrupted, if it is.
    fails: Vec<i64>,
    /// An earlier day that is extracted again, so many before.
    again: Option<i32>,
}

fn days() -> impl Strategy<Value = Vec<Day>> {
    let change = prop_oneof![
        4 => (0i64..12).prop_map(Change::Put),
        2 => (0i64..12, 1..=LAG).prop_map(|(id, late)| Change::Late(id, late)),
        2 => (0i64..12).prop_map(Change::Remove),
    ];
    let fails = prop::collection::vec(0i64..40, 0..3);
    let day = (prop::collection::vec(change, 0..10), fails, prop::option::weighted(0.3, 0i32..3));
    let day = day.prop_map(|(changes, fails, again)| Day { changes, fails, again });
    prop::collection::vec(day, 1..6)
}

/// Plays what happened. Numbers are given out in steps, so that a late one is free; what a transaction has changed,
/// no older one changes. Without changes an item that comes again has another number.
struct Play<'a> {
    kept: &'a Kept,
    version: i64,
    changing: bool,
}

impl Play<'_> {
    fn play(&mut self, n: i32, changes: &[Change]) {
        for (hour, change) in (0..).zip(changes) {
            self.version += OVERLAP;
            let now = at(n, hour);
            match change {
                Change::Remove(id) => self.all(|i| i.id % 12 == *id).for_each(|i| self.kept.source.remove(i.id)),
                Change::Put(id) => self.put(*id, now, self.version),
                Change::Late(id, late) => {
                    // Begun so long before the last midnight.
                    let (then, number) = (at(n, -late), self.version - 1);
                    let newer = |i: &Items| i.updated_at >= Some(then) || i.version >= number;
                    if !self.all(|i| i.id % 12 == *id).any(|i| newer(&i)) {
                        self.put(*id, then, number);
                    }
                }
            }
        }
    }

    fn all(&self, which: impl Fn(&Items) -> bool) -> impl Iterator<Item = Items> {
        self.kept.source.all().into_iter().filter(move |i| which(i)).collect::<Vec<_>>().into_iter()
    }

    fn put(&self, id: i64, at: Timestamp, version: i64) {
        match self.changing {
            true => self.kept.source.put(item(id, at, version)),
            false if self.all(|i| i.id % 12 == id).next().is_none() => {
                self.kept.source.put(item(id + 12 * version, at, version));
            }
            false => {}
        }
    }
}

/// Days of changes, each with a run at its end: interrupted, and run again; now and then an earlier day is extracted
/// again. What is published then is what the source has, and so is what another warehouse makes of the lake.
async fn plays(mode: SyncMode, changing: bool, days: &[Day]) -> Result<(), TestCaseError> {
    let kept = Kept::new(mode);
    let mut play = Play { kept: &kept, version: 0, changing };
    for (n, today) in (0..).zip(days) {
        play.play(n, &today.changes);
        for step in &today.fails {
            kept.lake.fail_at(Some(*step));
            if let Err(error) = kept.on(day(n)).run().await {
                prop_assert_eq!(error.kind(), ErrorKind::Unavailable, "{}", error);
            }
            kept.lake.fail_at(None);
        }
        kept.run(day(n)).await;
        prop_assert_eq!(kept.published().await, kept.source.all(), "day {}", n);
        if let Some(before) = today.again.filter(|before| *before <= n) {
            kept.on(day(n - before)).extract().await.unwrap();
        }
    }
    let last = day(days.len() as i32 - 1);
    let elsewhere = Kept { warehouse: MemoryWarehouse::new(), ..kept };
    let pipeline = elsewhere.on(last);
    pipeline.load().await.unwrap();
    pipeline.publish().await.unwrap();
    prop_assert_eq!(elsewhere.published().await, elsewhere.source.all(), "from the lake alone");
    Ok(())
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn by_time_with_deletes_a_table_is_what_the_source_has(days in days()) {
        block_on(plays(by_time(), true, &days))?;
    }

    #[test]
    fn by_number_with_deletes_a_table_is_what_the_source_has(days in days()) {
        block_on(plays(by_number(), true, &days))?;
    }

    #[test]
    fn by_key_difference_a_table_is_what_the_source_has(days in days()) {
        block_on(plays(SyncMode::key_difference(), false, &days))?;
    }
}

fn range(from: Option<Timestamp>, to: Timestamp) -> Bounds {
    let value = CursorValue::Timestamp;
    Bounds::Range(CursorRange::new("updated_at", from.map(value), value(to)))
}

#[tokio::test]
async fn a_day_run_again_on_the_same_rows_gives_the_same_files_and_table() {
    for mode in [by_time(), by_number(), SyncMode::key_difference()] {
        let kept = Kept::new(mode);
        let mut before = vec![];
        for n in 0..3 {
            (0..4).for_each(|i| kept.source.put(item(i64::from(n) * 3 + i, at(n, i), i64::from(n) * 10 + i)));
            kept.run(day(n)).await;
            let files = |m: shopstream_core::Manifest| m.files.into_iter().map(|f| f.sha256).collect::<Vec<_>>();
            let first = kept.manifest("items", day(n)).await.unwrap();
            let (keys, table) = (kept.manifest("items.keys", day(n)).await.unwrap(), kept.published().await);
            kept.run(day(n)).await;
            let again = kept.manifest("items", day(n)).await.unwrap();
            assert_eq!((first.number, again.number), (1, 2));
            assert_eq!((&first.bounds, first.rows, first.since()), (&again.bounds, again.rows, again.since()));
            assert_eq!(files(keys), files(kept.manifest("items.keys", day(n)).await.unwrap()));
            assert_eq!(kept.published().await, table);
            before.push((again.rows, again.since()));
        }
        assert_eq!(before[0].1, None);
        assert_eq!(before[1..].iter().map(|b| b.1).collect::<Vec<_>>(), [Some(day(0)), Some(day(1))]);
        assert!(before.iter().all(|b| b.0 > 0));
    }
}

#[tokio::test]
async fn days_are_read_one_after_the_other_whenever_that_is() {
    let kept = Kept::new(SyncMode::cursor("updated_at").with_lag(Duration::from_secs(3600)));
    (0..4).for_each(|n| kept.source.put(item(n.into(), at(n, 12), 1)));
    for n in 0..3 {
        kept.run(day(n)).await;
        assert_eq!(kept.published().await.len(), n as usize + 1);
    }
    let states = kept.on(day(2)).sync_states().await.unwrap();
    let bounds: Vec<Bounds> = states.iter().map(|s| Bounds::Range(s.range.clone().unwrap())).collect();
    let hour = |n| Some(at(n, 23));
    assert_eq!(bounds, [range(None, at(1, 0)), range(hour(0), at(2, 0)), range(hour(1), at(3, 0))]);
    for (n, state) in (0..).zip(&states) {
        let manifest = kept.manifest("items", day(n)).await.unwrap();
        assert_eq!((&state.digest[..], state.number, state.date), (manifest.digest(), manifest.number, day(n)));
        assert_eq!((manifest.bounds, manifest.rows), (bounds[n as usize].clone(), 1));
    }

    // Readers of the rows that were there already see them as they were.
    let landed = rows(&kept.warehouse).await;
    assert_eq!(landed.iter().map(|l| l.row.id).collect::<Vec<_>>(), [0, 1, 2]);
    assert!(landed[0]._source_file.contains("20260101") && landed[2]._source_file.contains("20260103"));

    // What was forgotten is read from the beginning, and replaces.
    kept.source.remove(0);
    kept.on(day(2)).reset("raw.items").await.unwrap();
    assert!(kept.on(day(2)).sync_states().await.unwrap().is_empty());
    kept.run(day(2)).await;
    assert_eq!(kept.manifest("items", day(2)).await.unwrap().bounds, range(None, at(3, 0)));
    assert_eq!(kept.published().await.iter().map(|i| i.id).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(kept.on(day(2)).reset("orders").await.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn a_run_that_died_between_manifest_and_state_is_finished() {
    let kept = Kept::new(by_number());
    kept.source.put(item(1, at(0, 1), 5));
    kept.run(day(0)).await;
    kept.source.put(item(2, at(1, 1), 9));
    // The last write of an extraction is that of the state: the one before is there and this one is not.
    let mut step = 0;
    loop {
        kept.lake.fail_at(Some(step));
        let done = kept.on(day(1)).extract().await.is_ok();
        kept.lake.fail_at(None);
        assert!(!done, "the state was not the last");
        if kept.manifest("items", day(1)).await.is_some() {
            break;
        }
        step += 1;
    }
    assert_eq!(kept.on(day(1)).sync_states().await.unwrap().len(), 1);
    let fixed = kept.manifest("items", day(1)).await.unwrap();
    // What comes after is of the next day.
    kept.source.put(item(3, at(1, 2), 12));
    kept.run(day(1)).await;
    let states = kept.on(day(1)).sync_states().await.unwrap();
    assert_eq!(Bounds::Range(states[1].range.clone().unwrap()), fixed.bounds);
    assert_eq!(states[1].range.as_ref().unwrap().to, CursorValue::Int(10));
    assert_eq!(kept.published().await.iter().map(|i| i.id).collect::<Vec<_>>(), [1, 2]);
    kept.run(day(2)).await;
    assert_eq!(kept.published().await, kept.source.all());
}

#[tokio::test]
async fn an_older_date_is_loaded_only_when_it_is_meant_to_and_then_from_its_beginning() {
    let kept = Kept::new(by_time());
    for n in 0..3 {
        kept.source.put(item(n.into(), at(n, 1), 1));
        kept.run(day(n)).await;
    }
    let ids = async || kept.published().await.iter().map(|i| i.id).collect::<Vec<_>>();
    let error = kept.on(day(1)).load().await.unwrap_err();
    assert_eq!((error.kind(), error.context("table")), (ErrorKind::Conflict, Some("raw.items")));
    assert_eq!(ids().await, [0, 1, 2]);
    let older = kept.builder(day(1)).allow_older(true).build().unwrap();
    older.load().await.unwrap();
    older.publish().await.unwrap();
    assert_eq!(ids().await, [0, 1]);
    drop(older);
    kept.on(day(2)).load().await.unwrap();
    kept.on(day(2)).publish().await.unwrap();
    assert_eq!(ids().await, [0, 1, 2]);
}

#[tokio::test]
async fn a_load_that_fails_within_a_series_leaves_nothing_of_it() {
    let kept = Kept::new(by_time());
    for n in 0..3 {
        kept.source.put(item(n.into(), at(n, 1), 1));
        kept.on(day(n)).extract().await.unwrap();
    }
    // The manifest, then the file of the first day, then the keys of the second.
    let mut failed = 0;
    for step in 0.. {
        kept.lake.fail_at(Some(step));
        let loaded = kept.on(day(2)).load().await;
        kept.lake.fail_at(None);
        let pipeline = kept.on(day(2));
        let build = kept.warehouse.begin(pipeline.run_id()).await.unwrap();
        if loaded.is_ok() {
            assert_eq!(build.tables().await.unwrap().len(), 1);
            break;
        }
        failed += 1;
        assert!(build.tables().await.unwrap().is_empty(), "step {step}");
        build.abandon().await.unwrap();
    }
    assert!(failed > 10, "{failed}");
    // One that the lake lacks is told.
    kept.lake.delete(&Partition::new("items", day(1))).await.unwrap();
    let fresh = Kept { warehouse: MemoryWarehouse::new(), ..kept };
    let error = fresh.on(day(2)).load().await.unwrap_err();
    assert_eq!((error.kind(), error.context("lacks")), (ErrorKind::NotFound, Some("2026-01-02")));
}

#[tokio::test]
async fn what_cannot_be_kept_up_to_date_is_refused_before_anything_moves() {
    for (mode, says) in [
        (SyncMode::from(SyncMode::cursor("nobody")), "no such cursor"),
        (SyncMode::cursor("version").with_lag(Duration::from_secs(1)).into(), "overlap"),
    ] {
        let kept = Kept::new(mode);
        let error = kept.on(day(0)).extract().await.unwrap_err();
        assert_eq!((error.kind(), error.context("table")), (ErrorKind::Config, Some("raw.items")));
        assert!(error.to_string().contains(says), "{error}");
        assert!(kept.manifest("items", day(0)).await.is_none());
    }
    let kept = Kept::new(by_time());
    let unknown = kept.builder(day(0)).sync("orders", by_time()).build();
    assert_eq!(unknown.unwrap_err().kind(), ErrorKind::NotFound);
}
