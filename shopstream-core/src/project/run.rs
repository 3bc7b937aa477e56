//! Models run here: ready ones side by side, their tables in memory no longer than needed.

use arrow::array::RecordBatch;
use futures::{StreamExt, stream::FuturesUnordered};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    num::NonZero,
    sync::Arc,
};

use super::{Project, Selection, input::Slot};
use crate::{
    BatchStream, Build, Clock, DroppedRows, Error, Event, Input, Model, ModelOutput, Observer, Result, Step,
    TableReport,
};

/// Rows handed to a warehouse at a time.
const BATCH_ROWS: usize = 65_536;

/// How to run a project's models.
#[derive(Clone)]
#[non_exhaustive]
pub struct RunOptions {
    /// Models at work side by side (default: as many as there are cores).
    pub workers: usize,
    /// Whether models without SQL run here when the others are pushed down, and their rows are put (default no).
    pub put_others: bool,
    /// What measures how long each takes.
    pub clock: Arc<dyn Clock>,
    /// Who hears of each table that is done.
    pub observer: Arc<dyn Observer>,
}

impl RunOptions {
    /// The defaults, by this clock.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { workers: cores(), put_others: false, clock, observer: Arc::new(()) }
    }

    /// Lets so many models work side by side; 0 counts as 1.
    #[must_use]
    pub fn with_workers(mut self, workers: usize) -> Self {
        self.workers = workers.max(1);
        self
    }

    /// Lets models without SQL run here when the others are pushed down: the warehouse must take rows.
    #[must_use]
    pub fn with_put_others(mut self, yes: bool) -> Self {
        self.put_others = yes;
        self
    }

    /// Tells somebody of each table that is done.
    #[must_use]
    pub fn with_observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observer = observer;
        self
    }
}

impl fmt::Debug for RunOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunOptions")
            .field("workers", &self.workers)
            .field("put_others", &self.put_others)
            .field("clock", &self.clock)
            .finish_non_exhaustive()
    }
}

pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, NonZero::get)
}

impl<P: Clone + fmt::Debug + Send + Sync + 'static> Project<P> {
    /// Runs models here and puts their tables into a build; answers with each table, in the models' order.
    ///
    /// A model starts when those of its inputs that are selected are done; other inputs are read from the build. Each
    /// table is in memory once, and only while a model that has not run yet takes it. The functions run on tokio's
    /// blocking threads: there must be a tokio runtime. What the build had of these models, and of what is made of
    /// them, is taken out first, so that what fails is missing afterwards, not stale.
    ///
    /// Dropping the future stops what waits; functions at work go on to their end, and their rows are lost.
    ///
    /// # Errors
    /// That of the first model, in their order, that failed, naming it (`model`), others that did (`also_failed`), and
    /// those that could not run then (`not_run`). Models that do not depend on a failed one have run.
    pub async fn run(
        &self,
        build: &dyn Build,
        params: &P,
        selection: &Selection,
        options: &RunOptions,
    ) -> Result<Vec<TableReport>> {
        let selected = self.positions(selection)?;
        self.clear(build, selection.tables()).await?;
        self.run_all(Place::Here, build, params, selected, options).await
    }

    /// Runs models at this place, each after its inputs.
    pub(super) async fn run_all(
        &self,
        place: Place,
        build: &dyn Build,
        params: &P,
        models: BTreeSet<usize>,
        options: &RunOptions,
    ) -> Result<Vec<TableReport>> {
        let slots = self.slots(place, &models);
        Run { project: self, place, build, params, options, slots }.all(models).await
    }

    /// What the models that run here take, by its position.
    fn slots(&self, place: Place, models: &BTreeSet<usize>) -> BTreeMap<usize, Slot> {
        let mut taken: BTreeMap<usize, Vec<&Input>> = BTreeMap::new();
        let here = models.iter().map(|m| self.model_at(*m)).filter(|m| place.runs_here(m));
        for input in here.flat_map(Model::inputs) {
            if let Some(table) = self.position(input.table()) {
                taken.entry(table).or_default().push(input);
            }
        }
        taken.into_iter().map(|(t, inputs)| (t, Slot::new(self.tables[t].clone(), &inputs))).collect()
    }
}

/// Where models run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// As functions, all of them.
    Here,
    /// As SQL in the warehouse, those that have some.
    There,
}

impl Place {
    fn runs_here<P: 'static>(self, model: &Model<P>) -> bool {
        self == Self::Here || model.twin().is_none()
    }
}

struct Run<'a, P> {
    project: &'a Project<P>,
    place: Place,
    build: &'a dyn Build,
    params: &'a P,
    options: &'a RunOptions,
    slots: BTreeMap<usize, Slot>,
}

impl<P: Clone + fmt::Debug + Send + Sync + 'static> Run<'_, P> {
    async fn all(&self, mut waiting: BTreeSet<usize>) -> Result<Vec<TableReport>> {
        let inputs = &self.project.graph.inputs;
        // Neither done nor given up: whoever takes one of these has to wait.
        let mut open = waiting.clone();
        let (mut done, mut failed, mut not_run) = (BTreeMap::new(), BTreeMap::new(), vec![]);
        let mut working = FuturesUnordered::new();
        loop {
            while working.len() < self.options.workers.max(1) {
                let ready = waiting.iter().copied().filter(|m| inputs[*m].is_disjoint(&open));
                // What can use up what lies in memory goes before what brings more into it.
                let Some(model) = ready.min_by_key(|m| (!self.in_memory(*m), *m)) else { break };
                waiting.remove(&model);
                working.push(async move { (model, self.one(model).await) });
            }
            let Some((model, result)) = working.next().await else { break };
            match result {
                Ok(report) => {
                    self.options.observer.on(&Event::TableDone { step: Step::Build, table: &report });
                    open.remove(&model);
                    done.insert(model, report);
                }
                Err(error) => {
                    failed.insert(model, error);
                    for lost in self.project.graph.downstream([model]) {
                        if waiting.remove(&lost) {
                            not_run.push(lost);
                            self.taken(self.project.model_at(lost)).for_each(Slot::release);
                        }
                    }
                }
            }
        }
        let mut failed = failed.into_iter();
        let Some((_, mut error)) = failed.next() else { return Ok(done.into_values().collect()) };
        not_run.sort_unstable();
        for (key, models) in [("also_failed", failed.map(|(m, _)| m).collect()), ("not_run", not_run)] {
            let names: Vec<&str> = models.into_iter().map(|m: usize| self.project.model_at(m).name()).collect();
            if !names.is_empty() {
                error = error.with(key, names.join(", "));
            }
        }
        Err(error)
    }

    fn in_memory(&self, model: usize) -> bool {
        self.project.graph.inputs[model].iter().all(|t| self.slots.get(t).is_some_and(Slot::in_memory))
    }

    fn taken(&self, model: &Model<P>) -> impl Iterator<Item = &Slot> {
        model.inputs().iter().filter_map(|i| self.slots.get(&self.project.position(i.table())?))
    }

    async fn one(&self, position: usize) -> Result<TableReport> {
        let model = self.project.model_at(position);
        let started = self.options.clock.elapsed();
        let made = if self.place.runs_here(model) {
            self.here(position, model).await
        } else {
            self.project.materialize(self.build, model, self.params).await
        };
        let mut report =
            made.map_err(|e| if e.context("model").is_some() { e } else { e.with("model", model.name()) })?;
        report.seconds = self.options.clock.elapsed().saturating_sub(started).as_secs_f64();
        Ok(report)
    }

    async fn here(&self, position: usize, model: &Model<P>) -> Result<TableReport> {
        let output = self.compute(model).await?;
        if let Some(slot) = self.slots.get(&position) {
            slot.fill(output.batch.clone()).await;
        }
        let (table, schema) = (model.table(), output.batch.schema());
        let rows = output.batch.num_rows() as u64;
        let put = self.build.put(&table, schema, in_batches(output.batch)).await?;
        if put != rows {
            return Err(Error::internal("the warehouse has not taken all rows of a model")
                .with("rows", rows)
                .with("taken", put));
        }
        let mut report = TableReport::new(table, rows);
        report.dropped = output.dropped.iter().map(DroppedRows::from).collect();
        Ok(report)
    }

    async fn compute(&self, model: &Model<P>) -> Result<ModelOutput> {
        let mut inputs = vec![];
        for slot in self.taken(model) {
            inputs.push(slot.take(self.build).await?);
        }
        let (model, params) = (model.clone(), self.params.clone());
        // The inputs go along, and are let go when the function is done with them.
        let function = move || model.run(&inputs, &params);
        tokio::task::spawn_blocking(function).await.map_err(|e| {
            // The text of a panic may hold a cell's value.
            Error::internal(if e.is_panic() { "the model panicked" } else { "the runtime is shutting down" })
        })?
    }
}

fn in_batches(batch: RecordBatch) -> BatchStream {
    let starts = (0..batch.num_rows()).step_by(BATCH_ROWS);
    let slices = starts.map(move |from| Ok(batch.slice(from, BATCH_ROWS.min(batch.num_rows() - from))));
    Box::pin(futures::stream::iter(slices))
}
