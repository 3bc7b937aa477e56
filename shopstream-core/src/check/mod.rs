//! Data tests: what must be true of tables, said once, run here or as SQL over there.

mod evaluate;
mod rule;

pub use evaluate::evaluate;
pub use rule::{Aggregate, Comparison, Condition, Measure, Operand, Rule};

use serde::{Deserialize, Serialize};

use crate::TableRef;

/// What a failing data test does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It stops the publish.
    Error,
    /// It is reported.
    Warn,
}

/// A data test of a table.
///
/// ```
/// use shopstream_core::{Check, Condition, Operand, Rule};
///
/// let unique = Check::new("orders_id_unique", "raw.orders", Rule::unique(["id"]));
/// let positive = Check::new("orders_amount_positive", "raw.orders", Condition::gt("total_amount", 0).into())
///     .warn()
///     .with_keys(["id"]);
/// assert_eq!(positive.allowed, 0);
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Check {
    /// Its name, unique in a project.
    pub name: String,
    /// The table that is tested.
    pub table: TableRef,
    /// What must be true.
    pub rule: Rule,
    /// What a failure does (default: stops the publish).
    pub severity: Severity,
    /// How many rows may fail before the test does (default 0).
    pub allowed: u64,
    /// The columns that name a failing row in the report; never personal ones.
    pub keys: Vec<String>,
}

impl Check {
    /// A test that stops the publish when a single row fails.
    pub fn new(name: impl Into<String>, table: impl Into<TableRef>, rule: Rule) -> Self {
        Self { name: name.into(), table: table.into(), rule, severity: Severity::Error, allowed: 0, keys: vec![] }
    }

    /// The tables that it reads: the tested one first, each once.
    pub fn tables(&self) -> Vec<&TableRef> {
        let mut tables = vec![&self.table];
        match &self.rule {
            Rule::References { table, .. } | Rule::SumsTo { details: table, .. } => tables.push(table),
            Rule::Equal { left, right } => tables.extend([&left.table, &right.table]),
            Rule::Unique { .. }
            | Rule::NotNull { .. }
            | Rule::AcceptedValues { .. }
            | Rule::Holds(_)
            | Rule::RowCount { .. } => {}
        }
        let mut seen = vec![];
        tables.retain(|t| {
            !seen.contains(t) && {
                seen.push(*t);
                true
            }
        });
        tables
    }

    /// Reports instead of stopping.
    #[must_use]
    pub fn warn(mut self) -> Self {
        self.severity = Severity::Warn;
        self
    }

    /// Lets so many rows fail.
    #[must_use]
    pub fn with_allowed(mut self, rows: u64) -> Self {
        self.allowed = rows;
        self
    }

    /// Names failing rows by these columns.
    #[must_use]
    pub fn with_keys<S: Into<String>>(mut self, columns: impl IntoIterator<Item = S>) -> Self {
        self.keys = columns.into_iter().map(Into::into).collect();
        self
    }
}

/// How a data test ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CheckOutcome {
    /// The test.
    pub name: String,
    /// What its failure does.
    pub severity: Severity,
    /// Whether no more rows failed than are allowed.
    pub passed: bool,
    /// How many rows failed; of a test of totals, 1 or 0.
    pub failures: u64,
    /// The keys of up to ten failing rows (`id=7`), or how many of how many rows failed when the test has no keys; of
    /// a failing test of totals, the two of them.
    pub sample: Vec<String>,
}

impl CheckOutcome {
    /// Failing rows named at most.
    pub const SAMPLE: usize = 10;

    /// The outcome of a test in which so many rows failed.
    pub fn new(check: &Check, failures: u64, sample: Vec<String>) -> Self {
        Self { name: check.name.clone(), severity: check.severity, passed: failures <= check.allowed, failures, sample }
    }

    /// Whether it stops the publish.
    pub fn stops(&self) -> bool {
        !self.passed && self.severity == Severity::Error
    }
}
