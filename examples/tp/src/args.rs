//! The command line.

use clap::{Parser, ValueEnum};
use shopstream::{Date, Format, Step};
use std::{num::NonZeroUsize, path::PathBuf};

/// Runs the ShopStream course: PostgreSQL → lake → warehouse → star schema → marts.
///
/// Without a step all of them run. Steps one by one go on from what lies in the lake and in the date's build.
#[derive(Parser, Debug)]
#[command(name = "cargo tp", version)]
pub(crate) struct Args {
    /// The steps to run, in their order [default: all]
    #[arg(value_enum)]
    pub(crate) steps: Vec<Action>,

    /// The database [default: a throwaway server of the installed PostgreSQL]
    #[arg(long, value_name = "URL", env = "DATABASE_URL", hide_env_values = true)]
    pub(crate) postgres: Option<String>,

    /// How much data: 1 is 1,000 users and 5,000 orders
    #[arg(long, default_value_t = 1)]
    pub(crate) scale: u16,

    /// Which data: another seed, other rows
    #[arg(long, default_value_t = 42)]
    pub(crate) seed: u64,

    /// The logical date of the run, and the "now" of the data [default: today in UTC]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) date: Option<Date>,

    /// Take the rows that are there; no table is dropped, truncated or filled
    #[arg(long)]
    pub(crate) no_generate: bool,

    /// The lake: file://, memory:// or s3://bucket/prefix [default: OUT/lake]
    #[arg(long, value_name = "URL")]
    pub(crate) lake: Option<String>,

    /// The format of the lake's files: parquet, csv or ndjson
    #[arg(long, default_value_t = Format::Parquet)]
    pub(crate) format: Format,

    /// The warehouse: file:// [default: OUT/warehouse]
    #[arg(long, value_name = "URL")]
    pub(crate) warehouse: Option<String>,

    /// The folder of lake, warehouse and reports
    #[arg(long, value_name = "DIR", default_value = "target/tp")]
    pub(crate) out: PathBuf,

    /// These tables only
    #[arg(long, value_delimiter = ',', value_name = "A,B")]
    pub(crate) tables: Vec<String>,

    /// Connections that are read side by side, and tables, models and tests at work [default: as many as cores]
    #[arg(long, value_name = "N")]
    pub(crate) workers: Option<NonZeroUsize>,

    /// Orders before this day do not count [default: 2022-01-01]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) start_date: Option<Date>,

    /// Let an older date replace what the warehouse holds
    #[arg(long)]
    pub(crate) allow_older: bool,

    /// Print errors only
    #[arg(long, conflicts_with = "json")]
    pub(crate) quiet: bool,

    /// Print the run's report as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// What a run is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Action {
    /// Create the schema and fill it
    Generate,
    /// From the database to the lake
    Extract,
    /// From the lake to the warehouse's raw layer
    Load,
    /// The models
    Build,
    /// The data tests
    Test,
    /// Show it to readers, when the tests pass
    Publish,
}

impl Args {
    /// Whether a step is to run.
    pub(crate) fn runs(&self, action: Action) -> bool {
        match action {
            Action::Generate if self.no_generate => false,
            _ => self.steps.is_empty() || self.steps.contains(&action),
        }
    }

    /// The pipeline's steps that are to run.
    pub(crate) fn pipeline_steps(&self) -> impl Iterator<Item = Step> {
        let steps = [
            (Action::Extract, Step::Extract),
            (Action::Load, Step::Load),
            (Action::Build, Step::Build),
            (Action::Test, Step::Test),
            (Action::Publish, Step::Publish),
        ];
        steps.into_iter().filter(|(action, _)| self.runs(*action)).map(|(_, step)| step)
    }
}
