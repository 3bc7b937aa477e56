//! Rows in batches.

use shopstream_core::{Batch, Table};
use std::fmt;

/// A table's rows in batches of 65,536, made as they are asked for.
///
/// ```
/// use shopstream_models::demo::{Demo, DemoOptions};
///
/// let demo = Demo::new(DemoOptions::default())?;
/// let sizes: Vec<usize> = demo.users().with_batch_rows(400).map(|batch| batch.num_rows()).collect();
/// assert_eq!(sizes, [400, 400, 200]);
/// # Ok::<(), shopstream_core::Error>(())
/// ```
pub struct Batches<T> {
    rows: Box<dyn Iterator<Item = T> + Send>,
    size: usize,
}

impl<T: Table> Batches<T> {
    pub(super) fn new(rows: impl Iterator<Item = T> + Send + 'static) -> Self {
        Self { rows: Box::new(rows), size: 65_536 }
    }

    /// Puts so many rows into a batch; 0 counts as 1.
    #[must_use]
    pub fn with_batch_rows(mut self, rows: usize) -> Self {
        self.size = rows.max(1);
        self
    }

    /// The rows themselves, one by one.
    pub fn rows(self) -> impl Iterator<Item = T> + Send {
        self.rows
    }
}

impl<T: Table> Iterator for Batches<T> {
    type Item = Batch<T>;

    fn next(&mut self) -> Option<Batch<T>> {
        let rows: Vec<T> = self.rows.by_ref().take(self.size).collect();
        (!rows.is_empty()).then(|| Batch::from_rows(&rows))
    }
}

impl<T: Table> fmt::Debug for Batches<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Batches<{}>(of {} rows)", T::NAME, self.size)
    }
}
