//! What a query finds: tables and functions.

use datafusion::{
    catalog::{CatalogProvider, MemoryCatalogProvider, MemorySchemaProvider, SchemaProvider},
    common::Result,
    execution::{SessionState, SessionStateBuilder, SessionStateDefaults},
    logical_expr::Volatility,
    prelude::SessionConfig,
};
use shopstream_core::TableRef;
use std::{collections::BTreeMap, sync::Arc};

use super::{functions, table::PublishedTable};
use crate::local::reader::TableReader;

const CATALOG: &str = "warehouse";

/// A session without tables. It knows no files, no clock and no dice: a query of one version has one answer.
pub(super) fn new() -> SessionState {
    let config = SessionConfig::new()
        .with_default_catalog_and_schema(CATALOG, "")
        .with_create_default_catalog_and_schema(false)
        // 0.2 is a decimal, as it is in Snowflake.
        .set_bool("datafusion.sql_parser.parse_float_as_decimal", true);
    let builtin = SessionStateDefaults::default_scalar_functions().into_iter();
    let mut functions: Vec<_> = builtin.filter(|f| f.signature().volatility == Volatility::Immutable).collect();
    functions.extend(functions::all().into_iter().map(Arc::new));
    SessionStateBuilder::new()
        .with_config(config)
        .with_scalar_functions(functions)
        .with_aggregate_functions(SessionStateDefaults::default_aggregate_functions())
        .with_window_functions(SessionStateDefaults::default_window_functions())
        .with_expr_planners(SessionStateDefaults::default_expr_planners())
        .build()
}

/// Shows tables to a session.
pub(super) fn register(state: &SessionState, tables: BTreeMap<TableRef, TableReader>) -> Result<()> {
    let mut schemas: BTreeMap<String, MemorySchemaProvider> = BTreeMap::new();
    for (table, reader) in tables {
        let schema = schemas.entry(table.schema().to_owned()).or_default();
        schema.register_table(table.table().to_owned(), Arc::new(PublishedTable::new(reader)))?;
    }
    let catalog = MemoryCatalogProvider::new();
    for (name, schema) in schemas {
        catalog.register_schema(&name, Arc::new(schema))?;
    }
    state.catalog_list().register_catalog(CATALOG.to_owned(), Arc::new(catalog));
    Ok(())
}
