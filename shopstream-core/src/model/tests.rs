use arrow::array::{ArrayRef, Int64Array, RecordBatch};
use std::sync::Arc;

use super::*;
use crate::{Batch, ErrorKind, Landed, timestamp};

/// Numbers.
#[derive(Table, Clone, Debug, PartialEq)]
#[table(layer = "public", grain(id))]
struct Numbers {
    /// Number.
    id: i64,
}

/// Cleaned numbers.
#[derive(Table, Clone, Debug, PartialEq)]
#[table(layer = "staging", grain(id))]
struct StgNumbers {
    /// Number.
    id: i64,
}

/// Their sum.
#[derive(Table, Clone, Debug, PartialEq)]
#[table(layer = "marts", grain(total))]
struct MartTotal {
    /// Sum.
    total: i64,
}

#[derive(Clone, Debug)]
struct Factor(i64);

fn clean(numbers: &Batch<Landed<Numbers>>) -> Result<Cleaned<StgNumbers>> {
    let rows: Vec<_> = numbers.id.values().filter(|id| *id > 0).map(|id| StgNumbers { id }).collect();
    let dropped = (numbers.num_rows() - rows.len()) as u64;
    Ok(Cleaned::new(Batch::from_rows(&rows)).with_dropped("id > 0", dropped))
}

fn total(a: &Batch<StgNumbers>, b: &Batch<StgNumbers>, factor: &Factor) -> Result<Batch<MartTotal>> {
    let sum = a.id.values().chain(b.id.values()).sum::<i64>();
    Ok(Batch::from_rows(&[MartTotal { total: sum * factor.0 }]))
}

fn constant() -> Result<Batch<MartTotal>> {
    Ok(Batch::from_rows(&[MartTotal { total: 7 }]))
}

fn the_factor(factor: &Factor) -> Result<Batch<MartTotal>> {
    Ok(Batch::from_rows(&[MartTotal { total: factor.0 }]))
}

fn numbers(ids: &[i64]) -> RecordBatch {
    let rows: Vec<_> = ids.iter().map(|id| StgNumbers { id: *id }).collect();
    Batch::from_rows(&rows).into_record_batch()
}

fn total_of(output: ModelOutput) -> i64 {
    Batch::<MartTotal>::try_new(output.batch).unwrap().total.get(0)
}

#[test]
fn every_form_of_function_is_a_model() {
    let models: [Model<Factor>; 4] = [
        Model::new(total).tag("money").sql("SELECT 1 AS total"),
        Model::new(constant),
        Model::new(the_factor),
        Model::new(|n: &Batch<StgNumbers>| Ok(Batch::from_rows(&[MartTotal { total: n.num_rows() as i64 }]))),
    ];
    let inputs = [numbers(&[1, 2]), numbers(&[3])];
    let of = |i: usize, n: usize| total_of(models[i].run(&inputs[..n], &Factor(10)).unwrap());
    assert_eq!([of(0, 2), of(1, 0), of(2, 0), of(3, 1)], [60, 7, 10, 2]);
    assert_eq!((models[0].name(), models[0].layer()), ("mart_total", "marts"));
    assert_eq!(models[0].tags(), ["money"]);
    assert_eq!(models[0].twin(), Some("SELECT 1 AS total"));
    let tables: Vec<_> = models[0].inputs().iter().map(|i| i.table().to_string()).collect();
    assert_eq!(tables, ["staging.stg_numbers", "staging.stg_numbers"]);
}

#[test]
fn rows_are_taken_out_of_wider_ones_and_drops_are_counted() {
    let model: Model<Factor> = Model::new(clean);
    assert_eq!(model.inputs()[0].table().to_string(), "raw.numbers");
    let landed = |id| Landed {
        row: Numbers { id },
        _loaded_at: timestamp!("2026-01-14 02:00:00"),
        _source_file: "raw/numbers.parquet".to_owned(),
    };
    let landed = Batch::from_rows(&[landed(1), landed(-1), landed(0)]).into_record_batch();
    let mut columns: Vec<(String, ArrayRef, bool)> =
        vec![("extra".into(), Arc::new(Int64Array::from(vec![1; 3])), true)];
    columns.extend(
        landed.schema().fields().iter().zip(landed.columns()).map(|(f, c)| (f.name().clone(), c.clone(), false)),
    );
    let output = model.run(&[RecordBatch::try_from_iter_with_nullable(columns).unwrap()], &Factor(1)).unwrap();
    assert_eq!(output.batch, numbers(&[1]));
    assert_eq!(output.dropped, [Dropped { rule: "id > 0", rows: 2 }]);
}

#[test]
fn errors_name_the_model() {
    let model: Model<Factor> = Model::new(total);
    let wrong = RecordBatch::try_from_iter([("other", Arc::new(Int64Array::from(vec![1])) as ArrayRef)]).unwrap();
    let error = model.run(&[wrong.clone(), wrong], &Factor(1)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Schema);
    assert_eq!((error.context("table"), error.context("model")), (Some("staging.stg_numbers"), Some("mart_total")));
    assert_eq!(model.run(&[], &Factor(1)).unwrap_err().kind(), ErrorKind::Internal);
}
