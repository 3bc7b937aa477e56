//! The tables that loads need for themselves.

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

/// Both, as they are in the warehouse.
pub(super) fn tables() -> [TableDecl; 2] {
    [Loads::declaration(), Landed::<Rejects>::declaration()]
}
