//! Rows to the bytes of one file.

use arrow::array::RecordBatch;
use parquet::errors::ParquetError;
use sha2::{Digest, Sha256};
use shopstream_core::{DataFile, Encoding, Error, Format, Result, StatsCollector, text::TextEncoder};

use super::{pieces::Pieces, row_groups::RowGroups};

/// One file being encoded: hands out its bytes as they come, and counts and hashes them.
pub(super) struct FileEncoder {
    encoder: Encoder,
    hash: Sha256,
    rows: u64,
    bytes: u64,
}

enum Encoder {
    Parquet(Box<RowGroups<Pieces>>),
    Text(TextEncoder, StatsCollector),
}

impl FileEncoder {
    /// Begins a file whose first rows are these.
    pub(super) fn new(format: Format, encoding: Encoding, first: &RecordBatch) -> Result<Self> {
        let schema = first.schema();
        let stats = StatsCollector::new(&schema);
        let encoder = match format {
            Format::Parquet => {
                let groups = RowGroups::new(Pieces::default(), encoding, first).map_err(not_encoded)?;
                Encoder::Parquet(Box::new(groups))
            }
            Format::Csv => Encoder::Text(TextEncoder::csv(schema)?, stats),
            Format::Ndjson => Encoder::Text(TextEncoder::ndjson(schema)?, stats),
            other => return Err(Error::unsupported("this lake does not write the format").with("format", other)),
        };
        Ok(Self { encoder, hash: Sha256::new(), rows: 0, bytes: 0 })
    }

    /// Rows so far.
    pub(super) fn rows(&self) -> u64 {
        self.rows
    }

    /// Encodes rows; the answer is the bytes that are ready, which may be none yet.
    pub(super) fn encode(&mut self, batch: &RecordBatch) -> Result<Vec<Vec<u8>>> {
        let pieces = match &mut self.encoder {
            Encoder::Parquet(groups) => {
                groups.write(batch).map_err(not_encoded)?;
                groups.written().take()
            }
            Encoder::Text(encoder, stats) => {
                let mut bytes = vec![];
                encoder.encode(batch, &mut bytes)?;
                stats.update(batch);
                vec![bytes]
            }
        };
        self.rows += batch.num_rows() as u64;
        self.bytes += count(&mut self.hash, &pieces);
        Ok(pieces)
    }

    /// The bytes that were missing, what the file is under this key, and what is known of its values.
    pub(super) fn finish(mut self, key: String) -> Result<(Vec<Vec<u8>>, DataFile, StatsCollector)> {
        let (pieces, stats) = match self.encoder {
            Encoder::Parquet(groups) => {
                let (mut pieces, stats) = groups.finish().map_err(not_encoded)?;
                (pieces.take(), stats)
            }
            Encoder::Text(encoder, stats) => {
                let mut bytes = vec![];
                encoder.finish(&mut bytes)?;
                (vec![bytes], stats)
            }
        };
        self.bytes += count(&mut self.hash, &pieces);
        let file = DataFile { key, rows: self.rows, bytes: self.bytes, sha256: hex(self.hash) };
        Ok((pieces, file, stats))
    }
}

/// Hashes bytes, and counts them.
fn count(hash: &mut Sha256, pieces: &[Vec<u8>]) -> u64 {
    pieces.iter().for_each(|piece| hash.update(piece));
    pieces.iter().map(|piece| piece.len() as u64).sum()
}

pub(super) fn hex(hash: Sha256) -> String {
    hash.finalize().iter().map(|b| format!("{b:02x}")).collect()
}

fn not_encoded(error: ParquetError) -> Error {
    Error::new(
        match error {
            ParquetError::NYI(_) | ParquetError::ArrowError(_) => shopstream_core::ErrorKind::Unsupported,
            _ => shopstream_core::ErrorKind::Internal,
        },
        "rows cannot be written as Parquet",
    )
    .caused_by(error)
}
