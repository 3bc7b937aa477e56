//! Settings of objects: as they are wanted, and as they are found.

use crate::snowflake::sql::{Ident, literal};

/// The value of a setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// In quotes.
    Text(String),
    /// A number or a word: `60`, `TRUE`, `XSMALL`.
    Word(String),
    /// The name of another object.
    Name(Ident),
    /// Texts of which each has to be there; others may be there too.
    List(Vec<String>),
}

/// What a setting is called, and what it should be.
#[derive(Clone, Debug)]
pub(super) struct Property {
    pub(super) key: &'static str,
    pub(super) value: Value,
    /// Whether what was there before stops to work when it changes.
    pub(super) replaces: bool,
}

impl Property {
    pub(super) fn new(key: &'static str, value: Value) -> Self {
        Self { key, value, replaces: false }
    }

    pub(super) fn text(key: &'static str, value: impl Into<String>) -> Self {
        Self::new(key, Value::Text(value.into()))
    }

    pub(super) fn word(key: &'static str, value: impl ToString) -> Self {
        Self::new(key, Value::Word(value.to_string()))
    }

    pub(super) fn replacing(mut self) -> Self {
        self.replaces = true;
        self
    }

    /// `KEY = value`.
    pub(super) fn sql(&self) -> String {
        let value = match &self.value {
            Value::Text(text) => literal(text),
            Value::Word(word) => word.clone(),
            Value::Name(name) => name.to_string(),
            Value::List(texts) => format!("({})", texts.iter().map(|t| literal(t)).collect::<Vec<_>>().join(", ")),
        };
        format!("{} = {value}", self.key)
    }

    /// What has to be set, given what was found; `None` when it is as it should be.
    pub(super) fn change(&self, found: Option<&str>) -> Option<Self> {
        let found = found.unwrap_or_default();
        let same = match &self.value {
            Value::Text(text) => text == found,
            Value::Word(word) => word.eq_ignore_ascii_case(found),
            Value::Name(name) => name.as_str() == found,
            Value::List(texts) => {
                let mut all: Vec<String> =
                    found.split(',').map(|t| t.trim().to_owned()).filter(|t| !t.is_empty()).collect();
                let missing: Vec<&String> = texts.iter().filter(|t| !all.contains(t)).collect();
                if missing.is_empty() || found == "*" {
                    return None;
                }
                all.extend(missing.into_iter().cloned());
                return Some(Self { value: Value::List(all), ..self.clone() });
            }
        };
        (!same).then(|| self.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_what_differs() {
        let size = Property::word("WAREHOUSE_SIZE", "SMALL");
        assert!(size.change(Some("small")).is_none());
        assert_eq!(size.change(None).unwrap().sql(), "WAREHOUSE_SIZE = SMALL");
        let comment = Property::text("COMMENT", "it's");
        assert!(comment.change(Some("it's")).is_none());
        assert_eq!(comment.change(Some("IT'S")).unwrap().sql(), "COMMENT = 'it''s'");
    }

    #[test]
    fn a_list_keeps_what_others_need() {
        let places = Property::new("P", Value::List(vec!["s3://a/".into(), "s3://b/".into()]));
        assert!(places.change(Some("s3://b/, s3://c/,s3://a/")).is_none() && places.change(Some("*")).is_none());
        assert_eq!(places.change(Some("s3://c/,s3://a/")).unwrap().sql(), "P = ('s3://c/', 's3://a/', 's3://b/')");
        assert_eq!(places.change(None).unwrap().sql(), "P = ('s3://a/', 's3://b/')");
    }
}
