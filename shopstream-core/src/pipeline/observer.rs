//! What happens in a run, as it happens.

use serde::{Deserialize, Serialize};
use std::fmt;

use super::{StepReport, TableReport};
use crate::{CheckOutcome, SchemaChange};

/// A part of a run, in the order in which they follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Step {
    /// From the source to the lake.
    Extract,
    /// From the lake to the warehouse's raw layer.
    Load,
    /// The models.
    Build,
    /// The data tests.
    Test,
    /// Show it to readers.
    Publish,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Step::Extract => "extract",
            Step::Load => "load",
            Step::Build => "build",
            Step::Test => "test",
            Step::Publish => "publish",
        })
    }
}

/// Something that happened in a run.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A step began.
    StepStarted {
        /// The step.
        step: Step,
        /// How many tables, or data tests, it has before it.
        items: usize,
    },
    /// A table's columns are not those that it had when it was extracted last; told before any row moves, also when
    /// the run stops because of it.
    SchemaChanged {
        /// The table, as it is called in the lake.
        table: &'a str,
        /// What became of them.
        changes: &'a [SchemaChange],
    },
    /// A source had to do with less than it was asked for.
    Note {
        /// The table, as it is called in the lake.
        table: &'a str,
        /// What, and why.
        note: &'a str,
    },
    /// A table is done.
    TableDone {
        /// In which step.
        step: Step,
        /// The table.
        table: &'a TableReport,
    },
    /// A data test ended.
    CheckDone(&'a CheckOutcome),
    /// A step is done.
    StepDone(&'a StepReport),
}

/// Who hears of events, in the order in which they happen. It is called on the way: it must be quick.
///
/// Every `Fn(&Event)` is one; `()` is deaf.
///
/// ```
/// use shopstream_core::{Event, Observer};
///
/// fn watch(_: impl Observer) {}
/// watch(|event: &Event<'_>| {
///     if let Event::StepStarted { step, items } = event {
///         println!("{step}: {items}");
///     }
/// });
/// ```
pub trait Observer: Send + Sync + 'static {
    /// Something happened.
    fn on(&self, event: &Event<'_>);
}

impl<F: Fn(&Event<'_>) + Send + Sync + 'static> Observer for F {
    fn on(&self, event: &Event<'_>) {
        self(event);
    }
}

impl Observer for () {
    fn on(&self, _: &Event<'_>) {}
}
