//! Bad rows among good ones.

use arrow::array::{ArrayRef, Date32Array, Decimal128Array, Int32Array, RecordBatch, StringViewArray};
use proptest::{collection::vec, option, prelude::*};
use std::sync::{Arc, Mutex};

use super::{Form, decoder, encode, people};
use crate::{Error, ErrorKind, Result, date};

/// An id, an amount in cents, a day, a name.
type Person = (i32, Option<i128>, Option<i32>, Option<String>);

/// What is done to a row of a text, or nothing.
type Damage = Option<usize>;

fn person() -> impl Strategy<Value = Person> {
    let name = prop_oneof!["[a-z]{0,6}", "[\"',\n\r é🦀{}\\[\\]]{0,5}", Just(String::new())];
    let days = date!("0000-01-01").days()..=date!("9999-12-31").days();
    (any::<i32>(), option::of(-99_999i128..=99_999), option::of(days), option::of(name))
}

fn batch(people: &[Person]) -> RecordBatch {
    let paid: Decimal128Array = people.iter().map(|p| p.1).collect();
    let names: StringViewArray = people.iter().map(|p| p.3.as_deref()).collect();
    let columns: Vec<ArrayRef> = vec![
        Arc::new(people.iter().map(|p| Some(p.0)).collect::<Int32Array>()),
        Arc::new(paid.with_precision_and_scale(5, 2).unwrap()),
        Arc::new(people.iter().map(|p| p.2).collect::<Date32Array>()),
        Arc::new(names),
    ];
    RecordBatch::try_new(super::people(), columns).unwrap()
}

/// The row as its form writes it, without header and line end.
fn written(form: Form, person: &Person) -> Vec<u8> {
    let mut text = encode(form, &people(), &[batch(std::slice::from_ref(person))]);
    if let Form::Csv = form {
        text.drain(..=text.iter().position(|c| *c == b'\n').unwrap());
    }
    text.truncate(text.len() - 1);
    text
}

/// A bad row, and the column that is named: in each, good cells stand before or behind the bad one.
fn damaged(form: Form, how: usize) -> (Vec<u8>, Option<&'static str>) {
    let (csv, json, column): (&[u8], &[u8], _) = match how % 10 {
        0 => (b"SECRET,1.00,,x", br#"{"id":"SECRET","paid":1}"#, Some("id")),
        1 => (b",1.00,,x", br#"{"paid":1.00,"id":null}"#, Some("id")),
        2 => (b"1,1.005,,x", br#"{"paid":1.005,"id":1,"name":"x"}"#, Some("paid")),
        3 => (b"1,1,2026-02-30,x", br#"{"name":"x","born":"2026-02-30","id":1}"#, Some("born")),
        4 => (b"1,,,\"\xFF\n\"", br#"{"id":1,"name":"SECRET\ud800"}"#, Some("name")),
        5 => (b"1,,\"SECRET\n\",", br#"{"id":1,"born":"SECRET"}"#, Some("born")),
        6 => (b"99999999999,,,", br#"{"name":"SECRET","id":99999999999}"#, Some("id")),
        7 => (b"1,,SECRET", br#"{"paid":1,"name":"SECRET","id":1"#, None),
        8 => (b"1,,,SECRET,", br#"["SECRET"]"#, None),
        _ => (b"1,,,\"a\n\nb\",\"\n\"", b"{\"name\":\"\xFF\",\"id\":1}", None),
    };
    match form {
        Form::Csv => (csv.to_vec(), column),
        Form::Ndjson => (json.to_vec(), column),
    }
}

/// The good rows, one by one, and the place of each bad one, as the reader tells them.
fn read(form: Form, batch_rows: usize, bytes: &[u8], cuts: &[usize]) -> Result<(Vec<RecordBatch>, Vec<Error>)> {
    let told = Arc::new(Mutex::new(vec![]));
    let sink = told.clone();
    let mut decoder = decoder(form, &people(), batch_rows).on_bad_row(move |error| {
        sink.lock().unwrap().push(error);
        Ok(())
    });
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
    assert!(batches.iter().all(|b| b.num_rows() > 0 && b.num_rows() <= batch_rows));
    let rows = batches.iter().flat_map(|b| (0..b.num_rows()).map(|row| b.slice(row, 1))).collect();
    let told = std::mem::take(&mut *told.lock().unwrap());
    Ok((rows, told))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn good_rows_arrive_and_bad_ones_are_accounted_for(
        rows in vec((person(), option::weighted(0.3, any::<usize>())), 0..40),
        blanks in vec(0usize..2, 1..5), batch_rows in 1usize..12, cuts in vec(1usize..40, 1..6),
    ) {
        let rows: Vec<(Person, Damage)> = rows;
        for form in [Form::Csv, Form::Ndjson] {
            let mut text: Vec<u8> = match form {
                Form::Csv => b"id,paid,born,name\n".to_vec(),
                // The first byte says whether it is an array.
                Form::Ndjson => b"{\"id\":0}\n".to_vec(),
            };
            let first = match form {
                Form::Csv => vec![],
                Form::Ndjson => vec![(0, None, None, None)],
            };
            let (mut good, mut bad, mut line): (Vec<Person>, Vec<(String, Option<&str>)>, _) = (first, vec![], 2);
            for (i, (person, damage)) in rows.iter().enumerate() {
                let blank = blanks[i % blanks.len()];
                text.extend(std::iter::repeat_n(b'\n', blank));
                line += blank;
                let record = match damage {
                    None => {
                        good.push(person.clone());
                        written(form, person)
                    }
                    Some(how) => {
                        let (record, column) = damaged(form, *how);
                        bad.push((line.to_string(), column));
                        record
                    }
                };
                line += 1 + record.iter().filter(|c| **c == b'\n').count();
                text.extend(record);
                text.push(b'\n');
            }
            let (read, told) = read(form, batch_rows, &text, &cuts).unwrap();
            let expected: Vec<RecordBatch> = good.iter().map(|p| batch(std::slice::from_ref(p))).collect();
            prop_assert_eq!(read, expected);
            let places: Vec<(String, Option<&str>)> = told
                .iter()
                .map(|e| (e.context("line").unwrap().to_owned(), e.context("column")))
                .map(|(line, column)| (line, column.and_then(|c| ["id", "paid", "born", "name"].into_iter().find(|n| *n == c))))
                .collect();
            prop_assert_eq!(places, bad);
            for error in &told {
                prop_assert_eq!(error.kind(), ErrorKind::Data);
                prop_assert!(!format!("{error} {error:?}").contains("SECRET"), "{error}");
            }
        }
    }
}

#[test]
fn objects_of_an_array_are_left_out_one_by_one() {
    let text = "[{\"id\":1},\n{\"id\":\"SECRET\"},{\"id\":2,\"paid\":true},\n\n{\"name\":\"\u{e9}\"}, {\"id\":3}]";
    for (batch_rows, cut) in [(1, 1), (2, 5), (10, 1000)] {
        let (rows, told) = read(Form::Ndjson, batch_rows, text.as_bytes(), &[cut]).unwrap();
        assert_eq!(rows, [1, 3].map(|id| batch(&[(id, None, None, None)])));
        let places: Vec<_> = told.iter().map(|e| (e.context("line"), e.context("column"))).collect();
        assert_eq!(places, [(Some("2"), Some("id")), (Some("2"), Some("paid")), (Some("4"), Some("id"))]);
    }
}

#[test]
fn what_hides_the_next_row_stops_the_reading() {
    for (form, text, says) in [
        (Form::Csv, "id,paid,born,name\nx,,,\n2,,,\"a\"b\n3,,,\n", "behind a closing quote"),
        (Form::Csv, "id,paid,born,name\nx,,,\n2,,,a\"b\n3,,,\n", "a quote within"),
        (Form::Csv, "id,paid,born,name\nx,,,\n2,,,\"a\n3,,,\n", "never closed"),
        (Form::Csv, "id,paid,born,name\nx,,,\r3,,,\n", "carriage return"),
        (Form::Csv, "id,paid,born\nx,,\n", "lacks columns"),
        (Form::Ndjson, "[{\"id\":1},\n{\"id\":x},{\"id\":2}]", "not a JSON object"),
        (Form::Ndjson, "[{\"id\":1}\n{\"id\":2}]", "comma"),
        (Form::Ndjson, "[{\"id\":1},{\"id\":2}", "ends within the array"),
    ] {
        for cut in [1, 1000] {
            let error = read(form, 2, text.as_bytes(), &[cut]).unwrap_err();
            assert!(error.to_string().contains(says), "{text:?}: {error}");
        }
    }
    let mut small = decoder(Form::Ndjson, &people(), 2).with_record_limit(20).on_bad_row(|_| Ok(()));
    assert!(small.push(&[b'x'; 30]).unwrap_err().to_string().contains("larger than the limit"));
}

#[test]
fn who_is_told_may_stop_the_reading() {
    for (form, text) in
        [(Form::Csv, "id,paid,born,name\n1,,,\nx,,,\n2,,,\n"), (Form::Ndjson, "{\"id\":1}\n{}\n{\"id\":2}\n")]
    {
        let mut decoder = decoder(form, &people(), 2).on_bad_row(|error| Err(error.with("file", "people")));
        let error = decoder.push(text.as_bytes()).unwrap_err();
        assert_eq!((error.context("column"), error.context("file")), (Some("id"), Some("people")));
        assert_eq!(decoder.finish().unwrap_err().kind(), ErrorKind::Internal);
    }
}

#[test]
fn a_text_of_bad_rows_alone_yields_none() {
    let text = format!("id,paid,born,name\n{}", "x,,,\n".repeat(100));
    let (rows, told) = read(Form::Csv, 7, text.as_bytes(), &[3]).unwrap();
    assert_eq!((rows.len(), told.len()), (0, 100));
}
