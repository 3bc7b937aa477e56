//! Parts of a result that are JSON: an array of rows, each an array of texts or nulls.
//!
//! The server answers so what is no query (DDL, COPY, SHOW), and queries too when a session asks for it. Numbers and
//! seconds are decimal numbers, dates are days since 1970, bytes are hexadecimal; a timestamp with a zone has its
//! offset after a space.

use arrow::array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array, RecordBatch,
    StringViewArray, Time64MicrosecondArray, TimestampMicrosecondArray,
};
use serde_json::Value;
use shopstream_core::{Error, Result};
use std::sync::Arc;

use super::{Columns, Kind, bad_value, fixed, time};

const NOT_OF_ITS_TYPE: &str = "a value is not of its column's type: cast it in the query";

impl Columns {
    /// The rows of a part.
    pub(crate) fn json(&self, rows: &[Vec<Value>]) -> Result<RecordBatch> {
        if let Some(row) = rows.iter().find(|row| row.len() != self.kinds.len()) {
            return Err(Error::schema("a row of a result has not the columns that the server described")
                .with("columns", row.len())
                .with("expected", self.kinds.len()));
        }
        let columns = self.kinds.iter().zip(self.schema.fields()).enumerate().map(|(i, (kind, field))| {
            column(*kind, rows.iter().map(|row| &row[i])).ok_or_else(|| bad_value(field.name(), NOT_OF_ITS_TYPE))
        });
        self.batch(rows.len(), columns.collect::<Result<_>>()?)
    }

    /// The rows of a part as its bytes: rows with commas between them, and with or without the brackets around.
    pub(crate) fn json_part(&self, part: &[u8]) -> Result<RecordBatch> {
        let broken = || Error::unavailable("a part of a result is cut off, or no JSON");
        let part = part.trim_ascii();
        let rows: Vec<Vec<Value>> = if part.starts_with(b"[[") || part == b"[]" {
            serde_json::from_slice(part)
        } else {
            serde_json::from_slice(&[b"[", part, b"]"].concat())
        }
        .map_err(|_| broken())?;
        self.json(&rows)
    }
}

/// The values of a column, if all are of its type.
fn column<'a>(kind: Kind, values: impl Iterator<Item = &'a Value>) -> Option<ArrayRef> {
    let mut texts = values.map(text);
    Some(match kind {
        Kind::Int => Arc::new(each(&mut texts, |t| i64::try_from(fixed::parse(t, 0)?).ok())?.collect::<Int64Array>()),
        Kind::Decimal { precision, scale } => {
            let units = each(&mut texts, |t| fixed::within(fixed::parse(t, scale)?, precision))?;
            let units: Decimal128Array = units.collect();
            Arc::new(units.with_precision_and_scale(precision, scale.cast_signed()).ok()?)
        }
        Kind::Real => Arc::new(each(&mut texts, |t| t.parse().ok())?.collect::<Float64Array>()),
        Kind::Text | Kind::Json => Arc::new(each(&mut texts, |t| Some(t.to_owned()))?.collect::<StringViewArray>()),
        Kind::Boolean => Arc::new(each(&mut texts, boolean)?.collect::<BooleanArray>()),
        Kind::Binary => Arc::new(each(&mut texts, bytes)?.collect::<BinaryArray>()),
        Kind::Date => Arc::new(each(&mut texts, |t| t.parse().ok())?.collect::<Date32Array>()),
        Kind::Time { .. } => {
            Arc::new(each(&mut texts, |t| time::of_day(seconds(t)?))?.collect::<Time64MicrosecondArray>())
        }
        Kind::Timestamp { zone, .. } => {
            let moments = each(&mut texts, |t| seconds(t.split_once(' ').map_or(t, |(moment, _)| moment)))?;
            Arc::new(moments.collect::<TimestampMicrosecondArray>().with_timezone_opt(zone.name()))
        }
    })
}

/// A cell's text, or NULL. Some servers write numbers and booleans as themselves.
fn text(value: &Value) -> Option<std::borrow::Cow<'_, str>> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.into()),
        other => Some(other.to_string().into()),
    }
}

fn each<'a, T>(
    texts: &mut impl Iterator<Item = Option<std::borrow::Cow<'a, str>>>,
    parse: impl Fn(&str) -> Option<T>,
) -> Option<std::vec::IntoIter<Option<T>>> {
    let values: Option<Vec<Option<T>>> = texts.map(|t| t.map_or(Some(None), |t| parse(&t).map(Some))).collect();
    Some(values?.into_iter())
}

/// Microseconds of decimal seconds; nothing when there are finer digits.
fn seconds(text: &str) -> Option<i64> {
    i64::try_from(fixed::parse(text, time::MICROS)?).ok()
}

fn boolean(text: &str) -> Option<bool> {
    match text {
        "1" | "true" | "TRUE" => Some(true),
        "0" | "false" | "FALSE" => Some(false),
        _ => None,
    }
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    let digit = |b: u8| char::from(b).to_digit(16).and_then(|d| u8::try_from(d).ok());
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| if let [high, low] = *pair { Some(digit(high)? << 4 | digit(low)?) } else { None }).collect()
}

#[cfg(test)]
mod tests {
    use super::super::RowType;
    use super::*;
    use arrow::{array::AsArray, datatypes::TimestampMicrosecondType};
    use proptest::prelude::*;
    use serde_json::json;
    use shopstream_core::Timestamp;

    fn columns() -> Columns {
        let types = json!([
            {"name": "ID", "type": "fixed", "precision": 18, "scale": 0},
            {"name": "AMOUNT", "type": "fixed", "precision": 38, "scale": 2},
            {"name": "RATE", "type": "real"},
            {"name": "NAME", "type": "text"},
            {"name": "METADATA", "type": "object"},
            {"name": "IS_PAID", "type": "boolean"},
            {"name": "HASH", "type": "binary"},
            {"name": "DAY", "type": "date"},
            {"name": "AT", "type": "timestamp_ltz", "scale": 9},
            {"name": "SEEN", "type": "timestamp_tz", "scale": 9},
            {"name": "OPENS", "type": "time", "scale": 9},
        ]);
        Columns::new(&serde_json::from_value::<Vec<RowType>>(types).unwrap()).unwrap()
    }

    #[test]
    fn json_gives_what_arrow_gives() {
        let part = r#" ["1","-12.50","1.5","é","{\"a\":1}","1","00fF","20000","1700000000.123000000",
                         "-0.500000000 1500","3600.000001000"],
                       [2,null,null,null,null,null,null,null,null,null,null] "#;
        let columns = columns();
        let read = columns.json_part(part.as_bytes()).unwrap();
        assert_eq!((&read.schema(), read.num_rows()), (columns.schema(), 2));
        let shown = super::super::fixture::first_row(&read);
        for value in
            ["-12.50", "1.5", "é", "true", "00ff", "2024-10-04", "22:13:20.123", "23:59:59.500", "01:00:00.000001"]
        {
            assert!(shown.contains(value), "{value} in\n{shown}");
        }
        assert!(read.columns()[1..].iter().all(|c| c.is_null(1)));
        assert_eq!(columns.json_part(format!("[{}]", part.trim()).as_bytes()).unwrap(), read);
        assert_eq!(columns.json_part(b"[]").unwrap().num_rows(), 0);
        assert_eq!(&columns.json(&[]).unwrap().schema(), columns.schema());
    }

    #[test]
    fn wrong_values_are_told_by_column_alone() {
        for (column, value) in [
            (0, "1.5"),
            (0, "9223372036854775808"),
            (1, "0.001"),
            (2, "planted"),
            (5, "planted"),
            (6, "0"),
            (6, "zz"),
            (7, "planted"),
            (8, "1.0000001"),
            (10, "86400"),
        ] {
            let mut row = vec![Value::Null; 11];
            row[0] = json!("1");
            row[column] = json!(value);
            let error = columns().json(&[row]).unwrap_err();
            assert_eq!(error.context("column"), Some(columns().schema().field(column).name().as_str()));
            assert!(!format!("{error:?}").contains("planted"), "{error:?}");
        }
        assert!(columns().json(&[vec![json!("1")]]).unwrap_err().to_string().contains("expected: 11"));
        assert!(columns().json_part(b"[\"1\",").unwrap_err().is_retryable());
    }

    proptest! {
        /// The oracle is the core's own way to write a moment.
        #[test]
        fn seconds_are_moments(micros in -62_135_596_800_000_000_i64..253_402_300_799_999_999) {
            let (sign, size) = (if micros < 0 { "-" } else { "" }, micros.unsigned_abs());
            let text = format!("{sign}{}.{:06}000", size / 1_000_000, size % 1_000_000);
            let read = column(Kind::Timestamp { scale: 9, zone: super::super::Zone::None }, [json!(text)].iter()).unwrap();
            let read = read.as_primitive::<TimestampMicrosecondType>().value(0);
            prop_assert_eq!(Timestamp::from_micros(read).to_string(), Timestamp::from_micros(micros).to_string());
        }

        #[test]
        fn hexadecimal_is_bytes(expected in proptest::collection::vec(any::<u8>(), 0..20)) {
            let text: String = expected.iter().map(|b| format!("{b:02X}")).collect();
            prop_assert_eq!(bytes(&text), Some(expected));
        }
    }
}
