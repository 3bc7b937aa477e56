//! Two tables, cell by cell.

use arrow::{
    array::{Array, AsArray},
    datatypes::{DataType as Arrow, Date32Type, Decimal128Type, Int64Type, TimestampMicrosecondType},
};
use polars::prelude::{AnyValue, DataFrame, LazyFrame};
use shopstream_core::{Batch, Table};

/// A value: decimals in units of their last digit, dates in days, timestamps in microseconds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cell {
    Null,
    Truth(bool),
    Number(i128),
    Text(String),
}

/// The columns of a table, in the order in which they are declared.
pub(crate) type Cells = Vec<(&'static str, Vec<Cell>)>;

/// Asserts that a model's table is its oracle's: the same rows in the same order, each cell the same.
#[track_caller]
pub(crate) fn assert_same<T: Table>(model: &Batch<T>, oracle: LazyFrame) {
    let difference = difference(&model_cells(model), &oracle_cells::<T>(&oracle.collect().unwrap()));
    assert_eq!(difference, None, "{}", T::NAME);
}

/// The first difference of two tables, in words.
pub(crate) fn difference(model: &Cells, oracle: &Cells) -> Option<String> {
    let (rows, others) = (model[0].1.len(), oracle[0].1.len());
    if rows != others {
        return Some(format!("{rows} rows, expected {others}"));
    }
    let columns = model.iter().zip(oracle);
    let mut different = columns.filter_map(|((name, cells), (_, expected))| {
        let row = cells.iter().zip(expected).position(|(cell, expected)| cell != expected)?;
        Some(format!("{name}, row {row}: {:?}, expected {:?}", cells[row], expected[row]))
    });
    different.next()
}

/// What a model made.
pub(crate) fn model_cells<T: Table>(batch: &Batch<T>) -> Cells {
    let columns = T::declaration().columns.into_iter();
    columns.zip(batch.record_batch().columns()).map(|(c, array)| (c.name, array_cells(array))).collect()
}

fn array_cells(array: &dyn Array) -> Vec<Cell> {
    fn number<N: Into<i128>>(value: Option<N>) -> Cell {
        value.map_or(Cell::Null, |n| Cell::Number(n.into()))
    }
    match array.data_type() {
        Arrow::Boolean => array.as_boolean().iter().map(|v| v.map_or(Cell::Null, Cell::Truth)).collect(),
        Arrow::Int64 => array.as_primitive::<Int64Type>().iter().map(number).collect(),
        Arrow::Decimal128(..) => array.as_primitive::<Decimal128Type>().iter().map(number).collect(),
        Arrow::Date32 => array.as_primitive::<Date32Type>().iter().map(number).collect(),
        Arrow::Timestamp(..) => array.as_primitive::<TimestampMicrosecondType>().iter().map(number).collect(),
        Arrow::Utf8View => {
            let texts = array.as_string_view().iter();
            texts.map(|v| v.map_or(Cell::Null, |text| Cell::Text(text.to_owned()))).collect()
        }
        other => panic!("{other}"),
    }
}

/// What an oracle said of the columns of a table.
pub(crate) fn oracle_cells<T: Table>(frame: &DataFrame) -> Cells {
    let declared = T::declaration().columns.into_iter();
    declared.map(|c| (c.name, column(frame, c.name).unwrap_or_else(|| divided(frame, c.name)))).collect()
}

fn column(frame: &DataFrame, name: &str) -> Option<Vec<Cell>> {
    let series = frame.column(name).ok()?.as_materialized_series().rechunk();
    let cell = |value| match value {
        AnyValue::Null => Cell::Null,
        AnyValue::Boolean(value) => Cell::Truth(value),
        AnyValue::String(text) => Cell::Text(text.to_owned()),
        AnyValue::Int32(n) | AnyValue::Date(n) => Cell::Number(n.into()),
        AnyValue::UInt32(n) => Cell::Number(n.into()),
        AnyValue::Int64(n) | AnyValue::Datetime(n, ..) => Cell::Number(n.into()),
        other => panic!("{name}: {}", other.dtype()),
    };
    Some(series.iter().map(cell).collect())
}

fn divided(frame: &DataFrame, name: &str) -> Vec<Cell> {
    fractions(frame, name).map(|(of, per)| rounded(of, per).map_or(Cell::Null, Cell::Number)).collect()
}

/// The numerators and denominators of a quotient, in units of its last digit.
pub(crate) fn fractions(frame: &DataFrame, name: &str) -> impl Iterator<Item = (i128, i128)> + use<> {
    let part = |part| {
        let cells = column(frame, &format!("{name}.{part}")).unwrap_or_else(|| panic!("the oracle forgot {name}"));
        let number = |cell: &Cell| match cell {
            Cell::Number(n) => *n,
            other => panic!("{name}.{part}: {other:?}"),
        };
        cells.iter().map(number).collect::<Vec<_>>().into_iter()
    };
    part("of").zip(part("times")).zip(part("per")).map(|((of, times), per)| (of * times, per))
}

/// `of` / `per` as a whole number, half away from zero; `None` by zero.
fn rounded(of: i128, per: i128) -> Option<i128> {
    let whole = of.checked_div(per)?;
    let away = 2 * (of - whole * per).abs() >= per.abs();
    Some(if away { whole + of.signum() * per.signum() } else { whole })
}

#[test]
fn divisions_are_rounded_half_away_from_zero() {
    for (of, per, expected) in [(5, 2, 3), (-5, 2, -3), (5, -2, -3), (-5, -2, 3), (7, 3, 2), (8, 3, 3), (0, 7, 0)] {
        assert_eq!(rounded(of, per), Some(expected), "{of} / {per}");
    }
    assert_eq!(rounded(1, 0), None);
}
