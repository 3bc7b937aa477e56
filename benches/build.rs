//! How long do all models take as a pipeline runs them, in memory and into Parquet files?

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use shopstream::{Warehouse, memory::MemoryWarehouse, sinks::local::LocalWarehouse};
use tokio::runtime::Runtime;

mod shop;

fn build(criterion: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime");
    let folder = tempfile::tempdir().expect("a folder");
    for scale in [1, 20] {
        bench(criterion, &runtime, "memory", scale, MemoryWarehouse::new());
        bench(criterion, &runtime, "local", scale, LocalWarehouse::new(folder.path().join(scale.to_string())));
    }
}

fn bench(criterion: &mut Criterion, runtime: &Runtime, name: &str, scale: u16, warehouse: impl Warehouse) {
    let pipeline = shop::pipeline(scale, warehouse);
    runtime.block_on(async {
        pipeline.extract().await.expect("a lake");
        pipeline.load().await.expect("the raw layer");
    });
    let mut group = criterion.benchmark_group("build");
    group.sample_size(10);
    group.bench_function(BenchmarkId::new(name, scale), |bencher| {
        bencher.to_async(runtime).iter(async || pipeline.build().await.expect("all models").steps.len());
    });
    group.finish();
}

criterion_group!(benches, build);
criterion_main!(benches);
