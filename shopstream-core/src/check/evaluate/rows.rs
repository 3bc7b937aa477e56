//! Rules about the values of a column.

use arrow::array::Array;
use foldhash::fast::FixedState;
use hashbrown::HashSet;

use super::{
    keys::{Interner, ValueSet},
    scan::Tested,
    values::{Key, Values},
};
use crate::{Build, Check, CheckOutcome, Error, Result};

/// Every row fails whose values an earlier row has.
pub(super) async fn unique(check: &Check, build: &dyn Build, columns: &[String]) -> Result<CheckOutcome> {
    let names: Vec<&str> = columns.iter().map(String::as_str).collect();
    if names.is_empty() {
        return Err(Error::config("a test of uniqueness names no column").with("table", &check.table));
    }
    let mut tested = Tested::open(check, build, &names).await?;
    let (mut single, mut several, mut scratch) = (ValueSet::default(), Interner::default(), vec![]);
    while let Some(rows) = tested.next().await? {
        let values = names.iter().map(|c| rows.values(c)).collect::<Result<Vec<_>>>()?;
        for i in 0..rows.len() {
            let new = match values.as_slice() {
                [values] => values.key(i).is_none_or(|key| single.insert(key)),
                values => !encode(values, i, &mut scratch) || several.insert(&scratch).1,
            };
            if !new {
                tested.fail(&rows, i)?;
            }
        }
    }
    Ok(tested.outcome())
}

/// Writes the values of row `i`, so that different values are different bytes; false when one is NULL.
fn encode(values: &[Values], i: usize, bytes: &mut Vec<u8>) -> bool {
    bytes.clear();
    for values in values {
        match values.key(i) {
            None => return false,
            Some(Key::Units(units)) => bytes.extend_from_slice(&units.to_le_bytes()),
            Some(Key::Text(text)) => {
                bytes.extend_from_slice(&text.len().to_le_bytes());
                bytes.extend_from_slice(text.as_bytes());
            }
        }
    }
    true
}

/// Every row fails that has NULL.
pub(super) async fn not_null(check: &Check, build: &dyn Build, column: &str) -> Result<CheckOutcome> {
    let mut tested = Tested::open(check, build, &[column]).await?;
    while let Some(rows) = tested.next().await? {
        let Some(nulls) = rows.array(column)?.logical_nulls().filter(|n| n.null_count() > 0) else { continue };
        for i in (0..rows.len()).filter(|&i| nulls.is_null(i)) {
            tested.fail(&rows, i)?;
        }
    }
    Ok(tested.outcome())
}

/// Every row fails whose text is none of these.
pub(super) async fn accepted(
    check: &Check,
    build: &dyn Build,
    column: &str,
    accepted: &[String],
) -> Result<CheckOutcome> {
    let accepted: HashSet<&str, FixedState> = accepted.iter().map(String::as_str).collect();
    let mut tested = Tested::open(check, build, &[column]).await?;
    while let Some(rows) = tested.next().await? {
        let Values::Text(texts) = rows.values(column)? else {
            return Err(rows.unfit(column, "texts", rows.array(column)?));
        };
        for i in 0..rows.len() {
            if !texts.is_null(i) && !accepted.contains(texts.value(i)) {
                tested.fail(&rows, i)?;
            }
        }
    }
    Ok(tested.outcome())
}
