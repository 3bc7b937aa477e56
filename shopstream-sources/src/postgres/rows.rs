//! Which rows of a table are asked for, as SQL.

use shopstream_core::{Bounds, CursorRange, CursorValue, Error, Result};
use tokio_postgres::types::Type;

use super::catalog::{Attribute, Kind, Relation, quoted};

/// Pages of a part, at least: 8 MiB, below which another connection costs more than it gains.
const MIN_PART_PAGES: u64 = 1024;

/// What divides a table: the pages that its rows lie in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pages {
    from: u64,
    /// The last part has no end, so that no row is behind it.
    to: Option<u64>,
}

impl Pages {
    /// All of them.
    pub(super) const ALL: Self = Self { from: 0, to: None };

    /// Divides a table into at most so many parts of about the same size.
    pub(super) fn divide(pages: u64, parts: usize) -> Vec<Self> {
        let parts = (pages / MIN_PART_PAGES).clamp(1, parts.max(1) as u64);
        let start = |part: u64| pages / parts * part + (pages % parts).min(part);
        (0..parts).map(|i| Self { from: start(i), to: (i + 1 < parts).then(|| start(i + 1)) }).collect()
    }

    fn condition(&self) -> Option<String> {
        let from = (self.from > 0).then(|| format!("ctid >= '({},0)'::tid", self.from));
        let to = self.to.map(|to| format!("ctid < '({to},0)'::tid"));
        both(from, to)
    }
}

/// Why a table cannot be divided, though it was asked for.
pub(super) fn indivisible(relation: &Relation) -> Option<String> {
    match relation.kind() {
        Kind::Table | Kind::Materialized if relation.tid_ranges => None,
        Kind::Table | Kind::Materialized => {
            Some("the server is older than PostgreSQL 14 and reads no ranges of pages: read as one stream".to_owned())
        }
        kind => Some(format!("it is {kind}, which has no pages of its own to divide: read as one stream")),
    }
}

/// The condition that all of these rows fulfil, and no others; `None` when there is none.
pub(super) fn condition(attributes: &[Attribute], bounds: &Bounds, pages: &Pages) -> Result<Option<String>> {
    let bounds = match bounds {
        Bounds::Full => None,
        Bounds::Range(range) => Some(range_condition(attributes, range)?),
        _ => return Err(Error::unsupported("PostgreSQL tables are read whole or by a range of a cursor")),
    };
    Ok(both(bounds, pages.condition()))
}

fn both(one: Option<String>, other: Option<String>) -> Option<String> {
    match (one, other) {
        (Some(one), Some(other)) => Some(format!("{one} AND {other}")),
        (one, other) => one.or(other),
    }
}

fn range_condition(attributes: &[Attribute], range: &CursorRange) -> Result<String> {
    let located = |e: Error| e.with("column", &range.column);
    let attribute = attributes.iter().find(|a| a.name == range.column);
    let attribute = attribute.ok_or_else(|| located(Error::not_found("no such column in the table")))?;
    let (column, literal) = (quoted(&range.column), |value| literal(attribute, value).map_err(located));
    let to = literal(&range.to)?;
    Ok(match &range.from {
        Some(from) => format!("{column} >= {} AND {column} < {to}", literal(from)?),
        // Rows without a cursor are in the range that has no beginning.
        None => format!("({column} < {to} OR {column} IS NULL)"),
    })
}

/// A cursor's value as SQL; the session's time zone is UTC.
fn literal(attribute: &Attribute, value: &CursorValue) -> Result<String> {
    let of = Type::from_oid(attribute.base.oid);
    match (of, value) {
        (Some(Type::INT2 | Type::INT4 | Type::INT8), CursorValue::Int(value)) => Ok(format!("'{value}'::int8")),
        (Some(Type::DATE), CursorValue::Date(day)) => Ok(format!("'{day}'::date")),
        (Some(Type::TIMESTAMP), CursorValue::Timestamp(time)) => Ok(format!("'{time}'::timestamp")),
        (Some(Type::TIMESTAMPTZ), CursorValue::Timestamp(time)) => Ok(format!("'{time}'::timestamptz")),
        (Some(Type::TIMESTAMP), CursorValue::Date(day)) => Ok(format!("'{day}'::timestamp")),
        (Some(Type::TIMESTAMPTZ), CursorValue::Date(day)) => Ok(format!("'{day}'::timestamptz")),
        _ => Err(Error::schema("the column is no cursor of such values: a cursor is a whole number, day or time")
            .with("type", &attribute.native_type)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::postgres::catalog::BaseType;
    use shopstream_core::{date, timestamp};

    fn attribute(name: &str, of: &Type) -> Attribute {
        Attribute {
            name: name.to_owned(),
            base: BaseType { oid: of.oid(), typmod: -1, is_enum: false, prints: true, output: String::new() },
            items: None,
            cast: None,
            not_null: false,
            generated: false,
            native_type: of.name().to_owned(),
            key_position: None,
        }
    }

    #[test]
    fn parts_meet_and_leave_nothing_out() {
        assert_eq!(Pages::divide(0, 8), [Pages::ALL]);
        assert_eq!(Pages::divide(2047, 8), [Pages::ALL]);
        let parts = Pages::divide(10_001, 3);
        let conditions: Vec<_> = parts.iter().map(|p| p.condition().unwrap()).collect();
        assert_eq!(
            conditions,
            ["ctid < '(3334,0)'::tid", "ctid >= '(3334,0)'::tid AND ctid < '(6668,0)'::tid", "ctid >= '(6668,0)'::tid",]
        );
        assert_eq!(Pages::divide(10_001, 0), [Pages::ALL]);
        assert_eq!(Pages::divide(u64::MAX, 2).len(), 2);
    }

    #[test]
    fn ranges_are_half_open_and_typed() {
        let attributes = [attribute("up\"dated", &Type::TIMESTAMPTZ), attribute("id", &Type::INT4)];
        let day = CursorValue::Date(date!("2026-01-15"));
        let time = CursorValue::Timestamp(timestamp!("2026-01-14 12:00:00.000001"));
        let of = |range: CursorRange| condition(&attributes, &Bounds::Range(range), &Pages::ALL);
        assert_eq!(
            of(CursorRange::new("up\"dated", Some(time), day)).unwrap().unwrap(),
            "\"up\"\"dated\" >= '2026-01-14 12:00:00.000001'::timestamptz AND \"up\"\"dated\" < '2026-01-15'::timestamptz"
        );
        assert_eq!(
            of(CursorRange::new("id", None, CursorValue::Int(7))).unwrap().unwrap(),
            "(\"id\" < '7'::int8 OR \"id\" IS NULL)"
        );
        assert!(of(CursorRange::new("id", None, day)).is_err());
        assert!(of(CursorRange::new("nope", None, day)).is_err());
        assert_eq!(condition(&attributes, &Bounds::Full, &Pages::ALL).unwrap(), None);
    }
}
