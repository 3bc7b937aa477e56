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
    /// Of its values: a domain is the type that it is made of.
    pub(super) base: BaseType,
    /// Of an array: its items.
    pub(super) items: Option<Items>,
    /// Of a domain: the name of the type that it is made of, as SQL takes it.
    pub(super) cast: Option<String>,
    /// Whether it, or the domain that it is of, is NOT NULL.
    pub(super) not_null: bool,
    /// Whether the database makes its value itself, always.
    pub(super) generated: bool,
    /// The type as the database writes it: `numeric(10,2)`.
    pub(super) native_type: String,
    /// Where in the primary key it stands.
    pub(super) key_position: Option<i32>,
}

/// A type that is no domain.
#[derive(Clone, Debug)]
pub(super) struct BaseType {
    pub(super) oid: u32,
    pub(super) typmod: i32,
    pub(super) is_enum: bool,
    /// Whether what it prints is the same on any server: all but money, and types of extensions that are no texts.
    pub(super) prints: bool,
    /// The function that prints it, as SQL takes it.
    pub(super) output: String,
}

/// What an array consists of.
#[derive(Clone, Debug)]
pub(super) struct Items {
    /// The items' type as the array has it, which may be a domain.
    pub(super) declared: u32,
    pub(super) base: BaseType,
    /// Whether commas are between them when they are printed; it is a semicolon between boxes.
    pub(super) by_comma: bool,
}

/// Finds a table; without a schema, the way the server looks a name up.
pub(super) async fn find(connection: &Connection, table: &TableRef) -> Result<Option<Relation>> {
    const SQL: &str = "SELECT c.oid, n.nspname::text, c.relname::text, c.relkind::text, \
        CASE WHEN c.relkind IN ('r', 'm') THEN pg_catalog.pg_relation_size(c.oid, 'main') \
        / pg_catalog.current_setting('block_size')::int8 ELSE 0 END, \
        pg_catalog.current_setting('server_version_num')::int4 >= 140000 \
        AND EXISTS (SELECT FROM pg_catalog.pg_am m WHERE m.oid = c.relam AND m.amname = 'heap'), \
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
        readable: get(row, 6)?,
    }))
}

/// Finds a table that must be there.
pub(super) async fn expect(connection: &Connection, table: &TableRef) -> Result<Relation> {
    let found = find(connection, table).await?;
    found.ok_or_else(|| Error::not_found("no such table in the database").with("table", table))
}

/// The bytes that the rows of each table lie in, with what is stored aside of them: of a table with partitions those of all
/// of them, of what is no table and what is not there none.
pub(super) async fn sizes(connection: &Connection, tables: &[TableRef]) -> Result<Vec<Option<u64>>> {
    const SQL: &str = "SELECT (SELECT sum(pg_catalog.pg_relation_size(c.oid, 'main') \
        + CASE WHEN c.reltoastrelid = 0 THEN 0 ELSE pg_catalog.pg_relation_size(c.reltoastrelid, 'main') END)::int8 \
        FROM pg_catalog.pg_class c WHERE c.relkind IN ('r', 'm') AND (c.oid = t.oid \
        OR c.oid IN (SELECT p.relid FROM pg_catalog.pg_partition_tree(t.oid) p))) \
        FROM (SELECT pg_catalog.to_regclass(n.name) AS oid, n.i \
        FROM pg_catalog.unnest($1::pg_catalog.text[]) WITH ORDINALITY n (name, i)) t ORDER BY t.i";
    let names: Vec<String> = tables.iter().map(quoted_table).collect();
    let rows = connection.query(SQL, &[(&names, Type::TEXT_ARRAY)]).await?;
    rows.iter().map(|row| Ok(get::<Option<i64>>(row, 0)?.and_then(|size| u64::try_from(size).ok()))).collect()
}

/// The columns of a table, in their order.
pub(super) async fn attributes(connection: &Connection, relation: &Relation) -> Result<Vec<Attribute>> {
    // From each column's type on, through domains to what they are made of, and once from an array to its items. Rows
    // of a view may lack what the domain demands, as those of an outer join do.
    const SQL: &str = "WITH RECURSIVE step (attnum, oid, typmod, not_null, is_item) AS ( \
        SELECT attnum, atttypid, atttypmod, false, false FROM pg_catalog.pg_attribute \
        WHERE attrelid = $1 AND attnum > 0 AND NOT attisdropped \
        UNION ALL SELECT s.attnum, CASE t.typtype WHEN 'd' THEN t.typbasetype ELSE t.typelem END, \
        CASE t.typtype WHEN 'd' THEN t.typtypmod ELSE s.typmod END, s.not_null OR t.typnotnull AND NOT s.is_item, \
        s.is_item OR t.typtype <> 'd' FROM step s JOIN pg_catalog.pg_type t ON t.oid = s.oid \
        WHERE t.typtype = 'd' OR NOT s.is_item AND EXISTS \
        (SELECT FROM pg_catalog.pg_type e WHERE e.oid = t.typelem AND e.typarray = t.oid)), \
        base AS (SELECT s.*, t.typtype = 'e' AS is_enum, t.oid NOT IN (790, 791) AND (t.typtype <> 'b' \
        OR t.typnamespace = 'pg_catalog'::pg_catalog.regnamespace OR t.typcategory = 'S') AS prints, \
        t.typoutput::pg_catalog.regproc::pg_catalog.text AS output, t.typelem \
        FROM step s JOIN pg_catalog.pg_type t ON t.oid = s.oid WHERE t.typtype <> 'd') \
        SELECT a.attname::pg_catalog.text, a.attnotnull OR b.not_null AND c.relkind IN ('r', 'p'), \
        a.attgenerated <> '', pg_catalog.format_type(a.atttypid, a.atttypmod), \
        (SELECT pg_catalog.array_position(x.indkey::pg_catalog.int2[], a.attnum) FROM pg_catalog.pg_index x \
         WHERE x.indrelid = a.attrelid AND x.indisprimary), \
        CASE WHEN b.oid <> a.atttypid THEN pg_catalog.format_type(b.oid, -1) END, \
        b.oid, b.typmod, b.is_enum, b.prints, b.output, i.oid, i.typmod, i.is_enum, i.prints, i.output, \
        b.typelem, (SELECT d.typdelim = ',' FROM pg_catalog.pg_type d WHERE d.oid = b.typelem) \
        FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid \
        JOIN base b ON b.attnum = a.attnum AND NOT b.is_item \
        LEFT JOIN base i ON i.attnum = a.attnum AND i.is_item \
        WHERE a.attrelid = $1 ORDER BY a.attnum";
    let rows =
        connection.query(SQL, &[(&relation.oid, Type::OID)]).await.map_err(|e| e.with("table", &relation.name))?;
    rows.iter().map(attribute).collect()
}

fn attribute(row: &Row) -> Result<Attribute> {
    let is_array = get::<Option<u32>>(row, 11)?.is_some();
    Ok(Attribute {
        name: get(row, 0)?,
        not_null: get(row, 1)?,
        generated: get(row, 2)?,
        native_type: get(row, 3)?,
        key_position: get(row, 4)?,
        cast: get(row, 5)?,
        base: base_type(row, 6)?,
        items: if is_array {
            Some(Items { declared: get(row, 16)?, base: base_type(row, 11)?, by_comma: get(row, 17)? })
        } else {
            None
        },
    })
}

/// The type whose parts begin at a column of the answer.
fn base_type(row: &Row, first: usize) -> Result<BaseType> {
    Ok(BaseType {
        oid: get(row, first)?,
        typmod: get(row, first + 1)?,
        is_enum: get(row, first + 2)?,
        prints: get(row, first + 3)?,
        output: get(row, first + 4)?,
    })
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
