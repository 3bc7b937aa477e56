//! A table's rows on their way.

use arrow::array::RecordBatch;
use futures::{TryStreamExt, stream};
use shopstream_core::{BatchStream, Error, ReadOptions, Result, Snapshot, TableRead, TableRef, TableSchema};
use std::{collections::VecDeque, pin::Pin};
use tokio_postgres::CopyOutStream;

use super::{
    catalog,
    config::Target,
    connection::Connection,
    decode::{Decoder, MAX_BATCH_BYTES},
    options::Policies,
    plan::Plan,
    snapshot::Held,
};

/// The columns of a table.
pub(super) async fn describe(target: &Target, policies: &Policies, table: &TableRef) -> Result<TableSchema> {
    let mut connection = Connection::open(target).await?;
    let relation = catalog::expect(&connection, table).await?.readable()?;
    let attributes = catalog::attributes(&connection, &relation).await?;
    connection.rest();
    Ok(Plan::new(relation, &attributes, None, policies)?.schema())
}

/// Starts to read a table on a connection of its own.
pub(super) async fn read(
    target: &Target,
    policies: &Policies,
    table: &TableRef,
    options: &ReadOptions,
) -> Result<TableRead> {
    let snapshot = options.snapshot.as_ref();
    let id = snapshot.map(|s| held(s, target)).transpose()?;
    let mut connection = Connection::open(target).await?;
    connection.begin(id).await?;
    let relation = catalog::expect(&connection, table).await?.readable()?;
    connection.lock(&relation).await.map_err(|e| locate(e, &relation.name))?;
    let attributes = catalog::attributes(&connection, &relation).await?;
    let plan = match Plan::new(relation, &attributes, options.columns.as_deref(), policies) {
        Ok(plan) => plan,
        Err(error) => {
            connection.rest();
            return Err(error);
        }
    };
    let name = plan.relation().name.clone();
    let copy = connection.copy_out(&plan.copy_sql()).await.map_err(|e| locate(e, &name))?;
    let schema = plan.arrow_schema();
    let decoder = Decoder::new(schema.clone(), &plan.rules(), options.batch_rows, MAX_BATCH_BYTES);
    let reading =
        Reading { copy: Box::pin(copy), connection, decoder, ready: VecDeque::new(), ended: false, table: name };
    Ok(TableRead::new(schema, reading.into_stream()).with_snapshot(snapshot.map(|s| s.info().clone())))
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

struct Reading {
    copy: Pin<Box<CopyOutStream>>,
    connection: Connection,
    decoder: Decoder,
    ready: VecDeque<RecordBatch>,
    ended: bool,
    table: TableRef,
}

impl Reading {
    fn into_stream(self) -> BatchStream {
        Box::pin(stream::try_unfold(self, |mut reading| async move {
            let batch = reading.next().await.map_err(|e| locate(e, &reading.table))?;
            Ok(batch.map(|batch| (batch, reading)))
        }))
    }

    /// The server sends no further than the socket's buffers hold while nobody asks here.
    async fn next(&mut self) -> Result<Option<RecordBatch>> {
        loop {
            if let Some(batch) = self.ready.pop_front() {
                return Ok(Some(batch));
            }
            if self.ended {
                return Ok(None);
            }
            match self.copy.try_next().await {
                Ok(Some(bytes)) => self.decoder.push(&bytes, &mut self.ready)?,
                Ok(None) => {
                    self.connection.rest();
                    self.ended = true;
                    self.decoder.finish(&mut self.ready)?;
                }
                Err(error) => return Err(self.connection.error(error)),
            }
        }
    }
}
