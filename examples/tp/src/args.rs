//! The command line.

use clap::{Parser, ValueEnum};
use shopstream::{Date, Format, Step, SyncMode};
use std::{
    num::{NonZeroU64, NonZeroUsize},
    path::PathBuf,
    str::FromStr,
    time::Duration,
};

/// Runs the ShopStream course: PostgreSQL → lake → warehouse → star schema → marts.
///
/// Without a step all of them run. Steps one by one go on from what lies in the lake and in the date's build.
#[derive(Parser, Debug)]
#[command(name = "cargo tp", version)]
pub(crate) struct Args {
    /// The steps to run, in their order [default: all], or one of: doctor, state, reset, clean
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

    /// The warehouse: file://, or snowflake://user@account?warehouse=&role=&endpoint= [default: OUT/warehouse]
    #[arg(long, value_name = "URL")]
    pub(crate) warehouse: Option<String>,

    /// The IAM role as which Snowflake reads the lake's bucket
    #[arg(long, value_name = "ARN", env = "SHOPSTREAM_AWS_ROLE")]
    pub(crate) aws_role: Option<String>,

    /// The folder of lake, warehouse and reports
    #[arg(long, value_name = "DIR", default_value = "target/tp")]
    pub(crate) out: PathBuf,

    /// These tables only
    #[arg(long, value_delimiter = ',', value_name = "A,B")]
    pub(crate) tables: Vec<String>,

    /// Connections that are read side by side, and tables, models and tests at work [default: as many as cores]
    #[arg(long, value_name = "N")]
    pub(crate) workers: Option<NonZeroUsize>,

    /// Runs each day from this one to that of --date, one after the other
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) from: Option<Date>,

    /// Read of these tables only what is new by a column that grows, and merge it: orders=created_at
    #[arg(long, value_delimiter = ',', value_name = "TABLE=COLUMN")]
    pub(crate) cursor: Vec<Cursor>,

    /// Read again what is so many seconds older than the last run's end, for rows that were committed late
    #[arg(long, default_value_t = 0, value_name = "SECONDS", requires = "cursor")]
    pub(crate) lag: u64,

    /// Find what was deleted of the tables of --cursor too, by a look at all keys
    #[arg(long, requires = "cursor")]
    pub(crate) deletes: bool,

    /// Read of these tables only rows with new keys, and find what was deleted
    #[arg(long, value_delimiter = ',', value_name = "A,B")]
    pub(crate) key_difference: Vec<String>,

    /// Write Parquet in plain encodings, for readers that know no others
    #[arg(long)]
    pub(crate) plain: bool,

    /// Split the lake's files at so many rows [default: as many files as parts that were read]
    #[arg(long, value_name = "N")]
    pub(crate) rows_per_file: Option<NonZeroU64>,

    /// What `clean` removes must be older than so many hours; in a lake of one's own, below OUT, anything goes
    #[arg(long, default_value_t = 24, value_name = "HOURS")]
    pub(crate) older: u32,

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
    /// Instead of a run: whether database and lake can be used, and what to do if not
    Doctor,
    /// Instead of a run: up to where tables were read
    State,
    /// Instead of a run: forget up to where they were read
    Reset,
    /// Instead of a run: remove what dead runs left in the lake
    Clean,
}

/// A table and the column that it is read by.
#[derive(Clone, Debug)]
pub(crate) struct Cursor {
    pub(crate) table: String,
    pub(crate) column: String,
}

impl FromStr for Cursor {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some((table, column)) if !table.is_empty() && !column.is_empty() => {
                Ok(Self { table: table.to_owned(), column: column.to_owned() })
            }
            _ => Err("a table and its column: orders=created_at".to_owned()),
        }
    }
}

impl Args {
    /// Whether a step is to run.
    pub(crate) fn runs(&self, action: Action) -> bool {
        match action {
            Action::Generate if self.no_generate => false,
            _ => self.steps.is_empty() || self.steps.contains(&action),
        }
    }

    /// Whether what a warehouse in Snowflake needs is made first: before its first load, and with all steps.
    pub(crate) fn provisions(&self) -> bool {
        self.runs(Action::Load)
    }

    /// What is asked for instead of a run.
    pub(crate) fn errand(&self) -> Option<Action> {
        use Action::{Clean, Doctor, Reset, State};
        self.steps.iter().copied().find(|action| matches!(action, Doctor | State | Reset | Clean))
    }

    /// How tables are kept up to date that are not read in full.
    pub(crate) fn sync(&self) -> impl Iterator<Item = (String, SyncMode)> {
        let cursors = self.cursor.iter().map(|cursor| {
            let mode = SyncMode::cursor(&cursor.column).with_lag(Duration::from_secs(self.lag));
            let mode = if self.deletes { mode.with_deletes() } else { mode };
            (cursor.table.clone(), mode.into())
        });
        cursors.chain(self.key_difference.iter().map(|table| (table.clone(), SyncMode::key_difference())))
    }

    /// The days to run, in their order.
    pub(crate) fn days(&self, last: Date) -> Vec<Date> {
        let first = self.from.unwrap_or(last);
        std::iter::successors(Some(first), |day| Some(day.plus_days(1))).take_while(|day| *day <= last).collect()
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
