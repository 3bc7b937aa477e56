//! How to write a partition.

use super::Format;
use crate::Timestamp;

/// How to write a partition.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct WriteOptions {
    /// The files' format (default Parquet).
    pub format: Format,
    /// How Parquet's columns are encoded (default as a sample says).
    pub encoding: Encoding,
    /// Rows in a file at most, the files being numbered then; `None` is one file for each part of the rows.
    pub max_rows_per_file: Option<u64>,
    /// Parts of the rows that are written side by side, at most (default 1).
    pub workers: usize,
    /// The time to write down.
    pub written_at: Timestamp,
}

/// How the columns of a Parquet file are encoded. All are compressed afterwards, unless a sample says that it is in vain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Encoding {
    /// Each column as a sample of the file's first batch says that it becomes small at little cost: through a
    /// dictionary, as differences (`DELTA_BINARY_PACKED`), with its lengths apart (`DELTA_LENGTH_BYTE_ARRAY`), or plain.
    /// Columns of values of one size, such as numbers, that compression makes smaller by less than a tenth are not
    /// compressed.
    #[default]
    Sampled,
    /// Each column through a dictionary, and plain from where that grows too large: what most writers do.
    Dictionary,
    /// All plain: for readers that know nothing else.
    Plain,
}

impl WriteOptions {
    /// The defaults, at this time.
    pub fn new(written_at: Timestamp) -> Self {
        Self {
            format: Format::default(),
            encoding: Encoding::default(),
            max_rows_per_file: None,
            workers: 1,
            written_at,
        }
    }

    /// Writes this format.
    #[must_use]
    pub fn with_format(mut self, format: Format) -> Self {
        self.format = format;
        self
    }

    /// Encodes Parquet's columns this way.
    #[must_use]
    pub fn with_encoding(mut self, encoding: Encoding) -> Self {
        self.encoding = encoding;
        self
    }

    /// Splits into numbered files of at most so many rows; 0 counts as 1.
    #[must_use]
    pub fn with_max_rows_per_file(mut self, rows: u64) -> Self {
        self.max_rows_per_file = Some(rows.max(1));
        self
    }

    /// Writes at most so many of the read's parts side by side; 0 counts as 1.
    #[must_use]
    pub fn with_workers(mut self, workers: usize) -> Self {
        self.workers = workers.max(1);
        self
    }
}
