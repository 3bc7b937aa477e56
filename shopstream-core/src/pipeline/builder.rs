//! How a pipeline is put together.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::Arc,
};
use tokio::sync::Mutex;

use super::{Observer, Pipeline, RunReport, State, SyncMode};
use crate::{
    Clock, Date, Encoding, Error, Format, Lake, Project, Result, RunId, SchemaPolicy, Source, TableRef, Timestamp,
    Warehouse, project::cores,
};

/// Puts a [`Pipeline`] together. Needed are a lake, a warehouse, a project, its parameters, a clock and a logical date.
pub struct PipelineBuilder<P> {
    name: String,
    source: Option<Arc<dyn Source>>,
    lake: Option<Arc<dyn Lake>>,
    warehouse: Option<Arc<dyn Warehouse>>,
    project: Option<Project<P>>,
    clock: Option<Arc<dyn Clock>>,
    observer: Arc<dyn Observer>,
    date: Option<Date>,
    built_at: Option<Timestamp>,
    params: Option<Params<P>>,
    tables: Option<Vec<String>>,
    select: Option<Vec<String>>,
    source_schema: String,
    source_tables: BTreeMap<String, TableRef>,
    sync: BTreeMap<String, SyncMode>,
    schema_policy: SchemaPolicy,
    format: Format,
    encoding: Encoding,
    max_rows_per_file: Option<u64>,
    workers: usize,
    allow_older: bool,
}

type Params<P> = Box<dyn FnOnce(Date, Timestamp) -> Result<P> + Send>;

impl<P: Clone + fmt::Debug + Send + Sync + 'static> PipelineBuilder<P> {
    pub(super) fn new() -> Self {
        Self {
            name: "shop".to_owned(),
            source: None,
            lake: None,
            warehouse: None,
            project: None,
            clock: None,
            observer: Arc::new(()),
            date: None,
            built_at: None,
            params: None,
            tables: None,
            select: None,
            source_schema: String::new(),
            source_tables: BTreeMap::new(),
            sync: BTreeMap::new(),
            schema_policy: SchemaPolicy::default(),
            format: Format::default(),
            encoding: Encoding::default(),
            max_rows_per_file: None,
            workers: cores(),
            allow_older: false,
        }
    }

    /// The pipeline's name (default `shop`): with the date it names the run.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Where tables are extracted from; a pipeline that only goes on from the lake needs none.
    #[must_use]
    pub fn source(mut self, source: Arc<dyn Source>) -> Self {
        self.source = Some(source);
        self
    }

    /// Where extracted tables are kept.
    #[must_use]
    pub fn lake(mut self, lake: Arc<dyn Lake>) -> Self {
        self.lake = Some(lake);
        self
    }

    /// Where models are built and published.
    #[must_use]
    pub fn warehouse(mut self, warehouse: Arc<dyn Warehouse>) -> Self {
        self.warehouse = Some(warehouse);
        self
    }

    /// The tables, models and data tests.
    #[must_use]
    pub fn project(mut self, project: Project<P>) -> Self {
        self.project = Some(project);
        self
    }

    /// What the time is, and how long things take.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Who hears what happens (default nobody).
    #[must_use]
    pub fn observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observer = observer;
        self
    }

    /// The logical date: which day the run is for, whenever it runs.
    #[must_use]
    pub fn date(mut self, date: Date) -> Self {
        self.date = Some(date);
        self
    }

    /// The time that the run's rows bear (default: that of the clock when the pipeline is put together).
    #[must_use]
    pub fn built_at(mut self, time: Timestamp) -> Self {
        self.built_at = Some(time);
        self
    }

    /// The models' parameters.
    #[must_use]
    pub fn params(self, params: P) -> Self {
        self.params_with(|_, _| Ok(params))
    }

    /// The models' parameters, made of the logical date and the time that the run's rows bear.
    #[must_use]
    pub fn params_with(mut self, params: impl FnOnce(Date, Timestamp) -> Result<P> + Send + 'static) -> Self {
        self.params = Some(Box::new(params));
        self
    }

    /// Extracts and loads these sources of the project only (default all), by name: `users` or `raw.users`. Models
    /// are then built from them and from what is published of the others.
    #[must_use]
    pub fn tables<S: Into<String>>(mut self, tables: impl IntoIterator<Item = S>) -> Self {
        self.tables = Some(tables.into_iter().map(Into::into).collect());
        self
    }

    /// Builds these models only (default all): see [`Project::select`].
    #[must_use]
    pub fn select<S: Into<String>>(mut self, selectors: impl IntoIterator<Item = S>) -> Self {
        self.select = Some(selectors.into_iter().map(Into::into).collect());
        self
    }

    /// The schema of the tables in the source (default: the one that it looks in first).
    #[must_use]
    pub fn source_schema(mut self, schema: impl Into<String>) -> Self {
        self.source_schema = schema.into();
        self
    }

    /// Extracts a table of the project, by its name, from a table that is called otherwise in the source.
    #[must_use]
    pub fn source_table(mut self, table: impl Into<String>, from: impl Into<TableRef>) -> Self {
        self.source_tables.insert(table.into(), from.into());
        self
    }

    /// How a table of the project is kept up to date, by its name (default: each run reads all of it).
    ///
    /// ```
    /// # use shopstream_core::{Pipeline, PipelineBuilder};
    /// use shopstream_core::SyncMode;
    ///
    /// # fn example(builder: PipelineBuilder<()>) -> PipelineBuilder<()> {
    /// builder
    ///     .sync("orders", SyncMode::cursor("updated_at").with_deletes())
    ///     .sync("events", SyncMode::cursor("id").with_overlap(1000))
    /// # }
    /// # example(Pipeline::builder());
    /// ```
    #[must_use]
    pub fn sync(mut self, table: impl Into<String>, mode: impl Into<SyncMode>) -> Self {
        self.sync.insert(table.into(), mode.into());
        self
    }

    /// What is done when a table's columns are not those of its last partition in the lake (default: what adds goes
    /// on, what takes away stops).
    #[must_use]
    pub fn schema_policy(mut self, policy: SchemaPolicy) -> Self {
        self.schema_policy = policy;
        self
    }

    /// The format of the lake's files (default Parquet).
    #[must_use]
    pub fn format(mut self, format: Format) -> Self {
        self.format = format;
        self
    }

    /// How Parquet files are encoded (default: by a sample of their rows).
    #[must_use]
    pub fn encoding(mut self, encoding: Encoding) -> Self {
        self.encoding = encoding;
        self
    }

    /// Splits the lake's files at so many rows (default: a file for each part that is read).
    #[must_use]
    pub fn max_rows_per_file(mut self, rows: u64) -> Self {
        self.max_rows_per_file = Some(rows);
        self
    }

    /// Tables, models and data tests at work side by side (default: as many as there are cores); 0 counts as 1. An
    /// extraction reads so many parts at once, of all its tables together: it needs as many connections, and no more. The
    /// largest tables begin, and are read whole where that keeps all workers busy: which of them are divided hangs on
    /// [`Source::sizes`], so that the same tables, extracted together, give the same files.
    #[must_use]
    pub fn workers(mut self, workers: usize) -> Self {
        self.workers = workers.max(1);
        self
    }

    /// Whether a date older than what the raw layer holds may replace it (default no).
    #[must_use]
    pub fn allow_older(mut self, yes: bool) -> Self {
        self.allow_older = yes;
        self
    }

    /// Puts it together; nothing is touched yet.
    ///
    /// # Errors
    /// `Config` with all settings that are missing, or for a name that cannot be part of a run's id; `NotFound` for
    /// tables and selectors that mean nothing in the project; what the parameters' function answers.
    pub fn build(self) -> Result<Pipeline<P>> {
        let needed = [
            ("lake", self.lake.is_some()),
            ("warehouse", self.warehouse.is_some()),
            ("project", self.project.is_some()),
            ("params", self.params.is_some()),
            ("clock", self.clock.is_some()),
            ("date", self.date.is_some()),
        ];
        let (Some(lake), Some(warehouse), Some(project), Some(params), Some(clock), Some(date)) =
            (self.lake, self.warehouse, self.project, self.params, self.clock, self.date)
        else {
            let missing: Vec<&str> = needed.iter().filter(|(_, there)| !there).map(|(name, _)| *name).collect();
            return Err(Error::config("a pipeline lacks settings").with("missing", missing.join(", ")));
        };
        let names: Vec<TableRef> = project.sources().map(|s| s.table_ref()).collect();
        let mut twice = BTreeSet::new();
        if let Some(name) = names.iter().map(TableRef::table).find(|n| !twice.insert(*n)) {
            return Err(Error::config("two sources of a project are one table of the lake").with("table", name));
        }
        let position = |name: &str| names.iter().position(|t| t.table() == name || t.to_string() == name);
        let known = |name: &String| match position(name) {
            Some(i) => Ok(i),
            None => Err(Error::not_found("no such source in the project")
                .with("table", name)
                .with("sources", names.iter().map(TableRef::table).collect::<Vec<_>>().join(", "))),
        };
        let tables: BTreeSet<usize> = match &self.tables {
            Some(tables) => tables.iter().map(known).collect::<Result<_>>()?,
            None => (0..names.len()).collect(),
        };
        let renamed = |(table, from): (String, TableRef)| Ok((names[known(&table)?].table().to_owned(), from));
        let source_tables = self.source_tables.into_iter().map(renamed).collect::<Result<_>>()?;
        let kept = |(table, mode): (String, SyncMode)| Ok((names[known(&table)?].table().to_owned(), mode));
        let sync = self.sync.into_iter().map(kept).collect::<Result<_>>()?;
        let models = match &self.select {
            Some(selectors) => project.select(selectors)?,
            None => project.all(),
        };
        let run = RunId::of_date(&self.name, date)?;
        let built_at = self.built_at.unwrap_or_else(|| clock.now());
        let report = RunReport::new(run.clone(), date, built_at);
        Ok(Pipeline {
            source: self.source,
            lake,
            warehouse,
            params: params(date, built_at)?,
            project,
            clock,
            observer: self.observer,
            run,
            date,
            built_at,
            tables: tables.into_iter().collect(),
            models,
            source_schema: self.source_schema,
            source_tables,
            sync,
            schema_policy: self.schema_policy,
            format: self.format,
            encoding: self.encoding,
            max_rows_per_file: self.max_rows_per_file,
            workers: self.workers,
            allow_older: self.allow_older,
            state: Mutex::new(State { build: None, tested: false, report }),
        })
    }
}

impl<P> fmt::Debug for PipelineBuilder<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PipelineBuilder").field("name", &self.name).field("date", &self.date).finish_non_exhaustive()
    }
}
