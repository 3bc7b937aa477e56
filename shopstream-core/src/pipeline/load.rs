//! From the lake to the raw layer.

use futures::FutureExt;
use std::fmt;

use super::{Event, Pipeline, RunReport, State, Step, TableReport, all};
use crate::{Build, Error, ErrorKind, LoadOptions, LoadReport, Manifest, Partition, Result, TableDecl, TableRef};

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
        let loaded = self.load_series(build, table, manifest).await;
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
        report.usage = loaded.usage;
        report.seconds = self.seconds(since);
        self.observer.on(&Event::TableDone { step: Step::Load, table: &report });
        Ok(report)
    }

    /// Loads a manifest. Where the table does not hold what it goes on from, that is loaded first, and what that goes
    /// on from before it, back to one that the table takes: at the latest to the beginning of the series.
    async fn load_series(&self, build: &dyn Build, table: &TableRef, manifest: &Manifest) -> Result<LoadReport> {
        let options = LoadOptions::new(table.clone(), self.built_at).with_allow_older(self.allow_older);
        let refused = match build.load(&*self.lake, manifest, &options).await {
            Err(error) if error.kind() == ErrorKind::Conflict && manifest.since().is_some() => error,
            loaded => return loaded,
        };
        let mut series = vec![manifest.clone()];
        while let Some(before) = self.before(&series).await? {
            let loaded = build.load(&*self.lake, &before, &options).await;
            match loaded {
                Err(error) if error.kind() == ErrorKind::Conflict => series.push(before),
                Err(error) => return Err(error),
                Ok(_) => {
                    let rest = self.load_rest(build, series, &options).await;
                    if rest.is_err() {
                        // What is left of another date must not be taken for the table.
                        build.remove(table).await?;
                    }
                    return rest;
                }
            }
        }
        Err(refused)
    }

    /// What the last of a series goes on from.
    async fn before(&self, series: &[Manifest]) -> Result<Option<Manifest>> {
        let Some(last) = series.last().map(|m| &m.partition) else { return Ok(None) };
        let Some(since) = series.last().and_then(Manifest::since).filter(|since| *since < last.date) else {
            return Ok(None);
        };
        let before = self.lake.manifest(&Partition::new(&last.table, since)).await?;
        before.map(Some).ok_or_else(|| {
            Error::not_found("the lake lacks what an increment goes on from: reset the table, and extract it again")
                .with("lacks", since)
                .with("date", last.date)
        })
    }

    /// Loads a series from its end, which is the earliest.
    async fn load_rest(&self, build: &dyn Build, series: Vec<Manifest>, options: &LoadOptions) -> Result<LoadReport> {
        let mut last = Err(Error::internal("a series of no partitions"));
        for manifest in series.iter().rev() {
            last = Ok(build.load(&*self.lake, manifest, options).await?);
        }
        last
    }
}
