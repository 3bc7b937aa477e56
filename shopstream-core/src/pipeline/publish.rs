//! Test it, then show it.

use futures::FutureExt;
use std::{collections::BTreeSet, fmt};

use super::{Event, LeftOut, Pipeline, RunReport, State, Step, all};
use crate::{Check, CheckOutcome, Error, Result, Rule, TableRef};

impl<P: Clone + fmt::Debug + Send + Sync + 'static> Pipeline<P> {
    pub(super) async fn test_step(&self, state: &mut State) -> Result<RunReport> {
        state.tested = false;
        // A load that found its manifest published already leaves the build without the table.
        let loaded = state.report.step(Step::Load).into_iter().flat_map(|s| &s.tables).map(|t| t.table.clone());
        let loaded: Vec<TableRef> = loaded.collect();
        let build = state.build(self).await?;
        let available = self.available(build).await?;
        let own = build.tables().await?.into_iter().chain(loaded).collect();
        let (mut checks, mut left_out) = (self.loaded_tables(&own).await?, vec![]);
        for check in self.project.checks() {
            let missing = check.tables().into_iter().filter(|t| !available.contains(*t)).cloned();
            match missing.collect::<Vec<_>>() {
                none if none.is_empty() => checks.push(check.clone()),
                missing => left_out.push(LeftOut { name: check.name.clone(), missing }),
            }
        }
        let since = self.started(Step::Test, checks.len());
        let jobs = checks.iter().map(|check| {
            let job = async move {
                let outcome = build.check(check).await;
                let outcome =
                    outcome.map_err(|e| if e.context("check").is_some() { e } else { e.with("check", &check.name) })?;
                self.observer.on(&Event::CheckDone(&outcome));
                Ok(outcome)
            };
            job.boxed()
        });
        let mut report = self.new_report();
        report.checks = all(self.workers, jobs.collect()).await?;
        report.left_out = left_out;
        state.tested = true;
        Ok(self.done(state, report, Step::Test, vec![], since))
    }

    /// For each table that the build has loaded: that it has the rows of its manifest, which has those of the source;
    /// of one that was merged, that no key is there twice.
    async fn loaded_tables(&self, own: &BTreeSet<TableRef>) -> Result<Vec<Check>> {
        let loaded: Vec<_> = self.project.sources().filter(|t| own.contains(&t.table_ref())).collect();
        let jobs = loaded.iter().map(|t| {
            let job = async move {
                let manifest = self.manifest(t).await?.ok_or_else(|| {
                    Error::not_found("a loaded table is no longer in the lake")
                        .with("table", t.table_ref())
                        .with("date", self.date)
                })?;
                Ok(match manifest.since() {
                    None => {
                        let rule = Rule::RowCount { expected: manifest.rows };
                        Check::new(format!("{}_row_count", t.name), t.table_ref(), rule)
                    }
                    Some(_) => {
                        let rule = Rule::unique(manifest.schema.primary_key);
                        Check::new(format!("{}_key", t.name), t.table_ref(), rule)
                    }
                })
            };
            job.boxed()
        });
        all(self.workers, jobs.collect()).await
    }

    pub(super) async fn publish_step(&self, state: &mut State) -> Result<RunReport> {
        let loaded = state.report.step(Step::Load).is_some();
        let build = state.build(self).await?;
        let tables = build.tables().await?;
        if tables.is_empty() && !loaded {
            return Err(Error::not_found("the build is empty: load and build first").with("run", &self.run));
        }
        let (models, _) = self.buildable(build).await?;
        let lacks: Vec<String> =
            models.tables().iter().filter(|t| !tables.contains(t)).map(TableRef::to_string).collect();
        if !lacks.is_empty() {
            return Err(Error::conflict(
                "the build lacks models, so that what is published would not fit together: \
                                        build first",
            )
            .with("models", lacks.join(", "))
            .with("run", &self.run));
        }
        let tested = if state.tested { None } else { Some(self.test_step(state).await?) };
        let checks = tested.as_ref().map_or(&state.report.checks, |t| &t.checks);
        let failing: Vec<&CheckOutcome> = checks.iter().filter(|c| c.stops()).collect();
        if !failing.is_empty() {
            let names: Vec<String> = failing.iter().map(|c| format!("{} ({})", c.name, c.failures)).collect();
            return Err(Error::data("data tests failed, nothing was published")
                .with("tests", names.join(", "))
                .with("run", &self.run));
        }
        let since = self.started(Step::Publish, tables.len());
        // From here on the build is the warehouse's; whatever happens to it, it is opened anew.
        let build = state.build.take().ok_or_else(|| Error::internal("a build is open and is not"))?;
        state.tested = false;
        let published = build.publish().await?;
        let mut report = self.new_report();
        report.published = Some(published);
        let done = self.done(state, report, Step::Publish, vec![], since);
        Ok(match tested {
            Some(mut tested) => {
                tested.add(done);
                tested
            }
            None => done,
        })
    }
}
