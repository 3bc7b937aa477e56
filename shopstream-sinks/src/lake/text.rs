//! CSV and newline-delimited JSON to rows.

use arrow::array::RecordBatch;
use futures::{StreamExt, TryStreamExt, stream};
use shopstream_core::{BatchStream, Error, Format, Result, text::TextDecoder};
use std::sync::Arc;

use super::{
    file::CheckedFile,
    read::{BATCH_ROWS, Projection},
    task,
};

pub(super) fn decode(file: &CheckedFile, format: Format, projection: Arc<Projection>) -> Result<BatchStream> {
    let schema = &projection.file;
    let decoder = match format {
        Format::Csv => TextDecoder::csv(schema.clone(), BATCH_ROWS)?,
        _ => TextDecoder::ndjson(schema.clone(), BATCH_ROWS)?,
    };
    let key = file.key().to_owned();
    let batches = stream::try_unfold((Some(decoder), file.windows()), move |(decoder, mut windows)| {
        let key = key.clone();
        async move {
            let Some(mut decoder) = decoder else { return Ok(None) };
            let named = move |e: Error| e.with("key", key);
            let (decoder, batches) = match windows.try_next().await? {
                Some(bytes) => {
                    task::compute(move || {
                        let batches = decoder.push(&bytes).map_err(named)?;
                        Ok((Some(decoder), batches))
                    })
                    .await?
                }
                None => {
                    let last = task::compute(move || decoder.finish().map_err(named)).await?;
                    (None, last.into_iter().collect::<Vec<_>>())
                }
            };
            Ok::<_, Error>(Some((stream::iter(batches.into_iter().map(Ok)), (decoder, windows))))
        }
    });
    let held: Vec<usize> = (0..projection.file.fields().len()).collect();
    Ok(batches.try_flatten().map(move |batch: Result<RecordBatch>| projection.apply(&batch?, &held)).boxed())
}
