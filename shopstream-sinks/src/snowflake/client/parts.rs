//! The parts of a result: the first in the answer itself, the others at links of their own.

use arrow::array::RecordBatch;
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use shopstream_core::{BatchStream, Error, Result};
use std::sync::Arc;
use url::Url;

use super::{
    decode::Columns,
    http::{Failure, Http},
    reply::{Chunk, Data},
};

/// The rows that are in the answer itself; no batch is empty.
pub(super) fn inline(columns: &Columns, data: &Data) -> Result<Vec<RecordBatch>> {
    let batches = match (&data.rowset_base64, &data.rowset) {
        (Some(text), _) if !text.is_empty() => {
            let bytes = STANDARD.decode(text);
            columns.arrow(bytes.map_err(|_| Error::unavailable("a result is no base64"))?.into())?
        }
        (_, Some(rows)) => vec![columns.json(rows)?],
        _ => vec![],
    };
    Ok(batches.into_iter().filter(|batch| batch.num_rows() > 0).collect())
}

/// What is needed to fetch the other parts.
struct Parts {
    http: Http,
    headers: HeaderMap,
    columns: Columns,
    is_json: bool,
}

/// All rows in order. So many parts are fetched at once; each is checked, and fetched again if it is not whole.
pub(super) fn all(http: &Http, columns: Columns, data: Data, at_once: usize) -> Result<BatchStream> {
    let first = inline(&columns, &data)?;
    let rows: usize = first.iter().map(RecordBatch::num_rows).sum();
    let headers = headers(&data)?;
    let is_json = data.query_result_format.as_deref().is_some_and(|format| format.eq_ignore_ascii_case("json"));
    let chunks = data.chunks.unwrap_or_default();
    let elsewhere: u64 = chunks.iter().map(|chunk| chunk.row_count).sum();
    let missing = data.total.is_some_and(|total| total != elsewhere.saturating_add(rows as u64));
    if !chunks.is_empty() && missing {
        return Err(Error::unavailable("the parts of a result have not the rows that the server counted"));
    }
    let parts = Arc::new(Parts { http: http.clone(), headers, columns, is_json });
    let others = stream::iter(chunks)
        .map(move |chunk| {
            let parts = parts.clone();
            async move { parts.fetch(&chunk).await.map(|batches| stream::iter(batches.into_iter().map(Ok))) }
        })
        .buffered(at_once.max(1))
        .try_flatten();
    Ok(stream::iter(first.into_iter().map(Ok)).chain(others).boxed())
}

/// What the links want to be asked with: headers of their own, or the key with which S3 keeps the parts.
fn headers(data: &Data) -> Result<HeaderMap> {
    let key = || {
        let key = data.qrmk.clone()?;
        let algorithm = ("x-amz-server-side-encryption-customer-algorithm".to_owned(), "AES256".to_owned());
        Some([algorithm, ("x-amz-server-side-encryption-customer-key".to_owned(), key)].into())
    };
    let given = data.chunk_headers.clone().filter(|headers| !headers.is_empty()).or_else(key).unwrap_or_default();
    let header = |(name, value): (String, String)| {
        let mut value = HeaderValue::try_from(value).ok()?;
        value.set_sensitive(true);
        Some((HeaderName::try_from(name).ok()?, value))
    };
    let headers: Option<HeaderMap> = given.into_iter().map(header).collect();
    headers.ok_or_else(|| Error::unavailable("Snowflake asks for headers that cannot be"))
}

impl Parts {
    async fn fetch(&self, chunk: &Chunk) -> Result<Vec<RecordBatch>> {
        let url = Url::parse(&chunk.url).ok();
        let fits = |url: &Url| url.scheme() == "https" || (url.scheme() == "http" && !self.http.is_encrypted());
        let url =
            url.filter(fits).ok_or_else(|| Error::unavailable("a part of a result has a link that is not https"))?;
        self.http
            .again(|_| async {
                let bytes = self.http.download(url.clone(), self.headers.clone()).await?;
                self.decode(bytes, chunk.row_count)
                    .map_err(|e| if e.is_retryable() { Failure::harmless(e) } else { Failure::last(e) })
            })
            .await
    }

    fn decode(&self, bytes: Bytes, expected: u64) -> Result<Vec<RecordBatch>> {
        let batches = if self.is_json { vec![self.columns.json_part(&bytes)?] } else { self.columns.arrow(bytes)? };
        let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
        if rows as u64 != expected {
            return Err(Error::unavailable("a part of a result is not whole")
                .with("rows", rows)
                .with("expected", expected));
        }
        Ok(batches.into_iter().filter(|batch| batch.num_rows() > 0).collect())
    }
}
