//! Data tests as Rust: how a warehouse runs them that takes rows.

mod condition;
mod keys;
mod number;
mod relation;
mod rows;
mod scan;
mod total;
mod values;

#[cfg(test)]
mod tests;

use super::{Check, CheckOutcome, Rule};
use crate::{Build, Result};

/// Runs a data test over the tables of a build, by reading the columns that it needs.
///
/// Exact: numbers compare whatever their scales, sums and products are checked, floats are only ordered and told
/// apart (NaN is the largest, and equal to itself). Texts compare by code point; a date is its midnight in UTC.
/// The sample names the first failing rows in their order by the test's [`keys`](Check::keys) (`id=7`); without
/// keys it only says how many rows failed.
///
/// # Errors
/// `NotFound` or `Schema` when a table or column of the test is missing or of a type that it cannot compare; `Data`
/// when a sum or product is too large.
pub async fn evaluate(check: &Check, build: &dyn Build) -> Result<CheckOutcome> {
    let outcome = match &check.rule {
        Rule::Unique { columns } => rows::unique(check, build, columns).await,
        Rule::NotNull { column } => rows::not_null(check, build, column).await,
        Rule::AcceptedValues { column, values } => rows::accepted(check, build, column, values).await,
        Rule::Holds(condition) => condition::holds(check, build, condition).await,
        Rule::References { column, table, to } => relation::references(check, build, column, table, to).await,
        Rule::SumsTo { column, key, details, details_key, details_column } => {
            relation::sums_to(check, build, (column, key), details, (details_key, details_column)).await
        }
        Rule::RowCount { expected } => total::row_count(check, build, *expected).await,
        Rule::Equal { left, right } => total::equal(check, build, left, right).await,
    };
    outcome.map_err(|e| e.with("check", &check.name))
}
