//! Models: a head, and a typed pure function from tables to a table.

mod function;
mod output;

pub use function::ModelFn;
pub use output::{Cleaned, Dropped, IntoOutput, ModelOutput};

use arrow::{array::RecordBatch, datatypes::SchemaRef};
use std::{fmt, sync::Arc};

use crate::{Check, Materialization, Result, Table, TableDecl, TableRef};

type Function<P> = dyn Fn(&[RecordBatch], &P) -> Result<ModelOutput> + Send + Sync;

/// A model: a head, and a typed pure function from tables to a table. What it makes, and of which tables, stands in
/// the function's type; what varies from run to run is in the project's parameters `P`.
///
/// ```
/// use shopstream_core::{Batch, Check, Landed, Model, Result, Rule, Table};
///
/// /// Who came.
/// #[derive(Table, Clone, Debug, PartialEq)]
/// #[table(layer = "public", grain(id))]
/// pub struct Visits {
///     /// Number.
///     pub id: i64,
///     /// Where from.
///     pub country: Option<String>,
/// }
///
/// /// How many came.
/// #[derive(Table, Clone, Debug, PartialEq)]
/// #[table(layer = "marts", grain(country))]
/// pub struct MartVisits {
///     /// Where from.
///     pub country: String,
///     /// How many.
///     pub visits: i64,
/// }
///
/// fn mart_visits(visits: &Batch<Landed<Visits>>, unknown: &String) -> Result<Batch<MartVisits>> {
///     let _ = visits.country.get(0).unwrap_or(unknown);
///     Ok(Batch::from_rows(&[]))
/// }
///
/// let model: Model<String> = Model::new(mart_visits)
///     .tag("traffic")
///     .check(Check::new("mart_visits_unique", "marts.mart_visits", Rule::unique(["country"])));
/// assert_eq!(model.table().to_string(), "marts.mart_visits");
/// assert_eq!(model.inputs()[0].table().to_string(), "raw.visits");
/// ```
#[derive(Clone)]
pub struct Model<P> {
    declaration: Arc<TableDecl>,
    inputs: Arc<[Input]>,
    tags: Vec<String>,
    sql: Option<&'static str>,
    materialization: Materialization,
    checks: Vec<Check>,
    function: Arc<Function<P>>,
}

impl<P: 'static> Model<P> {
    /// The model of a function: see [`ModelFn`] for which those are. Its name, layer, grain and docs are those of the
    /// table that it answers.
    pub fn new<Args, F: ModelFn<P, Args>>(function: F) -> Self {
        Self {
            declaration: Arc::new(<F::Output as IntoOutput>::Table::declaration()),
            inputs: F::inputs().into(),
            tags: vec![],
            sql: None,
            materialization: Materialization::Table,
            checks: vec![],
            function: Arc::new(move |inputs, params| Ok(function.call(inputs, params)?.into_output())),
        }
    }

    /// Adds a tag to select it by.
    #[must_use]
    pub fn tag(mut self, tag: impl Into<String>) -> Self {
        self.tags.push(tag.into());
        self
    }

    /// Adds its twin in SQL, a query for warehouses that run models over there: `include_str!("orders.sql")`.
    #[must_use]
    pub fn sql(mut self, query: &'static str) -> Self {
        self.sql = Some(query);
        self
    }

    /// Says how a warehouse keeps it that runs its SQL (default: as a table). One that takes rows always keeps tables.
    #[must_use]
    pub fn materialized(mut self, materialization: Materialization) -> Self {
        self.materialization = materialization;
        self
    }

    /// Adds a data test.
    #[must_use]
    pub fn check(mut self, check: Check) -> Self {
        self.checks.push(check);
        self
    }

    /// Adds data tests.
    #[must_use]
    pub fn checks(mut self, checks: impl IntoIterator<Item = Check>) -> Self {
        self.checks.extend(checks);
        self
    }

    /// Its name: its table's, without the layer.
    pub fn name(&self) -> &'static str {
        self.declaration.name
    }

    /// The layer of its table.
    pub fn layer(&self) -> &'static str {
        self.declaration.layer
    }

    /// The table that it makes.
    pub fn table(&self) -> TableRef {
        self.declaration.table_ref()
    }

    /// All that is declared of the table that it makes.
    pub fn declaration(&self) -> &TableDecl {
        &self.declaration
    }

    /// The tables that it takes, in the order of its function's arguments.
    pub fn inputs(&self) -> &[Input] {
        &self.inputs
    }

    /// Its tags.
    pub fn tags(&self) -> &[String] {
        &self.tags
    }

    /// Its twin in SQL.
    pub fn twin(&self) -> Option<&'static str> {
        self.sql
    }

    /// How a warehouse keeps it that runs its SQL.
    pub fn materialization(&self) -> Materialization {
        self.materialization
    }

    /// Its data tests.
    pub fn tests(&self) -> &[Check] {
        &self.checks
    }

    /// Runs it on its inputs, in their order; they may have more columns than it takes.
    ///
    /// # Errors
    /// `Schema` or `Data` when an input is not as declared; what the function answers. Both name the model.
    pub fn run(&self, inputs: &[RecordBatch], params: &P) -> Result<ModelOutput> {
        (self.function)(inputs, params).map_err(|e| e.with("model", self.name()))
    }
}

impl<P> fmt::Debug for Model<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inputs: Vec<String> = self.inputs.iter().map(|i| i.table().to_string()).collect();
        f.debug_struct("Model")
            .field("table", &self.declaration.table_ref())
            .field("inputs", &inputs)
            .field("tags", &self.tags)
            .finish_non_exhaustive()
    }
}

/// A table that a model takes: which, and what is declared of it.
#[derive(Clone, Debug)]
pub struct Input {
    table: TableRef,
    schema: SchemaRef,
}

impl Input {
    /// A declared table.
    pub fn of<T: Table>() -> Self {
        Self { table: TableRef::of::<T>(), schema: T::schema() }
    }

    /// The table.
    pub fn table(&self) -> &TableRef {
        &self.table
    }

    /// Its declared columns: those that are read of it.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }
}

#[cfg(test)]
mod tests;
