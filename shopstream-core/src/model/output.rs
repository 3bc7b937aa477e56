//! What a model answers.

use arrow::array::RecordBatch;

use crate::{Batch, Table};

/// What a model's function may answer: rows, or cleaned rows with the count of those that it dropped.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the answer of a model",
    note = "a model answers Result<Batch<T>> or Result<Cleaned<T>> of a declared table T"
)]
pub trait IntoOutput: Send {
    /// The table that the rows are of.
    type Table: Table;
    /// The rows, untyped, and what was dropped.
    fn into_output(self) -> ModelOutput;
}

impl<T: Table> IntoOutput for Batch<T> {
    type Table = T;

    fn into_output(self) -> ModelOutput {
        ModelOutput { batch: self.into_record_batch(), dropped: vec![] }
    }
}

impl<T: Table> IntoOutput for Cleaned<T> {
    type Table = T;

    fn into_output(self) -> ModelOutput {
        ModelOutput { batch: self.batch.into_record_batch(), dropped: self.dropped }
    }
}

/// Rows that passed a model's rules, and how many did not.
#[derive(Clone, Debug, PartialEq)]
pub struct Cleaned<T: Table> {
    /// The rows that passed.
    pub batch: Batch<T>,
    /// How many rows each rule dropped; a rule that dropped none may be left out.
    pub dropped: Vec<Dropped>,
}

impl<T: Table> Cleaned<T> {
    /// Rows of which none was dropped yet.
    pub fn new(batch: Batch<T>) -> Self {
        Self { batch, dropped: vec![] }
    }

    /// Says how many rows a rule dropped.
    #[must_use]
    pub fn with_dropped(mut self, rule: &'static str, rows: u64) -> Self {
        self.dropped.push(Dropped { rule, rows });
        self
    }
}

/// Rows that a rule of a model dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dropped {
    /// The rule, in words: `order_amount > 0`.
    pub rule: &'static str,
    /// How many rows.
    pub rows: u64,
}

/// What a model made, untyped.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelOutput {
    /// The rows, with the columns of the model's declaration.
    pub batch: RecordBatch,
    /// How many rows each of its rules dropped.
    pub dropped: Vec<Dropped>,
}
