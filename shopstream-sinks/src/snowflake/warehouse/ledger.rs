//! What the warehouse remembers of builds and publishes, in tables of its own.
//!
//! A build's table is there when its row is: writing the row is the one step that makes it durable. Each such step
//! asks in the same statement whether the build is still held by who writes.

use shopstream_core::{
    Batch, Date, Error, LoadRecord, Materialization, Result, RunId, Table, TableRef, TableSchema, Timestamp,
};
use std::collections::BTreeMap;

use super::{Layers, build::Aside, columns, rows::narrow, work::Work};
use crate::snowflake::{
    client::{Bind, Statement},
    provision::{Builds, Claims, Loads, Tables},
    sql::{Ident, Name},
};

/// Who holds the build of a run.
#[derive(Clone, Debug)]
pub(super) struct Claim {
    pub(super) run: RunId,
    pub(super) claim: String,
}

/// A table of a build, or one that is published.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) table: TableRef,
    pub(super) number: i64,
    pub(super) kept: Materialization,
    pub(super) schema: TableSchema,
    pub(super) definition: Option<String>,
    pub(super) rows: u64,
    pub(super) load: Option<LoadRecord>,
}

/// The names of the tables.
#[derive(Clone, Debug)]
pub(super) struct Ledger {
    claims: Name,
    builds: Name,
    tables: Name,
    loads: Name,
}

impl Ledger {
    pub(super) fn new(layers: &Layers) -> Result<Self> {
        let name = |table: TableRef| layers.table_name(&table);
        Ok(Self {
            claims: name(TableRef::of::<Claims>())?,
            builds: name(TableRef::of::<Builds>())?,
            tables: name(TableRef::of::<Tables>())?,
            loads: name(TableRef::of::<Loads>())?,
        })
    }

    /// Takes the build of a run, from whoever had it.
    pub(super) async fn claim(&self, work: &mut Work<'_>, run: &RunId, now: Timestamp) -> Result<Claim> {
        let asked = work.run(format!("SELECT COUNT(*) FROM {}", self.claims)).await;
        let asked = asked.map_err(|e| e.with("hint", "apply the provisioning plan: it makes the tables of builds"))?;
        // An id that no other request has.
        let claim = asked.report().request_id.clone();
        let row = [text(run.as_str()), text(&claim), now.into()];
        work.run(merge::<Claims>(&self.claims, row, "")).await?;
        Ok(Claim { run: run.clone(), claim })
    }

    /// The tables of a run's build, in the order in which they were made.
    pub(super) async fn build(&self, work: &mut Work<'_>, run: &RunId) -> Result<Vec<Entry>> {
        let sql = format!("{} WHERE \"RUN\" = ?", select::<Builds>(&self.builds));
        let mut entries = vec![];
        for row in rows::<Builds>(work, Statement::new(sql).bind(run.as_str())).await? {
            entries.push(Entry::read(
                row.table_name,
                row.number,
                &row.kept,
                &row.table_schema,
                (row.definition, row.row_count),
                row.load_date.zip(row.digest),
            )?);
        }
        entries.sort_by_key(|entry| entry.number);
        Ok(entries)
    }

    /// The published tables.
    pub(super) async fn published(&self, work: &mut Work<'_>) -> Result<BTreeMap<TableRef, Entry>> {
        let mut entries = BTreeMap::new();
        for row in rows::<Tables>(work, select::<Tables>(&self.tables)).await? {
            let entry = Entry::read(
                row.table_name,
                row.version,
                &row.kept,
                &row.table_schema,
                (row.definition, row.row_count),
                row.load_date.zip(row.digest),
            )?;
            entries.insert(entry.table.clone(), entry);
        }
        Ok(entries)
    }

    /// Makes a table part of a build.
    pub(super) async fn record(&self, work: &mut Work<'_>, claim: &Claim, entry: &Entry, now: Timestamp) -> Result<()> {
        let row = [
            text(claim.run.as_str()),
            text(&entry.table.to_string()),
            entry.number.into(),
            text(&entry.kept()?),
            text(&entry.encoded()?),
            entry.definition.clone().into(),
            number(entry.rows),
            entry.load.as_ref().map(|load| load.date).into(),
            entry.load.as_ref().map(|load| load.digest.clone()).into(),
            now.into(),
        ];
        let held = format!(" FROM {} WHERE \"RUN\" = ? AND \"CLAIM\" = ?", self.claims);
        let merge = merge::<Builds>(&self.builds, row, &held).bind(claim.run.as_str()).bind(claim.claim.as_str());
        held_on(work.number(merge).await?, claim)
    }

    /// Takes a table out of a build.
    pub(super) async fn forget(&self, work: &mut Work<'_>, claim: &Claim, table: &TableRef) -> Result<()> {
        let sql = format!(
            "DELETE FROM {} WHERE \"RUN\" = ? AND \"TABLE_NAME\" = ? \
             AND EXISTS (SELECT 1 FROM {} WHERE \"RUN\" = ? AND \"CLAIM\" = ?)",
            self.builds, self.claims
        );
        let run = claim.run.as_str();
        let delete = Statement::new(sql).bind(run).bind(table.to_string()).bind(run).bind(claim.claim.as_str());
        held_on(work.number(delete).await?, claim)
    }

    /// Gives a claim back, if it is still held; what nobody holds is nobody's to write.
    pub(super) async fn give_back(&self, work: &mut Work<'_>, claim: &Claim) -> Result<()> {
        let sql = format!("DELETE FROM {} WHERE \"RUN\" = ? AND \"CLAIM\" = ?", self.claims);
        let delete = Statement::new(sql).bind(claim.run.as_str()).bind(claim.claim.as_str());
        held_on(work.number(delete).await?, claim)
    }

    /// Forgets all tables of a build.
    pub(super) async fn clear(&self, work: &mut Work<'_>, run: &RunId) -> Result<()> {
        let sql = format!("DELETE FROM {} WHERE \"RUN\" = ?", self.builds);
        work.run(Statement::new(sql).bind(run.as_str())).await.map(drop)
    }

    /// Writes down that a build is published, within the transaction that does it; answers with the version.
    pub(super) async fn published_now(&self, work: &mut Work<'_>, run: &RunId, now: Timestamp) -> Result<u64> {
        let Self { builds, tables, loads, .. } = self;
        let version = work.number(format!("SELECT COALESCE(MAX(\"VERSION\"), 0) + 1 FROM {tables}")).await?;
        let of_run = format!("FROM {builds} WHERE \"RUN\" = ?");
        let run = run.as_str();
        let mut on = async |sql: String, binds: Vec<Bind>| {
            let statement = binds.into_iter().fold(Statement::new(sql), Statement::bind);
            work.run(statement).await.map(drop)
        };
        on(format!("DELETE FROM {tables} WHERE \"TABLE_NAME\" IN (SELECT \"TABLE_NAME\" {of_run})"), vec![run.into()])
            .await?;
        on(
            format!(
                "INSERT INTO {tables} ({}) SELECT \"TABLE_NAME\", \"RUN\", CAST(? AS NUMBER(19,0)), \"KEPT\", \
                 \"TABLE_SCHEMA\", \"DEFINITION\", \"ROW_COUNT\", \"LOAD_DATE\", \"DIGEST\", \
                 CAST(? AS TIMESTAMP_NTZ(6)) {of_run}",
                names::<Tables>()
            ),
            vec![number(version), now.into(), run.into()],
        )
        .await?;
        on(format!("DELETE FROM {loads} WHERE \"RUN\" = ?"), vec![run.into()]).await?;
        on(
            format!(
                "INSERT INTO {loads} ({}) SELECT \"RUN\", \"TABLE_NAME\", \"LOAD_DATE\", \"DIGEST\", \"ROW_COUNT\", \
                 \"BUILT_AT\" {of_run} AND \"DIGEST\" IS NOT NULL",
                names::<Loads>()
            ),
            vec![run.into()],
        )
        .await?;
        on(format!("DELETE {of_run}"), vec![run.into()]).await?;
        Ok(version)
    }
}

impl Entry {
    /// A table of a build that is kept as a table, and was not loaded.
    pub(super) fn new(aside: &Aside, schema: TableSchema, rows: u64) -> Self {
        let (table, number) = (aside.table.clone(), aside.number);
        Self { table, number, kept: Materialization::Table, schema, definition: None, rows, load: None }
    }

    fn read(
        table: String,
        number: i64,
        kept: &str,
        schema: &str,
        (definition, rows): (Option<String>, i64),
        load: Option<(Date, String)>,
    ) -> Result<Self> {
        let unreadable = || {
            Error::data("the record of a table is not readable: a newer version has written it").with("table", &table)
        };
        let kept = serde_json::from_value(kept.into()).map_err(|_| unreadable())?;
        let schema = serde_json::from_str(schema).map_err(|_| unreadable())?;
        let rows = u64::try_from(rows).map_err(|_| unreadable())?;
        let table = TableRef::from(table.as_str());
        let load = load.map(|(date, digest)| LoadRecord { table: table.clone(), date, digest, rows });
        Ok(Self { table, number, kept, schema, definition, rows, load })
    }

    /// The word for how it is kept.
    fn kept(&self) -> Result<String> {
        let word = serde_json::to_value(self.kept).ok().and_then(|word| Some(word.as_str()?.to_owned()));
        word.ok_or_else(|| Error::internal("how a table is kept has no word"))
    }

    fn encoded(&self) -> Result<String> {
        serde_json::to_string(&self.schema).map_err(|e| Error::internal("a schema cannot be written").caused_by(e))
    }
}

fn held_on(changed: u64, claim: &Claim) -> Result<()> {
    if changed > 0 {
        return Ok(());
    }
    Err(Error::conflict("another process has taken over the build of this run").with("run", &claim.run))
}

fn text(text: &str) -> Bind {
    text.into()
}

fn number(number: u64) -> Bind {
    i64::try_from(number).unwrap_or(i64::MAX).into()
}

fn names<T: Table>() -> String {
    T::declaration()
        .column_names()
        .iter()
        .map(|name| format!("\"{}\"", name.to_uppercase()))
        .collect::<Vec<_>>()
        .join(", ")
}

fn select<T: Table>(from: &Name) -> String {
    format!("SELECT {} FROM {from}", names::<T>())
}

/// The rows of a table, as it is declared.
async fn rows<T: Table>(work: &mut Work<'_>, statement: impl Into<Statement>) -> Result<Vec<T>> {
    let mut all = vec![];
    for batch in work.rows(statement).await? {
        all.extend(Batch::<T>::try_new(narrow(&batch, &T::schema())?)?.rows());
    }
    Ok(all)
}

/// Writes a row over the one that has its key, or beside the others; `from` says under which condition.
fn merge<T: Table>(into: &Name, row: impl IntoIterator<Item = Bind>, from: &str) -> Statement {
    let schema = T::schema();
    // The columns of the library's own tables have types and names that are known to be right.
    let columns = columns::columns(&schema).unwrap_or_default();
    let key: Vec<Ident> = T::declaration().grain.iter().filter_map(|name| Ident::new(name).ok()).collect();
    let each = |each: &dyn Fn(&columns::SqlColumn<'_>) -> String| columns::join(&columns, each);
    let matched: Vec<String> = key.iter().map(|k| format!("t.{k} = s.{k}")).collect();
    let others = columns.iter().filter(|c| !key.contains(&c.name));
    let update: Vec<String> = others.map(|c| format!("{0} = s.{0}", c.name)).collect();
    let sql = format!(
        "MERGE INTO {into} AS t USING (SELECT {}{from}) AS s ON {} WHEN MATCHED THEN UPDATE SET {} \
         WHEN NOT MATCHED THEN INSERT ({}) VALUES ({})",
        each(&|c| format!("CAST(? AS {}) AS {}", c.data_type, c.name)),
        matched.join(" AND "),
        update.join(", "),
        columns::list(&columns),
        each(&|c| format!("s.{}", c.name)),
    );
    row.into_iter().fold(Statement::new(sql), Statement::bind)
}
