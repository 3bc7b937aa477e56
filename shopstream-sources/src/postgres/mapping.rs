//! What each type of PostgreSQL becomes, and how its values are asked for: in the binary format where Arrow has an
//! exact place for them, as the text that the server prints where it has none.

use shopstream_core::{Error, Result, TableRef};
use tokio_postgres::types::Type;

use super::{
    catalog::{Attribute, BaseType, quoted},
    decode::Kind,
    options::{Numeric, Policies, UnknownTypes},
};

const MAX_DIGITS: i32 = 38;

/// How a column is asked for and read.
#[derive(Debug)]
pub(super) struct Mapping {
    /// Of its values, or of an array's items.
    pub(super) kind: Kind,
    /// Of an array: the type of its items on the wire.
    pub(super) item: Option<u32>,
    /// What stands for it in the query.
    pub(super) expression: String,
    /// The canonical extension type of Arrow that it is.
    pub(super) extension: Option<&'static str>,
}

/// How to ask for a column and read it.
pub(super) fn of(table: &TableRef, attribute: &Attribute, policies: &Policies) -> Result<Mapping> {
    let column = quoted(&attribute.name);
    if policies.is_text(table, &attribute.name) {
        return Ok(Mapping::text(column));
    }
    let base = attribute.items.as_ref().map_or(&attribute.base, |items| &items.base);
    let kind = match base.is_enum {
        true => Some(Kind::Text),
        false => binary(base, policies.numeric_of(table, &attribute.name), policies.numeric)?,
    };
    match (kind, &attribute.items) {
        // It comes as text, without a version before it.
        (Some(Kind::Jsonb), None) => Ok(Mapping { extension: extension(base.oid), ..Mapping::text(column) }),
        (Some(kind), items) => {
            // An extension type is a column's, not that of the items in it.
            let extension = if items.is_some() { None } else { extension(base.oid) };
            Ok(Mapping { kind, item: items.as_ref().map(|items| items.declared), expression: column, extension })
        }
        (None, _) if !base.prints && policies.unknown == UnknownTypes::Error => Err(Error::schema(
            "the column's type has no mapping to Arrow: leave the column out, or read it as text (with_column_text, or \
             UnknownTypes::Text for all such columns)",
        )),
        (None, None) => Ok(Mapping::text(column)),
        (None, Some(items)) => {
            // Functions that take any array want to see it, not a domain of it.
            let array = attribute.cast.as_ref().map_or(column.clone(), |base| format!("{column}::{base}"));
            // Through the array's text, each item is what the server prints. A cast would not do: `inet` and `char(n)`
            // print otherwise than they are cast, and so may the types of users.
            let texts = match items.by_comma {
                true => format!("pg_catalog.textin({}({array}))", attribute.base.output),
                false => array,
            };
            Ok(Mapping { item: Some(Type::TEXT.oid()), ..Mapping::text(format!("{texts}::pg_catalog.text[]")) })
        }
    }
}

impl Mapping {
    /// As the server prints it.
    fn text(expression: String) -> Self {
        Self { kind: Kind::Text, item: None, expression, extension: None }
    }
}

/// How to read a type's binary format; `None` is not at all.
fn binary(base: &BaseType, asked: Option<Numeric>, default: Numeric) -> Result<Option<Kind>> {
    Ok(Some(match Type::from_oid(base.oid) {
        Some(Type::BOOL) => Kind::Bool,
        Some(Type::INT2) => Kind::Int2,
        Some(Type::INT4) => Kind::Int4,
        Some(Type::INT8) => Kind::Int8,
        Some(Type::OID) => Kind::Oid,
        Some(Type::FLOAT4) => Kind::Float4,
        Some(Type::FLOAT8) => Kind::Float8,
        Some(Type::NUMERIC) => return numeric(base.typmod, asked, default),
        Some(Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::JSON) => Kind::Text,
        Some(Type::JSONB) => Kind::Jsonb,
        Some(Type::BYTEA) => Kind::Bytes,
        Some(Type::UUID) => Kind::Uuid,
        Some(Type::DATE) => Kind::Date,
        Some(Type::TIME) => Kind::Time,
        Some(Type::TIMESTAMP) => Kind::Timestamp { utc: false },
        Some(Type::TIMESTAMPTZ) => Kind::Timestamp { utc: true },
        _ => return Ok(None),
    }))
}

fn extension(oid: u32) -> Option<&'static str> {
    match Type::from_oid(oid)? {
        Type::JSON | Type::JSONB => Some("arrow.json"),
        Type::UUID => Some("arrow.uuid"),
        _ => None,
    }
}

/// How to read a `numeric`; `None` is as text. An exception made for the column counts before its declaration.
fn numeric(typmod: i32, asked: Option<Numeric>, default: Numeric) -> Result<Option<Kind>> {
    let declared = precision_and_scale(typmod);
    let policy = match (asked, declared) {
        (Some(policy), _) => policy,
        (None, Some((precision, scale))) => return Ok(Some(Kind::Numeric { precision, scale })),
        (None, None) => default,
    };
    match (policy.validate()?, declared) {
        (Numeric::Decimal { precision, scale }, _) => Ok(Some(Kind::Numeric { precision, scale })),
        (Numeric::Text, _) => Ok(None),
        (Numeric::Error, Some((precision, scale))) => Ok(Some(Kind::Numeric { precision, scale })),
        (Numeric::Error, None) => Err(Error::schema(
            "a numeric without a precision, or of more than 38 digits, has no exact place in Arrow: read it as text \
             (Numeric::Text) or say how many digits it has (Numeric::Decimal)",
        )),
    }
}

/// The Arrow decimal that holds every value of `numeric(p, s)` exactly, if it is declared and there is one. A scale
/// below 0 needs zeros before the point, one above the precision zeros behind it.
pub(super) fn precision_and_scale(typmod: i32) -> Option<(u8, u8)> {
    let declared = typmod.checked_sub(4).filter(|t| *t >= 0)?;
    let precision = declared >> 16 & 0xFFFF;
    // 11 bits with a sign.
    let scale = ((declared & 0x7FF) ^ 1024) - 1024;
    let (precision, scale) = if scale < 0 { (precision - scale, 0) } else { (precision.max(scale), scale) };
    if precision > MAX_DIGITS {
        return None;
    }
    Some((u8::try_from(precision).ok()?, u8::try_from(scale).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typmod(precision: i32, scale: i32) -> i32 {
        (precision << 16 | scale & 0x7FF) + 4
    }

    #[test]
    fn declared_decimals_become_those_that_hold_all_their_values() {
        for (precision, scale, expected) in [
            (10, 2, Some((10, 2))),
            (38, 38, Some((38, 38))),
            (1, 0, Some((1, 0))),
            (2, 5, Some((5, 5))),
            (5, -2, Some((7, 0))),
            (39, 2, None),
            (38, -1, None),
            (2, 39, None),
            (1000, 1000, None),
            (5, -1000, None),
        ] {
            assert_eq!(precision_and_scale(typmod(precision, scale)), expected, "numeric({precision},{scale})");
        }
        assert_eq!(precision_and_scale(-1), None);
    }

    #[test]
    fn an_exception_counts_before_the_declaration_and_the_default_only_without_one() {
        let declared = typmod(10, 2);
        let decimal = |precision, scale| Some(Kind::Numeric { precision, scale });
        assert_eq!(numeric(declared, None, Numeric::Text).unwrap(), decimal(10, 2));
        assert_eq!(numeric(declared, Some(Numeric::Text), Numeric::Error).unwrap(), None);
        assert_eq!(numeric(declared, Some(Numeric::Error), Numeric::Text).unwrap(), decimal(10, 2));
        assert_eq!(numeric(-1, None, Numeric::Text).unwrap(), None);
        let chosen = Numeric::Decimal { precision: 12, scale: 4 };
        assert_eq!(numeric(-1, Some(chosen), Numeric::Error).unwrap(), decimal(12, 4));
        assert!(numeric(-1, None, Numeric::Error).is_err());
        assert!(numeric(-1, None, Numeric::Decimal { precision: 40, scale: 0 }).is_err());
    }
}
