//! Which key a table's files have.

use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt, str::FromStr};

use super::WriteId;
use crate::{Date, Error, Result};

/// The rows of one table and one logical date.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Partition {
    /// The table.
    pub table: String,
    /// The logical date of the run that wrote it.
    pub date: Date,
}

impl Partition {
    /// A table's partition of a date.
    pub fn new(table: impl Into<String>, date: Date) -> Self {
        Self { table: table.into(), date }
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.table, self.date)
    }
}

/// The format of a lake's files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Format {
    /// Apache Parquet.
    #[default]
    Parquet,
    /// RFC 4180, with a header; NULL is an empty field, the empty text `""`.
    Csv,
    /// A JSON object a line.
    Ndjson,
}

impl Format {
    /// The ending of its files, without a dot.
    pub fn extension(self) -> &'static str {
        match self {
            Format::Parquet => "parquet",
            Format::Csv => "csv",
            Format::Ndjson => "ndjson",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.extension())
    }
}

impl FromStr for Format {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "parquet" => Ok(Format::Parquet),
            "csv" => Ok(Format::Csv),
            "ndjson" => Ok(Format::Ndjson),
            _ => Err(Error::config("no such format: parquet, csv or ndjson").with("format", text)),
        }
    }
}

/// Which of a write's files it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FilePart {
    /// The only one: `users_20260114.parquet`.
    Only,
    /// One of several, by the number of its part of the rows, or among the files of the only part:
    /// `users_20260114_00003.parquet`.
    Numbered(u32),
    /// One of several of one of several parts: `users_20260114_00003_00000.parquet`.
    Piece {
        /// The number of the part.
        part: u32,
        /// The number of the file in it.
        piece: u32,
    },
}

impl FilePart {
    fn suffix(self) -> String {
        match self {
            FilePart::Only => String::new(),
            FilePart::Numbered(n) => format!("_{n:05}"),
            FilePart::Piece { part, piece } => format!("_{part:05}_{piece:05}"),
        }
    }
}

/// The keys of a lake: every writer and reader asks the same layout, so that none looks where another did not write.
///
/// ```
/// use shopstream_core::{FilePart, Format, Layout, Partition, WriteId, date};
///
/// let layout = Layout::dated("raw/postgres").with_folder("crm_contacts", "raw/crm/contacts");
/// let users = Partition::new("users", date!("2026-01-14"));
/// let key = layout.file(&users, &WriteId::FIRST, FilePart::Only, Format::Parquet)?;
/// assert_eq!(key, "raw/postgres/users/2026-01-14/users_20260114.parquet");
/// assert_eq!(layout.table_folder("crm_contacts")?, "raw/crm/contacts");
/// # Ok::<(), shopstream_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    style: Style,
    root: String,
    folders: BTreeMap<String, String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    Dated,
    Flat,
    Hive,
}

const MANIFEST: &str = "manifest.";

impl Layout {
    fn new(style: Style, root: &str) -> Self {
        Self { style, root: root.trim_matches('/').to_owned(), folders: BTreeMap::new() }
    }

    /// `{root}/{table}/2026-01-14/{table}_20260114.parquet`
    pub fn dated(root: &str) -> Self {
        Self::new(Style::Dated, root)
    }

    /// `{root}/{table}/{table}_20260114.parquet`
    pub fn flat(root: &str) -> Self {
        Self::new(Style::Flat, root)
    }

    /// `{root}/table={table}/dt=2026-01-14/{table}_20260114.parquet`
    pub fn hive(root: &str) -> Self {
        Self::new(Style::Hive, root)
    }

    /// Keeps a table in a folder of its own choice, instead of `{root}/{table}`.
    #[must_use]
    pub fn with_folder(mut self, table: &str, folder: &str) -> Self {
        self.folders.insert(table.to_owned(), folder.trim_matches('/').to_owned());
        self
    }

    /// The folder with all dates of a table.
    ///
    /// # Errors
    /// `Config` when the table's name cannot be part of a key.
    pub fn table_folder(&self, table: &str) -> Result<String> {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        if table.is_empty() || table.starts_with('.') || !table.chars().all(plain) {
            return Err(Error::config("a table in the lake has a name of letters, digits, '_', '-' and '.'")
                .with("table", table));
        }
        if let Some(folder) = self.folders.get(table) {
            return Ok(folder.clone());
        }
        let root = if self.root.is_empty() { String::new() } else { format!("{}/", self.root) };
        Ok(match self.style {
            Style::Hive => format!("{root}table={table}"),
            Style::Dated | Style::Flat => format!("{root}{table}"),
        })
    }

    /// The folder of a partition's files and manifests.
    ///
    /// # Errors
    /// As [`table_folder`](Layout::table_folder).
    pub fn folder(&self, partition: &Partition) -> Result<String> {
        let table = self.table_folder(&partition.table)?;
        Ok(match self.style {
            Style::Dated => format!("{table}/{}", partition.date),
            Style::Flat => table,
            Style::Hive => format!("{table}/dt={}", partition.date),
        })
    }

    fn stem(partition: &Partition) -> String {
        format!("{}_{}", partition.table, partition.date.to_string().replace('-', ""))
    }

    /// The key of a data file. Several are numbered: by the read's parts where there are several, by the files of the
    /// only part where those have at most so many rows, and by both where both are so. The numbers are those of the
    /// parts, so that a part without rows leaves a gap, and do not depend on which part was done first.
    ///
    /// A rewrite of a partition gets names of its own (`users_20260114.v2-1f3a90cc.parquet`), so that whoever reads the
    /// older files can go on.
    ///
    /// # Errors
    /// As [`table_folder`](Layout::table_folder).
    pub fn file(&self, partition: &Partition, write: &WriteId, part: FilePart, format: Format) -> Result<String> {
        let (stem, folder) = (Self::stem(partition), self.folder(partition)?);
        Ok(format!("{folder}/{stem}{}{}.{}", part.suffix(), write.suffix(), format.extension()))
    }

    /// The key of a partition's manifest of this number.
    ///
    /// # Errors
    /// As [`table_folder`](Layout::table_folder).
    pub fn manifest(&self, partition: &Partition, number: u32) -> Result<String> {
        Ok(format!("{}/{}.{MANIFEST}{number:06}.json", self.folder(partition)?, Self::stem(partition)))
    }

    /// The key by which a writer holds a manifest's number, and with it the keys of its files, until the manifest is
    /// there.
    ///
    /// # Errors
    /// As [`table_folder`](Layout::table_folder).
    pub fn claim(&self, partition: &Partition, number: u32) -> Result<String> {
        Ok(format!("{}/{}.{MANIFEST}{number:06}.claim", self.folder(partition)?, Self::stem(partition)))
    }

    /// The date and number of a manifest of a table by its key; `None` when the key is not one.
    pub fn parse_manifest(&self, table: &str, key: &str) -> Option<(Date, u32)> {
        let (date, number) = Self::parse_numbered(table, key, ".json")?;
        (self.manifest(&Partition::new(table, date), number).ok()? == key).then_some((date, number))
    }

    /// The date and number of a claim of a table by its key; `None` when the key is not one.
    pub fn parse_claim(&self, table: &str, key: &str) -> Option<(Date, u32)> {
        let (date, number) = Self::parse_numbered(table, key, ".claim")?;
        (self.claim(&Partition::new(table, date), number).ok()? == key).then_some((date, number))
    }

    fn parse_numbered(table: &str, key: &str, ending: &str) -> Option<(Date, u32)> {
        let (date, rest) = Self::parse_stem(table, key)?;
        let number = rest.strip_prefix('.')?.strip_prefix(MANIFEST)?.strip_suffix(ending)?.parse().ok()?;
        Some((date, number))
    }

    /// The date in a key's name, and what follows it.
    fn parse_stem<'a>(table: &str, key: &'a str) -> Option<(Date, &'a str)> {
        let name = key.rsplit('/').next()?;
        let rest = name.strip_prefix(table)?.strip_prefix('_')?;
        let (date, rest) = rest.split_at_checked(8)?;
        let date = Date::parse(&format!("{}-{}-{}", date.get(..4)?, date.get(4..6)?, date.get(6..)?))?;
        Some((date, rest))
    }

    /// The date and the manifest's number of a data file of a table by its key; `None` when the key is not one.
    pub fn parse_file(&self, table: &str, key: &str) -> Option<(Date, u32)> {
        let (date, rest) = Self::parse_stem(table, key)?;
        let folder = self.folder(&Partition::new(table, date)).ok()?;
        // The name has no '/', so that the folder ends where the name begins.
        key.strip_prefix(&folder).filter(|name| name.starts_with('/') && name.rfind('/') == Some(0))?;
        let (mut name, format) = rest.rsplit_once('.')?;
        format.parse::<Format>().ok()?;
        let mut number = 1;
        if let Some((parts, write)) = name.split_once('.') {
            let (n, digest) = write.strip_prefix('v')?.split_once('-')?;
            number = n.parse().ok().filter(|n: &u32| *n > 1 && !digest.is_empty())?;
            digest.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f')).then_some(())?;
            name = parts;
        }
        let mut parts = name.split('_');
        let numbered = |n: &str| n.len() >= 5 && n.chars().all(|c| c.is_ascii_digit());
        let named = parts.next() == Some("") && parts.clone().count() <= 2 && parts.all(numbered);
        named.then_some((date, number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Manifest, date, timestamp};
    use arrow::datatypes::Schema;

    #[test]
    fn every_style_finds_its_own_keys_again() {
        let p = Partition::new("users", date!("2026-01-14"));
        let schema = Schema::empty().into();
        for (layout, folder) in [
            (Layout::dated("raw"), "raw/users/2026-01-14"),
            (Layout::flat("/raw/"), "raw/users"),
            (Layout::hive(""), "table=users/dt=2026-01-14"),
            (Layout::dated("raw").with_folder("users", "raw/crm/people/"), "raw/crm/people/2026-01-14"),
        ] {
            let manifest = layout.manifest(&p, 12).unwrap();
            assert_eq!(manifest, format!("{folder}/users_20260114.manifest.000012.json"));
            assert_eq!(layout.parse_manifest("users", &manifest), Some((p.date, 12)));
            assert_eq!(layout.parse_manifest("user", &manifest), None);
            assert_eq!(layout.parse_file("users", &manifest), None);
            let claim = layout.claim(&p, 12).unwrap();
            assert_eq!(layout.parse_claim("users", &claim), Some((p.date, 12)));
            assert_eq!((layout.parse_manifest("users", &claim), layout.parse_claim("users", &manifest)), (None, None));
            assert_eq!(layout.parse_file("users", &claim), None);
            let mut rewrite = Manifest::new(p.clone(), &schema, Format::Parquet, timestamp!("2026-01-14 02:00:00"));
            rewrite.number = 2;
            let second = WriteId::of(&rewrite).unwrap();
            for (write, number, part, name) in [
                (&WriteId::FIRST, 1, FilePart::Only, "users_20260114.parquet"),
                (&WriteId::FIRST, 1, FilePart::Numbered(3), "users_20260114_00003.parquet"),
                (&second, 2, FilePart::Only, "users_20260114.v2-c606c33d.parquet"),
                (&second, 2, FilePart::Numbered(0), "users_20260114_00000.v2-c606c33d.parquet"),
                (
                    &second,
                    2,
                    FilePart::Piece { part: 123_456, piece: 7 },
                    "users_20260114_123456_00007.v2-c606c33d.parquet",
                ),
            ] {
                let key = layout.file(&p, write, part, Format::Parquet).unwrap();
                assert_eq!(key, format!("{folder}/{name}"));
                assert_eq!(layout.parse_file("users", &key), Some((p.date, number)), "{key}");
                assert_eq!(layout.parse_file("user", &key), None);
            }
            for stranger in [
                "users_20260114.parquet.bak",
                "users_20260114.txt",
                "users_20260114_notes.csv",
                "users_20260114_00000_00000_00000.csv",
                "users_20260114.v1-c606c33d.csv",
                "users_20260114.v2-.csv",
                "users_20260114.parquet#1",
                "users_20260144.csv",
                "2026-01-14/users_20260114.csv",
                "users.csv",
            ] {
                assert_eq!(layout.parse_file("users", &format!("{folder}/{stranger}")), None, "{stranger}");
            }
            assert_eq!(layout.parse_file("users", "elsewhere/users_20260114.csv"), None);
        }
    }

    #[test]
    fn a_name_cannot_leave_its_folder() {
        for table in ["", "..", "../x", "a/b", "é", "a b"] {
            assert!(Layout::dated("raw").folder(&Partition::new(table, date!("2026-01-14"))).is_err(), "{table}");
        }
    }
}
