//! What a statement answers.

use arrow::{array::RecordBatch, datatypes::SchemaRef};
use futures::TryStreamExt;
use shopstream_core::{BatchStream, Error, Result};
use std::{fmt, time::Duration};

use super::{call::Call, decode::Columns, http::Http, parts, reply::Reply};

/// What a statement answers: a report, and rows.
pub struct Answer {
    report: Report,
    schema: SchemaRef,
    rows: BatchStream,
}

/// What a statement did, and what it took.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// The id of the query, by which Snowflake's history knows it. Empty if the server gave none.
    pub query_id: String,
    /// The id of the request; it stands in the query's tag.
    pub request_id: String,
    /// The virtual warehouse that was in use.
    pub warehouse: Option<String>,
    /// Rows of the result.
    pub rows: u64,
    /// Rows that it inserted, where it counts them.
    pub inserted: Option<u64>,
    /// Rows that it changed, where it counts them.
    pub updated: Option<u64>,
    /// Rows that it deleted, where it counts them.
    pub deleted: Option<u64>,
    /// Rows that matched more than one row of the other side, where it counts them.
    pub duplicates: Option<u64>,
    /// From the request to the answer; rows may still have to be fetched.
    pub elapsed: Duration,
    /// How often the server said that it was still at work.
    pub polls: u32,
    /// How often the request was sent again.
    pub resends: u32,
    /// How often the session had to be opened anew, or its token renewed.
    pub logins: u32,
}

impl Answer {
    pub(super) fn new(reply: Reply, call: &Call, elapsed: Duration, http: &Http, downloads: usize) -> Result<Self> {
        let data = reply.into_data();
        if data.command.is_some() {
            return Err(Error::unsupported("PUT and GET move files through the client, which this one does not do"));
        }
        let columns = Columns::new(data.rowtype.as_deref().unwrap_or_default())?;
        let (progress, stats) = (call.progress().clone(), data.stats.unwrap_or_default());
        let report = Report {
            query_id: progress.query_id.unwrap_or_default(),
            request_id: progress.request_id.unwrap_or_default(),
            warehouse: data.final_warehouse_name.clone(),
            rows: data.total.unwrap_or_default(),
            inserted: stats.num_rows_inserted,
            updated: stats.num_rows_updated,
            deleted: stats.num_rows_deleted,
            duplicates: stats.num_dml_duplicates,
            elapsed,
            polls: progress.polls,
            resends: progress.resends,
            logins: progress.logins,
        };
        let schema = columns.schema().clone();
        Ok(Self { report, schema, rows: parts::all(http, columns, data, downloads)? })
    }

    /// What the statement did, and what it took.
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// The columns of its rows; they are known also when there are none.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// The rows in order, as they come. Dropping the stream ends it.
    ///
    /// Each item may be an error: `Data` and `Schema` for what the library's types cannot hold; `Unavailable` and
    /// `Permission` when a part of the result cannot be fetched.
    pub fn into_stream(self) -> BatchStream {
        self.rows
    }

    /// All rows in order.
    ///
    /// # Errors
    /// The first of those of [`into_stream`](Answer::into_stream).
    pub async fn batches(self) -> Result<Vec<RecordBatch>> {
        self.rows.try_collect().await
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer").field("report", &self.report).field("schema", &self.schema).finish_non_exhaustive()
    }
}
