//! From the lake to the raw layer.

use futures::FutureExt;
use std::fmt;

use super::{Event, Pipeline, RunReport, State, Step, TableReport, all};
use crate::{Build, Error, LoadOptions, Manifest, Result, TableDecl, TableRef};

impl<P: Clone + fmt::Debug + Send + Sync + 'static> Pipeline<P> {
    pub(super) async fn load_step(&self, state: &mut State) -> Result<RunReport> {
        let since = self.started(Step::Load, self.tables.len());
        let found = all(self.workers, self.selected().map(|t| self.manifest(t).boxed()).collect()).await?;
        let (mut manifests, mut missing) = (vec![], vec![]);
        for (table, manifest) in self.selected().zip(found) {
            match manifest {
                Some(manifest) => manifests.push((table.table_ref(), manifest)),
                None => missing.push(table.name),
            }
        }
        if !missing.is_empty() {
            return Err(Error::not_found("tables are not in the lake for this date: extract them first")
                .with("tables", missing.join(", "))
                .with("date", self.date));
        }

        state.tested = false;
        let build = state.build(self).await?;
        self.project.clear(build, manifests.iter().map(|(table, _)| table)).await?;
        let jobs = manifests.iter().map(|(table, manifest)| self.load_table(build, table, manifest).boxed());
        let tables = all(self.workers, jobs.collect()).await?;
        let report = self.new_report();
        Ok(self.done(state, report, Step::Load, tables, since))
    }

    /// The manifest of a table for the logical date.
    pub(super) async fn manifest(&self, table: &TableDecl) -> Result<Option<Manifest>> {
        self.lake.manifest(&self.partition(table)).await
    }

    async fn load_table(&self, build: &dyn Build, table: &TableRef, manifest: &Manifest) -> Result<TableReport> {
        let since = self.clock.elapsed();
        let options = LoadOptions::new(table.clone(), self.built_at).with_allow_older(self.allow_older);
        let loaded = build.load(&*self.lake, manifest, &options).await;
        let loaded = loaded.map_err(|e| if e.context("table").is_some() { e } else { e.with("table", table) })?;
        if loaded.rows != manifest.rows {
            return Err(Error::data("the warehouse has not loaded the rows of the manifest")
                .with("table", table)
                .with("manifest", manifest.rows)
                .with("loaded", loaded.rows));
        }
        let mut report = TableReport::new(table.clone(), loaded.rows);
        report.bytes = Some(manifest.bytes());
        report.unchanged = loaded.unchanged;
        report.seconds = self.seconds(since);
        self.observer.on(&Event::TableDone { step: Step::Load, table: &report });
        Ok(report)
    }
}
