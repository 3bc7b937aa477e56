//! How long does a table take from PostgreSQL to Arrow batches in memory?

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use futures::{TryStreamExt, stream};
use shopstream::{
    Dialect, ReadOptions, Source, Table, TableRef,
    models::{
        demo::{Demo, DemoOptions},
        oltp::OrderItems,
    },
    sources::postgres::{PostgresSource, PostgresWriter},
};
use shopstream_testkit::postgres::Server;
use tokio::runtime::Runtime;

fn extraction(criterion: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime");
    let server = Server::start().expect("PostgreSQL's server programs");
    let mut group = criterion.benchmark_group("extraction");
    group.sample_size(10);
    for scale in [1, 20] {
        let url = server.create_database(&format!("shop{scale}")).expect("a database");
        let rows = runtime.block_on(fill(&url, scale));
        let source = PostgresSource::connect(&url).expect("a source");
        group.throughput(Throughput::Elements(rows));
        group.bench_function(BenchmarkId::new("order_items", scale), |bencher| {
            bencher.to_async(&runtime).iter(|| read(&source));
        });
    }
    group.finish();
}

/// A database with the order lines alone.
async fn fill(url: &str, scale: u16) -> u64 {
    let demo = Demo::new(DemoOptions::default().with_scale(scale)).expect("demo data");
    let mut writer = PostgresWriter::connect(url).await.expect("a connection");
    let mut table = OrderItems::declaration();
    table.columns.iter_mut().for_each(|column| column.references = None);
    writer.execute(&table.create_table(Dialect::Postgres)).await.expect("a table");
    let rows = stream::iter(demo.order_items().map(|batch| Ok(batch.into_record_batch())));
    writer.copy_in(&table.table_ref(), rows).await.expect("rows")
}

async fn read(source: &PostgresSource) -> usize {
    let table = TableRef::of::<OrderItems>();
    let read = source.read(&table, &ReadOptions::default()).await.expect("a read");
    let count = |rows, batch: arrow::array::RecordBatch| async move { Ok(rows + batch.num_rows()) };
    read.into_stream().try_fold(0, count).await.expect("rows")
}

criterion_group!(benches, extraction);
criterion_main!(benches);
