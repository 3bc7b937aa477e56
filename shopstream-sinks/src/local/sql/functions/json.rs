//! Paths into JSON documents, which are texts here.

use arrow::{
    array::{ArrayRef, AsArray, Int64Array, StringViewArray},
    datatypes::DataType,
};
use datafusion::{
    common::Result,
    logical_expr::{ColumnarValue, ScalarUDF, Volatility, create_udf},
};
use serde_json::value::RawValue;
use shopstream_core::Error;
use std::{collections::HashMap, sync::Arc};

use super::{failed, of_arrays};

pub(super) fn all() -> Vec<ScalarUDF> {
    let text = || DataType::Utf8View;
    vec![
        create_udf(
            "get_path",
            vec![text(), text()],
            text(),
            Volatility::Immutable,
            Arc::new(|arguments: &[ColumnarValue]| {
                of_arrays(arguments, |a| at_paths(a, |json| Some(json.get().to_owned())))
            }),
        ),
        create_udf(
            "json_extract_path_text",
            vec![text(), text()],
            text(),
            Volatility::Immutable,
            Arc::new(|arguments: &[ColumnarValue]| of_arrays(arguments, |a| at_paths(a, as_text))),
        ),
        create_udf(
            "as_integer",
            vec![text()],
            DataType::Int64,
            Volatility::Immutable,
            Arc::new(|arguments: &[ColumnarValue]| of_arrays(arguments, integers)),
        ),
    ]
}

fn at_paths(arguments: &[ArrayRef], read: impl Fn(&RawValue) -> Option<String>) -> Result<ArrayRef> {
    let rows = arguments[0].as_string_view().iter().zip(arguments[1].as_string_view());
    let found = rows.map(|(document, path)| {
        let Some((document, path)) = document.zip(path) else { return Ok(None) };
        let path = steps(path).ok_or_else(|| {
            failed(Error::config("a path into a document is names and places: a.b[0].c").with("function", "get_path"))
        })?;
        Ok(at_path(document, &path).and_then(&read))
    });
    Ok(Arc::new(found.collect::<Result<StringViewArray>>()?))
}

fn integers(arguments: &[ArrayRef]) -> Result<ArrayRef> {
    let documents = arguments[0].as_string_view().iter();
    // A string of digits has its quotes, and a fraction its point: neither is read as a number.
    Ok(Arc::new(documents.map(|json| json?.trim().parse().ok()).collect::<Int64Array>()))
}

/// The text of a string, JSON of anything else but null.
fn as_text(json: &RawValue) -> Option<String> {
    match json.get() {
        "null" => None,
        string if string.starts_with('"') => serde_json::from_str(string).ok(),
        other => Some(other.to_owned()),
    }
}

/// A step of a path.
#[derive(Debug, PartialEq)]
enum Step<'a> {
    Name(&'a str),
    Place(usize),
}

/// Reads `a.b[0].c`.
fn steps(path: &str) -> Option<Vec<Step<'_>>> {
    let mut steps = vec![];
    for part in path.split('.') {
        let (name, places) = part.split_at(part.find('[').unwrap_or(part.len()));
        let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '$');
        if name.is_empty() || !name.chars().all(plain) {
            return None;
        }
        steps.push(Step::Name(name));
        for place in places.split_inclusive(']') {
            steps.push(Step::Place(place.strip_prefix('[')?.strip_suffix(']')?.parse().ok()?));
        }
    }
    Some(steps)
}

/// What stands there; nothing in what is no document. Of a name that stands twice, the last counts.
fn at_path<'a>(document: &'a str, path: &[Step<'_>]) -> Option<&'a RawValue> {
    let mut at: &RawValue = serde_json::from_str(document).ok()?;
    for step in path {
        at = match step {
            Step::Name(name) => {
                let mut members: HashMap<String, &RawValue> = serde_json::from_str(at.get()).ok()?;
                members.remove(*name)?
            }
            Step::Place(place) => {
                let elements: Vec<&RawValue> = serde_json::from_str(at.get()).ok()?;
                elements.get(*place).copied()?
            }
        };
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        let document = r#"{"a": {"b": [1, {"c": "x\"y"}]}, "n": null, "é-1": "ü", "a.b": 2, "twice": 1, "twice": 2}"#;
        for (path, found) in [
            ("a.b[0]", Some("1")),
            ("a.b[1].c", Some(r#""x\"y""#)),
            ("a.b[2]", None),
            ("n", Some("null")),
            ("é-1", Some("\"ü\"")),
            ("a.c", None),
            ("n.c", None),
            ("twice", Some("2")),
        ] {
            assert_eq!(at_path(document, &steps(path).unwrap()).map(RawValue::get), found, "{path}");
        }
        for path in ["", ".", "a.", "a[", "a[x]", "a[0", "a]0[", "[0]", "a b", "a[0]b"] {
            assert_eq!(steps(path), None, "{path}");
        }
        for text in ["", "{", "[1]", "1", "{\"a\": 1} x"] {
            assert!(at_path(text, &[Step::Name("a")]).is_none(), "{text}");
        }
    }
}
