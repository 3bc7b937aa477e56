//! How columns are encoded: chosen from their values, not their names.

use arrow::{
    array::{Array, ArrayRef, RecordBatch, UInt32Array},
    compute::take,
    datatypes::DataType,
    row::{RowConverter, SortField},
};
use parquet::{
    basic::{Compression, Encoding, ZstdLevel},
    file::{
        metadata::KeyValue,
        properties::{EnabledStatistics, WriterProperties},
    },
    schema::types::ColumnPath,
};
use shopstream_core::Result;
use std::collections::HashSet;

/// Values of a column that are looked at.
const SAMPLE: usize = 4_096;

/// The properties of a file that begins with these rows.
pub(super) fn properties(first: Option<&RecordBatch>, metadata: Vec<KeyValue>) -> Result<WriterProperties> {
    let mut builder = WriterProperties::builder()
        .set_created_by(concat!("shopstream ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_offset_index_disabled(true)
        .set_key_value_metadata(Some(metadata));
    let Some(first) = first else { return Ok(builder.build()) };
    for (field, column) in first.schema().fields().iter().zip(first.columns()) {
        let path = ColumnPath::new(vec![field.name().clone()]);
        // A dictionary pays where values come often; numbers pack well without one.
        let (encoding, repeats) = match field.data_type() {
            t if t.is_integer() || t.is_temporal() || matches!(t, DataType::Decimal128(1..=18, _)) => {
                (Some(Encoding::DELTA_BINARY_PACKED), 8)
            }
            DataType::Utf8View | DataType::Utf8 | DataType::LargeUtf8 => (Some(Encoding::DELTA_LENGTH_BYTE_ARRAY), 2),
            DataType::Boolean => continue,
            t if t.is_nested() => continue,
            _ => (None, 2),
        };
        if let Some(encoding) = encoding {
            builder = builder.set_column_encoding(path.clone(), encoding);
        }
        let (values, distinct) = sample(column)?;
        builder = builder.set_column_dictionary_enabled(path, distinct * repeats <= values);
    }
    Ok(builder.build())
}

/// How many values were looked at, and how many different ones there were.
fn sample(column: &ArrayRef) -> Result<(usize, usize)> {
    let step = column.len().div_ceil(SAMPLE).max(1);
    let indices: UInt32Array = (0..column.len()).step_by(step).filter_map(|i| u32::try_from(i).ok()).collect();
    let values = take(column, &indices, None)?;
    let converter = RowConverter::new(vec![SortField::new(values.data_type().clone())])?;
    let rows = converter.convert_columns(&[values])?;
    let distinct: HashSet<_> = rows.iter().collect();
    Ok((rows.num_rows(), distinct.len()))
}
