//! The run itself.

use shopstream::{
    Clock, Date, Error, Pipeline, Result, Step, SystemClock, Warehouse,
    models::{Params, lake_layout, project},
    sinks::{lake::ObjectStoreLake, local::LocalWarehouse},
    sources::postgres::PostgresSource,
};
use std::{fs, path::Path, sync::Arc};

use crate::{
    args::{Action, Args},
    database::Database,
    figures::Figures,
    generate::{Filled, generate},
    lock::Lock,
    memory::Memory,
    progress::Progress,
    report::Report,
};

/// Runs the steps that are asked for; the answer is whether every error-severity test that ran has passed.
pub(crate) async fn run(args: &Args) -> Result<bool> {
    let clock = Arc::new(SystemClock::new());
    let progress = Progress::new(args.quiet || args.json);
    let date = args.date.unwrap_or_else(|| clock.now().date());
    let _lock = Lock::take(&args.out)?;
    let out = fs::canonicalize(&args.out).map_err(|e| {
        Error::config("the output folder cannot be used").with("folder", args.out.display()).caused_by(e)
    })?;

    let lake = match &args.lake {
        Some(url) => ObjectStoreLake::from_url_and_vars(url, lake_layout(), std::env::vars())?,
        None => ObjectStoreLake::local(out.join("lake"), lake_layout())?,
    };
    let warehouse = match &args.warehouse {
        Some(url) => LocalWarehouse::from_url(url)?,
        None => LocalWarehouse::new(out.join("warehouse")),
    };
    let (lake, warehouse) = (Arc::new(lake), Arc::new(warehouse));

    let reads = args.runs(Action::Generate) || args.runs(Action::Extract);
    let database = if reads { Some(Database::find(args, &progress).await?) } else { None };
    let (generated, source) = match &database {
        Some(database) => {
            progress.say(&format!("database: {}", database.found));
            (fill(args, database, date, &*clock, &progress).await?, Some(PostgresSource::connect(database.url())?))
        }
        None => (vec![], None),
    };

    let memory = Memory::default();
    let mut params = Params::new(date).with_built_at(clock.now());
    if let Some(day) = args.start_date {
        params = params.with_start_date(day);
    }
    let mut pipeline = Pipeline::builder()
        .lake(lake.clone())
        .warehouse(warehouse.clone())
        .project(project(&params)?)
        .clock(clock.clone())
        .date(date)
        .built_at(params.built_at)
        .params(params)
        .source_schema("public")
        .format(args.format)
        .allow_older(args.allow_older)
        .observer(memory.watching(progress.clone()));
    if let Some(workers) = args.workers {
        pipeline = pipeline.workers(workers.get());
    }
    if let Some(source) = source {
        pipeline = pipeline.source(Arc::new(source));
    }
    if !args.tables.is_empty() {
        pipeline = pipeline.tables(args.tables.iter().cloned());
    }
    let pipeline = pipeline.build()?;

    let ran = steps(args, &pipeline).await;
    let run = pipeline.report().await;
    drop(pipeline);
    let database_found = database.as_ref().map(|d| d.found.clone());
    if let Some(database) = database {
        database.close().await;
    }
    let warehouse: Arc<dyn Warehouse> = warehouse;
    let figures = match &run.published {
        Some(_) if args.tables.is_empty() => Some(Figures::read(&*warehouse).await?),
        _ => None,
    };
    let passed = run.passed();
    let report = Report {
        database: database_found,
        lake: lake.to_string(),
        warehouse: warehouse.to_string(),
        generated,
        memory: memory.peaks(),
        run,
        figures,
        seconds: clock.elapsed().as_secs_f64(),
    };
    tell(args, &report, &out)?;
    ran.map(|()| passed)
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
