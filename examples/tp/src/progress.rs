//! What happens, as it happens: bars on a terminal, lines elsewhere.

use indicatif::{ProgressBar, ProgressStyle};
use shopstream::{Event, Observer};
use std::{
    io::{IsTerminal, stderr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Tells people what happens, on standard error: standard output is for the report.
#[derive(Clone, Debug)]
pub(crate) struct Progress {
    how: How,
    bar: Arc<Mutex<Option<ProgressBar>>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    Silent,
    Lines,
    Bars,
}

impl Progress {
    pub(crate) fn new(quiet: bool) -> Self {
        let how = match (quiet, stderr().is_terminal()) {
            (true, _) => How::Silent,
            (false, true) => How::Bars,
            (false, false) => How::Lines,
        };
        Self { how, bar: Arc::default() }
    }

    /// Says something once.
    pub(crate) fn say(&self, line: &str) {
        if self.how != How::Silent {
            eprintln!("{line}");
        }
    }

    /// A part of the run begins.
    pub(crate) fn start(&self, what: &str, items: usize) {
        if self.how == How::Bars {
            let style = ProgressStyle::with_template("{prefix:>9} {bar:24} {pos:>3}/{len} {elapsed:>5} {msg}");
            let bar = ProgressBar::new(items as u64).with_prefix(what.to_owned());
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            *self.bar() = Some(bar);
        }
    }

    /// One of its items is done.
    pub(crate) fn step(&self, item: &str) {
        if let Some(bar) = &*self.bar() {
            bar.set_message(item.to_owned());
            bar.inc(1);
        }
    }

    /// It is over.
    pub(crate) fn finish(&self, what: &str, summary: &str) {
        if let Some(bar) = self.bar().take() {
            bar.finish_with_message(summary.to_owned());
        } else if self.how == How::Lines {
            eprintln!("{what:>9} {summary}");
        }
    }

    fn bar(&self) -> MutexGuard<'_, Option<ProgressBar>> {
        self.bar.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Observer for Progress {
    fn on(&self, event: &Event<'_>) {
        match event {
            Event::StepStarted { step, items } => self.start(&step.to_string(), *items),
            Event::TableDone { table, .. } => self.step(&table.table.to_string()),
            Event::SchemaChanged { table, changes } => {
                for change in *changes {
                    self.say(&format!("{table}: {change}"));
                }
            }
            Event::Note { table, note } => self.say(&format!("{table}: {note}")),
            Event::CheckDone(check) => self.step(&check.name),
            Event::StepDone(step) => {
                let rows = step.rows();
                let what = if rows > 0 { format!("{rows} rows in ") } else { String::new() };
                self.finish(&step.step.to_string(), &format!("{what}{:.2} s", step.seconds));
            }
            _ => {}
        }
    }
}
