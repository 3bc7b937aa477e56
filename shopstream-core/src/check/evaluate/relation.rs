//! Rules about two tables.

use super::{
    keys::{ValueIndex, ValueSet},
    number::{Number, rescale},
    scan::{Scan, Tested},
    values::{Class, Key, Values},
};
use crate::{Build, Check, CheckOutcome, Error, Result, TableRef};

/// How the keys of a table that is looked up are written: found with its first rows.
type Kind = Option<(Class, i32)>;

/// The key of row `i` as the other table writes it; `None` when it cannot be there.
#[inline]
fn translate<'a>(key: Key<'a>, from: i32, to: i32) -> Option<Key<'a>> {
    match key {
        Key::Units(units) => rescale(units, from, to).map(Key::Units),
        text => Some(text),
    }
}

/// Fails unless two columns can be compared; the digits of the other one's units.
fn comparable(check: &Check, column: &str, values: &Values, table: &TableRef, to: &str, kind: Kind) -> Result<i32> {
    match kind {
        Some((class, _)) if class != values.class() => {
            Err(Error::schema("a column and the one that it refers to are of types that do not compare")
                .with("table", &check.table)
                .with("column", column)
                .with("other table", table)
                .with("other column", to))
        }
        Some((_, scale)) => Ok(scale),
        None => Ok(values.scale()),
    }
}

/// Every row fails whose value is not in the other table's column.
pub(super) async fn references(
    check: &Check,
    build: &dyn Build,
    column: &str,
    table: &TableRef,
    to: &str,
) -> Result<CheckOutcome> {
    let (mut there, mut kind) = (ValueSet::default(), None);
    let mut scan = Scan::open(build, table, &[to]).await?;
    while let Some(rows) = scan.next().await? {
        let values = rows.values(to)?;
        kind = Some((values.class(), values.scale()));
        for key in (0..rows.len()).filter_map(|i| values.key(i)) {
            there.insert(key);
        }
    }
    let mut tested = Tested::open(check, build, &[column]).await?;
    while let Some(rows) = tested.next().await? {
        let values = rows.values(column)?;
        let (from, to) = (values.scale(), comparable(check, column, &values, table, to, kind)?);
        for i in 0..rows.len() {
            let Some(key) = values.key(i) else { continue };
            if !translate(key, from, to).is_some_and(|key| there.contains(key)) {
                tested.fail(&rows, i)?;
            }
        }
    }
    Ok(tested.outcome())
}

/// Every row fails whose number is not the sum of its details.
pub(super) async fn sums_to(
    check: &Check,
    build: &dyn Build,
    (column, key): (&str, &str),
    details: &TableRef,
    (details_key, details_column): (&str, &str),
) -> Result<CheckOutcome> {
    let (mut index, mut sums, mut scale, mut kind) = (ValueIndex::default(), Vec::<i128>::new(), 0, None);
    let mut scan = Scan::open(build, details, &[details_key, details_column]).await?;
    while let Some(rows) = scan.next().await? {
        let (keys, numbers) = (rows.values(details_key)?, rows.numbers(details_column)?);
        kind = Some((keys.class(), keys.scale()));
        scale = numbers.scale;
        for i in 0..rows.len() {
            let (Some(key), Some(units)) = (keys.key(i), numbers.get(i)) else { continue };
            let id = index.insert(key);
            if id == sums.len() {
                sums.push(0);
            }
            sums[id] = sums[id].checked_add(units).ok_or_else(|| {
                Error::data("a sum is too large").with("table", details).with("column", details_column)
            })?;
        }
    }
    let mut tested = Tested::open(check, build, &[column, key]).await?;
    while let Some(rows) = tested.next().await? {
        let (numbers, keys) = (rows.numbers(column)?, rows.values(key)?);
        let (from, to) = (keys.scale(), comparable(check, key, &keys, details, details_key, kind)?);
        for i in 0..rows.len() {
            let (Some(number), Some(key)) = (numbers.number(i), keys.key(i)) else { continue };
            let id = translate(key, from, to).and_then(|key| index.find(key));
            if number != (Number { units: id.map_or(0, |id| sums[id]), scale }) {
                tested.fail(&rows, i)?;
            }
        }
    }
    Ok(tested.outcome())
}
