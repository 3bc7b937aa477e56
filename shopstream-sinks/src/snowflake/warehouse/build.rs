//! A build: tables beside the published ones, which the warehouse's ledger knows as the run's.

use arrow::{
    array::AsArray,
    datatypes::{DataType, SchemaRef},
};
use async_trait::async_trait;
use shopstream_core::{
    BatchStream, Build, Check, CheckOutcome, Dialect, Error, Lake, LoadOptions, LoadReport, Manifest, Materialization,
    Materialized, Published, QueryTable, Result, RunId, TableRef, TableSchema,
    sql::{Query, SHOP_RATIO},
};
use std::{
    collections::BTreeMap,
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
};
use tokio::sync::{OnceCell, OwnedMutexGuard};

use super::{
    Shared, check,
    columns::{self, SqlColumn, create_shadow, list},
    ledger::{Claim, Entry},
    names::tag,
    publish, tables,
    work::Work,
};
use crate::snowflake::{
    client::Statement,
    sql::{Ident, Name},
};

/// A table that is made for a build, and not part of it yet.
pub(super) struct Aside {
    pub(super) table: TableRef,
    pub(super) name: Name,
    /// Which of the build's tables it is.
    pub(super) number: i64,
}

/// An open build of a [`SnowflakeWarehouse`](super::SnowflakeWarehouse).
pub(super) struct SnowflakeBuild {
    pub(super) shared: Arc<Shared>,
    pub(super) claim: Claim,
    /// What was published when the build was opened.
    pub(super) base: BTreeMap<TableRef, Entry>,
    tables: Mutex<BTreeMap<TableRef, Entry>>,
    next: AtomicI64,
    /// Held while the ledger is written: its statements would wait for each other in Snowflake.
    turn: tokio::sync::Mutex<()>,
    /// The functions of models, once they are there.
    functions: OnceCell<()>,
    _open: OwnedMutexGuard<()>,
}

impl SnowflakeBuild {
    /// Opens the build of a run, with what is in it.
    pub(super) async fn open(shared: Arc<Shared>, run: &RunId) -> Result<Self> {
        let open = shared.open.clone().try_lock_owned().map_err(|_| {
            Error::conflict("another build of this warehouse is open in this process").with("warehouse", &shared)
        })?;
        let mut work = shared.transformer.on(run).of(run);
        let claim = shared.ledger.claim(&mut work, run, shared.clock.now()).await?;
        let entries = shared.ledger.build(&mut work, run).await?;
        let base = shared.ledger.published(&mut work).await?;
        let next = AtomicI64::new(entries.iter().map(|e| e.number + 1).max().unwrap_or(1));
        let tables = Mutex::new(entries.into_iter().map(|e| (e.table.clone(), e)).collect());
        let (turn, functions) = (tokio::sync::Mutex::default(), OnceCell::new());
        let build = Self { shared, claim, base, tables, next, turn, functions, _open: open };
        build.drop_strays().await?;
        Ok(build)
    }

    /// Begins work on a table, as the role that writes its layer.
    pub(super) fn on(&self, table: &TableRef) -> Work<'_> {
        self.shared.writer(table).on(table).of(&self.claim.run)
    }

    /// The tables of the build.
    pub(super) fn entries(&self) -> MutexGuard<'_, BTreeMap<TableRef, Entry>> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A table as the build has it.
    pub(super) fn find(&self, table: &TableRef) -> Option<Entry> {
        self.entries().get(table).or_else(|| self.base.get(table)).cloned()
    }

    /// What a table is called that the build has, or finds published.
    pub(super) fn name_of(&self, table: &TableRef) -> Result<Option<Name>> {
        let own = self.entries().get(table).map(|entry| entry.number);
        match own {
            Some(number) => self.shadow(table, number).map(Some),
            None if self.base.contains_key(table) => self.shared.layers.table_name(table).map(Some),
            None => Ok(None),
        }
    }

    /// The name of a table of the build.
    pub(super) fn shadow(&self, table: &TableRef, number: i64) -> Result<Name> {
        self.shared.layers.shadow(table, &self.claim.run, number)
    }

    /// A table to make.
    pub(super) fn next(&self, table: &TableRef) -> Result<Aside> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        Ok(Aside { table: table.clone(), name: self.shadow(table, number)?, number })
    }

    /// A query over the tables as the build has them.
    pub(super) fn over_build(&self, query: &Query) -> Query {
        query.with_tables(Dialect::Snowflake, |table| Some(self.name_of(table).ok()??.to_string()))
    }

    /// A query over the tables as they will be published.
    fn over_published(&self, query: &Query) -> Query {
        query.with_tables(Dialect::Snowflake, |table| {
            self.find(table)?;
            Some(self.shared.layers.table_name(table).ok()?.to_string())
        })
    }

    /// Makes a table that is there part of the build, instead of the one that it had.
    pub(super) async fn record(&self, work: &mut Work<'_>, entry: Entry) -> Result<()> {
        let turn = self.turn.lock().await;
        self.shared.ledger.record(work, &self.claim, &entry, self.shared.clock.now()).await?;
        let former = self.entries().insert(entry.table.clone(), entry);
        std::mem::drop(turn);
        if let Some(former) = former {
            self.drop_quietly(work, &former).await;
        }
        Ok(())
    }

    /// Drops a table of the build that is not needed any more. What stays is dropped when the run's build is opened
    /// the next time.
    async fn drop_quietly(&self, work: &mut Work<'_>, entry: &Entry) {
        if let Ok(name) = self.shadow(&entry.table, entry.number) {
            let _ = work.again(tables::drop(&name, entry.kept == Materialization::View)).await;
        }
    }

    /// Drops all tables of a build that is over.
    pub(super) async fn drop_all(&self, entries: impl IntoIterator<Item = Entry>) {
        for entry in entries {
            self.drop_quietly(&mut self.on(&entry.table), &entry).await;
        }
    }

    /// Drops what earlier processes left of this run, and the ledger does not know.
    async fn drop_strays(&self) -> Result<()> {
        let shared = &self.shared;
        let mut work = shared.transformer.on(&self.claim.run).of(&self.claim.run);
        let known: Vec<Name> = {
            let entries = self.entries();
            entries.values().map(|e| self.shadow(&e.table, e.number)).collect::<Result<_>>()?
        };
        let sql = format!(
            "SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE FROM {}.INFORMATION_SCHEMA.TABLES WHERE TABLE_NAME LIKE ?",
            shared.layers.database_name()
        );
        let found = work.rows(Statement::new(sql).bind(format!("%${}$%", tag(&self.claim.run)))).await?;
        for batch in &found {
            let column = |i: usize| batch.column(i).as_string_view();
            for row in 0..batch.num_rows() {
                let schema = shared.layers.database_name().child(Ident::exact(column(0).value(row))?);
                let worker = if schema == shared.layers.raw_name() { &shared.loader } else { &shared.transformer };
                let name = schema.child(Ident::exact(column(1).value(row))?);
                if !known.contains(&name) {
                    worker.on(&name).again(tables::drop(&name, column(2).value(row) == "VIEW")).await?;
                }
            }
        }
        Ok(())
    }

    /// Fills a new table by a query; answers with it and its rows.
    async fn fill(&self, work: &mut Work<'_>, made: &QueryTable, columns: &[SqlColumn<'_>]) -> Result<(Aside, u64)> {
        if made.query.text().contains("shop_ratio") {
            self.functions.get_or_try_init(|| async { work.again(SHOP_RATIO).await }).await?;
        }
        let query = self.over_build(&made.query);
        let bound = query.bound(Dialect::Snowflake)?;
        let statement = |sql: String| bound.values.iter().fold(Statement::new(sql), |s, value| s.bind(value.clone()));
        let asked = work.run(statement(format!("SELECT * FROM (\n{}\n) AS made LIMIT 0", bound.text))).await?;
        has_columns(asked.schema(), columns)?;
        let aside = self.next(&made.table)?;
        let name = &aside.name;
        if made.materialization == Materialization::View {
            work.again(tables::create_view(name, columns, &query.inlined(Dialect::Snowflake)?)).await?;
        } else {
            work.again(create_shadow(name, columns)).await?;
            let names = list(columns);
            let insert = format!("INSERT INTO {name} ({names}) SELECT {names} FROM (\n{}\n) AS made", bound.text);
            work.run(statement(insert)).await?;
        }
        let rows = work.number(tables::count(name)).await?;
        Ok((aside, rows))
    }
}

/// An error unless a query has these columns, and no digits behind the point that theirs would lose.
fn has_columns(found: &SchemaRef, columns: &[SqlColumn<'_>]) -> Result<()> {
    let mut differences = vec![];
    for column in columns {
        let name = column.field.name();
        let Some(here) = found.fields().iter().find(|f| f.name() == column.name.as_str()) else {
            differences.push(format!("{name}: missing"));
            continue;
        };
        match (here.data_type(), digits(column.field.data_type())) {
            (DataType::Decimal128(_, has), Some(takes)) if *has > takes => {
                differences.push(format!("{name}: {has} digits behind the point"));
            }
            (DataType::Float64, Some(_)) => differences.push(format!("{name}: a float")),
            _ => {}
        }
    }
    if differences.is_empty() {
        return Ok(());
    }
    Err(Error::schema("a query has not the columns of its table").with("columns", differences.join("; ")))
}

/// How many digits a column has behind the point; none of a float, and of what is no number.
fn digits(data_type: &DataType) -> Option<i8> {
    match data_type {
        DataType::Decimal128(_, scale) => Some(*scale),
        whole if whole.is_integer() => Some(0),
        _ => None,
    }
}

impl fmt::Debug for SnowflakeBuild {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SnowflakeBuild").field("run", &self.claim.run).finish_non_exhaustive()
    }
}

#[async_trait]
impl Build for SnowflakeBuild {
    fn run(&self) -> &RunId {
        &self.claim.run
    }

    async fn tables(&self) -> Result<Vec<TableRef>> {
        Ok(self.entries().keys().cloned().collect())
    }

    async fn remove(&self, table: &TableRef) -> Result<()> {
        let _turn = self.turn.lock().await;
        let Some(entry) = self.entries().get(table).cloned() else { return Ok(()) };
        let mut work = self.on(table);
        self.shared.ledger.forget(&mut work, &self.claim, table).await?;
        self.entries().remove(table);
        self.drop_quietly(&mut work, &entry).await;
        Ok(())
    }

    async fn load(&self, lake: &dyn Lake, manifest: &Manifest, options: &LoadOptions) -> Result<LoadReport> {
        self.load_manifest(lake, manifest, options).await.map_err(|e| at(e, &options.target))
    }

    async fn put(&self, table: &TableRef, schema: SchemaRef, rows: BatchStream) -> Result<u64> {
        self.put_rows(table, schema, rows).await.map_err(|e| at(e, table))
    }

    async fn materialize(&self, made: &QueryTable) -> Result<Materialized> {
        let table = &made.table;
        let columns = columns::columns(&made.schema).map_err(|e| at(e, table))?;
        let mut work = self.on(table);
        let (aside, rows) = self.fill(&mut work, made, &columns).await.map_err(|e| at(e, table))?;
        let mut schema = TableSchema::from_arrow(&made.schema);
        schema.primary_key.clone_from(&made.key);
        let mut entry = Entry { kept: made.materialization, ..Entry::new(&aside, schema, rows) };
        if made.materialization == Materialization::View {
            entry.definition = Some(self.over_published(&made.query).inlined(Dialect::Snowflake)?);
        }
        self.record(&mut work, entry).await?;
        Ok(Materialized::new(rows).with_usage(work.usage()))
    }

    async fn read(&self, table: &TableRef, columns: Option<&[String]>) -> Result<BatchStream> {
        let missing = || self.shared.missing(table);
        let (entry, name) = self.find(table).zip(self.name_of(table)?).ok_or_else(missing)?;
        tables::read(&mut self.on(table), &name, &entry.schema, columns).await
    }

    async fn check(&self, check: &Check) -> Result<CheckOutcome> {
        check::check(self, check).await.map_err(|e| e.with("check", &check.name))
    }

    async fn publish(self: Box<Self>) -> Result<Published> {
        publish::publish(&self).await
    }

    async fn abandon(self: Box<Self>) -> Result<()> {
        let shared = &self.shared;
        let mut work = shared.transformer.on(&self.claim.run).of(&self.claim.run);
        shared.ledger.give_back(&mut work, &self.claim).await?;
        shared.ledger.clear(&mut work, &self.claim.run).await?;
        let entries = std::mem::take(&mut *self.entries());
        self.drop_all(entries.into_values()).await;
        Ok(())
    }
}

fn at(error: Error, table: &TableRef) -> Error {
    if error.context("table").is_some() { error } else { error.with("table", table) }
}
