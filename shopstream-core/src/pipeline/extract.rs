//! From the source to the lake.

use futures::{FutureExt, StreamExt};
use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use super::{Event, Pipeline, RunReport, State, Step, TableReport, all, permits::Permits};
use crate::{
    BatchStream, Error, ErrorKind, Landed, Manifest, ReadOptions, Result, Source, TableDecl, TableRead, TableRef,
    TableSchema, WriteOptions, table::is_text,
};

impl<P: Clone + fmt::Debug + Send + Sync + 'static> Pipeline<P> {
    pub(super) async fn extract_step(&self, state: &mut State) -> Result<RunReport> {
        let source = self.source.clone().ok_or_else(|| Error::config("there is no source to extract from"))?;
        let since = self.started(Step::Extract, self.tables.len());
        let snapshot = source.snapshot().await?;
        self.compare(&*source).await?;

        let permits = Permits::new(self.workers);
        let mut options = ReadOptions::default().with_parts(self.workers);
        if let Some(snapshot) = &snapshot {
            options = options.with_snapshot(snapshot.clone());
        }
        let jobs = self.selected().map(|t| {
            let (table, job) = (t.table_ref(), self.copy(source.clone(), t, options.clone(), permits.clone()));
            job.map(move |done| done.map_err(|e| if e.context("table").is_some() { e } else { e.with("table", table) }))
                .boxed()
        });
        let mut report = self.new_report();
        report.snapshot = snapshot.as_ref().map(|s| s.info().clone());
        let tables = all(self.workers, jobs.collect()).await?;
        Ok(self.done(state, report, Step::Extract, tables, since))
    }

    /// What a table of the project is called in the source.
    fn in_source(&self, table: &TableDecl) -> TableRef {
        let by_name = || TableRef::new(&self.source_schema, table.name);
        self.source_tables.get(table.name).cloned().unwrap_or_else(by_name)
    }

    /// Compares what is declared with what the source has.
    async fn compare(&self, source: &dyn Source) -> Result<()> {
        let jobs = self.selected().map(|t| {
            let job = async move {
                let table = self.in_source(t);
                match source.describe(&table).await {
                    Ok(schema) => Ok(differences(t, &table, &schema)),
                    Err(e) if e.kind() == ErrorKind::NotFound => Err(e.with("declared", t.table_ref())),
                    Err(e) => Err(e),
                }
            };
            job.boxed()
        });
        let differences = all(self.workers, jobs.collect()).await?.concat();
        if differences.is_empty() {
            return Ok(());
        }
        Err(Error::schema(format!("the source is not as declared, nothing was extracted: {}", differences.join("; "))))
    }

    async fn copy(
        &self,
        source: Arc<dyn Source>,
        table: &TableDecl,
        options: ReadOptions,
        permits: Permits,
    ) -> Result<TableReport> {
        let since = self.clock.elapsed();
        let (lake, from, partition) = (self.lake.clone(), self.in_source(table), self.partition(table));
        let mut write = WriteOptions::new(self.built_at).with_format(self.format).with_workers(self.workers);
        write.max_rows_per_file = self.max_rows_per_file;
        // A task of its own, since decoding and encoding keep a core busy; it ends when the set is dropped.
        let mut tasks = tokio::task::JoinSet::new();
        tasks.spawn(async move {
            let mut read = source.read(&from, &options).await?;
            read.parts = permits.bound(read.parts);
            let (read, rows) = counted(read);
            let manifest = lake.write(&partition, read, &write).await?;
            Ok::<_, Error>((manifest, rows.load(Ordering::Relaxed)))
        });
        let (manifest, rows): (Manifest, u64) = match tasks.join_next().await {
            Some(Ok(done)) => done?,
            _ => return Err(Error::internal("the extraction of a table broke off").with("table", table.name)),
        };
        if manifest.rows != rows {
            return Err(Error::data("the lake has not kept the rows that it was given")
                .with("table", table.name)
                .with("source", rows)
                .with("manifest", manifest.rows));
        }
        let mut report = TableReport::new(TableRef::new("", table.name), rows);
        report.bytes = Some(manifest.bytes());
        report.seconds = self.seconds(since);
        self.observer.on(&Event::TableDone { step: Step::Extract, table: &report });
        Ok(report)
    }
}

/// A read, and the count of the rows that went through it.
fn counted(mut read: TableRead) -> (TableRead, Arc<AtomicU64>) {
    let rows = Arc::new(AtomicU64::new(0));
    let counting = |part: BatchStream| {
        let count = rows.clone();
        let counted = part.inspect(move |batch| {
            if let Ok(batch) = batch {
                count.fetch_add(batch.num_rows() as u64, Ordering::Relaxed);
            }
        });
        counted.boxed()
    };
    read.parts = read.parts.into_iter().map(counting).collect();
    (read, rows)
}

/// The declared columns that a source lacks, or has of another type. Whether they may be NULL shows in the rows.
fn differences(declared: &TableDecl, table: &TableRef, found: &TableSchema) -> Vec<String> {
    let own = [Landed::<()>::LOADED_AT, Landed::<()>::SOURCE_FILE];
    let landed = declared.columns.iter().filter(|c| !own.contains(&c.name));
    let difference = |c: &crate::ColumnDecl| match found.column(c.name) {
        None => Some(format!("{table}.{}: missing, expected {}", c.name, c.data_type)),
        Some(f) if f.data_type == c.data_type || is_text(&f.data_type) && is_text(&c.data_type) => None,
        Some(f) => Some(format!("{table}.{}: expected {}, found {}", c.name, c.data_type, f.data_type)),
    };
    landed.filter_map(difference).collect()
}
