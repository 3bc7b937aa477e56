//! Rows to the row groups of a Parquet file.
//!
//! The least and the greatest value of whole numbers are found once, for the row groups and the manifest alike, and those
//! of texts from their views: Parquet's writer would look for them value by value.

use arrow::{
    array::RecordBatch,
    datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit},
};
use parquet::{
    arrow::ArrowWriter,
    basic::Type,
    errors::{ParquetError, Result},
    file::{
        statistics::{Statistics, ValueStatistics},
        writer::SerializedFileWriter,
    },
    schema::types::ColumnPath,
};
use shopstream_core::{Encoding, StatsCollector};
use std::{io::Write, mem};

use super::{
    chunk::Press,
    column::{Column, Columns},
    properties::{self, writer_properties},
    text_extremes::TextExtremes,
};

/// Rows in a row group, at most: what a writer holds in memory, and a reader decodes at once.
const ROWS: usize = 131_072;
/// Encoded bytes from which on a row group ends, where its rows are long.
const BYTES: usize = 2 << 20;
/// Rows that are encoded at once: what is made of them aside is that much smaller than for a batch.
const SLICE_ROWS: usize = 8_192;

/// A Parquet file being written.
pub(super) struct RowGroups<W: Write + Send> {
    file: SerializedFileWriter<W>,
    schema: SchemaRef,
    next: Columns,
    /// The columns of the row group under way, if it has a row.
    columns: Vec<Column>,
    press: Press,
    rows: usize,
    /// What is known of the row group under way, and of those before.
    stats: StatsCollector,
    texts: Vec<TextExtremes>,
    before: StatsCollector,
}

impl<W: Write + Send> RowGroups<W> {
    /// Begins a file whose first rows are these.
    pub(super) fn new(to: W, encoding: Encoding, first: &RecordBatch) -> Result<Self> {
        let schema = first.schema();
        let mut press = properties::press()?;
        let properties = writer_properties(encoding, first, &mut press)?;
        let next = Columns::new(&schema, &properties)?;
        let (file, _) = ArrowWriter::try_new(to, schema.clone(), Some(properties))?.into_serialized_writer()?;
        let stats = StatsCollector::new(&schema);
        let texts = text_extremes(&schema);
        Ok(Self { file, schema, next, columns: vec![], press, rows: 0, before: stats.clone(), stats, texts })
    }

    /// What the file is written to.
    pub(super) fn written(&mut self) -> &mut W {
        self.file.inner_mut()
    }

    /// Encodes rows of the file's schema.
    pub(super) fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        let mut from = 0;
        while from < batch.num_rows() {
            let rows = (batch.num_rows() - from).min(SLICE_ROWS).min(ROWS - self.rows);
            self.encode(&batch.slice(from, rows))?;
            from += rows;
            let encoded = || self.columns.iter().map(Column::bytes).sum::<usize>();
            if self.rows == ROWS || encoded() >= BYTES {
                self.end_group()?;
            }
        }
        Ok(())
    }

    fn encode(&mut self, rows: &RecordBatch) -> Result<()> {
        if self.columns.is_empty() {
            self.columns = self.next.next(&self.file)?;
        }
        let columns = self.schema.fields().iter().zip(rows.columns());
        for ((field, array), (column, texts)) in columns.zip(self.columns.iter_mut().zip(&mut self.texts)) {
            column.write(field, array, &mut self.press, texts)?;
        }
        self.stats.update(rows);
        self.rows += rows.num_rows();
        Ok(())
    }

    fn end_group(&mut self) -> Result<()> {
        if self.rows == 0 {
            return Ok(());
        }
        let columns = mem::take(&mut self.columns);
        let mut group = self.file.next_row_group()?;
        for (place, (column, field)) in columns.into_iter().zip(self.schema.fields()).enumerate() {
            column.append_to(&mut group, &mut self.press, |metadata| {
                if has_own_statistics(field) {
                    let statistics = match metadata.column_type() {
                        Type::INT32 => Statistics::Int32(value_statistics(&self.stats, place)?),
                        Type::INT64 => Statistics::Int64(value_statistics(&self.stats, place)?),
                        _ => self.texts[place].statistics(self.stats.nulls(place)),
                    };
                    *metadata = metadata.clone().into_builder().set_statistics(statistics).build()?;
                }
                Ok(())
            })?;
        }
        group.close()?;
        self.before.merge(&mem::replace(&mut self.stats, StatsCollector::new(&self.schema)));
        self.texts = text_extremes(&self.schema);
        self.rows = 0;
        Ok(())
    }

    /// Ends the file. The answer is what it is written to, and what is known of its values.
    pub(super) fn finish(mut self) -> Result<(W, StatsCollector)> {
        self.end_group()?;
        Ok((self.file.into_inner()?, self.before))
    }
}

/// Columns whose statistics are found here, and whose pages are encoded by the lake: whole numbers that Parquet keeps in 32
/// or 64 bits, and texts.
pub(super) fn with_own_statistics(schema: &SchemaRef) -> impl Iterator<Item = ColumnPath> {
    let columns = schema.fields().iter().filter(|field| has_own_statistics(field));
    columns.map(|field| ColumnPath::new(vec![field.name().clone()]))
}

pub(super) fn has_own_statistics(field: &Field) -> bool {
    use DataType as T;
    match field.data_type() {
        T::Int8 | T::Int16 | T::Int32 | T::Int64 | T::Date32 | T::Decimal128(1..=18, _) => true,
        T::Timestamp(unit, _) => *unit == TimeUnit::Microsecond,
        T::Utf8 | T::LargeUtf8 | T::Utf8View => true,
        _ => false,
    }
}

fn text_extremes(schema: &Schema) -> Vec<TextExtremes> {
    schema.fields().iter().map(|field| TextExtremes::new(field)).collect()
}

fn value_statistics<T: TryFrom<i128>>(stats: &StatsCollector, place: usize) -> Result<ValueStatistics<T>> {
    let (min, max) = stats.whole_extremes(place).unzip();
    let narrow = |value: Option<i128>| {
        let outside = |_| ParquetError::General("a value is larger than its column's type".to_owned());
        value.map(|value| T::try_from(value).map_err(outside)).transpose()
    };
    Ok(ValueStatistics::new(narrow(min)?, narrow(max)?, None, Some(stats.nulls(place)), false)
        // As their bytes are ordered like the values, for readers that know the older fields only.
        .with_backwards_compatible_min_max(true))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lake::properties::base;
    use arrow::{
        array::{
            ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int16Array, Int32Array, Int64Array,
            LargeStringArray, ListArray, StringArray, StringViewArray, StructArray, TimestampMicrosecondArray,
            UInt64Array,
        },
        datatypes::Int32Type,
    };
    use parquet::file::{metadata::ParquetMetaData, reader::FileReader, serialized_reader::SerializedFileReader};
    use proptest::prelude::*;
    use std::sync::Arc;

    /// A column of each type whose statistics are found here, and some between them of others.
    fn batch(values: &[Option<i64>]) -> RecordBatch {
        let narrow = |to: i64| move |value: &Option<i64>| value.map(|value| value % to);
        let small = || values.iter().map(narrow(1 << 15));
        let wide = values.iter().map(|value| value.map(i128::from));
        let items = Int32Array::from_iter(small().map(|value| value.map(|value| value as i32)));
        let fields = vec![(Arc::new(Field::new("n", DataType::Int32, true)), Arc::new(items) as ArrayRef)];
        let lists = values.iter().map(|value| value.map(|value| vec![Some(value as i32), None]));
        let money = Decimal128Array::from_iter(small().map(|value| value.map(i128::from)));
        let money_of_18 = Decimal128Array::from_iter(values.iter().map(|v| v.map(|v| i128::from(v) / 100)));
        // Longer and shorter than what statistics keep, of characters of one to four bytes.
        let long = |value: i64| {
            let letter = char::from_u32(value.unsigned_abs() as u32 >> (11 + value % 11)).unwrap_or(char::MAX);
            format!("{}{value}", String::from(letter).repeat(value as usize % 90))
        };
        let long = || values.iter().map(|value| value.map(long));
        let columns: [(&str, ArrayRef); 17] = [
            ("numbers", Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>(lists))),
            ("small", Arc::new(Int16Array::from_iter(small().map(|value| value.map(|value| value as i16))))),
            ("int", Arc::new(Int32Array::from_iter(values.iter().map(|value| value.map(|value| value as i32))))),
            ("key", Arc::new(Int64Array::from_iter_values(0..values.len() as i64))),
            ("big", Arc::new(Int64Array::from_iter(values.iter().copied()))),
            ("inner", Arc::new(StructArray::from(fields))),
            ("price", Arc::new(money.with_precision_and_scale(9, 2).unwrap())),
            ("total", Arc::new(money_of_18.with_precision_and_scale(18, 2).unwrap())),
            ("wide", Arc::new(Decimal128Array::from_iter(wide).with_precision_and_scale(38, 2).unwrap())),
            ("day", Arc::new(Date32Array::from_iter(values.iter().map(|value| value.map(|value| value as i32))))),
            ("at", Arc::new(TimestampMicrosecondArray::from_iter(values.iter().copied()).with_timezone("UTC"))),
            ("flag", Arc::new(BooleanArray::from_iter(values.iter().map(|value| value.map(|value| value > 0))))),
            ("text", Arc::new(StringViewArray::from_iter(values.iter().map(|value| value.map(|v| v.to_string()))))),
            ("long", Arc::new(StringViewArray::from_iter(long()))),
            ("long_32", Arc::new(StringArray::from_iter(long()))),
            ("long_64", Arc::new(LargeStringArray::from_iter(long()))),
            ("unsigned", Arc::new(UInt64Array::from_iter(values.iter().map(|value| value.map(|v| v as u64))))),
        ];
        let floats = Float64Array::from_iter(values.iter().map(|value| value.map(|value| value as f64)));
        let columns = columns.into_iter().chain([("rate", Arc::new(floats) as ArrayRef)]);
        RecordBatch::try_from_iter_with_nullable(columns.map(|(name, array)| (name, array, name != "key"))).unwrap()
    }

    fn metadata(file: Vec<u8>) -> ParquetMetaData {
        SerializedFileReader::new(bytes::Bytes::from(file)).unwrap().metadata().clone()
    }

    /// The file as the crate's own writer makes it, which looks for all extremes itself.
    fn plainly(batches: &[RecordBatch]) -> ParquetMetaData {
        let properties = base().set_max_row_group_row_count(Some(ROWS)).build();
        let mut writer = ArrowWriter::try_new(vec![], batches[0].schema(), Some(properties)).unwrap();
        batches.iter().for_each(|batch| writer.write(batch).unwrap());
        metadata(writer.into_inner().unwrap())
    }

    fn statistics(file: &ParquetMetaData) -> Vec<(i64, Vec<Option<&Statistics>>)> {
        let columns = |group: usize| file.row_group(group).columns().iter().map(|column| column.statistics()).collect();
        (0..file.num_row_groups()).map(|group| (file.row_group(group).num_rows(), columns(group))).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn row_groups_say_what_parquets_own_writer_finds(
            values in prop::collection::vec(prop::option::of(any::<i64>()), 1..200),
            cut in 0usize..200,
        ) {
            let rows = batch(&values);
            let cut = cut.min(rows.num_rows());
            let batches = [rows.slice(0, cut), rows.slice(cut, rows.num_rows() - cut)];
            let mut groups = RowGroups::new(vec![], Encoding::Dictionary, &rows).unwrap();
            batches.iter().for_each(|batch| groups.write(batch).unwrap());
            let (file, stats) = groups.finish().unwrap();
            let (ours, expected) = (metadata(file), plainly(&batches));
            prop_assert_eq!(statistics(&ours), statistics(&expected));
            let mut all = StatsCollector::new(&rows.schema());
            all.update(&rows);
            prop_assert_eq!(stats.finish(), all.finish());
        }
    }

    #[test]
    fn each_row_group_has_its_own() {
        let count = ROWS + SLICE_ROWS / 2;
        let keys: ArrayRef = Arc::new(Int64Array::from_iter_values(0..count as i64));
        let batch = RecordBatch::try_from_iter([("key", keys)]).unwrap();
        let mut groups = RowGroups::new(vec![], Encoding::Sampled, &batch).unwrap();
        groups.write(&batch).unwrap();
        let (file, expected) = (metadata(groups.finish().unwrap().0), plainly(&[batch]));
        assert_eq!(statistics(&file), statistics(&expected));
        assert_eq!(statistics(&file).len(), 2);
    }

    #[test]
    fn of_documents_only_those_that_are_missing_are_counted() {
        let json = [("ARROW:extension:name".to_owned(), "arrow.json".to_owned())];
        let field = Field::new("metadata", DataType::Utf8View, true).with_metadata(json.into());
        let documents = StringViewArray::from(vec![Some(r#"{"page": 1}"#), None, Some("[]")]);
        let batch = RecordBatch::try_new(Arc::new(Schema::new(vec![field])), vec![Arc::new(documents)]).unwrap();
        let mut groups = RowGroups::new(vec![], Encoding::Sampled, &batch).unwrap();
        groups.write(&batch).unwrap();
        let file = metadata(groups.finish().unwrap().0);
        let found = file.row_group(0).column(0).statistics().unwrap();
        assert_eq!((found.null_count_opt(), found.min_bytes_opt(), found.max_bytes_opt()), (Some(1), None, None));
    }
}
