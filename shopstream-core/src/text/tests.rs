//! Round trips, the csv crate as oracle, and bad input.

use arrow::{
    array::{
        Array, ArrayRef, AsArray, BooleanArray, Date32Array, Decimal128Array, Float32Array, Float64Array, Int16Array,
        Int32Array, Int64Array, LargeStringArray, RecordBatch, StringArray, StringViewArray, TimestampMicrosecondArray,
    },
    compute::concat_batches,
    datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit},
};
use proptest::{collection::vec, option, prelude::*};
use std::sync::Arc;

use super::{TextDecoder, TextEncoder};
use crate::{Error, ErrorKind, Result, date, timestamp};

#[derive(Clone, Copy, Debug)]
enum Form {
    Csv,
    Ndjson,
}

fn encode(form: Form, schema: &SchemaRef, batches: &[RecordBatch]) -> Vec<u8> {
    let mut encoder = match form {
        Form::Csv => TextEncoder::csv(schema.clone()).unwrap(),
        Form::Ndjson => TextEncoder::ndjson(schema.clone()).unwrap(),
    };
    let mut out = vec![];
    for batch in batches {
        encoder.encode(batch, &mut out).unwrap();
    }
    encoder.finish(&mut out).unwrap();
    out
}

fn decoder(form: Form, schema: &SchemaRef, batch_rows: usize) -> TextDecoder {
    match form {
        Form::Csv => TextDecoder::csv(schema.clone(), batch_rows).unwrap(),
        Form::Ndjson => TextDecoder::ndjson(schema.clone(), batch_rows).unwrap(),
    }
}

/// Reads chunks of these sizes, again and again.
fn decode(form: Form, schema: &SchemaRef, batch_rows: usize, bytes: &[u8], cuts: &[usize]) -> Result<RecordBatch> {
    let mut decoder = decoder(form, schema, batch_rows);
    let (mut batches, mut rest) = (vec![], bytes);
    for cut in cuts.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (chunk, more) = rest.split_at((*cut).clamp(1, rest.len()));
        batches.extend(decoder.push(chunk)?);
        rest = more;
    }
    batches.extend(decoder.finish()?);
    assert!(batches.iter().all(|b| b.num_rows() > 0 && b.num_rows() <= batch_rows && b.schema() == *schema));
    Ok(concat_batches(schema, &batches).unwrap())
}

fn field(name: &str, data_type: DataType) -> Field {
    Field::new(name, data_type, true)
}

fn json_field(name: &str) -> Field {
    field(name, DataType::Utf8View).with_metadata([("ARROW:extension:name".into(), "arrow.json".into())].into())
}

fn schema(fields: Vec<Field>) -> SchemaRef {
    Arc::new(Schema::new(fields))
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        "[a-z]{0,8}",
        "[\"',;\\\\/\n\r\t é€🦀\u{feff}\u{0}{}\\[\\]:]{0,6}",
        any::<String>(),
        Just("null".to_owned()),
        Just("{\"a\": [1, \"x\\n\"]}".to_owned()),
        Just("{\n}".to_owned()),
        Just("[1,".to_owned()),
        Just("🦀".repeat(40)),
    ]
}

type Row = (
    (Option<bool>, Option<i16>, Option<i32>, Option<i64>, Option<f32>, Option<f64>),
    (Option<i128>, Option<i128>, Option<i32>, Option<i64>, Option<i64>),
    (Option<String>, Option<String>, Option<String>, Option<String>),
);

fn row() -> impl Strategy<Value = Row> {
    let days = date!("0000-01-01").days()..=date!("9999-12-31").days();
    let micros = timestamp!("0000-01-01 00:00:00").micros()..=timestamp!("9999-12-31 23:59:59.999999").micros();
    let money = -9_999_999_999i128..=9_999_999_999;
    let large = -(10i128.pow(38) - 1)..=10i128.pow(38) - 1;
    let numbers = (
        option::of(any::<bool>()),
        option::of(any::<i16>()),
        option::of(any::<i32>()),
        option::of(any::<i64>()),
        option::of(proptest::num::f32::ANY),
        option::of(proptest::num::f64::ANY),
    );
    let others = (
        option::of(money),
        option::of(large),
        option::of(days),
        option::of(micros.clone()),
        option::of(micros.prop_map(|m| m - m.rem_euclid(1_000_000))),
    );
    (numbers, others, (option::of(text()), option::of(text()), option::of(text()), option::of(text())))
}

/// A batch with a column of each type.
fn batch(rows: &[Row]) -> RecordBatch {
    fn column<'a, A, T>(rows: &'a [Row], get: impl Fn(&'a Row) -> T) -> A
    where
        A: FromIterator<T> + Array,
    {
        rows.iter().map(get).collect()
    }
    let micro = |zone: Option<&str>| DataType::Timestamp(TimeUnit::Microsecond, zone.map(Into::into));
    let money: Decimal128Array = column(rows, |r| r.1.0);
    let large: Decimal128Array = column(rows, |r| r.1.1);
    let utc: TimestampMicrosecondArray = column(rows, |r| r.1.4);
    // NaN has many bits, of which the text keeps one kind.
    let f32s: Float32Array = column(rows, |r| r.0.4.map(|v| if v.is_nan() { f32::NAN } else { v }));
    let f64s: Float64Array = column(rows, |r| r.0.5.map(|v| if v.is_nan() { f64::NAN } else { v }));
    let columns: Vec<(Field, ArrayRef)> = vec![
        (field("bool", DataType::Boolean), Arc::new(column::<BooleanArray, _>(rows, |r| r.0.0))),
        (field("i16", DataType::Int16), Arc::new(column::<Int16Array, _>(rows, |r| r.0.1))),
        (field("i32", DataType::Int32), Arc::new(column::<Int32Array, _>(rows, |r| r.0.2))),
        (field("i64", DataType::Int64), Arc::new(column::<Int64Array, _>(rows, |r| r.0.3))),
        (field("f32", DataType::Float32), Arc::new(f32s)),
        (field("f64", DataType::Float64), Arc::new(f64s)),
        (field("money", DataType::Decimal128(10, 2)), Arc::new(money.with_precision_and_scale(10, 2).unwrap())),
        (field("large", DataType::Decimal128(38, 38)), Arc::new(large.with_precision_and_scale(38, 38).unwrap())),
        (field("day, \"of\" it", DataType::Date32), Arc::new(column::<Date32Array, _>(rows, |r| r.1.2))),
        (field("time", micro(None)), Arc::new(column::<TimestampMicrosecondArray, _>(rows, |r| r.1.3))),
        (field("utc", micro(Some("UTC"))), Arc::new(utc.with_timezone("UTC"))),
        (field("utf8", DataType::Utf8), Arc::new(column::<StringArray, _>(rows, |r| r.2.0.as_deref()))),
        (field("large_utf8", DataType::LargeUtf8), Arc::new(column::<LargeStringArray, _>(rows, |r| r.2.1.as_deref()))),
        (field("view", DataType::Utf8View), Arc::new(column::<StringViewArray, _>(rows, |r| r.2.2.as_deref()))),
        (json_field("json"), Arc::new(column::<StringViewArray, _>(rows, |r| r.2.3.as_deref()))),
    ];
    let (fields, arrays): (Vec<_>, Vec<_>) = columns.into_iter().unzip();
    RecordBatch::try_new(schema(fields), arrays).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn what_is_written_is_read_again(
        rows in vec(row(), 0..20), batch_rows in 1usize..8, cuts in vec(1usize..40, 1..6), split in any::<prop::sample::Index>(),
    ) {
        let batch = batch(&rows);
        let at = split.index(rows.len() + 1);
        let parts = [batch.slice(0, at), batch.slice(at, rows.len() - at)];
        for form in [Form::Csv, Form::Ndjson] {
            let bytes = encode(form, &batch.schema(), &parts);
            let read = decode(form, &batch.schema(), batch_rows, &bytes, &cuts);
            prop_assert_eq!(read.unwrap(), batch.clone());
        }
    }

    #[test]
    fn columns_are_found_by_name(rows in vec(row(), 1..8), order in Just((0..15usize).collect::<Vec<_>>()).prop_shuffle(), keep in 0usize..=15) {
        let batch = batch(&rows);
        let projected = batch.project(&order[..keep]).unwrap();
        for form in [Form::Csv, Form::Ndjson] {
            let bytes = encode(form, &batch.schema(), std::slice::from_ref(&batch));
            prop_assert_eq!(decode(form, &projected.schema(), 100, &bytes, &[7]).unwrap(), projected.clone());
        }
    }

    #[test]
    fn one_column_keeps_its_nulls(values in vec(option::of(text()), 0..10), cut in 1usize..9) {
        let array: StringViewArray = values.iter().map(|v| v.as_deref()).collect();
        let batch = RecordBatch::try_new(schema(vec![field("c", DataType::Utf8View)]), vec![Arc::new(array)]).unwrap();
        for form in [Form::Csv, Form::Ndjson] {
            let bytes = encode(form, &batch.schema(), std::slice::from_ref(&batch));
            prop_assert_eq!(decode(form, &batch.schema(), 3, &bytes, &[cut]).unwrap(), batch.clone());
        }
    }

    #[test]
    fn the_csv_crate_reads_the_same(rows in vec(row(), 0..20)) {
        let batch = batch(&rows);
        let bytes = encode(Form::Csv, &batch.schema(), std::slice::from_ref(&batch));
        let mut reader = csv::Reader::from_reader(&bytes[..]);
        let names: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
        prop_assert_eq!(&names, &batch.schema().fields().iter().map(|f| f.name().clone()).collect::<Vec<_>>());
        let records: Vec<csv::StringRecord> = reader.records().map(|r| r.unwrap()).collect();
        prop_assert_eq!(records.len(), rows.len());
        for (record, row) in records.iter().zip(&rows) {
            prop_assert_eq!(&record[1], row.0.1.map(|v| v.to_string()).unwrap_or_default());
            prop_assert_eq!(&record[11], row.2.0.clone().unwrap_or_default());
            prop_assert_eq!(&record[13], row.2.2.clone().unwrap_or_default());
        }
    }

    #[test]
    fn what_the_csv_crate_writes_is_read(rows in vec((text(), text(), text()), 0..12), crlf in any::<bool>(), cut in 1usize..9) {
        let end = if crlf { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') };
        let mut writer = csv::WriterBuilder::new().terminator(end).quote_style(csv::QuoteStyle::Always).from_writer(vec![]);
        writer.write_record(["a", "b", "c"]).unwrap();
        for (a, b, c) in &rows {
            writer.write_record([a, b, c]).unwrap();
        }
        let schema = schema(["a", "b", "c"].map(|n| Field::new(n, DataType::Utf8, false)).into());
        let batch = decode(Form::Csv, &schema, 5, &writer.into_inner().unwrap(), &[cut]).unwrap();
        let read: Vec<[&str; 3]> =
            (0..batch.num_rows()).map(|i| [0, 1, 2].map(|c| batch.column(c).as_string::<i32>().value(i))).collect();
        prop_assert_eq!(read, rows.iter().map(|(a, b, c)| [a.as_str(), b, c]).collect::<Vec<_>>());
    }

    #[test]
    fn garbage_is_an_error_or_rows_wherever_it_is_cut(
        head in prop::sample::select(vec!["", "a,b\n", "{\"a\":1,\"b\":\"x\"}\n", "[", "[{\"a\":1},", "\u{feff}a,b\r\n"]),
        tail in prop_oneof![
            vec(any::<u8>(), 0..60),
            "[ab0-9,\"\n\r\\\\{}\\[\\]:.eE+-]{0,60}".prop_map(String::into_bytes),
        ],
        cuts in vec(1usize..9, 1..4),
    ) {
        let schema = schema(vec![field("a", DataType::Decimal128(5, 2)), field("b", DataType::Utf8View)]);
        let bytes = [head.as_bytes(), &tail].concat();
        for form in [Form::Csv, Form::Ndjson] {
            let whole = decode(form, &schema, 3, &bytes, &[bytes.len().max(1)]);
            let cut = decode(form, &schema, 3, &bytes, &cuts);
            prop_assert_eq!(whole.map_err(|e| e.to_string()), cut.map_err(|e| e.to_string()));
        }
    }
}

fn people() -> SchemaRef {
    schema(vec![
        Field::new("id", DataType::Int32, false),
        field("paid", DataType::Decimal128(5, 2)),
        field("born", DataType::Date32),
        field("name", DataType::Utf8View),
    ])
}

/// The error of a text, which must show none of its values.
fn refused(form: Form, bytes: impl AsRef<[u8]>) -> Error {
    let error = decode(form, &people(), 10, bytes.as_ref(), &[3]).unwrap_err();
    assert!(!format!("{error} {error:?}").contains("SECRET"), "{error}");
    error
}

#[test]
fn csv_errors_tell_line_and_column() {
    let header = "id,paid,born,name\n1,2.50,1815-12-10,\"a\nb\"\n";
    for (record, line, column, what) in [
        ("SECRET,1,,\n", "4", Some("id"), "an integer of 32 bits"),
        ("3000000000,1,,\n", "4", Some("id"), "an integer of 32 bits"),
        (",1,,\n", "4", Some("id"), "NULL"),
        ("2,1.005,,\n", "4", Some("paid"), "at most 5 digits, 2 behind"),
        ("2,1000,,\n", "4", Some("paid"), "at most 5 digits, 2 behind"),
        ("2,1e1,,\n", "4", Some("paid"), "decimal"),
        ("2,\"\",,\n", "4", Some("paid"), "decimal"),
        ("2,,2026-02-30,\n", "4", Some("born"), "YYYY-MM-DD"),
        ("2,,,x\n\n3,,,\"SECRET", "6", Some("name"), "never closed"),
        ("2,,,\"SECRET\"x\n", "4", Some("name"), "behind a closing quote"),
        ("2,,,SEC\"RET\n", "4", Some("name"), "a quote within"),
        ("2,,,SECRET\rx\n", "4", Some("name"), "carriage return"),
        ("2,,SECRET\n", "4", None, "fewer fields"),
        ("2,,,SECRET,\n", "4", None, "more fields"),
    ] {
        let error = refused(Form::Csv, [header, record].concat());
        assert_eq!(error.kind(), ErrorKind::Data, "{record:?}");
        assert_eq!((error.context("line"), error.context("column")), (Some(line), column), "{record:?}: {error}");
        assert!(error.to_string().contains(what), "{record:?}: {error}");
    }
    let error = refused(Form::Csv, b"id,paid,born,name\n2,,,\xC3\n");
    assert_eq!((error.context("column"), error.context("line")), (Some("name"), Some("2")), "{error}");
    assert!(error.to_string().contains("UTF-8"), "{error}");
}

#[test]
fn csv_headers_are_checked() {
    let error = refused(Form::Csv, "id,SECRET\n");
    assert_eq!((error.kind(), error.context("columns")), (ErrorKind::Schema, Some("paid, born, name")));
    let error = refused(Form::Csv, "id,paid,born,name,id\n");
    assert_eq!((error.kind(), error.context("column")), (ErrorKind::Schema, Some("id")));
    assert!(error.to_string().contains("twice"), "{error}");
    assert!(refused(Form::Csv, "SECRET,SECRET\n").to_string().contains("twice"));
    assert_eq!(refused(Form::Csv, "").kind(), ErrorKind::Schema);
    assert_eq!(decode(Form::Csv, &people(), 10, b"name,born,paid,id", &[4]).unwrap().num_rows(), 0);
}

#[test]
fn csv_of_other_hands() {
    let bytes = "\u{feff}name,\"id\",more,paid,born\r\n\"say \"\"hi\"\"\",1,x,+1,\r\n\r\nÉva,2,,.5,2000-02-29";
    let batch = decode(Form::Csv, &people(), 10, bytes.as_bytes(), &[1]).unwrap();
    assert_eq!(batch.column(3).as_string_view().iter().collect::<Vec<_>>(), [Some("say \"hi\""), Some("Éva")]);
    assert_eq!(batch.column(1).as_primitive::<arrow::datatypes::Decimal128Type>().values(), &[100, 50]);
}

#[test]
fn json_errors_tell_line_and_key() {
    let first = "{\"id\":1}\n\n";
    for (record, column, what) in [
        ("{\"id\":\"SECRET\"}", Some("id"), "an integer"),
        ("{\"id\":1.5}", Some("id"), "an integer"),
        ("{\"id\":3e9}", Some("id"), "an integer"),
        ("{\"id\":true}", Some("id"), "an integer"),
        ("{\"id\":[1]}", Some("id"), "an integer"),
        ("{\"id\":null}", Some("id"), "NULL"),
        ("{\"name\":\"SECRET\"}", Some("id"), "NULL"),
        ("{\"id\":1,\"id\":1}", Some("id"), "twice"),
        ("{\"id\":1,\"paid\":1.005}", Some("paid"), "decimal"),
        ("{\"id\":1,\"born\":20260101}", Some("born"), "a day"),
        ("{\"id\":1,\"name\":\"\\ud800SECRET\"}", Some("name"), "escape"),
        ("{\"id\":1,\"name\":\"SECRET", None, "not a JSON object"),
        ("{\"id\":1}SECRET", None, "not a JSON object"),
        ("{\"id\":1}{\"id\":2}", None, "not a JSON object"),
        ("\"SECRET\"", None, "expected a JSON object"),
        ("5", None, "expected a JSON object"),
    ] {
        for (text, line) in [([first, record, "\n"].concat(), "3"), (format!("[\n\n\n{{\"id\":1}}\n,{record}\n]"), "5")]
        {
            let error = refused(Form::Ndjson, &text);
            assert_eq!(error.kind(), ErrorKind::Data, "{text:?}");
            assert_eq!(error.context("line"), Some(line), "{text:?}: {error}");
            if text.starts_with('{') {
                assert_eq!(error.context("column"), column, "{text:?}: {error}");
                assert!(error.to_string().contains(what), "{text:?}: {error}");
            }
        }
    }
    for (text, line) in
        [("[{\"id\":1}", "1"), ("[\n{\"id\":1},\n\n]", "4"), ("[]\n{}", "2"), ("[{\"id\":1} {\"id\":2}]", "1")]
    {
        assert_eq!(refused(Form::Ndjson, text).context("line"), Some(line), "{text:?}");
    }
    assert!(refused(Form::Ndjson, b"{\"id\":1,\"name\":\"\xC3\"}").to_string().contains("UTF-8"));
}

#[test]
fn json_of_other_hands() {
    let schema = schema(vec![
        field("n", DataType::Decimal128(10, 2)),
        field("i", DataType::Int64),
        field("t", DataType::Utf8View),
        json_field("j"),
    ]);
    let bytes = "\u{feff} [\r\n {\"t\": {\"a\" : [1]}, \"more\": [[\"]\"]], \"n\": 12.50e0,\n \"j\": {\"b\": null} } , \
        {\"\\u006e\": \"3.1\", \"i\": 1e3, \"t\": 7, \"j\": \"[1]\"}, {\"n\": null}\n] \n";
    for cut in [1, 2, 5, 1000] {
        let batch = decode(Form::Ndjson, &schema, 2, bytes.as_bytes(), &[cut]).unwrap();
        let texts =
            |c: usize| batch.column(c).as_string_view().iter().map(|v| v.map(str::to_owned)).collect::<Vec<_>>();
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(texts(2), [some("{\"a\" : [1]}"), some("7"), None]);
        assert_eq!(texts(3), [some("{\"b\": null}"), some("[1]"), None]);
        let numbers = batch.column(0).as_primitive::<arrow::datatypes::Decimal128Type>();
        assert_eq!(numbers.iter().collect::<Vec<_>>(), [Some(1250), Some(310), None]);
        assert_eq!(
            batch.column(1).as_primitive::<arrow::datatypes::Int64Type>().iter().collect::<Vec<_>>(),
            [None, Some(1000), None]
        );
    }
    for empty in ["", " \n\n", "[]", "[ \n ]\n"] {
        assert_eq!(decode(Form::Ndjson, &schema, 2, empty.as_bytes(), &[1]).unwrap().num_rows(), 0, "{empty:?}");
    }
}

#[test]
fn a_record_has_a_limit() {
    let schema = schema(vec![field("a", DataType::Utf8View), field("b", DataType::Utf8View)]);
    let large = "x".repeat(2000);
    for (form, text) in [
        (Form::Csv, format!("a,b\n1,2\n\"{large}\",\n")),
        (Form::Csv, format!("a,b\n1,2\n{large},\n")),
        (Form::Csv, format!("a,b\n1,2\n{}\n", ",".repeat(2000))),
        (Form::Ndjson, format!("{{\"a\":\"1\"}}\n\n{{\"a\":\"{large}\"}}\n")),
        (Form::Ndjson, format!("[{{\"a\":\"1\"}},\n\n{{\"a\":\"{large}\"}}]")),
    ] {
        for cut in [64, 100_000] {
            let mut decoder = decoder(form, &schema, 10).with_record_limit(1000);
            let error = text.as_bytes().chunks(cut).find_map(|chunk| decoder.push(chunk).err()).unwrap();
            assert!(error.to_string().contains("larger than the limit"), "{error}");
            assert_eq!(error.context("line"), Some("3"), "{error}");
            assert_eq!(decoder.push(b"\n").unwrap_err().kind(), ErrorKind::Internal);
        }
    }
}

#[test]
fn wide_rows_close_a_batch_early() {
    let schema = schema(vec![field("a", DataType::Utf8View)]);
    let mut decoder = TextDecoder::csv(schema, 1_000_000).unwrap();
    decoder.push(b"a\n").unwrap();
    let line = format!("{}\n", "x".repeat(1 << 20));
    let batches: usize = (0..40).map(|_| decoder.push(line.as_bytes()).unwrap().len()).sum();
    assert_eq!(batches, 1);
}

#[test]
fn what_has_no_text_form_is_refused() {
    for data_type in [
        DataType::Binary,
        DataType::BinaryView,
        DataType::FixedSizeBinary(16),
        DataType::Time64(TimeUnit::Microsecond),
        DataType::List(Arc::new(Field::new_list_field(DataType::Int32, true))),
        DataType::Timestamp(TimeUnit::Nanosecond, None),
        DataType::Timestamp(TimeUnit::Microsecond, Some("Europe/Paris".into())),
        DataType::Decimal128(5, -2),
    ] {
        let schema = schema(vec![field("odd", data_type)]);
        for error in [
            TextDecoder::csv(schema.clone(), 1).unwrap_err(),
            TextDecoder::ndjson(schema.clone(), 1).unwrap_err(),
            TextEncoder::csv(schema.clone()).unwrap_err(),
            TextEncoder::ndjson(schema.clone()).unwrap_err(),
        ] {
            assert_eq!((error.kind(), error.context("column")), (ErrorKind::Schema, Some("odd")));
        }
    }
    let schema = schema(vec![field("day", DataType::Date32)]);
    let batch = RecordBatch::try_new(schema.clone(), vec![Arc::new(Date32Array::from(vec![i32::MAX]))]).unwrap();
    let error = TextEncoder::csv(schema).unwrap().encode(&batch, &mut vec![]).unwrap_err();
    assert_eq!((error.kind(), error.context("column")), (ErrorKind::Data, Some("day")));
    let error = TextEncoder::csv(people()).unwrap().encode(&batch, &mut vec![]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Schema);
}
