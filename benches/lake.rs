//! How long do Parquet files in a local lake take, there and back? And what is gained, in size and in speed, by
//! encodings that a sample chooses, over all plain, and over dictionaries everywhere?

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use futures::TryStreamExt;
use shopstream::{
    Encoding, Lake, Partition, Table, TableRead, WriteOptions, date,
    models::{
        demo::{Demo, DemoOptions},
        lake_layout,
        oltp::{Events, OrderItems},
    },
    sinks::lake::ObjectStoreLake,
    timestamp,
};
use tokio::runtime::Runtime;

fn lake(criterion: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime");
    let folder = tempfile::tempdir().expect("a folder");
    let options = WriteOptions::new(timestamp!("2026-01-15 02:00:00"));
    let mut group = criterion.benchmark_group("lake");
    group.sample_size(10);
    for scale in [1, 20] {
        let lake = ObjectStoreLake::local(folder.path().join(scale.to_string()), lake_layout()).expect("a lake");
        let demo = Demo::new(DemoOptions::default().with_scale(scale)).expect("demo data");
        let batches: Vec<_> = demo.order_items().map(|batch| batch.into_record_batch()).collect();
        let rows = batches.iter().map(|batch| batch.num_rows() as u64).sum();
        let partition = Partition::new(OrderItems::NAME, date!("2026-01-15"));
        let write = async || {
            let data = TableRead::from_batches(OrderItems::schema(), batches.clone());
            // A partition that is new each time: the manifests of a rewritten one would pile up.
            lake.delete(&partition).await.expect("no partition");
            lake.write(&partition, data, &options).await.expect("a partition")
        };
        group.throughput(Throughput::Elements(rows));
        group.bench_function(BenchmarkId::new("write", scale), |bencher| bencher.to_async(&runtime).iter(&write));

        let manifest = runtime.block_on(write());
        group.bench_function(BenchmarkId::new("read", scale), |bencher| {
            bencher.to_async(&runtime).iter(async || {
                let stream = lake.read(&manifest, None).await.expect("a read");
                stream.try_fold(0, async |rows, batch| Ok(rows + batch.num_rows())).await.expect("rows")
            });
        });
    }
    group.finish();
}

fn encodings(criterion: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime");
    let folder = tempfile::tempdir().expect("a folder");
    let demo = Demo::new(DemoOptions::default().with_scale(20)).expect("demo data");
    let lines: Vec<_> = demo.order_items().map(|batch| batch.into_record_batch()).collect();
    let events: Vec<_> = demo.events().map(|batch| batch.into_record_batch()).collect();
    let mut group = criterion.benchmark_group("encodings");
    group.sample_size(10);
    for (table, batches) in [(OrderItems::NAME, lines), (Events::NAME, events)] {
        let rows = batches.iter().map(|batch| batch.num_rows() as u64).sum();
        for encoding in [Encoding::Sampled, Encoding::Dictionary, Encoding::Plain] {
            let name = format!("{encoding:?}").to_lowercase();
            let lake = ObjectStoreLake::local(folder.path().join(&name), lake_layout()).expect("a lake");
            let partition = Partition::new(table, date!("2026-01-15"));
            let options = WriteOptions::new(timestamp!("2026-01-15 02:00:00")).with_encoding(encoding);
            let write = async || {
                let data = TableRead::from_batches(batches[0].schema(), batches.clone());
                lake.delete(&partition).await.expect("no partition");
                lake.write(&partition, data, &options).await.expect("a partition")
            };
            // The size is a part of the name: criterion measures time alone.
            let bytes = runtime.block_on(write()).bytes();
            let id = BenchmarkId::new(format!("{table} {name}"), format!("{bytes} bytes"));
            group.throughput(Throughput::Elements(rows));
            group.bench_function(id, |bencher| bencher.to_async(&runtime).iter(&write));
        }
    }
    group.finish();
}

criterion_group!(benches, lake, encodings);
criterion_main!(benches);
