//! What staging does to columns.

use arrow::array::{StringViewArray, StringViewBuilder};
use shopstream_core::{
    Col, Column, Landed, LandedColumns, Result, Table,
    compute::{Order, SortColumn, asc, order_by},
};
use std::{borrow::Cow, sync::Arc};

/// The rule that a primary key stands once.
pub(super) const ONCE: &str = "a primary key that stands twice keeps the row loaded last";

/// The rows to keep, in the order of their key: of each key the one loaded last, by time, then file, then row.
pub(super) fn latest<T: Table, K: SortColumn>(keys: &Col<K>, landed: &LandedColumns<T>) -> Result<Order>
where
    Landed<T>: Table<Columns = LandedColumns<T>>,
    for<'a> K::Ref<'a>: PartialOrd,
{
    let ascending = (1..keys.len()).all(|i| keys.get(i - 1) < keys.get(i));
    if ascending {
        return Ok(Order::from_rows((0..keys.len() as u32).collect()));
    }
    let order = order_by([asc(keys), asc(&landed._loaded_at), asc(&landed._source_file)])?;
    let rows = order.rows();
    let last = |i: &usize| rows.get(i + 1).is_none_or(|next| keys.get(*next as usize) != keys.get(rows[*i] as usize));
    Ok(Order::from_rows((0..rows.len()).filter(last).map(|i| rows[i]).collect()))
}

/// The rows that pass a rule, and how many do not.
pub(super) fn keep(order: &Order, rule: impl Fn(usize) -> bool) -> (Order, u64) {
    let rows: Vec<u32> = order.rows().iter().copied().filter(|row| rule(*row as usize)).collect();
    let dropped = (order.rows().len() - rows.len()) as u64;
    (Order::from_rows(rows), dropped)
}

/// Each text made into another.
fn map<T: Column<Array = StringViewArray>>(texts: &Col<T>, f: impl Fn(&str) -> Cow<'_, str>) -> Result<Col<T>> {
    let mut builder = StringViewBuilder::with_capacity(texts.len());
    for text in texts.array() {
        builder.append_option(text.map(&f));
    }
    Col::try_new(Arc::new(builder.finish()))
}

/// In lower case.
pub(super) fn lower<T: Column<Array = StringViewArray>>(texts: &Col<T>) -> Result<Col<T>> {
    map(texts, lower_case)
}

/// In upper case.
pub(super) fn upper<T: Column<Array = StringViewArray>>(texts: &Col<T>) -> Result<Col<T>> {
    let is_upper = |c: char| c.is_ascii() && !c.is_ascii_lowercase();
    map(texts, |text| if text.chars().all(is_upper) { text.into() } else { text.to_uppercase().into() })
}

/// Without space around it, in lower case: how e-mail addresses are compared.
pub(super) fn email<T: Column<Array = StringViewArray>>(texts: &Col<T>) -> Result<Col<T>> {
    map(texts, |text| lower_case(text.trim_matches([' ', '\t', '\r', '\n'])))
}

fn lower_case(text: &str) -> Cow<'_, str> {
    let is_lower = |c: char| c.is_ascii() && !c.is_ascii_uppercase();
    if text.chars().all(is_lower) { text.into() } else { text.to_lowercase().into() }
}

/// As 64 bits.
pub(super) fn wide(numbers: &Col<i32>) -> Col<i64> {
    numbers.values().map(i64::from).collect()
}

/// As 64 bits.
pub(super) fn wide_optional(numbers: &Col<Option<i32>>) -> Col<Option<i64>> {
    numbers.values().map(|n| n.map(i64::from)).collect()
}
