//! The extraction of one table: what is read of it is fixed first, then read, written, and at last recorded.

use arrow::{
    array::{ArrayRef, RecordBatch, UInt32Array},
    compute::{concat_batches, filter_record_batch, not, take_record_batch},
    row::{RowConverter, SortField},
};
use futures::{StreamExt, TryStreamExt};
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use super::{
    CursorSync, Event, Observer, SyncMode,
    permits::Permits,
    state::{States, SyncState},
};
use crate::{
    BatchStream, Bounds, Error, Increment, Lake, Manifest, Partition, ReadOptions, Result, Source, TableRead, TableRef,
    TableSchema, WriteOptions, key_set::KeySet,
};

/// One table on its way from the source to the lake.
pub(super) struct Extraction {
    pub(super) source: Arc<dyn Source>,
    pub(super) lake: Arc<dyn Lake>,
    pub(super) observer: Arc<dyn Observer>,
    pub(super) permits: Permits,
    /// The table in the source.
    pub(super) from: TableRef,
    /// The table and date in the lake.
    pub(super) partition: Partition,
    /// The table's columns and key, as they are read.
    pub(super) schema: TableSchema,
    pub(super) mode: SyncMode,
    pub(super) read: ReadOptions,
    pub(super) write: WriteOptions,
}

/// What became of it.
pub(super) struct Extracted {
    pub(super) manifest: Manifest,
    pub(super) notes: Vec<String>,
}

/// Which rows a run reads.
struct Window {
    bounds: Bounds,
    /// The manifest that it goes on from.
    before: Option<Manifest>,
}

impl Extraction {
    pub(super) async fn run(self) -> Result<Extracted> {
        let window = self.window().await?;
        let keys = if self.mode.reads_keys() { Some(self.keys().await?) } else { None };
        let mut read = self.rows(&window, keys.as_ref().map(|(keys, _)| keys)).await?;
        read.parts = self.permits.bound(read.parts);
        let notes = std::mem::take(&mut read.notes);
        for note in &notes {
            self.observer.on(&Event::Note { table: &self.partition.table, note });
        }
        read.key.clone_from(&self.schema.primary_key);
        if self.mode != SyncMode::Full {
            let since = window.before.as_ref().map(|before| before.partition.date);
            let increment = Increment::new(since);
            read.increment = Some(match keys {
                Some((_, manifest)) => increment.with_keys(manifest),
                None => increment,
            });
        }
        let manifest = self.store(&self.partition, read).await?;
        self.states().moved(&manifest, &self.mode, self.write.written_at).await?;
        Ok(Extracted { manifest, notes })
    }

    fn states(&self) -> States<'_> {
        States { lake: &*self.lake, table: &self.partition.table }
    }

    async fn window(&self) -> Result<Window> {
        let date = self.partition.date;
        let (cursor, kind) = match &self.mode {
            SyncMode::Full => return Ok(Window { bounds: Bounds::Full, before: None }),
            SyncMode::KeyDifference => {
                let before = self.states().before(date, &self.mode).await?;
                return Ok(Window { bounds: Bounds::Full, before: before.map(|(_, manifest)| manifest) });
            }
            SyncMode::Cursor(cursor) => (cursor, cursor.kind(&self.schema)?),
        };
        let recorded = self.states().recorded(date, &self.mode, self.write.written_at).await?;
        let before = self.states().before(date, &self.mode).await?;
        let (state, before): (Option<SyncState>, Option<Manifest>) = before.unzip();
        let end = state.and_then(|s| s.range).map(|r| r.to);
        let range = match CursorSync::end(kind, date) {
            Some(to) => cursor.range(end, to),
            // Whole numbers tell nothing of a date: what its first run has found counts.
            None => match recorded.filter(|r| r.since == before.as_ref().map(|b| b.partition.date)) {
                Some(SyncState { range: Some(range), .. }) => range,
                _ => {
                    let greatest = self.source.greatest(&self.from, &cursor.column, &self.plain()).await?;
                    cursor.range(end, CursorSync::end_behind(greatest, end)?)
                }
            },
        };
        Ok(Window { bounds: Bounds::Range(range), before })
    }

    /// How all of the table is read.
    fn plain(&self) -> ReadOptions {
        ReadOptions { columns: None, ..self.read.clone() }
    }

    /// All keys of the table, in order, and their partition.
    async fn keys(&self) -> Result<(RecordBatch, Manifest)> {
        let key = &self.schema.primary_key;
        let read = self.source.read(&self.from, &self.plain().with_columns(key.iter().cloned())).await?;
        let (schema, snapshot) = (read.schema.clone(), read.snapshot.clone());
        let parts = self.permits.bound(read.into_checked_parts());
        let mut collecting = vec![];
        for part in parts {
            collecting.push(part.try_collect::<Vec<RecordBatch>>());
        }
        let parts = futures::future::try_join_all(collecting).await?;
        let keys = sorted(&concat_batches(&schema, &parts.concat())?)?;
        let partition = Partition::new(format!("{}.keys", self.partition.table), self.partition.date);
        let rows = TableRead::from_batches(schema, vec![keys.clone()]);
        let manifest = self.store(&partition, rows.with_key(key.iter().cloned()).with_snapshot(snapshot)).await?;
        Ok((keys, manifest))
    }

    /// Starts to read the rows of the window.
    async fn rows(&self, window: &Window, keys: Option<&RecordBatch>) -> Result<TableRead> {
        let options = self.read.clone().with_bounds(window.bounds.clone());
        let options = match (&self.mode, &window.before, keys) {
            (SyncMode::KeyDifference, Some(before), Some(keys)) => {
                options.with_keys(self.new_keys(before, keys).await?)
            }
            _ => options,
        };
        let read = self.source.read(&self.from, &options).await?;
        if read.bounds != window.bounds {
            return Err(Error::unsupported("the source does not keep to the bounds of a read: read it in full"));
        }
        Ok(read)
    }

    /// The keys that the manifest before did not have.
    async fn new_keys(&self, before: &Manifest, keys: &RecordBatch) -> Result<RecordBatch> {
        let Some(known) = before.increment.as_ref().and_then(|i| i.keys.as_deref()) else {
            return Err(Error::conflict("the partition before has no keys to compare with: reset the table")
                .with("date", before.partition.date));
        };
        let names = &self.schema.primary_key;
        let mut set = KeySet::new(keys.schema().fields().iter().map(|f| f.data_type()))?;
        let mut rows = self.lake.read(known, Some(names)).await?;
        while let Some(batch) = rows.try_next().await? {
            set.insert(batch.columns())?;
        }
        Ok(filter_record_batch(keys, &not(&set.contains(keys.columns())?)?)?)
    }

    /// Writes a partition, and counts its rows on their way.
    async fn store(&self, partition: &Partition, read: TableRead) -> Result<Manifest> {
        let (read, rows) = counted(read);
        let manifest = self.lake.write(partition, read, &self.write).await?;
        let rows = rows.load(Ordering::Relaxed);
        if manifest.rows != rows {
            return Err(Error::data("the lake has not kept the rows that it was given")
                .with("table", &partition.table)
                .with("source", rows)
                .with("manifest", manifest.rows));
        }
        Ok(manifest)
    }
}

/// A read, and the count of the rows that went through it.
fn counted(mut read: TableRead) -> (TableRead, Arc<AtomicU64>) {
    let rows = Arc::new(AtomicU64::new(0));
    let counting = |part: BatchStream| {
        let count = rows.clone();
        let counted = part.inspect(move |batch| {
            if let Ok(batch) = batch {
                count.fetch_add(batch.num_rows() as u64, Ordering::Relaxed);
            }
        });
        counted.boxed()
    };
    read.parts = read.parts.into_iter().map(counting).collect();
    (read, rows)
}

/// Keys in the order of Arrow's row format: the same keys make the same file, in whatever order they come.
fn sorted(keys: &RecordBatch) -> Result<RecordBatch> {
    let fields = keys.schema().fields().iter().map(|f| SortField::new(f.data_type().clone())).collect();
    let columns: Vec<ArrayRef> = keys.columns().to_vec();
    let rows = RowConverter::new(fields)?.convert_columns(&columns)?;
    let count =
        u32::try_from(keys.num_rows()).map_err(|_| Error::unsupported("a table has more than 4 billion keys"))?;
    let mut order: Vec<u32> = (0..count).collect();
    order.sort_unstable_by(|a, b| rows.row(*a as usize).cmp(&rows.row(*b as usize)));
    if order.windows(2).any(|pair| rows.row(pair[0] as usize) == rows.row(pair[1] as usize)) {
        return Err(Error::data("two rows of the table have the same key: it names no row"));
    }
    Ok(take_record_batch(keys, &UInt32Array::from(order))?)
}
