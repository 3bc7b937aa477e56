//! How long does each model take, its inputs being in memory?

use arrow::{array::RecordBatch, compute::concat_batches};
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use futures::TryStreamExt;
use shopstream::{
    Model, TableRef, Warehouse, date,
    memory::MemoryWarehouse,
    models::{Params, models},
};
use tokio::runtime::Runtime;

mod shop;

fn each(criterion: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime");
    let params = Params::new(date!("2026-01-15"));
    for scale in [1, 20] {
        let warehouse = MemoryWarehouse::new();
        runtime.block_on(shop::pipeline(scale, warehouse.clone()).run()).expect("a published shop");
        let mut group = criterion.benchmark_group(format!("models/{scale}"));
        group.sample_size(10);
        for model in models() {
            let inputs = runtime.block_on(inputs(&model, &warehouse));
            group.bench_function(BenchmarkId::from_parameter(model.name()), |bencher| {
                bencher.iter(|| model.run(&inputs, &params).expect("a table"));
            });
        }
        group.finish();
    }
}

async fn inputs(model: &Model<Params>, warehouse: &MemoryWarehouse) -> Vec<RecordBatch> {
    let mut inputs = vec![];
    for input in model.inputs() {
        inputs.push(table(input.table(), warehouse).await);
    }
    inputs
}

async fn table(table: &TableRef, warehouse: &MemoryWarehouse) -> RecordBatch {
    let rows = warehouse.read(table, None).await.expect("a published table");
    let batches: Vec<RecordBatch> = rows.try_collect().await.expect("rows");
    concat_batches(&batches[0].schema(), &batches).expect("one batch")
}

criterion_group!(benches, each);
criterion_main!(benches);
