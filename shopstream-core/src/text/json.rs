//! JSON objects to rows.

use arrow::array::RecordBatch;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::{borrow::Cow, fmt};

use super::{TOO_LARGE, cells::Rows, json_array::ArrayScanner};
use crate::{Error, Result};

#[derive(Debug)]
pub(super) struct JsonDecoder {
    form: Form,
    /// The record under way, as far as earlier chunks held it.
    pending: Vec<u8>,
    line: u64,
    limit: usize,
    rows: Rows,
    seen: Vec<bool>,
}

/// What the first byte that is no space says.
#[derive(Debug)]
enum Form {
    Unknown,
    Lines,
    Array(ArrayScanner),
}

pub(super) fn is_space(byte: &u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

impl JsonDecoder {
    pub(super) fn new(rows: Rows, limit: usize) -> Self {
        let seen = vec![false; rows.schema().fields().len()];
        Self { form: Form::Unknown, pending: vec![], line: 1, limit, rows, seen }
    }

    pub(super) fn set_limit(&mut self, limit: usize) {
        self.limit = limit;
    }

    pub(super) fn rows(&mut self) -> &mut Rows {
        &mut self.rows
    }

    pub(super) fn push(&mut self, mut bytes: &[u8], batches: &mut Vec<RecordBatch>) -> Result<()> {
        if let Form::Unknown = self.form {
            let start = bytes.iter().position(|c| !is_space(c)).unwrap_or(bytes.len());
            self.line += newlines(&bytes[..start]);
            bytes = &bytes[start..];
            match bytes.first() {
                None => return Ok(()),
                Some(b'[') => self.form = Form::Array(ArrayScanner::default()),
                Some(_) => self.form = Form::Lines,
            }
        }
        match self.form {
            Form::Array(_) => self.push_array(bytes, batches),
            Form::Unknown | Form::Lines => self.push_lines(bytes, batches),
        }
    }

    pub(super) fn finish(&mut self, batches: &mut Vec<RecordBatch>) -> Result<()> {
        match &self.form {
            Form::Array(array) if !array.is_closed() => {
                return Err(Error::data("the text ends within the array").with("line", self.line));
            }
            Form::Array(_) => {}
            Form::Unknown | Form::Lines => {
                let line = std::mem::take(&mut self.pending);
                self.record(&line, batches)?;
            }
        }
        batches.extend(self.rows.take()?);
        Ok(())
    }

    fn push_lines(&mut self, mut bytes: &[u8], batches: &mut Vec<RecordBatch>) -> Result<()> {
        while let Some(end) = bytes.iter().position(|c| *c == b'\n') {
            let (line, rest) = (&bytes[..end], &bytes[end + 1..]);
            if self.pending.is_empty() {
                self.check(line.len())?;
                self.record(line, batches)?;
            } else {
                self.hold(line)?;
                let mut pending = std::mem::take(&mut self.pending);
                self.record(&pending, batches)?;
                pending.clear();
                self.pending = pending;
            }
            self.line += 1;
            bytes = rest;
        }
        self.hold(bytes)
    }

    fn push_array(&mut self, mut bytes: &[u8], batches: &mut Vec<RecordBatch>) -> Result<()> {
        while !bytes.is_empty() {
            let Form::Array(array) = &mut self.form else { return Ok(()) };
            let (taken, ended) = array.scan(bytes).map_err(|(message, at)| {
                let line = self.line + newlines(&self.pending) + newlines(&bytes[..at]);
                Error::data(message).with("line", line)
            })?;
            if ended || array.is_inside() {
                self.hold(&bytes[..taken])?;
            } else {
                self.line += newlines(&bytes[..taken]);
            }
            if ended {
                let mut pending = std::mem::take(&mut self.pending);
                self.record(&pending, batches)?;
                self.line += newlines(&pending);
                pending.clear();
                self.pending = pending;
            }
            bytes = &bytes[taken..];
        }
        Ok(())
    }

    fn check(&self, more: usize) -> Result<()> {
        if self.pending.len() + more > self.limit {
            return Err(Error::data(TOO_LARGE).with("line", self.line));
        }
        Ok(())
    }

    fn hold(&mut self, bytes: &[u8]) -> Result<()> {
        self.check(bytes.len())?;
        self.pending.extend_from_slice(bytes);
        Ok(())
    }

    /// Takes a record; nothing but spaces is none.
    fn record(&mut self, bytes: &[u8], batches: &mut Vec<RecordBatch>) -> Result<()> {
        let Some(start) = bytes.iter().position(|c| !is_space(c)) else { return Ok(()) };
        batches.extend(match self.object(bytes, start) {
            Ok(()) => self.rows.end_row(bytes.len())?,
            Err(Bad::Row(error)) => self.rows.end_bad_row(error, bytes.len())?,
            Err(Bad::Syntax(error)) if matches!(self.form, Form::Lines) => self.rows.end_bad_row(error, bytes.len())?,
            // Without sound syntax nobody knows where in the array the next object starts.
            Err(Bad::Syntax(error)) => return Err(error),
        });
        Ok(())
    }

    /// Reads an object, behind so many spaces, into the open row.
    fn object(&mut self, bytes: &[u8], start: usize) -> Result<(), Bad> {
        let line = self.line + newlines(&bytes[..start]);
        let row = |error: Error| Bad::Row(error.with("line", line));
        let text = std::str::from_utf8(bytes).map_err(|_| row(Error::data("bytes that are not UTF-8")))?;
        if bytes[start] != b'{' {
            return Err(row(Error::data("expected a JSON object")));
        }
        self.seen.fill(false);
        let mut failure = None;
        let mut json = serde_json::Deserializer::from_str(text);
        let visitor = Object { rows: &mut self.rows, seen: &mut self.seen, failure: &mut failure };
        let read = json.deserialize_map(visitor).and_then(|()| json.end());
        if let Some(error) = failure {
            return Err(row(error));
        }
        if let Err(error) = read {
            // Its text tells what is wrong with the syntax, and where; it never quotes the document.
            let at = self.line + u64::try_from(error.line().saturating_sub(1)).unwrap_or(0);
            let error = Error::data("not a JSON object").with("line", at).with("character", error.column());
            return Err(Bad::Syntax(error));
        }
        for column in 0..self.seen.len() {
            if !self.seen[column] {
                self.rows.push_null(column).map_err(row)?;
            }
        }
        Ok(())
    }
}

/// What is wrong with a record.
enum Bad {
    /// A value that its column does not allow, or no object at all.
    Row(Error),
    /// What is not JSON.
    Syntax(Error),
}

fn newlines(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|c| **c == b'\n').count() as u64
}

/// Puts the values of an object into their columns.
struct Object<'a> {
    rows: &'a mut Rows,
    seen: &'a mut [bool],
    failure: &'a mut Option<Error>,
}

impl Object<'_> {
    /// The column of a key: mostly the one behind the last.
    fn column(&self, key: &str, next: usize) -> Option<usize> {
        let fields = self.rows.schema().fields();
        match fields.get(next) {
            Some(field) if field.name() == key => Some(next),
            _ => fields.iter().position(|f| f.name() == key),
        }
    }

    fn put(&mut self, column: usize, raw: &str) -> Result<()> {
        if std::mem::replace(&mut self.seen[column], true) {
            return Err(self.rows.error(column, "a key that stands twice in an object"));
        }
        match raw.as_bytes() {
            b"null" => self.rows.push_null(column),
            [b'"', inner @ .., b'"'] if !inner.contains(&b'\\') => self.rows.push_text(column, &raw[1..raw.len() - 1]),
            [b'"', ..] => match serde_json::from_str::<String>(raw) {
                Ok(text) => self.rows.push_text(column, &text),
                Err(_) => Err(self.rows.error(column, "an escape that is no character")),
            },
            [b'-' | b'0'..=b'9', ..] => self.rows.push_number(column, raw),
            // An object or an array of digits alone is no number, and a text column takes any JSON.
            [b'{' | b'[', ..] if !self.rows.is_text(column) => Err(self.rows.unexpected(column)),
            _ => self.rows.push_text(column, raw),
        }
    }
}

impl<'de> Visitor<'de> for Object<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        let mut next = 0;
        while let Some(key) = map.next_key_seed(Key)? {
            let Some(column) = self.column(&key, next) else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            next = column + 1;
            let raw: &RawValue = map.next_value()?;
            if let Err(error) = self.put(column, raw.get()) {
                *self.failure = Some(error);
                return Err(A::Error::custom("a value was refused"));
            }
        }
        Ok(())
    }
}

/// A key, borrowed where it has no escape.
struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Key {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_str<E>(self, key: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(key))
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(key.to_owned()))
    }
}
