//! Queries of users.

use arrow::{
    array::{RecordBatch, RecordBatchOptions},
    datatypes::{Field, Schema, SchemaRef},
};
use futures::StreamExt;
use shopstream_core::{BatchStream, Dialect, Error, Result, sql::Query};
use std::sync::Arc;

use super::Shared;
use crate::snowflake::client::Statement;

/// Answers a query over what is published. The server refuses several statements in one.
pub(super) async fn query(shared: &Shared, query: &Query) -> Result<BatchStream> {
    let mut work = shared.transformer.on("query");
    let published = shared.ledger.published(&mut work).await?;
    let query = query.with_tables(Dialect::Snowflake, |table| {
        published.get(table)?;
        Some(shared.layers.table_name(table).ok()?.to_string())
    });
    let bound = query.bound(Dialect::Snowflake)?;
    let statement = Statement::new(&bound.text);
    if !statement.is_query() {
        return Err(
            Error::unsupported("this is no query: tables are written by builds alone").with("warehouse", shared)
        );
    }
    let answer = work.run(bound.values.into_iter().fold(statement, Statement::bind)).await?;
    let schema = lower_case(answer.schema());
    let named = schema.clone();
    let rows = answer.into_stream().map(move |batch| {
        let batch = batch?;
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        Ok(RecordBatch::try_new_with_options(named.clone(), batch.columns().to_vec(), &options)?)
    });
    Ok(futures::stream::iter([Ok(RecordBatch::new_empty(schema))]).chain(rows).boxed())
}

/// The columns as people write them: what Snowflake folded to upper case is in lower case again.
fn lower_case(schema: &SchemaRef) -> SchemaRef {
    let folded = |name: &str| !name.chars().any(char::is_lowercase);
    let fields = schema.fields().iter().map(|field| {
        let name = if folded(field.name()) { field.name().to_lowercase() } else { field.name().clone() };
        Field::clone(field).with_name(name)
    });
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}
