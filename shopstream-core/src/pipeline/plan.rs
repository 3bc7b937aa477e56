//! What is about to be read, compared with what is declared and with what was read before.

use futures::{FutureExt, TryStreamExt};
use std::fmt;

use super::{Event, Pipeline, all};
use crate::{
    Error, ErrorKind, Landed, Manifest, OnChange, Partition, Result, SchemaChange, Source, TableDecl, TableRef,
    TableSchema, table::is_text,
};

/// A table that can be read.
pub(super) struct TablePlan<'a> {
    pub(super) table: &'a TableDecl,
    /// What it is called in the source.
    pub(super) from: TableRef,
    /// The columns that are read, and the key.
    pub(super) schema: TableSchema,
    /// Whether columns are left out.
    pub(super) partly: bool,
    /// What became of its columns since it was read last.
    pub(super) changes: Vec<SchemaChange>,
}

impl<P: Clone + fmt::Debug + Send + Sync + 'static> Pipeline<P> {
    /// What is about to be read: told to the observer, and an error with all that stands against it.
    pub(super) async fn plan(&self, source: &dyn Source) -> Result<Vec<TablePlan<'_>>> {
        let planned = all(self.workers, self.selected().map(|t| self.plan_table(source, t).boxed()).collect()).await?;
        let (mut plans, mut undeclared, mut stopping) = (vec![], vec![], vec![]);
        for (plan, differences, stops) in planned {
            if !plan.changes.is_empty() {
                self.observer.on(&Event::SchemaChanged { table: plan.table.name, changes: &plan.changes });
            }
            undeclared.extend(differences);
            stopping.extend(stops);
            plans.push(plan);
        }
        if !undeclared.is_empty() {
            let what = undeclared.into_iter().chain(stopping).collect::<Vec<_>>().join("; ");
            return Err(Error::schema(format!("the source is not as declared, nothing was extracted: {what}")));
        }
        if !stopping.is_empty() {
            return Err(Error::schema(format!(
                "the source has changed since it was extracted last, nothing was extracted: {}; mend the source, or \
                 let it go on by the pipeline's schema policy",
                stopping.join("; ")
            )));
        }
        Ok(plans)
    }

    /// A table's plan, what is not as declared, and the changes that stop.
    async fn plan_table<'a>(
        &'a self,
        source: &dyn Source,
        table: &'a TableDecl,
    ) -> Result<(TablePlan<'a>, Vec<String>, Vec<String>)> {
        let from = self.in_source(table);
        let mut schema = source.describe(&from).await.map_err(|e| match e.kind() {
            ErrorKind::NotFound => e.with("declared", table.table_ref()),
            _ => e,
        })?;
        let undeclared = differences(table, &from, &schema);
        if schema.primary_key.is_empty() && table.grain.iter().all(|c| schema.column(c).is_some()) {
            schema.primary_key = table.grain.iter().map(|c| (*c).to_owned()).collect();
        }
        let changes = match self.latest(table).await? {
            Some(manifest) => manifest.schema.changes(&schema),
            None => vec![],
        };
        let on = |change: &&SchemaChange, what: OnChange| self.schema_policy.on(change) == what;
        let stops = changes.iter().filter(|c| on(c, OnChange::Freeze)).map(|c| format!("{from}: {c}")).collect();
        let left_out = |c: &&SchemaChange| matches!(c, SchemaChange::ColumnAdded(_) | SchemaChange::Retyped { .. });
        let left_out = changes.iter().filter(|c| on(c, OnChange::Discard)).filter(left_out);
        let left_out: Vec<&str> = left_out.filter_map(SchemaChange::column).collect();
        let columns = schema.columns.len();
        schema.columns.retain(|c| !left_out.contains(&c.name.as_str()));
        let partly = schema.columns.len() < columns;
        // A part of a key names no row.
        if schema.primary_key.iter().any(|k| left_out.contains(&k.as_str())) {
            schema.primary_key.clear();
        }
        let mode = self.mode(table);
        mode.check(&schema).map_err(|e| e.with("table", table.table_ref()).with("sync", mode))?;
        Ok((TablePlan { table, from, schema, partly, changes }, undeclared, stops))
    }

    /// What a table of the project is called in the source.
    fn in_source(&self, table: &TableDecl) -> TableRef {
        let by_name = || TableRef::new(&self.source_schema, table.name);
        self.source_tables.get(table.name).cloned().unwrap_or_else(by_name)
    }

    /// The last manifest of a table, of the logical date or before it.
    async fn latest(&self, table: &TableDecl) -> Result<Option<Manifest>> {
        let dates: Vec<Partition> = self.lake.list(table.name).try_collect().await?;
        match dates.iter().rev().find(|p| p.date <= self.date) {
            Some(partition) => self.lake.manifest(partition).await,
            None => Ok(None),
        }
    }
}

/// The declared columns that a source lacks, or has of another type. Whether they may be NULL shows in the rows.
fn differences(declared: &TableDecl, table: &TableRef, found: &TableSchema) -> Vec<String> {
    let own = [Landed::<()>::LOADED_AT, Landed::<()>::SOURCE_FILE];
    let landed = declared.columns.iter().filter(|c| !own.contains(&c.name));
    let difference = |c: &crate::ColumnDecl| match found.column(c.name) {
        None => Some(format!("{table}.{}: missing, expected {}", c.name, c.data_type)),
        Some(f) if f.data_type == c.data_type || is_text(&f.data_type) && is_text(&c.data_type) => None,
        Some(f) => Some(format!("{table}.{}: expected {}, found {}", c.name, c.data_type, f.data_type)),
    };
    landed.filter_map(difference).collect()
}
