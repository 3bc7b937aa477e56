//! Next to Parquet's own writer, and read again by its reader.

use super::super::{
    properties::{press, writer_properties},
    row_groups::RowGroups,
};
use arrow::{
    array::{
        ArrayRef, Date32Array, Decimal128Array, Int8Array, Int16Array, Int32Array, Int64Array, LargeStringArray,
        RecordBatch, StringArray, StringViewArray, TimestampMicrosecondArray,
    },
    compute::concat_batches,
};
use bytes::Bytes;
use parquet::{
    arrow::{ArrowWriter, arrow_reader::ParquetRecordBatchReaderBuilder},
    basic::{Encoding as ParquetEncoding, PageType},
    file::{
        metadata::{ColumnChunkMetaData, ParquetMetaData},
        reader::FileReader,
        serialized_reader::{ReadOptionsBuilder, SerializedFileReader},
    },
};
use proptest::prelude::*;
use shopstream_core::Encoding;
use std::sync::Arc;

/// Rows of which a value hangs on its place: numbers that grow, jump, repeat and reach to the ends of their types, texts
/// long and short, few and many. A column's name says whether values are missing.
fn rows(from: usize, to: usize, salt: u64, missing: impl Fn(usize) -> bool) -> RecordBatch {
    let noise = move |i: usize| {
        let i = (i as u64 ^ salt).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        ((i ^ (i >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9) >> (i % 64)) as i64
    };
    let columns = |missing: &dyn Fn(usize) -> bool| -> Vec<(&'static str, ArrayRef)> {
        let numbers: Vec<Option<i64>> = (from..to).map(|i| (!missing(i)).then(|| noise(i))).collect();
        let steps = (from..to).map(|i| (!missing(i)).then(|| 3 * i as i64 + noise(i) % 4));
        let texts = |text: &dyn Fn(i64) -> String| numbers.iter().map(|n| n.map(text)).collect::<Vec<_>>();
        let word =
            |n: i64| ["page_view", "", "checkout_start", "añadir"][(n % 16).unsigned_abs().min(3) as usize].into();
        let long = |n: i64| format!("{n}{}", "é".repeat(n as usize % 40));
        let money = || numbers.iter().map(|n| n.map(|n| i128::from(n) % 1_000_000_000));
        vec![
            ("i8", Arc::new(numbers.iter().map(|n| n.map(|n| n as i8)).collect::<Int8Array>())),
            ("i16", Arc::new(numbers.iter().map(|n| n.map(|n| n as i16)).collect::<Int16Array>())),
            ("i32", Arc::new(numbers.iter().map(|n| n.map(|n| n as i32)).collect::<Int32Array>())),
            ("i64", Arc::new(numbers.iter().copied().collect::<Int64Array>())),
            ("steps", Arc::new(steps.collect::<Int64Array>())),
            ("day", Arc::new(numbers.iter().map(|n| n.map(|n| n as i32 % 20_000)).collect::<Date32Array>())),
            ("at", Arc::new(numbers.iter().copied().collect::<TimestampMicrosecondArray>().with_timezone("UTC"))),
            ("price", Arc::new(money().collect::<Decimal128Array>().with_precision_and_scale(9, 2).unwrap())),
            ("total", Arc::new(money().collect::<Decimal128Array>().with_precision_and_scale(18, 2).unwrap())),
            ("word", Arc::new(texts(&word).into_iter().collect::<StringViewArray>())),
            ("long", Arc::new(texts(&long).into_iter().collect::<StringViewArray>())),
            ("word_32", Arc::new(texts(&word).into_iter().collect::<StringArray>())),
            ("long_64", Arc::new(texts(&long).into_iter().collect::<LargeStringArray>())),
        ]
    };
    let required = columns(&|_| false).into_iter().map(|(name, array)| (name.to_owned(), array, false));
    let nullable = columns(&|_| false).into_iter().map(|(name, array)| (format!("{name}, all"), array, true));
    let some = columns(&missing).into_iter().map(|(name, array)| (format!("{name}, some"), array, true));
    let none = columns(&|_| true).into_iter().map(|(name, array)| (format!("{name}, none"), array, true));
    RecordBatch::try_from_iter_with_nullable(required.chain(nullable).chain(some).chain(none)).unwrap()
}

fn ours(batches: &[RecordBatch], encoding: Encoding) -> Bytes {
    let mut groups = RowGroups::new(vec![], encoding, &batches[0]).unwrap();
    batches.iter().for_each(|batch| groups.write(batch).unwrap());
    groups.finish().unwrap().0.into()
}

/// The same rows in the same groups as the crate's own writer encodes them.
fn theirs(batches: &[RecordBatch], encoding: Encoding, ours: &ParquetMetaData) -> Bytes {
    let properties = writer_properties(encoding, &batches[0], &mut press().unwrap()).unwrap();
    let mut writer = ArrowWriter::try_new(vec![], batches[0].schema(), Some(properties)).unwrap();
    let mut groups = ours.row_groups().iter().map(|group| group.num_rows() as usize);
    let mut left = groups.next().unwrap();
    for batch in batches {
        let mut batch = batch.clone();
        while batch.num_rows() > 0 {
            let rows = batch.num_rows().min(left);
            writer.write(&batch.slice(0, rows)).unwrap();
            batch = batch.slice(rows, batch.num_rows() - rows);
            left -= rows;
            if left == 0 {
                writer.flush().unwrap();
                left = groups.next().unwrap_or(0);
            }
        }
    }
    writer.into_inner().unwrap().into()
}

fn read(file: &Bytes) -> RecordBatch {
    let reader = ParquetRecordBatchReaderBuilder::try_new(file.clone()).unwrap().build().unwrap();
    let batches: Vec<RecordBatch> = reader.map(Result::unwrap).collect();
    concat_batches(&batches[0].schema(), &batches).unwrap()
}

fn metadata(file: &Bytes) -> ParquetMetaData {
    let options = ReadOptionsBuilder::new().with_encoding_stats_as_mask(false).with_page_index().build();
    SerializedFileReader::new_with_options(file.clone(), options).unwrap().metadata().clone()
}

fn check(batches: &[RecordBatch], encoding: Encoding) -> Result<(), TestCaseError> {
    let ours = ours(batches, encoding);
    prop_assert_eq!(read(&ours), concat_batches(&batches[0].schema(), batches).unwrap());
    let our = metadata(&ours);
    let theirs = theirs(batches, encoding, &our);
    let their = metadata(&theirs);
    let columns =
        |file: &ParquetMetaData| file.row_groups().iter().flat_map(|group| group.columns().to_vec()).collect();
    let (our, their): (Vec<ColumnChunkMetaData>, Vec<ColumnChunkMetaData>) = (columns(&our), columns(&their));
    for (our, their) in our.iter().zip(&their) {
        let name = our.column_path().string();
        prop_assert_eq!(our.num_values(), their.num_values(), "{}", name);
        prop_assert_eq!(our.compression_codec(), their.compression_codec(), "{}", name);
        prop_assert_eq!(our.dictionary_page_offset().is_some(), their.dictionary_page_offset().is_some(), "{}", name);
        let of_few = our.dictionary_page_offset().is_some();
        let (our, their) = (bytes(&ours, our), bytes(&theirs, their));
        // Runs begin and end at eights here, pages of texts where they are full, and where many rows have values Parquet's
        // writer looks for a page's end less often; a page of nothing takes some 35 bytes.
        let texts = name.starts_with("word") || name.starts_with("long") || name.starts_with("text");
        if texts || of_few || name.contains(',') {
            prop_assert!(our.len() * 20 <= their.len() * 21 + 1000, "{}: {} and {}", name, our.len(), their.len());
        } else {
            prop_assert!(our == their, "{}", name);
        }
    }
    Ok(())
}

fn bytes(file: &Bytes, column: &ColumnChunkMetaData) -> Bytes {
    let (from, length) = column.byte_range();
    file.slice(from as usize..(from + length) as usize)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn what_is_encoded_here_is_what_parquets_own_writer_encodes(
        count in 1usize..30_000,
        cut in 0usize..30_000,
        salt in any::<u64>(),
        missing in prop_oneof![Just(2usize), Just(9), 100usize..5_000],
        runs in any::<bool>(),
        encoding in prop_oneof![Just(Encoding::Sampled), Just(Encoding::Dictionary), Just(Encoding::Plain)],
    ) {
        let missing = move |i: usize| if runs { (i / missing).is_multiple_of(2) } else { i.is_multiple_of(missing) };
        let cut = cut.min(count);
        let parts = [rows(0, cut, salt, missing), rows(cut, count, salt, missing)];
        let batches: Vec<RecordBatch> = parts.into_iter().filter(|rows| rows.num_rows() > 0).collect();
        check(&batches, encoding)?;
    }
}

fn texts(values: impl IntoIterator<Item = String>) -> RecordBatch {
    let texts: ArrayRef = Arc::new(StringViewArray::from_iter_values(values));
    RecordBatch::try_from_iter([("text", texts)]).unwrap()
}

#[test]
fn a_full_dictionary_goes_on_without() {
    // Few at first, and then ever new ones.
    let text = |i: usize| if i < 60_000 { format!("word {}", i % 5) } else { format!("a longer text, number {i}") };
    let batches = [texts((0..40_000).map(text)), texts((40_000..100_000).map(text))];
    check(&batches, Encoding::Dictionary).unwrap();
    assert_eq!(after_a_dictionary(&batches), ParquetEncoding::DELTA_LENGTH_BYTE_ARRAY);

    let number = |i: i64| if i < 60_000 { i % 5 } else { i * i };
    let numbers = |from, to| {
        let (wide, narrow) = ((from..to).map(number), (from..to).map(|i| number(i) as i32));
        let wide: ArrayRef = Arc::new(Int64Array::from_iter_values(wide));
        RecordBatch::try_from_iter([("wide", wide), ("narrow", Arc::new(Int32Array::from_iter_values(narrow)))])
    };
    let batches = [numbers(0, 40_000).unwrap(), numbers(40_000, 300_000).unwrap()];
    check(&batches, Encoding::Dictionary).unwrap();
    assert_eq!(after_a_dictionary(&[numbers(50_000, 150_000).unwrap()]), ParquetEncoding::PLAIN);
}

/// How the first column goes on behind its dictionary and what refers to it.
fn after_a_dictionary(batches: &[RecordBatch]) -> ParquetEncoding {
    let metadata = metadata(&ours(batches, Encoding::Dictionary));
    let pages = metadata.row_group(0).column(0).page_encoding_stats().unwrap().clone();
    let kinds: Vec<_> = pages.iter().map(|pages| (pages.page_type, pages.encoding)).collect();
    let [first, second, (PageType::DATA_PAGE, rest)] = kinds[..] else { panic!("{kinds:?}") };
    let expected =
        [(PageType::DICTIONARY_PAGE, ParquetEncoding::PLAIN), (PageType::DATA_PAGE, ParquetEncoding::RLE_DICTIONARY)];
    assert_eq!([first, second], expected);
    rest
}

#[test]
fn a_page_of_long_texts_ends_when_it_is_full() {
    let text = |i: usize| format!("{i}").repeat(if i == 70 { 100_000 } else { 2_000 });
    let batch = texts((0..200).map(text));
    let file = ours(std::slice::from_ref(&batch), Encoding::Sampled);
    assert_eq!(read(&file), batch);
    let metadata = metadata(&file);
    let pages: usize = metadata
        .row_groups()
        .iter()
        .flat_map(|group| group.columns())
        .map(|column| column.page_encoding_stats().unwrap().iter().map(|pages| pages.count as usize).sum::<usize>())
        .sum();
    // 21 or more texts fill a page, one of them more than one.
    assert!((8..=10).contains(&pages), "{pages} pages");
}

/// More of them than are known by their views at once, of lengths around what a view holds.
#[test]
fn short_texts_of_a_dictionary_are_told_apart() {
    let text = |i: usize| {
        let n = (i * i) % 3_001;
        format!("{n:0width$}", width = 4 + n % 11)
    };
    let batch =
        texts((0..50_000).map(text).chain([String::new(), "0".into(), "\0".into(), "00".into(), String::new()]));
    let file = ours(std::slice::from_ref(&batch), Encoding::Dictionary);
    assert_eq!(read(&file), batch);
    let entries = (0..50_000).map(text).collect::<std::collections::HashSet<_>>().len();
    assert!(entries > 1_000, "{entries} texts");
}

#[test]
fn where_pages_are_is_known() {
    let batch = rows(0, 50_000, 7, |i| i % 3 == 0);
    for encoding in [Encoding::Sampled, Encoding::Dictionary] {
        let file = ours(std::slice::from_ref(&batch), encoding);
        let metadata = metadata(&file);
        for (group, offsets) in metadata.row_groups().iter().zip(metadata.offset_index().unwrap()) {
            for (column, offsets) in group.columns().iter().zip(offsets) {
                let name = column.column_path().string();
                let (from, length) = column.byte_range();
                let pages = offsets.page_locations();
                let first = column.data_page_offset();
                assert_eq!((pages[0].offset, pages[0].first_row_index), (first, 0), "{name}");
                for (page, next) in pages.iter().zip(&pages[1..]) {
                    assert_eq!(page.offset + i64::from(page.compressed_page_size), next.offset, "{name}");
                    assert!(page.first_row_index < next.first_row_index, "{name}");
                }
                let last = pages.last().unwrap();
                let end = (last.offset + i64::from(last.compressed_page_size)) as u64;
                assert_eq!(end, from + length, "{name}");
            }
        }
    }
}
