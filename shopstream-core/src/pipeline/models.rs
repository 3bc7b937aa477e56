//! The models, from what is loaded or published.

use std::{collections::BTreeSet, fmt};

use super::{LeftOut, Pipeline, RunReport, State, Step};
use crate::{Build, Error, Result, RunOptions, Selection, TableRef};

impl<P: Clone + fmt::Debug + Send + Sync + 'static> Pipeline<P> {
    pub(super) async fn build_step(&self, state: &mut State) -> Result<RunReport> {
        state.tested = false;
        let build = state.build(self).await?;
        let (models, left_out) = self.buildable(build).await?;
        if models.tables().is_empty() && !left_out.is_empty() {
            let missing = left_out.iter().flat_map(|l| &l.missing).filter(|t| !self.models.contains(t));
            let missing: BTreeSet<String> = missing.map(TableRef::to_string).collect();
            return Err(Error::not_found("no model can be built: load its tables first")
                .with("missing", missing.into_iter().collect::<Vec<_>>().join(", ")));
        }
        let since = self.started(Step::Build, models.tables().len());
        let can = self.warehouse.capabilities();
        let options = RunOptions::new(self.clock.clone())
            .with_workers(self.workers)
            .with_put_others(can.put)
            .with_observer(self.observer.clone());
        let tables = if can.materialize {
            self.project.push_down(build, &self.params, &models, &options).await?
        } else if can.put {
            self.project.run(build, &self.params, &models, &options).await?
        } else {
            return Err(Error::unsupported("the warehouse neither takes rows nor runs models as SQL")
                .with("warehouse", &self.warehouse));
        };
        let mut report = self.new_report();
        report.left_out = left_out;
        Ok(self.done(state, report, Step::Build, tables, since))
    }

    /// The tables that a reader of the build finds: its own, and the published ones.
    pub(super) async fn available(&self, build: &dyn Build) -> Result<BTreeSet<TableRef>> {
        let own = build.tables().await?;
        Ok(own.into_iter().chain(self.warehouse.tables().await?).collect())
    }

    /// The pipeline's models that can be built of the sources that are there, and the others.
    pub(super) async fn buildable(&self, build: &dyn Build) -> Result<(Selection, Vec<LeftOut>)> {
        let mut from = self.available(build).await?;
        if self.models == self.project.all() {
            // All of them are built anew, none on top of one that was published of something else.
            from.retain(|t| self.project.model(t).is_none());
        }
        Ok(self.project.buildable(&self.models, &from))
    }
}
