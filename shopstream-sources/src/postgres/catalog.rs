//! What the server's catalog says of a table.

use shopstream_core::{Error, Result, TableRef};
use tokio_postgres::{Row, types::Type};

use super::connection::Connection;

/// A table, view or the like, found by name.
#[derive(Clone, Debug)]
pub(super) struct Relation {
    oid: u32,
    /// With the schema that it was found in.
    pub(super) name: TableRef,
    /// Whether it holds rows of its own or of its partitions, other than a view or a foreign table.
    pub(super) is_table: bool,
    readable: bool,
}

impl Relation {
    /// The name as SQL takes it.
    pub(super) fn quoted(&self) -> String {
        quoted_table(&self.name)
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
    const SQL: &str = "SELECT c.oid, n.nspname::text, c.relname::text, c.relkind IN ('r', 'p'), \
        pg_catalog.has_any_column_privilege(c.oid, 'SELECT') \
        FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
        WHERE c.oid = pg_catalog.to_regclass($1)::oid AND c.relkind IN ('r', 'p', 'v', 'm', 'f')";
    let rows =
        connection.query(SQL, &[(&quoted_table(table), Type::TEXT)]).await.map_err(|e| e.with("table", table))?;
    let Some(row) = rows.first() else { return Ok(None) };
    Ok(Some(Relation {
        oid: get(row, 0)?,
        name: TableRef::new(get::<String>(row, 1)?, get::<String>(row, 2)?),
        is_table: get(row, 3)?,
        readable: get(row, 4)?,
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
