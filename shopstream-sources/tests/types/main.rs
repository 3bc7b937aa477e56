//! Every type of PostgreSQL, with the server as the oracle: what is read and written to Parquet and read back is what the
//! server itself prints, and what is refused is what the documentation says.
#![cfg(all(feature = "postgres", unix))]
#![allow(clippy::unwrap_used)]

mod columns;
mod print;
mod refused;

use arrow::{array::RecordBatch, compute::concat_batches};
use futures::TryStreamExt;
use parquet::arrow::{ArrowWriter, arrow_reader::ParquetRecordBatchReaderBuilder};
use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{TestRng, TestRunner},
};
use shopstream_core::{ReadOptions, Result, Source};
use shopstream_sources::postgres::{Numeric, PostgresSource, Specials};
use shopstream_testkit::postgres::{Row, Server};
use std::collections::HashMap;

use self::columns::{Column, DDL, columns};

/// Rounds of so many rows: a new table of them would cost more than it finds.
const ROUNDS: usize = 3;
const ROWS: usize = 60;

fn query(server: &Server, sql: &str) -> Vec<Row> {
    server.query("postgres", sql).unwrap()
}

async fn read(source: &PostgresSource, table: &str, options: &ReadOptions) -> Result<RecordBatch> {
    let read = source.read(&table.into(), options).await?;
    let schema = read.schema.clone();
    let batches: Vec<RecordBatch> = read.into_stream().try_collect().await?;
    Ok(concat_batches(&schema, &batches)?)
}

/// Writes rows as Parquet, and reads them.
fn through_parquet(batch: &RecordBatch) -> RecordBatch {
    let mut writer = ArrowWriter::try_new(vec![], batch.schema(), None).unwrap();
    writer.write(batch).unwrap();
    let file = writer.into_inner().unwrap();
    let reader = ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::from(file)).unwrap().build().unwrap();
    let batches: Vec<RecordBatch> = reader.collect::<std::result::Result<_, _>>().unwrap();
    concat_batches(&batches[0].schema(), &batches).unwrap()
}

/// A row of the table: an expression for each column.
fn row(columns: &[Column], n: usize, runner: &mut TestRunner) -> String {
    let maybe = |column: &Column| prop_oneof![7 => column.value.clone(), 1 => Just("NULL".to_owned())];
    let values = columns.iter().map(|column| maybe(column).new_tree(runner).unwrap().current());
    let values: Vec<String> = std::iter::once(n.to_string()).chain(values).collect();
    format!("({})", values.join(", "))
}

#[tokio::test]
async fn every_type_comes_back_from_parquet_as_the_server_prints_it() {
    let server = Server::start().unwrap();
    let multiranges = query(&server, "SELECT to_regtype('int4multirange')")[0][0].is_some();
    let version: u32 = query(&server, "SHOW server_version_num")[0][0].as_ref().unwrap().parse().unwrap();
    assert_eq!(multiranges, version >= 140_000);
    let columns = columns(multiranges);
    let declared: Vec<String> = columns.iter().map(|c| format!("{} {}", c.name, c.sql)).collect();
    query(&server, DDL);
    query(&server, &format!("CREATE TABLE every (n int PRIMARY KEY, {})", declared.join(", ")));
    let seed = TestRng::deterministic_rng(Default::default());
    let mut runner = TestRunner::new_with_rng(Default::default(), seed);
    for round in 0..ROUNDS {
        let rows: Vec<String> = (0..ROWS).map(|n| row(&columns, round * ROWS + n, &mut runner)).collect();
        query(&server, &format!("INSERT INTO every VALUES {}", rows.join(", ")));
    }
    query(
        &server,
        "UPDATE every SET c_text = repeat('é🦀 ''\"\\', 100000), c_json = to_json(repeat('é🦀 ''\"\\', 100000)),
             c_bytea = decode(repeat('00ff5c', 350000), 'hex'), c_xml = ('<a>' || repeat('b', 1000000) || '</a>')::xml,
             c_text_array = ARRAY[repeat('é🦀 ''\"\\', 100000), NULL, ''], c_varbit = repeat('10', 500000)::varbit,
             c_numeric = ('1' || repeat('0', 100000) || '.' || repeat('9', 16000))::numeric,
             c_int8_array = (SELECT array_agg(g) FROM generate_series(1, 100000) g) WHERE n = 0",
    );

    let source =
        PostgresSource::connect(&server.url()).unwrap().with_numeric(Numeric::Text).with_specials(Specials::Null);
    let schema = source.describe(&"every".into()).await.unwrap();
    for column in &columns {
        assert_eq!(schema.column(&column.name).unwrap().data_type, column.arrow, "{}", column.sql);
    }
    let found = read(&source, "every", &ReadOptions::default().with_batch_rows(50)).await.unwrap();
    assert_eq!(found.schema(), schema.to_arrow());
    let back = through_parquet(&found);
    assert_eq!(back, found);
    let numbers = |row| (print::print(&back["n"], row), row);
    let rows: HashMap<String, usize> = (0..back.num_rows()).map(numbers).collect();
    for column in &columns {
        let printed = query(&server, &format!("SELECT n, {} FROM every", column.name));
        assert_eq!(printed.len(), ROUNDS * ROWS);
        let mut nulls = 0;
        for (i, expected) in printed.iter().enumerate() {
            let row = rows[expected[0].as_ref().unwrap()];
            let (array, expected) = (&back[column.name.as_str()], expected[1].as_deref());
            nulls += usize::from(expected.is_none());
            let same = print::same(array, row, expected, column.delimiter);
            assert!(same, "{}, line {i}: the server prints {expected:?}", column.sql);
        }
        assert!((1..ROUNDS * ROWS / 2).contains(&nulls), "{}: {nulls} NULLs", column.sql);
    }
}
