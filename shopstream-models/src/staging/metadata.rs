//! What an event's metadata tells.

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, Visitor},
};
use serde_json::value::RawValue;
use std::{borrow::Cow, fmt};

/// The keys of an event's metadata that models use, as raw JSON. Of a key that stands twice, the last counts.
#[derive(Debug, Default)]
pub(super) struct Metadata<'a> {
    visitor_id: Option<&'a RawValue>,
    page_url: Option<&'a RawValue>,
    device: Option<&'a RawValue>,
    product_id: Option<&'a RawValue>,
    quantity: Option<&'a RawValue>,
}

impl<'a> Metadata<'a> {
    /// Reads a document; one that is no JSON object tells nothing.
    pub(super) fn parse(json: &'a str) -> Self {
        serde_json::from_str(json).unwrap_or_default()
    }

    pub(super) fn visitor_id(&self) -> Option<Cow<'a, str>> {
        text(self.visitor_id)
    }

    pub(super) fn page_url(&self) -> Option<Cow<'a, str>> {
        text(self.page_url)
    }

    pub(super) fn device(&self) -> Option<Cow<'a, str>> {
        text(self.device)
    }

    pub(super) fn product_id(&self) -> Option<i64> {
        integer(self.product_id)
    }

    pub(super) fn quantity(&self) -> Option<i64> {
        integer(self.quantity)
    }
}

/// The text of a JSON string, or the JSON itself of anything else but null.
fn text(value: Option<&RawValue>) -> Option<Cow<'_, str>> {
    let raw = value?.get();
    match raw.as_bytes().first() {
        Some(b'"') => serde_json::from_str(raw).ok().map(|Text(text)| text),
        _ if raw == "null" => None,
        _ => Some(raw.into()),
    }
}

/// The number of a JSON integer, NULL of anything else.
fn integer(value: Option<&RawValue>) -> Option<i64> {
    value?.get().parse().ok()
}

/// A text that is borrowed where nothing in it was escaped.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Metadata<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Keys;
        impl<'de> Visitor<'de> for Keys {
            type Value = Metadata<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Metadata<'de>, A::Error> {
                let mut metadata = Metadata::default();
                while let Some(Text(key)) = map.next_key()? {
                    let value = match &*key {
                        "visitor_id" => &mut metadata.visitor_id,
                        "page_url" => &mut metadata.page_url,
                        "device" => &mut metadata.device,
                        "product_id" => &mut metadata.product_id,
                        "quantity" => &mut metadata.quantity,
                        _ => {
                            map.next_value::<IgnoredAny>()?;
                            continue;
                        }
                    };
                    *value = Some(map.next_value()?);
                }
                Ok(metadata)
            }
        }
        deserializer.deserialize_map(Keys)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_integers_of_every_kind_of_json() {
        let m = Metadata::parse(
            r#"{"visitor_id": "v\u00e9\"1", "page_url": 7, "device": null, "product_id": 12, "quantity": 1.5, "x": [1]}"#,
        );
        assert_eq!(m.visitor_id().as_deref(), Some("vé\"1"));
        assert_eq!(m.page_url().as_deref(), Some("7"));
        assert_eq!((m.device(), m.product_id(), m.quantity()), (None, Some(12), None));
        let m = Metadata::parse(
            r#"{"product_id": "12", "quantity": -3, "quantity": 99999999999999999999, "device": {"a": 1}}"#,
        );
        assert_eq!((m.product_id(), m.quantity()), (None, None));
        assert_eq!(m.device().as_deref(), Some(r#"{"a": 1}"#));
        for nothing in ["", "null", "[]", "7", "{", "\"a\""] {
            assert_eq!(Metadata::parse(nothing).visitor_id(), None, "{nothing}");
        }
    }
}
