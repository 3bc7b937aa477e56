//! The record of what a partition is made of.

use arrow::datatypes::SchemaRef;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Format, Increment, Partition, WriteOptions};
use crate::{Bounds, Date, Error, Result, SnapshotInfo, TableRead, TableSchema, Timestamp};

/// What a partition is made of: which files count, and what they hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Manifest {
    /// The version of this record's form.
    pub version: u32,
    /// Table and date.
    #[serde(flatten)]
    pub partition: Partition,
    /// Its number among the partition's manifests; the highest counts.
    pub number: u32,
    /// The columns of the files.
    pub schema: TableSchema,
    /// The format of the files.
    pub format: Format,
    /// The files, in the order of their rows.
    pub files: Vec<DataFile>,
    /// Rows in all files.
    pub rows: u64,
    /// What is known of each column's values, in the schema's order.
    pub columns: Vec<ColumnStats>,
    /// The source's snapshot, where there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<SnapshotInfo>,
    /// Which of the source's rows these are.
    #[serde(default)]
    pub bounds: Bounds,
    /// What they go on from, when they are one of a series.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub increment: Option<Increment>,
    /// When it was written.
    pub written_at: Timestamp,
    /// By which version of the library.
    pub written_by: String,
    #[serde(skip)]
    digest: String,
}

/// A file of a partition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataFile {
    /// Its key in the lake.
    pub key: String,
    /// Its rows.
    pub rows: u64,
    /// Its size in bytes.
    pub bytes: u64,
    /// The SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
}

/// What is known of a column's values. Extremes are kept of numbers, dates and timestamps only: texts may be
/// personal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnStats {
    /// The column.
    pub name: String,
    /// How many values are NULL.
    pub nulls: u64,
    /// The least value, as text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<String>,
    /// The greatest value, as text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<String>,
}

impl Manifest {
    /// The version of the form that is written, and the newest that is read.
    pub const VERSION: u32 = 1;

    /// A manifest of no files yet: number 1, all rows, of no snapshot.
    pub fn new(partition: Partition, schema: &SchemaRef, format: Format, written_at: Timestamp) -> Self {
        Self {
            version: Self::VERSION,
            partition,
            number: 1,
            schema: TableSchema::from_arrow(schema),
            format,
            files: vec![],
            rows: 0,
            columns: vec![],
            snapshot: None,
            bounds: Bounds::Full,
            increment: None,
            written_at,
            written_by: concat!("shopstream ", env!("CARGO_PKG_VERSION")).to_owned(),
            digest: String::new(),
        }
    }

    /// A manifest of no files yet for the rows of a read: number 1, with all that the read says of itself.
    pub fn of_read(partition: Partition, read: &TableRead, options: &WriteOptions) -> Self {
        let mut manifest = Self::new(partition, &read.schema, options.format, options.written_at);
        manifest.schema.primary_key.clone_from(&read.key);
        manifest.snapshot.clone_from(&read.snapshot);
        manifest.bounds.clone_from(&read.bounds);
        manifest.increment.clone_from(&read.increment);
        manifest
    }

    /// The date of the manifest whose table these rows are merged into; `None` when they are a table by themselves.
    pub fn since(&self) -> Option<Date> {
        self.increment.as_ref().and_then(|i| i.since)
    }

    /// The manifest as it is stored, and its digest set to that of these bytes.
    ///
    /// # Errors
    /// `Internal` when it cannot be written as JSON.
    pub fn encode(&mut self) -> Result<Vec<u8>> {
        let bytes = serde_json::to_vec_pretty(self)
            .map_err(|e| Error::internal("a manifest cannot be written").caused_by(e))?;
        self.digest = sha256_hex(&bytes);
        Ok(bytes)
    }

    /// Reads a stored manifest.
    ///
    /// # Errors
    /// `Data` when the bytes are no manifest, contradict themselves, or are of a newer form.
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        let mut manifest: Self = serde_json::from_slice(bytes).map_err(|e| {
            // The position is enough: the text of serde's error may hold what it found.
            Error::data("a manifest is not readable").with("line", e.line()).with("column", e.column())
        })?;
        if manifest.version > Self::VERSION {
            return Err(
                Error::data("a manifest is of a newer version: update shopstream").with("version", manifest.version)
            );
        }
        if manifest.files.iter().map(|f| f.rows).sum::<u64>() != manifest.rows {
            return Err(Error::data("a manifest contradicts itself: its rows are not those of its files"));
        }
        manifest.digest = sha256_hex(bytes);
        Ok(manifest)
    }

    /// The SHA-256 of the manifest as stored, in hexadecimal: the same digest, the same data. Empty before it is.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// As part of another record, which has a digest of its own.
    pub(super) fn within(mut self) -> Self {
        self.digest.clear();
        self
    }

    /// Bytes of all files.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|f| f.bytes).sum()
    }
}

fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{date, timestamp};
    use arrow::datatypes::{DataType, Field, Schema};

    fn manifest() -> Manifest {
        let schema = Schema::new(vec![Field::new("id", DataType::Int32, false)]).into();
        let mut m = Manifest::new(
            Partition::new("users", date!("2026-01-14")),
            &schema,
            Format::Parquet,
            timestamp!("2026-01-14 02:00:00"),
        );
        m.files.push(DataFile { key: "raw/users.parquet".into(), rows: 2, bytes: 10, sha256: "00".into() });
        m.rows = 2;
        m.snapshot = Some(SnapshotInfo { id: "3-1".into(), position: [("lsn".to_owned(), "0/1".to_owned())].into() });
        m
    }

    #[test]
    fn stored_and_read_again() {
        let mut m = manifest();
        let bytes = m.encode().unwrap();
        assert_eq!(m.digest().len(), 64);
        assert_eq!(Manifest::decode(&bytes).unwrap(), m);
        assert_eq!(m.bytes(), 10);
    }

    #[test]
    fn one_of_a_series_is_stored_with_what_it_goes_on_from() {
        let mut keys = manifest();
        keys.encode().unwrap();
        let since = date!("2026-01-13");
        let increment = Increment::new(Some(since)).with_keys(keys);
        let schema = manifest().schema.to_arrow();
        let to = crate::CursorValue::Int(7);
        let read = TableRead::from_batches(schema, vec![])
            .with_key(["id"])
            .with_bounds(Bounds::Range(crate::CursorRange::new("id", None, to)))
            .with_increment(increment.clone());
        let options = WriteOptions::new(timestamp!("2026-01-14 02:00:00"));
        let mut m = Manifest::of_read(Partition::new("users", date!("2026-01-14")), &read, &options);
        let bytes = m.encode().unwrap();
        assert_eq!(Manifest::decode(&bytes).unwrap(), m);
        assert_eq!((m.since(), &m.increment, &m.bounds), (Some(since), &Some(increment), &read.bounds));
        assert_eq!(m.schema.primary_key, ["id"]);
    }

    #[test]
    fn a_broken_one_says_where_and_shows_nothing() {
        let bytes = manifest().encode().unwrap();
        let error = Manifest::decode(&bytes[..bytes.len() / 2]).unwrap_err();
        assert!(error.to_string().contains("line") && !error.to_string().contains("users"), "{error}");
        let mut wrong = manifest();
        wrong.rows = 3;
        assert!(Manifest::decode(&wrong.encode().unwrap()).unwrap_err().to_string().contains("contradicts"));
        wrong = manifest();
        wrong.version = 2;
        assert!(Manifest::decode(&wrong.encode().unwrap()).unwrap_err().to_string().contains("newer"));
    }
}
