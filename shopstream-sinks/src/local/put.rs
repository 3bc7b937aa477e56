//! A put: rows on their way to a thread that writes them.

use arrow::{array::RecordBatch, datatypes::SchemaRef};
use shopstream_core::{Error, Result};
use std::path::PathBuf;
use tokio::{sync::mpsc, task::JoinHandle};

use super::{
    build::Writing,
    disk, joined,
    version::TableFile,
    writer::{Footer, TableWriter},
};

enum Step {
    Rows(RecordBatch),
    Finish,
}

/// A table being written. Dropping it leaves the former one.
pub(super) struct Put {
    steps: mpsc::Sender<Step>,
    thread: JoinHandle<Result<u64>>,
}

impl Put {
    pub(super) fn start(build: Writing, file: PathBuf, schema: SchemaRef, footer: Footer) -> Self {
        let (steps, mut receiver) = mpsc::channel(2);
        let thread = tokio::task::spawn_blocking(move || {
            let path = build.folder.join(&file);
            if let Some(folder) = path.parent().filter(|f| !f.exists()) {
                disk::create_folder(folder)?;
                disk::sync_folder(&build.folder)?;
            }
            let aside = Aside(build.aside(&path));
            let table = footer.table.clone();
            let mut writer = TableWriter::new(&aside.0, schema, footer.clone());
            loop {
                match receiver.blocking_recv() {
                    Some(Step::Rows(batch)) => writer.write(batch)?,
                    Some(Step::Finish) => break,
                    None => return Err(Error::cancelled("a put was given up").with("table", table)),
                }
            }
            let rows = writer.finish()?;
            build.take_in(&aside.0, TableFile { table, file, rows, load: footer.load })?;
            Ok(rows)
        });
        Self { steps, thread }
    }

    /// Hands rows over; `false` when the thread has ended, which [`finish`](Self::finish) explains.
    pub(super) async fn write(&mut self, batch: RecordBatch) -> bool {
        self.steps.send(Step::Rows(batch)).await.is_ok()
    }

    /// Ends the table; the answer is its rows.
    pub(super) async fn finish(self) -> Result<u64> {
        let _ = self.steps.send(Step::Finish).await;
        joined(self.thread.await)
    }
}

/// A file that is removed unless it was renamed.
struct Aside(PathBuf);

impl Drop for Aside {
    fn drop(&mut self) {
        let _ = disk::remove_file(&self.0);
    }
}
