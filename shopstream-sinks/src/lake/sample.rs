//! Which encoding makes which column small: a sample of the rows is written in each of them.

use arrow::{
    array::{ArrayRef, RecordBatch},
    compute::concat_batches,
};
use parquet::{
    arrow::{ArrowSchemaConverter, ArrowWriter},
    basic::Type,
    errors::Result,
    file::{
        metadata::ColumnChunkMetaData,
        properties::{WriterProperties, WriterPropertiesBuilder},
    },
    schema::types::ColumnDescPtr,
};

use super::{
    chunk::{ChunkWriter, Press},
    properties::{self, base, packed},
    row_groups::has_own_statistics,
    text_extremes::TextExtremes,
};

/// Runs of rows that make a sample, each as long: differences show between neighbours, repetition from afar.
const RUNS: usize = 8;
const RUN_ROWS: usize = 512;
/// Bytes of a column's sample below which it says nothing of what comes later: its rows may all be without a value.
const TELLING_BYTES: i64 = 1024;

/// How a column is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) form: Form,
    /// Whether the pages are compressed.
    pub(super) compressed: bool,
}

/// How a column's values are encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// As they lie in memory.
    Plain,
    /// As differences.
    Packed,
    /// Each once, and then by its number.
    Dictionary,
}

/// Bytes of a column.
#[derive(Clone, Copy, Default)]
struct Size {
    encoded: i64,
    compressed: i64,
}

impl Size {
    /// To compress and to read it again takes time: what saves less than a tenth is left as it is.
    fn pays(self) -> bool {
        self.encoded < TELLING_BYTES || self.compressed * 10 < self.encoded * 9
    }

    fn stored(self) -> i64 {
        if self.pays() { self.compressed } else { self.encoded }
    }
}

/// The choice for each leaf column of a batch, the same for the same rows.
pub(super) fn choose(first: &RecordBatch, press: &mut Press) -> Result<Vec<(ColumnDescPtr, Choice)>> {
    let sample = sample(first)?;
    let mut choices = vec![];
    // One after the other: a writer's buffers are large, and there is one for each column.
    for column in 0..sample.num_columns() {
        choices.extend(choose_for(&sample.project(&[column])?, press)?);
    }
    Ok(choices)
}

fn choose_for(sample: &RecordBatch, press: &mut Press) -> Result<Vec<(ColumnDescPtr, Choice)>> {
    let schema = ArrowSchemaConverter::new().convert(&sample.schema())?;
    let mut sizes =
        |properties: WriterPropertiesBuilder| match (schema.columns(), has_own_statistics(sample.schema().field(0))) {
            ([column], true) => Ok(vec![size_of_chunk(column, sample.column(0), &properties.build(), press)?]),
            _ => sizes(sample, properties),
        };
    let plain = sizes(base().set_dictionary_enabled(false))?;
    let dictionary = sizes(base())?;
    let packing =
        schema.columns().iter().fold(base().set_dictionary_enabled(false), |properties, column| match packed(column) {
            Some(encoding) => properties.set_column_encoding(column.path().clone(), encoding),
            None => properties,
        });
    let packed = sizes(packing)?;
    let choices = schema.columns().iter().zip(plain).zip(packed).zip(dictionary);
    Ok(choices
        .map(|(((column, plain), packed), dictionary)| (column.clone(), best(column, plain, packed, dictionary)))
        .collect())
}

fn best(column: &ColumnDescPtr, plain: Size, packed: Size, dictionary: Size) -> Choice {
    // To compress values as they lie takes three times what their differences take: it must save an eighth.
    let plainly = match plain.pays() {
        true => plain.stored() * 8 < packed.stored() * 7,
        false => plain.stored() <= packed.stored(),
    };
    let (form, size) = match properties::packed(column) {
        Some(_) if !plainly => (Form::Packed, packed),
        _ => (Form::Plain, plain),
    };
    // A dictionary costs a search for each value, five times what differences of numbers cost: it must pay. Flags are a
    // bit each as they are.
    let pays = match (column.physical_type(), form) {
        (Type::BOOLEAN, _) => false,
        (Type::INT32 | Type::INT64, Form::Packed) => dictionary.stored() * 2 < size.stored(),
        _ => dictionary.stored() * 10 < size.stored() * 9,
    };
    if pays {
        // The values that come when it is full are compressed in any case.
        return Choice { form: Form::Dictionary, compressed: true };
    }
    // So are texts: later ones may be of any length, where other values never grow.
    let grows = column.physical_type() == Type::BYTE_ARRAY;
    Choice { form, compressed: grows || size.pays() }
}

/// Runs of rows from all over a batch.
fn sample(batch: &RecordBatch) -> Result<RecordBatch> {
    let rows = batch.num_rows();
    if rows <= RUNS * RUN_ROWS {
        return Ok(batch.clone());
    }
    let runs = (0..RUNS).map(|run| batch.slice(run * (rows - RUN_ROWS) / (RUNS - 1), RUN_ROWS));
    Ok(concat_batches(&batch.schema(), &runs.collect::<Vec<_>>())?)
}

/// The bytes of a column of whole numbers or texts.
fn size_of_chunk(
    column: &ColumnDescPtr,
    rows: &ArrayRef,
    properties: &WriterProperties,
    press: &mut Press,
) -> Result<Size> {
    let mut chunk = ChunkWriter::new(column, properties)?;
    chunk.write(rows, press, &mut TextExtremes::unwanted())?;
    Ok(size(&chunk.close(press)?.1.metadata))
}

/// The bytes of each leaf column of another type.
fn sizes(sample: &RecordBatch, properties: WriterPropertiesBuilder) -> Result<Vec<Size>> {
    let mut writer = ArrowWriter::try_new(vec![], sample.schema(), Some(properties.build()))?;
    writer.write(sample)?;
    let written = writer.finish()?;
    Ok(match written.row_groups() {
        [rows] => rows.columns().iter().map(size).collect(),
        // Without rows nothing is larger than anything else.
        _ => vec![Size::default(); written.file_metadata().schema_descr().num_columns()],
    })
}

fn size(chunk: &ColumnChunkMetaData) -> Size {
    Size { encoded: chunk.uncompressed_size(), compressed: chunk.compressed_size() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{
        ArrayRef, BooleanArray, Decimal128Array, Float64Array, Int32Array, Int64Array, StringViewArray,
    };
    use std::sync::Arc;

    fn noise(i: i64) -> i64 {
        let i = (i as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        (i ^ (i >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9) as i64
    }

    fn chosen(rows: i64) -> Vec<(String, Choice)> {
        let ints = |f: fn(i64) -> i64| Arc::new(Int64Array::from_iter_values((0..rows).map(f))) as ArrayRef;
        let texts = |f: fn(i64) -> String| Arc::new(StringViewArray::from_iter_values((0..rows).map(f))) as ArrayRef;
        let money = Decimal128Array::from_iter_values((0..rows).map(|i| i128::from(noise(i).rem_euclid(200)) * 99_991));
        let floats = Float64Array::from_iter_values((0..rows).map(|i| noise(i) as f64 / 7.0));
        let wide = Decimal128Array::from_iter_values((0..rows).map(|i| i128::from(noise(i)) << 60));
        let batch = RecordBatch::try_from_iter_with_nullable([
            ("key", ints(|i| 1_000_000 + i), true),
            ("noise", ints(noise), true),
            (
                "few",
                Arc::new(Int32Array::from_iter_values((0..rows).map(|i| noise(i) as i32 % 7 * 100_000_007))) as _,
                true,
            ),
            ("money", Arc::new(money.with_precision_and_scale(10, 2).unwrap()) as _, true),
            ("wide", Arc::new(wide.with_precision_and_scale(38, 4).unwrap()) as _, true),
            ("flag", Arc::new(BooleanArray::from_iter((0..rows).map(|i| Some(noise(i) < 0)))) as _, true),
            ("float", Arc::new(floats) as _, true),
            ("none", Arc::new(Int64Array::new_null(rows as usize)) as _, true),
            (
                "word",
                texts(|i| ["page_view", "purchase", "checkout_start"][noise(i).rem_euclid(32).min(2) as usize].into()),
                true,
            ),
            ("text", texts(|i| format!("{:x} and {:x}", noise(i), noise(!i) % (1 << (i % 40)))), true),
        ]);
        let choices = choose(&batch.unwrap(), &mut properties::press().unwrap()).unwrap();
        choices.into_iter().map(|(column, choice)| (column.name().to_owned(), choice)).collect()
    }

    #[test]
    fn each_column_is_encoded_as_its_values_are() {
        let expected = [
            ("key", Form::Packed, true),
            ("noise", Form::Plain, false),
            ("few", Form::Dictionary, true),
            ("money", Form::Dictionary, true),
            ("wide", Form::Plain, true),
            ("flag", Form::Plain, true),
            ("float", Form::Plain, false),
            ("none", Form::Plain, true),
            ("word", Form::Dictionary, true),
            ("text", Form::Packed, true),
        ];
        let expected = expected.map(|(name, form, compressed)| (name.to_owned(), Choice { form, compressed }));
        assert_eq!(chosen(65_536), expected);
        assert_eq!(chosen(2_000), expected);
        assert_eq!(chosen(0).len(), expected.len());
    }
}
