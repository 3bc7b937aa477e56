//! What a file's ending says.

use arrow::datatypes::SchemaRef;
use shopstream_core::{Error, Result, text::TextDecoder};
use std::path::Path;

use super::compression::Unpacker;

/// How a file is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Form {
    text: Text,
    pub(super) compression: Option<Compression>,
}

#[derive(Clone, Copy, Debug)]
enum Text {
    Csv,
    Json,
}

/// How a file is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compression {
    Gzip,
    Zstd,
}

impl Form {
    pub(super) fn of(file: &Path) -> Result<Self> {
        let compression = match ending(file).as_deref() {
            Some("gz") => Some(Compression::Gzip),
            Some("zst") => Some(Compression::Zstd),
            _ => None,
        };
        let plain = match (compression, file.file_stem()) {
            (Some(_), Some(stem)) => Path::new(stem),
            _ => file,
        };
        let text = match ending(plain).as_deref() {
            Some("csv") => Text::Csv,
            Some("ndjson" | "jsonl" | "json") => Text::Json,
            _ => {
                let known =
                    "a file's ending is csv, ndjson, jsonl or json, and behind it gz or zst if it is compressed";
                return Err(Error::config(known));
            }
        };
        // Told here, and not at the first read, when this build cannot undo it.
        compression.map(Unpacker::new).transpose()?;
        Ok(Self { text, compression })
    }

    pub(super) fn decoder(self, schema: SchemaRef, batch_rows: usize) -> Result<TextDecoder> {
        match self.text {
            Text::Csv => TextDecoder::csv(schema, batch_rows),
            Text::Json => TextDecoder::ndjson(schema, batch_rows),
        }
    }
}

fn ending(file: &Path) -> Option<String> {
    file.extension().and_then(|e| e.to_str()).map(str::to_ascii_lowercase)
}
