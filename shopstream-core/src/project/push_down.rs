//! Models run over there, as their SQL.

use std::fmt;

use super::{Project, RunOptions, Selection};
use crate::{Build, Error, Event, Result, Step, TableRef, TableReport, sql::Query};

impl<P: Clone + fmt::Debug + Send + Sync + 'static> Project<P> {
    /// The SQL twin of a model with the parameters bound; `None` when there is no such model, or it has no twin.
    pub fn twin(&self, table: &TableRef, params: &P) -> Option<Query> {
        let twin = self.model(table)?.twin()?;
        Some((self.bind)(Query::new(twin), params))
    }

    /// Runs the SQL twins of models in a warehouse, one after the other in the order of their inputs; answers with
    /// each table. Else as [`run`](Project::run).
    ///
    /// # Errors
    /// `Unsupported`, before anything runs, naming all models without a twin; that of the model that failed, naming
    /// it.
    pub async fn push_down(
        &self,
        build: &dyn Build,
        params: &P,
        selection: &Selection,
        options: &RunOptions,
    ) -> Result<Vec<TableReport>> {
        let selected = self.positions(selection)?;
        let models: Vec<_> = selected.into_iter().map(|m| self.model_at(m)).collect();
        let without: Vec<&str> = models.iter().filter(|m| m.twin().is_none()).map(|m| m.name()).collect();
        if !without.is_empty() {
            return Err(Error::unsupported(
                "the warehouse runs models as SQL, and some have none: give them Model::sql",
            )
            .with("models", without.join(", ")));
        }
        self.clear(build, selection.tables()).await?;
        let mut reports = vec![];
        for model in models {
            let started = options.clock.elapsed();
            let query = (self.bind)(Query::new(model.twin().unwrap_or_default()), params);
            let rows = build.materialize(&model.table(), &query).await;
            let rows = rows.map_err(|e| e.with("model", model.name()))?;
            let mut report = TableReport::new(model.table(), rows);
            report.seconds = options.clock.elapsed().saturating_sub(started).as_secs_f64();
            options.observer.on(&Event::TableDone { step: Step::Build, table: &report });
            reports.push(report);
        }
        Ok(reports)
    }
}
