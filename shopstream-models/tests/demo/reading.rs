use arrow::array::RecordBatch;
use futures::{StreamExt, TryStreamExt, executor::block_on};
use shopstream_core::{
    Batch, ErrorKind, ReadOptions, Source, TableRead, TableRef,
    conformance::{self, SourceFixture},
};
use shopstream_models::{
    demo::{Demo, DemoOptions, DemoSource},
    oltp::{self, Events, Orders},
};

fn source(seed: u64) -> DemoSource {
    DemoSource::new(Demo::new(DemoOptions::default().with_seed(seed)).unwrap())
}

fn batches(read: TableRead) -> Vec<RecordBatch> {
    let schema = read.schema.clone();
    let batches: Vec<RecordBatch> = block_on(read.into_stream().try_collect()).unwrap();
    assert!(batches.iter().all(|b| b.schema() == schema));
    batches
}

#[test]
fn keeps_the_promises_of_a_source() {
    let source = source(42);
    let demo = Demo::new(DemoOptions::default()).unwrap();
    let users = demo.users().next().unwrap();
    let secret = users.email.get(0);
    let fixture = SourceFixture::of(&users).with_secret(secret);
    block_on(conformance::source(&source, &fixture)).unwrap();
    let fixture = SourceFixture::of(&demo.products().next().unwrap());
    block_on(conformance::source(&source, &fixture)).unwrap();

    let nothing = DemoSource::new(Demo::new(DemoOptions::default().with_scale(0)).unwrap());
    let read = block_on(nothing.read(&"users".into(), &ReadOptions::default())).unwrap();
    assert_eq!(batches(read), []);
}

#[test]
fn every_table_is_described_and_read() {
    let source = source(42);
    for table in oltp::tables() {
        for name in [table.table_ref(), TableRef::from(table.name)] {
            let described = block_on(source.describe(&name)).unwrap();
            assert_eq!(described, table.table_schema());
            let read = block_on(source.read(&name, &ReadOptions::default())).unwrap();
            assert_eq!(read.schema, described.to_arrow());
            assert!(batches(read).iter().map(RecordBatch::num_rows).sum::<usize>() >= 200);
        }
    }
}

#[test]
fn reads_rows_columns_and_batches_as_asked() {
    let source = source(42);
    let options = ReadOptions::default().with_batch_rows(999);
    let read = batches(block_on(source.read(&"events".into(), &options)).unwrap());
    assert!(read.iter().all(|b| b.num_rows() <= 999) && read.len() == 11);
    let rows: Vec<Events> = read.into_iter().flat_map(|b| Batch::<Events>::try_new(b).unwrap().rows()).collect();
    let demo = Demo::new(DemoOptions::default()).unwrap();
    assert_eq!(rows, demo.events().rows().collect::<Vec<_>>());

    let options = ReadOptions::default().with_columns(["status", "id"]);
    let read = batches(block_on(source.read(&"public.orders".into(), &options)).unwrap());
    let whole = demo.orders().next().unwrap();
    assert_eq!(read, [whole.record_batch().project(&[4, 0]).unwrap()]);
    assert_eq!(whole.rows().len(), demo.orders().flat_map(|b: Batch<Orders>| b.rows()).count());
}

#[test]
fn reads_run_side_by_side() {
    let source = source(42);
    let one = block_on(source.read(&"users".into(), &ReadOptions::default().with_batch_rows(10))).unwrap();
    let two = block_on(source.read(&"users".into(), &ReadOptions::default().with_batch_rows(10))).unwrap();
    let pairs: Vec<_> = block_on(one.into_stream().zip(two.into_stream()).collect());
    assert_eq!(pairs.len(), 100);
    assert!(pairs.into_iter().all(|(a, b)| a.unwrap() == b.unwrap()));
}

#[test]
fn a_snapshot_is_of_its_own_data() {
    let (ours, other) = (source(42), source(43));
    let snapshot = block_on(ours.snapshot()).unwrap().unwrap();
    assert_eq!(snapshot.info().id, "demo-1-42-1768435200000000");
    let options = ReadOptions::default().with_snapshot(snapshot.clone());
    let read = block_on(ours.read(&"users".into(), &options)).unwrap();
    assert_eq!(read.snapshot.as_ref(), Some(snapshot.info()));
    let error = block_on(other.read(&"users".into(), &options)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
}

#[test]
fn what_is_not_there_is_not_found() {
    let source = source(42);
    for table in ["user", "raw.users", "public.Users", ""] {
        let table = TableRef::from(table);
        assert_eq!(block_on(source.describe(&table)).unwrap_err().kind(), ErrorKind::NotFound);
        let error = block_on(source.read(&table, &ReadOptions::default())).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
    }
    let options = ReadOptions::default().with_columns(["id", "nope"]);
    let error = block_on(source.read(&"users".into(), &options)).unwrap_err();
    assert_eq!((error.kind(), error.context("columns")), (ErrorKind::NotFound, Some("nope")));
}
