//! Rows into PostgreSQL.

mod encode;
mod fit;

pub(super) use encode::encode;
#[cfg(test)]
pub(super) use encode::numeric_wire;

use arrow::{array::RecordBatch, datatypes::SchemaRef};
use bytes::Bytes;
use futures::{SinkExt, Stream, StreamExt};
use shopstream_core::{Error, Result, TableRef};
use std::{fmt, pin::pin};
use tokio_postgres::CopyInSink;

use self::{encode::Encoder, fit::Wire};
use super::{
    catalog::{self, Relation, get, quoted},
    config::Target,
    connection::Connection,
};

/// Bytes that are sent at once, about.
const CHUNK: usize = 128 << 10;

/// A connection that runs statements and fills tables by binary COPY. It needs a session of the server's to itself: a
/// pooler between must not give each transaction another one.
///
/// ```no_run
/// # async fn fill(batches: Vec<arrow::array::RecordBatch>) -> shopstream_core::Result<()> {
/// use shopstream_sources::postgres::PostgresWriter;
///
/// let mut writer = PostgresWriter::connect("postgres://ann:hunter2@localhost/shop").await?;
/// writer.execute("CREATE TABLE users (id int PRIMARY KEY, email text NOT NULL)").await?;
/// let rows = writer.copy_in(&"users".into(), futures::stream::iter(batches.into_iter().map(Ok))).await?;
/// assert_eq!(writer.row_count(&"users".into()).await?, rows);
/// # Ok(())
/// # }
/// ```
pub struct PostgresWriter {
    connection: Connection,
    target: Target,
}

impl PostgresWriter {
    /// Connects to a database; the URL is as that of [`PostgresSource::connect`](super::PostgresSource::connect).
    ///
    /// # Errors
    /// `Config` when it is no URL, `Unavailable`, `Permission` and `NotFound` when the server or its database cannot be
    /// used.
    pub async fn connect(url: &str) -> Result<Self> {
        let target = Target::parse(url)?;
        let mut connection = Connection::open(&target).await?;
        connection.set().await?;
        connection.rest();
        Ok(Self { connection, target })
    }

    /// Runs statements, separated by semicolons, that answer nothing: DDL, `SELECT setval(…)`. Several of them are one
    /// transaction unless they say otherwise.
    ///
    /// # Errors
    /// Of the kind that the server's SQLSTATE stands for, which is in the context `sqlstate`.
    pub async fn execute(&mut self, sql: &str) -> Result<()> {
        self.connection.work();
        let done = self.connection.execute(sql).await;
        self.connection.rest();
        done
    }

    /// Whether there is such a table or view.
    ///
    /// # Errors
    /// `Unavailable`, or `Permission` when the schema may not be looked into.
    pub async fn table_exists(&mut self, table: &TableRef) -> Result<bool> {
        Ok(catalog::find(&self.connection, table).await?.is_some())
    }

    /// Counts a table's rows.
    ///
    /// # Errors
    /// `NotFound` when there is no such table, `Permission` without the right to read it.
    pub async fn row_count(&mut self, table: &TableRef) -> Result<u64> {
        let relation = catalog::expect(&self.connection, table).await?.readable()?;
        self.connection.work();
        let rows = self.connection.query(&format!("SELECT count(*) FROM {}", relation.quoted()), &[]).await;
        self.connection.rest();
        let count: i64 = rows?.first().map_or(Ok(0), |row| get(row, 0))?;
        u64::try_from(count).map_err(|_| Error::internal("a count below zero").with("table", table))
    }

    /// Appends rows to a table, all of them or none, and says how many they were. The batches' columns go to the
    /// table's of the same names; those that the batches lack take their defaults. Nothing is rounded or cut: integers
    /// may only widen, decimals need a column of at least their scale, timestamps with and without zone are not mixed.
    ///
    /// # Errors
    /// `NotFound` for a missing table, `Schema` with every difference at once when the batches do not fit it, `Data` for
    /// a row that breaks a constraint, and whatever the stream yields.
    pub async fn copy_in<S>(&mut self, table: &TableRef, batches: S) -> Result<u64>
    where
        S: Stream<Item = Result<RecordBatch>> + Send,
    {
        let relation = catalog::expect(&self.connection, table).await?;
        let mut batches = pin!(batches);
        let Some(first) = batches.next().await.transpose()? else { return Ok(0) };
        let schema = first.schema();
        let attributes = catalog::attributes(&self.connection, &relation).await?;
        let wires = fit::fit(&schema, &attributes).map_err(|e| e.with("table", &relation.name))?;
        self.connection.work();
        let copied = self.copy(&relation, &schema, &wires, stream_from(first, batches)).await;
        self.connection.rest();
        copied.map_err(|e| if e.context("table").is_some() { e } else { e.with("table", &relation.name) })
    }

    async fn copy<S>(&self, relation: &Relation, schema: &SchemaRef, wires: &[Wire], batches: S) -> Result<u64>
    where
        S: Stream<Item = Result<RecordBatch>> + Send,
    {
        let columns: Vec<String> = schema.fields().iter().map(|f| quoted(f.name())).collect();
        let sql = format!("COPY {} ({}) FROM STDIN (FORMAT BINARY)", relation.quoted(), columns.join(", "));
        let sink: CopyInSink<Bytes> =
            self.connection.client().copy_in(&sql).await.map_err(|e| self.connection.error(e))?;
        // Dropped before it is finished, the sink makes the server give the copy up.
        let (mut sink, mut batches) = (pin!(sink), pin!(batches));
        let mut encoder = Encoder::new();
        while let Some(batch) = batches.next().await.transpose()? {
            if batch.schema_ref().fields() != schema.fields() {
                return Err(Error::schema("a later batch has another schema than the first"));
            }
            let mut rows = encoder.rows(&batch, wires)?;
            while rows.encode(CHUNK)? {
                sink.send(rows.take()).await.map_err(|e| self.connection.error(e))?;
            }
        }
        sink.send(encoder.finish()).await.map_err(|e| self.connection.error(e))?;
        sink.as_mut().finish().await.map_err(|e| self.connection.error(e))
    }
}

fn stream_from<S>(first: RecordBatch, rest: S) -> impl Stream<Item = Result<RecordBatch>> + Send
where
    S: Stream<Item = Result<RecordBatch>> + Send,
{
    futures::stream::iter([Ok(first)]).chain(rest)
}

impl fmt::Debug for PostgresWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresWriter").field("server", &self.target).finish_non_exhaustive()
    }
}
