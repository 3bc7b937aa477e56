//! What became of a statement whose answer was lost.

use arrow::array::AsArray;
use shopstream_core::{Error, Result};

use super::{
    Statement,
    call::{Call, Frame},
    decode::Columns,
    http::derived_id,
    login::Tokens,
    parts::inline,
    reply::is_query_id,
    wire::Wire,
};

/// The error of a statement that may have run.
pub(super) fn unknown(request_id: &str) -> Error {
    Error::unavailable(
        "the answer to a statement was lost, and it is not known what became of it: look for its request's id in the \
         tags of the query history before you run it again",
    )
    .retryable(false)
    .with("request_id", request_id)
}

impl Wire {
    /// Where the result of the statement with this id is or will be; nothing when the server never saw it.
    ///
    /// The tag of each query has the id of its request, and the history of queries has the tag. Should the request
    /// still be on its way it is not in the history, and is sent again under the same id: then the server answers
    /// both by one run.
    pub(super) async fn outcome(&self, tokens: &Tokens, request_id: &str, frame: &Frame) -> Result<Option<String>> {
        let unknown = || unknown(request_id);
        // The history is a function of each database.
        let database = tokens.database.as_ref().ok_or_else(unknown)?;
        let question = Statement::new(format!(
            "SELECT QUERY_ID FROM TABLE(\"{}\".INFORMATION_SCHEMA.QUERY_HISTORY_BY_USER(RESULT_LIMIT => 10000)) \
             WHERE CONTAINS(QUERY_TAG, ?) LIMIT 1",
            database.replace('"', "\"\"")
        ));
        // Asking twice does no harm, and asking about the question would have no end.
        let question = question.bind(request_id).with_repeatable(true);
        let frame = Frame { request_id: derived_id(request_id, "outcome", 0), body: frame.body.clone() };
        let asked = self.run(&Call::new(question), &frame, None).await.map_err(|e| unknown().caused_by(e))?;
        let data = asked.into_data();
        let columns = Columns::new(data.rowtype.as_deref().unwrap_or_default())?;
        let batches = inline(&columns, &data)?;
        let Some(row) = batches.first() else { return Ok(None) };
        match row.columns().first().and_then(|ids| ids.as_string_view_opt()).map(|ids| ids.value(0)) {
            Some(id) if is_query_id(id) => Ok(Some(format!("/queries/{id}/result"))),
            _ => Err(unknown()),
        }
    }
}
