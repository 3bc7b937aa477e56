//! Tables that are made by a query in the warehouse.

use arrow::datatypes::SchemaRef;
use serde::{Deserialize, Serialize};

use super::Usage;
use crate::{TableRef, sql::Query};

/// How a warehouse keeps what a query makes. Readers find the same rows in any of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Materialization {
    /// As a table, which each publish replaces whole.
    #[default]
    Table,
    /// As a view: computed anew for each reader, from what is published. Nothing is stored.
    View,
    /// As a table that a publish changes only where rows of it have changed, by its key: new keys are inserted, changed
    /// rows updated, keys that are gone deleted. What reads the table's changes sees no more than those.
    Merge,
}

/// A table that a warehouse is to make by a query: see [`Build::materialize`](super::Build::materialize).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct QueryTable {
    /// The table.
    pub table: TableRef,
    /// Its columns. The query's are found by their names, whatever their order.
    pub schema: SchemaRef,
    /// The columns that name a row.
    pub key: Vec<String>,
    /// What makes its rows. It names other tables by their layer, `staging.stg_orders`, and reads them as the build has
    /// them.
    pub query: Query,
    /// How it is kept.
    pub materialization: Materialization,
}

impl QueryTable {
    /// A table of these columns and without a key, which is kept as a table.
    pub fn new(table: impl Into<TableRef>, schema: SchemaRef, query: impl Into<Query>) -> Self {
        let (table, query) = (table.into(), query.into());
        Self { table, schema, key: vec![], query, materialization: Materialization::Table }
    }

    /// Names the columns that name a row.
    #[must_use]
    pub fn with_key<S: Into<String>>(mut self, columns: impl IntoIterator<Item = S>) -> Self {
        self.key = columns.into_iter().map(Into::into).collect();
        self
    }

    /// Says how it is kept.
    #[must_use]
    pub fn with_materialization(mut self, materialization: Materialization) -> Self {
        self.materialization = materialization;
        self
    }
}

/// What a query made.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Materialized {
    /// Its rows.
    pub rows: u64,
    /// What it took, where the warehouse says so.
    #[serde(default)]
    pub usage: Option<Usage>,
}

impl Materialized {
    /// So many rows.
    pub fn new(rows: u64) -> Self {
        Self { rows, usage: None }
    }

    /// Says what it took.
    #[must_use]
    pub fn with_usage(mut self, usage: Usage) -> Self {
        self.usage = Some(usage);
        self
    }
}
