//! Who runs statements.

use arrow::array::RecordBatch;
use async_trait::async_trait;
use shopstream_core::Result;

use crate::snowflake::client::Session;

/// Runs statements in Snowflake, one after the other in one session.
///
/// # Contract
/// * `Ok` means that the statement is done, and has the rows that it answered; none for one that answers nothing.
/// * The columns are named as Snowflake names them, in any case; texts, numbers and booleans may come as Arrow types of
///   their own or as text.
/// * Statements are safe to send again where the answer was lost, as long as the earlier one is known to have ended.
#[async_trait]
pub trait Execute: Send + Sync {
    /// Runs one statement, which has no semicolon at its end.
    async fn execute(&self, sql: &str) -> Result<Vec<RecordBatch>>;
}

/// A session of the [client](crate::snowflake::client): a plan is applied to, and an inventory read of, a real server.
#[async_trait]
impl Execute for Session {
    async fn execute(&self, sql: &str) -> Result<Vec<RecordBatch>> {
        self.execute(sql).await?.batches().await
    }
}
