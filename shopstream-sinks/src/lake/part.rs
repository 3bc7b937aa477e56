//! One part of the rows, to files of its own.

use arrow::{array::RecordBatch, datatypes::SchemaRef};
use shopstream_core::{
    DataFile, Encoding, FilePart, Format, Manifest, Partition, Result, StatsCollector, WriteId, WriteOptions,
};
use std::sync::Arc;

use super::{claim::Claim, encode::FileEncoder, store::Store, upload::Upload};

/// What the parts of a write have in common.
pub(super) struct Plan {
    store: Arc<Store>,
    claim: Claim,
    partition: Partition,
    write: WriteId,
    pub(super) schema: SchemaRef,
    format: Format,
    encoding: Encoding,
    max_rows: Option<u64>,
    several: bool,
}

impl Plan {
    pub(super) fn new(
        store: &Arc<Store>,
        claim: &Claim,
        manifest: &Manifest,
        schema: &SchemaRef,
        options: &WriteOptions,
        parts: usize,
    ) -> Result<Self> {
        Ok(Self {
            store: store.clone(),
            claim: claim.clone(),
            partition: manifest.partition.clone(),
            write: WriteId::of(manifest)?,
            schema: schema.clone(),
            format: options.format,
            encoding: options.encoding,
            max_rows: options.max_rows_per_file,
            several: parts > 1,
        })
    }

    /// The key of a part's file. What it hangs on is known before the first row comes.
    fn key(&self, part: u32, piece: u32) -> Result<String> {
        let place = match (self.several, self.max_rows) {
            (false, None) => FilePart::Only,
            (false, Some(_)) => FilePart::Numbered(piece),
            (true, None) => FilePart::Numbered(part),
            (true, Some(_)) => FilePart::Piece { part, piece },
        };
        self.store.layout.file(&self.partition, &self.write, place, self.format)
    }

    /// Waits until a file is in its place.
    async fn place(&self, upload: Upload) -> Result<()> {
        self.claim.placing().await?;
        upload.finish().await?;
        self.claim.placed();
        Ok(())
    }
}

/// Writes a part. It computes for as long as it takes, and so has a thread of its own.
pub(super) struct PartWriter {
    plan: Arc<Plan>,
    part: u32,
    stats: StatsCollector,
    current: Option<(FileEncoder, Upload)>,
    files: Vec<DataFile>,
}

impl PartWriter {
    pub(super) fn new(plan: Arc<Plan>, part: u32) -> Self {
        Self { stats: StatsCollector::new(&plan.schema), plan, part, current: None, files: vec![] }
    }

    pub(super) async fn write(&mut self, mut batch: RecordBatch) -> Result<()> {
        let limit = self.plan.max_rows.unwrap_or(u64::MAX);
        while batch.num_rows() > 0 {
            let (encoder, mut upload) = match self.current.take() {
                Some((encoder, upload)) => (Some(encoder), upload),
                None => (None, self.open()?),
            };
            let room = limit - encoder.as_ref().map_or(0, FileEncoder::rows);
            let rows = batch.num_rows().min(usize::try_from(room).unwrap_or(usize::MAX));
            let piece = batch.slice(0, rows);
            batch = batch.slice(rows, batch.num_rows() - rows);

            let mut encoder = match encoder {
                Some(encoder) => encoder,
                None => FileEncoder::new(self.plan.format, self.plan.encoding, &piece)?,
            };
            upload.write(encoder.encode(&piece)?).await?;
            match encoder.rows() >= limit {
                true => self.close(encoder, upload).await?,
                false => self.current = Some((encoder, upload)),
            }
        }
        Ok(())
    }

    /// Encodes what is left. That is the last of the work that keeps a thread busy.
    pub(super) async fn finish(mut self) -> Result<Encoded> {
        let last = match self.current.take() {
            Some((encoder, upload)) => Some(self.encode_rest(encoder, upload).await?),
            None => None,
        };
        Ok(Encoded { plan: self.plan, files: self.files, stats: self.stats, last })
    }

    /// Writes a file without rows.
    pub(super) async fn without_rows(mut self) -> Result<Vec<DataFile>> {
        let rows = RecordBatch::new_empty(self.plan.schema.clone());
        let encoder = FileEncoder::new(self.plan.format, self.plan.encoding, &rows)?;
        let upload = self.open()?;
        self.close(encoder, upload).await?;
        Ok(self.files)
    }

    fn open(&mut self) -> Result<Upload> {
        // As many files as there are rows fit: their count is that of a u64 only in theory.
        let key = self.plan.key(self.part, self.files.len() as u32)?;
        self.plan.claim.add_file(&key);
        Upload::new(self.plan.store.clone(), key)
    }

    async fn close(&mut self, encoder: FileEncoder, upload: Upload) -> Result<()> {
        let (file, upload) = self.encode_rest(encoder, upload).await?;
        self.plan.place(upload).await?;
        self.files.push(file);
        Ok(())
    }

    async fn encode_rest(&mut self, encoder: FileEncoder, mut upload: Upload) -> Result<(DataFile, Upload)> {
        let (bytes, file, stats) = encoder.finish(upload.key().to_owned())?;
        self.stats.merge(&stats);
        upload.write(bytes).await?;
        Ok((file, upload))
    }
}

/// A part whose rows are all encoded. What is left is to wait: its last file is not in its place yet.
pub(super) struct Encoded {
    plan: Arc<Plan>,
    files: Vec<DataFile>,
    stats: StatsCollector,
    last: Option<(DataFile, Upload)>,
}

impl Encoded {
    /// The files, when all of them are there, and what is known of their values.
    pub(super) async fn place(mut self) -> Result<(Vec<DataFile>, StatsCollector)> {
        if let Some((file, upload)) = self.last.take() {
            self.plan.place(upload).await?;
            self.files.push(file);
        }
        Ok((self.files, self.stats))
    }
}
