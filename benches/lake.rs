//! How long do Parquet files in a local lake take, there and back?

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use futures::TryStreamExt;
use shopstream::{
    Lake, Partition, Table, TableRead, WriteOptions, date,
    models::{
        demo::{Demo, DemoOptions},
        lake_layout,
        oltp::OrderItems,
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

criterion_group!(benches, lake);
criterion_main!(benches);
