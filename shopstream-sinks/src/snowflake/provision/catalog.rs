//! The declared tables, with their names in Snowflake.

use shopstream_core::{ColumnDecl, Dialect, Error, Landed, Result, TableDecl};
use std::collections::BTreeMap;

use super::{Object, Settings, bookkeeping, object::Kind, settings::RAW};
use crate::snowflake::sql::{DataType, Ident, Name};

/// A declared table, as it has to be in Snowflake.
#[derive(Clone, Debug)]
pub(super) struct CatalogTable {
    pub(super) layer: String,
    pub(super) name: Name,
    pub(super) docs: &'static str,
    pub(super) grain: Vec<Ident>,
    pub(super) columns: Vec<CatalogColumn>,
}

/// A declared column, as it has to be in Snowflake.
#[derive(Clone, Debug)]
pub(super) struct CatalogColumn {
    pub(super) name: Ident,
    pub(super) data_type: DataType,
    pub(super) declared: ColumnDecl,
}

impl CatalogTable {
    pub(super) fn object(&self) -> Object {
        Object::new(Kind::Table, self.name.clone())
    }

    /// The schema that it lies in.
    pub(super) fn schema(&self) -> Option<Name> {
        self.name.parent()
    }

    /// The column of a declared name.
    pub(super) fn column(&self, declared: &str) -> Option<&CatalogColumn> {
        self.columns.iter().find(|c| c.declared.name == declared)
    }
}

/// The declared tables in the order in which they were given, then those that loads need for themselves.
///
/// # Errors
/// `Config` with all that does not fit.
pub(super) fn catalog(settings: &Settings, declarations: &[TableDecl]) -> Result<Vec<CatalogTable>> {
    let own =
        bookkeeping::tables().into_iter().filter(|own| declarations.iter().all(|d| d.table_ref() != own.table_ref()));
    let (mut tables, mut problems, mut seen) = (vec![], vec![], BTreeMap::new());
    for declaration in declarations.iter().cloned().chain(own) {
        match table(settings, &declaration) {
            Ok(table) => {
                if let Some(other) = seen.insert(table.name.clone(), declaration.table_ref()) {
                    problems.push(format!("{} and {other} would both be {}", declaration.table_ref(), table.name));
                }
                tables.push(table);
            }
            Err(error) => problems.push(error.with("table", declaration.table_ref()).to_string()),
        }
    }
    if problems.is_empty() {
        return Ok(tables);
    }
    Err(Error::config(format!("the tables cannot be made in Snowflake: {}", problems.join("; "))))
}

/// A declaration in Snowflake.
pub(super) fn table(settings: &Settings, declaration: &TableDecl) -> Result<CatalogTable> {
    check_landed(declaration)?;
    let name = settings.table_name(&declaration.table_ref())?;
    let mut columns: Vec<CatalogColumn> = vec![];
    for declared in &declaration.columns {
        let name = Ident::new(declared.name).map_err(|e| e.with("column", declared.name.escape_debug()))?;
        if let Some(other) = columns.iter().find(|c| c.name == name) {
            return Err(Error::config("two columns have the same name in upper case")
                .with("columns", format!("{}, {}", other.declared.name, declared.name)));
        }
        let data_type = DataType::parse(&declared.sql_type(Dialect::Snowflake));
        columns.push(CatalogColumn { name, data_type, declared: declared.clone() });
    }
    if columns.is_empty() {
        return Err(Error::config("a table has at least one column"));
    }
    let grain = declaration.grain.iter().map(|g| Ident::new(g)).collect::<Result<_>>()?;
    Ok(CatalogTable { layer: declaration.layer.to_owned(), name, docs: declaration.docs, grain, columns })
}

/// An error when rows of a source would land in a table that cannot say when and from where.
fn check_landed(declaration: &TableDecl) -> Result<()> {
    let own = [Landed::<bookkeeping::Rejects>::LOADED_AT, Landed::<bookkeeping::Rejects>::SOURCE_FILE];
    let missing: Vec<&str> = own.into_iter().filter(|c| declaration.column(c).is_none()).collect();
    let landed = |d: &TableDecl| d.layer == RAW && !bookkeeping::tables().iter().any(|own| own.name == d.name);
    if landed(declaration) && !missing.is_empty() {
        return Err(Error::config("a table of landed rows says when and from where they came: declare it as Landed")
            .with("columns", missing.join(", ")));
    }
    Ok(())
}
