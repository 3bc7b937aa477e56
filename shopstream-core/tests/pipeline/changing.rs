//! A source that changes between runs, and a lake that fails when it is told to.

use async_trait::async_trait;
use futures::stream::BoxStream;
use shopstream_core::{
    Batch, BatchStream, DataFile, Date, Error, FixedClock, Lake, Landed, Manifest, Orphans, Partition, Pipeline,
    PipelineBuilder, Project, ReadOptions, Result, Snapshot, SnapshotInfo, Source, SyncMode, Table, TableRead,
    TableRef, TableSchema, Timestamp, Warehouse, WriteOptions,
    memory::{MemoryLake, MemorySource, MemoryWarehouse},
    timestamp,
};
use std::{
    collections::BTreeMap,
    fmt,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, AtomicUsize, Ordering},
    },
};

/// Things that come, change and go.
#[derive(Table, Clone, Debug, PartialEq)]
#[table(layer = "public", grain(id))]
pub(crate) struct Items {
    /// Number.
    pub(crate) id: i64,
    /// When it was last changed.
    pub(crate) updated_at: Option<Timestamp>,
    /// By which change.
    pub(crate) version: i64,
}

pub(crate) fn item(id: i64, updated_at: Timestamp, version: i64) -> Items {
    Items { id, updated_at: Some(updated_at), version }
}

/// The items as they are now. Clones are the same items.
#[derive(Clone, Default)]
pub(crate) struct Changing {
    pub(crate) items: Arc<Mutex<BTreeMap<i64, Items>>>,
    reads: Arc<AtomicUsize>,
}

impl Changing {
    pub(crate) fn put(&self, item: Items) {
        self.items.lock().unwrap().insert(item.id, item);
    }

    pub(crate) fn remove(&self, id: i64) {
        self.items.lock().unwrap().remove(&id);
    }

    pub(crate) fn all(&self) -> Vec<Items> {
        self.items.lock().unwrap().values().cloned().collect()
    }

    fn now(&self) -> MemorySource {
        // In another order each time, as a database gives them.
        let mut items = self.all();
        let turn = self.reads.fetch_add(7, Ordering::Relaxed) % items.len().max(1);
        items.rotate_left(turn);
        MemorySource::new().with(Batch::from_rows(&items))
    }
}

impl fmt::Debug for Changing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Changing")
    }
}

impl fmt::Display for Changing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("changing items")
    }
}

#[async_trait]
impl Source for Changing {
    async fn describe(&self, table: &TableRef) -> Result<TableSchema> {
        self.now().describe(table).await
    }

    async fn snapshot(&self) -> Result<Option<Snapshot>> {
        Ok(Some(Snapshot::new(SnapshotInfo::default(), self.now())))
    }

    async fn read(&self, table: &TableRef, options: &ReadOptions) -> Result<TableRead> {
        let mut options = options.clone();
        let snapshot = options.snapshot.take().ok_or_else(|| Error::config("not in a snapshot"))?;
        let then = snapshot.guard::<MemorySource>().ok_or_else(|| Error::config("of another source"))?;
        then.read(table, &options).await
    }
}

/// A lake in memory of which the step that is told fails: before it does anything, or when it is done.
#[derive(Clone, Debug, Default)]
pub(crate) struct Failing {
    pub(crate) lake: MemoryLake,
    /// Steps until one fails, twice, and one more when it is done first; negative when none fails.
    left: Arc<AtomicI64>,
}

impl Failing {
    pub(crate) fn fail_at(&self, step: Option<i64>) {
        self.left.store(step.unwrap_or(-1), Ordering::SeqCst);
    }

    async fn step<T>(&self, done: impl Future<Output = Result<T>>) -> Result<T> {
        let injected = || Err(Error::unavailable("injected"));
        match self.left.fetch_sub(2, Ordering::SeqCst) {
            0 => injected(),
            1 => done.await.and_then(|_| injected()),
            _ => done.await,
        }
    }
}

impl fmt::Display for Failing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("failing lake")
    }
}

#[async_trait]
impl Lake for Failing {
    async fn write(&self, partition: &Partition, data: TableRead, options: &WriteOptions) -> Result<Manifest> {
        self.step(self.lake.write(partition, data, options)).await
    }

    async fn manifest(&self, partition: &Partition) -> Result<Option<Manifest>> {
        self.step(self.lake.manifest(partition)).await
    }

    async fn read(&self, manifest: &Manifest, columns: Option<&[String]>) -> Result<BatchStream> {
        self.step(self.lake.read(manifest, columns)).await
    }

    async fn read_file(&self, manifest: &Manifest, file: &DataFile, columns: Option<&[String]>) -> Result<BatchStream> {
        self.step(self.lake.read_file(manifest, file, columns)).await
    }

    fn list(&self, table: &str) -> BoxStream<'static, Result<Partition>> {
        self.lake.list(table)
    }

    async fn delete(&self, partition: &Partition) -> Result<()> {
        self.step(self.lake.delete(partition)).await
    }

    async fn orphans(&self, table: &str, before: Timestamp) -> Result<Orphans> {
        self.step(self.lake.orphans(table, before)).await
    }

    async fn clean_up(&self, table: &str, before: Timestamp) -> Result<Orphans> {
        self.step(self.lake.clean_up(table, before)).await
    }
}

/// Where a changing source is kept up to date.
pub(crate) struct Kept {
    pub(crate) source: Changing,
    pub(crate) lake: Failing,
    pub(crate) warehouse: MemoryWarehouse,
    pub(crate) mode: SyncMode,
}

impl Kept {
    pub(crate) fn new(mode: impl Into<SyncMode>) -> Self {
        let lake = Failing::default();
        lake.fail_at(None);
        Self { source: Changing::default(), lake, warehouse: MemoryWarehouse::new(), mode: mode.into() }
    }

    pub(crate) fn builder(&self, date: Date) -> PipelineBuilder<()> {
        Pipeline::builder()
            .source(Arc::new(self.source.clone()))
            .source_schema("public")
            .lake(Arc::new(self.lake.clone()))
            .warehouse(Arc::new(self.warehouse.clone()))
            .project(Project::builder().source::<Landed<Items>>().build().unwrap())
            .clock(Arc::new(FixedClock(timestamp!("2026-02-01 02:00:00"))))
            .sync("items", self.mode.clone())
            .date(date)
            .params(())
    }

    pub(crate) fn on(&self, date: Date) -> Pipeline<()> {
        self.builder(date).build().unwrap()
    }

    pub(crate) async fn run(&self, date: Date) {
        self.on(date).run().await.unwrap();
    }

    /// What is published, in the order of its keys.
    pub(crate) async fn published(&self) -> Vec<Items> {
        let rows = rows(&self.warehouse).await;
        let mut items: Vec<Items> = rows.into_iter().map(|landed| landed.row).collect();
        items.sort_by_key(|i| i.id);
        items
    }

    pub(crate) async fn manifest(&self, table: &str, date: Date) -> Option<Manifest> {
        self.lake.lake.manifest(&Partition::new(table, date)).await.unwrap()
    }
}

/// The published items as they landed, in their order.
pub(crate) async fn rows(warehouse: &dyn Warehouse) -> Vec<Landed<Items>> {
    use futures::TryStreamExt;
    let rows = warehouse.read(&TableRef::of::<Landed<Items>>(), None).await.unwrap();
    let batches: Vec<_> = rows.try_collect().await.unwrap();
    batches.into_iter().flat_map(|b| Batch::<Landed<Items>>::select(b).unwrap().rows()).collect()
}
