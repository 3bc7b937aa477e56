//! The run itself.

use shopstream::{
    Clock, Date, Encoding, Error, Observer, Pipeline, Result, Step, SystemClock, Warehouse,
    models::{Params, lake_layout, project},
    sinks::lake::ObjectStoreLake,
    sources::postgres::PostgresSource,
};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{
    args::{Action, Args},
    database::Database,
    figures::Figures,
    generate::{Filled, generate},
    lock::Lock,
    memory::Memory,
    progress::Progress,
    report::Report,
    warehouse,
};

/// Does what is asked for; the answer is whether all is well: every error-severity test that ran has passed.
pub(crate) async fn run(args: &Args) -> Result<bool> {
    let clock = Arc::new(SystemClock::new());
    let progress = Progress::new(args.quiet || args.json);
    let date = args.date.unwrap_or_else(|| clock.now().date());
    let days = args.days(date);
    if days.is_empty() {
        return Err(Error::config("--from is a day after --date").with("date", date));
    }
    let _lock = Lock::take(&args.out)?;
    let out = fs::canonicalize(&args.out).map_err(|e| {
        Error::config("the output folder cannot be used").with("folder", args.out.display()).caused_by(e)
    })?;
    let lake = match &args.lake {
        Some(url) => ObjectStoreLake::from_url_and_vars(url, lake_layout(), std::env::vars())?,
        None => ObjectStoreLake::local(out.join("lake"), lake_layout())?,
    };
    let lake = Arc::new(lake);
    let warehouse = warehouse::open(args, &lake, &out, clock.clone(), &progress).await?;
    let run = Run { args, clock, progress, out, lake, warehouse };

    let reads = match args.errand() {
        Some(errand) => errand == Action::Doctor,
        None => args.runs(Action::Generate) || args.runs(Action::Extract),
    };
    let database = if reads { Some(Database::find(args, &run.progress).await?) } else { None };
    let done = match args.errand() {
        Some(errand) => run.errand(errand, database.as_ref(), date).await,
        None => run.days(&days, database.as_ref()).await,
    };
    if let Some(database) = database {
        database.close().await;
    }
    done
}

/// A run of the command: where it reads, writes and tells.
pub(crate) struct Run<'a> {
    pub(crate) args: &'a Args,
    pub(crate) clock: Arc<SystemClock>,
    progress: Progress,
    out: PathBuf,
    pub(crate) lake: Arc<ObjectStoreLake>,
    warehouse: Arc<dyn Warehouse>,
}

impl Run<'_> {
    async fn days(&self, days: &[Date], database: Option<&Database>) -> Result<bool> {
        self.tidy_up().await?;
        let mut generated = vec![];
        if let (Some(database), Some(last)) = (database, days.last()) {
            self.progress.say(&format!("database: {}", database.found));
            generated = fill(self.args, database, *last, &*self.clock, &self.progress).await?;
        }
        let mut passed = true;
        for day in days {
            passed &= self.day(*day, database, std::mem::take(&mut generated)).await?;
        }
        Ok(passed)
    }

    async fn day(&self, date: Date, database: Option<&Database>, generated: Vec<Filled>) -> Result<bool> {
        let memory = Memory::default();
        let source = database.map(|database| PostgresSource::connect(database.url())).transpose()?;
        let pipeline = self.pipeline(date, source, memory.watching(self.progress.clone()))?;
        let ran = steps(self.args, &pipeline).await;
        let run = pipeline.report().await;
        drop(pipeline);
        let figures = match &run.published {
            Some(_) if self.args.tables.is_empty() => Some(Figures::read(&*self.warehouse).await?),
            _ => None,
        };
        let passed = run.passed();
        let report = Report {
            database: database.map(|database| database.found.clone()),
            lake: self.lake.to_string(),
            warehouse: self.warehouse.to_string(),
            generated,
            memory: memory.peaks(),
            run,
            figures,
            seconds: self.clock.elapsed().as_secs_f64(),
        };
        tell(self.args, &report, &self.out)?;
        ran.map(|()| passed)
    }

    pub(crate) fn pipeline(
        &self,
        date: Date,
        source: Option<PostgresSource>,
        observer: Arc<dyn Observer>,
    ) -> Result<Pipeline<Params>> {
        let args = self.args;
        let mut params = Params::new(date).with_built_at(self.clock.now());
        if let Some(day) = args.start_date {
            params = params.with_start_date(day);
        }
        let mut pipeline = Pipeline::builder()
            .lake(self.lake.clone())
            .warehouse(self.warehouse.clone())
            .project(project(&params)?)
            .clock(self.clock.clone())
            .date(date)
            .built_at(params.built_at)
            .params(params)
            .source_schema("public")
            .format(args.format)
            .encoding(if args.plain { Encoding::Plain } else { Encoding::default() })
            .allow_older(args.allow_older)
            .observer(observer);
        if let Some(workers) = args.workers {
            pipeline = pipeline.workers(workers.get());
        }
        if let Some(rows) = args.rows_per_file {
            pipeline = pipeline.max_rows_per_file(rows.get());
        }
        for (table, mode) in args.sync() {
            pipeline = pipeline.sync(table, mode);
        }
        if let Some(source) = source {
            pipeline = pipeline.source(Arc::new(source));
        }
        if !args.tables.is_empty() {
            pipeline = pipeline.tables(args.tables.iter().cloned());
        }
        pipeline.build()
    }
}

/// Fills the database when that is asked for, or when it would be empty else.
async fn fill(
    args: &Args,
    database: &Database,
    date: Date,
    clock: &dyn Clock,
    progress: &Progress,
) -> Result<Vec<Filled>> {
    let empty = database.is_throwaway() && args.runs(Action::Extract) && !args.no_generate;
    if !args.runs(Action::Generate) && !empty {
        return Ok(vec![]);
    }
    let since = clock.elapsed();
    progress.start("generate", 6);
    let filled = generate(args, database.url(), date, clock, |one| progress.step(one.table)).await?;
    let rows: u64 = filled.iter().map(|f| f.rows).sum();
    progress.finish("generate", &format!("{rows} rows in {:.2} s", (clock.elapsed() - since).as_secs_f64()));
    Ok(filled)
}

async fn steps(args: &Args, pipeline: &Pipeline<Params>) -> Result<()> {
    for step in args.pipeline_steps() {
        match step {
            Step::Extract => pipeline.extract().await?,
            Step::Load => pipeline.load().await?,
            Step::Build => pipeline.build().await?,
            Step::Test => pipeline.test().await?,
            _ => pipeline.publish().await?,
        };
    }
    Ok(())
}

/// Prints the report, and keeps it as JSON beside those of other runs.
fn tell(args: &Args, report: &Report, out: &Path) -> Result<()> {
    let json = serde_json::to_string_pretty(report).map_err(|e| Error::internal("a report is no JSON").caused_by(e))?;
    let folder = out.join("reports");
    let path = folder.join(format!("{}.json", report.run.run));
    fs::create_dir_all(&folder)
        .and_then(|()| fs::write(&path, &json))
        .map_err(|e| Error::unavailable("the report cannot be written").with("file", path.display()).caused_by(e))?;
    if args.json {
        println!("{json}");
    } else if !args.quiet {
        print!("{}", report.text());
    }
    Ok(())
}
