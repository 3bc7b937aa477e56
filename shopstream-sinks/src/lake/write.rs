//! Rows to files, and their manifest.

use arrow::{array::RecordBatch, datatypes::SchemaRef};
use futures::{StreamExt, future};
use shopstream_core::{BatchStream, Manifest, Partition, Result, StatsCollector, TableRead, WriteOptions};
use std::sync::Arc;

use super::{claim::Claim, encode::FileEncoder, store::Store, task, upload::Upload};

/// Writes the rows of a partition: its files under a claim, then the manifest.
pub(super) async fn write(
    store: &Arc<Store>,
    partition: &Partition,
    data: TableRead,
    options: &WriteOptions,
) -> Result<Manifest> {
    task::runtime()?;
    let schema = data.schema.clone();
    let mut manifest = Manifest::of_read(partition.clone(), &data, options);

    let claim = Claim::take(store, partition).await?;
    manifest.number = claim.number();
    let mut writer = Writer {
        store: store.clone(),
        claim,
        schema: schema.clone(),
        options: options.clone(),
        stats: StatsCollector::new(&schema),
        current: None,
        manifest,
    };
    match writer.write_all(data.into_checked_stream()).await {
        Ok(()) => writer.claim.commit(writer.manifest).await,
        Err(error) => {
            // An upload under way ends before its file is removed.
            drop(writer.current);
            Err(writer.claim.let_go(error).await)
        }
    }
}

struct Writer {
    store: Arc<Store>,
    claim: Claim,
    schema: SchemaRef,
    options: WriteOptions,
    stats: StatsCollector,
    current: Option<(FileEncoder, Upload)>,
    manifest: Manifest,
}

impl Writer {
    async fn write_all(&mut self, mut rows: BatchStream) -> Result<()> {
        let mut next = rows.next().await.transpose()?;
        while let Some(batch) = next {
            // The source works on the next batch while this one is encoded and sent.
            let following = async { rows.next().await.transpose() };
            (_, next) = future::try_join(self.write_batch(batch), following).await?;
        }
        // Without a row there is a file all the same: who reads the folder finds the columns in it.
        if self.manifest.files.is_empty() && self.current.is_none() {
            self.current = Some(self.open()?);
        }
        if let Some((encoder, upload)) = self.current.take() {
            self.close(encoder, upload).await?;
        }
        self.manifest.rows = self.manifest.files.iter().map(|f| f.rows).sum();
        self.manifest.columns = std::mem::take(&mut self.stats).finish();
        Ok(())
    }

    async fn write_batch(&mut self, mut batch: RecordBatch) -> Result<()> {
        let limit = self.options.max_rows_per_file.unwrap_or(u64::MAX);
        while batch.num_rows() > 0 {
            let (mut encoder, mut upload) = match self.current.take() {
                Some(current) => current,
                None => self.open()?,
            };
            let room = usize::try_from(limit - encoder.rows()).unwrap_or(usize::MAX);
            let rows = batch.num_rows().min(room);
            let piece = batch.slice(0, rows);
            batch = batch.slice(rows, batch.num_rows() - rows);

            let mut stats = std::mem::take(&mut self.stats);
            let bytes;
            (encoder, stats, bytes) = task::compute(move || {
                stats.update(&piece);
                let bytes = encoder.encode(&piece)?;
                Ok((encoder, stats, bytes))
            })
            .await?;
            self.stats = stats;
            upload.write(&bytes).await?;
            match encoder.rows() >= limit {
                true => self.close(encoder, upload).await?,
                false => self.current = Some((encoder, upload)),
            }
        }
        Ok(())
    }

    fn open(&mut self) -> Result<(FileEncoder, Upload)> {
        let manifest = &self.manifest;
        // As many files as there are rows fit: their count is that of a u64 only in theory.
        let part = self.options.max_rows_per_file.map(|_| manifest.files.len() as u32);
        let key = self.store.layout.file(&manifest.partition, manifest.number, part, manifest.format)?;
        self.claim.add_file(&key);
        Ok((FileEncoder::new(manifest.format, &self.schema)?, Upload::new(self.store.clone(), key)?))
    }

    async fn close(&mut self, encoder: FileEncoder, mut upload: Upload) -> Result<()> {
        let key = upload.key().to_owned();
        let (bytes, file) = task::compute(move || encoder.finish(key)).await?;
        upload.write(&bytes).await?;
        self.claim.placing(true);
        upload.finish().await?;
        self.claim.placing(false);
        self.manifest.files.push(file);
        Ok(())
    }
}
