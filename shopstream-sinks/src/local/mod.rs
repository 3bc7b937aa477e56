//! A warehouse in a local folder: published tables are plain Parquet files that any reader opens.
//!
//! ```text
//! warehouse/
//!   current -> versions/000007                      what readers see; a publish moves it in one step
//!   versions/000007/<schema>/<table>.parquet        raw, staging, core, marts
//!   versions/000007/version.json                    the run that published it, its tables, their rows
//!   builds/<run>/<schema>/<table>.parquet           what a run builds, seen by nobody else
//! ```
//!
//! A plain reader opens `warehouse/current/marts/mart_sales_overview.parquet`; one that reads several tables resolves
//! `current` once and stays in that version. A table that a run leaves as it was is a hard link to the same file.
//! Files never change once they have their name.
//!
//! With the feature `sql` it answers queries over the published version, by DataFusion: in its SQL, with the functions
//! of Snowflake that the models' twins use, and with bound parameters. It reads only, and streams.

mod build;
mod disk;
mod encoding;
mod names;
mod publish;
mod put;
mod reader;
mod recovery;
#[cfg(feature = "sql")]
mod sql;
mod version;
mod writer;

use async_trait::async_trait;
use shopstream_core::{
    BatchStream, Build, Capabilities, Error, Result, RunId, TableRef, TableSchema, Warehouse, sql::Query,
};
use std::{
    fmt,
    fs::{File, TryLockError},
    path::{Path, PathBuf},
    sync::{Arc, Weak},
};
use tokio::{
    sync::{Mutex, RwLock},
    task::{JoinError, spawn_blocking},
};
use url::Url;

use build::{Held, LocalBuild, Shared};
use names::Names;
use reader::TableReader;
use version::{BUILDS, CURRENT, Version};

const LOCK: &str = ".lock";

/// A warehouse in a local folder. Clones are the same warehouse; readers need no right to write.
///
/// ```
/// use shopstream_core::Warehouse;
/// use shopstream_sinks::local::LocalWarehouse;
///
/// # let folder = tempfile::tempdir()?;
/// let warehouse = LocalWarehouse::builder(folder.path()).keep_versions(3).schema_name("raw", "bronze").build()?;
/// assert!(warehouse.path_of(&"raw.users".into())?.ends_with("current/bronze/users.parquet"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct LocalWarehouse {
    settings: Arc<Settings>,
    last: Arc<Mutex<Option<Last>>>,
}

/// What a warehouse is told when it is made.
#[derive(Debug)]
struct Settings {
    root: PathBuf,
    keep_versions: usize,
    names: Names,
}

/// The build that was opened last: when it is gone, its threads soon are, and the next build waits for them.
struct Last {
    open: Weak<()>,
    writing: Arc<RwLock<()>>,
}

/// Says how a [`LocalWarehouse`] is kept.
#[derive(Clone, Debug)]
pub struct LocalWarehouseBuilder {
    root: PathBuf,
    keep_versions: usize,
    names: Names,
}

impl LocalWarehouseBuilder {
    /// Keeps so many versions, the published one among them (default 5, at least 1). Who reads files by their paths
    /// has as many publishes' time to come to an end.
    #[must_use]
    pub fn keep_versions(mut self, versions: usize) -> Self {
        self.keep_versions = versions;
        self
    }

    /// Keeps the tables of a layer in a folder of this name, instead of the layer's own: `("raw", "bronze")`.
    #[must_use]
    pub fn schema_name(mut self, layer: &str, name: &str) -> Self {
        self.names.insert(layer, name);
        self
    }

    /// The warehouse; nothing is read or written yet.
    ///
    /// # Errors
    /// `Config` for no versions to keep, and for names that are no folder's or that two layers share.
    pub fn build(self) -> Result<LocalWarehouse> {
        if self.keep_versions == 0 {
            return Err(Error::config("a warehouse keeps at least 1 version"));
        }
        self.names.check()?;
        let Self { root, keep_versions, names } = self;
        Ok(LocalWarehouse { settings: Arc::new(Settings { root, keep_versions, names }), last: Arc::default() })
    }
}

impl LocalWarehouse {
    /// The warehouse in this folder, which the first build makes when it is missing.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        let LocalWarehouseBuilder { root, keep_versions, names } = Self::builder(root);
        Self { settings: Arc::new(Settings { root, keep_versions, names }), last: Arc::default() }
    }

    /// The warehouse in this folder, with settings.
    pub fn builder(root: impl Into<PathBuf>) -> LocalWarehouseBuilder {
        LocalWarehouseBuilder { root: root.into(), keep_versions: 5, names: Names::default() }
    }

    /// The warehouse at a URL: `file:///data/warehouse`.
    ///
    /// # Errors
    /// `Config` when it is no `file` URL of an absolute path.
    pub fn from_url(url: &str) -> Result<Self> {
        let parsed = Url::parse(url).ok().filter(|u| u.scheme() == "file").and_then(|u| u.to_file_path().ok());
        parsed.map(Self::new).ok_or_else(|| Error::config("the URL of a local warehouse is file:///an/absolute/path"))
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.settings.root
    }

    /// Where a plain reader finds a published table.
    ///
    /// # Errors
    /// `Config` when no table of this warehouse can have that name.
    pub fn path_of(&self, table: &TableRef) -> Result<PathBuf> {
        Ok(self.root().join(CURRENT).join(self.settings.names.file(table)?))
    }

    /// The runs that have a build here: under way, or left when they died, to be begun again or abandoned.
    ///
    /// # Errors
    /// When the folder cannot be listed.
    pub async fn builds(&self) -> Result<Vec<RunId>> {
        let folder = self.root().join(BUILDS);
        let entries = blocking(move || disk::entries(&folder)).await?;
        Ok(entries.iter().filter_map(|path| disk::name(path).parse().ok()).collect())
    }

    /// Looks something up in the published version.
    async fn published<T: Send + 'static>(
        &self,
        look_up: impl Fn(&Version) -> Result<T> + Send + 'static,
    ) -> Result<Option<T>> {
        let settings = self.settings.clone();
        blocking(move || version::with_current(&settings.root, look_up)).await
    }

    async fn open(&self, table: &TableRef) -> Result<Option<TableReader>> {
        let table = table.clone();
        let found = self.published(move |version| {
            let file = version.record.table(&table).map(|t| version.folder.join(&t.file));
            file.map(|path| TableReader::open(&path)).transpose()
        });
        Ok(found.await?.flatten())
    }
}

/// The lock of a warehouse, held as long as the file is open.
fn lock(root: &Path) -> Result<File> {
    disk::create_folder(root)?;
    let path = root.join(LOCK);
    let opened = File::options().create(true).truncate(false).write(true).open(&path);
    let file = opened.map_err(disk::failed("cannot open the lock of the warehouse", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(at_work(root)),
        Err(TryLockError::Error(error)) => Err(disk::failed("cannot lock the warehouse", &path)(error)),
    }
}

fn at_work(root: &Path) -> Error {
    Error::conflict("another run is at work on this warehouse").with("warehouse", root.display())
}

fn missing(table: &TableRef, root: &Path) -> Error {
    Error::not_found("no such table in the warehouse").with("table", table).with("warehouse", root.display())
}

/// Runs what waits for the disk or the processor where that may take its time.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    joined(spawn_blocking(work).await)
}

fn joined<T>(ended: Result<Result<T>, JoinError>) -> Result<T> {
    match ended {
        Ok(result) => result,
        Err(error) if error.is_panic() => Err(Error::internal("a thread of the local warehouse panicked")),
        Err(_) => Err(Error::cancelled("the runtime stopped")),
    }
}

impl fmt::Debug for LocalWarehouse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LocalWarehouse").field(&self.settings).finish()
    }
}

impl fmt::Display for LocalWarehouse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.root().display())
    }
}

#[async_trait]
impl Warehouse for LocalWarehouse {
    fn capabilities(&self) -> Capabilities {
        let can = Capabilities::NONE.with_put();
        if cfg!(feature = "sql") { can.with_query() } else { can }
    }

    async fn tables(&self) -> Result<Vec<TableRef>> {
        let tables = self.published(|version| Ok(version.record.tables().map(|t| t.table.clone()).collect::<Vec<_>>()));
        let mut tables = tables.await?.unwrap_or_default();
        tables.sort();
        Ok(tables)
    }

    async fn describe(&self, table: &TableRef) -> Result<Option<TableSchema>> {
        Ok(self.open(table).await?.map(|reader| TableSchema::from_arrow(reader.schema())))
    }

    async fn read(&self, table: &TableRef, columns: Option<&[String]>) -> Result<BatchStream> {
        let reader = self.open(table).await?.ok_or_else(|| missing(table, self.root()))?;
        reader.read(columns).map_err(|e| e.with("table", table))
    }

    #[cfg(feature = "sql")]
    async fn query(&self, query: &Query) -> Result<BatchStream> {
        sql::query(self, query).await
    }

    #[cfg(not(feature = "sql"))]
    async fn query(&self, _query: &Query) -> Result<BatchStream> {
        Err(Error::unsupported("the local warehouse answers SQL with the feature `sql` of shopstream: turn it on")
            .with("warehouse", self))
    }

    async fn begin(&self, run: &RunId) -> Result<Box<dyn Build>> {
        let (open, writing) = (Arc::new(()), Arc::new(RwLock::new(())));
        let guard = writing.clone().write_owned().await;
        let mut last = self.last.lock().await;
        if let Some(last) = &*last {
            if last.open.strong_count() > 0 {
                return Err(at_work(self.root()));
            }
            // Its threads hold the lock to their end.
            drop(last.writing.write().await);
        }
        *last = Some(Last { open: Arc::downgrade(&open), writing: writing.clone() });
        drop(last);
        let (settings, run) = (self.settings.clone(), run.clone());
        let still = blocking(move || {
            let lock = lock(&settings.root)?;
            Ok(Held::new(Arc::new(Shared::open(settings, run, lock)?), guard))
        });
        Ok(Box::new(LocalBuild::new(still.await?, writing, open)))
    }
}
