//! Rules about totals.

use arrow::array::Array;

use super::{
    keys::ValueSet,
    number::Number,
    scan::{Rows, Scan},
};
use crate::{Aggregate, Build, Check, CheckOutcome, Error, Measure, Result};

/// It fails unless the table has so many rows.
pub(super) async fn row_count(check: &Check, build: &dyn Build, expected: u64) -> Result<CheckOutcome> {
    let found = total(build, &Measure::count(check.table.clone())).await?;
    let same = found == Number { units: expected.into(), scale: 0 };
    Ok(outcome(check, same, || vec![format!("expected {expected}"), format!("found {found}")]))
}

/// It fails unless the two totals are the same.
pub(super) async fn equal(check: &Check, build: &dyn Build, left: &Measure, right: &Measure) -> Result<CheckOutcome> {
    let (one, other) = (total(build, left).await?, total(build, right).await?);
    Ok(outcome(check, one == other, || vec![format!("{left} = {one}"), format!("{right} = {other}")]))
}

fn outcome(check: &Check, same: bool, sample: impl FnOnce() -> Vec<String>) -> CheckOutcome {
    if same { CheckOutcome::new(check, 0, vec![]) } else { CheckOutcome::new(check, 1, sample()) }
}

async fn total(build: &dyn Build, measure: &Measure) -> Result<Number> {
    let column = match &measure.aggregate {
        Aggregate::Count => None,
        Aggregate::CountDistinct(column) | Aggregate::Sum(column) => Some(column),
    };
    let columns: Vec<&str> = column.into_iter().chain(&measure.only).map(String::as_str).collect();
    let mut scan = Scan::open(build, &measure.table, &columns).await?;
    let (mut sum, mut different) = (Number { units: 0, scale: 0 }, ValueSet::default());
    while let Some(rows) = scan.next().await? {
        match &measure.aggregate {
            Aggregate::Count => sum.units += selected(&rows, measure)?.count() as i128,
            Aggregate::CountDistinct(column) => {
                let values = rows.values(column)?;
                for key in selected(&rows, measure)?.filter_map(|i| values.key(i)) {
                    different.insert(key);
                }
                sum.units = different.len().into();
            }
            Aggregate::Sum(column) => {
                let numbers = rows.numbers(column)?;
                sum.scale = numbers.scale;
                for units in selected(&rows, measure)?.filter_map(|i| numbers.get(i)) {
                    sum.units = sum.units.checked_add(units).ok_or_else(|| {
                        Error::data("a sum is too large").with("table", &measure.table).with("column", column)
                    })?;
                }
            }
        }
    }
    Ok(sum)
}

/// The rows that count.
fn selected<'a>(rows: &'a Rows, measure: &Measure) -> Result<impl Iterator<Item = usize> + use<'a>> {
    let flags = measure.only.as_ref().map(|flag| rows.flags(flag)).transpose()?;
    Ok((0..rows.len()).filter(move |&i| flags.is_none_or(|f| f.is_valid(i) && f.value(i))))
}
