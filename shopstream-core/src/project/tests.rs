use arrow::{array::AsArray, buffer::Buffer, datatypes::Int64Type};
use std::{
    sync::{Condvar, Mutex},
    time::Duration,
};

use super::*;
use crate::{Batch, ErrorKind, FixedClock, ModelOutput, Rule, Table, timestamp};
use toy::ToyBuild;

mod toy;

macro_rules! tables {
    ($($name:ident in $layer:literal),+ $(,)?) => { $(
        /// Toy.
        #[derive(Table, Clone, Debug, PartialEq)]
        #[table(layer = $layer, grain(id))]
        pub(super) struct $name {
            /// Number.
            pub(super) id: i64,
        }

        impl From<i64> for $name {
            fn from(id: i64) -> Self {
                Self { id }
            }
        }
    )+ };
}

tables!(RawA in "raw", RawB in "raw", StgA in "staging", StgB in "staging", Dim in "core", Mart in "marts", Report in "marts");

/// A source with two columns, of which each model takes one.
mod wide {
    use crate::Table;

    /// Toy.
    #[derive(Table, Clone, Debug, PartialEq)]
    #[table(layer = "raw", name = "raw_a", grain(other))]
    pub(super) struct Other {
        /// Number.
        pub(super) other: i64,
    }
}

type Factor = i64;

fn sum<T: Table>(batch: &Batch<T>) -> i64 {
    batch.record_batch().column(0).as_primitive::<Int64Type>().values().iter().sum()
}

fn one<T: Table + From<i64>>(id: i64) -> Result<Batch<T>> {
    Ok(Batch::from_rows(&[T::from(id)]))
}

fn from_one<A: Table, T: Table + From<i64>>() -> Model<Factor> {
    Model::new(|a: &Batch<A>, factor: &Factor| one::<T>(sum(a) * factor))
}

fn from_two<A: Table, B: Table, T: Table + From<i64>>() -> Model<Factor> {
    Model::new(|a: &Batch<A>, b: &Batch<B>, factor: &Factor| one::<T>((sum(a) + sum(b)) * factor))
}

/// raw_a -> stg_a -+-> dim -> mart -> report
/// raw_b -> stg_b -+----------^
fn shop() -> ProjectBuilder<Factor> {
    Project::builder()
        .source::<RawA>()
        .source::<RawB>()
        .model(from_one::<Mart, Report>().sql("SELECT * FROM marts.mart"))
        .model(from_two::<Dim, StgB, Mart>().tag("finance").sql("SELECT :factor"))
        .model(from_two::<StgA, StgB, Dim>().sql("SELECT 1"))
        .model(from_one::<RawB, StgB>().sql("SELECT 2"))
        .model(from_one::<RawA, StgA>().tag("finance").sql("SELECT 3"))
}

fn options() -> RunOptions {
    RunOptions::new(Arc::new(FixedClock(timestamp!("2026-01-14 02:00:00"))))
}

fn names(tables: &[TableRef]) -> Vec<&str> {
    tables.iter().map(TableRef::table).collect()
}

fn loaded() -> ToyBuild {
    ToyBuild::default().with::<RawA>(&[1, 2, 3]).with::<RawB>(&[10, 20])
}

async fn run(project: &Project<Factor>, build: &ToyBuild, options: &RunOptions) -> Result<Vec<crate::TableReport>> {
    project.run(build, &2, &project.all(), options).await
}

#[test]
fn models_come_after_their_inputs() {
    let project = shop().build().unwrap();
    assert_eq!(names(project.all().tables()), ["stg_b", "stg_a", "dim", "mart", "report"]);
    let mart = TableRef::of::<Mart>();
    assert_eq!(project.upstream(&mart).len(), 5);
    assert_eq!(project.downstream(&TableRef::of::<StgA>()).len(), 3);
    let lineage: Vec<_> = project.lineage().map(|(t, of)| format!("{t}: {}", of.len())).collect();
    assert_eq!(lineage[..3], ["raw.raw_a: 0", "raw.raw_b: 0", "staging.stg_b: 1"]);
    assert_eq!(project.model(&mart).unwrap().inputs().len(), 2);
    assert!(project.model(&TableRef::of::<RawA>()).is_none());
}

#[test]
fn all_that_is_wrong_is_said_at_once() {
    let check = |name: &str, table: &str| Check::new(name, table, Rule::unique(["id"]));
    let error = Project::<Factor>::builder()
        .source::<RawA>()
        .model(from_two::<RawA, Mart, StgA>().check(check("twice", "staging.stg_a")))
        .model(from_one::<StgA, Dim>().check(check("twice", "staging.stg_a")))
        .model(from_one::<Dim, Mart>())
        .model(from_one::<RawA, StgB>())
        .model(from_one::<RawB, StgB>().check(check("lost", "core.nothing")))
        .model(from_one::<Report, Report>())
        .build()
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    for part in [
        "staging.stg_b is declared twice",
        "staging.stg_b takes raw.raw_b, which is neither",
        "two data tests are called twice",
        "test lost is of core.nothing",
        "a cycle: staging.stg_a -> core.dim -> marts.mart -> staging.stg_a",
        "a cycle: marts.report -> marts.report",
    ] {
        assert!(error.message().contains(part), "{part}: {error}");
    }
}

#[test]
fn selectors() {
    let project = shop().build().unwrap();
    for (selectors, expected) in [
        (&["dim"][..], &["dim"][..]),
        (&["core.dim"], &["dim"]),
        (&["+dim"], &["stg_b", "stg_a", "dim"]),
        (&["dim+"], &["dim", "mart", "report"]),
        (&["+dim+"], &["stg_b", "stg_a", "dim", "mart", "report"]),
        (&["raw_a+"], &["stg_a", "dim", "mart", "report"]),
        (&["raw.raw_a"], &[]),
        (&["layer:marts"], &["mart", "report"]),
        (&["tag:finance"], &["stg_a", "mart"]),
        (&["+tag:finance"], &["stg_b", "stg_a", "dim", "mart"]),
        (&["report", "stg_b"], &["stg_b", "report"]),
        (&[], &[]),
    ] {
        assert_eq!(names(project.select(selectors).unwrap().tables()), expected, "{selectors:?}");
    }
    for (selector, nearest) in [
        ("+dmi", Some("dim")),
        ("layer:mart", Some("layer:marts")),
        ("tag:finence", Some("tag:finance")),
        ("something", None),
        ("++dim", Some("dim")),
        ("", None),
    ] {
        let error = project.select(&[selector]).unwrap_err();
        assert_eq!((error.kind(), error.context("nearest")), (ErrorKind::NotFound, nearest), "{selector}");
    }
}

#[test]
fn what_can_be_built_of_what_is_there() {
    let project = shop().build().unwrap();
    let (built, left_out) = project.buildable(&project.all(), &[TableRef::of::<RawA>()].into());
    assert_eq!(names(built.tables()), ["stg_a"]);
    let left_out: Vec<_> = left_out.iter().map(|l| (l.name.as_str(), names(&l.missing))).collect();
    assert_eq!(left_out[0], ("staging.stg_b", vec!["raw_b"]));
    assert_eq!(left_out[1], ("core.dim", vec!["stg_b"]));
    assert_eq!(left_out.len(), 4);
}

#[tokio::test]
async fn the_same_whatever_the_workers_and_read_once() {
    for workers in [1, 2, 8] {
        let (project, build) = (shop().build().unwrap(), loaded());
        let reports = run(&project, &build, &options().with_workers(workers)).await.unwrap();
        let rows: Vec<_> = reports.iter().map(|r| (r.table.table(), r.rows)).collect();
        assert_eq!(rows, [("stg_b", 1), ("stg_a", 1), ("dim", 1), ("mart", 1), ("report", 1)]);
        // stg_a = 12, stg_b = 60, dim = 144, mart = 408
        assert_eq!(build.sum("marts.report"), 816);
        let mut reads = build.reads();
        reads.sort();
        assert_eq!(reads, ["raw.raw_a(id)", "raw.raw_b(id)"]);
    }
}

#[tokio::test]
async fn a_table_is_read_once_for_all_that_take_it() {
    let project = Project::builder()
        .source::<RawA>()
        .model(from_one::<RawA, StgA>())
        .model(from_two::<RawA, wide::Other, StgB>())
        .build()
        .unwrap();
    let build = ToyBuild::default();
    build.insert("raw.raw_a", &[("id", &[1, 2]), ("unused", &[0, 0]), ("other", &[5, 5])]);
    run(&project, &build, &options()).await.unwrap();
    assert_eq!(build.reads(), ["raw.raw_a(id, other)"]);
    assert_eq!((build.sum("staging.stg_a"), build.sum("staging.stg_b")), (6, 26));
}

#[tokio::test]
async fn an_empty_table_has_its_declared_columns() {
    let project = shop().build().unwrap();
    let build = ToyBuild::default().with::<RawA>(&[]).with::<RawB>(&[]);
    run(&project, &build, &options()).await.unwrap();
    assert_eq!(build.sum("marts.report"), 0);
}

#[tokio::test]
async fn independent_models_run_side_by_side() {
    // Each waits until the other is at work too.
    let meeting = Arc::new((Mutex::new(0), Condvar::new()));
    let meet = |meeting: Arc<(Mutex<usize>, Condvar)>| {
        move || {
            let (count, came) = &*meeting;
            let mut count = count.lock().unwrap();
            *count += 1;
            came.notify_all();
            let (_count, waited) = came.wait_timeout_while(count, Duration::from_secs(20), |n| *n < 2).unwrap();
            assert!(!waited.timed_out(), "nobody else came");
        }
    };
    let (a, b) = (meet(meeting.clone()), meet(meeting));
    let project = Project::builder()
        .source::<RawA>()
        .model(Model::new(move |_: &Batch<RawA>| {
            a();
            one::<StgA>(1)
        }))
        .model(Model::new(move |_: &Batch<RawA>| {
            b();
            one::<StgB>(1)
        }))
        .build()
        .unwrap();
    run(&project, &loaded(), &options().with_workers(2)).await.unwrap();
}

#[tokio::test]
async fn a_failing_model_stops_what_depends_on_it_alone() {
    for panics in [false, true] {
        let fails = move |_: &Batch<RawA>| match panics {
            true => panic!("a secret value"),
            false => Err::<Batch<StgA>, _>(Error::data("no")),
        };
        let project = Project::builder()
            .source::<RawA>()
            .source::<RawB>()
            .model(Model::new(fails))
            .model(from_one::<RawB, StgB>())
            .model(from_two::<StgA, StgB, Dim>())
            .model(from_one::<Dim, Mart>())
            .model(from_one::<StgB, Report>())
            .build()
            .unwrap();
        // An earlier attempt had all of them.
        let build = loaded().with::<StgA>(&[1]).with::<Dim>(&[1]).with::<Mart>(&[1]).with::<Report>(&[1]);
        let error = run(&project, &build, &options().with_workers(1)).await.unwrap_err();
        assert_eq!(error.kind(), if panics { ErrorKind::Internal } else { ErrorKind::Data });
        assert_eq!((error.context("model"), error.context("not_run")), (Some("stg_a"), Some("dim, mart")));
        assert!(!error.to_string().contains("secret"), "{error}");
        let has = build.tables().await.unwrap();
        assert_eq!(names(&has), ["report", "raw_a", "raw_b", "stg_b"], "what failed is missing, not stale");
    }
}

#[tokio::test]
async fn a_failing_write_is_the_models() {
    let project = shop().build().unwrap();
    let build = loaded();
    build.refuse("core.dim");
    let error = run(&project, &build, &options()).await.unwrap_err();
    assert_eq!((error.kind(), error.context("model")), (ErrorKind::Unavailable, Some("dim")));
    let error = run(&project, &ToyBuild::default(), &options()).await.unwrap_err();
    assert_eq!((error.kind(), error.context("model")), (ErrorKind::NotFound, Some("stg_b")));
    assert_eq!((error.context("table"), error.context("also_failed")), (Some("raw.raw_b"), Some("stg_a")));
}

#[tokio::test]
async fn only_what_is_selected_runs() {
    let project = shop().build().unwrap();
    let build = loaded().with::<StgB>(&[7]).with::<Dim>(&[8]).with::<Report>(&[1]);
    let selection = project.select(&["mart"]).unwrap();
    project.run(&build, &2, &selection, &options()).await.unwrap();
    assert_eq!(build.sum("marts.mart"), 30);
    assert!(!build.tables().await.unwrap().contains(&TableRef::of::<Report>()), "it stood on the old mart");
}

#[tokio::test]
async fn tables_are_let_go_with_their_last_consumer() {
    // What a model sees of its input, held by nobody else when the reports run.
    let probes: Arc<Mutex<Vec<Buffer>>> = Arc::default();
    fn pass<A: Table, T: Table + From<i64>>(probes: &Arc<Mutex<Vec<Buffer>>>, held: &'static [usize]) -> Model<Factor> {
        let probes = probes.clone();
        Model::new(move |a: &Batch<A>| {
            let mut probes = probes.lock().unwrap();
            let counts: Vec<bool> = probes.iter().map(|p| p.strong_count() > 1).collect();
            let expected: Vec<bool> = (0..probes.len()).map(|i| held.contains(&i)).collect();
            assert_eq!(counts, expected, "in {}", T::NAME);
            let column = a.record_batch().column(0).as_primitive::<Int64Type>();
            let seen = column.values().inner().clone();
            if probes.iter().all(|p| p.as_ptr() != seen.as_ptr()) {
                probes.push(seen);
            }
            one::<T>(sum(a))
        })
    }
    // raw_a -> stg_a -> dim -> mart; raw_a -> report, which runs first and leaves raw_a to stg_a.
    let project = Project::builder()
        .source::<RawA>()
        .model(pass::<RawA, Report>(&probes, &[]))
        .model(pass::<RawA, StgA>(&probes, &[0]))
        .model(pass::<StgA, Dim>(&probes, &[]))
        .model(pass::<Dim, Mart>(&probes, &[]))
        .build()
        .unwrap();
    let build = loaded();
    build.forget_rows();
    run(&project, &build, &options().with_workers(1)).await.unwrap();
    assert_eq!(probes.lock().unwrap().iter().filter(|p| p.strong_count() > 1).count(), 0);
    assert_eq!(probes.lock().unwrap().len(), 3);
}

#[tokio::test]
async fn dropped_rows_and_events_are_reported() {
    let heard: Arc<Mutex<Vec<String>>> = Arc::default();
    let hears = heard.clone();
    let observer = move |event: &crate::Event<'_>| {
        if let crate::Event::TableDone { table, .. } = event {
            hears.lock().unwrap().push(table.table.to_string());
        }
    };
    let clean = |a: &Batch<RawA>| Ok(crate::Cleaned::new(one::<StgA>(sum(a))?).with_dropped("id > 0", 2));
    let project = Project::<Factor>::builder().source::<RawA>().model(Model::new(clean)).build().unwrap();
    let reports = run(&project, &loaded(), &options().with_observer(Arc::new(observer))).await.unwrap();
    assert_eq!((reports[0].dropped[0].rule.as_str(), reports[0].dropped[0].rows), ("id > 0", 2));
    assert_eq!(*heard.lock().unwrap(), ["staging.stg_a"]);
}

#[tokio::test]
async fn twins_run_over_there_in_order_with_parameters() {
    let project = shop().bind(|query, factor: &Factor| query.bind("factor", *factor)).build().unwrap();
    let build = loaded();
    project.push_down(&build, &2, &project.all(), &options()).await.unwrap();
    let expected = [
        "staging.stg_b: SELECT 2",
        "staging.stg_a: SELECT 3",
        "core.dim: SELECT 1",
        "marts.mart: SELECT (2)",
        "marts.report: SELECT * FROM marts.mart",
    ];
    assert_eq!(build.sql(), expected);
    let twin = project.twin(&"marts.mart".into(), &5).unwrap();
    assert_eq!(twin, Query::new("SELECT :factor").bind("factor", 5));
    assert!(project.twin(&"raw.a".into(), &5).is_none());

    let error = shop().build().unwrap().push_down(&loaded(), &2, &project.all(), &options()).await.unwrap_err();
    assert_eq!((error.kind(), error.context("parameter")), (ErrorKind::Config, Some("factor")));
    assert_eq!(error.context("model"), Some("mart"));

    let plain: Model<Factor> = from_one::<RawA, StgA>();
    let project = Project::builder()
        .source::<RawA>()
        .source::<RawB>()
        .model(from_one::<RawB, StgB>().sql("SELECT 1"))
        .model(plain)
        .build()
        .unwrap();
    let build = loaded();
    let error = project.push_down(&build, &2, &project.all(), &options()).await.unwrap_err();
    assert_eq!((error.kind(), error.context("models")), (ErrorKind::Unsupported, Some("stg_a")));
    assert!(build.sql().is_empty());
}

#[tokio::test]
async fn a_model_without_a_twin_runs_here_where_rows_may_be_put() {
    let here: Model<Factor> = from_one::<RawA, StgA>();
    let project = Project::builder()
        .source::<RawA>()
        .source::<RawB>()
        .model(from_one::<RawB, StgB>().sql("SELECT 1"))
        .model(here)
        .build()
        .unwrap();
    let (build, alone) = (loaded(), loaded());
    let options = options().with_put_others(true);
    let mut pushed = project.push_down(&build, &2, &project.all(), &options).await.unwrap();
    assert_eq!(build.sql(), ["staging.stg_b: SELECT 1"]);
    // What ran here made the rows that it makes when all run here.
    let mut run = project.run(&alone, &2, &project.all(), &options).await.unwrap();
    for reports in [&mut pushed, &mut run] {
        reports.retain(|report| report.table.table() == "stg_a");
    }
    assert!(pushed[0].rows > 0 && pushed[0].rows == run[0].rows && pushed.len() == 1);
}

#[test]
fn a_model_answers_without_a_project() {
    let ModelOutput { batch, .. } =
        from_one::<RawA, StgA>().run(&[Batch::from_rows(&[RawA { id: 4 }]).into_record_batch()], &3).unwrap();
    assert_eq!(Batch::<StgA>::try_new(batch).unwrap().rows(), [StgA { id: 12 }]);
}
