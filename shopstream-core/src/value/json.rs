//! JSON documents.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A JSON document as its text. Text in Arrow (extension type `arrow.json`), `jsonb` in PostgreSQL, `VARIANT` in
/// Snowflake. The text is taken as it is: who reads it parses it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Json(pub String);

impl Json {
    /// The document's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Json {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
