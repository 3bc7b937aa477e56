//! What statements are about.

use std::fmt;

use crate::snowflake::sql::Name;

/// A kind of object in Snowflake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// Who may do what.
    Role,
    /// What statements run on.
    Warehouse,
    /// What holds schemas.
    Database,
    /// What holds tables.
    Schema,
    /// What lets Snowflake into a bucket.
    StorageIntegration,
    /// Where Snowflake sends notices.
    NotificationIntegration,
    /// How files are read.
    FileFormat,
    /// Where files lie.
    Stage,
    /// A mark on columns.
    Tag,
    /// A table.
    Table,
    /// What loads files as they come.
    Pipe,
    /// What changed in a table.
    Stream,
    /// A statement that runs by itself.
    Task,
    /// What hides values.
    MaskingPolicy,
    /// What hides rows.
    RowAccessPolicy,
}

impl Kind {
    /// As `CREATE` calls it.
    pub fn as_sql(self) -> &'static str {
        match self {
            Self::Role => "ROLE",
            Self::Warehouse => "WAREHOUSE",
            Self::Database => "DATABASE",
            Self::Schema => "SCHEMA",
            Self::StorageIntegration => "STORAGE INTEGRATION",
            Self::NotificationIntegration => "NOTIFICATION INTEGRATION",
            Self::FileFormat => "FILE FORMAT",
            Self::Stage => "STAGE",
            Self::Tag => "TAG",
            Self::Table => "TABLE",
            Self::Pipe => "PIPE",
            Self::Stream => "STREAM",
            Self::Task => "TASK",
            Self::MaskingPolicy => "MASKING POLICY",
            Self::RowAccessPolicy => "ROW ACCESS POLICY",
        }
    }

    /// As `GRANT … ON` calls it.
    pub(super) fn in_grant(self) -> &'static str {
        match self {
            Self::StorageIntegration | Self::NotificationIntegration => "INTEGRATION",
            kind => kind.as_sql(),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.as_sql().to_lowercase())
    }
}

/// What a statement is about: `table "DB"."RAW"."USERS"`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Object {
    /// What it is.
    pub kind: Kind,
    /// What it is called.
    pub name: Name,
}

impl Object {
    /// An object.
    pub fn new(kind: Kind, name: impl Into<Name>) -> Self {
        Self { kind, name: name.into() }
    }
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.name)
    }
}
