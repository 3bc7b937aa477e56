//! Results in parts: in order, a few at once, whole.

use arrow::{
    array::{Int16Array, RecordBatch},
    datatypes::{DataType, Field, Schema},
    ipc::writer::StreamWriter,
};
use flate2::{Compression, write::GzEncoder};
use futures::TryStreamExt;
use serde_json::{Value, json};
use shopstream_core::ErrorKind;
use std::{collections::HashMap, io::Write, sync::Arc};
use tokio::sync::Notify;

use crate::{
    server::{Server, Told, session},
    statements::numbers,
};

/// A part of a result: numbers in the narrowest type that holds them, as the server sends them.
fn part(numbers: &[i16]) -> Vec<u8> {
    let schema = Arc::new(Schema::new(vec![Field::new("N", DataType::Int16, true)]));
    let mut writer = StreamWriter::try_new(vec![], &schema).unwrap();
    for half in numbers.chunks(2) {
        let column = Arc::new(Int16Array::from(half.to_vec()));
        writer.write(&RecordBatch::try_new(schema.clone(), vec![column]).unwrap()).unwrap();
    }
    writer.into_inner().unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(vec![], Compression::fast());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

fn bytes(body: Vec<u8>) -> Told {
    Told::Http { status: 200, headers: vec![], body }
}

/// An answer with a first part, and with parts of so many rows at links of the server itself.
fn answer(host: &str, first: &[i16], parts: &[u64]) -> Value {
    let base64 = base64(&part(first));
    let links = |(i, rows): (usize, &u64)| json!({"url": format!("http://{host}/part/{i}?sig=planted"), "rowCount": rows, "uncompressedSize": 1, "compressedSize": 1});
    json!({"success": true, "code": null, "data": {
        "queryId": "01b2-0001", "total": first.len() as u64 + parts.iter().sum::<u64>(), "queryResultFormat": "arrow",
        "rowtype": [{"name": "N", "type": "fixed", "precision": 5, "scale": 0, "nullable": true}],
        "rowsetBase64": base64, "chunks": parts.iter().enumerate().map(links).collect::<Vec<_>>(),
        "chunkHeaders": {"x-part-key": "planted-key"},
    }})
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let number = (0..3).fold(0_u32, |n, i| n << 8 | u32::from(three.get(i).copied().unwrap_or(0)));
        let digit = |i: usize| char::from(DIGITS[(number >> (18 - 6 * i)) as usize & 63]);
        text.extend((0..4).map(|i| if i <= three.len() { digit(i) } else { '=' }));
    }
    text
}

#[tokio::test]
async fn parts_come_in_order_whichever_is_there_first_and_a_few_at_once() {
    let links = 6_usize;
    // Each even part is held back until the odd one after it was asked for.
    let asked_for: Vec<Arc<Notify>> = (0..links).map(|_| Arc::default()).collect();
    let server = Server::start(move |asked| {
        if asked.is_query() {
            return Some(Told::Json(answer(&asked.headers["host"], &[0, 1, 2], &vec![2; links])));
        }
        let i: usize = asked.path.strip_prefix("/part/")?.parse().unwrap();
        asked_for[i].notify_one();
        let n = i16::try_from(i).unwrap() * 2 + 3;
        let body = gzip(&part(&[n, n + 1]));
        let told = Told::Http { status: 200, headers: vec![("content-encoding", "gzip".to_owned())], body };
        Some(if i.is_multiple_of(2) { Told::When(asked_for[i + 1].clone(), Box::new(told)) } else { told })
    })
    .await;
    let session = session(server.settings().with_downloads(2));
    let answer = session.execute("SELECT N FROM t").await.unwrap();
    assert_eq!(answer.report().rows, 15);
    assert_eq!(numbers(answer).await, (0..15).collect::<Vec<_>>());
    assert_eq!(server.most_at_once("part"), 2);
    let parts: Vec<_> = server.asked().into_iter().filter(|asked| asked.path.starts_with("/part/")).collect();
    assert!(parts.iter().all(|asked| asked.token().is_empty() && asked.headers["x-part-key"] == "planted-key"));
}

#[tokio::test]
async fn a_part_that_is_not_whole_is_fetched_again() {
    let whole = part(&[1, 2, 3, 4]);
    // Cut where a batch ends the stream is well-formed: only the count tells.
    let short = part(&[1, 2]);
    let broken: [Box<dyn Fn() -> Told + Send>; 7] = [
        Box::new(|| Told::Reset),
        Box::new(|| Told::Http { status: 503, headers: vec![], body: vec![] }),
        Box::new({
            let whole = whole.clone();
            move || Told::Lying { length: whole.len() + 1, body: whole.clone() }
        }),
        Box::new({
            let whole = whole.clone();
            move || Told::Lying { length: whole.len() / 2, body: whole.clone() }
        }),
        Box::new(move || bytes(short.clone())),
        Box::new({
            let cut = gzip(&whole);
            move || Told::Http {
                status: 200,
                headers: vec![("content-encoding", "gzip".to_owned())],
                body: cut[..cut.len() / 2].to_vec(),
            }
        }),
        Box::new(|| bytes(b"<Error>planted</Error>".to_vec())),
    ];
    for (i, broken) in broken.into_iter().enumerate() {
        let (mut tries, whole) = (0, whole.clone());
        let server = Server::start(move |asked| {
            if asked.is_query() {
                return Some(Told::Json(answer(&asked.headers["host"], &[], &[4])));
            }
            (asked.path == "/part/0").then(|| {
                tries += 1;
                if tries < 3 { broken() } else { bytes(whole.clone()) }
            })
        })
        .await;
        assert_eq!(numbers(server.session().execute("SELECT N FROM t").await.unwrap()).await, [1, 2, 3, 4], "way {i}");
        assert_eq!(server.of("/part/0").len(), 3, "way {i}");
    }
}

#[tokio::test]
async fn a_part_that_stays_broken_is_an_error_that_shows_no_link() {
    let ways: [(u16, usize, ErrorKind); 3] =
        [(200, 4, ErrorKind::Unavailable), (500, 4, ErrorKind::Unavailable), (403, 1, ErrorKind::Permission)];
    for (status, tries, kind) in ways {
        let server = Server::start(move |asked| {
            if asked.is_query() {
                return Some(Told::Json(answer(&asked.headers["host"], &[7], &[4])));
            }
            asked.path.starts_with("/part/").then(|| Told::Http { status, headers: vec![], body: b"planted".to_vec() })
        })
        .await;
        let mut rows = server.session().execute("SELECT N FROM t").await.unwrap().into_stream();
        assert_eq!(rows.try_next().await.unwrap().unwrap().num_rows(), 1, "what came before is there");
        let error = rows.try_next().await.unwrap_err();
        assert_eq!(error.kind(), kind);
        assert!(!format!("{error} {error:?}").contains("planted"), "{error:?}");
        assert_eq!(server.of("/part/0").len(), tries);
    }
}

#[tokio::test]
async fn json_comes_in_parts_too() {
    let server = Server::start(move |asked| {
        if asked.is_query() {
            let mut answer = answer(&asked.headers["host"], &[], &[2, 1]);
            answer["data"]["queryResultFormat"] = json!("json");
            answer["data"]["rowsetBase64"] = json!(null);
            answer["data"]["rowset"] = json!([["1"], ["2"]]);
            answer["data"]["total"] = json!(5);
            return Some(Told::Json(answer));
        }
        let part = HashMap::from([("/part/0", "[\"3\"],\n[\"4\"]"), ("/part/1", "[\"5\"]")]);
        part.get(asked.path.as_str()).map(|text| bytes(text.as_bytes().to_vec()))
    })
    .await;
    assert_eq!(numbers(server.session().execute("SELECT N FROM t").await.unwrap()).await, [1, 2, 3, 4, 5]);
}

#[tokio::test]
async fn where_no_headers_are_named_the_key_of_the_store_is_sent() {
    let server = Server::start(move |asked| {
        if asked.is_query() {
            let mut answer = answer(&asked.headers["host"], &[], &[1]);
            answer["data"]["chunkHeaders"] = json!(null);
            answer["data"]["qrmk"] = json!("planted-key");
            return Some(Told::Json(answer));
        }
        asked.path.starts_with("/part/").then(|| bytes(part(&[1])))
    })
    .await;
    assert_eq!(numbers(server.session().execute("SELECT N FROM t").await.unwrap()).await, [1]);
    let key = &server.of("/part/0")[0].headers;
    assert_eq!(key["x-amz-server-side-encryption-customer-key"], "planted-key");
    assert_eq!(key["x-amz-server-side-encryption-customer-algorithm"], "AES256");
}

#[tokio::test]
async fn no_rows_have_their_columns() {
    let server = Server::start(|asked| {
        asked.is_query().then(|| {
            let mut none = answer("-", &[], &[]);
            none["data"]["rowsetBase64"] = json!("");
            Told::Json(none)
        })
    })
    .await;
    let answer = server.session().execute("SELECT N FROM t WHERE FALSE").await.unwrap();
    assert_eq!(answer.schema().field(0), &Field::new("N", DataType::Int64, true));
    assert!(answer.batches().await.unwrap().is_empty());
}

#[tokio::test]
async fn counts_that_do_not_add_up_and_types_that_are_not_read_are_errors() {
    for (field, value, kind) in [
        ("total", json!(99), ErrorKind::Unavailable),
        ("rowsetBase64", json!("%%%"), ErrorKind::Unavailable),
        ("chunks", json!([{"url": "file:///etc/passwd", "rowCount": 1}]), ErrorKind::Unavailable),
        ("rowtype", json!([{"name": "N", "type": "geography"}]), ErrorKind::Unsupported),
        ("command", json!("UPLOAD"), ErrorKind::Unsupported),
    ] {
        let server = Server::start(move |asked| {
            asked.is_query().then(|| {
                let mut wrong = answer(&asked.headers["host"], &[1], &[1]);
                wrong["data"][field] = value.clone();
                Told::Json(wrong)
            })
        })
        .await;
        let error = match server.session().execute("SELECT N FROM t").await {
            Ok(answer) => answer.batches().await.unwrap_err(),
            Err(error) => error,
        };
        assert_eq!(error.kind(), kind, "{field}: {error}");
    }
}
