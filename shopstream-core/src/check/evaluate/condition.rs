//! Conditions that hold in every row.

use arrow::array::{Array, StringViewArray};
use std::cmp::Ordering;

use super::{
    number::Number,
    scan::{Rows, Tested},
    values::{Class, Exact, Values},
};
use crate::{Build, Check, CheckOutcome, Comparison, Condition, Error, Operand, Result};

/// Every row fails in which the condition does not hold.
pub(super) async fn holds(check: &Check, build: &dyn Build, condition: &Condition) -> Result<CheckOutcome> {
    match condition {
        Condition::Compare(left, comparison, right) => compare(check, build, (left, *comparison, right)).await,
        Condition::TrueIffSet { flag, column } => true_iff_set(check, build, flag, column).await,
    }
}

async fn true_iff_set(check: &Check, build: &dyn Build, flag: &str, column: &str) -> Result<CheckOutcome> {
    let mut tested = Tested::open(check, build, &[flag, column]).await?;
    while let Some(rows) = tested.next().await? {
        let (flags, nulls) = (rows.flags(flag)?, rows.array(column)?.logical_nulls());
        for i in 0..rows.len() {
            let set = nulls.as_ref().is_none_or(|n| n.is_valid(i));
            if (flags.is_valid(i) && flags.value(i)) != set {
                tested.fail(&rows, i)?;
            }
        }
    }
    Ok(tested.outcome())
}

async fn compare(
    check: &Check,
    build: &dyn Build,
    (left, comparison, right): (&Operand, Comparison, &Operand),
) -> Result<CheckOutcome> {
    let columns: Vec<&str> = columns(left).chain(columns(right)).collect();
    let mut tested = Tested::open(check, build, &columns).await?;
    while let Some(rows) = tested.next().await? {
        let (left, right) = (Side::new(left, &rows)?, Side::new(right, &rows)?);
        if left.class() != right.class() {
            return Err(Error::schema("a condition compares types that do not compare")
                .with("table", &check.table)
                .with("columns", columns.join(", ")));
        }
        for i in 0..rows.len() {
            let order = match (&left, &right) {
                (Side::Text(left), Side::Text(right)) => text_order(left, right, i),
                _ => number_order(&left, &right, i).map_err(|e| e.with("table", &check.table))?,
            };
            if order.is_some_and(|order| !comparison.holds(order)) {
                tested.fail(&rows, i)?;
            }
        }
    }
    Ok(tested.outcome())
}

fn columns(operand: &Operand) -> impl Iterator<Item = &str> {
    let (first, second) = match operand {
        Operand::Column(column) => (Some(column), None),
        Operand::Product(left, right) => (Some(left), Some(right)),
        Operand::Number { .. } | Operand::Timestamp(_) | Operand::Date(_) => (None, None),
    };
    first.into_iter().chain(second).map(String::as_str)
}

impl Comparison {
    /// Whether it holds of two values in this order.
    fn holds(self, order: Ordering) -> bool {
        match self {
            Comparison::Equal => order.is_eq(),
            Comparison::Less => order.is_lt(),
            Comparison::AtMost => order.is_le(),
            Comparison::Greater => order.is_gt(),
            Comparison::AtLeast => order.is_ge(),
        }
    }
}

/// An operand over the rows of a batch.
enum Side<'a> {
    Exact(Exact),
    Text(StringViewArray),
    Product { left: (&'a str, Exact), right: (&'a str, Exact) },
    Constant(Class, Number),
}

impl<'a> Side<'a> {
    fn new(operand: &'a Operand, rows: &Rows) -> Result<Self> {
        Ok(match operand {
            Operand::Column(column) => match rows.values(column)? {
                Values::Exact(exact) => Self::Exact(exact),
                Values::Text(texts) => Self::Text(texts),
            },
            Operand::Product(left, right) => {
                Self::Product { left: (left, rows.numbers(left)?), right: (right, rows.numbers(right)?) }
            }
            Operand::Number { units, scale } => {
                Self::Constant(Class::Number, Number { units: *units, scale: i32::from(*scale) })
            }
            Operand::Timestamp(instant) => {
                Self::Constant(Class::Instant, Number { units: instant.micros().into(), scale: 6 })
            }
            Operand::Date(day) => {
                Self::Constant(Class::Instant, Number { units: i128::from(day.days()) * 86_400, scale: 0 })
            }
        })
    }

    fn class(&self) -> Class {
        match self {
            Side::Exact(exact) => exact.class,
            Side::Text(_) => Class::Text,
            Side::Product { .. } => Class::Number,
            Side::Constant(class, _) => *class,
        }
    }

    /// The number of row `i`; `None` for NULL, and for a text.
    #[inline]
    fn number(&self, i: usize) -> Result<Option<Number>> {
        match self {
            Side::Exact(exact) => Ok(exact.number(i)),
            Side::Constant(_, number) => Ok(Some(*number)),
            Side::Text(_) => Ok(None),
            Side::Product { left: (l, left), right: (r, right) } => {
                let (Some(a), Some(b)) = (left.get(i), right.get(i)) else { return Ok(None) };
                let units = a
                    .checked_mul(b)
                    .ok_or_else(|| Error::data("a product is too large").with("columns", format!("{l}, {r}")))?;
                Ok(Some(Number { units, scale: left.scale + right.scale }))
            }
        }
    }
}

#[inline]
fn number_order(left: &Side<'_>, right: &Side<'_>, i: usize) -> Result<Option<Ordering>> {
    Ok(left.number(i)?.zip(right.number(i)?).map(|(left, right)| left.cmp(&right)))
}

fn text_order(left: &StringViewArray, right: &StringViewArray, i: usize) -> Option<Ordering> {
    (!left.is_null(i) && !right.is_null(i)).then(|| left.value(i).cmp(right.value(i)))
}
