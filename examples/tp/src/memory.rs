//! What the extraction holds of memory, as the system counts it.

use serde::Serialize;
use shopstream::{Event, Observer, Step};
use std::{
    fs,
    sync::{Arc, Mutex, PoisonError},
};

/// The most that the process has held until a table was extracted.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Peak {
    pub(crate) table: String,
    pub(crate) peak_bytes: u64,
}

/// Notes the peak of the process as each table is done; tables that are read side by side share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Memory(Arc<Mutex<Vec<Peak>>>);

impl Memory {
    /// Watches along with another.
    pub(crate) fn watching(&self, other: impl Observer) -> Arc<dyn Observer> {
        let memory = self.clone();
        Arc::new(move |event: &Event<'_>| {
            memory.on(event);
            other.on(event);
        })
    }

    fn on(&self, event: &Event<'_>) {
        match event {
            Event::StepStarted { step: Step::Extract, .. } => forget_peak(),
            Event::TableDone { step: Step::Extract, table } => {
                if let Some(peak_bytes) = peak() {
                    let peak = Peak { table: table.table.to_string(), peak_bytes };
                    self.0.lock().unwrap_or_else(PoisonError::into_inner).push(peak);
                }
            }
            _ => {}
        }
    }

    /// The peaks, in the order in which the tables were done; none where the system does not tell.
    pub(crate) fn peaks(&self) -> Vec<Peak> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Linux's "high water mark" of resident memory.
fn peak() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes << 10)
}

/// Sets the mark back to what is held now, where that can be done.
fn forget_peak() {
    let _ = fs::write("/proc/self/clear_refs", "5");
}
