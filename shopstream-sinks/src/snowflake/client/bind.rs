//! Values that are bound to a statement's question marks.

use serde_json::{Value, json};
use shopstream_core::{Date, Decimal, Json, Timestamp, sql::SqlValue};
use std::fmt;

/// A value for a `?` of a statement. Its `Debug` shows its type alone.
///
/// ```
/// use shopstream_core::dec;
/// use shopstream_sinks::snowflake::client::Bind;
///
/// let amount: shopstream_core::Decimal<10, 2> = dec!(12.50);
/// assert_eq!(format!("{:?}", Bind::from(amount)), "Bind(FIXED)");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Bind {
    /// The server's name of its type.
    kind: &'static str,
    text: Option<String>,
}

impl Bind {
    /// As the protocol has it: every value is text, dates are milliseconds and moments nanoseconds since 1970.
    pub(super) fn to_json(&self) -> Value {
        json!({"type": self.kind, "value": self.text})
    }
}

impl fmt::Debug for Bind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bind({})", self.kind)
    }
}

macro_rules! bind {
    ($([$($generics:tt)*] $type:ty => $kind:literal, |$v:ident| $text:expr);+ $(;)?) => { $(
        impl<$($generics)*> From<$type> for Bind {
            fn from($v: $type) -> Self {
                Self { kind: $kind, text: Some($text) }
            }
        }
        impl<$($generics)*> From<Option<$type>> for Bind {
            fn from(value: Option<$type>) -> Self {
                Self { kind: $kind, text: value.map(|$v| $text) }
            }
        }
    )+ };
}

bind! {
    [] bool => "BOOLEAN", |v| v.to_string();
    [] i32 => "FIXED", |v| v.to_string();
    [] i64 => "FIXED", |v| v.to_string();
    [] &str => "TEXT", |v| v.to_owned();
    [] String => "TEXT", |v| v;
    [] Json => "TEXT", |v| v.0;
    [] Date => "DATE", |v| (i64::from(v.days()) * 86_400_000).to_string();
    [] Timestamp => "TIMESTAMP_NTZ", |v| (i128::from(v.micros()) * 1_000).to_string();
    [const P: u8, const S: u8] Decimal<P, S> => "FIXED", |v| v.to_string();
}

/// As the value's own type has it.
impl From<SqlValue> for Bind {
    fn from(value: SqlValue) -> Self {
        match value {
            SqlValue::Boolean(yes) => yes.into(),
            SqlValue::Integer(number) => number.into(),
            SqlValue::Text(text) => text.into(),
            SqlValue::Date(day) => day.into(),
            SqlValue::Timestamp(instant) => instant.into(),
            decimal => Self { kind: "FIXED", text: Some(decimal.to_text()) },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shopstream_core::{date, dec, timestamp};

    #[test]
    fn values_are_the_protocols_texts() {
        let cents: Decimal<10, 2> = dec!(-0.05);
        for (bind, expected) in [
            (Bind::from(true), json!({"type": "BOOLEAN", "value": "true"})),
            (Bind::from(i64::MIN), json!({"type": "FIXED", "value": "-9223372036854775808"})),
            (Bind::from(cents), json!({"type": "FIXED", "value": "-0.05"})),
            (Bind::from("it's"), json!({"type": "TEXT", "value": "it's"})),
            (Bind::from(Json::from("{}")), json!({"type": "TEXT", "value": "{}"})),
            (Bind::from(date!("2026-01-14")), json!({"type": "DATE", "value": "1768348800000"})),
            (
                Bind::from(timestamp!("2026-01-14 02:00:00.000001")),
                json!({"type": "TIMESTAMP_NTZ", "value": "1768356000000001000"}),
            ),
            (Bind::from(None::<i64>), json!({"type": "FIXED", "value": null})),
        ] {
            assert_eq!(bind.to_json(), expected);
        }
    }
}
