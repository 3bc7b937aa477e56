//! From the source to the lake.

use futures::{FutureExt, TryFutureExt};
use std::{fmt, sync::Arc};

use super::{
    Event, Pipeline, RunReport, State, Step, SyncMode, SyncState, TableReport, all,
    extraction::Extraction,
    permits::Permits,
    plan::TablePlan,
    shares::{Share, share_out},
    state::States,
};
use crate::{Error, ReadOptions, Result, Source, TableDecl, TableRef, WriteOptions};

impl<P: Clone + fmt::Debug + Send + Sync + 'static> Pipeline<P> {
    pub(super) async fn extract_step(&self, state: &mut State) -> Result<RunReport> {
        let source = self.source.clone().ok_or_else(|| Error::config("there is no source to extract from"))?;
        let since = self.started(Step::Extract, self.tables.len());
        let snapshot = source.snapshot().await?;
        let plans = self.plan(&*source).await?;

        let permits = Permits::new(self.workers);
        let mut options = ReadOptions::default();
        if let Some(snapshot) = &snapshot {
            options = options.with_snapshot(snapshot.clone());
        }
        let shares = self.shares(&*source, &plans).await?;
        let jobs = shares.iter().map(|share| {
            let plan = &plans[share.table];
            let (table, options) = (plan.table.table_ref(), options.clone().with_parts(share.parts));
            let job = self.copy(plan, self.extraction(plan, source.clone(), &options, &permits));
            job.map(move |done| done.map_err(|e| if e.context("table").is_some() { e } else { e.with("table", table) }))
                .map_ok(|report| (share.table, report))
                .boxed()
        });
        let mut report = self.new_report();
        report.snapshot = snapshot.as_ref().map(|s| s.info().clone());
        let mut tables = all(self.workers, jobs.collect()).await?;
        tables.sort_by_key(|(table, _)| *table);
        let tables = tables.into_iter().map(|(_, report)| report).collect();
        Ok(self.done(state, report, Step::Extract, tables, since))
    }

    /// In which order the tables begin, and which of them are divided.
    async fn shares(&self, source: &dyn Source, plans: &[TablePlan<'_>]) -> Result<Vec<Share>> {
        let tables: Vec<TableRef> = plans.iter().map(|plan| plan.from.clone()).collect();
        // Where there is nothing to share out, nothing is asked.
        let mut sizes = if self.workers > 1 && tables.len() > 1 { source.sizes(&tables).await? } else { vec![] };
        sizes.resize(tables.len(), None);
        Ok(share_out(&sizes, self.workers))
    }

    /// How a table is kept up to date.
    pub(super) fn mode(&self, table: &TableDecl) -> &SyncMode {
        self.sync.get(table.name).unwrap_or(&SyncMode::Full)
    }

    fn extraction(
        &self,
        plan: &TablePlan<'_>,
        source: Arc<dyn Source>,
        options: &ReadOptions,
        permits: &Permits,
    ) -> Extraction {
        let mut write = WriteOptions::new(self.built_at)
            .with_format(self.format)
            .with_encoding(self.encoding)
            .with_workers(self.workers);
        write.max_rows_per_file = self.max_rows_per_file;
        let mut read = options.clone();
        if plan.partly {
            read = read.with_columns(plan.schema.columns.iter().map(|c| c.name.clone()));
        }
        Extraction {
            source,
            lake: self.lake.clone(),
            observer: self.observer.clone(),
            permits: permits.clone(),
            from: plan.from.clone(),
            partition: self.partition(plan.table),
            schema: plan.schema.clone(),
            mode: self.mode(plan.table).clone(),
            read,
            write,
        }
    }

    async fn copy(&self, plan: &TablePlan<'_>, extraction: Extraction) -> Result<TableReport> {
        let since = self.clock.elapsed();
        // A task of its own, since decoding and encoding keep a core busy; it ends when the set is dropped.
        let mut tasks = tokio::task::JoinSet::new();
        tasks.spawn(extraction.run());
        let done = match tasks.join_next().await {
            Some(Ok(done)) => done?,
            _ => return Err(Error::internal("the extraction of a table broke off").with("table", plan.table.name)),
        };
        let mut report = TableReport::new(TableRef::new("", plan.table.name), done.manifest.rows);
        report.bytes = Some(done.manifest.bytes());
        report.bounds = done.manifest.bounds;
        report.changes.clone_from(&plan.changes);
        report.notes = done.notes;
        report.seconds = self.seconds(since);
        self.observer.on(&Event::TableDone { step: Step::Extract, table: &report });
        Ok(report)
    }

    /// How far the tables were read, by the runs of all dates, as the lake has it: of each table that is not read in
    /// full, in the order of the dates.
    ///
    /// # Errors
    /// Those of the lake; `Data` for a state that is damaged.
    pub async fn sync_states(&self) -> Result<Vec<SyncState>> {
        let mut states = vec![];
        for table in self.selected() {
            states.extend(States { lake: &*self.lake, table: table.name }.all().await?);
        }
        Ok(states)
    }

    /// Forgets how far a table was read: the next run reads it from the beginning. What lies in the lake and in the
    /// warehouse stays.
    ///
    /// # Errors
    /// `NotFound` when the project has no such source; those of the lake.
    pub async fn reset(&self, table: &str) -> Result<()> {
        let named = |t: &&TableDecl| t.name == table || t.table_ref().to_string() == table;
        let found = self.project.sources().find(named);
        let found = found.ok_or_else(|| Error::not_found("no such source in the project").with("table", table))?;
        let _one_step_at_a_time = self.state.lock().await;
        States { lake: &*self.lake, table: found.name }.reset().await
    }
}
