//! A warehouse in a temporary folder, and rows to tell tables apart.

use arrow::{
    array::{AsArray, Int64Array, RecordBatch, StringViewArray},
    datatypes::{DataType, Field, Int64Type, Schema},
};
use futures::{StreamExt, TryStreamExt};
use shopstream_core::{BatchStream, Build, Result, RunId, TableRef, Warehouse};
use shopstream_sinks::local::LocalWarehouse;
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};
use tempfile::TempDir;

pub(crate) struct Folder {
    folder: TempDir,
    pub(crate) warehouse: LocalWarehouse,
}

impl Folder {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { warehouse: LocalWarehouse::new(folder.path()), folder }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Publishes tables of which each has one row a number.
    pub(crate) async fn publish(&self, name: &str, tables: &[(&str, &[i64])]) {
        publish(&self.warehouse, name, tables).await;
    }

    /// All files and folders whose names begin with a dot, relative to the root.
    pub(crate) fn hidden(&self) -> Vec<String> {
        let hidden =
            files(self.path()).into_iter().filter(|f| f.file_name().unwrap().to_str().unwrap().starts_with('.'));
        hidden.map(|f| f.strip_prefix(self.path()).unwrap().display().to_string()).collect()
    }

    pub(crate) fn versions(&self) -> Vec<String> {
        list(&self.path().join("versions"))
    }

    pub(crate) fn builds(&self) -> Vec<String> {
        list(&self.path().join("builds"))
    }
}

pub(crate) fn list(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = entries.collect();
    names.sort();
    names
}

/// All files, links and folders below a folder, links not followed.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = vec![];
    for name in list(folder) {
        let path = folder.join(name);
        found.push(path.clone());
        if path.is_dir() && !path.is_symlink() {
            found.extend(files(&path));
        }
    }
    found
}

pub(crate) fn run(name: &str) -> RunId {
    name.parse().unwrap()
}

pub(crate) fn rows(ids: &[i64]) -> RecordBatch {
    let fields = vec![Field::new("id", DataType::Int64, false), Field::new("name", DataType::Utf8View, true)];
    let names =
        StringViewArray::from_iter(ids.iter().map(|id| (id % 3 != 0).then(|| format!("a name of number {id}"))));
    RecordBatch::try_new(Arc::new(Schema::new(fields)), vec![Arc::new(Int64Array::from(ids.to_vec())), Arc::new(names)])
        .unwrap()
}

pub(crate) async fn put(build: &dyn Build, table: &str, ids: &[i64]) -> Result<u64> {
    put_batches(build, table, vec![rows(ids)]).await
}

pub(crate) async fn put_batches(build: &dyn Build, table: &str, batches: Vec<RecordBatch>) -> Result<u64> {
    let schema = batches[0].schema();
    build.put(&TableRef::from(table), schema, futures::stream::iter(batches.into_iter().map(Ok)).boxed()).await
}

pub(crate) async fn publish(warehouse: &LocalWarehouse, name: &str, tables: &[(&str, &[i64])]) {
    let build = warehouse.begin(&run(name)).await.unwrap();
    for (table, ids) in tables {
        put(&*build, table, ids).await.unwrap();
    }
    build.publish().await.unwrap();
}

pub(crate) async fn ids(stream: Result<BatchStream>) -> Result<Vec<i64>> {
    let batches: Vec<RecordBatch> = stream?.try_collect().await?;
    Ok(batches.iter().flat_map(|b| b.column(0).as_primitive::<Int64Type>().values().to_vec()).collect())
}

pub(crate) async fn published(warehouse: &LocalWarehouse, table: &str) -> Vec<i64> {
    ids(warehouse.read(&TableRef::from(table), None).await).await.unwrap()
}
