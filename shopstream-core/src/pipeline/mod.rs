//! The pipeline: source, lake, warehouse and project, tied for a logical date.

mod builder;
mod extract;
mod extraction;
mod load;
mod models;
mod observer;
mod permits;
mod plan;
mod publish;
mod report;
mod shares;
mod state;
mod sync;

pub use builder::PipelineBuilder;
pub use observer::{Event, Observer, Step};
pub use report::{DroppedRows, LeftOut, RunReport, StepReport, TableReport};
pub use state::SyncState;
pub use sync::{CursorSync, SyncMode};

use futures::{FutureExt, StreamExt, future::BoxFuture, stream::FuturesUnordered};
use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};
use tokio::sync::Mutex;

use crate::{
    Build, Clock, Date, Encoding, Error, Format, Lake, Partition, Project, Result, RunId, SchemaPolicy, Selection,
    Source, TableDecl, TableRef, Timestamp, Warehouse,
};

/// Source, lake, warehouse and project, tied for a logical date: extract, load, build, test, publish.
///
/// [`run`](Pipeline::run) does all five. Each is also a method of its own, which goes on from what lies in the lake
/// and in the date's build, whoever left it there: another pipeline object, or a process that has died. Until
/// [`publish`](Pipeline::publish) readers see what they saw before.
///
/// * **Failure.** What was published stays. The build is kept for inspection, under [`run_id`](Pipeline::run_id);
///   the next run of the same date takes it up again. A step takes out of the build whatever stands on what it is
///   about to change: what a failed step leaves is missing, never stale.
/// * **Cancellation.** Dropping a step's future is a failure like any other.
/// * **One step at a time** of one pipeline; a second call waits. From its first step on the build it holds it open,
///   until it is published, abandoned or the pipeline dropped.
/// * **No publish untested**, nor of a build that lacks a model which could be built.
///
/// `P` are the parameters of the project's models.
///
/// ```
/// use std::sync::Arc;
/// use shopstream_core::{Date, Lake, Pipeline, Project, Result, Source, SystemClock, Warehouse};
///
/// async fn daily(
///     source: Arc<dyn Source>,
///     lake: Arc<dyn Lake>,
///     warehouse: Arc<dyn Warehouse>,
///     project: Project<Date>,
///     date: Date,
/// ) -> Result<()> {
///     let pipeline = Pipeline::builder()
///         .source(source)
///         .lake(lake)
///         .warehouse(warehouse)
///         .project(project)
///         .clock(Arc::new(SystemClock::new()))
///         .date(date)
///         .params(date)
///         .build()?;
///     let report = pipeline.run().await?;
///     assert!(report.passed() && report.published.is_some());
///     Ok(())
/// }
/// ```
pub struct Pipeline<P> {
    source: Option<Arc<dyn Source>>,
    lake: Arc<dyn Lake>,
    warehouse: Arc<dyn Warehouse>,
    project: Project<P>,
    clock: Arc<dyn Clock>,
    observer: Arc<dyn Observer>,
    params: P,
    run: RunId,
    date: Date,
    built_at: Timestamp,
    /// The sources that are extracted and loaded, by their positions in the project.
    tables: Vec<usize>,
    /// The models that are built, when they can be.
    models: Selection,
    source_schema: String,
    source_tables: BTreeMap<String, TableRef>,
    /// How tables are kept up to date, by their names; others are read in full.
    sync: BTreeMap<String, SyncMode>,
    schema_policy: SchemaPolicy,
    format: Format,
    encoding: Encoding,
    max_rows_per_file: Option<u64>,
    workers: usize,
    allow_older: bool,
    state: Mutex<State>,
}

/// What a pipeline has done so far.
struct State {
    build: Option<Box<dyn Build>>,
    /// Whether the data tests ran after the last change of the build.
    tested: bool,
    report: RunReport,
}

impl State {
    async fn build<'a, P>(&'a mut self, pipeline: &Pipeline<P>) -> Result<&'a dyn Build> {
        if self.build.is_none() {
            self.tested = false;
            self.build = Some(pipeline.warehouse.begin(&pipeline.run).await?);
        }
        self.build.as_deref().map(|b| b as &dyn Build).ok_or_else(|| Error::internal("a build is open and is not"))
    }
}

impl<P: Clone + fmt::Debug + Send + Sync + 'static> Pipeline<P> {
    /// Starts to put a pipeline together.
    pub fn builder() -> PipelineBuilder<P> {
        PipelineBuilder::new()
    }

    /// Runs all steps.
    ///
    /// # Errors
    /// That of the first step that fails; what the steps before it did is in [`report`](Pipeline::report).
    pub async fn run(&self) -> Result<RunReport> {
        let mut state = self.state.lock().await;
        let mut report = self.new_report();
        report.add(self.extract_step(&mut state).await?);
        report.add(self.load_step(&mut state).await?);
        report.add(self.build_step(&mut state).await?);
        report.add(self.test_step(&mut state).await?);
        report.add(self.publish_step(&mut state).await?);
        Ok(report)
    }

    /// Reads the tables in one snapshot of the source and writes each to the lake, under the logical date: in full, or
    /// what is new ([`PipelineBuilder::sync`]). Columns that the project does not declare go along. What became of the
    /// columns since the lake's last partition up to the date is told first ([`Event::SchemaChanged`]).
    ///
    /// # Errors
    /// `Schema`, before any row moves, with all declared columns that the source lacks or has of another type, and
    /// with all changes that stop by the [`PipelineBuilder::schema_policy`]; `Config` without a source, and for tables
    /// that cannot be kept up to date as they should; those of source and lake. Tables written before stay in the
    /// lake.
    pub async fn extract(&self) -> Result<RunReport> {
        self.extract_step(&mut *self.state.lock().await).await
    }

    /// Loads each table's partition of the logical date into the raw layer of the build; where it goes on from one
    /// that the table does not hold, those first, in the order of their dates. What the build had of models of these
    /// tables is taken out of it.
    ///
    /// # Errors
    /// `NotFound` with all tables that were not extracted; those of lake and warehouse.
    pub async fn load(&self) -> Result<RunReport> {
        self.load_step(&mut *self.state.lock().await).await
    }

    /// Builds the models: here, or as SQL in a warehouse that only does that. Of a project whose tables are not all
    /// there, neither in the build nor published, it builds the models that can be and reports the others as left
    /// out.
    ///
    /// # Errors
    /// Those of [`Project::run`] and [`Project::push_down`]; `Unsupported` when the warehouse does neither;
    /// `NotFound` when no model at all can be built.
    pub async fn build(&self) -> Result<RunReport> {
        self.build_step(&mut *self.state.lock().await).await
    }

    /// Runs the data tests on the build: the project's, and for each loaded table that it has as many rows as its
    /// manifest, or that its key is unique when that was merged. Tests of tables that are not there are reported as left out. A test that fails is no error here:
    /// see [`RunReport::passed`].
    ///
    /// # Errors
    /// Those of the warehouse, when a test cannot be run.
    pub async fn test(&self) -> Result<RunReport> {
        self.test_step(&mut *self.state.lock().await).await
    }

    /// Shows the build to readers. The data tests run first, unless this pipeline ran them after the last change.
    ///
    /// # Errors
    /// `Data`, naming the tests of severity error that failed; `Conflict`, naming the models that could be built and
    /// are not; `NotFound` when the build is empty; those of the warehouse. Then nothing was published.
    pub async fn publish(&self) -> Result<RunReport> {
        self.publish_step(&mut *self.state.lock().await).await
    }

    /// Removes the build with all that was not published.
    ///
    /// # Errors
    /// Those of the warehouse.
    pub async fn abandon(&self) -> Result<()> {
        let mut state = self.state.lock().await;
        state.build(self).await?;
        state.tested = false;
        match state.build.take() {
            Some(build) => build.abandon().await,
            None => Ok(()),
        }
    }

    /// What all steps of this pipeline did so far, also when a later one failed.
    pub async fn report(&self) -> RunReport {
        self.state.lock().await.report.clone()
    }

    /// The run: name and logical date.
    pub fn run_id(&self) -> &RunId {
        &self.run
    }

    /// The logical date.
    pub fn date(&self) -> Date {
        self.date
    }

    /// The time that the run's rows bear.
    pub fn built_at(&self) -> Timestamp {
        self.built_at
    }

    /// The project.
    pub fn project(&self) -> &Project<P> {
        &self.project
    }

    fn new_report(&self) -> RunReport {
        RunReport::new(self.run.clone(), self.date, self.built_at)
    }

    /// The tables that are extracted and loaded.
    fn selected(&self) -> impl ExactSizeIterator<Item = &TableDecl> {
        self.tables.iter().filter_map(|i| self.project.sources().nth(*i)).collect::<Vec<_>>().into_iter()
    }

    fn partition(&self, table: &TableDecl) -> Partition {
        Partition::new(table.name, self.date)
    }

    fn started(&self, step: Step, items: usize) -> Duration {
        self.observer.on(&Event::StepStarted { step, items });
        self.clock.elapsed()
    }

    fn seconds(&self, since: Duration) -> f64 {
        self.clock.elapsed().saturating_sub(since).as_secs_f64()
    }

    /// Closes a step: tells the observer, and keeps what it did.
    fn done(
        &self,
        state: &mut State,
        mut report: RunReport,
        step: Step,
        tables: Vec<TableReport>,
        since: Duration,
    ) -> RunReport {
        let step = StepReport::new(step, tables, self.seconds(since));
        self.observer.on(&Event::StepDone(&step));
        report.steps.push(step);
        state.report.add(report.clone());
        report
    }
}

/// What each of many jobs answered, in their order; the first error stops the others.
///
/// The jobs are boxed so that the compiler can see that the whole run is `Send`, and may be spawned.
async fn all<T: Send>(workers: usize, jobs: Vec<BoxFuture<'_, Result<T>>>) -> Result<Vec<T>> {
    let mut waiting = jobs.into_iter().enumerate();
    let (mut running, mut done) = (FuturesUnordered::new(), vec![]);
    loop {
        while running.len() < workers.max(1)
            && let Some((i, job)) = waiting.next()
        {
            running.push(async move { (i, job.await) }.boxed());
        }
        match running.next().await {
            Some((i, answer)) => done.push((i, answer?)),
            None => break,
        }
    }
    done.sort_by_key(|(i, _)| *i);
    Ok(done.into_iter().map(|(_, answer)| answer).collect())
}

impl<P> fmt::Debug for Pipeline<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pipeline")
            .field("run", &self.run)
            .field("source", &self.source.as_ref().map(ToString::to_string))
            .field("lake", &self.lake.to_string())
            .field("warehouse", &self.warehouse.to_string())
            .field("project", &self.project)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A service spawns its runs: this compiles only as long as it can.
    #[test]
    fn a_run_can_be_spawned() {
        fn spawned<T: Send + 'static>(_: fn(&'static Pipeline<()>) -> T) {}
        spawned(|pipeline| pipeline.run());
        spawned(|pipeline| pipeline.extract());
        spawned(|pipeline| pipeline.publish());
        spawned(|pipeline| pipeline.abandon());
    }
}
