//! Parquet to rows: only the columns asked for, one row group's bytes in memory at a time.

use futures::{StreamExt, stream};
use parquet::{
    DecodeResult,
    arrow::{
        ProjectionMask,
        arrow_reader::ArrowReaderOptions,
        push_decoder::{ParquetPushDecoder, ParquetPushDecoderBuilder},
    },
    errors::ParquetError,
    file::metadata::{PageIndexPolicy, ParquetMetaData, ParquetMetaDataPushDecoder},
};
use shopstream_core::{BatchStream, Error, Result};
use std::sync::Arc;

use super::{
    file::CheckedFile,
    read::{BATCH_ROWS, Projection},
    task,
};

/// Bytes at a file's end that hold its metadata, mostly.
const FOOTER_BYTES: u64 = 64 << 10;

pub(super) async fn decode(file: CheckedFile, projection: Arc<Projection>) -> Result<BatchStream> {
    let metadata = Arc::new(metadata(&file).await?);
    // In the order of the file, which is the decoder's.
    let mut held = projection.positions.clone();
    held.sort_unstable();
    held.dedup();

    let options = ArrowReaderOptions::new().with_schema(projection.file.clone());
    let builder = ParquetPushDecoderBuilder::try_new_decoder_with_options(metadata, options)
        .map_err(|e| Error::schema("a Parquet file has not its manifest's columns").caused_by(damaged(&file, e)))?;
    let mask = ProjectionMask::roots(builder.parquet_schema(), held.iter().copied());
    let decoder = builder.with_projection(mask).with_batch_size(BATCH_ROWS).build().map_err(|e| damaged(&file, e))?;

    Ok(stream::try_unfold(decoder, move |decoder| {
        let (file, projection, held) = (file.clone(), projection.clone(), held.clone());
        async move {
            let (decoder, batch) = next(decoder, &file).await?;
            Ok(match batch {
                Some(batch) => Some((projection.apply(&batch, &held)?, decoder)),
                None => None,
            })
        }
    })
    .boxed())
}

async fn next(
    mut decoder: ParquetPushDecoder,
    file: &CheckedFile,
) -> Result<(ParquetPushDecoder, Option<arrow::array::RecordBatch>)> {
    loop {
        let step;
        (decoder, step) = task::compute(move || {
            let step = decoder.try_decode();
            Ok((decoder, step))
        })
        .await?;
        match step.map_err(|e| damaged(file, e))? {
            DecodeResult::NeedsData(ranges) => {
                let bytes = file.ranges(&ranges).await?;
                decoder.push_ranges(ranges, bytes).map_err(|e| damaged(file, e))?;
            }
            DecodeResult::Data(batch) => return Ok((decoder, Some(batch))),
            DecodeResult::Finished => return Ok((decoder, None)),
        }
    }
}

async fn metadata(file: &CheckedFile) -> Result<ParquetMetaData> {
    let mut decoder = ParquetMetaDataPushDecoder::try_new(file.size())
        .map_err(|e| damaged(file, e))?
        .with_page_index_policy(PageIndexPolicy::Skip);
    let footer = file.size().saturating_sub(FOOTER_BYTES)..file.size();
    let mut wanted = vec![footer];
    loop {
        let bytes = file.ranges(&wanted).await?;
        decoder.push_ranges(wanted, bytes).map_err(|e| damaged(file, e))?;
        match decoder.try_decode().map_err(|e| damaged(file, e))? {
            DecodeResult::NeedsData(ranges) => wanted = ranges,
            DecodeResult::Data(metadata) => return Ok(metadata),
            DecodeResult::Finished => return Err(file.damaged("a Parquet file has no metadata")),
        }
    }
}

fn damaged(file: &CheckedFile, error: ParquetError) -> Error {
    file.damaged("a Parquet file cannot be read").caused_by(error)
}
