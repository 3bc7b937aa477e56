//! What does each stage of an extraction cost apart, without a server? Decode: binary COPY to Arrow. Encode: Arrow to
//! Parquet, with its checksum, in a lake that is memory. Write: the same to a folder; what is more is the files'.

use arrow::array::RecordBatch;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use shopstream::{
    Lake, Partition, Table, TableRead, WriteOptions, date,
    models::{
        demo::{Demo, DemoOptions},
        lake_layout,
        oltp::{Events, OrderItems},
    },
    sinks::lake::ObjectStoreLake,
    sources::postgres::binary,
    timestamp,
};
use tokio::runtime::Runtime;

const SCALE: u16 = 20;

fn stages(criterion: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime");
    let folder = tempfile::tempdir().expect("a folder");
    let memory = ObjectStoreLake::from_url("memory://", lake_layout()).expect("a lake");
    let local = ObjectStoreLake::local(folder.path(), lake_layout()).expect("a lake");
    let demo = Demo::new(DemoOptions::default().with_scale(SCALE)).expect("demo data");
    let lines: Vec<_> = demo.order_items().map(|batch| batch.into_record_batch()).collect();
    let events: Vec<_> = demo.events().map(|batch| batch.into_record_batch()).collect();
    let mut group = criterion.benchmark_group("stages");
    group.sample_size(10);
    for (table, batches) in [(OrderItems::NAME, lines), (Events::NAME, events)] {
        let schema = batches[0].schema();
        let bytes = binary::encode(&batches).expect("rows of the wire");
        // As they come from there, which is not as they were made.
        let batches = binary::decode(&schema, &bytes).expect("rows");
        group.throughput(Throughput::Elements(batches.iter().map(|batch| batch.num_rows() as u64).sum()));
        group.bench_function(BenchmarkId::new("decode", table), |bencher| {
            bencher.iter(|| binary::decode(&schema, &bytes).expect("rows"));
        });
        for (stage, lake) in [("encode", &memory), ("write", &local)] {
            group.bench_function(BenchmarkId::new(stage, table), |bencher| {
                bencher.to_async(&runtime).iter(|| write(lake, table, &batches));
            });
        }
    }
    group.finish();
}

async fn write(lake: &ObjectStoreLake, table: &str, batches: &[RecordBatch]) {
    let partition = Partition::new(table, date!("2026-01-15"));
    // A partition that is new each time: the manifests of a rewritten one would pile up.
    lake.delete(&partition).await.expect("no partition");
    let data = TableRead::from_batches(batches[0].schema(), batches.to_vec());
    let options = WriteOptions::new(timestamp!("2026-01-15 02:00:00"));
    lake.write(&partition, data, &options).await.expect("a partition");
}

criterion_group!(benches, stages);
criterion_main!(benches);
