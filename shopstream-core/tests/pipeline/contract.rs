//! What a table's columns may become between two runs.

use arrow::{
    array::{ArrayRef, Int64Array, RecordBatch, StringViewArray},
    datatypes::{DataType, Field, Schema},
};
use async_trait::async_trait;
use futures::TryStreamExt;
use shopstream_core::{
    Batch, BatchStream, ColumnSchema, Date, ErrorKind, Event, FixedClock, Lake, Landed, OnChange, Partition, Pipeline,
    PipelineBuilder, Project, ReadOptions, Result, RunReport, SchemaChange, SchemaPolicy, Snapshot, Source, Step,
    SyncMode, Table, TableRead, TableRef, TableSchema, Warehouse, date,
    memory::{MemoryLake, MemorySource, MemoryWarehouse},
    timestamp,
};
use std::{
    fmt,
    sync::{Arc, Mutex},
};

/// What the project needs of the notes.
#[derive(Table, Clone, Debug, PartialEq)]
#[table(layer = "public", grain(id))]
struct Notes {
    /// Number.
    id: i64,
}

const FIRST: Date = date!("2026-01-01");

/// A table with a key, of whatever columns.
#[derive(Debug)]
struct Keyed {
    table: MemorySource,
    note: Option<&'static str>,
}

impl fmt::Display for Keyed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.table.fmt(f)
    }
}

#[async_trait]
impl Source for Keyed {
    async fn describe(&self, table: &TableRef) -> Result<TableSchema> {
        Ok(TableSchema { primary_key: vec!["id".into()], ..self.table.describe(table).await? })
    }

    async fn snapshot(&self) -> Result<Option<Snapshot>> {
        Ok(None)
    }

    async fn read(&self, table: &TableRef, options: &ReadOptions) -> Result<TableRead> {
        let read = self.table.read(table, options).await?;
        Ok(self.note.into_iter().fold(read, TableRead::with_note))
    }
}

fn ints(values: &[Option<i64>]) -> ArrayRef {
    Arc::new(Int64Array::from(values.to_vec()))
}

fn texts(values: &[Option<&str>]) -> ArrayRef {
    Arc::new(StringViewArray::from(values.to_vec()))
}

/// Notes with an id and these columns.
fn notes(ids: &[i64], columns: &[(&str, bool, ArrayRef)]) -> Keyed {
    let mut fields = vec![Field::new("id", DataType::Int64, false)];
    let mut arrays = vec![Arc::new(Int64Array::from(ids.to_vec())) as ArrayRef];
    for (name, nullable, array) in columns {
        fields.push(Field::new(*name, array.data_type().clone(), *nullable));
        arrays.push(array.clone());
    }
    let schema = Schema::new(fields);
    let batch = RecordBatch::try_new(Arc::new(schema.clone()), arrays).unwrap();
    let table = MemorySource::new().with_batches("public.notes", &schema, vec![batch]).unwrap();
    Keyed { table, note: None }
}

#[derive(Default)]
struct Place {
    lake: MemoryLake,
    warehouse: MemoryWarehouse,
    plans: Arc<Mutex<Vec<String>>>,
}

impl Place {
    fn pipeline(&self, source: Keyed, day: i32) -> PipelineBuilder<()> {
        let plans = self.plans.clone();
        let observer = move |event: &Event<'_>| match event {
            Event::SchemaChanged { table, changes } => {
                plans.lock().unwrap().extend(changes.iter().map(|c| format!("{table}: {c}")));
            }
            Event::Note { table, note } => plans.lock().unwrap().push(format!("{table}! {note}")),
            _ => {}
        };
        Pipeline::builder()
            .source(Arc::new(source))
            .source_schema("public")
            .lake(Arc::new(self.lake.clone()))
            .warehouse(Arc::new(self.warehouse.clone()))
            .project(Project::builder().source::<Landed<Notes>>().build().unwrap())
            .clock(Arc::new(FixedClock(timestamp!("2026-02-01 02:00:00"))))
            .observer(Arc::new(observer))
            .date(FIRST.plus_days(day))
            .params(())
    }

    async fn run(&self, builder: PipelineBuilder<()>) -> Result<RunReport> {
        builder.build().unwrap().run().await
    }

    fn plans(&self) -> Vec<String> {
        std::mem::take(&mut self.plans.lock().unwrap())
    }

    async fn columns(&self, day: i32) -> Vec<String> {
        let manifest = self.lake.manifest(&Partition::new("notes", FIRST.plus_days(day))).await.unwrap().unwrap();
        manifest.schema.columns.into_iter().map(|c| c.name).collect()
    }
}

#[tokio::test]
async fn what_adds_goes_on_and_what_takes_away_stops_with_all_of_it() {
    let place = Place::default();
    let first = || notes(&[1], &[("text", false, texts(&[Some("a")])), ("stars", true, ints(&[Some(1)]))]);
    place.run(place.pipeline(first(), 0)).await.unwrap();
    place.run(place.pipeline(first(), 0)).await.unwrap();
    assert!(place.plans().is_empty());

    let more = notes(
        &[1],
        &[("text", true, texts(&[None])), ("stars", true, ints(&[Some(1)])), ("lang", true, texts(&[None]))],
    );
    let report = place.run(place.pipeline(more, 1)).await.unwrap();
    let plan = ["notes: ~ text: expected NOT NULL, found NULL", "notes: + lang Utf8View"];
    assert_eq!(place.plans(), plan);
    let changes = &report.step(Step::Extract).unwrap().tables[0].changes;
    assert_eq!(changes[1], SchemaChange::ColumnAdded(ColumnSchema::new("lang", DataType::Utf8View, true)));
    assert_eq!(place.columns(1).await, ["id", "text", "stars", "lang"]);

    let less = || notes(&[1], &[("text", true, texts(&[None])), ("stars", true, texts(&[None]))]);
    let error = place.run(place.pipeline(less(), 2)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Schema);
    let told = error.to_string();
    assert!(told.contains("public.notes: ~ stars: expected Int64, found Utf8View"), "{told}");
    assert!(told.contains("public.notes: - lang Utf8View"), "{told}");
    assert_eq!(place.plans().len(), 2, "the plan is told when it stops, too");
    let there = place.lake.manifest(&Partition::new("notes", FIRST.plus_days(2))).await.unwrap();
    assert!(there.is_none(), "nothing was extracted");
    // An older date is compared with what was before it.
    place.run(place.pipeline(first(), 0)).await.unwrap_err();
    assert!(place.plans().is_empty());

    let policy = SchemaPolicy::default().with_retyped(OnChange::Evolve).with_dropped(OnChange::Evolve);
    place.run(place.pipeline(less(), 2).schema_policy(policy)).await.unwrap();
    assert_eq!(place.columns(2).await, ["id", "text", "stars"]);
}

#[tokio::test]
async fn a_policy_freezes_or_discards() {
    let place = Place::default();
    place.run(place.pipeline(notes(&[1], &[("stars", true, ints(&[Some(1)]))]), 0)).await.unwrap();
    let more = || notes(&[1], &[("stars", true, texts(&[None])), ("lang", true, texts(&[None]))]);
    let strict = SchemaPolicy::default().with_added(OnChange::Freeze).with_retyped(OnChange::Evolve);
    let error = place.run(place.pipeline(more(), 1).schema_policy(strict)).await.unwrap_err();
    assert!(error.to_string().contains("+ lang") && !error.to_string().contains("stars"), "{error}");
    let without = SchemaPolicy::all(OnChange::Discard);
    place.run(place.pipeline(more(), 1).schema_policy(without)).await.unwrap();
    assert_eq!(place.columns(1).await, ["id"]);
    // One that the project needs is missed all the same.
    let error = place.run(place.pipeline(notes(&[], &[]), 2).source_table("notes", "public.nobody")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn rows_that_were_there_before_a_column_have_none_of_it() {
    let place = Place::default();
    let sync = |builder: PipelineBuilder<()>| builder.sync("notes", SyncMode::cursor("id"));
    let first = notes(&[1, 2], &[("stars", false, ints(&[Some(1), Some(2)]))]);
    place.run(sync(place.pipeline(first, 0))).await.unwrap();
    let second = notes(
        &[1, 2, 3],
        &[
            ("lang", false, texts(&[Some("fr"), Some("de"), Some("it")])),
            ("stars", false, ints(&[Some(1), Some(2), Some(3)])),
        ],
    );
    place.run(sync(place.pipeline(second, 1))).await.unwrap();
    let table = TableRef::of::<Landed<Notes>>();
    let stream: BatchStream = place.warehouse.read(&table, None).await.unwrap();
    let batches: Vec<RecordBatch> = stream.try_collect().await.unwrap();
    let rows = arrow::compute::concat_batches(batches[0].schema_ref(), &batches).unwrap();
    assert_eq!(rows.column_by_name("lang").unwrap(), &texts(&[None, None, Some("it")]));
    assert_eq!(rows.column_by_name("stars").unwrap(), &ints(&[Some(1), Some(2), Some(3)]));
    assert_eq!(Batch::<Landed<Notes>>::select(rows).unwrap().rows().len(), 3);
}

#[tokio::test]
async fn what_a_source_had_to_do_without_is_told() {
    let place = Place::default();
    let source = Keyed { note: Some("one connection only"), ..notes(&[1], &[]) };
    let report = place.run(place.pipeline(source, 0)).await.unwrap();
    assert_eq!(place.plans(), ["notes! one connection only"]);
    assert_eq!(report.step(Step::Extract).unwrap().tables[0].notes, ["one connection only"]);
    assert_eq!(serde_json::from_str::<RunReport>(&serde_json::to_string(&report).unwrap()).unwrap(), report);
}
