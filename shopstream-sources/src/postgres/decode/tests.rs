use arrow::{
    array::{
        ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int16Array, Int32Array, Int64Array,
        StringViewArray, TimestampMicrosecondArray,
    },
    compute::concat_batches,
    datatypes::{Field, Schema},
};
use proptest::{collection::vec, option::of, prelude::*};
use shopstream_core::ErrorKind;
use std::sync::Arc;

use super::*;
use crate::postgres::binary::encode;

const KINDS: [Kind; 10] = [
    Kind::Bool,
    Kind::Int2,
    Kind::Int4,
    Kind::Int8,
    Kind::Float8,
    Kind::Numeric { precision: 38, scale: 6 },
    Kind::Text,
    Kind::Jsonb,
    Kind::Date,
    Kind::Timestamp { utc: false },
];

fn rule(kind: Kind) -> Rule {
    Rule { kind, item: None, nullable: true, specials_null: false }
}

fn schema(rules: &[Rule]) -> SchemaRef {
    let fields = rules.iter().enumerate();
    let fields = fields.map(|(i, r)| {
        let json = (r.kind == Kind::Jsonb).then(|| ("ARROW:extension:name".to_owned(), "arrow.json".to_owned()));
        Field::new(format!("c{i}"), r.data_type(), r.nullable).with_metadata(json.into_iter().collect())
    });
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

fn decode(rules: &[Rule], pieces: &[&[u8]], max_rows: usize) -> Result<Vec<RecordBatch>> {
    let mut decoder = Decoder::new(Framing::Copy, schema(rules), rules, max_rows, MAX_BATCH_BYTES);
    let mut out = VecDeque::new();
    for piece in pieces {
        decoder.push(piece, Some(0..piece.len()), &mut out)?;
    }
    decoder.finish(&mut out)?;
    Ok(out.into())
}

type Row = (
    (Option<bool>, Option<i16>, Option<i32>, Option<i64>, Option<f64>),
    (Option<i128>, Option<String>, Option<String>, Option<i32>, Option<i64>),
);

fn batch(rows: &[Row]) -> RecordBatch {
    let (left, right) = (rows.iter().map(|r| r.0), rows.iter().map(|r| &r.1));
    let arrays: Vec<ArrayRef> = vec![
        Arc::new(left.clone().map(|r| r.0).collect::<BooleanArray>()),
        Arc::new(left.clone().map(|r| r.1).collect::<Int16Array>()),
        Arc::new(left.clone().map(|r| r.2).collect::<Int32Array>()),
        Arc::new(left.clone().map(|r| r.3).collect::<Int64Array>()),
        Arc::new(left.map(|r| r.4).collect::<Float64Array>()),
        Arc::new(right.clone().map(|r| r.0).collect::<Decimal128Array>().with_data_type(KINDS[5].data_type())),
        Arc::new(right.clone().map(|r| r.1.as_deref()).collect::<StringViewArray>()),
        Arc::new(right.clone().map(|r| r.2.as_deref()).collect::<StringViewArray>()),
        Arc::new(right.clone().map(|r| r.3).collect::<Date32Array>()),
        Arc::new(right.map(|r| r.4).collect::<TimestampMicrosecondArray>()),
    ];
    RecordBatch::try_new(schema(&KINDS.map(rule)), arrays).unwrap()
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let number = any::<i128>().prop_map(|n| n % 10i128.pow(38));
    let micros = i64::MIN / 2..i64::MAX / 2;
    let left = (of(any::<bool>()), of(any::<i16>()), of(any::<i32>()), of(any::<i64>()), of(-1e300f64..1e300));
    let right = (of(number), of(".{0,20}"), of(".{0,20}"), of(-1_000_000i32..1_000_000), of(micros));
    vec((left, right), 0..40)
}

/// Cuts bytes into pieces of these sizes, over and over.
fn cut<'a>(mut bytes: &'a [u8], sizes: &[usize]) -> Vec<&'a [u8]> {
    let mut pieces = vec![];
    for size in sizes.iter().cycle() {
        if bytes.is_empty() {
            break;
        }
        let (piece, rest) = bytes.split_at((*size).min(bytes.len()));
        pieces.push(piece);
        bytes = rest;
    }
    pieces
}

proptest! {
    #[test]
    fn undoes_the_encoder_however_the_bytes_come(
        rows in rows(), sizes in vec(1usize..200, 1..6), max_rows in 1usize..50,
    ) {
        let batch = batch(&rows);
        let bytes = encode(std::slice::from_ref(&batch)).unwrap();
        let batches = decode(&KINDS.map(rule), &cut(&bytes, &sizes), max_rows).unwrap();
        prop_assert!(batches.iter().all(|b| b.num_rows() <= max_rows && b.num_rows() > 0));
        prop_assert_eq!(concat_batches(batch.schema_ref(), &batches).unwrap(), batch);
    }

    #[test]
    fn texts_are_the_same_whether_they_are_few_or_many(
        known in vec(".{0,20}|[a-z]{14,17}", 1..100),
        picks in vec(of(any::<prop::sample::Index>()), 0..600),
        few_first in 0usize..600,
        sizes in vec(1usize..3000, 1..6),
        max_rows in 1usize..400,
    ) {
        // At first there are a few of them only, so that it is in some batch or within one that they get many.
        let pick = |(row, pick): (usize, &Option<prop::sample::Index>)| {
            let among = if row < few_first { known.len().min(5) } else { known.len() };
            pick.map(|pick| known[pick.index(among)].as_str())
        };
        let texts: StringViewArray = picks.iter().enumerate().map(pick).collect();
        let batch = RecordBatch::try_new(schema(&[rule(Kind::Text)]), vec![Arc::new(texts)]).unwrap();
        let bytes = encode(std::slice::from_ref(&batch)).unwrap();
        let batches = decode(&[rule(Kind::Text)], &cut(&bytes, &sizes), max_rows).unwrap();
        prop_assert!(batches.iter().all(|batch| batch.column(0).to_data().validate_full().is_ok()));
        prop_assert_eq!(concat_batches(batch.schema_ref(), &batches).unwrap(), batch);
    }

    #[test]
    fn a_flipped_or_cut_stream_is_an_error_or_other_rows_but_no_panic(
        rows in rows(), at in any::<prop::sample::Index>(), flip in any::<u8>(), keep in any::<prop::sample::Index>(),
    ) {
        let mut bytes = encode(&[batch(&rows)]).unwrap();
        prop_assert!(decode(&KINDS.map(rule), &[&bytes[..keep.index(bytes.len())]], 100).is_err());
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        let _ = decode(&KINDS.map(rule), &[&bytes], 100);
    }
}

fn header() -> Vec<u8> {
    let mut bytes = SIGNATURE.to_vec();
    bytes.extend_from_slice(&[0; 8]);
    bytes
}

fn row(fields: &[Option<&[u8]>]) -> Vec<u8> {
    let mut bytes = (fields.len() as i16).to_be_bytes().to_vec();
    for field in fields {
        bytes.extend_from_slice(&field.map_or(-1, |f| f.len() as i32).to_be_bytes());
        bytes.extend_from_slice(field.unwrap_or_default());
    }
    bytes
}

fn failure(rule: Rule, field: Option<&[u8]>) -> Error {
    let good: &[u8] = if rule.kind == Kind::Text { b"good" } else { &[0, 0, 0, 0] };
    let bytes = [header(), row(&[Some(good)]), row(&[field]), vec![0xFF, 0xFF]].concat();
    decode(&[rule], &[&bytes], 100).unwrap_err()
}

#[test]
fn faults_name_column_and_row_but_no_value() {
    let strict = Rule { nullable: false, ..rule(Kind::Int4) };
    for (rule, field, text) in [
        (strict, None, "NOT NULL"),
        (strict, Some(&b"secret"[..]), "bytes are not those"),
        (rule(Kind::Date), Some(&i32::MAX.to_be_bytes()[..]), "Specials::Null"),
        (rule(Kind::Date), Some(&(i32::MAX - 1).to_be_bytes()[..]), "outside"),
    ] {
        let error = failure(rule, field);
        assert_eq!(error.kind(), ErrorKind::Data);
        assert_eq!((error.context("column"), error.context("row")), (Some("c0"), Some("2")), "{error}");
        assert!(error.to_string().contains(text) && !error.to_string().contains("secret"), "{error}");
    }
    let error = failure(rule(Kind::Text), Some(b"secret\xff"));
    assert_eq!((error.kind(), error.context("column")), (ErrorKind::Data, Some("c0")), "{error}");
    assert!(!error.to_string().contains("secret"), "{error}");
}

#[test]
fn a_character_cut_between_two_texts_is_not_utf8() {
    let bytes = [header(), row(&[Some(b"\xc3")]), row(&[Some(b"\xa9")]), vec![0xFF, 0xFF]].concat();
    assert_eq!(decode(&[rule(Kind::Text)], &[&bytes], 100).unwrap_err().kind(), ErrorKind::Data);
}

#[test]
fn specials_become_null_where_that_is_allowed() {
    let rule = Rule { specials_null: true, ..rule(Kind::Date) };
    let bytes =
        [header(), row(&[Some(&i32::MIN.to_be_bytes())]), row(&[Some(&0i32.to_be_bytes())]), vec![0xFF, 0xFF]].concat();
    let batches = decode(&[rule], &[&bytes], 100).unwrap();
    assert_eq!(batches[0].column(0).as_ref(), &Date32Array::from(vec![None, Some(10_957)]));
}

#[test]
fn what_is_no_copy_is_refused_at_once_and_nothing_is_allocated_for_a_claim() {
    let end = [0xFF, 0xFF];
    for (bytes, kind) in [
        (b"HTTP/1.1".to_vec(), ErrorKind::Data),
        ([header(), row(&[None, None])].concat(), ErrorKind::Data),
        ([header(), vec![0xFF, 0xFE]].concat(), ErrorKind::Data),
        ([header(), vec![0, 1, 0x7F, 0xFF, 0xFF, 0xFF]].concat(), ErrorKind::Data),
        ([header(), vec![0, 1, 0xFF, 0xFF, 0xFF, 0xFE]].concat(), ErrorKind::Data),
        ([header(), end.to_vec(), vec![0]].concat(), ErrorKind::Data),
        // Within what a field may have: it waits for the rest, which does not come.
        ([header(), vec![0, 1, 0x3F, 0xFF, 0xFF, 0xFF]].concat(), ErrorKind::Unavailable),
        (header(), ErrorKind::Unavailable),
        (vec![], ErrorKind::Unavailable),
    ] {
        assert_eq!(decode(&[rule(Kind::Text)], &[&bytes], 100).unwrap_err().kind(), kind, "{bytes:?}");
    }
    let mut decoder =
        Decoder::new(Framing::Copy, schema(&[rule(Kind::Text)]), &[rule(Kind::Text)], usize::MAX, MAX_BATCH_BYTES);
    let claim = [header(), vec![0, 1, 0x3F, 0xFF, 0xFF, 0xFF, 1]].concat();
    decoder.push(&claim, Some(0..claim.len()), &mut VecDeque::new()).unwrap();
    assert!(decoder.carry.capacity() < 1000);
    assert_eq!(decode(&[rule(Kind::Text)], &[&[header(), end.to_vec()].concat()], 1).unwrap(), []);
}

#[test]
fn batches_are_bounded_in_bytes_and_rows_without_columns_are_counted() {
    let text = rule(Kind::Text);
    let mut decoder = Decoder::new(Framing::Copy, schema(&[text]), &[text], 100, 50);
    let mut out = VecDeque::new();
    let rows = row(&[Some(&[b'x'; 20])]).repeat(10);
    let bytes = [header(), rows, vec![0xFF, 0xFF]].concat();
    decoder.push(&bytes, Some(0..bytes.len()), &mut out).unwrap();
    decoder.finish(&mut out).unwrap();
    assert_eq!(out.iter().map(RecordBatch::num_rows).collect::<Vec<_>>(), [2; 5]);

    let none = decode(&[], &[&[header(), row(&[]).repeat(3), vec![0xFF, 0xFF]].concat()], 2).unwrap();
    assert_eq!(none.iter().map(RecordBatch::num_rows).collect::<Vec<_>>(), [2, 1]);
}
