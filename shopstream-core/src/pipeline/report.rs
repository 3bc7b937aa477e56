//! What a run did.

use serde::{Deserialize, Serialize};

use super::Step;
use crate::{
    Bounds, CheckOutcome, Date, Dropped, Published, RunId, SchemaChange, SnapshotInfo, TableRef, Timestamp, Usage,
};

/// What a run, or some of its steps, did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RunReport {
    /// The run.
    pub run: RunId,
    /// Its logical date.
    pub date: Date,
    /// The time that its rows bear.
    pub built_at: Timestamp,
    /// The source's snapshot that was read, where there was one.
    #[serde(default)]
    pub snapshot: Option<SnapshotInfo>,
    /// The steps, in the order in which they ran.
    pub steps: Vec<StepReport>,
    /// The data tests, as they last ended.
    pub checks: Vec<CheckOutcome>,
    /// Models and data tests that could not run for want of a table.
    #[serde(default)]
    pub left_out: Vec<LeftOut>,
    /// What was published, if it was.
    #[serde(default)]
    pub published: Option<Published>,
}

impl RunReport {
    pub(super) fn new(run: RunId, date: Date, built_at: Timestamp) -> Self {
        Self { run, date, built_at, snapshot: None, steps: vec![], checks: vec![], left_out: vec![], published: None }
    }

    /// The last report of a step.
    pub fn step(&self, step: Step) -> Option<&StepReport> {
        self.steps.iter().rev().find(|s| s.step == step)
    }

    /// Whether no data test that ran stops a publish.
    pub fn passed(&self) -> bool {
        !self.checks.iter().any(CheckOutcome::stops)
    }

    /// Adds what further steps did.
    pub(super) fn add(&mut self, later: RunReport) {
        self.snapshot = later.snapshot.or(self.snapshot.take());
        let ran = |step: Step| later.steps.iter().any(|s| s.step == step);
        if ran(Step::Test) {
            self.checks = later.checks;
        }
        if ran(Step::Build) {
            self.left_out.clear();
        }
        for left_out in later.left_out {
            if !self.left_out.contains(&left_out) {
                self.left_out.push(left_out);
            }
        }
        self.published = later.published.or(self.published.take());
        self.steps.extend(later.steps);
    }
}

/// What a step did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StepReport {
    /// The step.
    pub step: Step,
    /// Its tables, in the project's order.
    pub tables: Vec<TableReport>,
    /// How long it took.
    pub seconds: f64,
}

impl StepReport {
    /// A step of these tables.
    pub(super) fn new(step: Step, tables: Vec<TableReport>, seconds: f64) -> Self {
        Self { step, tables, seconds }
    }

    /// Rows of all of its tables.
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|t| t.rows).sum()
    }
}

/// What a step did with a table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TableReport {
    /// The table: of the lake when extracting, else of the warehouse.
    pub table: TableRef,
    /// Its rows.
    pub rows: u64,
    /// The bytes of its files, where files were written or read.
    #[serde(default)]
    pub bytes: Option<u64>,
    /// How long it took.
    pub seconds: f64,
    /// Whether it was there already.
    #[serde(default)]
    pub unchanged: bool,
    /// Which of the source's rows were read, when extracting.
    #[serde(default)]
    pub bounds: Bounds,
    /// What became of its columns since it was extracted last.
    #[serde(default)]
    pub changes: Vec<SchemaChange>,
    /// What the source had to do without.
    #[serde(default)]
    pub notes: Vec<String>,
    /// What the model's rules dropped.
    #[serde(default)]
    pub dropped: Vec<DroppedRows>,
    /// What it took in the warehouse, where that says so.
    #[serde(default)]
    pub usage: Option<Usage>,
}

impl TableReport {
    pub(crate) fn new(table: TableRef, rows: u64) -> Self {
        Self {
            table,
            rows,
            bytes: None,
            seconds: 0.0,
            unchanged: false,
            bounds: Bounds::Full,
            changes: vec![],
            notes: vec![],
            dropped: vec![],
            usage: None,
        }
    }
}

/// Rows that a rule of a model dropped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DroppedRows {
    /// The rule, in words.
    pub rule: String,
    /// How many rows.
    pub rows: u64,
}

impl From<&Dropped> for DroppedRows {
    fn from(dropped: &Dropped) -> Self {
        Self { rule: dropped.rule.to_owned(), rows: dropped.rows }
    }
}

/// A model or data test that could not run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// The model's table, or the test.
    pub name: String,
    /// The tables that are neither in the build nor published.
    pub missing: Vec<TableRef>,
}
