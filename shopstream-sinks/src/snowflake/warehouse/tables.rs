//! Tables and views: made, read, dropped.

use arrow::{
    array::{RecordBatch, RecordBatchOptions},
    datatypes::Schema,
};
use futures::{StreamExt, stream};
use shopstream_core::{BatchStream, Result, TableSchema};
use std::sync::Arc;

use super::{
    columns::{self, SqlColumn, join, list},
    rows::narrowed,
    work::Work,
};
use crate::snowflake::sql::Name;

/// Starts to read columns of a table or view, or all.
pub(super) async fn read(
    work: &mut Work<'_>,
    name: &Name,
    schema: &TableSchema,
    wanted: Option<&[String]>,
) -> Result<BatchStream> {
    let schema = match wanted {
        Some(wanted) => schema.select(wanted).map_err(|e| work.blame(e))?,
        None => schema.clone(),
    };
    if schema.columns.is_empty() {
        let rows = usize::try_from(work.number(count(name)).await?).unwrap_or(usize::MAX);
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let counted = RecordBatch::try_new_with_options(Arc::new(Schema::empty()), vec![], &options)?;
        return Ok(stream::iter([Ok(counted)]).boxed());
    }
    let schema = schema.to_arrow();
    let answer = work.run(format!("SELECT {} FROM {name}", list(&columns::columns(&schema)?))).await?;
    Ok(narrowed(answer.into_stream(), schema))
}

/// The query of how many rows there are.
pub(super) fn count(name: &Name) -> String {
    format!("SELECT COUNT(*) FROM {name}")
}

/// The statement that makes a view of a query, with columns of these names and types.
pub(super) fn create_view(name: &Name, columns: &[SqlColumn<'_>], query: &str) -> String {
    let values = join(columns, |c| format!("CAST({0} AS {1}) AS {0}", c.name, c.data_type));
    // The query may end in a comment.
    format!("CREATE OR REPLACE VIEW {name} ({}) AS SELECT {values} FROM (\n{query}\n) AS made", list(columns))
}

/// The statement that drops a table or view.
pub(super) fn drop(name: &Name, is_view: bool) -> String {
    format!("DROP {} IF EXISTS {name}", if is_view { "VIEW" } else { "TABLE" })
}
