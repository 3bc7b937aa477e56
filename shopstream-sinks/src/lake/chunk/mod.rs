//! Column chunks that are encoded here: whole numbers and texts, most of what a shop's tables are made of.
//!
//! Parquet's own writer takes each value by itself, and copies it four times. The bytes here are those that it writes, but
//! for where pages of texts end, and where runs of levels and of a dictionary's numbers do.

use arrow::array::{Array, ArrayRef, BooleanBufferBuilder};
use parquet::{
    basic::{Compression, Encoding, EncodingMask, PageType, Type},
    column::{
        page::{CompressedPage, Page, PageWriter},
        writer::ColumnCloseResult,
    },
    errors::{ParquetError, Result},
    file::{
        metadata::{ColumnChunkMetaData, OffsetIndexBuilder, PageEncodingStats},
        properties::WriterProperties,
        writer::{SerializedPageWriter, TrackedWrite},
    },
    schema::types::ColumnDescPtr,
};

mod bits;
mod dictionary;
mod differences;
mod levels;
mod numbers;
mod plain;
mod press;
mod runs;
#[cfg(test)]
mod tests;
mod texts;

use super::{
    pieces::{Pieces, ReadOnce},
    text_extremes::TextExtremes,
};
use dictionary::Dictionary;
use differences::Differences;
use texts::Texts;

pub(super) use press::Press;

/// Rows after which is looked whether a page is full.
const STEP: usize = 1_024;

/// The values of a page, in an encoding.
trait Values: Send {
    fn encoding(&self) -> Encoding;

    /// Bytes so far, about.
    fn bytes(&self) -> usize;

    /// Adds the values of rows, from the first on, and answers of how many: one at least, and none once there are as many
    /// bytes as there is room for. Texts are among the extremes then.
    fn put(&mut self, rows: &dyn Array, room: usize, extremes: &mut TextExtremes) -> usize;

    /// Appends what there is, and begins anew.
    fn flush(&mut self, page: &mut Vec<u8>);

    /// What the pages refer to, and how many values those are.
    fn dictionary(&self) -> Option<(&[u8], usize)> {
        None
    }
}

/// A column of a row group.
pub(super) struct ChunkWriter {
    column: ColumnDescPtr,
    compression: Compression,
    page_bytes: usize,
    page_rows: usize,
    /// The page under way: its values, which rows have one, and how many have none.
    values: Box<dyn Values>,
    validity: BooleanBufferBuilder,
    nulls: usize,
    /// The pages before.
    pages: TrackedWrite<Pieces>,
    offsets: OffsetIndexBuilder,
    encodings: Vec<PageEncodingStats>,
    rows: usize,
    uncompressed: usize,
}

impl ChunkWriter {
    /// A chunk of whole numbers or texts.
    pub(super) fn new(column: &ColumnDescPtr, properties: &WriterProperties) -> Result<Self> {
        let path = column.path();
        let of_few = properties.dictionary_enabled(path);
        let limit = properties.column_dictionary_page_size_limit(path);
        let values: Box<dyn Values> = match (column.physical_type(), properties.encoding(path)) {
            (Type::BYTE_ARRAY, _) if of_few => Box::new(Dictionary::<dictionary::Texts>::new(limit)),
            (Type::INT32, _) if of_few => Box::new(Dictionary::<dictionary::Numbers<i32>>::new(limit)),
            (Type::INT64, _) if of_few => Box::new(Dictionary::<dictionary::Numbers<i64>>::new(limit)),
            (Type::BYTE_ARRAY, Some(Encoding::DELTA_LENGTH_BYTE_ARRAY)) => Box::new(Texts::default()),
            (Type::INT32, Some(Encoding::DELTA_BINARY_PACKED)) => Box::new(Differences::<i32>::default()),
            (Type::INT64, Some(Encoding::DELTA_BINARY_PACKED)) => Box::new(Differences::<i64>::default()),
            (Type::BYTE_ARRAY, None) => Box::new(plain::Texts::default()),
            (Type::INT32, None) => Box::new(plain::Numbers::<i32>::default()),
            (Type::INT64, None) => Box::new(plain::Numbers::<i64>::default()),
            (other, encoding) => {
                return Err(ParquetError::NYI(format!("a column of {other} as {encoding:?}")));
            }
        };
        Ok(Self {
            compression: properties.compression(path),
            page_bytes: properties.column_data_page_size_limit(path),
            page_rows: properties.data_page_row_count_limit(),
            column: column.clone(),
            values,
            validity: BooleanBufferBuilder::new(0),
            nulls: 0,
            pages: TrackedWrite::new(Pieces::default()),
            offsets: OffsetIndexBuilder::new(),
            encodings: vec![],
            rows: 0,
            uncompressed: 0,
        })
    }

    /// Bytes so far, about.
    pub(super) fn bytes(&self) -> usize {
        let dictionary = self.values.dictionary().map_or(0, |(values, _)| values.len());
        dictionary + self.pages.bytes_written() + self.values.bytes()
    }

    /// Adds rows.
    pub(super) fn write(&mut self, rows: &ArrayRef, press: &mut Press, extremes: &mut TextExtremes) -> Result<()> {
        let mut from = 0;
        while from < rows.len() {
            let step = rows.slice(from, STEP.min(rows.len() - from));
            let taken = self.values.put(&step, self.page_bytes, extremes);
            let nulls = step.nulls().filter(|nulls| nulls.null_count() > 0).map(|nulls| nulls.slice(0, taken));
            match nulls {
                Some(nulls) => {
                    self.validity.append_buffer(nulls.inner());
                    self.nulls += nulls.null_count();
                }
                None => self.validity.append_n(taken, true),
            }
            if self.validity.len() >= self.page_rows || self.values.bytes() >= self.page_bytes {
                self.end_page(press)?;
            }
            from += taken;
        }
        Ok(())
    }

    fn end_page(&mut self, press: &mut Press) -> Result<()> {
        let rows = self.validity.len();
        if rows == 0 {
            return Ok(());
        }
        press.page.clear();
        if self.column.max_def_level() > 0 {
            levels::put(self.validity.as_slice(), rows, self.nulls, &mut press.page);
        }
        let encoding = self.values.encoding();
        self.values.flush(&mut press.page);
        let size = press.size()?;
        let page = Page::DataPage {
            buf: press.stored(self.compression)?,
            num_values: rows as u32,
            encoding,
            def_level_encoding: Encoding::RLE,
            rep_level_encoding: Encoding::RLE,
            statistics: None,
        };
        let written = SerializedPageWriter::new(&mut self.pages).write_page(CompressedPage::new(page, size))?;
        self.offsets.append_row_count(rows as i64);
        self.offsets.append_unencoded_byte_array_data_bytes(None);
        self.offsets.append_offset_and_size(written.offset as i64, written.compressed_size as i32);
        match self.encodings.last_mut() {
            Some(last) if last.encoding == encoding => last.count += 1,
            _ => self.encodings.push(PageEncodingStats { page_type: PageType::DATA_PAGE, encoding, count: 1 }),
        }
        self.uncompressed += written.uncompressed_size;
        self.rows += rows;
        self.validity.truncate(0);
        self.nulls = 0;
        Ok(())
    }

    /// The pages, and what the row group says of them. Statistics are others' to add.
    pub(super) fn close(mut self, press: &mut Press) -> Result<(ReadOnce, ColumnCloseResult)> {
        self.end_page(press)?;
        let mut pages = TrackedWrite::new(Pieces::default());
        self.dictionary_page(press, &mut pages)?;
        let first = pages.bytes_written();
        let bytes = first + self.pages.bytes_written();
        let mut pages = pages.into_inner()?;
        pages.append(self.pages.into_inner()?);
        let encodings = self.encodings.iter().map(|pages| &pages.encoding).chain([&Encoding::RLE]);
        let metadata = ColumnChunkMetaData::builder(self.column)
            .set_compression(self.compression)
            .set_encodings_mask(EncodingMask::new_from_encodings(encodings))
            .set_page_encoding_stats(self.encodings.clone())
            .set_total_compressed_size(bytes as i64)
            .set_total_uncompressed_size(self.uncompressed as i64)
            .set_num_values(self.rows as i64)
            .set_data_page_offset(0)
            .build()?;
        let closed = ColumnCloseResult {
            bytes_written: bytes as u64,
            rows_written: self.rows as u64,
            metadata,
            bloom_filter: None,
            column_index: None,
            offset_index: Some(self.offsets.build()),
        };
        Ok((pages.into(), closed.update_dictionary_location(first)?))
    }

    /// Writes the page that the others refer to, if they do.
    fn dictionary_page(&mut self, press: &mut Press, to: &mut TrackedWrite<Pieces>) -> Result<()> {
        let Some((bytes, count)) = self.values.dictionary() else { return Ok(()) };
        press.page.clear();
        press.page.extend_from_slice(bytes);
        let (encoding, size) = (Encoding::PLAIN, press.size()?);
        let buf = press.stored(self.compression)?;
        let page = Page::DictionaryPage { buf, num_values: count as u32, encoding, is_sorted: false };
        let written = SerializedPageWriter::new(to).write_page(CompressedPage::new(page, size))?;
        self.encodings.insert(0, PageEncodingStats { page_type: PageType::DICTIONARY_PAGE, encoding, count: 1 });
        self.uncompressed += written.uncompressed_size;
        Ok(())
    }
}
