//! Rows to the bytes of one file.

use arrow::{array::RecordBatch, datatypes::SchemaRef};
use parquet::{arrow::ArrowWriter, errors::ParquetError};
use sha2::{Digest, Sha256};
use shopstream_core::{DataFile, Error, Format, Result, text::TextEncoder};

use super::properties::writer_properties;

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
    pub(super) fn new(format: Format, schema: &SchemaRef) -> Result<Self> {
        let encoder = match format {
            Format::Parquet => Encoder::Parquet(Box::new(
                ArrowWriter::try_new(vec![], schema.clone(), Some(writer_properties(schema))).map_err(not_encoded)?,
            )),
            Format::Csv => Encoder::Text(TextEncoder::csv(schema.clone())?),
            Format::Ndjson => Encoder::Text(TextEncoder::ndjson(schema.clone())?),
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
                writer.write(batch).map_err(not_encoded)?;
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
