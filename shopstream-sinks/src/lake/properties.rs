//! How Parquet files are encoded.

use arrow::datatypes::{DataType, SchemaRef};
use parquet::{
    basic::{Compression, Encoding, ZstdLevel},
    file::properties::{EnabledStatistics, WriterProperties},
    schema::types::ColumnPath,
};

/// Rows in a row group: what a writer holds in memory, and a reader decodes at once.
const ROW_GROUP_ROWS: usize = 131_072;

/// zstd at its fastest; whole numbers, money and time as differences, which are small in keys and amounts alike;
/// everything else through a dictionary, until that grows too large.
pub(super) fn writer_properties(schema: &SchemaRef) -> WriterProperties {
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        // The release that wrote it is in the manifest; the same rows are the same bytes.
        .set_created_by("shopstream".to_owned());
    for field in schema.fields() {
        let as_differences = match field.data_type() {
            DataType::Int16 | DataType::Int32 | DataType::Int64 | DataType::Date32 | DataType::Timestamp(..) => true,
            // Up to 18 digits are stored as whole numbers.
            DataType::Decimal128(precision, _) => *precision <= 18,
            _ => false,
        };
        if as_differences {
            let column = ColumnPath::new(vec![field.name().clone()]);
            properties = properties
                .set_column_dictionary_enabled(column.clone(), false)
                .set_column_encoding(column, Encoding::DELTA_BINARY_PACKED);
        }
    }
    properties.build()
}
