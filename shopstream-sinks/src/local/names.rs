//! Which file a table has.

use shopstream_core::{Error, Result, TableRef};
use std::{collections::BTreeMap, path::PathBuf};

/// The schemas' names where they differ from the layers'.
#[derive(Clone, Debug, Default)]
pub(super) struct Names(BTreeMap<String, String>);

impl Names {
    pub(super) fn insert(&mut self, layer: &str, schema: &str) {
        self.0.insert(layer.to_owned(), schema.to_owned());
    }

    /// An error when two layers would share a schema.
    pub(super) fn check(&self) -> Result<()> {
        for (layer, schema) in &self.0 {
            if !is_plain(schema) {
                return Err(unfit("a schema").with("layer", layer).with("schema", schema));
            }
            if let Some((other, _)) = self.0.iter().find(|(l, s)| *l != layer && *s == schema) {
                return Err(Error::config("two layers have the same schema name")
                    .with("schema", schema)
                    .with("layers", format!("{layer}, {other}")));
            }
        }
        Ok(())
    }

    /// The file of a table within a version: `raw/users.parquet`.
    pub(super) fn file(&self, table: &TableRef) -> Result<PathBuf> {
        let layer = table.schema();
        if !is_plain(layer) || !is_plain(table.table()) {
            return Err(unfit("a table of this warehouse has a schema, and both").with("table", table));
        }
        let schema = self.0.get(layer).map_or(layer, String::as_str);
        if !self.0.contains_key(layer) && self.0.values().any(|s| s == schema) {
            return Err(Error::config("another layer was given this layer's name as its schema")
                .with("table", table)
                .with("schema", schema));
        }
        Ok(PathBuf::from(schema).join(format!("{}.parquet", table.table())))
    }
}

fn unfit(what: &str) -> Error {
    Error::config(format!("{what} has a name of 1 to 100 lower case letters, digits, '_' and '-', no '-' first"))
}

fn is_plain(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-');
    (1..=100).contains(&name.len()) && name.chars().all(plain) && !name.starts_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_has_a_file_of_its_own() {
        let mut names = Names::default();
        names.insert("raw", "bronze");
        names.insert("marts", "gold");
        names.check().unwrap();
        assert_eq!(names.file(&"raw.users".into()).unwrap(), PathBuf::from("bronze/users.parquet"));
        assert_eq!(names.file(&"core.dim_date".into()).unwrap(), PathBuf::from("core/dim_date.parquet"));
        assert!(names.file(&"bronze.users".into()).is_err());
    }

    #[test]
    fn names_cannot_leave_their_folder_or_meet() {
        for table in ["users", "raw.", "raw.a/b", "../x.y", "raw...", "raw.Users", "RAW.users", "raw.é", "-r.x"] {
            assert!(Names::default().file(&table.into()).is_err(), "{table}");
        }
        let mut names = Names::default();
        names.insert("raw", "a");
        names.insert("core", "a");
        assert!(names.check().is_err());
        names.insert("core", "A");
        assert!(names.check().is_err());
    }
}
