//! A table's rows on their way.

use arrow::{array::RecordBatch, datatypes::DataType};
use futures::{FutureExt, TryStreamExt, stream};
use shopstream_core::{
    BatchStream, CursorValue, Date, Error, ReadOptions, Result, Snapshot, TableRead, TableRef, TableSchema, Timestamp,
};
use std::{collections::VecDeque, sync::Arc};
use tokio::sync::OwnedSemaphorePermit;

use super::{
    catalog::{self, get},
    config::Target,
    connection::Connection,
    copy::CopyOut,
    decode::{Decoder, MAX_BATCH_BYTES},
    options::Policies,
    plan::Plan,
    rows::{self, Pages},
    snapshot::Held,
};

/// The columns of a table.
pub(super) async fn describe(target: &Target, policies: &Policies, table: &TableRef) -> Result<TableSchema> {
    let mut connection = Connection::open(target).await?;
    connection.begin(None).await?;
    let relation = catalog::expect(&connection, table).await?.readable()?;
    let attributes = catalog::attributes(&connection, &relation).await?;
    connection.rest();
    Ok(Plan::new(relation, &attributes, None, policies)?.schema())
}

/// The greatest value of a cursor.
pub(super) async fn greatest(
    target: &Target,
    table: &TableRef,
    column: &str,
    options: &ReadOptions,
) -> Result<Option<CursorValue>> {
    let snapshot = options.snapshot.as_ref().map(|s| held(s, target)).transpose()?;
    let mut connection = Connection::open(target).await?;
    connection.begin(snapshot).await?;
    let relation = catalog::expect(&connection, table).await?.readable()?;
    let attributes = catalog::attributes(&connection, &relation).await?;
    let sql = rows::greatest_sql(&relation, &attributes, column).map_err(|e| locate(e, &relation.name))?;
    let found = connection.query(&sql, &[]).await.map_err(|e| locate(e, &relation.name))?;
    connection.rest();
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

/// Starts to read a table, on connections of its own; on one, where why there can be no more is told, and whose turn it
/// is.
pub(super) async fn read(
    target: &Target,
    policies: &Policies,
    table: &TableRef,
    options: &ReadOptions,
    alone: Option<(&str, OwnedSemaphorePermit)>,
) -> Result<TableRead> {
    let (alone, turn) = alone.unzip();
    let snapshot = options.snapshot.as_ref();
    let id = snapshot.map(|s| held(s, target)).transpose()?;
    let mut lead = Connection::open(target).await?;
    lead.begin(id).await?;
    let relation = catalog::expect(&lead, table).await?.readable()?;
    lead.lock(&relation).await.map_err(|e| locate(e, &relation.name))?;
    let attributes = catalog::attributes(&lead, &relation).await?;
    let mut notes = vec![];
    let parts = match (options.parts, alone, rows::indivisible(&relation)) {
        (0 | 1, _, _) => vec![Pages::ALL],
        (_, Some(reason), _) => {
            notes.push(reason.to_owned());
            vec![Pages::ALL]
        }
        (_, None, Some(reason)) => {
            notes.push(reason);
            vec![Pages::ALL]
        }
        (parts, None, None) => Pages::divide(relation.pages, parts),
    };
    let (parts, id) = match (parts.len(), id) {
        (1, _) => (parts, None),
        (_, Some(id)) => (parts, Some(id.to_owned())),
        (_, None) => match export(&lead).await {
            Ok(id) => (parts, Some(id)),
            Err(error) if error.context("sqlstate").is_some() => {
                // The answer has broken the transaction.
                lead.execute("ROLLBACK").await?;
                lead.begin(None).await?;
                lead.lock(&relation).await.map_err(|e| locate(e, &relation.name))?;
                notes.push("the server exports no snapshot: read as one stream".to_owned());
                (vec![Pages::ALL], None)
            }
            Err(error) => return Err(error),
        },
    };
    lead.rest();
    let name = relation.name.clone();
    let conditions: Vec<Option<String>> = parts
        .iter()
        .map(|pages| rows::condition(&attributes, options, pages).map_err(|e| locate(e, &name)))
        .collect::<Result<_>>()?;
    let plan = Arc::new(Plan::new(relation, &attributes, options.columns.as_deref(), policies)?);

    let schema = plan.arrow_schema();
    let part = |condition: Option<String>, way: Way| Part {
        plan: plan.clone(),
        condition,
        way,
        batch_rows: options.batch_rows,
        turn: None,
    };
    let parts = match id {
        None => conditions
            .into_iter()
            .take(1)
            .zip([lead])
            .map(|(c, lead)| part(c, Way::Here(Box::new(lead))))
            .collect::<Vec<_>>(),
        Some(id) => {
            let lead = Arc::new(lead);
            let way = || Way::There { target: target.clone(), snapshot: id.clone(), lead: lead.clone() };
            conditions.into_iter().map(|condition| part(condition, way())).collect()
        }
    };
    let streams = parts.into_iter().zip(std::iter::once(turn).chain(std::iter::repeat_with(|| None)));
    let streams = streams.map(|(part, turn)| Part { turn, ..part }.into_stream()).collect();
    let read = TableRead::of_parts(schema, streams)
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

/// Some of a table's rows, which nobody has asked for yet.
struct Part {
    plan: Arc<Plan>,
    condition: Option<String>,
    way: Way,
    batch_rows: usize,
    turn: Option<OwnedSemaphorePermit>,
}

/// The connection that a part is read on.
enum Way {
    /// The one that has planned the read.
    Here(Box<Connection>),
    /// One of its own, within the same snapshot. The one that has planned the read keeps the table as it is until
    /// this one does so itself.
    There { target: Target, snapshot: String, lead: Arc<Connection> },
}

impl Part {
    fn into_stream(self) -> BatchStream {
        let plan = self.plan.clone();
        let reading = async move { Ok::<_, Error>(stream::try_unfold(self.start().await?, Reading::step)) };
        let rows = reading.into_stream().try_flatten();
        Box::pin(rows.map_err(move |e| locate(e, &plan.relation().name)))
    }

    async fn start(self) -> Result<Reading> {
        let connection = match self.way {
            Way::Here(connection) => *connection,
            Way::There { target, snapshot, lead } => {
                let connection = Connection::open(&target).await?;
                connection.begin(Some(&snapshot)).await?;
                connection.lock(self.plan.relation()).await?;
                drop(lead);
                connection
            }
        };
        let copy = connection.copy_out(&self.plan.copy_sql(self.condition.as_deref())).await?;
        let decoder = Decoder::new(self.plan.arrow_schema(), &self.plan.rules(), self.batch_rows, MAX_BATCH_BYTES);
        Ok(Reading { copy, decoder, ready: VecDeque::new(), _turn: self.turn })
    }
}

struct Reading {
    copy: CopyOut,
    decoder: Decoder,
    ready: VecDeque<RecordBatch>,
    _turn: Option<OwnedSemaphorePermit>,
}

impl Reading {
    async fn step(mut self) -> Result<Option<(RecordBatch, Self)>> {
        if self.ready.is_empty() {
            self.copy.read(&mut self.decoder, &mut self.ready).await?;
        }
        Ok(self.ready.pop_front().map(|batch| (batch, self)))
    }
}
