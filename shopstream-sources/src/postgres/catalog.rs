//! What the server's catalog says of a table.

use shopstream_core::{Error, Result, TableRef};
use std::fmt;
use tokio_postgres::{Row, types::Type};

use super::connection::Connection;

/// A table, view or the like, found by name.
#[derive(Clone, Debug)]
pub(super) struct Relation {
    oid: u32,
    /// With the schema that it was found in.
    pub(super) name: TableRef,
    kind: Kind,
    /// The pages that its own rows lie in.
    pub(super) pages: u64,
    /// Whether the server can read a range of them without looking at the others.
    pub(super) tid_ranges: bool,
    /// Whether it is a table that all of its rows lie in, none in heirs.
    pub(super) stands_alone: bool,
    readable: bool,
}

/// What a relation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A table with rows of its own.
    Table,
    Materialized,
    Partitioned,
    View,
    Foreign,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Table => "a table",
            Kind::Materialized => "a materialized view",
            Kind::Partitioned => "a partitioned table",
            Kind::View => "a view",
            Kind::Foreign => "a foreign table",
        })
    }
}

impl Relation {
    /// The name as SQL takes it.
    pub(super) fn quoted(&self) -> String {
        quoted_table(&self.name)
    }

    /// What it is.
    pub(super) fn kind(&self) -> Kind {
        self.kind
    }

    /// Whether it can be locked: tables can, also partitioned ones.
    pub(super) fn is_table(&self) -> bool {
        matches!(self.kind, Kind::Table | Kind::Partitioned)
    }

    /// The table, if any of it may be read.
    pub(super) fn readable(self) -> Result<Self> {
        if !self.readable {
            return Err(Error::permission("no right to read the table: ask for GRANT SELECT").with("table", self.name));
        }
        Ok(self)
    }
}

/// A column as the catalog has it.
#[derive(Clone, Debug)]
pub(super) struct Attribute {
    pub(super) name: String,
    pub(super) type_oid: u32,
    pub(super) typmod: i32,
    pub(super) not_null: bool,
    /// Whether the database makes its value itself, always.
    pub(super) generated: bool,
    /// The type as the database writes it: `numeric(10,2)`.
    pub(super) native_type: String,
    /// Where in the primary key it stands.
    pub(super) key_position: Option<i32>,
}

/// Finds a table; without a schema, the way the server looks a name up.
pub(super) async fn find(connection: &Connection, table: &TableRef) -> Result<Option<Relation>> {
    const SQL: &str = "SELECT c.oid, n.nspname::text, c.relname::text, c.relkind::text, \
        CASE WHEN c.relkind IN ('r', 'm') THEN pg_catalog.pg_relation_size(c.oid, 'main') \
        / pg_catalog.current_setting('block_size')::int8 ELSE 0 END, \
        pg_catalog.current_setting('server_version_num')::int4 >= 140000, c.relkind = 'r' AND NOT c.relhassubclass, \
        pg_catalog.has_any_column_privilege(c.oid, 'SELECT') \
        FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
        WHERE c.oid = pg_catalog.to_regclass($1)::oid AND c.relkind IN ('r', 'p', 'v', 'm', 'f')";
    let rows =
        connection.query(SQL, &[(&quoted_table(table), Type::TEXT)]).await.map_err(|e| e.with("table", table))?;
    let Some(row) = rows.first() else { return Ok(None) };
    Ok(Some(Relation {
        oid: get(row, 0)?,
        name: TableRef::new(get::<String>(row, 1)?, get::<String>(row, 2)?),
        kind: match get::<String>(row, 3)?.as_str() {
            "r" => Kind::Table,
            "m" => Kind::Materialized,
            "p" => Kind::Partitioned,
            "v" => Kind::View,
            _ => Kind::Foreign,
        },
        pages: u64::try_from(get::<i64>(row, 4)?).unwrap_or_default(),
        tid_ranges: get(row, 5)?,
        stands_alone: get(row, 6)?,
        readable: get(row, 7)?,
    }))
}

/// Finds a table that must be there.
pub(super) async fn expect(connection: &Connection, table: &TableRef) -> Result<Relation> {
    let found = find(connection, table).await?;
    found.ok_or_else(|| Error::not_found("no such table in the database").with("table", table))
}

/// The columns of a table, in their order.
pub(super) async fn attributes(connection: &Connection, relation: &Relation) -> Result<Vec<Attribute>> {
    const SQL: &str = "SELECT a.attname::text, a.atttypid, a.atttypmod, a.attnotnull, a.attgenerated <> '', \
        pg_catalog.format_type(a.atttypid, a.atttypmod), \
        (SELECT pg_catalog.array_position(i.indkey::int2[], a.attnum) FROM pg_catalog.pg_index i \
         WHERE i.indrelid = a.attrelid AND i.indisprimary) \
        FROM pg_catalog.pg_attribute a WHERE a.attrelid = $1 AND a.attnum > 0 AND NOT a.attisdropped \
        ORDER BY a.attnum";
    let rows =
        connection.query(SQL, &[(&relation.oid, Type::OID)]).await.map_err(|e| e.with("table", &relation.name))?;
    rows.iter()
        .map(|row| {
            Ok(Attribute {
                name: get(row, 0)?,
                type_oid: get(row, 1)?,
                typmod: get(row, 2)?,
                not_null: get(row, 3)?,
                generated: get(row, 4)?,
                native_type: get(row, 5)?,
                key_position: get(row, 6)?,
            })
        })
        .collect()
}

/// A column of an answer that is of our own asking.
pub(super) fn get<'a, T: tokio_postgres::types::FromSql<'a>>(row: &'a Row, column: usize) -> Result<T> {
    row.try_get(column).map_err(|_| Error::internal("the catalog answers in another type than asked for"))
}

/// A name as SQL takes it, whatever is in it.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn quoted_table(table: &TableRef) -> String {
    if table.schema().is_empty() {
        quoted(table.table())
    } else {
        format!("{}.{}", quoted(table.schema()), quoted(table.table()))
    }
}
