//! A lake in memory.

use arrow::{
    array::RecordBatch,
    util::display::{ArrayFormatter, FormatOptions},
};
use async_trait::async_trait;
use futures::{StreamExt, TryStreamExt, stream, stream::BoxStream};
use sha2::{Digest, Sha256};
use std::{
    collections::{BTreeMap, btree_map::Entry},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::{
    BatchStream, DataFile, Error, FilePart, Lake, Layout, Manifest, Orphans, Partition, Result, StatsCollector,
    TableRead, Timestamp, WriteId, WriteOptions,
};

/// A [`Lake`] that keeps its batches as they came: for tests. Formats are written down, and not applied; a file's
/// bytes and checksum are those of its values' text.
///
/// Clones share what they hold.
///
/// ```
/// use arrow::array::{Int64Array, RecordBatch};
/// use std::sync::Arc;
/// use shopstream_core::{Lake, Partition, TableRead, WriteOptions, date, memory::MemoryLake, timestamp};
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let lake = MemoryLake::new();
/// let users = Partition::new("users", date!("2026-01-14"));
/// let rows = RecordBatch::try_from_iter([("id", Arc::new(Int64Array::from(vec![1, 2])) as _)])?;
/// let options = WriteOptions::new(timestamp!("2026-01-14 02:00:00"));
/// lake.write(&users, TableRead::from_batches(rows.schema(), vec![rows]), &options).await?;
/// assert_eq!(lake.manifest(&users).await?.map(|m| m.rows), Some(2));
/// # Ok::<(), Box<dyn std::error::Error>>(()) })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct MemoryLake {
    layout: Arc<Layout>,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    manifests: BTreeMap<Partition, BTreeMap<u32, Manifest>>,
    files: BTreeMap<String, (DataFile, Vec<RecordBatch>)>,
}

impl MemoryLake {
    /// An empty lake.
    pub fn new() -> Self {
        Self { layout: Arc::new(Layout::dated("raw")), state: Arc::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No step under the lock leaves it half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemoryLake {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MemoryLake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryLake").finish_non_exhaustive()
    }
}

impl fmt::Display for MemoryLake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("memory")
    }
}

/// Splits rows into files of at most `limit` rows; there is one at least.
fn split(batches: Vec<RecordBatch>, limit: u64) -> Vec<Vec<RecordBatch>> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let (mut files, mut held) = (vec![vec![]], 0);
    for mut batch in batches {
        while batch.num_rows() > 0 {
            if held == limit {
                files.push(vec![]);
                held = 0;
            }
            let rows = batch.num_rows().min(limit - held);
            if let Some(file) = files.last_mut() {
                file.push(batch.slice(0, rows));
            }
            held += rows;
            batch = batch.slice(rows, batch.num_rows() - rows);
        }
    }
    files
}

/// The size and SHA-256 of the values' text: the same rows, the same checksum, however they are cut into batches.
fn digest(batches: &[RecordBatch]) -> Result<(u64, String)> {
    let (mut hash, mut bytes) = (Sha256::new(), 0);
    let options = FormatOptions::default().with_null("");
    for batch in batches {
        let columns = batch.columns().iter().map(|c| ArrayFormatter::try_new(c, &options));
        let columns = columns.collect::<Result<Vec<_>, _>>()?;
        for row in 0..batch.num_rows() {
            for (array, formatter) in batch.columns().iter().zip(&columns) {
                let text = formatter.value(row).to_string();
                hash.update([u8::from(array.is_null(row))]);
                hash.update((text.len() as u64).to_le_bytes());
                hash.update(&text);
                bytes += text.len() as u64 + 1;
            }
        }
    }
    Ok((bytes, hash.finalize().iter().map(|b| format!("{b:02x}")).collect()))
}

#[async_trait]
impl Lake for MemoryLake {
    async fn write(&self, partition: &Partition, data: TableRead, options: &WriteOptions) -> Result<Manifest> {
        self.layout.folder(partition)?;
        let mut manifest = Manifest::of_read(partition.clone(), &data, options);
        let mut stats = StatsCollector::new(&data.schema);
        let mut files = vec![];
        let several = data.parts.len() > 1;
        for (part, rows) in (0..).zip(data.into_checked_parts()) {
            let batches: Vec<RecordBatch> = rows.try_collect().await?;
            batches.iter().for_each(|batch| stats.update(batch));
            manifest.rows += batches.iter().map(|b| b.num_rows() as u64).sum::<u64>();
            for (piece, file) in (0..).zip(split(batches, options.max_rows_per_file.unwrap_or(u64::MAX))) {
                let place = match (several, options.max_rows_per_file) {
                    (false, None) => FilePart::Only,
                    (false, Some(_)) => FilePart::Numbered(piece),
                    (true, None) => FilePart::Numbered(part),
                    (true, Some(_)) => FilePart::Piece { part, piece },
                };
                files.push((place, digest(&file)?, file));
            }
        }
        // Only a partition without any row has a file without one.
        let first = files.first().cloned().unwrap_or((FilePart::Only, digest(&[])?, vec![]));
        files.retain(|(_, _, batches)| batches.iter().any(|b| b.num_rows() > 0));
        if files.is_empty() {
            files.push(first);
        }
        manifest.columns = stats.finish();

        let mut state = self.state();
        let numbers = state.manifests.get(partition);
        manifest.number = numbers.and_then(|m| m.last_key_value()).map_or(1, |(highest, _)| highest + 1);
        let write = WriteId::of(&manifest)?;
        for (place, (bytes, sha256), batches) in files {
            let key = self.layout.file(partition, &write, place, options.format)?;
            let rows = batches.iter().map(|b| b.num_rows() as u64).sum();
            let file = DataFile { key: key.clone(), rows, bytes, sha256 };
            manifest.files.push(file.clone());
            state.files.insert(key, (file, batches));
        }
        manifest.encode()?;
        match state.manifests.entry(partition.clone()).or_default().entry(manifest.number) {
            Entry::Vacant(place) => Ok(place.insert(manifest).clone()),
            Entry::Occupied(_) => Err(Error::internal("a manifest's number was given twice")),
        }
    }

    async fn manifest(&self, partition: &Partition) -> Result<Option<Manifest>> {
        self.layout.folder(partition)?;
        let state = self.state();
        Ok(state.manifests.get(partition).and_then(|m| m.last_key_value()).map(|(_, manifest)| manifest.clone()))
    }

    async fn read(&self, manifest: &Manifest, columns: Option<&[String]>) -> Result<BatchStream> {
        let mut streams = vec![];
        for file in &manifest.files {
            streams.push(self.read_file(manifest, file, columns).await?);
        }
        Ok(stream::iter(streams).flatten().boxed())
    }

    async fn read_file(&self, manifest: &Manifest, file: &DataFile, columns: Option<&[String]>) -> Result<BatchStream> {
        let schema = match columns {
            Some(columns) => manifest.schema.select(columns)?,
            None => manifest.schema.clone(),
        };
        let positions = schema.columns.iter().filter_map(|c| manifest.schema.columns.iter().position(|m| m == c));
        let positions: Vec<usize> = positions.collect();
        let state = self.state();
        let (stored, batches) = state
            .files
            .get(&file.key)
            .ok_or_else(|| Error::not_found("a file of the manifest is not in the lake").with("key", &file.key))?;
        if stored != file {
            return Err(Error::data("a file is not the one that its manifest names").with("key", &file.key));
        }
        let batches = batches.iter().map(|b| Ok(b.project(&positions)?)).collect::<Vec<Result<RecordBatch>>>();
        Ok(stream::iter(batches).boxed())
    }

    fn list(&self, table: &str) -> BoxStream<'static, Result<Partition>> {
        if let Err(error) = self.layout.table_folder(table) {
            return stream::iter([Err(error)]).boxed();
        }
        let found = self.state().manifests.keys().filter(|p| p.table == table).cloned().map(Ok).collect::<Vec<_>>();
        stream::iter(found).boxed()
    }

    async fn delete(&self, partition: &Partition) -> Result<()> {
        self.layout.folder(partition)?;
        let mut state = self.state();
        for manifest in state.manifests.remove(partition).unwrap_or_default().into_values() {
            for file in manifest.files {
                state.files.remove(&file.key);
            }
        }
        Ok(())
    }

    /// None: what is not written to its end is nowhere.
    async fn orphans(&self, table: &str, _: Timestamp) -> Result<Orphans> {
        self.layout.table_folder(table).map(|_| Orphans::default())
    }

    async fn clean_up(&self, table: &str, before: Timestamp) -> Result<Orphans> {
        self.orphans(table, before).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{ArrayRef, StringViewArray};

    #[test]
    fn the_same_rows_have_the_same_checksum_however_they_are_cut() {
        let rows = |texts: [Option<&str>; 3]| {
            let texts = Arc::new(StringViewArray::from(texts.to_vec())) as ArrayRef;
            RecordBatch::try_from_iter_with_nullable([("a", texts, true)]).unwrap()
        };
        let whole = rows([Some("x"), None, Some("")]);
        let expected = digest(std::slice::from_ref(&whole)).unwrap();
        assert_eq!(digest(&[whole.slice(0, 1), whole.slice(1, 2)]).unwrap(), expected);
        assert_ne!(digest(&[whole.slice(0, 1)]).unwrap(), expected);
        assert_ne!(digest(&[rows([Some("x"), Some(""), None])]).unwrap(), expected);
    }

    #[tokio::test]
    async fn keeps_the_promises_of_a_lake() {
        crate::conformance::lake::all(&MemoryLake::new()).await.unwrap();
    }
}
