//! A build: a folder of tables that only the run that holds the lock writes.

use arrow::{array::RecordBatch, datatypes::SchemaRef};
use async_trait::async_trait;
use futures::{StreamExt, stream::BoxStream};
use shopstream_core::{
    BatchStream, Build, Check, CheckOutcome, Error, Lake, Landing, LoadAction, LoadOptions, LoadRecord, LoadReport,
    Manifest, Materialized, Merging, Published, QueryTable, Result, RunId, TableRef, conform, evaluate,
};
use std::{
    collections::BTreeMap,
    fmt,
    fs::File,
    ops::Deref,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::sync::{OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock};

use super::{
    Settings, blocking, disk,
    put::Put,
    reader::TableReader,
    recovery,
    version::{BUILDS, TableFile, Version, current},
    writer::Footer,
};

/// What a build and the threads that write for it share. The lock is free when the last of them is gone.
pub(super) struct Shared {
    pub(super) settings: Arc<Settings>,
    pub(super) run: RunId,
    pub(super) folder: PathBuf,
    /// What is published; it stays so as long as the lock is held.
    pub(super) base: Option<Version>,
    tables: Mutex<BTreeMap<TableRef, TableFile>>,
    puts: AtomicU64,
    _lock: File,
}

impl Shared {
    /// Opens the build of a run, with what is in it.
    pub(super) fn open(settings: Arc<Settings>, run: RunId, lock: File) -> Result<Self> {
        let root = &settings.root;
        recovery::recover(root)?;
        let folder = root.join(BUILDS).join(run.as_str());
        disk::create_folder(&folder)?;
        disk::sync_folder(&root.join(BUILDS))?;
        let tables: BTreeMap<_, _> = recovery::tables(&folder)?.into_iter().map(|t| (t.table.clone(), t)).collect();
        for (table, found) in &tables {
            if settings.names.file(table)? != found.file {
                return Err(Error::config(
                    "the build of this run was begun with other schema names: go on with those, or remove its folder",
                )
                .with("table", table)
                .with("path", folder.display()));
            }
        }
        let base = current(root)?;
        let puts = AtomicU64::new(0);
        Ok(Self { settings, run, folder, base, tables: Mutex::new(tables), puts, _lock: lock })
    }

    pub(super) fn tables(&self) -> MutexGuard<'_, BTreeMap<TableRef, TableFile>> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A table as the build has it, with its path.
    fn find(&self, table: &TableRef) -> Option<(TableFile, PathBuf)> {
        if let Some(own) = self.tables().get(table) {
            return Some((own.clone(), self.folder.join(&own.file)));
        }
        let base = self.base.as_ref()?;
        let published = base.record.table(table)?;
        Some((published.clone(), base.folder.join(&published.file)))
    }

    /// A path beside that of a table, for nobody else.
    pub(super) fn aside(&self, path: &Path) -> PathBuf {
        disk::hidden(path, &self.puts.fetch_add(1, Ordering::Relaxed).to_string())
    }

    /// Gives a finished file its name.
    pub(super) fn take_in(&self, aside: &Path, table: TableFile) -> Result<()> {
        let path = self.folder.join(&table.file);
        // Under the lock, so that of two puts of a table the one whose file stays is the one that is known.
        let mut tables = self.tables();
        disk::rename(aside, &path)?;
        tables.insert(table.table.clone(), table);
        drop(tables);
        path.parent().map_or(Ok(()), disk::sync_folder)
    }

    /// Removes a table and its file, if it is there.
    fn take_out(&self, table: &TableRef) -> Result<()> {
        let mut tables = self.tables();
        let Some(own) = tables.get(table) else { return Ok(()) };
        let path = self.folder.join(&own.file);
        disk::remove_file(&path)?;
        tables.remove(table);
        drop(tables);
        path.parent().map_or(Ok(()), disk::sync_folder)
    }
}

/// An open build of a [`LocalWarehouse`](super::LocalWarehouse).
pub(super) struct LocalBuild {
    shared: Arc<Shared>,
    /// Held by every thread that writes: whoever wants the build to stand still waits for it.
    writing: Arc<RwLock<()>>,
    _open: Arc<()>,
}

/// The build in the hands of a thread, which is waited for until it lets go. Closures take it whole, for it is used by
/// `Deref`; of a struct with fields they would take the build alone.
pub(super) struct Held<G> {
    /// First, so that the lock of the warehouse is free when the guard is.
    build: Arc<Shared>,
    _guard: G,
}

/// Held by one who writes, beside others.
pub(super) type Writing = Held<OwnedRwLockReadGuard<()>>;
/// Held when nobody writes any more.
pub(super) type Still = Held<OwnedRwLockWriteGuard<()>>;

impl<G> Held<G> {
    pub(super) fn new(build: Arc<Shared>, guard: G) -> Self {
        Self { build, _guard: guard }
    }
}

impl<G> Deref for Held<G> {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.build
    }
}

impl LocalBuild {
    pub(super) fn new(still: Still, writing: Arc<RwLock<()>>, open: Arc<()>) -> Self {
        Self { shared: still.build, writing, _open: open }
    }

    async fn write(
        &self,
        table: &TableRef,
        schema: &SchemaRef,
        mut rows: BoxStream<'_, Result<RecordBatch>>,
        load: Option<LoadRecord>,
    ) -> Result<u64> {
        let file = self.shared.settings.names.file(table)?;
        if schema.fields().is_empty() {
            return Err(Error::schema("a table has at least one column").with("table", table));
        }
        let mut put = Put::start(self.writing().await, file, schema.clone(), Footer { table: table.clone(), load });
        while let Some(batch) = rows.next().await {
            let batch = conform(batch?, schema).map_err(|e| e.with("table", table))?;
            if !put.write(batch).await {
                break;
            }
        }
        put.finish().await
    }

    /// A table as the build has it.
    async fn open(&self, table: &TableRef) -> Result<TableReader> {
        let (_, path) = self.shared.find(table).ok_or_else(|| super::missing(table, &self.shared.settings.root))?;
        blocking(move || TableReader::open(&path)).await
    }

    /// The build, to write in it.
    async fn writing(&self) -> Writing {
        Held::new(self.shared.clone(), self.writing.clone().read_owned().await)
    }

    /// The build, when nobody writes any more.
    async fn still(self) -> Still {
        let guard = self.writing.write_owned().await;
        Held::new(self.shared, guard)
    }
}

impl fmt::Debug for LocalBuild {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (run, folder) = (&self.shared.run, &self.shared.folder);
        f.debug_struct("LocalBuild").field("run", run).field("folder", folder).finish_non_exhaustive()
    }
}

#[async_trait]
impl Build for LocalBuild {
    fn run(&self) -> &RunId {
        &self.shared.run
    }

    async fn tables(&self) -> Result<Vec<TableRef>> {
        Ok(self.shared.tables().keys().cloned().collect())
    }

    async fn remove(&self, table: &TableRef) -> Result<()> {
        let (writing, table) = (self.writing().await, table.clone());
        blocking(move || writing.take_out(&table)).await
    }

    async fn load(&self, lake: &dyn Lake, manifest: &Manifest, options: &LoadOptions) -> Result<LoadReport> {
        let target = &options.target;
        let held = self.shared.find(target).and_then(|(table, _)| table.load);
        let (schema, rows) = match LoadRecord::action(held.as_ref(), manifest, options)? {
            LoadAction::Nothing => return Ok(LoadReport::new(target.clone(), manifest.rows, true)),
            LoadAction::Replace => {
                let landing = Landing::new(manifest, options)?;
                (landing.schema().clone(), landing.read(lake))
            }
            LoadAction::Merge => {
                let table = self.open(target).await?;
                let merging = Merging::new(manifest, options, table.schema())?;
                (merging.schema().clone(), merging.read(lake, table.read(None)?).await?)
            }
        };
        self.write(target, &schema, rows, Some(LoadRecord::new(manifest, target))).await?;
        Ok(LoadReport::new(target.clone(), manifest.rows, false))
    }

    async fn put(&self, table: &TableRef, schema: SchemaRef, rows: BatchStream) -> Result<u64> {
        self.write(table, &schema, rows, None).await
    }

    async fn materialize(&self, made: &QueryTable) -> Result<Materialized> {
        Err(Error::unsupported("this warehouse runs no SQL: put the rows of a model").with("table", &made.table))
    }

    async fn read(&self, table: &TableRef, columns: Option<&[String]>) -> Result<BatchStream> {
        self.open(table).await?.read(columns).map_err(|e| e.with("table", table))
    }

    async fn check(&self, check: &Check) -> Result<CheckOutcome> {
        evaluate(check, self).await
    }

    async fn publish(self: Box<Self>) -> Result<Published> {
        let still = self.still().await;
        blocking(move || super::publish::publish(&still)).await
    }

    async fn abandon(self: Box<Self>) -> Result<()> {
        let still = self.still().await;
        blocking(move || {
            let folder = &still.folder;
            // Out of sight first: a build is there whole or not at all.
            let gone = disk::hidden(folder, "gone");
            disk::rename(folder, &gone)?;
            disk::remove_folder(&gone)
        })
        .await
    }
}
