//! Rows to the bytes of one file.

use arrow::array::RecordBatch;
use parquet::{arrow::ArrowWriter, errors::ParquetError};
use sha2::{Digest, Sha256};
use shopstream_core::{DataFile, Encoding, Error, Format, Result, text::TextEncoder};

use super::properties::{ROW_GROUP_BYTES, writer_properties};

/// Rows that a Parquet writer is given at once: what it makes of them aside is that much smaller than for a batch.
const SLICE_ROWS: usize = 8_192;

/// One file being encoded: hands out its bytes as they come, and counts and hashes them.
pub(super) struct FileEncoder {
    encoder: Encoder,
    hash: Sha256,
    rows: u64,
    bytes: u64,
}

enum Encoder {
    Parquet(Box<ArrowWriter<Vec<u8>>>),
    Text(TextEncoder),
}

impl FileEncoder {
    /// Begins a file whose first rows are these.
    pub(super) fn new(format: Format, encoding: Encoding, first: &RecordBatch) -> Result<Self> {
        let schema = first.schema();
        let encoder = match format {
            Format::Parquet => {
                let properties = writer_properties(encoding, first).map_err(not_encoded)?;
                let writer = ArrowWriter::try_new(vec![], schema, Some(properties)).map_err(not_encoded)?;
                Encoder::Parquet(Box::new(writer))
            }
            Format::Csv => Encoder::Text(TextEncoder::csv(schema)?),
            Format::Ndjson => Encoder::Text(TextEncoder::ndjson(schema)?),
            other => return Err(Error::unsupported("this lake does not write the format").with("format", other)),
        };
        Ok(Self { encoder, hash: Sha256::new(), rows: 0, bytes: 0 })
    }

    /// Rows so far.
    pub(super) fn rows(&self) -> u64 {
        self.rows
    }

    /// Encodes rows; the answer is the bytes that are ready, which may be none yet.
    pub(super) fn encode(&mut self, batch: &RecordBatch) -> Result<Vec<u8>> {
        let bytes = match &mut self.encoder {
            Encoder::Parquet(writer) => {
                for from in (0..batch.num_rows()).step_by(SLICE_ROWS) {
                    let slice = batch.slice(from, SLICE_ROWS.min(batch.num_rows() - from));
                    writer.write(&slice).map_err(not_encoded)?;
                    if writer.in_progress_size() >= ROW_GROUP_BYTES {
                        writer.flush().map_err(not_encoded)?;
                    }
                }
                std::mem::take(writer.inner_mut())
            }
            Encoder::Text(encoder) => {
                let mut bytes = vec![];
                encoder.encode(batch, &mut bytes)?;
                bytes
            }
        };
        self.rows += batch.num_rows() as u64;
        self.count(&bytes);
        Ok(bytes)
    }

    /// The bytes that were missing, and what the file is under this key.
    pub(super) fn finish(mut self, key: String) -> Result<(Vec<u8>, DataFile)> {
        let bytes = match self.encoder {
            Encoder::Parquet(ref mut writer) => {
                writer.finish().map_err(not_encoded)?;
                std::mem::take(writer.inner_mut())
            }
            Encoder::Text(encoder) => {
                let mut bytes = vec![];
                encoder.finish(&mut bytes)?;
                bytes
            }
        };
        self.hash.update(&bytes);
        let total = self.bytes + bytes.len() as u64;
        let file = DataFile { key, rows: self.rows, bytes: total, sha256: hex(self.hash) };
        Ok((bytes, file))
    }

    fn count(&mut self, bytes: &[u8]) {
        self.hash.update(bytes);
        self.bytes += bytes.len() as u64;
    }
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
