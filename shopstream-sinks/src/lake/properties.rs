//! How Parquet files are encoded.

use arrow::array::RecordBatch;
use parquet::{
    basic::{Compression, Type, ZstdLevel},
    errors::Result,
    file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesBuilder},
    schema::types::ColumnDescriptor,
};
use shopstream_core::Encoding;

use super::{
    chunk::Press,
    row_groups,
    sample::{self, Choice, Form},
};

/// Bytes of a page, before it is compressed: each column of a file being written holds one. With the lengths and levels
/// beside them they stay below the 128 KiB that zstd takes at once; what is above has tables of its own.
const PAGE_BYTES: usize = 120 << 10;
/// Bytes up to which a dictionary grows; what comes then is encoded without.
const DICTIONARY_BYTES: usize = 512 << 10;

/// zstd at its fastest, over columns that are encoded as was asked for; where a sample chooses, not over those that it
/// makes no smaller.
pub(super) fn writer_properties(
    encoding: Encoding,
    first: &RecordBatch,
    press: &mut Press,
) -> Result<WriterProperties> {
    let base = row_groups::with_own_statistics(&first.schema())
        .fold(base(), |properties, column| properties.set_column_statistics_enabled(column, EnabledStatistics::None));
    let plain = base.clone().set_dictionary_enabled(false);
    Ok(match encoding {
        Encoding::Plain => plain.build(),
        Encoding::Dictionary => base.build(),
        _ => sample::choose(first, press)?
            .into_iter()
            .fold(plain, |properties, (column, choice)| as_chosen(properties, &column, choice))
            .build(),
    })
}

fn as_chosen(
    properties: WriterPropertiesBuilder,
    column: &ColumnDescriptor,
    choice: Choice,
) -> WriterPropertiesBuilder {
    let path = column.path().clone();
    let properties = match choice.compressed {
        true => properties,
        false => properties.set_column_compression(path.clone(), Compression::UNCOMPRESSED),
    };
    match (choice.form, packed(column)) {
        (Form::Packed, Some(packed)) => properties.set_column_encoding(path, packed),
        (Form::Dictionary, _) => properties.set_column_dictionary_enabled(path, true),
        _ => properties,
    }
}

/// What all files have in common.
pub(super) fn base() -> WriterPropertiesBuilder {
    WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_data_page_size_limit(PAGE_BYTES)
        .set_dictionary_page_size_limit(DICTIONARY_BYTES)
        .set_statistics_enabled(EnabledStatistics::Chunk)
        // The release that wrote it is in the manifest; the same rows are the same bytes.
        .set_created_by("shopstream".to_owned())
}

/// Compresses as those files are.
pub(super) fn press() -> Result<Press> {
    Press::new(ZstdLevel::default().compression_level())
}

/// The encoding of differences that a column's values have: whole numbers as such, which money of up to 18 digits and
/// time are stored as, texts by their lengths.
pub(super) fn packed(column: &ColumnDescriptor) -> Option<parquet::basic::Encoding> {
    match column.physical_type() {
        Type::INT32 | Type::INT64 => Some(parquet::basic::Encoding::DELTA_BINARY_PACKED),
        Type::BYTE_ARRAY => Some(parquet::basic::Encoding::DELTA_LENGTH_BYTE_ARRAY),
        _ => None,
    }
}
