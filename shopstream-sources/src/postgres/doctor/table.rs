//! What may go wrong with a table.

use shopstream_core::{Error, ErrorKind, Result, TableRef, doctor::Finding};
use tokio_postgres::types::Type;

use super::super::{
    catalog::{self, Attribute, Kind, Relation, get, quoted},
    connection::Connection,
    options::Policies,
    plan::Plan,
};

/// What the catalog says of a table beside its columns.
struct Details {
    /// The columns that the user may not read.
    denied: Vec<String>,
    rows_hidden: bool,
}

/// Examines a table, as this user sees it.
pub(super) async fn examine(
    connection: &Connection,
    policies: &Policies,
    user: &str,
    table: &TableRef,
) -> Result<Vec<Finding>> {
    let relation = match catalog::find(connection, table).await {
        Ok(Some(relation)) => relation,
        Ok(None) => {
            return Ok(vec![
                Finding::problem(table, "it is not there")
                    .with_cause("the database has no table or view of this name, or the search path not its schema")
                    .with_fix("check the name, and the schema before it"),
            ]);
        }
        Err(error) if error.kind() == ErrorKind::Permission => {
            return Ok(vec![
                Finding::problem(table, "its schema cannot be looked into")
                    .with_cause(error.to_string())
                    .with_fix(format!("GRANT USAGE ON SCHEMA {} TO {user}", quoted(table.schema()))),
            ]);
        }
        Err(error) => return Err(error),
    };
    let details = details(connection, &relation).await?;
    let attributes = catalog::attributes(connection, &relation).await?;
    let mut findings = rights(&relation, attributes.len(), &details, user);
    findings.extend(division(&relation));
    findings.extend(columns(&relation, &attributes, policies));
    if relation.is_table() && attributes.iter().all(|a| a.key_position.is_none()) {
        findings.push(
            Finding::warning(&relation.name, "it has no primary key")
                .with_cause("without one, changed rows cannot be merged, and deleted ones not be found")
                .with_fix(format!("ALTER TABLE {} ADD PRIMARY KEY (…)", relation.quoted())),
        );
    }
    if findings.is_empty() {
        let what = format!("it can be read, with {} columns", attributes.len());
        findings.push(Finding::ok(&relation.name, what));
    }
    Ok(findings)
}

async fn details(connection: &Connection, relation: &Relation) -> Result<Details> {
    const SQL: &str = "SELECT ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 \
        AND NOT a.attisdropped AND NOT pg_catalog.has_column_privilege(c.oid, a.attnum, 'SELECT') \
        ORDER BY a.attnum), pg_catalog.row_security_active(c.oid) \
        FROM pg_catalog.pg_class c WHERE c.oid = pg_catalog.to_regclass($1)::oid";
    let rows = connection.query(SQL, &[(&relation.quoted(), Type::TEXT)]).await?;
    let row = rows.first().ok_or_else(|| Error::not_found("the table went away meanwhile"))?;
    Ok(Details { denied: get(row, 0)?, rows_hidden: get(row, 1)? })
}

fn rights(relation: &Relation, columns: usize, details: &Details, user: &str) -> Vec<Finding> {
    let (name, denied, mut findings) = (&relation.name, &details.denied, vec![]);
    if !denied.is_empty() {
        let which = if denied.len() == columns { "it".to_owned() } else { format!("columns {}", denied.join(", ")) };
        findings.push(
            Finding::problem(name, format!("the user may not read {which}"))
                .with_cause("there is no SELECT for it")
                .with_fix(format!("GRANT SELECT ON {} TO {user}", relation.quoted())),
        );
    }
    if details.rows_hidden {
        findings.push(
            Finding::warning(name, "rows may be missing, and nothing will tell")
                .with_cause("row-level security shows this user some rows only")
                .with_fix(format!("ALTER ROLE {user} BYPASSRLS, or a policy that shows it all rows")),
        );
    }
    findings
}

/// Whether several connections can each read a range of the table's pages.
fn division(relation: &Relation) -> Option<Finding> {
    let (cause, fix) = match relation.kind() {
        Kind::View => ("a view has no pages of its own", "read the tables beneath it, and join them in a model"),
        Kind::Partitioned => ("a partitioned table has no pages of its own", "read its partitions, each as a table"),
        Kind::Foreign => ("a foreign table has its pages on another server", "read it from that server"),
        Kind::Table | Kind::Materialized if relation.tid_ranges => return None,
        Kind::Table | Kind::Materialized => (
            "the server is older than PostgreSQL 14, or the table's access method is not heap",
            "upgrade the server, or keep the rows in a heap table",
        ),
    };
    let what = "it is read by one connection, and cannot be divided among several";
    Some(Finding::warning(&relation.name, what).with_cause(cause).with_fix(fix))
}

/// The columns that a read would refuse.
fn columns(relation: &Relation, attributes: &[Attribute], policies: &Policies) -> Vec<Finding> {
    let refused = |a: &Attribute| {
        let only = std::slice::from_ref(&a.name);
        let error = Plan::new(relation.clone(), attributes, Some(only), policies).err()?;
        let subject = format!("{}.{}", relation.name, a.name);
        let fix = "leave the column out of the reads, or have it read as text: with_unknown_types, with_numeric";
        Some(Finding::problem(subject, "the column cannot be read").with_cause(error.to_string()).with_fix(fix))
    };
    attributes.iter().filter_map(refused).collect()
}
