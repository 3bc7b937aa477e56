//! A table's rows on their way.

use arrow::{array::RecordBatch, datatypes::DataType};
use futures::{FutureExt, TryStreamExt, stream};
use shopstream_core::{
    BatchStream, CursorValue, Date, Error, ReadOptions, Result, Snapshot, TableRead, TableRef, TableSchema, Timestamp,
};
use std::{
    collections::VecDeque,
    mem,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};
use tokio::sync::{Notify, OwnedSemaphorePermit};

use super::{
    catalog::{self, get},
    config::Target,
    connection::Connection,
    decode::{Decoder, Framing, MAX_BATCH_BYTES},
    fetch::Fetch,
    options::Policies,
    plan::Plan,
    rows,
    sessions::Sessions,
    snapshot::Held,
};

/// The columns of a table.
pub(super) async fn describe(sessions: &Sessions, policies: &Policies, table: &TableRef) -> Result<TableSchema> {
    let mut session = sessions.begin(None).await?;
    let relation = catalog::expect(&session, table).await?.readable()?;
    let attributes = catalog::attributes(&session, &relation).await?;
    session.rest();
    sessions.end(session).await;
    Ok(Plan::new(relation, &attributes, None, policies)?.schema())
}

/// The bytes of each table.
pub(super) async fn sizes(sessions: &Sessions, tables: &[TableRef]) -> Result<Vec<Option<u64>>> {
    let mut session = sessions.begin(None).await?;
    let sizes = catalog::sizes(&session, tables).await?;
    session.rest();
    sessions.end(session).await;
    Ok(sizes)
}

/// The greatest value of a cursor.
pub(super) async fn greatest(
    sessions: &Sessions,
    table: &TableRef,
    column: &str,
    options: &ReadOptions,
) -> Result<Option<CursorValue>> {
    let snapshot = options.snapshot.as_ref().map(|s| held(s, sessions.target())).transpose()?;
    let mut session = sessions.begin(snapshot).await?;
    let relation = catalog::expect(&session, table).await?.readable()?;
    let attributes = catalog::attributes(&session, &relation).await?;
    let sql = rows::greatest_sql(&relation, &attributes, column).map_err(|e| locate(e, &relation.name))?;
    let found = session.query(&sql, &[]).await.map_err(|e| locate(e, &relation.name))?;
    session.rest();
    sessions.end(session).await;
    let Some(value) = found.first().map(|row| get::<Option<i64>>(row, 0)).transpose()?.flatten() else {
        return Ok(None);
    };
    let of = Plan::new(relation, &attributes, Some(&[column.to_owned()]), &Policies::default())?.arrow_schema();
    Ok(Some(match of.field(0).data_type() {
        DataType::Date32 => {
            let days = i32::try_from(value).map_err(|_| Error::data("a day is out of range").with("column", column))?;
            CursorValue::Date(Date::from_days(days))
        }
        DataType::Timestamp(..) => CursorValue::Timestamp(Timestamp::from_micros(value)),
        _ => CursorValue::Int(value),
    }))
}

/// Starts to read a table. `alone` is why there is one session only, and its turn.
pub(super) async fn read(
    sessions: Sessions,
    policies: &Policies,
    table: &TableRef,
    options: &ReadOptions,
    alone: Option<(&str, OwnedSemaphorePermit)>,
) -> Result<TableRead> {
    let (alone, turn) = alone.unzip();
    let snapshot = options.snapshot.as_ref();
    let id = snapshot.map(|s| held(s, sessions.target())).transpose()?;
    let mut lead = sessions.begin(id).await?;
    let relation = catalog::expect(&lead, table).await?.readable()?;
    lead.lock(&relation).await.map_err(|e| locate(e, &relation.name))?;
    let attributes = catalog::attributes(&lead, &relation).await?;
    let mut notes = vec![];
    let whole = alone.map(str::to_owned).or_else(|| rows::indivisible(&relation, options));
    let most = if whole.is_some() { 1 } else { options.parts };
    notes.extend(whole.filter(|_| options.parts > 1));
    let divided =
        |most: usize| rows::divide(relation.pages, &attributes, options, most).map_err(|e| locate(e, &relation.name));
    let mut parts = divided(most)?;
    let mut id = id.map(str::to_owned);
    if parts.len() > 1 && id.is_none() {
        match export(&lead).await {
            Ok(own) => id = Some(own),
            Err(error) if error.context("sqlstate").is_some() => {
                // The answer has broken the transaction.
                lead.execute("ROLLBACK").await?;
                lead.begin(None).await?;
                lead.lock(&relation).await.map_err(|e| locate(e, &relation.name))?;
                notes.push("the server exports no snapshot: read as one stream".to_owned());
                parts = divided(1)?;
            }
            Err(error) => return Err(error),
        }
    }
    lead.rest();
    let plan = Plan::new(relation, &attributes, options.columns.as_deref(), policies)?;
    let schema = plan.arrow_schema();
    let unbegun = Arc::new(());
    let reading = Arc::new(Reading {
        plan,
        sessions,
        snapshot: id,
        batch_rows: options.batch_rows,
        keeping: Mutex::new(vec![lead]),
        kept: Notify::new(),
        unbegun: Arc::downgrade(&unbegun),
        _turn: turn,
    });
    let streams = parts.into_iter().map(|conditions| {
        Part { reading: reading.clone(), conditions: conditions.into(), _unbegun: unbegun.clone() }.into_stream()
    });
    let read = TableRead::of_parts(schema, streams.collect())
        .with_bounds(options.bounds.clone())
        .with_snapshot(snapshot.map(|s| s.info().clone()));
    Ok(notes.into_iter().fold(read, TableRead::with_note))
}

/// The transaction's own snapshot, for others to read in.
async fn export(lead: &Connection) -> Result<String> {
    let rows = lead.query("SELECT pg_export_snapshot()", &[]).await?;
    rows.first().map(|row| get(row, 0)).transpose()?.ok_or_else(|| Error::internal("an exported snapshot has no id"))
}

fn held<'a>(snapshot: &'a Snapshot, target: &Target) -> Result<&'a str> {
    match snapshot.guard::<Held>() {
        Some(held) if held.is_of(target) => Ok(&snapshot.info().id),
        _ => Err(Error::config("the snapshot is of another source").with("server", target)),
    }
}

/// Names the table, unless the server did.
fn locate(error: Error, table: &TableRef) -> Error {
    if error.context("table").is_some() { error } else { error.with("table", table) }
}

/// What the parts of a read have in common.
struct Reading {
    plan: Plan,
    sessions: Sessions,
    /// What all of them see; without it there is one part, which sees what its session does.
    snapshot: Option<String>,
    batch_rows: usize,
    /// Sessions that nobody reads on, and that keep the table as it is until all parts have begun.
    keeping: Mutex<Vec<Connection>>,
    /// Tells that there is another of them.
    kept: Notify,
    /// As long as there is one, a part has not begun.
    unbegun: Weak<()>,
    _turn: Option<OwnedSemaphorePermit>,
}

impl Reading {
    fn keeping(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.keeping.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A session that keeps the table as it is: one whose part is over, or another.
    async fn session(&self) -> Result<Connection> {
        loop {
            let mut kept = pin!(self.kept.notified());
            kept.as_mut().enable();
            let session = self.keeping().pop();
            if let Some(session) = session {
                return Ok(session);
            }
            tokio::select! {
                session = self.another() => return session,
                () = kept => {}
            }
        }
    }

    async fn another(&self) -> Result<Connection> {
        let session = self.sessions.begin(self.snapshot.as_deref()).await?;
        session.lock(self.plan.relation()).await?;
        Ok(session)
    }

    /// Takes a session whose part is over.
    async fn end(&self, session: Connection) {
        let over = {
            let mut keeping = self.keeping();
            keeping.push(session);
            if self.unbegun.strong_count() > 0 { vec![] } else { mem::take(&mut *keeping) }
        };
        self.kept.notify_waiters();
        for session in over {
            self.sessions.end(session).await;
        }
    }
}

/// Some of a table's rows, which nobody has asked for yet: those of each condition, one after the other.
struct Part {
    reading: Arc<Reading>,
    conditions: VecDeque<Option<String>>,
    _unbegun: Arc<()>,
}

impl Part {
    fn into_stream(self) -> BatchStream {
        // Not the reading itself, whose turn ends with the rows.
        let table = self.reading.plan.relation().name.clone();
        let begun = async move { Ok::<_, Error>(stream::try_unfold(self.begin().await?, Begun::step)) };
        let rows = begun.into_stream().try_flatten();
        Box::pin(rows.map_err(move |e| locate(e, &table)))
    }

    async fn begin(mut self) -> Result<Begun> {
        let session = self.reading.session().await?;
        let condition = self.conditions.pop_front().flatten();
        let rows = Rows::ask(&self.reading, session, condition).await?;
        Ok(Begun { reading: self.reading, conditions: self.conditions, rows })
    }
}

/// A part under way.
struct Begun {
    reading: Arc<Reading>,
    conditions: VecDeque<Option<String>>,
    rows: Rows,
}

impl Begun {
    async fn step(mut self) -> Result<Option<(RecordBatch, Self)>> {
        loop {
            if let Some(batch) = self.rows.next().await? {
                return Ok(Some((batch, self)));
            }
            let session = self.rows.fetch.into_connection();
            let Some(condition) = self.conditions.pop_front() else {
                if let Some(session) = session {
                    self.reading.end(session).await;
                }
                return Ok(None);
            };
            let Some(session) = session else {
                return Err(Error::unavailable("PostgreSQL spoke unasked between two statements of a read")
                    .with("server", self.reading.sessions.target()));
            };
            self.rows = Rows::ask(&self.reading, session, condition).await?;
        }
    }
}

/// The rows of one condition.
struct Rows {
    fetch: Fetch,
    decoder: Decoder,
    ready: VecDeque<RecordBatch>,
}

impl Rows {
    async fn ask(reading: &Reading, session: Connection, condition: Option<String>) -> Result<Self> {
        let plan = &reading.plan;
        let fetch = session.fetch(&plan.select(condition.as_deref()), &plan.formats()).await?;
        let (schema, rules) = (plan.arrow_schema(), plan.rules());
        let decoder = Decoder::new(Framing::None, schema, &rules, reading.batch_rows, MAX_BATCH_BYTES);
        Ok(Self { fetch, decoder, ready: VecDeque::new() })
    }

    async fn next(&mut self) -> Result<Option<RecordBatch>> {
        if self.ready.is_empty() {
            self.fetch.read(&mut self.decoder, &mut self.ready).await?;
        }
        Ok(self.ready.pop_front())
    }
}
