//! Models run over there, as their SQL.

use std::fmt;

use super::{Project, RunOptions, Selection, run::Place};
use crate::{Build, Error, Model, QueryTable, Result, TableRef, TableReport, sql::Query};

impl<P: Clone + fmt::Debug + Send + Sync + 'static> Project<P> {
    /// The SQL twin of a model with the parameters bound; `None` when there is no such model, or it has no twin.
    pub fn twin(&self, table: &TableRef, params: &P) -> Option<Query> {
        self.twin_of(self.model(table)?, params)
    }

    fn twin_of(&self, model: &Model<P>, params: &P) -> Option<Query> {
        Some((self.bind)(Query::new(model.twin()?), params))
    }

    /// Runs the SQL twins of models in a warehouse, each after its inputs and as many side by side as
    /// [`RunOptions::workers`] says; answers with each table. A model without a twin runs here and its rows are put,
    /// where [`RunOptions::put_others`] allows it. Else as [`run`](Project::run).
    ///
    /// # Errors
    /// Those of [`run`](Project::run). `Unsupported`, before anything runs, naming all models that have no twin and may
    /// not run here.
    pub async fn push_down(
        &self,
        build: &dyn Build,
        params: &P,
        selection: &Selection,
        options: &RunOptions,
    ) -> Result<Vec<TableReport>> {
        let selected = self.positions(selection)?;
        let models = selected.iter().map(|m| self.model_at(*m));
        let without: Vec<&str> = models.filter(|m| m.twin().is_none()).map(Model::name).collect();
        if !without.is_empty() && !options.put_others {
            return Err(Error::unsupported(
                "the warehouse runs models as SQL, and some have none: give them Model::sql",
            )
            .with("models", without.join(", ")));
        }
        self.clear(build, selection.tables()).await?;
        self.run_all(Place::There, build, params, selected, options).await
    }

    /// Makes the table of a model that has a twin.
    pub(super) async fn materialize(&self, build: &dyn Build, model: &Model<P>, params: &P) -> Result<TableReport> {
        let twin = self.twin_of(model, params).ok_or_else(|| Error::internal("a model has SQL and has none"))?;
        let declared = model.declaration();
        let table = QueryTable::new(model.table(), declared.schema(), twin)
            .with_key(declared.grain.iter().copied())
            .with_materialization(model.materialization());
        let made = build.materialize(&table).await?;
        let mut report = TableReport::new(table.table, made.rows);
        report.usage = made.usage;
        Ok(report)
    }
}
