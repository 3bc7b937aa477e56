//! The tables that loads and publishes need for themselves.

use shopstream_core::{Date, Landed, Table, TableDecl, Timestamp};

/// What was loaded: a row for each table and run, written in the transaction that shows the rows.
#[derive(Table, Clone, Debug, PartialEq)]
#[table(layer = "raw", name = "_loads", grain(run, table_name))]
pub struct Loads {
    /// The run.
    pub run: String,
    /// The table that the rows landed in.
    pub table_name: String,
    /// The date of the partition that was loaded.
    pub load_date: Date,
    /// The digest of its manifest.
    pub digest: String,
    /// How many rows it has.
    pub row_count: i64,
    /// When it was loaded, UTC.
    pub loaded_at: Timestamp,
}

/// Which process has a run's build: the one that opened it last. Whoever had it before is told so at its next write.
#[derive(Table, Clone, Debug, PartialEq)]
#[table(layer = "raw", name = "_claims", grain(run))]
pub struct Claims {
    /// The run.
    pub run: String,
    /// What tells its holder from others.
    pub claim: String,
    /// Since when, UTC.
    pub claimed_at: Timestamp,
}

/// The tables of builds: what runs have made and nobody sees yet.
#[derive(Table, Clone, Debug, PartialEq)]
#[table(layer = "raw", name = "_builds", grain(run, table_name))]
pub struct Builds {
    /// The run.
    pub run: String,
    /// The table that it will be.
    pub table_name: String,
    /// Which of the build's tables it is, in the order in which they were made.
    pub number: i64,
    /// How it is kept: table, view or merge.
    pub kept: String,
    /// The columns, as JSON.
    pub table_schema: String,
    /// Of a view, the query over what is published.
    pub definition: Option<String>,
    /// How many rows it has.
    pub row_count: i64,
    /// The date of the partition that was loaded.
    pub load_date: Option<Date>,
    /// The digest of its manifest.
    pub digest: Option<String>,
    /// When it was made, UTC.
    pub built_at: Timestamp,
}

/// The tables that are published, as the last publish left them.
#[derive(Table, Clone, Debug, PartialEq)]
#[table(layer = "raw", name = "_tables", grain(table_name))]
pub struct Tables {
    /// The table.
    pub table_name: String,
    /// The run that published it.
    pub run: String,
    /// The publish, counted from 1.
    pub version: i64,
    /// How it is kept: table, view or merge.
    pub kept: String,
    /// The columns, as JSON.
    pub table_schema: String,
    /// Of a view, its query.
    pub definition: Option<String>,
    /// How many rows it had.
    pub row_count: i64,
    /// The date of the partition that it holds.
    pub load_date: Option<Date>,
    /// The digest of its manifest.
    pub digest: Option<String>,
    /// When it was published, UTC.
    pub published_at: Timestamp,
}

/// Where a bad row stands that a load set aside, and why; never a cell's value. It lands as `raw._rejects`, with the
/// columns of the rows that a source of files sets aside.
#[derive(Table, Clone, Debug, PartialEq)]
#[table(layer = "raw", name = "_rejects", grain(table_name, number))]
pub struct Rejects {
    /// The table that it would have been a row of.
    pub table_name: String,
    /// Which of the table's bad rows it is; the first is 1.
    pub number: i64,
    /// The file.
    pub file: String,
    /// The line in which the row starts; the first is 1.
    pub line: i64,
    /// The column whose value is bad; NULL where it is the row as a whole.
    pub column_name: Option<String>,
    /// What is wrong.
    pub reason: String,
}

/// All of them, as they are in the warehouse.
pub(super) fn tables() -> [TableDecl; 5] {
    [
        Loads::declaration(),
        Claims::declaration(),
        Builds::declaration(),
        Tables::declaration(),
        Landed::<Rejects>::declaration(),
    ]
}
