//! The tables that have to be there, and their columns.

use super::{
    Inventory, Settings, Statement,
    catalog::{CatalogColumn, CatalogTable},
    inventory::FoundColumn,
    wanted::{pii_tag, pii_value},
};
use crate::snowflake::sql::{DataType, literal};

/// The statements that make a table what it is declared to be.
///
/// A column that is added may hold NULL, also where it is declared not to: the rows that are there have no value for it,
/// until the next publish replaces them.
pub(super) fn differences(table: &CatalogTable, inventory: &Inventory) -> Vec<Statement> {
    let (object, name) = (table.object(), &table.name);
    let Some(found) = inventory.found(&object) else {
        return vec![Statement::additive(&object, table.docs, create(table))];
    };
    let alter = |what: String| format!("ALTER TABLE {name} {what}");
    let mut statements = vec![];
    if found.property("COMMENT").unwrap_or_default() != table.docs {
        let sql = alter(format!("SET COMMENT = {}", literal(table.docs)));
        statements.push(Statement::additive(&object, "sets its description", sql));
    }
    for gone in found.columns.iter().filter(|f| table.columns.iter().all(|c| c.name != f.name)) {
        let purpose = format!("column {} is not declared any more: its values are lost", gone.name);
        statements.push(Statement::destructive(&object, purpose, alter(format!("DROP COLUMN {}", gone.name))));
    }
    for column in &table.columns {
        let add = || alter(format!("ADD COLUMN {} {}{}", column.name, column.data_type, comment(column)));
        match found.columns.iter().find(|f| f.name == column.name) {
            None => {
                statements.push(Statement::additive(&object, format!("column {} is new", column.name), add()));
            }
            Some(found) if found.data_type.widens_to(&column.data_type) => {
                statements.extend(changes(column, found).into_iter().map(|(purpose, change)| {
                    Statement::additive(&object, purpose, alter(format!("ALTER COLUMN {} {change}", column.name)))
                }));
            }
            Some(found) => {
                let purpose = retyped(column, &found.data_type);
                let drop = alter(format!("DROP COLUMN {}", column.name));
                statements.push(Statement::destructive(&object, format!("{purpose}: its values are lost"), drop));
                statements.push(Statement::destructive(&object, purpose, add()));
            }
        }
    }
    statements
}

fn retyped(column: &CatalogColumn, found: &DataType) -> String {
    format!("column {} becomes {}, and was {found}", column.name, column.data_type)
}

/// What has to change of a column whose values stay.
fn changes(column: &CatalogColumn, found: &FoundColumn) -> Vec<(String, String)> {
    let mut changes = vec![];
    if found.data_type != column.data_type {
        changes.push((retyped(column, &found.data_type), format!("SET DATA TYPE {}", column.data_type)));
    }
    if column.declared.nullable && !found.nullable {
        changes.push((format!("column {} may hold NULL", column.name), "DROP NOT NULL".to_owned()));
    }
    if found.comment != column.declared.docs {
        let change = format!("COMMENT {}", literal(column.declared.docs));
        changes.push((format!("column {} gets its description", column.name), change));
    }
    changes
}

fn create(table: &CatalogTable) -> String {
    let mut lines: Vec<String> = table.columns.iter().map(definition).collect();
    if !table.grain.is_empty() {
        let key: Vec<String> = table.grain.iter().map(ToString::to_string).collect();
        lines.push(format!("PRIMARY KEY ({})", key.join(", ")));
    }
    let comment = literal(table.docs);
    format!("CREATE TABLE IF NOT EXISTS {} (\n    {}\n) COMMENT = {comment}", table.name, lines.join(",\n    "))
}

fn definition(column: &CatalogColumn) -> String {
    let not_null = if column.declared.nullable { "" } else { " NOT NULL" };
    format!("{} {}{not_null}{}", column.name, column.data_type, comment(column))
}

fn comment(column: &CatalogColumn) -> String {
    format!(" COMMENT {}", literal(column.declared.docs))
}

/// The statements that tag a table's columns with their class of personal data.
pub(super) fn tags(settings: &Settings, table: &CatalogTable, inventory: &Inventory) -> Vec<Statement> {
    let (object, tag) = (table.object(), pii_tag(settings));
    let columns = inventory.found(&object).map(|f| f.columns.as_slice()).unwrap_or_default();
    let mut statements = vec![];
    for column in &table.columns {
        // One that is made anew has lost its tag.
        let stays = |f: &&FoundColumn| f.name == column.name && f.data_type.widens_to(&column.data_type);
        let found = columns.iter().find(stays).and_then(|f| inventory.tag(&table.name, &f.name, &tag));
        let wanted = column.declared.pii.map(pii_value);
        let alter = |what: String| format!("ALTER TABLE {} MODIFY COLUMN {} {what}", table.name, column.name);
        match (wanted, found) {
            (Some(wanted), found) if found != Some(wanted) => {
                let purpose = format!("column {} is personal data, {wanted}", column.name);
                let sql = alter(format!("SET TAG {tag} = {}", literal(wanted)));
                statements.push(Statement::additive(&object, purpose, sql));
            }
            (None, Some(_)) => {
                let purpose = format!("column {} is not declared as personal data any more", column.name);
                statements.push(Statement::destructive(&object, purpose, alter(format!("UNSET TAG {tag}"))));
            }
            _ => {}
        }
    }
    statements
}
