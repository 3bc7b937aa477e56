//! What the files of a write are named after.

use sha2::{Digest, Sha256};

use super::Manifest;
use crate::{Error, Result};

/// What the files of one write are named after: its manifest's number, and what was read.
///
/// ```
/// use arrow::datatypes::{DataType, Field, Schema};
/// use shopstream_core::{FilePart, Format, Layout, Manifest, Partition, WriteId, date, timestamp};
///
/// let users = Partition::new("users", date!("2026-01-14"));
/// let schema = Schema::new(vec![Field::new("id", DataType::Int64, false)]).into();
/// let mut manifest = Manifest::new(users.clone(), &schema, Format::Parquet, timestamp!("2026-01-14 02:00:00"));
/// manifest.number = 2;
/// let key = Layout::flat("raw").file(&users, &WriteId::of(&manifest)?, FilePart::Only, Format::Parquet)?;
/// assert_eq!(key, "raw/users/users_20260114.v2-2846cead.parquet");
/// # Ok::<(), shopstream_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WriteId {
    number: u32,
    digest: String,
}

impl WriteId {
    /// A partition's first write, whose files have plain names.
    pub const FIRST: Self = Self { number: 1, digest: String::new() };

    /// That of a manifest, whose table, date, bounds, schema, snapshot and number are set: the same of all these, the
    /// same names.
    ///
    /// # Errors
    /// `Internal` when they cannot be written as JSON.
    pub fn of(manifest: &Manifest) -> Result<Self> {
        if manifest.number == 1 {
            return Ok(Self::FIRST);
        }
        let snapshot = manifest.snapshot.as_ref().map(|s| &s.id);
        let read = serde_json::to_vec(&(&manifest.partition, &manifest.bounds, &manifest.schema, snapshot))
            .map_err(|e| Error::internal("what was read cannot be written down").caused_by(e))?;
        let digest = Sha256::digest(read).iter().take(4).map(|b| format!("{b:02x}")).collect();
        Ok(Self { number: manifest.number, digest })
    }

    /// What stands in a file's name for it.
    pub(super) fn suffix(&self) -> String {
        if self.number > 1 { format!(".v{}-{}", self.number, self.digest) } else { String::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Bounds, CursorRange, CursorValue, Format, Partition, SnapshotInfo, date, timestamp};
    use arrow::datatypes::{DataType, Field, Schema};
    use std::collections::BTreeSet;

    #[test]
    fn a_name_stands_for_what_was_read() {
        let manifest = |table: &str, data_type| {
            let schema = Schema::new(vec![Field::new("id", data_type, false)]).into();
            let partition = Partition::new(table, date!("2026-01-14"));
            let mut m = Manifest::new(partition, &schema, Format::Parquet, timestamp!("2026-01-14 02:00:00"));
            m.number = 2;
            m
        };
        let same = manifest("users", DataType::Int64);
        let mut others = vec![same.clone(), manifest("orders", DataType::Int64), manifest("users", DataType::Int32)];
        let mut other = same.clone();
        other.partition.date = date!("2026-01-15");
        others.push(other);
        other = same.clone();
        other.bounds = Bounds::Range(CursorRange::new("id", None, CursorValue::Int(7)));
        others.push(other);
        other = same.clone();
        other.snapshot = Some(SnapshotInfo { id: "3-1".into(), position: Default::default() });
        others.push(other);
        other = same.clone();
        other.number = 3;
        others.push(other);
        let names: BTreeSet<String> = others.iter().map(|m| WriteId::of(m).unwrap().suffix()).collect();
        assert_eq!(names.len(), others.len(), "{names:?}");
        let mut later = same.clone();
        later.written_at = timestamp!("2026-01-15 02:00:00");
        assert_eq!(WriteId::of(&later).unwrap(), WriteId::of(&same).unwrap());
    }
}
